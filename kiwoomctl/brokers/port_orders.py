"""How orders go out and what is told of them, whatever the broker is.

An OrderDesk sends: one row of the journal, once, and says what became of it instead of raising.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from kiwoomctl.domain.orders import BrokerOrder, Fill, State, Terms


@dataclass(frozen=True, slots=True)
class DayOrders:
    """All orders of one account and day that the broker's lists show, complete."""

    day: date
    """The trading day that was read, KST."""
    orders: tuple[BrokerOrder, ...]
    in_day_list: frozenset[str]
    """The numbers the list of the whole day itself named: it is defective if it lacks one."""
    broker_time: datetime | None
    """The latest Date of these very replies; None where one of them had none."""
    empty_is_proof: bool = True
    """Whether a list of the day that names no order at all says that there is none."""


@dataclass(frozen=True, slots=True)
class DayFills:
    """What was filled for one account on one day, as the broker's lists show it."""

    day: date
    """The trading day that was read, KST."""
    fills: tuple[Fill, ...]
    """The oldest order first."""
    broker_time: datetime | None
    """The latest Date of the orders' lists; None where one of them had none."""


SendClass = Literal["accepted", "rejected", "rate", "token", "doubtful", "unknown", "not_sent"]
"""accepted: received, with a number. rejected: no order exists. rate, token: refused at the
gate, to be proven by one complete read without a candidate. doubtful: a refusal whose code is
not known, to be proven by two. not_sent: no byte left. unknown: anything else."""

Gate = Literal["rate", "token"]
"""Why a gateway refused before any order desk."""


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What became of one send of one order."""

    kind: SendClass
    number: str | None = None
    """The broker's number without leading zeros; only when accepted."""
    root: str | None = None
    """모주문번호, the first order of a chain of modifies; None where the reply has none."""
    code: str = ""
    text: str = ""
    broker_time: datetime | None = None
    """The Date header of the reply; None without a reply, or one without a date."""


class JournalRow(Protocol):
    """An attempt as the journal holds it: the only thing that can be sent."""

    @property
    def id(self) -> str:
        """Its id in the journal."""

    @property
    def state(self) -> State:
        """PREPARED, else it is not sent."""

    @property
    def before(self) -> frozenset[str]:
        """The broker's numbers known before: none of them can be the new order's."""

    @property
    def request(self) -> Mapping[str, Any] | None:
        """The body that was written down; None for one that cannot be sent."""

    @property
    def action(self) -> str:
        """buy, sell, modify or cancel."""


class OrderDesk(Protocol):
    """The way an account's orders go out."""

    def request(self, terms: Terms) -> Mapping[str, str]:
        """Return the exact body of an order."""

    def make_ready(self) -> None:
        """Have a token with more than 5 minutes left; raises SignInError, Busy, Unavailable."""

    def wait_for_slot(self, row: JournalRow) -> None:
        """Wait until the rate limit lets this order go; raises Busy."""

    def send(self, row: JournalRow, let_out: Callable[[], object]) -> SendOutcome:
        """Send the row's request once.

        Args:
            row: a PREPARED attempt.
            let_out: makes SENDING durable, called before the first byte; what it raises stops
                the order and is raised again.
        """

    def rate_refused(self, row: JournalRow) -> None:
        """Make everybody slower after the broker refused the rate."""

    def renew_token(self) -> None:
        """Get another token after the one in use was called dead; raises SignInError."""

    def nothing_remains(self, code: str) -> bool | None:
        """Tell whether this refusal of a cancel means that nothing was left to cancel.

        None: it may, but only the order in the broker's lists tells.
        """
