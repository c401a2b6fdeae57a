"""Kiwoom's text values into numbers, dates and codes: one parser per family of fields.

Every value on the wire is a string. Account APIs (kt*) pad numbers with zeros and put the
minus inside the width; market APIs (ka*) prefix prices with a direction that is no
arithmetic sign. A blank is None: it was not sent, so it is never 0. Anything else that is not
a number raises ValueError; the interpreter turns that into an unreadable reply.
"""

from __future__ import annotations

from datetime import date as calendar_day
from datetime import datetime, time
from decimal import Decimal

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import SYMBOL_LENGTH, Symbol

# Saturated integers of the broker's own systems: an overflow, not a figure.
_SATURATED = frozenset({"4294967295", "2147483647", "-2147483648", "-2147483"})
_CLASS_LETTERS = "AJQ"
_DATE_LENGTH = 8
_TIME_LENGTH = 14
_RATE_LENGTH = 9
_LONGEST_NUMBER = 40
_MOST_DIGITS = 18
"""No figure of this broker comes near; sums of more would lose digits."""


def number(text: str) -> Decimal | None:
    """Return a signed figure (amounts, percents, profits); None for a blank.

    Accepts zero padding with the minus inside, ``--`` as one minus, ``+``, thousands commas,
    decimals and a trailing percent sign.
    """
    plain = text[1:] if text[:1] in {"+", "-"} else text
    if plain.isdigit() and plain.isascii() and len(plain) <= _MOST_DIGITS:
        # Most of what there is to read; the rest of this says the same of it, only slower.
        if text in _SATURATED:
            return None
        value = Decimal(plain)
        return -value if text[0] == "-" and value else value
    if not text.strip():
        return None
    bare = text.strip().removesuffix("%").replace(",", "")
    if bare in _SATURATED:
        return None
    negative = bare.startswith("-")
    digits = bare.lstrip("-") if negative else bare.removeprefix("+")
    if len(bare) - len(digits) > 2 or not _is_plain(digits):  # noqa: PLR2004 - "--" at most
        msg = f"not a number: {text[:40]!r}"
        raise ValueError(msg)
    value = Decimal(digits)
    if value.adjusted() >= _MOST_DIGITS:
        msg = f"too large: {text[:40]!r}"
        raise ValueError(msg)
    return -value if negative and value else value


def money(text: str) -> Decimal | None:
    """Return an amount of KRW, whole won; None for a blank."""
    value = number(text)
    if value is not None and value != int(value):
        msg = f"not whole won: {text[:40]!r}"
        raise ValueError(msg)
    return value


def price(text: str) -> Decimal | None:
    """Return a price in KRW without its direction sign; None for a blank."""
    value = number(text)
    return None if value is None else abs(value)


def padded_rate(text: str) -> Decimal | None:
    """Return a percent of a condition search; None for a blank.

    In nine digits it is in thousandths; shorter, or with a point, it is what it says.
    """
    value = number(text)
    if value is None or "." in text or len(text.strip()) < _RATE_LENGTH:
        return value
    return value / 1000


def quantity(text: str) -> int | None:
    """Return whole shares; None for a blank."""
    value = number(text)
    if value is None:
        return None
    whole = int(value)
    if value != whole:
        msg = f"not whole shares: {text[:40]!r}"
        raise ValueError(msg)
    return whole


def symbol(text: str) -> Symbol | None:
    """Return the code without class letter (only on seven characters) and venue suffix.

    None for a blank.
    """
    code = text.strip()
    if not code:
        return None
    if len(code) == SYMBOL_LENGTH + 1 and code[0] in _CLASS_LETTERS:
        code = code[1:]
    code = code.split("_", 1)[0]
    if not Symbol.is_valid(code):
        msg = f"not a code: {text[:40]!r}"
        raise ValueError(msg)
    return Symbol(code)


def name_or_code(text: str) -> str | None:
    """Return a domestic code bare, anything else (a foreign share, a fund) as sent.

    None for a blank.
    """
    try:
        return symbol(text)
    except ValueError:
        return text.strip()


def date(text: str) -> str | None:
    """Return YYYY-MM-DD; None for a blank and for the sentinel 00000000."""
    bare = text.strip()
    if not bare.strip("0"):
        return None
    return datetime.strptime(_digits(bare, _DATE_LENGTH), "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day, no time


def timestamp(text: str) -> datetime:
    """Return the time of a YYYYMMDDHHMMSS field, which is KST."""
    digits = _digits(text.strip(), _TIME_LENGTH)
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=KST)


def moment(day: calendar_day, text: str) -> datetime | None:
    """Return the time of a HHmmss or HH:MM:SS field on a day, KST.

    None for a blank and for what is no time of day (888888, 999999).
    """
    digits = text.strip().replace(":", "")
    if len(digits) != len("HHmmss") or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        clock = time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
    return datetime.combine(day, clock, KST)


def code(text: str) -> str | None:
    """Return a code as sent; None for a blank."""
    return text.strip() or None


def _digits(text: str, length: int) -> str:
    # strptime alone would also take fewer digits, blanks and other scripts' digits.
    if len(text) != length or not (text.isascii() and text.isdigit()):
        msg = f"not a date: {text[:40]!r}"
        raise ValueError(msg)
    return text


def _is_plain(digits: str) -> bool:
    whole, dot, fraction = digits.partition(".")
    if len(digits) > _LONGEST_NUMBER or not digits.isascii() or (dot and not fraction):
        return False
    return (whole.isdigit() or (not whole and bool(dot))) and (not dot or fraction.isdigit())
