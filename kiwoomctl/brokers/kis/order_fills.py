"""What KIS's daily list shows of a day's fills: one sum per order, without costs.

There is no list of single fills over REST, and no time of a fill; costs are told for periods only.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.order_lists import DAY, DayLists, read_lists
from kiwoomctl.brokers.port_orders import DayFills
from kiwoomctl.brokers.replies import unusable
from kiwoomctl.domain.orders import BrokerOrder, Fill

_WON: Final = Decimal(1)


def read_fills(client: KisClient, day: date | None) -> DayFills:
    """Return the fills of a trading day, oldest order first (inquire-daily-ccld).

    Args:
        client: the account's.
        day: the trading day, KST; None for today by the broker's clock.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: the list was not read whole.
    """
    lists = read_lists(client, day)
    orders = lists.day_orders(None)
    found = [fill for order in orders.orders if (fill := _of_order(order, lists)) is not None]
    found.sort(key=lambda fill: int(fill.number))
    return DayFills(orders.day, tuple(found), orders.broker_time)


def _of_order(order: BrokerOrder, lists: DayLists) -> Fill | None:
    if not order.filled_quantity or order.change == "cancel":
        return None
    paid = lists.paid(order)
    if paid is None:
        raise unusable(DAY, "avg_prvs")
    if order.side is None:
        raise unusable(DAY, "sll_buy_dvsn_cd")
    # The average is rounded; shares cost whole won.
    rounded = (paid.price * order.filled_quantity).quantize(_WON, ROUND_HALF_UP)
    return Fill.sum_of(order, order.side, paid.price, paid.amount or rounded)
