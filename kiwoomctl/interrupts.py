"""What ^C and other signals do to a command that sends orders.

Before anything was sent a signal ends the command. While an order is in flight the first ^C
only says so and waits on; a second one, TERM or HUP ends the wait. Nothing is cut in the
middle of a change of the ledger. On threads other than the main one signals are not touched.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, Self

_NUMBERS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last one is Windows' own
    if hasattr(signal, name)
)
_STDERR: Final = 2


class Stopped(KeyboardInterrupt):
    """A signal ended what was being done."""


class Interrupts:
    """The handlers of one command, from ``with`` to its end."""

    def __init__(self) -> None:
        self._former: dict[int, Any] = {}
        self._shields = 0
        self._pending: list[int] = []
        self._in_flight: str | None = None
        self._warned = False
        self._asked_to_stop = False
        self._finished = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                # What nohup ignores stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._former[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._finished:
            return
        for number, former in self._former.items():
            signal.signal(number, former)

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Let no signal cut the block; one that came counts right after it."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        while self._pending and not self._shields:
            self._act(self._pending.pop(0))

    @property
    def asked_to_stop(self) -> bool:
        """Whether ^C came while an order was in flight: nothing more is to be sent after it."""
        return self._asked_to_stop

    def finish(self) -> None:
        """What was done is told now, whatever signal comes until the process ends.

        A signal could only change the exit code, and with it what a script believes was done.
        """
        self._shields += 1
        self._finished = True

    def fly(self, what: str) -> None:
        """From now on an order is in flight; ``what`` tells it to whoever presses ^C."""
        self._in_flight = what
        self._warned = False

    def land(self) -> None:
        """Nothing is in flight any more."""
        self._in_flight = None

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._shields:
            self._pending.append(number)
        else:
            self._act(number)

    def _act(self, number: int) -> None:
        if self._in_flight is not None and number == signal.SIGINT and not self._warned:
            self._warned = self._asked_to_stop = True
            # Not through the stream: the signal may have come in the middle of a write to it.
            with contextlib.suppress(OSError):
                os.write(_STDERR, f"{self._in_flight}\n".encode())
            return
        raise Stopped
