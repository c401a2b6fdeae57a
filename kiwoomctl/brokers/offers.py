"""Refusals by what a house offers, before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from kiwoomctl.domain.offers import WORDS, Ability, Extent
from kiwoomctl.errors import BrokerRejected, Phrase, UsageError

if TYPE_CHECKING:
    from kiwoomctl.brokers.houses import House
    from kiwoomctl.domain.orders import Exchange, OrderType
    from kiwoomctl.domain.portfolio import Environment


def require(house: House, ability: Ability, environment: Environment, profile: str) -> None:
    """Let what the house offers to an account of this environment pass.

    Raises:
        BrokerRejected: ``not_offered``, neither server has it; ``not_on_mock``, this one has not.
    """
    offer = house.offers[ability]
    if offer.at(environment) is not Extent.NO:
        return
    if offer.real is Extent.NO:
        refuse(house.title, ability)
    refuse_on_mock(profile, ability)


def refuse_on_mock(profile: str, ability: Ability) -> NoReturn:
    """Refuse what the real server of a house has and the mock one has not.

    Raises:
        BrokerRejected: in any case.
    """
    raise BrokerRejected(
        "profile {profile!r}: the mock server has no {what}",
        hint="name a real profile with -p, or try it with --demo",
        code="not_on_mock",
        profile=profile,
        what=Phrase(WORDS[ability]),
    )


def refuse(title: Phrase, ability: Ability) -> NoReturn:
    """Refuse what the house has on none of its servers.

    Raises:
        BrokerRejected: in any case.
    """
    raise BrokerRejected(
        "{broker} does not offer this: {what}",
        hint="leave its profiles out with -p; kiwoomctl help brokers shows who offers what",
        code="not_offered",
        broker=title,
        what=Phrase(WORDS[ability]),
    )


def require_order(
    house: House, exchange: Exchange, type_: OrderType, environment: Environment, profile: str
) -> None:
    """Let a buy or sell that the house takes pass.

    Raises:
        UsageError: ``mock_exchange``, the mock server has not this exchange; ``order_type``, the
            house takes no orders of this type there.
    """
    types = house.orders[exchange]
    if all(offer.at(environment) is Extent.NO for offer in types.values()):
        raise UsageError(
            "{profile} is a mock account, which trades on KRX only, not on {exchange}",
            hint="--exchange KRX",
            code="mock_exchange",
            profile=profile,
            exchange=exchange,
        )
    offer = types[type_]
    if offer.at(environment) is Extent.NO:
        raise UsageError(
            "{profile}: its broker takes no {type} orders on {exchange}",
            hint="name another --type or --exchange; kiwoomctl help brokers shows what is taken",
            code="order_type",
            profile=profile,
            type=Phrase(type_.value),
            exchange=exchange,
        )
