"""The reports of ``pnl`` and ``transactions``: what came of trading."""

from __future__ import annotations

from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.locale import fill
from kiwoomctl.render.report import Column, Report
from kiwoomctl.render.reports import ENVIRONMENT, OWNER, PROFILE, over_accounts

if TYPE_CHECKING:
    from kiwoomctl.domain.results import Realized
    from kiwoomctl.services.portfolio import Overview
    from kiwoomctl.services.realized import Disagreement, RealizedOverview
    from kiwoomctl.services.transactions import TransactionRow


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


def _realized(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"realized.{key}"), **more)


_QUANTITY = _realized("quantity", "Quantity", kind="number", rank=30)
_AMOUNTS = (
    _realized("sell_amount", "Sold for", kind="number", rank=5),
    _realized("cost", "Cost", kind="number", rank=20),
    _realized("realized_pnl", "Realized P&L", kind="signed"),
    _realized("realized_pnl_rate", "Return", kind="rate", rank=3),
    _realized("commission", "Commission", kind="number", rank=60),
    _realized("tax", "Tax", kind="number", rank=60),
    _realized("currency", "Currency", in_table=False),
)

PNL_BY_DAY = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _field("date", "Date", kind="id"),
    _QUANTITY,
    *_AMOUNTS,
)

PNL_BY_SYMBOL = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _field("symbol", "Code", rank=50),
    _field("name", "Name"),
    _QUANTITY,
    _realized("sell_price", "Sold at", kind="number", rank=40),
    *_AMOUNTS,
)


def pnl(found: RealizedOverview, as_of: datetime, *, by_symbol: bool) -> Report:
    """Return the report of ``pnl``."""
    title = "Realized P&L"
    if found.first is not None:
        days = {"first": found.first, "last": found.last}
        one_day = found.first == found.last
        title = fill("Realized P&L {first}" if one_day else "Realized P&L {first} to {last}", days)
    return over_accounts(
        "pnl",
        title,
        PNL_BY_SYMBOL if by_symbol else PNL_BY_DAY,
        found.overview,
        as_of,
        "nothing was sold",
        _figures,
        group="profile",
    )


def disagreement(found: Disagreement) -> str:
    """Return what to say where the broker's two lists are not of the same sales."""
    return fill(
        "warning: {profile}: the broker's list of days has sales of {by_day} KRW, its list of "
        "sales {by_sale} KRW",
        {
            "profile": found.profile,
            "by_day": f"{found.by_day:,f}",
            "by_sale": f"{found.by_sale:,f}",
        },
    )


def _figures(totals: Realized) -> dict[str, Any]:
    return {
        "sell_amount": totals.sell_amount,
        "cost": totals.cost,
        "realized_pnl": totals.realized_pnl,
        "realized_pnl_rate": totals.realized_pnl_rate,
        "commission": totals.commission,
        "tax": totals.tax,
    }


def _line(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"transaction.{key}"), **more)


TRANSACTIONS = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _line("date", "Date", kind="id"),
    _line("trade_date", "Traded", kind="id", rank=75),
    _line("transaction_id", "No.", kind="id", rank=85),
    _line("type", "Type"),
    _line("kind", "Kind", rank=80),
    _line("direction", "In or out", in_table=False),
    _line("symbol", "Code", rank=50),
    _line("name", "Name", rank=10),
    _line("quantity", "Qty", kind="number", rank=20),
    _line("price", "Trade price", kind="number", rank=30),
    _line("amount", "Trade amount", kind="number"),
    _line("commission", "Commission", kind="number", rank=60),
    _line("tax", "Tax", kind="number", rank=60),
    _line("settlement", "Settled", kind="number", rank=40),
    _line("balance", "Balance", kind="number"),
    _line("currency", "Currency", rank=70),
    _line("medium", "Placed with", in_table=False),
)


def transactions(
    overview: Overview[TransactionRow, None], as_of: datetime, *, first: date, last: date
) -> Report:
    """Return the report of ``transactions``."""
    return over_accounts(
        "transactions",
        fill("Transactions {first} to {last}", {"first": first, "last": last}),
        TRANSACTIONS,
        overview,
        as_of,
        "no transactions",
        None,
        group="profile",
    )
