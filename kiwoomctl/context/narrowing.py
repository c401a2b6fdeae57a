"""Of the chosen accounts those that can do something, and what is told of the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from kiwoomctl.errors import BrokerRejected, UsageError
from kiwoomctl.locale import fill

if TYPE_CHECKING:
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.domain.offers import Ability


def named(choices: Sequence[str]) -> frozenset[str]:
    """Return the profiles that -p names one by one: no group, and not all there are."""
    names = (name.strip() for choice in choices for name in choice.split(","))
    return frozenset(name for name in names if name != "all" and not name.startswith("@"))


def able(
    chosen: Sequence[ConnectedAccount], ability: Ability, wanted: Collection[str]
) -> tuple[list[ConnectedAccount], list[str]]:
    """Return the accounts that have it, and a line for each reason why others are left out.

    Args:
        chosen: all that are chosen.
        ability: what is to be done.
        wanted: profiles that may not be left out.

    Raises:
        UsageError: the house of one that may not be left out, or of every one, does not offer it.
        BrokerRejected: the mock server has not what the real one has.
    """
    left: list[tuple[ConnectedAccount, BrokerRejected]] = []
    found = []
    for account in chosen:
        try:
            account.require(ability)
            found.append(account)
        except BrokerRejected as error:
            left.append((account, error))
    must = [pair for pair in left if pair[0].name in wanted or not found]
    if must:
        raise _refusal(*must[0])
    return found, _told(left)


def _refusal(account: ConnectedAccount, error: BrokerRejected) -> UsageError | BrokerRejected:
    if error.code != "not_offered":
        return error
    return UsageError(
        "profile {profile!r}: {broker} does not offer this: {what}",
        hint="leave it out of -p; kiwoomctl help brokers shows who offers what",
        code="not_offered",
        **{**error.values, "profile": account.name},
    )


def _told(left: Sequence[tuple[ConnectedAccount, BrokerRejected]]) -> list[str]:
    lines: dict[str, list[str]] = {}
    for account, error in left:
        # Reasons are alike where their lines would be.
        values = {**error.values, "profiles": "{profiles}"}
        if error.code == "not_offered":
            line = fill("left out: {profiles}; {broker} does not offer this: {what}", values)
        else:
            line = fill("left out: {profiles}; the mock server has no {what}", values)
        lines.setdefault(line, []).append(account.name)
    return [line.replace("{profiles}", ", ".join(names)) for line, names in lines.items()]
