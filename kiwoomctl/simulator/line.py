"""A live session's way out, and what every wire's live side can do; neither knows any wire.

Whoever carries the frames gives a ``wake``, which is called whenever there is something to
take, and ends the connection when ``end`` says so and nothing is left to take.

The caller holds the host's lock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from kiwoomctl.simulator.journal import Journal
from kiwoomctl.simulator.ticker import Ticker

if TYPE_CHECKING:
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.simulator.exchange import Exchange
    from kiwoomctl.simulator.faults import Faults

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


_Session = TypeVar("_Session", bound=Line)


class LiveSide(ABC, Generic[_Session]):
    """The live sessions of one wire."""

    def __init__(self, exchange: Exchange, faults: Faults, machine: Clock) -> None:
        self.exchange = exchange
        self.faults = faults
        self.machine = machine
        self.ticker = Ticker(exchange)
        self.sessions: list[_Session] = []
        """Those that are open."""
        self.opened = 0
        self.frames_sent = 0
        """Of sessions that have ended."""
        self._journal = Journal(exchange)

    def open(self, wake: Callable[[], None]) -> _Session:
        """Return a new session; ``wake`` is called when it has something to send."""
        if not self.sessions:
            # Nobody has listened: what lies behind is told to nobody.
            self._skip()
        self.opened += 1
        now = self.machine.monotonic()
        session = self._made(self.opened, now, wake)
        session.next_ping = now + self._ping_seconds
        self.sessions.append(session)
        return session

    def close(self, session: _Session) -> None:
        """Forget a session whose connection is gone."""
        if session in self.sessions:
            self.sessions.remove(session)
            self.frames_sent += session.frames_sent
        session.finish(0)

    def drop(self, appkey: str | None) -> int:
        """Cut the line of every session of a key, or of all; return how many."""
        cut = [s for s in self.sessions if s.end is None and appkey in (None, s.appkey)]
        for session in cut:
            session.finish(0)
        return len(cut)

    def clear(self) -> None:
        """Begin again: every session loses its line."""
        self.drop(None)
        self.ticker.clear()
        self._journal.skip()

    def heartbeats_anew(self) -> None:
        """Count the interval of heartbeats from now on, after it has been changed."""
        now = self.machine.monotonic()
        for session in self.sessions:
            session.next_ping = now + self._ping_seconds

    def shown(self) -> list[dict[str, Any]]:
        """Return the open sessions as the control plane shows them."""
        return [
            {
                "id": session.number,
                "appkey": session.appkey,
                **self._asked_for(session),
                "frames_sent": session.frames_sent,
            }
            for session in self.sessions
            if session.end is None
        ]

    def sent(self) -> int:
        """Return how many frames all sessions have sent."""
        return self.frames_sent + sum(session.frames_sent for session in self.sessions)

    def _skip(self) -> None:
        """Tell nobody what has happened up to now."""
        self._journal.news()

    def _end_by_fault(self) -> None:
        for session in self.sessions:
            if session.appkey is None or session.end is not None:
                continue
            if self.faults.take_live("bye", session.appkey) is not None:
                session.finish(NORMAL_CLOSE, "Bye")

    @property
    @abstractmethod
    def _ping_seconds(self) -> float:
        """How long after a heartbeat the next one is sent."""

    @abstractmethod
    def _made(self, number: int, opened_at: float, wake: Callable[[], None]) -> _Session:
        """Return a session of this wire."""

    @abstractmethod
    def _asked_for(self, session: _Session) -> dict[str, Any]:
        """Return what a session is told of, as the control plane shows it."""

    @abstractmethod
    def receive(self, session: _Session, text: str | bytes) -> None:
        """Take a client's frame."""

    @abstractmethod
    def heard(self, session: _Session) -> None:
        """Take a client's answer to a heartbeat that is no frame of text."""

    @abstractmethod
    def poll(self) -> None:
        """Tell everything that has happened up to now."""

    @abstractmethod
    def tell_orders(self) -> None:
        """Tell what has happened to orders."""
