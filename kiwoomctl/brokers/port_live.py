"""What the rest of the package may ask of a broker's live feed.

One feed is one connection with one app key; the broker keeps one session per key, so a second
feed on a key ends the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kiwoomctl.domain.conditions import Condition, ConditionHit
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.live import AccountNews, LiveEvent, LiveFields, RawEvent


class LiveFeed(Protocol):
    """The events of one account's connection, in the order they came."""

    @property
    def most_trades(self) -> int:
        """How many codes ``watch_trades`` takes, as far as what else was asked for leaves room."""

    def watch_account(self) -> AccountNews:
        """Ask for all that the broker tells of the account, and return what that is.

        What it does not tell, or not with what the profile says, raises nothing.
        """

    def watch_trades(self, symbols: Sequence[Symbol]) -> None:
        """Ask for the trades at KRX of these codes, and of no others.

        Only the newest trade of a code is kept until it is taken: a thousand trades a second
        may come, of which a screen shows one. They are therefore not read before they are
        taken.
        """

    def register(self, types: Sequence[str], items: Sequence[str]) -> None:
        """Ask for events by the broker's own names of kinds and items.

        Raises:
            UsageError: more items than one session may have.
            ConfigError: the profile lacks what this kind needs.
            BrokerRejected: the broker refused it.
        """

    def next(self, timeout: float) -> LiveEvent | None:
        """Return the next event as a record of the domain; None after that many seconds.

        A kind without a record of its own comes as a RawEvent. A lost connection is told as
        Lost, made anew with everything registered, and then told as a Gap.

        Args:
            timeout: 0 takes what is there and does not wait.

        Raises:
            Unavailable: it cannot be made anew.
            SignInError: the token is refused.
            Busy: ``live_taken``, another program took the key's one session.
        """

    def next_raw(self, timeout: float) -> RawEvent | None:
        """Return the next event as it was sent; Lost and Gap are of the types lost and gap.

        Nothing is left out but the older trades of ``watch_trades``; where market events came
        faster than they were taken, a gap says how many were dropped.
        """

    def named(self, event: RawEvent) -> LiveFields:
        """Return the fields of an event by English names, figures as numbers."""

    def close(self) -> None:
        """Close the connection."""


class ConditionDesk(Protocol):
    """The condition searches a key's owner keeps at the broker."""

    @property
    def feed(self) -> LiveFeed:
        """What tells of the watched conditions; its close ends the watches."""

    def conditions(self) -> tuple[Condition, ...]:
        """Return all conditions; to be asked before one of them is."""

    def search(self, condition: str) -> tuple[ConditionHit, ...]:
        """Return the codes that meet a condition now."""

    def watch(self, condition: str) -> None:
        """Let the feed tell of a condition, first of what meets it already."""
