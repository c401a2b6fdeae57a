"""Commands in forked processes: everything is imported once, so that a command takes little more
than its own work. And lanes: processes that work on cases side by side."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import pkgutil
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaign.report import Run

PATIENCE = 90.0
BUG = 1


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or the signal that ended it as a negative number."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """All that it said."""
        return self.out + self.err

    @property
    def document(self) -> dict[str, Any]:
        """The JSON that it was asked for; empty where there is none."""
        try:
            document = json.loads(self.out)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass
class Child:
    """A command that runs in a process of its own."""

    pid: int
    output: Path
    _code: int | None = field(default=None)

    def send(self, number: int) -> None:
        """Send it a signal; once its end was seen its number may be another process's."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def is_over(self) -> bool:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code is not None

    def wait_until_stopped(self) -> bool:
        """Tell whether it stopped, instead of ending."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return True
        self._code = os.waitstatus_to_exitcode(status)
        return False

    def wait(self, patience: float = PATIENCE) -> Ended:
        """Wait for its end; one that takes too long is killed and is an error."""
        end = time.monotonic() + patience
        pause = 0.0005
        while not self.is_over():
            if time.monotonic() > end:
                self.send(signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise TimeoutError(f"no end within {patience:g} s: {self.ended(0)}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01)
        assert self._code is not None
        return self.ended(self._code)

    def ended(self, code: int) -> Ended:
        said = [path.read_text("utf-8", errors="replace") for path in outputs(self.output)]
        return Ended(code, *said)


def outputs(path: Path) -> tuple[Path, Path]:
    """Return the files of stdout and of stderr."""
    return path, path.with_suffix(".err")


def start(
    words: Sequence[str],
    environ: Mapping[str, str],
    output: Path,
    prepare: Callable[[], object] | None = None,
) -> Child:
    """Start the real command line in a fork of this process, its output in a file.

    Args:
        words: the command line after ``kiwoomctl``.
        environ: the whole environment.
        output: takes stdout; stderr goes beside it.
        prepare: is called in the child before the command begins.
    """
    pid = os.fork()
    if pid:
        return Child(pid, output)
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for other in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environ)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, path in enumerate(outputs(output), start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        if prepare is not None:
            prepare()
        # The inherited streams remember what their files were.
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115 - for good
        from kiwoomctl.app import run

        run(words)
    except BaseException:  # noqa: BLE001 - a child never returns into the code of its parent
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def complete(
    words: Sequence[str],
    environ: Mapping[str, str],
    output: Path,
    prepare: Callable[[], object] | None = None,
) -> Ended:
    """Run a command to its end."""
    return start(words, environ, output, prepare).wait()


def in_fork(work: Callable[[], object]) -> int:
    """Do something in a fork of this process; return its exit code, or minus its signal."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - as above
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def import_everything() -> None:
    """Load the whole package, so that no child has to."""
    import kiwoomctl

    for found in pkgutil.walk_packages(kiwoomctl.__path__, "kiwoomctl."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in ("encodings.idna", "encodings.utf_8_sig", "sqlite3"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


class Pipe:
    """A way for a child to say something short to its parent."""

    def __init__(self) -> None:
        self.near, self.far = os.pipe()

    def say(self) -> None:
        os.write(self.far, b".")

    def hear(self, patience: float) -> bool:
        ready, _, _ = select.select([self.near], [], [], patience)
        return bool(ready) and bool(os.read(self.near, 1))

    def close(self) -> None:
        os.close(self.near)
        os.close(self.far)


def side_by_side(
    run: Run,
    lanes: int,
    work: Callable[[Run, int], Iterable[None]],
) -> None:
    """Let lanes work side by side; each is told its number, and yields after parts of its work.

    What they find is added to the row. A lane that fails as a whole fails the row.
    """
    if lanes == 1:
        for _ in work(run, 0):
            pass
        return
    context = multiprocessing.get_context("fork")
    found: Any = context.SimpleQueue()

    def lane(number: int) -> None:
        own = Run(run.name, run.scale, run.house, told=False)
        try:
            for _ in work(own, number):
                found.put(own.give())
        except BaseException:  # noqa: BLE001 - whatever it is, the row has failed
            own.fail("broken", traceback.format_exc())
        found.put(own.give())
        found.put(None)

    processes = [context.Process(target=lane, args=(number,)) for number in range(lanes)]
    for process in processes:
        process.start()
    _gather(run, found, processes)
    for process in processes:
        process.join()


def _gather(run: Run, found: Any, processes: Sequence[Any]) -> None:
    """Take what lanes find until each has said that it is done."""
    left = len(processes)
    while left:
        if not found.empty():
            part = found.get()
            left -= part is None
            if part is not None:
                run.take(part)
        elif any(process.is_alive() for process in processes):
            time.sleep(0.02)
        elif found.empty():
            run.fail("broken", "a lane ended before its work was done")
            return
