"""Order notices (00) and balances (04) as an account's live session hears them."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import MakeSide
from tests.simulator.feed import SYMBOL, Feed, Side, appkey

Notice = dict[str, str]


@pytest.fixture
def feed(side: Side) -> Feed:
    """The first account's client, registered for its orders and balances."""
    return account_feed(side)


def account_feed(side: Side, number: int = 1) -> Feed:
    feed = side.sign_in(number)
    feed.register(["00", "04"])
    return feed


def story(feed: Feed) -> list[tuple[str, ...]]:
    """Return what has been told: kind, and of orders number, state and what remains."""
    return [brief(element) for element in feed.all()]


def brief(element: dict[str, Any]) -> tuple[str, ...]:
    values = element["values"]
    if element["type"] == "04":
        return ("04", values["9001"], values["930"])
    return ("00", values["9203"], values["913"], values["902"])


def held(side: Side, symbol: str = SYMBOL, number: int = 1) -> dict[str, Any]:
    rows = side.state()["accounts"][number - 1]["holdings"]
    return dict(
        next((row for row in rows if row["symbol"] == symbol), {"quantity": 0, "average_price": 0})
    )


def test_s60_an_order_filled_in_two_parts(side: Side, feed: Feed) -> None:
    before = held(side)["quantity"]
    price = side.below()
    number = side.buy(5, price)
    side.control("fill", ord_no=number, quantity=2)
    side.control("fill", ord_no=number, quantity=3, price=price - 500)
    told = feed.all()
    assert [brief(element) for element in told] == [
        ("00", number, "접수", "5"),
        ("00", number, "체결", "3"),
        ("04", SYMBOL, f"{before + 2}"),
        ("00", number, "체결", "0"),
        ("04", SYMBOL, f"{before + 5}"),
    ]
    accepted, first, second = (e["values"] for e in told if e["type"] == "00")
    account = side.server.exchange.accounts[appkey(1)]
    assert {name: accepted[name] for name in ("9201", "9001", "912", "900", "901")} == {
        "9201": account.number,
        "9001": SYMBOL,
        "912": "JJ",
        "900": "5",
        "901": f"{price}",
    }
    names = ("904", "905", "906", "907", "919", "2134", "2135", "2136")
    assert [accepted[name] for name in names] == [
        "0000000",
        "+매수",
        "보통",
        "2",
        "0",
        "1",
        "KRX",
        "N",
    ]
    fill_fields = ("909", "910", "911", "914", "915")
    assert [accepted[name] for name in fill_fields] == ["", "", "", "", ""]
    assert accepted["903"] == "0"
    assert [first[n] for n in ("911", "915", "903")] == ["2", "2", f"{2 * price}"]
    assert [second[n] for n in ("911", "915")] == ["5", "3"]
    assert second["903"] == f"{2 * price + 3 * (price - 500)}"
    assert [first["914"], second["914"]] == [f"{price}", f"{price - 500}"]
    assert first["909"] != second["909"]


def test_s61_the_balance_after_a_fill_is_that_of_the_lists(side: Side, feed: Feed) -> None:
    number = side.buy(4, side.below())
    side.control("fill", ord_no=number, quantity=4)
    balance = feed.values("04")
    row = held(side)
    assert int(balance["930"]) == row["quantity"]
    assert int(balance["931"]) == row["average_price"]
    assert int(balance["932"]) == row["cost"]
    assert int(balance["933"]) == row["sellable_quantity"]
    assert [balance[n] for n in ("945", "946", "917", "916")] == ["4", "2", "00", "00000000"]
    assert int(balance["307"]) == side.server.exchange.market.base_price(
        SYMBOL, side.server.exchange.clock.now()
    )


def test_s61_a_sale_tells_what_it_brought_and_what_resting_sales_leave(
    side: Side, feed: Feed
) -> None:
    row = held(side)
    price = side.price() + 20_000
    ask: dict[str, Any] = {"ord_qty": "3", "ord_uv": f"{price}", "trde_tp": "0"}
    number = side.order("kt10001", **ask)
    side.order("kt10001", **{**ask, "ord_qty": "1"})
    reply = side.control("fill", ord_no=number, quantity=2)
    balance = feed.values("04")
    sold_cost = row["cost"] - held(side)["cost"]
    profit = 2 * price - reply["commission"] - reply["tax"] - sold_cost
    assert int(balance["930"]) == row["quantity"] - 2
    assert int(balance["933"]) == row["quantity"] - 4 == held(side)["sellable_quantity"]
    assert [balance["946"], balance["945"]] == ["1", "-2"]
    assert int(balance["990"]) == int(balance["950"]) == profit
    assert float(balance["991"]) == pytest.approx(100 * profit / sold_cost, abs=0.006)
    feed.elements.clear()
    side.control("fill", ord_no=number, quantity=1)
    assert int(feed.values("04")["990"]) > profit


def test_s60_a_market_order_of_several_levels_is_told_fill_by_fill(side: Side, feed: Feed) -> None:
    side.control("depth", symbol=SYMBOL, quantity=2)
    number = side.buy(5)
    notices = [e["values"] for e in feed.all() if e["type"] == "00"]
    assert [n["913"] for n in notices] == ["접수", "체결", "체결", "체결"]
    assert {n["9203"] for n in notices} == {number}
    assert [n["911"] for n in notices[1:]] == ["2", "4", "5"]
    assert [n["915"] for n in notices[1:]] == ["2", "2", "1"]
    amount = 0
    for notice in notices[1:]:
        amount += int(notice["914"]) * int(notice["915"])
        assert int(notice["903"]) == amount
    assert amount == next(o for o in side.state()["orders"])["filled_amount"]


def test_s60_a_cancel_is_received_and_confirmed_under_its_own_number(
    side: Side, feed: Feed
) -> None:
    number = side.buy(3, side.below())
    body: dict[str, Any] = {"orig_ord_no": number, "stk_cd": SYMBOL, "cncl_qty": "0"}
    cancel = side.order("kt10003", **body)
    told = feed.all()
    assert [brief(element) for element in told] == [
        ("00", number, "접수", "3"),
        ("00", cancel, "접수", "3"),
        ("00", cancel, "확인", "0"),
    ]
    assert {e["values"]["904"] for e in told[1:]} == {number}
    assert {e["values"]["905"] for e in told[1:]} == {"매수취소"}


def test_s60_a_modify_is_received_and_confirmed_and_then_filled(side: Side, feed: Feed) -> None:
    number = side.buy(3, side.below())
    side.control("fill", ord_no=number, quantity=1)
    price = side.price() + 500
    body: dict[str, Any] = {"orig_ord_no": number, "mdfy_qty": "0", "mdfy_uv": f"{price}"}
    modify = side.order("kt10002", **body)
    orders = [e["values"] for e in feed.all() if e["type"] == "00"]
    assert [(n["9203"], n["913"], n["902"]) for n in orders] == [
        (number, "접수", "3"),
        (number, "체결", "2"),
        (modify, "접수", "2"),
        (modify, "확인", "2"),
        (modify, "체결", "0"),
    ]
    assert {n["904"] for n in orders[2:]} == {number}
    assert {n["905"] for n in orders[2:]} == {"+매수정정"}
    assert orders[-1]["911"] == "2"


def test_a_partial_cancel_lowers_what_remains_of_later_fills(side: Side, feed: Feed) -> None:
    number = side.buy(5, side.below())
    side.order("kt10003", orig_ord_no=number, cncl_qty="2")
    side.control("fill", ord_no=number, quantity=1)
    filled = [e["values"] for e in feed.all() if e["values"].get("913") == "체결"]
    assert [(n["902"], n["911"]) for n in filled] == [("2", "1")]


def test_s39_an_accepted_order_is_refused_by_the_exchange(side: Side, feed: Feed) -> None:
    side.control("reject_later", appkey=appkey(1), seconds=0.1, code="571489", text="거부")
    number = side.buy(2, side.below())
    accepted, rejected = feed.values("00"), feed.values("00")
    assert [accepted["913"], accepted["902"], accepted["919"]] == ["접수", "2", "0"]
    assert [rejected["913"], rejected["902"], rejected["919"]] == ["거부", "0", "571489"]
    assert rejected["9203"] == number
    body = {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0"}
    assert side.post("ka10075", "/api/dostk/acnt", body)["oso"] == []


def test_an_order_refused_at_once_is_told_to_nobody(side: Side, feed: Feed) -> None:
    body = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, "ord_qty": "1", "ord_uv": "1"}
    reply = side.post("kt10000", "/api/dostk/ordr", {**body, "trde_tp": "0"})
    assert reply["return_code"] != 0
    assert feed.all() == []


@pytest.mark.parametrize("kind", ["ioc", "fok"])
def test_what_never_rests_ends_with_a_cancellation(side: Side, feed: Feed, kind: str) -> None:
    side.control("depth", symbol=SYMBOL, quantity=2)
    price = side.price() + 500
    number = side.buy(5, price, trde_tp={"ioc": "10", "fok": "20"}[kind])
    states = [e["values"]["913"] for e in feed.all() if e["type"] == "00"]
    assert states == {"ioc": ["접수", "체결", "취소"], "fok": ["접수", "취소"]}[kind]
    assert side.state()["orders"][-1]["ord_no"] == number


def test_an_order_of_another_channel_is_told_too(side: Side, feed: Feed) -> None:
    made = side.control(
        "foreign_order",
        appkey=appkey(1),
        side="buy",
        symbol="000660",
        quantity=1,
        type="market",
    )
    notices = [e["values"] for e in feed.all()]
    assert [n.get("913") for n in notices] == ["접수", "체결", None]
    assert notices[0]["9203"] == made["ord_no"]
    assert notices[0]["906"] == "시장가"
    assert notices[0]["901"] == "0"


def test_orders_are_told_to_their_own_key_only(side: Side, feed: Feed) -> None:
    other = account_feed(side, 2)
    number = side.buy(1, side.below(), number=2)
    assert story(other) == [("00", number, "접수", "1")]
    assert story(feed) == []


def test_nothing_is_told_without_a_registration(side: Side) -> None:
    feed = side.sign_in()
    side.buy(1)
    assert feed.all() == []
    feed.register(["00"])
    assert feed.all() == []
    side.buy(1)
    assert {element["type"] for element in feed.all()} == {"00"}


def test_a_resting_order_is_told_when_the_price_reaches_it(side: Side, feed: Feed) -> None:
    price = side.below(2)
    number = side.buy(1, price)
    side.control("price", symbol=SYMBOL, price=price)
    assert [t[2] for t in story(feed) if t[0] == "00"] == ["접수", "체결"]
    assert side.state()["orders"][-1]["ord_no"] == number


def test_fills_that_time_brings_are_told_while_nobody_asks(make_side: MakeSide) -> None:
    side = make_side(clock="2026-10-01T08:59:59+09:00", env="real")
    feed = account_feed(side)
    number = side.buy(1, side.price() + 500)
    assert feed.values("00")["913"] == "접수"
    filled = feed.values("00")
    assert [filled["913"], filled["9203"], filled["908"][:4]] == ["체결", number, "0900"]


def test_s38_the_end_of_the_day_ends_an_order_in_silence(side: Side, feed: Feed) -> None:
    side.buy(1, side.below())
    now = side.server.exchange.clock.now()
    side.control("clock", now=now.replace(hour=15, minute=31).isoformat())
    assert [t[2] for t in story(feed)] == ["접수"]
    assert side.state()["orders"][-1]["status"] == "expired"


def test_a_late_order_is_told_when_it_arrives(side: Side, feed: Feed) -> None:
    side.control("faults", api_id="kt10000", mode="late_accept", seconds=0.3, count=1, code="real")
    body = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, "ord_qty": "1", "trde_tp": "0"}
    with pytest.raises(httpx.TransportError):
        side.post("kt10000", "/api/dostk/ordr", {**body, "ord_uv": f"{side.below()}"})
    assert feed.all() == []
    assert feed.values("00", 2)["913"] == "접수"


def test_prices_of_fills_may_be_signed(side: Side, feed: Feed) -> None:
    side.control("sockets", signed_fills=True)
    side.buy(1)
    feed.values("00")
    filled = feed.values("00")
    assert filled["914"][0] in "+-"
    assert filled["914"] == filled["910"]


def test_sor_and_nxt_orders_name_their_exchange(make_side: MakeSide) -> None:
    side = make_side(env="real")
    feed = account_feed(side)
    told = []
    for exchange in ("SOR", "NXT"):
        side.buy(1, side.below(), dmst_stex_tp=exchange)
        notice = feed.values("00")
        told.append([notice[n] for n in ("2134", "2135", "2136")])
    assert told == [["0", "SOR", "Y"], ["2", "NXT", "N"]]


def test_what_happened_meanwhile_is_not_told_but_the_lists_show_it(side: Side, feed: Feed) -> None:
    first = side.buy(2, side.below())
    assert feed.values("00")["9203"] == first
    side.control("drop_sockets")
    missed = side.buy(1)
    time.sleep(0.05)
    again = account_feed(side)
    assert again.all() == []
    last = side.buy(1, side.below())
    assert story(again) == [("00", last, "접수", "1")]
    body = {"stk_cd": "", "qry_tp": "0", "sell_tp": "0", "stex_tp": "0"}
    assert [r["ord_no"] for r in side.post("ka10076", "/api/dostk/acnt", body)["cntr"]] == [missed]
