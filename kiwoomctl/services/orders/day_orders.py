"""Orders and fills of a day over several accounts, ours and those placed elsewhere.

The broker's lists say what there is; the ledger says which of it is ours. A read never begins a
ledger, but what it sees filled is kept where there is one. A ledger that cannot be used costs
the order ids, not the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeVar

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import (
    AttemptId,
    BrokerOrder,
    Exchange,
    Fill,
    OrderType,
    Side,
    whole_number,
)
from kiwoomctl.errors import Busy, StateError
from kiwoomctl.services.accounts import Account, Answers, OnAnswer, ask
from kiwoomctl.services.portfolio import Block, Overview

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.brokers.port_orders import DayFills, DayOrders
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.ledger import Ledger

Source = Literal["kiwoomctl", "api", "other"]
OnTrouble = Callable[[StateError | Busy], None]
"""Is told once per ledger why it cannot be used."""
_API_CHANNEL: Final = "RESTAPI"
_OPEN: Final = frozenset({"open", "partial"})
_Value = TypeVar("_Value", "DayOrders", "DayFills")
_Row = TypeVar("_Row")
_Answer = TypeVar("_Answer")


class ListedAccount(Account, Protocol):
    """An account whose orders and fills can be listed."""

    @property
    def world(self) -> Path:
        """The folder its ledger is in; accounts of other worlds never meet it."""

    def known_id(self) -> AccountId | None:
        """Return whose orders these are; None while the number was never proven."""

    def has_ledger(self) -> bool:
        """Tell whether its world has a ledger, without making one."""

    def ledger(self) -> Ledger:
        """Return the ledger of its world; raises StateError, Busy."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of one account; None where neither the broker nor the ledger says."""

    profile: str
    order_id: str | None
    """Ours; None for an order that kiwoomctl did not send."""
    broker_order_id: str
    original_order_id: str | None
    """The order that this one replaced."""
    symbol: Symbol
    name: str
    side: Side | None
    type: OrderType | None
    price: Decimal | None
    """KRW per share; None for a type without price."""
    quantity: int
    filled_quantity: int
    remaining_quantity: int
    average_fill_price: Decimal | None
    """KRW per share; None without a fill."""
    status: str
    exchange: Exchange | None
    submitted_at: datetime | None
    """By the broker's clock, KST."""
    source: Source | None


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill of one account, or the sum of an order's fills; KRW."""

    profile: str
    broker_order_id: str
    fill_id: str | None
    aggregated: bool
    """Whether this is the sum of the order's fills."""
    symbol: Symbol
    name: str
    side: Side
    quantity: int
    price: Decimal
    """Per share; the average where it is a sum."""
    amount: Decimal
    """Before costs."""
    commission: Decimal | None
    tax: Decimal | None
    filled_at: datetime | None
    """By the broker's clock, KST."""


def orders(
    accounts: Sequence[ListedAccount],
    on_answer: OnAnswer,
    on_trouble: OnTrouble,
    *,
    day: date | None,
    open_only: bool,
) -> Overview[OrderRow, None]:
    """Return the orders of these accounts, the newest of each account first.

    Cancels are no rows of their own: the order that was cancelled says so. An order that was
    modified is there twice, as the closed original and as the one that replaced it.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        on_trouble: is told why a ledger cannot be used.
        day: the trading day, KST; None for today by each broker's clock.
        open_only: only what can still be filled.
    """
    answers = ask(accounts, lambda broker: broker.day_orders(day), on_answer)
    good = _good(accounts, answers)
    books = _Books(on_trouble)
    rows: dict[str, tuple[OrderRow, ...]] = {}
    for account, listed in good:
        claims = books.claims(account, listed.day)
        rows[account.name] = tuple(
            _order_row(account.name, order, claims)
            for order in sorted(listed.orders, key=_age, reverse=True)
            if order.change != "cancel" and (order.status in _OPEN or not open_only)
        )
    for account, listed in good:
        filled = [fill for order in listed.orders if (fill := _filled_of(order)) is not None]
        books.store(account, listed.day, filled)
    return _overview(accounts, answers, rows)


def fills(
    accounts: Sequence[ListedAccount],
    on_answer: OnAnswer,
    on_trouble: OnTrouble,
    *,
    day: date | None,
) -> Overview[FillRow, None]:
    """Return the fills of these accounts, the newest of each account first.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        on_trouble: is told why a ledger cannot be used.
        day: the trading day, KST; None for today by each broker's clock.
    """
    answers = ask(accounts, lambda broker: broker.fills(day), on_answer)
    good = _good(accounts, answers)
    books = _Books(on_trouble)
    for account, seen in good:
        books.store(account, seen.day, seen.fills)
    rows = {
        account.name: tuple(
            _fill_row(account.name, fill)
            for fill in sorted(
                seen.fills, key=lambda f: _since(f.filled_at, f.number, f.fill_id), reverse=True
            )
        )
        for account, seen in good
    }
    return _overview(accounts, answers, rows)


class _Books:
    """The ledgers of the accounts' worlds, those that exist; one that fails is left alone."""

    def __init__(self, on_trouble: OnTrouble) -> None:
        self._on_trouble = on_trouble
        self._failed: set[Path] = set()

    def claims(self, account: ListedAccount, day: date) -> Mapping[str, AttemptId] | None:
        """Return which of a day's numbers are ours; None where the ledger cannot tell."""
        none: Mapping[str, AttemptId] = {}
        return self._ask(account, lambda ledger, owner: ledger.claims(owner, day), none)

    def store(self, account: ListedAccount, day: date, fills: Sequence[Fill]) -> None:
        """Keep fills, each once."""
        if fills:
            self._ask(account, lambda ledger, owner: ledger.store_fills(owner, day, fills), 0)

    def _ask(
        self,
        account: ListedAccount,
        question: Callable[[Ledger, AccountId], _Answer],
        without: _Answer,
    ) -> _Answer | None:
        owner = account.known_id()
        # An account whose number was never proven has sent no order from here.
        if owner is None or not account.has_ledger():
            return without
        if account.world in self._failed:
            return None
        try:
            return question(account.ledger(), owner)
        except (StateError, Busy) as error:
            self._failed.add(account.world)
            self._on_trouble(error)
            return None


def _good(
    accounts: Sequence[ListedAccount], answers: Answers[_Value]
) -> list[tuple[ListedAccount, _Value]]:
    """Return the accounts that answered about a day that has begun: before, it has nothing.

    The lists of today would otherwise be taken for those of a day to come.
    """
    return [
        (account, answer.value)
        for account, answer in zip(accounts, answers.all, strict=True)
        if answer.value is not None
        and (
            answer.value.broker_time is None or answer.value.broker_time.date() >= answer.value.day
        )
    ]


def _overview(
    accounts: Sequence[ListedAccount],
    answers: Answers[_Value],
    rows: Mapping[str, tuple[_Row, ...]],
) -> Overview[_Row, None]:
    blocks: list[Block[_Row, None]] = []
    for environment in dict.fromkeys(account.environment for account in accounts):
        answered = [a.name for a, _ in answers.good if a.environment == environment]
        missing = sum(1 for a, _ in answers.failed if a.environment == environment)
        held = tuple(row for name in answered for row in rows.get(name, ()))
        blocks.append(Block(environment, held, None, len(answered), missing))
    return Overview(tuple(blocks), tuple(accounts), tuple(answers.failed))


def _age(order: BrokerOrder) -> tuple[float, int, int]:
    return _since(order.ordered_at, order.number, None)


def _since(moment: datetime | None, number: str, fill_id: str | None) -> tuple[float, int, int]:
    within = int(fill_id) if fill_id is not None and fill_id.isdecimal() else 0
    return (moment.timestamp() if moment else 0.0, int(number), within)


def _order_row(
    profile: str, order: BrokerOrder, claims: Mapping[str, AttemptId] | None
) -> OrderRow:
    attempt = (claims or {}).get(order.number)
    return OrderRow(
        profile=profile,
        order_id=attempt.order_id if attempt else None,
        broker_order_id=_shown(order.number),
        original_order_id=_shown(order.original) if order.original else None,
        symbol=order.symbol,
        name=order.name,
        side=order.side,
        type=order.type,
        price=order.price,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        remaining_quantity=order.remaining_quantity,
        average_fill_price=order.average_fill_price,
        status=order.status,
        exchange=order.exchange,
        submitted_at=order.ordered_at,
        source="kiwoomctl" if attempt else _source(order.channel, told=claims is not None),
    )


def _source(channel: str | None, *, told: bool) -> Source | None:
    """Return where an order came from that no claim names.

    Args:
        channel: the broker's text.
        told: whether the ledger could be asked; without it an API order may be ours.
    """
    if channel is None:
        return None
    if "".join(channel.split()).upper() != _API_CHANNEL:
        return "other"
    return "api" if told else None


def _filled_of(order: BrokerOrder) -> Fill | None:
    """Return what was filled of an order as one sum; None for nothing, or too little told."""
    price = order.average_fill_price
    if not order.filled_quantity or price is None or order.side is None:
        return None
    return Fill.sum_of(order, order.side, price, price * order.filled_quantity)


def _fill_row(profile: str, fill: Fill) -> FillRow:
    return FillRow(
        profile=profile,
        broker_order_id=_shown(fill.number),
        fill_id=fill.fill_id,
        aggregated=fill.aggregated,
        symbol=fill.symbol,
        name=fill.name,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        amount=fill.amount,
        commission=fill.commission,
        tax=fill.tax,
        filled_at=fill.filled_at,
    )


def _shown(number: str) -> str:
    """Return an order number as the broker writes it."""
    return whole_number(number)
