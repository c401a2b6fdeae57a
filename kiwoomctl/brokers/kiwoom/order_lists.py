"""What Kiwoom's lists show of a day's orders, as one set of neutral orders.

Three lists are read and joined by number: kt00007 (a day, all orders), ka10075 (open now) and
ka10076 (filled today). None alone is enough: kt00007 may be served empty by the mock server,
a cancelled order is in neither of the other two. A list that could not be read whole is an
error; a part is never taken for the whole. The two lists of today are not asked about another
day: numbers begin anew each day, so they would name strangers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.brokers.kiwoom.order_codes import exchange_of, type_of
from kiwoomctl.brokers.kiwoom.replies import Page
from kiwoomctl.brokers.order_union import ended, union, with_status
from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import BrokerOrder, Exchange, Side, bare_number

DAY: Final = Endpoint(
    "kt00007",
    ACCOUNT_PATH,
    rows="acnt_ord_cntr_prps_dtl",
    row_key="ord_no",
    row_required=("stk_cd", "ord_qty", "ori_ord"),
)
OPEN: Final = Endpoint(
    "ka10075",
    ACCOUNT_PATH,
    rows="oso",
    row_key="ord_no",
    row_required=("stk_cd", "ord_qty", "oso_qty"),
)
FILLED: Final = Endpoint(
    "ka10076",
    ACCOUNT_PATH,
    rows="cntr",
    row_key="ord_no",
    row_required=("stk_cd", "ord_qty", "cntr_qty"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One list as it was read."""

    day: date
    """The trading day its orders are of, KST."""
    pages: list[Page]
    orders: list[BrokerOrder]


def read_day(client: KiwoomClient, day: date | None, symbol: Symbol | None) -> DayOrders:
    """Return the union of the three lists (kt00007, ka10075, ka10076).

    Args:
        client: the account's.
        day: the trading day, KST; None for today by the broker's clock.
        symbol: one code; None for all.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: one of the lists was not read whole.
    """
    if day is None:
        return read_today(client, read_open_list(client, symbol), symbol)
    listed = _read_day_list(client, day, symbol)
    if (_latest(listed.pages) or client.now()).date() > day:
        orders = tuple(ended(order) for order in union([listed.orders], symbol))
        return _day_orders(listed, [listed], orders)
    lists = [listed, _read_open(client, day, symbol), _read_filled(client, day, symbol)]
    return _day_orders(listed, lists, union([one.orders for one in lists], symbol))


def read_open_list(client: KiwoomClient, symbol: Symbol | None = None) -> Listed:
    """Return the open orders with the broker's day, which only a reply tells (ka10075).

    This list is about today whatever today is; the others have to be asked about a date.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: the list was not read whole.
    """
    return _read_open(client, None, symbol)


def read_today(client: KiwoomClient, opened: Listed, symbol: Symbol | None = None) -> DayOrders:
    """Return the union of the three lists, the open orders read already (kt00007, ka10076).

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: one of the lists was not read whole.
    """
    listed = _read_day_list(client, opened.day, symbol)
    lists = [opened, listed, _read_filled(client, opened.day, symbol)]
    return _day_orders(listed, lists, union([one.orders for one in lists], symbol))


def read_open(client: KiwoomClient, symbol: Symbol | None) -> tuple[BrokerOrder, ...]:
    """Return the orders that are open now (ka10075).

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: the list was not read whole.
    """
    orders = tuple(read_open_list(client, symbol).orders)
    return tuple(with_status(order, orders) for order in orders if symbol in (None, order.symbol))


def _read_day_list(client: KiwoomClient, day: date, symbol: Symbol | None) -> Listed:
    body = {
        "ord_dt": f"{day:%Y%m%d}",
        "qry_tp": "1",
        "stk_bond_tp": "1",
        "sell_tp": "0",
        "stk_cd": symbol or "",
        "fr_ord_no": "",
        "dmst_stex_tp": "%",
    }
    pages = list(client.pages(DAY, body))
    return Listed(day, pages, [_day_row(row, day) for row in _rows(pages)])


def _read_open(client: KiwoomClient, day: date | None, symbol: Symbol | None) -> Listed:
    pages = list(client.pages(OPEN, _open_body(symbol)))
    day = day or (_latest(pages) or client.now()).date()
    return Listed(day, pages, [_today_row(OPEN, row, day, "tm") for row in _rows(pages)])


def _read_filled(client: KiwoomClient, day: date, symbol: Symbol | None) -> Listed:
    body = {
        "stk_cd": symbol or "",
        "qry_tp": "1" if symbol else "0",
        "sell_tp": "0",
        "ord_no": "",
        "stex_tp": "0",
    }
    pages = list(client.pages(FILLED, body))
    rows = [_today_row(FILLED, row, day, "ord_tm") for row in _rows(pages)]
    return Listed(day, pages, _summed(rows))


def _day_orders(
    listed: Listed, lists: Sequence[Listed], orders: tuple[BrokerOrder, ...]
) -> DayOrders:
    return DayOrders(
        day=listed.day,
        orders=orders,
        in_day_list=frozenset(order.number for order in listed.orders),
        broker_time=_latest([page for one in lists for page in one.pages]),
    )


def _open_body(symbol: Symbol | None) -> dict[str, str]:
    return {
        "all_stk_tp": "1" if symbol else "0",
        "trde_tp": "0",
        "stk_cd": symbol or "",
        "stex_tp": "0",
    }


def _rows(pages: Iterable[Page]) -> list[Mapping[str, str]]:
    return [row for page in pages for row in page.rows]


def _latest(pages: list[Page]) -> datetime | None:
    times = [page.broker_time for page in pages]
    return None if None in times else max(t for t in times if t is not None).astimezone(KST)


def _day_row(row: Mapping[str, str], day: date) -> BrokerOrder:
    field = OrderFields(DAY, row)
    filled = field.filled()
    return BrokerOrder(
        number=field.number("ord_no"),
        original=bare_number(row.get("ori_ord", "")),
        symbol=field.symbol("stk_cd"),
        name=row.get("stk_nm", "").strip(),
        side=side_of(row.get("io_tp_nm", "")),
        type=type_of(row.get("trde_tp", "")),
        quantity=field.must("ord_qty", wire.quantity),
        price=field.price("ord_uv"),
        stop_price=field.price("cond_uv"),
        filled_quantity=filled,
        remaining_quantity=field.must("ord_remnq", wire.quantity),
        average_fill_price=field.price("cntr_uv") if filled else None,
        exchange=exchange_of(row.get("dmst_stex_tp", "")),
        channel=wire.code(row.get("comm_ord_tp", "")),
        ordered_at=wire.moment(day, row.get("ord_tm", "")),
        status="rejected" if "거부" in row.get("acpt_tp", "") else "unknown",
        change=_change(row.get("io_tp_nm", "") + row.get("mdfy_cncl", "")),
    )


def _today_row(
    endpoint: Endpoint, row: Mapping[str, str], day: date, time_name: str
) -> BrokerOrder:
    """Return an order of the two lists of today (ka10075, ka10076), which name fields alike."""
    field = OrderFields(endpoint, row)
    filled = field.filled()
    return BrokerOrder(
        number=field.number("ord_no"),
        original=bare_number(row.get("orig_ord_no", "")),
        symbol=field.symbol("stk_cd"),
        name=row.get("stk_nm", "").strip(),
        side=side_of(row.get("io_tp_nm", "")),
        type=type_of(row.get("trde_tp", "")),
        quantity=field.must("ord_qty", wire.quantity),
        price=field.price("ord_pric"),
        stop_price=field.price("stop_pric"),
        filled_quantity=filled,
        remaining_quantity=field.must("oso_qty", wire.quantity),
        average_fill_price=field.price("cntr_pric") if filled else None,
        exchange=_exchange(row),
        channel=None,
        ordered_at=wire.moment(day, row.get(time_name, "")),
        status="unknown",
        change=_change(row.get("io_tp_nm", "")),
        sor_parent=row.get("sor_yn", "") == "Y",
        commission=field.figure("tdy_trde_cmsn"),
        tax=field.figure("tdy_trde_tax"),
    )


def _summed(rows: list[BrokerOrder]) -> list[BrokerOrder]:
    """Join the fills of one order: mostly one row, but several are not excluded."""
    groups: dict[str, list[BrokerOrder]] = {}
    for row in rows:
        groups.setdefault(row.number, []).append(row)
    return [_sum_of(group) for group in groups.values()]


def _sum_of(group: list[BrokerOrder]) -> BrokerOrder:
    last = group[0]
    if len(group) == 1:
        return last
    filled = sum(row.filled_quantity for row in group)
    paid = sum(
        ((row.average_fill_price or Decimal(0)) * row.filled_quantity for row in group), Decimal(0)
    )
    return last._replace(
        filled_quantity=min(filled, last.quantity),
        remaining_quantity=min(row.remaining_quantity for row in group),
        average_fill_price=(paid / filled).quantize(Decimal("0.01")) if filled else None,
    )


def _exchange(row: Mapping[str, str]) -> Exchange | None:
    if row.get("sor_yn", "") == "Y":
        return "SOR"
    return exchange_of(row.get("stex_tp_txt", ""))


def side_of(text: str) -> Side | None:
    """Return the side a list names; None for a blank or an unknown text."""
    if "매수" in text:
        return "buy"
    return "sell" if "매도" in text else None


def _change(text: str) -> Literal["modify", "cancel"] | None:
    if "취소" in text:
        return "cancel"
    return "modify" if "정정" in text else None


class OrderFields(Fields):
    """The fields of one order's row."""

    def number(self, name: str) -> str:
        """Return an order number without leading zeros; raises Unreadable without one."""
        number = self.must(name, bare_number)
        if not (number.isascii() and number.isdigit()):
            raise self.unusable(name)
        return number

    def filled(self) -> int:
        """Return the filled shares; a blank is none yet."""
        return self.maybe("cntr_qty", wire.quantity) or 0
