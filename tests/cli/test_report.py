"""The page of ``report``: figures of the simulator to the won, and nothing but a page."""

from __future__ import annotations

import re
import stat
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.portfolio import Cash, Holdings, Position
from kiwoomctl.domain.recorded import days_between
from kiwoomctl.history import History, NewFailure, NewSnapshot, TradedDay
from tests.cli.conftest import Run, Serve, Served
from tests.cli.journal import LOST, pinned
from tests.cli.pages import Element, read
from tests.cli.test_snapshot import DAYS, EVENING, evening, serve_days

FIELDS = ("total_assets", "market_value", "unrealized_pnl", "deposit_d2")


def page_of(run: Run, *words: str, code: int = 0) -> Element:
    ran = run("report", "--out", "-", *words)
    assert ran.code == code, ran.err
    return read(ran.out)


def still(serve: Serve, **options: Any) -> Served:
    """Serve accounts after the day's trading: their prices stand."""
    return serve(clock=f"{DAYS[0]}{EVENING}", **options)


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


# Nothing but a page


HOSTILE = "<script>alert(1)</script>\"' onload=x <b>&amp;\u202e"


def test_names_from_outside_stay_text(run: Run, own_home: Path) -> None:
    year = Year(own_home, owner=HOSTILE)
    year.record(date(2026, 11, 19), Decimal(1_000_000), name=HOSTILE)
    year.record(date(2026, 11, 20), Decimal(1_100_000), name=HOSTILE)
    for words in ([], ["--lang", "ko"]):
        page = page_of(run, "--offline", *words)  # its reader refuses elements and handlers
        shown = HOSTILE.replace("\u202e", "?")
        assert page.one(data_table="symbols").one(data_symbol="000001").text.startswith(shown)
        assert shown in page.one(data_table="accounts").text
        assert shown in page.one(data_table="allocation").text
        assert "\u202e" not in page.text


def test_both_languages_are_whole(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=3)
    evening(served, run, DAYS[0])
    evening(served, run, DAYS[1])
    served.control("faults", api_id="kt00018", mode="ip_mismatch", appkey="sim-002-appkey")
    english = page_of(run, code=6)
    korean = page_of(run, "--lang", "ko", code=6)
    assert korean.one(lang="ko").name == "html"
    assert english.one(lang="en").name == "html"
    outside = {"SIM", "UNKNOWN", "kiwoomctl", "Modified", "Dietz", "XIRR", "KODEX", "TIGER"}
    names = {row.text for row in english.one(data_table="symbols").all(scope="row")}
    for text in korean.texts():
        words = set(re.findall(r"[A-Za-z]{3,}", text))
        if words - outside and not re.search(r"sim-00\d", text):
            assert any(text.strip() in name for name in names), text
    for text in english.texts():
        if re.search(r"[가-힣]", text):
            whose = any(text.strip() in name for name in names)
            assert whose or re.search(r"\d\*{6}\d|^..[희수지민]", text) or "·" in text, text
    assert [part.name for part in korean.all()] == [part.name for part in english.all()]


def test_account_numbers_are_masked(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=2)
    evening(served, run, DAYS[0])
    ran = run("report", "--out", "-")
    for account in served.state()["accounts"]:
        assert account["account"] not in ran.out
        assert f"{account['account'][:2]}******{account['account'][-2:]}" in ran.out


def test_money_that_is_not_real_is_marked(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=1)
    assert "none of this is real money" in page_of(run).one(data_part="state").text
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    page = page_of(run, code=6)
    assert [part.text for part in page.all(class_="mark")] == []
    marks = [part.text for part in page.all() if part.attributes.get("class") == "mark"]
    assert marks == ["모의", "SIM"]
    worlds = [part for part in page.all() if "data-environment" in part.attributes]
    assert [part.attributes["data-environment"] for part in worlds] == ["mock", "sim"]
    assert [len(list(part.all(data_part="totals"))) for part in worlds] == [0, 1]
    assert "paper: not read" in worlds[0].one(data_part="orders").text


def test_red_is_up_unless_the_config_says_otherwise(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=1)

    def colours() -> tuple[str, str]:
        found = re.search(r"--up:(#\w+);--down:(#\w+)", run("report", "--out", "-").out)
        assert found is not None
        return found[1], found[2]

    red, blue = colours()
    assert (red[1] > red[3], blue[5] > blue[1]) == (True, True)
    served.use('color = "us"')
    green, down = colours()
    assert green[3] > green[1]
    assert down == red


# The file


def test_the_file_is_named_by_the_day_private_and_only_its_own_kind_is_replaced(
    run: Run, run_afresh: Run, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    still(serve, accounts=1)
    monkeypatch.chdir(tmp_path)
    ran = run_afresh("report")
    path = Path(ran.out.removesuffix("\n"))
    assert (ran.code, ran.err) == (0, "")
    today = datetime.now(KST).date()
    assert path.name in {
        f"kiwoomctl-report-{day}.html" for day in (today, today - timedelta(days=1))
    }
    assert path.parent.samefile(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text("utf-8")
    read(first)
    assert run_afresh("report", "-p", "sim-001").code == 0, "a report is replaced"
    other = tmp_path / "notes.html"
    other.write_text("<p>mine", "utf-8")
    for place in (other, tmp_path):
        ran = run("report", "--out", str(place))
        assert ran.code == 2
        assert str(place) in ran.err
    assert other.read_text("utf-8") == "<p>mine"
    assert run("report", "--out", "").code == 2
    assert run("report", "--out", str(tmp_path / "none" / "x.html")).code == 8
    ran = run("report", "--out", str(tmp_path / "new.html"), "-o", "json")
    [row] = ran.document["data"]
    assert (row["path"], row["accounts"], row["missing"]) == (str(tmp_path / "new.html"), 1, [])
    assert run("report", "--out", "-", "-o", "json").code == 2
    assert sorted(one.name for one in tmp_path.glob("*.html")) == sorted(
        ["new.html", "notes.html", path.name]
    )


@pytest.mark.parametrize("words", [["--fields", "nothing"], ["--to", "20261340"]])
def test_a_wrong_word_asks_nobody(run: Run, serve: Serve, words: list[str]) -> None:
    served = still(serve, accounts=1)
    assert run("report", *words).code == 2
    assert served.state()["requests"] == []


class Year:
    """Days of one account, recorded without any broker."""

    def __init__(self, home: Path, *, owner: str = "김영희") -> None:
        self.account = AccountId("kiwoom", "sim", "8012345611")
        self.world = home / "state" / "sim-in-process"
        self.world.mkdir(parents=True, mode=0o700)
        quoted = owner.replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            "[profiles.isa]",
            'broker = "kiwoom"',
            'environment = "sim"',
            f'owner = "{quoted}"',
            f'account = "{self.account.number}"',
            'secret = { source = "inline", appkey = "a-key", secretkey = "b-key" }',
        ]
        path = home / "profiles.toml"
        path.write_text("\n".join(lines), "utf-8")
        path.chmod(0o600)

    def record(self, day: date, worth: Decimal, *, name: str = "종목") -> None:
        held = Position(
            symbol=Symbol("000001"),
            name=name,
            quantity=10,
            sellable_quantity=10,
            average_price=worth / 20,
            price=worth / 20,
            cost=worth / 2,
            market_value=worth / 2,
            unrealized_pnl=Decimal(-7),
            unrealized_pnl_rate=Decimal("-0.01"),
        )
        cash = Cash(worth / 2, worth / 2, worth / 2, worth / 2, worth / 2)
        with History.open(self.world, SystemClock()) as history:
            history.record(
                NewSnapshot(
                    account=self.account,
                    profile="isa",
                    owner=None,
                    day=day,
                    as_of=datetime.combine(day, time(20, 35), KST),
                    cash=cash,
                    holdings=Holdings((held,), worth),
                    traded=(TradedDay(day, (), Decimal(1000)),),
                )
            )

    def fail(self, day: date) -> None:
        at = datetime.combine(day, time(20, 35), KST)
        with History.open(self.world, SystemClock()) as history:
            history.record_failure([NewFailure(self.account, "isa", day, at, "unavailable")])
