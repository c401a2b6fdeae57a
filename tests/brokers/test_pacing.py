"""All processes together stay below the cap, take fair turns, and learn from refusals."""

from __future__ import annotations

import heapq
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kiwoomctl
from kiwoomctl import errors
from kiwoomctl.brokers.pacing import Caps, Kind, Pacer
from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(kiwoomctl.__file__).parent.parent
REAL = Caps(total=5, per_api=5, burst=5)
MOCK = Caps(total=2, per_api=1, burst=2)


class FakeClock:
    """One process alone: sleeping passes the time."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, 0, tzinfo=KST) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class World:
    """Processes on one virtual time: threads of which exactly one runs, the next to wake."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.back = threading.Semaphore(0)
        self.order = itertools.count()
        self.asleep: list[tuple[float, int, threading.Semaphore]] = []
        self.failures: list[BaseException] = []

    def sleep(self, seconds: float) -> None:
        wake = threading.Semaphore(0)
        heapq.heappush(self.asleep, (self.seconds + seconds, next(self.order), wake))
        self.back.release()
        wake.acquire()

    def start(self, life: Callable[[], None]) -> None:
        def run() -> None:
            try:
                self.sleep(0)
                life()
            except BaseException as exc:  # noqa: BLE001 - handed to the test's thread
                self.failures.append(exc)
            self.back.release()

        threading.Thread(target=run, daemon=True).start()
        self.back.acquire()

    def run(self) -> None:
        while self.asleep:
            at, _, wake = heapq.heappop(self.asleep)
            self.seconds = max(self.seconds, at)
            wake.release()
            self.back.acquire()
        if self.failures:
            raise self.failures[0]


class ProcessClock(FakeClock):
    """The clock of one process of a World; it may wake late, as a stopped process does."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.oversleep = 0.0
        self.oversleeps = 0
        self.last_seen = 0.0
        self.slept = 0.0

    def monotonic(self) -> float:
        self.world.seconds += 0.000_05  # work takes time
        self.last_seen = self.world.seconds
        return self.last_seen

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        late = self.oversleep if self.oversleeps else 0.0
        self.oversleeps -= bool(self.oversleeps)
        self.world.sleep(seconds + late)


def process_folder(folder: Path, number: int) -> Path:
    """Return another spelling of the folder: threads of one spelling count as one process."""
    return Path(f"{folder}{f'/../{folder.name}' * number}")


def assert_never_above(cap: int, sent: list[float]) -> None:
    ordered = sorted(sent)
    for first, after in zip(ordered, ordered[cap:], strict=False):
        assert after - first >= 1.0


@dataclass(frozen=True)
class Visit:
    """One request of a simulated process."""

    pause: float
    api_id: str
    oversleep: float
    refused: bool


visits = st.builds(
    Visit,
    pause=st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 1.06, 3.0]),
    api_id=st.sampled_from(["ka10075", "kt00018"]),
    oversleep=st.sampled_from([0.0, 0.0, 0.03, 0.039, 0.06, 0.5, 5.0]),
    refused=st.sampled_from([False] * 9 + [True]),
)
all_caps = st.sampled_from(
    [REAL, MOCK, Caps(5, 5, 1), Caps(1, 1, 1), Caps(3.5, 2.5, 3), Caps(0.5, 0.5, 1)]
)


@dataclass
class Traffic:
    """What the processes of a World sent."""

    sent: list[tuple[float, str]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)


def play(folder: Path, caps: Caps, lives: list[list[Visit]]) -> Traffic:
    world = World()
    traffic = Traffic()

    def life(number: int, plan: list[Visit]) -> None:
        clock = ProcessClock(world)
        pacer = Pacer(process_folder(folder, number), "k", "query", caps, clock, patience=300)
        for visit in plan:
            clock.oversleeps = 0
            clock.sleep(visit.pause)
            clock.oversleep, clock.oversleeps = visit.oversleep, 3
            pacer.take(visit.api_id)
            traffic.sent.append((clock.last_seen, visit.api_id))
            if visit.refused:
                pacer.refused(visit.api_id)
                traffic.refusals.append(clock.last_seen)

    for number, plan in enumerate(lives):
        world.start(lambda number=number, plan=plan: life(number, plan))  # type: ignore[misc]
    world.run()
    return traffic


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=6))
def test_no_pattern_of_arrivals_exceeds_the_cap(caps: Caps, lives: list[list[Visit]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        traffic = play(Path(folder), caps, lives)
    assert len(traffic.sent) == sum(map(len, lives))
    assert_never_above(max(1, int(caps.total)), [at for at, _ in traffic.sent])
    for refused_at in traffic.refusals:
        assert not any(refused_at < at < refused_at + 1 for at, _ in traffic.sent)


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=6))
def test_a_late_request_keeps_its_distance_from_those_behind_it(
    caps: Caps, lives: list[list[Visit]]
) -> None:
    # The margin is for the way to the broker; a late wake-up must not eat it up.
    with tempfile.TemporaryDirectory() as folder:
        sent = sorted(at for at, _ in play(Path(folder), caps, lives).sent)
    for first, after in zip(sent, sent[max(1, int(caps.total)) :], strict=False):
        assert after - first >= 1.08 - 0.0101


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=4))
def test_an_api_id_stays_within_its_bucket(caps: Caps, lives: list[list[Visit]]) -> None:
    calm = [
        [Visit(visit.pause, visit.api_id, visit.oversleep, refused=False) for visit in plan]
        for plan in lives
    ]
    with tempfile.TemporaryDirectory() as folder:
        traffic = play(Path(folder), caps, calm)
    for api_id in ("ka10075", "kt00018"):
        sent = sorted(at for at, sent_id in traffic.sent if sent_id == api_id)
        for first, last in itertools.combinations(range(len(sent)), 2):
            unpaid = last - first + 1 - caps.burst
            assert sent[last] - sent[first] >= unpaid * 1.08 / caps.per_api - 0.0401


def test_twenty_processes_get_fair_turns_and_use_the_cap(tmp_path: Path) -> None:
    world = World()
    sent: list[float] = []
    waits: list[float] = []

    def life(number: int) -> None:
        clock = ProcessClock(world)
        pacer = Pacer(process_folder(tmp_path, number), "k", "query", REAL, clock)
        for _ in range(10):
            clock.slept = 0.0
            pacer.take("ka10075")
            waits.append(clock.slept)
            sent.append(clock.last_seen)

    for number in range(20):
        world.start(lambda number=number: life(number))  # type: ignore[misc]
    world.run()
    assert len(sent) == 200
    assert_never_above(5, sent)
    assert 200 / (max(sent) - min(sent)) >= 0.9 * 5
    assert max(waits) <= 1.1 * 20 / (5 / 1.08)


def test_a_slower_api_id_does_not_hold_others_up(tmp_path: Path) -> None:
    clock = FakeClock()
    busy = Pacer(tmp_path, "k", "query", MOCK, clock)
    for _ in range(4):
        busy.take("ka10075")
    before = clock.seconds
    busy.take("kt00018")
    assert clock.seconds - before < 1.06


def slots_of(folder: Path, clock: FakeClock, api_id: str, count: int) -> list[float]:
    pacer = Pacer(folder, "k", "query", REAL, clock, patience=300)
    taken = []
    for _ in range(count):
        pacer.take(api_id)
        taken.append(clock.seconds)
    return taken


def limit(pacer: Pacer, api_id: str) -> object:
    return pacer.state()["limits"].get(api_id)


def test_each_refusal_halves_down_to_one_evenly_spaced(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    assert pacer.state()["limits"] == {}
    limits = []
    for _ in range(4):
        pacer.refused("ka10075")
        limits.append(limit(pacer, "ka10075"))
    assert limits == [2.5, 1.25, 1.0, 1.0]
    taken = slots_of(tmp_path, clock, "ka10075", 3)
    assert taken == pytest.approx([1001.08, 1002.16, 1003.24], abs=0.001)
    assert limit(pacer, "kt00018") is None
    assert pacer.state()["last_refusal"]["api_id"] == "ka10075"


def test_a_waiter_and_a_newcomer_share_the_reduced_rate(tmp_path: Path) -> None:
    world = World()
    sent: list[float] = []

    def process(number: int, start: float, *, refused: bool = False) -> None:
        def life() -> None:
            clock = ProcessClock(world)
            clock.sleep(start)
            pacer = Pacer(process_folder(tmp_path, number), "k", "query", REAL, clock)
            if refused:
                pacer.refused("ka10075")
                return
            pacer.take("ka10075")
            sent.append(clock.last_seen)

        world.start(life)

    for number in range(6):
        process(number, 0.0)
    process(6, 0.5, refused=True)
    process(7, 0.6)
    world.run()
    # The sixth waited when the refusal came, the other one arrived after it.
    assert sorted(sent)[5] - sorted(sent)[4] >= 1.08
    assert sorted(sent)[6] - sorted(sent)[5] >= 1.08 / 2.5 - 0.04


def test_quiet_minutes_raise_the_limit_to_its_start_and_forget_the_refusal(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    for _ in range(3):
        pacer.refused("ka10075")
    steps = []
    for _ in range(8):
        clock.seconds += 600
        steps.append(limit(pacer, "ka10075"))
    assert steps == [1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, None]
    assert max(slots_of(tmp_path, clock, "ka10075", 5)) - clock.seconds < 0.001


def test_a_refusal_ends_the_quiet_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    pacer.refused("ka10075")
    clock.seconds += 1200
    assert limit(pacer, "ka10075") == 3.5
    pacer.refused("ka10075")
    clock.seconds += 599
    assert limit(pacer, "ka10075") == 1.75


def test_mock_loses_its_burst_for_ten_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", MOCK, clock)

    def two() -> float:
        clock.seconds += 10
        pacer.take("ka10075")
        first = clock.seconds
        pacer.take("ka10075")
        return clock.seconds - first

    assert two() < 0.001
    pacer.refused("ka10075")
    assert two() == pytest.approx(1.08, abs=0.001)
    clock.seconds += 600
    assert two() < 0.001


def test_a_refusal_lets_everybody_wait_a_window(tmp_path: Path) -> None:
    clock = FakeClock()
    Pacer(tmp_path, "k", "query", REAL, clock).refused("ka10075")
    Pacer(tmp_path, "k", "order", REAL, clock).take("kt10000")
    assert clock.seconds == 1000
    Pacer(tmp_path, "other", "query", REAL, clock).take("kt00018")
    assert clock.seconds == 1000
    Pacer(tmp_path, "k", "query", REAL, clock).take("kt00018")
    assert clock.seconds == pytest.approx(1001.08, abs=0.001)


def test_more_than_the_patience_is_busy_and_reserves_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    slots_of(tmp_path, clock, "ka10075", 5)
    pacer = Pacer(tmp_path, "k", "query", REAL, clock, patience=0.5)
    reserved = (tmp_path / "rate-k-query.json").read_bytes()
    with pytest.raises(errors.Busy, match=r"ka10075 would wait 1\.0 s|1\.1 s") as caught:
        pacer.take("ka10075")
    assert caught.value.exit_code == 9
    assert "share the limit" in str(caught.value)
    assert (tmp_path / "rate-k-query.json").read_bytes() == reserved
    clock.seconds += 1.08
    pacer.take("ka10075")


@pytest.mark.parametrize("uptime", [3.0, 999.5])
def test_a_reboot_drops_slots_and_keeps_limits(tmp_path: Path, uptime: float) -> None:
    clock = FakeClock(1_000_000.0)
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    pacer.refused("ka10075")
    pacer.refused("ka10075")
    slots_of(tmp_path, clock, "ka10075", 20)
    clock.seconds = uptime
    assert limit(pacer, "ka10075") == 1.25
    pacer.take("ka10075")
    assert clock.seconds - uptime == pytest.approx(1.08, abs=0.001)


def test_another_boot_with_a_later_clock_is_noticed(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "rate-k-query.json"
    slots_of(tmp_path, clock, "ka10075", 20)
    path.write_text(json.dumps({**json.loads(path.read_text()), "boot": "another"}))
    before = clock.seconds
    slots_of(tmp_path, clock, "ka10075", 5)
    assert clock.seconds - before == pytest.approx(1.08, abs=0.001)


@pytest.mark.parametrize(
    "change",
    [
        {"slots": [[10**15, 1]]},
        {"opens_at": 10**15},
        {"api_ids": {"ka10075": [1.0, 10**15, 10**15, 10**15]}},
    ],
)
def test_times_that_cannot_be_are_clamped(tmp_path: Path, change: dict[str, object]) -> None:
    clock = FakeClock()
    path = tmp_path / "rate-k-query.json"
    slots_of(tmp_path, clock, "kt00018", 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    slots_of(tmp_path, clock, "ka10075", 1)
    assert clock.seconds - 1000 <= 1.09


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\x00" * 512,
        b"\xff\xfe",
        b"[" * 60_000,
        b" " * 70_000,
        b'{"version":2}',
        (
            b'{"version":1,"boot":"","written":0,"opens_at":0,"numbered":0,"slots":[["a",1]],'
            b'"api_ids":{},"last_refusal":null}'
        ),
        (
            b'{"version":1,"boot":"","written":0,"opens_at":0,"numbered":0,"slots":[],'
            b'"api_ids":{"x":[NaN,1,1,1]},"last_refusal":null}'
        ),
    ],
)
def test_a_damaged_file_costs_one_window(tmp_path: Path, content: bytes) -> None:
    clock = FakeClock()
    (tmp_path / "rate-k-query.json").write_bytes(content)
    impatient = Pacer(tmp_path, "k", "query", REAL, clock, patience=0.1)
    with pytest.raises(errors.Busy):
        impatient.take("ka10075")
    clock.seconds += 1.08
    impatient.take("ka10075")
    assert (tmp_path / "rate-k-query.json").stat().st_size <= 65_536
    assert json.loads((tmp_path / "rate-k-query.json").read_text())["version"] == 1


@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_no_content_is_an_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rate-k-query.json").write_bytes(content)
        slots_of(Path(folder), FakeClock(), "ka10075", 2)


def test_the_file_stays_small(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock, patience=300)
    for number in range(300):
        pacer.take(f"ka{number:05}")
        pacer.refused(f"kt{number:05}")
    path = tmp_path / "rate-k-query.json"
    assert path.stat().st_size < 8192
    assert len(pacer.state()["limits"]) <= 100
    clock.seconds += 86_400
    pacer.take("ka10075")
    content = json.loads(path.read_text())
    assert list(content["api_ids"]) == ["ka10075"]
    assert len(content["slots"]) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_process_that_was_stopped_reserves_again(tmp_path: Path) -> None:
    clock = FakeClock()
    other = FakeClock()
    slots_of(tmp_path, clock, "ka10075", 5)

    class StoppedClock(FakeClock):
        stopped = False

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not self.stopped:
                self.stopped = True
                self.seconds += 30
                other.seconds = self.seconds
                slots_of(process_folder(tmp_path, 1), other, "ka10075", 5)

    late = StoppedClock()
    Pacer(tmp_path, "k", "query", REAL, late).take("ka10075")
    assert late.seconds == pytest.approx(other.seconds + 1.08, abs=0.001)


def test_long_waits_are_announced(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    pacer = Pacer(
        tmp_path, "k", "query", REAL, FakeClock(), on_wait=lambda *wait: heard.append(wait)
    )
    for _ in range(5):
        pacer.take("ka10075")
    assert heard == []
    pacer.take("ka10075")
    assert [api_id for api_id, _ in heard] == ["ka10075"]
    assert heard[0][1] == pytest.approx(1.08, abs=0.001)


@pytest.mark.parametrize(
    ("key_id", "caps", "patience"),
    [
        ("../x", REAL, 60.0),
        ("", REAL, 60.0),
        ("k", Caps(0, 1, 1), 60.0),
        ("k", Caps(1, 0, 1), 60.0),
        ("k", Caps(1, 1, 0), 60.0),
        ("k", REAL, -1.0),
        ("k", REAL, 301.0),
    ],
)
def test_arguments_no_caller_should_pass(
    tmp_path: Path, key_id: str, caps: Caps, patience: float
) -> None:
    with pytest.raises(ValueError, match=r"is not|out of range"):
        Pacer(tmp_path, key_id, "query", caps, FakeClock(), patience=patience)


@pytest.mark.parametrize("kind", ["query", "order"])
def test_a_rate_file_that_cannot_be_used_is_a_state_error(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / f"rate-k-{kind}.json").mkdir()
    with pytest.raises(errors.StateError, match=f"rate-k-{kind}"):
        Pacer(tmp_path, "k", kind, REAL, FakeClock()).take("ka10075")


def test_threads_of_one_process_wait_in_line(tmp_path: Path) -> None:
    caps = Caps(20, 20, 20)
    most: list[int] = []
    diagnosis = Pacer(tmp_path, "k", "query", caps, SystemClock())

    def note(_api_id: str, _seconds: float) -> None:
        most.append(diagnosis.state()["reserved"])

    pacer = Pacer(tmp_path, "k", "query", caps, SystemClock(), on_wait=note)

    def life() -> None:
        for _ in range(8):
            pacer.take("ka10075")

    threads = [threading.Thread(target=life) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(most) == 1


# Real processes on the real clock. What is asserted of time is only the safety: the moment
# is the pacer's own last look at the clock, so that a slow machine cannot falsify it.
PROCESS = """
import sys
from pathlib import Path
from kiwoomctl.brokers.pacing import Caps, Pacer
from kiwoomctl.domain.clock import SystemClock

class NotingClock(SystemClock):
    def monotonic(self):
        self.seen = super().monotonic()
        return self.seen

def waiting(api_id, seconds):
    print("waiting", flush=True)

folder, total, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clock = NotingClock()
pacer = Pacer(folder, "k", "query", Caps(total, total, total), clock, on_wait=waiting)
sys.stdin.read()
for _ in range(count):
    pacer.take("ka10075")
    print(clock.seen, flush=True)
"""


def start(folder: Path, total: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(folder), str(total), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


def sent_by(process: subprocess.Popen[str]) -> Iterator[float]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return (float(line) for line in output.split() if line != "waiting")


def test_eight_processes_lose_no_slot_and_keep_the_cap(tmp_path: Path) -> None:
    processes = [start(tmp_path, 20, 7) for _ in range(8)]
    for process in processes:
        go(process)
    sent = [at for process in processes for at in sent_by(process)]
    assert len(sent) == 56
    assert_never_above(20, sent)


def test_a_killed_waiter_costs_one_slot(tmp_path: Path) -> None:
    waits: list[float] = []
    pacer = Pacer(
        tmp_path,
        "k",
        "query",
        Caps(1, 1, 1),
        SystemClock(),
        on_wait=lambda _, seconds: waits.append(seconds),
    )
    pacer.take("ka10075")
    with start(tmp_path, 1, 1) as waiter:
        go(waiter)
        assert waiter.stdout is not None
        assert waiter.stdout.readline().strip() == "waiting"
        waiter.send_signal(signal.SIGKILL)
        waiter.wait(10)
    pacer.take("ka10075")
    assert waits
    assert waits[0] <= 2 * 1.08


def test_a_killed_lock_holder_costs_nothing(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from kiwoomctl.locks import FileLock
assert FileLock(Path(sys.argv[1])).acquire(5)
print("held", flush=True)
sys.stdin.read()
"""
    lock = tmp_path / "rate-k-query.lock"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        assert not FileLock(lock).acquire(0)
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    clock = FakeClock()
    Pacer(tmp_path, "k", "query", REAL, clock).take("ka10075")
    assert clock.seconds == 1000


def test_a_process_stopped_for_real_uses_no_stale_slot(tmp_path: Path) -> None:
    own = start(tmp_path, 1, 1)
    go(own)
    sent = list(sent_by(own))
    with start(tmp_path, 1, 1) as stopped:
        go(stopped)
        assert stopped.stdout is not None
        assert stopped.stdout.readline().strip() == "waiting"
        stopped.send_signal(signal.SIGSTOP)
        # Its slot passes; ours is the next one.
        other = start(tmp_path, 1, 1)
        go(other)
        sent += sent_by(other)
        stopped.send_signal(signal.SIGCONT)
        sent += sent_by(stopped)
    assert len(sent) == 3
    assert_never_above(1, sent)
