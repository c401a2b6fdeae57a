"""The elements of REAL frames as JSON: which kind says what of a trade, an item or a condition."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from kiwoomctl.simulator.kiwoom import live_boards, live_quotes
from kiwoomctl.simulator.kiwoom.live_fields import (
    CONDITION_NAME,
    CONDITION_TYPE,
    FIELDS,
    NAMES,
)
from kiwoomctl.simulator.kiwoom.live_quotes import Values
from kiwoomctl.simulator.ticker import Tick

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

SUFFIXES = tuple(live_quotes.VENUES)
"""What an item may add to its symbol, "" first."""

_OF_TRADES: dict[str, Callable[[Exchange, Tick, str], Values]] = {
    "0A": live_quotes.momentum,
    "0B": live_quotes.trade,
    "0C": live_quotes.best_offers,
    "0D": live_quotes.book,
    "0E": live_quotes.after_hours_offers,
    "0F": live_quotes.brokers,
    "0G": live_boards.fund,
    "0H": live_quotes.expected_trade,
    "0g": live_boards.instrument_data,
    "0w": live_quotes.programs,
}
_OF_ITEMS: dict[str, Callable[[str, datetime], Values]] = {
    "0I": live_boards.gold,
    "0m": live_boards.warrant_theory,
    "0u": live_boards.warrant_figures,
}
_OF_SECTORS: dict[str, Callable[[Exchange, str, datetime], Values]] = {
    "0J": live_boards.sector_index,
    "0U": live_boards.sector_breadth,
}


def of_trade(exchange: Exchange, kind: str, item: str, tick: Tick) -> str:
    """Return what an item of a kind says of a trade of its symbol; nothing where it has no say."""
    values = _OF_TRADES.get(kind)
    if values is not None:
        venue = live_quotes.VENUES[item[len(tick.symbol) :]]
        return element_of(kind, item, values(exchange, tick, venue))
    alone = _OF_ITEMS.get(kind)
    return element_of(kind, item, alone(item, tick.moment)) if alone else ""


def of_item(exchange: Exchange, kinds: Iterable[str], item: str, moment: datetime) -> Iterable[str]:
    """Yield what an item that is no listed symbol says, in these of its kinds that say anything."""
    for kind in sorted(kinds):
        alone, sector = _OF_ITEMS.get(kind), _OF_SECTORS.get(kind)
        if alone is not None:
            yield element_of(kind, item, alone(item, moment))
        elif sector is not None and item in live_boards.SECTORS:
            yield element_of(kind, item, sector(exchange, item, moment))


def element_of(kind: str, item: str, values: Values) -> str:
    """Return one event as JSON, every documented field in its place."""
    return json.dumps(
        {
            "type": kind,
            "name": NAMES[kind],
            "item": item,
            "values": {number: values.get(number, "") for number in FIELDS[kind]},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def condition_element(seq: str, symbol: str, moment: datetime, *, comes: bool) -> str:
    """Return that a symbol has begun or ceased to meet a condition."""
    return json.dumps(
        {
            "type": CONDITION_TYPE,
            "name": CONDITION_NAME,
            "item": symbol,
            "values": {
                "841": seq,
                "9001": symbol,
                "843": "I" if comes else "D",
                "20": f"{moment:%H%M%S}",
                "907": "2" if comes else "1",
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def symbol_of(item: str) -> str:
    """Return the symbol of an item, its venue left out."""
    return item[:-3] if item.endswith(SUFFIXES[1:]) else item
