"""A broker in this process answers as one behind httpx does, without httpx."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiwoomctl.brokers.order_post import post_order
from kiwoomctl.brokers.transport import InProcess, NotSent, Reply, ReplyLost, Transport
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.errors import Unavailable
from kiwoomctl.simulator.embedded import Embedded
from kiwoomctl.simulator.host import Host, HostOptions

URL = "http://in-process.invalid"
ISSUE = "/oauth2/token"
KEY = {
    "grant_type": "client_credentials",
    "appkey": "sim-001-appkey",
    "secretkey": "sim-001-secretkey",
}
READ = {"api-id": "kt00018", "cont-yn": "N"}
BODY = b'{"qry_tp": "1", "dmst_stex_tp": "KRX"}'
WAYS: list[Callable[[Embedded], InProcess]] = [lambda one: one, lambda one: one.transport()]


class Both:
    """One simulator, asked in both ways."""

    def __init__(self, folder: Path) -> None:
        options = HostOptions(rate="off", env="real", clock="2026-10-01T11:00:00", prices="still")
        self.simulator = Embedded(Host(options, SystemClock()), folder)
        self.doors = [Transport(URL, timeout=0.2, in_process=way(self.simulator)) for way in WAYS]
        issued = self.doors[0].post(ISSUE, {"api-id": "au10001"}, json.dumps(KEY).encode())
        self.headers = {**READ, "authorization": f"Bearer {json.loads(issued.content)['token']}"}

    def read(self, door: Transport, on_start: Callable[[], None] | None = None) -> Reply:
        return door.post("/api/dostk/acnt", self.headers, BODY, on_start)

    def fault(self, mode: str, **more: object) -> None:
        fault = {"api_id": "*", "mode": mode, "count": 1, **more}
        self.doors[0].post("/_sim/faults", {}, json.dumps(fault).encode())

    def requests(self) -> int:
        state = json.loads(self.doors[0].get("/_sim/state"))
        return len(state["requests"])


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def test_both_ways_bring_the_same_reply(both: Both) -> None:
    replies = [both.read(door)._replace(milliseconds=0) for door in both.doors]
    dates = [reply.headers["date"] for reply in replies]
    assert all(date.endswith("GMT") for date in dates)
    told = [reply._replace(headers={**reply.headers, "date": ""}) for reply in replies]
    assert told[0] == told[1]
    assert json.loads(told[0].content)["return_code"] == 0
    assert (told[0].status, told[0].headers["api-id"]) == (200, "kt00018")


def test_both_ways_bring_the_same_get(both: Both) -> None:
    told = [door.ask("/_sim/profiles?a=b", {}) for door in both.doors]
    assert told[0].content == told[1].content == both.doors[1].get("/_sim/profiles")
    assert b"sim-001" in told[0].content


@pytest.mark.parametrize(
    ("mode", "code"), [("drop", "connection"), ("reset", "connection"), ("hang", "timeout")]
)
def test_both_ways_tell_the_same_of_a_fault(both: Both, mode: str, code: str) -> None:
    texts = []
    for door in both.doors:
        both.fault(mode)
        with pytest.raises(Unavailable) as found:
            both.read(door)
        assert found.value.code == code
        texts.append((found.value.message, found.value.hint, found.value.values))
    assert texts[0] == texts[1]


def test_both_ways_wait_as_long_as_they_are_told(both: Both) -> None:
    for door in both.doors:
        both.fault("slow", seconds=0.05)
        began = time.monotonic()
        both.read(door)
        assert time.monotonic() - began >= 0.05
        both.fault("slow", seconds=60)
        with pytest.raises(Unavailable) as found:
            both.read(door)
        assert found.value.code == "timeout"


def test_what_the_start_refuses_is_not_asked(both: Both) -> None:
    def refuse() -> None:
        raise TimeoutError("not now")

    for door in both.doors:
        before = both.requests()
        with pytest.raises(TimeoutError, match="not now"):
            both.read(door, refuse)
        assert both.requests() == before
        both.read(door, lambda: None)
        assert both.requests() == before + 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("drop", "RemoteProtocolError"), ("reset", "ReadError"), ("hang", "ReadTimeout")],
)
def test_an_order_is_lost_the_same_in_both_ways(both: Both, mode: str, reason: str) -> None:
    for way in WAYS:
        both.fault(mode)
        with pytest.raises(ReplyLost) as found:
            post_order(
                URL, "/api/dostk/ordr", both.headers, b"{}", lambda: None,
                in_process=way(both.simulator),
            )  # fmt: skip
        assert found.value.reason == reason


def test_an_order_that_the_start_refuses_is_no_lost_one(both: Both) -> None:
    class Stop(Exception):
        """Said before the first byte."""

    def refuse() -> None:
        raise Stop

    for way in WAYS:
        before = both.requests()
        with pytest.raises(Stop) as found:
            post_order(
                URL, "/api/dostk/ordr", both.headers, b"{}", refuse,
                in_process=way(both.simulator),
            )  # fmt: skip
        assert not isinstance(found.value, NotSent | ReplyLost)
        assert both.requests() == before
