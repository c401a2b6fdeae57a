"""Checks of an order's price: TICK, LIMIT, COLLAR, NO_PRICE."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from kiwoomctl.domain.prices import (
    InstrumentKind,
    ceil_to_tick,
    floor_to_tick,
    is_on_tick,
    tick_size,
)
from kiwoomctl.errors import Phrase
from kiwoomctl.risk.situation import Situation
from kiwoomctl.risk.verdicts import Code, Tier, Verdict, unknown

OLDEST_PRICE: Final = timedelta(seconds=60)


def tick(situation: Situation) -> Verdict | None:
    """Refuse a price that is not on the grid of its instrument.

    While the kind is unknown the order is held: a price that is on no kind's grid is
    refused, any other one is told against the grid of stocks, the widest.
    """
    prices = _prices(situation)
    kinds = (situation.kind,) if situation.kind else tuple(InstrumentKind)
    for price in prices:
        if price is not None and not any(_is_on_grid(price, kind) for kind in kinds):
            return _off_grid(situation, price)
    if None in prices:
        return unknown(Code.TICK, Phrase("the order names no price"))
    if prices and situation.kind is None:
        return _unknown_kind(situation, next(price for price in prices if price is not None))
    return None


def _is_on_grid(price: Decimal, kind: InstrumentKind) -> bool:
    # As whole won: the remainder of a Decimal fails beyond 28 digits.
    return price == price.to_integral_value() and is_on_tick(int(price), kind)


def _off_grid(situation: Situation, price: Decimal) -> Verdict:
    kind = situation.kind or InstrumentKind.STOCK
    whole = int(price)
    return Verdict(
        Code.TICK,
        situation.limits.tick,
        Phrase(
            "{price:,f} is not a multiple of the tick {tick:,}: {below:,} and {above:,} are",
            price=price,
            tick=tick_size(price, kind),
            below=floor_to_tick(whole, kind),
            above=ceil_to_tick(whole if price == whole else whole + 1, kind),
        ),
    )


def _unknown_kind(situation: Situation, price: Decimal) -> Verdict:
    return unknown(
        Code.TICK,
        Phrase(
            "what {symbol} is, is not known; the tick of a stock at {price:,f} is {tick:,}",
            symbol=situation.terms.symbol,
            price=price,
            tick=tick_size(price),
        ),
    )


def limit(situation: Situation) -> Verdict | None:
    """Refuse a price outside the day's limits, as the broker names them."""
    prices = _prices(situation)
    lower, upper = situation.lower, situation.upper
    if not prices:
        return None
    if lower is None or upper is None:
        return unknown(Code.LIMIT, Phrase("the price limits of the day are not known"))
    for price in prices:
        if price is not None and not lower <= price <= upper:
            return Verdict(
                Code.LIMIT,
                situation.limits.limit,
                Phrase(
                    "{price:,f} is outside the limits of the day, {lower:,f} to {upper:,f}",
                    price=price,
                    lower=lower,
                    upper=upper,
                ),
            )
    if None in prices:
        return unknown(Code.LIMIT, Phrase("the order names no price"))
    return None


def _prices(situation: Situation) -> tuple[Decimal | None, ...]:
    """Return the prices the order must name; None for one it does not."""
    terms = situation.terms
    found = (terms.price,) if terms.type.takes_price else ()
    # A modify without a stop price leaves it as it is.
    if terms.type.takes_stop_price and not (situation.is_modify and terms.stop_price is None):
        return (*found, terms.stop_price)
    return found


def collar(situation: Situation) -> Verdict | None:
    """Stop a buy far above, or a sell far below, the last price."""
    price, last = situation.terms.price, situation.last
    if price is None or last is None:
        # Nothing to compare; a missing last price is a hold of NO_PRICE.
        return None
    away = price - last if situation.is_buy else last - price
    limits = situation.limits
    for tier, percent in ((Tier.HOLD, limits.collar_hold), (Tier.WARN, limits.collar_warn)):
        if away > 0 and away * 100 > percent * last:
            return Verdict(Code.COLLAR, tier, _collar_message(situation, away, last, percent))
    return None


def _collar_message(situation: Situation, away: Decimal, last: Decimal, percent: Decimal) -> Phrase:
    # Rounded up, so that it never reads as if it were within the limit.
    rate = (away * 10_000 / last).to_integral_value(ROUND_CEILING) / 100
    values = {"price": situation.terms.price, "last": last, "rate": rate, "limit": percent}
    if situation.is_buy:
        return Phrase(
            "a buy at {price:,f} is {rate:,f} % above the last price {last:,f}, limit {limit:f} %",
            **values,
        )
    return Phrase(
        "a sell at {price:,f} is {rate:,f} % below the last price {last:,f}, limit {limit:f} %",
        **values,
    )


def no_price(situation: Situation) -> Verdict | None:
    """Hold when there is no last price to compare with, or only an old one."""
    quote, tier = situation.quote, situation.limits.no_price
    if quote is None or situation.last is None:
        return Verdict(
            Code.NO_PRICE,
            tier,
            Phrase("there is no last price of {symbol}", symbol=situation.terms.symbol),
        )
    if quote.read_at is None:
        return unknown(Code.NO_PRICE, Phrase("the age of the last price is not known"))
    age = situation.now - quote.read_at
    if age < timedelta(0):
        return unknown(Code.NO_PRICE, Phrase("the last price is from the future: see the clock"))
    if age > OLDEST_PRICE:
        return Verdict(
            Code.NO_PRICE,
            tier,
            Phrase(
                "the last price {last:,f} is {age:,} seconds old, limit {limit}",
                last=situation.last,
                age=-(-age // timedelta(seconds=1)),
                limit=OLDEST_PRICE.seconds,
            ),
        )
    return None
