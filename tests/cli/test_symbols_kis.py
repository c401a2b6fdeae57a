"""Codes and names for who is at KIS: its files need no key, and name what its mock cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.conftest import Run, Serve, Served

KOSPI = "/common/master/kospi_code.mst.zip"


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(accounts=1, broker="kis", env="mock")


def name_of(run: Run, code: str) -> object:
    [row] = run("quote", code, "-o", "json").document["data"]
    return row["name"]


def test_a_quote_has_the_name_once_the_lists_are_here(run: Run, served: Served) -> None:
    before = served.state()["requests"]
    assert name_of(run, "005930") is None
    calls = [seen["api_id"] for seen in served.state()["requests"][len(before) :]]
    # The account is proven first; for the name nobody is asked.
    assert calls == ["tokenP", "VTTC8908R", "FHKST01010100"]
    plain = run("quote", "005930").out
    assert plain.count("005930") == 1
    served.control("kis_rules", list_tail="full")
    ran = run("symbols", "update", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    counts = {row["market"]: row["symbols"] for row in ran.document["data"]}
    assert list(counts) == ["KOSPI", "KOSDAQ", "ETN"]
    assert ran.document["totals"] == {"symbols": sum(counts.values())}
    assert name_of(run, "005930") == "삼성전자"
    assert "삼성전자" in run("quote", "삼성전자").out
    [row] = run("orderable", "005930", "-o", "json").document["data"]
    assert row["name"] == "삼성전자"
    shown = run("buy", "005930", "1", "--price", "260000", "--dry-run", "--yes")
    assert "005930 삼성전자" in shown.err


def test_the_files_say_nothing_of_nxt(run: Run, served: Served) -> None:
    assert run("symbols", "update").code == 0
    found = run("symbols", "find", "ETN", "-o", "json").document["data"]
    assert [(row["symbol"], row["market"], row["nxt"]) for row in found] == [
        ("57S001", "ETN", None),
        ("57S002", "ETN", None),
    ]
    assert served.state()["tokens_issued"] == 0


def test_no_key_is_needed(run: Run, served: Served, own_home: Path) -> None:
    path = own_home / "profiles.toml"
    text = path.read_text("utf-8")
    start = text.index("secret = {")
    line = text[start : text.index("\n", start)]
    path.write_text(text.replace(line, 'secret = { source = "env" }'), "utf-8")
    assert run("cash").code == 4
    ran = run("symbols", "update", "-v", "-o", "json")
    assert (ran.code, ran.document["status"]) == (0, "ok"), ran.err
    assert "kospi_code.mst.zip" in ran.err
    assert [seen["appkey"] for seen in served.state()["requests"]] == [None, None]


def test_a_file_that_is_none_is_named_and_the_old_one_stays(
    run: Run, served: Served, own_home: Path
) -> None:
    assert run("symbols", "update").code == 0
    [kept] = own_home.rglob("symbols.tsv")
    before = kept.read_bytes()
    for mode in ("truncate", "html", "garbage", "http_500", "reset"):
        served.control("faults", api_id="*", mode=mode, when="before", count=3)
        ran = run("symbols", "update", "-o", "json")
        assert (ran.code, ran.document["status"]) == (10, "error"), (mode, ran.err)
        assert "Traceback" not in ran.err
        assert (KOSPI if mode != "reset" else served.url) in ran.err, mode
        assert kept.read_bytes() == before
        httpx.delete(f"{served.url}/_sim/faults", trust_env=False).raise_for_status()


@pytest.fixture
def mixed(own_home: Path) -> Iterator[Served]:
    """Serve an account of each house at one address, so that both are in one world."""
    with SimulatorServer(ServeOptions(accounts=2)) as server:
        server.host = Host(HostOptions(accounts=2, rate="off", kis=frozenset({2})))
        server.host.url = server.url
        served = Served(server.url, own_home / "profiles.toml")
        served.use()
        yield served


def test_a_further_house_that_fails_is_told_and_costs_nothing(run: Run, mixed: Served) -> None:
    mixed.control("faults", api_id="kosdaq_code.mst.zip", mode="html", when="before")
    ran = run("symbols", "update", "-o", "json")
    assert (ran.code, ran.document["status"]) == (6, "partial"), ran.err
    [error] = ran.document["errors"]
    assert (error["profile"], error["exit_code"]) == ("sim-002", 10)
    assert "kosdaq_code.mst.zip" in error["message"]
    found = run("symbols", "find", "ETN", "-o", "json").document["data"]
    assert {row["nxt"] for row in found} == {False}
    # Whose lists have most must be whole.
    httpx.delete(f"{mixed.url}/_sim/faults", trust_env=False).raise_for_status()
    mixed.control("faults", api_id="ka10099", mode="truncate", when="before")
    assert run("symbols", "update", "-o", "json").code == 10


def test_lists_of_both_houses_are_one_and_the_fuller_row_counts(run: Run) -> None:
    ran = run("symbols", "update", "--demo", "-v", "-o", "json")
    assert (ran.code, ran.document["status"]) == (0, "ok"), ran.err
    both = {row["market"]: row["symbols"] for row in ran.document["data"]}
    asked = [word in ran.err for word in ("general ka10099", "pension kospi_code.mst.zip")]
    assert asked == [True, True]
    found = run("symbols", "find", "ETN", "--demo", "-o", "json").document["data"]
    assert {row["nxt"] for row in found} == {False}
    ran = run("symbols", "update", "--demo", "-p", "pension", "-v", "-o", "json")
    assert "ka10099" not in ran.err
    alone = {row["market"]: row["symbols"] for row in ran.document["data"]}
    # Only the other house tells funds from shares.
    assert set(both) - set(alone) == {"ETF"}
    assert sum(both.values()) == sum(alone.values())
