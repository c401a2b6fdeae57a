"""Accounts of two houses in the same tables: three at Kiwoom, two at KIS."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.cli.conftest import Run

ACCOUNTS = ["kis-1", "kis-2", "sim-001", "sim-002", "sim-003"]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SimulatorServer, SimulatorServer]]:
    with (
        SimulatorServer(ServeOptions(rate="off", env="real", accounts=3)) as kiwoom,
        SimulatorServer(ServeOptions(rate="off", env="real", accounts=2, broker="kis")) as kis,
    ):
        yield kiwoom, kis


@pytest.fixture(autouse=True)
def profiles(servers: tuple[SimulatorServer, SimulatorServer], own_home: Path) -> None:
    texts = [loopback.get(f"{server.url}/_sim/profiles").text for server in servers]
    texts[1] = texts[1].replace("[profiles.sim-00", "[profiles.kis-")
    path = own_home / "profiles.toml"
    path.write_text("\n".join(texts), "utf-8")
    path.chmod(0o600)


def document(run: Run, *words: str) -> dict[str, Any]:
    ran = run(*words, "-o", "json")
    assert ran.code == 0, ran.err
    return ran.document


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(str(row[name])) for row in rows), Decimal(0))


def test_a_summary_adds_both_up(run: Run) -> None:
    told = document(run, "summary")
    rows = told["data"]
    assert sorted(row["profile"] for row in rows) == ACCOUNTS
    [sums] = told["totals"] if isinstance(told["totals"], list) else [told["totals"]]
    for name in ("market_value", "total_assets", "unrealized_pnl"):
        assert Decimal(str(sums[name])) == total(rows, name)
    assert sums["pnl_basis"] == "mixed"


def test_one_code_of_both_houses_is_one_row(run: Run) -> None:
    rows = document(run, "positions", "--by", "symbol")["data"]
    lots = document(run, "positions")["data"]
    assert {row["pnl_basis"] for row in lots} == {"net", "gross"}
    for row in rows:
        mine = [lot for lot in lots if lot["symbol"] == row["symbol"]]
        bases = {lot["pnl_basis"] for lot in mine}
        assert row["pnl_basis"] == (bases.pop() if len(bases) == 1 else "mixed")
        for name in ("quantity", "cost", "market_value", "unrealized_pnl"):
            assert Decimal(str(row[name])) == total(mine, name)
    assert "mixed" in {row["pnl_basis"] for row in rows}


@pytest.mark.parametrize(
    "words", [["cash"], ["orders"], ["fills"], ["pnl"], ["accounts", "--check"]]
)
def test_every_read_takes_both(run: Run, words: list[str]) -> None:
    ran = run(*words, "-o", "json")
    assert (ran.code, ran.document["errors"]) == (0, []), ran.err


def test_orders_of_both_stand_in_one_list(run: Run) -> None:
    for profile in ("kis-1", "sim-001"):
        ran = run("buy", "005930", "1", "--price", "250000", "-p", profile, "--yes", "-o", "json")
        assert ran.code == 0, ran.err
    rows = document(run, "orders")["data"]
    assert sorted(row["profile"] for row in rows) == ["kis-1", "sim-001"]
    assert {row["source"] for row in rows} == {"kiwoomctl"}
    ran = run("cancel", "--all", "-p", "kis-1,sim-001", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert not any(row["remaining_quantity"] for row in document(run, "orders")["data"])


def test_what_one_house_does_not_offer_leaves_the_others(run: Run) -> None:
    ran = run("transactions", "-o", "json")
    assert ran.code == 6, ran.err
    assert {row["profile"] for row in ran.document["data"]} <= {"sim-001", "sim-002", "sim-003"}
    assert {error["code"] for error in ran.document["errors"]} == {"not_offered"}


def test_days_of_both_are_recorded_and_shown(run: Run) -> None:
    document(run, "snapshot")
    rows = document(run, "history")["data"]
    assert rows


def test_a_watch_shows_both(run: Run) -> None:
    ran = run("watch", "--once", "-o", "json")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
