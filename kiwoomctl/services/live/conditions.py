"""Condition searches of one account's owner: the list, one answer, or a running watch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kiwoomctl.errors import UsageError, nearest
from kiwoomctl.services.live.stream import Source

if TYPE_CHECKING:
    from kiwoomctl.brokers.port_live import ConditionDesk, LiveFeed
    from kiwoomctl.domain.conditions import Condition, ConditionHit
    from kiwoomctl.domain.portfolio import Environment


class ConditionAccount(Protocol):
    """An account whose owner keeps condition searches at the broker."""

    @property
    def name(self) -> str:
        """The profile's name."""

    @property
    def environment(self) -> Environment:
        """real, mock or sim."""

    def condition_desk(self, silence: float | None = None) -> ConditionDesk:
        """Open a feed with them; raises Busy, SignInError, Unavailable, BrokerRejected."""


class ConditionRow(NamedTuple):
    """One condition of one account."""

    profile: str
    environment: Environment
    condition: Condition


class HitRow(NamedTuple):
    """One code that meets a condition."""

    profile: str
    environment: Environment
    condition: Condition
    hit: ConditionHit


def conditions(account: ConditionAccount) -> list[ConditionRow]:
    """Return the conditions of an account."""
    desk = account.condition_desk()
    try:
        return [ConditionRow(account.name, account.environment, c) for c in desk.conditions()]
    finally:
        desk.feed.close()


def search(account: ConditionAccount, wanted: str) -> tuple[Condition, list[HitRow]]:
    """Return a condition and the codes that meet it now.

    Raises:
        UsageError: there is no such condition, or several have the name.
    """
    desk = account.condition_desk()
    try:
        condition = chosen(desk.conditions(), wanted)
        hits = desk.search(condition.id)
        return condition, [
            HitRow(account.name, account.environment, condition, hit) for hit in hits
        ]
    finally:
        desk.feed.close()


def watch(account: ConditionAccount, wanted: str, silence: float | None) -> Source:
    """Return the feed that tells of a condition; it raises as ``search`` when it is opened."""
    return Source(account.name, account.environment, partial(_open, account, wanted, silence))


def chosen(conditions: Sequence[Condition], wanted: str) -> Condition:
    """Return the condition with this number, else the one with this name.

    Raises:
        UsageError: there is none, or several have the name.
    """
    text = wanted.strip()
    found = [c for c in conditions if c.id == text] or [c for c in conditions if c.name == text]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            "several conditions have the name {name!r}",
            hint="give its number: {near}",
            code="condition_many",
            name=text,
            near=", ".join(c.id for c in found),
        )
    hint, near = nearest(text, [*(c.name for c in conditions), *(c.id for c in conditions)])
    raise UsageError(
        "there is no condition {name!r}",
        hint=hint or "conditions are made in Kiwoom's own trading program (영웅문)",
        code="condition_unknown",
        name=text,
        near=near,
    )


def _open(account: ConditionAccount, wanted: str, silence: float | None) -> LiveFeed:
    desk = account.condition_desk(silence)
    try:
        desk.watch(chosen(desk.conditions(), wanted).id)
    except BaseException:
        desk.feed.close()
        raise
    return desk.feed
