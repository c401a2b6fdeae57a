"""Commands as children of one process that has loaded the program, piped or on a terminal.

Hundreds of them run in the time of ten; each has its own files, its own signals and, where a
person is asked, its own terminal.
"""

from __future__ import annotations

import atexit
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.cli.conftest import PATIENCE, Ran

LOADED = """
import gc, json, os, pkgutil, sys
from importlib import import_module

import concurrent.futures.thread, csv, encodings.idna, httpcore, httpx, tomllib
import kiwoomctl

# Whatever a command imports when it needs it is there already.
for module in pkgutil.walk_packages(kiwoomctl.__path__, "kiwoomctl."):
    if "__main__" not in module.name and ".simulator" not in module.name:
        import_module(module.name)

gc.freeze()
"""
_STARTER = (
    LOADED
    + """
from kiwoomctl.__main__ import main

for line in sys.stdin:
    asked = json.loads(line)
    if "words" not in asked:
        print(os.waitstatus_to_exitcode(os.waitpid(asked["pid"], 0)[1]), flush=True)
        continue
    opened, opening = os.pipe()
    child = os.fork()
    if child == 0:
        # A terminal becomes the one that ^C is typed at.
        os.setsid()
        for descriptor, path in enumerate(asked["files"]):
            flags = os.O_RDWR | os.O_CREAT if descriptor else os.O_RDWR
            os.dup2(os.open(path, flags, 0o600), descriptor)
        os.close(opening)
        os.environ.clear()
        os.environ.update(asked["env"])
        told = os.environ.get("PYTHONIOENCODING")
        sys.stdin, sys.stdout = open(0, encoding=told), open(1, "w", encoding=told)
        sys.stderr = open(2, "w", 1, encoding=told)
        os.chdir(asked["cwd"] or ".")
        sys.argv = ["kiwoomctl", *asked["words"]]
        main()
        os._exit(0)
    # It is told of when its files are open: whoever asked may close a terminal then.
    os.close(opening)
    os.read(opened, 1)
    os.close(opened)
    print(child, flush=True)
"""
)


class Starter:
    """Runs commands, each in a child process of its own, without starting Python again."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _STARTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), "LC_ALL": "C.UTF-8"},
        )

    @staticmethod
    @cache
    def shared() -> Starter:
        """Return the one of this run of the tests; it ends with them."""
        starter = Starter()
        atexit.register(starter.close)
        return starter

    def close(self) -> None:
        with self._process:
            pass

    def start(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        terminal: str | None = None,
        stdin: Path | None = None,
        cwd: Path | None = None,
    ) -> Command:
        """Start a command on a terminal, or piped into files with nobody to be asked.

        Args:
            words: the command line.
            env: all of its environment.
            folder: where its output goes.
            terminal: its name; None for pipes.
            stdin: what is typed ahead; None for nothing.
            cwd: the working folder; None for that of the tests.
        """
        folder = Path(mkdtemp(dir=folder))
        names = [folder / "out", folder / "err"]
        files = [terminal] * 3 if terminal else [str(stdin or os.devnull), *map(str, names)]
        pid = self._ask(
            words=list(words), env=dict(env), files=files, cwd=None if cwd is None else str(cwd)
        )
        return Command(self, pid, *names)

    def wait(self, pid: int) -> int:
        """Wait for a command's end; return its exit code, negative for a signal."""
        return self._ask(pid=pid)

    def _ask(self, **asked: Any) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], PATIENCE)
        if not ready:
            os.kill(asked["pid"], signal.SIGKILL)
        answer = int(stdout.readline())
        assert ready, "it never ended"
        return answer


@dataclass(frozen=True)
class Command:
    """A command under way."""

    starter: Starter
    pid: int
    out: Path
    err: Path

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def until_said(self, text: str) -> None:
        """Wait until stderr has this text."""
        wait_until(lambda: self.err.exists() and text in self.err.read_text("utf-8"))

    def end(self) -> Ran:
        """Wait for its end; return what it left behind."""
        code = self.starter.wait(self.pid)
        return Ran(code, self.out.read_text("utf-8"), self.err.read_text("utf-8"))


def quick_run(folder: Path) -> Callable[..., Ran]:
    """Return what runs commands piped, each a child of the shared process."""

    def run(*words: str, env: Mapping[str, str] | None = None) -> Ran:
        return Starter.shared().start(words, {**os.environ, **(env or {})}, folder).end()

    return run


def wait_until(true: Callable[[], Any]) -> None:
    """Ask again and again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        # Whoever is waited for needs the processor.
        time.sleep(0.001)


@dataclass
class Terminal:
    """A command on a terminal, and somebody who types into it."""

    command: Command
    near: int
    said: str = ""
    insists: bool = False
    """Whether ^C is pressed until something comes of it."""
    _decoder: IncrementalDecoder = field(default_factory=getincrementaldecoder("utf-8"))

    @classmethod
    def start(
        cls,
        starter: Starter,
        words: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        columns: int = 120,
    ) -> Terminal:
        near, far = pty.openpty()
        termios.tcsetwinsize(far, (50, columns))
        shown = {**env, "TERM": "xterm-256color"}
        command = starter.start(words, shown, folder, os.ttyname(far))
        os.close(far)
        return cls(command, near)

    def until(self, text: str) -> str:
        """Read until a text was said; return all that was said so far."""
        while text not in self.said:
            assert self._read(), self.said
        return self.said

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())

    def interrupt(self) -> None:
        """Press ^C, and again where nothing comes of it.

        One that falls between a prompt and the wait for its answer is heard after the answer only.
        """
        self.type("\x03")
        self.insists = True

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and all that was said."""
        while self._read():
            pass
        os.close(self.near)
        return self.command.starter.wait(self.command.pid), self.said

    def _read(self) -> bool:
        ready: list[int] = []
        for _ in range(PATIENCE):
            ready, _, _ = select.select([self.near], [], [], 1)
            if ready:
                break
            if self.insists:
                self.type("\x03")
        assert ready, f"nothing more was said: {self.said}"
        try:
            chunk = os.read(self.near, 65536)
        except OSError:  # Linux reports the end of a terminal as an error
            return False
        self.said = (self.said + self._decoder.decode(chunk)).replace("\r\n", "\n")
        return bool(chunk)
