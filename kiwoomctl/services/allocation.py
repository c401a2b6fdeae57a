"""What the money is in: the largest codes, the rest of them, and cash."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from kiwoomctl.domain.portfolio import Position, percent

LARGEST: Final = 7


class Share(NamedTuple):
    """A part of the whole; KRW and percent."""

    kind: Literal["symbol", "others", "cash"]
    name: str
    """Of a code; empty for the other two."""
    value: Decimal
    percent: Decimal | None
    codes: int
    """How many codes are in it."""


class Allocation(NamedTuple):
    """The parts, the largest first, others and cash last."""

    shares: tuple[Share, ...]
    whole: Decimal
    """What the percents are of: positions at their market value, and cash above 0."""
    without_value: int
    """Codes whose value is not known; they are in no part."""
    owed: Decimal | None
    """Cash below 0, which is no part; None where there is none."""
    lacks_cash: bool
    """Whether the cash is not known, and so no part."""


def allocation(symbols: Sequence[Position], deposit_d2: Decimal | None) -> Allocation:
    """Return what the money is in.

    Args:
        symbols: each code once.
        deposit_d2: cash after all settlements; None where it is not known.
    """
    valued = [(row.market_value, row) for row in symbols if row.market_value is not None]
    valued.sort(key=lambda pair: -pair[0])
    cash = deposit_d2 if deposit_d2 is not None and deposit_d2 > 0 else None
    whole = sum((value for value, _ in valued), cash or Decimal(0))
    # One code alone needs no name of its own for the rest.
    named = len(valued) if len(valued) <= LARGEST + 1 else LARGEST
    shares = [
        Share("symbol", row.name or row.symbol, value, percent(value, whole), 1)
        for value, row in valued[:named]
    ]
    rest = valued[named:]
    if rest:
        others = sum((value for value, _ in rest), Decimal(0))
        shares.append(Share("others", "", others, percent(others, whole), len(rest)))
    if cash is not None:
        shares.append(Share("cash", "", cash, percent(cash, whole), 0))
    owed = deposit_d2 if deposit_d2 is not None and deposit_d2 < 0 else None
    unvalued = len(symbols) - len(valued)
    return Allocation(tuple(shares), whole, unvalued, owed, deposit_d2 is None)
