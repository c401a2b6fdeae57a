"""What programs read: one document, honest nulls, numbers as numbers."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import KiwoomctlError, SignInError, UsageError
from kiwoomctl.render import reports
from kiwoomctl.render.machine import csv_text, json_document, json_lines
from kiwoomctl.render.report import Column, Report, Section, chosen_columns
from kiwoomctl.services.registry import RegistryRow
from tests.render.samples import AS_OF, DOWN, KODEX, account, cash, money, position, positions

ONE = positions(("isa", "mock", [position(), KODEX]))
BOTH = positions(("isa", "mock", [position()]), ("general", "real", [KODEX]))


def document(report: Report, *fields: str) -> dict[str, Any]:
    text = "".join(json_document(report, chosen_columns(report, fields or None)))
    assert text.endswith("}\n")
    parsed: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    return parsed


def test_a_document_has_the_fields_of_the_contract_in_order() -> None:
    told = document(ONE)
    assert list(told) == ["schema", "as_of", "environment", "status", "data", "totals", "errors"]
    assert told["schema"] == "kiwoomctl.positions/1"
    assert told["as_of"] == "2026-11-20T10:00:30+09:00"
    assert (told["environment"], told["status"], told["errors"]) == ("mock", "ok", [])


def test_a_position_as_programs_read_it() -> None:
    assert document(ONE)["data"][1] == {
        "profile": "isa",
        "owner": "김영희",
        "environment": "mock",
        "symbol": "0001A0",
        "name": "KODEX 미국나스닥100데일리커버드콜OTM",
        "quantity": 50,
        "sellable_quantity": None,
        "average_price": 70_000,
        "price": 72_500,
        "cost": 86_380_000,
        "market_value": 89_465_000,
        "unrealized_pnl": -1_234_567,
        "unrealized_pnl_rate": -12.5,
        "weight": 50,
        "currency": "KRW",
        "credit_type": "00",
        "loan_date": None,
        "pnl_basis": "net",
    }


def test_money_is_integral_and_codes_are_strings() -> None:
    text = "".join(json_document(ONE, ONE.columns))
    assert '"market_value":89465000,' in text
    assert '"symbol":"005930"' in text
    assert '"credit_type":"00"' in text
    assert "삼성전자" in text
    totals = document(ONE)["totals"]
    assert {"cost", "market_value", "unrealized_pnl", "unrealized_pnl_rate"} <= set(totals)
    assert totals["market_value"] == 178_930_000
    assert totals["unrealized_pnl_rate"] == 1.02


def test_a_row_a_line() -> None:
    lines = "".join(json_document(ONE, ONE.columns)).splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:3]] == document(ONE)["data"]


def test_by_symbol_names_all_profiles() -> None:
    report = positions(("isa", "mock", [position()]), by_symbol=True)
    (row,) = document(report)["data"]
    assert row["profiles"] == ["isa"]
    assert not {"profile", "owner", "credit_type", "loan_date"} & set(row)


def test_environments_are_never_added() -> None:
    told = document(BOTH)
    assert (told["environment"], told["totals"]) == ("mixed", None)
    by_environment = {part["environment"]: part for part in told["totals_by_environment"]}
    assert set(by_environment) == {"mock", "real"}
    assert by_environment["mock"]["unrealized_pnl"] == 2_998_765
    assert by_environment["real"]["unrealized_pnl"] == -1_234_567
    assert [row["environment"] for row in told["data"]] == ["mock", "real"]


def test_one_environment_has_no_totals_by_environment() -> None:
    assert "totals_by_environment" not in document(ONE)


def test_a_missing_figure_is_null_and_so_is_its_total() -> None:
    report = cash(("a", "mock", money(1, None, 3, 4, -5)), ("b", "mock", money(1, 2, 3, 4, 5)))
    told = document(report)
    assert [row["deposit_d1"] for row in told["data"]] == [None, 2]
    assert told["totals"] == {
        "deposit": 2,
        "deposit_d1": None,
        "deposit_d2": 6,
        "orderable": 8,
        "withdrawable": 0,
    }
    assert told["data"][0]["owner"] is None


def test_a_failing_account_makes_it_partial() -> None:
    report = cash(("a", "mock", money(1, 1, 1, 1, 1)), failures=((account("b"), DOWN),))
    told = document(report)
    assert told["status"] == "partial"
    assert told["errors"] == [
        {
            "profile": "b",
            "code": "connect",
            "exit_code": 10,
            "message": "cannot connect to http://x",
            "hint": "check the network",
            "safe_to_retry": True,
        }
    ]
    assert report.exit_code == 6


def test_all_failing_is_an_error_with_nulls() -> None:
    no = SignInError("profile {profile!r}: no", code="kiwoom_8001", profile="b")
    report = cash(failures=((account("a"), DOWN), (account("b"), no)))
    told = document(report)
    assert (told["status"], told["data"], told["totals"]) == ("error", [], None)
    assert [error["exit_code"] for error in told["errors"]] == [10, 4]
    assert told["errors"][1]["hint"] is None
    assert report.exit_code == 4


def test_an_empty_account_is_a_good_answer() -> None:
    told = document(positions(("isa", "sim", [])))
    assert (told["status"], told["data"]) == ("ok", [])
    assert told["totals"]["market_value"] == 0
    assert told["totals"]["unrealized_pnl_rate"] is None


def test_fields_keep_their_order() -> None:
    fields = ("market_value", "symbol", "profile")
    assert list(document(ONE, *fields)["data"][0]) == list(fields)
    columns = chosen_columns(ONE, fields)
    assert "".join(json_lines(ONE, columns)).splitlines()[0] == (
        '{"market_value":89465000,"symbol":"005930","profile":"isa"}'
    )
    assert csv_text(ONE, columns).splitlines()[:2] == [
        "market_value,symbol,profile",
        "89465000,005930,isa",
    ]


@pytest.mark.parametrize("field", ["nmae", "", "Name", "profiles"])
def test_a_field_that_is_none(field: str) -> None:
    with pytest.raises(UsageError, match="unknown field") as caught:
        chosen_columns(ONE, ("symbol", field))
    assert caught.value.exit_code == 2
    assert "market_value" in str(caught.value)


def test_lines_of_json_are_the_rows_of_the_document() -> None:
    lines = "".join(json_lines(BOTH, BOTH.columns)).splitlines()
    assert [json.loads(line) for line in lines] == document(BOTH)["data"]


def test_csv() -> None:
    odd = position(name='한글, "따옴표"\n줄', loan_date="2026-11-02", cost=None)
    report = positions(("isa", "mock", [odd]))
    (row,) = csv.DictReader(io.StringIO(csv_text(report, report.columns)))
    assert row["name"] == '한글, "따옴표"\n줄'
    assert (row["cost"], row["market_value"]) == ("", "89465000")
    assert (row["unrealized_pnl_rate"], row["weight"]) == ("3.47", "50.00")
    assert (row["symbol"], row["loan_date"]) == ("005930", "2026-11-02")


def test_csv_of_nothing_is_its_header() -> None:
    report = positions(("isa", "mock", []))
    assert csv_text(report, report.columns).count("\n") == 1
    assert "".join(json_lines(report, report.columns)) == ""


def test_accounts_are_masked_and_have_no_totals() -> None:
    ends = datetime(2026, 11, 21, 10, 0, tzinfo=KST)
    row = RegistryRow(
        "isa", None, "kiwoom", "real", "8012345611", enabled=True, mode="reducing", token="valid",
        token_expires_at=ends, unresolved_orders=None,
    )  # fmt: skip
    told = document(reports.registry("accounts", [row], [], AS_OF))
    assert told["totals"] is None
    assert told["data"][0]["account"] == "80******11"
    assert told["data"][0]["enabled"] is True
    assert told["data"][0]["mode"] == "reducing"
    assert told["data"][0]["unresolved_orders"] is None
    assert told["data"][0]["token_expires_at"] == "2026-11-21T10:00:00+09:00"
    shown = reports.registry("accounts", [row], [], AS_OF, show_account=True)
    assert document(shown)["data"][0]["account"] == "8012345611"
    assert csv_text(shown, shown.columns).splitlines()[1].split(",")[5] == "true"


def single(value: object) -> Report:
    column = Column("value", "Value", lambda row: row)
    return Report("x", "X", (column,), (Section("mock", [value]),), AS_OF)


@given(st.decimals(-(10**13), 10**13, places=2, allow_nan=False))
def test_figures_are_exact(value: Decimal) -> None:
    report = single(value)
    text = "".join(json_document(report, report.columns))
    assert json.loads(text, parse_float=Decimal)["data"] == [{"value": value}]
    assert Decimal(csv_text(report, report.columns).splitlines()[1]) == value


@given(st.text())
def test_any_text_comes_back(value: str) -> None:
    report = single(value)
    assert document(report)["data"] == [{"value": value}]
    (line,) = "".join(json_lines(report, report.columns)).split("\n")[:-1]
    assert json.loads(line) == {"value": value}


def test_an_error_of_the_whole_command() -> None:
    error = KiwoomctlError("it failed with {what}", code="x", what="{braces}")
    report = Report("x", "X", (), (), AS_OF, failures=((None, error),))
    told = document(report)
    assert told["errors"][0]["profile"] is None
    assert told["errors"][0]["message"] == "it failed with {braces}"
    assert told["environment"] is None
