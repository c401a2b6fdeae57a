"""A rate shared by real threads and processes on the real clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import kiwoomctl
from kiwoomctl.brokers.pacing import Caps, Pacer
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.locks import FileLock
from tests.brokers.paced import REAL, FakeClock, assert_never_above

ROOT = Path(kiwoomctl.__file__).parent.parent


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
print("ready", flush=True)
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


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


def sent_by(process: subprocess.Popen[str]) -> Iterator[float]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return (float(line) for line in output.split() if line not in {"ready", "waiting"})


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
    with start(tmp_path, 1, 1) as waiter:
        # It takes longer to start than a slot lasts, on a busy machine.
        assert said_by(waiter) == "ready"
        pacer.take("ka10075")
        go(waiter)
        assert said_by(waiter) == "waiting"
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
    with start(tmp_path, 1, 1) as stopped:
        assert said_by(stopped) == "ready"
        go(own)
        sent = list(sent_by(own))
        go(stopped)
        assert said_by(stopped) == "waiting"
        stopped.send_signal(signal.SIGSTOP)
        # Its slot passes; ours is the next one.
        other = start(tmp_path, 1, 1)
        go(other)
        sent += sent_by(other)
        stopped.send_signal(signal.SIGCONT)
        sent += sent_by(stopped)
    assert len(sent) == 3
    assert_never_above(1, sent)
