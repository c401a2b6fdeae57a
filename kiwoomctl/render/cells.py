"""Single values as people read them, and how wide they stand on a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from kiwoomctl.locale import _
from kiwoomctl.render.report import Kind, Value

MISSING = "-"
RIGHT = frozenset({"number", "average", "signed", "percent", "rate"})
WHOLE = RIGHT | {"id", "time", "moment"}
"""What is never cut: half a figure is another one, half a time is none."""
COLOURED = frozenset({"signed", "rate"})


def show(value: Value, kind: Kind) -> str:
    """Return the text of a value; ``-`` for a missing one."""
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}" if kind == "moment" else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal | int):
        return _figure(value, kind)
    if isinstance(value, str):
        if kind == "word":
            return _(value)
        # Names come from outside: nothing of them may steer a terminal.
        return (
            value if value.isprintable() else "".join(c if c.isprintable() else "?" for c in value)
        )
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={part}" for name, part in value.items())
    return ", ".join(part if isinstance(part, str) else show(part, kind) for part in value)


def shown(values: Sequence[Value], kind: Kind) -> list[str]:
    """Return the texts of a column's values.

    Ten thousand rows are drawn: figures, most of a portfolio, are formatted without a call.
    """
    if kind == "number":
        return [
            f"{v:,f}" if type(v) is Decimal else f"{v:,}" if type(v) is int else show(v, kind)
            for v in values
        ]
    if kind == "signed":
        return [f"{v:+,f}" if type(v) is Decimal and v else show(v, kind) for v in values]
    if kind in RIGHT:
        return [_figure(v, kind) if type(v) is Decimal else show(v, kind) for v in values]
    if kind == "text":
        return [
            v if isinstance(v, str) and v and v.isprintable() else show(v, kind) for v in values
        ]
    return [show(value, kind) for value in values]


def _figure(value: Decimal | int, kind: Kind) -> str:
    if kind == "percent":
        return f"{value:.2f}%"
    if kind == "average":
        return f"{value:,.0f}"
    if kind == "rate":
        return f"{value:+.2f}%" if value else "0.00%"
    sign = "+" if kind == "signed" and value else ""
    return format(value, f"{sign},f" if isinstance(value, Decimal) else f"{sign},")


def directions(values: Sequence[Value], kind: Kind) -> Sequence[int]:
    """Return 1 for a gain, -1 for a loss, 0 for neither and for what has no direction."""
    if kind not in COLOURED:
        return (0,) * len(values)
    return [(v > 0) - (v < 0) if isinstance(v, Decimal | int) else 0 for v in values]


def width(text: str) -> int:
    """Return how many terminal cells the text takes; Hangul takes two each."""
    return len(text) if text.isascii() else _wide(text)


@lru_cache(maxsize=4096)
def _wide(text: str) -> int:
    # A name stands in many rows.
    return sum(_cell_width(character) for character in text)


def _cell_width(character: str) -> int:
    # Marks, and the vowels and finals of decomposed Hangul, stand on the letter before them.
    if unicodedata.category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, cells: int, *, right: bool) -> str:
    """Return the text filled up with blanks to that many cells."""
    if text.isascii():
        return text.rjust(cells) if right else text.ljust(cells)
    blanks = " " * (cells - width(text))
    return blanks + text if right else text + blanks
