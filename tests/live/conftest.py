"""A served simulator, and the accounts of its profiles as a command has them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kiwoomctl.brokers.kis.live.feed import KisLiveFeed
from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed
from kiwoomctl.connection import ConnectedAccount
from kiwoomctl.context import Options, Session
from kiwoomctl.domain.live import LiveEvent
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback

PATIENCE = 20.0
Feed = KiwoomLiveFeed | KisLiveFeed
_Event = TypeVar("_Event")


class Market:
    """A served simulator with its profiles in place."""

    def __init__(self, server: SimulatorServer, config: Path) -> None:
        self.server = server
        self._client = loopback.Client(base_url=server.url)
        config.write_text(self._client.get("/_sim/profiles").text, "utf-8")
        config.chmod(0o600)
        self.feeds: list[Feed] = []
        self.accounts: list[ConnectedAccount] = []

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        reply = self._client.post(f"/_sim/{action}", json=body)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told

    def sockets(self) -> dict[str, Any]:
        told: dict[str, Any] = self._client.get("/_sim/sockets").json()
        return told

    def state(self) -> dict[str, Any]:
        told: dict[str, Any] = self._client.get("/_sim/state").json()
        return told

    def registered(self) -> set[tuple[str, str]]:
        """Return what the open sessions have registered."""
        return {
            (entry["type"], entry["item"])
            for session in self.sockets()["sessions"]
            for entry in session["registrations"]
        }

    def account(self, name: str = "sim-001") -> ConnectedAccount:
        """Return an account as a process of its own would have it."""
        account = Session(Options(profiles=(name,)), dict(os.environ), "test").accounts()[0]
        self.accounts.append(account)
        return account

    def close(self) -> None:
        for feed in self.feeds:
            feed.close()
        for account in self.accounts:
            account.close()
        self._client.close()

    def feed(self, name: str = "sim-001", silence: float | None = None) -> Feed:
        """Open an account's feed, as another process would."""
        return self.feed_of(self.account(name), silence)

    def feed_of(self, account: ConnectedAccount, silence: float | None = None) -> Feed:
        feed = account.live(silence)
        assert isinstance(feed, Feed)
        self.feeds.append(feed)
        return feed

    def kiwoom_feed(self, name: str = "sim-001") -> KiwoomLiveFeed:
        feed = self.feed(name)
        assert isinstance(feed, KiwoomLiveFeed)
        return feed

    def order(self, quantity: int, price: int, **more: Any) -> str:
        """Place an order elsewhere and return its number."""
        usual = {"appkey": "sim-001-appkey", "side": "buy", "symbol": "005930"}
        told = self.control("foreign_order", quantity=quantity, price=price, **{**usual, **more})
        return str(told["ord_no"])


Open = Callable[..., Market]


@pytest.fixture
def open_market(own_home: Path) -> Iterator[Open]:
    """Serve a simulator with these options."""
    with ExitStack() as stack:

        def start(**options: Any) -> Market:
            chosen = {"rate": "off", "accounts": 2, "positions": 2, **options}
            server = stack.enter_context(SimulatorServer(ServeOptions(**chosen)))
            market = Market(server, own_home / "profiles.toml")
            stack.callback(market.close)
            return market

        yield start


def next_of(feed: Feed, kind: type[_Event]) -> _Event:
    """Return the next event of a kind; others are passed over."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        event: LiveEvent | None = feed.next(0.5)
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__} came")


def ends_with(feed: Feed) -> KiwoomctlError:
    """Return what ends a feed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            feed.next(0.5)
        except KiwoomctlError as error:
            return error
    raise AssertionError("it did not end")
