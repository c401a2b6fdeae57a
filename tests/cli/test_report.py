"""The figures of ``report`` are the simulator's to the won, and what is missing is in none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kiwoomctl.domain.recorded import days_between
from tests.cli.conftest import Run, Serve
from tests.cli.journal import LOST, pinned
from tests.cli.pages import page_of, still
from tests.cli.recorded_year import Year
from tests.cli.test_snapshot import DAYS, EVENING, evening, serve_days

FIELDS = ("total_assets", "market_value", "unrealized_pnl", "deposit_d2")


def sums(account: dict[str, Any]) -> dict[str, int]:
    """Return what the simulator says of an account."""
    held = account["holdings"]
    return {
        "total_assets": account["total_assets"],
        "market_value": sum(one["market_value"] for one in held),
        "unrealized_pnl": sum(one["unrealized_pnl"] for one in held),
        "deposit_d2": account["cash"]["deposit_d2"],
    }


# Figures


def test_every_figure_is_the_simulators_to_the_won(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=3, positions=12)
    page = page_of(run)
    accounts = served.state()["accounts"]
    table = page.one(data_table="accounts")
    whole = dict.fromkeys(FIELDS, 0)
    for place, account in enumerate(accounts, 1):
        row = table.one(data_profile=f"sim-{place:03d}")
        for name, value in sums(account).items():
            assert row.won(name) == value, (place, name)
            whole[name] += value
    [foot] = [part for part in table.all() if part.name == "tfoot"]
    shown = page.one(data_part="totals")
    for name, value in whole.items():
        assert foot.won(name) == shown.won(name) == value, name
    held = [one for account in accounts for one in account["holdings"]]
    assert shown.won("positions") == len(held)
    assert shown.won("cost") == sum(one["cost"] for one in held)
    symbols = page.one(data_table="symbols")
    for symbol in {one["symbol"] for one in held}:
        same = [one for one in held if one["symbol"] == symbol]
        row = symbols.one(data_symbol=symbol)
        for name in ("quantity", "market_value", "unrealized_pnl"):
            assert row.won(name) == sum(one[name] for one in same), (symbol, name)
    for place, account in enumerate(accounts, 1):
        folded = page.one(data_part="holdings").one(data_profile=f"sim-{place:03d}")
        for one in account["holdings"]:
            row = folded.one(data_symbol=one["symbol"])
            assert row.won("quantity") == one["quantity"]
            assert row.won("average_price") == one["average_price"]
            assert row.won("market_value") == one["market_value"]


def test_cash_that_is_not_known_is_said_to_be_no_part(run: Run, serve: Serve) -> None:
    served = serve(broker="kis", accounts=1)
    for lags in (True, False):
        served.control("kis_rules", deposits_lag=lags)
        parts = page_of(run).one(data_part="allocation")
        assert ("cash (D+2) is not known and no part of this" in parts.text) is lags
        assert bool(list(parts.all(data_share="cash"))) is not lags


def test_allocation_is_all_of_it_and_best_and_worst_are_ranked(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=2, positions=15)
    page = page_of(run)
    held = [one for account in served.state()["accounts"] for one in account["holdings"]]
    parts = page.one(data_table="allocation")
    cash = page.one(data_part="totals").won("deposit_d2")
    assert parts.one(data_share="cash").won("value") == cash
    rows = [row for row in parts.all() if "data-share" in row.attributes]
    assert sum(row.won("value") for row in rows) == cash + sum(h["market_value"] for h in held)
    percents = [Decimal(row.figures()["share"].removesuffix("%")) for row in rows]
    assert abs(sum(percents, Decimal(-100))) < Decimal("0.1")
    drawn = [part for part in page.one(data_part="allocation").all() if part.name == "circle"]
    assert len(drawn) == len(rows)
    gains: dict[str, int] = {}
    for one in held:
        gains[one["symbol"]] = gains.get(one["symbol"], 0) + one["unrealized_pnl"]
    ranked = sorted(gains.values())
    extremes: dict[str, list[int]] = {
        "best": [gain for gain in reversed(ranked[-5:]) if gain > 0],
        "worst": [loss for loss in ranked[:5] if loss < 0],
    }
    for name, wanted in extremes.items():
        table = page.one(data_table=name)
        rows = [row for row in table.all() if "data-symbol" in row.attributes]
        shown = [row.won("unrealized_pnl") for row in rows]
        assert shown == wanted, name
        assert wanted


def test_the_past_is_that_of_history(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    for place, day in enumerate(DAYS):
        if place == 1:
            served.control("clock", now=f"{day}T10:00:00+09:00")
            account = served.state()["accounts"][0]
            sold = {"symbol": account["holdings"][0]["symbol"], "quantity": 1, "price": 0}
            served.control(
                "foreign_order",
                appkey=account["appkey"],
                **{"side": "sell", "type": "market", "exchange": "KRX", **sold},
            )
        evening(served, run, day)
    told = run("history", "--by", "account", "-o", "json").document
    page = page_of(run, "--offline")
    [month] = [row for row in page.one(data_table="months").all() if "data-month" in row.attributes]
    realized = [row["realized_pnl"] for row in told["data"]]
    assert month.attributes["data-month"] == "2026-11"
    assert month.won("realized_pnl") == sum(realized) != 0
    assert "known" not in month.text, "the snapshot of the 20th completed the 19th"
    returns = page.one(data_table="returns")
    for one in [*told["returns"], told["totals"]]:
        name = one.get("profile")
        row = (
            returns.one(data_profile=name)
            if name
            else next(part for part in returns.all() if part.name == "tfoot")
        )
        assert row.figures()["time_weighted"] == f"{one['time_weighted']:+.2f}%"
        assert row.figures()["money_weighted"] == f"{one['money_weighted']:+.2f}%"
        assert row.won("end_assets") == one["end_assets"]
    assert "Modified Dietz" in page.one(data_part="returns").text
    assert "XIRR" in page.one(data_part="returns").text
    chart = page.one(data_part="history")
    ways = [part.attributes for part in chart.all() if part.name == "path"]
    lines = [way["d"] for way in ways if way["class"] == "line"]
    dots = [way["d"] for way in ways if way["class"] == "dot"]
    assert [line.count("L") for line in lines] == [2], "three days in a row"
    assert len(dots) == 1, "and one after a gap"
    whole = [0] * len(DAYS)
    for row in told["data"]:
        whole[DAYS.index(row["date"])] += row["total_assets"]
    assert f"{min(whole):,}" in chart.text
    assert f"{max(whole):,}" in chart.text


def test_a_period_that_is_over_is_as_recorded(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    truth: dict[str, Any] = {}
    for day in DAYS[:3]:
        evening(served, run, day)
        truth[day] = served.state()
    asked = len(served.state()["requests"])
    for words, day in ((["--to", DAYS[1]], DAYS[1]), (["--offline"], DAYS[2])):
        page = page_of(run, *words)
        assets = sum(account["total_assets"] for account in truth[day]["accounts"])
        assert page.one(data_part="totals").won("total_assets") == assets
        assert f"{day} 20:35" in page.text
        assert "no broker was asked" in page.text
        assert "this report asks no broker" in page.one(data_part="orders").text
    assert len(served.state()["requests"]) == asked
    page = page_of(run, "--offline", "--from", DAYS[1])
    first = {row.text for row in page.one(data_part="returns").all() if row.name == "small"}
    assert f"{DAYS[1]} ~ {DAYS[2]}" in first
    assert run("report", "--from", DAYS[1], "--to", DAYS[0]).code == 2
    assert run("report", "--from", "soon").code == 2


# What is missing


def test_an_account_that_failed_is_missing_and_in_no_figure(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=3)
    evening(served, run, DAYS[0])
    recorded = {row["profile"]: row for row in run("summary", "-o", "json").document["data"]}
    served.control("faults", api_id="kt00018", mode="http_500", appkey="sim-002-appkey")
    page = page_of(run, code=6)
    row = page.one(data_table="accounts").one(data_profile="sim-002")
    assert row.attributes["data-missing"] == "true"
    assert row.figures() == {}
    assert "Missing" in row.text
    last = recorded["sim-002"]["total_assets"]
    assert f"last recorded on {DAYS[0]}: {last:,}, in none of the sums" in row.text
    state = page.one(data_part="state").text
    assert "Incomplete: 2 of 3 accounts" in state
    assert "sim-002" in state
    assert "sim-002: not read" in page.one(data_part="orders").text
    accounts = served.state()["accounts"]
    whole = accounts[0]["total_assets"] + accounts[2]["total_assets"]
    assert page.one(data_part="totals").won("total_assets") == whole
    ran = run("report", "--out", "-")
    assert ran.err.count("sim-002") == 1, "an account fails once"


def test_an_account_without_a_recorded_day_is_missing_there(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=2)
    served.control("clock", now=f"{DAYS[0]}{EVENING}")
    assert run("snapshot", "-p", "sim-001").code == 0
    page = page_of(run, code=6)
    assert "Complete: 2 of 2" in page.one(data_part="state").text
    assert "nor in the returns: sim-002" in page.one(data_part="state").text
    page = page_of(run, "--offline", code=6)
    assert page.one(data_table="accounts").one(data_profile="sim-002").figures() == {}
    assert "Incomplete: 1 of 2" in page.one(data_part="state").text


def test_open_orders_that_cannot_be_read_are_no_empty_list(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=2)
    served.control("faults", api_id="kt00007", mode="http_500", appkey="sim-001-appkey")
    served.control("faults", api_id="ka10075", mode="http_500", appkey="sim-001-appkey")
    page = page_of(run, code=6)
    assert "sim-001: not read" in page.one(data_part="orders").text
    assert "Open orders could not be read: sim-001" in page.one(data_part="state").text
    assert page.one(data_table="accounts").one(data_profile="sim-001").figures()


def test_without_any_account_there_is_no_page(run: Run, serve: Serve, tmp_path: Path) -> None:
    served = still(serve, accounts=2)
    path = tmp_path / "page.html"
    ran = run("report", "--offline", "--out", str(path))
    assert (ran.code, ran.out, path.exists()) == (8, "", False)
    assert ran.err.startswith("error: nothing is recorded of sim-001 in these days")
    served.control("faults", api_id="*", mode="http_500")
    ran = run("report", "--out", str(path), "-o", "json")
    assert (ran.code, path.exists()) == (10, False)
    assert [row["path"] for row in ran.document["data"]] == [None]
    assert ran.document["data"][0]["total_assets"] is None


def test_a_day_that_is_missing_is_a_gap_and_a_month_that_is_not_whole_says_so(
    run: Run, own_home: Path
) -> None:
    year = Year(own_home)
    days = days_between(date(2026, 9, 1), date(2026, 10, 30))
    for day in days:
        if day == days[10]:
            year.fail(day)
        elif day not in days[20:23]:
            year.record(day, Decimal(10_000_000))
    page = page_of(run, "--offline")
    chart = page.one(data_part="history")
    ways = [part.attributes for part in chart.all() if part.name == "path"]
    lines = [way["d"].count("L") + 1 for way in ways if way["class"] == "line"]
    assert lines == [10, 9, len(days) - 23]
    assert len([way for way in ways if way["class"] == "gap"]) == 1
    assert "an account is missing: 1" in chart.text
    assert "not recorded at all: 3" in chart.text
    months = {
        row.attributes["data-month"]: row
        for row in page.one(data_table="months").all()
        if "data-month" in row.attributes
    }
    in_september = [day for day in days if day.month == 9]
    known = [d for d in in_september if d != days[10] and d not in days[20:23]]
    assert months["2026-09"].won("realized_pnl") == 1000 * len(known)
    assert f"{len(known)} of {len(in_september)} days known" in months["2026-09"].text
    assert "known" not in months["2026-10"].text or days[22].month == 10


def test_each_environment_has_its_own_last_day(run: Run, own_home: Path) -> None:
    simulated, mock = Year(own_home), Year(own_home, "mock")
    mock.record(date(2026, 11, 18), Decimal(2_000_000))
    simulated.record(date(2026, 11, 19), Decimal(3_000_000))
    page = page_of(run, "--offline")
    shown = {
        name: page.one(data_environment=name).one(data_part="totals").won("total_assets")
        for name in ("sim", "mock")
    }
    assert shown == {"sim": 3_000_000, "mock": 2_000_000}
    assert "from 2026-11-18 20:35:00 to 2026-11-19 20:35:00" in page.text


# Orders


def test_open_and_unknown_orders_are_told(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=2)
    book = pinned(run, served, own_home)
    lost = book.write(LOST)
    price = next(row["price"] for row in run("quote", "069500", "-o", "json").document["data"])
    low = int(price * 0.98) // 100 * 100
    words = ["buy", "069500", "2", "--price", str(low), "-p", "sim-002", "--yes", "-o", "json"]
    ordered = run(*words, "--allow", "DUPLICATE")
    assert ordered.code == 0, ordered.err + ordered.out
    broker_order = ordered.document["data"][0]["broker_order_id"]
    page = page_of(run)
    row = page.one(data_table="orders").one(data_order=broker_order)
    assert (row.won("remaining_quantity"), row.won("price")) == (2, low)
    assert "sim-002" in row.text
    unknown = page.one(data_table="unknown").one(data_attempt=str(lost.id))
    assert f"kiwoomctl resolve {lost.id}" in unknown.text
    assert "sim-001" in unknown.text
    assert "UNKNOWN outcome: 1" in page.one(data_part="state").text
