"""Orders as the exchange keeps them: records, what is asked, why one is refused.

No wire: prices and shares are whole numbers, order numbers are numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Literal, NamedTuple

from kiwoomctl.simulator.account import Side

OrderAction = Literal["new", "modify", "cancel"]
Status = Literal[
    "open", "partial", "filled", "cancelled", "modified", "rejected", "expired", "done"
]

LIMIT, MARKET, CONDITIONAL, BEST, FIRST = "0", "3", "5", "6", "7"
STOP, MID = "28", "29"
PRE_CLOSE, SINGLE_PRICE, POST_CLOSE = "61", "62", "81"

TYPE_NAMES: Mapping[str, str] = {
    "0": "보통",
    "3": "시장가",
    "5": "조건부지정가",
    "6": "최유리지정가",
    "7": "최우선지정가",
    "10": "보통(IOC)",
    "13": "시장가(IOC)",
    "16": "최유리(IOC)",
    "20": "보통(FOK)",
    "23": "시장가(FOK)",
    "26": "최유리(FOK)",
    "28": "스톱지정가",
    "29": "중간가",
    "30": "중간가(IOC)",
    "31": "중간가(FOK)",
    "61": "장시작전시간외",
    "62": "시간외단일가",
    "81": "장마감후시간외",
}
"""Every type code and what the broker calls it."""
PRICED_TYPES = frozenset({"0", "5", "10", "20", "28", "62"})
"""These name a price; the others are given none."""
MARKET_TYPES = frozenset({"3", "13", "23"})
BEST_TYPES = frozenset({"6", "16", "26"})
MID_TYPES = frozenset({"29", "30", "31"})
FIXED_PRICE_TYPES = frozenset({PRE_CLOSE, POST_CLOSE})
"""Traded at a close, whatever else happens."""
AT_ONCE_TYPES = frozenset({"10", "13", "16", "20", "23", "26", "30", "31"})
"""Nothing of these ever rests."""
WHOLE_TYPES = frozenset({"20", "23", "26", "31"})
"""All of these or nothing."""


class Reason(Enum):
    """Why the exchange refuses an order."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_OFFERED = "not_offered"
    """The mock server does not offer this exchange or type."""
    RESTRICTED = "restricted"
    NOT_TRADED_HERE = "not_traded_here"
    BAD_TYPE = "bad_type"
    TYPE_NOT_HERE = "type_not_here"
    TYPE_NOT_NOW = "type_not_now"
    SOR_MARKET_EARLY = "sor_market_early"
    CLOSED_DAY = "closed_day"
    BEFORE_OPEN = "before_open"
    PAUSE = "pause"
    AFTER_CLOSE = "after_close"
    NOT_POSSIBLE = "not_possible"
    NO_QUANTITY = "no_quantity"
    NO_PRICE = "no_price"
    PRICE_NOT_TAKEN = "price_not_taken"
    OFF_TICK = "off_tick"
    BELOW_BAND = "below_band"
    ABOVE_BAND = "above_band"
    CASH = "cash"
    SHARES = "shares"
    UNKNOWN_ORDER = "unknown_order"
    OTHER_EXCHANGE = "other_exchange"
    NOTHING_LEFT = "nothing_left"
    WAS_CANCELLED = "was_cancelled"


class OrderRefused(Exception):
    """The exchange refuses an order; nothing of it exists."""

    def __init__(self, reason: Reason, possible: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.possible = possible
        """Shares that could be ordered, where that is the point."""


class OrderRequest(NamedTuple):
    """What a client or another channel asks for."""

    appkey: str
    action: OrderAction
    symbol: str
    quantity: int
    """Shares; 0 of a modify or cancel means all that remain."""
    exchange: str
    side: Side = "buy"
    """Of a new order."""
    order_type: str = LIMIT
    """Of a new order."""
    price: int = 0
    stop_price: int = 0
    target: int = 0
    """The number of the order to modify or cancel."""
    session: str = ""
    """The only session a new order is for, by its value; empty for whichever it is."""
    new_type: str = ""
    """Of a modify: the type from now on; empty for the same."""
    channel: str = "REST API"
    origin: str = ""
    """Whatever the adapter wants to find again; the exchange does not read it."""
    hidden_seconds: float = 0.0
    """How long the lists will not show it."""


class Order(NamedTuple):
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
    """Won per share as asked; 0 without a price."""
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
    limit: int = 0
    """The price at which it rests where that is not the asked one; 0 for none."""
    hold_price: int = 0
    """Won per share that an open buy holds back; 0 for the asked price."""
    dormant: bool = False
    """A stop order whose price has not come yet."""
    expires_at: datetime | None = None
    closed_as: str = ""
    """What ended it before it was filled: cancelled, modified, rejected or expired."""
    reject_at: datetime | None = None
    """The moment at which the exchange refuses it although it was accepted."""
    reject_code: str = ""
    reject_text: str = ""
    origin: str = ""
    session: str = ""
    """The only session it was for; empty for whichever it was."""

    @property
    def remaining(self) -> int:
        """Shares still open."""
        return self.quantity - self.filled - self.cancelled

    @property
    def is_open(self) -> bool:
        """Whether something of it can still be filled."""
        return self.action != "cancel" and self.remaining > 0

    @property
    def resting_price(self) -> int:
        """Won per share at which it rests; 0 for a market order."""
        return self.limit or self.price

    @property
    def held_price(self) -> int:
        """Won per share that an open buy holds back."""
        return self.hold_price or self.price

    @property
    def status(self) -> Status:
        """What has become of it; a cancel is done at once."""
        if self.action == "cancel":
            return "done"
        if self.remaining > 0:
            return "partial" if self.filled else "open"
        if self.filled == self.quantity:
            return "filled"
        return _ENDINGS.get(self.closed_as, "cancelled")


_ENDINGS: dict[str, Status] = {
    "cancelled": "cancelled",
    "modified": "modified",
    "rejected": "rejected",
    "expired": "expired",
}


class Fill(NamedTuple):
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


class Postponed(NamedTuple):
    """An order that will reach the exchange later than its client believes."""

    request: OrderRequest
    due: datetime | None
    """The simulated moment, or None when the machine's time counts."""
    machine_due: float = 0.0
    """Seconds since 1970 on the machine's clock."""


class PlannedRejection(NamedTuple):
    """The next accepted orders that the exchange will refuse."""

    appkey: str | None
    seconds: float
    code: str
    text: str
    left: int
