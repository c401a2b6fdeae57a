"""One account as a live feed and full reads together show it.

A full read says everything; the feed moves it on until the next one. Every event carries whole
figures (a quantity that is held, a quantity filled so far), so that one that comes twice, or
that a read knew already, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.domain.live import BalanceNotice, OrderNotice, Trade
from kiwoomctl.domain.portfolio import Cash, Holdings, Position, percent

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.orders import BrokerOrder, Side

_Key = tuple[str, str, str]


class Snapshot(NamedTuple):
    """One full read of an account."""

    cash: Cash
    holdings: Holdings
    open_orders: tuple[BrokerOrder, ...]
    read_at: datetime


class OpenOrder(NamedTuple):
    """An order that waits at the exchange, as far as is known now."""

    number: str
    """Without leading zeros."""
    symbol: Symbol
    name: str
    side: Side | None
    price: Decimal | None
    """KRW per share; None for a type without price."""
    quantity: int | None
    filled_quantity: int | None
    remaining_quantity: int | None


class LivePosition(NamedTuple):
    """A holding at its latest price."""

    position: Position
    change_rate: Decimal | None
    """Percent against the previous close; None until a trade was seen."""
    priced_at: datetime | None
    """When the feed last told a trade; None where the price is that of the read."""


class LiveAccount:
    """Holdings, open orders and cash of one account, moved on by events."""

    def __init__(self) -> None:
        self.cash: Cash | None = None
        self.total_assets: Decimal | None = None
        self.read_at: datetime | None = None
        """When everything was last read; None before the first time."""
        self._positions: dict[_Key, Position] = {}
        self._codes: set[Symbol] = set()
        self._orders: dict[str, OpenOrder] = {}
        self._closed: set[str] = set()
        """Orders that were told to be over since the last read: a notice may come late."""
        self._trades: dict[str, Trade] = {}
        self._at_prices: list[LivePosition] | None = None

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The codes that are held, each once."""
        return tuple(dict.fromkeys(p.symbol for p in self._positions.values()))

    @property
    def orders(self) -> tuple[OpenOrder, ...]:
        """The open orders, the newest last."""
        return tuple(self._orders.values())

    def read(self, snapshot: Snapshot) -> None:
        """Take over what a full read says."""
        self.cash, self.read_at = snapshot.cash, snapshot.read_at
        self.total_assets = snapshot.holdings.total_assets
        self._hold({p.key: p for p in snapshot.holdings.positions})
        self._orders = {order.number: _listed(order) for order in snapshot.open_orders}
        self._closed.clear()
        # A read at the same moment as a trade may be older: the trade stays.
        self._trades = {code: t for code, t in self._trades.items() if code in self._codes}

    def positions(self) -> Sequence[LivePosition]:
        """Return what is held, at the latest prices."""
        if self._at_prices is None:
            self._at_prices = [self._at_price(held) for held in self._positions.values()]
        return self._at_prices

    def trade(self, trade: Trade) -> bool:
        """Take a price; tell whether it is one of a holding."""
        if trade.price is None or trade.symbol not in self._codes:
            return False
        self._trades[trade.symbol] = trade
        self._at_prices = None
        return True

    def balance(self, notice: BalanceNotice) -> None:
        """Take what is held after a fill; costs of it are only known at the next read."""
        held = self._held(notice)
        if notice.quantity is None:
            return
        if notice.quantity <= 0:
            if held is not None:
                self._hold({k: p for k, p in self._positions.items() if k != held.key})
            return
        price = notice.price if held is None else notice.price or held.price
        value = None if price is None else price * notice.quantity
        pnl = None if value is None or notice.cost is None else value - notice.cost
        position = Position(
            symbol=notice.symbol,
            name=notice.name or (held.name if held else ""),
            quantity=notice.quantity,
            sellable_quantity=notice.sellable_quantity,
            average_price=notice.average_price,
            price=price,
            cost=notice.cost,
            market_value=value,
            unrealized_pnl=pnl,
            unrealized_pnl_rate=percent(pnl, notice.cost),
            credit_type=held.credit_type if held else notice.credit_type,
            loan_date=held.loan_date if held else notice.loan_date,
            pnl_basis="gross",
        )
        self._hold({**self._positions, position.key: position})

    def order(self, notice: OrderNotice) -> None:
        """Take what became of an order."""
        if notice.status == "rejected":
            self._close(notice.number)
            return
        if notice.change is not None or notice.original is not None:
            self._change(notice)
            return
        if notice.remaining_quantity is not None and notice.remaining_quantity <= 0:
            self._close(notice.number)
            return
        is_known = notice.number in self._orders or notice.number in self._closed
        if notice.status != "received" or not is_known:
            self._orders[notice.number] = _announced(notice)

    def _close(self, number: str) -> None:
        self._orders.pop(number, None)
        self._closed.add(number)

    def _change(self, notice: OrderNotice) -> None:
        """Take a cancel or a modify: it counts when the exchange has confirmed it."""
        if notice.status not in {"confirmed", "cancelled"}:
            return
        if notice.original is not None:
            self._close(notice.original)
        if notice.change == "modify" and (notice.remaining_quantity or 0) > 0:
            self._orders[notice.number] = _announced(notice)

    def _hold(self, positions: dict[_Key, Position]) -> None:
        self._positions = positions
        self._codes = {position.symbol for position in positions.values()}
        self._at_prices = None

    def _held(self, notice: BalanceNotice) -> Position | None:
        same = [p for p in self._positions.values() if p.symbol == notice.symbol]
        if len(same) == 1:
            return same[0]
        marks = (notice.credit_type or "", notice.loan_date or "")
        return next((p for p in same if p.key[1:] == marks), None)

    def _at_price(self, position: Position) -> LivePosition:
        trade = self._trades.get(position.symbol)
        if trade is None or trade.price is None:
            return LivePosition(position, None, None)
        value = trade.price * position.quantity
        pnl = position.unrealized_pnl
        if pnl is not None and position.market_value is not None:
            # What buying and selling cost stays as the last read estimated it.
            pnl += value - position.market_value
        moved = position._replace(
            price=trade.price,
            market_value=value,
            unrealized_pnl=pnl,
            unrealized_pnl_rate=percent(pnl, position.cost),
        )
        return LivePosition(moved, trade.change_rate, trade.received_at)


def codes(accounts: Iterable[LiveAccount]) -> dict[Symbol, int]:
    """Return every code that is held and the place of the first account that holds it."""
    found: dict[Symbol, int] = {}
    for place, account in enumerate(accounts):
        for symbol in account.symbols:
            found.setdefault(symbol, place)
    return found


def _listed(order: BrokerOrder) -> OpenOrder:
    return OpenOrder(
        number=order.number,
        symbol=order.symbol,
        name=order.name,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        remaining_quantity=order.remaining_quantity,
    )


def _announced(notice: OrderNotice) -> OpenOrder:
    return OpenOrder(
        number=notice.number,
        symbol=notice.symbol,
        name=notice.name,
        side=notice.side,
        price=notice.price,
        quantity=notice.quantity,
        filled_quantity=notice.filled_quantity,
        remaining_quantity=notice.remaining_quantity,
    )
