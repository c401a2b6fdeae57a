"""What the rest of the package may ask of a broker's live feed.

One feed is one connection with one app key; the broker keeps one session per key, so a second
feed on a key ends the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.live import LiveEvent, RawEvent


class LiveFeed(Protocol):
    """The events of one account's connection, in the order they came."""

    def watch_account(self) -> None:
        """Ask for the account's order notices (00) and balances (04)."""

    def watch_trades(self, symbols: Sequence[Symbol]) -> None:
        """Ask for the trades (0B) of these codes, and of no others.

        Only the newest trade of a code is kept until it is taken: a thousand trades a second
        may come, of which a screen shows one. They are therefore not read before they are
        taken.
        """

    def register(self, types: Sequence[str], items: Sequence[str]) -> None:
        """Ask for events by the broker's own names of kinds and items.

        Raises:
            UsageError: more items than one session may have.
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
            SignInError: the token is refused; or another program took the key's one session.
        """

    def next_raw(self, timeout: float) -> RawEvent | None:
        """Return the next event as it was sent; a gap is a RawEvent of the type ``gap``."""

    def close(self) -> None:
        """Close the connection."""
