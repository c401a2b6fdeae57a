"""The records of KIS's live feed: trades and order notices, fields joined by ``^``.

Numbers of a trade are plain, those of a notice padded with zeros. What the exchange does not
have is empty.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from kiwoomctl.domain.sessions import Session, session_at
from kiwoomctl.simulator.account import Account, percent
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.journal import OrderEvent
from kiwoomctl.simulator.kis.formats import clock_time, day, order_number, plain
from kiwoomctl.simulator.kis.identity import branch
from kiwoomctl.simulator.kis.order_types import type_of
from kiwoomctl.simulator.kis.quotes import change_sign
from kiwoomctl.simulator.orders import Order
from kiwoomctl.simulator.ticker import Tick

TRADE_FIELDS, NOTICE_FIELDS, OLD_NOTICE_FIELDS = 46, 26, 23
_CENT = Decimal("0.01")
_BOUGHT, _SOLD = "1", "5"
_MARKET_CLASSES = {
    Session.PRE_MARKET: "1",
    Session.CONTINUOUS: "2",
    Session.AFTER_MARKET: "3",
    Session.POST_CLOSE: "5",
}
_SIDES = {"sell": "01", "buy": "02"}
_ACTIONS = {"new": "0", "modify": "1", "cancel": "2"}
_CONDITIONS = {"IOC": "1", "FOK": "2"}
_VENUES = {"KRX": "1", "NXT": "2"}
_SOR_VENUES = ("3", "4")
# Only from the 26-field form on.
_NEWER_PLACES = (18, 19, 20)


def trade(exchange: Exchange, tick: Tick, fields: int) -> str:
    """Return the record of a trade.

    Args:
        exchange: Where it happened.
        tick: The trade.
        fields: 46, or 47 with the class of the market at the end.
    """
    quote, tape, symbol = tick.quote, tick.tape, tick.symbol
    asks = exchange.liquidity.opposite(symbol, "buy", tick.moment)
    bids = exchange.liquidity.opposite(symbol, "sell", tick.moment)
    volume = quote.volume + tape.bought + tape.sold
    amount = quote.volume * quote.price + tape.amount
    average = (Decimal(amount) / volume).quantize(_CENT, ROUND_HALF_UP)
    change, hour = quote.price - quote.base, clock_time(tick.moment)

    def against(price: int) -> list[str]:
        """Return the time of a price of the day, its direction and its distance."""
        away = quote.price - price
        sign = "3" if away == 0 else "2" if away > 0 else "5"
        return [hour, sign, plain(away)]

    strength = percent(tape.bought, tape.sold, _CENT)
    buy_rate = percent(tape.bought, tape.bought + tape.sold, _CENT)
    record = [
        symbol,
        hour,
        plain(quote.price),
        change_sign(quote),
        plain(change),
        plain(percent(change, quote.base)),
        plain(average),
        plain(quote.open),
        plain(quote.high),
        plain(quote.low),
        plain(tick.ask),
        plain(quote.price),
        plain(abs(tick.volume)),
        plain(volume),
        plain(amount),
        plain(tape.sales),
        plain(tape.buys),
        plain(tape.buys - tape.sales),
        plain(strength),
        plain(tape.sold),
        plain(tape.bought),
        _BOUGHT if tick.volume > 0 else _SOLD,
        plain(buy_rate),
        "",
        *against(quote.open),
        *against(quote.high),
        *against(quote.low),
        day(tick.moment.date()),
        "20",
        "N",
        plain(asks[0].quantity if asks else 0),
        plain(bids[0].quantity if bids else 0),
        plain(sum(level.quantity for level in asks)),
        plain(sum(level.quantity for level in bids)),
        "",
        "",
        "",
        "0",
        "",
        plain(quote.base),
    ]
    if fields > TRADE_FIELDS:
        record.append(_MARKET_CLASSES.get(session_at(tick.moment), ""))
    return "^".join(record)


def notice(
    exchange: Exchange, account: Account, hts_id: str, event: OrderEvent, fields: int
) -> str:
    """Return the record of what happened to an order.

    Args:
        exchange: Where it happened.
        account: Whose order it is.
        hts_id: The login id of the owner.
        event: What happened.
        fields: 26, or 23 as before 2025.
    """
    order, fill = event.order, event.fill
    kind = type_of(order.order_type, order.session)
    instrument = exchange.market.find(order.symbol)
    quantity = fill.quantity if fill else _shares_of(event)
    record = [
        hts_id,
        account.number,
        order_number(order.number),
        order_number(order.original),
        _SIDES[order.side],
        _ACTIONS[order.action],
        kind.code,
        next((code for word, code in _CONDITIONS.items() if word in kind.name), "0"),
        order.symbol,
        f"{quantity:010d}",
        f"{fill.price if fill else order.price:09d}",
        clock_time(event.moment),
        "1" if event.kind == "rejected" else "0",
        "2" if fill else "1",
        _accepted(event),
        branch(exchange.seed.environment),
        f"{order.quantity:09d}",
        account.owner,
        f"{order.stop_price:09d}",
        _venue(order),
        "N",
        "",
        "10",
        "",
        instrument.name if instrument else "",
        f"{order.price:09d}",
    ]
    if fields == OLD_NOTICE_FIELDS:
        record = [text for place, text in enumerate(record) if place not in _NEWER_PLACES]
    return "^".join(record)


def _shares_of(event: OrderEvent) -> int:
    """Return the shares that an event without a fill is about."""
    order = event.order
    if event.kind in ("cancelled", "rejected"):
        return order.cancelled
    return order.quantity


def _accepted(event: OrderEvent) -> str:
    """Return 1 taken, 2 confirmed or filled, 3 cancelled by itself."""
    if event.kind == "cancelled":
        return "3"
    return "2" if event.kind in ("confirmed", "filled") else "1"


def _venue(order: Order) -> str:
    """Return the exchange; that of a SOR order is where it was sent, one or the other."""
    return _VENUES.get(order.exchange) or _SOR_VENUES[order.number % 2]
