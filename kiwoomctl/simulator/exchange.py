"""The exchange core: clock, market, accounts, orders and fills, and no wire.

Purpose: the one truth of a simulated server. Wire adapters and the control plane
read it; tests compare with it.

Invariants:

- Given the same seed, day and options, the same accounts; ``reset`` brings them back.
- A server that is started or reset again on one day begins with higher numbers than before,
  so that no client takes its new orders for the old ones.
- Orders are keyed by (account, trading day, number); numbers rise through a day over
  all accounts of the server and begin again with the next trading day.
- ``revision`` rises with every change worth keeping on disk.

The core is not locked: ``host`` lets one request in at a time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from kiwoomctl.domain.clock import KST
from kiwoomctl.simulator.account import (
    Account,
    CashFigures,
    Lot,
    Side,
    Valuation,
    merge_by_holding,
    total_assets,
)
from kiwoomctl.simulator.clock import SimulatedClock
from kiwoomctl.simulator.costs import cost_rules
from kiwoomctl.simulator.market import Market
from kiwoomctl.simulator.orderbook import Liquidity
from kiwoomctl.simulator.orders import (
    Fill,
    Order,
    OrderAction,
    OrderRequest,
    PlannedRejection,
    Postponed,
)
from kiwoomctl.simulator.portfolios import opening_account

if TYPE_CHECKING:
    from kiwoomctl.simulator.desk import Desk
    from kiwoomctl.simulator.passage import Passage

__all__ = ["AccountState", "Environment", "Exchange", "Fill", "Order", "OrderAction", "Seed"]

Environment = Literal["mock", "real"]

_KEPT_LOTS = 50
_FIRST_NUMBER = 701
_NUMBERS_A_SECOND = 11


class Seed(NamedTuple):
    """What an exchange is made from."""

    accounts: int
    positions: int
    seed: int
    environment: Environment
    moving_prices: bool
    kis: frozenset[int] = frozenset()
    """The accounts, counted from 1, that KIS holds; Kiwoom holds the others."""


class Exchange:
    """One simulated server's books."""

    seed_day: date
    accounts: dict[str, Account]
    """By app key, in account order."""
    orders: list[Order]
    fills: list[Fill]
    postponed: list[Postponed]
    planned_rejections: list[PlannedRejection]
    # Orders before this place are closed for good.
    _closed_up_to: int
    _earlier_lots: dict[str, list[tuple[datetime, tuple[Lot, ...]]]]

    def __init__(self, seed: Seed, clock: SimulatedClock) -> None:
        self.seed = seed
        self.clock = clock
        self.market = Market(seed.seed, moving=seed.moving_prices)
        self.liquidity = Liquidity(self.market)
        self.advanced_to: datetime | None = None
        """Up to when orders have lived; None for not at all."""
        self.revision = 0
        self._desk: Desk | None = None
        self.first_number = self._number_of_now()
        """Where the order numbers of a day begin."""
        self.reseed(clock.today())

    def reseed(self, day: date) -> None:
        """Put every account back to what the seed gives on that business day."""
        self.seed_day = day
        self.accounts = {
            account.appkey: account
            for account in (
                self.opening_account(number) for number in range(1, self.seed.accounts + 1)
            )
        }
        self.orders = []
        self.fills = []
        self.postponed = []
        self.planned_rejections = []
        self._closed_up_to = 0
        self._earlier_lots = {}

    def reset(self) -> None:
        """Begin again: clock, prices, accounts, orders."""
        self.clock.restart()
        self.market.pins.clear()
        self.liquidity.clear()
        self.advanced_to = None
        given = (order.number for order in self.orders)
        self.first_number = max(self.first_number, self._number_of_now(), *given) + 1
        self.reseed(self.clock.today())
        self.revision += 1

    def _number_of_now(self) -> int:
        """Return a number that rises with the machine's time of day, below 1,000,000."""
        now = self.clock.machine.now().astimezone(KST)
        second = (now.hour * 60 + now.minute) * 60 + now.second
        return _FIRST_NUMBER + second * _NUMBERS_A_SECOND

    def opening_account(self, number: int) -> Account:
        """Return an account, counted from 1, as the seed gives it."""
        return opening_account(
            number,
            positions=self.seed.positions,
            seed=self.seed.seed,
            business_day=self.seed_day,
            costs=cost_rules(self.seed.environment),
            broker="kis" if number in self.seed.kis else "kiwoom",
        )

    def pin_price(self, symbol: str, price: int | None) -> None:
        """Hold the price of a listed symbol in won; None lets it go."""
        self.advance()
        self.market.pin(symbol, price)
        self.revision += 1
        if self.open_orders():
            self._passage().price_moved(symbol, self.clock.now())

    def set_clock(self, moment: datetime) -> None:
        """Jump to an aware moment; orders live through what lies between."""
        self.clock.set(moment)
        self.revision += 1
        self.advance()

    @property
    def desk(self) -> Desk:
        """The order desk; made when it is first needed."""
        if self._desk is None:
            from kiwoomctl.simulator.desk import Desk

            self._desk = Desk(self)
        return self._desk

    def submit(self, request: OrderRequest) -> Order:
        """Take an order now.

        Raises:
            OrderRefused: it is not taken; nothing has changed.
        """
        return self.desk.submit(request, self.clock.now())

    def advance(self) -> None:
        """Let everything happen that time brings to orders, up to now."""
        now = self.clock.now()
        if self.postponed or self.open_orders():
            since = self.advanced_to or now
            self._passage().pass_time(since, now, self.clock.machine.now().timestamp())
        self.advanced_to = now

    def cash(self, account: Account, business_day: date) -> CashFigures:
        """Return an account's cash of a business day in won."""
        return account.cash(business_day, self._reserved_cash(account, business_day))

    def rows(
        self,
        account: Account,
        moment: datetime,
        *,
        at_previous_close: bool = False,
        sold_out_since: date | None = None,
    ) -> list[Valuation]:
        """Return an account's lots as the balance shows them, one row each."""
        business_day = self.clock.today()

        def resting(symbol: str) -> int:
            return self.resting_shares(account, symbol, business_day)

        return account.valuations(
            self.market,
            cost_rules(self.seed.environment),
            moment,
            business_day=business_day,
            reserved_shares=resting,
            at_previous_close=at_previous_close,
            sold_out_since=sold_out_since,
        )

    def orders_of(self, account: Account, day: date, moment: datetime) -> list[Order]:
        """Return an account's orders of a trading day that lists show by now, oldest first."""
        return [
            order
            for order in self.orders
            if order.appkey == account.appkey
            and order.trading_day == day
            and (order.seen_from is None or order.seen_from <= moment)
        ]

    def _passage(self) -> Passage:
        from kiwoomctl.simulator.passage import Passage

        return Passage(self.desk)

    def orders_on(self, day: date) -> list[Order]:
        """Return every order of a trading day, whether lists show it or not, oldest first."""
        return [order for order in self.orders if order.trading_day == day]

    def open_orders(self) -> list[Order]:
        """Return every order of which something can still be filled, oldest first."""
        orders = self.orders
        place = min(self._closed_up_to, len(orders))
        while place < len(orders) and not orders[place].is_open:
            place += 1
        self._closed_up_to = place
        return [order for order in orders[place:] if order.is_open]

    def replace_orders(self, orders: list[Order], fills: list[Fill]) -> None:
        """Take over orders and fills kept on disk."""
        self.orders = orders
        self.fills = fills
        self._closed_up_to = 0

    def held_cash(self, order: Order) -> int:
        """Return the won that an open buy holds back, its commission included."""
        costs = cost_rules(self.seed.environment)
        amount = order.held_price * order.remaining
        charged = costs.commission(order.filled_amount)
        return amount + costs.commission(order.filled_amount + amount) - charged

    def resting_shares(self, account: Account, symbol: str, day: date) -> int:
        """Return the shares of a symbol that an account's open sells hold back."""
        if not self.orders:
            return 0
        sells = self._open_orders(account, "sell", day)
        return sum(order.remaining for order in sells if order.symbol == symbol)

    def remember_lots(self, account: Account, moment: datetime) -> None:
        """Keep an account's lots as they are, before a fill changes them."""
        kept = self._earlier_lots.setdefault(account.appkey, [])
        kept.append((moment, tuple(account.lots)))
        del kept[:-_KEPT_LOTS]

    def lots_before(self, account: Account, moment: datetime) -> list[Lot]:
        """Return an account's lots as they were at a moment not long ago."""
        for changed_at, lots in self._earlier_lots.get(account.appkey, ()):
            if changed_at > moment:
                return list(lots)
        return list(account.lots)

    def _open_orders(self, account: Account, side: Side, day: date) -> list[Order]:
        return [
            order
            for order in self.orders
            if order.appkey == account.appkey
            and order.trading_day == day
            and order.side == side
            and order.is_open
        ]

    def _reserved_cash(self, account: Account, day: date) -> int:
        if not self.orders:
            return 0
        return sum(map(self.held_cash, self._open_orders(account, "buy", day)))


class AccountState(NamedTuple):
    """One account as a whole, for whoever compares; holdings summed, sold-out ones left out."""

    account: Account
    cash: CashFigures
    holdings: list[Valuation]
    total_assets: int


def account_state(exchange: Exchange, account: Account) -> AccountState:
    """Return the truth about an account at this moment."""
    moment = exchange.clock.now()
    cash = exchange.cash(account, exchange.clock.today())
    rows = exchange.rows(account, moment)
    return AccountState(
        account=account,
        cash=cash,
        holdings=merge_by_holding(rows),
        total_assets=total_assets(cash, rows, account.loans()),
    )
