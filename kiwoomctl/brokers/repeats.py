"""A read, again after a failure that may pass: the one rule of all brokers.

Only reads come here. A refused rate is tried again as often as the pace needs; a connection that
failed twice; a reply that took too long, and a list that does not end, never.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from kiwoomctl.domain.clock import Clock
from kiwoomctl.errors import Throttled, Unavailable

REPEATS: Final = 2
"""How often a read is sent again after a failure that may pass."""
FIRST_PAUSE: Final = 0.3
"""Seconds before the first repeat; doubled each time."""
THROTTLED_REPEATS: Final = 6
_NEVER: Final = frozenset({"timeout", "list_cut"})
_Reply = TypeVar("_Reply")


def again(read: Callable[[], _Reply], clock: Clock, *, paced: bool) -> _Reply:
    """Do a read, again after failures that may pass.

    Args:
        read: one try.
        clock: sleeps between tries.
        paced: a pacer makes the next try wait after a refused rate.

    Raises:
        KiwoomctlError: of the last try.
    """
    pause, failures, refusals = FIRST_PAUSE, 0, 0
    while True:
        try:
            return read()
        except Throttled:
            refusals += 1
            if refusals > THROTTLED_REPEATS:
                raise
            if paced:
                continue
        except Unavailable as error:
            failures += 1
            if failures > REPEATS or error.code in _NEVER:
                raise
        clock.sleep(pause)
        pause *= 2
