"""Accounts to record, without any broker."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import Fill
from kiwoomctl.domain.portfolio import Cash, Holdings, Position
from kiwoomctl.history import NewSnapshot, TradedDay

DAY = date(2026, 11, 20)
ACCOUNT = AccountId("kiwoom", "sim", "8012345611")
OTHER = AccountId("kiwoom", "sim", "8012345622")


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute), KST)


def position(number: int, quantity: int = 10) -> Position:
    price = Decimal(1000 + number)
    return Position(
        symbol=Symbol(f"{number:06}"),
        name=f"종목{number}",
        quantity=quantity,
        sellable_quantity=quantity,
        average_price=price,
        price=price,
        cost=price * quantity,
        market_value=price * quantity,
        unrealized_pnl=Decimal(-7),
        unrealized_pnl_rate=Decimal("-0.01"),
    )


def fill(number: str = "7", quantity: int = 3, commission: int | None = 5) -> Fill:
    return Fill(
        number=number,
        fill_id=None,
        symbol=Symbol("000001"),
        name="종목1",
        side="buy",
        quantity=quantity,
        price=Decimal(1001),
        amount=Decimal(1001 * quantity),
        commission=None if commission is None else Decimal(commission),
        tax=None if commission is None else Decimal(0),
        filled_at=at(10),
    )


def snapshot(
    *,
    account: AccountId = ACCOUNT,
    day: date = DAY,
    as_of: datetime | None = None,
    positions: int = 3,
    cash: int = 1_000_000,
    fills: tuple[Fill, ...] = (),
    realized: int | None = 0,
) -> NewSnapshot:
    held = tuple(position(number) for number in range(1, positions + 1))
    value = sum((one.market_value or Decimal(0) for one in held), Decimal(0))
    amount = Decimal(cash)
    return NewSnapshot(
        account=account,
        profile="isa",
        owner="김영희",
        day=day,
        as_of=as_of or at(20, 35, day),
        cash=Cash(amount, amount, amount, amount, amount),
        holdings=Holdings(held, value + amount),
        traded=(TradedDay(day, fills, None if realized is None else Decimal(realized)),),
    )
