"""The values of what is no stock's trade: funds, warrants, gold, sectors, sessions, halts.

Sectors are the two markets as a whole; their level is the mean change of listed instruments
on a fixed base. Warrants and gold are not listed here: their figures are invented, and the
same for the same item and moment.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.sessions import EXAM_DAYS, KRX_AFTER_MARKET_SINCE, is_trading_day
from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.kiwoom.formats import clock_time, directed, plain, signed
from kiwoomctl.simulator.kiwoom.live_quotes import change_values
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.ticker import Tick

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

Values = Mapping[str, str]

SECTORS = {"001": ("KOSPI", 270_000), "101": ("KOSDAQ", 85_000)}
"""Sector codes: the market, and its level at no change in hundredths."""

_SECTOR_SAMPLE = 60
_MILLION = 1_000_000
_HALT_SHARE = 10
_HALT_TIME = timedelta(minutes=2)
_HOUR = timedelta(hours=1)
_GOLD_PRICE = 152_430
_CENT = Decimal("0.01")

# The moments of a day at which its session changes, and what is told of them. What is told of
# the after-market of KRX is not known: nothing is, but that all is over at its end.
_ALWAYS = (
    (time(8, 0), "P"),
    (time(8, 40), "0"),
    (time(8, 50), "Q"),
    (time(9, 0), "3"),
    (time(9, 0, 30), "R"),
    (time(15, 20), "2"),
    (time(15, 20), "S"),
    (time(15, 30), "4"),
    (time(15, 30), "8"),
    (time(15, 30), "T"),
    (time(15, 40), "a"),
    (time(15, 40), "U"),
    (time(16, 0), "b"),
    (time(20, 0), "V"),
)
_SINGLE_PRICE = ((time(16, 0), "c"), (time(18, 0), "d"), (time(18, 0), "9"))
_AFTER_MARKET = ((time(20, 0), "9"),)
_OPENING = time(9, 0)


def session_changes(since: datetime, until: datetime) -> list[Values]:
    """Return what was told of the session (0s) after one moment and up to another's day part.

    Whoever jumps over days hears of the last of them only.
    """
    day = until.date()
    if not is_trading_day(day):
        return []
    extra = _AFTER_MARKET if day >= KRX_AFTER_MARKET_SINCE else _SINGLE_PRICE
    shift = _HOUR if day in EXAM_DAYS else timedelta(0)
    opening = datetime.combine(day, _OPENING, KST) + shift
    told: list[Values] = []
    for clock, code in sorted((*_ALWAYS, *extra), key=lambda change: change[0]):
        moment = datetime.combine(day, clock, KST) + shift
        if since < moment <= until:
            left = max(opening - moment, timedelta(0))
            remaining = (datetime.combine(day, time(0)) + left).time()
            told.append({"215": code, "20": clock_time(moment), "214": f"{remaining:%H%M%S}"})
    return told


def fund(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return a fund's net asset value (0G), its price being a little off."""
    quote = tick.quote
    value = Decimal(quote.price) * 9_995 / 10_000
    value = value.quantize(_CENT)
    change = (value - quote.base).quantize(_CENT)
    gap = (Decimal(quote.price) - value) * 100 / value
    return {
        **change_values(quote),
        "36": f"{'-' if change < 0 else '+'}{value}",
        "37": signed(change),
        "38": signed((change * 100 / quote.base).quantize(_CENT)),
        "39": "0.31",
        "20": clock_time(tick.moment),
        "13": plain(quote.volume + tick.tape.bought + tick.tape.sold),
        "667": "0.00",
        "668": "0.00",
        "669": "0.00",
        "265": "0.00",
        "266": signed(gap.quantize(_CENT)),
    }


def instrument_data(_exchange: Exchange, tick: Tick, _venue: str) -> Values:
    """Return the day's limits and marks of an instrument (0g)."""
    quote = tick.quote
    return {
        "297": "0",
        "592": "0",
        "593": "0",
        "305": f"+{quote.band.upper}",
        "306": f"-{quote.band.lower}",
        "307": plain(quote.base),
        "689": "0",
        "594": "원",
        "382": "증거금30%" if quote.instrument.is_taxed else "증거금40%",
        "370": quote.instrument.name,
    }


def warrant_theory(item: str, moment: datetime) -> Values:
    """Return what a warrant should be worth (0m)."""
    price = _invented(item, 40, 900)
    return {
        "20": clock_time(moment),
        "10": signed(price),
        "670": f"{price}.00",
        "671": f"{_invented(item, 18, 60)}.25",
        "672": "0.412357",
        "673": "0.000214",
        "674": "-2.310457",
        "675": "1.250812",
        "676": "0.104520",
        "706": f"{_invented(item, 18, 60)}.40",
    }


def warrant_figures(item: str, moment: datetime) -> Values:
    """Return a warrant's ratios (0u)."""
    return {
        "20": clock_time(moment),
        "666": f"{_invented(item, 80, 120)}.15",
        "1211": "12.40",
        "667": f"{_invented(item, 3, 15)}.72",
        "668": "8.11",
        "669": "11.05",
    }


def gold(item: str, _moment: datetime) -> Values:
    """Return the price of gold (0I): won a gram (MGD), or dollars an ounce (MGU)."""
    price = _GOLD_PRICE if item != "MGU" else 3_365
    change = price // 250
    rate = percent(change, price - change)
    return {"10": signed(price), "25": "2", "11": signed(change), "12": signed(rate)}


def sector_index(exchange: Exchange, item: str, moment: datetime) -> Values:
    """Return a sector's level (0J)."""
    level, base, quotes = _sector(exchange, item, moment)
    volume = sum(quote.volume for quote in quotes)
    amount = sum(quote.volume * quote.price for quote in quotes)
    return {
        **_level(level, base),
        "20": clock_time(moment),
        "15": plain(_invented(f"{item}{moment:%H%M%S}", 1, 900)),
        "13": plain(volume // 1_000),
        "14": plain(amount // _MILLION),
        "16": _shown(base, base),
        "17": _shown(max(level, base), base),
        "18": _shown(min(level, base), base),
        "26": "0",
    }


def sector_breadth(exchange: Exchange, item: str, moment: datetime) -> Values:
    """Return how many of a sector rise and fall (0U)."""
    level, base, quotes = _sector(exchange, item, moment)
    rising = sum(quote.direction > 0 for quote in quotes)
    falling = sum(quote.direction < 0 for quote in quotes)
    upper = sum(quote.price == quote.band.upper for quote in quotes)
    lower = sum(quote.price == quote.band.lower for quote in quotes)
    volume = sum(quote.volume for quote in quotes)
    amount = sum(quote.volume * quote.price for quote in quotes)
    return {
        **_level(level, base),
        "20": clock_time(moment),
        "252": plain(rising),
        "251": plain(upper),
        "253": plain(len(quotes) - rising - falling),
        "255": plain(falling),
        "254": plain(lower),
        "13": plain(volume // 1_000),
        "14": plain(amount // _MILLION),
        "256": plain(len(quotes)),
        "257": "100.00",
    }


def crosses_halt(tick: Tick) -> bool:
    """Tell whether this trade is the first beyond a tenth from the base price."""
    base = tick.quote.base
    before = base if tick.previous is None else tick.previous
    return _is_halting(tick.quote.price, base) and not _is_halting(before, base)


def halt(tick: Tick, *, released: bool) -> Values:
    """Return that trading is interrupted (VI), or no longer (1h)."""
    quote = tick.quote
    change = quote.price - quote.base
    rate = percent(change, quote.base)
    return {
        "9001": tick.symbol,
        "302": quote.instrument.name,
        "13": plain(quote.volume + tick.tape.bought + tick.tape.sold),
        "14": plain((quote.volume * quote.price + tick.tape.amount) // _MILLION),
        "9068": "2" if released else "1",
        "9008": "101" if quote.instrument.market == "KOSDAQ" else "001",
        "9075": "2",
        "1221": directed(quote.price, quote.base),
        "1223": clock_time(tick.moment),
        "1224": clock_time(tick.moment + _HALT_TIME) if released else "000000",
        "1225": "정적",
        "1236": plain(quote.base),
        "1237": "0",
        "1238": signed(rate),
        "1239": "0.00",
        "1489": signed(rate),
        "1490": "1",
        "9069": "1" if change > 0 else "2",
        "1279": "",
    }


def halt_ends(tick: Tick) -> datetime:
    """Return when an interruption that begins with this trade is over."""
    return tick.moment + _HALT_TIME


def _is_halting(price: int, base: int) -> bool:
    return abs(price - base) * _HALT_SHARE >= base


def _sector(exchange: Exchange, item: str, moment: datetime) -> tuple[int, int, list[Quote]]:
    """Return a sector's level and base in hundredths, and the quotes that make it."""
    market, base = SECTORS[item]
    listed = [i.symbol for i in instruments().values() if i.market == market][:_SECTOR_SAMPLE]
    quotes = [exchange.market.quote(symbol, moment) for symbol in listed]
    change = sum(_MILLION * (quote.price - quote.base) // quote.base for quote in quotes)
    return base + base * change // (len(quotes) * _MILLION), base, quotes


def _level(level: int, base: int) -> dict[str, str]:
    change = Decimal(level - base) / 100
    direction = (level > base) - (level < base)
    return {
        "10": _shown(level, base),
        "11": signed(change.quantize(_CENT)),
        "12": signed(percent(level - base, base)),
        "25": {1: "2", 0: "3", -1: "5"}[direction],
    }


def _shown(level: int, base: int) -> str:
    sign = "" if level == base else "+" if level > base else "-"
    return f"{sign}{(Decimal(level) / 100).quantize(_CENT)}"


def _invented(item: str, least: int, most: int) -> int:
    return least + zlib.crc32(item.encode()) % (most - least)
