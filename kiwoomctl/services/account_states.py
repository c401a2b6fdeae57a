"""What each account holds, read now from its broker or as it was recorded, in one form.

An account that cannot be had is missing with its reason; nothing stands for it, least of all 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.domain.portfolio import (
    Cash,
    Environment,
    PnlBasis,
    Position,
    percent,
    position_totals,
    total,
)
from kiwoomctl.errors import KiwoomctlError, StateError
from kiwoomctl.services.accounts import OnAnswer, ask
from kiwoomctl.services.beside import cash_and_holdings
from kiwoomctl.services.recorded.days import never_recorded
from kiwoomctl.services.recorded.differences import NOT_RECORDED, snapshot_of

if TYPE_CHECKING:
    from kiwoomctl.services.accounts import RecordedAccount


class AccountState(NamedTuple):
    """Cash and positions of one account at one moment; KRW."""

    account: RecordedAccount
    as_of: datetime
    cash: Cash
    positions: tuple[Position, ...]
    total_assets: Decimal | None
    """추정예탁자산, the broker's own figure; of an account without shares, which has none, its
    cash."""


class States(NamedTuple):
    """The chosen accounts, each in one of the two."""

    found: tuple[AccountState, ...]
    missing: tuple[tuple[RecordedAccount, KiwoomctlError], ...]


class StateTotals(NamedTuple):
    """Sums over accounts, KRW and percent; None as soon as one figure is missing."""

    deposit_d2: Decimal | None
    cost: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_rate: Decimal | None
    total_assets: Decimal | None
    positions: int
    pnl_basis: PnlBasis | None


def live(accounts: Sequence[RecordedAccount], on_answer: OnAnswer, now: datetime) -> States:
    """Ask the brokers now (kt00001, kt00018).

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        now: the time of this machine.
    """
    answers = ask(accounts, cash_and_holdings, on_answer)
    found, missing = [], []
    for account, answer in zip(accounts, answers.all, strict=True):
        if answer.value is None:
            assert answer.error is not None, "one of the two is there"  # noqa: S101 - for the type
            missing.append((account, answer.error))
        else:
            cash, holdings = answer.value
            found.append(_state(account, now, cash, holdings.positions, holdings.total_assets))
    return States(tuple(found), tuple(missing))


def recorded(accounts: Sequence[RecordedAccount], until: date) -> States:
    """Return the accounts as recorded on the last recorded day of their environment; no network.

    Args:
        accounts: whose.
        until: the last day that counts.

    Raises:
        StateError, Busy: a history cannot be read.
    """
    days: dict[Environment, date] = {}
    for account in accounts:
        last, newest = _last_day(account, until), days.get(account.environment)
        if last is not None and (newest is None or last > newest):
            days[account.environment] = last
    found: list[AccountState] = []
    missing: list[tuple[RecordedAccount, KiwoomctlError]] = []
    for account in accounts:
        day = days.get(account.environment)
        if day is None:
            missing.append((account, never_recorded(account)))
            continue
        try:
            _, snapshot = snapshot_of(account, day)
        except StateError as error:
            if error.code != NOT_RECORDED:
                raise
            missing.append((account, error))
        else:
            positions = account.history().positions(snapshot)
            assets = snapshot.total_assets
            found.append(_state(account, snapshot.as_of, snapshot.cash, positions, assets))
    return States(tuple(found), tuple(missing))


def totals(states: Sequence[AccountState]) -> StateTotals:
    """Return the sums over these accounts."""
    held = position_totals(position for state in states for position in state.positions)
    return StateTotals(
        deposit_d2=total(state.cash.deposit_d2 for state in states),
        cost=held.cost,
        market_value=held.market_value,
        unrealized_pnl=held.unrealized_pnl,
        unrealized_pnl_rate=percent(held.unrealized_pnl, held.cost),
        total_assets=total(state.total_assets for state in states),
        positions=sum(len(state.positions) for state in states),
        pnl_basis=held.pnl_basis,
    )


def _last_day(account: RecordedAccount, until: date) -> date | None:
    owner = account.pinned_id()
    if owner is None or not account.has_history():
        return None
    return account.history().last_day([owner], until)


def _state(
    account: RecordedAccount,
    as_of: datetime,
    cash: Cash,
    positions: tuple[Position, ...],
    assets: Decimal | None,
) -> AccountState:
    if assets is None and not positions:
        assets = cash.deposit_d2
    return AccountState(account, as_of, cash, positions, assets)
