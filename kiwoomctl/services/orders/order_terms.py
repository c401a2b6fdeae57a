"""From what a person asked to the exact terms of an order: quantities, targets, exchanges.

A modify or cancel names an order by the broker's number or by our order id. An order that was
modified goes on under a new number; the newest one of the chain is meant.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeVar

from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import (
    LONGEST_NUMBER,
    SHOWN,
    Action,
    AttemptId,
    BrokerOrder,
    Exchange,
    OrderId,
    OrderType,
    State,
    Terms,
    bare_number,
    whole_number,
)
from kiwoomctl.errors import Phrase, Refused, UnknownOutcome, UsageError
from kiwoomctl.ledger import Attempt, Ledger
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders.figures import sellable

_Account = TypeVar("_Account", bound=TradingAccount)
_NUMBERED: Final = frozenset({State.ACCEPTED, State.MATCHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for, before any account was looked at."""

    action: Action
    symbol: Symbol | None = None
    """None for a modify or cancel: the order that is meant has it."""
    type: OrderType = OrderType.LIMIT
    quantity: int | None = None
    """Whole shares; None: all that can be sold, or all that remains."""
    price: Decimal | None = None
    """KRW per share."""
    stop_price: Decimal | None = None
    """KRW per share."""
    exchange: Exchange = "KRX"
    order: str | None = None
    """The order that is modified or cancelled, as it was named."""

    def is_same(self, attempt: Attempt) -> bool:
        """Tell whether a recorded attempt asked for the same, for a repeated --id."""
        recorded = attempt.intent.terms
        if recorded.action != self.action:
            return False
        if self.order is not None:
            asked = attempt.intent.preview.get("asked")
            named = {self.order, bare_number(self.order)}
            return (asked in named or recorded.target in named) and recorded.price == self.price
        return (
            self.symbol,
            self.type,
            recorded.quantity if self.quantity is None else self.quantity,
            self.price,
            self.stop_price,
            self.exchange,
        ) == (
            recorded.symbol,
            recorded.type,
            recorded.quantity,
            recorded.price,
            recorded.stop_price,
            recorded.exchange,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """One order of one account, its terms complete."""

    account: TradingAccount
    wish: Wish
    terms: Terms
    target: BrokerOrder | None = None
    """The order that is modified or cancelled, as just read."""


def new_order(account: TradingAccount, wish: Wish) -> Draft:
    """Return the draft of a buy or sell; ``sell all`` reads what can be sold.

    Raises:
        Refused: nothing of it can be sold.
        SignInError, Unavailable, Busy, BrokerRejected: the positions could not be read.
    """
    assert wish.symbol is not None, "a buy or sell names a code"  # noqa: S101 - for the type
    side: Literal["buy", "sell"] = "buy" if wish.action == "buy" else "sell"
    quantity = wish.quantity
    if quantity is None:
        quantity = _all_sellable(account, wish.symbol)
    terms = Terms(
        action=wish.action,
        symbol=wish.symbol,
        side=side,
        type=wish.type,
        quantity=quantity,
        price=wish.price,
        stop_price=wish.stop_price,
        exchange=wish.exchange,
    )
    return Draft(account, wish, terms)


def change(account: TradingAccount, wish: Wish, lists: DayOrders, ledger: Ledger) -> Draft:
    """Return the draft of a modify or cancel.

    Args:
        account: whose order it is.
        wish: names the order.
        lists: all orders of today, of every code.
        ledger: knows our order ids.

    Raises:
        UsageError: there is no such order, or nothing of it is left.
        NothingLeft: a cancel's is closed already, and not by fills.
        UnknownOutcome: it is closed, but a modify of it may have made another order of it.
    """
    target = find_target(account, wish.order or "", lists, ledger)
    if target.remaining_quantity <= 0:
        refuse_open_modify(ledger, account.account_id(), target.number)
        _refuse_closed(wish, target)
    return of_target(account, wish, target)


def of_target(account: TradingAccount, wish: Wish, target: BrokerOrder) -> Draft:
    """Return the draft of a modify or cancel of an order that was read.

    Raises:
        UsageError: the list does not say what its side or exchange is.
    """
    if target.side is None or target.exchange is None:
        raise UsageError(
            "order {number}: the broker's list does not say its side or exchange",
            hint="change it in the broker's own program",
            code="target_unclear",
            number=whole_number(target.number),
        )
    if wish.action == "modify" and target.type is not None and not target.type.takes_price:
        raise UsageError(
            "order {number} is a {type} order: it has no price to modify",
            hint="cancel it and place another one",
            code="target_type",
            number=whole_number(target.number),
            type=Phrase(target.type.value),
        )
    terms = Terms(
        action=wish.action,
        symbol=target.symbol,
        side=target.side,
        type=target.type or OrderType.LIMIT,
        quantity=0,
        price=wish.price,
        stop_price=wish.stop_price,
        exchange=target.exchange,
        target=target.number,
    )
    return Draft(account, wish, terms, target)


class NothingLeft(Refused):
    """A cancel of an order that is closed already: as the person wanted."""

    exit_code = 0

    def __init__(self, target: BrokerOrder) -> None:
        super().__init__(
            "order {number} is {status}: nothing is left to cancel",
            code="closed",
            number=whole_number(target.number),
            status=Phrase(target.status),
        )
        self.target = target


def find_target(
    account: TradingAccount, named: str, lists: DayOrders, ledger: Ledger
) -> BrokerOrder:
    """Return the order that is meant: the newest of its chain of modifies.

    Raises:
        UsageError: the account has no such order today.
    """
    number = _number_of(account, named, lists, ledger)
    own = _own_orders(account, lists, ledger)
    by_number = own | {order.number: order for order in lists.orders}
    number = newest_of(number, by_number.values(), own)
    found = by_number.get(number)
    if found is None or found.change == "cancel":
        raise UsageError(
            "{profile} has no order {order} today",
            hint="kiwoomctl orders -p {profile} shows those there are",
            code="order_unknown",
            profile=account.name,
            order=named,
        )
    return found


def newest_of(
    number: str, orders: Iterable[BrokerOrder], ours: Collection[str] = frozenset()
) -> str:
    """Return the number under which an order goes on: the newest of its chain of modifies.

    An order that lives still was modified in part at most: it is the one that is meant.

    Args:
        number: of the order that was named.
        orders: those of its day.
        ours: modifies of all that remained, which the lists may not show yet.
    """
    known = {order.number: order for order in orders}
    # Not every list says what an order does to its original; what lives on is no cancel.
    successors = {
        order.original: order.number
        for order in known.values()
        if order.original is not None
        and (order.change == "modify" or (order.change is None and order.remaining_quantity > 0))
    }
    seen: set[str] = set()
    while (after := successors.get(number)) is not None and number not in seen:
        before = known.get(number)
        if before is not None and before.remaining_quantity > 0 and after not in ours:
            break
        seen.add(number)
        number = after
    return number


def owners(accounts: Sequence[_Account], orders: Sequence[str]) -> list[_Account]:
    """Return the accounts whose ledgers have these orders; none where one is a plain number.

    Raises:
        StateError, Busy: a ledger cannot be used.
        SignInError: an account's key cannot be had.
    """
    if any(OrderId.is_valid(order.partition(".")[0]) is False for order in orders):
        return []
    found: dict[str, _Account] = {}
    for order in orders:
        for account in accounts:
            with contextlib.suppress(UsageError):
                intent = account.ledger().history(OrderId(order.partition(".")[0])).intent
                if intent.account == account.known_id():
                    found[account.name] = account
    return list(found.values())


def _own_orders(
    account: TradingAccount, lists: DayOrders, ledger: Ledger
) -> dict[str, BrokerOrder]:
    """Return our accepted orders of today as the ledger knows them.

    The broker's lists may not show a new order yet, and it must be possible to cancel it.
    """
    account_id = account.account_id()
    return {
        attempt.number: _as_ordered(attempt, attempt.number)
        for attempt in ledger.of_day(lists.day)
        if attempt.intent.account == account_id
        and attempt.state in _NUMBERED
        and attempt.number is not None
    }


def _as_ordered(attempt: Attempt, number: str) -> BrokerOrder:
    terms = attempt.intent.terms
    return BrokerOrder(
        number=number,
        original=terms.target,
        symbol=terms.symbol,
        name="",
        side=terms.side,
        type=terms.type,
        quantity=terms.quantity,
        price=terms.price,
        stop_price=terms.stop_price,
        filled_quantity=0,
        # Of a modify of all that remained only the lists know how much that is.
        remaining_quantity=max(1, terms.quantity),
        average_fill_price=None,
        exchange=terms.exchange,
        channel=None,
        ordered_at=attempt.sent_at_broker,
        status="unknown",
        change=None if terms.action in {"buy", "sell"} else terms.action,  # type: ignore[arg-type]  # modify or cancel
    )


def _number_of(account: TradingAccount, named: str, lists: DayOrders, ledger: Ledger) -> str:
    """Return the broker's number of an order that was named by number or by our id."""
    text = named.strip()
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER and text.strip("0"):
        return text.lstrip("0")
    order_id = AttemptId.parse(text).order_id if "." in text else OrderId.parse(text)
    attempts = ledger.history(order_id).attempts
    last = attempts[-1]
    if last.intent.account != account.account_id():
        raise UsageError(
            "order {order} is of another account ({profile})",
            hint="name its profile with -p",
            code="order_account",
            order=named,
            profile=last.intent.profile,
        )
    if last.state not in _NUMBERED or last.number is None:
        raise UsageError(
            "order {order} has no number at the broker ({state})",
            hint="kiwoomctl ledger show {order}",
            code="order_unnumbered",
            order=named,
            state=Phrase(SHOWN[last.state]),
        )
    if last.intent.trading_day != lists.day:
        raise UsageError(
            "order {order} is of {day}: orders end with their day",
            hint="kiwoomctl ledger show {order}",
            code="order_old",
            order=named,
            day=last.intent.trading_day,
        )
    return last.number


def refuse_open_modify(ledger: Ledger, account: AccountId, number: str) -> None:
    """Make sure that no modify with an open outcome may have replaced an order.

    Raises:
        UnknownOutcome: one may have: a live order of another number is not excluded.
    """
    for attempt in ledger.open_attempts(account):
        if attempt.action == "modify" and attempt.intent.terms.target == number:
            raise UnknownOutcome(
                "order {number} is closed, but {attempt} may have replaced it by another one",
                hint="find out with kiwoomctl resolve {attempt}, then cancel again",
                code="open_modify",
                number=whole_number(number),
                attempt=attempt.id,
            )


def _refuse_closed(wish: Wish, target: BrokerOrder) -> None:
    if wish.action == "cancel" and target.status != "filled":
        raise NothingLeft(target)
    raise UsageError(
        "order {number} is {status}: nothing of it is left to {action}",
        hint="kiwoomctl orders shows what is open",
        code="order_closed",
        number=whole_number(target.number),
        status=Phrase(target.status),
        action=Phrase(wish.action),
    )


def _all_sellable(account: TradingAccount, symbol: Symbol) -> int:
    quantity = sellable(account.broker().holdings().positions, symbol)
    if quantity is None or quantity <= 0:
        raise Refused(
            "{profile} has nothing of {symbol} to sell",
            hint="kiwoomctl positions -p {profile}; resting sells reserve shares",
            code="SELLABLE",
            profile=account.name,
            symbol=symbol,
        )
    return quantity
