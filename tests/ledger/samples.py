"""What the ledger's tests share: a clock, terms, and a program that places orders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import kiwoomctl
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, ProfileName, Symbol
from kiwoomctl.domain.orders import Action, OrderType, State, Terms
from kiwoomctl.ledger import Attempt, Ledger, NewIntent, Outcome, Prepared, Snapshot, Verdicts

ROOT = Path(kiwoomctl.__file__).parent.parent
DAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
ACCOUNT = AccountId("kiwoom", "sim", "8012345611")
OTHER = AccountId("kiwoom", "sim", "8012345622")
SAMSUNG = Symbol("005930")
HYNIX = Symbol("000660")


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def terms(action: Action = "buy", symbol: Symbol = SAMSUNG, **changes: Any) -> Terms:
    target = "77" if action in {"modify", "cancel"} else None
    values: dict[str, Any] = {
        "action": action,
        "symbol": symbol,
        "side": "sell" if action == "sell" else "buy",
        "type": OrderType.LIMIT,
        "quantity": 10,
        "price": None if action == "cancel" else Decimal(70000),
        "stop_price": None,
        "exchange": "KRX",
        "target": target,
    }
    return Terms(**(values | changes))


def wish(
    wanted: Terms | None = None,
    account: AccountId = ACCOUNT,
    client_id: str | None = None,
    day: date = DAY,
    value: int = 700_000,
) -> NewIntent:
    return NewIntent(
        account=account,
        terms=wanted or terms(),
        trading_day=day,
        profile=ProfileName("general"),
        value=value,
        client_id=client_id,
        request={"stk_cd": "005930", "ord_qty": "10"},
    )


def no_checks(_: Snapshot) -> Verdicts:
    return []


def prepare(ledger: Ledger, new: NewIntent, before: Collection[str] = ()) -> Prepared:
    with ledger.account_lock(new.account):
        return ledger.prepare(new, before, no_checks)


def send(
    ledger: Ledger, new: NewIntent, outcome: Outcome | None, before: Collection[str] = ()
) -> Attempt:
    """Go the whole way; without an outcome stop at SENDING."""
    with ledger.account_lock(new.account):
        attempt = ledger.prepare(new, before, no_checks).attempt
        attempt = ledger.start_sending(attempt.id)
        return attempt if outcome is None else ledger.record_outcome(attempt.id, outcome)


def accepted(number: str) -> Outcome:
    return Outcome(State.ACCEPTED, number=number)


def snapshot_of(ledger: Ledger, new: NewIntent) -> Snapshot:
    """Return what the checks would see, writing nothing."""
    seen: list[Snapshot] = []

    class Enough(Exception):
        pass

    def look(snapshot: Snapshot) -> Verdicts:
        seen.append(snapshot)
        raise Enough

    with ledger.account_lock(new.account):
        try:
            ledger.prepare(new, (), look)
        except Enough:
            return seen[0]
    raise AssertionError("the checks were not asked")


def program(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start a Python program that can import the package and these samples."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


def finish(running: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=seconds)
    return running.returncode, out, err


def states(attempts: Sequence[Attempt]) -> list[State]:
    return [attempt.state for attempt in attempts]
