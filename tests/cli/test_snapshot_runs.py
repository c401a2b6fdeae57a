"""Runs of ``snapshot`` that are killed, and runs at the same time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from kiwoomctl.history import History
from tests.cli.conftest import Run, Serve
from tests.ledger.samples import SetClock

SEED = 20261127
WORDS = [sys.executable, "-m", "kiwoomctl", "snapshot"]


def test_the_whole_command_is_killed_and_run_again(run: Run, serve: Serve) -> None:
    served = serve(accounts=6, positions=20)
    run("cash")  # tokens are there: the moments fall into reading and writing
    chance = random.Random(SEED)  # noqa: S311 - points in time, no secrets
    world = next(Path(os.environ["KIWOOMCTL_STATE_DIR"]).glob("sim-*"))
    for _ in range(8):
        running = subprocess.Popen(WORDS)
        time.sleep(chance.uniform(0.1, 0.9))
        running.kill()
        running.wait()
        if (world / "history.sqlite3").exists():
            with History.open(world, SetClock()) as history:
                assert history.broken() == []
    assert run("snapshot").code == 0
    [day] = run("history", "-o", "json").document["data"]
    assert (day["accounts"], day["complete"]) == (6, True)
    assert day["total_assets"] == sum(a["total_assets"] for a in served.state()["accounts"])


def test_runs_at_once_do_no_harm(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    running = [subprocess.Popen(WORDS, stderr=subprocess.PIPE) for _ in range(4)]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
    [day] = run("history", "-o", "json").document["data"]
    assert day["total_assets"] == sum(a["total_assets"] for a in served.state()["accounts"])
