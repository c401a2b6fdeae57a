"""The simulator in process: an httpx transport without a socket, for the demo.

Any base URL will do. The server's state lives in a private folder, so that one
command finds what another left; two processes take turns under an OS lock.
There is no rate limit. Faults that need a socket raise what a socket would have
made httpx raise. A ``trace`` extension hears the event with which a socket's
transport begins to send, and an exception of it means that nothing was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import Phrase
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.messages import Cut, Outcome, Reply, Request
from kiwoomctl.simulator.store import LOCK_FILE, LOCK_SECONDS, STATE_FILE, Store

_WHAT = Phrase("the simulator")
_SENDING = "http11.send_request_headers.started"


class EmbeddedTransport(httpx.BaseTransport):
    """Answers requests from a simulated server in this process; safe for threads."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self._store = Store(folder, host)
        self._turn = threading.Lock()
        with self._turn, self._store.lock.hold(LOCK_SECONDS, _WHAT):
            self._store.load()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request.

        Raises:
            httpx.TransportError: a fault says that the connection suffers.
        """
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in request.headers.raw
        }
        query = request.url.query.decode("ascii")
        asked = Request(request.method, request.url.path, headers, request.read(), query)
        trace = request.extensions.get("trace")
        if trace is not None:
            trace(_SENDING, {"request": request})
        with self.turn():
            outcome: Outcome = self.host.handle(asked)
        if isinstance(outcome, Cut):
            raise _socket_error(outcome, request)
        self._wait(outcome.delay, request)
        return _response(outcome, request)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the server's state to oneself: as it is on disk, and kept there afterwards.

        Raises:
            Busy: another process does not let go of it.
            StateError: the state cannot be used.
        """
        with self._turn, self._store.lock.hold(LOCK_SECONDS, _WHAT), self.host.lock:
            self._store.load()
            yield
            if self._store.is_behind:
                self._store.save()

    def _wait(self, seconds: float, request: httpx.Request) -> None:
        if seconds <= 0:
            return
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and seconds > patience:
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        self.host.machine.sleep(seconds)


def open_embedded(
    folder: Path,
    *,
    accounts: int = 3,
    positions: int = 5,
    seed: int = 1,
    clock: Clock | None = None,
    env: str = "real",
    kis: frozenset[int] = frozenset(),
) -> EmbeddedTransport:
    """Return the simulated server whose state lives in a folder (created, 0700).

    Args:
        folder: Where the state lives; another seed or size there begins anew.
        accounts: How many accounts, with keys ``sim-001-appkey`` and so on.
        positions: How many holdings each has.
        seed: What portfolios and prices are made from.
        clock: The machine's clock; the simulated market is open on its day or the
            next trading day.
        env: Whose rules the server follows: ``real`` or ``mock``.
        kis: The accounts, counted from 1, that speak KIS's wire; one server serves both.

    Raises:
        StateError: the folder or its state cannot be used.
        UsageError: a number is out of range.
    """
    options = HostOptions(
        accounts=accounts,
        positions=positions,
        seed=seed,
        rate="off",
        env=env,
        prices="moving",
        kis=kis,
    )
    return EmbeddedTransport(Host(options, clock or SystemClock()), folder)


def reset_embedded(folder: Path) -> None:
    """Bring back the seed state of the server whose state lives in a folder."""
    from kiwoomctl.files import ensure_folder
    from kiwoomctl.locks import FileLock

    ensure_folder(folder)
    with FileLock(folder / LOCK_FILE).hold(LOCK_SECONDS, _WHAT):
        (folder / STATE_FILE).unlink(missing_ok=True)


def _response(reply: Reply, request: httpx.Request) -> httpx.Response:
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        **reply.headers,
    }
    return httpx.Response(reply.status, headers=headers, content=reply.body, request=request)


def _socket_error(cut: Cut, request: httpx.Request) -> httpx.TransportError:
    if cut.how == "drop":
        return httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    if cut.how == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    return httpx.ReadTimeout("The read operation timed out", request=request)
