"""Signals in each state of an order, and a lock holder that stands still.

A signal comes at a named point, sent by the process to itself, or while it waits for a reply.
Exit code, state of the attempt and the broker's record must be what is specified.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from tests.campaign import children, deeds, judge, victim, world
from tests.campaign.children import Ended
from tests.campaign.deeds import Deed, Series
from tests.campaign.report import Run
from tests.campaign.victim import Points
from tests.campaign.world import Home

TITLE = "SIGSTOP of the lock holder; INT once and twice, TERM, HUP in each state"
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
SLOW: Final = 2.0
SHORT: Final = 0.15
MORE: Final = 40
"""Shares by which a second order of an account is told from all others."""
NO_ROW: Final = "no row"
UNSENT: Final = frozenset({NO_ROW, "ABANDONED"})
BEFORE: Final = (
    "lists.before", "lock.asked", "lock.taken", "token.before", "token.after",
    "fresh_figures.before", "lists.before#2", "fresh_figures.after", "prepare.before",
    "prepare.uncommitted", "prepare.committed", "prepare.after", "slot.before", "slot.after",
    "wire.connect_tcp.started.before", "wire.connect_tcp.complete.after",
    "wire.send_request_headers.started.before",
)  # fmt: skip
LETTING_OUT: Final = (
    "start_sending.before", "start_sending.uncommitted", "start_sending.committed",
    "start_sending.after", "wire.send_request_headers.started.after",
)  # fmt: skip
IN_FLIGHT: Final = (
    "wire.send_request_headers.complete.after", "wire.send_request_body.complete.after",
    "wire.receive_response_headers.started.before", "wire.receive_response_headers.complete.after",
    "wire.receive_response_body.complete.after", "classify.before", "classify.after",
)  # fmt: skip
RECORDING: Final = (
    "record_outcome.before", "record_outcome.uncommitted", "record_outcome.committed",
    "record_outcome.after",
)  # fmt: skip
TELLING: Final = ("lock.released", "report.before", "report.after", "open_outcomes.before")
STOPPED_AT: Final = (
    "lock.taken", "fresh_figures.after", "prepare.after", "start_sending.committed",
    "wire.send_request_headers.started.after", "classify.before", "record_outcome.committed",
)  # fmt: skip
CASES: Final = 168
SETTLING: Final = ("lists.before#3", "lists.after#3", "settle.before", "settle.uncommitted")


@dataclass(frozen=True)
class Expected:
    """What must come of it."""

    code: int
    states: frozenset[str]
    orders: int
    found: str = ""
    """The state after ``resolve``, where it is not the same."""


SENT: Final = Expected(0, frozenset({"ACCEPTED"}), 1)
NOTHING: Final = Expected(130, UNSENT, 0)
OPEN_UNSENT: Final = Expected(5, frozenset({"UNKNOWN"}), 0, "UNKNOWN")
OPEN: Final = Expected(5, frozenset({"UNKNOWN"}), 1, "MATCHED")


def run(row: Run) -> None:
    """Try every signal in every state."""
    row.watch("as specified", "wrong", "lost", "doubled", "violated")
    row.total = row.of(quick=CASES, full=CASES)
    children.side_by_side(row, row.scale.lanes, _lane)


def _lane(row: Run, number: int) -> Iterator[None]:
    with world.served(row.house, accounts=60) as home:
        lane = _Lane(row, home, Series(home.broker))
        for case in row.some(lane.cases())[number :: row.scale.lanes]:
            case()
            row.case()
            yield
        placed = judge.recorded(home.broker.state())
        found = judge.compare(placed, judge.attempts_of(home.world))
        found.unfound.clear()
        found.tell(row)
        judge.check_ledger(row, home.world)
        yield


@dataclass
class _Lane:
    row: Run
    home: Home
    series: Series

    def cases(self) -> list[Callable[[], None]]:
        """Return what is to be tried."""
        at = self.at
        found: list[Callable[[], None]] = []
        for number in (INT, TERM, HUP):
            found += [partial(at, point, (number,), NOTHING) for point in BEFORE]
            found += [partial(at, point, (number,), SENT) for point in (*RECORDING, *TELLING)]
            found += [partial(self.settling, point, number) for point in SETTLING]
            found += [partial(self.waiting, number), partial(self.resolving, number)]
            found += [partial(self.ignored, number), partial(self.second_profile, number)]
        for point in (*LETTING_OUT, *IN_FLIGHT):
            given_up = OPEN_UNSENT if point in LETTING_OUT else OPEN
            if point == "wire.send_request_headers.complete.after":
                # The body is still here: the order may be there or not.
                given_up = OPEN_UNSENT
            found.append(partial(at, point, (INT,), SENT))
            found += [
                partial(at, point, twice, given_up) for twice in ((INT, INT), (TERM,), (HUP,))
            ]
        for many in ((INT,), (INT, INT), (TERM,), (HUP,), (INT, TERM)):
            expected = SENT if many == (INT,) else OPEN
            found += [partial(self.in_flight, "slow", many, expected)]
            found += [partial(self.in_flight, "hang", many, OPEN)]
        found += [partial(self.stopped, point) for point in STOPPED_AT]
        found += [self.stopped_inside, self.closed_stdout, self.two_profiles, self.real_process]
        return found

    def at(self, point: str, numbers: tuple[int, ...], expected: Expected) -> None:
        """Let a command send itself signals at a point."""
        made, label = self._next(f"{point} {_names(numbers)}")
        points = Points().at(point, victim.strike(*numbers))
        ended = self._run(made, points=points)
        self._compare(label, made, ended, expected)

    def in_flight(self, mode: str, numbers: tuple[int, ...], expected: Expected) -> None:
        """Send signals from outside while the reply is waited for."""
        made, label = self._next(f"in flight, {mode} {_names(numbers)}")
        self._fault(made, mode, "after", seconds=SLOW if mode == "slow" else 5)
        pipe = children.Pipe()
        points = Points().at("wire.send_request_body.complete.after", pipe.say)
        child = self._start(made, points=points, reply_seconds=3 * SLOW if mode == "slow" else 1.5)
        assert pipe.hear(children.PATIENCE)
        pipe.close()
        for number in numbers:
            time.sleep(SHORT)
            child.send(number)
        ended = child.wait()
        if INT in numbers:
            told = "in flight" in ended.err
            self.row.check(told, "wrong", f"{label} was not told of: {ended}")
        self._compare(label, made, ended, expected)

    def settling(self, point: str, number: int) -> None:
        """Send a signal while evidence is gathered."""
        made, label = self._next(f"settling, {point} {_names((number,))}")
        self._fault(made, "drop", "after")
        points = Points().at(point, victim.strike(number))
        ended = self._run(made, points=points, settle="0.05")
        self._compare(label, made, ended, OPEN)

    def waiting(self, number: int) -> None:
        """Send a signal between two looks."""
        made, label = self._next(f"waiting for evidence {_names((number,))}")
        self._fault(made, "drop", "after")
        pipe = children.Pipe()
        points = Points().at("lock.released", pipe.say)
        child = self._start(made, points=points, settle="20")
        assert pipe.hear(children.PATIENCE)
        pipe.close()
        time.sleep(SHORT)
        child.send(number)
        self._compare(label, made, child.wait(), OPEN)

    def resolving(self, number: int) -> None:
        """Send ``resolve`` a signal: everything stays as it was."""
        for point in ("lists.before", "settle.before", "settle.uncommitted"):
            made, label = self._next(f"resolve, {point} {_names((number,))}")
            self._fault(made, "drop", "after")
            self._run(made)
            points = Points().at(point, victim.strike(number))
            ended = self._run(made, words=["resolve", "--settle", "0"], points=points)
            self._compare(label, made, ended, OPEN)

    def ignored(self, number: int) -> None:
        """A signal that was ignored before stays ignored, as nohup wants it."""
        made, label = self._next(f"ignored {_names((number,))}")
        points = Points().at("prepare.after", victim.strike(number))

        def prepare() -> None:
            signal.signal(number, signal.SIG_IGN)
            victim.watch(points)

        ended = children.complete(self._words(made), self._environ(made), self._output, prepare)
        self._compare(label, made, ended, SENT)

    def second_profile(self, number: int) -> None:
        """Stop when the first account's order is sent and the second one's is not."""
        made, label = self._next(f"second profile {_names((number,))}")
        other = self.series.another
        environ = self.home.environ([made.holder, other])
        chosen = f"{made.holder.profile},{other.profile}"
        points = Points().at("lock.taken#2", victim.strike(number))
        words = [*self._words(made), "-p", chosen, "-o", "json"]
        ended = children.complete(words, environ, self._output, lambda: victim.watch(points))
        states = [row["state"] for row in ended.document.get("data", ())]
        good = ended.code == 6 and states == ["accepted", "not_sent"]
        self.row.check(good, "wrong", f"{label} {ended}")
        self._compare(label, made, None, SENT)

    def two_profiles(self) -> None:
        """An unknown outcome of the first account keeps the second one's order back."""
        made, label = self._next("two profiles, the first one's reply is lost")
        other = self.series.another
        self._fault(made, "drop", "after")
        words = [*self._words(made), "-p", f"{made.holder.profile},{other.profile}", "-o", "json"]
        environ = self.home.environ([made.holder, other])
        ended = children.complete(words, environ, self._output)
        states = [row["state"] for row in ended.document.get("data", ())]
        good = ended.code == 5 and states == ["unknown", "not_sent"]
        self.row.check(good, "wrong", f"{label} {ended}")
        self._compare(label, made, None, OPEN)

    def stopped(self, point: str) -> None:
        """Stop the holder of the lock; others wait their time and send nothing."""
        made, label = self._next(f"SIGSTOP {point}")
        points = Points().at(point, victim.strike(signal.SIGSTOP))
        child = self._start(made, points=points, reply_seconds=30.0)
        self.row.check(child.wait_until_stopped(), "wrong", f"{label} did not stop")
        other = deeds.buy([made.holder], self.series.tried, MORE)
        other = replace(other, client_id=f"{made.client_id}-other")
        ended = self._run(other, lock_seconds=0.3)
        self.row.check(ended.code == 9, "wrong", f"{label} another order: {ended}")
        self.row.check(not self._placed(other), "doubled", f"{label} another order was sent")
        child.send(signal.SIGCONT)
        self._compare(label, made, child.wait(), SENT)
        ended = self._run(other)
        self.row.check(ended.code == 0, "wrong", f"{label} another order later: {ended}")

    def stopped_inside(self) -> None:
        """Stop a process inside its transaction: the ledger is busy for all accounts."""
        made, label = self._next("SIGSTOP in a transaction")
        points = Points().at("start_sending.uncommitted", victim.strike(signal.SIGSTOP))
        child = self._start(made, points=points, reply_seconds=30.0)
        self.row.check(child.wait_until_stopped(), "wrong", f"{label} did not stop")
        other = self.series.next()
        ended = self._run(other, ledger_seconds=0.3)
        self.row.check(ended.code == 9, "wrong", f"{label} another account: {ended}")
        self.row.check(not self._placed(other), "doubled", f"{label} another account: sent")
        child.send(signal.SIGCONT)
        self._compare(label, made, child.wait(), SENT)

    def closed_stdout(self) -> None:
        """Nobody reads what is said: that changes no exit code."""
        for mode, expected in (("", SENT), ("drop", OPEN)):
            made, label = self._next(f"closed stdout {mode}")
            if mode:
                self._fault(made, mode, "after")
            near, far = os.pipe()
            os.close(near)
            closed = partial(os.dup2, far, 1)
            words, environ = self._words(made), self._environ(made)
            ended = children.complete(words, environ, self._output, closed)
            os.close(far)
            self._compare(label, made, ended, expected)

    def real_process(self) -> None:
        """The victim's own entry: a whole process that is killed, and one that is interrupted."""
        for do, code, states in (("kill", -9, {"ABANDONED"}), ("int", 130, {"ABANDONED"})):
            made, label = self._next(f"a real process, {do}")
            head = [sys.executable, "-m", "tests.campaign.victim", "--at", "slot.after", "--do", do]
            done = subprocess.run(
                [*head, "--", *self._words(made)], capture_output=True, text=True, check=False,
                cwd=world.ROOT, env=self._environ(made), timeout=60,
            )  # fmt: skip
            self.row.check(done.returncode == code, "wrong", f"{label} {done}")
            self._run(made, words=["resolve", "--settle", "0"])
            with judge.open_ledger(self.home.world) as ledger:
                account = judge.attempts_in(ledger)[-1].intent.account
                with ledger.account_lock(account):
                    pass
            self._compare(label, made, None, Expected(0, frozenset(states), 0))

    # Parts ------------------------------------------------------------------------------------

    def _compare(self, label: str, made: Deed, ended: Ended | None, expected: Expected) -> None:
        """Compare; then the same again must do what the state of the first one lets it."""
        state = self._state(made)
        orders = len(self._placed(made))
        if state == "PREPARED":
            # The next owner of the lock gives it up.
            self.row.check(expected is NOTHING, "wrong", f"{label} left PREPARED")
            state = "ABANDONED"
        good = state in expected.states and orders == expected.orders
        code = expected.code if ended is None else ended.code
        told = f"{label} {state}, {orders} orders: {ended}"
        if self.row.check(good and code == expected.code, "wrong", told):
            self.row.count("as specified")
        again = self._run(made)
        free = state in UNSENT
        wanted = 0 if free else expected.code
        self.row.check(again.code == wanted, "wrong", f"{label} again: {again}")
        if expected.found:
            self._run(made, words=["resolve", "--settle", "0"])
            state = self._state(made)
            self.row.check(state == expected.found, "wrong", f"{label} resolve: {state}")
        orders = len(self._placed(made))
        wanted = 1 if free else expected.orders
        self.row.check(orders == wanted, "doubled", f"{label} again: {orders} orders")

    def _next(self, what: str) -> tuple[Deed, str]:
        made = self.series.next()
        return made, f"[{what} | {made.client_id} {made.holder.profile}]"

    def _words(self, made: Deed, settle: str = "0") -> list[str]:
        return [*made.words, *world.manner("buy"), "--id", made.client_id, "--settle", settle]

    def _environ(self, made: Deed) -> dict[str, str]:
        return self.home.environ([made.holder])

    def _run(self, made: Deed, *, words: Sequence[str] | None = None, **how: object) -> Ended:
        return self._start(made, words=words, **how).wait()  # type: ignore[arg-type]  # handed on

    def _start(
        self,
        made: Deed,
        *,
        words: Sequence[str] | None = None,
        points: Points | None = None,
        settle: str = "0",
        reply_seconds: float = 1.5,
        lock_seconds: float | None = None,
        ledger_seconds: float = 30.0,
    ) -> children.Child:
        def prepare() -> None:
            victim.hurry(
                reply_seconds=reply_seconds,
                lock_seconds=lock_seconds,
                ledger_seconds=ledger_seconds,
            )
            if points is not None:
                victim.watch(points)

        given = list(words or self._words(made, settle))
        return children.start(given, self._environ(made), self._output, prepare)

    def _fault(self, made: Deed, mode: str, when: str, **more: object) -> None:
        self.home.broker.control(
            "faults", api_id=made.api_id, appkey=made.holder.appkey, mode=mode, when=when, count=1,
            **more,
        )  # fmt: skip

    def _state(self, made: Deed) -> str:
        own = [
            attempt
            for attempt in judge.attempts_of(self.home.world)
            if (attempt.intent.client_id, attempt.intent.account.number)
            == (made.client_id, made.holder.account)
        ]
        return own[-1].state.value if own else NO_ROW

    def _placed(self, made: Deed) -> list[judge.Placed]:
        placed = judge.recorded(self.home.broker.state())
        return [order for order in placed if order.key == made.key]

    @property
    def _output(self) -> Path:
        self._outputs = getattr(self, "_outputs", 0) + 1
        return self.home.folder / f"output{self._outputs % 4}"


def _names(numbers: Sequence[int]) -> str:
    return "+".join(signal.Signals(number).name for number in numbers)
