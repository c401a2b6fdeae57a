"""A live session of the simulator in process, without a socket, for the demo.

It has the four methods of a WebSocket connection that a client uses. Time passes in ``recv``:
there the state is read anew, so that orders placed by another process are told too.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from kiwoomctl.simulator.embedded import Embedded
    from kiwoomctl.simulator.line import Line, LiveSide

_POLL_SECONDS = 0.25


class EmbeddedLive:
    """A client's end of one session at a time; several threads may use it.

    Args:
        simulator: Whose server it is.
        broker: Whose wire is spoken: kiwoom or kis.
    """

    def __init__(self, simulator: Embedded, broker: str = "kiwoom") -> None:
        self._simulator = simulator
        self._broker = broker
        self._ready = threading.Event()
        self._session: Line | None = None

    @property
    def _live(self) -> LiveSide[Any]:
        return self._simulator.host.live_of(self._broker)

    def connect(self) -> None:
        """Open a session; one that is open is closed first."""
        self.close()
        with self._simulator.turn():
            self._session = self._live.open(self._ready.set)

    def send(self, text: str) -> None:
        """Send a frame.

        Raises:
            ConnectionError: the session is over.
        """
        session = self._open_session()
        with self._simulator.turn():
            self._live.receive(session, text)

    def recv(self, timeout: float | None = None) -> str:
        """Return the next frame.

        Args:
            timeout: Seconds to wait for one; None waits for good.

        Raises:
            TimeoutError: none came in time.
            ConnectionError: the session is over; it says why.
        """
        session = self._open_session()
        left = float("inf") if timeout is None else timeout
        while True:
            self._ready.clear()
            if not session.outbox:
                with self._simulator.turn():
                    self._live.poll()
            if session.outbox:
                return session.outbox.popleft()
            self._open_session()
            if left <= 0:
                raise TimeoutError("no frame came in time")
            part = min(left, _POLL_SECONDS)
            self._ready.wait(part)
            left -= part

    def close(self) -> None:
        """End the session; conditions stay registered, as at a real server."""
        session, self._session = self._session, None
        if session is not None:
            with self._simulator.turn():
                self._live.close(session)

    def _open_session(self) -> Line:
        """Return the session, unless nothing can come of it any more."""
        session = self._session
        if session is None:
            raise ConnectionError("not connected")
        end = session.end
        if end is not None and not session.outbox:
            self.close()
            raise ConnectionError(f"{end.code} {end.reason}".strip() if end.code else "cut off")
        return session
