"""What each simulated account holds at the start, made from the seed.

The first three accounts begin with a hand-made portfolio of one Korean investor
(general, ISA, pension savings); everything beyond five positions, and every
further account, is drawn. Any two accounts share some symbols.

From about twenty positions on, some accounts hold one symbol twice (cash and
credit) and one holding in two lots. A positions count is the number of distinct
(symbol, credit type, loan date); a symbol sold out today comes on top.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from kiwoomctl.domain.sessions import add_trading_days, settlement_date
from kiwoomctl.simulator.account import CREDIT_LOAN, Account, Lot, Side, Trade
from kiwoomctl.simulator.costs import CostRules
from kiwoomctl.simulator.demo import (
    DEMO_ACCOUNTS,
    KIS_PRODUCTS,
    simulated_appkey,
    simulated_secretkey,
    simulated_stem,
)
from kiwoomctl.simulator.instruments import Instrument, instruments

MOST_POSITIONS = 500
MOST_ACCOUNTS = 999

_PRODUCT_CLASSES = ("11", "31", "41")
_OWNERS = ("김영희", "이철수", "박민준", "최서연", "정하윤", "강도현", "조은우", "윤지아", "임수빈")
_TWIN_LOTS_FROM = 20
_PLEDGE_FROM = 8
_WELL_KNOWN_MOST = 100
# What was paid for shares that are all sold, in hundredths of what they brought.
_SOLD_OUT_COST = 88


class _Start(NamedTuple):
    """A hand-made holding: shares and the won paid for them."""

    symbol: str
    quantity: int
    cost: int


class _StartTrade(NamedTuple):
    """A hand-made trade; days counts trading days back from today."""

    symbol: str
    side: Side
    quantity: int
    days: int


class _StartAccount(NamedTuple):
    deposit: int
    holdings: tuple[_Start, ...]
    trades: tuple[_StartTrade, ...]
    sold_out: str | None


_HAND_MADE = (
    _StartAccount(
        deposit=3_284_530,
        holdings=(
            _Start("005930", 42, 7_658_990),
            _Start("000660", 3, 2_914_500),
            _Start("005380", 8, 2_031_200),
            _Start("035420", 11, 3_018_650),
            _Start("069500", 35, 1_527_415),
        ),
        trades=(
            _StartTrade("005380", "buy", 2, 1),
            _StartTrade("035420", "sell", 3, 0),
            _StartTrade("035720", "sell", 15, 0),
        ),
        sold_out="035720",
    ),
    _StartAccount(
        deposit=1_412_780,
        holdings=(
            _Start("360750", 187, 3_604_210),
            _Start("005930", 12, 3_301_500),
            _Start("105560", 26, 2_187_640),
            _Start("088980", 240, 2_956_800),
            _Start("458730", 310, 3_762_450),
        ),
        trades=(_StartTrade("360750", "buy", 20, 0),),
        sold_out=None,
    ),
    _StartAccount(
        deposit=1_318_910,
        holdings=(
            _Start("379800", 412, 7_043_180),
            _Start("133690", 38, 4_981_730),
            _Start("069500", 64, 2_604_800),
            _Start("153130", 21, 2_331_640),
            _Start("305720", 55, 1_327_200),
        ),
        trades=(_StartTrade("153130", "buy", 1, 1),),
        sold_out=None,
    ),
)


def opening_account(
    number: int,
    *,
    positions: int,
    seed: int,
    business_day: date,
    costs: CostRules,
    broker: str = "kiwoom",
) -> Account:
    """Return the account of this number (from 1) as the seed has it on that day."""
    products = _PRODUCT_CLASSES if broker == "kiwoom" else KIS_PRODUCTS
    # Reproducible portfolios are the point; nothing here is secret.
    rng = Random(seed * 1_000 + number)  # noqa: S311
    account = Account(
        appkey=simulated_appkey(number),
        secretkey=simulated_secretkey(number),
        number=f"{simulated_stem(seed, number)}{products[(number - 1) % 3]}",
        owner=_OWNERS[(number - 1) // 3 % len(_OWNERS)],
        label=DEMO_ACCOUNTS[(number - 1) % 3].label,
        opening_deposit=rng.randrange(300, 30_000) * 1_000 + rng.randrange(1_000),
        broker=broker,
    )
    book = _Book(account, rng, business_day, costs)
    if number <= len(_HAND_MADE):
        book.add_hand_made(_HAND_MADE[number - 1], positions)
    book.draw_up_to(positions, number)
    if positions > 0:
        book.draw_trades(number)
    return account


class _Book:
    """An account while it is being filled."""

    def __init__(self, account: Account, rng: Random, today: date, costs: CostRules) -> None:
        self.account = account
        self.rng = rng
        self.today = today
        self.costs = costs
        self.listed = instruments()

    def add_hand_made(self, start: _StartAccount, positions: int) -> None:
        """Take over the hand-made part, as many holdings as wanted."""
        self.account.opening_deposit = start.deposit
        kept = start.holdings[:positions]
        self.account.lots.extend(Lot(row.symbol, row.quantity, row.cost) for row in kept)
        symbols = {row.symbol for row in kept}
        if start.sold_out is not None and kept:
            self._sell_out(start.sold_out)
            symbols.add(start.sold_out)
        for row in start.trades:
            if row.symbol in symbols:
                self._trade(row.symbol, row.side, row.quantity, row.days)

    def draw_up_to(self, positions: int, number: int) -> None:
        """Draw further holdings until there are that many distinct ones."""
        held = {lot.symbol for lot in self.account.lots}
        missing = positions - len({lot.key for lot in self.account.lots if lot.quantity})
        if missing <= 0:
            return
        twins = 2 if positions >= _TWIN_LOTS_FROM and number % 3 != 0 else 0
        drawn = [self._lot(symbol) for symbol in self._symbols(missing - twins, held)]
        lots = self.account.lots
        lots.extend(drawn)
        for lot in drawn[:twins]:
            loan_date = self.today - timedelta(days=self.rng.randrange(10, 80))
            quantity = max(1, lot.quantity // 3)
            credit = Lot(
                lot.symbol,
                quantity,
                lot.cost * quantity // lot.quantity + self.rng.randrange(50),
                credit_type=CREDIT_LOAN,
                loan_date=loan_date,
            )
            lots.append(credit)
        if positions >= _TWIN_LOTS_FROM:
            # The same holding as two rows: one of cash, and one of credit where there is any.
            for lot in (drawn[-1], *(lots[-1:] if twins else ())):
                again = self.rng.randrange(1, 9)
                cost = lot.cost * again // lot.quantity + self.rng.randrange(20)
                lots.append(lot._replace(quantity=again, cost=cost))
        if positions >= _PLEDGE_FROM:
            spot = self.rng.randrange(len(lots))
            lots[spot] = lots[spot]._replace(pledged=lots[spot].quantity // 2)

    def draw_trades(self, number: int) -> None:
        """Draw trades of the last days, so that the three deposits differ."""
        own = [lot for lot in self.account.lots if lot.quantity and lot.loan_date is None]
        if number > len(_HAND_MADE) and number % 2 == 0:
            held = {lot.symbol for lot in self.account.lots}
            gone = next(symbol for symbol in self._symbols(5, held) if symbol not in held)
            self._sell_out(gone)
            self._trade(gone, "sell", self.rng.randrange(1, 30), 0)
        for lot in own[5:12] if number <= len(_HAND_MADE) else own[:4]:
            days = self.rng.randrange(2)
            self._trade(lot.symbol, "buy", max(1, lot.quantity // 4), days)
        if not own[5:] and number <= len(_HAND_MADE):
            return
        paid = sum(-trade.flow for trade in self.account.trades if trade.side == "buy")
        if number > len(_HAND_MADE) and number % 7 == 6:  # noqa: PLR2004 - a few of many
            # More bought than there is money for: the D+2 deposit is negative.
            self.account.opening_deposit = paid // 3
        else:
            self.account.opening_deposit += paid

    def _symbols(self, count: int, held: set[str]) -> list[str]:
        names = [symbol for symbol in self.listed if symbol not in held]
        known = [symbol for symbol in names if not _is_invented_company(self.listed[symbol])]
        invented = [symbol for symbol in names if _is_invented_company(self.listed[symbol])]
        from_known = min(count, len(known), _WELL_KNOWN_MOST)
        chosen = self.rng.sample(known, from_known)
        chosen += self.rng.sample(invented, count - from_known)
        return chosen

    def _lot(self, symbol: str) -> Lot:
        reference = self.listed[symbol].reference_price
        quantity = max(1, self.rng.randrange(300_000, 8_000_000) // reference)
        paid = reference * self.rng.randrange(650, 1_550) // 1_000
        return Lot(symbol, quantity, quantity * paid + self.rng.randrange(quantity))

    def _sell_out(self, symbol: str) -> None:
        self.account.lots.append(Lot(symbol, 0, 0, closed_on=self.today))

    def _trade(self, symbol: str, side: Side, quantity: int, days: int) -> None:
        price = self.listed[symbol].reference_price
        amount = price * quantity
        trade_date = add_trading_days(self.today, -days)
        self.account.trades.append(
            Trade(
                symbol=symbol,
                side=side,
                quantity=quantity,
                price=price,
                trade_date=trade_date,
                settle_date=settlement_date(trade_date),
                commission=self.costs.commission(amount),
                tax=self.costs.sales_tax(amount, self.listed[symbol]) if side == "sell" else 0,
                cost=self._paid_for(symbol, quantity, amount) if side == "sell" else 0,
            )
        )

    def _paid_for(self, symbol: str, quantity: int, amount: int) -> int:
        """Return what sold shares had cost: as much a share as those that are left."""
        left = next((x for x in self.account.lots if x.symbol == symbol and x.quantity), None)
        if left is None:
            return amount * _SOLD_OUT_COST // 100
        return left.cost * quantity // left.quantity


def _is_invented_company(instrument: Instrument) -> bool:
    return instrument.symbol.startswith("9") and instrument.name.startswith("시뮬")
