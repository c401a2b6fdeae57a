"""A disk that is full, read-only or broken: nothing is sent without its row on the disk.

A full disk is a limit on the size of files, set in the command's own process at many sizes. A
broken one is a library that is preloaded and lets the n-th call fail, or kills the process there;
it runs in a process of its own, see ``failing_disk``.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiwoomctl.ledger import Attempt
from tests.campaign import children, failing_disk, judge, world
from tests.campaign.children import Ended
from tests.campaign.deeds import Deed, Series
from tests.campaign.report import Run
from tests.campaign.world import Home

TITLE = "disk full (RLIMIT_FSIZE), read-only folder, EIO and kill at each call"
ACCOUNTS: Final = 40
_CAPABILITY_VERSION: Final = 0x20080522
_WRITES_ANYWHERE: Final = 0b110
"""Linux: the right to pass over modes for writing, and for reading."""
STEP: Final = 1024
BEYOND: Final = 48 * 1024
QUICK_STEPS: Final = 24
ABOUT: Final = (150, 2_000)
"""How many cases there will be, quick and full: the number of calls is not known before."""
COUNTERS: Final = (
    "full", "read-only", "failed calls", "killed calls", "sends without a row", "lost", "doubled",
    "wrong", "violated",
)  # fmt: skip


def run(row: Run) -> None:
    """Let the disk be full, read-only and broken."""
    row.watch(*COUNTERS)
    row.total = row.of(quick=ABOUT[0], full=ABOUT[1])
    with world.served(row.house, accounts=ACCOUNTS) as home:
        trial = Trial(row, home)
        full(trial)
        trial.settle_up()
    read_only(row)
    broken(row)


@dataclass
class Trial:
    """Orders of one home on a bad disk."""

    row: Run
    home: Home

    def __post_init__(self) -> None:
        self.series = Series(self.home.broker)

    def order(self, label: str, worsen: Callable[[], object]) -> Ended:
        """Give an order on a bad disk, then the same again on a good one."""
        made = self.series.next()
        words = [*made.words, *world.manner("buy"), "--id", made.client_id, "--settle", "0"]
        label = f"[{label} | {made.client_id} {made.holder.profile}]"
        first = self.complete(words, made, worsen)
        self.check(label, made, first)
        again = self.complete(words, made, None)
        good = again.code in {0, 5}
        self.row.check(good, "wrong", f"{label} {first} again on a good disk: {again}")
        placed = len(self.placed(made))
        told = f"{label} {placed} orders: {first} then {again}"
        self.row.check(placed <= 1, "doubled", told)
        self.row.case()
        return first

    def check(self, label: str, made: Deed, ended: Ended) -> None:
        """Compare with the broker: what was sent has its row, what was not says so."""
        placed = self.placed(made)
        told = f"{label} {len(placed)} orders: {ended}"
        if placed:
            rows = [a for a in judge.attempts_of(self.home.world) if _is_of(a, made) and a.sends]
            self.row.check(len(rows) == 1, "sends without a row", f"{told} {rows}")
            self.row.check(ended.code in {0, 5, -9}, "wrong", told)
        else:
            # An outcome that could not be written is open, whether the order is there or not.
            self.row.check(ended.code in {5, 8, 9, -9}, "wrong", told)
        if ended.code == 5 and "not be written down" in ended.told and placed:
            self.row.check(placed[0].number in ended.told, "wrong", f"no number: {told}")

    def placed(self, made: Deed) -> list[judge.Placed]:
        found = judge.recorded(self.home.broker.state())
        return [order for order in found if order.key == made.key]

    def settle_up(self) -> None:
        """Compare ledger and broker as a whole."""
        placed = judge.recorded(self.home.broker.state())
        found = judge.compare(placed, judge.attempts_of(self.home.world))
        found.unfound.clear()
        found.tell(self.row)
        judge.check_ledger(self.row, self.home.world)

    def complete(self, words: list[str], made: Deed, worsen: Callable[[], object] | None) -> Ended:
        """Run a command that says what it says into a pipe, as no file may grow."""
        near, far = os.pipe()

        def prepare() -> None:
            os.dup2(far, 1)
            os.dup2(far, 2)
            if worsen is not None:
                worsen()

        environ = self.home.environ([made.holder])
        ended = children.complete(words, environ, self.home.folder / "output", prepare)
        os.close(far)
        said = b""
        while part := os.read(near, 65536):
            said += part
        os.close(near)
        return Ended(ended.code, said.decode("utf-8", "replace"), "")


def _is_of(attempt: Attempt, made: Deed) -> bool:
    account = attempt.intent.account.number
    return (account, attempt.intent.client_id) == (made.holder.account, made.client_id)


def full(trial: Trial) -> None:
    """Let no file grow beyond many sizes around that of the ledger."""
    ledger = trial.home.world / "ledger.sqlite3"
    judge.open_ledger(trial.home.world).close()
    sizes = range(0, ledger.stat().st_size + BEYOND, STEP)
    wanted = list(sizes)
    if trial.row.quick:
        wanted = wanted[:: max(1, len(wanted) // trial.row.of(quick=QUICK_STEPS, full=0))]
    for size in wanted:

        def worsen(size: int = size) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        trial.order(f"files up to {size}", worsen)
        trial.row.count("full")


def read_only(row: Run) -> None:
    """Let folder or file be read-only, for root too."""
    if children.in_fork(_obey_modes) != 0:
        row.skip("read-only folder: root writes it anyway, and its right to cannot be given up")
        return
    for name in ("folder, no ledger yet", "folder", "file"):
        with world.served(row.house, accounts=ACCOUNTS) as home:
            trial = Trial(row, home)
            made, first = trial.series.next(), trial.series.next()
            if name == "folder, no ledger yet":
                # The command has been there for a read only.
                trial.complete(["cash"], first, None)
            else:
                trial.complete([*first.words, *world.manner("buy")], first, None)
            _lock_up(home.world, file=name == "file")
            words = [*made.words, *world.manner("buy"), "--id", made.client_id]
            ended = trial.complete(words, made, _obey_modes)
            trial.check(f"[read-only {name}]", made, ended)
            row.check(ended.code == 8, "wrong", f"[read-only {name}] {ended}")
            row.count("read-only")
            row.case()


def _obey_modes() -> None:
    """Give up what lets root write where the modes of files forbid it; nothing for others.

    Raises:
        OSError: It cannot be given up.
    """
    if os.geteuid() != 0:
        return
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()
    if library.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~_WRITES_ANYWHERE & 0xFFFFFFFF
    if library.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _lock_up(folder: Path, *, file: bool) -> None:
    if file:
        (folder / "ledger.sqlite3").chmod(stat.S_IRUSR)
    else:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)


def broken(row: Run) -> None:
    """Run the orders on a broken disk in a process with the failing library."""
    with world.scratch() as folder:
        library, reason = failing_disk.build(folder)
        if library is None:
            row.skip(f"EIO: {reason}")
            return
        found = folder / "found.json"
        size = f"{row.part}" if row.quick else "full"
        words = [str(found), str(row.scale.seed), size, row.house.name]
        done = subprocess.run(
            [sys.executable, "-m", "tests.campaign.failing_disk", *words],
            env={**os.environ, "LD_PRELOAD": str(library)},
            cwd=world.ROOT,
            check=False,
        )
        row.check(done.returncode == 0, "broken", f"the process on the broken disk: {done}")
        if found.exists():
            row.take(json.loads(found.read_text("utf-8")))
