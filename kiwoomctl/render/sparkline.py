"""A row of figures as one line of blocks; plain characters where blocks cannot be shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

BLOCKS: Final = "▁▂▃▄▅▆▇█"
PLAIN: Final = "_.-:=+*#"
GAP: Final = " "
_MIDDLE: Final = 3


class SparklineLook(NamedTuple):
    """How a terminal shows it."""

    width: int
    """The most characters."""
    blocks: bool
    """Whether more than ASCII can be shown."""


def sparkline(values: Sequence[Decimal | None], look: SparklineLook) -> str:
    """Return the line; a figure that is missing is a gap, never a low one.

    Args:
        values: oldest first; of more than fit the last of each stretch stands.
        look: how the terminal shows it.
    """
    drawn = _thinned(values, look.width)
    known = [value for value in drawn if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    ramp = BLOCKS if look.blocks else PLAIN
    return "".join(GAP if value is None else ramp[_level(value, low, high)] for value in drawn)


def _level(value: Decimal, low: Decimal, high: Decimal) -> int:
    if low == high:
        return _MIDDLE
    return int((value - low) * (len(BLOCKS) - 1) / (high - low))


def _thinned(values: Sequence[Decimal | None], width: int) -> list[Decimal | None]:
    if len(values) <= width:
        return list(values)
    ends = [(place + 1) * len(values) // width for place in range(width)]
    stretches = [values[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return [
        next((value for value in reversed(stretch) if value is not None), None)
        for stretch in stretches
    ]
