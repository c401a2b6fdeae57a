"""What is known of an instrument and its market at a moment, whoever told it.

Prices are KRW per share; None means that the source did not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.prices import InstrumentKind


@dataclass(frozen=True, slots=True)
class Quote:
    """The market in one instrument."""

    last: Decimal | None
    upper: Decimal | None
    """상한가, as the broker names it."""
    lower: Decimal | None
    """하한가, as the broker names it."""
    read_at: datetime | None
    """By this machine's clock."""
    broker_time: datetime | None = None
    """The Date header of the reply; None where it had none."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """Master data of one code."""

    symbol: Symbol
    name: str
    kind: InstrumentKind | None
    """None for a kind whose tick grid is not known."""
    nxt: bool | None
    """Whether NXT trades it too; None where the broker did not say."""
    warning: str | None = None
    """The broker's 투자유의 code; None for none."""
