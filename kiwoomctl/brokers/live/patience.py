"""How long a live feed waits for what; no broker documents it."""

from __future__ import annotations

from typing import NamedTuple


class Patience(NamedTuple):
    """How long a session waits for what, in seconds."""

    reply: float = 10.0
    """For the reply to a control frame."""
    silence: float = 150.0
    """Without any frame, heartbeats included, before the connection counts as lost."""
    spacing: float = 0.25
    """Between two control frames."""


class Return(NamedTuple):
    """How a lost connection is made anew, in seconds."""

    first_pause: float = 0.5
    """Before the first try; doubled after each that failed."""
    longest_pause: float = 30.0
    steady: float = 60.0
    """A connection that stood so long was a good one: the pauses begin anew after it."""
    give_up: float = 900.0
    """After so long without a connection the feed ends."""
    least: float = 0.5
    """The part of a pause that is waited for in any case; up to a half of it is added by chance,
    so that not everybody comes back at once."""

    def pause(self, before: float | None, stood: float) -> float:
        """Return how long to wait before the next try.

        Args:
            before: the last pause; None where there was none.
            stood: how long the last connection stood; 0 after a try that failed.
        """
        if before is None or stood >= self.steady:
            return self.first_pause
        return min(before * 2, self.longest_pause)

    def spread(self, pause: float, chance: float) -> float:
        """Return how long a pause becomes by a chance of 0 to 1."""
        return pause * (self.least + chance / 2)
