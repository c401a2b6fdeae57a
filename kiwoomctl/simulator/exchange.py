"""The exchange core: clock, market, accounts, orders and fills, and no wire.

Purpose: the one truth of a simulated server. Wire adapters and the control plane
read it; tests compare with it.

Invariants:

- Given the same seed, day and options, the same accounts; ``reset`` brings them back.
- Orders are keyed by (account, trading day, number); numbers rise through a day over
  all accounts of the server and begin again with the next trading day.
- ``revision`` rises with every change worth keeping on disk.

The core is not locked: ``host`` lets one request in at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from kiwoomctl.simulator.account import (
    Account,
    CashFigures,
    Side,
    Valuation,
    merge_by_holding,
    total_assets,
)
from kiwoomctl.simulator.clock import SimulatedClock
from kiwoomctl.simulator.costs import cost_rules
from kiwoomctl.simulator.market import Market
from kiwoomctl.simulator.portfolios import opening_account

Environment = Literal["mock", "real"]
OrderAction = Literal["new", "modify", "cancel"]


@dataclass(frozen=True, slots=True)
class Order:
    """One order as the exchange keeps it; replaced, never changed."""

    appkey: str
    trading_day: date
    number: int
    symbol: str
    side: Side
    action: OrderAction
    order_type: str
    """The broker's type code: 0 limit, 3 market, and so on."""
    quantity: int
    price: int
    """Won per share; 0 without a price."""
    exchange: str
    """KRX, NXT or SOR."""
    accepted_at: datetime
    original: int = 0
    """The order that this one modifies or cancels; 0 for none."""
    root: int = 0
    """The first order of the chain; 0 for none."""
    stop_price: int = 0
    channel: str = "REST API"
    filled: int = 0
    """Shares."""
    filled_amount: int = 0
    """Won."""
    cancelled: int = 0
    """Shares that will not be filled: cancelled, modified away, refused or expired."""
    commission: int = 0
    tax: int = 0
    seen_from: datetime | None = None
    """The moment from which lists show it; None for at once."""

    @property
    def remaining(self) -> int:
        """Shares still open."""
        return self.quantity - self.filled - self.cancelled


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of an order."""

    appkey: str
    trading_day: date
    order_number: int
    number: int
    symbol: str
    side: Side
    quantity: int
    price: int
    commission: int
    tax: int
    filled_at: datetime


@dataclass(frozen=True, slots=True)
class Seed:
    """What an exchange is made from."""

    accounts: int
    positions: int
    seed: int
    environment: Environment
    moving_prices: bool


@dataclass(slots=True)
class Exchange:
    """One simulated server's books."""

    seed: Seed
    clock: SimulatedClock
    market: Market = field(init=False)
    seed_day: date = field(init=False)
    accounts: dict[str, Account] = field(init=False)
    """By app key, in account order."""
    orders: list[Order] = field(init=False)
    fills: list[Fill] = field(init=False)
    revision: int = 0

    def __post_init__(self) -> None:
        self.market = Market(self.seed.seed, moving=self.seed.moving_prices)
        self.reseed(self.clock.today())

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

    def reset(self) -> None:
        """Begin again: clock, prices, accounts, orders."""
        self.clock.restart()
        self.market.pins.clear()
        self.reseed(self.clock.today())
        self.revision += 1

    def opening_account(self, number: int) -> Account:
        """Return an account, counted from 1, as the seed gives it."""
        return opening_account(
            number,
            positions=self.seed.positions,
            seed=self.seed.seed,
            business_day=self.seed_day,
            costs=cost_rules(self.seed.environment),
        )

    def pin_price(self, symbol: str, price: int | None) -> None:
        """Hold the price of a listed symbol in won; None lets it go."""
        self.market.pin(symbol, price)
        self.revision += 1

    def set_clock(self, moment: datetime) -> None:
        """Jump to an aware moment."""
        self.clock.set(moment)
        self.revision += 1

    def cash(self, account: Account, business_day: date) -> CashFigures:
        """Return an account's cash of a business day in won."""
        return account.cash(business_day, self._reserved_cash(account, business_day))

    def rows(
        self, account: Account, moment: datetime, *, at_previous_close: bool = False
    ) -> list[Valuation]:
        """Return an account's lots as the balance shows them, one row each."""
        business_day = self.clock.today()

        def resting(symbol: str) -> int:
            return self._resting_shares(account, symbol, business_day)

        return account.valuations(
            self.market,
            cost_rules(self.seed.environment),
            moment,
            business_day=business_day,
            reserved_shares=resting,
            at_previous_close=at_previous_close,
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

    def _open_orders(self, account: Account, side: Side, day: date) -> list[Order]:
        return [
            order
            for order in self.orders
            if order.appkey == account.appkey
            and order.trading_day == day
            and order.side == side
            and order.action != "cancel"
            and order.remaining > 0
        ]

    def _reserved_cash(self, account: Account, day: date) -> int:
        if not self.orders:
            return 0
        costs = cost_rules(self.seed.environment)
        amounts = (o.price * o.remaining for o in self._open_orders(account, "buy", day))
        return sum(amount + costs.commission(amount) for amount in amounts)

    def _resting_shares(self, account: Account, symbol: str, day: date) -> int:
        if not self.orders:
            return 0
        sells = self._open_orders(account, "sell", day)
        return sum(order.remaining for order in sells if order.symbol == symbol)


@dataclass(frozen=True, slots=True)
class AccountState:
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
