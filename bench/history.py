"""A year of recorded days of 20 accounts with 30 positions each: what reading it takes.

The days are those of the simulator, its clock moved from one trading day to the next; what is
read back must be the simulator's own figures, to the won.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from bench.measure import KIWOOMCTL, Row, side_by_side
from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.portfolio import Cash, Holdings, Position
from kiwoomctl.domain.sessions import add_trading_days
from kiwoomctl.history import History, NewSnapshot, TradedDay
from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.clock import SimulatedClock
from kiwoomctl.simulator.exchange import AccountState, Exchange, Seed, account_state

ACCOUNTS, POSITIONS, DAYS = 20, 30, 250
ROUNDS = 5
BOUND = 2.0
FIRST = date(2026, 1, 5)
_CLOSE = time(15, 40)


def rows() -> list[Row]:
    """Return how long the reports over a year take, the year compared first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = make_year(folder)
        environ = environment(folder)
        page = folder / "report.html"
        compare(environ, truth, page)
        commands = {
            f"history {' '.join(words)}".strip(): (KIWOOMCTL, "history", *words)
            for words in ((), ("--by", "account"), ("--by", "symbol"), ("-o", "json"))
        }
        commands["report --offline"] = (KIWOOMCTL, "report", "--offline", "--out", str(page))
        taken = side_by_side(commands, ROUNDS, dict.fromkeys(commands, environ))
        size = (folder / "state" / "sim-in-process" / "history.sqlite3").stat().st_size
    note = f"{ACCOUNTS} accounts x {POSITIONS} positions x {DAYS} days, {size / 1e6:.0f} MB"
    return [Row(f"{name}, a year", taken[name], "s", BOUND, ROUNDS, note) for name in taken]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables with which commands find the year."""
    return {
        "KIWOOMCTL_CONFIG": str(folder / "profiles.toml"),
        "KIWOOMCTL_STATE_DIR": str(folder / "state"),
        "KIWOOMCTL_LANG": "en",
    }


def make_year(
    folder: Path, *, accounts: int = ACCOUNTS, positions: int = POSITIONS, days: int = DAYS
) -> dict[str, int]:
    """Record so many days of a simulator; return the sum of its total assets by day.

    Args:
        folder: gets profiles.toml and the state folder.
        accounts: how many.
        positions: of each.
        days: trading days.
    """
    moment = datetime.combine(FIRST, _CLOSE, KST)
    clock = SimulatedClock(moment.isoformat(), SystemClock())
    exchange = Exchange(Seed(accounts, positions, 1, "real", moving_prices=False), clock)
    world = folder / "state" / "sim-in-process"
    world.mkdir(parents=True, mode=0o700)
    truth: dict[str, int] = {}
    with History.open(world, SystemClock()) as history:
        # Making the year needs no flushing.
        history._db.rows("PRAGMA synchronous = OFF")  # noqa: SLF001
        for number in range(days):
            day = add_trading_days(FIRST, number)
            exchange.set_clock(datetime.combine(day, _CLOSE, KST))
            states = [account_state(exchange, one) for one in exchange.accounts.values()]
            truth[day.isoformat()] = sum(state.total_assets for state in states)
            for place, state in enumerate(states, 1):
                history.record(_snapshot(f"sim-{place:03d}", state, day))
    _write_profiles(folder, exchange)
    return truth


def compare(environ: Mapping[str, str], truth: Mapping[str, int], page: Path) -> None:
    """Raise where a day that is read back is not the simulator's own."""
    words = [KIWOOMCTL, "history", "-o", "json"]
    done = subprocess.run(words, env={**os.environ, **environ}, capture_output=True, check=True)
    document = json.loads(done.stdout)
    assert {row["date"]: row["total_assets"] for row in document["data"]} == truth
    totals = document["totals"]
    first, *_, last = truth.values()
    assert abs(totals["time_weighted"] - (last / first - 1) * 100) < 0.0001
    assert abs(totals["money_weighted"] - totals["time_weighted"]) < 0.0001
    words = [KIWOOMCTL, "report", "--offline", "--out", str(page), "-o", "json"]
    done = subprocess.run(words, env={**os.environ, **environ}, capture_output=True, check=True)
    [row] = json.loads(done.stdout)["data"]
    assert (row["total_assets"], row["recorded_days"]) == (last, len(truth))


def _write_profiles(folder: Path, exchange: Exchange) -> None:
    lines = []
    for place, account in enumerate(exchange.accounts.values(), 1):
        lines += [
            f"[profiles.sim-{place:03d}]",
            'broker = "kiwoom"',
            'environment = "sim"',
            f'owner = "{account.owner}"',
            f'account = "{account.number}"',
            f'secret = {{ source = "inline", {_keys(account)} }}',
        ]
    path = folder / "profiles.toml"
    path.write_text("\n".join(lines), "utf-8")
    path.chmod(0o600)


def _keys(account: Account) -> str:
    return f'appkey = "{account.appkey}", secretkey = "{account.secretkey}"'


def _snapshot(profile: str, state: AccountState, day: date) -> NewSnapshot:
    cash = state.cash
    return NewSnapshot(
        account=AccountId("kiwoom", "sim", state.account.number),
        profile=profile,
        owner=state.account.owner,
        day=day,
        as_of=datetime.combine(day, _CLOSE, KST),
        cash=Cash(
            Decimal(cash.deposit),
            Decimal(cash.deposit_d1),
            Decimal(cash.deposit_d2),
            Decimal(cash.orderable),
            Decimal(cash.withdrawable),
        ),
        holdings=Holdings(
            tuple(
                Position(
                    symbol=Symbol(held.symbol),
                    name=held.name,
                    quantity=held.quantity,
                    sellable_quantity=held.sellable_quantity,
                    average_price=Decimal(held.average_price),
                    price=Decimal(held.price),
                    cost=Decimal(held.cost),
                    market_value=Decimal(held.market_value),
                    unrealized_pnl=Decimal(held.pnl),
                    unrealized_pnl_rate=held.pnl_rate,
                    credit_type=held.credit_type,
                    loan_date=None if held.loan_date is None else held.loan_date.isoformat(),
                )
                for held in state.holdings
            ),
            Decimal(state.total_assets),
        ),
        traded=(TradedDay(day, (), Decimal(0)),),
    )
