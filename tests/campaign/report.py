"""What a row of the campaign found: counted while it runs, told while it runs and at the end."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.campaign.houses import KIWOOM, House

Case = TypeVar("Case")
PROGRESS_SECONDS = 10.0
MOST_FAILURES_TOLD = 20
MOST_ALIKE = 5
LONGEST_FAILURE = 1_500


@dataclass(frozen=True)
class Scale:
    """How much is tried."""

    quick: bool
    seed: int
    lanes: int = 2
    """Processes that work side by side."""
    share: float = 1.0
    """Which part of the full number of cases is tried."""
    several: bool = False
    """Whether several houses are tried: then some of the quick cases are left to the first."""


@dataclass
class Run:
    """One row while it runs."""

    name: str
    scale: Scale
    house: House = KIWOOM
    """Over whose wire it runs."""
    cases: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    failed: int = 0
    reasons: list[str] = field(default_factory=list)
    """Why a part, or all, was not run."""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    total: int | None = None
    told: bool = True
    """Whether its progress is told."""
    began: float = field(default_factory=time.monotonic)
    _told_at: float = field(default_factory=time.monotonic)

    @property
    def quick(self) -> bool:
        return self.scale.quick

    @property
    def label(self) -> str:
        """What tells it from the other rows."""
        return f"{self.name} {self.house.name}"

    @property
    def seed(self) -> str:
        return f"{self.scale.seed}:{self.name}:{self.house.name}"

    @property
    def part(self) -> float:
        """Which part of the quick cases is tried over this house."""
        return self.house.part if self.quick and self.scale.several else 1.0

    def of(self, *, quick: int, full: int) -> int:
        """Return how many cases are tried."""
        wanted = quick * self.part if self.quick else full * self.scale.share
        return max(1, round(wanted))

    def some(self, cases: Sequence[Case]) -> list[Case]:
        """Return the cases that are tried over this house, in their order."""
        wanted = max(1, round(len(cases) * self.part))
        chosen = set(self.chance("some", len(cases)).sample(range(len(cases)), wanted))
        return [case for n, case in enumerate(cases) if n in chosen]

    def chance(self, *parts: object) -> random.Random:
        """Return chances that depend on nothing but the seed, the row and these parts."""
        return random.Random(":".join([self.seed, *map(str, parts)]))  # noqa: S311 - no secrets

    def watch(self, *counters: str) -> None:
        """Name the counters in the order in which they are told; they begin at 0."""
        for counter in counters:
            self.counters.setdefault(counter, 0)

    def count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] = self.counters.get(counter, 0) + by

    def case(self, by: int = 1) -> None:
        self.cases += by
        now = time.monotonic()
        if self.told and now - self._told_at > PROGRESS_SECONDS:
            self._told_at = now
            sys.stderr.write(self._progress(now))
            sys.stderr.flush()

    def _progress(self, now: float) -> str:
        rate = self.cases / max(now - self.began, 0.001)
        of, left = "", ""
        if self.total is not None:
            of = f" of {self.total:,}"
            left = f", {max(0, self.total - self.cases) / max(rate, 0.001):,.0f} s left"
        told = f"  {self.label}: {self.cases:,}{of} cases, {rate:.1f} a second{left}"
        return f"{told}, {self.failed} failures\n"

    def fail(self, counter: str, what: str) -> None:
        """Count something that must not be, and remember what it was."""
        self.count(counter)
        self.failed += 1
        self._remember(f"{counter}: {what[:LONGEST_FAILURE]}")

    def _remember(self, failure: str) -> None:
        head = failure.partition(":")[0]
        alike = sum(known.startswith(f"{head}:") for known in self.failures)
        if len(self.failures) < MOST_FAILURES_TOLD and alike < MOST_ALIKE:
            self.failures.append(failure)

    def check(self, good: object, counter: str, what: str) -> bool:
        if not good:
            self.fail(counter, what)
        return bool(good)

    def skip(self, reason: str) -> None:
        """Say that a part could not be tried here."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def take(self, part: dict[str, Any]) -> None:
        """Add what another process found."""
        for counter, number in part["counters"].items():
            self.count(counter, number)
        self.failed += part["failed"]
        for failure in part["failures"]:
            self._remember(failure)
        for reason in part["reasons"]:
            self.skip(reason)
        self.notes += [note for note in part["notes"] if note not in self.notes]
        self.case(part["cases"])

    def give(self) -> dict[str, Any]:
        """Return what was found since the last time, and begin again."""
        part = {
            "counters": dict(self.counters),
            "failures": list(self.failures),
            "failed": self.failed,
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "cases": self.cases,
        }
        self.counters = dict.fromkeys(self.counters, 0)
        self.failures, self.reasons, self.notes = [], [], []
        self.failed = self.cases = 0
        return part

    @property
    def result(self) -> str:
        if self.failed:
            return "FAIL"
        return "PASS" if self.cases else "NOT RUN"

    @property
    def figures(self) -> str:
        told = [f"{name} {number:,}" for name, number in self.counters.items()]
        return ", ".join([*told, *self.notes])

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "house": self.house.name,
            "seed": self.seed,
            "cases": self.cases,
            "counters": self.counters,
            "notes": self.notes,
            "seconds": round(self.seconds, 1),
            "result": self.result,
            "not_run": self.reasons,
            "failed": self.failed,
            "failures": self.failures,
        }

    def tell(self) -> None:
        head = f"{self.label}: {self.result}  seed {self.seed}  {self.cases:,} cases"
        lines = [
            f"{head}  {self.figures}  {self.seconds:.1f} s",
            *(f"    not run: {reason}" for reason in self.reasons),
            *(f"    {failure}" for failure in self.failures),
        ]
        if self.failed > len(self.failures):
            lines.append(f"    .. and {self.failed - len(self.failures)} more")
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def table(runs: Iterable[Run], titles: dict[str, str]) -> str:
    """Return the summary: the same text for the same findings, to be copied into a topic."""
    rows = [("test", "house", "cases", "figures", "result")]
    for run in runs:
        result = run.result
        if run.reasons and run.cases:
            result += f"; not run: {'; '.join(run.reasons)}"
        elif run.reasons:
            result = f"NOT RUN: {'; '.join(run.reasons)}"
        rows.append((titles[run.name], run.house.name, f"{run.cases:,}", run.figures, result))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, tuple("-" * width for width in (*widths, len("result"))))  # type: ignore[arg-type]  # five again
    lines = []
    for row in rows:
        cells = [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_json(path: Path, scale: Scale, runs: Sequence[Run], seconds: float) -> None:
    document = {
        "schema": "kiwoomctl.campaign/1",
        "quick": scale.quick,
        "seed": scale.seed,
        "seconds": round(seconds, 1),
        "passed": all(run.result != "FAIL" for run in runs),
        "rows": [run.document() for run in runs],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
