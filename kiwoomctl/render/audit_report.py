"""The report of ``audit``: a row for each thing in which ledger and broker differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kiwoomctl.domain.orders import AttemptId, whole_number
from kiwoomctl.errors import Phrase, UsageError
from kiwoomctl.locale import _, fill
from kiwoomctl.render.placement import padded
from kiwoomctl.render.report import Column, Report, Section
from kiwoomctl.services.orders.audit import DIFFERENCES

if TYPE_CHECKING:
    from kiwoomctl.domain.orders import BrokerOrder
    from kiwoomctl.ledger import Doubt
    from kiwoomctl.services.orders.audit import Audit, Row

WORDS: Final[Mapping[str, str]] = {
    "ledger_doubt": "{doubt}",
    "invariant": "a promise of the ledger is broken: {broken}",
    "not_comparable": "the broker's list of the day is empty, though it took our orders",
    "foreign_order": "sent over the REST API, not from here: who else uses this key?",
    "missing": "not in the broker's lists of its day",
    "missing_lately": "not in the broker's lists, which may lag: audit again in a few minutes",
    "differs": "the broker has another order under this number: {order}",
    "doubtful_match": "matched by likeness, yet it could be {numbers} as well",
    "doubtful_channel": "matched by likeness, but it did not come over the REST API",
    "unlisted_rejection": "rejected with an unknown code ({code}), yet it could be {numbers}",
    "absent_but_found": "called absent by {by}, yet it could be {numbers}",
    "open_outcome": "nobody knows yet whether it was placed",
    "open_outcome_seen": "nobody knows yet whether it was placed, it could be {numbers}",
}
"""What the rows say, by kind."""


def _profile(row: Row) -> str | None:
    # A ledger is that of all accounts of its world.
    return None if row.kind == "invariant" else row.account.name


def _day(row: Row) -> str | None:
    if row.day is not None:
        return row.day.isoformat()
    if row.doubt is not None:
        return str(row.doubt.detail.get("day") or row.doubt.at.date())
    return None


def _attempt_id(row: Row) -> str | None:
    if row.attempt is not None:
        return row.attempt.id
    try:
        return AttemptId.parse(row.broken.partition(":")[0])
    except UsageError:
        return None


def _number(row: Row) -> str | None:
    if row.attempt is None:
        return padded(row.order.number) if row.order else None
    only = row.candidates[0] if len(row.candidates) == 1 else None
    # What an open attempt could be is not its number.
    return padded(row.attempt.number or (None if row.attempt.is_open else only))


def _symbol(row: Row) -> str | None:
    if row.attempt is not None:
        return row.attempt.intent.terms.symbol
    return row.order.symbol if row.order else None


def _side(row: Row) -> str | None:
    if row.attempt is not None:
        return row.attempt.intent.terms.side
    return row.order.side if row.order else None


def _quantity(row: Row) -> int | None:
    """Whole shares; None also where a modify or cancel is of all that remains."""
    if row.attempt is not None:
        return row.attempt.intent.terms.quantity or None
    return row.order.quantity if row.order else None


def _price(row: Row) -> Decimal | None:
    if row.attempt is not None:
        return row.attempt.intent.terms.price
    return row.order.price if row.order else None


def _detail(row: Row) -> str:
    word: str = row.kind
    if row.may_lag:
        word = "missing_lately"
    elif row.kind == "open_outcome" and row.candidates:
        word = "open_outcome_seen"
    elif row.kind == "doubtful_match" and not row.candidates:
        word = "doubtful_channel"
    attempt = row.attempt
    values = {
        "doubt": row.doubt and _doubt(row.doubt),
        "broken": row.broken,
        "order": row.order and _as_listed(row.order),
        "numbers": _numbers(row.candidates),
        "code": attempt and attempt.outcome_code,
        "by": attempt and attempt.settled_by,
    }
    return fill(WORDS[word], values)


def _doubt(doubt: Doubt) -> Phrase:
    detail = doubt.detail
    if doubt.kind == "lost":
        return Phrase("an earlier ledger was lost")
    if doubt.kind == "restored":
        return Phrase(
            "the ledger is an older copy, {behind} changes behind", behind=detail.get("behind", "?")
        )
    if doubt.kind == "other_host":
        return Phrase("the ledger came from another machine")
    numbers = _numbers(detail.get("numbers", ()))
    return Phrase("orders not sent from here: {numbers}", numbers=numbers or "-")


def _as_listed(order: BrokerOrder) -> Phrase:
    return Phrase(
        "{side} {symbol}, {quantity:,} shares, {price} KRW",
        side=Phrase(order.side) if order.side else "-",
        symbol=order.symbol,
        quantity=order.quantity,
        price="-" if order.price is None else f"{order.price:,f}",
    )


def _numbers(numbers: Iterable[str]) -> str:
    return ", ".join(map(whole_number, numbers))


AUDIT = (
    Column("profile", "Account", _profile),
    Column("environment", "Environment", lambda row: row.account.environment, in_table=False),
    Column("kind", "Kind", lambda row: row.kind, kind="word"),
    Column("day", "Day", _day, rank=50),
    Column("attempt_id", "Attempt", _attempt_id, kind="id", rank=60),
    Column("broker_order_id", "Order", _number, kind="id", rank=10),
    Column("symbol", "Code", _symbol, rank=20),
    Column("side", "Side", _side, kind="word", rank=40),
    Column("quantity", "Qty", _quantity, kind="number", rank=30),
    Column("price", "Limit", _price, kind="number", rank=35),
    Column("detail", "Detail", _detail, wraps=True),
)


def audit(done: Audit, as_of: datetime) -> Report:
    """Return the report; any difference is exit code 11, whatever else failed."""
    environments = tuple(dict.fromkeys(one.account.environment for one in done.accounts))
    failures = tuple((a.account.name, a.error) for a in done.accounts if a.error is not None)
    rows = [row for one in done.accounts for row in one.rows]
    missing = [a.account.environment for a in done.accounts if a.error is not None]
    present = [a.account.environment for a in done.accounts if a.error is None]
    return Report(
        name="audit",
        title="Audit",
        columns=AUDIT,
        sections=tuple(
            Section(
                environment,
                [row for row in rows if row.account.environment == environment],
                accounts=present.count(environment),
                missing=missing.count(environment),
            )
            for environment in environments
        ),
        as_of=as_of,
        failures=failures,
        environments=environments,
        succeeded=len(done.accounts) - len(failures),
        verdict=DIFFERENCES if done.differs else None,
        empty="no differences",
        notes=tuple(_below(done)),
    )


def _below(done: Audit) -> Iterator[str]:
    """Yield what a table says below its rows."""
    if any(one.rows for one in done.accounts) and not done.differs:
        yield _("no differences in what could be compared")
    for one in done.accounts:
        if any(row.kind == "ledger_doubt" for row in one.rows):
            name = one.account.name
            yield fill(
                "no new orders until: kiwoomctl audit --adopt -p {profile}", {"profile": name}
            )


def notes(done: Audit, *, adopt: bool) -> Iterator[str]:
    """Yield what to say beside the report.

    Args:
        done: the audit.
        adopt: whether the doubts were to end.
    """
    for one in done.accounts:
        for attempt in one.in_flight:
            yield fill(
                "{profile}: {attempt} is being sent right now, audit again",
                {"profile": one.account.name, "attempt": attempt},
            )
        for doubt in one.adopted:
            yield fill(
                "{profile}: adopted: {doubt}",
                {"profile": one.account.name, "doubt": _doubt(doubt)},
            )
    if adopt and not any(one.adopted for one in done.accounts):
        yield _("nothing was adopted")
