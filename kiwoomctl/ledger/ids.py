"""New order ids.

``20261120-3m7q9k2d``: the trading day, then four characters of the time of day (steps of 82 ms)
and four of chance (a million per step). So ids sort by time, are unique without asking anybody,
need no quotes in a shell and cannot be taken for a broker's number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.orders import ID_ALPHABET, OrderId

_CHARACTERS: Final = 4
_STEPS: Final = len(ID_ALPHABET) ** _CHARACTERS
_DAY: Final = timedelta(days=1)


def new_order_id(trading_day: date, now: datetime) -> OrderId:
    """Return an id that nobody has, but for one chance in a million per 82 ms."""
    import secrets

    local = now.astimezone(KST)
    passed = local - local.replace(hour=0, minute=0, second=0, microsecond=0)
    step = passed * _STEPS // _DAY
    return OrderId(f"{trading_day:%Y%m%d}-{_encoded(step)}{_encoded(secrets.randbelow(_STEPS))}")


def _encoded(number: int) -> str:
    text = ""
    for _ in range(_CHARACTERS):
        number, digit = divmod(number, len(ID_ALPHABET))
        text = ID_ALPHABET[digit] + text
    return text
