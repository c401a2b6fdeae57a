"""The reports of ``watch``: its positions, accounts and open orders as tables and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.orders import whole_number
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import PositionTotals
    from kiwoomctl.services.live.watching import AccountRow, OrderRow, WatchRow
    from kiwoomctl.services.portfolio import Block, Overview, SummaryTotals


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


def _position(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"position.{key}"), **more)


POSITIONS = (
    _field("profile", "Account"),
    _field("owner", "Owner", in_table=False),
    _field("environment", "Environment", in_table=False),
    _position("symbol", "Code", rank=50),
    _position("name", "Name"),
    _position("quantity", "Quantity", kind="number"),
    _position("price", "Price", kind="number", rank=30),
    _field("change_rate", "Change", kind="rate", rank=40),
    _position("cost", "Cost", kind="number", in_table=False),
    _position("market_value", "Market value", kind="number"),
    _position("unrealized_pnl", "P&L", kind="signed", rank=1),
    _position("unrealized_pnl_rate", "Return", kind="rate"),
    _field("weight", "Weight", kind="percent", rank=60),
    _field("priced_at", "Priced at", kind="moment", in_table=False),
    _field("stale", "Stale", in_table=False),
    _position("pnl_basis", "Basis", in_table=False),
    _position("currency", "Currency", in_table=False),
)

STALE_MARK = "*"
SCREEN_POSITIONS = (
    Column("profile", "Account", lambda row: row.profile + (STALE_MARK if row.stale else "")),
    *POSITIONS[1:],
)
"""As on the screen: a star after the name says that nothing keeps the figures up to date."""

ACCOUNTS = (
    _field("profile", "Account"),
    _field("deposit_d2", "Deposit D+2", kind="number", rank=20),
    _field("market_value", "Market value", kind="number"),
    _field("unrealized_pnl", "P&L", kind="signed", rank=10),
    _field("unrealized_pnl_rate", "Return", kind="rate"),
    _field("positions", "Positions", kind="number", rank=40),
    _field("status", "Status", kind="word"),
    Column("since", "Since", lambda row: row.since and f"{row.since:%H:%M:%S}", kind="id", rank=30),
    _field("pnl_basis", "Basis", in_table=False),
)

ORDERS = (
    _field("profile", "Account"),
    Column("number", "Order", lambda row: whole_number(row.order.number), kind="id", rank=10),
    _field("order.symbol", "Code", rank=50),
    _field("order.name", "Name"),
    _field("order.side", "Side", kind="word"),
    _field("order.price", "Limit", kind="number"),
    _field("order.quantity", "Qty", kind="number"),
    _field("order.filled_quantity", "Filled", kind="number", rank=20),
    _field("order.remaining_quantity", "Open", kind="number"),
)


def positions(overview: Overview[WatchRow, PositionTotals], as_of: datetime) -> Report:
    """Return the holdings of the watched accounts; the errors of those that were never read."""
    sections = tuple(
        Section(
            block.environment,
            block.rows,
            None if block.totals is None else _figures(block.totals),
            block.accounts,
            block.missing,
            {profile: _figures(sums) for profile, sums in block.subtotals},
        )
        for block in overview.blocks
    )
    return Report(
        name="watch",
        title="Positions",
        columns=POSITIONS,
        sections=sections,
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in overview.failed),
        group="profile",
        environments=tuple(block.environment for block in overview.blocks),
        succeeded=len(overview.chosen) - len(overview.failed),
        empty="no positions",
        has_totals=True,
    )


def accounts(block: Block[AccountRow, SummaryTotals], as_of: datetime) -> Report:
    """Return a line for each account of one environment."""
    totals = None if block.totals is None else _figures(block.totals)
    section = Section(block.environment, block.rows, totals, block.accounts, block.missing)
    return _screen_report("Accounts", ACCOUNTS, section, as_of)


def orders(rows: Sequence[OrderRow], as_of: datetime) -> Report:
    """Return the open orders of all accounts."""
    return _screen_report("Open orders", ORDERS, Section(None, rows), as_of)


def _screen_report(
    title: str, columns: tuple[Column, ...], section: Section, as_of: datetime
) -> Report:
    return Report(name="watch", title=title, columns=columns, sections=(section,), as_of=as_of)


def _figures(totals: Any) -> dict[str, Any]:
    figures: dict[str, Any] = totals._asdict()
    figures.pop("currency", None)
    return figures
