"""Our own journal of orders as people look at it: offline, nothing is asked of a broker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import LONGEST_NUMBER, SHOWN, AttemptId, OrderId, Terms, whole_number
from kiwoomctl.errors import Phrase, UsageError
from kiwoomctl.services.accounts import JournaledAccount

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.ledger import Attempt, Event, History, Ledger

_MOST_NAMED: Final = 10


class Journal(NamedTuple):
    """One world's ledger, and whose part of it is looked at."""

    ledger: Ledger
    accounts: tuple[AccountId, ...] | None
    """None: all of it, so that orders of a profile that was removed are seen too."""

    def covers(self, account: AccountId) -> bool:
        """Tell whether the account's orders are looked at."""
        return self.accounts is None or account in self.accounts


class Entry(NamedTuple):
    """One attempt as it is shown; its fields are those of the command's output."""

    attempt_id: str
    order_id: str
    client_id: str | None
    """The --id key."""
    profile: str
    """By its name of that time."""
    environment: str
    account: str
    """The whole account number."""
    action: str
    symbol: str
    side: str
    type: str
    price: Decimal | None
    """KRW per share; None for a type without price, and for a cancel."""
    quantity: int | None
    """Shares; None for all that remains."""
    exchange: str
    target: str | None
    """The broker's number of the order that was modified or cancelled."""
    state: str
    """The word users see."""
    ledger_state: str
    broker_order_id: str | None
    reason_code: str | None
    message: str | None
    created_at: datetime
    settled_by: str | None


class Step(NamedTuple):
    """One event of an attempt's history."""

    entry: Entry
    at: datetime
    from_state: str | None
    to_state: str
    detail: str | None
    """JSON; None where there is nothing more to say."""


def journals(accounts: Sequence[JournaledAccount], *, everything: bool) -> list[Journal]:
    """Return the ledgers these accounts' orders are in; none is made.

    Args:
        accounts: whose worlds are looked at.
        everything: whether other accounts of the same worlds are shown too.

    Raises:
        StateError, Busy: a ledger is there but cannot be used.
    """
    return [
        Journal(members[0].ledger(), None if everything else _ids(members))
        for members in by_world(accounts)
    ]


def by_world(accounts: Iterable[JournaledAccount]) -> list[list[JournaledAccount]]:
    """Return the accounts that share a ledger together; those without a ledger are left out."""
    worlds: dict[Path, list[JournaledAccount]] = {}
    for account in accounts:
        if account.has_ledger():
            worlds.setdefault(account.world, []).append(account)
    return list(worlds.values())


def newest(looked_at: Sequence[Journal], limit: int, *, only_open: bool) -> list[Entry]:
    """Return the newest attempts over all journals, newest first.

    Args:
        looked_at: where to look.
        limit: how many at most.
        only_open: whether only those are meant whose outcome is not known.
    """
    found: list[Attempt] = []
    for journal in looked_at:
        if only_open:
            attempts = journal.ledger.open_attempts()
            found += [a for a in reversed(attempts) if journal.covers(a.intent.account)]
        else:
            found += journal.ledger.newest(limit, journal.accounts)
    # Stable: attempts of one moment keep the order of their ledger.
    found.sort(key=lambda attempt: attempt.created_at, reverse=True)
    return [entry(attempt) for attempt in found[:limit]]


def find(looked_at: Sequence[Journal], text: str, today: date) -> History:
    """Return the intent that a person named, with everything that happened to it.

    Args:
        looked_at: where to look.
        text: our id of the order or of an attempt, or the broker's number, of today first.
        today: the day of the person, KST.

    Raises:
        UsageError: nothing has that name, or several orders have that number.
    """
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) <= LONGEST_NUMBER:
        journal, order_id = _by_number(looked_at, plain, today)
        return journal.ledger.history(order_id)
    wanted = AttemptId.parse(plain) if "." in plain else OrderId.parse(plain)
    order_id = wanted.order_id if isinstance(wanted, AttemptId) else wanted
    for journal in looked_at:
        try:
            history = journal.ledger.history(order_id)
        except UsageError:
            continue
        known = {order_id, *(attempt.id for attempt in history.attempts)}
        if wanted in known and journal.covers(history.intent.account):
            return history
    raise _none(wanted)


def steps(history: History) -> list[Step]:
    """Return the events of an intent, oldest first."""
    entries = {attempt.id: entry(attempt) for attempt in history.attempts}
    return [_step(entries[event.attempt_id], event) for event in history.events]


def entry(attempt: Attempt) -> Entry:
    """Return an attempt as it is shown."""
    intent, terms = attempt.intent, attempt.intent.terms
    return Entry(
        attempt_id=attempt.id,
        order_id=intent.order_id,
        client_id=intent.client_id,
        profile=intent.profile,
        environment=intent.account.environment,
        account=intent.account.number,
        action=terms.action,
        symbol=terms.symbol,
        side=terms.side,
        type=terms.type.value,
        price=terms.price,
        quantity=terms.quantity or None,
        exchange=terms.exchange,
        target=_whole(terms.target),
        state=SHOWN[attempt.state],
        ledger_state=attempt.state.value,
        broker_order_id=_whole(attempt.number),
        reason_code=attempt.outcome_code,
        message=attempt.outcome_text,
        created_at=attempt.created_at,
        settled_by=attempt.settled_by,
    )


def wish(terms: Terms) -> Phrase:
    """Return what an order asks for, in a few words."""
    values = {"symbol": terms.symbol, "side": Phrase(terms.side), "quantity": terms.quantity}
    if terms.action == "cancel":
        return Phrase("cancel {target} ({symbol})", target=_whole(terms.target), **values)
    if terms.action == "modify":
        values["target"] = _whole(terms.target)
        return Phrase("modify {target} ({symbol}) to {price:,f}", price=terms.price, **values)
    if terms.price is None:
        kind = Phrase(terms.type.value)
        return Phrase("{side} {symbol} {quantity:,} ({type})", type=kind, **values)
    return Phrase("{side} {symbol} {quantity:,} at {price:,f}", price=terms.price, **values)


def _by_number(looked_at: Sequence[Journal], number: str, today: date) -> tuple[Journal, OrderId]:
    found = [
        (journal, attempt)
        for journal in looked_at
        for attempt in journal.ledger.numbered(number)
        if journal.covers(attempt.intent.account)
    ]
    # Numbers begin anew every day. A simulated market may be a day ahead of this machine.
    of_today = [pair for pair in found if pair[1].intent.trading_day >= today]
    meant = {attempt.intent.order_id: journal for journal, attempt in of_today or found}
    if not meant:
        raise _none(number)
    if len(meant) > 1:
        raise UsageError(
            "{number} is the number of several orders",
            hint="give the id of one: {near}",
            code="order_ambiguous",
            number=number,
            near=", ".join(list(meant)[:_MOST_NAMED]),
        )
    order_id, journal = meant.popitem()
    return journal, order_id


def _step(of: Entry, event: Event) -> Step:
    detail = json.dumps(event.detail, ensure_ascii=False, separators=(",", ":"), default=str)
    return Step(
        entry=of,
        at=event.at,
        from_state=None if event.before is None else event.before.value,
        to_state=event.after.value,
        detail=detail if event.detail else None,
    )


def _ids(accounts: Sequence[JournaledAccount]) -> tuple[AccountId, ...]:
    found = [account.pinned_id() for account in accounts]
    return tuple(dict.fromkeys(account_id for account_id in found if account_id is not None))


def _whole(number: str | None) -> str | None:
    return None if number is None else whole_number(number)


def _none(wanted: str) -> UsageError:
    return UsageError(
        "the ledger has no order {id}",
        hint="kiwoomctl ledger list shows the orders it has",
        code="order_id",
        id=wanted,
    )
