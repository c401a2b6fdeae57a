"""What every test gets: no real home, no real state, no network but loopback."""

from __future__ import annotations

import gc
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("kiwoomctl", deadline=None, print_blob=True)
settings.load_profile("kiwoomctl")

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def pytest_configure() -> None:
    """Let signals end commands also where the tests run in the background, or by nohup."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN:
        signal.signal(hangup, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what lives to the end: every test and every module."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point home, config and state into a folder of this test."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for variable in (
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "FORCE_COLOR",
        "NO_COLOR",
        "COLUMNS",
        "LINES",
    ):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(variable, "C.UTF-8")
    monkeypatch.setenv("KIWOOMCTL_CONFIG", str(home / "profiles.toml"))
    monkeypatch.setenv("KIWOOMCTL_STATE_DIR", str(home / "state"))
    return home


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test of this process reach another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            msg = f"a test tried to reach {address[0]}"
            raise AssertionError(msg)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
