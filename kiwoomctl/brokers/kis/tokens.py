"""What the token service's answers hold: a token with its end, a key for a live connection.

What cannot be read is refused whole: a token whose end is not known would have to be replaced too
early or too late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.token import Token
from kiwoomctl.errors import Unreadable

_LONGEST: Final = 2_000
"""Characters of a token; a few hundred are usual."""
_LONGEST_LIFE: Final = timedelta(days=1)


def issued_token(told: Mapping[str, Any], now: datetime, broker_ahead: timedelta) -> Token:
    """Return the token of an answer to tokenP.

    Args:
        told: the answer.
        now: by this machine's clock.
        broker_ahead: how far the broker's clock is ahead of it.

    Raises:
        Unreadable: it has no token, or does not say when it ends.
    """
    value = _word(told.get("access_token"))
    ends = _end(told, now, broker_ahead)
    if value is None or ends is None:
        raise Unreadable(
            "the broker's token cannot be read", hint="try again", code="token_unreadable"
        )
    return Token(value, ends)


def approval_key(told: Mapping[str, Any]) -> str:
    """Return the key of an answer to Approval; raises Unreadable."""
    value = _word(told.get("approval_key"))
    if value is None:
        raise Unreadable(
            "the broker's approval key cannot be read", hint="try again", code="token_unreadable"
        )
    return value


def _word(value: object) -> str | None:
    """Return what may stand in a header; None for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None


def _end(told: Mapping[str, Any], now: datetime, broker_ahead: timedelta) -> datetime | None:
    """Return when a token ends on this machine's clock; None where that is not told.

    A token that was given again has a part of its life behind it: its end is told in the broker's
    time, and the length of a life is not always what is left. The earlier one counts.
    """
    ends = []
    life, end = told.get("expires_in"), told.get("access_token_token_expired")
    try:
        if isinstance(life, int | float | str) and (seconds := float(life)) > 0:
            ends.append(now + min(timedelta(seconds=min(seconds, 1e6)), _LONGEST_LIFE))
        if isinstance(end, str) and end.strip():
            ends.append(wire.timestamp(end) - broker_ahead)
    except ValueError:
        return None
    return min(ends, default=None)
