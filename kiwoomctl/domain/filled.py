"""Fills that may be added up: each share of an order once, however often it was told."""

from __future__ import annotations

from collections.abc import Iterable

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Fill


def counted(fills: Iterable[Fill]) -> tuple[Fill, ...]:
    """Return the fills of one account and day, each share once, oldest order first.

    Lists tell an order as single fills, as their sum, or as both; a sum may have been told while
    it grew, and costs may have come later. Of each order this keeps what covers most of it, of
    equals what knows its costs, of equals the single fills.
    """
    orders: dict[str, list[Fill]] = {}
    for fill in fills:
        orders.setdefault(fill.number, []).append(fill)
    kept: list[Fill] = []
    for number in sorted(orders, key=lambda n: (len(n), n)):
        kept += _of_order(orders[number])
    return tuple(kept)


def shares_moved(fills: Iterable[Fill]) -> dict[Symbol, int]:
    """Return shares bought less shares sold, by code, of fills that are ``counted``."""
    moved: dict[Symbol, int] = {}
    for fill in fills:
        sign = 1 if fill.side == "buy" else -1
        moved[fill.symbol] = moved.get(fill.symbol, 0) + sign * fill.quantity
    return moved


def _of_order(fills: list[Fill]) -> list[Fill]:
    singles: dict[str, Fill] = {}
    whole: Fill | None = None
    for fill in fills:
        if fill.fill_id is None:
            whole = fill if whole is None or _better(fill, whole) else whole
        else:
            known = singles.get(fill.fill_id)
            singles[fill.fill_id] = fill if known is None or _better(fill, known) else known
    single = list(singles.values())
    if whole is None:
        return single
    covered = sum(fill.quantity for fill in single)
    if covered != whole.quantity:
        return single if covered > whole.quantity else [whole]
    return single if _knows_costs(single) or not _knows_costs([whole]) else [whole]


def _better(one: Fill, other: Fill) -> bool:
    """Tell whether a row of the same fill knows more; of equals the later one does."""
    return (one.quantity, _knows_costs([one])) >= (other.quantity, _knows_costs([other]))


def _knows_costs(fills: list[Fill]) -> bool:
    return all(fill.commission is not None and fill.tax is not None for fill in fills)
