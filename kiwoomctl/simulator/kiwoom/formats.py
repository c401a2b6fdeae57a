"""How Kiwoom writes values: every value of a reply is a string.

kt* rows are zero padded to a width, and a minus takes one place of it. ka* rows
are not padded; there the sign of a price tells the direction against the base
price and is no arithmetic, while the sign of a change is real.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

WIDE = 15
NARROW = 12
_ORDER_NUMBER_DIGITS = 7
_PERCENT_WIDTH = 12


def padded(value: int | Decimal, width: int = WIDE) -> str:
    """Return a number in that many places, a minus included."""
    digits = f"{abs(value)}"
    if value < 0:
        return "-" + digits.zfill(width - 1)
    return digits.zfill(width)


def percent_text(value: Decimal, environment: str) -> str:
    """Return a percent of kt00018: padded on the mock server, plain on the real one."""
    return padded(value, _PERCENT_WIDTH) if environment == "mock" else f"{value}"


def plain(value: int | Decimal) -> str:
    """Return a number as it is."""
    return f"{value}"


def signed(value: int | Decimal) -> str:
    """Return a number whose sign is arithmetic; zero has none."""
    return f"+{value}" if value > 0 else f"{value}"


def directed(price: int, base: int) -> str:
    """Return a price with the sign of its direction against the base price."""
    if price == base:
        return f"{price}"
    return f"+{price}" if price > base else f"-{price}"


def order_number(number: int) -> str:
    """Return an order number in seven digits; 0 is none."""
    return f"{number:0{_ORDER_NUMBER_DIGITS}d}"


def day(value: date | None) -> str:
    """Return YYYYMMDD, or nothing for no date."""
    return "" if value is None else f"{value:%Y%m%d}"


def clock_time(moment: datetime) -> str:
    """Return HHmmss, the form of the ka* rows."""
    return f"{moment:%H%M%S}"


def stamp(moment: datetime) -> str:
    """Return YYYYMMDDHHMMSS in KST."""
    return f"{moment:%Y%m%d%H%M%S}"
