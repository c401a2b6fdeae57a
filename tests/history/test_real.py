"""A real account is recorded only where a person has had its number proven."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiwoomctl.brokers.kiwoom import endpoints
from kiwoomctl.context import Options, Session
from kiwoomctl.services.recorded import snapshots
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer

PROFILE = """
[profiles.isa]
broker = "kiwoom"
environment = "real"
secret = { source = "env" }
"""


def test_a_snapshot_proves_no_real_number(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own_home / "profiles.toml"
    path.write_text(PROFILE, "utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("KIWOOMCTL_ISA_APPKEY", "sim-001-appkey")
    monkeypatch.setenv("KIWOOMCTL_ISA_SECRETKEY", "sim-001-secretkey")
    with SimulatorServer(ServeOptions(rate="off", env="real")) as server:
        monkeypatch.setitem(endpoints.HOSTS, "real", server.url)
        session = Session(Options(), os.environ, "snapshot")
        [account] = session.accounts()
        taken = snapshots.take([account], lambda *_: None, session.now)
        assert [error.code for _, error in taken.failed] == ["not_proven"]
        assert account.known_number() is None
        [failure] = account.history().failures([], ["isa"])
        assert (failure.account, failure.code) == (None, "not_proven")
        account.remember_number(account.broker().account_number())
        taken = snapshots.take([account], lambda *_: None, session.now)
        assert [row.profile for row in taken.rows] == ["isa"]
        account.history().close()
        account.close()
