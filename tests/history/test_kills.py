"""kill -9 while days are recorded: each account's day is whole or absent, a rerun completes it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import kiwoomctl
from kiwoomctl.history import History
from tests.history.samples import fill, snapshot
from tests.ledger.samples import SetClock

ROOT = Path(kiwoomctl.__file__).parent.parent
SEED = 20261127
NUMBERS = tuple(f"80123456{n:02}" for n in range(3))

# Forks a recorder again and again and kills each at a random moment; the parent has all modules
# loaded, so that the moments fall into the writing, not into the start.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.history import History
from tests.history.samples import fill, snapshot
from tests.ledger.samples import SetClock
from tests.history.test_kills import NUMBERS, recorded

folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(int(sys.argv[3]))
recorded(folder / "whole")
spent = []
for n in range(7):
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        recorded(folder / f"timed-{n}")
        os._exit(0)
    os.waitpid(child, 0)
    spent.append(time.perf_counter() - began)
took = max(spent)
for n in range(rounds):
    child = os.fork()
    if child == 0:
        recorded(folder / str(n))
        os._exit(0)
    time.sleep(chance.uniform(0, took * 1.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


# A child ends itself before its n-th change of the file: every one of them is met.
AT_EVERY_STATEMENT = """
import os, shutil, signal, sys
from pathlib import Path
from kiwoomctl import database
from kiwoomctl.history import History
from tests.history.test_kills import recorded
from tests.ledger.samples import SetClock

folder, statements = Path(sys.argv[1]), int(sys.argv[2])
History.open(folder / "base", SetClock()).close()
real = database.Database.change
for n in range(statements):
    shutil.copytree(folder / "base", folder / str(n))
    child = os.fork()
    if child == 0:
        left = n

        def change(self, *words):
            global left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return real(self, *words)

        database.Database.change = change
        recorded(folder / str(n))
        os._exit(1)
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        sys.exit(n + 1)
"""
STATEMENTS = 1 + 30 + 1 + 8
"""Of one account: its snapshot, positions, result and fills."""


def recorded(folder: Path) -> None:
    """Record three accounts of thirty positions, as a snapshot does."""
    from kiwoomctl.domain.identity import AccountId

    with History.open(folder, SetClock()) as history:
        for number in NUMBERS:
            account = AccountId("kiwoom", "sim", number)
            fills = tuple(fill(str(n)) for n in range(1, 9))
            history.record(snapshot(account=account, positions=30, fills=fills, realized=5))


def check(folder: Path) -> int:
    """Return how many accounts have the day, each of them wholly."""
    from kiwoomctl.domain.identity import AccountId

    accounts = [AccountId("kiwoom", "sim", number) for number in NUMBERS]
    with History.open(folder, SetClock()) as history:
        assert history.broken() == []
        found = history.last_of_days(accounts)
        for one in found:
            assert len(history.positions(one)) == one.positions == 30
            assert len(history.fills([one.account])) == 8
            assert [r.realized_pnl for r in history.results([one.account])] == [5]
        with_day = {one.account for one in found}
        for account in accounts:
            if account not in with_day:
                assert history.fills([account]) == ()
                assert history.results([account]) == ()
    return len(found)


def test_killed_at_200_random_points(tmp_path: Path) -> None:
    words = [sys.executable, "-c", KILLER, str(tmp_path), "200", str(SEED)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert check(tmp_path / "whole") == 3
    found = Counter(check(tmp_path / str(n)) for n in range(200))
    # The moments fell before, between and after the accounts.
    assert {0, 3} <= set(found), found
    assert found[1] + found[2] > 0, found
    for n in random.Random(SEED).sample(range(200), 20):  # noqa: S311 - which ones, no secret
        before = check(tmp_path / str(n))
        recorded(tmp_path / str(n))
        assert check_again(tmp_path / str(n)) == (3, 3 + before)


def check_again(folder: Path) -> tuple[int, int]:
    """Return how many accounts have the day, and how many snapshots there are."""
    from kiwoomctl.domain.identity import AccountId

    accounts = [AccountId("kiwoom", "sim", number) for number in NUMBERS]
    with History.open(folder, SetClock()) as history:
        assert history.broken() == []
        written = history._db.row("SELECT count(*) AS n FROM snapshots")  # noqa: SLF001
        assert written is not None
        return len(history.last_of_days(accounts)), int(written["n"])


def test_killed_at_every_statement(tmp_path: Path) -> None:
    words = [sys.executable, "-c", AT_EVERY_STATEMENT, str(tmp_path), str(3 * STATEMENTS)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    for n in range(3 * STATEMENTS):
        assert check(tmp_path / str(n)) == n // STATEMENTS
