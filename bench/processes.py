"""Many commands at once on one key: do they use the limit, and does nobody wait unfairly."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from bench.measure import KIWOOMCTL, Row, World, world

COUNTS = (1, 5, 10, 20)
CAP = 5
TOO_MANY = 429
LEAST_USE = 90.0
FAIR = 1.1


def rows() -> list[Row]:
    """Return use of the cap, refusals and the longest wait for 1 to 20 processes."""
    found = []
    with world("--rate", "terms", paced=True) as served:
        served.run("accounts", "--check", "-p", "sim-001")
        for count in COUNTS:
            time.sleep(1.2)  # the limit's window is empty again
            found += _together(served, count, bounded=count == COUNTS[-1])
    return found


def _together(served: World, count: int, *, bounded: bool) -> list[Row]:
    before = len(served.requests())
    env = {**os.environ, **served.environ}

    def one(_number: int) -> tuple[float, int]:
        began = time.perf_counter()
        words = [KIWOOMCTL, "positions", "-p", "sim-001", "-o", "json"]
        done = subprocess.run(words, env=env, capture_output=True, check=False)
        return time.perf_counter() - began, done.returncode

    with ThreadPoolExecutor(count) as pool:
        ended = list(pool.map(one, range(count)))
    made = served.requests()[before:]
    refused = sum(request["status"] == TOO_MANY for request in made)
    failed = sum(code != 0 for _, code in ended)
    longest = max(wall for wall, _ in ended)
    times = sorted(float(request["t"]) for request in made)
    span = times[-1] - times[0]
    ideal = (len(times) - 1) / CAP  # one request every fifth of a second
    use = 100.0 if span <= ideal else 100 * ideal / span
    name = f"{count} processes on one key"
    found = [Row(f"{name}: refused or failed", refused + failed, "", 0 if bounded else None, count)]
    if ideal:
        found.append(
            Row(
                f"{name}: unused part of the cap",
                100 - use,
                "%",
                100 - LEAST_USE if bounded else None,
                count,
            )
        )
        fair = ideal + min(wall for wall, _ in ended)
        found.append(
            Row(
                f"{name}: longest wait against fair",
                longest / fair,
                "x",
                FAIR if bounded else None,
                count,
            )
        )
    return found
