"""What KIS's lists show of a day's orders, as one set of neutral orders.

The daily list (inquire-daily-ccld) has a row for each order of a day. On the real server the list
of what can still be changed (inquire-psbl-rvsecncl) is read besides, and both are joined by
number: a new order may be missing in one of them. The mock server has only the daily list. A list
that could not be read whole is an error; a part is never taken for the whole.

No list is narrowed by code: how one is to be written there is not documented for every kind, and
a list that is empty for that reason would look like a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import TRADING, Endpoint
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.kis.order_codes import OUR_CHANNEL, exchange_of, is_ours, side_of, type_of
from kiwoomctl.brokers.kis.replies import Page
from kiwoomctl.brokers.order_union import ended, union
from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.brokers.replies import contradictory
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import BrokerOrder
from kiwoomctl.errors import Phrase

DAY: Final = Endpoint(
    "TTTC0081R",
    "VTTC0081R",
    f"{TRADING}inquire-daily-ccld",
    rows="output1",
    row_key="odno",
    row_required=("pdno", "ord_qty", "rmn_qty", "orgn_odno"),
    pages=True,
)
OLD_DAY: Final = DAY._replace(api_id="CTSC9215R", mock="VTSC9215R")
"""The same list of the months before."""
OPEN: Final = Endpoint(
    "TTTC0084R",
    None,
    f"{TRADING}inquire-psbl-rvsecncl",
    rows="output",
    row_key="odno",
    row_required=("pdno", "ord_qty", "psbl_qty"),
    pages=True,
)
_MONTHS: Final = 3
"""So many months before this one are in the newer list."""
_YEAR: Final = 12


class Paid(NamedTuple):
    """What was paid for the filled shares of an order."""

    price: Decimal
    """KRW per share on average."""
    amount: Decimal | None
    """KRW; None where the list does not tell."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list as it was read."""

    day: date
    """The trading day its orders are of, KST."""
    pages: Sequence[Page]
    orders: Sequence[BrokerOrder]
    paid: Mapping[tuple[str, int], Paid]
    """By order number and how many shares were filled: lists are read one after another."""


@dataclass(frozen=True, slots=True)
class DayLists:
    """The lists of one day, all that there are."""

    listed: Listed
    """The list of the whole day."""
    others: tuple[Listed, ...]
    is_over: bool
    """Whether the day has ended: then no order of it is open still."""

    def paid(self, order: BrokerOrder) -> Paid | None:
        """Return what was paid for an order's shares; None where no list tells it of as many."""
        key = (order.number, order.filled_quantity)
        return next((one.paid[key] for one in (self.listed, *self.others) if key in one.paid), None)

    def day_orders(self, symbol: Symbol | None) -> DayOrders:
        """Return what they say together, of one code or of all."""
        lists = [self.listed, *self.others]
        in_day_list = frozenset(order.number for order in self.listed.orders)
        orders = tuple(
            # Only the day's list tells the channel, and what of an order like it was filled.
            order if order.number in in_day_list else order._replace(channel_known=False)
            for order in union([one.orders for one in lists], symbol)
        )
        return DayOrders(
            day=self.listed.day,
            orders=tuple(map(ended, orders)) if self.is_over else orders,
            in_day_list=in_day_list,
            broker_time=_latest([page for one in lists for page in one.pages]),
            # "No rows" comes in several forms, of which none is said to mean that.
            empty_is_proof=False,
        )


def read_day(client: KisClient, day: date | None, symbol: Symbol | None) -> DayOrders:
    """Return the orders of a trading day (inquire-daily-ccld, inquire-psbl-rvsecncl).

    Args:
        client: the account's.
        day: the trading day, KST; None for today by the broker's clock.
        symbol: one code; None for all.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: one of the lists was not read whole.
    """
    return read_lists(client, day).day_orders(symbol)


def read_lists(client: KisClient, day: date | None) -> DayLists:
    """Return the lists of a trading day; raises as ``read_day``."""
    listed, today = _read_daily(client, day)
    if listed.day != today:
        return DayLists(listed, (), is_over=listed.day < today)
    _remember_branches(client, listed.pages)
    if client.is_mock:
        return DayLists(listed, (), is_over=False)
    return DayLists(listed, (_read_open(client, today),), is_over=False)


def read_open(client: KisClient, symbol: Symbol | None) -> tuple[BrokerOrder, ...]:
    """Return the orders that are open now (inquire-psbl-rvsecncl; mock: inquire-daily-ccld).

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: the list was not read whole.
    """
    if client.is_mock:
        listed, _today = _read_daily(client, None, filled="02")
    else:
        listed = _read_open(client, None)
    _remember_branches(client, listed.pages)
    orders = union([listed.orders], symbol)
    return tuple(order for order in orders if order.remaining_quantity > 0)


def _read_daily(client: KisClient, day: date | None, filled: str = "00") -> tuple[Listed, date]:
    """Return the list of a day and what day it is by the broker's clock.

    Only a reply tells that, so where our clock named another day the list is read once more.
    """
    today = client.now().date()
    listed = _daily_of(client, day or today, today, filled)
    told = _latest(listed.pages)
    if told is None or told.date() == today:
        return listed, today
    if day is None or _is_old(day, told.date()) != _is_old(day, today):
        listed = _daily_of(client, day or told.date(), told.date(), filled)
    return listed, told.date()


def _daily_of(client: KisClient, day: date, today: date, filled: str) -> Listed:
    endpoint = OLD_DAY if _is_old(day, today) else DAY
    query = client.of_account(
        {
            "INQR_STRT_DT": f"{day:%Y%m%d}",
            "INQR_END_DT": f"{day:%Y%m%d}",
            "SLL_BUY_DVSN_CD": "00",
            "PDNO": "",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "CCLD_DVSN": filled,
            "INQR_DVSN": "01",
            "INQR_DVSN_1": "",
            "INQR_DVSN_3": "00",
            "EXCG_ID_DVSN_CD": "KRX" if client.is_mock else "ALL",
        }
    )
    pages = _pages(client, endpoint, query)
    rows = [(OrderFields(endpoint, row), row) for row in _rows(pages)]
    # Those of another day would name strangers by their numbers.
    of_day = [(told, row) for told, row in rows if told.day("ord_dt") in (None, day)]
    return _listed(endpoint, day, pages, of_day, remaining="rmn_qty")


def _is_old(day: date, today: date) -> bool:
    return (today.year - day.year) * _YEAR + today.month - day.month > _MONTHS


def _read_open(client: KisClient, day: date | None) -> Listed:
    query = client.of_account({"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"})
    pages = _pages(client, OPEN, query)
    day = day or (_latest(pages) or client.now()).date()
    rows = [(OrderFields(OPEN, row), row) for row in _rows(pages)]
    return _listed(OPEN, day, pages, rows, remaining="psbl_qty")


def _listed(
    endpoint: Endpoint,
    day: date,
    pages: Sequence[Page],
    rows: Sequence[tuple[OrderFields, Mapping[str, str]]],
    *,
    remaining: str,
) -> Listed:
    orders, paid = [], {}
    for told, row in rows:
        order = _order(told, row, day, remaining=remaining)
        orders.append(order)
        if order.average_fill_price is not None:
            paid[order.number, order.filled_quantity] = Paid(
                order.average_fill_price, told.amount()
            )
    return Listed(day, pages, _sound(endpoint, orders), paid)


def _pages(client: KisClient, endpoint: Endpoint, query: Mapping[str, str]) -> list[Page]:
    """Return every page of a list; raises Unreadable where one brings nothing but earlier rows."""
    pages: list[Page] = []
    known: set[tuple[str, str]] = set()
    for page in client.pages(endpoint, query):
        rows = {(row.get("ord_dt", ""), row["odno"]) for row in page.rows}
        if pages and rows and rows <= known:
            raise contradictory(endpoint, Phrase("a page that comes again"))
        known |= rows
        pages.append(page)
    return pages


def _sound(endpoint: Endpoint, orders: Sequence[BrokerOrder]) -> Sequence[BrokerOrder]:
    """Return the orders of a list; raises Unreadable where a number stands for two of them.

    Joined by their number, one of them would be lost from sight.
    """
    known: dict[str, BrokerOrder] = {}
    for order in orders:
        first = known.setdefault(order.number, order)
        if _identity(first) != _identity(order):
            raise contradictory(endpoint, Phrase("two orders of one number"))
    return orders


def _identity(order: BrokerOrder) -> tuple[object, ...]:
    return (order.symbol, order.side, order.quantity, order.original)


def _rows(pages: Iterable[Page]) -> list[Mapping[str, str]]:
    return [row for page in pages for row in page.rows]


def _latest(pages: Sequence[Page]) -> datetime | None:
    times = [page.broker_time for page in pages]
    return None if None in times else max(t for t in times if t is not None).astimezone(KST)


def _remember_branches(client: KisClient, pages: Iterable[Page]) -> None:
    """Keep what a change of an order has to name beside its number."""
    for row in _rows(pages):
        number, branch = wire.order_number(row["odno"]), row.get("ord_gno_brno", "").strip()
        if number and branch:
            client.branches[number] = branch


def _order(told: OrderFields, row: Mapping[str, str], day: date, *, remaining: str) -> BrokerOrder:
    filled = told.filled()
    left = told.must(remaining, wire.quantity)
    change = _change(row)
    employee = told.text("ordr_empno")
    return BrokerOrder(
        number=told.must("odno", wire.order_number),
        original=told.maybe("orgn_odno", wire.order_number),
        symbol=told.symbol("pdno"),
        name=told.text("prdt_name"),
        side=side_of(told.text("sll_buy_dvsn_cd")),
        type=type_of(told.text("ord_dvsn_cd")),
        quantity=told.must("ord_qty", wire.quantity),
        price=told.price("ord_unpr"),
        stop_price=told.price("stpm_cndt_pric"),
        filled_quantity=filled,
        remaining_quantity=left,
        average_fill_price=told.average(filled),
        exchange=exchange_of(told.text("excg_id_dvsn_cd")),
        channel=OUR_CHANNEL if is_ours(employee) else None,
        ordered_at=wire.moment(day, told.text("ord_tmd")),
        status=_told_status(told, filled, left),
        change=change,
        channel_known=not employee or is_ours(employee),
    )


def _told_status(
    told: OrderFields, filled: int, left: int
) -> Literal["rejected", "cancelled", "unknown"]:
    """Return what the row itself says for certain; the rest follows from its figures."""
    if told.maybe("rjct_qty", wire.quantity) and not filled and not left:
        return "rejected"
    some = told.maybe("cncl_cfrm_qty", wire.quantity)
    cancelled = told.text("cncl_yn").upper() == "Y" or bool(some)
    return "cancelled" if cancelled and not left else "unknown"


def _change(row: Mapping[str, str]) -> Literal["modify", "cancel"] | None:
    text = row.get("rvse_cncl_dvsn_name", "") + row.get("sll_buy_dvsn_cd_name", "")
    if "취소" in text:
        return "cancel"
    return "modify" if "정정" in text else None


class OrderFields(Fields):
    """The fields of one order's row."""

    def filled(self) -> int:
        """Return the filled shares; a blank is none yet, unless something was paid for some."""
        told = self.maybe("tot_ccld_qty", wire.quantity)
        if told is None and (self.amount() or self.maybe("avg_prvs", wire.average)):
            raise self.unusable("tot_ccld_qty")
        return told or 0

    def average(self, filled: int) -> Decimal | None:
        """Return what a filled share cost on average; None where none is, or it is not told."""
        if not filled:
            return None
        told, amount = self.maybe("avg_prvs", wire.average), self.amount()
        if told is not None or amount is None:
            return told
        return wire.average(f"{amount / filled:.4f}")

    def amount(self) -> Decimal | None:
        """Return what the filled shares cost, KRW; None where that is not told."""
        amount = self.maybe("tot_ccld_amt", wire.money)
        return amount if amount is not None and amount > 0 else None

    def day(self, name: str) -> date | None:
        """Return a day; None for a blank."""
        text = self.maybe(name, wire.date)
        return None if text is None else date.fromisoformat(text)
