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

Not measured: macOS, Windows, a network file system, the broker's own servers.
"""


def _commit() -> str:
    words = ["git", "-C", str(RESULTS.parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
