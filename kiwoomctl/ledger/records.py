"""What the ledger takes and gives: values without any SQL.

Times are aware (KST when read back). Money is whole KRW where it is summed, Decimal KRW where
it is a price. JSON parts are plain dicts and lists and never hold a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from kiwoomctl.domain.identity import AccountId, ProfileName
from kiwoomctl.domain.orders import (
    OPEN_STATES,
    Action,
    AttemptId,
    Mode,
    OrderId,
    State,
    Terms,
)

Verdicts = Sequence[Mapping[str, str]]
"""What the risk checks said, for the journal: code, tier, message."""
DoubtKind = Literal["lost", "restored", "other_host", "foreign_orders"]
Settler = Literal["evidence", "notice", "person"]


NOTHING: Mapping[str, Any] = {}
"""What is the same for every record that has none."""


class NewIntent(NamedTuple):
    """What a person asked for, before it has a row."""

    account: AccountId
    terms: Terms
    trading_day: date
    """By the broker's time."""
    profile: ProfileName
    value: int
    """KRW, rounded up: what the order may cost or bring; 0 for a cancel."""
    client_id: str | None = None
    """The --id key."""
    request: Mapping[str, Any] | None = None
    """The body that will be sent."""
    preview: Mapping[str, Any] = NOTHING
    """What the person was shown."""
    broker_ahead: timedelta | None = None
    """The broker's clock less ours, when the numbers known before were read."""


class Intent(NamedTuple):
    """What a person asked for, as recorded."""

    order_id: OrderId
    account: AccountId
    terms: Terms
    client_id: str | None
    trading_day: date
    profile: ProfileName
    value: int
    """KRW, rounded up."""
    preview: Mapping[str, Any]
    verdicts: Verdicts
    host: str
    uid: int | None
    """None on Windows."""
    created_at: datetime
    """Time of the ledger, which never runs backwards."""


class Attempt(NamedTuple):
    """One try to send an intent."""

    id: AttemptId
    intent: Intent
    n: int
    state: State
    sends: int
    """How often its request was let out: 0 or 1."""
    before: frozenset[str]
    """The broker's order numbers known before the intent's FIRST attempt."""
    request: Mapping[str, Any] | None
    created_at: datetime
    changed_at: datetime
    """When it got its state; both by the time of the ledger."""
    sent_at: datetime | None
    """By the local clock as it was; None while nothing was let out."""
    broker_at: datetime | None
    """The broker's time in its reply; None without a reply."""
    outcome_code: str | None
    outcome_text: str | None
    number: str | None
    """The broker's number of the order, without leading zeros."""
    root: str | None
    """The number a chain of modifications began with; None outside of one."""
    settled_at: datetime | None
    broker_ahead: timedelta | None
    """The broker's clock less ours right before; None where it did not say."""
    settled_by: str | None
    """``evidence``, ``notice`` or ``person UID@HOST``; None unless it once was UNKNOWN."""

    @property
    def action(self) -> Action:
        """Buy, sell, modify or cancel."""
        return self.intent.terms.action

    @property
    def sent_at_broker(self) -> datetime | None:
        """When it was let out, by the broker's clock; None where that is not known."""
        if self.sent_at is None or self.broker_ahead is None:
            return None
        return self.sent_at + self.broker_ahead

    @property
    def is_open(self) -> bool:
        """Whether its order may exist without our knowing."""
        return self.state in OPEN_STATES


class Prepared(NamedTuple):
    """The answer to an intent: a row to send, or the one that was recorded under its key."""

    attempt: Attempt
    replayed: bool


class Outcome(NamedTuple):
    """What became of one send."""

    state: State
    """ACCEPTED, REJECTED, NOT_SENT or UNKNOWN."""
    code: str = ""
    text: str = ""
    number: str | None = None
    """The broker's number, needed for ACCEPTED."""
    root: str | None = None
    broker_at: datetime | None = None
    detail: Mapping[str, Any] = NOTHING


class Event(NamedTuple):
    """A row of an attempt's history; a note has the same state twice."""

    attempt_id: AttemptId
    before: State | None
    """None for the first."""
    after: State
    at: datetime
    detail: Mapping[str, Any]


class History(NamedTuple):
    """An intent with everything that happened to it, oldest first."""

    intent: Intent
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]


class Snapshot(NamedTuple):
    """The ledger's figures for the checks of one intent, from inside its transaction."""

    now: datetime
    """The later of the local clock and the newest row."""
    mode: Mode
    daily_account: int
    """KRW of today's buys that count, this intent and what it modifies left out."""
    daily_all: int
    """The same over all accounts of the environment."""
    bought_lately: int
    """KRW of this account's own buys of the last 60 s."""
    orders_last_minute: int
    """Orders of this account that were let out or are about to be; no cancels."""
    orders_today: int
    duplicates: tuple[Attempt, ...]
    """Same account, symbol, side, quantity and price within the window asked for."""
    opposite: tuple[Attempt, ...]
    """Orders of today on the other side of the symbol that may be open, in any account."""


class Halt(NamedTuple):
    """One turn of the kill switch."""

    account: AccountId | None
    """None: all accounts."""
    mode: Mode
    at: datetime
    uid: int | None
    host: str
    reason: str


class Doubt(NamedTuple):
    """A reason to believe that orders exist which this ledger does not know."""

    number: int
    account: AccountId | None
    """None: all accounts."""
    kind: DoubtKind
    at: datetime
    detail: Mapping[str, Any]


class Notice(NamedTuple):
    """An order the broker announced while a watch was running."""

    number: str
    received_at: datetime
    body: Mapping[str, Any]
