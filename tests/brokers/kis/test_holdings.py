"""The balance of KIS where it says less than it should: no value is 0, no total is smaller."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.domain.portfolio import position_totals
from kiwoomctl.errors import KiwoomctlError, Unreadable
from tests.brokers.kis.conftest import POWER, Open, balance, error_of, lot, plain, refusal, reply

UNVALUED = {"evlu_amt": "0", "evlu_pfls_amt": "-140001", "evlu_pfls_rt": "-100.00"}
UNPRICED = {"prpr": "0", **UNVALUED}
TWO = str(2 * 140_001)


def quote(**prices: str) -> httpx.Response:
    return reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=prices)


LAST = quote(stck_prpr="72000", stck_mxpr="90000", stck_llam="50000")
NOT_LISTED = quote(stck_prpr="0", stck_mxpr="", stck_llam="")
BLANK = quote(stck_prpr="", stck_mxpr="", stck_llam="")
REFUSED = refusal("APBK0656", "해당종목정보가 없습니다.", 200, "7")


def with_sums(page: httpx.Response, sums: Any) -> httpx.Response:
    """Return a page of the balance with another part for its sums."""
    told = page.json() | {"output2": sums}
    return httpx.Response(200, json=told, headers={"tr_cont": page.headers["tr_cont"]})


# Values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0", "", "0.00"])
def test_a_value_of_zero_beside_a_price_is_none(at: Open, value: str) -> None:
    house = at(balance(lot(**{**UNVALUED, "evlu_amt": value}), mark="D"))
    [position] = house.broker.holdings().positions
    assert plain(position.price, position.market_value) == ["71000", "142000"]
    assert plain(position.unrealized_pnl, position.unrealized_pnl_rate) == ["1999", "1.43"]
    assert len(house.requests) == 1


def test_one_of_two_rows_of_a_holding_without_a_value_makes_it_no_smaller(at: Open) -> None:
    house = at(balance(lot(), lot(**UNVALUED), mark="D"))
    [position] = house.broker.holdings().positions
    assert [position.quantity, position.market_value] == [4, 284_000]


@pytest.mark.parametrize("answer", [NOT_LISTED, REFUSED, BLANK])
def test_a_code_without_any_price_costs_only_its_own_value(
    at: Open, answer: httpx.Response
) -> None:
    house = at(balance(lot(), lot("000660", **UNPRICED), mark="D"), answer)
    first, second = house.broker.holdings().positions
    assert first.market_value == 142_000
    assert [second.quantity, second.cost] == [2, 140_001]
    assert (second.price, second.market_value, second.unrealized_pnl) == (None, None, None)
    assert position_totals((first, second)).market_value is None


def test_a_price_that_cannot_be_asked_for_fails_the_account(at: Open) -> None:
    house = at(balance(lot(**UNPRICED), mark="D"), refusal("EGW00202"))
    with pytest.raises(KiwoomctlError):
        house.broker.holdings()


@pytest.mark.parametrize(
    ("rows", "securities", "worth"),
    [
        ((UNPRICED, UNPRICED), "0", None),
        ((UNPRICED, UNPRICED), "", None),
        (({}, UNPRICED), "142000", None),
        (({}, UNVALUED), "142000", None),
        (({}, UNPRICED), "286000", 10_000_000),
        ((UNPRICED, UNPRICED), "288000", 10_000_000),
        (({}, {}), "0", 10_000_000),
        (({}, {"hldg_qty": "0", "pchs_amt": "140001", **UNPRICED}), "142000", 10_000_000),
    ],
)
def test_a_worth_without_the_values_that_are_missing_is_none(
    at: Open, rows: tuple[dict[str, str], ...], securities: str, worth: int | None
) -> None:
    lots = [lot(code, **row) for code, row in zip(("005930", "000660"), rows, strict=True)]
    house = at(balance(*lots, mark="D", scts_evlu_amt=securities), LAST)
    assert house.broker.holdings().total_assets == worth


# The day's trades ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traded", "d2", "lags"),
    [
        ({"thdt_buy_amt": "142000"}, "900000", True),
        ({"thdt_sll_amt": "142000", "thdt_tlex_amt": "300"}, "900000", True),
        ({"thdt_buy_amt": "142000"}, "758000", False),
        ({"thdt_buy_amt": "142000", "thdt_sll_amt": "142000"}, "900000", False),
        ({"thdt_buy_amt": "142000", "thdt_sll_amt": "142000"}, "899700", False),
        ({"thdt_buy_amt": "", "thdt_sll_amt": ""}, "900000", False),
        ({"thdt_buy_amt": "0", "thdt_sll_amt": "0", "thdt_tlex_amt": "300"}, "900000", False),
        ({}, "900000", False),
    ],
)
def test_deposits_without_today_s_trades_are_none(
    at: Open, traded: dict[str, str], d2: str, lags: bool
) -> None:
    told = balance(lot(), mark="D", prvs_rcdl_excc_amt=d2, **traded)
    cash = at(told, POWER).broker.cash()
    assert [cash.deposit, cash.deposit_d1, cash.orderable] == [1_000_000, 900_000, 800_000]
    assert (cash.deposit_d2 is None) is lags
    assert (at(told).broker.holdings().total_assets is None) is lags


# Pages --------------------------------------------------------------------------------------------


def two_pages(first: Any, last: Any, **sums: str) -> list[httpx.Response]:
    """Return two pages of a holding each, with these parts for their sums; None for the usual."""
    pages = [
        balance(lot(), mark="F", cursor="next", **{"pchs_amt_smtl_amt": TWO, **sums}),
        balance(lot("000660"), mark="E", **{"pchs_amt_smtl_amt": TWO, **sums}),
    ]
    parts = zip(pages, (first, last), strict=True)
    return [page if part is None else with_sums(page, part) for page, part in parts]


BLANKS = [dict.fromkeys(("dnca_tot_amt", "nxdy_excc_amt", "prvs_rcdl_excc_amt", "nass_amt"), "")]
ZEROS = [dict.fromkeys(BLANKS[0], "0")]


@pytest.mark.parametrize("empty", [[], {}, BLANKS, ZEROS])
@pytest.mark.parametrize("place", [0, 1])
def test_sums_that_one_page_brings_are_the_sums(at: Open, empty: Any, place: int) -> None:
    pages = two_pages(*((empty, None) if place == 0 else (None, empty)))
    told = at(*pages).broker.holdings()
    assert [p.symbol for p in told.positions] == ["005930", "000660"]
    assert told.total_assets == 10_000_000
    cash = at(*pages[: 2 - place], POWER).broker.cash()
    assert [cash.deposit, cash.deposit_d2] == [1_000_000, -50_000]


@pytest.mark.parametrize("empty", [[], {}])
def test_pages_without_any_sums_are_refused(at: Open, empty: Any) -> None:
    for read in (KisBroker.holdings, KisBroker.cash):
        assert error_of(at(*two_pages(empty, empty)), read).code == "blank"


def test_an_empty_account_has_zeros(at: Open) -> None:
    house = at(with_sums(balance(mark="D"), ZEROS), POWER)
    cash = house.broker.cash()
    assert [cash.deposit, cash.deposit_d1, cash.deposit_d2] == [0, 0, 0]


def test_one_page_without_sums_is_refused(at: Open) -> None:
    house = at(with_sums(balance(lot(), mark="D"), []))
    assert isinstance(error_of(house, KisBroker.holdings), Unreadable)


def test_a_holding_on_both_pages_is_refused_where_no_total_tells(at: Open) -> None:
    pages = [
        balance(lot(), mark="F", cursor="next", pchs_amt_smtl_amt=""),
        balance(lot(), mark="E", pchs_amt_smtl_amt=""),
    ]
    assert error_of(at(*pages, *pages), KisBroker.holdings).code == "contradiction"
    other = balance(lot("000660"), mark="E", pchs_amt_smtl_amt="")
    assert len(at(pages[0], other).broker.holdings().positions) == 2


def test_a_list_of_which_nobody_says_that_it_ends_must_add_up(at: Open) -> None:
    assert len(at(balance(lot())).broker.holdings().positions) == 1
    short = balance(lot(), pchs_amt_smtl_amt=TWO)
    assert error_of(at(short), KisBroker.holdings).code == "contradiction"


@pytest.mark.parametrize(("mark", "code", "cursor"), [("", "KIOK0500", ""), ("", "", "next")])
def test_a_list_that_goes_on_without_its_mark_is_refused(
    at: Open, mark: str, code: str, cursor: str
) -> None:
    told = balance(lot(), mark=mark, cursor=cursor).json() | {"msg_cd": code}
    house = at(httpx.Response(200, json=told, headers={"tr_cont": mark}))
    assert error_of(house, KisBroker.holdings).code == "contradiction"


def test_no_rows_are_not_believed_beside_rows(at: Open) -> None:
    told = balance(lot(), mark="D").json() | {"msg_cd": "KIOK0560"}
    house = at(httpx.Response(200, json=told, headers={"tr_cont": "D"}))
    assert error_of(house, KisBroker.holdings).code == "contradiction"
    blank = told | {"output1": [dict.fromkeys(lot(), "")]}
    house = at(httpx.Response(200, json=blank, headers={"tr_cont": "D"}))
    assert error_of(house, KisBroker.holdings).code == "contradiction"
    nothing = blank | {"output2": [told["output2"][0] | {"pchs_amt_smtl_amt": "0"}]}
    house = at(httpx.Response(200, json=nothing, headers={"tr_cont": "D"}))
    assert house.broker.holdings().positions == ()
