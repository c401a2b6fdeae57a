"""Everything a check may know about one order, and the figures that follow from it.

Money is KRW as Decimal, quantities are whole shares, times are aware. None means unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final

from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.market import Quote
from kiwoomctl.domain.orders import (
    BrokerOrder,
    Mode,
    OrderType,
    Side,
    Terms,
)
from kiwoomctl.domain.portfolio import Environment
from kiwoomctl.domain.prices import InstrumentKind
from kiwoomctl.risk.limits import Limits

MARKET_TYPES: Final = frozenset({OrderType.MARKET, OrderType.MARKET_IOC, OrderType.MARKET_FOK})
# 조건부지정가 turns into a market order in the closing auction: its price bounds nothing.
_UNBOUNDED_TYPES: Final = MARKET_TYPES | {OrderType.CONDITIONAL}


@dataclass(frozen=True, slots=True)
class Signing:
    """What says whose order it would be; all of it must agree."""

    profile_environment: Environment
    token_environment: Environment | None
    """What the token was issued for."""
    host_environment: Environment | None
    """What the host the order would go to belongs to; None for a host that is not known."""
    number: str | None
    """The account number the broker named for this token."""
    pinned_number: str | None
    """The account number `login`, or outside real the first answer, fixed for the profile."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What the ledger counted for this order, cancels and this order itself left out.

    Money is whole KRW. Buys count at their full value without commission, unless they are
    known to have cost nothing (REJECTED, NOT_SENT, ABSENT, ABANDONED). With several profiles
    the orders of this command that come before this one are in it as well.
    """

    now: datetime
    """The later of the local clock and the ledger's newest row."""
    daily_account: int
    """Buys of today in this account; the order that is modified is left out."""
    daily_all: int
    """The same over every account of this environment."""
    bought_lately: int
    """Buys of this account in the last 60 seconds."""
    last_minute: int
    """Orders of this account that were let out, or are about to be."""
    today: int
    """The same since the day began."""
    equal: tuple[datetime, ...]
    """When orders with the same account, symbol, side, quantity and price were sent.

    At least those of the last ``limits.duplicate`` seconds, without REJECTED, NOT_SENT and
    ABANDONED ones. For a modify: modifies of the same order to the same price.
    """


@dataclass(frozen=True, slots=True)
class Working:
    """An order of today that is not known to be closed, ours or placed elsewhere."""

    account: AccountId
    symbol: Symbol
    side: Side | None
    """None matches both sides."""
    type: OrderType | None
    """None may trade at any price."""
    price: Decimal | None
    """KRW per share."""
    number: str | None = None
    """The broker's, without leading zeros; None for an attempt whose outcome is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One order and all that is known when it is checked."""

    account: AccountId
    terms: Terms
    limits: Limits
    now: datetime
    """This machine's clock: how old the last price is."""
    broker_time: datetime | None
    """The Date header of the fresh reads."""
    on_tty: bool
    """Whether a person at a terminal confirms this order."""
    halt: Mode | None
    """The stricter of this account's switch and the one for all."""
    signing: Signing
    quote: Quote | None
    kind: InstrumentKind | None
    orderable: Decimal | None
    """``100stk_ord_alow_amt``: KRW for buys with full margin, as the broker last said."""
    sellable_quantity: int | None
    """매매가능수량; 0 where the account does not hold the symbol."""
    commission_rate: Decimal | None
    """Won of commission per won of a buy, e.g. 0.00015."""
    counters: Counters | None
    working: tuple[Working, ...] | None
    """None as soon as one account's orders could not be read."""
    unread: tuple[str, ...] = ()
    """The profiles whose orders could not be read."""
    target: BrokerOrder | None = None
    """The order that is modified, as just read."""

    @property
    def is_modify(self) -> bool:
        """Whether an order that exists gets another price."""
        return self.terms.action == "modify"

    @property
    def is_buy(self) -> bool:
        """Whether it buys, or modifies a buy."""
        return self.terms.side == "buy"

    @property
    def last(self) -> Decimal | None:
        """The last price in KRW."""
        return _above_zero(self.quote.last) if self.quote else None

    @property
    def upper(self) -> Decimal | None:
        """상한가 in KRW."""
        return _above_zero(self.quote.upper) if self.quote else None

    @property
    def lower(self) -> Decimal | None:
        """하한가 in KRW."""
        return _above_zero(self.quote.lower) if self.quote else None


def _above_zero(price: Decimal | None) -> Decimal | None:
    # A blank field that became 0 must not make an order worth nothing.
    return price if price is not None and price > 0 else None


def shares(situation: Situation) -> int | None:
    """Return the quantity; a modify of 0 means all that remains of its target."""
    if situation.terms.quantity or not situation.is_modify:
        return situation.terms.quantity
    return situation.target.remaining_quantity if situation.target else None


def bound(order_type: OrderType | None, price: Decimal | None) -> Decimal | None:
    """Return the price an order never trades beyond; None where it names no such price."""
    return None if order_type is None or order_type in _UNBOUNDED_TYPES else price


def unit_value(situation: Situation) -> Decimal | None:
    """Return the KRW per share the order is counted with.

    A buy counts with the most it can cost: its price, or the upper limit where it has none.
    A sell counts with its price, or the last one.
    """
    terms = situation.terms
    if situation.is_buy:
        return _most_of_a_buy(situation, terms.type, terms.price)
    return situation.last if terms.price is None else terms.price


def _most_of_a_buy(
    situation: Situation, order_type: OrderType, price: Decimal | None
) -> Decimal | None:
    most = bound(order_type, price)
    return situation.upper if most is None else most


def order_value(situation: Situation) -> Decimal | None:
    """Return the KRW of the whole order, without commission."""
    unit, quantity = unit_value(situation), shares(situation)
    return None if unit is None or quantity is None else unit * quantity


def added_value(situation: Situation) -> Decimal | None:
    """Return the KRW this order takes beside what the broker already reserved for it.

    Of a modify that is what its new price is above the old one, never less than 0: the cash
    of the order itself was reserved when it was placed.
    """
    value = order_value(situation)
    if not situation.is_modify or value is None:
        return value
    quantity, target = shares(situation), situation.target
    if target is None or target.price is None or quantity is None:
        return None
    # A modify never changes the type.
    old = _most_of_a_buy(situation, situation.terms.type, target.price)
    return None if old is None else max(Decimal(0), value - old * quantity)


def with_commission(situation: Situation, amount: Decimal | None) -> Decimal | None:
    """Return the KRW a buy of this amount takes, commission rounded up to whole won."""
    rate = situation.commission_rate
    if rate is None or amount is None:
        return None
    return amount + (amount * rate).to_integral_value(ROUND_CEILING)
