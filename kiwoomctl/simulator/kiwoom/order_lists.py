"""The lists of today's orders: still open (ka10075) and filled (ka10076).

An order is in the first list while something of it is open, in the second as
soon as something of it is filled, in neither once it is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable

from kiwoomctl.simulator.exchange import Order
from kiwoomctl.simulator.kiwoom.fields import FILLED_ORDER, OPEN_ORDER
from kiwoomctl.simulator.kiwoom.formats import clock_time, directed, order_number, plain
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row

_SIDES = {"1": "sell", "2": "buy"}
_VENUE_CODES = {"SOR": "0", "KRX": "1", "NXT": "2"}
_SIDE_NAMES = {"buy": "+매수", "sell": "-매도"}
_ACTION_NAMES = {"new": "", "modify": "정정", "cancel": "취소"}
_TYPE_NAMES = {
    "0": "보통",
    "3": "시장가",
    "5": "조건부지정가",
    "6": "최유리지정가",
    "7": "최우선지정가",
    "10": "보통(IOC)",
    "13": "시장가(IOC)",
    "16": "최유리(IOC)",
    "20": "보통(FOK)",
    "23": "시장가(FOK)",
    "26": "최유리(FOK)",
    "28": "스톱지정가",
    "29": "중간가",
    "30": "중간가(IOC)",
    "31": "중간가(FOK)",
    "61": "장시작전시간외",
    "62": "시간외단일가",
    "81": "장마감후시간외",
}


def open_orders(query: Query) -> Answer:
    """Answer ka10075, newest first; the code counts only with all_stk_tp 1."""
    symbol = query.get("stk_cd") if query.get("all_stk_tp") == "1" else ""
    orders = [
        order
        for order in _chosen(query, symbol, query.get("trde_tp"))
        if order.remaining > 0 and order.action != "cancel"
    ]
    return Answer({}, "oso", [_open_row(query, order) for order in orders], OPEN_ORDER)


def filled_orders(query: Query) -> Answer:
    """Answer ka10076, newest first; ord_no asks for orders older than that one."""
    symbol = query.get("stk_cd") if query.get("qry_tp") == "1" else ""
    cursor = query.get("ord_no").strip().lstrip("0")
    orders = [
        order
        for order in _chosen(query, symbol, query.get("sell_tp"))
        if order.filled > 0 and (not cursor or (cursor.isdecimal() and order.number < int(cursor)))
    ]
    return Answer({}, "cntr", [_filled_row(query, order) for order in orders], FILLED_ORDER)


def _chosen(query: Query, symbol: str, side_code: str) -> Iterable[Order]:
    side = _SIDES.get(side_code)
    venue = query.get("stex_tp")
    orders = query.exchange.orders_of(query.account, query.business_day, query.moment)
    for order in reversed(orders):
        if symbol and order.symbol != symbol:
            continue
        if side is not None and order.side != side:
            continue
        if venue != "0" and _VENUE_CODES[order.exchange] != venue:
            continue
        yield order


def _common(query: Query, order: Order) -> Row:
    instrument = query.exchange.market.find(order.symbol)
    return {
        "ord_no": order_number(order.number),
        "stk_cd": order.symbol,
        "stk_nm": instrument.name if instrument else "",
        "io_tp_nm": f"{_SIDE_NAMES[order.side]}{_ACTION_NAMES[order.action]}",
        "trde_tp": _TYPE_NAMES.get(order.order_type, order.order_type),
        "ord_qty": plain(order.quantity),
        "ord_pric": plain(order.price),
        "oso_qty": plain(order.remaining),
        "cntr_pric": plain(order.filled_amount // order.filled if order.filled else 0),
        "cntr_qty": plain(order.filled),
        "orig_ord_no": order_number(order.original),
        "tdy_trde_cmsn": plain(order.commission),
        "tdy_trde_tax": plain(order.tax),
        "ord_stt": "체결" if order.filled else "접수",
        "stex_tp": _VENUE_CODES[order.exchange],
        "stex_tp_txt": order.exchange,
        "sor_yn": "Y" if order.exchange == "SOR" else "N",
        "stop_pric": plain(order.stop_price),
    }


def _open_row(query: Query, order: Order) -> Row:
    quote = query.exchange.market.quote(order.symbol, query.moment)
    now = directed(quote.price, quote.base)
    row = _common(query, order) | {
        "acnt_no": query.account.number,
        "cntr_tot_amt": plain(order.filled_amount),
        "tm": clock_time(order.accepted_at),
        "cur_prc": now,
        "sel_bid": now,
        "buy_bid": now,
    }
    return {name: row.get(name, "") for name in OPEN_ORDER}


def _filled_row(query: Query, order: Order) -> Row:
    row = _common(query, order) | {"ord_tm": clock_time(order.accepted_at)}
    return {name: row.get(name, "") for name in FILLED_ORDER}
