"""kill -9 at every point of an order's way, whatever the broker answers; then the same again.

A first run with each kind of reply tells which points a command passes, and how often. Each of
them is then the end of a command of its own. After the kill the same words with the same --id
are given again, then ``resolve``; the broker must have one order of the wish at most, and the
ledger must know each.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.campaign import children, deeds, judge, victim, world
from tests.campaign.deeds import Action, Deed, Series
from tests.campaign.kinds import SOON, Kind, kind_of, kinds
from tests.campaign.report import Run
from tests.campaign.victim import Points
from tests.campaign.world import Home

TITLE = "kill -9 at every failpoint x every reply kind, restart, resolve"
BATCH = 18
"""Cases until all begins anew: no account comes twice, whose first order may block the second."""
QUICK_POINTS = 1
ABOUT: Final = (190, 4_500)
"""How many cases there will be, quick and full: only the runs themselves tell."""
RESOLVES: Final = frozenset({"drop after", "drop before", "late acceptance"})
"""The kinds after which ``resolve`` too is killed at each of its points."""
OTHER_ACTIONS: Final = frozenset({"accepted", "drop after", "drop before", "429 always", "refused"})
"""The kinds that sells, modifies and cancels are tried with too."""
RESOLVE: Final = ["resolve", "--settle", "0"]


def run(row: Run) -> None:
    """Try every pair, or some points of every kind."""
    row.watch("kinds", "points", "struck", "lost", "doubled", "wrong", "unfound", "violated")
    row.total = row.of(quick=ABOUT[0], full=ABOUT[1])
    children.side_by_side(row, row.scale.lanes, _lane)
    names = {name for note in row.notes for name in note.split()}
    row.counters |= {"points": len(names), "kinds": len(row.some(kinds(row.house)))}
    row.notes = []


def _lane(row: Run, number: int) -> Iterator[None]:
    with world.served(row.house) as home:
        lane = _Lane(row, home, Series(home.broker))
        if number == 0:
            yield from lane.births()
        for kind in row.some(kinds(row.house))[number :: row.scale.lanes]:
            yield from lane.kind(kind, "buy")
            if kind.name in OTHER_ACTIONS:
                for action in deeds.ACTIONS[1:]:
                    yield from lane.kind(kind, action)
        lane.settle_up()
        row.notes = [" ".join(sorted(lane.names))]
        yield


@dataclass
class _Lane:
    row: Run
    home: Home
    series: Series
    names: set[str] = field(default_factory=set)
    cases: dict[tuple[str, judge.Body], str] = field(default_factory=dict)
    unjudged: int = 0

    def births(self) -> Iterator[None]:
        """Kill the very first command of a home at each point of its ledger's making."""
        accepted = kind_of(self.row.house, "accepted")
        self.case(accepted, "buy", None, fresh=True)
        for point in [p for p in self.points() if p.startswith(("ledger.", "seal."))]:
            self.settle_up()
            self.case(accepted, "buy", point, fresh=True)
            yield

    def kind(self, kind: Kind, action: Action) -> Iterator[None]:
        """Try one kind of reply with a kill at each point, or at some of them."""
        self.case(kind, action, None)
        every = kind.name == "accepted" and action == "buy"
        for point in self._chosen(kind, action, every=every):
            self.case(kind, action, point)
            yield
        if kind.name in RESOLVES and action == "buy":
            self.case(kind, action, None, resolve=True)
            for point in self._chosen(kind, "resolve", every=False):
                self.case(kind, action, point, resolve=True)
                yield

    def case(
        self,
        kind: Kind,
        action: Action,
        point: str | None,
        *,
        resolve: bool = False,
        fresh: bool = False,
    ) -> None:
        """Let one order meet its fate, and one command its end."""
        if not fresh:
            judge.open_ledger(self.home.world).close()
        made = self.series.next(action, kind.renewals)
        key = made.client_id
        killed = "resolve" if resolve else action
        label = f"[{kind.name} | {killed} | {point or 'no kill'} | {key} {made.holder.profile}]"
        self.cases[made.key] = label
        environ = self.home.environ([made.holder])
        words = [*made.words, *world.manner(action), "--id", key, "--settle", "0"]
        self._ask_for_faults(kind, made)
        first = self._victim(words, environ, None if resolve else point)
        self.home.broker.forget_faults()
        if kind.late:
            time.sleep(SOON)
        if resolve:
            first = self._victim(RESOLVE, environ, point)
        self.row.count("struck", int(first.killed))
        self.row.check(first.killed or point is None, "unstruck", f"{label} {first}")
        for more in (words, RESOLVE):
            ended = children.complete(more, environ, self._output)
            good = ended.code in {0, 5} and "bug" not in ended.told
            self.row.check(good, "wrong", f"{label} {more[0]} again: {ended}")
        self.row.case()
        self.unjudged += 1
        if self.unjudged >= BATCH:
            self.settle_up()

    def settle_up(self) -> None:
        """Compare the ledger with the broker, for all that was tried since the last time."""
        if not self.unjudged:
            return
        self.unjudged = 0
        placed = judge.recorded(self.home.broker.state())
        found = judge.compare(placed, judge.attempts_of(self.home.world), names=self.cases)
        found.tell(self.row)
        judge.check_ledger(self.row, self.home.world)
        # Begin anew, both, so that what is wrong once is told once.
        self.home.broker.control("reset")
        shutil.rmtree(self.home.state)
        self.cases.clear()

    def points(self) -> list[str]:
        """Return what the last command without a kill has passed."""
        points = self._trail.read_text("utf-8").split()
        self.names |= {point.partition("#")[0] for point in points}
        return points

    def _chosen(self, kind: Kind, killed: str, *, every: bool) -> Sequence[str]:
        # A ledger is made once; see births.
        points = [point for point in self.points() if not point.startswith("ledger.")]
        if every or not self.row.quick:
            return points
        chance = self.row.chance(kind.name, killed)
        return chance.sample(points, min(QUICK_POINTS, len(points)))

    def _ask_for_faults(self, kind: Kind, made: Deed) -> None:
        for fault in kind.faults:
            meant = {"api_id": made.api_id, "appkey": made.holder.appkey}
            self.home.broker.control("faults", **{**meant, **fault})

    def _victim(
        self, words: list[str], environ: dict[str, str], point: str | None
    ) -> children.Ended:
        trail = self._trail

        def prepare() -> None:
            points = Points()
            if point is not None:
                points.at(point, victim.strike(victim.ACTIONS["kill"]))
            else:
                trail.write_text("", "utf-8")
                points.every = lambda name, n: _append(trail, f"{name}#{n}\n")
            victim.hurry()
            victim.watch(points)

        return children.complete(words, environ, self._output, prepare)

    @property
    def _output(self) -> Path:
        return self.home.folder / "output"

    @property
    def _trail(self) -> Path:
        return self.home.folder / "trail"


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)
