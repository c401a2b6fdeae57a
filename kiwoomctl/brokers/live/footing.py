"""What an account's feed stands on, made from how the account was opened."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kiwoomctl.brokers.live.feed import Footing
from kiwoomctl.brokers.live.patience import Patience, Return

if TYPE_CHECKING:
    from kiwoomctl.brokers.houses import Seat
    from kiwoomctl.brokers.socket import Line

_AT_ONCE: Final = Return(0.05, 0.05)


def footing(
    seat: Seat,
    connect: Callable[[], Line],
    patience: Patience,
    comeback: Return,
    silence: float | None,
) -> Footing:
    """Return what a feed of this account needs.

    Args:
        seat: how the account was opened.
        connect: opens a connection.
        patience: the house's own waits.
        comeback: the house's own pauses.
        silence: seconds without a sign of the broker before a connection counts as lost; None
            for the house's own.
    """
    patience = patience._replace(reply=seat.timeout)
    if silence is not None:
        patience = patience._replace(silence=silence)
    if not seat.paced:
        # Nobody is to be spared.
        patience, comeback = patience._replace(spacing=0), _AT_ONCE
    return Footing(
        profile=seat.profile,
        connect=connect,
        observer=seat.observer,
        clock=seat.clock,
        lock=seat.live_lock(),
        patience=patience,
        comeback=comeback,
        jitter=random.random,
    )
