"""The lists of orders and fills as KIS sends them."""

from __future__ import annotations

from datetime import date, datetime

import httpx
import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import (
    Unreadable,
)
from tests.brokers.kis.conftest import Open, error_of, plain, reply

# Orders -------------------------------------------------------------------------------------------


def order(number: str = "0000002891", **changes: str) -> dict[str, str]:
    return {
        "ord_dt": "20261120",
        "ord_gno_brno": "06010",
        "odno": number,
        "orgn_odno": "",
        "ord_dvsn_cd": "00",
        "sll_buy_dvsn_cd": "02",
        "sll_buy_dvsn_cd_name": "현금매수",
        "pdno": "005930",
        "prdt_name": "삼성전자",
        "ord_qty": "3",
        "ord_unpr": "70000",
        "ord_tmd": "094941",
        "tot_ccld_qty": "0",
        "avg_prvs": "0",
        "tot_ccld_amt": "0",
        "cncl_yn": "",
        "rmn_qty": "3",
        "rjct_qty": "0",
        "ordr_empno": "OpnAPI",
        "excg_id_dvsn_Cd": "KRX",
        **changes,
    }


def daily(*orders: dict[str, str], day: str = "Fri, 20 Nov 2026 03:00:00 GMT") -> httpx.Response:
    told = reply(mark="D", rt_cd="0", msg_cd="KIOK0510", msg1="", output1=list(orders), output2={})
    if day:
        told.headers["date"] = day
    return told


def opened(*orders: dict[str, str]) -> httpx.Response:
    rows = [{**one, "psbl_qty": one["rmn_qty"]} for one in orders]
    return reply(mark="D", rt_cd="0", msg_cd="KIOK0510", msg1="", output=rows)


def test_an_order_as_the_list_has_it(at: Open) -> None:
    lists = at(daily(order()), opened()).broker.day_orders(None)
    [found] = lists.orders
    assert (found.number, found.original, found.side, found.type) == ("2891", None, "buy", "limit")
    assert plain(found.price, found.exchange, found.channel) == ["70000", "KRX", "REST API"]
    assert (found.status, found.remaining_quantity) == ("open", 3)
    assert found.ordered_at == datetime(2026, 11, 20, 9, 49, 41, tzinfo=KST)
    assert lists.in_day_list == {"2891"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"rmn_qty": "1", "tot_ccld_qty": "2", "avg_prvs": "70000"}, "partial"),
        ({"rmn_qty": "0", "tot_ccld_qty": "3", "avg_prvs": "70000"}, "filled"),
        ({"rmn_qty": "0", "cncl_yn": "Y"}, "cancelled"),
        ({"rmn_qty": "0", "cncl_cfrm_qty": "3"}, "cancelled"),
        ({"rmn_qty": "0", "rjct_qty": "3"}, "rejected"),
        ({"rmn_qty": "0"}, "closed"),
    ],
)
def test_what_became_of_an_order(at: Open, changes: dict[str, str], status: str) -> None:
    [found] = at(daily(order(**changes)), opened()).broker.day_orders(None).orders
    assert found.status == status


@pytest.mark.parametrize("text", ["", "12345", "HTS"])
def test_a_channel_that_is_not_known_tells_nothing(at: Open, text: str) -> None:
    [found] = at(daily(order(ordr_empno=text)), opened()).broker.day_orders(None).orders
    assert (found.channel, found.channel_known) == (None, not text)


def test_both_lists_are_joined_and_the_day_list_is_told(at: Open) -> None:
    late = order("0000002892", rmn_qty="3")
    lists = at(daily(order()), opened(order(), late)).broker.day_orders(None)
    assert {one.number for one in lists.orders} == {"2891", "2892"}
    assert lists.in_day_list == {"2891"}
    # What only the list of open orders shows may have come any way.
    assert [one.channel_known for one in lists.orders] == [True, False]


def test_a_list_without_a_date_has_no_time_of_the_broker(at: Open) -> None:
    assert at(daily(order(), day=""), opened()).broker.day_orders(None).broker_time is None


def test_today_is_the_broker_s(at: Open) -> None:
    monday = "Mon, 23 Nov 2026 01:00:00 GMT"
    house = at(daily(day=monday), daily(order(ord_dt="20261123"), day=monday), opened())
    lists = house.broker.day_orders(None)
    assert (lists.day, len(lists.orders)) == (date(2026, 11, 23), 1)
    assert [house.query(n)["INQR_STRT_DT"] for n in (0, 1)] == ["20261120", "20261123"]


def test_orders_of_another_day_are_no_orders_of_this(at: Open) -> None:
    assert at(daily(order(ord_dt="20261119")), opened()).broker.day_orders(None).orders == ()


@pytest.mark.parametrize(
    ("day", "api_id"),
    [
        (date(2026, 11, 19), "TTTC0081R"),
        (date(2026, 8, 1), "TTTC0081R"),
        (date(2026, 7, 31), "CTSC9215R"),
        (date(2025, 11, 20), "CTSC9215R"),
    ],
)
def test_older_months_are_another_list(at: Open, day: date, api_id: str) -> None:
    house = at(daily(order(ord_dt=f"{day:%Y%m%d}")))
    [found] = house.broker.day_orders(day).orders
    assert [request.headers["tr_id"] for request in house.requests] == [api_id]
    assert found.status == "expired"


def test_the_mock_server_s_open_orders_are_of_the_day_list(at: Open) -> None:
    house = at(daily(order(), order("0000002892", rmn_qty="0")), is_mock=True)
    assert [one.number for one in house.broker.open_orders()] == ["2891"]
    assert (house.query()["CCLD_DVSN"], house.query()["EXCG_ID_DVSN_CD"]) == ("02", "KRX")


def test_a_change_names_the_branch_of_its_order(at: Open) -> None:
    house = at(daily(order()), opened())
    house.broker.day_orders(None)
    assert house.client.branches == {"2891": "06010"}


def test_fills_are_sums_and_a_fill_without_a_price_is_refused(at: Open) -> None:
    filled = {"rmn_qty": "1", "tot_ccld_qty": "2", "avg_prvs": "70000.5000"}
    told = at(daily(order(**filled, tot_ccld_amt="140001")), opened()).broker.fills(None)
    [fill] = told.fills
    assert plain(fill.quantity, fill.price, fill.amount) == ["2", "70000.5", "140001"]
    assert (fill.fill_id, fill.commission, fill.tax, fill.filled_at) == (None, None, None, None)
    house = at(daily(order(**{**filled, "avg_prvs": ""})), opened())
    assert isinstance(error_of(house, lambda b: b.fills(None)), Unreadable)


@pytest.mark.parametrize("amount", ["", "0"])
def test_an_amount_that_is_not_told_is_whole_won(at: Open, amount: str) -> None:
    filled = {"rmn_qty": "0", "tot_ccld_qty": "3", "avg_prvs": "70000.3333"}
    told = at(daily(order(**filled, tot_ccld_amt=amount)), opened()).broker.fills(None)
    assert plain(told.fills[0].amount) == ["210001"]


@pytest.mark.parametrize("average", [{}, {"avg_prvs": ""}])
def test_a_fill_between_two_lists_is_paid_for_whole(at: Open, average: dict[str, str]) -> None:
    before = order(rmn_qty="2", tot_ccld_qty="1", avg_prvs="70000", tot_ccld_amt="70000")
    after = order(rmn_qty="1", tot_ccld_qty="2", tot_ccld_amt="139900", **average)
    if not average:
        del after["avg_prvs"]
    lists = at(daily(before), opened(after)).broker
    [fill] = lists.fills(None).fills
    assert plain(fill.quantity, fill.price, fill.amount) == ["2", "69950", "139900"]
    [found] = at(daily(before), opened(after)).broker.day_orders(None).orders
    assert plain(found.filled_quantity, found.average_fill_price) == ["2", "69950"]
    untold = {**after, "tot_ccld_amt": ""}
    house = at(daily(before), opened(untold))
    assert isinstance(error_of(house, lambda b: b.fills(None)), Unreadable)


@pytest.mark.parametrize("paid", [{"tot_ccld_amt": "140000"}, {"avg_prvs": "70000"}])
def test_shares_that_were_paid_for_are_not_none(at: Open, paid: dict[str, str]) -> None:
    assert at(daily(order(tot_ccld_qty="")), opened()).broker.fills(None).fills == ()
    house = at(daily(order(tot_ccld_qty="", **paid)), opened())
    assert isinstance(error_of(house, lambda b: b.fills(None)), Unreadable)


# Parts that could pass for the whole --------------------------------------------------------------


def page(
    *orders: dict[str, str], mark: str = "", code: str = "KIOK0510", cursor: str = ""
) -> httpx.Response:
    return reply(
        mark=mark,
        rt_cd="0",
        msg_cd=code,
        msg1="",
        output1=list(orders),
        output2={},
        ctx_area_fk100="12345678^01^".ljust(100),
        ctx_area_nk100=cursor.ljust(100),
    )


@pytest.mark.parametrize(
    "first",
    [
        page(order(), code="KIOK0500"),
        page(order(), code="KIOK0500", mark="D"),
        page(order(), code="KIOK0500", mark="E", cursor="next"),
        page(order(), cursor="next"),
        page(order(), code="KIOK0560"),
        page(code="KIOK0560", mark="F", cursor="next"),
    ],
    ids=["says more", "says more, D", "says more, E", "no mark", "no rows, one", "no rows, more"],
)
def test_a_page_that_contradicts_its_mark_is_no_list(at: Open, first: httpx.Response) -> None:
    with pytest.raises(Unreadable):
        at(first, is_mock=True).broker.day_orders(None)


def test_a_last_page_that_leaves_its_mark_away_is_a_list(at: Open) -> None:
    assert len(at(page(order()), is_mock=True).broker.day_orders(None).orders) == 1


def test_a_page_that_only_repeats_the_first_one_is_no_further_page(at: Open) -> None:
    again = page(order("1"), order("2"), mark="E", code="KIOK0460")
    house = at(page(order("1"), order("2"), mark="F", cursor="next"), again, is_mock=True)
    with pytest.raises(Unreadable):
        house.broker.day_orders(None)


def test_a_row_that_comes_again_on_the_next_page_is_one_order(at: Open) -> None:
    last = page(order("2"), order("3"), mark="E", code="KIOK0460")
    house = at(page(order("1"), order("2"), mark="F", cursor="next"), last, is_mock=True)
    assert [o.number for o in house.broker.day_orders(None).orders] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "other",
    [{"pdno": "000660"}, {"sll_buy_dvsn_cd": "01"}, {"ord_qty": "4"}, {"orgn_odno": "0000000007"}],
)
def test_two_orders_of_one_number_are_no_list(at: Open, other: dict[str, str]) -> None:
    first = page(order("0000000001"), order("1", ord_gno_brno="00950", **other), mark="D")
    with pytest.raises(Unreadable):
        at(first, is_mock=True).broker.day_orders(None)
