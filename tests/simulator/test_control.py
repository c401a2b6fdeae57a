"""The control plane."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire


def test_requests_and_tokens_are_counted(wire: Wire) -> None:
    wire.read("kt00018")
    wire.clock.advance(2)
    wire.control("kill_tokens")
    wire.send("ka00001")
    state = wire.state()
    assert state["tokens_issued"] == 1
    assert state["orders"] == []
    seen = [(r["api_id"], r["appkey"], r["status"]) for r in state["requests"]]
    assert seen == [(api, wire.appkey, 200) for api in ("au10001", "kt00018", "ka00001")]
    assert state["requests"][2]["t"] - state["requests"][1]["t"] == pytest.approx(2)


def test_profiles_are_toml_with_every_account(make_wire: MakeWire) -> None:
    wire = make_wire(accounts=4, rate="off")
    wire.host.url = "http://127.0.0.1:18090"
    found = tomllib.loads(wire.client.get("/_sim/profiles").text)["profiles"]
    assert list(found) == ["sim-001", "sim-002", "sim-003", "sim-004"]
    assert found["sim-002"]["secret"] == {
        "source": "inline",
        "appkey": "sim-002-appkey",
        "secretkey": "sim-002-secretkey",
    }
    assert found["sim-002"]["broker"] == "kiwoom"
    assert found["sim-002"]["environment"] == "sim"
    assert found["sim-002"]["url"] == "http://127.0.0.1:18090"
    assert found["sim-002"]["pace"] == "off"


def test_profiles_of_a_paced_server_say_nothing_of_pace(make_wire: MakeWire) -> None:
    wire = make_wire(rate="terms")
    wire.host.url = "http://127.0.0.1:18090"
    found = tomllib.loads(wire.client.get("/_sim/profiles").text)["profiles"]
    assert "pace" not in found["sim-001"]


def test_the_clock_jumps_and_ticks_on(wire: Wire) -> None:
    wire.control("clock", now="2026-12-24T15:00:00+09:00")
    wire.clock.advance(90)
    assert wire.state()["now"] == "2026-12-24T15:01:30+09:00"


def test_a_moment_without_offset_is_korean(wire: Wire) -> None:
    assert wire.control("clock", now="2026-12-24T15:00:00")["now"] == "2026-12-24T15:00:00+09:00"


def test_a_pinned_price_is_seen_by_all_accounts(wire: Wire) -> None:
    wire.control("price", symbol="005930", price=111_100)
    prices = {
        holding["price"]
        for account in wire.state()["accounts"]
        for holding in account["holdings"]
        if holding["symbol"] == "005930"
    }
    assert prices == {111_100}
    wire.control("price", symbol="005930", price=None)
    assert wire.truth()["holdings"][0]["price"] != 111_100


def test_reset_brings_back_the_seed(wire: Wire) -> None:
    before = wire.state()["accounts"]
    wire.host.exchange.accounts[wire.appkey].lots.clear()
    wire.control("price", symbol="005930", price=1)
    wire.control("clock", now="2027-01-04T10:00:00+09:00")
    wire.fault("http_500")
    wire.control("reset")
    state = wire.state()
    assert state["accounts"] == before
    assert (state["requests"], state["tokens_issued"]) == ([], 0)
    assert wire.send("ka00001").json()["return_code"] == 3
    assert wire.sign_in().send("ka00001").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "names"),
    [
        ("POST", "/_sim/price", {"symbol": "XXXXXX", "price": 1}, 400, "XXXXXX"),
        ("POST", "/_sim/price", {"symbol": "005930", "price": 0}, 400, "price"),
        ("POST", "/_sim/price", {"symbol": "005930", "price": 1.5}, 400, "price"),
        ("POST", "/_sim/clock", {"now": "tomorrow"}, 400, "tomorrow"),
        ("POST", "/_sim/clock", {}, 400, "now"),
        ("POST", "/_sim/kill_tokens", {"appkey": "nobody"}, 400, "nobody"),
        ("POST", "/_sim/reset", [], 400, "object"),
        ("POST", "/_sim/nothing", {}, 404, "/_sim/nothing"),
        ("GET", "/_sim/reset", None, 405, "POST"),
    ],
)
def test_bad_requests_are_named(
    wire: Wire, method: str, path: str, data: Any, status: int, names: str
) -> None:
    reply = wire.client.request(method, path, json=data)
    assert reply.status_code == status
    assert names in reply.json()["error"]
