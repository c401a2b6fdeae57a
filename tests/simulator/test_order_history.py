"""The lists of orders over what the exchange did: ka10075, ka10076, ka10088, kt00007, kt00009."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from kiwoomctl.simulator.kiwoom.fields import DAILY_ORDER, OPEN_ORDER, ORDER_STATUS, SPLIT_ORDER
from tests.simulator.ordering import SYMBOL, Trader, daily_body, status_body

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire


@pytest.fixture(params=["mock", "real"])
def trader(request: pytest.FixtureRequest, make_wire: MakeWire) -> Trader:
    return Trader(make_wire(env=request.param).sign_in())


def several(trader: Trader) -> dict[str, str]:
    """Place one order of every fate and return their numbers."""
    numbers = {"open": trader.resting(2), "filled": trader.sell(3)["ord_no"]}
    numbers["gone"] = trader.resting(1)
    numbers["cancel"] = trader.cancel(numbers["gone"])["ord_no"]
    numbers["partial"] = trader.buy(4, trader.price() - 6_000)["ord_no"]
    trader.wire.control("fill", ord_no=numbers["partial"], quantity=1)
    trader.wire.control("fill", ord_no=numbers["partial"], quantity=2)
    return numbers


def test_s42_which_list_shows_what(trader: Trader) -> None:
    numbers = several(trader)
    still_open = {row["ord_no"]: row for row in trader.open()}
    filled = {row["ord_no"]: row for row in trader.filled()}
    assert set(still_open) == {numbers["open"], numbers["partial"]}
    assert set(filled) == {numbers["filled"], numbers["partial"]}
    assert [row["ord_no"] for row in trader.daily()] == sorted(numbers.values())
    assert still_open[numbers["open"]]["ord_stt"] == "접수"
    assert (filled[numbers["filled"]]["ord_stt"], filled[numbers["filled"]]["oso_qty"]) == (
        "체결",
        "0",
    )
    assert (filled[numbers["partial"]]["cntr_qty"], filled[numbers["partial"]]["oso_qty"]) == (
        "3",
        "1",
    )


def test_s42_the_day_tells_every_fate_apart(trader: Trader) -> None:
    numbers = several(trader)
    rows = {row["ord_no"]: row for row in trader.daily()}
    figures = {
        name: (int(rows[n]["cntr_qty"]), int(rows[n]["ord_remnq"])) for name, n in numbers.items()
    }
    assert figures == {
        "open": (0, 2),
        "filled": (3, 0),
        "gone": (0, 0),
        "cancel": (0, 0),
        "partial": (3, 1),
    }
    cancel = rows[numbers["cancel"]]
    assert (cancel["ori_ord"], cancel["mdfy_cncl"], int(cancel["cnfm_qty"])) == (
        numbers["gone"],
        "취소",
        1,
    )
    trader.cancel(numbers["partial"])
    row = next(row for row in trader.daily() if row["ord_no"] == numbers["partial"])
    assert (int(row["ord_qty"]), int(row["cntr_qty"]), int(row["ord_remnq"])) == (4, 3, 0)


def test_s19_s21_s23_the_rows_of_the_day_have_their_form(trader: Trader) -> None:
    several(trader)
    for row in trader.daily():
        assert tuple(row) == DAILY_ORDER
        assert {len(row[name]) for name in ("ord_qty", "ord_uv", "cntr_uv", "ord_remnq")} == {10}
        assert re.fullmatch(r"\d{7}", row["ord_no"])
        assert row["stk_cd"] == "A005930"
        assert re.fullmatch(r"\d\d:\d\d:\d\d", row["ord_tm"])
        assert (row["comm_ord_tp"], row["acpt_tp"]) == ("REST API", "접수")
        assert row["io_tp_nm"] in ("현금매수", "현금매도")
    for status in trader.status():
        assert tuple(status) == ORDER_STATUS
        assert status["stk_cd"] == "A005930"
    for still in trader.open():
        assert tuple(still) == OPEN_ORDER
        assert still["stk_cd"] == "005930"
        assert re.fullmatch(r"\d{6}", still["tm"])
        assert still["orig_ord_no"] == "0000000"


def test_s44_the_code_of_ka10075_counts_only_with_one_symbol_asked(trader: Trader) -> None:
    trader.resting(1)
    assert trader.open(stk_cd="000660")
    assert trader.open(stk_cd="000660", all_stk_tp="1") == []
    assert trader.open(stk_cd=SYMBOL, all_stk_tp="1")
    assert trader.open(trde_tp="1") == []


def test_s44_ka10076_goes_back_by_number_and_knows_today_only(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(clock="2026-10-01T10:00:00+09:00").sign_in())
    numbers = [trader.buy(1, trader.price() + 500)["ord_no"] for _ in range(3)]
    assert [row["ord_no"] for row in trader.filled()] == numbers[::-1]
    assert [row["ord_no"] for row in trader.filled(ord_no=numbers[2])] == [numbers[1], numbers[0]]
    assert trader.filled(ord_no=numbers[0]) == []
    trader.wire.control("clock", now="2026-10-02T10:00:00+09:00")
    trader.wire.sign_in()
    assert trader.filled() == []
    assert len(trader.daily(ord_dt="20261001")) == 3
    assert trader.daily() == []


def test_s45_without_orders_each_list_says_so_in_its_way(trader: Trader) -> None:
    assert trader.open() == trader.filled() == trader.daily() == []
    text = trader.wire.read("kt00007", daily_body())["return_msg"]
    mock = trader.wire.host.exchange.seed.environment == "mock"
    assert (text == "해당조회내역이 없습니다") == mock
    assert trader.wire.send("kt00009", status_body()).json() == {
        "return_msg": "[2000](501724:관련자료가없습니다)",
        "return_code": 20,
    }
    assert trader.wire.read("ka10088", {"ord_no": "1"})["osop"] == []


def test_s46_kt00009_of_the_mock_server_needs_a_date(trader: Trader) -> None:
    trader.buy(1, trader.price() + 500)
    assert len(trader.status()) == 1
    reply = trader.wire.send("kt00009", status_body(ord_dt="")).json()
    mock = trader.wire.host.exchange.seed.environment == "mock"
    assert reply["return_code"] == (20 if mock else 0)


def test_kt00009_has_a_row_per_fill_and_the_sums(trader: Trader) -> None:
    numbers = several(trader)
    rows = trader.status()
    partial = [row for row in rows if row["ord_no"] == numbers["partial"]]
    assert [int(row["cntr_qty"]) for row in partial] == [1, 2]
    assert len({row["cntr_no"] for row in partial}) == 2
    assert {row["ord_no"] for row in rows} == set(numbers.values())
    untouched = next(row for row in rows if row["ord_no"] == numbers["open"])
    assert (untouched["cntr_no"], untouched["cntr_tm"]) == ("0000000", "")
    only_fills = trader.status(qry_tp="1")
    assert {row["ord_no"] for row in only_fills} == {numbers["filled"], numbers["partial"]}
    whole = trader.wire.read("kt00009", status_body())
    known = {order["ord_no"]: order["filled_amount"] for order in trader.known()}
    assert int(whole["buy_engg_amt"]) == known[numbers["partial"]]
    assert int(whole["sell_grntl_engg_amt"]) == known[numbers["filled"]]
    assert int(whole["engg_amt"]) == sum(known.values())
    assert trader.wire.send("kt00009", status_body(mrkt_tp="2")).json()["return_code"] == 20


def test_the_filters_of_kt00007(trader: Trader) -> None:
    numbers = several(trader)
    fund = trader.buy(1, trader.price("069500") // 5 * 5 - 500, stk_cd="069500")["ord_no"]

    def shown(**changes: str) -> list[str]:
        return [row["ord_no"] for row in trader.daily(**changes)]

    everything = [*sorted(numbers.values()), fund]
    assert shown(qry_tp="1") == everything
    assert shown(qry_tp="2") == everything[::-1]
    assert shown(qry_tp="3") == [numbers["open"], numbers["partial"], fund]
    assert shown(qry_tp="4") == [numbers["filled"], numbers["partial"]]
    assert shown(sell_tp="1") == [numbers["filled"]]
    assert shown(stk_cd="069500") == [fund]
    assert shown(fr_ord_no=numbers["partial"].lstrip("0")) == [numbers["partial"], fund]
    assert shown(stk_bond_tp="2") == shown(dmst_stex_tp="NXT") == []
    assert shown(dmst_stex_tp="KRX") == everything
    bad = trader.wire.send("kt00007", daily_body(ord_dt="2026-10-01")).json()
    assert "[1517:" in bad["return_msg"]


@pytest.mark.parametrize(
    ("api_id", "list_name"),
    [
        ("kt00007", "acnt_ord_cntr_prps_dtl"),
        ("kt00009", "acnt_ord_cntr_prst_array"),
        ("ka10075", "oso"),
    ],
)
def test_s25_pages_have_as_many_rows_as_told(trader: Trader, api_id: str, list_name: str) -> None:
    numbers = [trader.resting(1, ticks) for ticks in range(10, 17)]
    body = {
        "kt00007": daily_body(),
        "kt00009": status_body(),
        "ka10075": {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0"},
    }[api_id]
    trader.wire.control("page_size", api_id=api_id, rows=3)
    found: list[list[str]] = []
    headers: dict[str, str] = {}
    while True:
        reply = trader.wire.send(api_id, body, headers=headers)
        found.append([row["ord_no"] for row in reply.json()[list_name]])
        if reply.headers["cont-yn"] != "Y":
            break
        headers = {"cont-yn": "Y", "next-key": reply.headers["next-key"]}
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(n for page in found for n in page) == numbers
    trader.wire.control("page_size", api_id=api_id, rows=None)
    assert len(trader.wire.read(api_id, body)[list_name]) == 7
    bad = trader.wire.client.post("/_sim/page_size", json={"api_id": api_id, "rows": 0})
    assert bad.status_code == 400


def test_a_sor_order_is_one_row_with_two_legs(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real").sign_in())
    number = trader.buy(5, trader.price() - 5_000, dmst_stex_tp="SOR")["ord_no"]
    row = trader.open()[0]
    assert (row["sor_yn"], row["stex_tp_txt"], row["oso_qty"]) == ("Y", "SOR", "5")
    legs = trader.wire.read("ka10088", {"ord_no": number.lstrip("0")})["osop"]
    assert [(leg["stex_tp_txt"], leg["osop_qty"]) for leg in legs] == [
        ("S-KRX", "3"),
        ("S-NXT", "2"),
    ]
    assert all(tuple(leg) == SPLIT_ORDER for leg in legs)
    assert trader.daily()[0]["dmst_stex_tp"] == "SOR"
    assert trader.wire.read("ka10088", {"ord_no": trader.resting(1)})["osop"] == []
