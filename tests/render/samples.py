"""Answers of accounts, as the services give them, for the tests of how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.connection import ConnectedAccount
from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.identity import ProfileName, Symbol
from kiwoomctl.domain.portfolio import Cash, Environment, Position, position_totals, total
from kiwoomctl.errors import KiwoomctlError, Unavailable
from kiwoomctl.render import reports
from kiwoomctl.render.out import Look, Output
from kiwoomctl.render.report import Report
from kiwoomctl.services.portfolio import Block, CashRow, Overview, PositionRow

AS_OF = datetime(2026, 11, 20, 10, 0, 30, 999, tzinfo=KST)
DOWN = Unavailable(
    "cannot connect to {host}", hint="check the network", code="connect", host="http://x"
)
Failures = tuple[tuple[ConnectedAccount, KiwoomctlError], ...]


def account(name: str, environment: Environment = "mock") -> ConnectedAccount:
    profile = Profile(ProfileName.parse(name), "kiwoom", environment, SecretSource("env"))
    return ConnectedAccount(
        profile,
        state=Path("never-used"),
        environ={},
        clock=SystemClock(),
        timeout=1,
        observer=Output(Look(), {}),
        simulator=_no_folder,
        ledger=_no_folder,
        history=_no_folder,
    )


def _no_folder(folder: Path) -> Any:
    raise AssertionError(folder)


def position(**changes: Any) -> Position:
    base = Position(
        symbol=Symbol("005930"),
        name="삼성전자",
        quantity=1_234,
        sellable_quantity=1_000,
        average_price=Decimal(70_000),
        price=Decimal(72_500),
        cost=Decimal(86_380_000),
        market_value=Decimal(89_465_000),
        unrealized_pnl=Decimal(2_998_765),
        unrealized_pnl_rate=Decimal("3.47"),
        credit_type="00",
    )
    return base._replace(**changes)


KODEX = position(
    symbol=Symbol("0001A0"),
    name="KODEX 미국나스닥100데일리커버드콜OTM",
    quantity=50,
    sellable_quantity=None,
    unrealized_pnl=Decimal(-1_234_567),
    unrealized_pnl_rate=Decimal("-12.50"),
)


def positions(
    *held: tuple[str, Environment, Sequence[Position]],
    failures: Failures = (),
    by_symbol: bool = False,
) -> Report:
    """Return the report over accounts (name, environment, positions), one block each."""
    blocks = []
    for environment in dict.fromkeys(environment for _, environment, _ in held):
        group = [(name, rows) for name, env, rows in held if env == environment]
        blocks.append(
            Block(
                environment,
                tuple(
                    PositionRow((name,), "김영희", environment, row, Decimal("50.00"))
                    for name, rows in group
                    for row in rows
                ),
                position_totals([row for _, rows in group for row in rows]),
                accounts=len(group),
                missing=sum(1 for a, _ in failures if a.environment == environment),
                subtotals=tuple((name, position_totals(rows)) for name, rows in group),
            )
        )
    chosen = (*(account(name, env) for name, env, _ in held), *(a for a, _ in failures))
    return reports.positions(Overview(tuple(blocks), chosen, failures), AS_OF, by_symbol=by_symbol)


def cash(*held: tuple[str, Environment, Cash], failures: Failures = ()) -> Report:
    """Return the report over accounts (name, environment, cash), one block for each."""
    blocks = []
    for environment in dict.fromkeys(environment for _, environment, _ in held):
        rows = tuple(CashRow(n, None, environment, c) for n, e, c in held if e == environment)
        sums = Cash(
            total(row.cash.deposit for row in rows),
            total(row.cash.deposit_d1 for row in rows),
            total(row.cash.deposit_d2 for row in rows),
            total(row.cash.orderable for row in rows),
            total(row.cash.withdrawable for row in rows),
        )
        missing = sum(1 for a, _ in failures if a.environment == environment)
        blocks.append(Block(environment, rows, sums, len(rows), missing))
    chosen = (*(account(name, env) for name, env, _ in held), *(a for a, _ in failures))
    return reports.cash(Overview(tuple(blocks), chosen, failures), AS_OF)


def money(
    deposit: int | None, d1: int | None, d2: int | None, orderable: int | None, out: int | None
) -> Cash:
    def won(amount: int | None) -> Decimal | None:
        return None if amount is None else Decimal(amount)

    return Cash(won(deposit), won(d1), won(d2), won(orderable), won(out))
