"""The lists of orders on KIS's wire, compared with the exchange's record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.simulator.kis.conftest import CURSORS, DAILY, SYMBOL, KisWire, MakeKis

OPEN = {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0", **CURSORS}


def equal_to_the_truth(kis: KisWire) -> None:
    """Compare the day's list with every order that the exchange has of this account."""
    known = [o for o in kis.state()["orders"] if o["appkey"] == kis.appkey]
    rows = kis.daily(EXCG_ID_DVSN_CD="ALL")
    assert [row["odno"] for row in rows] == [order["ord_no"] for order in known]
    for row, order in zip(rows, known, strict=True):
        assert row["pdno"] == order["symbol"]
        assert row["orgn_odno"] == order["original"]
        assert row["sll_buy_dvsn_cd"] == {"sell": "01", "buy": "02"}[order["side"]]
        assert int(row["ord_qty"]) == order["quantity"]
        assert int(row["ord_unpr"]) == order["price"]
        assert int(row["tot_ccld_qty"]) == order["filled"]
        assert int(row["tot_ccld_amt"]) == order["filled_amount"]
        assert int(row["rmn_qty"]) == (0 if order["action"] == "cancel" else order["remaining"])
        assert row["excg_id_dvsn_cd"] == order["exchange"]
        if order["filled"]:
            average = Decimal(order["filled_amount"]) / order["filled"]
            assert abs(Decimal(row["avg_prvs"]) - average) <= Decimal("0.00005")
    told = kis.read("TTTC0081R", {**DAILY, "EXCG_ID_DVSN_CD": "ALL"})["output2"]
    assert int(told["tot_ccld_amt"]) == sum(o["filled_amount"] for o in known)
    assert int(told["prsm_tlex_smtl"]) == sum(o["commission"] + o["tax"] for o in known)


def test_every_kind_of_order_is_as_the_exchange_has_it(kis: KisWire) -> None:
    price = kis.price()
    kis.buy(2)
    kis.sell(3, EXCG_ID_DVSN_CD="SOR")
    kis.buy(1, price - 5_000, EXCG_ID_DVSN_CD="NXT")
    first = kis.resting(6)
    second = kis.change(first, "01", ORD_UNPR=f"{price - 9_000}")["output"]["ODNO"]
    kis.change(second, "02", ORD_QTY="2", QTY_ALL_ORD_YN="N")
    kis.control("depth", symbol=SYMBOL, quantity=3)
    kis.buy(9, price + 1_000)
    kis.buy(9, price + 500, ORD_DVSN="11")
    equal_to_the_truth(kis)


def test_a_cancelled_order_says_so(kis: KisWire) -> None:
    first = kis.resting(5)
    kis.control("fill", ord_no=first, quantity=2)
    cancel = kis.change(first, "02")["output"]["ODNO"]
    row, request = kis.daily()
    assert (row["tot_ccld_qty"], row["cncl_cfrm_qty"], row["rmn_qty"]) == ("2", "3", "0")
    assert (row["cncl_yn"], row["orgn_odno"]) == ("Y", "")
    assert (request["odno"], request["orgn_odno"]) == (cancel, first)
    assert (request["ord_qty"], request["sll_buy_dvsn_cd_name"]) == ("3", "현금매수취소")
    kis.rules(blank_cncl_yn=True, zero_original=True, venue_key="excg_id_dvsn_Cd")
    row = kis.daily()[0]
    assert (row["cncl_yn"], row["orgn_odno"]) == ("", "0000000000")
    assert "excg_id_dvsn_cd" not in row
    assert row["excg_id_dvsn_Cd"] == "KRX"


def test_what_was_modified_away_is_not_cancelled(kis: KisWire) -> None:
    first = kis.resting(5)
    kis.change(first, "01", ORD_UNPR=f"{kis.price() - 9_000}")
    row, _ = kis.daily()
    assert (row["rmn_qty"], row["cncl_cfrm_qty"], row["cncl_yn"]) == ("0", "0", "")


def test_what_could_not_trade_at_once_is_cancelled(kis: KisWire) -> None:
    kis.control("depth", symbol=SYMBOL, quantity=3)
    kis.buy(5, kis.price() + 500, ORD_DVSN="11")
    row = kis.daily()[0]
    assert (row["tot_ccld_qty"], row["cncl_cfrm_qty"], row["ccld_cndt_name"]) == ("3", "2", "IOC")


def test_an_order_that_the_exchange_refuses_later(kis: KisWire) -> None:
    kis.control("reject_later", seconds=5)
    kis.resting(4)
    assert kis.open()
    kis.clock.advance(6)
    assert kis.open() == []
    row = kis.daily()[0]
    assert (row["rjct_qty"], row["rmn_qty"], row["tot_ccld_qty"]) == ("4", "0", "0")
    assert row["sll_buy_dvsn_cd_name"] == "BUY REJECT"


@pytest.mark.parametrize("remains", [False, True])
def test_an_order_that_died_with_the_session(kis: KisWire, remains: bool) -> None:
    kis.rules(expired_remain=remains)
    kis.resting(4)
    kis.control("clock", now="2026-10-01T15:50:00+09:00")
    row = kis.daily()[0]
    assert (row["rmn_qty"], row["cncl_yn"], row["rjct_qty"]) == ("4" if remains else "0", "", "0")


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, [0, 1, 2]),
        ({"INQR_DVSN": "00"}, [2, 1, 0]),
        ({"CCLD_DVSN": "01"}, [0, 1]),
        ({"CCLD_DVSN": "02"}, [2]),
        ({"SLL_BUY_DVSN_CD": "01"}, [1]),
        ({"SLL_BUY_DVSN_CD": "02"}, [0, 2]),
        ({"PDNO": SYMBOL}, [0, 1, 2]),
        ({"PDNO": "000660"}, []),
        ({"EXCG_ID_DVSN_CD": "NXT"}, []),
        ({"INQR_DVSN_3": "02"}, []),
        ({"ORD_GNO_BRNO": "99999"}, []),
        ({"INQR_STRT_DT": "20261002", "INQR_END_DT": "20261002"}, []),
    ],
)
def test_filters(kis: KisWire, filters: dict[str, str], places: list[int]) -> None:
    numbers = [kis.buy(1)["output"]["ODNO"], kis.sell(1)["output"]["ODNO"], kis.resting(1)]
    assert [row["odno"] for row in kis.daily(**filters)] == [numbers[place] for place in places]
    if not places:
        told = kis.read("TTTC0081R", {**DAILY, **filters})
        assert (told["msg_cd"], told["output1"]) == ("KIOK0560", [])
        kis.rules(empty_rt_cd="7")
        assert kis.send("TTTC0081R", {**kis.named, **DAILY, **filters}).json()["rt_cd"] == "7"


def test_one_order_by_its_number(kis: KisWire) -> None:
    kis.resting()
    number = kis.resting()
    assert [row["odno"] for row in kis.daily(ODNO=number)] == [number]


@pytest.mark.parametrize(("env", "size"), [("real", 100), ("mock", 15)])
def test_pages_of_a_day(make_kis: MakeKis, env: str, size: int) -> None:
    kis = make_kis(env=env).sign_in()
    count = size * 2 + 1
    for _ in range(count):
        kis.sell(1, kis.price() + 9_000)
        kis.change(kis.daily(INQR_DVSN="00")[0]["odno"], "02")
        if len(kis.state()["orders"]) > count:
            break
    pages = kis.pages("TTTC0081R", DAILY, "output1")
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    numbers = [row["odno"] for page in pages for row in page]
    assert numbers == [order["ord_no"] for order in kis.state()["orders"]]
    assert len(numbers) > count


def test_months_part_the_two_lists(kis: KisWire) -> None:
    kis.control("clock", now="2026-06-30T10:00:00+09:00")
    kis.sign_in()
    kis.resting()
    kis.control("clock", now="2026-07-01T10:00:00+09:00")
    kis.sign_in()
    kis.resting()
    kis.control("clock", now="2026-10-30T10:00:00+09:00")
    kis.sign_in()
    asked = {**DAILY, "INQR_STRT_DT": "20260601", "INQR_END_DT": "20261030"}
    within = kis.read("TTTC0081R", asked)["output1"]
    before = kis.read("CTSC9215R", asked)["output1"]
    assert [row["ord_dt"] for row in within] == ["20260701"]
    assert [row["ord_dt"] for row in before] == ["20260630"]


def test_open_orders(kis: KisWire) -> None:
    buy = kis.resting(5)
    sell = kis.sell(2, kis.price() + 9_000)["output"]["ODNO"]
    kis.control("fill", ord_no=buy, quantity=2)
    both = kis.open()
    assert [row["odno"] for row in both] == [buy, sell]
    row = both[0]
    assert (row["psbl_qty"], row["tot_ccld_qty"], row["ord_qty"]) == ("3", "2", "5")
    assert (row["ord_gno_brno"], row["excg_id_dvsn_cd"]) == ("06010", "KRX")
    assert [row["odno"] for row in kis.open(INQR_DVSN_2="1")] == [sell]
    assert [row["odno"] for row in kis.open(INQR_DVSN_2="2")] == [buy]
    modified = kis.change(buy, "01", ORD_UNPR=f"{kis.price() - 9_000}")["output"]["ODNO"]
    row = kis.open(INQR_DVSN_2="2")[0]
    assert (row["odno"], row["orgn_odno"], row["psbl_qty"]) == (modified, buy, "3")


def test_pages_of_open_orders(kis: KisWire) -> None:
    kis.control("page_size", api_id="TTTC0084R", rows=2)
    numbers = [kis.resting() for _ in range(5)]
    pages = kis.pages("TTTC0084R", OPEN, "output")
    assert [[row["odno"] for row in page] for page in pages] == [
        numbers[:2],
        numbers[2:4],
        numbers[4:],
    ]


def test_the_mock_server_s_open_orders_are_in_the_day_s_list(mock_kis: KisWire) -> None:
    mock_kis.buy(1)
    number = mock_kis.resting(2)
    rows = mock_kis.daily(CCLD_DVSN="02")
    assert [(row["odno"], row["rmn_qty"]) for row in rows] == [(number, "2")]


@pytest.mark.parametrize(
    ("channel", "shown"), [(None, "HTS"), ("MTS", "MTS"), ("REST API", "OpnAPI")]
)
def test_orders_of_another_channel(kis: KisWire, channel: str | None, shown: str) -> None:
    asked = {"appkey": kis.appkey, "side": "sell", "symbol": SYMBOL, "quantity": 1}
    placed = kis.control("foreign_order", **asked, channel=channel)
    assert len(placed["ord_no"]) == 10
    assert kis.daily()[0]["ordr_empno"] == shown
    equal_to_the_truth(kis)


def test_numbers_begin_anew_each_day(kis: KisWire) -> None:
    first = kis.resting()
    kis.control("clock", now="2026-10-02T10:00:00+09:00")
    kis.sign_in()
    second = kis.resting()
    rows = kis.daily(INQR_END_DT=f"{date(2026, 10, 1) + timedelta(days=1):%Y%m%d}")
    assert [(row["ord_dt"], row["odno"]) for row in rows] == [
        ("20261001", first),
        ("20261002", second),
    ]
