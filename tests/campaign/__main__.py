"""``python -m tests.campaign``: run the rows, tell each, and the table of all at the end."""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from tests.campaign import children, report
from tests.campaign.houses import CHOICES, House
from tests.campaign.report import Run, Scale

ROWS: Final = (
    "failpoints",
    "kills",
    "faults",
    "lateness",
    "processes",
    "machine",
    "disk",
    "signals",
    "canary",
    "replies",
)
QUICK_ROWS: Final = {"kis-mock": ("failpoints", "faults", "lateness", "machine")}
"""Where not all rows are quick: the others pass the same code as at the house's real server."""


def main() -> int:
    """Run what was asked for; 0 where all that ran passed."""
    given = _arguments()
    if not hasattr(os, "fork"):
        sys.stderr.write("the campaign needs a system with fork and signals\n")
        return 2
    scale = Scale(
        given.quick,
        given.seed,
        lanes=given.lanes,
        share=given.share,
        several=given.house == "both",
    )
    sys.stdout.write(f"campaign: seed {scale.seed}{', quick' if scale.quick else ''}\n")
    sys.stdout.flush()
    # Whoever runs in the background ignores ^C, and what it starts would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    children.import_everything()
    modules: dict[str, Any] = {
        name: importlib.import_module(f"tests.campaign.{name}") for name in given.only
    }
    began = time.monotonic()
    runs: list[Run] = []
    planned = [
        (name, module, house)
        for house in CHOICES[given.house]
        for name, module in modules.items()
        if not scale.quick or name in QUICK_ROWS.get(house.name, ROWS)
    ]
    try:
        for name, module, house in planned:
            runs.append(_one(name, module, scale, house))
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
    seconds = time.monotonic() - began
    sys.stdout.write("\n" + report.table(runs, {name: m.TITLE for name, m in modules.items()}))
    sys.stdout.write(f"\n{seconds:.0f} s, seed {scale.seed}\n")
    if given.json is not None:
        report.write_json(given.json, scale, runs, seconds)
    return int(len(runs) < len(planned) or any(run.result == "FAIL" for run in runs))


def _one(name: str, module: Any, scale: Scale, house: House) -> Run:
    run = Run(name, scale, house)
    began = time.monotonic()
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        module.run(run)
    except Exception:  # noqa: BLE001 - a row that breaks is a row that failed
        run.fail("broken", traceback.format_exc())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    run.seconds = time.monotonic() - began
    run.tell()
    return run


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes, for each change")
    parser.add_argument("--house", choices=CHOICES, default="both", help="whose wires (both)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--only", type=_names, default=ROWS, metavar="NAME,..")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--lanes", type=int, default=2, help="processes side by side (2)")
    parser.add_argument("--share", type=float, default=1.0, help="part of the full number of cases")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(ROWS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
