"""The simulator over a loopback socket: REST and control plane on one port.

Only 127.0.0.1 is bound, and only requests for a loopback name are served, so
that no web page can reach it through a name of its own.

Faults of the connection are real here: a dropped connection is closed without a
reply, a reset one ends with RST, a hanging one stays silent until its time is
over, the client leaves or the server stops.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import Phrase, Unavailable, UsageError
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.host import Host, HostOptions, kis_accounts
from kiwoomctl.simulator.messages import Cut, Outcome, Reply, Request
from kiwoomctl.simulator.store import LOCK_SECONDS, Store

if TYPE_CHECKING:
    from kiwoomctl.simulator.socket_server import SocketServer

_ADDRESS = "127.0.0.1"
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LARGEST_PORT = 65_535
_LARGEST_BODY = 1_000_000
_HANG_CHECK_SECONDS = 0.1
_STOP_CHECK_SECONDS = 0.5
_HTTP_FORBIDDEN = 403
_HTTP_LENGTH_REQUIRED = 411
_HTTP_TOO_LARGE = 413
_HTTP_TOO_MANY = 429
# struct linger has two ints, on Windows two shorts.
_LINGER_NOT_AT_ALL = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What ``sim serve`` can be told; the defaults are those of the command line."""

    port: int = 0
    """0 lets the system choose."""
    ws_port: int = 0
    """Of the live sessions; 0 lets the system choose."""
    accounts: int = 3
    positions: int = 5
    seed: int = 1
    latency_ms: int = 0
    """Milliseconds that every TR's reply waits."""
    rate: str = "terms"
    env: str = "mock"
    clock: str = "open"
    reissue: str = "supersede"
    prices: str = "still"
    lenient: bool = False
    """Whether order types may have two digits, ``00`` for ``0``."""
    broker: str = "kiwoom"
    """Whose wire the accounts speak: kiwoom or kis."""
    state_dir: Path | None = None
    """Where the server's state is kept; None keeps nothing."""


class SimulatorServer:
    """A served simulator: started when made, stopped by ``close`` or the end of a with block.

    Raises:
        UsageError: an option is not possible; it names the value.
        Unavailable: the port is in use.
    """

    def __init__(self, options: ServeOptions | None = None, machine: Clock | None = None) -> None:
        options = options or ServeOptions()
        _check(options)
        self.options = options
        self.host = Host(
            HostOptions(
                accounts=options.accounts,
                positions=options.positions,
                seed=options.seed,
                rate=options.rate,
                env=options.env,
                clock=options.clock,
                reissue=options.reissue,
                prices=options.prices,
                lenient=options.lenient,
                kis=kis_accounts(options.broker, options.accounts),
            ),
            machine or SystemClock(),
        )
        self._store = None if options.state_dir is None else Store(options.state_dir, self.host)
        if self._store is not None:
            with self._store.lock.hold(LOCK_SECONDS, Phrase("the simulator")):
                self._store.load()
        self.stopping = threading.Event()
        self._listener = _listen(options.port, self)
        self.port = int(self._listener.server_address[1])
        self.url = f"http://{_ADDRESS}:{self.port}"
        self.host.url = self.url
        try:
            self._sockets = _listen_live(options.ws_port, self)
        except Unavailable:
            self._listener.server_close()
            raise
        self.ws_url = self._sockets.url
        self.host.ws_url = self.ws_url
        self.host.ws_urls = self._sockets.urls
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="simulator",
            daemon=True,
        )
        self._thread.start()

    @property
    def exchange(self) -> Exchange:
        """The core behind the wire."""
        return self.host.exchange

    def signing_in(self, name: str) -> tuple[str, ...]:
        """Return what stands after ``kiwoomctl`` to sign its first account in, as a profile."""
        account = next(iter(self.exchange.accounts.values()))
        words = ["login", name, "--environment", "sim", "--url", self.url]
        if account.broker == "kis":
            from kiwoomctl.simulator.kis.identity import written_account

            words += ["--broker", account.broker, "--account", written_account(account)]
        return tuple(words)

    def handle(self, request: Request) -> Outcome:
        """Answer one request and keep what it changed."""
        outcome = self.host.handle(request)
        self.keep()
        return outcome

    def keep(self) -> None:
        """Save what has changed since the last time."""
        store = self._store
        if store is not None and store.is_behind:
            with self.host.lock, store.lock.hold(LOCK_SECONDS, Phrase("the simulator")):
                store.save()

    def close(self) -> None:
        """Stop serving and end every connection."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._sockets.close()
        self._listener.shutdown()
        self._listener.end_connections()
        self._listener.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(
    options: ServeOptions,
    ready: Callable[[dict[str, Any]], None],
    guide: Callable[[SimulatorServer], None] = lambda _server: None,
) -> None:
    """Serve until SIGINT or SIGTERM; runs in the main thread.

    Args:
        options: What to serve.
        ready: Called once with ``url``, ``ws_url`` and ``pid``.
        guide: Called once after that, to tell a person what to do with it.

    Raises:
        UsageError: an option is not possible.
        Unavailable: the port is in use.
    """
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        asked_to_stop.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with SimulatorServer(options) as server:
            ready({"url": server.url, "ws_url": server.ws_url, "pid": os.getpid()})
            guide(server)
            # With a limit, because a wait without one hears no signal on Windows.
            while not asked_to_stop.wait(_STOP_CHECK_SECONDS):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # The default of 5 refuses a crowd of clients that all connect at once.
    request_queue_size = 256

    def __init__(self, port: int, simulator: SimulatorServer) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((_ADDRESS, port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Remember each connection, so that the end of the server ends it."""
        connection, address = super().get_request()
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """End what is still open; its thread then ends by itself."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that leave; anything else is a bug and is shown."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Listener

    def answer(self) -> None:
        """Answer one request of any method."""
        simulator = self.server.simulator
        if not _is_loopback(self.headers.get("Host", "")):
            self._refuse(_HTTP_FORBIDDEN, "only loopback names are served")
            return
        if self.headers.get("Transfer-Encoding"):
            self._refuse(_HTTP_LENGTH_REQUIRED, "send a Content-Length")
            return
        try:
            length = max(0, int(self.headers.get("Content-Length") or 0))
        except ValueError:
            length = 0
        if length > _LARGEST_BODY:
            self._refuse(_HTTP_TOO_LARGE, "the body is too large")
            return
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        outcome = simulator.handle(Request(self.command, path, headers, body, query))
        if isinstance(outcome, Cut):
            self._cut(outcome)
            return
        latency = 0.0 if path.startswith("/_sim/") else simulator.options.latency_ms / 1_000
        if latency + outcome.delay > 0:
            simulator.stopping.wait(latency + outcome.delay)
        self._send(outcome)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Write nothing: whoever wants to know asks the control plane."""

    def _send(self, reply: Reply) -> None:
        # The real server gives no reason phrase with a refused rate.
        self.send_response_only(reply.status, "" if reply.status == _HTTP_TOO_MANY else None)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        body = f'{{"error": "{message}"}}'.encode()
        self._send(Reply(status, body, headers={"Connection": "close"}))

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut.how == "hang":
            self._hang(cut.seconds)
        if cut.how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
            # A plain close would wait for the handler's files and send FIN before RST.
            socket.close(self.connection.detach())

    def _hang(self, seconds: float) -> None:
        """Stay silent until the time is over, the client has left, or the server stops."""
        stopping = self.server.simulator.stopping
        left = seconds
        self.connection.settimeout(_HANG_CHECK_SECONDS)
        while left > 0 and not stopping.is_set():
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
                stopping.wait(_HANG_CHECK_SECONDS)
            except TimeoutError:
                pass
            except OSError:
                return
            left -= _HANG_CHECK_SECONDS


def _listen(port: int, simulator: SimulatorServer) -> _Listener:
    try:
        return _Listener(port, simulator)
    except OSError as exc:
        raise Unavailable(
            "the simulator cannot listen on port {port}: {reason}",
            hint="choose another port, or --port 0 for any free one",
            code="port_in_use",
            port=port,
            reason=exc.strerror or str(exc),
        ) from exc


def _listen_live(port: int, simulator: SimulatorServer) -> SocketServer:
    from kiwoomctl.simulator.socket_server import SocketServer

    try:
        return SocketServer(simulator.host, port, simulator.keep)
    except OSError as exc:
        raise Unavailable(
            "the simulator cannot listen on port {port}: {reason}",
            hint="choose another port, or --ws-port 0 for any free one",
            code="port_in_use",
            port=port,
            reason=exc.strerror or str(exc),
        ) from exc


def _check(options: ServeOptions) -> None:
    if not 0 <= options.port <= _LARGEST_PORT:
        raise UsageError("--port {port} is not possible", hint="use 0 to 65535", port=options.port)
    if not 0 <= options.ws_port <= _LARGEST_PORT:
        raise UsageError(
            "--ws-port {port} is not possible", hint="use 0 to 65535", port=options.ws_port
        )
    if options.latency_ms < 0:
        raise UsageError(
            "--latency-ms {latency_ms} is not possible",
            hint="use 0 or more milliseconds",
            latency_ms=options.latency_ms,
        )


def _is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower() in _LOOPBACK_NAMES
