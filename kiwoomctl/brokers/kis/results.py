"""Realized profit: the broker's list of days (inquire-period-profit) and of sales by code.

The mock server has neither. Whether the broker's profit is before or after commission and tax is
not documented, so it is told apart by its own figures: where every sale's profit is its price less
the average cost, it is before them, and they are taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import TRADING, Endpoint
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.kis.replies import Page
from kiwoomctl.domain.results import Period, Realized, RealizedDay, RealizedResults, RealizedSale
from kiwoomctl.errors import Phrase, Unreadable

DAYS: Final = Endpoint(
    "TTTC8708R",
    None,
    f"{TRADING}inquire-period-profit",
    rows="output1",
    row_key="trad_dt",
    row_required=("sll_amt", "rlzt_pfls", "fee", "tl_tax"),
    pages=True,
)
SALES: Final = Endpoint(
    "TTTC8715R",
    None,
    f"{TRADING}inquire-period-trade-profit",
    rows="output1",
    row_key="trad_dt",
    row_required=("pdno", "sll_qty", "sll_amt", "rlzt_pfls"),
    pages=True,
)
_WON: Final = Decimal(1)


def read_realized(client: KisClient, first: date | None, last: date | None) -> RealizedResults:
    """Return the realized profit of a period (inquire-period-profit, -trade-profit).

    Args:
        client: the account's.
        first: the first day, KST; None for today by the broker's clock.
        last: the last day; None for today by the broker's clock.

    Raises:
        BrokerRejected: the mock server does not offer it.
        Unavailable, SignInError, Busy: one of the lists was not read whole.
    """
    today = client.now().date()
    pages = _day_pages(client, Period(first or today, last or today))
    told = pages[0].broker_time
    if told is not None and told.date() != today and (first is None or last is None):
        today = told.date()
        pages = _day_pages(client, Period(first or today, last or today))
    period = Period(first or today, last or today)
    days = [_day(row) for page in pages for row in page.rows]
    sales = [
        sale
        for page in client.pages(SALES, _asked(client, period))
        for row in page.rows
        if (sale := _sale(row)) is not None
    ]
    if not sales and any(day.realized.sell_amount for day in days):
        raise Unreadable(
            "the broker's reply to {api_id} contradicts itself: {how}",
            hint="try again",
            code="contradiction",
            api_id=SALES.api_id,
            how=Phrase("totals without sales"),
        )
    if _are_gross(sales):
        sales = [sale._replace(realized=_net(sale.realized)) for sale in sales]
        days = [day._replace(realized=_net(day.realized)) for day in days]
    return RealizedResults(
        period,
        tuple(sorted((d for d in days if d.realized.sell_amount), key=lambda row: row.day)),
        tuple(sorted(sales, key=lambda row: row.day)),
    )


def _day_pages(client: KisClient, period: Period) -> list[Page]:
    return list(client.pages(DAYS, {**_asked(client, period), "INQR_DVSN": "00"}))


def _asked(client: KisClient, period: Period) -> dict[str, str]:
    return client.of_account(
        {
            "INQR_STRT_DT": f"{period.first:%Y%m%d}",
            "INQR_END_DT": f"{period.last:%Y%m%d}",
            "PDNO": "",
            "SORT_DVSN": "01",
            "CBLC_DVSN": "00",
        }
    )


def _day(row: Mapping[str, str]) -> RealizedDay:
    field = Fields(DAYS, row)
    return RealizedDay(
        day=field.must("trad_dt", wire.date),
        realized=Realized(
            sell_amount=field.figure("sll_amt"),
            cost=None,
            realized_pnl=field.figure("rlzt_pfls"),
            commission=field.figure("fee"),
            tax=field.figure("tl_tax"),
            quantity=None,
        ),
    )


def _sale(row: Mapping[str, str]) -> RealizedSale | None:
    """Return a sale; None for a row about what was bought or is held."""
    field = Fields(SALES, row)
    quantity = field.maybe("sll_qty", wire.quantity)
    if not quantity:
        return None
    paid = field.maybe("pchs_unpr", wire.average)
    return RealizedSale(
        day=field.must("trad_dt", wire.date),
        symbol=field.symbol("pdno"),
        name=field.text("prdt_name"),
        realized=Realized(
            sell_amount=field.figure("sll_amt"),
            cost=None if paid is None else paid * quantity,
            realized_pnl=field.figure("rlzt_pfls"),
            commission=field.figure("fee"),
            tax=field.figure("tl_tax"),
            quantity=quantity,
        ),
    )


def _are_gross(sales: list[RealizedSale]) -> bool:
    """Tell whether these profits are before costs: by sales that had any."""
    costly = [s.realized for s in sales if (s.realized.commission or 0) + (s.realized.tax or 0)]
    return bool(costly) and all(_is_gross(realized) for realized in costly)


def _is_gross(realized: Realized) -> bool:
    sold, cost, profit = realized.sell_amount, realized.cost, realized.realized_pnl
    if sold is None or cost is None or profit is None:
        return False
    spent = (realized.commission or Decimal(0)) + (realized.tax or Decimal(0))
    before = sold - cost
    # The average cost is rounded: the nearer of the two readings is meant.
    return abs(before - profit) < abs(before - spent - profit)


def _net(realized: Realized) -> Realized:
    """Return a profit after costs; a cost that is not told is a profit that is not known."""
    profit, commission, tax = realized.realized_pnl, realized.commission, realized.tax
    known = profit is not None and commission is not None and tax is not None
    return realized._replace(
        realized_pnl=profit - commission - tax if known else None  # type: ignore[operator]  # all known
    )
