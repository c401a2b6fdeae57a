"""One order of one account on its way: the lock, the journal, the send, what became of it.

The order of things is the safety: account lock, a living token, the broker's numbers known
before and fresh figures, ONE transaction that judges them and writes PREPARED, the order slot,
the connection, SENDING made durable right before the first byte, the reply, its outcome
written down, and only then the lock is released and anything is said.

A further attempt is only made after the broker's gateway refused the one before, and only
when a complete read shows no order that could be its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from kiwoomctl.brokers.port_orders import OrderDesk, SendClass, SendOutcome
from kiwoomctl.domain import evidence
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, ProfileName
from kiwoomctl.domain.orders import AttemptId, State, Terms, whole_number
from kiwoomctl.errors import (
    Busy,
    KiwoomctlError,
    Phrase,
    Refused,
    StateError,
    UnknownOutcome,
)
from kiwoomctl.interrupts import Interrupts
from kiwoomctl.ledger import (
    Attempt,
    Checks,
    Ledger,
    NewIntent,
    Outcome,
    Prepared,
    Snapshot,
    Verdicts,
)
from kiwoomctl.risk.checks import check
from kiwoomctl.risk.situation import Situation
from kiwoomctl.risk.verdicts import Code, Verdict, uncovered, worse_than_shown
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import figures as fresh
from kiwoomctl.services.orders.figures import Figures
from kiwoomctl.services.orders.resolution import sought

RATE_REPEATS: Final = 2
TOKEN_REPEATS: Final = 1
DOUBT_READS: Final = (1.0, 3.0)
"""Seconds before each of the reads that decide about a refusal with an unlisted code."""
_CERTAIN: Final = {
    "accepted": State.ACCEPTED,
    "rejected": State.REJECTED,
    "not_sent": State.NOT_SENT,
    "unknown": State.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to for an order."""

    shown: tuple[Verdict, ...]
    """The verdicts a person saw and answered, or that options covered."""
    yes: bool
    allowed: frozenset[Code]
    on_tty: bool
    """Whether a person at a terminal confirmed it."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order that may go out, as far as its preview and the answer to it say."""

    account: TradingAccount
    account_id: AccountId
    terms: Terms
    day: date
    """The trading day, as the preview saw it."""
    consent: Consent
    client_id: str | None = None
    preview: Mapping[str, Any] = field(default_factory=dict)
    """What the person was shown, for the journal."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it, as the journal has it now."""

    attempt: Attempt
    kind: SendClass | None
    """How the broker answered this very send; None where nothing was sent now."""
    replayed: bool = False
    """Whether it is what was recorded before under the same --id key."""
    verdicts: tuple[Verdict, ...] = ()
    """What the checks said on the fresh figures."""


class Transmission:
    """Sends orders, one at a time."""

    def __init__(
        self,
        everybody: Sequence[TradingAccount],
        clock: Clock,
        interrupts: Interrupts,
        in_flight: str,
    ) -> None:
        """Prepare.

        Args:
            everybody: every account of this config, for the checks.
            clock: this machine's time.
            interrupts: the signals of this command.
            in_flight: what a person who presses ^C is told; ``{attempt}`` is what is in flight.
        """
        self.everybody = everybody
        self.clock = clock
        self.interrupts = interrupts
        self.in_flight = in_flight
        self.current: AttemptId | None = None
        """The attempt of the order at hand, from its row on: what a signal leaves behind."""

    def send(self, order: Order) -> Sent:
        """Send an order once, or find out that it was sent.

        Raises:
            Refused: a check, the kill switch or an open outcome forbids it; nothing was sent.
            UsageError: the --id key was used for another order.
            Busy: the account, the ledger or the order slot was not free in time.
            UnknownOutcome: it went out, and its outcome could not be written down.
            StateError: the ledger cannot be written; nothing was sent.
            SignInError, Unavailable, BrokerRejected: the reads before failed; nothing was sent.
            Stopped: a signal came before anything was sent.
        """
        self.current = None
        ledger = order.account.ledger()
        with ledger.account_lock(order.account_id):
            desk = order.account.desk()
            desk.make_ready()
            way = _Way(self, order, ledger, desk)
            try:
                return way.go()
            except UnknownOutcome:
                raise
            except BaseException as error:
                way.give_up(getattr(error, "code", "interrupted"))
                raise
            finally:
                self.interrupts.land()

    def read(self, order: Order, ledger: Ledger) -> Figures:
        """Read fresh figures of an order; raises what reads raise."""
        known = ledger.opposite(order.account_id, order.terms, order.day)
        return fresh.read(
            order.account,
            order.terms,
            self.everybody,
            self.clock,
            opposite={attempt.intent.account for attempt in known},
            holdings=False,
            whole_day=True,
        )

    def situation(
        self, order: Order, seen: Figures, snapshot: Snapshot | None, ledger: Ledger
    ) -> Situation:
        """Return all that is known of an order, for the checks."""
        return fresh.situation(
            order.account,
            order.account_id,
            order.terms,
            seen,
            snapshot,
            ledger,
            on_tty=order.consent.on_tty,
            now=self.clock.now(),
            client_id=order.client_id,
        )


class _Way:
    """The way of one order, the account's lock held."""

    def __init__(
        self, transmission: Transmission, order: Order, ledger: Ledger, desk: OrderDesk
    ) -> None:
        self._transmission = transmission
        self._order = order
        self._ledger = ledger
        self._desk = desk
        self._verdicts: tuple[Verdict, ...] = ()

    def go(self) -> Sent:
        """Go it to the end, with the further attempts that are allowed."""
        last = self._earlier()
        if last is None:
            seen = self._transmission.read(self._order, self._ledger)
            sent = self._try(self._prepared(seen))
        else:
            sent = self._try_again(last)
        left = {"rate": RATE_REPEATS, "token": TOKEN_REPEATS}
        interrupts = self._transmission.interrupts
        while sent.attempt.state is State.NOT_SENT and left.get(sent.kind or "", 0):
            if interrupts.asked_to_stop:
                break  # nothing more goes out after ^C
            left[sent.kind or ""] -= 1
            if sent.kind == "rate":
                self._desk.rate_refused(sent.attempt)
            else:
                self._desk.renew_token()
            sent = self._try_again(sent.attempt)
        return sent

    def give_up(self, why: str) -> None:
        """Write down why nothing more is known: not let out, or let out and not concluded.

        Where even that cannot be written the next owner of the account's lock does it.
        """
        current = self._transmission.current
        if current is None:
            return
        with self._transmission.interrupts.shield(), contextlib.suppress(KiwoomctlError):
            state = self._ledger.attempt(current).state
            if state is State.PREPARED:
                self._ledger.abandon(current, why)
            elif state is State.SENDING:
                self._ledger.record_outcome(current, Outcome(State.UNKNOWN, code=why))

    def _earlier(self) -> Attempt | None:
        """Return the unsent attempt that this --id key goes on with."""
        order = self._order
        if order.client_id is None:
            return None
        return self._ledger.continued(order.account_id, order.terms, order.client_id, order.day)

    def _prepared(self, seen: Figures) -> Prepared:
        """Judge the order on these figures and write it down, in one transaction."""
        order = self._order
        seen.refuse_other_day(order.day)
        window = timedelta(seconds=order.account.limits.duplicate)
        situation = self._transmission.situation(order, seen, None, self._ledger)
        intent = NewIntent(
            account=order.account_id,
            terms=order.terms,
            trading_day=seen.day,
            profile=ProfileName(order.account.name),
            value=fresh.whole_value(situation),
            client_id=order.client_id,
            request=self._desk.request(order.terms),
            preview=order.preview,
            broker_ahead=seen.broker_ahead,
        )
        return self._at_hand(
            lambda: self._ledger.prepare(intent, seen.numbers, self._checks(seen), window)
        )

    def _at_hand(self, write: Callable[[], Prepared]) -> Prepared:
        """Write a row down and remember it: a signal right after must find what to give up."""
        with self._transmission.interrupts.shield():
            prepared = write()
            self._transmission.current = prepared.attempt.id
            return prepared

    def _try_again(self, last: Attempt) -> Sent:
        """Make a further attempt, unless an order could be the earlier one's.

        The before-set stays the first attempt's, so whatever appeared since then is a
        candidate. Where the lists cannot be read that is not known: UNKNOWN, nothing sent.
        """
        order = self._order
        seen: Figures | None = None
        unread: KiwoomctlError | None = None
        try:
            seen = self._transmission.read(order, self._ledger)
        except KiwoomctlError as error:
            unread = error
        listed = seen.orders.orders if seen else ()
        found = evidence.find(sought(self._ledger, last), listed)
        clear = seen is not None and not (found.candidates or found.late)
        checks = self._checks(seen) if seen and clear else _nothing_to_check
        prepared = self._at_hand(
            lambda: self._ledger.second_attempt(
                last.intent.order_id,
                checks,
                broker_ahead=seen.broker_ahead if seen else None,
                duplicate_window=timedelta(seconds=order.account.limits.duplicate),
            )
        )
        if prepared.replayed or clear:
            return self._try(prepared)
        return self._not_again(prepared.attempt, found, unread)

    def _not_again(
        self, attempt: Attempt, found: evidence.Found, unread: KiwoomctlError | None
    ) -> Sent:
        """Record that an order may exist, and which one it is where only one can be."""
        code = "candidate" if unread is None else f"unread_{unread.code}"
        numbers = [order.number for order in (*found.candidates, *found.late)]
        with self._transmission.interrupts.shield():
            attempt = self._ledger.record_outcome(
                attempt.id, Outcome(State.UNKNOWN, code=code, detail={"candidates": numbers})
            )
            if found.state is not State.UNKNOWN:
                number = numbers[0] if found.state is State.MATCHED else None
                attempt = self._ledger.settle(attempt.id, found.state, by="evidence", number=number)
        return Sent(attempt, None)

    def _try(self, prepared: Prepared) -> Sent:
        """Let a prepared attempt out, once, and write down what became of it."""
        attempt = prepared.attempt
        if prepared.replayed:
            return Sent(attempt, None, replayed=True)
        self._desk.wait_for_slot(attempt)
        outcome = self._desk.send(attempt, lambda: self._let_out(attempt))
        return self._concluded(attempt, outcome)

    def _let_out(self, attempt: Attempt) -> None:
        """Make SENDING durable; from here on the order is in flight."""
        interrupts = self._transmission.interrupts
        with interrupts.shield():
            self._ledger.start_sending(attempt.id)
            interrupts.fly(self._transmission.in_flight.format(attempt=attempt.id))

    def _concluded(self, attempt: Attempt, outcome: SendOutcome) -> Sent:
        """Write down what a reply means, having read the lists where it alone is not enough."""
        state = _CERTAIN.get(outcome.kind)
        code = outcome.code
        if state is None:
            absent = self._is_absent(attempt, outcome)
            refused = State.REJECTED if outcome.kind == "doubtful" else State.NOT_SENT
            state = refused if absent else State.UNKNOWN
            code = f"unlisted:{code}" if outcome.kind == "doubtful" and absent else code
        try:
            with self._transmission.interrupts.shield():
                recorded = self._ledger.record_outcome(
                    attempt.id,
                    Outcome(
                        state,
                        code=code,
                        text=outcome.text,
                        number=outcome.number,
                        root=outcome.root,
                        broker_at=outcome.broker_time,
                    ),
                )
                self._transmission.interrupts.land()
        except (StateError, Busy) as error:
            if outcome.kind == "not_sent":
                raise  # nothing is in doubt: the next owner of the lock gives the row up
            raise UnknownOutcome(
                "the outcome of {attempt} could not be written down ({reason}): "
                "the broker answered {kind}, order number {number}",
                hint="mend the ledger's disk, then: kiwoomctl resolve {attempt}",
                code="not_recorded",
                attempt=attempt.id,
                reason=error.code,
                kind=Phrase(outcome.kind),
                number=whole_number(outcome.number) if outcome.number else "-",
            ) from error
        return Sent(recorded, outcome.kind, verdicts=self._verdicts)

    def _is_absent(self, attempt: Attempt, outcome: SendOutcome) -> bool:
        """Tell whether complete reads show no order that could be the one refused."""
        pauses = DOUBT_READS if outcome.kind == "doubtful" else (0.0,)
        day = attempt.intent.trading_day
        try:
            for pause in pauses:
                self._transmission.clock.sleep(pause)
                lists = self._order.account.broker().day_orders(day, self._order.terms.symbol)
                wanted = sought(self._ledger, self._ledger.attempt(attempt.id))
                found = evidence.find(wanted, lists.orders)
                if found.candidates or found.late:
                    return False
        except KiwoomctlError:
            return False
        return True

    def _checks(self, seen: Figures) -> Checks:
        def judged(snapshot: Snapshot) -> Verdicts:
            order = self._order
            verdicts = check(self._transmission.situation(order, seen, snapshot, self._ledger))
            worse = uncovered(
                worse_than_shown(order.consent.shown, verdicts),
                yes=order.consent.yes,
                allowed=order.consent.allowed,
            )
            if worse:
                raise Refused(
                    "the figures became worse since the preview: {verdict}",
                    hint="look at it again; nothing was sent",
                    code=worse[0].code.value,
                    verdict=worse[0].message,
                )
            self._verdicts = verdicts
            return [told(verdict) for verdict in verdicts]

        return judged


def _nothing_to_check(_snapshot: Snapshot) -> Verdicts:
    # The attempt is not sent, so nothing can speak against it.
    return []


def told(verdict: Verdict) -> dict[str, str]:
    """Return a verdict for the journal."""
    return {
        "code": verdict.code.value,
        "tier": verdict.tier.word,
        "message": str(verdict.message),
    }
