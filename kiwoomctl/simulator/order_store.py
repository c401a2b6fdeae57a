"""Orders, fills and what waits for them, as JSON values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.orders import (
    Fill,
    Order,
    OrderRequest,
    PlannedRejection,
    Postponed,
)

_MOMENTS = frozenset({"accepted_at", "seen_from", "expires_at", "reject_at", "filled_at", "due"})
_DAYS = frozenset({"trading_day"})


class Rows:
    """The rows of records; a record never changes, so its row is made once."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Order | Fill, dict[str, Any]]] = {}

    def of(self, records: Sequence[Order | Fill]) -> list[dict[str, Any]]:
        """Return the rows of these records, and forget all others of their kind."""
        made = {}
        for record in records:
            known = self._made.get(id(record))
            fits = known is not None and known[0] is record
            made[id(record)] = known if known is not None and fits else (record, _dump(record))
        self._made = made
        return [row for _, row in made.values()]


def dump_orders(exchange: Exchange, orders: Rows, fills: Rows) -> dict[str, Any]:
    """Return everything about orders that has to be kept."""
    moment = exchange.advanced_to
    return {
        "orders": orders.of(exchange.orders),
        "fills": fills.of(exchange.fills),
        "postponed": [
            {**_dump(late), "request": late.request._asdict()} for late in exchange.postponed
        ],
        "planned_rejections": [plan._asdict() for plan in exchange.planned_rejections],
        "depths": exchange.liquidity.depths,
        "taken": exchange.liquidity.taken,
        "advanced_to": None if moment is None else moment.isoformat(),
    }


def read_orders(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was kept as records; a file of before there were orders has none."""
    advanced_to = data.get("advanced_to")
    return {
        "orders": [Order(**_read(row)) for row in data.get("orders", ())],
        "fills": [Fill(**_read(row)) for row in data.get("fills", ())],
        "postponed": [
            Postponed(**{**_read(row), "request": OrderRequest(**row["request"])})
            for row in data.get("postponed", ())
        ],
        "planned_rejections": [
            PlannedRejection(**row) for row in data.get("planned_rejections", ())
        ],
        "depths": {str(symbol): int(depth) for symbol, depth in data.get("depths", {}).items()},
        "taken": {
            str(symbol): {int(price): int(count) for price, count in levels.items()}
            for symbol, levels in data.get("taken", {}).items()
        },
        "advanced_to": None if advanced_to is None else datetime.fromisoformat(advanced_to),
    }


def take_over(exchange: Exchange, kept: Mapping[str, Any]) -> None:
    """Bring an exchange's orders to what was kept."""
    exchange.replace_orders(kept["orders"], kept["fills"])
    exchange.postponed = kept["postponed"]
    exchange.planned_rejections = kept["planned_rejections"]
    exchange.liquidity.depths = kept["depths"]
    exchange.liquidity.taken = kept["taken"]
    exchange.advanced_to = kept["advanced_to"]


def _dump(record: Order | Fill | Postponed) -> dict[str, Any]:
    """Return a record's values without those that are usual."""
    row = {}
    usual = record._field_defaults
    for name, value in zip(record._fields, record, strict=True):
        if name in usual and value == usual[name]:
            continue
        row[name] = value.isoformat() if isinstance(value, date) else value
    return row


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(row)
    for name in _MOMENTS & values.keys():
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name])
    for name in _DAYS & values.keys():
        values[name] = date.fromisoformat(values[name])
    return values
