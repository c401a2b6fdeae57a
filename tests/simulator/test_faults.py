"""Faults of the control plane, in process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kiwoomctl.simulator.faults import MODES, ORDER_MODES

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire

HOLDINGS = "acnt_evlt_remn_indv_tot"
DOCUMENTED_MODES = (
    "drop",
    "reset",
    "hang",
    "truncate",
    "html",
    "garbage",
    "list",
    "empty",
    "http_500",
    "http_502",
    "http_429",
    "blank",
    "wrong_number",
    "late_accept",
    "list_lag",
    "kt00007_empty",
    "token_dead",
    "ip_mismatch",
    "backend",
)


@pytest.mark.parametrize("mode", DOCUMENTED_MODES)
def test_every_documented_mode_is_taken(wire: Wire, mode: str) -> None:
    assert mode in MODES
    wire.fault(mode, "kt10000", when="after", count=1)
    wire.read("kt00018")


@pytest.mark.parametrize("mode", sorted(ORDER_MODES))
def test_modes_of_orders_leave_reads_alone(wire: Wire, mode: str) -> None:
    wire.fault(mode)
    wire.read("kt00018")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_http_errors_have_an_html_body(wire: Wire, status: int, when: str) -> None:
    wire.fault(f"http_{status}", "kt00018", when=when, count=1)
    reply = wire.send("kt00018")
    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("text/html")
    assert "<html>" in reply.text
    wire.read("kt00018")


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("drop", httpx.RemoteProtocolError),
        ("reset", httpx.ReadError),
        ("hang", httpx.ReadTimeout),
    ],
)
def test_a_broken_connection_raises_what_a_socket_would(
    wire: Wire, mode: str, error: type[Exception]
) -> None:
    wire.fault(mode, count=1)
    with pytest.raises(error):
        wire.send("kt00018")
    wire.read("kt00018")
    assert [seen["status"] for seen in wire.state()["requests"]] == [200, 0, 200]


def test_a_slow_reply_comes_late(wire: Wire) -> None:
    wire.fault("slow", seconds=2.5, count=1)
    wire.read("kt00018")
    assert wire.clock.slept == [2.5]
    wire.fault("slow", seconds=60, count=1)
    with pytest.raises(httpx.ReadTimeout):
        wire.send("kt00018")


def test_a_truncated_reply_is_half_a_json(wire: Wire) -> None:
    whole = wire.send("kt00018").content
    wire.fault("truncate", count=1)
    reply = wire.send("kt00018")
    assert (reply.status_code, reply.content) == (200, whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("mode", "check"),
    [
        ("html", lambda reply: "<html>" in reply.text),
        ("garbage", lambda reply: len(reply.content) == 256),
        ("list", lambda reply: isinstance(json.loads(reply.content), list)),
        ("empty", lambda reply: reply.content == b""),
    ],
)
def test_bodies_that_are_not_the_documented_object(wire: Wire, mode: str, check: Any) -> None:
    wire.fault(mode, count=1)
    reply = wire.send("kt00018")
    assert reply.status_code == 200
    assert check(reply)


def test_a_backend_fault_has_its_form(wire: Wire) -> None:
    wire.fault("backend", "kt00001", count=1)
    assert wire.send("kt00001").json() == {
        "return_msg": "[2000](-994:fail to sendReceive:WINGSj)",
        "return_code": 20,
    }
    wire.fault("backend", "kt00001", code="501724", text="관련자료가없습니다", count=1)
    assert wire.send("kt00001").json()["return_msg"] == "[2000](501724:관련자료가없습니다)"


@pytest.mark.parametrize("api_id", ["kt00018", "kt00001", "ka10075", "ka10001", "ka00001"])
def test_a_blank_success_has_every_field_and_no_value(wire: Wire, api_id: str) -> None:
    normal = wire.read(api_id)
    wire.fault("blank", api_id, count=1)
    blank = wire.read(api_id)
    assert list(blank) == list(normal)
    for name, value in blank.items():
        if name in ("return_code", "return_msg"):
            continue
        if isinstance(value, list):
            assert len(value) == 1
            assert set(value[0].values()) == {""}
        else:
            assert value == ""


def test_the_code_may_come_as_text(wire: Wire) -> None:
    wire.fault("rc_string", count=1)
    assert wire.send("kt00018").json()["return_code"] == "0"
    wire.fault("rc_string", code="8005", count=1)
    reply = wire.send("kt00018").json()
    assert reply["return_code"] == "8005"
    assert "[8005:" in reply["return_msg"]


def test_http_429_has_the_form_of_a_real_refusal(wire: Wire) -> None:
    wire.fault("http_429", "kt00018", count=1)
    reply = wire.send("kt00018")
    assert reply.status_code == 429
    assert reply.json()["return_code"] == 5
    assert "[1700:" in reply.json()["return_msg"]
    assert "유량=1, API ID=kt00018]" in reply.json()["return_msg"]


def test_a_count_ends_a_fault_and_without_one_it_stays(wire: Wire) -> None:
    wire.fault("http_500", "kt00018", count=2)
    assert [wire.send("kt00018").status_code for _ in range(3)] == [500, 500, 200]
    wire.fault("http_502", "kt00018")
    assert [wire.send("kt00018").status_code for _ in range(3)] == [502] * 3
    assert wire.client.delete("/_sim/faults").status_code == 200
    assert wire.send("kt00018").status_code == 200


def test_a_fault_may_mean_one_key_only(wire: Wire) -> None:
    wire.fault("http_500", appkey="sim-002-appkey")
    wire.read("kt00018")
    wire.number = 2
    assert wire.sign_in().send("kt00018").status_code == 500


def test_a_fault_of_every_tr_spares_the_token_endpoint(wire: Wire) -> None:
    wire.fault("http_500")
    assert wire.issue().status_code == 200
    wire.fault("http_500", "au10001", count=1)
    assert wire.issue().status_code == 500
    assert wire.issue().status_code == 200


def test_before_issues_no_token_and_after_does(wire: Wire) -> None:
    for when, issued in (("before", 1), ("after", 2)):
        wire.fault("http_500", "au10001", when=when, count=1)
        assert wire.issue().status_code == 500
        assert wire.state()["tokens_issued"] == issued


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"mode": "explode"}, "explode"),
        ({"mode": "drop", "when": "later"}, "later"),
        ({"mode": "drop", "count": 0}, "count"),
        ({"mode": "drop", "seconds": -1}, "seconds"),
        ({"mode": "drop", "apikey": "x"}, "apikey"),
        ({"mode": "drop", "appkey": 3}, "appkey"),
        ({}, "mode"),
    ],
)
def test_a_bad_fault_is_named(wire: Wire, data: dict[str, Any], names: str) -> None:
    reply = wire.client.post("/_sim/faults", json=data)
    assert reply.status_code == 400
    assert names in reply.json()["error"]
