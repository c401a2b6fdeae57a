"""Condition searches a person keeps at the broker, and the codes that meet one.

Prices are KRW per share and unsigned; changes are against the previous close, signed; rates
are percent; None means that the broker did not say.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from kiwoomctl.domain.identity import Symbol


class Condition(NamedTuple):
    """A condition search as its owner made it."""

    id: str
    """The broker's number of it."""
    name: str


class ConditionHit(NamedTuple):
    """A code that meets a condition now."""

    symbol: Symbol
    name: str
    price: Decimal | None
    change: Decimal | None
    change_rate: Decimal | None
    volume: int | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
