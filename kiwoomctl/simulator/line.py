"""A live session's way out, and what every wire's live side can do; neither knows any wire.

Whoever carries the frames gives a ``wake``, which is called whenever there is something to
take, and ends the connection when ``end`` says so and nothing is left to take.

The caller holds the host's lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from kiwoomctl.simulator.ticker import Ticker

NORMAL_CLOSE = 1000
MOST_WAITING = 100_000
"""Frames that may wait for a client before it is dropped."""


class End(NamedTuple):
    """How a session ends: with a close frame, or, where ``code`` is 0, by losing its line."""

    code: int
    reason: str = ""


@dataclass(eq=False, kw_only=True)
class Line:
    """One connection's state, as far as no wire matters."""

    number: int
    opened_at: float
    """Monotonic seconds."""
    wake: Callable[[], None]
    appkey: str | None = None
    """Whose session it is; None before anybody has said so."""
    outbox: deque[str] = field(default_factory=deque)
    end: End | None = None
    frames_sent: int = 0
    unheard_pings: int = 0
    next_ping: float = 0.0

    def send_text(self, text: str) -> None:
        """Put a frame into the outbox; a session that has ended takes none."""
        if self.end is not None:
            return
        self.outbox.append(text)
        self.frames_sent += 1
        if len(self.outbox) > MOST_WAITING:
            self.finish(0)
        self.wake()

    def finish(self, code: int, reason: str = "") -> None:
        """End the session once everything before is sent; at once with code 0."""
        if self.end is None:
            self.end = End(code, reason)
        if not code:
            self.outbox.clear()
        self.wake()


class LiveSide(Protocol):
    """The live sessions of one wire."""

    ticker: Ticker
    opened: int

    @property
    def sessions(self) -> Sequence[Line]:
        """Those that are open."""

    def open(self, wake: Callable[[], None]) -> Line:
        """Return a new session; ``wake`` is called when it has something to send."""

    def receive(self, session: Any, text: str | bytes) -> None:
        """Take a client's frame."""

    def heard(self, session: Any) -> None:
        """Take a client's answer to a heartbeat that is no frame of text."""

    def close(self, session: Any) -> None:
        """Forget a session whose connection is gone."""

    def drop(self, appkey: str | None) -> int:
        """Cut the line of every session of a key, or of all; return how many."""

    def poll(self) -> None:
        """Tell everything that has happened up to now."""

    def tell_orders(self) -> None:
        """Tell what has happened to orders."""

    def clear(self) -> None:
        """Begin again: every session loses its line."""

    def shown(self) -> list[dict[str, Any]]:
        """Return the open sessions as the control plane shows them."""

    def sent(self) -> int:
        """Return how many frames all sessions have sent."""
