"""A ledger of an account that is really there, for tests of what commands say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiwoomctl.domain.clock import KST, Clock, SystemClock
from kiwoomctl.domain.identity import AccountId, ProfileName
from kiwoomctl.domain.orders import State, Terms
from kiwoomctl.ledger import Attempt, Ledger, NewIntent, Outcome
from tests.cli.conftest import Run, Served
from tests.ledger.samples import send, terms

LOST = Outcome(State.UNKNOWN, code="timeout")


def today() -> date:
    return datetime.now(KST).date()


@dataclass
class Book:
    """The ledger of one world, and its accounts in the order of their profiles."""

    folder: Path
    accounts: tuple[AccountId, ...]

    def open(self, clock: Clock | None = None) -> Ledger:
        return Ledger.open(self.folder, clock or SystemClock())

    def write(
        self,
        outcome: Outcome | None,
        wanted: Terms | None = None,
        *,
        of: int = 0,
        clock: Clock | None = None,
        **more: Any,
    ) -> Attempt:
        """Write an order down that was sent; without an outcome it is left SENDING."""
        values: dict[str, Any] = {
            "trading_day": today(),
            "profile": ProfileName(f"sim-{of + 1:03d}"),
        }
        intent = NewIntent(
            account=self.accounts[of], terms=wanted or terms(), value=700_000, **(values | more)
        )
        with self.open(clock) as ledger:
            return send(ledger, intent, outcome)

    def damage(self) -> None:
        (self.folder / "ledger.sqlite3").write_bytes(b"no ledger at all " * 100)


def pinned(run: Run, served: Served, home: Path) -> Book:
    """Let every account be proven, and return where its orders would be written down."""
    assert run("accounts", "--check").code == 0
    parts = urlsplit(served.url)
    numbers = [account["account"] for account in served.state()["accounts"]]
    return Book(
        home / "state" / f"sim-{parts.hostname}-{parts.port}",
        tuple(AccountId("kiwoom", "sim", number) for number in numbers),
    )
