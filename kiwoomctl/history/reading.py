"""What can be asked of the history; nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.database import Database, to_decimal
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.portfolio import Position, total
from kiwoomctl.errors import UsageError
from kiwoomctl.history import queries, rows
from kiwoomctl.history.records import CashFlow, DayResult, Failure, KnownFill, Snapshot, SymbolDay

if TYPE_CHECKING:
    import sqlite3

BEGINNING: Final = date.min
END: Final = date.max
_MOST: Final = 10


class Readings:
    """The questions; each is one SELECT that sees whole transactions only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def last_of_days(
        self, accounts: Iterable[AccountId], first: date = BEGINNING, last: date = END
    ) -> tuple[Snapshot, ...]:
        """Return each account's last snapshot of each day, oldest day first.

        Args:
            accounts: whose.
            first: the first day.
            last: the last day, included.
        """
        values = rows.chosen(accounts, first=first, last=last)
        return tuple(rows.snapshot(row) for row in self._db.rows(queries.LAST_OF_DAYS, values))

    def last_day(self, accounts: Iterable[AccountId], until: date) -> date | None:
        """Return the newest day any of these accounts was recorded on; None without any.

        Args:
            accounts: whose.
            until: the last day that counts.
        """
        row = self._db.row(queries.LAST_DAY, rows.chosen(accounts, last=until))
        return None if row is None or row["day"] is None else date.fromisoformat(row["day"])

    def first_days(self, accounts: Iterable[AccountId]) -> dict[AccountId, date]:
        """Return the day on which each account was recorded, or should have been, first."""
        found = self._db.rows(queries.FIRST_DAYS, rows.chosen(accounts))
        return {AccountId.parse(row["account"]): date.fromisoformat(row["day"]) for row in found}

    def first_snapshots(self, accounts: Iterable[AccountId]) -> dict[AccountId, date]:
        """Return the first day of which there are figures of each account."""
        found = self._db.rows(queries.FIRST_SNAPSHOTS, rows.chosen(accounts))
        return {AccountId.parse(row["account"]): date.fromisoformat(row["day"]) for row in found}

    def first_failures(self) -> dict[str, date]:
        """Return the first failure of profiles whose account was not known then."""
        found = self._db.rows(queries.FIRST_FAILURES)
        return {row["profile"]: date.fromisoformat(row["day"]) for row in found}

    def positions(self, snapshot: Snapshot) -> tuple[Position, ...]:
        """Return what an account held at a snapshot, by code."""
        found = self._db.rows(queries.POSITIONS, {"snapshot_no": snapshot.number})
        return tuple(rows.position(row) for row in found)

    def symbols_of_days(
        self, accounts: Iterable[AccountId], first: date = BEGINNING, last: date = END
    ) -> tuple[SymbolDay, ...]:
        """Return what these accounts together held of each code, by day and code.

        Args:
            accounts: whose.
            first: the first day.
            last: the last day, included.
        """
        values = rows.chosen(accounts, first=first, last=last)
        found = self._db.rows(queries.SYMBOLS_OF_DAYS, values)
        if any(row["fraction"] for row in found):
            return self._exact_symbols_of_days(values)
        days = {text: date.fromisoformat(text) for text in {row["day"] for row in found}}
        return tuple(
            SymbolDay(
                days[day], Symbol(symbol), name, quantity, _won(cost), _won(value), _won(profit)
            )
            for day, symbol, name, quantity, cost, value, profit, _ in found
        )

    def _exact_symbols_of_days(self, values: Mapping[str, Any]) -> tuple[SymbolDay, ...]:
        """Return the same where amounts have fractions, which SQLite would add as floats."""
        groups: dict[tuple[str, str], list[sqlite3.Row]] = {}
        for row in self._db.rows(queries.POSITIONS_OF_DAYS, values):
            groups.setdefault((row["day"], row["symbol"]), []).append(row)
        return tuple(
            SymbolDay(
                day=date.fromisoformat(day),
                symbol=Symbol(symbol),
                name=max(row["name"] for row in parts),
                quantity=sum(row["quantity"] for row in parts),
                cost=total(to_decimal(row["cost"]) for row in parts),
                market_value=total(to_decimal(row["market_value"]) for row in parts),
                unrealized_pnl=total(to_decimal(row["unrealized_pnl"]) for row in parts),
            )
            for (day, symbol), parts in sorted(groups.items())
        )

    def failures(
        self,
        accounts: Iterable[AccountId],
        profiles: Iterable[str],
        first: date = BEGINNING,
        last: date = END,
    ) -> tuple[Failure, ...]:
        """Return which of these accounts could not be read, oldest first.

        Args:
            accounts: whose.
            profiles: names for failures from before an account's number was known.
            first: the first day.
            last: the last day, included.
        """
        names = json.dumps([str(name) for name in profiles])
        values = rows.chosen(accounts, first=first, last=last, profiles=names)
        return tuple(rows.failure(row) for row in self._db.rows(queries.FAILURES, values))

    def fills(
        self, accounts: Iterable[AccountId], first: date = BEGINNING, last: date = END
    ) -> tuple[KnownFill, ...]:
        """Return every row that was ever known of fills, in the order they were learnt.

        One fill may have several: a sum that grew, single fills and their sum, costs that came
        later. ``services.recorded.fills`` chooses among them.
        """
        values = rows.chosen(accounts, first=first, last=last)
        return tuple(rows.known_fill(row) for row in self._db.rows(queries.FILLS, values))

    def results(
        self, accounts: Iterable[AccountId], first: date = BEGINNING, last: date = END
    ) -> tuple[DayResult, ...]:
        """Return what each day brought, as it was read last; days never read are absent."""
        values = rows.chosen(accounts, first=first, last=last)
        return tuple(rows.result(row) for row in self._db.rows(queries.RESULTS, values))

    def flows(
        self, accounts: Iterable[AccountId], first: date = BEGINNING, last: date = END
    ) -> tuple[CashFlow, ...]:
        """Return deposits and withdrawals, oldest day first, counter-entries among them."""
        values = rows.chosen(accounts, first=first, last=last)
        return tuple(rows.flow(row) for row in self._db.rows(queries.FLOWS, values))

    def flow(self, number: int) -> CashFlow:
        """Return one entry.

        Raises:
            UsageError: There is none of that number.
        """
        row = self._db.row(queries.FLOW, {"flow_no": number})
        if row is None:
            raise UsageError(
                "there is no cash flow {number}",
                hint="kiwoomctl history cashflow list shows them",
                code="cashflow",
                number=number,
            )
        return rows.flow(row)

    def damage(self) -> list[str]:
        """Return what is wrong with the file and its rules, in English; empty for nothing."""
        changed = [f"the rule or table {n} was changed" for n in self._db.changed_rules()]
        return self._db.damage(_MOST) or changed

    def size(self) -> int:
        """Return how many snapshots there are."""
        row = self._db.row(queries.SIZE)
        return 0 if row is None else int(row[0])

    def broken(self) -> list[int]:
        """Return the snapshots that are not whole; empty for a sound history. Reads all of it."""
        return [int(row["snapshot_no"]) for row in self._db.rows(queries.BROKEN)]


def _won(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
