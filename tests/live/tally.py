"""What was filled, added up from order notices and reads: what tests hold a feed against.

A notice tells what is filled of an order so far, and so does a read of the day's orders. What
is new is the difference to what was known, whichever came first: a notice that comes late, comes
twice, or was known from a read adds nothing. After a gap a read makes up for what was missed.
Order numbers begin anew each day, so nothing known is carried over midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.domain.live import Gap, OrderNotice

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.live import LiveEvent
    from kiwoomctl.domain.orders import BrokerOrder, Side


class NewFill(NamedTuple):
    """Shares of an order that were not counted before."""

    number: str
    """Of the order, without leading zeros."""
    symbol: Symbol
    name: str
    side: Side | None
    quantity: int
    """Above 0."""
    amount: Decimal | None
    """KRW of these shares; None where the broker did not tell enough."""

    @property
    def price(self) -> Decimal | None:
        """KRW per share, the mean of these shares."""
        return None if self.amount is None else self.amount / self.quantity


class _Known(NamedTuple):
    quantity: int
    amount: Decimal | None


_NOTHING = _Known(0, Decimal(0))


class LiveFills:
    """The fills of one account today."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._day: date | None = None
        self.needs_read = True
        """Whether something may be missing until the day's orders are read."""

    @property
    def quantities(self) -> dict[str, int]:
        """Shares filled so far by the orders' numbers, as far as is known."""
        return {number: known.quantity for number, known in self._known.items()}

    def event(self, event: LiveEvent) -> NewFill | None:
        """Take an event of the account's feed; return what it filled, if anything."""
        if isinstance(event, Gap):
            self.needs_read = self.needs_read or not event.dropped
            return None
        if not isinstance(event, OrderNotice):
            return None
        self._begin(event.received_at)
        if event.filled_quantity is None:
            # A fill that does not say how much is filled by now can only be read.
            self.needs_read = self.needs_read or event.status == "filled"
            return None
        return self._reached(
            event.number,
            _Known(event.filled_quantity, event.fill_amount),
            (event.symbol, event.name, event.side),
        )

    def read(self, orders: Iterable[BrokerOrder], at: datetime) -> list[NewFill]:
        """Take a whole read of the day's orders; return what it adds to the notices.

        Args:
            orders: all orders of today.
            at: when they were asked for, by this machine's clock.
        """
        self._begin(at)
        self.needs_read = False
        found = []
        for order in orders:
            average = order.average_fill_price
            amount = None if average is None else average * order.filled_quantity
            new = self._reached(
                order.number,
                _Known(order.filled_quantity, amount),
                (order.symbol, order.name, order.side),
            )
            if new is not None:
                found.append(new)
        return found

    def _begin(self, at: datetime) -> None:
        day = at.date()
        if self._day is None or day > self._day:
            self._known.clear()
            self._day = day

    def _reached(
        self, number: str, now: _Known, about: tuple[Symbol, str, Side | None]
    ) -> NewFill | None:
        before = self._known.get(number, _NOTHING)
        if now.quantity <= before.quantity:
            return None
        self._known[number] = now
        amount = None
        if now.amount is not None and before.amount is not None:
            amount = now.amount - before.amount
        return NewFill(number, *about, now.quantity - before.quantity, amount)
