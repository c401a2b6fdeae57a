"""Figures of the page: grouped, signed, coloured by direction, and short on the axes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from kiwoomctl.locale import language
from kiwoomctl.render.cells import show
from kiwoomctl.render.html.markup import Html, tag
from kiwoomctl.render.report import Kind

Amount = Decimal | int | None
_UNITS: Final = {
    "ko": ((Decimal(10**12), "조"), (Decimal(10**8), "억"), (Decimal(10**4), "만")),
    "en": ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "K")),
}
_SMALLEST_STEP: Final = Decimal("0.01")


def figure(value: Amount, kind: Kind = "number", *, field: str | None = None) -> Html:
    """Return an amount or rate with its own colour; ``-`` where it is missing.

    Args:
        value: KRW, shares or percent.
        kind: number, signed, percent or rate.
        field: its name for programs that read the page.
    """
    words = ["figure"]
    if value is None:
        words.append("none")
    elif kind in {"signed", "rate"} and value:
        words.append("up" if value > 0 else "down")
    return tag("span", show(value, kind), class_=" ".join(words), data_field=field)


def moment(value: datetime) -> str:
    """Return a time to the second, KST."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def month(day: date) -> str:
    """Return a month."""
    return f"{day:%Y-%m}"


def short(value: Decimal) -> str:
    """Return an amount as it stands on an axis: 7,081만, 1.42억; 70.8M."""
    for unit, word in _UNITS[language()]:
        if abs(value) >= unit:
            parts = value / unit
            places = 2 - min(2, max(0, parts.copy_abs().adjusted()))
            rounded = parts.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            text = f"{rounded:,f}"
            if "." in text:
                text = text.rstrip("0").rstrip(".")
            return f"{text}{word}"
    return f"{value.to_integral_value(ROUND_HALF_UP):,f}"
