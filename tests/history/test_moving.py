"""A snapshot is of one moment, although shares are traded while it is read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.brokers.port import Call
from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.connection import ConnectedAccount
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.history import History
from kiwoomctl.services.recorded import snapshots
from kiwoomctl.services.recorded.fills import RecordedFills
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback

KEY = "sim-001-appkey"


class Trader:
    """Buys shares right after the positions were read, so many times."""

    def __init__(self, url: str, times: int) -> None:
        self.url = url
        self.left = times

    def called(self, profile: str, call: Call) -> None:  # noqa: ARG002 - the port's form
        if call.api_id == "kt00018" and self.left:
            self.left -= 1
            order = {"side": "buy", "symbol": "005930", "quantity": 1, "price": 0}
            body = {**order, "appkey": KEY, "type": "market", "exchange": "KRX"}
            url = f"{self.url}/_sim/foreign_order"
            loopback.post(url, json=body).raise_for_status()

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take no note."""


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off")) as served:
        yield served


@contextlib.contextmanager
def account_of(server: SimulatorServer, folder: Path, times: int) -> Iterator[ConnectedAccount]:
    clock = SystemClock()
    secret = SecretSource("inline", appkey=KEY, secretkey="sim-001-secretkey")
    with History.open(folder / "world", clock) as history:
        account = ConnectedAccount(
            Profile(ProfileName("isa"), "kiwoom", "sim", secret, url=server.url, paced=False),
            state=folder / "world",
            environ=os.environ,
            clock=clock,
            timeout=10,
            observer=Trader(server.url, times),
            simulator=_none,
            ledger=_none,
            history=lambda _world: history,
        )
        yield account
        account.close()


def _none(world: Path) -> Any:
    raise AssertionError(world)


def test_what_was_filled_meanwhile_is_read_again(server: SimulatorServer, tmp_path: Path) -> None:
    with account_of(server, tmp_path, times=2) as account:
        taken = snapshots.take([account], lambda *_: None, SystemClock().now)
        assert taken.failed == ()
        history, owner = account.history(), account.recorded_id()
        [found] = history.last_of_days([owner])
        held = {str(one.symbol): one.quantity for one in history.positions(found)}
        fills = RecordedFills(account, owner, found.day, found.day, lambda _: None).of(found.day)
    lots = server.host.exchange.accounts[KEY].lots
    assert held["005930"] == sum(lot.quantity for lot in lots if lot.symbol == "005930")
    assert sum(fill.quantity for fill in fills) == 2


def test_an_account_that_never_rests_is_a_failure(server: SimulatorServer, tmp_path: Path) -> None:
    with account_of(server, tmp_path, times=99) as account:
        taken = snapshots.take([account], lambda *_: None, SystemClock().now)
        assert [error.code for _, error in taken.failed] == ["moving"]
        assert account.history().last_of_days([account.recorded_id()]) == ()
