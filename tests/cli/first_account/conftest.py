"""Houses to sign in at, and somebody at a terminal who answers."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.conftest import Served
from tests.cli.starter import Starter, Terminal

KEY = "sim-001-appkey\nsim-001-secretkey\n"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


class Room:
    """A served simulator, its faults put in and taken away."""

    def __init__(self, server: SimulatorServer, home: Path) -> None:
        self.url = server.url
        self.served = Served(server.url, home / "profiles.toml")
        self.accounts = list(server.exchange.accounts.values())
        self._server = server
        self._before = int(self.served.state()["tokens_issued"])

    def account(self, number: int = 1) -> str:
        """Return an account number as a person writes it."""
        whole = self.accounts[number - 1].number
        return f"{whole[:8]}-{whole[8:]}"

    def fault(self, api_id: str, mode: str, code: str | None = None) -> None:
        told = {"api_id": api_id, "mode": mode}
        self.served.control("faults", **(told if code is None else {**told, "code": code}))

    @property
    def issued(self) -> int:
        """How many tokens were issued in this test."""
        return int(self.served.state()["tokens_issued"]) - self._before

    def end(self) -> None:
        self._server.host.faults.clear()


@pytest.fixture(scope="module")
def kiwoom_server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off", accounts=2)) as server:
        yield server


@pytest.fixture(scope="module")
def kis_server() -> Iterator[SimulatorServer]:
    # The mock server's pace would be a request a second.
    with SimulatorServer(ServeOptions(rate="off", accounts=2, broker="kis", env="real")) as server:
        yield server


@pytest.fixture
def kiwoom(kiwoom_server: SimulatorServer, own_home: Path) -> Iterator[Room]:
    room = Room(kiwoom_server, own_home)
    yield room
    room.end()


@pytest.fixture
def kis(kis_server: SimulatorServer, own_home: Path) -> Iterator[Room]:
    room = Room(kis_server, own_home)
    yield room
    room.end()


@pytest.fixture
def config(own_home: Path) -> Path:
    return own_home / "profiles.toml"


class Person:
    """Somebody at a terminal who answers what is asked."""

    def __init__(self, folder: Path, *words: str, columns: int = 120, **env: str) -> None:
        given = {**os.environ, **NO_KEYRING, **env}
        starter = Starter.shared()
        self.heard = ""
        self.terminal = Terminal.start(starter, words, given, folder, columns)

    def answer(self, asked: str, text: str = "") -> None:
        """Wait for a question, type the answer and Enter, and forget what was said before."""
        self.terminal.until(asked)
        before, _asked, self.terminal.said = self.terminal.said.partition(asked)
        self.heard += before + asked
        self.terminal.type(f"{text}\n")

    def end(self) -> tuple[int, str]:
        return self.terminal.end()


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def profiles_of(path: Path) -> dict[str, Any]:
    profiles: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["profiles"]
    return profiles
