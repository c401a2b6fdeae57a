"""At which prices an order trades, and for how many shares; it changes nothing.

Every order trades with the synthetic book only, never with another account's
order. A marketable order takes the book's better prices; a resting one trades at
its own price once the market's price has reached it, as far as the depth goes.
On the mock server a market order's first level is the middle of the spread, so
its price need not be on the tick grid.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from kiwoomctl.domain.prices import ceil_to_tick, floor_to_tick, next_tick_up
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.orderbook import Liquidity
from kiwoomctl.simulator.orders import (
    BEST_TYPES,
    CONDITIONAL,
    FIRST,
    FIXED_PRICE_TYPES,
    MARKET_TYPES,
    MID_TYPES,
    PRE_CLOSE,
    SINGLE_PRICE,
    WHOLE_TYPES,
    Order,
)


class Execution(NamedTuple):
    """Shares that an order gets at a price."""

    price: int
    quantity: int
    level: int
    """The level of the book that they come from; 0 for none."""


def resting_limit(order: Order, quote: Quote, liquidity: Liquidity, moment: datetime) -> int:
    """Return the price at which a new order of a type without price rests; 0 for none."""
    kind = quote.instrument.kind
    if order.order_type in BEST_TYPES:
        levels = liquidity.opposite(order.symbol, order.side, moment)
        return levels[0].price if levels else quote.price
    if order.order_type == FIRST:
        if order.side == "buy":
            return floor_to_tick(quote.price, kind)
        return min(ceil_to_tick(next_tick_up(quote.price, kind), kind), quote.band.upper)
    if order.order_type == PRE_CLOSE:
        return quote.base
    return quote.price if order.order_type in FIXED_PRICE_TYPES else 0


def is_triggered(order: Order, price: int) -> bool:
    """Tell whether the price sets a stop order off."""
    return price >= order.stop_price if order.side == "buy" else price <= order.stop_price


def is_reached(order: Order, price: int) -> bool:
    """Tell whether an order would trade at this price; one without a limit always."""
    limit = order.resting_price
    return not limit or (price <= limit if order.side == "buy" else price >= limit)


def entering(
    order: Order, quote: Quote, liquidity: Liquidity, moment: datetime, environment: str
) -> list[Execution]:
    """Return what an order gets from the book as it stands, best price first."""
    levels = liquidity.opposite(order.symbol, order.side, moment)
    if not levels:
        return []
    middle = (quote.price + next_tick_up(quote.price, quote.instrument.kind)) // 2
    if order.order_type in MID_TYPES:
        found = [Execution(middle, min(order.remaining, levels[0].quantity), levels[0].price)]
    else:
        found = []
        left = order.remaining
        for place, level in enumerate(levels):
            if left <= 0 or not is_reached(order, level.price):
                break
            off_grid = place == 0 and environment == "mock" and order.order_type in MARKET_TYPES
            taken = min(left, level.quantity)
            found.append(Execution(middle if off_grid else level.price, taken, level.price))
            left -= taken
    if order.order_type in WHOLE_TYPES and sum(e.quantity for e in found) < order.remaining:
        return []
    return found


def passed(
    order: Order, quote: Quote, liquidity: Liquidity, moment: datetime, environment: str
) -> list[Execution]:
    """Return what a resting order gets when the price has moved."""
    if not order.resting_price or order.order_type in MID_TYPES:
        return entering(order, quote, liquidity, moment, environment)
    reached = liquidity.passing(order.symbol, order.side, order.resting_price, moment)
    taken = min(order.remaining, reached)
    if taken <= 0:
        return []
    return [Execution(order.resting_price, taken, order.resting_price)]


def at_one_price(order: Order, price: int, *, closing: bool = False) -> list[Execution]:
    """Return what an order gets in an auction, or at a close: all or nothing."""
    any_price = closing and order.order_type == CONDITIONAL
    if order.order_type in FIXED_PRICE_TYPES:
        return [Execution(order.resting_price, order.remaining, 0)]
    if any_price or is_reached(order, price):
        return [Execution(price, order.remaining, 0)]
    return []


def waits_for_its_own_session(order: Order) -> bool:
    """Tell whether an order trades in a session of its own only."""
    return order.order_type in FIXED_PRICE_TYPES or order.order_type == SINGLE_PRICE
