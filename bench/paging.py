"""Twenty pages of one list under the limit of 5 a second, against the limit's own time."""

from __future__ import annotations

import json
import time

from bench.measure import Row, world

PAGES = 20
PAGE_SIZE = 3
POSITIONS = 57
CAP = 5
TOO_MANY = 429
BOUND = 1.1


def rows() -> list[Row]:
    """Return the time of a whole command that reads 20 pages, against 5 requests a second."""
    with world("--rate", "terms", "--positions", str(POSITIONS), paced=True) as served:
        served.run("accounts", "--check", "-p", "sim-001")
        served.post("/_sim/page_size", {"api_id": "kt00018", "rows": PAGE_SIZE})
        before = len(served.requests())
        time.sleep(1.2)  # the limit's window is empty again
        began = time.perf_counter()
        done = served.run("positions", "-p", "sim-001", "-o", "json")
        wall = time.perf_counter() - began
        made = served.requests()[before:]
    found = len(json.loads(done.stdout)["data"])
    refused = sum(request["status"] == TOO_MANY for request in made)
    if len(made) - refused != PAGES:
        raise SystemExit(f"{len(made) - refused} pages instead of {PAGES}")
    steady = (PAGES - 1) / CAP  # one request every fifth of a second
    bursts = (PAGES - 1) // CAP  # five at once, every second
    note = f"{found} of {POSITIONS} rows, {refused} refused, {wall:.2f} s"
    return [
        Row("20 pages at 5/s, against the cap's own time", wall / steady, "x", BOUND, 1, note),
        Row("20 pages at 5/s, against bursts each second", wall / bursts, "x", None, 1),
        Row("20 pages at 5/s: rows lost or refusals", POSITIONS - found + refused, "", 0, 1),
    ]
