"""The lists of orders: still open (TTTC0084R), and of days with what was filled (TTTC0081R).

A row is an order, never a fill; a modify and a cancel have rows of their own that name their
original. How an order that was modified away looks is nowhere told: nothing of it remains, and
nothing of it counts as cancelled.

The list of days is two TRs: one for this calendar month and the three before it, one for what
is older. Each knows its own part only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kiwoomctl.simulator.exchange import Order
from kiwoomctl.simulator.kis.fields import DAILY_FIELDS, OPEN_FIELDS
from kiwoomctl.simulator.kis.formats import (
    average,
    clock_time,
    day,
    fill_average,
    order_number,
    plain,
)
from kiwoomctl.simulator.kis.identity import branch
from kiwoomctl.simulator.kis.order_types import type_of
from kiwoomctl.simulator.kis.query import Answer, Query, Row
from kiwoomctl.simulator.kis.refusals import bad_value

_SIDE_CODES = {"sell": "01", "buy": "02"}
_SIDE_NAMES = {"sell": "현금매도", "buy": "현금매수"}
_REJECTED_NAMES = {"sell": "SELL REJECT", "buy": "BUY REJECT"}
_ACTION_NAMES = {"new": "", "modify": "정정", "cancel": "취소"}
_SIDES = {"0": None, "1": "sell", "2": "buy"}
_DAILY_SIDES = {"00": None, "01": "sell", "02": "buy"}
_FILLED, _UNFILLED = "01", "02"
_VENUES = ("KRX", "NXT", "SOR")
_MONTHS_WITHIN = 3
_NO_ORDER = "0000000000"
_CASH_ORDERS = ("00", "01")
# Personal data of a caller; this machine's own address.
_CALLER = {"inqr_ip_addr": "127.0.0.1", "ctac_tlno": ""}


class Ending(NamedTuple):
    """What became of the shares of an order that were not filled."""

    remaining: int
    cancelled: int
    rejected: int


def open_orders(query: Query) -> Answer:
    """Answer inquire-psbl-rvsecncl, oldest first or by symbol."""
    if query.get("INQR_DVSN_2") not in _SIDES:
        raise bad_value("INQR_DVSN_2")
    side = _SIDES[query.get("INQR_DVSN_2")]
    orders = [
        order
        for order in query.exchange.orders_of(query.account, query.business_day, query.moment)
        if order.is_open and side in (None, order.side)
    ]
    rows = [_open_row(query, order) for order in orders]
    return Answer({"output": rows}, paged="output", row_fields=OPEN_FIELDS)


def daily_orders(query: Query) -> Answer:
    """Answer inquire-daily-ccld: the rows, and an object with their sums."""
    chosen = [] if query.quirk == "kt00007_empty" else _chosen(query)
    orders = [order for order, _ in chosen]
    rows = [_daily_row(query, order, end) for order, end in chosen]
    filled = sum(order.filled for order in orders)
    amount = sum(order.filled_amount for order in orders)
    sums = {
        "tot_ord_qty": plain(sum(order.quantity for order in orders)),
        "tot_ccld_qty": plain(filled),
        "tot_ccld_amt": plain(amount),
        "prsm_tlex_smtl": plain(sum(order.commission + order.tax for order in orders)),
        "pchs_avg_pric": average(amount, filled),
    }
    return Answer({"output1": rows, "output2": sums}, paged="output1", row_fields=DAILY_FIELDS)


Changes = dict[tuple[date, int], list[Order]]
"""The orders that modify or cancel another one, by day and number of that one."""


def changes_in(orders: Iterable[Order]) -> Changes:
    """Return which of these orders change which."""
    found: Changes = {}
    for order in orders:
        if order.original:
            found.setdefault((order.trading_day, order.original), []).append(order)
    return found


def ending(order: Order, changes: Changes, *, expired_remain: bool) -> Ending:
    """Return what is left of an order, what a cancel took away, and what was refused.

    Args:
        order: The order.
        changes: Those that modify or cancel it among them.
        expired_remain: Whether what a session left over still remains.
    """
    if order.action == "cancel":
        return Ending(0, 0, 0)
    mine = changes.get((order.trading_day, order.number), [])
    by_cancels = sum(other.quantity for other in mine if other.action == "cancel")
    by_modifies = sum(other.quantity for other in mine if other.action == "modify")
    lost = order.cancelled - by_cancels - by_modifies
    if order.closed_as == "rejected":
        return Ending(0, by_cancels, lost)
    if order.closed_as == "expired":
        return Ending(lost if expired_remain else 0, by_cancels, 0)
    # What an order that must trade at once did not get is cancelled by itself.
    return Ending(order.remaining, by_cancels + lost, 0)


def _chosen(query: Query) -> list[tuple[Order, Ending]]:
    """Return the orders that the daily list is asked for, in the asked order."""
    first, last = query.day("INQR_STRT_DT"), query.day("INQR_END_DT")
    checks = {
        "SLL_BUY_DVSN_CD": tuple(_DAILY_SIDES),
        "CCLD_DVSN": ("00", _FILLED, _UNFILLED),
        "INQR_DVSN": ("00", "01"),
        "EXCG_ID_DVSN_CD": ("", *_VENUES, "ALL"),
    }
    for name, choices in checks.items():
        if query.get(name) not in choices:
            raise bad_value(name)
    mine = [
        order
        for order in query.exchange.orders
        if order.appkey == query.account.appkey and first <= order.trading_day <= last
    ]
    changes = changes_in(mine)
    remain = query.rules.expired_remain
    chosen = [
        (order, end)
        for order in mine
        if _is_of_list(query, order)
        and _is_asked(query, order, end := ending(order, changes, expired_remain=remain))
    ]
    return chosen if query.get("INQR_DVSN") == "01" else chosen[::-1]


def _is_of_list(query: Query, order: Order) -> bool:
    """Tell whether an order is one of this TR's: of its time, and seen by now."""
    is_before = order.trading_day < _boundary(query.business_day)
    return is_before == (query.name == "daily_before") and (
        order.seen_from is None or order.seen_from <= query.moment
    )


def _is_asked(query: Query, order: Order, end: Ending) -> bool:
    """Tell whether the request's filters let an order through."""
    side, number = _DAILY_SIDES[query.get("SLL_BUY_DVSN_CD")], query.whole("ODNO")
    wanted = query.get("CCLD_DVSN")
    return (
        side in (None, order.side)
        and query.symbol() in ("", order.symbol)
        and (query.get("EXCG_ID_DVSN_CD") or "KRX") in ("ALL", order.exchange)
        and number in (0, order.number)
        and query.get("INQR_DVSN_3") in _CASH_ORDERS
        and query.get("ORD_GNO_BRNO") in ("", branch(query.environment))
        and (wanted != _FILLED or order.filled > 0)
        and (wanted != _UNFILLED or end.remaining > 0)
    )


def _boundary(today: date) -> date:
    """Return the first day of the third calendar month before this one."""
    months = today.year * 12 + today.month - 1 - _MONTHS_WITHIN
    return date(months // 12, months % 12 + 1, 1)


def _common(query: Query, order: Order) -> Row:
    instrument = query.exchange.market.find(order.symbol)
    kind = type_of(order.order_type, order.session)
    no_original = _NO_ORDER if query.rules.zero_original else ""
    return {
        "ord_gno_brno": branch(query.environment),
        "odno": order_number(order.number),
        "orgn_odno": order_number(order.original) or no_original,
        "ord_dvsn_name": kind.name,
        "ord_dvsn_cd": kind.code,
        "pdno": order.symbol,
        "prdt_name": instrument.name if instrument else "",
        "ord_qty": plain(order.quantity),
        "ord_unpr": plain(order.price),
        "ord_tmd": clock_time(order.accepted_at),
        "tot_ccld_qty": plain(order.filled),
        "tot_ccld_amt": plain(order.filled_amount),
        "sll_buy_dvsn_cd": _SIDE_CODES[order.side],
        "excg_id_dvsn_cd": order.exchange,
        "stpm_cndt_pric": plain(order.stop_price),
    }


def _open_row(query: Query, order: Order) -> Row:
    action = "" if query.rules.plain_names else _ACTION_NAMES[order.action]
    row = _common(query, order) | {
        "rvse_cncl_dvsn_name": f"{_SIDE_NAMES[order.side][2:]}{action}" if action else "",
        "psbl_qty": plain(order.remaining),
        "excg_id_dvsn_name": order.exchange,
        "stpm_efct_occr_yn": "" if not order.stop_price else "N" if order.dormant else "Y",
    }
    return {name: row.get(name, "") for name in OPEN_FIELDS}


def _daily_row(query: Query, order: Order, end: Ending) -> Row:
    action = "" if query.rules.plain_names else _ACTION_NAMES[order.action]
    name = f"{_SIDE_NAMES[order.side]}{action}"
    is_gone = order.action == "cancel" or (end.cancelled and not end.remaining)
    row = _common(query, order) | {
        "ord_dt": day(order.trading_day),
        "sll_buy_dvsn_cd_name": _REJECTED_NAMES[order.side] if end.rejected else name,
        "avg_prvs": fill_average(order.filled_amount, order.filled),
        "cncl_yn": "Y" if is_gone and not query.rules.blank_cncl_yn else "",
        "cncl_cfrm_qty": plain(end.cancelled),
        "rmn_qty": plain(end.remaining),
        "rjct_qty": plain(end.rejected),
        "ccld_cndt_name": _condition(order),
        "ordr_empno": order.channel,
        **_CALLER,
    }
    shown = {field: row.get(field, "") for field in DAILY_FIELDS}
    if query.rules.venue_key != "excg_id_dvsn_cd":
        shown[query.rules.venue_key] = shown.pop("excg_id_dvsn_cd")
    return shown


def _condition(order: Order) -> str:
    name = type_of(order.order_type, order.session).name
    return next((word for word in ("IOC", "FOK") if word in name), "없음")
