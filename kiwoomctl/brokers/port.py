"""What the rest of the package may ask of a broker, whatever the broker is.

A Broker speaks for one account. Reads may be repeated; they raise the errors of
``kiwoomctl.errors`` and never return a 0 the broker did not send.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiwoomctl.domain.portfolio import Cash, Holdings


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was made, for people who watch (``--verbose``)."""

    api_id: str
    milliseconds: int
    outcome: str
    """HTTP status and return code, or the name of the failure; never a secret."""


class Observer(Protocol):
    """Who is told what a broker is doing, while it does it."""

    def called(self, profile: str, call: Call) -> None:
        """Take note of a finished request."""

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take note of a wait for the rate limit."""


class Broker(Protocol):
    """Reads of one account.

    Every method raises SignInError, BrokerRejected, Busy or Unavailable where it cannot give
    a true answer.
    """

    def account_number(self) -> str:
        """Return the account number this key belongs to."""

    def cash(self) -> Cash:
        """Return the account's cash, in KRW."""

    def holdings(self) -> Holdings:
        """Return all positions, complete, and the estimated total assets."""

    def clock_offset(self) -> float | None:
        """Return how many seconds the broker's clock is ahead of ours; None if it does not say.

        Exact to about a second. Needs no valid token.
        """

    def renew_token(self) -> datetime:
        """Get a new token and return when it expires."""

    def revoke_token(self) -> None:
        """Give the stored token back to the broker and forget it."""

    def close(self) -> None:
        """Close the connections."""
