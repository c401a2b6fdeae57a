"""Time as the exchange sees it: aware, Korea Standard Time.

Nobody else in the package calls ``now()`` or ``sleep()``; they are handed a Clock.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

KST = timezone(timedelta(hours=9), "KST")


class Clock(Protocol):
    """What the package may know of time."""

    def now(self) -> datetime:
        """Return the wall time, aware, in KST."""

    def monotonic(self) -> float:
        """Return seconds since boot, the same for all processes of the machine."""

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Return the wall time, aware, in KST."""
        return datetime.now(KST)

    def monotonic(self) -> float:
        """Return seconds since boot, the same for all processes of the machine."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        if seconds > 0:
            time.sleep(seconds)
