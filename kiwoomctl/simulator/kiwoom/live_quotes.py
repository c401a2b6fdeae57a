"""The values of what a stock tells when it trades: trade, best offers, book, brokers, programs.

Everything agrees with the quote of the same moment: prices carry the sign of their direction
against the base price, changes carry a real one, traded value is in millions of won.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kiwoomctl.domain.prices import next_tick_down, next_tick_up
from kiwoomctl.domain.sessions import Session, session_at
from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.kiwoom.formats import clock_time, directed, plain, signed
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.orderbook import LEVELS
from kiwoomctl.simulator.ticker import Tick

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

Values = Mapping[str, str]

VENUES = {"": "1", "_NX": "2", "_AL": "0"}
"""The venue's code by the suffix of an item."""

_LISTED_SHARES = 10_000_000
_MILLION = 1_000_000
_HUNDRED_MILLION = 100_000_000
_NO_TIME = "000000"
_OPENED = "090000"
_PHASES = {
    Session.BEFORE_OPEN: "1",
    Session.PRE_MARKET: "1",
    Session.OPENING_AUCTION: "1",
    Session.CONTINUOUS: "2",
    Session.CLOSING_AUCTION: "2",
}
_AFTER_HOURS = "3"
_BROKERS = (
    ("050", "키움증권"),
    ("012", "NH투자증권"),
    ("030", "삼성증권"),
    ("005", "미래에셋증권"),
    ("008", "KB증권"),
)
_BROKER_SHARES = (31, 17, 11, 7, 5)


def change_values(quote: Quote) -> dict[str, str]:
    """Return price, change, rate and direction."""
    change = quote.price - quote.base
    return {
        "10": directed(quote.price, quote.base),
        "11": signed(change),
        "12": signed(percent(change, quote.base)),
        "25": _direction(quote),
    }


def trade(exchange: Exchange, tick: Tick, venue: str) -> Values:
    """Return a trade (0B)."""
    quote, tape = tick.quote, tick.tape
    size = abs(tick.volume)
    total, amount = _totals(tick)
    before = quote.volume * 3 // 4
    is_buy = tick.volume > 0
    bought, sold = tape.bought, tape.sold
    return {
        **_day(tick),
        "20": clock_time(tick.moment),
        "15": signed(tick.volume),
        "228": f"{percent(bought, sold)}" if sold else "500.00",
        "311": plain(quote.price * _LISTED_SHARES // _HUNDRED_MILLION),
        "290": _phase(exchange.clock.now()),
        "691": "0",
        "567": _NO_TIME,
        "568": _NO_TIME,
        "851": f"{percent(total, before)}",
        "1890": _OPENED,
        "1891": _OPENED,
        "1892": _OPENED,
        "1030": plain(sold),
        "1031": plain(bought),
        "1032": f"{percent(bought, bought + sold)}",
        "1071": plain(tape.sales),
        "1072": plain(tape.buys),
        "1313": plain(size * quote.price),
        "1315": "0" if is_buy else plain(size),
        "1316": plain(size) if is_buy else "0",
        "1314": signed(bought - sold),
        "1497": "0",
        "1498": "0",
        "620": plain(amount // total if total else quote.price),
        "732": "0",
        "852": "0",
        "9081": venue,
    }


def momentum(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return the day so far, without a single trade (0A)."""
    quote = tick.quote
    return {
        **_day(tick),
        "311": plain(quote.price * _LISTED_SHARES // _HUNDRED_MILLION),
        "567": _NO_TIME,
        "568": _NO_TIME,
    }


def best_offers(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return the best offers of both sides (0C)."""
    return _best(tick)


def book(exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return ten levels of both sides (0D); all of it stands on KRX."""
    quote, kind, moment = tick.quote, tick.quote.instrument.kind, exchange.clock.now()
    left_at = exchange.liquidity.left_at
    values = {"21": clock_time(tick.moment)}
    asks = bids = 0
    ask, bid = tick.ask, quote.price
    for place in range(LEVELS):
        for first, price, column in ((41, ask, 0), (51, bid, LEVELS)):
            size = left_at(tick.symbol, price, moment) if price else 0
            values |= {
                f"{first + place}": directed(price, quote.base) if price else "0",
                f"{first + place + 20}": plain(size),
                f"{first + place + 40}": "0",
                f"{6044 + column + place}": plain(size),
                f"{6066 + column + place}": "0",
                f"{(621 if column == 0 else 631) + place}": "0",
            }
            asks, bids = (asks, bids + size) if column else (asks + size, bids)
        ask, bid = (
            _further(ask, next_tick_up(ask, kind) if ask else 0, quote),
            (_further(bid, next_tick_down(bid, kind) if bid else 0, quote)),
        )
    expected = _expected(quote, moment)
    return {
        **values,
        **_sums(asks, bids),
        **expected,
        "13": plain(_totals(tick)[0]),
        "299": "0.00",
        "215": session_code(moment),
        "216": "",
        "6064": plain(asks),
        "6065": plain(bids),
        "6086": "0",
        "6087": "0",
        **_middle(tick),
    }


def after_hours_offers(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return what waits at the closing price (0E)."""
    return {
        "21": clock_time(tick.moment),
        "131": plain(tick.tape.sold),
        "132": plain(0),
        "135": plain(tick.tape.bought),
        "136": plain(0),
    }


def expected_trade(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return at which price an auction would end (0H)."""
    return {
        **change_values(tick.quote),
        "20": clock_time(tick.moment),
        "15": signed(tick.volume),
        "13": plain(_totals(tick)[0]),
    }


def brokers(_exchange: Exchange, tick: Tick, venue: str) -> Values:
    """Return through whom most was traded (0F)."""
    total = _totals(tick)[0]
    values = {"337": venue}
    for place, ((code, name), share) in enumerate(zip(_BROKERS, _BROKER_SHARES, strict=True)):
        shares = plain(total * share // 100)
        for name_of, size, delta, code_of, colour in (
            (141, 161, 166, 146, 271),
            (151, 171, 176, 156, 281),
        ):
            values |= {
                f"{name_of + place}": name,
                f"{size + place}": shares,
                f"{delta + place}": "0",
                f"{code_of + place}": code,
                f"{colour + place}": "0",
            }
    return {**values, **dict.fromkeys(("261", "262", "263", "264", "267", "268"), "0")}


def programs(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return what programs traded of a stock (0w)."""
    price, tape = tick.quote.price, tick.tape
    sold, bought = tape.sold // 3, tape.bought // 3
    return {
        **change_values(tick.quote),
        "20": clock_time(tick.moment),
        "13": plain(_totals(tick)[0]),
        "202": plain(sold),
        "204": plain(sold * price // _MILLION),
        "206": plain(bought),
        "208": plain(bought * price // _MILLION),
        "210": signed(bought - sold),
        "211": signed(tick.volume // 3),
        "212": signed((bought - sold) * price // _MILLION),
        "213": "0",
        "214": _NO_TIME,
        "215": session_code(tick.moment),
        "216": "",
    }


def session_code(moment: datetime) -> str:
    """Return which part of the day it is, as books and programs tell it."""
    session = session_at(moment)
    if session is Session.CONTINUOUS:
        return "3"
    if session is Session.CLOSING_AUCTION:
        return "2"
    before = session in (Session.BEFORE_OPEN, Session.PRE_MARKET, Session.OPENING_AUCTION)
    return "0" if before else "8"


def _day(tick: Tick) -> dict[str, str]:
    """Return what trade and day so far have in common."""
    quote = tick.quote
    total, amount = _totals(tick)
    before = quote.volume * 3 // 4
    return {
        **change_values(quote),
        **_best(tick),
        "13": plain(total),
        "14": plain(amount // _MILLION),
        "16": directed(quote.open, quote.base),
        "17": directed(quote.high, quote.base),
        "18": directed(quote.low, quote.base),
        "26": signed(total - before),
        "29": signed((total - before) * quote.price),
        "30": signed(percent(total - before, before)),
        "31": f"{percent(total, _LISTED_SHARES)}",
        "32": "0",
    }


def _best(tick: Tick) -> dict[str, str]:
    base = tick.quote.base
    return {"27": directed(tick.ask, base), "28": directed(tick.quote.price, base)}


def _totals(tick: Tick) -> tuple[int, int]:
    """Return shares and won of the day up to this trade."""
    tape, quote = tick.tape, tick.quote
    return quote.volume + tape.bought + tape.sold, quote.volume * quote.price + tape.amount


def _direction(quote: Quote) -> str:
    if quote.price == quote.band.upper:
        return "1"
    if quote.price == quote.band.lower:
        return "4"
    return {1: "2", 0: "3", -1: "5"}[quote.direction]


def _phase(moment: datetime) -> str:
    return _PHASES.get(session_at(moment), _AFTER_HOURS)


def _further(price: int, following: int, quote: Quote) -> int:
    """Return the next level of a side; 0 where the day's band ends."""
    return following if following != price and following in quote.band else 0


def _sums(asks: int, bids: int) -> dict[str, str]:
    return {
        "121": plain(asks),
        "122": "0",
        "125": plain(bids),
        "126": "0",
        "128": signed(bids - asks),
        "129": f"{percent(bids, asks)}",
        "138": signed(asks - bids),
        "139": f"{percent(asks, bids)}",
    }


def _expected(quote: Quote, moment: datetime) -> dict[str, str]:
    """Return where an auction would end; empty while there is none."""
    if session_at(moment) not in (Session.OPENING_AUCTION, Session.CLOSING_AUCTION):
        return {"23": "0", "24": "0"}
    change = change_values(quote)
    return {
        "23": change["10"],
        "24": plain(quote.volume // 100),
        "200": change["11"],
        "201": change["12"],
        "238": change["25"],
        "291": change["10"],
        "292": plain(quote.volume // 100),
        "293": change["25"],
        "294": change["11"],
        "295": change["12"],
    }


def _middle(tick: Tick) -> dict[str, str]:
    """Return the middle of the spread on both exchanges; nothing waits there."""
    quote = tick.quote
    middle = (quote.price + tick.ask) // 2
    change = middle - quote.base
    direction = {1: "2", 0: "3", -1: "5"}[(change > 0) - (change < 0)]
    told = {}
    for price, sums, compared in (
        ("6102", ("6100", "6101", "6103", "6104"), ("6110", "6111", "6112")),
        ("6107", ("6105", "6106", "6108", "6109"), ("6113", "6114", "6115")),
    ):
        told[price] = directed(middle, quote.base)
        told |= dict.fromkeys(sums, "0")
        told |= dict(
            zip(
                compared,
                (signed(change), direction, signed(percent(change, quote.base))),
                strict=True,
            )
        )
    return told
