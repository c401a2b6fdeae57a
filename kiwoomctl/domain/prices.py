"""Tick sizes and daily price bands of the Korean exchanges.

Purpose: say which order prices exist. The table is the one in force since
2023-01-25, the same on KOSPI and KOSDAQ; the tick of an order is judged at the
order's own price. Every border of the table is a multiple of the ticks on both
of its sides, so rounding up or down never leaves the grid.

All functions take whole won as int or prices as Decimal and give back the kind
they were given. Prices are above 0.

The band is 30 % of the base price (기준가, normally the previous regular close).
First days of a listing, 정리매매 and changed base prices differ: where the broker
names 상한가 and 하한가, those count.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import NamedTuple, TypeVar

Price = TypeVar("Price", int, Decimal)

# (prices below this, tick), in won
_STOCK_TICKS = (
    (2_000, 1),
    (5_000, 5),
    (20_000, 10),
    (50_000, 50),
    (200_000, 100),
    (500_000, 500),
)
_LARGEST_STOCK_TICK = 1_000
_FUND_TICK_BORDER = 2_000
_SMALL_FUND_TICK = 1
_FUND_TICK = 5


class InstrumentKind(Enum):
    """The kind of an instrument, as far as its price grid is concerned."""

    STOCK = "stock"
    ETF = "etf"
    ETN = "etn"
    ELW = "elw"


class PriceBand(NamedTuple):
    """The lowest and highest order price of a day, in won, both on the tick grid."""

    lower: int
    upper: int

    def __contains__(self, price: object) -> bool:
        return isinstance(price, int | Decimal) and self.lower <= price <= self.upper


def tick_size(price: int | Decimal, kind: InstrumentKind = InstrumentKind.STOCK) -> int:
    """Return the tick in won at this price."""
    if kind is not InstrumentKind.STOCK:
        return _SMALL_FUND_TICK if price < _FUND_TICK_BORDER else _FUND_TICK
    for border, tick in _STOCK_TICKS:
        if price < border:
            return tick
    return _LARGEST_STOCK_TICK


def is_on_tick(price: int | Decimal, kind: InstrumentKind = InstrumentKind.STOCK) -> bool:
    """Tell whether an order may carry this price."""
    return price > 0 and price % tick_size(price, kind) == 0


def floor_to_tick(price: Price, kind: InstrumentKind = InstrumentKind.STOCK) -> Price:
    """Return the highest price of the grid that is not above this one (for buys)."""
    return price - price % tick_size(price, kind)


def ceil_to_tick(price: Price, kind: InstrumentKind = InstrumentKind.STOCK) -> Price:
    """Return the lowest price of the grid that is not below this one (for sells)."""
    tick = tick_size(price, kind)
    rest = price % tick
    return price if rest == 0 else price - rest + tick


def next_tick_up(price: int, kind: InstrumentKind = InstrumentKind.STOCK) -> int:
    """Return the next price of the grid above this one, in won."""
    return ceil_to_tick(price + 1, kind)


def next_tick_down(price: int, kind: InstrumentKind = InstrumentKind.STOCK) -> int:
    """Return the next price of the grid below this one, in won; at least 1."""
    return max(1, floor_to_tick(price - 1, kind))


def price_band(base: int | Decimal, kind: InstrumentKind = InstrumentKind.STOCK) -> PriceBand:
    """Return the band of a day whose base price (기준가) is this, in won."""
    lowest = -(-int(base * 7) // 10)
    highest = int(base * 13) // 10
    return PriceBand(lower=ceil_to_tick(lowest, kind), upper=floor_to_tick(highest, kind))
