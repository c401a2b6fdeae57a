"""Any order of commands, faults, foreign orders, hours and crashes, made up by Hypothesis.

The services of the commands run against the embedded simulator; after each step the ledger's
invariants must hold and its word must agree with the simulator's record.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OPEN_STATES, OrderType, State
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.ledger import Attempt
from kiwoomctl.services.orders import settling
from kiwoomctl.services.orders.order_terms import Wish
from tests.campaign import children, embedded, judge, victim, world
from tests.campaign.report import Run
from tests.campaign.troubles import ACCOUNTS, CODES, KEYS, ORDERS, PRICES, trouble_of
from tests.campaign.victim import Points

TITLE = "Hypothesis state machine against the simulator, invariants 1-5"
QUICK: Final = (20, 30)
FULL: Final = (2_000, 60)
CHUNK: Final = 50
POINTS: Final = (
    "prepare.uncommitted", "prepare.committed", "start_sending.uncommitted",
    "start_sending.committed", "wire.send_request_headers.started.after", "classify.before",
    "record_outcome.uncommitted", "record_outcome.committed", "settle.uncommitted",
)  # fmt: skip


WORDS: Final = ("accepted", "rejected", "not_sent", "unknown")


class OrderMachine(RuleBasedStateMachine):
    """Two accounts, one machine that trades for them, and others who trade there too."""

    row: ClassVar[Run]

    @initialize(ahead=st.sampled_from([0.0, 0.0, 30.0, -3600.0]))
    def begin(self, ahead: float) -> None:
        where = world.MEMORY if world.MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="kiwoomctl-machine-", dir=where))
        self.world = embedded.make(self.folder, self.row.house, accounts=ACCOUNTS, ahead=ahead)
        self.wished = Counter[tuple[str, judge.Body]]()
        self.steps = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.row.case()
            self.row.count("steps", self.steps)

    # What the machine does --------------------------------------------------------------------

    @rule(order=ORDERS)
    def place(self, order: dict[str, Any]) -> None:
        self._place(**order)

    @rule(order=ORDERS, data=st.data())
    def place_in_trouble(self, order: dict[str, Any], data: st.DataObject) -> None:
        """Order right into a fault: alone they seldom meet."""
        self.trouble(data)
        self._place(**order)

    @rule(
        who=st.integers(0, ACCOUNTS - 1),
        nth=st.integers(0, 5),
        action=st.sampled_from(["modify", "cancel"]),
        lower=st.integers(0, 5),
        key=st.sampled_from(KEYS),
    )
    def change(self, who: int, nth: int, action: Any, lower: int, key: str | None) -> None:
        numbers = self._numbers(who)
        if not numbers:
            return
        number = numbers[nth % len(numbers)]
        price = Decimal(PRICES[CODES[0]] - 10 - lower) if action == "modify" else None
        wish = Wish(action=action, order=number, price=price)
        trading = self.world.trading(client_id=key)
        self._do(lambda: trading.change(self.world.accounts[who], [wish]))

    @rule(side=st.sampled_from([None, None, "buy"]))
    def cancel_all(self, side: Any) -> None:
        trading = self.world.trading()
        self._do(lambda: trading.cancel_all(self.world.accounts, None, side))

    @rule(settle=st.sampled_from([0, 60]))
    def resolve(self, settle: int) -> None:
        self._do(lambda: self.world.resolve(settle))

    @precondition(lambda self: self.steps and self._open())
    @rule(nth=st.integers(0, 3))
    def say(self, nth: int) -> None:
        """A person who has looked at the broker's own list says what became of an order."""
        waiting = self._open()
        attempt = waiting[nth % len(waiting)]
        if self.world.host.exchange.postponed:
            return
        key = (attempt.intent.account.number, judge.as_body(attempt.request))
        claimed = {a.number for a in self._attempts() if a.number}
        own = [o.number for o in self.world.placed() if o.key == key and o.number not in claimed]
        number = own[0] if own else None
        self._do(
            lambda: settling.by_person(self.world.accounts, attempt.id, number, self.world.clock)
        )

    @rule(
        mode=st.sampled_from(["active", "active", "active", "active", "reducing", "halted"]),
        who=st.sampled_from([None, 0, 1]),
    )
    def halt(self, mode: Any, who: int | None) -> None:
        account = None if who is None else self.world.accounts[who].account_id()
        self.world.ledger.set_mode(mode, account)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(
        point=st.sampled_from(POINTS),
        who=st.integers(0, ACCOUNTS - 1),
        code=st.sampled_from(CODES),
        lower=st.integers(0, 3),
        key=st.sampled_from(KEYS),
    )
    def crash(self, point: str, who: int, code: str, lower: int, key: str | None) -> None:
        """A command in a process of its own is killed at a point of its way."""
        wish = self._wish("buy", code, lower)
        self.world.close()

        def killed() -> None:
            victim.watch(Points().at(point, lambda: os.kill(os.getpid(), signal.SIGKILL)))
            self.world.connect(ACCOUNTS)
            trading = self.world.trading(client_id=key)
            trading.place([self.world.accounts[who]], wish)

        ended = children.in_fork(killed)
        assert ended in {0, -signal.SIGKILL}, ended
        self.row.count("crashes", int(ended != 0))
        self.world.connect(ACCOUNTS)
        self._took_over()

    # What the world does ----------------------------------------------------------------------

    @rule(data=st.data())
    def trouble(self, data: st.DataObject) -> None:
        """The next order meets these faults, and only these.

        Beside a late acceptance a refusal would be a lie, which nobody can see.
        """
        self.world.host.faults.clear()
        for fault in data.draw(trouble_of(self.row.house)):
            self.world.control("faults", **fault)

    @rule(
        nth=st.integers(0, 3),
        mode=st.sampled_from(["html", "http_500", "truncate", "empty"]),
        count=st.integers(1, 5),
    )
    def spoil_reads(self, nth: int, mode: str, count: int) -> None:
        house = self.row.house
        reads = (*house.lists, house.reads[0])
        self.world.control("faults", api_id=reads[nth % len(reads)], mode=mode, count=count)

    @rule()
    def forget_faults(self) -> None:
        self.world.host.faults.clear()

    @rule(
        who=st.integers(1, ACCOUNTS),
        code=st.sampled_from(CODES),
        lower=st.integers(0, 3),
        channel=st.sampled_from(["영웅문4", "영웅문S#"]),
    )
    def foreign(self, who: int, code: str, lower: int, channel: str) -> None:
        """Another program orders the same, over a channel of its own."""
        self.world.control(
            "foreign_order", appkey=f"sim-{who:03d}-appkey", side="buy", symbol=code, quantity=1,
            price=PRICES[code] - lower, type="limit", channel=channel,
        )  # fmt: skip

    @rule(nth=st.integers(0, 5), quantity=st.integers(1, 3))
    def fill(self, nth: int, quantity: int) -> None:
        waiting = self.world.host.exchange.open_orders()
        if not waiting:
            return
        order = waiting[nth % len(waiting)]
        quantity = min(quantity, order.remaining)
        self.world.control("fill", ord_no=f"{order.number:07d}", quantity=quantity)

    @rule(seconds=st.sampled_from([1, 5, 30, 61, 121, 601, 1800]))
    def wait(self, seconds: int) -> None:
        self.world.clock.sleep(seconds)

    # What must be so --------------------------------------------------------------------------

    @invariant()
    def ledger_keeps_its_promises(self) -> None:
        if not hasattr(self, "world"):
            return
        self.steps += 1
        assert self.world.ledger.invariants() == []

    @invariant()
    def agrees_with_the_broker(self) -> None:
        if not hasattr(self, "world"):
            return
        attempts = self._attempts()
        sends = Counter(
            (a.intent.account.number, judge.as_body(a.request)) for a in attempts if a.sends
        )
        found = judge.compare(self.world.placed(), attempts, sends)
        assert not found.lost, found.lost
        assert not found.doubled, found.doubled
        assert not found.wrong, found.wrong
        sending = self.row.house.orders
        requests = [r for r in self.world.host.records.requests if r.api_id in sending]
        let_out = sum(a.sends for a in attempts)
        # A process that was killed may have let an order out and not sent it.
        assert len(requests) <= let_out, (len(requests), let_out)
        keys = Counter(
            (a.intent.account, a.action, a.intent.client_id)
            for a in attempts
            if a.intent.client_id and a.state not in _FREE
        )
        assert not [key for key, number in keys.items() if number > 1]

    # Parts ------------------------------------------------------------------------------------

    def _place(
        self, who: str, action: str, code: str, lower: int, key: str | None, settle: int,
        keep_going: bool,
    ) -> None:  # fmt: skip
        accounts = [self.world.accounts[int(n)] for n in who]
        wish = self._wish(action, code, lower)
        trading = self.world.trading(
            client_id=key, settle=timedelta(seconds=settle), keep_going=keep_going
        )
        self._do(lambda: trading.place(accounts, wish))

    def _do(self, work: Callable[[], Any]) -> None:
        refusal: KiwoomctlError | None = None
        try:
            self._remember(work())
        except KiwoomctlError as error:
            refusal = error
        assert refusal is None or refusal.exit_code in {2, 3, 4, 7, 8, 9, 10}, refusal

    def _remember(self, results: Any) -> None:
        for result in results:
            assert result.error is None or result.error.exit_code != 1, result
            self.row.count("orders", int(result.attempt is not None))
            if result.attempt is not None:
                self.row.count(result.state)

    def _took_over(self) -> None:
        """Whoever takes the lock concludes what the dead process left."""
        for account in self.world.accounts:
            known = account.known_id()
            if known is not None:
                with self.world.ledger.account_lock(known):
                    pass

    def _wish(self, action: str, code: str, lower: int) -> Wish:
        symbol, price = Symbol(code), PRICES[code] - lower
        if action == "sell":
            holding = self.world.state()["accounts"][0]["holdings"][0]
            symbol = Symbol(holding["symbol"])
            price = (holding["price"] * 11 // 10 // 1000 + lower) * 1000
        return Wish(
            action=action,  # type: ignore[arg-type]  # buy or sell
            symbol=symbol,
            type=OrderType.LIMIT,
            quantity=1,
            price=Decimal(price),
        )

    def _attempts(self) -> tuple[Attempt, ...]:
        return judge.attempts_in(self.world.ledger)

    def _open(self) -> list[Attempt]:
        waiting = OPEN_STATES - {State.SENDING}
        return [attempt for attempt in self._attempts() if attempt.state in waiting]

    def _numbers(self, who: int) -> list[str]:
        appkey = f"sim-{who + 1:03d}-appkey"
        orders = self.world.state()["orders"]
        return [o["ord_no"] for o in orders if o["appkey"] == appkey and o["action"] != "cancel"]


_FREE: Final = frozenset({State.PREPARED, State.REJECTED, State.NOT_SENT, State.ABANDONED})


def run(row: Run) -> None:
    """Let Hypothesis make up examples, in lanes and in chunks."""
    row.watch("steps", "crashes", "orders", *WORDS, "violations")
    examples, _ = _size(row)
    row.total = examples
    children.side_by_side(row, row.scale.lanes, _lane)


def _size(row: Run) -> tuple[int, int]:
    steps = QUICK[1] if row.quick else FULL[1]
    return row.of(quick=QUICK[0], full=FULL[0]), steps


def _lane(row: Run, number: int) -> Any:
    examples, steps = _size(row)
    left = max(1, examples // row.scale.lanes)
    OrderMachine.row = row
    chunk = 0
    while left > 0:
        most = min(CHUNK, left)
        left -= most
        chunk += 1
        chance = row.chance(number, chunk).getrandbits(64)
        try:
            run_state_machine_as_test(
                seed(chance)(OrderMachine), settings=_settings(most, steps, shrink=not row.quick)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, an example failed
            notes = "\n".join(getattr(error, "__notes__", ()))
            row.fail("violations", f"{type(error).__name__} {error}\n{notes}")
        yield


def _settings(examples: int, steps: int, *, shrink: bool = False) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        print_blob=False,
        report_multiple_bugs=False,
    )
