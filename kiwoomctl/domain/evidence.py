"""Which of the broker's orders could be the one an attempt made, and when absence is final.

The broker takes no order id of ours, so after a lost reply only likeness tells. A field that
is blank neither matches nor excludes. Pure: who asks gathers the lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.orders import BrokerOrder, OrderType, State, Terms

OUR_CHANNEL: Final = "RESTAPI"
"""통신구분 of orders sent as ours are, without blanks."""
EARLIER: Final = timedelta(seconds=10)
"""How much before the send an order may be stamped: the broker tells whole seconds only."""
LATER: Final = timedelta(minutes=15)
"""How long after the send the exchange may still take the order."""
FINAL_TIME: Final = time(20, 30)
"""KST of the order's day: from then on nothing is accepted any more."""
FINAL_AGE: Final = timedelta(minutes=30)
FINAL_APART: Final = timedelta(seconds=60)
"""Absence needs two complete reads this far apart."""

# An order that was set off, or reached the closing auction, may be listed as what it became.
_MAY_BECOME: Final[Mapping[OrderType, frozenset[OrderType]]] = {
    OrderType.STOP: frozenset({OrderType.LIMIT}),
    OrderType.CONDITIONAL: frozenset({OrderType.LIMIT, OrderType.MARKET}),
}


@dataclass(frozen=True, slots=True)
class Sought:
    """What an attempt would have made."""

    terms: Terms
    before: Collection[str]
    """Numbers known before the first attempt."""
    claimed: Collection[str]
    """Numbers of that day that other attempts own."""
    sent_at: datetime | None
    """By the broker's clock; None where that is not known: then no time excludes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the lists hold of it."""

    candidates: tuple[BrokerOrder, ...]
    unsure: bool
    """A candidate's type could not be compared, or nobody can say what its channel is."""
    late: tuple[BrokerOrder, ...]
    """Alike, but taken too long after the send: no candidate, yet no proof of absence."""

    @property
    def state(self) -> State:
        """What this says by itself: MATCHED, AMBIGUOUS, or UNKNOWN where nothing was found."""
        if not self.candidates:
            return State.UNKNOWN
        alone = len(self.candidates) == 1 and not self.unsure
        return State.MATCHED if alone else State.AMBIGUOUS


def find(sought: Sought, orders: Iterable[BrokerOrder]) -> Found:
    """Return which orders could be the one sought."""
    alike = [order for order in orders if _is_alike(sought, order)]
    candidates = tuple(o for o in alike if not _is_after(sought, o))
    return Found(
        candidates=candidates,
        unsure=any(
            not (order.channel_known and _same_type(sought.terms, order)) for order in candidates
        ),
        late=tuple(o for o in alike if _is_after(sought, o)),
    )


def came_another_way(order: BrokerOrder) -> bool:
    """Tell whether a list names a channel that is not ours for certain; a blank says nothing."""
    return _is_other_channel(order) or not order.channel_known


def is_defective(day_list: Collection[str], known: Collection[str]) -> bool:
    """Tell whether the list of the whole day lacks a number that it must have."""
    return not set(known) <= set(day_list)


def may_be_final(day: date, sent_at: datetime | None, broker_time: datetime | None) -> bool:
    """Tell whether it is late enough for absence to be final, by the broker's clock.

    Args:
        day: the order's trading day.
        sent_at: the send by the broker's clock; None never is final.
        broker_time: the Date header of the very lists; None never is final.
    """
    if broker_time is None or sent_at is None:
        return False
    closing = datetime.combine(day, FINAL_TIME, KST)
    return broker_time >= closing and broker_time - sent_at >= FINAL_AGE


def _is_alike(sought: Sought, order: BrokerOrder) -> bool:
    terms = sought.terms
    if order.number in sought.before or order.number in sought.claimed:
        return False
    if order.symbol != terms.symbol or _is_other_channel(order) or _is_before(sought, order):
        return False
    if terms.target is not None:
        return _is_change(terms, order)
    return (
        order.original is None
        and order.change is None
        and order.side in {None, terms.side}
        and order.quantity == terms.quantity
        and _may_be(order.price, terms.price)
        and _may_be(order.stop_price, terms.stop_price)
        and _may_be_type(terms.type, order.type)
        and _may_be_exchange(terms.exchange, order.exchange)
    )


def _is_change(terms: Terms, order: BrokerOrder) -> bool:
    """Tell whether an order modifies or cancels the target as asked."""
    if order.original != terms.target or order.change not in {None, terms.action}:
        return False
    whole = terms.quantity in {0, order.quantity}
    return whole and (terms.action == "cancel" or _may_be(order.price, terms.price))


def _same_type(terms: Terms, order: BrokerOrder) -> bool:
    if terms.target is not None:
        return order.change is not None
    return order.type is terms.type


def _may_be(told: object, wanted: object) -> bool:
    return told is None or wanted is None or told == wanted


def _may_be_type(wanted: OrderType, told: OrderType | None) -> bool:
    return told in {None, wanted} or told in _MAY_BECOME.get(wanted, frozenset())


def _may_be_exchange(wanted: str, told: str | None) -> bool:
    # The broker's router may list an order under the exchange it chose.
    return told in {None, wanted} or wanted == "SOR"


def _is_other_channel(order: BrokerOrder) -> bool:
    channel = "".join((order.channel or "").split()).upper()
    return bool(channel) and channel != OUR_CHANNEL


def _is_before(sought: Sought, order: BrokerOrder) -> bool:
    if sought.sent_at is None or order.ordered_at is None:
        return False
    return order.ordered_at < sought.sent_at - EARLIER


def _is_after(sought: Sought, order: BrokerOrder) -> bool:
    if sought.sent_at is None or order.ordered_at is None:
        return False
    return order.ordered_at > sought.sent_at + LATER
