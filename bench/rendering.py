"""What ten thousand positions cost beyond the fetch: as a table off a terminal, and as JSON."""

from __future__ import annotations

import io
import statistics
import time
from datetime import datetime
from decimal import Decimal

from bench.measure import Row
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import ProfileName, Symbol
from kiwoomctl.domain.portfolio import Position, position_totals
from kiwoomctl.render import reports
from kiwoomctl.render.out import Look, Output
from kiwoomctl.services.portfolio import Block, Overview, PositionRow

COUNTS = (10, 100, 1_000, 10_000)
ROUNDS = 9
BOUND_MS = 120.0


def rows() -> list[Row]:
    """Return the time of both outputs for a growing number of rows; the last has the bound."""
    found = []
    for kind in ("table", "json"):
        for count in COUNTS:
            spent = statistics.median(_once(kind, count) for _ in range(ROUNDS)) * 1000
            bound = BOUND_MS if count == COUNTS[-1] else None
            found.append(Row(f"{count:,} positions as {kind}", spent, "ms", bound, ROUNDS))
    return found


def _once(kind: str, count: int) -> float:
    held = [_position(number) for number in range(count)]
    began = time.perf_counter()
    rows = tuple(
        PositionRow((ProfileName("isa"),), "김영희", "sim", one, Decimal("1.23")) for one in held
    )
    block = Block("sim", rows, position_totals(held), 1, 0)
    report = reports.positions(
        Overview((block,), (), ()), datetime(2026, 11, 20, 10, 0, tzinfo=KST), by_symbol=False
    )
    Output(Look(format=kind), {}, io.StringIO(), io.StringIO()).emit(report)  # type: ignore[arg-type]  # one of the formats
    return time.perf_counter() - began


def _position(number: int) -> Position:
    return Position(
        symbol=Symbol(f"{number % 1_000_000:06d}"),
        name="삼성전자우선주",
        quantity=number + 1,
        sellable_quantity=number,
        average_price=Decimal(70_123),
        price=Decimal(72_500),
        cost=Decimal(70_123) * (number + 1),
        market_value=Decimal(72_500) * (number + 1),
        unrealized_pnl=Decimal(2_377) * (number + 1),
        unrealized_pnl_rate=Decimal("3.39"),
        credit_type="00",
    )
