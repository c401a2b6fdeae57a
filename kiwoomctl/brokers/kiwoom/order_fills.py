"""What Kiwoom's lists show of a day's fills (kt00009), with the costs where they are told.

kt00009 has a row per fill; the costs of today's orders stand in ka10076, one sum per order. An
order that was filled and is missing in kt00009 is told from the other lists as one sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.order_lists import (
    OrderFields,
    read_day,
    read_open_list,
    read_today,
    side_of,
)
from kiwoomctl.brokers.port_orders import DayFills
from kiwoomctl.domain.orders import BrokerOrder, Fill, bare_number

FILLS: Final = Endpoint(
    "kt00009",
    ACCOUNT_PATH,
    rows="acnt_ord_cntr_prst_array",
    row_key="ord_no",
    row_required=("stk_cd", "cntr_qty", "cntr_uv"),
)


def read_fills(client: KiwoomClient, day: date | None) -> DayFills:
    """Return the fills of a trading day, oldest order first (kt00009, kt00007, ka10075, ka10076).

    Args:
        client: the account's.
        day: the trading day, KST; None for today by the broker's clock.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: one of the lists was not read whole.
    """
    opened = read_open_list(client) if day is None else None
    day = opened.day if opened else day
    assert day is not None, "given, or the list's"  # noqa: S101 - for the type
    body = {
        "ord_dt": f"{day:%Y%m%d}",
        "stk_bond_tp": "1",
        "mrkt_tp": "0",
        "sell_tp": "0",
        "qry_tp": "1",
        "stk_cd": "",
        "fr_ord_no": "",
        "dmst_stex_tp": "%",
    }
    rows = [row for page in client.pages(FILLS, body) for row in page.rows]
    single = [fill for row in rows if (fill := _fill(row, day)) is not None]
    lists = read_today(client, opened) if opened else read_day(client, day, None)
    listed = {order.number for order in lists.orders}
    # The mock server may hide a past day's orders, but not its fills.
    found = [fill for fill in single if fill.number not in listed]
    for order in lists.orders:
        if order.filled_quantity and order.change != "cancel":
            found += _of_order(order, [fill for fill in single if fill.number == order.number])
    found.sort(key=lambda fill: int(fill.number))
    return DayFills(day, tuple(found), lists.broker_time)


def _fill(row: Mapping[str, str], day: date) -> Fill | None:
    field = OrderFields(FILLS, row)
    quantity, price = field.must("cntr_qty", wire.quantity), field.price("cntr_uv")
    side = side_of(row.get("io_tp_nm", ""))
    if not quantity or price is None or side is None:
        return None
    return Fill(
        number=field.number("ord_no"),
        fill_id=bare_number(row.get("cntr_no", "")),
        symbol=field.symbol("stk_cd"),
        name=row.get("stk_nm", "").strip(),
        side=side,
        quantity=quantity,
        price=price,
        amount=price * quantity,
        commission=None,
        tax=None,
        filled_at=wire.moment(day, row.get("cntr_tm", "")),
    )


def _of_order(order: BrokerOrder, single: list[Fill]) -> list[Fill]:
    """Return the fills of one order: each one where they add up, else their sum."""
    whole = sum(fill.quantity for fill in single) == order.filled_quantity
    if whole and all(fill.fill_id for fill in single):
        # The broker tells costs per order only; a single fill's are the order's.
        if len(single) == 1:
            return [single[0]._replace(commission=order.commission, tax=order.tax)]
        return single
    price = order.average_fill_price
    if price is None or order.side is None:
        return single
    amount = sum((fill.amount for fill in single), Decimal(0))
    if not whole:
        amount = price * order.filled_quantity
    last = max((fill.filled_at for fill in single if fill.filled_at), default=None)
    return [Fill.sum_of(order, order.side, price, amount, last)]
