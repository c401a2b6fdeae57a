"""The report of ``export``, and its form for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.locale import fill
from kiwoomctl.render.report import Column, Report, Section, Value
from kiwoomctl.render.reports import ENVIRONMENT, OWNER, PROFILE

if TYPE_CHECKING:
    from kiwoomctl.services.recorded.exports import Export


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


COLUMNS = (
    Column("date", "Date", lambda row: row.day.isoformat(), kind="id", in_table=False),
    _field("kind", "Item", kind="word"),
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _field("as_of", "Read at", kind="moment", in_table=False),
    _field("symbol", "Code", rank=40),
    _field("name", "Name"),
    _field("side", "Side", kind="word", rank=20),
    _field("quantity", "Qty", kind="number"),
    _field("price", "Price", kind="number", rank=10),
    _field("average_price", "Avg price", kind="number", rank=50),
    _field("cost", "Cost", kind="number", rank=60),
    _field("market_value", "Market value", kind="number"),
    _field("unrealized_pnl", "P&L", kind="signed", rank=30),
    _field("unrealized_pnl_rate", "Return", kind="rate", rank=55),
    _field("pnl_basis", "Basis", in_table=False),
    _field("credit_type", "Credit", in_table=False),
    _field("loan_date", "Loan date", in_table=False),
    _field("amount", "Amount", kind="number", rank=15),
    _field("commission", "Commission", kind="number", rank=65),
    _field("tax", "Tax", kind="number", rank=66),
    _field("filled_at", "Filled at", kind="moment", rank=70),
    _field("broker_order_id", "Order", kind="id", rank=75),
    _field("fill_id", "Fill", in_table=False),
    _field("deposit", "Deposit", kind="number", rank=67),
    _field("deposit_d1", "Deposit D+1", in_table=False),
    _field("deposit_d2", "Deposit D+2", kind="number", rank=25),
    _field("withdrawable", "Withdrawable", in_table=False),
    _field("total_assets", "Total assets", kind="number", rank=5),
    _field("realized_pnl", "Realized P&L", kind="signed", rank=68),
    _field("currency", "Currency", in_table=False),
)
BOM: Final = "\ufeff"
_TEXT: Final = frozenset({"symbol", "broker_order_id", "fill_id", "credit_type", "loan_date"})
_FORMULAS: Final = ("=", "+", "-", "@", "\t")


def export(found: Export, as_of: datetime) -> Report:
    """Return the report of ``export``."""
    environments = tuple(dict.fromkeys(account.environment for account in found.chosen))
    return Report(
        name="export",
        title=fill("Recorded on {day}", {"day": found.day}),
        columns=COLUMNS,
        sections=tuple(
            Section(name, [row for row in found.rows if row.environment == name])
            for name in environments
        ),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in found.failed),
        group="profile",
        environments=environments,
        succeeded=len(found.chosen) - len(found.failed),
        empty="nothing is recorded of that day",
        notes=(unfinished(found),) if found.unfinished else (),
    )


def unfinished(found: Export) -> str:
    """Return what to say where a day's fills may not be all."""
    names = ", ".join(found.unfinished)
    return fill(
        "the fills of these accounts were read before the day was over: {names}", {"names": names}
    )


def spreadsheet(report: Report, columns: Sequence[Column]) -> str:
    """Return CSV that spreadsheets open as it is meant: UTF-8 with its mark, CRLF.

    Codes and numbers of orders are formulas (``="005930"``), or their zeros would be lost. A name
    that looks like a formula gets an apostrophe, so that nothing from outside is calculated.
    """
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.key for column in columns)
    for row in report.rows:
        writer.writerow(_cell(column, column.get(row)) for column in columns)
    return BOM + text.getvalue()


def _cell(column: Column, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    if column.key in _TEXT and text:
        quoted = text.replace('"', '""')
        return f'="{quoted}"'
    if isinstance(value, str) and text.startswith(_FORMULAS):
        return f"'{text}"
    return text
