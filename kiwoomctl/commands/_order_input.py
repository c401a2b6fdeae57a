"""Numbers, types and names of orders as people type them, read strictly and offline.

What is not exactly right is a usage error that names it; nothing is guessed, and nothing that
is missing ever becomes something else.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

from kiwoomctl.domain.orders import LONGEST_NUMBER, AttemptId, OrderId, OrderType
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

_WHOLE: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+")
_MOST_DIGITS: Final = 10
_LONGEST_KEY: Final = 64
_LONGEST_SETTLE: Final = 3600


def quantity_of(text: str) -> int:
    """Return whole shares above 0; raises UsageError."""
    return _whole(text, "QTY", _("a quantity is whole shares, 1 or more, for example 10"))


def price_of(option: str, text: str | None) -> Decimal | None:
    """Return a price in whole KRW above 0, None where the option is absent; raises UsageError."""
    if text is None:
        return None
    return Decimal(_whole(text, option, _("a price is whole won, for example 70000 or 70,000")))


def signed_of(what: str, text: str) -> Decimal:
    """Return whole KRW that came in (above 0) or went out (below); raises UsageError."""
    given = text.strip()
    sign = -1 if given.startswith("-") else 1
    rule = _("whole KRW: 1000000 came in, -500000 went out")
    return Decimal(sign * _whole(given.removeprefix("-").removeprefix("+"), what, rule))


def _whole(text: str, what: str, rule: str) -> int:
    given = text.strip()
    if not given:
        raise UsageError(
            "{what} is empty: an unset shell variable may be the cause",
            hint=rule,
            code="empty",
            what=what,
        )
    plain = given.replace(",", "")
    good = _WHOLE.fullmatch(given)
    if good and len(plain) > _MOST_DIGITS:
        raise UsageError("{what} {given} is too large", code="number", what=what, given=given)
    if not good or int(plain) == 0:
        raise UsageError(
            "{what} {given!r} is no good", hint=rule, code="number", what=what, given=given
        )
    return int(plain)


def type_of(
    price: Decimal | None, *, market: bool, named: str | None, stop_price: Decimal | None
) -> OrderType:
    """Return the order type that these options mean together.

    Raises:
        UsageError: they say nothing, too much, or contradict each other. A limit order without
            its price never becomes a market order.
    """
    if market and price is not None:
        raise UsageError("--market and --price exclude each other", hint=_("give one of them"))
    order_type = OrderType.parse(not_empty("--type", named)) if named is not None else None
    if market and order_type not in {None, OrderType.MARKET}:
        raise UsageError(
            "--market and --type {type} exclude each other", hint=_("give one of them"), type=named
        )
    if order_type is None:
        if not market and price is None:
            raise UsageError(
                "the order has no price",
                hint="give --price P, or --market, or a --type without price",
                code="price_missing",
            )
        order_type = OrderType.MARKET if market else OrderType.LIMIT
    _refuse_prices(order_type, price, stop_price)
    return order_type


def _refuse_prices(
    order_type: OrderType, price: Decimal | None, stop_price: Decimal | None
) -> None:
    if order_type.takes_price and price is None:
        raise UsageError(
            "a {type} order needs --price", code="price_missing", type=order_type.value
        )
    if not order_type.takes_price and price is not None:
        raise UsageError(
            "a {type} order takes no --price", code="price_given", type=order_type.value
        )
    if order_type.takes_stop_price and stop_price is None:
        raise UsageError(
            "a {type} order needs --stop-price", code="stop_price_missing", type=order_type.value
        )
    if not order_type.takes_stop_price and stop_price is not None:
        raise UsageError(
            "a {type} order takes no --stop-price", code="stop_price_given", type=order_type.value
        )


def order_named(text: str) -> str:
    """Return how an order was named, in a form that can be looked up; raises UsageError."""
    given = not_empty("ORDER", text).strip()
    return order_number(given) if given.isascii() and given.isdigit() else id_named(given)


def order_number(text: str) -> str:
    """Return a broker's order number; raises UsageError."""
    given = not_empty("--number", text).strip()
    plain = given.isascii() and given.isdigit() and given.strip("0")
    if not plain or len(given) > LONGEST_NUMBER:
        raise UsageError(
            "{given!r} is not an order number",
            hint="an order number has up to 10 digits; kiwoomctl orders shows them",
            code="order_number",
            given=given,
        )
    return given


def id_named(text: str) -> str:
    """Return an order or attempt id as it is written down; raises UsageError."""
    given = not_empty("ATTEMPT", text).strip().lower()
    return AttemptId.parse(given) if "." in given else OrderId.parse(given)


def key_of(text: str | None) -> str | None:
    """Return the --id key; raises UsageError."""
    if text is None:
        return None
    key = not_empty("--id", text).strip()
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise UsageError(
            "--id {key!r} is too long or not printable",
            hint="at most 64 printable characters",
            code="id",
            key=key,
        )
    return key


def seconds_of(settle: float | None) -> timedelta:
    """Return the settle window; raises UsageError."""
    seconds = 60.0 if settle is None else settle
    if not 0 <= seconds <= _LONGEST_SETTLE:  # not a number fails too
        raise UsageError(
            "--settle {seconds:g} is not between 0 and 3600 seconds", code="settle", seconds=seconds
        )
    return timedelta(seconds=seconds)


def not_empty(option: str, text: str) -> str:
    """Return the text of an option if it says something; raises UsageError."""
    if text.strip():
        return text
    raise UsageError(
        "{option} is empty: an unset shell variable may be the cause", code="empty", option=option
    )
