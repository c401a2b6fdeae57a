"""The ledger's writing down in general, and what it keeps beside orders.

A change is one transaction with one time stamp that never runs backwards. Here stand the kill
switch, doubts about the ledger itself, fills and notices.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from kiwoomctl.database import Database, to_microseconds
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import Fill, Mode, bare_number
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.ledger import queries, rows, seal
from kiwoomctl.ledger.reading import Readings
from kiwoomctl.ledger.records import DoubtKind
from kiwoomctl.ledger.seal import Seal


def was_there(folder: Path) -> bool:
    """Tell whether a folder had a ledger once, which may be lost; none is made.

    Raises:
        StateError: what remembers it cannot be read.
    """
    return seal.read(folder) is not None


class Notebook(Readings):
    """What may be written without being alone with an account."""

    def __init__(self, folder: Path, database: Database, clock: Clock, host: str) -> None:
        super().__init__(folder, database, clock)
        self.host = host
        self.uid: int | None = os.getuid() if hasattr(os, "getuid") else None
        self._held: set[AccountId] = set()

    def set_mode(self, mode: Mode, account: AccountId | None = None, reason: str = "") -> None:
        """Turn the kill switch of an account, or the one over all accounts.

        The stricter of the two holds: making one active does not touch the other.

        Raises:
            StateError, Busy: It cannot be written; the old mode holds.
        """
        with self._changing(sealed=True) as at:
            values = {
                "account": None if account is None else str(account),
                "mode": mode,
                "at": at,
                "uid": self.uid,
                "host": self.host,
                "reason": reason,
            }
            self._db.change(queries.NEW_HALT, values)

    def raise_doubt(
        self, kind: DoubtKind, account: AccountId | None, detail: Mapping[str, Any]
    ) -> None:
        """Block an account, None for all, until it was compared with the broker.

        Raises:
            StateError, Busy: It cannot be written.
        """
        with self._changing(sealed=True) as at:
            self._doubt(kind, account, detail, at)

    def adopt(self, account: AccountId) -> None:
        """End the account's doubts: ledger and broker were compared.

        Raises:
            StateError, Busy: It cannot be written; the doubts stay.
        """
        with self._changing() as at:
            if doubts := self.doubts(account):
                values = {
                    "account": str(account),
                    "doubt_no": doubts[-1].number,
                    "at": at,
                    "uid": self.uid,
                    "host": self.host,
                }
                self._db.change(queries.NEW_ADOPTION, values)

    def store_fills(self, account: AccountId, day: date, fills: Iterable[Fill]) -> int:
        """Keep fills of a trading day, each once; return how many were news.

        Raises:
            StateError, Busy: They cannot be written.
        """
        with self._changing() as at:
            known = {"account": str(account), "day": day.isoformat(), "at": at}
            return sum(
                self._db.change(queries.NEW_FILL, {**rows.fill_values(fill), **known})
                for fill in fills
            )

    def store_notice(
        self, account: AccountId, day: date, number: str, body: Mapping[str, Any]
    ) -> None:
        """Keep that the broker announced an order; the same again is kept once.

        Raises:
            StateError, Busy: It cannot be written.
        """
        with self._changing() as at:
            values = {
                "account": str(account),
                "day": day.isoformat(),
                "number": bare_number(number) or "",
                "body": rows.to_json(body),
                "at": at,
            }
            self._db.change(queries.NEW_NOTICE, values)

    def news(self) -> tuple[DoubtKind, ...]:
        """Return the doubts that opening this ledger for use would note now; none is noted."""
        known, head = seal.read(self.folder), self._head()
        found: list[DoubtKind] = []
        if known is not None and known.ledger_id != head.ledger_id:
            found.append("lost")
        elif known is not None and known.changes > head.changes:
            found.append("restored")
        if self._host() != self.host:
            found.append("other_host")
        return tuple(found)

    # Parts ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _changing(self, *, sealed: bool = False) -> Iterator[int]:
        """Change the ledger in one transaction; gives its time stamp in microseconds.

        Args:
            sealed: whether a copy of the ledger without this change would be dangerous. Then
                the seal learns of it, and its failure is a failure of the change.
        """
        fresh: Seal | None = None
        with self._db.transaction():
            written = self._db.written
            yield to_microseconds(self.now())
            if self._db.written != written:
                self._db.change(queries.COUNT_CHANGE)
                fresh = self._head() if sealed else None
        if fresh is not None:
            seal.write(self.folder, fresh)

    def _head(self) -> Seal:
        row = self._db.row(queries.HEAD)
        assert row is not None, "migrations write this row"  # noqa: S101 - for the type
        return Seal(row["ledger_id"], row["changes"])

    def _begin(self) -> None:
        """Bring the file up to date, with a first row when it is new."""
        now = self._clock.now()

        def first() -> None:
            import uuid

            values = {
                "ledger_id": uuid.uuid4().hex,
                "host": self.host,
                "at": to_microseconds(now),
            }
            self._db.change(queries.NEW_LEDGER, values)

        self._db.migrate(now, first)

    def _compare(self, known: Seal | None) -> None:
        """Note when this ledger is not the one its seal remembers, or comes from elsewhere."""
        head = self._head()
        behind = known is None or known.ledger_id != head.ledger_id or known.changes > head.changes
        if not behind and self._host() == self.host:
            return
        with self._changing() as at:
            host, head = self._host(), self._head()  # another process may have been faster
            if known and known.ledger_id != head.ledger_id:
                self._doubt_once("lost", {"ledger_id": known.ledger_id}, at)
            elif known and known.changes > head.changes:
                self._doubt("restored", None, {"behind": known.changes - head.changes}, at)
                values = {"changes": known.changes, "host": host}
                self._db.change(queries.CATCH_UP, values)
            if host != self.host:
                self._doubt("other_host", None, {"host": host}, at)
                self._db.change(queries.CATCH_UP, {"changes": 0, "host": self.host})
        with contextlib.suppress(KiwoomctlError):
            seal.write(self.folder, self._head())

    def _host(self) -> str:
        row = self._db.row(queries.HEAD)
        return "" if row is None else str(row["host"])

    def _doubt_once(self, kind: DoubtKind, detail: Mapping[str, Any], at: int) -> None:
        values = {"kind": kind, "detail": rows.to_json(detail)}
        if self._db.row(queries.SAME_DOUBT, values) is None:
            self._doubt(kind, None, detail, at)

    def _doubt(
        self, kind: DoubtKind, account: AccountId | None, detail: Mapping[str, Any], at: int
    ) -> None:
        values = {
            "account": None if account is None else str(account),
            "kind": kind,
            "at": at,
            "detail": rows.to_json(detail),
        }
        self._db.change(queries.NEW_DOUBT, values)
