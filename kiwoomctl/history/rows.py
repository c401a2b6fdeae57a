"""Rows of the history's tables as records, and records as the values of columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from kiwoomctl.database import to_decimal, to_microseconds, to_moment, to_text
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import Fill
from kiwoomctl.domain.portfolio import Cash, Position, position_totals
from kiwoomctl.history.records import (
    CashFlow,
    DayResult,
    Failure,
    KnownFill,
    NewCashFlow,
    NewFailure,
    NewSnapshot,
    Snapshot,
)

_CASH = ("deposit", "deposit_d1", "deposit_d2", "orderable", "withdrawable")
_AMOUNTS = (
    "average_price",
    "price",
    "cost",
    "market_value",
    "unrealized_pnl",
    "unrealized_pnl_rate",
)


def chosen(accounts: Iterable[AccountId], **more: Any) -> dict[str, Any]:
    """Return the values of a question about these accounts; days as text."""
    values = {k: v.isoformat() if isinstance(v, date) else v for k, v in more.items()}
    return {"accounts": json.dumps([str(account) for account in accounts]), **values}


def snapshot_values(new: NewSnapshot) -> dict[str, Any]:
    """Return the columns of a snapshot, but for when it is recorded."""
    sums = position_totals(new.holdings.positions)
    return {
        "account": str(new.account),
        "profile": str(new.profile),
        "owner": new.owner,
        "day": new.day.isoformat(),
        "as_of": to_microseconds(new.as_of),
        **{name: to_text(getattr(new.cash, name)) for name in _CASH},
        "currency": new.cash.currency,
        "cost": to_text(sums.cost),
        "market_value": to_text(sums.market_value),
        "unrealized_pnl": to_text(sums.unrealized_pnl),
        "pnl_basis": sums.pnl_basis,
        "total_assets": to_text(new.holdings.total_assets),
        "positions": len(new.holdings.positions),
    }


def snapshot(row: sqlite3.Row) -> Snapshot:
    """Return the record of a snapshot."""
    return Snapshot(
        number=row["snapshot_no"],
        account=AccountId.parse(row["account"]),
        profile=row["profile"],
        owner=row["owner"],
        day=date.fromisoformat(row["day"]),
        as_of=to_moment(row["as_of"]),
        cash=Cash(**{name: to_decimal(row[name]) for name in _CASH}, currency=row["currency"]),
        cost=to_decimal(row["cost"]),
        market_value=to_decimal(row["market_value"]),
        unrealized_pnl=to_decimal(row["unrealized_pnl"]),
        pnl_basis=row["pnl_basis"],
        total_assets=to_decimal(row["total_assets"]),
        positions=row["positions"],
    )


def position_values(position: Position) -> dict[str, Any]:
    """Return the columns of a position, but for its snapshot's number."""
    return {
        "symbol": str(position.symbol),
        "credit_type": position.credit_type or "",
        "loan_date": position.loan_date or "",
        "name": position.name,
        "quantity": position.quantity,
        "sellable_quantity": position.sellable_quantity,
        **{name: to_text(getattr(position, name)) for name in _AMOUNTS},
        "pnl_basis": position.pnl_basis,
        "currency": position.currency,
    }


def position(row: sqlite3.Row) -> Position:
    """Return the record of a position."""
    return Position(
        symbol=Symbol(row["symbol"]),
        name=row["name"],
        quantity=row["quantity"],
        sellable_quantity=row["sellable_quantity"],
        **{name: to_decimal(row[name]) for name in _AMOUNTS},
        credit_type=row["credit_type"] or None,
        loan_date=row["loan_date"] or None,
        pnl_basis=row["pnl_basis"],
        currency=row["currency"],
    )


def failure_values(new: NewFailure) -> dict[str, Any]:
    """Return the columns of a failure."""
    return {
        "account": None if new.account is None else str(new.account),
        "profile": str(new.profile),
        "day": new.day.isoformat(),
        "at": to_microseconds(new.at),
        "code": new.code,
    }


def failure(row: sqlite3.Row) -> Failure:
    """Return the record of a failure."""
    account = row["account"]
    return Failure(
        account=None if account is None else AccountId.parse(account),
        profile=row["profile"],
        day=date.fromisoformat(row["day"]),
        at=to_moment(row["at"]),
        code=row["code"],
    )


def fill_values(fill: Fill) -> dict[str, Any]:
    """Return the columns of a fill, but for account, day and when it was known."""
    return {
        "number": fill.number,
        "fill_id": fill.fill_id,
        "symbol": str(fill.symbol),
        "name": fill.name,
        "side": fill.side,
        "quantity": fill.quantity,
        "price": to_text(fill.price),
        "amount": to_text(fill.amount),
        "commission": to_text(fill.commission),
        "tax": to_text(fill.tax),
        "filled_at": None if fill.filled_at is None else to_microseconds(fill.filled_at),
    }


def known_fill(row: sqlite3.Row) -> KnownFill:
    """Return the record of a fill."""
    filled_at = row["filled_at"]
    fill = Fill(
        number=row["number"],
        fill_id=row["fill_id"],
        symbol=Symbol(row["symbol"]),
        name=row["name"],
        side=row["side"],
        quantity=row["quantity"],
        price=Decimal(row["price"]),
        amount=Decimal(row["amount"]),
        commission=to_decimal(row["commission"]),
        tax=to_decimal(row["tax"]),
        filled_at=None if filled_at is None else to_moment(filled_at),
    )
    return KnownFill(
        AccountId.parse(row["account"]),
        date.fromisoformat(row["day"]),
        fill,
        to_moment(row["as_of"]),
    )


def result(row: sqlite3.Row) -> DayResult:
    """Return the record of a day's result."""
    return DayResult(
        AccountId.parse(row["account"]),
        date.fromisoformat(row["day"]),
        to_moment(row["as_of"]),
        to_decimal(row["realized_pnl"]),
    )


def flow_values(new: NewCashFlow) -> dict[str, Any]:
    """Return the columns of a cash flow, but for when it is entered."""
    return {
        "account": str(new.account),
        "day": new.day.isoformat(),
        "amount": to_text(new.amount),
        "note": new.note,
        "source": new.source,
        "reference": new.reference,
        "counters": new.counters,
    }


def flow(row: sqlite3.Row) -> CashFlow:
    """Return the record of a cash flow."""
    return CashFlow(
        number=row["flow_no"],
        account=AccountId.parse(row["account"]),
        day=date.fromisoformat(row["day"]),
        amount=Decimal(row["amount"]),
        note=row["note"],
        source=row["source"],
        counters=row["counters"],
        countered=bool(row["countered"]),
        entered_at=to_moment(row["entered_at"]),
    )
