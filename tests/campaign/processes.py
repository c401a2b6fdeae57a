"""Sixteen processes that order at the same moment: one order per id, no limit overrun."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.campaign import children, deeds, judge, world
from tests.campaign.children import Ended
from tests.campaign.deeds import Deed, Series
from tests.campaign.report import Run
from tests.campaign.world import Holder, Home

TITLE = "16 processes: same id, same account, different accounts, twin profiles, halt"
PROCESSES: Final = 16
QUICK, FULL = 14, 500
KINDS: Final = 7
FIT: Final = 5
"""How many orders fit into the limit that is tried."""
GRACE: Final = 1.0
"""Seconds that an order may be on its way when ``halt`` has ended."""
ANEW: Final = 60
"""Rounds after which ledger and simulator begin anew."""


def run(row: Run) -> None:
    """Play the rounds, one kind after the other."""
    row.watch(
        "processes", "orders", "lost", "doubled", "wrong", "overruns", "after halt", "violated"
    )
    row.total = max(KINDS, row.of(quick=QUICK, full=FULL))
    with world.served(row.house, accounts=120) as home:
        rounds = Rounds(row, home, Series(home.broker))
        kinds: Sequence[Callable[[], None]] = (
            rounds.same_id,
            rounds.daily_limit,
            rounds.different_accounts,
            rounds.limit_of_all,
            rounds.two_configs,
            rounds.twin_profiles,
            rounds.halt,
        )
        for n in range(row.total):
            kinds[n % len(kinds)]()
            row.case()
            if n % ANEW == ANEW - 1:
                rounds.settle_up()
        rounds.settle_up()


@dataclass
class Rounds:
    """The kinds of rounds at one broker."""

    row: Run
    home: Home
    series: Series
    turn: int = 0

    def same_id(self) -> None:
        """All give the same order with the same id: one is sent, all tell of it."""
        made, _ = self._next(1)
        words = [*made[0].words, *world.manner("buy"), "--id", f"r{self.turn}"]
        ended = self._race([(words, self.home.environ([made[0].holder]))] * PROCESSES)
        self._exits("same id", ended, {0})
        self._number("same id", made, 1)

    def daily_limit(self) -> None:
        """One account, no id: as many as the limit of the day lets through."""
        made, holder = self._next(1)
        risk = self._limit(made[0], "account")
        words = [*made[0].words, *world.manner("buy")]
        ended = self._race([(words, self.home.environ([holder], risk))] * PROCESSES)
        self._within("limit of the account", made, ended)

    def two_configs(self) -> None:
        """The same, the account under another name for half of them."""
        made, holder = self._next(1)
        risk = self._limit(made[0], "account")
        words = [*made[0].words, *world.manner("buy")]
        one = self.home.environ([holder], risk)
        other = self.home.environ_of(self.home.block("other", holder) + risk)
        ended = self._race([(words, environ) for environ in (one, other)] * (PROCESSES // 2))
        self._within("limit, two configs", made, ended)

    def limit_of_all(self) -> None:
        """Four accounts under one limit: it holds over all of them."""
        made, _ = self._next(4)
        alike = made[0]
        holders = [deed.holder for deed in made]
        # The limit of all counts the whole day, so this round is one of its own.
        self.settle_up()
        environ = self.home.environ(holders, self._limit(alike, "all"))
        words = [
            [*alike.words, *world.manner("buy"), "-p", holder.profile, "--settle", "0"]
            for holder in holders
        ]
        ended = self._race([(one, environ) for one in words] * (PROCESSES // len(words)))
        same = [replace(alike, holder=holder) for holder in holders]
        self._within("limit of all", same, ended)

    def different_accounts(self) -> None:
        """Each for an account of its own: nobody is in another's way."""
        made, _ = self._next(PROCESSES)
        ended = self._race(
            [
                (
                    [*deed.words, *world.manner("buy"), "--id", "same"],
                    self.home.environ([deed.holder]),
                )
                for deed in made
            ]
        )
        self._exits("different accounts", ended, {0})
        for deed in made:
            self._number("different accounts", [deed], 1)

    def twin_profiles(self) -> None:
        """One account under two names in one config: nothing is sent."""
        made, holder = self._next(1)
        config = self.home.block("one", holder) + self.home.block("two", holder)
        environ = self.home.environ_of(config + world.ALL_HOLDS_OFF)
        words = [[*made[0].words, *world.manner("buy"), "-p", name] for name in ("one", "two")]
        ended = self._race([(one, environ) for one in words] * (PROCESSES // 2))
        self._exits("twin profiles", ended, {8})
        self._number("twin profiles", made, 0)

    def halt(self) -> None:
        """The kill switch among buyers: what is sent is sent before it was turned."""
        made, holder = self._next(1)
        environ = self.home.environ([holder])
        codes = deeds.cheap_codes()[1:PROCESSES]
        buys = [
            (["buy", code, "3", "--price", str(price), *world.manner("buy")], environ)
            for code, price in codes
        ]
        pause = self.row.chance("halt", self.turn).uniform(0, 0.6)
        stopped: list[float] = []

        def turned(ended: Ended) -> None:
            stopped.append(time.time())
            self._exits("halt", [ended], {0})

        halt = (["halt", "-p", holder.profile], environ)
        ended = self._race([*buys, halt], last_after=pause, last_ended=turned)
        self._exits("halt", ended, {0, 2, 7})
        state = self.home.broker.state()
        own = [o for o in state["orders"] if o["appkey"] == holder.appkey]
        late = [o for o in own if o["t"] > stopped[0] + GRACE and o["quantity"] == 3]
        self.row.check(not late, "after halt", f"sent after the halt: {late}")
        accepted = sum(one.code == 0 for one in ended) - 1
        sent = sum(order["quantity"] == 3 for order in own)
        self.row.check(accepted == sent, "wrong", f"halt: {accepted} accepted, {sent} sent")
        back = children.complete(["resume", "-p", holder.profile], environ, self._output(0))
        self._exits("resume", [back], {0})
        after = [*made[0].words, *world.manner("buy")]
        self._exits("resumed", [children.complete(after, environ, self._output(0))], {0})

    def settle_up(self) -> None:
        """Compare with the broker what was done so far, and begin anew."""
        if not self.home.state.exists():
            return
        placed = judge.recorded(self.home.broker.state())
        # Orders without an id may be equal: each round counts its own.
        found = judge.compare(placed, judge.attempts_of(self.home.world))
        found.doubled.clear()
        found.tell(self.row)
        judge.check_ledger(self.row, self.home.world)
        self.row.count("orders", len(placed))
        self.home.broker.control("reset")
        shutil.rmtree(self.home.state)

    def _race(
        self,
        commands: Sequence[tuple[Sequence[str], dict[str, str]]],
        *,
        last_after: float = 0.0,
        last_ended: Callable[[Ended], None] | None = None,
    ) -> list[Ended]:
        """Let all commands begin at the same moment; the last one may begin later."""
        near, far = os.pipe()

        def wait_for_the_start() -> None:
            os.close(far)
            os.read(near, 1)

        last = len(commands) - 1
        running = [
            children.start(words, environ, self._output(n), wait_for_the_start)
            for n, (words, environ) in enumerate(commands)
            if n != last or last_ended is None
        ]
        time.sleep(0.02)
        os.close(near)
        os.close(far)
        ended = []
        if last_ended is not None:
            time.sleep(last_after)
            ended.append(children.complete(*commands[last], self._output(last)))
            last_ended(ended[0])
        self.row.count("processes", len(commands))
        return [*(child.wait() for child in running), *ended]

    def _next(self, number: int) -> tuple[list[Deed], Holder]:
        self.turn += 1
        made = [self.series.next() for _ in range(number)]
        return made, made[0].holder

    def _limit(self, made: Deed, whose: str) -> str:
        """Return a [risk] in which FIT orders like this one are within the limit of a day."""
        most = made.value * FIT + 1
        lines = [line for line in world.ALL_HOLDS_OFF.splitlines() if not line.startswith("daily")]
        wide = 100_000_000_000
        account, all_ = (most, wide) if whose == "account" else (wide, most)
        return "\n".join([*lines, f"daily = {{ account = {account}, all = {all_} }}", ""])

    def _within(self, what: str, made: Sequence[Deed], ended: Sequence[Ended]) -> None:
        self._exits(what, ended, {0, 2, 7})
        sent = sum(len(self._placed(deed)) for deed in made)
        told = sum(one.code == 0 for one in ended)
        counter = "overruns" if sent > FIT else "wrong"
        self.row.check(sent == FIT == told, counter, f"{what}: {sent} sent, {told} told of {FIT}")

    def _exits(self, what: str, ended: Sequence[Ended], codes: set[int]) -> None:
        for one in ended:
            self.row.check(one.code in codes, "wrong", f"{what}: {one}")

    def _number(self, what: str, made: Sequence[Deed], number: int) -> None:
        sent = sum(len(self._placed(deed)) for deed in made)
        counter = "doubled" if sent > number else "lost"
        self.row.check(sent == number, counter, f"{what}: {sent} orders instead of {number}")

    def _placed(self, made: Deed) -> list[judge.Placed]:
        placed = judge.recorded(self.home.broker.state())
        return [order for order in placed if order.key == made.key]

    def _output(self, number: int) -> Path:
        return self.home.folder / f"output{number}"
