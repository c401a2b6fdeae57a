"""The simulator in process, without a socket, for the demo.

The server's state lives in a private folder, so that one command finds what another left; two
processes take turns under an OS lock. There is no rate limit. Faults that need a socket raise
what a socket would have raised. ``embedded_http`` is the same as a transport of httpx.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import Phrase
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.messages import Cut, Outcome, Request
from kiwoomctl.simulator.store import LOCK_FILE, LOCK_SECONDS, STATE_FILE, Store

if TYPE_CHECKING:
    import httpx

_WHAT = Phrase("the simulator")
_SILENT = "The read operation timed out"


class Embedded:
    """A simulated server in this process; safe for threads."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self._store = Store(folder, host)
        self._turn = threading.Lock()
        with self._turn, self._store.lock.hold(LOCK_SECONDS, _WHAT):
            self._store.load()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes, patience: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers (names in lower case) and body of the reply to one request.

        Args:
            method: GET, POST or DELETE.
            target: Path and query.
            headers: Names in lower case.
            content: The body.
            patience: Seconds to wait for the reply.

        Raises:
            TimeoutError: It does not come in time.
            ConnectionAbortedError, ConnectionResetError: It never comes.
        """
        path, _, query = target.partition("?")
        with self.turn():
            outcome: Outcome = self.host.handle(Request(method, path, headers, content, query))
        if isinstance(outcome, Cut):
            raise _cut_off(outcome)
        if outcome.delay > 0:
            if outcome.delay > patience:
                raise TimeoutError(_SILENT)
            self.host.machine.sleep(outcome.delay)
        names = {
            "content-type": outcome.content_type,
            "content-length": str(len(outcome.body)),
            **{name.lower(): value for name, value in outcome.headers.items()},
        }
        return outcome.status, names, outcome.body

    def transport(self) -> httpx.BaseTransport:
        """Return this server as a transport of httpx."""
        from kiwoomctl.simulator.embedded_http import EmbeddedTransport

        return EmbeddedTransport(self)

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


def open_embedded(
    folder: Path,
    *,
    accounts: int = 3,
    positions: int = 5,
    seed: int = 1,
    clock: Clock | None = None,
    env: str = "real",
    kis: frozenset[int] = frozenset(),
) -> Embedded:
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
    return Embedded(Host(options, clock or SystemClock()), folder)


def reset_embedded(folder: Path) -> None:
    """Bring back the seed state of the server whose state lives in a folder."""
    from kiwoomctl.files import ensure_folder
    from kiwoomctl.locks import FileLock

    ensure_folder(folder)
    with FileLock(folder / LOCK_FILE).hold(LOCK_SECONDS, _WHAT):
        (folder / STATE_FILE).unlink(missing_ok=True)


def _cut_off(cut: Cut) -> OSError:
    if cut.how == "drop":
        return ConnectionAbortedError("Server disconnected without sending a response.")
    if cut.how == "reset":
        return ConnectionResetError("[Errno 104] Connection reset by peer")
    return TimeoutError(_SILENT)
