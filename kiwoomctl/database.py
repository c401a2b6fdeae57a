"""A file of rows that must not be lost: opened safely, changed in whole transactions.

Purpose: the only door to sqlite3 for what writes; the ledger and the history are such files.
Invariants:

- Rollback journal, never WAL; every commit is flushed to the disk, the folder included.
- A change is one BEGIN IMMEDIATE .. COMMIT; whatever goes wrong in it leaves nothing.
- Every sqlite3 error leaves as StateError or Busy naming the file, except that a broken rule
  of the tables leaves as RuleBroken: that is a bug, not a state of the disk.

The file is 0600 and never a symlink. A file that is newer, or another program's, is not touched.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from kiwoomctl import errors
from kiwoomctl.domain.clock import KST

BUSY_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 2.0
OLDER, UNFINISHED = "file_older", "file_unfinished"
"""Codes of what only keeps a file from being looked at: its next use puts it right."""
SQLITE_VERSION: Final = sqlite3.sqlite_version
_OLDEST_SQLITE: Final = (3, 37, 0)
_OTHERS: Final = 0o077
_CREATE_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_PRIMARY: Final = 0xFF
_PRAGMAS: Final = (
    "PRAGMA synchronous = EXTRA",
    "PRAGMA fullfsync = ON",  # means something on macOS only
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE cannot delete behind the triggers
    "PRAGMA trusted_schema = OFF",
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Values = Mapping[str, Any]
_creating = threading.Lock()


def to_microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """Return the time, KST."""
    return (_EPOCH + microseconds * _MICROSECOND).astimezone(KST)


def to_text(amount: Decimal | None) -> str | None:
    """Return one text per value: no exponent, no trailing zeros."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_decimal(text: str | None) -> Decimal | None:
    """Return the amount of a text; None stays None."""
    return None if text is None else Decimal(text)


def fixed(table: str) -> str:
    """Return the trigger that lets no row of a table change."""
    return f"""
    CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} BEGIN
        SELECT RAISE(ABORT, '{table} are never changed');
    END
    """


def kept(table: str) -> str:
    """Return the trigger that lets no row of a table go."""
    return f"""
    CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} BEGIN
        SELECT RAISE(ABORT, '{table} are never deleted');
    END
    """


class RuleBroken(RuntimeError):
    """The tables refused a change: the program asked for what must not be."""


class Form(NamedTuple):
    """What kind of file it is."""

    name: errors.Phrase
    """Such as "the ledger"."""
    kind: errors.Phrase
    """Such as "a ledger of kiwoomctl"."""
    mend: errors.Phrase
    """What to do with a damaged one."""
    application_id: int
    """In the file's header."""
    steps: tuple[tuple[str, ...], ...]
    """``steps[n]`` brings a file from version n to n + 1."""
    use: str
    """A command that opens it for use, and so brings it up to date; it sends nothing."""


class Database:
    """One connection to one such file; for one thread."""

    def __init__(self, path: Path, form: Form, *, only_look: bool = False) -> None:
        """Open the file, which must exist or be creatable in its folder.

        Args:
            path: the file.
            form: what it must be.
            only_look: whether nothing at all may be written, to the file or beside it.

        Raises:
            StateError: It cannot be used as that, or, where it is only looked at, its next use
                has to put it right first (``OLDER``, ``UNFINISHED``).
            Busy: Another program locks it for 30 s (for 2 s where it is only looked at).
        """
        self.path = path
        self.form = form
        self._only_looks = only_look
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise errors.StateError(
                "{file} needs SQLite 3.37 or newer; this Python has {version}",
                hint="install a newer Python",
                file=form.name,
                version=sqlite3.sqlite_version,
            )
        if not only_look:
            _ensure_file(path, form)
        with self._readable():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro" if only_look else path,
                timeout=LOOK_SECONDS if only_look else BUSY_SECONDS,
                isolation_level=None,
                uri=only_look,
            )
        try:
            with self._readable():
                self._set_up()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, sql: str, values: Values | None = None) -> list[sqlite3.Row]:
        """Return all rows of one SELECT."""
        with self._readable():
            return self._connection.execute(sql, values or {}).fetchall()

    def row(self, sql: str, values: Values | None = None) -> sqlite3.Row | None:
        """Return the first row of one SELECT, None without any."""
        with self._readable():
            found: sqlite3.Row | None = self._connection.execute(sql, values or {}).fetchone()
            return found

    def change(self, sql: str, values: Values | None = None) -> int:
        """Run one INSERT or UPDATE inside a transaction; return how many rows it wrote."""
        if not self._connection.in_transaction:
            raise RuleBroken(f"{self.form.name} is changed in transactions only")
        with self._readable():
            return self._connection.execute(sql, values or {}).rowcount

    @property
    def written(self) -> int:
        """How many rows this connection has written so far."""
        return self._connection.total_changes

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything of the with block, or nothing."""
        with self._readable():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._readable():
                self._connection.execute("COMMIT")
        except BaseException:
            # A failed COMMIT may leave the transaction open, others have ended it already.
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def migrate(self, stamp: datetime, first: Callable[[], None]) -> None:
        """Bring the file to the newest version, all steps or none, after a backup.

        Args:
            stamp: for the name of the backup.
            first: writes the first rows of a new file, in the same transaction.
        """
        newest = len(self.form.steps)
        if self._version() == newest:
            return
        with self.transaction():
            old = self._version()  # another process may have been faster
            if old and old < newest:
                self._back_up(old, stamp)
            for number in range(old, newest):
                for statement in self.form.steps[number]:
                    self.change(statement)
            self.change(f"PRAGMA application_id = {self.form.application_id}")
            self.change(f"PRAGMA user_version = {newest}")
            if old == 0:
                first()

    def schema(self) -> dict[str, str]:
        """Return the SQL of every table, index and trigger."""
        return {str(r["name"]): str(r["sql"]) for r in self.rows(_SCHEMA)}

    def changed_rules(self) -> list[str]:
        """Return the names of tables, indexes and triggers that are not as they were made."""
        ours, expected = self.schema(), _expected_schema(self.form)
        return sorted(name for name in {*ours, *expected} if ours.get(name) != expected.get(name))

    def damage(self, most: int) -> list[str]:
        """Return what SQLite finds wrong with the whole file, in its words; empty for nothing."""
        found = [str(row[0]) for row in self.rows(f"PRAGMA integrity_check({most})")]
        return [line for line in found if line != "ok"]

    def _set_up(self) -> None:
        self._connection.row_factory = sqlite3.Row
        # Before anything that could write: whose file is it, and of which version?
        # One look, one transaction (it only reads): another process may be making the file.
        self._connection.execute("BEGIN")
        try:
            version = self._version()
            found = self._connection.execute("PRAGMA application_id").fetchone()[0]
            empty = not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        finally:
            self._connection.execute("ROLLBACK")
        if found != self.form.application_id and not (empty and version == 0):
            raise errors.StateError(
                "{path} is not {kind}",
                hint="move that file away",
                path=self.path,
                kind=self.form.kind,
            )
        if version > len(self.form.steps):
            raise errors.StateError(
                "{file} {path} was written by a newer kiwoomctl",
                hint="install the newest kiwoomctl",
                file=self.form.name,
                path=self.path,
            )
        if self._only_looks and version < len(self.form.steps):
            raise errors.StateError(
                "{file} {path} is as an older kiwoomctl left it; its next use brings it up to date",
                hint=self.form.use,
                code=OLDER,
                file=self.form.name,
                path=self.path,
            )
        for pragma in _PRAGMAS:
            self._connection.execute(pragma)
        wanted = "" if self._only_looks else " = DELETE"
        mode = self._connection.execute(f"PRAGMA journal_mode{wanted}").fetchone()[0]
        if mode != "delete":
            raise errors.StateError(
                "{file} {path} is kept in the journal mode {mode}",
                hint="close the other program that has it open, then try again",
                file=self.form.name,
                path=self.path,
                mode=mode,
            )

    def _version(self) -> int:
        with self._readable():
            version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
            return version

    def _back_up(self, version: int, stamp: datetime) -> None:
        """Copy the file as it was; readers may read while this connection is about to write."""
        name = f"{self.path.name}.v{version}-{stamp:%Y%m%dT%H%M%S}.bak"
        target = self.path.with_name(name)
        _ensure_file(target, self.form)
        with (
            self._readable(),
            contextlib.closing(sqlite3.connect(self.path)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn the errors of sqlite3 into ours."""
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError) as exc:
            raise RuleBroken(str(exc)) from exc
        except sqlite3.Error as exc:
            raise failure(self.path, self.form, exc) from exc


def failure(path: Path, form: Form, exc: sqlite3.Error) -> errors.KiwoomctlError:
    """Return the error a person can act on."""
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & _PRIMARY
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return errors.Busy(
            "{file} {path} is locked by another program",
            hint="close the program that has it open, then try again",
            file=form.name,
            path=path,
        )
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return errors.StateError(
            "a change of {file} {path} was cut off in the middle; its next use takes that back",
            hint=form.use,
            code=UNFINISHED,
            file=form.name,
            path=path,
        )
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return errors.StateError(
            "{file} {path} was moved or replaced while it was in use",
            hint="put it back, or run the command again",
            file=form.name,
            path=path,
        )
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return errors.StateError(
            "{file} {path} cannot be written: the file or its folder is read-only",
            hint="make the folder and its files your own and writable",
            file=form.name,
            path=path,
        )
    if primary in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return errors.StateError(
            "{file} {path} cannot be read or written: {reason}",
            hint="check the free space and the health of the disk",
            file=form.name,
            path=path,
            reason=exc,
        )
    return errors.StateError(
        "{file} {path} is damaged: {reason}",
        hint="{mend}",
        file=form.name,
        mend=form.mend,
        path=path,
        reason=exc,
    )


def _ensure_file(path: Path, form: Form) -> None:
    """Make sure that there is a private file of our own, before SQLite makes a public one.

    An existing file is never opened here: closing it would drop the locks that another
    connection of this process has on it.
    """
    try:
        with _creating:
            try:
                os.close(os.open(path, _CREATE_FLAGS, 0o600))
            except FileExistsError:
                mode = path.lstat().st_mode
                if not stat.S_ISREG(mode):
                    raise _unusable(path, form, errors.Phrase("it is no regular file")) from None
                if os.name == "posix" and stat.S_IMODE(mode) & _OTHERS:
                    path.chmod(0o600)
    except OSError as exc:
        raise _unusable(path, form, exc.strerror or exc) from exc


def _unusable(path: Path, form: Form, reason: object) -> errors.StateError:
    return errors.StateError(
        "{file} {path} cannot be opened: {reason}",
        hint="make the folder and its files your own and writable",
        file=form.name,
        path=path,
        reason=reason,
    )


_SCHEMA: Final = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"


def _expected_schema(form: Form) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        for step in form.steps:
            for statement in step:
                fresh.execute(statement)
        return dict(fresh.execute(_SCHEMA).fetchall())
