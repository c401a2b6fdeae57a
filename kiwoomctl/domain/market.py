"""What is known of an instrument and its market at a moment, whoever told it.

Prices are KRW per share; None means that the source did not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

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
    """"" where the broker does not tell it."""
    kind: InstrumentKind | None
    """None for a kind whose tick grid is not known."""
    nxt: bool | None
    """Whether NXT trades it too; None where the broker did not say."""
    warning: str | None = None
    """The broker's 투자유의 code; None for none."""


QuoteExchange = Literal["KRX", "NXT", "SOR"]
QUOTE_EXCHANGES: Final[tuple[QuoteExchange, ...]] = ("KRX", "NXT", "SOR")
"""SOR: both exchanges together."""


class MarketQuote(NamedTuple):
    """A code's trading of the day so far, as one exchange or both tell it."""

    symbol: Symbol
    name: str | None
    """None where the broker does not tell it."""
    price: Decimal | None
    """현재가, KRW."""
    change: Decimal | None
    """전일대비, KRW, signed."""
    change_rate: Decimal | None
    """등락율, percent, signed."""
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    upper_limit: Decimal | None
    """상한가."""
    lower_limit: Decimal | None
    """하한가."""
    volume: int | None
    """거래량, shares."""
    exchange: QuoteExchange
    time: datetime | None
    """체결시간: of the last trade, KST."""


MARKETS: Final = ("KOSPI", "KOSDAQ", "KONEX", "ETF", "ETN", "REIT", "INFRA")
"""The lists of instruments that are fetched for looking up names."""


class Listing(NamedTuple):
    """One listed instrument, by the broker's list of a market."""

    symbol: Symbol
    name: str
    market: str
    """One of MARKETS, or what the broker calls another one."""
    nxt: bool | None
    """Whether NXT trades it too; None where the broker did not say."""
