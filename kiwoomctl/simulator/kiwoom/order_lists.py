"""The lists of today's orders: still open (ka10075, ka10088) and filled (ka10076).

An order is in the first list while something of it is open, in the second as
soon as something of it is filled, in neither once it is cancelled. An open SOR
order is one row; its legs on both exchanges have its number.
"""

from __future__ import annotations

from collections.abc import Iterable

from kiwoomctl.simulator.exchange import Fill, Order
from kiwoomctl.simulator.kiwoom.fields import FILLED_ORDER, OPEN_ORDER, SPLIT_ORDER
from kiwoomctl.simulator.kiwoom.formats import clock_time, directed, order_number, plain
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row
from kiwoomctl.simulator.orders import TYPE_NAMES

_SIDES = {"1": "sell", "2": "buy"}
_VENUE_CODES = {"SOR": "0", "KRX": "1", "NXT": "2"}
_SIDE_NAMES = {"buy": "+매수", "sell": "-매도"}
_ACTION_NAMES = {"new": "", "modify": "정정", "cancel": "취소"}
_LEGS = (("1", "S-KRX"), ("2", "S-NXT"))


def open_orders(query: Query) -> Answer:
    """Answer ka10075, newest first; the code counts only with all_stk_tp 1."""
    symbol = query.get("stk_cd") if query.get("all_stk_tp") == "1" else ""
    orders = [order for order in _chosen(query, symbol, query.get("trde_tp")) if order.is_open]
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


def split_orders(query: Query) -> Answer:
    """Answer ka10088: the legs of one open SOR order, half of it on each exchange."""
    text = query.get("ord_no").strip().lstrip("0")
    rows = []
    for order in query.exchange.orders_of(query.account, query.business_day, query.moment):
        if f"{order.number}" == text and order.exchange == "SOR" and order.is_open:
            rows = [_leg(query, order, place) for place in range(len(_LEGS))]
    rows = [row for row in rows if row["ord_qty"] != "0"]
    return Answer({}, "osop", rows, SPLIT_ORDER)


def _leg(query: Query, order: Order, place: int) -> Row:
    def share(whole: int) -> str:
        return plain((whole + 1) // 2 if place == 0 else whole // 2)

    quote = query.exchange.market.quote(order.symbol, query.moment)
    code, name = _LEGS[place]
    row = _common(query, order) | {
        "ord_qty": share(order.quantity),
        "osop_qty": share(order.remaining),
        "cntr_qty": plain(int(share(order.quantity)) - int(share(order.remaining))),
        "sell_tp": "1" if order.side == "sell" else "2",
        "cur_prc": directed(quote.price, quote.base),
        "stex_tp": code,
        "stex_tp_txt": name,
    }
    return {name: row.get(name, "") for name in SPLIT_ORDER}


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
        "trde_tp": TYPE_NAMES.get(order.order_type, order.order_type),
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
    asks = query.exchange.liquidity.opposite(order.symbol, "buy", query.moment)
    last = [fill for fill in query.exchange.fills if _is_of(fill, order)][-1:]
    row = _common(query, order) | {
        "acnt_no": query.account.number,
        "cntr_tot_amt": plain(order.filled_amount),
        "tm": clock_time(order.accepted_at),
        "cntr_no": order_number(last[0].number) if last else "",
        "unit_cntr_pric": plain(last[0].price) if last else "",
        "unit_cntr_qty": plain(last[0].quantity) if last else "",
        "cur_prc": directed(quote.price, quote.base),
        "sel_bid": directed(asks[0].price, quote.base) if asks else "0",
        "buy_bid": directed(quote.price, quote.base),
    }
    return {name: row.get(name, "") for name in OPEN_ORDER}


def _filled_row(query: Query, order: Order) -> Row:
    row = _common(query, order) | {"ord_tm": clock_time(order.accepted_at)}
    return {name: row.get(name, "") for name in FILLED_ORDER}


def _is_of(fill: Fill, order: Order) -> bool:
    return fill.order_number == order.number and fill.trading_day == order.trading_day
