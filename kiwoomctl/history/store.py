"""The recorded days of accounts: what was there, what could not be read, what came and went.

Invariants (the tables keep them too, see migrations):

1. A snapshot is written with its positions, its fills and its day's result in one transaction:
   whatever stops the program, it is whole or absent.
2. Nothing is changed or deleted; of several snapshots of a day the newest counts.
3. An account that could not be read has a failure, never a snapshot of zeros.

Entry points: ``History.open``, then ``record``, ``record_failure``, ``add_flow``; the questions
are in ``reading``. A History belongs to one thread; any number of them, in any processes, may use
one folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from kiwoomctl import files
from kiwoomctl.database import Database, to_microseconds, to_text
from kiwoomctl.domain.clock import Clock
from kiwoomctl.history import migrations, queries, rows
from kiwoomctl.history.reading import Readings
from kiwoomctl.history.records import CashFlow, NewCashFlow, NewFailure, NewSnapshot

FILE_NAME: Final = "history.sqlite3"


class History(Readings):
    """One world's recorded days: see the module."""

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """Open the history of a folder, or begin one.

        Args:
            folder: private to this user, on a local disk; made when missing.
            clock: this machine's time.

        Raises:
            StateError: The history cannot be used; the message names the file and the fix.
            Busy: Another program locks it.
        """
        files.ensure_folder(folder)
        database = Database(folder / FILE_NAME, migrations.form())
        try:
            database.migrate(clock.now(), lambda: None)
        except BaseException:
            database.close()
            raise
        return cls(database, clock)

    @classmethod
    def look(cls, folder: Path, clock: Clock) -> Self:
        """Open the history of a folder only to read it: nothing is written.

        Raises:
            StateError: It cannot be used, or its next use has to put it right first.
            Busy: Another program locks it.
        """
        return cls(Database(folder / FILE_NAME, migrations.form(), only_look=True), clock)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, new: NewSnapshot) -> int:
        """Write one account down, all of it or nothing; return the snapshot's number.

        Raises:
            StateError, Busy: It cannot be written; nothing of it was.
        """
        values = rows.snapshot_values(new)
        as_of = values["as_of"]
        with self._db.transaction():
            self._db.change(queries.NEW_SNAPSHOT, {**values, "recorded_at": self._now()})
            row = self._db.row(queries.LAST_NUMBER)
            assert row is not None, "it was just written"  # noqa: S101 - for the type
            number = int(row["number"])
            for position in new.holdings.positions:
                own = rows.position_values(position)
                self._db.change(queries.NEW_POSITION, {**own, "snapshot_no": number})
            for traded in new.traded:
                known = {"account": str(new.account), "day": traded.day.isoformat()}
                result = {"as_of": as_of, "realized_pnl": to_text(traded.realized_pnl)}
                self._db.change(queries.NEW_RESULT, {**known, **result})
                for fill in traded.fills:
                    own = rows.fill_values(fill)
                    self._db.change(queries.NEW_FILL, {**own, **known, "as_of": as_of})
        return number

    def record_failure(self, failures: Iterable[NewFailure]) -> None:
        """Write down which accounts could not be read.

        Raises:
            StateError, Busy: It cannot be written.
        """
        with self._db.transaction():
            for new in failures:
                self._db.change(queries.NEW_FAILURE, rows.failure_values(new))

    def add_flows(self, flows: Iterable[NewCashFlow]) -> list[CashFlow]:
        """Enter deposits and withdrawals; return those that are news.

        Raises:
            StateError, Busy: They cannot be written; none was.
        """
        entered: list[CashFlow] = []
        with self._db.transaction():
            for new in flows:
                values = {**rows.flow_values(new), "entered_at": self._now()}
                if self._db.change(queries.NEW_FLOW, values):
                    row = self._db.row(queries.LAST_NUMBER)
                    assert row is not None, "it was just written"  # noqa: S101 - for the type
                    entered.append(self.flow(int(row["number"])))
        return entered

    def _now(self) -> int:
        return to_microseconds(self._clock.now())
