"""The most memory that a command over fifty accounts takes."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.measure import KIWOOMCTL, Row, world

BOUND_MB = 60.0
_CHILD = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def rows() -> list[Row]:
    """Return the peak of ``positions`` over 50 accounts of 120 positions each."""
    with world("--rate", "off", "--accounts", "50", "--positions", "120") as served:
        served.run("positions", "-o", "json")
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, KIWOOMCTL, "positions", "-o", "json"],
            env={**os.environ, **served.environ},
            capture_output=True,
            check=True,
        )
    peak = int(done.stdout) / 1024
    return [Row("peak memory, 50 accounts x 120 positions", peak, "MB", BOUND_MB, 1)]
