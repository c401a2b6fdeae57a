"""The report of buy, sell, modify, cancel and resolve: a row for each order, sent or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.orders import whole_number
from kiwoomctl.locale import fill, told
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.services.orders.order_results import OrderResult


def padded(number: str | None) -> str | None:
    """Return a broker's order number as the broker writes it; None stays None."""
    return None if number is None else whole_number(number)


def _order_id(row: OrderResult) -> str | None:
    return row.attempt.intent.order_id if row.attempt else None


def _number(row: OrderResult) -> str | None:
    return padded(row.attempt.number) if row.attempt else None


def _original(row: OrderResult) -> str | None:
    if row.terms is not None and row.terms.target is not None:
        return padded(row.terms.target)
    return padded(row.target.number) if row.target else None


def _symbol(row: OrderResult) -> str | None:
    if row.terms is not None:
        return row.terms.symbol
    return row.target.symbol if row.target else None


def _side(row: OrderResult) -> str | None:
    if row.terms is not None:
        return row.terms.side
    return row.target.side if row.target else None


def _quantity(row: OrderResult) -> int | None:
    """Whole shares; None where a modify or cancel is of all that remains."""
    return (row.terms.quantity or None) if row.terms else None


def _price(row: OrderResult) -> Decimal | None:
    return row.terms.price if row.terms else None


def _message(row: OrderResult) -> str | None:
    if row.error is not None:
        return fill(row.error.message, row.error.values)
    return None if row.message is None else told(row.message)


def _risk(row: OrderResult) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"code": v.code.value, "tier": v.tier.word, "message": told(v.message)}
        for v in row.verdicts
    )


def _request(row: OrderResult) -> Mapping[str, Any] | None:
    return row.request


ORDER = (
    Column("profile", "Account", lambda row: row.account.name),
    Column("order_id", "Order id", _order_id, kind="id", rank=80),
    Column("client_id", "Key (--id)", lambda row: row.client_id, rank=85),
    Column("broker_order_id", "Number", _number, kind="id", rank=1),
    Column("original_order_id", "Original", _original, kind="id", rank=70),
    Column("symbol", "Code", _symbol),
    Column("side", "Side", _side, kind="word"),
    Column(
        "type",
        "Type",
        lambda row: row.terms.type.value if row.terms else None,
        kind="word",
        rank=60,
    ),
    Column("price", "Limit", _price, kind="number", rank=2),
    Column("quantity", "Qty", _quantity, kind="number", rank=3),
    Column("exchange", "Exchange", lambda row: row.terms.exchange if row.terms else None, rank=65),
    Column("state", "State", lambda row: row.state, kind="word"),
    Column("reason_code", "Reason", lambda row: row.reason_code, rank=90, in_table=False),
    Column("message", "Message", _message, wraps=True),
    Column("risk", "Checks", _risk, in_table=False),
    Column("replayed", "Replayed", lambda row: row.replayed, in_table=False),
    Column("request", "Request", _request, in_table=False),
)


def orders(
    name: str, results: Sequence[OrderResult], as_of: datetime, *, demo: bool, empty: str = ""
) -> Report:
    """Return the report of an order command.

    Args:
        name: of the schema.
        results: one for each order.
        as_of: when.
        demo: whether these are the built-in accounts.
        empty: what a table says when there is no row.
    """
    environments = tuple(dict.fromkeys(row.account.environment for row in results))
    failures = tuple((row.account.name, row.error) for row in results if row.error is not None)
    return Report(
        name=name,
        title="[DEMO] Orders" if demo else "Orders",
        columns=ORDER,
        sections=tuple(
            Section(environment, [row for row in results if row.account.environment == environment])
            for environment in environments
        )
        or (Section(None, ()),),
        as_of=as_of,
        failures=failures,
        environments=environments,
        succeeded=len(results) - len(failures),
        empty=empty or "no orders",
    )
