"""Orders: their kinds, what identifies one, and the states of an attempt to send one.

An intent is what a person asked; an attempt is one try to send it. What the broker's lists
show of an order (open, filled, cancelled) is a view and never a state of an attempt.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.errors import UsageError, nearest

Side = Literal["buy", "sell"]
Exchange = Literal["KRX", "NXT", "SOR"]
Action = Literal["buy", "sell", "modify", "cancel"]
Mode = Literal["active", "reducing", "halted"]
"""The kill switch; reducing lets sells and cancels through."""

ID_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Of our order ids: no i, l, o, u, which are misread or spell words."""
_DAY_DIGITS: Final = 8
_ID_CHARACTERS: Final = 8


class OrderId(str):
    """Our name of an intent, ``20261120-3m7q9k2d``: day, time of day, chance; sorts by time."""

    __slots__ = ()

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Tell whether the text has the form of an order id."""
        day, dash, rest = text.partition("-")
        return (
            (len(day), dash, len(rest)) == (_DAY_DIGITS, "-", _ID_CHARACTERS)
            and day.isascii()
            and day.isdigit()
            and all(c in ID_ALPHABET for c in rest)
        )

    @classmethod
    def parse(cls, text: str) -> OrderId:
        """Return the id, whatever its case.

        Raises:
            UsageError: the text is no order id.
        """
        plain = text.strip().lower()
        if cls.is_valid(plain):
            return cls(plain)
        raise UsageError(
            "{text!r} is not an order id",
            hint="an order id looks like 20261120-3m7q9k2d; kiwoomctl ledger list shows them",
            code="order_id",
            text=text,
        )

    def attempt(self, n: int) -> AttemptId:
        """Return the id of its n-th attempt, counted from 1."""
        return AttemptId(f"{self}.{n}")


class AttemptId(str):
    """Our name of one attempt: the order id, a dot, the number of the attempt from 1 on."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> AttemptId:
        """Return the id, whatever its case.

        Raises:
            UsageError: the text is no attempt id.
        """
        order_id, _, n = text.strip().lower().partition(".")
        if OrderId.is_valid(order_id) and n.isascii() and n.isdigit() and n[0] != "0":
            return cls(f"{order_id}.{n}")
        raise UsageError(
            "{text!r} is not the id of an attempt",
            hint="an attempt looks like 20261120-3m7q9k2d.1",
            code="attempt_id",
            text=text,
        )

    @property
    def order_id(self) -> OrderId:
        """The id of its intent."""
        return OrderId(self.partition(".")[0])

    @property
    def n(self) -> int:
        """The number of the attempt, from 1 on."""
        return int(self.partition(".")[2])


class OrderType(StrEnum):
    """The cash order types of the Korean exchanges."""

    LIMIT = "limit"
    MARKET = "market"
    CONDITIONAL = "conditional"
    BEST = "best"
    FIRST = "first"
    IOC = "ioc"
    MARKET_IOC = "market-ioc"
    BEST_IOC = "best-ioc"
    FOK = "fok"
    MARKET_FOK = "market-fok"
    BEST_FOK = "best-fok"
    STOP = "stop"
    MID = "mid"
    MID_IOC = "mid-ioc"
    MID_FOK = "mid-fok"
    PRE_CLOSE = "pre-close"
    POST_CLOSE = "post-close"
    SINGLE = "single"

    @property
    def takes_price(self) -> bool:
        """Whether the order names a price; all others must not."""
        return self in _PRICED

    @property
    def takes_stop_price(self) -> bool:
        """Whether the order names the price that sets it off."""
        return self is OrderType.STOP

    @classmethod
    def parse(cls, text: str) -> OrderType:
        """Return the type of this name, English or Korean.

        Raises:
            UsageError: there is no such type.
        """
        name = text.strip().lower()
        name = KOREAN_NAMES.get(name, name)
        try:
            return cls(name)
        except ValueError:
            hint, near = nearest(name, [*cls, *KOREAN_NAMES])
            raise UsageError(
                "there is no order type {name!r}", hint=hint, code="type", name=text, near=near
            ) from None


_PRICED: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.CONDITIONAL,
        OrderType.SINGLE,
        OrderType.IOC,
        OrderType.FOK,
        OrderType.STOP,
    }
)

KOREAN_NAMES: Final = {
    "지정가": "limit",
    "보통": "limit",
    "시장가": "market",
    "조건부지정가": "conditional",
    "최유리": "best",
    "최유리지정가": "best",
    "최우선": "first",
    "최우선지정가": "first",
    "스톱": "stop",
    "스톱지정가": "stop",
    "중간가": "mid",
    "장전시간외": "pre-close",
    "장후시간외": "post-close",
    "단일가": "single",
    "시간외단일가": "single",
}


class State(StrEnum):
    """The states of one attempt, as the ledger keeps them."""

    PREPARED = "PREPARED"
    """Written down; nothing was sent."""
    SENDING = "SENDING"
    """The first byte may leave from now on."""
    ACCEPTED = "ACCEPTED"
    """The broker received it and gave a number; the exchange may still refuse it."""
    REJECTED = "REJECTED"
    """The broker refused it, definitely."""
    NOT_SENT = "NOT_SENT"
    """No byte left, or the gateway refused it before the order desk."""
    UNKNOWN = "UNKNOWN"
    """It may exist or not: blocks until evidence settles it."""
    MATCHED = "MATCHED"
    """Evidence found exactly one order that is this one."""
    AMBIGUOUS = "AMBIGUOUS"
    """Evidence found several; a person names the number."""
    ABSENT = "ABSENT"
    """It is final that no such order exists."""
    ABANDONED = "ABANDONED"
    """Given up before anything was sent."""


TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    # ABANDONED: a signal, or a crash found later, before the send. UNKNOWN: only a second
    # attempt, when the read before it did not exclude that the first one's order exists;
    # nothing is sent then.
    State.PREPARED: frozenset({State.SENDING, State.NOT_SENT, State.ABANDONED, State.UNKNOWN}),
    State.SENDING: frozenset({State.ACCEPTED, State.REJECTED, State.NOT_SENT, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.MATCHED, State.AMBIGUOUS, State.ABSENT}),
    # More evidence, or a person, may settle what looked like several.
    State.AMBIGUOUS: frozenset({State.MATCHED, State.ABSENT}),
    State.ACCEPTED: frozenset(),
    State.REJECTED: frozenset(),
    State.NOT_SENT: frozenset(),
    State.MATCHED: frozenset(),
    State.ABSENT: frozenset(),
    State.ABANDONED: frozenset(),
}

OPEN_STATES: Final = frozenset({State.SENDING, State.UNKNOWN, State.AMBIGUOUS})
"""What blocks a new order for the same account and symbol."""
BINDING_STATES: Final = frozenset(
    {
        State.SENDING,
        State.ACCEPTED,
        State.MATCHED,
        State.UNKNOWN,
        State.AMBIGUOUS,
        State.ABSENT,
    }
)
"""What binds the --id key: nothing is sent under it again."""

SHOWN: Final[dict[State, str]] = {
    State.PREPARED: "not_sent",
    State.SENDING: "unknown",
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.NOT_SENT: "not_sent",
    State.UNKNOWN: "unknown",
    State.MATCHED: "accepted",
    State.AMBIGUOUS: "unknown",
    State.ABSENT: "not_sent",
    State.ABANDONED: "not_sent",
}
"""The words users see for the ledger's."""


class Terms(NamedTuple):
    """What was asked for, complete: two intents with equal terms are the same wish."""

    action: Action
    symbol: Symbol
    side: Side
    type: OrderType
    quantity: int
    """Whole shares; for a cancel or modify 0 means all that remains."""
    price: Decimal | None
    """KRW per share; None for a type without price, and for a cancel."""
    stop_price: Decimal | None
    """KRW per share; only for stop orders."""
    exchange: Exchange
    target: str | None = None
    """The broker's number of the order that is modified or cancelled; None for buy and sell."""

    def same_wish(self, other: Terms) -> bool:
        """Tell whether the other terms ask for the same, for a repeated --id.

        Of a modify or cancel only target, price and quantity were given by the person;
        the rest was looked up and may be known better the second time.
        """
        if self.target is None or self.action != other.action:
            return self == other
        given = (self.target, self.price, self.quantity)
        return given == (other.target, other.price, other.quantity)


class BrokerOrder(NamedTuple):
    """One order as the broker's lists show it; None where a list does not say."""

    number: str
    """Without leading zeros."""
    original: str | None
    """원주문번호 without leading zeros; None for an order of its own."""
    symbol: Symbol
    name: str
    side: Side | None
    type: OrderType | None
    """None for a blank or a text that is not known: it neither matches nor excludes."""
    quantity: int
    price: Decimal | None
    """KRW per share; None for a type without price."""
    stop_price: Decimal | None
    filled_quantity: int
    remaining_quantity: int
    average_fill_price: Decimal | None
    exchange: Exchange | None
    channel: str | None
    """통신구분, the broker's text, e.g. ``REST API``; None where the list has none."""
    ordered_at: datetime | None
    """By the broker's clock, KST."""
    status: Literal[
        "open", "partial", "filled", "cancelled", "rejected", "expired", "closed", "unknown"
    ]
    change: Literal["modify", "cancel"] | None = None
    """What this order does to its original; None for an order of its own."""
    sor_parent: bool = False
    """One order that was split over exchanges."""
    commission: Decimal | None = None
    tax: Decimal | None = None
    channel_known: bool = True
    """False where the list names a channel in words that nobody has published."""


class Fill(NamedTuple):
    """What was filled of one order, as the broker's lists show it."""

    number: str
    """The broker's number of the order, without leading zeros."""
    fill_id: str | None
    """None where the list has one row per order: then the quantity is all filled so far."""
    symbol: Symbol
    name: str
    side: Side
    quantity: int
    price: Decimal
    """KRW per share; the average where fill_id is None."""
    amount: Decimal
    """KRW, before costs."""
    commission: Decimal | None
    tax: Decimal | None
    filled_at: datetime | None
    """By the broker's clock, KST."""

    @classmethod
    def sum_of(
        cls,
        order: BrokerOrder,
        side: Side,
        price: Decimal,
        amount: Decimal,
        filled_at: datetime | None = None,
    ) -> Fill:
        """Return all that is filled of an order as one fill, its costs the order's.

        Args:
            order: one of which something is filled.
            side: the order's, which is known.
            price: KRW per share, the average.
            amount: KRW of all of it, before costs.
            filled_at: when the last of it was filled; None where nobody tells.
        """
        return cls(
            number=order.number,
            fill_id=None,
            symbol=order.symbol,
            name=order.name,
            side=side,
            quantity=order.filled_quantity,
            price=price,
            amount=amount,
            commission=order.commission,
            tax=order.tax,
            filled_at=filled_at,
        )

    @property
    def aggregated(self) -> bool:
        """Whether this is the sum of an order's fills."""
        return self.fill_id is None


LONGEST_NUMBER: Final = 10
"""Digits of the longest order number of any broker."""
_SHOWN_LENGTH: Final = 7


def whole_number(number: str) -> str:
    """Return a broker's order number as people write it: seven digits at least."""
    return number.zfill(_SHOWN_LENGTH)


def bare_number(text: str) -> str | None:
    """Return an order number without leading zeros; None for none (blank or all zeros)."""
    bare = text.strip().lstrip("0")
    return bare or None
