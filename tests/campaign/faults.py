"""Every fault before and after acceptance, for each of the four requests that order something.

What a command says, what the ledger says and what a repeated --id does must be what the table of
outcomes says; then ``resolve`` has to find what exists. Faults of the reads before and after a
send are tried too: with them nothing may be sent, or nothing be called certain.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from kiwoomctl.domain.orders import SHOWN, State
from kiwoomctl.ledger import Attempt
from kiwoomctl.simulator import faults as simulated
from tests.campaign import children, judge, victim, world
from tests.campaign.deeds import Action, Deed, Series
from tests.campaign.kinds import ONE_LIST, SOON, UNLISTED_CODE, After, Kind, afters, kinds, lies
from tests.campaign.report import Run
from tests.campaign.victim import Points
from tests.campaign.world import Home

TITLE = "every fault mode, before and after acceptance, four requests"
QUICK_READS = 30
QUICK_OTHERS = 60
READ_MODES: Final = (
    "drop", "reset", "hang", "truncate", "html", "garbage", "list", "empty", "http_500",
    "http_429", "blank", "rc_string", "token_dead", "ip_mismatch", "backend", "page_shift",
)  # fmt: skip
# These strike nothing that an order goes through.
ELSEWHERE: Final = frozenset({"stale_price", "zero_pl", "balance_lag"})


def run(row: Run) -> None:
    """Try each kind with each action, then the faults of reads."""
    row.watch("as the table says", "lies", "reads", "wrong", "lost", "doubled", "violated")
    whole = kinds(row.house)
    used = {str(fault["mode"]) for kind in whole for fault in kind.faults}
    missing = simulated.MODES - simulated.LIVE_MODES - used - set(READ_MODES) - ELSEWHERE
    row.check(not missing, "wrong", f"modes that are not tried: {sorted(missing)}")
    number, reads = len(whole) + len(lies(row.house)), len(row.house.reads) * len(READ_MODES) * 2
    row.total = len(afters(row.house)) + number
    row.total += row.of(quick=QUICK_OTHERS + QUICK_READS, full=number * 3 + reads)
    children.side_by_side(row, row.scale.lanes, _lane)


def _lane(row: Run, number: int) -> Iterator[None]:
    with world.served(row.house, accounts=100) as home:
        lane = _Lane(row, home, Series(home.broker))
        for case in lane.cases()[number :: row.scale.lanes]:
            case()
            row.case()
            yield
        lane.settle_up()
        yield


@dataclass
class _Lane:
    row: Run
    home: Home
    series: Series
    lied: set[tuple[str, judge.Body]] = field(default_factory=set)

    def cases(self) -> list[partial[None]]:
        """Return every case, in an order that only the seed decides."""
        row, house = self.row, self.row.house
        every = (*kinds(house), *lies(house))
        whole = [partial(self.kind, kind, "buy") for kind in every]
        others = [partial(self.kind, kind, a) for kind in every for a in kind.actions[1:]]
        chance = row.chance("cases")
        if row.quick:
            others = chance.sample(others, row.of(quick=QUICK_OTHERS, full=0))
            whole = whole if len(house.lists) > 1 else row.some(whole)
        whole += others
        whole += [partial(self.after, after) for after in afters(house)]
        reads = [
            partial(self.read, api_id, mode, count)
            for api_id in house.reads
            for mode in READ_MODES
            for count in (1, None)
        ]
        chance.shuffle(reads)
        return whole + reads[: row.of(quick=QUICK_READS, full=len(reads))]

    def kind(self, kind: Kind, action: Action) -> None:
        """Send one order that meets this fault; compare with what must come of it."""
        made = self.series.next(action, kind.renewals)
        label = f"[{kind.name} | {action} | {made.client_id} {made.holder.profile}]"
        words = [*made.words, "--id", made.client_id]
        self._ask(made, *kind.faults)
        first = self._run(made, words)
        self.home.broker.forget_faults()
        self._expect(label, made, first, kind.code_of(action), {kind.state})
        if kind in lies(self.row.house):
            self.row.count("lies")
            self.lied.add(made.key)
            return
        asked = self._requests(made)
        if kind.late:
            time.sleep(SOON)
        again = self._run(made, words)
        if kind.bound:
            self._bound(label, made, again, kind, asked)
        else:
            self._expect(f"{label} again", made, again, 0, {"ACCEPTED"})
        resolved = {"ACCEPTED"} if not kind.bound else {kind.resolved}
        if kind.name == ONE_LIST:
            self._ask(made, *kind.faults[1:])
            # A cancel is in no other list there may be, and its effect proves nothing.
            resolved = {"UNKNOWN"} if action == "cancel" else resolved
        attempt = self._newest(made)
        ended = self._run(made, ["resolve", attempt.id if attempt else ""])
        self.home.broker.forget_faults()
        good = ended.code == (5 if resolved & {"UNKNOWN", "AMBIGUOUS"} else 0)
        self.row.check(good, "wrong", f"{label} resolve: {ended}")
        self._expect(label, made, None, 0, resolved)
        exists = int(kind.exists or not kind.bound)
        counted = len(self._placed(made))
        wrong = "doubled" if counted > exists else "wrong"
        self.row.check(counted == exists, wrong, f"{label} the broker has {counted}")

    def _bound(self, label: str, made: Deed, again: children.Ended, kind: Kind, asked: int) -> None:
        """The key is used up: nothing is sent, the same is said, other words are refused."""
        state = {kind.state, kind.resolved} if kind.late else {kind.state}
        code = again.code if kind.late else kind.code
        self._expect(f"{label} again", made, again, code, state)
        rows = again.document.get("data") or [{}]
        self.row.check(rows[0].get("replayed"), "wrong", f"{label} again: {again}")
        if made.action in {"buy", "sell"}:
            other = [made.words[0], made.words[1], "7", *made.words[3:], "--id", made.client_id]
            ended = self._run(made, other)
            self.row.check(ended.code == 2, "wrong", f"{label} other words: {ended}")
        more = self._requests(made) - asked
        self.row.check(more == 0, "doubled", f"{label} again: {more} more requests")

    def after(self, after: After) -> None:
        """Refuse an order in a way that only reads prove, and let the reads fail."""
        made = self.series.next("buy", int(after.fault["mode"] == "token_dead"))
        label = f"[{after.name} | {made.client_id} {made.holder.profile}]"
        words = [*made.words, "--id", made.client_id]
        self._ask(made, {**after.fault, "count": 1})
        appkey, url, house = made.holder.appkey, self.home.broker.url, self.row.house

        def lists_fail() -> None:
            fault = {"api_id": house.day_list, "mode": "html", "appkey": appkey}
            httpx.post(f"{url}/_sim/faults", json=fault, trust_env=False).raise_for_status()

        first = self._run(made, words, Points().at(after.point, lists_fail))
        self.home.broker.forget_faults()
        self._expect(label, made, first, 5, {"UNKNOWN"})
        self._expect(label, made, self._run(made, words), 5, {"UNKNOWN"})
        attempt = self._newest(made)
        ended = self._run(made, ["resolve", attempt.id if attempt else ""])
        good = ended.code == (0 if after.exists else 5)
        self.row.check(good, "wrong", f"{label} resolve: {ended}")
        self._expect(label, made, None, 0, {"MATCHED" if after.exists else "UNKNOWN"})
        counted = len(self._placed(made))
        self.row.check(counted == int(after.exists), "doubled", f"{label} {counted} orders")

    def read(self, api_id: str, mode: str, count: int | None) -> None:
        """Let a read before the send fail: an order is sent once and told so, or not at all."""
        made = self.series.next("buy", int(mode in {"token_dead", "ip_mismatch"}))
        label = f"[{api_id} {mode} {count or 'always'} | {made.client_id} {made.holder.profile}]"
        fault: dict[str, Any] = {"api_id": api_id, "mode": mode, "seconds": 3}
        if mode == "backend":
            fault |= {"code": UNLISTED_CODE, "text": "x"}
        self._ask(made, {**fault, "count": count} if count else fault)
        first = self._run(made, [*made.words, "--id", made.client_id])
        self.home.broker.forget_faults()
        counted = len(self._placed(made))
        good = counted == int(first.code == 0) and first.code in {0, 2, 3, 4, 7, 9, 10}
        self.row.check(good, "wrong", f"{label} {counted} orders: {first}")
        self.row.count("reads")

    def settle_up(self) -> None:
        """Compare all with the broker at the end, and the ledger with its own promises."""
        judge.check_ledger(self.row, self.home.world)
        # What the broker lied about was lost or wrong before anybody could know.
        placed = [
            order
            for order in judge.recorded(self.home.broker.state())
            if order.key not in self.lied
        ]
        attempts = [
            attempt
            for attempt in judge.attempts_of(self.home.world)
            if (attempt.intent.account.number, judge.as_body(attempt.request)) not in self.lied
        ]
        found = judge.compare(placed, attempts)
        # A cancel in no list stays open; each case has looked at what it may leave open.
        found.unfound.clear()
        found.tell(self.row)

    def _expect(
        self,
        label: str,
        made: Deed,
        ended: children.Ended | None,
        code: int,
        states: set[str],
    ) -> None:
        """Compare exit code, words and ledger with what must be."""
        attempt = self._newest(made)
        state = attempt.state.value if attempt else "no row"
        shown = {SHOWN[State(name)] for name in states}
        good = state in states
        if ended is not None:
            rows = ended.document.get("data") or [{}]
            good = good and ended.code == code and rows[0].get("state") in shown
        told = f"{label} {state} instead of {states}, exit {code} expected: {ended}"
        if self.row.check(good, "wrong", told):
            self.row.count("as the table says")

    def _newest(self, made: Deed) -> Attempt | None:
        own = [
            attempt
            for attempt in judge.attempts_of(self.home.world)
            if attempt.intent.client_id == made.client_id
            and attempt.intent.account.number == made.holder.account
        ]
        return own[-1] if own else None

    def _ask(self, made: Deed, *faults: Mapping[str, Any]) -> None:
        for fault in faults:
            meant = {"api_id": made.api_id, "appkey": made.holder.appkey}
            self.home.broker.control("faults", **{**meant, **fault})

    def _run(self, made: Deed, words: list[str], points: Points | None = None) -> children.Ended:
        def prepare() -> None:
            victim.hurry()
            if points is not None:
                victim.watch(points)

        action = words[0]
        manner = () if action == "resolve" else world.manner(action)
        words = [*words, *manner, "--settle", "0", "-o", "json", "--timeout", "1"]
        environ = self.home.environ([made.holder])
        return children.complete(words, environ, self._output, prepare)

    def _requests(self, made: Deed) -> int:
        return sum(
            request["api_id"] == made.api_id and request["appkey"] == made.holder.appkey
            for request in self.home.broker.state()["requests"]
        )

    def _placed(self, made: Deed) -> list[judge.Placed]:
        # An order's branch is told by the day's list alone: without it a change leaves it blank.
        wanted = _without_branch(made.key)
        placed = judge.recorded(self.home.broker.state())
        return [order for order in placed if _without_branch(order.key) == wanted]

    @property
    def _output(self) -> Path:
        return self.home.folder / "output"


def _without_branch(key: tuple[str, judge.Body]) -> tuple[str, judge.Body]:
    account, body = key
    return account, tuple(pair for pair in body if pair[0] != "KRX_FWDG_ORD_ORGNO")
