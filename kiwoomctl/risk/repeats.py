"""Checks against other orders: COUNT, DUPLICATE, CROSS."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from kiwoomctl.domain.orders import bare_number, whole_number
from kiwoomctl.errors import Phrase
from kiwoomctl.risk.situation import Situation, Working, bound
from kiwoomctl.risk.verdicts import Code, Tier, Verdict, unknown


def count_minute(situation: Situation) -> Verdict | None:
    """Hold an order of an account that sent many in the last minute."""
    if situation.counters is None:
        return unknown(Code.COUNT, Phrase("the orders sent before are not known"))
    number, limit = situation.counters.last_minute + 1, situation.limits.count_minute
    if number <= limit:
        return None
    return Verdict(
        Code.COUNT,
        Tier.HOLD,
        Phrase(
            "this would be order {number:,} within a minute, limit {limit:,}",
            number=number,
            limit=limit,
        ),
    )


def count_day(situation: Situation) -> Verdict | None:
    """Hold an order of an account that sent many today."""
    if situation.counters is None:
        # count_minute has told it.
        return None
    number, limit = situation.counters.today + 1, situation.limits.count_day
    if number <= limit:
        return None
    return Verdict(
        Code.COUNT,
        Tier.HOLD,
        Phrase(
            "this would be order {number:,} of today, limit {limit:,}", number=number, limit=limit
        ),
    )


def duplicate(situation: Situation) -> Verdict | None:
    """Hold an order equal to one that was just sent."""
    counters, window = situation.counters, situation.limits.duplicate
    if counters is None:
        return unknown(Code.DUPLICATE, Phrase("the orders sent before are not known"))
    if not counters.equal:
        return None
    age = counters.now - max(counters.equal)
    if age > timedelta(seconds=window):
        return None
    return Verdict(
        Code.DUPLICATE,
        Tier.HOLD,
        Phrase(
            "the same order was sent {age:,} s ago, limit {limit:,} s",
            age=max(0, age // timedelta(seconds=1)),
            limit=window,
        ),
    )


def cross(situation: Situation) -> Verdict | None:
    """Hold an order that could trade with another one of this config's accounts.

    Buying from oneself, or from an account one directs, is a wash or matched trade.
    """
    if situation.working is None:
        return unknown(
            Code.CROSS,
            Phrase(
                "the open orders of {profiles} could not be read",
                profiles=", ".join(situation.unread) or "?",
            ),
        )
    for other in situation.working:
        if _meets(situation, other):
            return Verdict(Code.CROSS, situation.limits.cross, _cross_message(other))
    return None


def _meets(situation: Situation, other: Working) -> bool:
    terms = situation.terms
    if other.symbol != terms.symbol or other.side == terms.side:
        return False
    # A simulated order never meets a real one.
    if other.account.environment != situation.account.environment:
        return False
    if situation.is_modify and _is_target(situation, other):
        return False
    own, theirs = bound(terms.type, terms.price), bound(other.type, other.price)
    if own is None or theirs is None:
        return True
    return own >= theirs if situation.is_buy else own <= theirs


def _is_target(situation: Situation, other: Working) -> bool:
    number = _bare(situation.terms.target)
    return number is not None and (other.account, _bare(other.number)) == (
        situation.account,
        number,
    )


def _bare(number: str | None) -> str | None:
    return None if number is None else bare_number(number)


def _cross_message(other: Working) -> Phrase:
    price: Decimal | None = bound(other.type, other.price)
    number = whole_number(other.number) if other.number else Phrase("of unknown number")
    if price is None:
        return Phrase("could trade with your own order {number} of any price", number=number)
    return Phrase(
        "could trade with your own order {number} at {price:,f}", number=number, price=price
    )
