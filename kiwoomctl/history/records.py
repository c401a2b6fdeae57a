"""What the history takes and gives: values without any SQL.

Money is Decimal KRW; None means that the broker did not say, never 0. Times are aware (KST when
read back). A day is a trading day in Korea, see ``domain.recorded.day_of_record``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import Fill
from kiwoomctl.domain.portfolio import Cash, Holdings, PnlBasis

FlowSource = Literal["person", "broker"]
NOTHING: Mapping[str, Any] = {}


class TradedDay(NamedTuple):
    """What was traded on a day, as far as the broker told at some moment."""

    day: date
    fills: tuple[Fill, ...]
    realized_pnl: Decimal | None
    """실현손익 of the day by the broker's count, KRW; None where it did not say."""


class NewSnapshot(NamedTuple):
    """One account at one moment, before it has a row."""

    account: AccountId
    profile: str
    owner: str | None
    day: date
    as_of: datetime
    """By the broker's clock where it says."""
    cash: Cash
    holdings: Holdings
    traded: tuple[TradedDay, ...]
    """Its own day, and earlier days that were not over when they were read last."""


class NewFailure(NamedTuple):
    """An account that could not be recorded."""

    account: AccountId | None
    """None where its number was never proven: then only the profile names it."""
    profile: str
    day: date
    at: datetime
    code: str
    """Of the error."""


class NewCashFlow(NamedTuple):
    """Money or shares that came from outside or went there, before it has a row."""

    account: AccountId
    day: date
    amount: Decimal
    """KRW; above 0 for a deposit, below for a withdrawal."""
    note: str
    source: FlowSource
    reference: str | None = None
    """The broker's own name of it, kept once; None for what a person entered."""
    counters: int | None = None
    """The number of the entry that this one takes back."""


class Snapshot(NamedTuple):
    """One account at one moment; KRW."""

    number: int
    account: AccountId
    profile: str
    """The profile's name then."""
    owner: str | None
    day: date
    as_of: datetime
    cash: Cash
    cost: Decimal | None
    market_value: Decimal | None
    """Gross."""
    unrealized_pnl: Decimal | None
    pnl_basis: PnlBasis | None
    """None without a position."""
    total_assets: Decimal | None
    """추정예탁자산, the broker's own figure."""
    positions: int

    @property
    def worth(self) -> Decimal | None:
        """What the account was worth, for returns: total assets, or the cash of one without shares.

        The broker does not estimate the assets of an account that holds nothing.
        """
        if self.total_assets is None and not self.positions:
            return self.cash.deposit_d2
        return self.total_assets


class SymbolDay(NamedTuple):
    """What all the chosen accounts held of one code on one day; KRW."""

    day: date
    symbol: Symbol
    name: str
    quantity: int
    cost: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None


class Failure(NamedTuple):
    """An account that could not be recorded, as recorded."""

    account: AccountId | None
    profile: str
    day: date
    at: datetime
    code: str


class KnownFill(NamedTuple):
    """A fill, and when it was known."""

    account: AccountId
    day: date
    fill: Fill
    as_of: datetime
    """When the broker showed it, or more of it, first."""


class DayResult(NamedTuple):
    """What a day brought, as it was read last."""

    account: AccountId
    day: date
    as_of: datetime
    realized_pnl: Decimal | None
    """KRW."""


class CashFlow(NamedTuple):
    """An entry of the list of deposits and withdrawals."""

    number: int
    account: AccountId
    day: date
    amount: Decimal
    """KRW, signed."""
    note: str
    source: FlowSource
    counters: int | None
    countered: bool
    """Whether another entry takes it back."""
    entered_at: datetime
