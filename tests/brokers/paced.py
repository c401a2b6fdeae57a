"""Processes that share a rate on a virtual time, and what they may never do."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from kiwoomctl.brokers.pacing import Caps, Pacer
from kiwoomctl.domain.clock import KST

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


def slots_of(folder: Path, clock: FakeClock, api_id: str, count: int) -> list[float]:
    pacer = Pacer(folder, "k", "query", REAL, clock, patience=300)
    taken = []
    for _ in range(count):
        pacer.take(api_id)
        taken.append(clock.seconds)
    return taken


def limit(pacer: Pacer, api_id: str) -> object:
    return pacer.state()["limits"].get(api_id)
