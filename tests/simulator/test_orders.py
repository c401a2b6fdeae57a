"""The four order TRs: what is accepted, how it trades, how it is changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire


@pytest.fixture
def trader(wire: Wire) -> Trader:
    return Trader(wire)


@pytest.fixture
def real(make_wire: MakeWire) -> Trader:
    return Trader(make_wire(env="real").sign_in())


@pytest.mark.parametrize(
    ("env", "texts"),
    [
        (
            "mock",
            [
                "모의투자 매수주문완료",
                "모의투자 매도주문완료",
                "모의투자 매수주문완료",
                "모의투자 취소주문완료",
            ],
        ),
        (
            "real",
            [
                "매수주문이 완료되었습니다.",
                "매도주문이 완료되었습니다.",
                "매수정정 주문입력이 완료되었습니다",
                "매수취소 주문입력이 완료되었습니다",
            ],
        ),
    ],
)
def test_s27_an_accepted_order_has_a_number_and_its_servers_text(
    make_wire: MakeWire, env: str, texts: list[str]
) -> None:
    trader = Trader(make_wire(env=env).sign_in())
    buy = trader.buy(1, trader.price() - 5_000)
    sell = trader.sell(1, trader.price() + 5_000)
    modify = trader.modify(buy["ord_no"], trader.price() - 6_000)
    cancel = trader.cancel(modify["ord_no"])
    replies = [buy, sell, modify, cancel]
    assert [reply["return_msg"] for reply in replies] == texts
    assert [reply["return_code"] for reply in replies] == [0] * 4
    assert all(re.fullmatch(r"\d{7}", reply["ord_no"]) for reply in replies)
    assert list(buy) == ["ord_no", "dmst_stex_tp", "return_code", "return_msg"]
    assert list(cancel) == ["ord_no", "base_orig_ord_no", "cncl_qty", "return_code", "return_msg"]


def test_s27_a_refused_order_has_no_number_and_does_not_exist(trader: Trader) -> None:
    reply = trader.send("kt10000", **trader.new(10**9, trader.price(), {}))
    assert (reply.status_code, list(reply.json())) == (200, ["return_msg", "return_code"])
    assert reply.json()["return_code"] == 20
    assert trader.known() == trader.daily() == []


def test_s22_numbers_rise_over_all_kinds_and_accounts_and_restart_next_day(
    make_wire: MakeWire,
) -> None:
    trader = Trader(make_wire(clock="2026-10-01T10:00:00+09:00").sign_in())
    numbers = [trader.resting(1), trader.sell(1, trader.price() + 5_000)["ord_no"]]
    numbers.append(trader.modify(numbers[0], trader.price() - 7_000)["ord_no"])
    trader.wire.number = 2
    trader.wire.sign_in()
    numbers.append(trader.resting(1))
    trader.wire.number = 1
    trader.wire.sign_in()
    numbers.append(trader.cancel(numbers[2])["ord_no"])
    assert numbers == sorted(set(numbers))
    trader.wire.control("clock", now="2026-10-02T10:00:00+09:00")
    trader.wire.sign_in()
    assert trader.resting(1) == numbers[0]


def test_s22_a_request_may_leave_out_leading_zeros(trader: Trader) -> None:
    number = trader.resting(2)
    assert number.startswith("0")
    modified = trader.modify(number.lstrip("0"), trader.price() - 6_000)
    assert modified["base_orig_ord_no"] == number
    assert trader.cancel(modified["ord_no"].lstrip("0"))["return_code"] == 0


def test_s22_codes_with_letters_can_be_ordered(trader: Trader) -> None:
    price = trader.price("0001A0")
    reply = trader.buy(3, price + 500, stk_cd="0001A0")
    assert reply["return_code"] == 0
    assert trader.shares("0001A0") == (3, 3)


def test_s38_a_marketable_limit_takes_the_better_price(real: Trader) -> None:
    number = real.buy(2, real.price() + 5_000)["ord_no"]
    assert real.filled()[0]["cntr_pric"] == f"{real.price() + 500}"
    number = real.sell(2, real.price() - 5_000)["ord_no"]
    assert real.filled()[0]["cntr_pric"] == f"{real.price()}"
    assert real.of(number)["status"] == "filled"


def test_s38_a_market_fill_of_the_mock_server_may_be_off_the_grid(trader: Trader) -> None:
    trader.buy(1)
    assert int(trader.filled()[0]["cntr_pric"]) == trader.price() + 250


@pytest.mark.parametrize("by", ["buy", "sell"])
def test_s38_a_resting_limit_trades_at_its_price_once_the_market_reaches_it(
    trader: Trader, by: str
) -> None:
    limit = trader.price() + (-5_000 if by == "buy" else 5_000)
    number = getattr(trader, by)(3, limit)["ord_no"]
    beyond = limit + (500 if by == "buy" else -500)
    trader.wire.control("price", symbol=SYMBOL, price=beyond)
    assert trader.of(number)["filled"] == 0
    trader.wire.control("price", symbol=SYMBOL, price=limit)
    assert trader.of(number)["status"] == "filled"
    assert trader.filled()[0]["cntr_pric"] == f"{limit}"


def test_s38_a_walking_price_fills_resting_orders_however_often_one_looks(
    make_wire: MakeWire,
) -> None:
    seen: list[list[str]] = []
    for looks in (1, 240):
        trader = Trader(make_wire(env="real", prices="moving").sign_in())
        for ticks in (0, 1, 2, 3, 4, 6):
            trader.resting(1, ticks)
        for _ in range(looks):
            trader.wire.clock.advance(14_400 // looks)
            trader.wire.state()
        seen.append([f"{o['ord_no']} {o['filled']}" for o in trader.known()])
        times = [made.filled_at for made in trader.wire.host.exchange.fills]
        assert times
        assert all(t.second == 0 for t in times)
        seen.append([f"{t}" for t in times])
    assert seen[:2] == seen[2:]


def test_s38_depth_makes_partial_fills_and_the_rest_follows_with_the_next_price(
    trader: Trader,
) -> None:
    trader.wire.control("depth", symbol=SYMBOL, quantity=2)
    number = trader.buy(7, trader.price() + 500)["ord_no"]
    row = trader.open()[0]
    assert (row["ord_qty"], row["oso_qty"], row["cntr_qty"], row["ord_stt"]) == (
        "7",
        "5",
        "2",
        "체결",
    )
    assert trader.filled()[0]["oso_qty"] == "5"
    trader.wire.control("price", symbol=SYMBOL, price=trader.price())
    assert trader.of(number)["filled"] == 6
    trader.wire.control("price", symbol=SYMBOL, price=trader.price())
    assert trader.of(number)["status"] == "filled"


def test_s38_a_large_order_eats_several_levels(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real", positions=0).sign_in())
    trader.wire.host.exchange.accounts[trader.wire.appkey].opening_deposit = 10**10
    number = trader.buy(2_000)["ord_no"]
    prices = [made.price for made in trader.wire.host.exchange.fills]
    assert len(prices) > 2
    assert prices == sorted(set(prices))
    assert prices[0] == trader.price() + 500
    assert trader.of(number)["filled"] == 2_000


def test_s38_partial_fills_can_be_scripted(trader: Trader) -> None:
    number = trader.resting(10)
    for quantity, price in ((3, None), (2, 270_000)):
        trader.wire.control("fill", ord_no=number, quantity=quantity, price=price)
    order = trader.of(number)
    assert (order["status"], order["filled"], order["remaining"]) == ("partial", 5, 5)
    assert order["filled_amount"] == 3 * (trader.price() - 5_000) + 2 * 270_000
    bad = trader.wire.client.post("/_sim/fill", json={"ord_no": number, "quantity": 6})
    assert (bad.status_code, "1 to 5" in bad.json()["error"]) == (400, True)
    assert trader.cancel(number)["cncl_qty"] == "000000000005"
    assert trader.of(number)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("env", "at", "until"),
    [
        ("mock", "2026-10-01T15:10:00+09:00", "2026-10-01T15:30:30+09:00"),
        ("real", "2026-10-01T15:10:00+09:00", "2026-10-01T15:30:00+09:00"),
        ("real", "2026-10-01T17:00:00+09:00", "2026-10-01T20:00:00+09:00"),
    ],
)
def test_s38_day_orders_end_at_the_close_in_silence(
    make_wire: MakeWire, env: str, at: str, until: str
) -> None:
    trader = Trader(make_wire(env=env, clock=at).sign_in())
    before = trader.cash()
    number = trader.resting(2)
    assert trader.cash()["orderable"] < before["orderable"]
    trader.wire.control("clock", now=until)
    assert trader.open() == trader.filled() == []
    assert trader.of(number)["status"] == "expired"
    assert trader.cash() == before
    row = trader.daily()[0]
    assert (int(row["cntr_qty"]), int(row["ord_remnq"])) == (0, 0)


def test_s38_no_order_outlives_its_day(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real", clock="2026-10-01T10:00:00+09:00").sign_in())
    number = trader.resting(1)
    trader.wire.control("clock", now="2026-10-02T09:30:00+09:00")
    trader.wire.sign_in()
    assert trader.of(number)["status"] == "expired"
    assert trader.open() == []
    assert trader.cancel(number)["return_code"] == 20


@pytest.mark.parametrize("env", ["mock", "real"])
def test_s34_a_chain_of_modifies_names_its_root_and_only_the_last_is_alive(
    make_wire: MakeWire, env: str
) -> None:
    trader = Trader(make_wire(env=env).sign_in())
    numbers = [trader.resting(4)]
    for change in (6_000, 7_000, 8_000):
        reply = trader.modify(numbers[-1], trader.price() - change)
        assert reply["base_orig_ord_no"] == numbers[0]
        assert reply["mdfy_qty"] == "000000000004"
        numbers.append(reply["ord_no"])
    code = "(RC4033:" if env == "mock" else "(506550:"
    for dead in numbers[:-1]:
        assert code in trader.cancel(dead)["return_msg"]
        assert code in trader.modify(dead, trader.price() - 500)["return_msg"]
    rows = trader.daily()
    assert [row["ori_ord"] for row in rows] == ["0000000", *numbers[:3]]
    assert [int(row["ord_remnq"]) for row in rows] == [0, 0, 0, 4]
    assert [row["ord_no"] for row in trader.open()] == [numbers[-1]]
    cancel = trader.cancel(numbers[-1])
    assert cancel["base_orig_ord_no"] == numbers[0]


def test_s34_a_modify_of_a_part_leaves_the_rest_under_the_old_number(trader: Trader) -> None:
    number = trader.resting(5)
    part = trader.modify(number, trader.price() - 6_000, 2)["ord_no"]
    assert {row["ord_no"]: row["oso_qty"] for row in trader.open()} == {number: "3", part: "2"}
    assert trader.cancel(number)["cncl_qty"] == "000000000003"


def test_s34_a_modified_price_that_reaches_the_market_trades(trader: Trader) -> None:
    number = trader.modify(trader.resting(2), trader.price() + 500)["ord_no"]
    assert trader.of(number)["status"] == "filled"


@pytest.mark.parametrize(
    ("env", "filled", "cancelled", "cancel", "unknown"),
    [
        ("mock", "RC4033", "RC4033", "RC4033", "RC4061"),
        ("real", "506550", "571435", "571435", "506550"),
    ],
)
def test_s35_what_cannot_be_cancelled(
    make_wire: MakeWire, env: str, filled: str, cancelled: str, cancel: str, unknown: str
) -> None:
    trader = Trader(make_wire(env=env).sign_in())
    done = trader.buy(1, trader.price() + 500)["ord_no"]
    gone = trader.resting(1)
    by = trader.cancel(gone)["ord_no"]
    for number, code in (
        (done, filled),
        (gone, cancelled),
        (by, cancel),
        ("9999999", unknown),
        ("abc", unknown),
        ("0", unknown),
    ):
        reply = trader.cancel(number)
        assert (number, reply["return_code"]) == (number, 20)
        assert f"({code}:" in reply["return_msg"]
        assert f"({code}:" in trader.modify(number, trader.price() - 500)["return_msg"]


def test_s35_zero_cancels_all_that_remains_with_a_number_of_its_own(trader: Trader) -> None:
    number = trader.resting(7)
    first = trader.cancel(number, 3)
    assert (first["cncl_qty"], first["base_orig_ord_no"]) == ("000000000003", number)
    rest = trader.cancel(number)
    assert rest["cncl_qty"] == "000000000004"
    assert len({number, first["ord_no"], rest["ord_no"]}) == 3
    assert trader.open() == trader.filled() == []


def test_s35_more_than_remains_cannot_be_cancelled(trader: Trader) -> None:
    number = trader.resting(2)
    assert "(RC4033:" in trader.cancel(number, 3)["return_msg"]
    assert trader.open()[0]["oso_qty"] == "2"


def test_another_accounts_order_cannot_be_cancelled(trader: Trader) -> None:
    number = trader.resting(2)
    trader.wire.number = 2
    trader.wire.sign_in()
    assert "(RC4061:" in trader.cancel(number)["return_msg"]
    trader.wire.number = 1
    trader.wire.sign_in()
    assert "(RC4061:" in trader.cancel(number, stk_cd="000660")["return_msg"]


@pytest.mark.parametrize(("placed", "named"), [("KRX", "SOR"), ("SOR", "KRX"), ("NXT", "KRX")])
def test_s36_another_exchange_than_the_orders_is_refused(
    real: Trader, placed: str, named: str
) -> None:
    number = real.buy(1, real.price() - 5_000, dmst_stex_tp=placed)["ord_no"]
    for reply in (
        real.cancel(number, dmst_stex_tp=named),
        real.modify(number, real.price() - 6_000, dmst_stex_tp=named),
    ):
        assert "(571412:" in reply["return_msg"]
    assert real.cancel(number, dmst_stex_tp=placed)["return_code"] == 0


def test_the_same_orders_give_the_same_server(make_wire: MakeWire) -> None:
    states: list[Any] = []
    for _ in range(2):
        trader = Trader(make_wire().sign_in())
        trader.buy(400, trader.price() + 500, stk_cd="088980")
        trader.modify(trader.resting(3), trader.price() - 6_000)
        trader.sell(40)
        state = trader.wire.state()
        states.append([state["orders"], state["accounts"]])
    assert states[0] == states[1]
