"""The durable order journal: what was asked, what was tried, what became of it.

Purpose: at most one send per attempt, provable after any crash, and an honest UNKNOWN that
blocks until evidence settles it. Nothing may be sent that is not on the disk first.

Invariants (the tables keep them too, see migrations):

1. sends <= 1 per attempt.  2. A number belongs to one attempt per account and day.
3. No way out of a terminal state.  4. Every transition is an event; nothing is deleted.
5. No new order for an account and symbol with an open outcome; cancels pass.

Entry points: ``Ledger.open``, ``account_lock``, then under the lock ``prepare`` ->
``start_sending`` -> ``record_outcome``, later ``settle``. A Ledger belongs to one thread; any
number of them, in any processes, may use one folder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from kiwoomctl import files
from kiwoomctl.database import Database, RuleBroken, to_microseconds, to_moment
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, mask_account
from kiwoomctl.domain.orders import AttemptId, OrderId, State, Terms, bare_number
from kiwoomctl.errors import Phrase, UsageError
from kiwoomctl.ledger import migrations, place, queries, rows, rules, seal
from kiwoomctl.ledger.ids import new_order_id
from kiwoomctl.ledger.notebook import Notebook
from kiwoomctl.ledger.reading import DUPLICATE_WINDOW, bare_target
from kiwoomctl.ledger.records import (
    Attempt,
    NewIntent,
    Outcome,
    Prepared,
    Settler,
    Snapshot,
    Verdicts,
)
from kiwoomctl.locks import FileLock

FILE_NAME: Final = "ledger.sqlite3"
ACCOUNT_LOCK_SECONDS: Final = 60.0
_NUMBERED: Final = frozenset({State.ACCEPTED, State.MATCHED})

Checks = Callable[[Snapshot], Verdicts]
"""Judges the figures inside the transaction: it must only compute. What it returns goes into
the journal; what it raises refuses, and leaves no row."""


class Ledger(Notebook):
    """One world's journal of orders: see the module."""

    @classmethod
    def open(cls, folder: Path, clock: Clock, *, host: str | None = None) -> Self:
        """Open the ledger of a folder, or begin one.

        Args:
            folder: private to this user, on a local disk; made when missing.
            clock: this machine's time.
            host: which machine this is; None asks it.

        Raises:
            StateError: The ledger cannot be used; the message names the file and the fix.
            Busy: Another program locks it.
        """
        files.ensure_folder(folder)
        form = migrations.form()
        place.refuse_network(folder, form.name)
        known = seal.read(folder)  # before the ledger, see seal
        database = Database(folder / FILE_NAME, form)
        try:
            ledger = cls(folder, database, clock, host or place.host_id())
            ledger._begin()
            ledger._compare(known)
        except BaseException:
            database.close()
            raise
        return ledger

    @classmethod
    def look(cls, folder: Path, clock: Clock, *, host: str | None = None) -> Self:
        """Open the ledger of a folder only to read it: nothing is written, not even noted.

        Args:
            folder: where it is.
            clock: this machine's time.
            host: which machine this is; None asks it.

        Raises:
            StateError: It cannot be used, or its next use has to put it right first.
            Busy: Another program locks it.
        """
        database = Database(folder / FILE_NAME, migrations.form(), only_look=True)
        return cls(folder, database, clock, host or place.host_id())

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether the folder has a ledger, without making one."""
        return (folder / FILE_NAME).exists()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def account_lock(
        self, account: AccountId, timeout: float = ACCOUNT_LOCK_SECONDS
    ) -> Iterator[tuple[Attempt, ...]]:
        """Be alone with an account; gives what a crashed predecessor left, as it now stands.

        Raises:
            Busy: Another process had it for all of ``timeout`` seconds.
            StateError: The lock or the ledger cannot be used.
        """
        if account in self._held:
            raise RuleBroken("the account's lock is held already")
        import hashlib

        name = hashlib.sha256(str(account).encode()).hexdigest()[:16]
        lock = FileLock(self.folder / f"account-{name}.lock")
        what = Phrase("the account {account}", account=mask_account(account.number))
        with lock.hold(timeout, what):
            self._held.add(account)
            try:
                yield self.recover(account)
            finally:
                self._held.discard(account)

    def recover(self, account: AccountId) -> tuple[Attempt, ...]:
        """Move what nobody works on any more: SENDING to UNKNOWN, PREPARED to ABANDONED.

        Whoever holds the account's lock may conclude that; taking the lock does it already.
        """
        self._need_lock(account)
        values = {"account": str(account)}
        if self._db.row(queries.IN_HAND, values) is None:
            return ()
        with self._changing() as at:
            return self._recover(account, at)

    def refuse_blocked(self, account: AccountId, terms: Terms) -> None:
        """Raise Refused where the account may have no such order, as far as is settled.

        What is in flight does not count: ``prepare``, alone with the account, asks again.
        """
        rules.refuse_blocked(self, account, bare_target(terms), in_flight=False)

    # The way of one order ---------------------------------------------------------------------

    def prepare(
        self,
        intent: NewIntent,
        before: Collection[str],
        checks: Checks,
        duplicate_window: timedelta = DUPLICATE_WINDOW,
    ) -> Prepared:
        """Write an attempt down, all its checks passed, in one transaction.

        Args:
            intent: what is wanted; ``continued`` must have said that it is new.
            before: the broker's order numbers known now.
            checks: the risk rules.
            duplicate_window: how far back equal orders are looked for.

        Returns:
            The PREPARED attempt, or the one recorded under the same --id key.

        Raises:
            UsageError: The --id key was used for something else.
            Refused: Kill switch, doubt about the ledger, or an open outcome.
            StateError: It cannot be written.
            Busy: The ledger is locked.
        """
        self._need_lock(intent.account)
        intent = intent._replace(terms=bare_target(intent.terms))
        account, terms, client_id = intent.account, intent.terms, intent.client_id
        with self._changing() as at:
            self._recover(account, at)
            if client_id is not None:
                if found := self.recorded(account, terms.action, client_id):
                    return _replayed(found, terms)
                if self.continued(account, terms, client_id, intent.trading_day):
                    raise RuleBroken("this --id key goes on with an earlier attempt")
            rules.refuse_blocked(self, account, terms)
            values: dict[str, Any] = {
                "order_id": "",
                "account": str(account),
                "day": intent.trading_day.isoformat(),
                **rows.terms_values(terms),
            }
            verdicts = checks(self.snapshot(account, values, at, duplicate_window))
            order_id = self._new_order_id(intent, at)
            values |= {
                "order_id": order_id,
                "client_id": client_id,
                "profile": intent.profile,
                "value": intent.value,
                "preview": rows.to_json(intent.preview),
                "verdicts": rows.to_json(verdicts),
                "host": self.host,
                "uid": self.uid,
                "at": at,
                "n": 1,
                "before": rows.to_json(sorted({bare_number(n) for n in before} - {None})),
                "request": None if intent.request is None else rows.to_json(intent.request),
                "note": "{}",
                "broker_ahead": rows.to_span(intent.broker_ahead),
            }
            self._db.change(queries.NEW_INTENT, values)
            self._db.change(queries.NEW_ATTEMPT, values)
        return Prepared(self.attempt(order_id.attempt(1)), replayed=False)

    def second_attempt(
        self,
        order_id: OrderId,
        checks: Checks,
        request: Mapping[str, Any] | None = None,
        broker_ahead: timedelta | None = None,
        duplicate_window: timedelta = DUPLICATE_WINDOW,
    ) -> Prepared:
        """Write a further attempt of an intent down, with the FIRST attempt's before-set.

        The caller has read the broker's lists: if they hold a candidate, or are incomplete, it
        records UNKNOWN for the new attempt instead of sending it.

        Args:
            order_id: an intent all of whose attempts were not sent.
            checks: the risk rules, on fresh figures.
            request: the body; None repeats the last one.
            broker_ahead: the broker's clock less ours; None where it does not say.
            duplicate_window: how far back equal orders are looked for.

        Raises:
            As ``prepare``.
        """
        history = self.history(order_id)
        intent, last = history.intent, history.attempts[-1]
        self._need_lock(intent.account)
        with self._changing() as at:
            if intent.client_id is not None:
                key = (intent.account, intent.terms.action, intent.client_id)
                if found := self.recorded(*key):
                    return _replayed(found, intent.terms)
            rules.refuse_blocked(self, intent.account, intent.terms)
            values: dict[str, Any] = {
                "order_id": order_id,
                "account": str(intent.account),
                "day": intent.trading_day.isoformat(),
                **rows.terms_values(intent.terms),
            }
            verdicts = checks(self.snapshot(intent.account, values, at, duplicate_window))
            body = last.request if request is None else request
            values |= {
                "client_id": intent.client_id,
                "n": last.n + 1,
                "before": rows.to_json(sorted(history.attempts[0].before)),
                "request": None if body is None else rows.to_json(body),
                "at": at,
                "note": rows.to_json({"verdicts": verdicts}),
                "broker_ahead": rows.to_span(broker_ahead),
            }
            self._db.change(queries.NEW_ATTEMPT, values)
        return Prepared(self.attempt(order_id.attempt(last.n + 1)), replayed=False)

    def start_sending(self, attempt_id: AttemptId) -> Attempt:
        """Make PREPARED -> SENDING durable; only when this returns may a byte leave.

        Raises:
            Refused: The kill switch was turned meanwhile, or the order's day is over.
            StateError, Busy: It cannot be written; nothing may be sent.
            RuleBroken: The attempt is not PREPARED: it was let out before.
        """
        attempt = self.attempt(attempt_id)
        self._need_lock(attempt.intent.account)
        rules.refuse_other_day(attempt, self._clock.now())
        with self._changing(sealed=True) as at:
            rules.refuse_halted(self, attempt.intent.account, attempt.intent.terms)
            values = {
                "attempt_id": attempt_id,
                "sent_at": to_microseconds(self._clock.now()),
                "at": at,
            }
            if self._db.change(queries.START_SENDING, values) != 1:
                raise RuleBroken(f"{attempt_id} was let out before")
        return self.attempt(attempt_id)

    def record_outcome(self, attempt_id: AttemptId, outcome: Outcome) -> Attempt:
        """Write down what became of a send; the returned state is what holds.

        From PREPARED only NOT_SENT is possible (and UNKNOWN for a later attempt that is not
        sent because an order may exist). ACCEPTED without a number, or with one that was known
        before or is owned by another attempt, is recorded as UNKNOWN.

        Raises:
            StateError, Busy: It cannot be written; the row stays as it was.
            RuleBroken: The attempt has an outcome already.
        """
        with self._changing() as at:
            attempt = self.attempt(attempt_id)
            self._need_lock(attempt.intent.account)
            outcome = self._usable(attempt, outcome)
            values = {
                "attempt_id": attempt_id,
                "state": outcome.state.value,
                "code": outcome.code or None,
                "text": outcome.text or None,
                "number": outcome.number,
                "root": bare_number(outcome.root or ""),
                "broker_at": None
                if outcome.broker_at is None
                else to_microseconds(outcome.broker_at),
                "at": at,
                "note": rows.to_json(outcome.detail),
            }
            if self._db.change(queries.OUTCOME, values) != 1:
                raise RuleBroken(f"{attempt_id} has an outcome already")
        return self.attempt(attempt_id)

    def abandon(self, attempt_id: AttemptId, why: str) -> Attempt:
        """Give a PREPARED attempt up; nothing was sent.

        Raises:
            StateError, Busy: It cannot be written; a later owner of the lock does it.
            RuleBroken: It was let out already.
        """
        return self.record_outcome(attempt_id, Outcome(State.ABANDONED, code=why))

    def settle(
        self,
        attempt_id: AttemptId,
        state: State,
        *,
        by: Settler,
        number: str | None = None,
        root: str | None = None,
        also: Collection[str] = (),
        detail: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """Write a verdict on an open outcome down; the returned state is what holds.

        An attempt that somebody else settled meanwhile is returned as it is. UNKNOWN keeps the
        state and notes the detail.

        Args:
            attempt_id: an UNKNOWN or AMBIGUOUS attempt.
            state: MATCHED, AMBIGUOUS, ABSENT or UNKNOWN.
            by: what the verdict rests on.
            number: the broker's number, for MATCHED.
            root: where a chain of modifications began, for a modify.
            also: further numbers of the same order: the legs of a SOR order.
            detail: the evidence, for the history.

        Raises:
            UsageError: The number was known before the attempt, or is another attempt's.
            StateError, Busy: It cannot be written; the attempt stays open.
        """
        with self._changing() as at:
            attempt = self.attempt(attempt_id)
            self._need_lock(attempt.intent.account)
            if attempt.state not in {State.UNKNOWN, State.AMBIGUOUS}:
                return attempt
            who = f"person {self.uid}@{self.host}" if by == "person" else by
            values = {
                "attempt_id": attempt_id,
                "state": state.value,
                "number": bare_number(number or "") if state is State.MATCHED else None,
                "root": bare_number(root or ""),
                "by": who,
                "at": at,
                "note": rows.to_json({**(detail or {}), "by": who}),
            }
            if state in {State.UNKNOWN, attempt.state}:
                self._db.change(queries.NEW_EVENT, values)
            else:
                if state is State.MATCHED:
                    rules.refuse_number(self, attempt, number)
                self._db.change(queries.SETTLE, values)
                self._claim(attempt, also if state is State.MATCHED else ())
        return self.attempt(attempt_id)

    def note(self, attempt_id: AttemptId, detail: Mapping[str, Any]) -> None:
        """Add something to an attempt's history, e.g. that an audit confirmed it."""
        with self._changing() as at:
            values = {"attempt_id": attempt_id, "at": at, "note": rows.to_json(detail)}
            self._db.change(queries.NEW_EVENT, values)

    def claim(self, attempt_id: AttemptId, numbers: Collection[str]) -> None:
        """Let an attempt own further numbers of its order: legs that showed up later.

        Raises:
            UsageError: One is another attempt's.
        """
        with self._changing():
            attempt = self.attempt(attempt_id)
            self._need_lock(attempt.intent.account)
            if attempt.state not in _NUMBERED:
                raise RuleBroken(f"{attempt_id} has no order")
            self._claim(attempt, numbers)

    # Parts ------------------------------------------------------------------------------------

    def _recover(self, account: AccountId, at: int) -> tuple[Attempt, ...]:
        left = rows.attempts(self._db.rows(queries.IN_HAND, {"account": str(account)}))
        for attempt in left:
            sent = attempt.state is State.SENDING
            values = {
                "attempt_id": attempt.id,
                "state": (State.UNKNOWN if sent else State.ABANDONED).value,
                "code": "interrupted",
                "text": None,
                "number": None,
                "root": None,
                "broker_at": None,
                "at": at,
                "note": rows.to_json({"found": attempt.state.value}),
            }
            self._db.change(queries.OUTCOME, values)
        return tuple(self.attempt(attempt.id) for attempt in left)

    def _claim(self, attempt: Attempt, numbers: Collection[str]) -> None:
        intent = attempt.intent
        for number in sorted({bare for n in numbers if (bare := bare_number(n))}):
            if self.owner(intent.account, intent.trading_day, number) is None:
                values = {
                    "account": str(intent.account),
                    "day": intent.trading_day.isoformat(),
                    "number": number,
                    "attempt_id": attempt.id,
                }
                self._db.change(queries.NEW_CLAIM, values)
            else:
                rules.refuse_number(self, attempt, number)

    def _usable(self, attempt: Attempt, outcome: Outcome) -> Outcome:
        """Return the outcome as it may be recorded: a number must be new and free."""
        number = bare_number(outcome.number or "")
        if outcome.state is not State.ACCEPTED:
            return outcome._replace(number=None)
        with contextlib.suppress(UsageError, RuleBroken):
            rules.refuse_number(self, attempt, number)
            return outcome._replace(number=number)
        detail = {**outcome.detail, "number": outcome.number}
        return outcome._replace(
            state=State.UNKNOWN, code="number_not_new", number=None, detail=detail
        )

    def _new_order_id(self, intent: NewIntent, at: int) -> OrderId:
        while True:
            order_id = new_order_id(intent.trading_day, to_moment(at))
            if self._db.row(queries.INTENT, {"order_id": order_id}) is None:
                return order_id

    def _need_lock(self, account: AccountId) -> None:
        if account not in self._held:
            raise RuleBroken("this needs the account's lock")


def _replayed(found: Attempt, terms: Terms) -> Prepared:
    if not found.intent.terms.same_wish(terms):
        raise UsageError(
            "--id {key} was used for another order ({order_id})",
            hint="choose another key; a key belongs to one order for ever",
            code="id_reused",
            key=found.intent.client_id,
            order_id=found.intent.order_id,
        )
    return Prepared(found, replayed=True)
