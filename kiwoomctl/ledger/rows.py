"""Rows of the ledger's tables as records, and records as the values of columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from kiwoomctl.database import to_decimal, to_microseconds, to_moment, to_text
from kiwoomctl.domain.identity import AccountId, ProfileName, Symbol
from kiwoomctl.domain.orders import AttemptId, Fill, OrderId, OrderType, State, Terms
from kiwoomctl.ledger.records import Attempt, Doubt, Event, Halt, Intent, Notice

_MICROSECOND: Final = timedelta(microseconds=1)


def to_span(span: timedelta | None) -> int | None:
    """Return whole microseconds; None stays None."""
    return None if span is None else span // _MICROSECOND


def to_json(value: Any) -> str:
    """Return compact JSON, keys in order; Decimal and dates as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


def terms_values(terms: Terms) -> dict[str, Any]:
    """Return the columns of an order's terms."""
    return {
        "action": terms.action,
        "symbol": terms.symbol,
        "side": terms.side,
        "type": terms.type.value,
        "quantity": terms.quantity,
        "price": to_text(terms.price),
        "stop_price": to_text(terms.stop_price),
        "exchange": terms.exchange,
        "target": terms.target,
    }


def attempt(row: sqlite3.Row) -> Attempt:
    """Return the record of a joined row."""
    return Attempt(
        id=AttemptId(row["attempt_id"]),
        intent=intent(row),
        n=row["n"],
        state=State(row["state"]),
        sends=row["sends"],
        before=frozenset(json.loads(row["before_set"])),
        request=None if row["request"] is None else json.loads(row["request"]),
        created_at=to_moment(row["attempt_created_at"]),
        changed_at=to_moment(row["changed_at"]),
        sent_at=_moment(row["sent_at"]),
        broker_at=_moment(row["broker_at"]),
        outcome_code=row["outcome_code"],
        outcome_text=row["outcome_text"],
        number=row["number"],
        root=row["root"],
        settled_at=_moment(row["settled_at"]),
        broker_ahead=None if row["broker_ahead"] is None else row["broker_ahead"] * _MICROSECOND,
        settled_by=row["settled_by"],
    )


def attempts(rows: Iterable[sqlite3.Row]) -> tuple[Attempt, ...]:
    """Return the records of joined rows."""
    return tuple(attempt(row) for row in rows)


def intent(row: sqlite3.Row) -> Intent:
    """Return the record of an intent's columns."""
    return Intent(
        order_id=OrderId(row["order_id"]),
        account=AccountId.parse(row["account"]),
        terms=Terms(
            action=row["action"],
            symbol=Symbol(row["symbol"]),
            side=row["side"],
            type=OrderType(row["type"]),
            quantity=row["quantity"],
            price=to_decimal(row["price"]),
            stop_price=to_decimal(row["stop_price"]),
            exchange=row["exchange"],
            target=row["target"],
        ),
        client_id=row["client_id"],
        trading_day=date.fromisoformat(row["trading_day"]),
        profile=ProfileName(row["profile"]),
        value=row["value"],
        preview=json.loads(row["preview"]),
        verdicts=json.loads(row["verdicts"]),
        host=row["host"],
        uid=row["uid"],
        created_at=to_moment(row["created_at"]),
    )


def event(row: sqlite3.Row) -> Event:
    """Return the record of an event."""
    return Event(
        attempt_id=AttemptId(row["attempt_id"]),
        before=None if row["from_state"] is None else State(row["from_state"]),
        after=State(row["to_state"]),
        at=to_moment(row["at"]),
        detail=json.loads(row["detail"]),
    )


def halt(row: sqlite3.Row) -> Halt:
    """Return the record of a turn of the kill switch."""
    account = row["account"]
    return Halt(
        account=None if account is None else AccountId.parse(account),
        mode=row["mode"],
        at=to_moment(row["at"]),
        uid=row["uid"],
        host=row["host"],
        reason=row["reason"],
    )


def doubt(row: sqlite3.Row) -> Doubt:
    """Return the record of a doubt."""
    account = row["account"]
    return Doubt(
        number=row["doubt_no"],
        account=None if account is None else AccountId.parse(account),
        kind=row["kind"],
        at=to_moment(row["at"]),
        detail=json.loads(row["detail"]),
    )


def notice(row: sqlite3.Row) -> Notice:
    """Return the record of a notice."""
    return Notice(row["number"], to_moment(row["received_at"]), json.loads(row["body"]))


def fill_values(fill: Fill) -> dict[str, Any]:
    """Return the columns of a fill."""
    return {
        "number": fill.number,
        "fill_id": fill.fill_id,
        "symbol": fill.symbol,
        "name": fill.name,
        "side": fill.side,
        "quantity": fill.quantity,
        "price": to_text(fill.price),
        "amount": to_text(fill.amount),
        "commission": to_text(fill.commission),
        "tax": to_text(fill.tax),
        "filled_at": None if fill.filled_at is None else to_microseconds(fill.filled_at),
    }


def fill(row: sqlite3.Row) -> Fill:
    """Return the record of a fill."""
    return Fill(
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
        filled_at=_moment(row["filled_at"]),
    )


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else to_moment(microseconds)
