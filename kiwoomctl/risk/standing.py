"""Checks of who, what and when: HALT, ENVIRONMENT, SYMBOLS, MARKET, HOURS."""

from __future__ import annotations

from typing import Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import mask_account
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.domain.sessions import Session, calendar_is_known, session_at
from kiwoomctl.errors import Phrase
from kiwoomctl.risk.situation import MARKET_TYPES, Situation
from kiwoomctl.risk.verdicts import Code, Tier, Verdict, unknown

_REGULAR: Final = frozenset({Session.OPENING_AUCTION, Session.CONTINUOUS, Session.CLOSING_AUCTION})
# The mock server takes orders from 09:00 to 15:30 only.
_MOCK: Final = frozenset({Session.CONTINUOUS, Session.CLOSING_AUCTION})
_LIMIT_ONLY: Final = frozenset({Session.PRE_MARKET, Session.AFTER_MARKET})
_LIMIT_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.IOC, OrderType.FOK})
# Types that belong to a session of their own.
_OWN_SESSION: Final = {
    OrderType.PRE_CLOSE: Session.OPENING_AUCTION,
    OrderType.POST_CLOSE: Session.POST_CLOSE,
    OrderType.SINGLE: Session.SINGLE_PRICE,
}


def halt(situation: Situation) -> Verdict | None:
    """Refuse what the kill switch forbids; ``reducing`` lets sells through."""
    mode = situation.halt
    if mode is None:
        return unknown(Code.HALT, Phrase("the state of the kill switch is not known"))
    if mode == "halted":
        return Verdict(
            Code.HALT, Tier.REFUSE, Phrase("orders are halted: only cancels are sent until resume")
        )
    if mode == "reducing" and situation.is_buy:
        return Verdict(
            Code.HALT,
            Tier.REFUSE,
            Phrase("buys are halted: only sells and cancels are sent until resume"),
        )
    return None


def environment(situation: Situation) -> Verdict | None:
    """Refuse when profile, token, host and account number do not agree."""
    found = (_environments(situation), _numbers(situation))
    # What is known to be wrong goes before what is not known.
    return max(
        (verdict for verdict in found if verdict), key=lambda verdict: verdict.tier, default=None
    )


def _environments(situation: Situation) -> Verdict | None:
    signing = situation.signing
    expected = signing.profile_environment
    found = (
        (Phrase("its account"), situation.account.environment),
        (Phrase("its token"), signing.token_environment),
        (Phrase("its host"), signing.host_environment),
    )
    for what, told in found:
        if told is not None and told != expected:
            return Verdict(
                Code.ENVIRONMENT,
                Tier.REFUSE,
                Phrase(
                    "the profile is {expected}, but {what} is {told}",
                    expected=Phrase(expected),
                    what=what,
                    told=Phrase(told),
                ),
            )
    for what, told in found:
        if told is None:
            return unknown(
                Code.ENVIRONMENT,
                Phrase("the environment of the profile is clear, that of {what} is not", what=what),
            )
    return None


def _numbers(situation: Situation) -> Verdict | None:
    signing = situation.signing
    pinned = signing.pinned_number
    if pinned is None and signing.profile_environment == "real":
        return Verdict(
            Code.ENVIRONMENT,
            Tier.REFUSE,
            Phrase("the account number of this real profile is not proven: run kiwoomctl login"),
        )
    for told in (signing.number, situation.account.number):
        if pinned is not None and told is not None and told != pinned:
            return Verdict(
                Code.ENVIRONMENT,
                Tier.REFUSE,
                Phrase(
                    "the key is of account {told}, the profile of {pinned}",
                    told=mask_account(told),
                    pinned=mask_account(pinned),
                ),
            )
    if pinned is None or signing.number is None:
        return unknown(Code.ENVIRONMENT, Phrase("the account number is not known"))
    return None


def symbols(situation: Situation) -> Verdict | None:
    """Refuse what the deny list has, or the allow list has not."""
    limits, symbol = situation.limits, situation.terms.symbol
    if symbol in limits.symbols_deny:
        return Verdict(
            Code.SYMBOLS, Tier.REFUSE, Phrase("{symbol} is on the deny list", symbol=symbol)
        )
    if limits.symbols_allow and symbol not in limits.symbols_allow:
        return Verdict(
            Code.SYMBOLS, Tier.REFUSE, Phrase("{symbol} is not on the allow list", symbol=symbol)
        )
    return None


def market(situation: Situation) -> Verdict | None:
    """Hold a market order that nobody at a terminal confirms."""
    tier = situation.limits.market
    if tier is None or situation.on_tty or situation.terms.type not in MARKET_TYPES:
        return None
    return Verdict(
        Code.MARKET,
        tier,
        Phrase(
            "a {type} order that nobody is asked about (--yes, or no terminal)",
            type=Phrase(situation.terms.type.value),
        ),
    )


def hours(situation: Situation) -> Verdict | None:
    """Warn when the exchange takes no such order at the broker's time."""
    moment = situation.broker_time
    if moment is None:
        return unknown(Code.HOURS, Phrase("the broker's time is not known"))
    terms, local = situation.terms, moment.astimezone(KST)
    venues = ("KRX", "NXT") if terms.exchange == "SOR" else (terms.exchange,)
    if not any(_takes(situation, session_at(moment, venue)) for venue in venues):
        return Verdict(
            Code.HOURS,
            situation.limits.hours,
            Phrase(
                "{exchange} takes no {type} order at {time} by the broker's clock",
                exchange=terms.exchange,
                type=Phrase(terms.type.value),
                time=f"{local:%Y-%m-%d %H:%M}",
            ),
        )
    if not calendar_is_known(local.date()):
        # No hold: weekends and fixed holidays are known, and a whole year of holds would
        # teach people to allow HOURS always.
        return Verdict(
            Code.HOURS,
            min(situation.limits.hours, Tier.HOLD),
            Phrase("the holidays of {year} are not known to this version", year=local.year),
        )
    return None


def _takes(situation: Situation, session: Session) -> bool:
    order_type = situation.terms.type
    if situation.signing.profile_environment == "mock":
        return session in _MOCK
    if order_type in _OWN_SESSION:
        return session is _OWN_SESSION[order_type]
    if session in _LIMIT_ONLY:
        return order_type in _LIMIT_TYPES
    return session in _REGULAR
