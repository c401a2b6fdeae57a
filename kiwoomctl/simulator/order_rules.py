"""What a new, modified or cancelled order must satisfy before the exchange takes it.

The order of the checks is this simulator's own: what the mock server does not
offer, the symbol, the type, the quantity, the price, the hours, the tick, the
band, restrictions, and at last cash or shares.
"""

from __future__ import annotations

from datetime import datetime

from kiwoomctl.domain.prices import is_on_tick
from kiwoomctl.simulator.instruments import Instrument
from kiwoomctl.simulator.market import Market, Quote
from kiwoomctl.simulator.orders import (
    FIXED_PRICE_TYPES,
    PRICED_TYPES,
    STOP,
    TYPE_NAMES,
    Order,
    OrderRefused,
    OrderRequest,
    Reason,
)
from kiwoomctl.simulator.trading_hours import check_hours, check_session

RESTRICTED = frozenset({"122630", "114800"})
"""Leveraged and inverse funds: never traded on the mock server, bought on the real one
only by who has registered for them, and here nobody has."""


def check_offer(environment: str, exchange: str) -> None:
    """Refuse what the mock server does not offer."""
    if environment == "mock" and exchange != "KRX":
        raise OrderRefused(Reason.NOT_OFFERED)


def checked_instrument(market: Market, symbol: str) -> Instrument:
    """Return the instrument of a symbol.

    Raises:
        OrderRefused: nothing of that code is listed.
    """
    instrument = market.find(symbol)
    if instrument is None:
        raise OrderRefused(Reason.UNKNOWN_SYMBOL)
    return instrument


def check_terms(request: OrderRequest) -> None:
    """Check what needs neither market nor account: type, quantity, presence of prices."""
    if request.order_type not in TYPE_NAMES:
        raise OrderRefused(Reason.BAD_TYPE)
    if request.quantity <= 0:
        raise OrderRefused(Reason.NO_QUANTITY)
    if request.order_type in FIXED_PRICE_TYPES and request.price:
        raise OrderRefused(Reason.PRICE_NOT_TAKEN)
    if request.order_type in PRICED_TYPES and request.price <= 0:
        raise OrderRefused(Reason.NO_PRICE)
    if request.order_type == STOP and request.stop_price <= 0:
        raise OrderRefused(Reason.NO_PRICE)


def check_market(
    environment: str, request: OrderRequest, instrument: Instrument, quote: Quote, moment: datetime
) -> None:
    """Check hours, price grid, band and restrictions."""
    if request.session:
        check_session(environment, request.session, request.exchange, instrument, moment)
    else:
        check_hours(environment, request.exchange, request.order_type, instrument, moment)
    if request.order_type in PRICED_TYPES:
        check_price(request.price, quote)
        if request.order_type == STOP:
            check_price(request.stop_price, quote)
    if request.symbol in RESTRICTED and (environment == "mock" or request.side == "buy"):
        raise OrderRefused(Reason.RESTRICTED)


def check_price(price: int, quote: Quote) -> None:
    """Check that a price is on the grid and inside the band."""
    if price < quote.band.lower:
        raise OrderRefused(Reason.BELOW_BAND)
    if price > quote.band.upper:
        raise OrderRefused(Reason.ABOVE_BAND)
    if not is_on_tick(price, quote.instrument.kind):
        raise OrderRefused(Reason.OFF_TICK)


def checked_target(orders: list[Order], request: OrderRequest) -> tuple[Order, int]:
    """Return the order that is modified or cancelled, and how many of its shares.

    Raises:
        OrderRefused: there is no such order, or nothing of it can be changed.
    """
    target = next((order for order in orders if order.number == request.target), None)
    if target is None or target.symbol != request.symbol:
        raise OrderRefused(Reason.UNKNOWN_ORDER)
    if target.action == "cancel" or (target.status == "cancelled" and not target.filled):
        raise OrderRefused(Reason.WAS_CANCELLED)
    if target.exchange != request.exchange:
        raise OrderRefused(Reason.OTHER_EXCHANGE)
    quantity = request.quantity or target.remaining
    if not 0 < quantity <= target.remaining:
        raise OrderRefused(Reason.NOTHING_LEFT)
    return target, quantity
