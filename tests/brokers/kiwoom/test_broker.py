"""One account behind replies as the broker sends them: requests, figures, pages."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
from kiwoomctl.brokers.paging import MAX_PAGES
from kiwoomctl.errors import (
    BrokerRejected,
    Unreadable,
)
from tests.brokers.kiwoom.conftest import CASH, LIST, Open, amount, holdings, paged, row, whole

# Requests -----------------------------------------------------------------------------------


def test_requests_are_those_the_broker_knows(at: Open) -> None:
    house = at(CASH, holdings(row()), {"acctNo": "8012345611", "return_code": 0})
    house.broker.cash()
    house.broker.holdings()
    assert house.broker.account_number() == "8012345611"

    assert [r.headers["api-id"] for r in house.requests] == ["kt00001", "kt00018", "ka00001"]
    assert [json.loads(r.content) for r in house.requests] == [
        {"qry_tp": "3"},
        {"qry_tp": "1", "dmst_stex_tp": "KRX"},
        {},
    ]
    for request in house.requests:
        assert (request.method, request.url.path) == ("POST", "/api/dostk/acnt")
        assert request.headers["authorization"] == "Bearer canary-token-1"
        assert request.headers["content-type"] == "application/json;charset=UTF-8"
        assert "next-key" not in request.headers
    assert house.issued == 1
    assert [call.outcome for call in house.calls] == ["HTTP 200 rc 0"] * 4


@pytest.mark.parametrize("number", ["", " ", "0000000000", "80123456ab", "８０１２３４５６１１"])
def test_an_account_number_that_is_none(at: Open, number: str) -> None:
    house = at({"acctNo": number, "return_code": 0})
    assert isinstance(house.refusal(KiwoomBroker.account_number), Unreadable)


def test_an_account_number_with_a_dash(at: Open) -> None:
    house = at({"acctNo": " 80123456-11 ", "return_code": 0})
    assert house.broker.account_number() == "8012345611"


# Cash ---------------------------------------------------------------------------------------


def test_cash(at: Open) -> None:
    cash = at(CASH).broker.cash()
    assert whole(cash.deposit, cash.deposit_d1, cash.deposit_d2) == (1_000_000, 900_000, -50_000)
    assert whole(cash.orderable, cash.withdrawable) == (800_000, 700_000)
    assert cash.currency == "KRW"


@pytest.mark.parametrize(
    ("blank", "field"),
    [
        ("entr", "deposit"),
        ("d1_entra", "deposit_d1"),
        ("d2_entra", "deposit_d2"),
        ("ord_alow_amt", "orderable"),
        ("pymn_alow_amt", "withdrawable"),
    ],
)
def test_cash_partly_blank_is_missing_and_not_zero(at: Open, blank: str, field: str) -> None:
    cash = at({**CASH, blank: " "}).broker.cash()
    assert getattr(cash, field) is None
    fields = ("deposit", "deposit_d1", "deposit_d2", "orderable", "withdrawable")
    assert sum(getattr(cash, name) is None for name in fields) == 1


def test_blank_cash_is_no_answer(at: Open) -> None:
    names = ("entr", "d1_entra", "d2_entra", "ord_alow_amt", "pymn_alow_amt")
    error = at({**CASH, **dict.fromkeys(names, "")}).refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (Unreadable, "blank", 10)


@pytest.mark.parametrize("junk", ["abc", "1.5", "-", "9" * 30, "1e5"])
def test_cash_that_is_no_figure(at: Open, junk: str) -> None:
    error = at({**CASH, "d2_entra": junk}).refusal(KiwoomBroker.cash)
    assert isinstance(error, Unreadable)
    assert "d2_entra" in str(error)


# Holdings -----------------------------------------------------------------------------------


def test_a_position(at: Open) -> None:
    held = at(holdings(row())).broker.holdings()
    (position,) = held.positions
    assert held.total_assets == 10_000_000
    assert (position.symbol, position.name) == ("005930", "삼성전자")
    assert (position.quantity, position.sellable_quantity) == (1, 1)
    assert whole(position.average_price, position.price) == (272_750, 272_500)
    assert whole(position.cost, position.market_value) == (272_750, 272_500)
    assert position.unrealized_pnl == -2_694
    assert position.unrealized_pnl_rate == Decimal("-0.99")
    assert (position.credit_type, position.loan_date) == ("00", None)
    assert (position.pnl_basis, position.currency) == ("net", "KRW")


@pytest.mark.parametrize(
    ("sent", "code"),
    [("A005930", "005930"), ("A0001A0", "0001A0"), ("33626K", "33626K"), ("Q500001", "500001"),
     ("J57A123", "57A123"), ("005930_AL", "005930")],
)  # fmt: skip
def test_codes(at: Open, sent: str, code: str) -> None:
    assert at(holdings(row(sent))).broker.holdings().positions[0].symbol == code


def test_rows_of_one_holding_are_one_position(at: Open) -> None:
    credit = {"crd_tp": "03", "crd_loan_dt": "20261102"}
    held = at(
        holdings(
            row(),
            row(**credit),
            row("A0001A0"),
            row(),
            row(**credit),
            row(crd_tp="03", crd_loan_dt="20261103"),
            row(crd_loan_dt="00000000"),
        )
    ).broker.holdings()

    keys = [(*p.key, p.quantity, *whole(p.cost)) for p in held.positions]
    assert keys == [
        ("005930", "00", "", 3, 818_250),
        ("005930", "03", "2026-11-02", 2, 545_500),
        ("0001A0", "00", "", 1, 272_750),
        ("005930", "03", "2026-11-03", 1, 272_750),
    ]


def test_sold_out_and_blank_rows_are_gone(at: Open) -> None:
    sold = row("A000660", rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0))
    blank = dict.fromkeys(row(), "")
    held = at(holdings(sold, blank, row(), sold)).broker.holdings()
    assert [p.symbol for p in held.positions] == ["005930"]


def test_an_empty_account(at: Open) -> None:
    held = at(holdings()).broker.holdings()
    assert (held.positions, whole(held.total_assets)) == ((), (10_000_000,))
    sold = row(rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0))
    assert at(holdings(sold)).broker.holdings().positions == ()


@pytest.mark.parametrize("extra", [{}, {LIST: []}])
def test_no_data_is_an_empty_account(at: Open, extra: dict[str, Any]) -> None:
    body = {"return_msg": "[2000](501724:관련자료가없습니다)", "return_code": 20, **extra}
    held = at(body).broker.holdings()
    assert (held.positions, held.total_assets) == ((), None)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (dict.fromkeys(row(), ""),),
        (row(rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0)),),
    ],
)
@pytest.mark.parametrize("name", ["tot_pur_amt", "tot_evlt_amt"])
def test_totals_without_positions_are_no_empty_account(
    at: Open, rows: tuple[dict[str, str], ...], name: str
) -> None:
    error = at(holdings(*rows, **{name: amount(1)})).refusal(KiwoomBroker.holdings)
    assert (type(error), error.code, error.exit_code) == (Unreadable, "contradiction", 10)


def test_blank_totals_without_rows_are_no_empty_account(at: Open) -> None:
    blank = {"tot_pur_amt": "", "tot_evlt_amt": " ", "prsm_dpst_aset_amt": ""}
    assert at(holdings(**blank)).refusal(KiwoomBroker.holdings).code == "blank"


@pytest.mark.parametrize(
    ("blank", "field"),
    [
        ("pur_amt", "cost"),
        ("evlt_amt", "market_value"),
        ("evltv_prft", "unrealized_pnl"),
        ("prft_rt", "unrealized_pnl_rate"),
        ("pur_pric", "average_price"),
        ("cur_prc", "price"),
        ("trde_able_qty", "sellable_quantity"),
        ("crd_tp", "credit_type"),
    ],
)
def test_a_blank_figure_is_missing_and_not_zero(at: Open, blank: str, field: str) -> None:
    house = at(holdings(row(**{blank: ""}), tot_pur_amt=amount(1)))
    assert getattr(house.broker.holdings().positions[0], field) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("rmnd_qty", ""), ("rmnd_qty", "1.5"), ("rmnd_qty", "x"), ("stk_cd", "5930"),
     ("pur_amt", "9" * 25), ("evlt_amt", "x"), ("prft_rt", "x"), ("cur_prc", "x"),
     ("crd_loan_dt", "20261399")],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_no_answer(at: Open, name: str, value: str) -> None:
    body = holdings(row(), row("A000660"))
    body[LIST][1][name] = value
    assert isinstance(at(body).refusal(KiwoomBroker.holdings), Unreadable)


# Pages --------------------------------------------------------------------------------------


def test_pages_are_one_answer(at: Open) -> None:
    first, second = holdings(row(), row("A000660")), holdings(row(), row("A0001A0"))
    house = at(paged(first, "key/1"), paged(second, "key/2"), holdings(row("A035420")))
    held = house.broker.holdings()

    assert [(p.symbol, p.quantity) for p in held.positions] == [
        ("005930", 2), ("000660", 1), ("0001A0", 1), ("035420", 1),
    ]  # fmt: skip
    cursors = [(r.headers.get("cont-yn"), r.headers.get("next-key")) for r in house.requests]
    assert cursors == [(None, None), ("Y", "key/1"), ("Y", "key/2")]
    assert len({r.content for r in house.requests}) == 1


def test_a_promised_page_that_says_nothing_is_no_end_of_the_list(at: Open) -> None:
    nothing = {"tot_pur_amt": "", "tot_evlt_amt": " ", "prsm_dpst_aset_amt": ""}
    for last in (holdings(**nothing), holdings(dict.fromkeys(row(), ""), **nothing)):
        house = at(paged(holdings(row()), "key/1"), last)
        assert house.refusal(KiwoomBroker.holdings).code == "blank"
    assert len(at(paged(holdings(row()), "key/1"), holdings()).broker.holdings().positions) == 1


@pytest.mark.parametrize("keys", [("a", "a"), ("a", "b", "a"), ("a", "b", "b")])
def test_a_repeated_cursor_is_no_list(at: Open, keys: tuple[str, ...]) -> None:
    house = at(*(paged(holdings(row()), key) for key in keys))
    error = house.refusal(KiwoomBroker.holdings)
    assert (type(error), error.code) == (Unreadable, "list_cut")
    assert len(house.requests) == len(keys)


def test_a_list_without_end(at: Open) -> None:
    count = iter(range(10**6))
    house = at(lambda _request: paged(holdings(row()), f"key-{next(count)}"))
    assert house.refusal(KiwoomBroker.holdings).code == "list_cut"
    assert len(house.requests) == MAX_PAGES


def test_a_failure_on_the_last_page_is_no_half_answer(at: Open) -> None:
    house = at(paged(holdings(row()), "k"), {"return_code": 7, "return_msg": "[1903:x]"})
    assert isinstance(house.refusal(KiwoomBroker.holdings), BrokerRejected)
