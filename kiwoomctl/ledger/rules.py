"""When the ledger itself says no, whatever the risk checks think."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kiwoomctl.database import RuleBroken
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import State, Terms, bare_number, whole_number
from kiwoomctl.errors import Phrase, Refused, UsageError
from kiwoomctl.ledger.reading import Readings
from kiwoomctl.ledger.records import Attempt, DoubtKind

_DOUBTS: Final[Mapping[DoubtKind, str]] = {
    "lost": "the ledger was lost and began anew",
    "restored": "an older copy of the ledger was put back",
    "other_host": "the ledger comes from another machine",
    "foreign_orders": "another program or machine placed orders with this key",
}


def refuse_blocked(
    ledger: Readings, account: AccountId, terms: Terms, *, in_flight: bool = True
) -> None:
    """Make sure that the account may have a new order; cancels pass.

    Args:
        ledger: what is known.
        account: whose order it is.
        terms: the order.
        in_flight: whether SENDING blocks too; not where its sender may be at work still.

    Raises:
        Refused: The ledger is in doubt, orders are stopped, or an outcome is open.
    """
    if terms.action == "cancel":
        return
    if doubts := ledger.doubts(account):
        raise Refused(
            "the ledger may not know every order of this account ({reason})",
            hint="compare it with the broker: kiwoomctl audit --adopt",
            code="ledger_doubt",
            reason=Phrase(_DOUBTS[doubts[0].kind]),
        )
    refuse_halted(ledger, account, terms)
    blocking = [
        attempt
        for attempt in ledger.blocking(account, terms.symbol)
        if in_flight or attempt.state is not State.SENDING
    ]
    if blocking:
        raise Refused(
            "the outcome of {attempt} is unknown: no new order for {symbol} until it is known",
            hint="find out with kiwoomctl resolve {attempt}",
            code="open_unknown",
            attempt=blocking[0].id,
            symbol=terms.symbol,
        )


def refuse_halted(ledger: Readings, account: AccountId, terms: Terms) -> None:
    """Make sure that the kill switch lets the order through.

    Raises:
        Refused: It does not.
    """
    mode = ledger.mode(account)
    reduces = mode == "reducing" and terms.side == "sell"
    if mode == "active" or reduces or terms.action == "cancel":
        return
    raise Refused(
        "orders of this account are stopped ({mode})",
        hint="kiwoomctl resume lets them go again",
        code="HALT",
        mode=Phrase(mode),
    )


def refuse_other_day(attempt: Attempt, now: datetime) -> None:
    """Make sure that the day the order was prepared for is not over.

    The numbers known before, and the number of an order that is changed, are of that day.

    Args:
        attempt: what is about to be let out.
        now: this machine's time.

    Raises:
        Refused: It is another day by the broker's clock, where that is known.
    """
    if attempt.broker_ahead is None:
        return
    if (now + attempt.broker_ahead).astimezone(KST).date() != attempt.intent.trading_day:
        raise Refused(
            "{attempt} was prepared for {day}, and that day is over",
            hint="look at the market and at your orders, then order anew; nothing was sent",
            code="day_over",
            attempt=attempt.id,
            day=attempt.intent.trading_day,
        )


def refuse_number(ledger: Readings, attempt: Attempt, number: str | None) -> None:
    """Make sure that a broker's number can be this attempt's.

    Raises:
        UsageError: It was known before the attempt, or is another attempt's.
        RuleBroken: There is no number.
    """
    bare = bare_number(number or "")
    if bare is None:
        raise RuleBroken("a match needs its number")
    if bare in attempt.before:
        raise UsageError(
            "order {number} was there before {attempt}: it is another one",
            hint="name an order that the attempt can have made",
            code="number",
            number=whole_number(bare),
            attempt=attempt.id,
        )
    intent = attempt.intent
    owner = ledger.owner(intent.account, intent.trading_day, bare)
    if owner is not None and owner.id != attempt.id:
        raise UsageError(
            "order {number} belongs to {owner}",
            hint="name an order that the attempt can have made",
            code="number",
            number=whole_number(bare),
            owner=owner.id,
        )
