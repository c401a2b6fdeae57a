"""The records of several accounts in a period, an account a book; and what they moved in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.domain.portfolio import total
from kiwoomctl.domain.recorded import days_between
from kiwoomctl.domain.returns import Flow, Valuation
from kiwoomctl.services.recorded.cash_flows import in_force

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.history import History, Snapshot
    from kiwoomctl.services.accounts import RecordedAccount

Members = list[tuple["RecordedAccount", "AccountId"]]
"""Accounts of one history, and whose they are."""


class Book(NamedTuple):
    """One account's records in the period."""

    account: RecordedAccount
    first: date
    """The day on which it was recorded, or should have been, first; maybe before the period."""
    snapshots: dict[date, Snapshot]
    realized: dict[date, Decimal | None]
    flows: dict[date, Decimal]
    first_snapshot: date | None
    """The first day it has figures on, ever."""
    failed: frozenset[date]
    """Days on which it could not be read, at least once."""


def worlds_of(
    accounts: Iterable[RecordedAccount],
) -> list[Members]:
    """Return the accounts that may have records, by the history they are in."""
    worlds: dict[Path, Members] = {}
    for account in accounts:
        owner = account.pinned_id()
        if owner is not None and account.has_history():
            worlds.setdefault(account.world, []).append((account, owner))
    return list(worlds.values())


def books_of(
    history: History,
    members: Sequence[tuple[RecordedAccount, AccountId]],
    begin: date,
    end: date,
) -> list[Book]:
    """Return the book of each account of a history; of one without any record none.

    Args:
        history: where their records are.
        members: the accounts.
        begin: the first day.
        end: the last day, included.
    """
    ids = [owner for _, owner in members]
    snapshots: dict[AccountId, dict[date, Snapshot]] = {}
    for snapshot in history.last_of_days(ids, begin, end):
        snapshots.setdefault(snapshot.account, {})[snapshot.day] = snapshot
    realized: dict[AccountId, dict[date, Decimal | None]] = {}
    for result in history.results(ids, begin, end):
        realized.setdefault(result.account, {})[result.day] = result.realized_pnl
    flows: dict[AccountId, dict[date, Decimal]] = {}
    for flow in in_force(history.flows(ids, begin, end)):
        of_account = flows.setdefault(flow.account, {})
        of_account[flow.day] = of_account.get(flow.day, Decimal(0)) + flow.amount
    failed: dict[AccountId | str, set[date]] = {}
    names = [account.name for account, _ in members]
    for failure in history.failures(ids, names, begin, end):
        failed.setdefault(failure.account or failure.profile, set()).add(failure.day)
    firsts, nameless = history.first_days(ids), history.first_failures()
    recorded = history.first_snapshots(ids)
    books = []
    for account, owner in members:
        days = [d for d in (firsts.get(owner), nameless.get(account.name)) if d is not None]
        if days:
            books.append(
                Book(
                    account,
                    min(days),
                    snapshots.get(owner, {}),
                    realized.get(owner, {}),
                    flows.get(owner, {}),
                    recorded.get(owner),
                    frozenset(failed.get(owner, set()) | failed.get(account.name, set())),
                )
            )
    return books


def moved(books: Iterable[Book], after: date, until: date) -> Decimal:
    """Return deposits less withdrawals after a day, up to another one."""
    moved = (amount for book in books for day, amount in book.flows.items() if after < day <= until)
    return sum(moved, Decimal(0))


def realized_in(books: Iterable[Book], after: date, until: date) -> Decimal | None:
    """Return the realized profit after a day, up to another one; None where a day's is unknown."""
    days = days_between(after + timedelta(days=1), until)
    return total(book.realized.get(day) for book in books for day in days if day >= book.first)


def flows_of(books: Iterable[Book], values: Sequence[Valuation]) -> list[Flow]:
    """Return what came from outside the accounts, and accounts that came later."""
    if not values:
        return []
    flows: list[Flow] = []
    for book in books:
        joined = book.first_snapshot
        if joined is not None and joined > values[0].day and joined in book.snapshots:
            worth = book.snapshots[joined].worth
            if worth is not None:
                flows.append(Flow(joined, worth, "end"))
        else:
            joined = None
        # What moved before its first figures is in those.
        flows += [
            Flow(day, amount)
            for day, amount in book.flows.items()
            if joined is None or day > joined
        ]
    return flows
