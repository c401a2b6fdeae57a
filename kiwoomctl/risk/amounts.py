"""Checks of how much: CASH, SELLABLE, VALUE, QUANTITY, DAILY. Money is KRW."""

from __future__ import annotations

from decimal import Decimal

from kiwoomctl.errors import Phrase
from kiwoomctl.risk.situation import (
    Situation,
    added_value,
    order_value,
    shares,
    with_commission,
)
from kiwoomctl.risk.verdicts import Code, Tier, Verdict, unknown


def cash(situation: Situation) -> Verdict | None:
    """Hold a buy that the account cannot pay for, commission included."""
    if not situation.is_buy:
        return None
    needed = with_commission(situation, added_value(situation))
    if needed is None:
        return unknown(Code.CASH, Phrase("what the order costs is not known"))
    if needed == 0:
        # A modify that lowers the price, whatever the account owes.
        return None
    orderable, counters = situation.orderable, situation.counters
    if orderable is None:
        return unknown(Code.CASH, Phrase("the orderable amount is not known"))
    # The broker's orderable amount lags behind a buy that was just placed.
    recent = None if counters is None else Decimal(counters.bought_lately)
    reserved = with_commission(situation, recent)
    if reserved is None:
        return unknown(Code.CASH, Phrase("the buys of the last minute are not known"))
    left = orderable - reserved
    if needed <= left:
        return None
    return Verdict(
        Code.CASH,
        situation.limits.cash,
        Phrase(
            "{needed:,f} KRW needed, {left:,f} orderable after {reserved:,f} for buys just sent",
            needed=needed,
            left=left,
            reserved=reserved,
        ),
    )


def sellable(situation: Situation) -> Verdict | None:
    """Hold a sell of more shares than the account may sell."""
    if situation.is_buy or situation.is_modify:
        # What a modify sells is reserved by the order itself.
        return None
    if situation.sellable_quantity is None:
        return unknown(Code.SELLABLE, Phrase("the sellable quantity is not known"))
    if situation.terms.quantity <= situation.sellable_quantity:
        return None
    return Verdict(
        Code.SELLABLE,
        situation.limits.sellable,
        Phrase(
            "{quantity:,} shares to sell, {sellable:,} sellable",
            quantity=situation.terms.quantity,
            sellable=situation.sellable_quantity,
        ),
    )


def value(situation: Situation) -> Verdict | None:
    """Stop an order of a great value."""
    amount, limits = order_value(situation), situation.limits
    if amount is None:
        return unknown(Code.VALUE, Phrase("the value of the order is not known"))
    for tier, most in ((Tier.HOLD, limits.value_hold), (Tier.WARN, limits.value_warn)):
        if amount > most:
            return Verdict(
                Code.VALUE,
                tier,
                Phrase(
                    "the order is worth up to {amount:,f} KRW, limit {limit:,}",
                    amount=amount,
                    limit=most,
                ),
            )
    return None


def quantity(situation: Situation) -> Verdict | None:
    """Hold an order of many shares."""
    most, count = situation.limits.quantity, shares(situation)
    if most is None:
        return None
    if count is None:
        return unknown(Code.QUANTITY, Phrase("the remaining quantity of the order is not known"))
    if count <= most:
        return None
    return Verdict(
        Code.QUANTITY,
        Tier.HOLD,
        Phrase("{quantity:,} shares, limit {limit:,}", quantity=count, limit=most),
    )


def daily_account(situation: Situation) -> Verdict | None:
    """Hold a buy that makes the day's buys of this account too many."""
    before = situation.counters.daily_account if situation.counters else None
    return _daily(situation, before, situation.limits.daily_account, Phrase("this account"))


def daily_all(situation: Situation) -> Verdict | None:
    """Hold a buy that makes the day's buys of all accounts too many."""
    before = situation.counters.daily_all if situation.counters else None
    return _daily(situation, before, situation.limits.daily_all, Phrase("all accounts"))


def _daily(situation: Situation, before: int | None, most: int, whose: Phrase) -> Verdict | None:
    if not situation.is_buy:
        return None
    value = order_value(situation)
    if value is None or before is None:
        return unknown(Code.DAILY, Phrase("the amount of today's buys is not known"))
    if before + value <= most:
        return None
    return Verdict(
        Code.DAILY,
        Tier.HOLD,
        Phrase(
            "buys of {whose} would reach {amount:,f} KRW today, limit {limit:,}",
            whose=whose,
            amount=before + value,
            limit=most,
        ),
    )
