"""One simulated account: its lots, its cash over settlement, and what they are worth.

Invariants:

- Cash is a ledger: the deposit of a day is the opening deposit plus every flow
  settled by then. Nothing changes when a day passes; figures follow from the date.
- A trade moves shares at once and money two trading days later.
- Several lots may share one (symbol, credit type, loan date); a row of the wire
  is one lot, a holding of the account is their sum.
- Figures hold to the won: value = price x quantity, profit = value - cost -
  commissions - tax, computed per lot and then summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, NamedTuple

from kiwoomctl.domain.sessions import add_trading_days
from kiwoomctl.simulator.costs import CostRules
from kiwoomctl.simulator.market import Market

CASH_CREDIT_TYPE = "00"
CREDIT_LOAN = "03"

Side = Literal["buy", "sell"]
LotKey = tuple[str, str, date | None]

_CENT = Decimal("0.01")
_WON = Decimal(1)
# Of the price of shares bought on credit, so many hundredths are lent.
_LOAN_SHARE = 60


class Lot(NamedTuple):
    """Shares of one symbol bought in one way."""

    symbol: str
    quantity: int
    """Whole shares; 0 for a lot sold out today."""
    cost: int
    """Won paid for them, without commission."""
    credit_type: str = CASH_CREDIT_TYPE
    loan_date: date | None = None
    closed_on: date | None = None
    """The day on which the last share was sold; None while shares are left."""
    pledged: int = 0
    """Shares that cannot be sold."""

    @property
    def key(self) -> LotKey:
        """What makes two lots one holding."""
        return (self.symbol, self.credit_type, self.loan_date)


class Trade(NamedTuple):
    """A fill as the account books it: shares now, money at settlement."""

    symbol: str
    side: Side
    quantity: int
    price: int
    """Won per share."""
    trade_date: date
    settle_date: date
    commission: int
    tax: int
    cost: int = 0
    """Won paid for the shares of a sale, without commission; 0 for a buy."""
    exchange: str = "KRX"
    channel: str = ""

    @property
    def amount(self) -> int:
        """Won traded, before any cost."""
        return self.price * self.quantity

    @property
    def realized(self) -> int:
        """Profit of a sale in won, after the costs of selling; 0 for a buy."""
        if self.side == "buy":
            return 0
        return self.amount - self.cost - self.commission - self.tax

    @property
    def flow(self) -> int:
        """Won that move at settlement; negative for a buy."""
        if self.side == "buy":
            return -(self.amount + self.commission)
        return self.amount - self.commission - self.tax


class CashFigures(NamedTuple):
    """Cash of one day in won; negative means owed."""

    deposit: int
    deposit_d1: int
    deposit_d2: int
    orderable: int
    withdrawable: int
    buys_d1: int
    """Won to be paid for buys on the next settlement day; the others alike."""
    sales_d1: int
    buys_d2: int
    sales_d2: int
    reserved: int
    """Won held back for buys that are open or not yet settled."""


class Valuation(NamedTuple):
    """One lot, or the sum of several, at the present price; won and shares."""

    symbol: str
    name: str
    credit_type: str
    loan_date: date | None
    quantity: int
    sellable_quantity: int
    price: int
    base_price: int
    cost: int
    market_value: int
    """Price x quantity, before any cost."""
    buy_commission: int
    sell_commission: int
    tax: int

    @property
    def pnl(self) -> int:
        """Profit in won after the estimated costs of both legs."""
        return self.market_value - self.cost - self.commissions - self.tax

    @property
    def commissions(self) -> int:
        """Commission of both legs in won."""
        return self.buy_commission + self.sell_commission

    @property
    def net_value(self) -> int:
        """Value in won after the estimated costs of both legs."""
        return self.market_value - self.commissions - self.tax

    @property
    def average_price(self) -> int:
        """Cost per share, rounded to whole won; 0 without shares."""
        return rounded_average(self.cost, self.quantity)

    @property
    def pnl_rate(self) -> Decimal:
        """Profit in percent of the cost."""
        return percent(self.pnl, self.cost)


class Account:
    """The books of one account; one app key opens it."""

    def __init__(
        self,
        *,
        appkey: str,
        secretkey: str,
        number: str,
        owner: str,
        label: str,
        opening_deposit: int,
        lots: Iterable[Lot] = (),
        trades: Iterable[Trade] = (),
        touched: bool = False,
        broker: str = "kiwoom",
    ) -> None:
        """Open the books.

        Args:
            appkey: Opens it, with the secret key.
            secretkey: As secret as a real one would be.
            number: 10 digits; the last two are the product class.
            owner: Whose it is.
            label: What it is, for people.
            opening_deposit: Won that were settled before the first trade kept here.
            lots: What it holds.
            trades: What moves its cash.
            touched: Whether anything differs from what the seed gave.
            broker: Whose wire opens it.
        """
        self.appkey = appkey
        self.secretkey = secretkey
        self.number = number
        self.owner = owner
        self.label = label
        self.opening_deposit = opening_deposit
        self.lots = list(lots)
        self.trades = list(trades)
        self.touched = touched
        self.broker = broker

    def changed(self, **values: Any) -> Account:
        """Return a copy with other values, by the names with which it is made."""
        return Account(**{**vars(self), **values})

    def values(self) -> dict[str, Any]:
        """Return what it is made of, by the names with which it is made."""
        return dict(vars(self))

    def cash(self, business_day: date, reserved_by_orders: int = 0) -> CashFigures:
        """Return the cash of a business day in won, less what open buys hold back."""
        first, second = add_trading_days(business_day, 1), add_trading_days(business_day, 2)
        deposit = self.opening_deposit
        flows = {"buy": {first: 0, second: 0}, "sell": {first: 0, second: 0}}
        for trade in self.trades:
            if trade.settle_date <= business_day:
                deposit += trade.flow
            elif trade.settle_date <= second:
                flows[trade.side][trade.settle_date] += abs(trade.flow)
        deposit_d1 = deposit + flows["sell"][first] - flows["buy"][first]
        deposit_d2 = deposit_d1 + flows["sell"][second] - flows["buy"][second]
        safest = min(deposit, deposit_d1, deposit_d2) - reserved_by_orders
        return CashFigures(
            deposit=deposit,
            deposit_d1=deposit_d1,
            deposit_d2=deposit_d2,
            orderable=deposit_d2 - reserved_by_orders,
            withdrawable=max(0, safest),
            buys_d1=flows["buy"][first],
            sales_d1=flows["sell"][first],
            buys_d2=flows["buy"][second],
            sales_d2=flows["sell"][second],
            reserved=flows["buy"][first] + flows["buy"][second] + reserved_by_orders,
        )

    def quantity_traded(self, symbol: str, side: Side, day: date) -> int:
        """Return the shares of a symbol bought or sold on a day."""
        return sum(
            trade.quantity
            for trade in self.trades
            if trade.symbol == symbol and trade.side == side and trade.trade_date == day
        )

    def valuations(
        self,
        market: Market,
        costs: CostRules,
        moment: datetime,
        *,
        business_day: date,
        reserved_shares: Callable[[str], int] = lambda _symbol: 0,
        at_previous_close: bool = False,
        sold_out_since: date | None = None,
    ) -> list[Valuation]:
        """Return one row per lot in the account's order, sold-out lots of today included.

        Args:
            market: Where the prices come from.
            costs: The charges of the environment.
            moment: Aware; the prices of this moment.
            business_day: The day on which sold-out lots still show.
            reserved_shares: Shares of a symbol that resting sell orders hold back.
            at_previous_close: Value everything at the base price instead.
            sold_out_since: Show lots sold out since this day; None for the business day.
        """
        rows = []
        held_back: dict[str, int] = {}
        for lot in self.lots:
            if lot.quantity == 0 and not _shows(lot, sold_out_since or business_day, business_day):
                continue
            instrument = market.find(lot.symbol)
            if instrument is None:
                continue
            base = market.base_price(lot.symbol, moment)
            price = base if at_previous_close else market.price(lot.symbol, moment)
            value = price * lot.quantity
            if lot.symbol not in held_back:
                held_back[lot.symbol] = reserved_shares(lot.symbol)
            free = lot.quantity - lot.pledged
            # Cash orders sell no shares that were bought on credit.
            sells = lot.credit_type == CASH_CREDIT_TYPE
            taken = min(free, held_back[lot.symbol]) if sells else 0
            held_back[lot.symbol] -= taken
            rows.append(
                Valuation(
                    symbol=lot.symbol,
                    name=instrument.name,
                    credit_type=lot.credit_type,
                    loan_date=lot.loan_date,
                    quantity=lot.quantity,
                    sellable_quantity=free - taken,
                    price=price,
                    base_price=base,
                    cost=lot.cost,
                    market_value=value,
                    buy_commission=costs.commission(lot.cost),
                    sell_commission=costs.commission(value),
                    tax=costs.sales_tax(value, instrument),
                )
            )
        return rows

    def loans(self) -> int:
        """Return what was borrowed for shares, in won."""
        return sum(
            lot.cost * _LOAN_SHARE // 100 for lot in self.lots if lot.credit_type == CREDIT_LOAN
        )


def _shows(lot: Lot, first: date, last: date) -> bool:
    """Tell whether a lot was sold out between two days."""
    return lot.closed_on is not None and first <= lot.closed_on <= last


def total_assets(cash: CashFigures, rows: Iterable[Valuation], loans: int) -> int:
    """Return 추정예탁자산 in won: D+2 cash and values after the costs of selling, less loans."""
    value = sum(row.market_value - row.sell_commission - row.tax for row in rows)
    return cash.deposit_d2 + value - loans


def merge_by_holding(rows: Iterable[Valuation]) -> list[Valuation]:
    """Sum the rows of each (symbol, credit type, loan date); rows without shares fall away."""
    merged: dict[LotKey, Valuation] = {}
    for row in rows:
        if row.quantity == 0:
            continue
        key = (row.symbol, row.credit_type, row.loan_date)
        before = merged.get(key)
        merged[key] = (
            row
            if before is None
            else before._replace(
                quantity=before.quantity + row.quantity,
                sellable_quantity=before.sellable_quantity + row.sellable_quantity,
                cost=before.cost + row.cost,
                market_value=before.market_value + row.market_value,
                buy_commission=before.buy_commission + row.buy_commission,
                sell_commission=before.sell_commission + row.sell_commission,
                tax=before.tax + row.tax,
            )
        )
    return list(merged.values())


def percent(part: int, whole: int, places: Decimal = _CENT) -> Decimal:
    """Return part / whole in percent, rounded half up; 0 of nothing."""
    if whole == 0:
        return Decimal(0).quantize(places)
    return (Decimal(part) * 100 / Decimal(whole)).quantize(places, ROUND_HALF_UP)


def rounded_average(cost: int, quantity: int) -> int:
    """Return the price per share in whole won, rounded half up; 0 without shares."""
    if quantity == 0:
        return 0
    return int((Decimal(cost) / quantity).quantize(_WON, ROUND_HALF_UP))
