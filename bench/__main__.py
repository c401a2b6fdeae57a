"""Measure everything and print a row for each figure; ``--write`` also writes RESULTS.md.

Run as ``python -m bench [NAME..] [--write]``. The exit code is 1 where a bound does not hold.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

from bench.measure import Row

NAMES = (
    "starts",
    "accounts",
    "paging",
    "processes",
    "rendering",
    "memory",
    "ledger_size",
    "order_overhead",
    "watching",
    "history",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(words: list[str]) -> int:
    """Measure what is named, or all."""
    names = [word for word in words if not word.startswith("-")] or list(NAMES)
    found: list[Row] = []
    for name in names:
        for row in importlib.import_module(f"bench.{name}").rows():
            found.append(row)
            print(row.line(), flush=True)
    if "--write" in words:
        RESULTS.write_text(_document(found), "utf-8")
    return 0 if all(row.holds for row in found) else 1


def _document(found: list[Row]) -> str:
    lines = "\n".join(f"    {row.line()}" for row in found)
    return f"""# Measured

Command: `make bench`. Commit: {_commit()}. Machine: {os.cpu_count()} cores, {platform.system()}
{platform.release()}, Python {platform.python_version()}, byte-compiled. Ratios are between medians
of runs that took turns in one session; `x` against `python -c pass` of the same environment
where nothing else is named. A bound that is missing means: only told, for the curve.

{lines}

What grows, and why:

- Accounts: one connection and one request each, 64 at a time. 200 accounts take four rounds of
  the server's 100 ms and about 2 ms of this machine's time each (HTTP, parsing): linear.
- Rows of a table or of JSON: linear.
- Processes on one key: the broker's limit of 5 requests a second is what all of them wait for.
  Twenty pages are five at once and then five in each 1.08 s, so against the ideal of five in each
  full second they take an eighth longer, the command's start included.
- Ledger: its newest rows are read from an index, however many there are.
- An order: the lists of its day are read before and after it, so it costs more on a day of many
  orders; see the row's note for the day that was measured.

Not measured: macOS, Windows, a network file system, the broker's own servers.
"""


def _commit() -> str:
    words = ["git", "-C", str(RESULTS.parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
