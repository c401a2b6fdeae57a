"""What can be asked of the ledger; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kiwoomctl.database import Database, to_microseconds, to_moment
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import (
    Action,
    AttemptId,
    Fill,
    Mode,
    OrderId,
    State,
    Terms,
    bare_number,
)
from kiwoomctl.errors import UsageError
from kiwoomctl.ledger import integrity, queries, rows
from kiwoomctl.ledger.records import Attempt, Doubt, Halt, History, Notice, Snapshot

_STRICTNESS: Final[dict[Mode, int]] = {"active": 0, "reducing": 1, "halted": 2}
_MINUTE: Final = 60_000_000
DUPLICATE_WINDOW: Final = timedelta(seconds=120)


class Readings:
    """The questions; each is one SELECT that sees a whole transaction or nothing of it."""

    def __init__(self, folder: Path, database: Database, clock: Clock) -> None:
        self.folder = folder
        self._db = database
        self._clock = clock

    def now(self) -> datetime:
        """Return the later of the local clock and the newest row: time for all windows."""
        row = self._db.row(queries.NEWEST_TIME)
        local = self._clock.now()
        return local if row is None else max(local, to_moment(row["at"]))

    # Attempts ---------------------------------------------------------------------------------

    def attempt(self, attempt_id: AttemptId) -> Attempt:
        """Return one attempt.

        Raises:
            UsageError: There is none of that id.
        """
        row = self._db.row(queries.ATTEMPT, {"attempt_id": attempt_id})
        if row is None:
            raise _unknown_id(attempt_id)
        return rows.attempt(row)

    def history(self, order_id: OrderId) -> History:
        """Return an intent with its attempts and events.

        Raises:
            UsageError: There is none of that id.
        """
        values = {"order_id": order_id}
        found = self._db.row(queries.INTENT, values)
        if found is None:
            raise _unknown_id(order_id)
        return History(
            intent=rows.intent(found),
            attempts=rows.attempts(self._db.rows(queries.OF_ORDER, values)),
            events=tuple(rows.event(row) for row in self._db.rows(queries.EVENTS, values)),
        )

    def newest(
        self, limit: int = 50, accounts: Iterable[AccountId] | None = None
    ) -> tuple[Attempt, ...]:
        """Return the newest attempts, newest first.

        Args:
            limit: how many at most.
            accounts: only theirs; None for all.
        """
        if accounts is None:
            return rows.attempts(self._db.rows(queries.NEWEST, {"limit": limit}))
        found: list[Attempt] = []
        for account in accounts:
            values = {"account": str(account), "limit": limit}
            found += rows.attempts(self._db.rows(queries.NEWEST_OF_ACCOUNT, values))
        found.sort(key=lambda attempt: (attempt.created_at, attempt.id), reverse=True)
        return tuple(found[:limit])

    def of_day(self, day: date) -> tuple[Attempt, ...]:
        """Return all attempts of a trading day, oldest first."""
        return rows.attempts(self._db.rows(queries.OF_DAY, {"day": day.isoformat()}))

    def open_attempts(self, account: AccountId | None = None) -> tuple[Attempt, ...]:
        """Return what is SENDING, UNKNOWN or AMBIGUOUS, oldest first; None for all accounts."""
        if account is None:
            return rows.attempts(self._db.rows(queries.ALL_OPEN))
        return rows.attempts(self._db.rows(queries.OPEN, {"account": str(account)}))

    def blocking(self, account: AccountId, symbol: Symbol) -> tuple[Attempt, ...]:
        """Return the open attempts that keep the account from a new order of the symbol."""
        values = {"account": str(account), "symbol": symbol}
        return rows.attempts(self._db.rows(queries.BLOCKING, values))

    def unaudited(self, account: AccountId, since: date) -> tuple[Attempt, ...]:
        """Return what was concluded and not confirmed by an audit, from a trading day on.

        That is what is MATCHED or ABSENT, and refusals with a code that is not known. A note
        ``{"audit": "confirmed"}`` confirms an attempt.
        """
        values = {"account": str(account), "since": since.isoformat()}
        return rows.attempts(self._db.rows(queries.UNAUDITED, values))

    def recorded(self, account: AccountId, action: Action, client_id: str) -> Attempt | None:
        """Return the attempt that binds this --id key, None while the key is free."""
        row = self._db.row(queries.BOUND, _key(account, action, client_id))
        return None if row is None else rows.attempt(row)

    def continued(
        self, account: AccountId, terms: Terms, client_id: str, day: date
    ) -> Attempt | None:
        """Return the last attempt of the intent that this key goes on with, None for a new one.

        That is an intent of the same day and terms, of which one attempt was NOT_SENT: its next
        attempt keeps the first before-set.
        """
        key = _key(account, terms.action, client_id)
        row = self._db.row(queries.LAST_OF_KEY, key)
        if row is None:
            return None
        last = rows.attempt(row)
        if last.intent.trading_day != day or not last.intent.terms.same_wish(bare_target(terms)):
            return None
        of_order = self._db.rows(queries.OF_ORDER, {"order_id": last.intent.order_id})
        states = {attempt.state for attempt in rows.attempts(of_order)}
        goes_on = State.NOT_SENT in states and states <= {State.NOT_SENT, State.ABANDONED}
        return last if goes_on else None

    # Numbers ----------------------------------------------------------------------------------

    def claims(self, account: AccountId, day: date) -> Mapping[str, AttemptId]:
        """Return the broker's numbers of a trading day that are ours, and whose they are."""
        values = {"account": str(account), "day": day.isoformat()}
        found = self._db.rows(queries.CLAIMS, values)
        return {row["number"]: AttemptId(row["attempt_id"]) for row in found}

    def owner(self, account: AccountId, day: date, number: str) -> Attempt | None:
        """Return the attempt that owns a broker's number, None when it is not ours."""
        values = {"account": str(account), "day": day.isoformat(), "number": bare_number(number)}
        row = self._db.row(queries.CLAIM, values)
        return None if row is None else rows.attempt(row)

    def numbered(self, number: str) -> tuple[Attempt, ...]:
        """Return whose a broker's number is or was, of any account and day, newest first."""
        return rows.attempts(self._db.rows(queries.NUMBERED, {"number": bare_number(number)}))

    # What else is kept ------------------------------------------------------------------------

    def mode(self, account: AccountId) -> Mode:
        """Return the stricter of the account's own kill switch and that of all accounts."""
        turns = (
            self._db.row(queries.HALT_OF_ALL),
            self._db.row(queries.HALT_OF_ACCOUNT, {"account": str(account)}),
        )
        modes: list[Mode] = [row["mode"] for row in turns if row is not None]
        return max(modes, key=_STRICTNESS.__getitem__, default="active")

    def halts(self) -> tuple[Halt, ...]:
        """Return every turn of the kill switch, oldest first."""
        return tuple(rows.halt(row) for row in self._db.rows(queries.HALTS))

    def doubts(self, account: AccountId) -> tuple[Doubt, ...]:
        """Return why the account is blocked until it was compared with the broker."""
        found = self._db.rows(queries.DOUBTS, {"account": str(account)})
        return tuple(rows.doubt(row) for row in found)

    def adopted(self, account: AccountId) -> tuple[Doubt, ...]:
        """Return the account's former doubts, which a person ended."""
        found = self._db.rows(queries.ADOPTED, {"account": str(account)})
        return tuple(rows.doubt(row) for row in found)

    def fills(
        self, day: date, account: AccountId | None = None
    ) -> tuple[tuple[AccountId, Fill], ...]:
        """Return the fills of a trading day, of each the row that knows most; None for all."""
        values = {"day": day.isoformat(), "account": str(account)}
        sql = queries.FILLS if account is None else queries.FILLS_OF_ACCOUNT
        best: dict[tuple[str, str, str | None], tuple[AccountId, Fill]] = {}
        for row in self._db.rows(sql, values):
            key = (row["account"], row["number"], row["fill_id"])
            if key not in best or row["quantity"] >= best[key][1].quantity:
                best[key] = (AccountId.parse(row["account"]), rows.fill(row))
        return tuple(best.values())

    def notices(self, account: AccountId, day: date) -> tuple[Notice, ...]:
        """Return the orders that a watch saw announced on a trading day."""
        values = {"account": str(account), "day": day.isoformat()}
        return tuple(rows.notice(row) for row in self._db.rows(queries.NOTICES, values))

    def opposite(self, account: AccountId, terms: Terms, day: date) -> tuple[Attempt, ...]:
        """Return the orders of a day on the other side that may be open, in any account."""
        return rows.attempts(self._db.rows(queries.OPPOSITE, _wanted(account, terms, day)))

    def outlook(self, account: AccountId, terms: Terms, day: date, window: timedelta) -> Snapshot:
        """Return the figures for the checks of an order that is only looked at.

        Args:
            account: whose order it would be.
            terms: what it would be.
            day: its trading day.
            window: how far back equal orders are looked for.
        """
        values = _wanted(account, terms, day)
        return self.snapshot(account, values, to_microseconds(self.now()), window)

    def snapshot(
        self, account: AccountId, values: Mapping[str, Any], at: int, window: timedelta
    ) -> Snapshot:
        """Return the figures for the checks of an order.

        Args:
            account: whose order it is.
            values: its columns; ``order_id`` is "" for an intent without a row.
            at: the time of the transaction, in microseconds.
            window: how far back equal orders are looked for.
        """
        minute = {**values, "since": at - _MINUTE}
        lately = {**values, "since": at - (rows.to_span(window) or 0)}
        daily = {
            row["account"]: row["value"]
            for row in self._db.rows(queries.DAILY, values)
            if AccountId.parse(row["account"]).environment == account.environment
        }
        return Snapshot(
            now=to_moment(at),
            mode=self.mode(account),
            daily_account=daily.get(str(account), 0),
            daily_all=sum(daily.values()),
            bought_lately=self._figure(queries.BOUGHT_SINCE, minute),
            orders_last_minute=self._figure(queries.COUNT_SINCE, minute),
            orders_today=self._figure(queries.COUNT_OF_DAY, values),
            duplicates=rows.attempts(self._db.rows(queries.DUPLICATES, lately)),
            opposite=rows.attempts(self._db.rows(queries.OPPOSITE, values)),
        )

    def _figure(self, sql: str, values: Mapping[str, Any]) -> int:
        row = self._db.row(sql, values)
        return 0 if row is None else int(row[0])

    def size(self) -> int:
        """Return how many attempts there are."""
        return self._figure(queries.SIZE, {})

    def examine(self) -> integrity.Examination:
        """Return how the file, its rules and each invariant stand. Reads all of it."""
        return integrity.examine(self._db)

    def invariants(self) -> list[str]:
        """Return what is wrong with the ledger; empty for a sound one. Reads all of it."""
        return integrity.violations(self._db)


def bare_target(terms: Terms) -> Terms:
    """Return the terms with the number of their target as the ledger keeps it."""
    return terms._replace(target=bare_number(terms.target)) if terms.target else terms


def _wanted(account: AccountId, terms: Terms, day: date) -> dict[str, Any]:
    """Return the columns of an order that has no row."""
    return {
        "order_id": "",
        "account": str(account),
        "day": day.isoformat(),
        **rows.terms_values(bare_target(terms)),
    }


def _key(account: AccountId, action: Action, client_id: str) -> dict[str, str]:
    return {"account": str(account), "action": action, "client_id": client_id}


def _unknown_id(wanted: str) -> UsageError:
    return UsageError(
        "the ledger has no order {id}",
        hint="kiwoomctl ledger list shows the orders it has",
        code="order_id",
        id=wanted,
    )
