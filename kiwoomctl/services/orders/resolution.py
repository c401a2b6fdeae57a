"""What became of an order whose reply was lost: evidence, and a person where it does not tell.

Purpose: settle UNKNOWN and AMBIGUOUS attempts. Nothing in here can send an order.

Invariants:

- Only complete lists are evidence, and orders that were announced while somebody watched: these
  can show that an order exists, never that none does. A read that fails says nothing.
- No lock is held while waiting; each verdict takes the account's lock and looks at the state
  and the claims anew.
- Absence is final late in the evening only, by the broker's own clock, after two complete and
  sound reads a minute apart (see ``domain.evidence``), or by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.domain import evidence
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.orders import BrokerOrder, State
from kiwoomctl.errors import KiwoomctlError, UsageError
from kiwoomctl.ledger import Attempt, Ledger
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import announcements

POLLS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each look, as long as the settle window lasts."""
SECOND_READ: Final = timedelta(seconds=60)
"""How long a settle window must be for the second read of a final absence to be waited for."""
_FINAL_READ: Final = "final_read"
_OPEN: Final = frozenset({State.UNKNOWN, State.AMBIGUOUS})

OnWait = Callable[[Attempt, float], None]
"""Is told which attempt is waited for, and how many seconds more."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known of an attempt now."""

    attempt: Attempt
    candidates: tuple[BrokerOrder, ...] = ()
    """Where several orders could be it: a person names the number."""
    failure: KiwoomctlError | None = None
    """Why the last look told nothing."""


def settle(
    account: TradingAccount,
    attempt: Attempt,
    until: datetime,
    patience: timedelta,
    clock: Clock,
    on_wait: OnWait,
) -> Settled:
    """Gather evidence until then, and write down what it says.

    Looks right now where ``until`` has passed. One candidate counts only when the window is
    over: until then a second one may show up.

    Args:
        account: whose attempt it is.
        attempt: an UNKNOWN or AMBIGUOUS one; any other is returned as it is.
        until: the end of the settle window, by this machine's clock.
        patience: whether a second read that makes absence final is worth its minute.
        clock: time and sleep.
        on_wait: is told of each wait.

    Raises:
        StateError, Busy: the ledger cannot be used.
    """
    if attempt.state not in _OPEN:
        return Settled(attempt)
    looks = _Looks(account, attempt, clock)
    pauses = iter(POLLS)
    while (left := (until - clock.now()).total_seconds()) > 0:
        # The last look is at the end of the window.
        pause = min(next(pauses, left), left)
        on_wait(attempt, left)
        clock.sleep(pause)
        if pause < left:
            looks.look()
    looks.look()
    settled = looks.conclude()
    if looks.first_final_read and patience >= SECOND_READ:
        on_wait(attempt, SECOND_READ.total_seconds())
        clock.sleep(SECOND_READ.total_seconds())
        looks.look()
        settled = looks.conclude()
    return settled


def by_person(account: TradingAccount, attempt: Attempt, number: str | None) -> Attempt:
    """Write down what a person says: the broker's number of the order, or None for absent.

    Raises:
        UsageError: the attempt is settled already, or the number is another order's.
        StateError, Busy: it cannot be written.
    """
    ledger = account.ledger()
    with ledger.account_lock(attempt.intent.account):
        current = ledger.attempt(attempt.id)
        if current.state not in _OPEN:
            raise UsageError(
                "{attempt} is settled already: {state}",
                hint="kiwoomctl ledger show {attempt}",
                code="settled",
                attempt=attempt.id,
                state=current.state.value,
            )
        state = State.ABSENT if number is None else State.MATCHED
        return ledger.settle(attempt.id, state, by="person", number=number)


def sought(ledger: Ledger, attempt: Attempt) -> evidence.Sought:
    """Return what to look for in the lists as this attempt's order."""
    intent = attempt.intent
    claims = ledger.claims(intent.account, intent.trading_day)
    attempts = ledger.history(intent.order_id).attempts
    sent = [a.sent_at_broker for a in attempts if a.sent_at is not None]
    known = [moment for moment in sent if moment is not None]
    return evidence.Sought(
        terms=intent.terms,
        before=attempt.before,
        claimed={number for number, owner in claims.items() if owner != attempt.id},
        sent_at=min(known) if known and len(known) == len(sent) else None,
    )


def is_unproven(attempt: Attempt, lists: DayOrders) -> bool:
    """Tell whether the list of the day is empty where that may be a defect.

    A mock server may serve it so: there it must prove itself.
    """
    may_be = attempt.intent.account.environment == "mock" or not lists.empty_is_proof
    return may_be and not lists.in_day_list


class _Looks:
    """Looks at the broker's lists, what they showed kept together.

    An order may be listed once and be gone at the next look, filled or cancelled meanwhile.
    """

    def __init__(self, account: TradingAccount, attempt: Attempt, clock: Clock) -> None:
        self._account = account
        self._attempt = attempt
        self._clock = clock
        self._seen: dict[str, BrokerOrder] = {}
        self._last: DayOrders | None = None
        self._is_whole = False
        self._failure: KiwoomctlError | None = None
        self.first_final_read = False
        """Whether one more sound read a minute later could make absence final."""

    def look(self) -> None:
        """Read the lists; what cannot be read says nothing."""
        intent = self._attempt.intent
        broker_orders = self._account.broker().day_orders
        self._last, self._is_whole, self._failure = None, False, None
        try:
            lists = broker_orders(intent.trading_day, intent.terms.symbol)
            if self._is_late(lists):
                # Only the list of all codes can be checked for what it must have.
                lists = broker_orders(intent.trading_day, None)
                self._is_whole = True
        except KiwoomctlError as error:
            self._failure = error
            return
        self._last = lists
        self._seen.update((order.number, order) for order in lists.orders)

    def conclude(self) -> Settled:
        """Write down what the looks say, as long as nobody else did."""
        ledger = self._account.ledger()
        self.first_final_read = False
        with ledger.account_lock(self._attempt.intent.account):
            attempt = ledger.attempt(self._attempt.id)
            if attempt.state not in _OPEN or self._last is None:
                return Settled(attempt, failure=self._failure)
            wanted = sought(ledger, attempt)
            intent = attempt.intent
            # What the lists say of an order goes before what a watch heard of it.
            announced = announcements.announced(ledger, intent.account, intent.trading_day)
            known = {**announced, **self._seen}
            found = evidence.find(wanted, known.values())
            numbers = {order.number for order in found.candidates}
            # One that is no longer listed is still one, until another attempt turns out to own it.
            earlier = _seen_before(ledger, attempt, "candidates")
            unlisted = earlier - numbers - set(wanted.claimed)
            detail = {"candidates": sorted(numbers | unlisted)}
            if found.state is State.MATCHED and not unlisted:
                match = found.candidates[0]
                return Settled(
                    ledger.settle(
                        attempt.id,
                        State.MATCHED,
                        by="evidence" if match.number in self._seen else "notice",
                        number=match.number,
                        root=_root(ledger, attempt),
                        detail=detail,
                    )
                )
            if found.candidates:
                settled = ledger.settle(attempt.id, State.AMBIGUOUS, by="evidence", detail=detail)
                return Settled(settled, found.candidates)
            return self._absence(ledger, attempt, found, set(known))

    def _is_late(self, lists: DayOrders) -> bool:
        attempt = self._attempt
        return evidence.may_be_final(
            attempt.intent.trading_day, attempt.sent_at_broker, lists.broker_time
        )

    def _absence(
        self, ledger: Ledger, attempt: Attempt, found: evidence.Found, heard_of: set[str]
    ) -> Settled:
        """Make absence final, where two sound reads late in the evening show nothing."""
        lists = self._last
        if lists is None or lists.broker_time is None or not self._is_whole:
            return Settled(attempt)
        if found.late:
            numbers = [order.number for order in found.late]
            state = ledger.settle(
                attempt.id, State.AMBIGUOUS, by="evidence", detail={"late": numbers}
            )
            return Settled(state, found.late)
        known = {
            *ledger.claims(attempt.intent.account, attempt.intent.trading_day),
            *attempt.before,
            *_seen_before(ledger, attempt, "candidates", "late"),
            *heard_of,
        }
        if is_unproven(attempt, lists) or evidence.is_defective(lists.in_day_list, known):
            return Settled(attempt)
        earlier = _final_reads(ledger, attempt)
        if any(lists.broker_time - read >= evidence.FINAL_APART for read in earlier):
            reads = [read.isoformat() for read in (*earlier, lists.broker_time)]
            return Settled(
                ledger.settle(attempt.id, State.ABSENT, by="evidence", detail={"reads": reads})
            )
        ledger.note(attempt.id, {_FINAL_READ: lists.broker_time.isoformat()})
        self.first_final_read = True
        return Settled(attempt)


def _seen_before(ledger: Ledger, attempt: Attempt, *keys: str) -> set[str]:
    """Return the numbers that earlier looks noted under these words."""
    return {
        str(number)
        for event in ledger.history(attempt.intent.order_id).events
        if event.attempt_id == attempt.id
        for key in keys
        for number in event.detail.get(key, ())
    }


def _root(ledger: Ledger, attempt: Attempt) -> str | None:
    """Return where the chain of a modify began, as far as the ledger knows it."""
    target = attempt.intent.terms.target
    if target is None:
        return None
    parent = ledger.owner(attempt.intent.account, attempt.intent.trading_day, target)
    return target if parent is None else parent.root or parent.number


def _final_reads(ledger: Ledger, attempt: Attempt) -> list[datetime]:
    """Return when earlier sound reads found nothing, by the broker's clock."""
    events = ledger.history(attempt.intent.order_id).events
    return [
        datetime.fromisoformat(event.detail[_FINAL_READ])
        for event in events
        if event.attempt_id == attempt.id and _FINAL_READ in event.detail
    ]
