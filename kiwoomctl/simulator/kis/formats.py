"""How KIS writes values: every value of a reply is a string.

Amounts and quantities are whole numbers without padding or separators, a minus in front. An
average cost has four decimals, a rate of a holding two and every other rate eight, in percent.
What is missing is empty, a zero is ``0``. Order numbers have ten digits, texts are filled up to
80 characters, the strings of a continuation to 100. Notices of the live feed pad with zeros.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

MESSAGE_WIDTH = 80
CURSOR_WIDTH = 100
_ORDER_NUMBER_DIGITS = 10
_FOUR_PLACES, EIGHT_PLACES = Decimal("0.0001"), Decimal("0.00000001")


def plain(value: int | Decimal) -> str:
    """Return a number as it is."""
    return f"{value}"


def average(amount: int, quantity: int) -> str:
    """Return won per share with four decimals; zero without shares."""
    if quantity == 0:
        return "0.0000"
    return f"{(Decimal(amount) / quantity).quantize(_FOUR_PLACES, ROUND_HALF_UP)}"


def fill_average(amount: int, quantity: int) -> str:
    """Return won per filled share: whole where it is, otherwise with four decimals."""
    if quantity == 0:
        return "0"
    return f"{amount // quantity}" if amount % quantity == 0 else average(amount, quantity)


def order_number(number: int) -> str:
    """Return an order number in ten digits; nothing for 0."""
    return f"{number:0{_ORDER_NUMBER_DIGITS}d}" if number else ""


def day(value: date | None) -> str:
    """Return YYYYMMDD, or nothing for no date."""
    return "" if value is None else f"{value:%Y%m%d}"


def clock_time(moment: datetime) -> str:
    """Return HHMMSS."""
    return f"{moment:%H%M%S}"


def message(text: str) -> str:
    """Return a text as a reply has it, filled up with spaces."""
    return text.ljust(MESSAGE_WIDTH)


def cursor(text: str) -> str:
    """Return a string of a continuation, filled up with spaces."""
    return text.ljust(CURSOR_WIDTH)


def long_symbol(letter: str, symbol: str) -> str:
    """Return a code in twelve characters, as the lists of realized profit write it."""
    return f"{letter}{symbol}".zfill(12)
