"""The reports of the read commands: which fields they have, and how services' results fill them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.identity import mask_account
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import Cash, PositionTotals
    from kiwoomctl.errors import KiwoomctlError
    from kiwoomctl.services.accounts import Account
    from kiwoomctl.services.portfolio import (
        CashRow,
        Overview,
        PositionRow,
        SummaryRow,
        SummaryTotals,
    )
    from kiwoomctl.services.registry import RegistryRow

PROFILE = Column("profile", "Account", lambda row: row.profile)
OWNER = Column("owner", "Owner", lambda row: row.owner, rank=90)
ENVIRONMENT = Column("environment", "Environment", lambda row: row.environment, in_table=False)


def _position(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"position.{key}"), **more)


def _cash(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"cash.{key}"), **more)


CASH = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _cash("currency", "Currency", in_table=False),
    _cash("deposit", "Deposit", kind="number"),
    _cash("deposit_d1", "Deposit D+1", kind="number", rank=20),
    _cash("deposit_d2", "Deposit D+2", kind="number"),
    _cash("orderable", "Orderable", kind="number"),
    _cash("withdrawable", "Withdrawable", kind="number", rank=10),
)

_HELD = (
    _position("symbol", "Code", rank=50),
    _position("name", "Name"),
    _position("quantity", "Quantity", kind="number"),
    _position("sellable_quantity", "Sellable", kind="number", rank=80),
    _position("average_price", "Avg price", kind="average", rank=40),
    _position("price", "Price", kind="number", rank=30),
    _position("cost", "Cost", kind="number", rank=70),
    _position("market_value", "Market value", kind="number"),
    _position("unrealized_pnl", "P&L", kind="signed", rank=1),
    _position("unrealized_pnl_rate", "Return", kind="rate"),
    Column("weight", "Weight", lambda row: row.weight, kind="percent", rank=60),
    _position("currency", "Currency", in_table=False),
)
_BASIS = _position("pnl_basis", "Basis", in_table=False)

POSITIONS = (
    Column("profile", "Account", lambda row: row.profiles[0]),
    OWNER,
    ENVIRONMENT,
    *_HELD,
    _position("credit_type", "Credit", rank=95, in_table=False),
    _position("loan_date", "Loan date", rank=85),
    _BASIS,
)

POSITIONS_BY_SYMBOL = (
    ENVIRONMENT,
    *_HELD,
    _BASIS,
    Column("profiles", "Accounts", lambda row: row.profiles, rank=75),
)

SUMMARY = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    Column("deposit_d2", "Deposit D+2", lambda row: row.deposit_d2, kind="number"),
    Column("market_value", "Market value", lambda row: row.market_value, kind="number"),
    Column("total_assets", "Total assets", lambda row: row.total_assets, kind="number"),
    Column("unrealized_pnl", "P&L", lambda row: row.unrealized_pnl, kind="signed", rank=10),
    Column("unrealized_pnl_rate", "Return", lambda row: row.unrealized_pnl_rate, kind="rate"),
    Column("positions", "Positions", lambda row: row.positions, kind="number", rank=20),
    Column("pnl_basis", "Basis", lambda row: row.pnl_basis, in_table=False),
)


def _account_columns(*, show_account: bool) -> tuple[Column, ...]:
    def number(row: RegistryRow) -> str | None:
        return row.account if show_account else mask_account(row.account)

    return (
        PROFILE,
        OWNER,
        Column("broker", "Broker", lambda row: row.broker, rank=30),
        Column("environment", "Environment", lambda row: row.environment, kind="word"),
        Column("account", "Account number", number, rank=10),
        Column("enabled", "Enabled", lambda row: row.enabled),
        Column("mode", "Orders", lambda row: row.mode, kind="word"),
        Column("token", "Token", lambda row: row.token, kind="word"),
        Column(
            "token_expires_at", "Token until", lambda row: row.token_expires_at, "time", rank=20
        ),
        Column("unresolved_orders", "Unresolved", lambda row: row.unresolved_orders, kind="number"),
        Column("last_snapshot_at", "Recorded", lambda row: row.last_snapshot_at, "time", rank=40),
    )


ACCOUNTS = _account_columns(show_account=False)


def cash(overview: Overview[CashRow, Cash], as_of: datetime) -> Report:
    """Return the report of ``cash``."""
    return over_accounts("cash", "Cash", CASH, overview, as_of, "no accounts", _figures)


def positions(
    overview: Overview[PositionRow, PositionTotals], as_of: datetime, *, by_symbol: bool
) -> Report:
    """Return the report of ``positions``."""
    return over_accounts(
        "positions",
        "Positions by symbol" if by_symbol else "Positions",
        POSITIONS_BY_SYMBOL if by_symbol else POSITIONS,
        overview,
        as_of,
        "no positions",
        _figures,
        group=None if by_symbol else "profile",
    )


def summary(overview: Overview[SummaryRow, SummaryTotals], as_of: datetime) -> Report:
    """Return the report of ``summary``."""
    return over_accounts("summary", "Summary", SUMMARY, overview, as_of, "no accounts", _figures)


def _figures(totals: Any) -> dict[str, Any]:
    figures: dict[str, Any] = totals._asdict()
    figures.pop("currency", None)
    return figures


def over_accounts(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    overview: Overview[Any, Any],
    as_of: datetime,
    empty: str,
    figures: Any,
    group: str | None = None,
) -> Report:
    """Return the report of a read over accounts.

    Args:
        name: of the schema.
        title: in English, or already filled in.
        columns: of the rows.
        overview: the rows and sums.
        as_of: when they were read.
        empty: what a table says without rows.
        figures: makes named sums of the totals; None for a report without any.
        group: key of the column that groups rows.
    """
    sections = tuple(
        Section(
            environment=block.environment,
            rows=block.rows,
            totals=None if block.totals is None else figures(block.totals),
            accounts=block.accounts,
            missing=block.missing,
            subtotals={profile: figures(sums) for profile, sums in block.subtotals},
        )
        for block in overview.blocks
    )
    return Report(
        name=name,
        title=title,
        columns=columns,
        sections=sections,
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in overview.failed),
        group=group,
        environments=tuple(dict.fromkeys(a.environment for a in overview.chosen)),
        succeeded=len(overview.chosen) - len(overview.failed),
        empty=empty,
        has_totals=figures is not None,
    )


WRITTEN = (Column("path", "File", lambda row: row),)


def written(path: str, as_of: datetime) -> Report:
    """Return the report of ``init``: the file it wrote."""
    return Report(
        name="init",
        title="Written",
        columns=WRITTEN,
        sections=(Section(None, [path]),),
        as_of=as_of,
        succeeded=1,
    )


def registry(
    name: str,
    rows: Sequence[RegistryRow],
    failures: Sequence[tuple[Account, KiwoomctlError]],
    as_of: datetime,
    *,
    show_account: bool = False,
) -> Report:
    """Return the report of ``accounts``, ``login`` and ``logout``: who is there, no money."""
    environments = tuple(dict.fromkeys(row.environment for row in rows))
    columns = _account_columns(show_account=show_account)
    return Report(
        name=name,
        title="Accounts",
        columns=columns,
        sections=(Section(environments[0] if len(environments) == 1 else None, rows),),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in failures),
        environments=environments,
        succeeded=len(rows) - len(failures),
        empty="no accounts",
    )
