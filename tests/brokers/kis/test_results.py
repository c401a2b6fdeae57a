"""Realized profit as KIS lists it: before or after costs, blanks, days that bought too."""

from __future__ import annotations

from datetime import date

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.domain.results import RealizedResults
from kiwoomctl.errors import Unreadable
from tests.brokers.kis.conftest import Open, error_of, reply

FIRST = date(2026, 11, 2)


def listed(*rows: dict[str, str], mark: str = "D", cursor: str = "") -> httpx.Response:
    return reply(
        mark=mark,
        rt_cd="0",
        msg_cd="KIOK0500" if cursor else "KIOK0510",
        msg1="",
        output1=list(rows),
        output2={},
        ctx_area_fk100="12345678^01^",
        ctx_area_nk100=cursor,
    )


def day(**changes: str) -> dict[str, str]:
    """A day whose profit is before costs."""
    return {
        "trad_dt": "20261118",
        "buy_amt": "0",
        "sll_amt": "150000",
        "rlzt_pfls": "10000",
        "fee": "20",
        "tl_tax": "300",
        "loan_int": "0",
        **changes,
    }


def sale(code: str = "00000A005930", **changes: str) -> dict[str, str]:
    """A sale of two shares whose profit is before costs."""
    return {
        "trad_dt": "20261118",
        "pdno": code,
        "prdt_name": "삼성전자",
        "pchs_unpr": "70000.0000",
        "buy_qty": "0",
        "sll_qty": "2",
        "sll_amt": "150000",
        "rlzt_pfls": "10000",
        "fee": "20",
        "tl_tax": "300",
        "loan_int": "0",
        **changes,
    }


NET = {"rlzt_pfls": "9680"}


def read(broker: KisBroker) -> RealizedResults:
    return broker.realized(FIRST, date(2026, 11, 20))


def profits(told: RealizedResults) -> tuple[list[object], list[object]]:
    """Return the profits of the days and of the sales."""
    return (
        [row.realized.realized_pnl for row in told.days],
        [row.realized.realized_pnl for row in told.sales],
    )


@pytest.mark.parametrize("of_day", [{}, NET])
@pytest.mark.parametrize("of_sale", [{}, NET])
def test_a_profit_is_after_costs_however_it_is_told(
    at: Open, of_day: dict[str, str], of_sale: dict[str, str]
) -> None:
    told = read(at(listed(day(**of_day)), listed(sale(**of_sale))).broker)
    assert profits(told) == ([9_680], [9_680])
    assert told.sales[0].symbol == "005930"


def test_one_sale_without_an_average_cost_does_not_turn_the_others(at: Open) -> None:
    sales = [sale(), sale("00000A000660", pchs_unpr="")]
    days = day(sll_amt="300000", rlzt_pfls="20000", fee="40", tl_tax="600")
    told = read(at(listed(days), listed(*sales)).broker)
    assert profits(told) == ([19_360], [9_680, 9_680])


def test_a_cheap_share_whose_average_is_rounded_does_not_turn_the_others(at: Open) -> None:
    # 1,000 shares at 100.4, told as 100: the rounding is more than its costs.
    cheap = sale(
        "00000A000660",
        pchs_unpr="100",
        sll_qty="1000",
        sll_amt="101000",
        rlzt_pfls="600",
        fee="15",
        tl_tax="200",
    )
    dear = sale(fee="200", tl_tax="3000")
    days = day(sll_amt="251000", rlzt_pfls="10600", fee="215", tl_tax="3200")
    told = read(at(listed(days), listed(cheap, dear)).broker)
    assert profits(told) == ([7_185], [385, 6_800])
    assert [row.realized.cost for row in told.sales] == [100_400, 140_000]


def test_sales_that_do_not_tell_have_no_profit(at: Open) -> None:
    told = read(at(listed(day()), listed(sale(pchs_unpr=""))).broker)
    assert profits(told) == ([None], [None])
    assert told.days[0].realized.sell_amount == 150_000


def test_costs_that_are_not_told_are_a_profit_that_is_not_known(at: Open) -> None:
    blank = {"fee": "", "tl_tax": ""}
    assert profits(read(at(listed(day(**blank)), listed(sale(**blank))).broker)) == (
        [None],
        [None],
    )
    some = {"sll_amt": "300000", "rlzt_pfls": "20000", "fee": "40", "tl_tax": "600"}
    told = read(at(listed(day(**some)), listed(sale(), sale("00000A000660", **blank))).broker)
    assert profits(told) == ([19_360], [9_680, None])


def test_no_costs_at_all_leave_the_profit_as_it_is(at: Open) -> None:
    free = {"fee": "0", "tl_tax": "0"}
    assert profits(read(at(listed(day(**free)), listed(sale(**free))).broker)) == (
        [10_000],
        [10_000],
    )


def test_a_sale_without_costs_has_its_profit_whatever_the_others_leave_out(at: Open) -> None:
    free, untold = {"fee": "0", "tl_tax": "0"}, {"fee": "", "tl_tax": ""}
    days = day(sll_amt="300000", rlzt_pfls="20000", **untold)
    rows = sale(**free), sale("00000A000660", **untold)
    assert profits(read(at(listed(days), listed(*rows)).broker)) == ([None], [10_000, None])


def test_interest_of_a_loan_is_a_cost(at: Open) -> None:
    loan = {"loan_int": "100"}
    assert profits(read(at(listed(day(**loan)), listed(sale(**loan))).broker)) == (
        [9_580],
        [9_580],
    )
    net = {**loan, "rlzt_pfls": "9580"}
    assert profits(read(at(listed(day(**net)), listed(sale(**net))).broker)) == ([9_580], [9_580])


@pytest.mark.parametrize("changes", [{}, NET])
def test_the_commission_of_buys_is_no_cost_of_that_day_s_sales(
    at: Open, changes: dict[str, str]
) -> None:
    bought = sale("00000A000660", sll_qty="0", sll_amt="0", rlzt_pfls="0", buy_qty="9", fee="400")
    days = day(buy_amt="4000000", fee="420", **changes)
    told = read(at(listed(days), listed(bought, sale(**changes))).broker)
    assert profits(told) == ([9_680], [9_680])
    assert told.days[0].realized.commission == told.sales[0].realized.commission == 20


def test_a_row_with_a_great_buy_does_not_tell_how_profits_are_meant(at: Open) -> None:
    # Of its commission only 2 are of the sale, and no tax: nearer to a profit before costs.
    mixed = sale(
        "00000Q520057", rlzt_pfls="9998", buy_qty="9000", fee="9000", tl_tax="0"
    )  # fmt: skip
    days = day(sll_amt="300000", rlzt_pfls="19678", fee="9020")
    told = read(at(listed(days), listed(mixed, sale(**NET))).broker)
    assert profits(told) == ([19_678], [9_998, 9_680])


def test_a_day_whose_sales_are_blank_is_not_left_out(at: Open) -> None:
    told = read(at(listed(day(sll_amt="")), listed(sale())).broker)
    assert [(row.day, row.realized.sell_amount) for row in told.days] == [("2026-11-18", None)]
    bought = day(trad_dt="20261117", sll_amt="", rlzt_pfls="")
    told = read(at(listed(bought, day()), listed(sale())).broker)
    assert [row.day for row in told.days] == ["2026-11-18"]


def test_a_sale_without_its_quantity_is_refused(at: Open) -> None:
    house = at(listed(day()), listed(sale(), sale("00000A000660", sll_qty="")))
    assert isinstance(error_of(house, read), Unreadable)
    nothing = sale("00000A000660", sll_qty="", sll_amt="", rlzt_pfls="")
    assert len(read(at(listed(day()), listed(sale(), nothing)).broker).sales) == 1


def test_a_subscription_right_is_a_sale_like_others(at: Open) -> None:
    days = day(sll_amt="300000", rlzt_pfls="20000", fee="40", tl_tax="600")
    told = read(at(listed(days), listed(sale(), sale("000J00532219"))).broker)
    assert [row.symbol for row in told.sales] == ["005930", "J00532219"]
    assert profits(told) == ([19_360], [9_680, 9_680])


def test_a_row_on_two_pages_is_not_counted_twice(at: Open) -> None:
    days = day(sll_amt="450000", rlzt_pfls="30000", fee="60", tl_tax="900")
    rows = [sale(), sale("00000A000660"), sale("00000A035420")]
    first = listed(*rows[:2], mark="F", cursor="next")
    assert len(read(at(listed(days), first, listed(*rows[2:], mark="E")).broker).sales) == 3
    house = at(listed(days), first, listed(*rows[1:], mark="E"))
    assert error_of(house, read).code == "contradiction"
    house = at(listed(days, mark="F", cursor="next"), listed(days, mark="E"), listed(*rows))
    assert error_of(house, read).code == "contradiction"
