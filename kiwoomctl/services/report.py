"""Everything an account report tells, gathered: what is there, what was, what is open.

Accounts are read now, or taken as they were recorded; the past comes from the recorded days.
Environments never meet in a sum. An account that cannot be had is in ``missing``, and no figure
stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from kiwoomctl.domain.portfolio import (
    Environment,
    Position,
    merge_symbols,
    percent,
    position_totals,
)
from kiwoomctl.domain.recorded import days_between
from kiwoomctl.errors import KiwoomctlError, StateError
from kiwoomctl.history.reading import BEGINNING, END
from kiwoomctl.services import account_states
from kiwoomctl.services.account_states import AccountState, States, StateTotals
from kiwoomctl.services.accounts import RecordedAccount
from kiwoomctl.services.allocation import Allocation, allocation
from kiwoomctl.services.orders import day_orders
from kiwoomctl.services.orders.day_orders import ListedAccount
from kiwoomctl.services.orders.journal import by_world, wish
from kiwoomctl.services.orders.unsettled import left_open, profile_names
from kiwoomctl.services.portfolio import Overview
from kiwoomctl.services.recorded import days as recorded
from kiwoomctl.services.recorded.books import worlds_of

if TYPE_CHECKING:
    from kiwoomctl.errors import Phrase
    from kiwoomctl.services.accounts import OnAnswer
    from kiwoomctl.services.orders.day_orders import OnTrouble, OrderRow

EXTREMES: Final = 5


class ReportedAccount(RecordedAccount, ListedAccount, Protocol):
    """An account whose days and orders can be read."""


class SymbolPart(NamedTuple):
    """One code over all accounts of the environment."""

    position: Position
    profiles: tuple[str, ...]
    weight: Decimal | None
    """Percent of the market value of all."""


class Month(NamedTuple):
    """What a month's sales brought, as far as its days were recorded."""

    first: date
    """Its first day."""
    realized_pnl: Decimal | None
    """KRW, of the known days; None where none is known."""
    known: int
    """Days of accounts of which it is known."""
    unknown: int
    """Trading days of accounts, from their first recorded one on, of which it is not."""


class UnknownOrder(NamedTuple):
    """An order whose outcome is open."""

    profile: str
    attempt_id: str
    wish: Phrase
    since: datetime


class Orders(NamedTuple):
    """What is open; None in ``open`` where the brokers were not asked."""

    open: tuple[OrderRow, ...] | None
    unread: tuple[tuple[str, KiwoomctlError], ...]
    """Profiles whose open orders could not be read."""
    unknown: tuple[UnknownOrder, ...]


class MissingAccount(NamedTuple):
    """A chosen account that is in no figure."""

    account: RecordedAccount
    error: KiwoomctlError
    last: recorded.Day | None
    """Its last recorded day; None where nothing is recorded of it."""


class WorldReport(NamedTuple):
    """One environment."""

    environment: Environment
    states: tuple[AccountState, ...]
    missing: tuple[MissingAccount, ...]
    totals: StateTotals | None
    """None where no account is there."""
    symbols: tuple[SymbolPart, ...]
    """The largest first, those without a value last."""
    allocation: Allocation
    best: tuple[Position, ...]
    """The codes that gained most, in KRW."""
    worst: tuple[Position, ...]
    """The codes that lost most, in KRW."""
    days: recorded.Block
    unrecorded: tuple[str, ...]
    """Profiles of which nothing is recorded in the period, while of others there is."""
    months: tuple[Month, ...]
    orders: Orders


class AccountReport(NamedTuple):
    """All of it."""

    worlds: tuple[WorldReport, ...]
    is_live: bool
    """Whether the accounts were read now."""
    failures: tuple[tuple[RecordedAccount, KiwoomctlError], ...]
    chosen: tuple[RecordedAccount, ...]

    @property
    def found(self) -> int:
        """How many accounts are in the figures."""
        return sum(len(world.states) for world in self.worlds)


class Wanted(NamedTuple):
    """What is to be in the report."""

    first: date | None
    """The first day of the past; None for the first recorded one."""
    last: date | None
    """The last one, included; None for the last recorded one."""
    is_live: bool
    """Whether the accounts are read now, or taken as recorded on the last day."""


def gather(
    accounts: Sequence[ReportedAccount],
    wanted: Wanted,
    now: datetime,
    told: tuple[OnAnswer, OnTrouble],
) -> AccountReport:
    """Return everything a report of these accounts tells.

    Args:
        accounts: whose.
        wanted: which days, and whether the brokers are asked.
        now: the time of this machine.
        told: is told how many accounts have answered, and why a ledger cannot be used.

    Raises:
        StateError, Busy: a history cannot be read.
    """
    on_answer, on_trouble = told
    if wanted.is_live:
        states = account_states.live(accounts, on_answer, now)
    else:
        states = account_states.recorded(accounts, wanted.last or END)
    past = recorded.read(accounts, "account", wanted.first, wanted.last)
    there = {state.account.name for state in states.found}
    open_orders = None
    if wanted.is_live:
        asked = [account for account in accounts if account.name in there]
        open_orders = day_orders.orders(asked, on_answer, on_trouble, day=None, open_only=True)
    unknown = _unknown(accounts, now, on_trouble)
    worlds = tuple(
        _world(block, accounts, states, past, wanted, open_orders, unknown) for block in past.blocks
    )
    failures: dict[str, tuple[RecordedAccount, KiwoomctlError]] = {
        account.name: (account, error) for account, error in states.missing
    }
    by_name = {account.name: account for account in accounts}
    for name, error in (pair for world in worlds for pair in world.orders.unread):
        failures.setdefault(name, (by_name[name], error))
    for account, never in past.failed:
        failures.setdefault(account.name, (account, never))
    return AccountReport(worlds, wanted.is_live, tuple(failures.values()), tuple(accounts))


def _world(
    block: recorded.Block,
    accounts: Sequence[RecordedAccount],
    states: States,
    past: recorded.Recorded,
    wanted: Wanted,
    open_orders: Overview[OrderRow, None] | None,
    unknown: Sequence[UnknownOrder],
) -> WorldReport:
    environment = block.environment
    members = [account for account in accounts if account.environment == environment]
    names = {account.name for account in members}
    found = tuple(state for state in states.found if state.account.environment == environment)
    sums = account_states.totals(found) if found else None
    symbols = _symbols(found)
    positions = [part.position for part in symbols]
    ranked = sorted(
        (pair for row in positions if (pair := (row.unrealized_pnl or Decimal(0), row))[0]),
        key=lambda pair: pair[0],
    )
    opened = None
    unread: tuple[tuple[str, KiwoomctlError], ...] = ()
    if open_orders is not None:
        rows = (row for part in open_orders.blocks for row in part.rows)
        opened = tuple(row for row in rows if row.profile in names)
        # An account that did not answer was not asked again for its orders.
        unread = tuple(
            (account.name, error)
            for account, error in (*states.missing, *open_orders.failed)
            if account.name in names
        )
    return WorldReport(
        environment=environment,
        states=found,
        missing=tuple(
            MissingAccount(account, error, _last_of(block, account.name))
            for account, error in states.missing
            if account.environment == environment
        ),
        totals=sums,
        symbols=symbols,
        allocation=allocation(positions, sums and sums.deposit_d2),
        best=tuple(row for gain, row in reversed(ranked[-EXTREMES:]) if gain > 0),
        worst=tuple(row for loss, row in ranked[:EXTREMES] if loss < 0),
        days=block,
        unrecorded=tuple(account.name for account, _ in past.failed if account.name in names),
        months=_months(members, block, wanted),
        orders=Orders(opened, unread, tuple(one for one in unknown if one.profile in names)),
    )


def _last_of(block: recorded.Block, profile: str) -> recorded.Day | None:
    rows = (row for row in reversed(block.days) if row.profile == profile and row.accounts)
    return next(rows, None)


def _symbols(states: Iterable[AccountState]) -> tuple[SymbolPart, ...]:
    held: list[Position] = []
    holders: dict[str, dict[str, None]] = {}
    for state in states:
        for position in state.positions:
            held.append(position)
            holders.setdefault(position.symbol, {})[state.account.name] = None
    whole = position_totals(held).market_value
    parts = [
        SymbolPart(row, tuple(holders[row.symbol]), percent(row.market_value, whole))
        for row in merge_symbols(held)
    ]
    return tuple(sorted(parts, key=lambda part: -(part.position.market_value or Decimal(-1))))


def _months(
    accounts: Sequence[RecordedAccount], block: recorded.Block, wanted: Wanted
) -> tuple[Month, ...]:
    """Return the months from the first to the last recorded day, oldest first."""
    if not block.series:
        return ()
    first, last = block.series[0].day, block.series[-1].day
    days = days_between(first, last)
    sums: dict[date, list[Decimal | None]] = {day.replace(day=1): [] for day in days}
    for members in worlds_of(accounts):
        history, ids = members[0][0].history(), [owner for _, owner in members]
        results = history.results(ids, wanted.first or BEGINNING, wanted.last or END)
        realized = {(row.account, row.day): row.realized_pnl for row in results}
        for owner, begun in history.first_days(ids).items():
            for day in days:
                if day >= begun:
                    sums[day.replace(day=1)].append(realized.get((owner, day)))
    return tuple(_month(first, values) for first, values in sums.items())


def _month(first: date, values: Sequence[Decimal | None]) -> Month:
    known = [value for value in values if value is not None]
    realized = sum(known, Decimal(0)) if known else None
    return Month(first, realized, len(known), len(values) - len(known))


def _unknown(
    accounts: Sequence[RecordedAccount], now: datetime, on_trouble: OnTrouble
) -> list[UnknownOrder]:
    """Return the orders with an open outcome; no ledger is made for that."""
    found: list[UnknownOrder] = []
    for members in by_world(accounts):
        try:
            names, attempts = profile_names(members), left_open(members[0].ledger(), now)
        except StateError as error:
            on_trouble(error)
            continue
        found += [
            UnknownOrder(
                names[attempt.intent.account],
                attempt.id,
                wish(attempt.intent.terms),
                attempt.sent_at or attempt.created_at,
            )
            for attempt in attempts
            if attempt.intent.account in names
        ]
    return found
