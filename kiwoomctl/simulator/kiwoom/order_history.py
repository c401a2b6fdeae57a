"""The orders of a day: every order in detail (kt00007), every order and fill (kt00009).

Past days are answered where a date is given. Numbers are ten wide. Where a day
has nothing, kt00007 answers an empty list (the mock server with a text of its
own) and kt00009 refuses with 501724; kt00009 of the mock server finds nothing
without a date. ``fr_ord_no`` is the lowest number that is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from kiwoomctl.simulator.exchange import Fill, Order
from kiwoomctl.simulator.kiwoom.fields import DAILY_ORDER, ORDER_STATUS
from kiwoomctl.simulator.kiwoom.formats import order_number, padded
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row
from kiwoomctl.simulator.kiwoom.refusals import refused, refused_by_backend
from kiwoomctl.simulator.orders import TYPE_NAMES

_WIDTH = 10
_AMOUNT_WIDTH = 15
_SIDES = {"1": "sell", "2": "buy"}
_SIDE_NAMES = {"buy": "현금매수", "sell": "현금매도"}
_ACTION_NAMES = {"new": "", "modify": "정정", "cancel": "취소"}
_MARKETS = {"KOSPI": "1", "ETF": "1", "ETN": "1", "KOSDAQ": "2"}
_BONDS = "2"
_NOTHING = "해당조회내역이 없습니다"


def daily_orders(query: Query) -> Answer:
    """Answer kt00007."""
    if query.quirk == "kt00007_empty":
        return Answer({}, "acnt_ord_cntr_prps_dtl", [], DAILY_ORDER, message=_NOTHING)
    orders = list(_chosen(query, _asked_day(query) or query.business_day))
    wanted = query.get("qry_tp")
    if wanted == "2":
        orders.reverse()
    elif wanted == "3":
        orders = [order for order in orders if order.is_open]
    elif wanted == "4":
        orders = [order for order in orders if order.filled > 0]
    rows = [_daily_row(query, order) for order in orders]
    nothing = _NOTHING if not rows and query.environment == "mock" else None
    return Answer({}, "acnt_ord_cntr_prps_dtl", rows, DAILY_ORDER, message=nothing)


def order_status(query: Query) -> Answer:
    """Answer kt00009: a row per fill, and one per order without any.

    Raises:
        Refused: there is nothing to show (501724).
    """
    day = _asked_day(query)
    orders: list[Order] = []
    if day is not None or query.environment != "mock":
        orders = list(_chosen(query, day or query.business_day))
    rows: list[Row] = []
    sums = {"buy": 0, "sell": 0}
    for order in orders:
        if query.get("mrkt_tp") not in ("0", _market(query, order)):
            continue
        fills = [
            fill
            for fill in query.exchange.fills
            if fill.order_number == order.number and fill.trading_day == order.trading_day
        ]
        sums[order.side] += order.filled_amount
        rows += [_status_row(query, order, fill) for fill in fills]
        if not fills and query.get("qry_tp") == "0":
            rows.append(_status_row(query, order, None))
    if not rows:
        raise refused_by_backend("501724", "관련자료가없습니다")
    fields = {
        "sell_grntl_engg_amt": padded(sums["sell"], _AMOUNT_WIDTH),
        "buy_engg_amt": padded(sums["buy"], _AMOUNT_WIDTH),
        "engg_amt": padded(sums["sell"] + sums["buy"], _AMOUNT_WIDTH),
    }
    return Answer(fields, "acnt_ord_cntr_prst_array", rows, ORDER_STATUS)


def _chosen(query: Query, day: date) -> Iterator[Order]:
    if query.get("stk_bond_tp") == _BONDS:
        return
    symbol = query.get("stk_cd").strip()
    side = _SIDES.get(query.get("sell_tp"))
    venue = query.get("dmst_stex_tp")
    first = query.get("fr_ord_no").strip().lstrip("0")
    lowest = int(first) if first.isascii() and first.isdecimal() else 0
    for order in query.exchange.orders_of(query.account, day, query.moment):
        meant = (not symbol or order.symbol == symbol) and side in (None, order.side)
        if meant and venue in ("%", order.exchange) and order.number >= lowest:
            yield order


def _asked_day(query: Query) -> date | None:
    text = query.get("ord_dt").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise refused(1517, name="ord_dt", reason="날짜 형식이 아닙니다") from None


def _common(query: Query, order: Order) -> Row:
    instrument = query.exchange.market.find(order.symbol)
    changes = order.action != "new"
    return {
        "ord_no": order_number(order.number),
        "stk_cd": f"{instrument.class_letter if instrument else 'A'}{order.symbol}",
        "stk_nm": instrument.name if instrument else "",
        "trde_tp": TYPE_NAMES.get(order.order_type, order.order_type),
        "io_tp_nm": _SIDE_NAMES[order.side],
        "ord_qty": padded(order.quantity, _WIDTH),
        "ord_uv": padded(order.price, _WIDTH),
        "cnfm_qty": padded(order.quantity if changes else 0, _WIDTH),
        "acpt_tp": "거부" if order.closed_as == "rejected" else "접수",
        "comm_ord_tp": order.channel,
        "dmst_stex_tp": order.exchange,
        "cond_uv": padded(order.stop_price, _WIDTH),
    }


def _daily_row(query: Query, order: Order) -> Row:
    remaining = order.remaining if order.action != "cancel" else 0
    average = order.filled_amount // order.filled if order.filled else 0
    row = _common(query, order) | {
        "crd_tp": "보통매매",
        "ord_tm": f"{order.accepted_at:%H:%M:%S}",
        "ori_ord": order_number(order.original),
        "cntr_qty": padded(order.filled, _WIDTH),
        "cntr_uv": padded(average, _WIDTH),
        "ord_remnq": padded(remaining, _WIDTH),
        "mdfy_cncl": _ACTION_NAMES[order.action],
        "cnfm_tm": "" if order.action == "new" else f"{order.accepted_at:%H:%M:%S}",
    }
    return {name: row.get(name, "") for name in DAILY_ORDER}


def _status_row(query: Query, order: Order, fill: Fill | None) -> Row:
    row = _common(query, order) | {
        "stk_bond_tp": "1",
        "cntr_no": order_number(fill.number if fill else 0),
        "orig_ord_no": order_number(order.original),
        "setl_tp": "보통결제",
        "crd_deal_tp": "보통매매",
        "cntr_qty": padded(fill.quantity if fill else 0, _WIDTH),
        "cntr_uv": padded(fill.price if fill else 0, _WIDTH),
        "mdfy_cncl_tp": _ACTION_NAMES[order.action],
        "cntr_tm": f"{fill.filled_at:%H:%M:%S}" if fill else "",
    }
    return {name: row.get(name, "") for name in ORDER_STATUS}


def _market(query: Query, order: Order) -> str:
    instrument = query.exchange.market.find(order.symbol)
    return _MARKETS[instrument.market] if instrument else ""
