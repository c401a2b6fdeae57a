"""Recorded days against a served simulator whose clock is moved from day to day."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

from tests.cli.conftest import Ran, Run, Serve, Served

DAYS = ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-20")
EVENING = "T20:35:00+09:00"


def serve_days(serve: Serve, **options: Any) -> Served:
    return serve(clock=f"{DAYS[0]}T10:00:00+09:00", **options)


def evening(served: Served, run: Run, day: str, code: int = 0) -> Ran:
    """Record a day after its trading."""
    served.control("clock", now=f"{day}{EVENING}")
    # For this machine no time passes: a fourth new token in ten minutes would be refused.
    for token in served.config.parent.glob("state/sim-*/tokens/*"):
        token.unlink()
    ran = run("snapshot")
    assert ran.code == code, ran.err
    assert ran.out == ""
    return ran


def world(own_home: Path) -> Path:
    return next((own_home / "state").glob("sim-127*"))


def test_success_is_quiet_and_one_line_on_a_terminal(
    run: Run, run_on_terminal: Run, serve: Serve, own_home: Path
) -> None:
    serve(accounts=3)
    ran = run("snapshot")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    shown = run_on_terminal("snapshot")
    assert shown.code == 0
    assert [line for line in shown.out.splitlines() if "recorded" in line] == [
        shown.out.splitlines()[-1]
    ]
    assert "3 of 3 accounts" in shown.out
    assert not (world(own_home) / "ledger.sqlite3").exists(), "a read begins no ledger"


def test_history_is_the_simulators_own_to_the_won(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=4, positions=12)
    truth: dict[str, dict[str, Any]] = {}
    for place, day in enumerate(DAYS):
        if place == 1:
            served.control("clock", now=f"{day}T10:00:00+09:00")
            account = served.state()["accounts"][0]
            held = account["holdings"][0]
            sold = {"side": "sell", "symbol": held["symbol"], "quantity": 1, "price": 0}
            served.control(
                "foreign_order", appkey=account["appkey"], type="market", exchange="KRX", **sold
            )
        evening(served, run, day)
        truth[day] = served.state()
    document = run("history", "--by", "account", "-o", "json").document
    assert len(document["data"]) == 4 * len(DAYS)
    for row in document["data"]:
        account = truth[row["date"]]["accounts"][int(row["profile"][-1]) - 1]
        assert row["total_assets"] == account["total_assets"]
        assert row["deposit_d2"] == account["cash"]["deposit_d2"]
        for field in ("market_value", "cost", "unrealized_pnl"):
            assert row[field] == sum(held[field] for held in account["holdings"]), field
    total = run("history", "-o", "json").document
    assets = [sum(a["total_assets"] for a in truth[day]["accounts"]) for day in DAYS]
    assert [row["total_assets"] for row in total["data"]] == assets
    gain = (assets[-1] / assets[0] - 1) * 100
    turned = run("history", "-p", "sim-004,sim-002,sim-001,sim-003", "-o", "json").document
    assert (turned["data"], turned["totals"]) == (total["data"], total["totals"])
    assert abs(total["totals"]["time_weighted"] - gain) < 0.0001
    assert abs(total["totals"]["money_weighted"] - gain) < 0.0001
    realized = [row["realized_pnl"] for row in total["data"]]
    assert realized[1] not in (None, 0), realized
    by_symbol = run("history", "--by", "symbol", "-o", "json").document["data"]
    for day in DAYS:
        held = [h for a in truth[day]["accounts"] for h in a["holdings"]]
        rows = {row["symbol"]: row for row in by_symbol if row["date"] == day}
        assert set(rows) == {h["symbol"] for h in held}
        for symbol, row in rows.items():
            same = [h for h in held if h["symbol"] == symbol]
            for field in ("quantity", "market_value", "cost", "unrealized_pnl"):
                assert row[field] == sum(h[field] for h in same), (day, symbol, field)
    assert "1 trading days" in run("history").out, "the 19th was not recorded"


def test_a_failed_account_is_missing_and_never_zero(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=3)
    evening(served, run, DAYS[0])
    served.control("faults", api_id="kt00018", mode="http_500", appkey="sim-002-appkey")
    ran = evening(served, run, DAYS[1], code=6)
    assert ran.err.startswith("error: sim-002:")
    served.control("reset")
    served.control("clock", now=f"{DAYS[1]}{EVENING}")
    rows = run("history", "--by", "account", "-o", "json").document["data"]
    missing = next(r for r in rows if (r["profile"], r["date"]) == ("sim-002", DAYS[1]))
    assert (missing["complete"], missing["missing"]) == (False, ["sim-002"])
    for field in ("total_assets", "market_value", "deposit_d2", "cost", "time_weighted"):
        assert missing[field] is None
    ran = run("history", "-o", "json")
    day = next(row for row in ran.document["data"] if row["date"] == DAYS[1])
    assert (day["complete"], day["missing"], day["accounts"]) == (False, ["sim-002"], 2)
    assert day["time_weighted"] is None
    assert ran.document["totals"]["last_date"] == DAYS[0], "returns leave that day out"
    assert "an account is missing: 1;" in run("history").out
    exported = run("export", "--at", DAYS[1], "-o", "json")
    assert exported.code == 6
    assert {row["profile"] for row in exported.document["data"]} == {"sim-001", "sim-003"}
    assert [error["profile"] for error in exported.document["errors"]] == ["sim-002"]
    differing = run("snapshot", "diff", DAYS[0], DAYS[1], "-o", "json")
    assert differing.code == 6
    assert [error["code"] for error in differing.document["errors"]] == ["not_recorded"]


def test_a_rerun_completes_the_day(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    served.control("faults", api_id="kt00001", mode="http_500", appkey="sim-002-appkey", count=50)
    evening(served, run, DAYS[0], code=6)
    served.control("reset")
    evening(served, run, DAYS[0])
    [day] = run("history", "-o", "json").document["data"]
    assert (day["complete"], day["accounts"]) == (True, 2)


def test_all_failing_is_that_code_and_the_day_is_there_as_missing(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    run("snapshot")
    served.control("faults", api_id="kt00018", mode="ip_mismatch")
    ran = run("snapshot", "-o", "json")
    assert (ran.code, ran.document["status"]) == (4, "error")
    assert len(ran.document["errors"]) == 2


def buy(served: Served, number: int, symbol: str, quantity: int) -> None:
    key = f"sim-{number:03d}-appkey"
    served.control(
        "foreign_order",
        appkey=key,
        side="buy",
        symbol=symbol,
        quantity=quantity,
        price=0,
        type="market",
        exchange="KRX",
    )


def test_diff_explains_shares_and_cash_by_fills(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    evening(served, run, DAYS[0])
    served.control("clock", now=f"{DAYS[1]}T10:00:00+09:00")
    buy(served, 1, "005930", 3)
    evening(served, run, DAYS[1])
    document = run("snapshot", "diff", DAYS[0], DAYS[1], "-o", "json").document
    rows = {(row["profile"], row["kind"]): row for row in document["data"]}
    shares = rows["sim-001", "shares"]
    assert (shares["symbol"], shares["change"], shares["by_fills"]) == ("005930", 3, 3)
    assert (shares["unexplained"], shares["flagged"]) == (0, False)
    assert sum(one["quantity"] for one in shares["fills"]) == 3
    cash = rows["sim-001", "cash"]
    assert cash["change"] < 0
    assert (cash["by_fills"], cash["unexplained"]) == (cash["change"], 0)
    narrowed = run("snapshot", "-p", "sim-002", "diff", DAYS[0], DAYS[1], "-o", "csv")
    assert {row["profile"] for row in csv.DictReader(io.StringIO(narrowed.out))} == {"sim-002"}
    assert run("snapshot", "diff", DAYS[1], DAYS[0]).code == 2
    assert ("sim-002", "shares") not in rows
    assert rows["sim-002", "cash"]["change"] == 0


def test_shares_without_a_fill_are_flagged(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=1)
    buy(served, 1, "005930", 3)
    evening(served, run, DAYS[0])
    served.control("reset")  # the shares are gone, and no list has a fill
    evening(served, run, DAYS[1])
    ran = run("snapshot", "diff", DAYS[0], DAYS[1])
    assert ran.code == 0
    assert "NOT EXPLAINED" in ran.out
    document = run("snapshot", "diff", DAYS[0], DAYS[1], "-o", "json").document
    [shares] = [row for row in document["data"] if row["kind"] == "shares"]
    assert (shares["change"], shares["unexplained"], shares["flagged"]) == (-3, -3, True)


def test_a_day_that_went_on_is_completed_by_the_next_run(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=1)
    run("snapshot")  # in the morning
    buy(served, 1, "005930", 3)
    served.control("clock", now=f"{DAYS[1]}{EVENING}")
    taken = run("snapshot", "-o", "json").document["data"]
    assert [row["completed"] for row in taken] == [[DAYS[0]]]
    document = run("snapshot", "diff", DAYS[0], DAYS[1], "-o", "json").document
    [shares] = [row for row in document["data"] if row["kind"] == "shares"]
    assert (shares["by_fills"], shares["unexplained"]) == (3, 0)
    exported = run("export", "--at", DAYS[0], "-o", "json").document["data"]
    fills = [row for row in exported if row["kind"] == "fill"]
    assert sum(row["quantity"] for row in fills) == 3
    # The broker tells costs on the day itself only: afterwards they are missing, not 0.
    assert all(row["commission"] is None and row["tax"] is None for row in fills)


def test_fees_and_taxes_of_the_day_are_kept(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=1)
    run("snapshot")
    buy(served, 1, "005930", 3)
    evening(served, run, DAYS[0])
    rows = run("export", "--at", DAYS[0], "-o", "json").document["data"]
    [filled] = [row for row in rows if row["kind"] == "fill"]
    assert filled["quantity"] == 3
    assert filled["commission"] > 0
    assert filled["tax"] == 0


def test_fills_the_ledger_and_the_snapshot_both_keep_count_once(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=1)
    run("snapshot")
    ordered = run("buy", "005930", "2", "--market", "-p", "sim-001", "--yes", "--allow", "MARKET")
    assert ordered.code == 0, ordered.err
    assert run("fills").code == 0
    assert run("orders").code == 0
    evening(served, run, DAYS[0])
    rows = run("export", "--at", DAYS[0], "-o", "json").document["data"]
    assert sum(row["quantity"] for row in rows if row["kind"] == "fill") == 2


def test_a_deposit_is_no_gain(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    evening(served, run, DAYS[0])
    evening(served, run, DAYS[1])
    plain = run("history", "-o", "json").document["totals"]
    added = run("history", "cashflow", "add", "sim-001", DAYS[1], "100,000", "--note", "월급")
    assert added.code == 0, added.err
    document = run("history", "-o", "json").document
    assert document["data"][1]["cash_flow"] == document["totals"]["cash_flow"] == 100_000
    before, after = plain["begin_assets"], plain["end_assets"]
    expected = (after - before - 100_000) / (before + 100_000) * 100
    assert abs(document["totals"]["time_weighted"] - expected) < 0.0001
    wrong = run("history", "cashflow", "remove", "sim-002", "1")
    assert wrong.code == 2, "it is not that account's"
    assert run("history", "cashflow", "remove", "sim-001", "1").code == 0
    assert run("history", "cashflow", "remove", "sim-001", "1").code == 2
    assert run("history", "-o", "json").document["totals"] == plain
    listed = run("history", "cashflow", "list", "-o", "json").document["data"]
    assert [(row["amount"], row["countered"]) for row in listed] == [
        (100_000, True),
        (-100_000, False),
    ]
    for words in (["2026-11-20", "0"], ["2026-11-20", "1.5"], ["2026-13-01", "5"]):
        assert run("history", "cashflow", "add", "sim-001", *words).code == 2
    future = str(date.today().replace(year=date.today().year + 1))  # noqa: DTZ011 - a year off
    assert run("history", "cashflow", "add", "sim-001", future, "5").code == 2


def test_a_withdrawal_is_entered_with_a_minus(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    ran = run("history", "cashflow", "add", "sim-001", "2026-11-16", "-500,000", "-o", "json")
    assert ran.code == 0, ran.err
    assert [row["amount"] for row in ran.document["data"]] == [-500_000]


def test_an_account_that_came_later_is_no_gain(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    served.control("clock", now=f"{DAYS[0]}{EVENING}")
    assert run("snapshot", "-p", "sim-001").code == 0
    evening(served, run, DAYS[1])
    evening(served, run, DAYS[2])
    rows = run("history", "--by", "account", "-o", "json").document
    first = [row for row in rows["data"] if row["profile"] == "sim-001"]
    both = run("history", "-o", "json").document
    assert [row["accounts"] for row in both["data"]] == [1, 2, 2]
    assert both["data"][1]["time_weighted"] == first[1]["time_weighted"]
    assert all(row["complete"] for row in both["data"])


def test_owners_are_added_up(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=4)
    evening(served, run, DAYS[0])
    rows = run("history", "--by", "owner", "-o", "json").document["data"]
    summary = run("summary", "-o", "json").document["data"]
    owners = {row["owner"] for row in summary}
    assert {row["owner"] for row in rows} == owners
    for row in rows:
        mine = [one for one in summary if one["owner"] == row["owner"]]
        assert row["total_assets"] == sum(one["total_assets"] for one in mine)
        assert row["accounts"] == len(mine)


def test_export_keeps_codes_for_spreadsheets(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2, positions=6)
    buy(served, 1, "005930", 3)
    evening(served, run, DAYS[0])
    plain = run("export", "--at", DAYS[0].replace("-", ""), "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(plain.out)))
    assert {row["kind"] for row in rows} == {"cash", "position", "fill"}
    held = [h for a in served.state()["accounts"] for h in a["holdings"]]
    assert sorted(r["symbol"] for r in rows if r["kind"] == "position") == sorted(
        h["symbol"] for h in held
    )
    import subprocess
    import sys

    words = [sys.executable, "-m", "kiwoomctl", "export", "--at", DAYS[0], "--excel"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    assert raw.startswith(b"\xef\xbb\xbfdate,kind,")
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(rows) + 1
    excel = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    for one, other in zip(excel, rows, strict=True):
        symbol = other["symbol"]
        assert one["symbol"] == (f'="{symbol}"' if symbol else "")
        assert one["market_value"] == other["market_value"]
        assert one["name"] == other["name"]
    orders = [row["broker_order_id"] for row in excel if row["broker_order_id"]]
    assert orders
    assert all(len(order) == len('="0000000"') for order in orders)
    assert run("export", "--at", DAYS[0], "--excel", "-o", "json").code == 2
    assert run("export", "--at", "yesterday").code == 2
    never = run("export", "--at", "2026-11-13", "-o", "json")
    assert (never.code, never.document["data"]) == (8, [])


def test_the_registry_knows_when_an_account_was_recorded(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    rows = run("accounts", "-o", "json").document["data"]
    assert [row["last_snapshot_at"] for row in rows] == [None, None]
    served.control("clock", now=f"{DAYS[0]}{EVENING}")
    run("snapshot", "-p", "sim-002")
    rows = run("accounts", "-o", "json").document["data"]
    assert rows[0]["last_snapshot_at"] is None
    assert rows[1]["last_snapshot_at"].startswith(f"{DAYS[0]}T20:35:")


def test_nothing_recorded_is_told(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=2)
    ran = run("history", "-o", "json")
    assert (ran.code, ran.document["data"], ran.document["errors"]) == (0, [], [])
    assert "nothing is recorded in these days" in run("history").out
    assert run("export", "--at", DAYS[0]).code == 8
    assert not list((own_home / "state").glob("*/history.sqlite3")), "a read begins no history"
    assert run("snapshot", "-p", "sim-001").code == 0
    ran = run("history", "-o", "json")
    assert ran.code == 6
    assert [error["code"] for error in ran.document["errors"]] == ["not_recorded"]


def test_a_damaged_history_is_named_and_kept(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=1)
    assert run("snapshot").code == 0
    path = world(own_home) / "history.sqlite3"
    path.write_bytes(b"x" * 5000)
    for words in (["snapshot"], ["history"], ["export", "--at", DAYS[0]]):
        ran = run(*words)
        assert ran.code == 8
        assert ran.err.startswith(f"error: the history {path} is damaged")
        assert ran.err.count("\n") == 1
    assert path.read_bytes() == b"x" * 5000
    [row] = run("accounts", "-o", "json").document["data"]
    assert row["last_snapshot_at"] is None


def test_worlds_are_never_added(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    assert run("snapshot").code == 6
    document = run("history", "-o", "json").document
    assert document["totals"] is None
    assert [one["environment"] for one in document["totals_by_environment"]] == ["mock", "sim"]
    assert [one["environment"] for one in document["returns"]] == ["sim"]


def test_a_sparkline_is_drawn_on_a_terminal_only(
    run: Run, run_on_terminal: Run, serve: Serve
) -> None:
    served = serve_days(serve, accounts=1)
    for day in DAYS:
        evening(served, run, day)
    blocks = set("▁▂▃▄▅▆▇█")
    assert blocks & set(run_on_terminal("history", columns=200).out)
    assert not blocks & set(run("history").out)
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    shown = run_on_terminal("history", "--lang", "en", columns=200, env=ascii_only)
    assert shown.code == 0
    assert not blocks & set(shown.out)


def test_the_demo_records_too_and_forgets_with_it(run: Run) -> None:
    assert run("snapshot", "--demo").code == 0
    assert len(run("history", "--demo", "-o", "json").document["data"]) == 1
    assert run("demo", "reset").code == 0
    assert run("history", "--demo", "-o", "json").document["data"] == []
