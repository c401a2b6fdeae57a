"""What all measurements share: rows, commands timed side by side, and a served simulator.

Every figure is a median of runs that take turns, so that a noisy machine is noisy for all of
them alike; a ratio is between medians of the same turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PYTHON = sys.executable
KIWOOMCTL = str(Path(PYTHON).with_name("kiwoomctl"))
BARE = (PYTHON, "-c", "pass")


@dataclass(frozen=True)
class Row:
    """One figure and what it may be at most."""

    name: str
    figure: float
    unit: str
    bound: float | None
    """None for what is only told."""
    n: int
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is within its bound."""
        return self.bound is None or self.figure <= self.bound

    def line(self) -> str:
        """Return it as a line of the table."""
        bound = "" if self.bound is None else f"<= {self.bound:g} {self.unit}"
        verdict = "" if self.bound is None else "ok" if self.holds else "FAILS"
        return (
            f"{self.name:<44} {self.figure:>9.2f} {self.unit:<3} {bound:<14} "
            f"{verdict:<6} n={self.n:<4} {self.note}"
        ).rstrip()


def side_by_side(
    commands: Mapping[str, Sequence[str]],
    rounds: int,
    environs: Mapping[str, Mapping[str, str]],
) -> dict[str, float]:
    """Return the median wall time of each command in seconds, the commands taking turns.

    Args:
        commands: by name.
        rounds: how many turns count.
        environs: variables of a command, by its name.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, words in commands.items():
            env = {**os.environ, **environs.get(name, {})}
            began = time.perf_counter()
            done = subprocess.run(words, env=env, capture_output=True, check=False)
            spent = time.perf_counter() - began
            if done.returncode != 0:
                raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.decode()}")
            if turn:  # the first turn warms caches
                taken[name].append(spent)
    return {name: statistics.median(times) for name, times in taken.items()}


@dataclass(frozen=True)
class World:
    """A served simulator with its profiles, and a state folder of its own."""

    url: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """What the commands need to know."""
        return {
            "KIWOOMCTL_CONFIG": str(self.folder / "profiles.toml"),
            "KIWOOMCTL_STATE_DIR": str(self.folder / "state"),
        }

    def get(self, path: str) -> str:
        """Return what the simulator tells at a path."""
        with urllib.request.urlopen(f"{self.url}{path}") as reply:
            return str(reply.read().decode())

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Tell the simulator's control plane something."""
        data = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}{path}", data)).read()

    def requests(self) -> list[dict[str, Any]]:
        """Return every request the simulator has answered, with its time and status."""
        told: list[dict[str, Any]] = json.loads(self.get("/_sim/state"))["requests"]
        return told

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run kiwoomctl in this world."""
        env = {**os.environ, **self.environ}
        return subprocess.run([KIWOOMCTL, *words], env=env, capture_output=True, check=False)


@contextlib.contextmanager
def world(*options: str, paced: bool = False) -> Iterator[World]:
    """Serve a simulator, write its profiles, and end it by its pid.

    Args:
        options: of ``sim serve``.
        paced: whether the commands keep the rate limit.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = subprocess.Popen(
            [KIWOOMCTL, "sim", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            served = World(json.loads(server.stdout.readline())["url"], folder)
            profiles = served.get("/_sim/profiles")
            if paced:
                profiles = profiles.replace('pace = "off"', 'pace = "on"')
            path = folder / "profiles.toml"
            path.write_text(profiles, "utf-8")
            path.chmod(0o600)
            yield served
        finally:
            server.terminate()
            server.wait()
