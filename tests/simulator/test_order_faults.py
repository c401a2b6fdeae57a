"""Every fault of an order, before and after the exchange has taken it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.simulator.ordering import SYMBOL, Trader, daily_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Wire

MODES = (
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
    "token_dead",
    "ip_mismatch",
    "backend",
)
SOCKET = {
    "drop": httpx.RemoteProtocolError,
    "reset": httpx.ReadError,
    "hang": httpx.ReadTimeout,
}
APIS = ("kt10000", "kt10001", "kt10002", "kt10003")


@pytest.fixture
def trader(wire: Wire) -> Trader:
    return Trader(wire)


def sender(trader: Trader, api_id: str) -> Callable[[], httpx.Response]:
    """Prepare an order of this TR that would be accepted."""
    price = trader.price()
    if api_id in ("kt10000", "kt10001"):
        limit = price + (5_000 if api_id == "kt10001" else -5_000)
        body = trader.new(2, limit, {})
    else:
        body = {"orig_ord_no": trader.resting(2), "stk_cd": SYMBOL}
        if api_id == "kt10002":
            body |= {"mdfy_qty": "0", "mdfy_uv": f"{price - 6_000}"}
        else:
            body |= {"cncl_qty": "0"}
    return lambda: trader.send(api_id, **body)


def is_accepted(reply: httpx.Response) -> bool:
    """Tell whether a client may take this for an accepted order with a number."""
    try:
        data = reply.json()
    except ValueError:
        return False
    return (
        reply.status_code == 200
        and isinstance(data, dict)
        and data.get("return_code") == 0
        and bool(str(data.get("ord_no", "")).strip("0"))
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("api_id", APIS)
def test_s40_before_there_is_no_order_and_after_there_is(
    trader: Trader, api_id: str, mode: str, when: str
) -> None:
    send = sender(trader, api_id)
    count = len(trader.known())
    trader.wire.fault(mode, api_id, when=when, count=1)
    if mode in SOCKET:
        with pytest.raises(SOCKET[mode]):
            send()
    else:
        reply = send()
        assert not is_accepted(reply) or mode == "wrong_number"
    made = trader.known()[count:]
    assert len(made) == (1 if when == "after" else 0)
    assert [order["api_id"] for order in made] == [api_id] * len(made)
    trader.wire.sign_in()
    if when == "before":
        assert is_accepted(send())
        assert len(trader.known()) == count + 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_429_looks_like_a_refused_rate_even_when_the_order_exists(
    trader: Trader, when: str
) -> None:
    trader.wire.fault("http_429", "kt10000", when=when, count=1)
    reply = trader.send("kt10000", **trader.new(1, trader.price() - 500, {}))
    assert (reply.status_code, reply.json()["return_code"]) == (429, 5)
    assert "[1700:" in reply.json()["return_msg"]
    assert len(trader.open()) == (1 if when == "after" else 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_s12_a_token_may_die_between_acceptance_and_reply(trader: Trader, when: str) -> None:
    trader.wire.fault("token_dead", "kt10000", when=when, count=1)
    reply = trader.buy(1, trader.price() - 500)
    assert "[8005:" in reply["return_msg"]
    assert trader.wire.send("ka00001").json()["return_code"] == 3
    trader.wire.sign_in()
    assert len(trader.open()) == (1 if when == "after" else 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_backend_refusal_may_lie(trader: Trader, when: str) -> None:
    trader.wire.fault(
        "backend", "kt10000", when=when, count=1, code="855056", text="매수증거금이 부족합니다."
    )
    reply = trader.buy(1, trader.price() - 500)
    assert reply["return_msg"] == "[2000](855056:매수증거금이 부족합니다.)"
    assert len(trader.known()) == (1 if when == "after" else 0)


def test_a_blank_success_of_an_order_has_every_field_and_no_number(trader: Trader) -> None:
    for when in ("before", "after"):
        trader.wire.fault("blank", "kt10000", when=when, count=1)
        reply = trader.buy(1, trader.price() - 500)
        assert (reply["ord_no"], reply["dmst_stex_tp"], reply["return_code"]) == ("", "", 0)


def test_truncated_and_listed_replies_hold_a_real_one(trader: Trader) -> None:
    trader.wire.fault("truncate", "kt10000", when="after", count=1)
    body = trader.new(1, trader.price() - 500, {})
    cut = trader.send("kt10000", **body).content
    with pytest.raises(ValueError, match=r"."):
        json.loads(cut)
    trader.wire.fault("list", "kt10000", when="after", count=1)
    listed = trader.send("kt10000", **body).json()
    assert listed[0]["ord_no"] == trader.known()[-1]["ord_no"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "known"),
        ("known", "known"),
        ("zero", "0000000"),
        ("nine", None),
        ("1234567", "1234567"),
    ],
)
def test_a_wrong_number_is_not_the_orders(
    trader: Trader, when: str, text: str | None, expected: str | None
) -> None:
    known = trader.resting(1)
    trader.wire.fault("wrong_number", "kt10000", when=when, count=1, text=text)
    reply = trader.buy(1, trader.price() - 500)
    orders = trader.known()
    assert len(orders) == (2 if when == "after" else 1)
    assert reply["return_code"] == 0
    assert when == "before" or reply["ord_no"] != orders[-1]["ord_no"]
    if expected is None:
        assert len(reply["ord_no"]) == 9
    else:
        assert reply["ord_no"] == (known if expected == "known" else expected)


def test_the_first_order_has_no_known_number_to_be_mistaken_for(trader: Trader) -> None:
    trader.wire.fault("wrong_number", "kt10000", when="after", count=1)
    assert trader.buy(1, trader.price() - 500)["ord_no"] == "0000000"


@pytest.mark.parametrize("code", [None, "real"])
def test_a_late_order_exists_only_after_its_reply_was_lost(
    trader: Trader, code: str | None
) -> None:
    trader.wire.fault("late_accept", "kt10000", count=1, seconds=90, code=code)
    with pytest.raises(httpx.RemoteProtocolError):
        trader.buy(2, trader.price() - 5_000)
    sent = trader.wire.host.exchange.clock.now()
    trader.wire.clock.advance(89)
    assert trader.known() == trader.daily() == []
    trader.wire.clock.advance(1)
    order = trader.known()[0]
    assert (order["status"], order["body"]["ord_qty"]) == ("open", "2")
    assert (trader.wire.host.exchange.orders[0].accepted_at - sent).total_seconds() == 90
    assert trader.open()[0]["ord_no"] == order["ord_no"]


def test_a_late_order_by_simulated_time_arrives_when_the_clock_jumps(trader: Trader) -> None:
    for code in (None, "real"):
        trader.wire.fault("late_accept", "kt10000", count=1, seconds=600, code=code)
        with pytest.raises(httpx.RemoteProtocolError):
            trader.buy(1, trader.price() - 5_000)
    now = trader.wire.host.exchange.clock.now()
    trader.wire.control("clock", now=now.replace(minute=now.minute + 15).isoformat())
    assert len(trader.known()) == 1
    trader.wire.clock.advance(600)
    assert len(trader.known()) == 2


@pytest.mark.parametrize("mode", ["reset", "hang"])
def test_the_reply_of_a_late_order_may_be_lost_in_any_way(trader: Trader, mode: str) -> None:
    trader.wire.fault("late_accept", "kt10000", count=1, seconds=1, text=mode)
    with pytest.raises(SOCKET[mode]):
        trader.buy(1, trader.price() - 5_000)
    trader.wire.fault("late_accept", "kt10000", count=1, seconds=1)
    trader.wire.fault("http_502", "kt10000", count=1)
    reply = trader.send("kt10000", **trader.new(1, trader.price() - 5_000, {}))
    assert reply.status_code == 502
    trader.wire.clock.advance(1)
    assert len(trader.known()) == 2


def test_a_late_order_that_cannot_be_taken_by_then_never_is(trader: Trader) -> None:
    trader.wire.fault("late_accept", "kt10000", count=1, seconds=5)
    with pytest.raises(httpx.RemoteProtocolError):
        trader.buy(10**6, trader.price() - 5_000)
    trader.wire.clock.advance(10)
    assert trader.known() == []


def test_a_late_cancel_takes_what_remains_by_then(trader: Trader) -> None:
    number = trader.resting(3)
    trader.wire.fault("late_accept", "kt10003", count=1, seconds=30)
    with pytest.raises(httpx.RemoteProtocolError):
        trader.cancel(number)
    trader.wire.control("fill", ord_no=number, quantity=1)
    trader.wire.clock.advance(30)
    assert trader.of(number)["status"] == "cancelled"
    assert trader.known()[-1]["cancelled"] == 2


def test_s43_a_new_order_may_be_missing_from_every_list(trader: Trader) -> None:
    trader.wire.fault("list_lag", "kt10000", count=1, seconds=60)
    number = trader.buy(1, trader.price() + 500)["ord_no"]
    trader.wire.fault("list_lag", "*", count=1, seconds=60)
    resting = trader.resting(1)
    assert trader.open() == trader.filled() == trader.daily() == []
    assert [order["ord_no"] for order in trader.known()] == [number, resting]
    trader.wire.clock.advance(60)
    assert [row["ord_no"] for row in trader.open()] == [resting]
    assert [row["ord_no"] for row in trader.filled()] == [number]
    assert [row["ord_no"] for row in trader.daily()] == [number, resting]


def test_lateness_lag_and_a_lost_reply_strike_together(trader: Trader) -> None:
    trader.wire.fault("late_accept", "kt10000", count=1, seconds=100)
    trader.wire.fault("list_lag", "kt10000", count=1, seconds=50)
    trader.wire.fault("hang", "kt10000", count=1)
    with pytest.raises(httpx.ReadTimeout):
        trader.buy(1, trader.price() - 5_000)
    seen = []
    for _ in range(4):
        trader.wire.clock.advance(49)
        seen.append((len(trader.known()), len(trader.open())))
    assert seen == [(0, 0), (0, 0), (1, 0), (1, 1)]


def test_lag_goes_with_a_lost_reply(trader: Trader) -> None:
    trader.wire.fault("list_lag", "kt10000", count=1, seconds=50)
    trader.wire.fault("drop", "kt10000", when="after", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        trader.buy(1, trader.price() - 5_000)
    assert (len(trader.known()), len(trader.open())) == (1, 0)


def test_kt00007_may_be_empty_although_there_are_orders(trader: Trader) -> None:
    trader.resting(1)
    trader.wire.fault("kt00007_empty", count=1)
    reply = trader.wire.read("kt00007", daily_body())
    assert (reply["acnt_ord_cntr_prps_dtl"], reply["return_msg"]) == (
        [],
        "해당조회내역이 없습니다",
    )
    assert len(trader.daily()) == 1
    trader.wire.fault("kt00007_empty", "kt00007", appkey="sim-002-appkey")
    assert len(trader.daily()) == 1


def test_s40_a_late_reply_means_that_the_order_exists(trader: Trader) -> None:
    trader.wire.fault("slow", "kt10000", seconds=60, count=1)
    with pytest.raises(httpx.ReadTimeout):
        trader.buy(1, trader.price() - 5_000)
    assert len(trader.open()) == 1


def test_s43_the_balance_may_lag_behind_fills(trader: Trader) -> None:
    def held() -> int:
        rows = trader.wire.read("kt00018")["acnt_evlt_remn_indv_tot"]
        return sum(int(row["rmnd_qty"]) for row in rows if row["stk_cd"] == "A005930")

    before = held()
    trader.wire.clock.advance(10)
    trader.buy(2, trader.price() + 500)
    trader.wire.fault("balance_lag", "kt00018", seconds=194)
    assert held() == before
    assert trader.shares()[0] == before + 2
    trader.wire.clock.advance(194)
    assert held() == before + 2


def test_a_fault_of_one_key_leaves_the_others_orders_alone(trader: Trader) -> None:
    trader.wire.fault("drop", "kt10000", when="after", appkey="sim-002-appkey")
    trader.wire.fault("late_accept", "kt10000", appkey="sim-002-appkey")
    assert trader.buy(1, trader.price() - 500)["return_code"] == 0
