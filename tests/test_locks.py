"""The lock excludes threads and processes, and dies with its holder."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

import kiwoomctl
from kiwoomctl import errors
from kiwoomctl.errors import Phrase
from kiwoomctl.locks import FileLock

ROOT = Path(kiwoomctl.__file__).parent.parent
HOLDER = """
import sys
from pathlib import Path
from kiwoomctl.locks import FileLock
assert FileLock(Path(sys.argv[1])).acquire(5)
print("held", flush=True)
sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert line_of(holder.stdout) == "held"
    return holder


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def test_two_locks_of_one_thread_exclude_each_other(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "a"), FileLock(tmp_path / "a")
    assert first.acquire(0)
    assert not second.acquire(0)
    assert not second.acquire(0.05)
    first.release()
    assert second.acquire(0)
    second.release()


def test_one_instance_is_not_reentrant_and_wants_to_be_held(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    with lock.hold(0, Phrase("the ledger")):
        assert not lock.acquire(0)
    with pytest.raises(RuntimeError):
        lock.release()


def test_busy_names_what_is_waited_for(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / "a").hold(0, Phrase("x")),
        pytest.raises(errors.Busy, match="the ledger of main is in use") as caught,
        FileLock(tmp_path / "a").hold(0, Phrase("the ledger of main")),
    ):
        pass
    assert caught.value.exit_code == 9


def test_the_file_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with FileLock(path).hold(0, Phrase("x")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.exists()


@pytest.mark.parametrize("shared", [True, False])
def test_threads_exclude_each_other(tmp_path: Path, *, shared: bool) -> None:
    one = FileLock(tmp_path / "a")
    counter = {"value": 0}

    def count() -> None:
        lock = one if shared else FileLock(tmp_path / "a")
        for _ in range(50):
            with lock.hold(30, Phrase("the counter")):
                before = counter["value"]
                os.sched_yield()
                counter["value"] = before + 1

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter["value"] == 300


def test_a_waiter_gets_it_when_the_holder_releases(tmp_path: Path) -> None:
    holder = FileLock(tmp_path / "a")
    waiter = FileLock(tmp_path / "a")
    assert holder.acquire(0)
    timer = threading.Timer(0.05, holder.release)
    timer.start()
    assert waiter.acquire(30)
    timer.join()
    waiter.release()


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with start_holder(path) as holder:
        assert not FileLock(path).acquire(0)
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        assert FileLock(path).acquire(10)


def test_a_child_program_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    assert lock.acquire(0)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        close_fds=False,
    ) as child:
        assert line_of(child.stdout) == "1"
        lock.release()
        assert FileLock(tmp_path / "a").acquire(0)


def test_a_forked_child_neither_keeps_nor_releases_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    assert lock.acquire(0)
    child = os.fork()
    if child == 0:
        alone = FileLock(tmp_path / "a").acquire(0)
        unheld = lock._descriptor is None  # noqa: SLF001
        os._exit(0 if unheld and not alone else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not FileLock(tmp_path / "a").acquire(0)
    lock.release()


def test_a_lock_file_removed_while_waiting_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    holder, waiter = FileLock(path), FileLock(path)
    assert holder.acquire(0)
    result: list[bool] = []
    thread = threading.Thread(target=lambda: result.append(waiter.acquire(30)))
    thread.start()
    path.unlink()
    with FileLock(path).hold(30, Phrase("the new file")):
        holder.release()
        thread.join(0.1)
        assert not result
    thread.join()
    assert result == [True]
    waiter.release()


def test_a_path_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.StateError, match="no/folder"):
        FileLock(tmp_path / "no" / "folder").acquire(0)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(errors.StateError, match="link"):
        FileLock(tmp_path / "link").acquire(0)
    assert not (tmp_path / "elsewhere").exists()
