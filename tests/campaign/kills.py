"""kill -9 at random moments of an order's way; then the same words with the same --id again.

Half of the kills come at any moment of the command, half in the short time from the row's being
written down to the end. A command may be killed several times before it comes to its end; at
last every open outcome is settled by evidence.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.campaign import children, judge, victim, world
from tests.campaign.deeds import Deed, Series
from tests.campaign.report import Run
from tests.campaign.victim import Points
from tests.campaign.world import Home

TITLE = "kill -9 at random points of the order path"
QUICK, FULL = 150, 10_000
BATCH = 300
MEASURED = 8
MOST_KILLS = 4
MOSTLY: Final = 0.75
"""How often a command is killed once only."""
LATEST: Final = 1.05
"""Up to where a kill may come, as a part of what a command takes."""


def run(row: Run) -> None:
    """Kill until there were enough kills."""
    row.watch("after the row", "orders", "lost", "doubled", "wrong", "unfound", "violated")
    row.total = row.of(quick=QUICK, full=FULL)
    began = time.monotonic()
    children.side_by_side(row, row.scale.lanes, _lane)
    seconds = time.monotonic() - began
    row.notes.append(f"{row.cases / max(seconds, 0.1):.0f} points a second")


def _lane(row: Run, number: int) -> Iterator[None]:
    wanted = row.of(quick=QUICK, full=FULL) // row.scale.lanes
    with world.served(row.house) as home:
        lane = _Lane(row, home, row.chance(number), Series(home.broker))
        done = 0
        lane.measure()
        while done < wanted:
            done += lane.order()
            yield
        lane.settle_up()
        yield


@dataclass
class _Lane:
    row: Run
    home: Home
    chance: Random
    series: Series
    whole: float = 0.0
    """Seconds that a command takes."""
    tail: float = 0.0
    """Seconds from its row to its end."""
    names: dict[tuple[str, judge.Body], str] = field(default_factory=dict)

    def measure(self) -> None:
        """Find out how long a command takes that nobody kills."""
        wholes, tails = [], []
        for _ in range(MEASURED):
            pipe = children.Pipe()
            began = time.monotonic()
            _, child = self._start(self._words(self.series.next()), pipe)
            assert pipe.hear(children.PATIENCE)
            prepared = time.monotonic()
            ended = child.wait()
            tails.append(time.monotonic() - prepared)
            wholes.append(time.monotonic() - began)
            pipe.close()
            self.row.check(ended.code == 0, "wrong", f"without a kill: {ended}")
        self.whole, self.tail = sorted(wholes)[MEASURED // 2], sorted(tails)[MEASURED // 2]

    def order(self) -> int:
        """Give one order, killed once or more; return how many kills struck."""
        words = self._words(self.series.next())
        kills = 0
        while kills < MOST_KILLS and self._killed(words):
            kills += 1
            self.row.case()
            if self.chance.random() < MOSTLY:
                break
        _, child = self._start(words, None)
        ended = child.wait()
        good = ended.code in {0, 5} and "bug" not in ended.told
        self.row.check(good, "wrong", f"{words} again: {ended}")
        self.row.count("orders")
        if self.series.tried % BATCH == 0:
            self.settle_up()
        return kills

    def settle_up(self) -> None:
        """Settle what is open by evidence, and compare the ledger with the broker."""
        environ = self.home.environ(self.home.broker.holders)
        ended = children.complete(["resolve", "--settle", "0"], environ, self._output)
        self.row.check(ended.code in {0, 5, 6}, "wrong", f"resolve: {ended}")
        placed = judge.recorded(self.home.broker.state())
        found = judge.compare(placed, judge.attempts_of(self.home.world), names=self.names)
        found.tell(self.row)
        judge.check_ledger(self.row, self.home.world)
        self.home.broker.control("reset")
        shutil.rmtree(self.home.state)
        self.names.clear()

    def _killed(self, words: tuple[list[str], dict[str, str]]) -> bool:
        """Start the command and kill it at a random moment; tell whether it was still there."""
        late, heard = self.chance.random() < 0.5, False
        pipe = children.Pipe() if late else None
        begun, child = self._start(words, pipe)
        if pipe is not None:
            # Where the key is bound already no row is written: then the end comes first.
            while not heard and not child.is_over():
                heard = pipe.hear(0.001)
            pipe.close()
            pause = self.chance.uniform(0, self.tail * LATEST)
        else:
            pause = self.chance.uniform(0, self.whole * LATEST) - (time.monotonic() - begun)
        time.sleep(max(0.0, pause))
        child.send(signal.SIGKILL)
        killed = child.wait().killed
        self.row.count("after the row", int(heard and killed))
        return killed

    def _start(
        self, words: tuple[list[str], dict[str, str]], pipe: children.Pipe | None
    ) -> tuple[float, children.Child]:
        def prepare() -> None:
            if pipe is not None:
                points = Points().at("prepare.after", pipe.say)
                victim.watch(points)

        return time.monotonic(), children.start(*words, self._output, prepare)

    def _words(self, made: Deed) -> tuple[list[str], dict[str, str]]:
        self.names[made.key] = made.client_id
        words = [*made.words, *world.manner("buy"), "--id", made.client_id, "--settle", "0"]
        return words, self.home.environ([made.holder])

    @property
    def _output(self) -> Path:
        return self.home.folder / "output"
