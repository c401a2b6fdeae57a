"""What ``report`` says of the page it wrote, for machines: a row per environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiwoomctl.render.report import Column, Report, Section, Value
from kiwoomctl.render.reports import ENVIRONMENT

if TYPE_CHECKING:
    from kiwoomctl.services.report import AccountReport, WorldReport


def _sum(key: str) -> Callable[[WorldReport], Value]:
    get = attrgetter(f"totals.{key}")
    return lambda world: None if world.totals is None else get(world)


def _open(world: WorldReport) -> int | None:
    orders = world.orders
    return None if orders.open is None or orders.unread else len(orders.open)


def _columns(path: Path | None) -> tuple[Column, ...]:
    return (
        Column("path", "File", lambda _: None if path is None else str(path)),
        ENVIRONMENT,
        Column("accounts", "Accounts", lambda world: len(world.states), kind="number"),
        Column(
            "missing", "Missing", lambda world: [str(one.account.name) for one in world.missing]
        ),
        Column("deposit_d2", "Deposit D+2", _sum("deposit_d2"), kind="number"),
        Column("market_value", "Market value", _sum("market_value"), kind="number"),
        Column("total_assets", "Total assets", _sum("total_assets"), kind="number"),
        Column("unrealized_pnl", "P&L", _sum("unrealized_pnl"), kind="signed"),
        Column("recorded_days", "Recorded days", lambda w: len(w.days.series), kind="number"),
        Column("open_orders", "Open orders", _open, kind="number"),
        Column("unknown_orders", "Unknown", lambda w: len(w.orders.unknown), kind="number"),
    )


COLUMNS: Final = _columns(None)


def report(found: AccountReport, path: Path | None, as_of: datetime) -> Report:
    """Return what was written where.

    Args:
        found: what the page tells.
        path: its file; None where it goes to stdout.
        as_of: when it was made.
    """
    return Report(
        name="report",
        title="Account report",
        columns=_columns(path),
        sections=tuple(Section(world.environment, [world]) for world in found.worlds),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in found.failures),
        environments=tuple(world.environment for world in found.worlds),
        succeeded=found.found,
    )
