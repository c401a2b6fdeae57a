"""Many real processes at once on one key: one token, no refusal, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.brokers.kiwoom.limits import CAPS
from kiwoomctl.brokers.pacing import Pacer
from kiwoomctl.domain.clock import SystemClock
from tests.cli.conftest import PATIENCE, Ran, Run, Serve, Served

CAP = 5


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def results(processes: Sequence[subprocess.Popen[bytes]]) -> list[Ran]:
    ended = []
    for process in processes:
        out, err = process.communicate(timeout=PATIENCE)
        ended.append(Ran(process.returncode, out.decode(), err.decode()))
    return ended


def requests(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.state()["requests"]
    return found


def test_processes_on_one_key_share_its_token_and_its_rate(serve: Serve) -> None:
    # On a machine with more to do than it can, two requests may be under way unequally long:
    # one calm round shows what there is to see.
    assert any(is_within_the_cap(serve(accounts=1, rate="terms")) for _ in range(3))


def is_within_the_cap(served: Served) -> bool:
    """Run many commands at once; tell whether the requests arrived as the terms want it."""
    ended = results([start("cash", "-o", "json") for _ in range(12)])
    assert {(ran.code, ran.err) for ran in ended} == {(0, "")}
    assert len({json.dumps(ran.document["data"]) for ran in ended}) == 1
    assert served.state()["tokens_issued"] == 1
    asked = requests(served)
    times = sorted(request["t"] for request in asked if request["api_id"] != "au10001")
    return [request["status"] for request in asked] == [200] * 13 and all(
        later - first >= 1 for first, later in zip(times, times[CAP:], strict=False)
    )


def test_a_token_that_dies_under_many_processes_is_renewed_once(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, positions=45, latency_ms=100)
    assert run("cash").code == 0
    processes = [start("positions", "-o", "json") for _ in range(8)]
    while len(requests(served)) < 8:
        time.sleep(0.02)
    served.control("kill_tokens")
    ended = results(processes)
    assert {(ran.code, ran.err) for ran in ended} == {(0, "")}
    assert {len(ran.document["data"]) for ran in ended} == {45}
    assert served.state()["tokens_issued"] == 2


def test_tokens_that_die_while_many_accounts_are_read_cost_no_row(serve: Serve) -> None:
    served = serve(accounts=20, positions=65, latency_ms=200)
    process = start("positions", "-o", "json")
    while len(requests(served)) < 25:
        time.sleep(0.02)
    served.control("kill_tokens")
    [ran] = results([process])
    assert (ran.code, ran.err) == (0, "")
    state = served.state()
    data = ran.document["data"]
    rows = {(r["profile"], r["symbol"], r["credit_type"], r["loan_date"]) for r in data}
    assert len(rows) == len(data) == 20 * 65
    assert ran.document["totals"]["market_value"] == sum(
        holding["market_value"] for account in state["accounts"] for holding in account["holdings"]
    )
    issued = [r["appkey"] for r in state["requests"] if r["api_id"] == "au10001"]
    assert 20 < len(issued) <= 40
    assert max(issued.count(appkey) for appkey in issued) <= 2


class Gone(Exception):
    """The process that waited is gone."""


class LeavingClock(SystemClock):
    """The clock of a process that ends as soon as it would have to wait."""

    def sleep(self, _seconds: float) -> None:
        raise Gone


def fill_the_rate(state: Path, seconds: float) -> None:
    """Reserve every request of this key for so many seconds, as processes that wait do."""
    [file] = state.glob("sim-*/rate/rate-*-query.json")
    key_id = file.name.removeprefix("rate-").removesuffix("-query.json")
    ahead = Pacer(file.parent, key_id, "query", CAPS["real"], LeavingClock(), patience=300)
    begun = time.monotonic()
    for _ in range(int((seconds + 2) * CAP)):
        try:
            ahead.take("kt00018")
        except Gone:
            continue
    assert time.monotonic() - begun < seconds + 2


@pytest.fixture
def state() -> Path:
    return Path(os.environ["KIWOOMCTL_STATE_DIR"])


def test_a_wait_of_more_than_a_minute_is_refused_at_once(
    run: Run, serve: Serve, state: Path
) -> None:
    served = serve(accounts=1, rate="terms")
    assert run("cash").code == 0
    fill_the_rate(state, 90)
    before = len(requests(served))
    begun = time.monotonic()
    ran = run("cash", "-o", "json")
    assert time.monotonic() - begun < 20
    assert ran.code == 9
    [line] = ran.err.splitlines()
    assert "rate limit" in line
    [error] = ran.document["errors"]
    assert (error["code"], error["safe_to_retry"]) == ("busy", True)
    assert ran.document["data"] == []
    assert len(requests(served)) == before


def test_a_wait_for_the_rate_is_told(run: Run, serve: Serve, state: Path) -> None:
    serve(accounts=1, rate="terms")
    assert run("cash").code == 0
    fill_the_rate(state, 2)
    told = run("cash", "-v")
    assert told.code == 0
    assert "sim-001: waiting " in told.err
    assert "(kt00001)" in told.err
    fill_the_rate(state, 1)
    quiet = run("cash")
    assert (quiet.code, quiet.err) == (0, "")


def test_a_person_sees_that_the_rate_makes_them_wait(
    run: Run, run_on_terminal: Run, serve: Serve, state: Path
) -> None:
    serve(accounts=1, rate="terms")
    assert run("cash").code == 0
    fill_the_rate(state, 1)
    watched = run_on_terminal("cash")
    assert watched.code == 0
    assert "waiting " in watched.out
