"""The reports of ``orders`` and ``fills``: what the broker's lists show of a day."""

from __future__ import annotations

from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.errors import Phrase
from kiwoomctl.locale import fill
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.errors import KiwoomctlError
    from kiwoomctl.services.orders.day_orders import FillRow, OrderRow
    from kiwoomctl.services.portfolio import Overview


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


ORDERS = (
    _field("profile", "Account"),
    _field("order_id", "Order id", kind="id", rank=80),
    _field("broker_order_id", "Order", kind="id", rank=10),
    _field("original_order_id", "Original", kind="id", rank=70),
    _field("symbol", "Code", rank=50),
    _field("name", "Name"),
    _field("side", "Side", kind="word"),
    _field("type", "Type", kind="word", rank=30),
    _field("price", "Limit", kind="number"),
    _field("quantity", "Qty", kind="number"),
    _field("filled_quantity", "Filled", kind="number", rank=5),
    _field("remaining_quantity", "Open", kind="number"),
    _field("average_fill_price", "Avg fill", kind="average", rank=40),
    _field("status", "Status", kind="word"),
    _field("exchange", "Exchange", rank=60),
    _field("submitted_at", "Submitted", kind="moment", rank=20),
    _field("source", "Source", kind="word", rank=65),
)

FILLS = (
    _field("profile", "Account"),
    _field("broker_order_id", "Order", kind="id", rank=30),
    _field("fill_id", "Fill", rank=80),
    _field("aggregated", "Sum", in_table=False),
    _field("symbol", "Code", rank=50),
    _field("name", "Name"),
    _field("side", "Side", kind="word"),
    _field("quantity", "Qty", kind="number"),
    _field("price", "Fill price", kind="number"),
    _field("amount", "Amount", kind="number", rank=10),
    _field("commission", "Commission", kind="number", rank=60),
    _field("tax", "Tax", kind="number", rank=70),
    _field("filled_at", "Filled at", kind="moment", rank=20),
)


def orders(
    overview: Overview[OrderRow, None], as_of: datetime, *, day: date | None, open_only: bool
) -> Report:
    """Return the report of ``orders``.

    Args:
        overview: the rows.
        as_of: when they were read.
        day: the day that was asked for; None for today.
        open_only: whether closed orders were left out.
    """
    return _of_day(
        "orders",
        ORDERS,
        overview,
        as_of,
        title=fill("Orders of {day}", {"day": day})
        if day
        else ("Open orders" if open_only else "Orders of today"),
        empty="no open orders" if open_only else "no orders",
    )


def fills(overview: Overview[FillRow, None], as_of: datetime, *, day: date | None) -> Report:
    """Return the report of ``fills``.

    Args:
        overview: the rows.
        as_of: when they were read.
        day: the day that was asked for; None for today.
    """
    return _of_day(
        "fills",
        FILLS,
        overview,
        as_of,
        title=fill("Fills of {day}", {"day": day}) if day else "Fills of today",
        empty="no fills",
    )


def ledger_note(error: KiwoomctlError) -> str:
    """Return what to say of a ledger that a read could do without."""
    return fill(
        "the ledger cannot be used: order ids may be missing, fills are not stored ({reason})",
        {"reason": Phrase(error.message, **error.values)},
    )


def _of_day(
    name: str,
    columns: tuple[Column, ...],
    overview: Overview[Any, None],
    as_of: datetime,
    *,
    title: str,
    empty: str,
) -> Report:
    return Report(
        name=name,
        title=title,
        columns=columns,
        sections=tuple(
            Section(block.environment, block.rows, accounts=block.accounts, missing=block.missing)
            for block in overview.blocks
        ),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in overview.failed),
        group="profile",
        environments=tuple(dict.fromkeys(a.environment for a in overview.chosen)),
        succeeded=len(overview.chosen) - len(overview.failed),
        empty=empty,
    )
