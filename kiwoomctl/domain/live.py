"""What a live feed tells: trades, order notices, balances, and the gaps between.

A feed is only as complete as its connection: what was missed while it was away is a Gap, and
whoever adds up events must read the state anew after one. Times are aware, KST; prices are
KRW per share; None means that the broker did not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OrderType, Side
from kiwoomctl.errors import KiwoomctlError, Phrase

FieldValue = str | int | Decimal | None
"""What a field of an event says: figures as numbers, everything else as text."""
KindItems = Literal["account", "market", "symbol", "sector", "any"]
"""What a kind of event is about: the account itself, the whole market, a stock, a sector, or
whatever code the broker uses for it."""


class LiveKind(NamedTuple):
    """A kind of event that may be asked for."""

    type: str
    """The broker's name, in which case matters."""
    word: str
    """What people call it."""
    name: str
    """The broker's Korean name."""
    items: KindItems
    also: tuple[str, ...] = ()
    """What other servers of the broker call it."""


class LiveCatalogue(NamedTuple):
    """What live events a house has."""

    title: Phrase
    """The house's name for people."""
    kinds: tuple[LiveKind, ...]
    field_names: frozenset[str]
    """Our names of all their fields."""
    raw_names: frozenset[str]
    """The broker's own names of them."""


class AccountNews(NamedTuple):
    """What a feed tells of its account; the rest has to be read again and again."""

    orders: bool
    """Whether every change of an order comes as an OrderNotice."""
    balances: bool
    """Whether every change of a holding comes as a BalanceNotice."""
    lack: KiwoomctlError | None = None
    """Why something is missing that its owner could have; None where nothing is."""


class LiveFields(NamedTuple):
    """The fields of one event by English names."""

    fields: Mapping[str, FieldValue]
    """A field that cannot be read is None here."""
    unreadable: Mapping[str, str]
    """The texts, as sent, of those that cannot be read."""


NoticeStatus = Literal["received", "filled", "confirmed", "cancelled", "rejected", "unknown"]


class RawEvent(NamedTuple):
    """One element of the feed as it was sent."""

    type: str
    """The broker's name of the kind of event, e.g. ``0B``."""
    item: str
    """The code with its venue suffix, or ""."""
    values: Mapping[str, str]
    """Texts by the broker's field numbers or names, as sent."""
    received_at: datetime
    """By this machine's clock."""
    name: str = ""
    """The broker's Korean name of the kind; "" where it sent none."""
    trouble: Phrase | None = None
    """Why no record could be made of it; None where none was to be made."""
    of_account: bool = False
    """Whether it tells of the account, as far as is known."""


class Lost(NamedTuple):
    """The connection is away; it is being made anew, and a Gap follows when it stands."""

    since: datetime
    reason: str
    """For people, in English; "" where nothing is known."""


class Gap(NamedTuple):
    """Events are missing here: the connection was away, or they were dropped.

    After an absence everything is registered anew.
    """

    since: datetime
    until: datetime
    dropped: int = 0
    """How many market events nobody took in time; 0 where the connection was away. What tells
    of the account is never dropped."""


class Trade(NamedTuple):
    """One trade at an exchange (0B)."""

    symbol: Symbol
    price: Decimal | None
    change: Decimal | None
    """Against the previous close, KRW, signed."""
    change_rate: Decimal | None
    """Percent, signed."""
    volume: int | None
    """Shares traded today so far (누적거래량)."""
    time: str | None
    """HHMMSS by the exchange; it may go back by a second."""
    received_at: datetime


class OrderNotice(NamedTuple):
    """What became of one order of the account (00)."""

    number: str
    """Without leading zeros."""
    original: str | None
    symbol: Symbol
    name: str
    side: Side | None
    status: NoticeStatus
    quantity: int | None
    price: Decimal | None
    remaining_quantity: int | None
    filled_quantity: int | None
    """Filled so far, of the whole order: a running figure, never to be added up."""
    fill_id: str | None
    fill_quantity: int | None
    """Filled by this very event."""
    fill_price: Decimal | None
    fill_amount: Decimal | None
    """KRW of all fills so far (누계체결금액)."""
    reason: str | None
    """Why the exchange refused it; None where it did not."""
    time: str | None
    """HHMMSS by the broker."""
    received_at: datetime
    type: OrderType | None = None
    """None for a blank or a text that is not known."""
    change: Literal["modify", "cancel"] | None = None
    """What this order does to its original; None for an order of its own."""


class BalanceNotice(NamedTuple):
    """A holding of the account after a fill (04)."""

    symbol: Symbol
    name: str
    quantity: int | None
    sellable_quantity: int | None
    average_price: Decimal | None
    cost: Decimal | None
    """KRW, as the broker tells it."""
    price: Decimal | None
    credit_type: str | None
    loan_date: str | None
    received_at: datetime


LiveEvent = Trade | OrderNotice | BalanceNotice | RawEvent | Lost | Gap
