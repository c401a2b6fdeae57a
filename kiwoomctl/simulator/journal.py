"""What has happened to orders, told from the exchange's own records.

The exchange keeps no events: its orders and fills are the only truth, whoever wrote them, be
it another process through the file on disk. A journal knows how far it has looked and tells
what is new since, in the order in which it happened; an order ends in silence when its day
does. Whoever never asks pays nothing, and an order is no slower for it.

The caller holds the host's lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from kiwoomctl.simulator.account import CASH_CREDIT_TYPE, Account, Lot
from kiwoomctl.simulator.orders import AT_ONCE_TYPES, Fill, Order
from kiwoomctl.simulator.positions import book, free_shares

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

Kind = Literal["received", "confirmed", "filled", "cancelled", "rejected"]
_OrderKey = tuple[date, int]


class Holding(NamedTuple):
    """A symbol's cash shares of one account right after a fill; won and shares."""

    symbol: str
    quantity: int
    cost: int
    sellable: int
    net_bought: int
    """Shares bought less shares sold on that day."""
    realized: int
    """Profit of that day's sales after their costs."""
    sold_cost: int
    """What the shares sold on that day had cost."""


class OrderEvent(NamedTuple):
    """One thing that happened to an order."""

    kind: Kind
    order: Order
    """As it stood right after."""
    moment: datetime
    fill: Fill | None = None
    holding: Holding | None = None


@dataclass(slots=True)
class _Books:
    """One account's lots as the journal last saw them, and what its sales of a day brought."""

    account: Account
    realized: dict[tuple[date, str], tuple[int, int]] = field(default_factory=dict)


class Journal:
    """A reader's place in the records of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._books: dict[str, _Books] = {}
        self._open: dict[int, Order] = {}
        self._orders = self._fills = 0
        self._last_order: _OrderKey | None = None
        self._records: list[Order] = []
        self._revision = -1
        self.skip()

    def skip(self) -> None:
        """Take everything up to now as known."""
        self._books.clear()
        self._orders = self._fills = 0
        self._open.clear()
        self._read(tell=False)

    def news(self) -> list[OrderEvent]:
        """Return what has happened since the last call."""
        exchange = self.exchange
        if exchange.orders is self._records and exchange.revision == self._revision:
            return []
        if not self._continues():
            # Begun again: what there is now was there before anybody listened.
            self.skip()
            return []
        return self._read(tell=True)

    def _continues(self) -> bool:
        orders, count = self.exchange.orders, self._orders
        if len(orders) < count or len(self.exchange.fills) < self._fills:
            return False
        return not count or _key(orders[count - 1]) == self._last_order

    def _read(self, *, tell: bool) -> list[OrderEvent]:
        exchange = self.exchange
        orders, fills = exchange.orders, exchange.fills[self._fills :]
        fresh = orders[self._orders :]
        changed = [
            (before, orders[place])
            for place, before in self._open.items()
            if orders[place] is not before
        ]
        holdings = self._booked(fills)
        events: list[OrderEvent] = []
        if tell:
            of_order: dict[_OrderKey, list[tuple[Fill, Holding]]] = {}
            for pair in zip(fills, holdings, strict=True):
                of_order.setdefault((pair[0].trading_day, pair[0].order_number), []).append(pair)
            pairs = [*changed, *((None, order) for order in fresh)]
            stories = [
                list(self._story(before, after, of_order.get(_key(after), ()), fresh))
                for before, after in pairs
            ]
            events = _merged(stories, fills[-1].number + 1 if fills else 0)
        places = [*self._open, *range(self._orders, len(orders))]
        self._open = {place: orders[place] for place in places if orders[place].is_open}
        self._orders, self._fills = len(orders), self._fills + len(fills)
        self._records = orders
        self._last_order = _key(orders[-1]) if orders else None
        self._revision = exchange.revision
        return events

    def _story(
        self,
        before: Order | None,
        after: Order,
        fills: Iterable[tuple[Fill, Holding]],
        fresh: list[Order],
    ) -> Iterable[OrderEvent]:
        """Yield what made an order what it is now."""
        now = before or after._replace(
            filled=0, filled_amount=0, commission=0, tax=0, cancelled=0, closed_as=""
        )
        known = now.cancelled
        if before is None:
            yield OrderEvent("received", now, after.accepted_at)
            if after.action == "cancel":
                yield OrderEvent("confirmed", after, after.accepted_at)
                return
            if after.action == "modify":
                yield OrderEvent("confirmed", now, after.accepted_at)
        for fill, holding in fills:
            # What other orders had taken away from it by then.
            taken = sum(
                other.quantity
                for other in fresh
                if other.original == after.number and other.accepted_at <= fill.filled_at
            )
            now = now._replace(
                filled=now.filled + fill.quantity,
                filled_amount=now.filled_amount + fill.quantity * fill.price,
                commission=now.commission + fill.commission,
                tax=now.tax + fill.tax,
                cancelled=known + taken,
            )
            yield OrderEvent("filled", now, fill.filled_at, fill, holding)
        if after.closed_as == "rejected" and now.closed_as != "rejected":
            yield OrderEvent("rejected", after, now.reject_at or self.exchange.clock.now())
        elif before is None and after.closed_as == "cancelled" and _is_at_once(after):
            yield OrderEvent("cancelled", after, after.accepted_at)

    def _booked(self, fills: list[Fill]) -> list[Holding]:
        """Return the holding after each fill, and keep the books up with them."""
        holdings = []
        for place, fill in enumerate(fills):
            books = self._books_of(fill.appkey)
            day = (fill.trading_day, fill.symbol)
            realized, sold_cost = books.realized.get(day, (0, 0))
            _, cost = _cash_lots(books.account.lots, fill.symbol)
            if fill.side == "sell" and free_shares(books.account, fill.symbol) < fill.quantity:
                # Somebody has changed the account by hand: begin from what it is.
                books.account.lots = list(self.exchange.accounts[fill.appkey].lots)
            else:
                book(
                    books.account,
                    symbol=fill.symbol,
                    side=fill.side,
                    quantity=fill.quantity,
                    price=fill.price,
                    day=fill.trading_day,
                    commission=fill.commission,
                    tax=fill.tax,
                )
            quantity, left = _cash_lots(books.account.lots, fill.symbol)
            if fill.side == "sell":
                proceeds = fill.quantity * fill.price - fill.commission - fill.tax
                realized, sold_cost = realized + proceeds - (cost - left), sold_cost + cost - left
                books.realized[day] = (realized, sold_cost)
            holdings.append(
                self._holding(books.account, fill, fills[place + 1 :])._replace(
                    quantity=quantity, cost=left, realized=realized, sold_cost=sold_cost
                )
            )
        for appkey in {fill.appkey for fill in fills}:
            self._books[appkey].account.lots = list(self.exchange.accounts[appkey].lots)
        return holdings

    def _holding(self, account: Account, fill: Fill, later: list[Fill]) -> Holding:
        exchange = self.exchange
        actual = exchange.accounts[fill.appkey]
        bought = actual.quantity_traded(fill.symbol, "buy", fill.trading_day)
        sold = actual.quantity_traded(fill.symbol, "sell", fill.trading_day)
        after = [f for f in later if (f.appkey, f.symbol) == (fill.appkey, fill.symbol)]
        bought_after = sum(f.quantity for f in after if f.side == "buy")
        sold_after = sum(f.quantity for f in after if f.side == "sell")
        resting = exchange.resting_shares(actual, fill.symbol, fill.trading_day) + sold_after
        return Holding(
            symbol=fill.symbol,
            quantity=0,
            cost=0,
            sellable=max(0, free_shares(account, fill.symbol) - resting),
            net_bought=bought - bought_after - (sold - sold_after),
            realized=0,
            sold_cost=0,
        )

    def _books_of(self, appkey: str) -> _Books:
        """Return an account's books; when first asked, as the seed opened them."""
        books = self._books.get(appkey)
        if books is None:
            exchange = self.exchange
            number = list(exchange.accounts).index(appkey) + 1
            books = self._books[appkey] = _Books(exchange.opening_account(number))
        return books


def _merged(stories: list[list[OrderEvent]], last: int) -> list[OrderEvent]:
    """Return the events of several orders in the order in which they happened.

    Within one moment fills go by their numbers, everything else goes right before the next
    fill of its order, and orders are received in the order of their numbers.
    """
    ranked: list[tuple[datetime, int, OrderEvent]] = []
    soonest = last
    for story in reversed(stories):
        rank = last
        for event in reversed(story):
            if event.fill is not None:
                rank = event.fill.number
            elif event.kind in ("received", "confirmed"):
                rank = soonest = min(rank, soonest)
            ranked.append((event.moment, rank, event))
    ranked.reverse()
    ranked.sort(key=itemgetter(0, 1))
    return [event for _, _, event in ranked]


def _key(order: Order) -> _OrderKey:
    return (order.trading_day, order.number)


def _is_at_once(order: Order) -> bool:
    return order.order_type in AT_ONCE_TYPES


def _cash_lots(lots: Iterable[Lot], symbol: str) -> tuple[int, int]:
    """Return shares and cost in won of a symbol's cash lots."""
    found = [lot for lot in lots if lot.symbol == symbol and lot.credit_type == CASH_CREDIT_TYPE]
    return sum(lot.quantity for lot in found), sum(lot.cost for lot in found)
