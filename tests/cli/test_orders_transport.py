"""Orders over a broken way to the broker: not sent is told from lost, and the key knows it."""

from __future__ import annotations

import signal
import socket
import sqlite3
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, Room, the_error, the_row
from tests.cli.starter import wait_until

RST = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    # One account: its reads go over one connection, each order over a fresh one.
    with ordering.room(accounts=1) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


class Way:
    """A port that leads to the simulator, until something happens to it."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._stack = ExitStack()
        self.port = 0
        self.released = threading.Event()
        """Set to let those through who were ignored."""

    @contextmanager
    def open(self, then: str = "") -> Iterator[None]:
        """Lead on; after the first connection ``close``, ``reset`` or ``ignore`` the others."""
        with ExitStack() as self._stack:
            listener = self._stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(0 if then == "ignore" else 16)
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listener, then), daemon=True)
            thread.start()
            self.released.clear()
            yield
            self.released.set()
            # Wakes up who waits for another connection.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _accept(self, listener: socket.socket, then: str) -> None:
        for place in count():
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self._stack.enter_context(near)
            if place and then == "reset":
                near.recv(1)
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                near.close()
                continue
            far = self._stack.enter_context(socket.create_connection(("127.0.0.1", self._to)))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()
            if then == "close":
                listener.close()
                return
            if then == "ignore" and place == 0:
                self._fill_up(listener)
                self.released.wait()

    def _fill_up(self, listener: socket.socket) -> None:
        """Let so many connections wait that the next one is not even answered."""
        for _ in range(4):
            waiting = self._stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def way(desk: Desk) -> Way:
    """Put a way to the simulator into the profiles, its port known."""
    way = Way(desk.room.server.port)
    with way.open():
        pass
    path = desk.home / "profiles.toml"
    path.write_text(path.read_text("utf-8").replace(desk.url, f"http://127.0.0.1:{way.port}"))
    return way


def states(desk: Desk, way: Way) -> list[str]:
    return desk.states(port=way.port)


def test_a_server_that_is_not_there_is_exit_10(desk: Desk, way: Way) -> None:
    ran = desk.buy("--id", "key")
    assert (ran.code, the_row(ran)["state"]) == (10, "not_sent"), ran.err
    assert the_error(ran)["safe_to_retry"] is True
    assert states(desk, way) == []
    with way.open():
        assert the_row(desk.buy("--id", "key"))["state"] == "accepted"
    assert desk.sent() == 1
    # A key that binds is answered without the broker.
    ran = desk.buy("--id", "key")
    assert (ran.code, the_row(ran)["replayed"]) == (0, True), ran.err


def test_a_connection_that_is_refused_sends_nothing_and_frees_the_key(desk: Desk, way: Way) -> None:
    with way.open("close"):
        ran = desk.buy("--id", "key", *QUICK)
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (10, "not_sent", "no_connection")
    assert (desk.sent(), states(desk, way)) == (0, ["NOT_SENT"])
    with way.open():
        again = the_row(desk.buy("--id", "key"))
    assert (again["state"], again["replayed"]) == ("accepted", False)
    assert again["order_id"] == row["order_id"]
    assert (desk.sent(), states(desk, way)) == (1, ["NOT_SENT", "ACCEPTED"])


def test_an_order_that_appeared_meanwhile_is_taken_for_it_and_nothing_is_sent(
    desk: Desk, way: Way
) -> None:
    """The second attempt keeps the first one's before-set: whatever came since may be it."""
    with way.open("close"):
        assert desk.buy("--id", "key").code == 10
    number = desk.foreign()
    with way.open():
        ran = desk.buy("--id", "key", *QUICK)
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    assert the_row(ran)["broker_order_id"] == number
    assert (desk.sent(), states(desk, way)) == (0, ["NOT_SENT", "MATCHED"])


def test_lists_that_cannot_be_read_leave_a_second_attempt_unknown(desk: Desk, way: Way) -> None:
    with way.open("close"):
        assert desk.buy("--id", "key").code == 10
    desk.fault("zero_pl", "kt00007", count=1)  # lets the preview's read through
    desk.fault("ip_mismatch", "kt00007")
    with way.open():
        ran = desk.buy("--id", "key", *QUICK)
        assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
        assert (desk.sent(), states(desk, way)) == (0, ["NOT_SENT", "UNKNOWN"])
        desk.heal()
        assert desk.order("resolve", *QUICK).code == 5
    assert (desk.sent(), states(desk, way)) == (0, ["NOT_SENT", "UNKNOWN"])


def test_a_connection_that_breaks_at_the_first_byte_is_unknown(desk: Desk, way: Way) -> None:
    with way.open("reset"):
        ran = desk.buy(*QUICK)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert the_row(ran)["reason_code"] == "connection_broke"
    assert (desk.sent(), states(desk, way)) == (0, ["UNKNOWN"])


def test_a_process_that_was_killed_before_the_first_byte_sent_nothing(desk: Desk, way: Way) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low))
    with way.open("ignore"):
        process = desk.start(*words)
        wait_until(lambda: states(desk, way) == ["PREPARED"])
        process.signal(signal.SIGKILL)
        assert process.starter.wait(process.pid) == -signal.SIGKILL
    with way.open():
        assert the_row(desk.buy(quantity=4))["state"] == "accepted"
    assert (desk.sent(), states(desk, way)) == (1, ["ABANDONED", "ACCEPTED"])


@pytest.mark.parametrize(("harm", "code"), [("halt", 7), ("ledger", 8)])
def test_the_last_look_before_the_first_byte_can_still_stop_it(
    desk: Desk, way: Way, harm: str, code: int
) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "-o", "json")
    with way.open("ignore"):
        process = desk.start(*words)
        wait_until(lambda: states(desk, way) == ["PREPARED"])
        if harm == "halt":
            assert desk.run("halt").code == 0
        else:
            with closing(sqlite3.connect(desk.world(way.port) / "ledger.sqlite3")) as base:
                base.execute("ALTER TABLE events RENAME TO gone")
                base.commit()
        way.released.set()
        ran = process.end()
    assert (ran.code, desk.sent()) == (code, 0), ran.err
    assert the_row(ran)["state"] in {"refused", "not_sent"}
    assert states(desk, way) == (["ABANDONED"] if harm == "halt" else ["PREPARED"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_first_byte_abandons(
    desk: Desk, way: Way, number: signal.Signals
) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "--id", "key", "-o", "json")
    with way.open("ignore"):
        process = desk.start(*words)
        wait_until(lambda: states(desk, way) == ["PREPARED"])
        process.signal(number)
        ran = process.end()
    assert (ran.code, the_row(ran)["state"]) == (130, "not_sent"), ran.err
    assert (desk.sent(), states(desk, way)) == (0, ["ABANDONED"])
    with way.open():
        assert the_row(desk.buy("--id", "key"))["replayed"] is False
    assert (desk.sent(), states(desk, way)) == (1, ["ABANDONED", "ACCEPTED"])
