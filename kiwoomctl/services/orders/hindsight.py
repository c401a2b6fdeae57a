"""What a list of the broker says, in hindsight, of what was concluded about an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kiwoomctl.domain import evidence
from kiwoomctl.domain.orders import BrokerOrder, State

if TYPE_CHECKING:
    from kiwoomctl.ledger import Attempt
    from kiwoomctl.services.orders.audit import Kind

_UNLISTED: Final = "unlisted:"


def is_concluded(attempt: Attempt) -> bool:
    """Tell whether its state rests on what lists showed, and not on the broker's word."""
    if attempt.state is State.REJECTED:
        return (attempt.outcome_code or "").startswith(_UNLISTED)
    return attempt.state in {State.MATCHED, State.ABSENT}


def doubted_as(attempt: Attempt) -> Kind | None:
    """Return what a candidate makes of a conclusion; None where it says nothing against it."""
    if attempt.state is State.MATCHED:
        return "doubtful_match" if _is_likeness(attempt) else None
    if attempt.state is State.ABSENT:
        return "absent_but_found"
    return "unlisted_rejection" if is_concluded(attempt) else None


def is_a_strangers(attempt: Attempt, order: BrokerOrder) -> bool:
    """Tell whether what was matched came another way, as it turns out: no reply gave its number.

    What a match rested on, a notice or one list of several, need not have said it.
    """
    return _is_likeness(attempt) and evidence.came_another_way(order)


def differs(attempt: Attempt, order: BrokerOrder) -> bool:
    """Tell whether the order of our number is another one; what is blank does not count."""
    terms = attempt.intent.terms
    pairs = (
        (terms.symbol, order.symbol),
        (terms.side, order.side),
        (terms.quantity or None, order.quantity),
        (terms.price, order.price),
    )
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _is_likeness(attempt: Attempt) -> bool:
    """Tell whether its order was found by likeness, and not named by a person."""
    by_person = (attempt.settled_by or "").startswith("person")
    return attempt.state is State.MATCHED and not by_person
