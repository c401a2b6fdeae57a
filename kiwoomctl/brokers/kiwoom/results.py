"""Realized profit: the broker's list of days (ka10074) and its list of sales (ka10073).

ka10074 holds the days with a sale; ka10073 a row per sale, its figures to parts of a won. Both are
read for either view: a list of sales that is empty although the days have some is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.brokers.kiwoom.replies import Page
from kiwoomctl.domain.results import Period, Realized, RealizedDay, RealizedResults, RealizedSale
from kiwoomctl.errors import Phrase, Unreadable

DAYS: Final = Endpoint(
    "ka10074",
    ACCOUNT_PATH,
    rows="dt_rlzt_pl",
    row_key="dt",
    row_required=("sell_amt", "tdy_sel_pl", "tdy_trde_cmsn", "tdy_trde_tax"),
)
SALES: Final = Endpoint(
    "ka10073",
    ACCOUNT_PATH,
    rows="dt_stk_rlzt_pl",
    row_key="dt",
    row_required=("stk_cd", "cntr_qty", "buy_uv", "cntr_pric", "tdy_sel_pl"),
)
_CENT: Final = Decimal("0.01")


def read_realized(client: KiwoomClient, first: date | None, last: date | None) -> RealizedResults:
    """Return the realized profit of a period (ka10074, ka10073).

    Args:
        client: the account's.
        first: the first day, KST; None for today by the broker's clock.
        last: the last day; None for today by the broker's clock.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: one of the lists was not read whole.
    """
    today = client.now().date()
    pages = _day_pages(client, Period(first or today, last or today))
    told = pages[0].broker_time
    if told is not None and told.date() != today and (first is None or last is None):
        today = told.date()
        pages = _day_pages(client, Period(first or today, last or today))
    period = Period(first or today, last or today)
    days = [_day(row) for page in pages for row in page.rows]
    body = {"stk_cd": "", **_asked(period)}
    sales = [_sale(row) for page in client.pages(SALES, body) for row in page.rows]
    if not sales and any(day.realized.sell_amount for day in days):
        raise Unreadable(
            "the broker's reply to {api_id} contradicts itself: {how}",
            hint="try again",
            code="contradiction",
            api_id=SALES.api_id,
            how=Phrase("totals without sales"),
        )
    return RealizedResults(
        period,
        tuple(sorted(days, key=lambda row: row.day)),
        tuple(sorted(sales, key=lambda row: row.day)),
    )


def _day_pages(client: KiwoomClient, period: Period) -> list[Page]:
    return list(client.pages(DAYS, _asked(period)))


def _asked(period: Period) -> dict[str, str]:
    return {"strt_dt": f"{period.first:%Y%m%d}", "end_dt": f"{period.last:%Y%m%d}"}


def _day(row: Mapping[str, str]) -> RealizedDay:
    field = Fields(DAYS, row)
    return RealizedDay(
        day=field.must("dt", wire.date),
        realized=Realized(
            sell_amount=field.figure("sell_amt"),
            cost=None,
            realized_pnl=field.figure("tdy_sel_pl"),
            commission=field.figure("tdy_trde_cmsn"),
            tax=field.figure("tdy_trde_tax"),
            quantity=None,
        ),
    )


def _sale(row: Mapping[str, str]) -> RealizedSale:
    field = Fields(SALES, row)
    quantity = field.must("cntr_qty", wire.quantity)
    price = field.must("cntr_pric", wire.price)
    profit = field.figure("tdy_sel_pl")
    commission, tax = field.figure("tdy_trde_cmsn"), field.figure("tdy_trde_tax")
    return RealizedSale(
        day=field.must("dt", wire.date),
        symbol=field.symbol("stk_cd"),
        name=row.get("stk_nm", "").strip(),
        realized=Realized(
            sell_amount=price * quantity,
            cost=_cost(
                field.maybe("buy_uv", wire.price), quantity, price, (profit, commission, tax)
            ),
            realized_pnl=profit,
            commission=commission,
            tax=tax,
            quantity=quantity,
        ),
    )


def _cost(
    paid: Decimal | None,
    quantity: int,
    price: Decimal,
    figures: tuple[Decimal | None, Decimal | None, Decimal | None],
) -> Decimal | None:
    """Return what the sold shares had cost, KRW.

    The average price is told to a hundredth of a won. Where the profit is the rest of the sale
    after cost, commission and tax, as documented, the cost follows from these exactly.
    """
    if paid is None:
        return None
    rounded = paid * quantity
    profit, commission, tax = figures
    if profit is None or commission is None or tax is None:
        return rounded.quantize(_CENT, ROUND_HALF_UP)
    exact = price * quantity - profit - commission - tax
    return exact if abs(exact - rounded) <= quantity * _CENT else rounded
