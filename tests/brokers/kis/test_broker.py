"""One account behind replies as KIS sends them: requests, figures, pages, instruments."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.brokers.paging import MAX_PAGES
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.errors import (
    Unreadable,
)
from kiwoomctl.services.orders.figures import sellable
from tests.brokers.kis.conftest import (
    APPKEY,
    APPSECRET,
    NUMBER,
    POWER,
    Open,
    balance,
    error_of,
    lot,
    plain,
    reply,
)

# Requests -----------------------------------------------------------------------------------------


def test_a_read_carries_key_token_and_account(at: Open) -> None:
    house = at(POWER)
    assert house.broker.account_number() == NUMBER
    [request] = house.requests
    assert (request.method, request.content) == ("GET", b"")
    wanted = {
        "authorization": "Bearer canary-token-1",
        "appkey": APPKEY,
        "appsecret": APPSECRET,
        "tr_id": "TTTC8908R",
        "custtype": "P",
        "tr_cont": "",
    }
    assert {name: request.headers[name] for name in wanted} == wanted
    assert (house.query()["CANO"], house.query()["ACNT_PRDT_CD"]) == ("12345678", "01")


def test_the_mock_server_has_ids_of_its_own(at: Open) -> None:
    house = at(POWER, is_mock=True)
    house.broker.buying_power()
    assert house.requests[0].headers["tr_id"] == "VTTC8908R"
    assert error_of(house, lambda b: b.realized(None, None)).code == "not_on_mock"
    assert len(house.requests) == 1


@pytest.mark.parametrize("text", ["", "123", "12345678-01", "123456780a", "１２３４５６７８０１"])
def test_a_number_is_ten_digits(text: str) -> None:
    from kiwoomctl.brokers.kis.account import AccountNumber

    with pytest.raises(ValueError, match="ten digits"):
        AccountNumber.of(text)


# Figures ------------------------------------------------------------------------------------------


def test_cash(at: Open) -> None:
    house = at(balance(), POWER)
    cash = house.broker.cash()
    assert [cash.deposit, cash.deposit_d1, cash.deposit_d2] == [1_000_000, 900_000, -50_000]
    assert plain(cash.orderable, cash.withdrawable) == ["800000", "None"]


def test_a_holding_is_gross_and_a_blank_is_none(at: Open) -> None:
    house = at(balance(lot(evlu_pfls_rt="", ord_psbl_qty="")))
    [position] = house.broker.holdings().positions
    assert (position.symbol, position.quantity, position.sellable_quantity) == ("005930", 2, None)
    assert plain(position.average_price, position.price) == ["70000.5", "71000"]
    assert plain(position.cost, position.market_value) == ["140001", "142000"]
    assert position.unrealized_pnl == 1_999
    assert (position.unrealized_pnl_rate, position.pnl_basis) == (None, "gross")
    assert (position.credit_type, position.loan_date) == (None, None)


def test_credit_stays_apart_and_what_is_sold_out_falls_away(at: Open) -> None:
    loan = lot(trad_dvsn_name="자기융자", loan_dt="20261001")
    house = at(balance(lot(), loan, lot("000660", hldg_qty="0", pchs_amt="0"), mark="D"))
    told = [(p.symbol, p.credit_type, p.loan_date) for p in house.broker.holdings().positions]
    assert told == [("005930", None, None), ("005930", "자기융자", "2026-10-01")]


def test_a_price_of_zero_is_asked_for(at: Open) -> None:
    price = reply(
        rt_cd="0",
        msg_cd="MCA00000",
        msg1="",
        output={"stck_prpr": "72000", "stck_mxpr": "90000", "stck_llam": "50000"},
    )
    zero = lot(prpr="0", evlu_amt="0", evlu_pfls_amt="-140001", evlu_pfls_rt="-100.00")
    [position] = at(balance(zero), price).broker.holdings().positions
    assert plain(position.price, position.market_value) == ["72000", "144000"]
    assert position.unrealized_pnl == 3_999
    assert position.unrealized_pnl_rate == Decimal("2.86")


def test_an_empty_list_that_its_totals_contradict_is_refused(at: Open) -> None:
    house = at(balance(scts_evlu_amt="142000"))
    assert error_of(house, KisBroker.holdings).code == "contradiction"
    assert len(house.requests) == 2


@pytest.mark.parametrize("rt_cd", ["0", "7"])
def test_no_rows_are_none_however_they_are_said(at: Open, rt_cd: str) -> None:
    none = reply(rt_cd=rt_cd, msg_cd="KIOK0560", msg1="조회할 내용이 없습니다.", output=[])
    assert at(none).broker.open_orders() == ()


@pytest.mark.parametrize(
    "field",
    ["hldg_qty", "pchs_amt", "evlu_amt", "evlu_pfls_amt", "prpr", "pdno", "pchs_avg_pric"],
)
@pytest.mark.parametrize("value", ["x", "1,000", "1.5e3", "٣"])
def test_a_figure_that_is_none_is_refused(at: Open, field: str, value: str) -> None:
    house = at(balance(lot(), {**lot("000660"), field: value}, pchs_amt_smtl_amt=""))
    assert isinstance(error_of(house, KisBroker.holdings), Unreadable)


def test_a_row_without_a_code_is_refused(at: Open) -> None:
    assert isinstance(error_of(at(balance(lot(""))), KisBroker.holdings), Unreadable)


@pytest.mark.parametrize(("loan_dt", "quantity"), [("20261102", 1), ("00000000", None), ("", None)])
def test_shares_on_credit_are_never_counted_for_a_cash_order(
    at: Open, loan_dt: str, quantity: int | None
) -> None:
    lots = (lot(), lot(trad_dvsn_name="자기융자", loan_dt=loan_dt))
    positions = at(balance(*lots)).broker.holdings().positions
    assert sellable(positions, Symbol("005930")) == quantity


# Pages --------------------------------------------------------------------------------------------


def test_pages_go_on_with_the_broker_s_own_words(at: Open) -> None:
    total = str(140_001 * 2)
    house = at(
        balance(lot(), mark="F", cursor="next 1", pchs_amt_smtl_amt=total),
        balance(lot("000660"), mark="E", pchs_amt_smtl_amt=total),
    )
    assert [p.symbol for p in house.broker.holdings().positions] == ["005930", "000660"]
    assert [r.headers["tr_cont"] for r in house.requests] == ["", "N"]
    assert house.query(0)["CTX_AREA_NK100"] == ""
    assert house.query(1)["CTX_AREA_NK100"] == "next 1".ljust(100)
    assert house.query(1)["CTX_AREA_FK100"] == "12345678^01^".ljust(100)


def test_a_cursor_that_comes_again_is_refused(at: Open) -> None:
    house = at(balance(lot(), mark="M", cursor="same"))
    assert error_of(house, KisBroker.holdings).code == "list_cut"
    assert len(house.requests) == 2


def test_a_list_without_end_is_refused(at: Open) -> None:
    pages = [balance(lot(), mark="M", cursor=f"{n}") for n in range(MAX_PAGES + 5)]
    house = at(*pages)
    assert error_of(house, KisBroker.holdings).code == "list_cut"
    assert len(house.requests) == MAX_PAGES


@pytest.mark.parametrize("page", [{"mark": "F"}, {"mark": "M", "cursor": "  "}, {"mark": "X"}])
def test_a_promise_that_cannot_be_kept_is_refused(at: Open, page: dict[str, str]) -> None:
    assert isinstance(error_of(at(balance(lot(), **page)), KisBroker.holdings), Unreadable)


def test_a_cursor_that_no_request_can_carry_is_refused(at: Open) -> None:
    first = balance(lot(), mark="M", cursor="half")
    # JSON can hold half a character.
    content = first.content.replace(b'"half', rb'"\ud800')
    page = httpx.Response(200, content=content, headers={"tr_cont": "M"})
    assert isinstance(error_of(at(page), KisBroker.holdings), Unreadable)


# Instruments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "tick", "kind"),
    [
        ("70000", "100", "stock"),
        ("70000", "5", "etf"),
        ("1500", "1", None),
        ("3000", "5", None),
        ("70000", "7", None),
        ("70000", "", None),
    ],
)
def test_a_kind_that_is_not_told_follows_from_its_tick(
    at: Open, price: str, tick: str, kind: str | None
) -> None:
    told = {"stck_prpr": price, "stck_mxpr": "1", "stck_llam": "1", "aspr_unit": tick}
    house = at(reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=told), is_mock=True)
    for _ in range(2):
        found = house.broker.instrument(Symbol("005930")).kind
        assert (found and found.value) == kind
    assert len(house.requests) == 1


def test_a_code_without_any_price_is_not_known(at: Open) -> None:
    told = {"stck_prpr": "0", "stck_mxpr": "0", "stck_llam": "0"}
    house = at(reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=told))
    assert error_of(house, lambda b: b.quote(Symbol("999999"))).code == "unknown_code"
    assert house.broker.quotes([Symbol("999999")], "KRX") == ()


@pytest.mark.parametrize(
    ("change", "rate", "sign", "told"),
    [
        ("-500", "-0.69", "5", ["-500", "-0.69"]),
        ("500", "0.69", "5", ["-500", "-0.69"]),
        ("500", "0.69", "4", ["-500", "-0.69"]),
        ("500", "0.69", "2", ["500", "0.69"]),
        ("0", "0.00", "5", ["0", "0.00"]),
        ("", "", "5", ["None", "None"]),
        ("-500", "-0.69", "", ["-500", "-0.69"]),
    ],
)
def test_a_fall_is_below_zero_however_it_is_told(
    at: Open, change: str, rate: str, sign: str, told: list[str]
) -> None:
    prices = {"stck_prpr": "72000", "stck_mxpr": "90000", "stck_llam": "50000"}
    moved = {"prdy_vrss": change, "prdy_ctrt": rate, "prdy_vrss_sign": sign}
    quote = reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=prices | moved)
    [row] = at(quote, is_mock=True).broker.quotes([Symbol("005930")], "KRX")
    assert plain(row.change, row.change_rate) == told
