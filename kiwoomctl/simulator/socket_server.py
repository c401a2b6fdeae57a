"""Live sessions over a loopback WebSocket; the only place that knows the library.

A thread reads each connection, another writes what its session has to say, and one for all
lets time pass while anybody is connected. Only loopback names and origins are served. The
heartbeat is the protocol's own: no pings of the WebSocket are sent.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host
    from kiwoomctl.simulator.line import Line

PATH = "/api/dostk/websocket"
KIS_PATH = "/tryitout"

_PATHS = {"kiwoom": PATH, "kis": KIS_PATH}
_ADDRESS = "127.0.0.1"
_POLL_SECONDS = 0.05
_CLOSE_SECONDS = 1.0
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class SocketServer:
    """Live sessions of one host on a port: started when made, stopped by ``close``.

    Args:
        host: Whose sessions they are.
        port: 0 lets the system choose.
        keep: Called after time has passed; it saves what that has changed.

    Raises:
        OSError: the port cannot be used.
    """

    def __init__(self, host: Host, port: int, keep: Callable[[], None]) -> None:
        self.host = host
        self._keep = keep
        self._stopping = threading.Event()
        self._busy = threading.Event()
        self._serving: set[threading.Thread] = set()
        connections = self._connections = WeakSet[ServerConnection]()

        class Connection(ServerConnection):
            """A connection that the server can find before its handshake is done."""

            # Of the class: a thread reads before the making is done.
            heard: Callable[[], None] | None = None

            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                connections.add(self)

            def process_event(self, event: Event) -> None:
                """Tell of a pong: some clients answer a heartbeat with one."""
                super().process_event(event)
                heard = self.heard
                if heard and isinstance(event, Frame) and event.opcode is Opcode.PONG:
                    heard()

        self._server: Server = serve(
            self._serve,
            _ADDRESS,
            port,
            process_request=self._check,
            compression=None,
            ping_interval=None,
            close_timeout=_CLOSE_SECONDS,
            server_header=None,
            create_connection=Connection,
        )
        self.port = int(self._server.socket.getsockname()[1])
        self.urls = {
            broker: f"ws://{_ADDRESS}:{self.port}{_PATHS[broker]}" for broker in host.brokers
        }
        """Where each broker's live sessions are."""
        self.url = self.urls[host.brokers[0]]
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in (
                (self._server.serve_forever, "simulator live"),
                (self._pass_time, "simulator time"),
            )
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop serving; every session loses its line."""
        self._stopping.set()
        self._busy.set()
        with self.host.lock:
            for live in self.host.lives():
                live.drop(None)
            serving = list(self._serving)
        for connection in list(self._connections):
            _cut(connection)
        for thread in serving:
            # The library looks for their end but every tenth of a second.
            thread.join(_CLOSE_SECONDS)
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def _pass_time(self) -> None:
        while not self._stopping.is_set():
            self._busy.wait()
            with self.host.lock:
                connected = [live for live in self.host.lives() if live.sessions]
                for live in connected:
                    live.poll()
                if not connected:
                    self._busy.clear()
            self._keep()
            self._stopping.wait(_POLL_SECONDS)

    def _serve(self, connection: Any) -> None:
        line = _Line(connection)
        with self.host.lock:
            # The first of a wire makes its live side: two at once must not make two.
            live = self.host.live_of(_broker(connection.request.path))
            session = line.session = live.open(line.wake)
            self._serving.add(threading.current_thread())

        def heard() -> None:
            with self.host.lock:
                live.heard(session)

        connection.heard = heard
        self._busy.set()
        if self._stopping.is_set():
            session.finish(0)
        writer = threading.Thread(target=line.write, name="simulator writer", daemon=True)
        writer.start()
        try:
            for frame in connection:
                with self.host.lock:
                    live.receive(session, frame)
        except ConnectionClosed:
            pass
        finally:
            with self.host.lock:
                live.close(session)
            writer.join()
            with self.host.lock:
                self._serving.discard(threading.current_thread())

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse what is not asked for under a loopback name and at a right path."""
        origin = request.headers.get("Origin")
        names = [urlsplit(f"//{request.headers.get('Host', '')}").hostname]
        if origin is not None:
            names.append(urlsplit(origin).hostname)
        if not all(name in _LOOPBACK_NAMES for name in names):
            return connection.respond(HTTPStatus.FORBIDDEN, "only loopback names are served\n")
        if _broker(request.path) not in self.host.brokers:
            paths = " and ".join(_PATHS[broker] for broker in self.host.brokers)
            return connection.respond(HTTPStatus.NOT_FOUND, f"there is only {paths}\n")
        return None


class _Line:
    """One connection's way out: what its session says, in a thread of its own."""

    def __init__(self, connection: ServerConnection) -> None:
        self.session: Line | None = None
        self._connection = connection
        self._ready = threading.Event()

    def wake(self) -> None:
        """Let the writer look; a line that is cut is cut at once, even amid a frame."""
        session = self.session
        if session is not None and session.end is not None and not session.end.code:
            _cut(self._connection)
        self._ready.set()

    def write(self) -> None:
        """Send what the session has to say until it ends."""
        session = self.session
        while session is not None:
            self._ready.wait()
            self._ready.clear()
            # Asked first: what it says before it ends is still sent.
            end = session.end
            with contextlib.suppress(ConnectionClosed, OSError):
                while session.outbox:
                    # Whoever cuts the line empties the outbox meanwhile.
                    with contextlib.suppress(IndexError):
                        self._connection.send(session.outbox.popleft())
                if end is not None and end.code:
                    self._connection.close(end.code, end.reason)
            if end is not None:
                return


def _cut(connection: ServerConnection) -> None:
    """End a connection without a farewell: its client hears of no close frame."""
    with contextlib.suppress(OSError):
        connection.socket.shutdown(socket.SHUT_RDWR)


def _broker(path: str) -> str:
    """Return whose wire a path belongs to; nothing for nobody's.

    KIS's is named in three ways: with a TR behind it, alone, or not at all.
    """
    path = path.partition("?")[0]
    if path == PATH:
        return "kiwoom"
    return "kis" if path in ("/", KIS_PATH) or path.startswith(f"{KIS_PATH}/") else ""
