"""Cash, positions and summary against a served simulator: every row, every total, every failure."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Serve

POSITION_FIELDS = (
    "symbol",
    "name",
    "credit_type",
    "loan_date",
    "quantity",
    "sellable_quantity",
    "average_price",
    "price",
    "cost",
    "market_value",
    "unrealized_pnl",
    "unrealized_pnl_rate",
)
CASH_FIELDS = ("deposit", "deposit_d1", "deposit_d2", "orderable", "withdrawable")


def key(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["profile"], row["symbol"], row["credit_type"] or "", row["loan_date"] or "")


def expected_positions(state: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    rows = [
        {"profile": f"sim-{number:03d}", **holding}
        for number, account in enumerate(state["accounts"], 1)
        for holding in account["holdings"]
    ]
    return {key(row): row for row in rows}


def test_every_position_of_every_account_arrives_once_and_equal(run: Run, serve: Serve) -> None:
    served = serve(accounts=6, positions=45)
    ran = run("positions", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    state = served.state()
    expected = expected_positions(state)
    rows = {key(row): row for row in ran.document["data"]}
    assert len(ran.document["data"]) == len(rows) == len(expected) == 6 * 45
    for place, row in rows.items():
        for field in POSITION_FIELDS:
            assert row[field] == expected[place][field], (place, field)
    totals = ran.document["totals"]
    for field in ("cost", "market_value", "unrealized_pnl"):
        assert totals[field] == sum(row[field] for row in expected.values())


def test_positions_by_symbol_keep_every_share_and_won(run: Run, serve: Serve) -> None:
    served = serve(accounts=5, positions=30)
    by_symbol = run("positions", "--by", "symbol", "-o", "json").document
    expected = list(expected_positions(served.state()).values())
    assert [row["symbol"] for row in by_symbol["data"]].count("005930") <= 1
    for row in by_symbol["data"]:
        same = [e for e in expected if e["symbol"] == row["symbol"]]
        assert row["quantity"] == sum(e["quantity"] for e in same)
        assert row["market_value"] == sum(e["market_value"] for e in same)
        assert row["profiles"] == list(dict.fromkeys(e["profile"] for e in same))
        assert "profile" not in row
        assert "owner" not in row
    assert sum(row["weight"] for row in by_symbol["data"]) == pytest.approx(100, abs=1)
    assert by_symbol["totals"]["cost"] == sum(e["cost"] for e in expected)


def test_cash_is_the_brokers_own_figures(run: Run, serve: Serve) -> None:
    served = serve(accounts=4)
    document = run("cash", "-o", "json").document
    accounts = served.state()["accounts"]
    for row, account in zip(document["data"], accounts, strict=True):
        assert {f: row[f] for f in CASH_FIELDS} == account["cash"]
        assert row["currency"] == "KRW"
    for field in CASH_FIELDS:
        assert document["totals"][field] == sum(a["cash"][field] for a in accounts)


def test_summary_takes_total_assets_from_the_broker(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    document = run("summary", "-o", "json").document
    for row, account in zip(document["data"], served.state()["accounts"], strict=True):
        assert row["total_assets"] == account["total_assets"]
        assert row["deposit_d2"] == account["cash"]["deposit_d2"]
        assert row["positions"] == len(account["holdings"])
    total = sum(row["total_assets"] for row in document["data"])
    assert document["totals"]["total_assets"] == total


def test_one_failing_account_is_partial_and_named(run: Run, serve: Serve) -> None:
    served = serve(accounts=4)
    served.control("faults", api_id="kt00018", mode="html", appkey="sim-003-appkey", when="before")
    ran = run("positions", "-o", "json")
    assert ran.code == 6
    document = ran.document
    assert document["status"] == "partial"
    assert {row["profile"] for row in document["data"]} == {"sim-001", "sim-002", "sim-004"}
    [error] = document["errors"]
    assert (error["profile"], error["exit_code"]) == ("sim-003", 10)
    assert "sim-003" in ran.err
    table = run("positions")
    assert table.code == 6
    assert "Total (incomplete)" in table.out
    assert "missing here: 1 of 4 accounts" in table.out


@pytest.mark.parametrize(
    ("mode", "more", "code"),
    [
        ("http_500", {}, 10),
        ("truncate", {}, 10),
        ("ip_mismatch", {}, 4),
        ("backend", {"code": "509193", "text": "CB 발동중입니다."}, 3),
    ],
)
def test_all_failing_alike_gives_that_reasons_code(
    run: Run, serve: Serve, mode: str, more: dict[str, str], code: int
) -> None:
    served = serve(accounts=2)
    served.control("faults", api_id="kt00001", mode=mode, when="before", **more)
    ran = run("cash", "-o", "json")
    assert ran.code == code
    assert ran.document["status"] == "error"
    assert ran.document["data"] == []
    assert len(ran.document["errors"]) == 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "mode",
    [
        "drop",
        "reset",
        "truncate",
        "html",
        "garbage",
        "list",
        "empty",
        "http_500",
        "http_502",
        "http_503",
        "http_429",
        "token_dead",
        "backend",
        "rc_string",
    ],
)
@pytest.mark.parametrize(("command", "api_id"), [("positions", "kt00018"), ("cash", "kt00001")])
def test_a_passing_fault_costs_nothing(
    run: Run, serve: Serve, mode: str, command: str, api_id: str
) -> None:
    served = serve(accounts=1)
    good = run(command, "-o", "json").document
    served.control("faults", api_id=api_id, mode=mode, when="before", count=1)
    ran = run(command, "-o", "json")
    assert (ran.code, ran.document["data"]) == (0, good["data"]), ran.err


@pytest.mark.parametrize(("command", "api_id"), [("positions", "kt00018"), ("cash", "kt00001")])
def test_blank_fields_are_no_zeros(run: Run, serve: Serve, command: str, api_id: str) -> None:
    served = serve(accounts=1)
    served.control("faults", api_id=api_id, mode="blank", when="before")
    ran = run(command, "-o", "json")
    assert ran.code == 10
    assert ran.document["data"] == []
    assert ran.document["totals"] is None


def test_csv_and_json_lines_hold_the_same_rows(run: Run, serve: Serve) -> None:
    serve(accounts=2)
    rows = run("positions", "-o", "json").document["data"]
    lines = run("positions", "-o", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.DictReader(io.StringIO(run("positions", "-o", "csv").out)))
    assert [row["symbol"] for row in table] == [row["symbol"] for row in rows]
    assert [int(row["market_value"]) for row in table] == [row["market_value"] for row in rows]


def test_fields_are_kept_in_their_order(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    ran = run("positions", "-o", "csv", "--fields", "quantity,symbol")
    assert ran.out.splitlines()[0] == "quantity,symbol"
    wrong = run("positions", "--fields", "quantity,sybmol")
    assert wrong.code == 2
    assert "sybmol" in wrong.err


def test_worlds_are_shown_apart_and_never_summed(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    ran = run("cash", "-o", "json")
    assert ran.code == 6
    assert ran.document["environment"] == "mixed"
    assert ran.document["totals"] is None
    mock, sim = ran.document["totals_by_environment"]
    assert (mock["environment"], mock["deposit"]) == ("mock", None)
    assert sim["environment"] == "sim"
    assert sim["deposit"] > 0
    assert [error["exit_code"] for error in ran.document["errors"]] == [4]


def test_one_key_under_two_names_is_refused(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        "[profiles.twin]",
        'broker = "kiwoom"',
        'environment = "sim"',
        f'url = "{served.url}"',
        'secret = { source = "inline", appkey = "sim-001-appkey", '
        'secretkey = "sim-001-secretkey" }',
    )
    ran = run("positions")
    assert ran.code == 8
    assert "twin" in ran.err
    assert "sim-001" in ran.err


def test_a_second_command_asks_for_no_new_token(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    run("cash")
    run("positions")
    state = served.state()
    assert state["tokens_issued"] == 3
    asked = [request["api_id"] for request in state["requests"]]
    assert sorted(asked) == sorted(["au10001"] * 3 + ["kt00001"] * 3 + ["kt00018"] * 3)


def test_an_expected_account_number_is_proven_once(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    number = served.state()["accounts"][0]["account"]
    text = served.config.read_text("utf-8").replace(
        "[profiles.sim-001]", f'[profiles.sim-001]\naccount = "{number}"'
    )
    served.config.write_text(text, "utf-8")
    assert run("cash").code == 0
    assert run("cash").code == 0
    asked = [request["api_id"] for request in served.state()["requests"]]
    assert asked.count("ka00001") == 1
    served.config.write_text(text.replace(number, "9999999911"), "utf-8")
    ran = run("cash")
    assert ran.code == 8
    assert number not in ran.err


def test_a_row_repeated_over_pages_is_never_counted_twice(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, positions=45)
    good = run("summary", "-o", "json").document["data"]
    served.control("faults", api_id="kt00018", mode="page_shift", when="before", count=3)
    assert run("summary", "-o", "json").document["data"] == good
    served.control("faults", api_id="kt00018", mode="page_shift", when="before")
    ran = run("summary", "-o", "json")
    assert (ran.code, ran.document["errors"][0]["code"]) == (10, "contradiction")


KEY = 'secret = {{ source = "inline", appkey = "sim-{0}-appkey", secretkey = "sim-{0}-secretkey" }}'


def test_a_changed_key_asks_whose_account_it_is(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    head = f'[profiles.mine]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{served.url}"\n'
    served.config.write_text(head + KEY.format("001"), "utf-8")
    assert run("accounts", "--check").code == 0
    served.config.write_text(head + KEY.format("002"), "utf-8")
    ran = run("cash")
    assert ran.code == 8
    assert "kiwoomctl logout mine" in ran.err
    assert run("accounts", "-o", "json").document["data"][0]["account"] is None
    assert run("logout", "mine").code == 0
    assert run("cash").code == 0


def test_a_source_that_gives_another_key_never_mixes_two_accounts(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=2)
    script = own_home / "key"

    def give(number: str) -> None:
        script.write_text(f"#!/bin/sh\necho sim-{number}-appkey\necho sim-{number}-secretkey\n")
        script.chmod(0o700)

    give("001")
    served.config.write_text(
        f'[profiles.vault]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{served.url}"\n'
        f'pace = "off"\nsecret = {{ source = "command", argv = ["{script}"] }}\n',
        "utf-8",
    )
    assert run("login", "vault").code == 0
    give("002")
    assert run("login", "--refresh").code == 8 or served.state()["tokens_issued"] == 2
    served.control("kill_tokens")
    ran = run("cash", "-o", "json")
    assert ran.code in {4, 8}
    assert ran.document["data"] == []
