"""A command that goes on and brings lines of JSON as something happens."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.cli.conftest import Ran
from tests.cli.starter import Starter, wait_until


class Running:
    """A command under way, its lines read as they come."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._command = Starter.shared().start(words, os.environ, folder)
        self._file = self._command.out.open("rb")
        self._part = b""
        self._lines: list[dict[str, Any]] = []
        self._ran: Ran | None = None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every whole line that has come and was not forgotten."""
        if not self._file.closed:
            *whole, self._part = (self._part + self._file.read()).split(b"\n")
            self._lines += map(json.loads, whole)
        return self._lines

    @property
    def err(self) -> str:
        return self._ran.err if self._ran else self._command.err.read_text("utf-8")

    def told(self, text: str, times: int = 1) -> None:
        """Wait until stderr has said so."""
        wait_until(lambda: sum(text in line for line in self.err.splitlines()) >= times)

    def brought(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many lines have come."""
        wait_until(lambda: len(self.lines) >= count)
        return self.lines

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a line."""
        wait_until(lambda: any(map(wanted, self.lines)))
        return next(filter(wanted, self.lines))

    def forget(self) -> None:
        """Forget the lines that have come."""
        self.lines.clear()

    def signal(self, number: signal.Signals) -> int:
        self._command.signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return its exit code."""
        if self._ran is None:
            self._ran = self._command.end()
            with self._file:
                assert self.lines is self._lines
        return self._ran.code

    def kill(self) -> None:
        """End it in any case."""
        if self._ran is None:
            self.signal(signal.SIGKILL)


@contextmanager
def running(*words: str) -> Iterator[Running]:
    """Start a command that ends with the block at the latest."""
    with TemporaryDirectory() as folder:
        command = Running(Path(folder), *words)
        try:
            yield command
        finally:
            command.kill()
