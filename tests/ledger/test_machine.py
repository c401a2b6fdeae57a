"""Any order of calls, crashes included, against a plain model of the ledger's promises."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from kiwoomctl import database
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import (
    BINDING_STATES,
    OPEN_STATES,
    TRANSITIONS,
    AttemptId,
    State,
)
from kiwoomctl.errors import Refused, UsageError
from kiwoomctl.ledger import Ledger, Outcome, RuleBroken
from tests.ledger.samples import (
    ACCOUNT,
    DAY,
    HYNIX,
    OTHER,
    SAMSUNG,
    SetClock,
    no_checks,
    terms,
    wish,
)

ACCOUNTS = st.sampled_from([ACCOUNT, OTHER])
SYMBOLS = st.sampled_from([SAMSUNG, HYNIX])
NUMBERS = st.sampled_from(["1", "2", "3", "0000004"])
KEYS = st.sampled_from([None, None, "a", "b"])


@dataclass
class Model:
    """What an attempt should be."""

    id: AttemptId
    account: AccountId
    symbol: Symbol
    action: Any
    quantity: int
    key: str | None
    before: frozenset[str]
    state: State = State.PREPARED
    sends: int = 0
    number: str | None = None
    past: list[State] = field(default_factory=lambda: [State.PREPARED])

    def move(self, state: State) -> None:
        assert state in TRANSITIONS[self.state]
        self.state = state
        self.past.append(state)


class LedgerMachine(RuleBasedStateMachine):
    attempts = Bundle("attempts")

    @initialize()
    def begin(self) -> None:
        quick = [p for p in database._PRAGMAS if "synchronous" not in p]  # noqa: SLF001
        self.patches: list[Any] = [
            mock.patch.object(database, "_PRAGMAS", (*quick, "PRAGMA synchronous = OFF")),
            mock.patch("os.fsync"),
        ]
        for patch in self.patches:
            patch.start()
        self.home = tempfile.TemporaryDirectory()
        self.clock = SetClock()
        self.ledger = Ledger.open(Path(self.home.name) / "world", self.clock)
        self.model: dict[AttemptId, Model] = {}
        self.mode = "active"

    def teardown(self) -> None:
        self.ledger.close()
        self.home.cleanup()
        for patch in self.patches:
            patch.stop()

    @contextmanager
    def alone(self, account: AccountId, keep: AttemptId | None = None) -> Iterator[None]:
        """Take the lock; what it finds is recovered unless one attempt is still worked on."""
        if keep is not None:
            self.ledger._held.add(account)  # noqa: SLF001
            yield
            self.ledger._held.discard(account)  # noqa: SLF001
            return
        with self.ledger.account_lock(account):
            for one in self.model.values():
                if one.account == account and one.state is State.SENDING:
                    one.move(State.UNKNOWN)
                elif one.account == account and one.state is State.PREPARED:
                    one.move(State.ABANDONED)
            yield

    def bound(self, account: AccountId, action: str, key: str | None) -> Model | None:
        found = [
            one
            for one in self.model.values()
            if key is not None
            and (one.account, one.action, one.key) == (account, action, key)
            and one.state in BINDING_STATES
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def blocked(self, account: AccountId, symbol: Symbol, action: str) -> bool:
        open_one = any(
            (one.account, one.symbol) == (account, symbol) and one.state in OPEN_STATES
            for one in self.model.values()
        )
        stopped = self.mode == "halted" or (self.mode == "reducing" and action != "sell")
        return action != "cancel" and (open_one or stopped)

    @rule(
        target=attempts,
        account=ACCOUNTS,
        symbol=SYMBOLS,
        action=st.sampled_from(["buy", "sell", "cancel"]),
        quantity=st.sampled_from([1, 2]),
        key=KEYS,
        before=st.sets(NUMBERS, max_size=2),
    )
    def prepare(
        self,
        account: AccountId,
        symbol: Symbol,
        action: Any,
        quantity: int,
        key: str | None,
        before: set[str],
    ) -> AttemptId | None:
        wanted = terms(action, symbol, quantity=quantity)
        new = wish(wanted, account, key)
        with self.alone(account):
            holder = self.bound(account, action, key)
            goes_on = key and self.ledger.continued(account, wanted, key, DAY)
            try:
                made = self.ledger.prepare(new, before, no_checks)
            except UsageError:
                assert holder
                assert self.differs(holder, symbol, action, quantity)
                return None
            except Refused:
                assert not holder
                assert self.blocked(account, symbol, action)
                return None
            except RuleBroken:
                assert goes_on
                return None
        assert not goes_on
        if made.replayed:
            assert holder
            assert holder.id == made.attempt.id
            assert not self.differs(holder, symbol, action, quantity)
            return made.attempt.id
        assert holder is None
        assert not self.blocked(account, symbol, action)
        bare = frozenset(n.lstrip("0") for n in before)
        one = Model(made.attempt.id, account, symbol, action, quantity, key, bare)
        self.model[one.id] = one
        return one.id

    @staticmethod
    def differs(holder: Model, symbol: Symbol, action: str, quantity: int) -> bool:
        # Of a cancel only target and quantity were given.
        return holder.quantity != quantity or (action != "cancel" and holder.symbol != symbol)

    @rule(target=attempts, attempt=attempts)
    def second(self, attempt: AttemptId | None) -> AttemptId | None:
        if attempt is None:
            return None
        first = self.model[attempt]
        order = attempt.order_id
        chain = [one for one in self.model.values() if one.id.order_id == order]
        with self.alone(first.account):
            holder = self.bound(first.account, first.action, first.key)
            possible = all(o.state in {State.NOT_SENT, State.ABANDONED} for o in chain)
            try:
                made = self.ledger.second_attempt(order, no_checks)
            except Refused:
                assert self.blocked(first.account, first.symbol, first.action)
                return None
            except UsageError:
                assert holder
                assert holder.id.order_id != order
                return None
            except RuleBroken:
                assert not possible
                return None
        if made.replayed:
            assert holder
            return holder.id
        assert possible
        one = Model(
            made.attempt.id,
            first.account,
            first.symbol,
            first.action,
            first.quantity,
            first.key,
            chain[0].before,
        )
        self.model[one.id] = one
        return one.id

    @rule(attempt=attempts)
    def start(self, attempt: AttemptId | None) -> None:
        if attempt is None:
            return
        one = self.model[attempt]
        with self.alone(one.account, keep=attempt):
            try:
                self.ledger.start_sending(attempt)
            except Refused:
                assert self.mode in {"halted", "reducing"}
                assert one.action != "cancel"
                return
            except RuleBroken:
                assert one.state is not State.PREPARED
                return
        one.move(State.SENDING)
        one.sends += 1

    @rule(
        attempt=attempts,
        state=st.sampled_from(
            [State.ACCEPTED, State.ACCEPTED, State.REJECTED, State.NOT_SENT, State.UNKNOWN]
        ),
        number=NUMBERS,
    )
    def outcome(self, attempt: AttemptId | None, state: State, number: str) -> None:
        if attempt is None:
            return
        one = self.model[attempt]
        bare = number.lstrip("0")
        if state is State.ACCEPTED and not self.usable(one, bare):
            state = State.UNKNOWN
        allowed = state in TRANSITIONS[one.state] and one.state in {State.PREPARED, State.SENDING}
        if one.state is State.PREPARED and state is State.UNKNOWN and one.id.n == 1:
            allowed = False
        with self.alone(one.account, keep=attempt):
            try:
                self.ledger.record_outcome(attempt, Outcome(state, number=number))
            except RuleBroken:
                assert not allowed or self.crowded(one)
                return
        assert allowed
        one.move(state)
        one.number = bare if state is State.ACCEPTED else None

    def crowded(self, one: Model) -> bool:
        """Whether another open order of the account and symbol forbids one more."""
        return any(
            other is not one
            and (other.account, other.symbol) == (one.account, one.symbol)
            and other.state in OPEN_STATES
            for other in self.model.values()
        )

    def usable(self, one: Model, number: str) -> bool:
        owned = any(
            other.account == one.account and other.number == number for other in self.model.values()
        )
        return number not in one.before and not owned

    @rule(
        attempt=attempts,
        state=st.sampled_from([State.MATCHED, State.AMBIGUOUS, State.ABSENT, State.UNKNOWN]),
        number=NUMBERS,
    )
    def settle(self, attempt: AttemptId | None, state: State, number: str) -> None:
        if attempt is None:
            return
        one = self.model[attempt]
        bare = number.lstrip("0")
        with self.alone(one.account):
            was = one.state
            try:
                done = self.ledger.settle(attempt, state, by="evidence", number=number)
            except UsageError:
                assert state is State.MATCHED
                assert not self.usable(one, bare)
                return
        if was in {State.UNKNOWN, State.AMBIGUOUS} and state not in {was, State.UNKNOWN}:
            one.move(state)
            one.number = bare if state is State.MATCHED else None
        assert done.state is one.state

    @rule(mode=st.sampled_from(["active", "active", "reducing", "halted"]))
    def halt(self, mode: Any) -> None:
        self.ledger.set_mode(mode)
        self.mode = mode

    @rule(seconds=st.integers(-5000, 5000))
    def time(self, seconds: int) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    @rule()
    def crash(self) -> None:
        """End the process between two calls: the next one opens the file again."""
        self.ledger.close()
        self.ledger = Ledger.open(Path(self.home.name) / "world", self.clock)

    @invariant()
    def agrees(self) -> None:
        found = {a.id: a for a in self.ledger.newest(1000)}
        assert set(found) == set(self.model)
        for one in self.model.values():
            real = found[one.id]
            assert (real.state, real.sends, real.number, real.before) == (
                one.state,
                one.sends,
                one.number,
                one.before,
            )
            assert real.sends <= 1
        owned = [(o.account, o.number) for o in self.model.values() if o.number]
        assert len(owned) == len(set(owned))
        for account in (ACCOUNT, OTHER):
            claims = set(self.ledger.claims(account, DAY))
            assert claims == {number for own, number in owned if own == account}
            assert self.ledger.doubts(account) == ()

    @rule()
    def whole(self) -> None:
        assert self.ledger.invariants() == []
        for one in self.model.values():
            events = self.ledger.history(one.id.order_id).events
            path = [e.after for e in events if e.attempt_id == one.id and e.before != e.after]
            assert path == one.past


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
