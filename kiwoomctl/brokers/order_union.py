"""One set of orders out of several lists of a broker: joined by number, each with its status.

No list alone need be enough, and two lists are never of the same moment: of one order the further
fill is the newer word. What became of an order without a fill only its cancel tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import BrokerOrder


def union(lists: Iterable[Iterable[BrokerOrder]], symbol: Symbol | None) -> tuple[BrokerOrder, ...]:
    """Return what these lists say together, of one code or of all, each with its status.

    They stand in the order they were read in.
    """
    known: dict[str, BrokerOrder] = {}
    for order in (order for one in lists for order in one):
        earlier = known.get(order.number)
        known[order.number] = order if earlier is None else joined(earlier, order)
    orders = tuple(order for order in known.values() if symbol in (None, order.symbol))
    return tuple(with_status(order, orders) for order in orders)


def joined(known: BrokerOrder, other: BrokerOrder) -> BrokerOrder:
    """Return what two lists together say of one order; the further fill is the newer."""
    newer = other if other.filled_quantity >= known.filled_quantity else known
    return known._replace(
        original=known.original or other.original,
        name=known.name or other.name,
        side=known.side or other.side,
        type=known.type or other.type,
        change=known.change or other.change,
        price=known.price if known.price is not None else other.price,
        stop_price=known.stop_price if known.stop_price is not None else other.stop_price,
        filled_quantity=newer.filled_quantity,
        remaining_quantity=newer.remaining_quantity,
        average_fill_price=newer.average_fill_price or known.average_fill_price,
        exchange=known.exchange or other.exchange,
        channel=known.channel or other.channel,
        channel_known=known.channel_known and other.channel_known,
        status="rejected" if "rejected" in (known.status, other.status) else known.status,
        ordered_at=known.ordered_at or other.ordered_at,
        sor_parent=known.sor_parent or other.sor_parent,
        commission=other.commission if other.commission is not None else known.commission,
        tax=other.tax if other.tax is not None else known.tax,
    )


def with_status(order: BrokerOrder, orders: tuple[BrokerOrder, ...]) -> BrokerOrder:
    """Return an order with its status, as its figures and the other orders tell it.

    What its own list said for certain, rejected or cancelled, stays.
    """
    if order.status in {"rejected", "cancelled"}:
        return order
    if order.remaining_quantity > 0:
        return order._replace(status="partial" if order.filled_quantity else "open")
    if order.filled_quantity >= order.quantity > 0:
        return order._replace(status="filled")
    cancelled = any(
        o.original == order.number and o.change == "cancel" and o.status != "rejected"
        for o in orders
    )
    # Gone without a fill and without a cancel: the lists do not say why.
    return order._replace(status="cancelled" if cancelled else "closed")


def ended(order: BrokerOrder) -> BrokerOrder:
    """Return an order of a day that is over: it lives for its day, so none is open still."""
    return order._replace(status="expired") if order.status in {"open", "partial"} else order
