"""Accounts at two houses in one config: the same tables, and totals that are right over both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.cli.conftest import Ran, Run, Served

KIWOOM, KIS = ("sim-001", "sim-002", "sim-003"), ("kis-001", "kis-002")
CODE = "005930"
FIGURES = ("cost", "market_value", "unrealized_pnl")


class Houses:
    """Two served simulators, the profiles of both in one file."""

    def __init__(self, kiwoom: SimulatorServer, kis: SimulatorServer, config: Path) -> None:
        self.kiwoom, self.kis = Served(kiwoom.url, config), Served(kis.url, config)
        texts = [loopback.get(f"{s.url}/_sim/profiles").text for s in (kiwoom, kis)]
        texts[1] = texts[1].replace("[profiles.sim-", "[profiles.kis-")
        config.write_text("\n".join(texts), "utf-8")
        config.chmod(0o600)

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return what the simulators themselves say of each profile."""
        pairs = zip(KIWOOM, self.kiwoom.state()["accounts"], strict=True)
        return {**dict(pairs), **dict(zip(KIS, self.kis.state()["accounts"], strict=True))}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SimulatorServer, SimulatorServer]]:
    with ExitStack() as stack:
        kiwoom = stack.enter_context(SimulatorServer(ServeOptions(rate="off", accounts=3)))
        kis = stack.enter_context(
            SimulatorServer(ServeOptions(rate="off", accounts=2, broker="kis", seed=2))
        )
        yield kiwoom, kis


@pytest.fixture
def houses(servers: tuple[SimulatorServer, SimulatorServer], own_home: Path) -> Houses:
    """Begin anew at both, the profiles in place."""
    houses = Houses(*servers, own_home / "profiles.toml")
    houses.kiwoom.control("reset")
    houses.kis.control("reset")
    return houses


def by_profile(ran: Ran) -> dict[str, dict[str, Any]]:
    rows = {row["profile"]: row for row in ran.document["data"]}
    assert len(rows) == len(ran.document["data"])
    return rows


def summed(houses: Houses, figure: str) -> int:
    told = houses.accounts().values()
    return sum(int(Decimal(str(held[figure]))) for one in told for held in one["holdings"])


def test_the_summary_has_all_accounts_and_adds_them_up(run: Run, houses: Houses) -> None:
    ran = run("summary", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    rows = by_profile(ran)
    assert tuple(rows) == (*KIWOOM, *KIS)
    for profile, account in houses.accounts().items():
        assert rows[profile]["deposit_d2"] == account["cash"]["deposit_d2"]
        held = sum(row["market_value"] for row in account["holdings"])
        assert rows[profile]["market_value"] == held
    assert {rows[p]["pnl_basis"] for p in KIWOOM} == {"net"}
    assert {rows[p]["pnl_basis"] for p in KIS} == {"gross"}
    totals = ran.document["totals"]
    assert totals["market_value"] == summed(houses, "market_value")
    assert totals["pnl_basis"] == "mixed"
    assert totals["positions"] == 25


def test_cash_adds_up_over_both(run: Run, houses: Houses) -> None:
    ran = run("cash", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    told = houses.accounts()
    for figure in ("deposit", "deposit_d2", "orderable"):
        expected = sum(account["cash"][figure] for account in told.values())
        assert ran.document["totals"][figure] == expected, figure


def test_a_code_held_at_both_is_one_row(run: Run, houses: Houses) -> None:
    ran = run("positions", "--by", "symbol", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    (row,) = [row for row in ran.document["data"] if row["symbol"] == CODE]
    held = {
        profile: next(h for h in account["holdings"] if h["symbol"] == CODE)
        for profile, account in houses.accounts().items()
        if any(h["symbol"] == CODE for h in account["holdings"])
    }
    assert set(row["profiles"]) == set(held)
    assert {"sim-001", "kis-001"} <= set(held)
    for figure in ("quantity", "cost", "market_value"):
        assert row[figure] == sum(h[figure] for h in held.values()), figure
    assert row["pnl_basis"] == "mixed"
    for figure in ("cost", "market_value"):
        assert ran.document["totals"][figure] == summed(houses, figure), figure


def test_orders_and_fills_of_both_stand_in_one_table(run: Run, houses: Houses) -> None:
    for profile in ("sim-001", "kis-001"):
        ran = run("buy", CODE, "1", "--market", "-p", profile, "--yes", "--allow", "MARKET")
        assert ran.code == 0, ran.err
    ran = run("orders", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert {(row["profile"], row["status"], row["source"]) for row in ran.document["data"]} == {
        ("sim-001", "filled", "kiwoomctl"),
        ("kis-001", "filled", "kiwoomctl"),
    }
    fills = run("fills", "-o", "json").document["data"]
    assert {row["profile"] for row in fills} == {"sim-001", "kis-001"}
    assert {row["quantity"] for row in fills} == {1}
    assert [len(s.state()["orders"]) for s in (houses.kiwoom, houses.kis)] == [1, 1]


def test_one_batch_buys_at_both(run: Run, houses: Houses) -> None:
    words = ("--market", "--yes", "--allow", "MARKET", "-o", "json")
    ran = run("buy", CODE, "2", "-p", "sim-001,kis-001", *words)
    assert ran.code == 0, ran.err
    assert [(row["profile"], row["state"]) for row in ran.document["data"]] == [
        ("sim-001", "accepted"),
        ("kis-001", "accepted"),
    ]
    assert [len(s.state()["orders"]) for s in (houses.kiwoom, houses.kis)] == [1, 1]


def test_a_day_of_both_is_recorded_and_shown(run: Run, houses: Houses) -> None:
    ran = run("snapshot", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert set(by_profile(ran)) == {*KIWOOM, *KIS}
    (day,) = run("history", "-o", "json").document["data"]
    assert day["market_value"] == summed(houses, "market_value")
    report = run("report", "--out", "-", "--lang", "en")
    assert report.code == 0, report.err
    assert f"{summed(houses, 'market_value'):,}" in report.out
    for profile in (*KIWOOM, *KIS):
        assert profile in report.out


def test_a_house_that_is_away_leaves_the_other_and_an_honest_total(
    run: Run, houses: Houses
) -> None:
    houses.kis.control("faults", api_id="*", mode="http_500")
    ran = run("summary", "-o", "json")
    assert (ran.code, ran.document["status"]) == (6, "partial")
    assert {error["profile"] for error in ran.document["errors"]} == set(KIS)
    assert tuple(by_profile(ran)) == KIWOOM


@pytest.mark.parametrize("command", [["accounts", "--check"], ["login", "--refresh"], ["doctor"]])
def test_the_commands_around_accounts_know_both(
    run: Run, houses: Houses, command: list[str]
) -> None:
    ran = run(*command, "-o", "json")
    assert ran.code == 0, ran.err
    assert {row["profile"] for row in ran.document["data"]} >= {*KIWOOM, *KIS}
    assert houses.kis.state()["tokens_issued"] <= 2


def test_watch_shows_both(run: Run, houses: Houses) -> None:
    ran = run("watch", "--once", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["totals"]["market_value"] == summed(houses, "market_value")
    assert {row["profile"] for row in ran.document["data"]} == {*KIWOOM, *KIS}


# What one house offers alone ----------------------------------------------------------------------

CALL = ("api", "call", "ka10001", f"stk_cd={CODE}")
CONDITIONS = ("condition", "list")


@pytest.mark.parametrize(
    ("words", "asked"), [(CALL, {"general", "isa"}), (CONDITIONS, {"general"})]
)
def test_a_default_leaves_out_who_cannot_and_says_so(
    run: Run, words: tuple[str, ...], asked: set[str]
) -> None:
    for chosen in ((), ("-p", "all")):
        ran = run(*words, *chosen, "--demo", "-o", "json")
        assert (ran.code, ran.document["errors"]) == (0, [])
        assert {row["profile"] for row in ran.document["data"]} == asked
        assert ran.err.startswith("left out: pension; ")
        assert ran.err.count("\n") == 1
        assert "(KIS)" in ran.err
    quiet = run(*words, "--demo", "-q")
    assert (quiet.code, quiet.err) == (0, "")


@pytest.mark.parametrize("words", [CALL, CONDITIONS])
@pytest.mark.parametrize("chosen", ["kis-001", "sim-001,kis-001"])
def test_who_is_named_and_cannot_is_refused_before_anybody_is_asked(
    run: Run, houses: Houses, words: tuple[str, ...], chosen: str
) -> None:
    ran = run(*words, "-p", chosen, "-o", "json")
    error = ran.document["errors"][0]
    assert (ran.code, error["code"], error["exit_code"]) == (2, "not_offered", 2)
    assert "'kis-001'" in error["message"]
    assert not houses.kiwoom.state()["requests"]
    assert not houses.kis.state()["requests"]


def test_where_no_house_can_nobody_is_asked(run: Run, houses: Houses) -> None:
    ran = run(*CALL, env={"KIWOOMCTL_PROFILE": "kis-001,kis-002"})
    assert (ran.code, ran.out) == (2, "")
    assert "'kis-001'" in ran.err
    assert not houses.kis.state()["requests"]


# The demo, an account of which is at the second house ---------------------------------------------

BEFORE_COSTS = "P&L is before costs in pension, after estimated costs in the others"


def demo(run: Run, *words: str) -> dict[str, Any]:
    ran = run(*words, "--demo", "-o", "json")
    assert ran.code == 0, ran.err
    return ran.document


def test_the_pension_account_of_the_demo_is_at_the_second_house(run: Run) -> None:
    rows = demo(run, "accounts", "--show-account")["data"]
    assert [(row["profile"], row["broker"]) for row in rows] == [
        ("general", "kiwoom"),
        ("isa", "kiwoom"),
        ("pension", "kis"),
    ]
    (number,) = (row["account"] for row in rows if row["account"])
    assert (len(number), number[8:]) == (10, "22")
    assert number not in run("accounts", "--demo").out
    assert f"{number[:2]}******22" in run("accounts", "--demo").out


def test_a_sum_of_gains_before_and_after_costs_says_so_below(run: Run) -> None:
    for words in (("summary",), ("positions",), ("watch", "--once")):
        table = run(*words, "--demo", "--lang", "en").out
        assert table.rstrip("\n").splitlines()[-1] == BEFORE_COSTS
        assert demo(run, *words)["totals"]["pnl_basis"] == "mixed"
        for alone in ("general,isa", "pension"):
            assert "before costs" not in run(*words, "--demo", "-p", alone, "--lang", "en").out
    mixed = "P&L is before costs in some accounts, after estimated costs in the others"
    assert mixed in run("positions", "--by", "symbol", "--demo", "--lang", "en").out
    assert run("snapshot", "--demo").code == 0
    assert mixed in run("history", "--demo", "--lang", "en").out


def test_an_average_is_whole_won_in_tables_and_as_told_elsewhere(run: Run) -> None:
    told = {row["symbol"]: row for row in demo(run, "positions", "-p", "pension")["data"]}
    assert told["133690"]["average_price"] == 131098.1579
    assert " 131,098 " in run("positions", "--demo", "-p", "pension").out


def test_an_order_of_the_demo_lives_at_the_second_house(run: Run) -> None:
    words = ("-p", "pension", "--yes")
    number = demo(run, "buy", "005930", "1", "--price", "250000", *words)["data"][0]
    new = demo(run, "modify", number["broker_order_id"], "--price", "251000", *words)["data"][0]
    assert new["original_order_id"] == number["broker_order_id"]
    shown = demo(run, "orders", "--open")["data"]
    assert [(row["profile"], row["price"], row["status"]) for row in shown] == [
        ("pension", 251000, "open")
    ]
    demo(run, "cancel", new["broker_order_id"], *words)
    assert demo(run, "orders", "--open")["data"] == []
    demo(run, "sell", "069500", "2", "--market", "--allow", "MARKET", *words)
    (fill,) = demo(run, "fills")["data"]
    assert (fill["profile"], fill["side"], fill["quantity"]) == ("pension", "sell", 2)
    assert demo(run, "resolve")["data"] == []
    assert demo(run, "audit")["data"] == []


def test_one_order_of_the_demo_goes_to_all_its_accounts(run: Run) -> None:
    ran = run("buy", "069500", "1", "--price", "60000", "-p", "general,isa,pension", "--yes",
              "--demo", "-o", "json")  # fmt: skip
    assert ran.code == 0, ran.err
    assert {row["state"] for row in ran.document["data"]} == {"accepted"}
    open_ones = demo(run, "orders", "--open")["data"]
    assert sorted(row["profile"] for row in open_ones) == ["general", "isa", "pension"]
    cancelled = demo(run, "cancel", "--all", "-p", "all", "--yes")["data"]
    assert len(cancelled) == 3


def test_a_demo_of_an_older_version_is_left_alone(run: Run, own_home: Path) -> None:
    old = own_home / "state" / "demo"
    (old / "simulator").mkdir(parents=True)
    (old / "pins").mkdir()
    kept = {
        old / "ledger.sqlite3": "no database",
        old / "pins" / "pension.json": "{",
        old / "simulator" / "simulator.json": '{"version":2,"made_with":{}}',
    }
    for path, text in kept.items():
        path.write_text(text, "utf-8")
    assert len(demo(run, "summary")["data"]) == 3
    assert demo(run, "ledger", "list")["data"] == []
    assert run("demo", "reset").code == 0
    assert {path: path.read_text("utf-8") for path in kept} == kept


def test_the_screen_says_it_too(run_on_terminal: Run) -> None:
    ran = run_on_terminal("watch", "--demo", "--duration", "1", "--lang", "en")
    assert ran.code == 0
    assert BEFORE_COSTS in ran.out
