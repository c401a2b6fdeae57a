"""KIS's text values into numbers, dates and codes: one parser per family of fields.

Every value on the wire is a string, its sign an arithmetic one; the live notices pad with zeros.
A blank is None: it was not sent, so it is never 0. Anything else that is no value of its family
raises ValueError; the interpreter turns that into an unreadable reply.
"""

from __future__ import annotations

import re
from datetime import date as calendar_day
from datetime import datetime, time
from decimal import Decimal
from typing import Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import SYMBOL_LENGTH, Symbol

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")
"""No figure of a broker comes near eighteen digits; sums of more would lose some."""
_ORDER_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_WIDE: Final = 12
"""Characters of a code in the lists of results, zeros before it."""
_RIGHT: Final = re.compile(r"J[0-9A-Z]{8}")
"""A subscription right (신주인수권증서), its class letter in front."""
_DATE: Final = re.compile(r"[0-9]{8}")
_TIME: Final = re.compile(r"[0-9]{6}")
_TIMESTAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def number(text: str) -> Decimal | None:
    """Return a signed figure (amounts, percents, profits); None for a blank."""
    bare = text.strip()
    if not bare:
        return None
    if not _NUMBER.fullmatch(bare):
        msg = f"not a number: {text[:40]!r}"
        raise ValueError(msg)
    value = Decimal(bare)
    return value or abs(value)


def money(text: str) -> Decimal | None:
    """Return an amount of KRW, whole won; None for a blank."""
    value = number(text)
    if value is None:
        return None
    whole = value.quantize(Decimal(1))
    if value != whole:
        msg = f"not whole won: {text[:40]!r}"
        raise ValueError(msg)
    return whole


def price(text: str) -> Decimal | None:
    """Return a price in KRW per share; None for a blank and for 0, which both mean: none."""
    value = number(text)
    if value is not None and value < 0:
        msg = f"not a price: {text[:40]!r}"
        raise ValueError(msg)
    if not value:
        return None
    return value.quantize(Decimal(1)) if value == int(value) else value


def average(text: str) -> Decimal | None:
    """Return an average price as short as it can be said; None for a blank and for 0."""
    value = price(text)
    return value if value is None or value == int(value) else value.normalize()


def quantity(text: str) -> int | None:
    """Return whole shares; None for a blank."""
    value = number(text)
    if value is None:
        return None
    whole = int(value)
    if value != whole or whole < 0:
        msg = f"not whole shares: {text[:40]!r}"
        raise ValueError(msg)
    return whole


def symbol(text: str) -> Symbol | None:
    """Return the bare code of six characters; None for a blank.

    The lists of results widen it (``00000A005930``); a class letter stands before it there, and
    before an ETN everywhere. A subscription right is as sent (``J00532219``).
    """
    code = text.strip()
    if not code:
        return None
    if len(code) == _WIDE:
        code = code.removeprefix("000" if _RIGHT.fullmatch(code[3:]) else "00000")
    if _RIGHT.fullmatch(code):
        return Symbol(code)
    if len(code) == SYMBOL_LENGTH + 1 and code[0] in "AJQ":
        code = code[1:]
    if not Symbol.is_valid(code):
        msg = f"not a code: {text[:40]!r}"
        raise ValueError(msg)
    return Symbol(code)


def order_number(text: str) -> str | None:
    """Return an order number without leading zeros; None for a blank and for all zeros."""
    bare = text.strip()
    if bare and not _ORDER_NUMBER.fullmatch(bare):
        msg = f"not an order number: {text[:40]!r}"
        raise ValueError(msg)
    from kiwoomctl.domain.orders import bare_number  # positions and cash do without

    return bare_number(bare)


def date(text: str) -> str | None:
    """Return YYYY-MM-DD; None for a blank and for 00000000."""
    bare = text.strip()
    if not bare.strip("0"):
        return None
    if not _DATE.fullmatch(bare):
        msg = f"not a date: {text[:40]!r}"
        raise ValueError(msg)
    return datetime.strptime(bare, "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day, no time


def timestamp(text: str) -> datetime:
    """Return the time of a ``YYYY-MM-DD HH:MM:SS`` field, which is KST."""
    bare = text.strip()
    if not _TIMESTAMP.fullmatch(bare):
        msg = f"not a time: {text[:40]!r}"
        raise ValueError(msg)
    return datetime.strptime(bare, "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)


def moment(day: calendar_day, text: str) -> datetime | None:
    """Return the time of a HHMMSS field on a day, KST; None for a blank or no time of day."""
    digits = text.strip()
    if not _TIME.fullmatch(digits):
        return None
    try:
        clock = time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
    return datetime.combine(day, clock, KST)


def code(text: str) -> str | None:
    """Return a code or a name as sent; None for a blank."""
    return text.strip() or None
