"""Twenty pages of one list under the limit of 5 a second, against the limit's own time."""

from __future__ import annotations

import json
import time

from bench.measure import Row, world

PAGES = 20
CAP = 5
BOUND = 1.1


def rows() -> list[Row]:
    """Return the time of a whole command that reads 20 pages, against 5 requests a second."""
    with world("--rate", "terms", "--positions", "60", paced=True) as served:
        served.run("accounts", "--check", "-p", "sim-001")
        _page_size(served.url, 3)
        time.sleep(1.2)  # the limit's window is empty again
        began = time.perf_counter()
        done = served.run("positions", "-p", "sim-001", "-o", "json")
        wall = time.perf_counter() - began
        found = len(json.loads(done.stdout)["data"])
        refused = sum(
            request["status"] == 429
            for request in json.loads(served.get("/_sim/state"))["requests"]
        )
    ideal = (PAGES - 1) / CAP  # one request every fifth of a second
    note = f"{found} of 60 rows, {refused} refused, {wall:.2f} s"
    lost = Row("20 pages at 5/s: rows lost or refusals", 60 - found + refused, "", 0, 1)
    return [
        Row("20 pages at 5/s, against the cap's own time", wall / ideal, "x", BOUND, 1, note),
        lost,
    ]


def _page_size(url: str, size: int) -> None:
    import urllib.request

    body = json.dumps({"api_id": "kt00018", "rows": size}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{url}/_sim/page_size", body)).read()
