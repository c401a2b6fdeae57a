"""``audit``: ledger and broker compared, account by account; nothing in here can send an order.

Purpose: find what an honest ledger cannot know by itself: orders that another program or
machine placed with the same key, and conclusions drawn from likeness that turn out wrong.

Invariants:

- The lists are read before the ledger, so an order whose reply is being written down is no
  stranger; and an order accepted since the reading began is not missing.
- Only an order that the broker says came over the REST API is foreign; what could be the order
  of an attempt with an open outcome is not.
- No lock is held while the broker is asked; what is written is judged anew under the lock.
- A number means nothing without its day: numbers begin anew every day.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, Protocol

from kiwoomctl.domain import evidence
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.orders import AttemptId, BrokerOrder, State
from kiwoomctl.errors import Busy, KiwoomctlError
from kiwoomctl.ledger.notebook import was_there
from kiwoomctl.services.accounts import OnAnswer, TradingAccount, ask
from kiwoomctl.services.orders import hindsight
from kiwoomctl.services.orders.resolution import is_unproven, sought

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.brokers.port_orders import DayOrders
    from kiwoomctl.ledger import Attempt, Doubt, Ledger

DIFFERENCES: Final = 11
"""The exit code when ledger and broker differ."""
FARTHEST: Final = timedelta(days=60)
"""How far back days are looked at: the broker shows about two months."""
LAG: Final = timedelta(minutes=10)
"""How long a new order may be missing from the lists of a slow broker."""
_NUMBERED: Final = frozenset({State.ACCEPTED, State.MATCHED})

Kind = Literal[
    "ledger_doubt",
    "invariant",
    "not_comparable",
    "foreign_order",
    "missing",
    "differs",
    "doubtful_match",
    "unlisted_rejection",
    "absent_but_found",
    "open_outcome",
]
"""Stable words. not_comparable is no difference: the broker's list said nothing."""


class AuditedAccount(TradingAccount, Protocol):
    """An account whose ledger can be compared with its broker."""

    def has_ledger(self) -> bool:
        """Tell whether its world has a ledger, without making one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in which ledger and broker differ."""

    account: AuditedAccount
    kind: Kind
    day: date | None = None
    """The trading day, KST; None where it is of no day."""
    attempt: Attempt | None = None
    """Ours; None for a foreign order, and for what is wrong with the ledger itself."""
    order: BrokerOrder | None = None
    """As the broker has it; None where it has none, or several could be meant."""
    candidates: tuple[str, ...] = ()
    """The broker's numbers that could be the attempt's order."""
    doubt: Doubt | None = None
    broken: str = ""
    """Which promise of the ledger does not hold."""
    may_lag: bool = False
    """Whether what is missing is so new that the lists may not have it yet."""


@dataclass(slots=True)
class Audited:
    """What the audit of one account came to."""

    account: AuditedAccount
    rows: list[Row] = field(default_factory=list)
    adopted: tuple[Doubt, ...] = ()
    """The doubts that ended now."""
    in_flight: tuple[AttemptId, ...] = ()
    """What another process is sending right now: it is not compared."""
    error: KiwoomctlError | None = None
    """Why not all could be compared, or written down."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit of all chosen accounts came to, in their order."""

    accounts: tuple[Audited, ...]

    @property
    def differs(self) -> bool:
        """Whether a difference was found anywhere."""
        return any(row.kind != "not_comparable" for one in self.accounts for row in one.rows)


def audit(accounts: Sequence[AuditedAccount], on_answer: OnAnswer, *, adopt: bool) -> Audit:
    """Compare the ledgers with the brokers.

    A foreign order that is seen for the first time blocks new orders of its account until an
    adoption. A conclusion that still holds when its day is over is noted as confirmed.

    Args:
        accounts: those to look at.
        on_answer: is told how many of how many have answered.
        adopt: whether a person has looked: the doubts of each account that could be compared
            end, and its foreign orders seen now are known from now on.
    """
    audited = {account.name: Audited(account) for account in accounts}
    cases: list[_Case] = []
    for result in audited.values():
        try:
            cases.append(_Case(result))
        except KiwoomctlError as error:
            result.error = error
    answers = ask([c.account for c in cases], lambda broker: broker.day_orders(None), on_answer)
    checked: set[Path] = set()
    for case, answer in zip(cases, answers.all, strict=True):
        try:
            if answer.value is not None:
                case.conclude(answer.value, checked, adopt=adopt)
            case.result.error = case.result.error or answer.error
        except KiwoomctlError as error:
            case.result.error = error
    return Audit(tuple(audited.values()))


class _Case:
    """One account, its number proven."""

    def __init__(self, result: Audited) -> None:
        """Begin before anything is read; raises what proving the number or the ledger raises."""
        self.result = result
        self.account = result.account
        self.owner = self.account.account_id()
        # Opening the ledger in place of one that was lost notes the loss.
        self.has_books = self.account.has_ledger() or was_there(self.account.world)
        self.begun: datetime | None = self.account.ledger().now() if self.has_books else None
        """Time of the ledger before the lists were read; None without a ledger."""
        self.adopted: set[tuple[date, str]] = set()
        """Foreign orders that a person has looked at, by day and number."""
        self.adopted_before: set[tuple[date, str]] = set()
        """Those of earlier audits: what this one adopts, it shows for once."""
        self.raised: set[tuple[date, str]] = set()
        """Foreign orders that block the account."""
        self.unaudited: set[AttemptId] = set()
        """Conclusions that no audit has confirmed."""

    def conclude(self, today: DayOrders, checked: set[Path], *, adopt: bool) -> None:
        """Compare every day that needs it, and write down what has to be.

        Args:
            today: the broker's lists of today.
            checked: the worlds whose ledger was looked through; this one is added.
            adopt: whether the doubts end.

        Raises:
            StateError, Busy: the ledger cannot be used.
        """
        if not self.has_books and not any(_is_rest(order) for order in today.orders):
            return
        ledger, rows = self.account.ledger(), self.result.rows
        if self.account.world not in checked:
            checked.add(self.account.world)
            rows += [Row(self.account, "invariant", broken=b) for b in ledger.invariants()]
        self._end_crashed(ledger)
        self.adopted_before = _foreign_of(ledger.adopted(self.owner))
        lists = [*self._earlier(ledger, today.day), today]
        days = self._compared(ledger, lists)
        try:
            ends = adopt and ledger.doubts(self.owner)
            if ends or any(day.news or day.confirmable for day in days):
                with ledger.account_lock(self.owner):
                    days = self._written(ledger, lists, adopt=adopt)
        except KiwoomctlError as error:
            # What was found is told all the same.
            self.result.error = self.result.error or error
        rows += [Row(self.account, "ledger_doubt", doubt=d) for d in ledger.doubts(self.owner)]
        rows += [row for day in days for row in day.rows()]
        rows += self._open(ledger, days)

    def _end_crashed(self, ledger: Ledger) -> None:
        """Let what a dead process left in flight be UNKNOWN; a living one is not waited for."""
        if any(a.state is State.SENDING for a in ledger.open_attempts(self.owner)):
            with contextlib.suppress(Busy), ledger.account_lock(self.owner, timeout=0):
                pass

    def _earlier(self, ledger: Ledger, today: date) -> Iterator[DayOrders]:
        """Yield the lists of the earlier days that nobody could conclude on yet."""
        since = today - FARTHEST
        left = (*ledger.open_attempts(self.owner), *ledger.unaudited(self.owner, since))
        days = {attempt.intent.trading_day for attempt in left}
        try:
            for day in sorted(day for day in days if since <= day < today):
                yield self.account.broker().day_orders(day)
        except KiwoomctlError as error:
            self.result.error = error

    def _compared(self, ledger: Ledger, lists: Sequence[DayOrders]) -> list[_Day]:
        self.adopted = _foreign_of(ledger.adopted(self.owner))
        self.raised = _foreign_of(ledger.doubts(self.owner))
        self.unaudited = {a.id for a in ledger.unaudited(self.owner, lists[0].day)}
        return [_Day(self, ledger, one) for one in lists]

    def _written(self, ledger: Ledger, lists: Sequence[DayOrders], *, adopt: bool) -> list[_Day]:
        """Write down what stands, the lock held; return the days as they are then."""
        for day in self._compared(ledger, lists):
            if day.news:
                told = {"day": day.lists.day.isoformat(), "numbers": day.news}
                ledger.raise_doubt("foreign_orders", self.owner, told)
        # Who could not compare everything has not looked.
        if adopt and self.result.error is None:
            doubts = ledger.doubts(self.owner)
            ledger.adopt(self.owner)
            self.result.adopted = doubts
        days = self._compared(ledger, lists)
        for day in days:
            for attempt in day.confirmable:
                ledger.note(attempt.id, {"audit": "confirmed", "read": day.lists.broker_time})
        return days

    def _open(self, ledger: Ledger, days: Iterable[_Day]) -> list[Row]:
        possible = {one: numbers for day in days for one, numbers in day.possible.items()}
        attempts = ledger.open_attempts(self.owner)
        self.result.in_flight = tuple(a.id for a in attempts if a.state is State.SENDING)
        return [
            Row(self.account, "open_outcome", a.intent.trading_day, a, None, possible.get(a.id, ()))
            for a in attempts
            if a.state is not State.SENDING
        ]


class _Day:
    """One day of one account: the broker's lists beside what the ledger has."""

    def __init__(self, case: _Case, ledger: Ledger, lists: DayOrders) -> None:
        self.lists = lists
        self._case = case
        self._attempts = [a for a in ledger.of_day(lists.day) if a.intent.account == case.owner]
        self._claims = set(ledger.claims(case.owner, lists.day))
        self._orders = {order.number: order for order in lists.orders}
        self._found = {
            attempt.id: self._find(ledger, attempt)
            for attempt in self._attempts
            if attempt.is_open or hindsight.is_concluded(attempt)
        }
        self.possible = {
            attempt_id: tuple(order.number for order in found.candidates)
            for attempt_id, found in self._found.items()
        }
        """Which numbers could be the order of which attempt."""
        self._foreign = self._strangers()

    @property
    def news(self) -> list[str]:
        """Foreign orders that do not block the account yet."""
        raised = self._of_day(self._case.raised)
        return [order.number for order in self._foreign if order.number not in raised]

    @property
    def confirmable(self) -> list[Attempt]:
        """Conclusions that hold now that the day is over, and that no audit noted yet."""
        closing = datetime.combine(self.lists.day, evidence.FINAL_TIME, KST)
        if self.lists.broker_time is None or self.lists.broker_time < closing:
            return []
        return [a for a in self._attempts if a.id in self._case.unaudited and self._holds(a)]

    def rows(self) -> Iterator[Row]:
        """Yield the differences of this day; open outcomes are not of a day."""
        for order in self._foreign:
            yield self._row("foreign_order", None, order)
        if self._is_blank():
            yield self._row("not_comparable")
        for attempt in self._attempts:
            if attempt.state in _NUMBERED:
                yield from self._numbered(attempt)
            possible = self.possible.get(attempt.id, ())
            kind = hindsight.doubted_as(attempt)
            if possible and kind is not None:
                yield self._row(kind, attempt, self._orders.get(attempt.number or ""), possible)

    def _numbered(self, attempt: Attempt) -> Iterator[Row]:
        order = self._orders.get(attempt.number or "")
        if order is not None:
            if hindsight.differs(attempt, order):
                yield self._row("differs", attempt, order)
            elif self._is_a_strangers(attempt, order):
                yield self._row("doubtful_match", attempt, order)
        elif self._is_settled(attempt) and not self._is_blank():
            sent, now = attempt.sent_at_broker, self.lists.broker_time
            may_lag = sent is not None and now is not None and now - sent < LAG
            yield replace(self._row("missing", attempt), may_lag=may_lag)

    def _is_a_strangers(self, attempt: Attempt, order: BrokerOrder) -> bool:
        # Other lists need not name the channel.
        told = order.number in self.lists.in_day_list
        return told and hindsight.is_a_strangers(attempt, order)

    def _find(self, ledger: Ledger, attempt: Attempt) -> evidence.Found:
        # An adopted order was looked at by a person: it does not speak against a conclusion any
        # more. An open outcome is left to resolve, which looks at everything.
        adopted = set() if attempt.is_open else self._of_day(self._case.adopted_before)
        wanted = replace(sought(ledger, attempt), claimed=self._claims | adopted)
        return evidence.find(wanted, self.lists.orders)

    def _strangers(self) -> list[BrokerOrder]:
        """Return the orders over the REST API that nobody here can have placed."""
        maybe_ours = {
            order.number
            for attempt in self._attempts
            if attempt.is_open
            for found in (self._found[attempt.id],)
            for order in (*found.candidates, *found.late)
        }
        known = self._claims | self._of_day(self._case.adopted) | maybe_ours
        strangers = (o for o in self.lists.orders if _is_rest(o) and o.number not in known)
        return sorted(strangers, key=lambda order: int(order.number))

    def _of_day(self, orders: set[tuple[date, str]]) -> set[str]:
        return {number for day, number in orders if day == self.lists.day}

    def _is_blank(self) -> bool:
        """Tell whether the day's own list is empty although it must not be: it says nothing."""
        ours = (a for a in self._attempts if a.state in _NUMBERED and self._is_settled(a))
        return not self.lists.in_day_list and any(ours)

    def _is_settled(self, attempt: Attempt) -> bool:
        """Tell whether it had its state before the lists were read."""
        return self._case.begun is not None and attempt.changed_at <= self._case.begun

    def _holds(self, attempt: Attempt) -> bool:
        """Tell whether a sound list of the day leaves no doubt about what was concluded."""
        day_list, found = self.lists.in_day_list, self._found[attempt.id]
        unproven = is_unproven(attempt, self.lists)
        if unproven or evidence.is_defective(day_list, self._claims | attempt.before):
            return False
        if attempt.state is not State.MATCHED:
            return not found.candidates and not found.late
        order = self._orders.get(attempt.number or "")
        if (
            order is None
            or hindsight.differs(attempt, order)
            or self._is_a_strangers(attempt, order)
        ):
            return False
        return not found.candidates

    def _row(
        self,
        kind: Kind,
        attempt: Attempt | None = None,
        order: BrokerOrder | None = None,
        candidates: tuple[str, ...] = (),
    ) -> Row:
        return Row(self._case.account, kind, self.lists.day, attempt, order, candidates)


def _foreign_of(doubts: Iterable[Doubt]) -> set[tuple[date, str]]:
    """Return the foreign orders these doubts are about, by day and number."""
    found = [d.detail for d in doubts if d.kind == "foreign_orders" and "day" in d.detail]
    return {(date.fromisoformat(d["day"]), number) for d in found for number in d["numbers"]}


def _is_rest(order: BrokerOrder) -> bool:
    return "".join((order.channel or "").split()).upper() == evidence.OUR_CHANNEL
