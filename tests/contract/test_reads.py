"""What a house's reads tell is what its simulator has on record, to the won."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.cli.ordering import CODE, Desk, the_error, the_row
from tests.contract.houses import House

FIELDS_OF_POSITION = {
    "symbol": "symbol",
    "name": "name",
    "quantity": "quantity",
    "sellable_quantity": "sellable_quantity",
    "price": "price",
    "cost": "cost",
    "market_value": "market_value",
}


def record(desk: Desk) -> dict[str, Any]:
    [account] = desk.state()["accounts"]
    return dict(account)


def read(desk: Desk, *words: str) -> dict[str, Any]:
    ran = desk.run(*words, "-o", "json")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    return ran.document


def number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def test_cash_is_the_records(desk: Desk, house: House) -> None:
    [row] = read(desk, "cash")["data"]
    cash = record(desk)["cash"]
    assert {name: number(row[name]) for name in house.cash_fields} == {
        name: number(cash[name]) for name in house.cash_fields
    }
    assert row["currency"] == "KRW"
    if "withdrawable" not in house.cash_fields:
        assert row["withdrawable"] is None


@pytest.mark.parametrize("rows_a_page", [None, 1, 30])
def test_positions_are_the_records_however_many_pages(
    desk: Desk, house: House, rows_a_page: int | None
) -> None:
    desk.control("page_size", api_id=house.holdings, rows=rows_a_page)
    try:
        rows = read(desk, "positions")["data"]
    finally:
        desk.control("page_size", api_id=house.holdings, rows=None)
    held = record(desk)["holdings"]
    assert len(rows) == len(held) > 25
    told = {(row["symbol"], row["loan_date"]): row for row in rows}
    for lot in held:
        row = told[(lot["symbol"], lot["loan_date"])]
        for name, recorded in FIELDS_OF_POSITION.items():
            assert str(row[name]) == str(lot[recorded]), (name, row, lot)
        gross = Decimal(lot["market_value"]) - Decimal(lot["cost"])
        profit = {"gross": gross, "net": Decimal(lot["unrealized_pnl"])}[house.pnl_basis]
        assert (number(row["unrealized_pnl"]), row["pnl_basis"]) == (profit, house.pnl_basis)


def test_total_assets_are_the_records(desk: Desk, house: House) -> None:
    [row] = read(desk, "summary")["data"]
    account = record(desk)
    worth = number(row["total_assets"])
    if house.pnl_basis == "net":
        assert worth == number(account["total_assets"])
        return
    # Without the costs of selling everything, which the record takes off.
    costs = sum(
        lot["market_value"] - lot["cost"] - lot["unrealized_pnl"] for lot in account["holdings"]
    )
    assert worth is not None
    assert 0 < worth - account["total_assets"] < costs


def test_pages_that_lost_a_row_between_them_are_refused(desk: Desk, house: House) -> None:
    desk.control("page_size", api_id=house.holdings, rows=7)
    desk.fault("page_shift", house.holdings)
    try:
        ran = desk.run("positions", "-o", "json")
    finally:
        desk.control("page_size", api_id=house.holdings, rows=None)
    assert ran.code == 10, ran.err
    assert the_error(ran)["code"] == "contradiction"


@pytest.mark.parametrize("mode", ["blank", "truncate", "html"])
def test_a_reply_that_says_nothing_is_no_zero(desk: Desk, house: House, mode: str) -> None:
    desk.fault(mode, house.holdings)
    ran = desk.run("positions", "-o", "json")
    assert (ran.code, ran.document["data"]) == (10, []), ran.err


@pytest.mark.parametrize("mode", ["http_500", "http_429", "reset"])
def test_a_failure_that_passes_is_read_again(desk: Desk, house: House, mode: str) -> None:
    desk.fault(mode, house.holdings, count=2)
    assert len(read(desk, "positions")["data"]) == len(record(desk)["holdings"])


def test_a_dead_token_is_renewed_once(desk: Desk) -> None:
    read(desk, "cash")
    before = desk.state()["tokens_issued"]
    desk.control("kill_tokens")
    read(desk, "cash")
    assert desk.state()["tokens_issued"] == before + 1


def test_ten_commands_ask_for_one_token(desk: Desk) -> None:
    for _ in range(5):
        read(desk, "cash")
    assert desk.state()["tokens_issued"] == 1


def test_a_quote_and_what_can_be_ordered(desk: Desk) -> None:
    [quote] = read(desk, "quote", CODE)["data"]
    assert number(quote["price"]) == desk.last
    assert quote["lower_limit"] < quote["price"] < quote["upper_limit"]
    [row] = read(desk, "orderable", CODE, "--price", str(desk.last))["data"]
    cash = record(desk)["cash"]["orderable"]
    assert 0 < row["buyable_quantity"] <= cash // desk.last
    lots = [lot for lot in record(desk)["holdings"] if lot["symbol"] == CODE]
    assert row["sellable_quantity"] == sum(lot["sellable_quantity"] for lot in lots)


def test_realized_profit_adds_up(desk: Desk, house: House) -> None:
    ran = desk.run("pnl", "--from", f"{desk.now.date() - timedelta(days=30)}", "-o", "json")
    if not house.has_results:
        assert (ran.code, the_error(ran)["code"]) == (3, "not_on_mock")
        return
    assert ran.code == 0, ran.err
    assert ran.document["data"]
    for row in ran.document["data"]:
        costs = number(row["commission"]) or Decimal(0)
        costs += number(row["tax"]) or Decimal(0)
        gain = number(row["realized_pnl"])
        sold, cost = number(row["sell_amount"]), number(row["cost"])
        assert None not in (gain, sold, cost)
        assert abs(sold - cost - costs - gain) <= 1  # type: ignore[operator]  # all told


def test_what_is_not_offered_says_so(desk: Desk, house: House) -> None:
    ran = desk.run("transactions", "-o", "json")
    if house.broker == "kiwoom":
        assert ran.code == 0, ran.err
    else:
        assert (ran.code, the_error(ran)["code"]) == (3, "not_offered")
        assert "KIS" in ran.err


def test_an_account_is_its_keys(desk: Desk) -> None:
    row = the_row(desk.run("accounts", "--check", "-o", "json"))
    assert row["token"] == "valid"
    ran = desk.run("doctor", "-o", "json")
    assert ran.code == 0, ran.err
