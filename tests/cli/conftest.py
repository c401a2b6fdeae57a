"""Run the real command in a process of its own, piped or on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback

PATIENCE = 60


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run kiwoomctl with these words, its output piped, in a process that need not start anew."""
    from tests.cli.starter import Starter

    def run_piped(*words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
        typed = tmp_path / "stdin"
        typed.write_text(stdin, "utf-8")
        given = {**os.environ, **(env or {})}
        starter = Starter.shared()
        return starter.start(words, given, tmp_path, stdin=typed, cwd=Path.cwd()).end()

    return run_piped


@pytest.fixture
def run_afresh() -> Run:
    """Run kiwoomctl with these words, its output piped, in a Python of its own."""

    def run_piped(*words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "kiwoomctl", *words],
            input=stdin.encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, **(env or {})},
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_piped


@pytest.fixture
def run_on_terminal(tmp_path: Path) -> Run:
    """Run kiwoomctl on a terminal of a given width; stdout and stderr come together."""
    from tests.cli.starter import Starter, Terminal

    def run_terminal(*words: str, columns: int = 80, env: Mapping[str, str] | None = None) -> Ran:
        given = {**os.environ, **(env or {})}
        return Ran(*Terminal.start(Starter.shared(), words, given, tmp_path, columns).end(), "")

    return run_terminal


@dataclass
class Served:
    """A simulator on loopback, its profiles in place."""

    url: str
    config: Path

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = loopback.get(f"{self.url}/_sim/state").json()
        return state

    def control(self, action: str, **body: Any) -> None:
        reply = loopback.post(f"{self.url}/_sim/{action}", json=body)
        reply.raise_for_status()

    def use(self, *more: str) -> None:
        """Write the served profiles, and more TOML, into profiles.toml."""
        text = loopback.get(f"{self.url}/_sim/profiles").text
        self.config.write_text("\n".join([*more, text]), "utf-8")
        self.config.chmod(0o600)


Serve = Callable[..., Served]


@pytest.fixture
def serve(own_home: Path) -> Iterator[Serve]:
    """Serve a simulator with these options and put its profiles into place."""
    with ExitStack() as stack:

        def start(**options: Any) -> Served:
            chosen = {"rate": "off", **options}
            server = stack.enter_context(SimulatorServer(ServeOptions(**chosen)))
            served = Served(server.url, own_home / "profiles.toml")
            served.use()
            return served

        yield start
