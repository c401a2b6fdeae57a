"""Fills of recorded days: what snapshots read, and what the order commands kept in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kiwoomctl.domain.filled import counted
from kiwoomctl.errors import Busy, StateError

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.orders import Fill
    from kiwoomctl.services.accounts import RecordedAccount

OnTrouble = Callable[[StateError | Busy], None]
"""Is told why a ledger cannot be used; the fills of snapshots are there without it."""


class RecordedFills:
    """The fills of one account, each share once."""

    def __init__(
        self, account: RecordedAccount, owner: AccountId, first: date, last: date, told: OnTrouble
    ) -> None:
        """Read what is known.

        Args:
            account: whose.
            owner: its number.
            first: the first day.
            last: the last day, included.
            told: is told of a ledger that cannot be used.
        """
        self._learnt: dict[date, list[tuple[datetime, Fill]]] = {}
        for known in account.history().fills([owner], first, last):
            self._learnt.setdefault(known.day, []).append((known.as_of, known.fill))
        self._kept: dict[date, list[Fill]] = {}
        self._read_ledger(account, owner, _days(first, last), told)

    def of(self, day: date) -> tuple[Fill, ...]:
        """Return the fills of a day, as far as they are known now."""
        learnt = [fill for _, fill in self._learnt.get(day, ())]
        return counted([*self._kept.get(day, ()), *learnt])

    def known_at(self, day: date, moment: datetime) -> tuple[Fill, ...]:
        """Return the fills of a day as they were known to a snapshot of that moment."""
        return counted(fill for at, fill in self._learnt.get(day, ()) if at <= moment)

    def _read_ledger(
        self, account: RecordedAccount, owner: AccountId, days: Iterable[date], told: OnTrouble
    ) -> None:
        if not account.has_ledger():
            return
        try:
            ledger = account.ledger()
            for day in days:
                if found := ledger.fills(day, owner):
                    self._kept[day] = [fill for _, fill in found]
        except (StateError, Busy) as error:
            told(error)


def _days(first: date, last: date) -> Iterable[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
