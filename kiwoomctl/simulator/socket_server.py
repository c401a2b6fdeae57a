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
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from kiwoomctl.simulator.kiwoom.session import End, Session

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host

PATH = "/api/dostk/websocket"

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
        self._server: Server = serve(
            self._serve,
            _ADDRESS,
            port,
            process_request=_check,
            compression=None,
            ping_interval=None,
            close_timeout=_CLOSE_SECONDS,
            server_header=None,
        )
        self.port = int(self._server.socket.getsockname()[1])
        self.url = f"ws://{_ADDRESS}:{self.port}{PATH}"
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
            self.host.live.drop(None)
            serving = list(self._serving)
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
                if self.host.live.sessions:
                    self.host.live.poll()
                else:
                    self._busy.clear()
            self._keep()
            self._stopping.wait(_POLL_SECONDS)

    def _serve(self, connection: ServerConnection) -> None:
        ready = threading.Event()
        with self.host.lock:
            session = self.host.live.open(ready.set)
            self._serving.add(threading.current_thread())
        self._busy.set()
        if self._stopping.is_set():
            session.finish(0)
        writer = threading.Thread(
            target=_write, args=(connection, session, ready), name="simulator writer", daemon=True
        )
        writer.start()
        try:
            for frame in connection:
                with self.host.lock:
                    self.host.live.receive(session, frame)
        except ConnectionClosed:
            pass
        finally:
            with self.host.lock:
                self.host.live.close(session)
                self._serving.discard(threading.current_thread())
            writer.join()


def _write(connection: ServerConnection, session: Session, ready: threading.Event) -> None:
    """Send what a session has to say until it ends."""
    with contextlib.suppress(ConnectionClosed, OSError):
        while True:
            ready.wait()
            ready.clear()
            # Asked first: what it says before it ends is still sent.
            end = session.end
            while session.outbox:
                # Whoever cuts the line empties the outbox meanwhile.
                with contextlib.suppress(IndexError):
                    connection.send(session.outbox.popleft())
            if end is not None:
                _finish(connection, end)
                return


def _finish(connection: ServerConnection, end: End) -> None:
    if end.code:
        connection.close(end.code, end.reason)
        return
    with contextlib.suppress(OSError):
        # Without a farewell: the client hears of no close frame.
        connection.socket.shutdown(socket.SHUT_RDWR)


def _check(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse what is not asked for under a loopback name and at the right path."""
    origin = request.headers.get("Origin")
    names = [urlsplit(f"//{request.headers.get('Host', '')}").hostname]
    if origin is not None:
        names.append(urlsplit(origin).hostname)
    if not all(name in _LOOPBACK_NAMES for name in names):
        return connection.respond(HTTPStatus.FORBIDDEN, "only loopback names are served\n")
    if request.path.partition("?")[0] != PATH:
        return connection.respond(HTTPStatus.NOT_FOUND, f"there is only {PATH}\n")
    return None
