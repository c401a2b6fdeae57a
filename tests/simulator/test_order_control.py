"""What the control plane shows and does of orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire


@pytest.fixture
def trader(wire: Wire) -> Trader:
    return Trader(wire)


def test_s39_an_accepted_order_may_be_refused_by_the_exchange(trader: Trader) -> None:
    before = trader.cash()
    trader.wire.control("reject_later", seconds=5, code="506550", text="거부 사유")
    number = trader.buy(1, trader.price() + 500)["ord_no"]
    assert [row["ord_no"] for row in trader.open()] == [number]
    trader.wire.clock.advance(5)
    assert trader.open() == trader.filled() == []
    row = trader.daily()[0]
    assert (int(row["cntr_qty"]), int(row["ord_remnq"]), row["acpt_tp"]) == (0, 0, "거부")
    order = trader.of(number)
    assert (order["status"], order["rejection"]) == ("rejected", "506550")
    assert trader.cash() == before
    assert "(RC4033:" in trader.cancel(number)["return_msg"]


def test_s39_at_once_or_an_order_that_rests(trader: Trader) -> None:
    trader.wire.control("reject_later")
    reply = trader.buy(1, trader.price() + 500)
    assert reply["return_code"] == 0
    assert trader.of(reply["ord_no"])["status"] == "rejected"
    number = trader.resting(2)
    trader.wire.control("fill", ord_no=number, quantity=1)
    trader.wire.control("reject_later", ord_no=number)
    assert (trader.of(number)["filled"], trader.of(number)["status"]) == (1, "rejected")


@pytest.mark.parametrize("channel", [None, "영웅문4", "REST API"])
def test_a_foreign_order_goes_to_the_exchange_directly(trader: Trader, channel: str | None) -> None:
    data: dict[str, Any] = {"channel": channel} if channel else {}
    made = trader.wire.control(
        "foreign_order",
        appkey=trader.wire.appkey,
        side="buy",
        symbol=SYMBOL,
        quantity=2,
        price=trader.price() - 5_000,
        type="limit",
        exchange="KRX",
        **data,
    )
    row = trader.daily()[0]
    assert (row["ord_no"], row["comm_ord_tp"]) == (made["ord_no"], channel or "영웅문4")
    order = trader.known()[0]
    assert (order["channel"], order["api_id"]) == (channel or "영웅문4", "kt10000")
    assert len(trader.wire.state()["requests"]) == 2
    trader.wire.control(
        "foreign_order",
        appkey=trader.wire.appkey,
        action="cancel",
        symbol=SYMBOL,
        target=made["ord_no"],
    )
    assert trader.open() == []


def test_bad_foreign_orders_are_named(trader: Trader) -> None:
    good = {
        "appkey": trader.wire.appkey,
        "side": "buy",
        "symbol": SYMBOL,
        "quantity": 1,
        "price": trader.price() - 500,
    }
    for change, names in (
        ({"appkey": "nobody"}, "nobody"),
        ({"side": "hold"}, "side"),
        ({"type": "fast"}, "fast"),
        ({"exchange": "NYSE"}, "exchange"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 10**9}, "cash"),
        ({"price": 1}, "below_band"),
        ({"symbol": "XXXXXX"}, "unknown_symbol"),
        ({"action": "wait"}, "action"),
    ):
        reply = trader.wire.client.post("/_sim/foreign_order", json={**good, **change})
        assert (reply.status_code, names in reply.json()["error"]) == (400, True)
    assert trader.known() == []


def test_the_state_tells_what_was_sent_and_what_became_of_it(make_wire: MakeWire) -> None:
    trader = Trader(make_wire().sign_in())
    body = {"dmst_stex_tp": "KRX", **trader.new(2, trader.price() - 5_000, {"extra": "x"})}
    number = trader.send("kt10000", **body).json()["ord_no"]
    order = trader.known()[0]
    assert {name: order[name] for name in ("appkey", "api_id", "body", "ord_no")} == {
        "appkey": trader.wire.appkey,
        "api_id": "kt10000",
        "body": body,
        "ord_no": number,
    }
    assert order["t"] == trader.wire.state()["requests"][-1]["t"]
    assert order["status"] == "open"
    assert (order["quantity"], order["remaining"], order["original"]) == (2, 2, "0000000")
    trader.wire.control("reset")
    assert trader.known() == []


@pytest.mark.parametrize("seconds", [-1, 1e12, float("nan"), float("inf"), "1"])
def test_impossible_seconds_are_named(trader: Trader, seconds: object) -> None:
    for path, data in (("faults", {"mode": "late_accept"}), ("reject_later", {})):
        content = json.dumps({**data, "seconds": seconds})
        reply = trader.wire.client.post(f"/_sim/{path}", content=content)
        assert (reply.status_code, "seconds" in reply.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "data", "names"),
    [
        ("depth", {"symbol": "XXXXXX"}, "XXXXXX"),
        ("depth", {"symbol": SYMBOL, "quantity": 1.5}, "quantity"),
        ("fill", {"ord_no": "0000001"}, "0000001"),
        ("fill", {}, "order"),
        ("reject_later", {"ord_no": "7"}, "7"),
        ("reject_later", {"count": 0}, "count"),
        ("reject_later", {"appkey": "nobody"}, "nobody"),
        ("page_size", {"rows": 3}, "api_id"),
    ],
)
def test_bad_requests_about_orders_are_named(
    trader: Trader, path: str, data: dict[str, Any], names: str
) -> None:
    reply = trader.wire.client.post(f"/_sim/{path}", json=data)
    assert (reply.status_code, names in reply.json()["error"]) == (400, True)
