"""One line on stderr that says what a command is busy with, where somebody watches.

It appears after half a second, is replaced by the next one, and is gone before anything else
is written. Several threads may report at once.
"""

from __future__ import annotations

import threading
import time
from typing import Final, TextIO

from kiwoomctl.locale import fill

AFTER: Final = 0.5
"""Seconds a command runs before it says how far it is."""
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """How many accounts have answered, and which wait for the rate limit."""

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        """Watch a command that begins now.

        Args:
            stream: where a terminal may be.
            silent: the person wants none of it.
        """
        self._stream = stream
        self._silent = silent
        self._began = time.monotonic()
        self._turn = threading.Lock()
        self._shown = False
        self._answered = ""
        self._waits: dict[str, tuple[float, str]] = {}

    def answered(self, done: int, chosen: int) -> None:
        """Show how many of the accounts have answered; called again and again until all have."""
        with self._turn:
            self._answered = ""
            if done < chosen:
                count = {"done": done, "chosen": chosen}
                self._answered = fill("{done} of {chosen} accounts", count)
                self._show(self._line())
            else:
                self._clear()

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Show that the rate limit makes a profile wait."""
        with self._turn:
            self._waits[profile] = (time.monotonic() + seconds, api_id)
            self._show(self._line(), ahead=seconds)

    def say(self, text: str) -> None:
        """Show what is waited for; it takes longer than half a second."""
        with self._turn:
            self._show(text, ahead=AFTER)

    def clear(self) -> None:
        """Take the line away: something else is written."""
        with self._turn:
            self._clear()

    def _line(self) -> str:
        """Return how far it is, and the longest wait: the others end before it."""
        now = time.monotonic()
        waits = [(until, name, api) for name, (until, api) in self._waits.items() if until > now]
        parts = [self._answered] if self._answered else []
        if waits:
            until, profile, api_id = max(waits)
            wait = {"profile": profile, "seconds": until - now, "api_id": api_id}
            parts.append(wait_text(wait))
        return " · ".join(parts)

    def _show(self, text: str, ahead: float = 0.0) -> None:
        if self._silent or not self._stream.isatty():
            return
        if time.monotonic() - self._began + ahead >= AFTER:
            self._stream.write(f"{_CLEAR}{text}")
            self._stream.flush()
            self._shown = True

    def _clear(self) -> None:
        if self._shown:
            self._stream.write(_CLEAR)
            self._shown = False


def wait_text(wait: dict[str, object]) -> str:
    """Return the sentence on a wait: its profile, seconds and api_id."""
    return fill("{profile}: waiting {seconds:.1f} s for the rate limit ({api_id})", wait)
