"""Orders on a disk whose n-th call fails, or on which the process ends at its n-th call.

Runs as a process of its own, with the library of ``failing.c`` preloaded; see ``disk``.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.campaign.houses import HOUSES
from tests.campaign.report import Run, Scale

SOURCE: Final = Path(__file__).parent / "failing.c"
FAIL, KILL_BEFORE, KILL_AFTER, SHORT = range(4)
MOST_CALLS: Final = 400
QUICK_STRIDE: Final = 14
JUDGED: Final = 30


@dataclass(frozen=True)
class Failure:
    """What goes wrong with the calls of some kinds."""

    name: str
    kinds: str
    """(w)rite (s)ync (t)runcate (u)nlink (o)pen (r)ename re(a)d."""
    error: int = errno.EIO
    action: int = FAIL
    forever: bool = False


FAILURES: Final = (
    Failure("one write fails", "w"),
    Failure("writes fail from then on", "w", forever=True),
    Failure("no space from then on", "wt", errno.ENOSPC, forever=True),
    Failure("no space in the middle of a write", "w", errno.ENOSPC, SHORT),
    Failure("one flush fails", "s"),
    Failure("flushes fail from then on", "s", forever=True),
    Failure("one removal fails", "u"),
    Failure("removals and renames fail from then on", "ur", forever=True),
    Failure("one opening fails", "o"),
    Failure("openings fail from then on", "o", forever=True),
    Failure("one read fails", "a"),
    Failure("reads fail from then on", "a", forever=True),
    Failure("everything fails from then on", "wstur", forever=True),
    Failure("killed before a call", "wstur", action=KILL_BEFORE),
    Failure("killed after a call", "wstur", action=KILL_AFTER),
)


def build(folder: Path) -> tuple[Path | None, str]:
    """Compile the library; return it, or why there is none."""
    if sys.platform != "linux":
        return None, "calls can be made to fail on Linux only"
    compiler = shutil.which("cc")
    if compiler is None:
        return None, "there is no cc"
    library = folder / "failing.so"
    done = subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (library, "") if done.returncode == 0 else (None, f"cc failed: {done.stderr[:200]}")


def main() -> None:
    """Try every failure at every call, and write what was found as JSON."""
    from tests.campaign import children, disk, world

    found, seed, size, house = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
    row = Run("disk", Scale(size != "full", seed, several=size != "1.0"), HOUSES[house])
    row.watch(*disk.COUNTERS)
    children.import_everything()
    with world.served(row.house, accounts=disk.ACCOUNTS) as home:
        trial = disk.Trial(row, home)
        for failure in FAILURES:
            for n in _calls(row, failure):
                if not _one(trial, failure, n):
                    break
            if home.state.exists():
                trial.settle_up()
                home.broker.control("reset")
                shutil.rmtree(home.state)
    found.write_text(json.dumps(row.give()), "utf-8")


def _calls(row: Run, failure: Failure) -> Iterator[int]:
    """Give the numbers of the calls that are to fail."""
    stride = round(QUICK_STRIDE / row.part) if row.quick else 1
    first = row.chance(failure.name).randint(1, stride)
    yield from range(first, MOST_CALLS, stride)


def _one(trial: object, failure: Failure, n: int) -> bool:
    """Let the n-th call fail; tell whether there were so many."""
    from tests.campaign import disk

    assert isinstance(trial, disk.Trial)
    near, far = os.pipe()
    os.set_blocking(near, False)
    below = str(trial.home.world).encode()

    def worsen() -> None:
        library = ctypes.CDLL(None)
        library.campaign_arm(
            below, failure.kinds.encode(), n, int(failure.forever), failure.error, failure.action,
            far,
        )  # fmt: skip

    trial.order(f"{failure.name}, call {n}", worsen)
    os.close(far)
    try:
        struck = bool(os.read(near, 1))
    except BlockingIOError:
        struck = False
    os.close(near)
    killed = failure.action in {KILL_BEFORE, KILL_AFTER}
    trial.row.count("killed calls" if killed else "failed calls", int(struck))
    return struck


if __name__ == "__main__":
    main()
