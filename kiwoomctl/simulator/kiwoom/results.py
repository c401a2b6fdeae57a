"""Realized profit: per day (ka10074), per sale (ka10072, ka10073), per sale of today (ka10077).

A row is one sale as the account booked it. Its profit is what was traded less what had been paid
for the shares, the commission of the sale and the tax; that of the purchase is not in it.
ka10074 has a row for each day with a sale, and no other; ka10072 goes on from its day until today.
Figures are not padded. Those of a sale have two decimals, in ka10077 seven.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from kiwoomctl.simulator.account import CASH_CREDIT_TYPE, Trade, percent
from kiwoomctl.simulator.kiwoom.fields import (
    REALIZED_DAY,
    REALIZED_FROM_DAY,
    REALIZED_IN_PERIOD,
    REALIZED_TODAY,
)
from kiwoomctl.simulator.kiwoom.formats import day, plain, signed
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row
from kiwoomctl.simulator.kiwoom.refusals import refused

_TWO_PLACES, _SEVEN_PLACES = Decimal("0.01"), Decimal("0.0000001")


def asked_day(query: Query, name: str) -> date:
    """Return the day of a required field; refuses what is none (1517)."""
    try:
        return datetime.strptime(query.get(name).strip(), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise refused(1517, name=name, reason="날짜 형식이 아닙니다") from None


def asked_period(query: Query) -> tuple[date, date]:
    """Return the first and the last day asked for; refuses one that ends before it begins."""
    first, last = asked_day(query, "strt_dt"), asked_day(query, "end_dt")
    if first > last:
        raise refused(1517, name="end_dt", reason="종료일자가 시작일자보다 빠릅니다")
    return first, last


def from_day(query: Query) -> Answer:
    """Answer ka10072."""
    sales = _sales(query, asked_day(query, "strt_dt"), query.business_day)
    rows = []
    for sale in sales:
        row = _sale_row(query, sale, _TWO_PLACES)
        row |= {"stk_cd_1": row["stk_cd"], "tdy_sel_pl_1": row["tdy_sel_pl"]}
        rows.append(_only(row, REALIZED_FROM_DAY))
    return Answer({}, "dt_stk_div_rlzt_pl", rows, REALIZED_FROM_DAY)


def in_period(query: Query) -> Answer:
    """Answer ka10073."""
    sales = _sales(query, *asked_period(query))
    rows = [_only(_sale_row(query, sale, _TWO_PLACES), REALIZED_IN_PERIOD) for sale in sales]
    return Answer({}, "dt_stk_rlzt_pl", rows, REALIZED_IN_PERIOD)


def by_day(query: Query) -> Answer:
    """Answer ka10074."""
    first, last = asked_period(query)
    trades = [t for t in query.account.trades if first <= t.trade_date <= last]
    days = sorted({trade.trade_date for trade in trades if trade.side == "sell"})
    rows = [
        {"dt": day(one), **_sums([t for t in trades if t.trade_date == one], _DAY_NAMES)}
        for one in days
    ]
    counted = [trade for trade in trades if trade.trade_date in days]
    return Answer(_sums(counted, _PERIOD_NAMES), "dt_rlzt_pl", rows, REALIZED_DAY)


def today(query: Query) -> Answer:
    """Answer ka10077."""
    sales = _sales(query, query.business_day, query.business_day)
    rows = [_only(_sale_row(query, sale, _SEVEN_PLACES), REALIZED_TODAY) for sale in sales]
    total = sum(sale.realized for sale in sales)
    return Answer({"tdy_rlzt_pl": plain(total)}, "tdy_rlzt_pl_dtl", rows, REALIZED_TODAY)


_DAY_NAMES = ("buy_amt", "sell_amt", "tdy_sel_pl", "tdy_trde_cmsn", "tdy_trde_tax")
_PERIOD_NAMES = ("tot_buy_amt", "tot_sell_amt", "rlzt_pl", "trde_cmsn", "trde_tax")


def _sums(trades: Sequence[Trade], names: tuple[str, ...]) -> Row:
    """Return bought and sold won, and profit, commission and tax of the sales."""
    sales = [trade for trade in trades if trade.side == "sell"]
    figures = (
        sum(trade.amount for trade in trades if trade.side == "buy"),
        sum(sale.amount for sale in sales),
        sum(sale.realized for sale in sales),
        sum(sale.commission for sale in sales),
        sum(sale.tax for sale in sales),
    )
    return {name: plain(figure) for name, figure in zip(names, figures, strict=True)}


def _sales(query: Query, first: date, last: date) -> list[Trade]:
    symbol = query.get("stk_cd").strip()
    found = [
        trade
        for trade in query.account.trades
        if trade.side == "sell"
        and first <= trade.trade_date <= last
        and symbol in ("", trade.symbol)
    ]
    return sorted(found, key=lambda trade: trade.trade_date)


def _sale_row(query: Query, sale: Trade, places: Decimal) -> Row:
    instrument = query.exchange.market.find(sale.symbol)
    paid = (Decimal(sale.cost) / sale.quantity).quantize(places, ROUND_HALF_UP)
    return {
        "dt": day(sale.trade_date),
        "tdy_htssel_cmsn": "현금",
        "stk_nm": instrument.name if instrument else "",
        "cntr_qty": plain(sale.quantity),
        "buy_uv": plain(paid),
        "cntr_pric": plain(sale.price),
        "tdy_sel_pl": plain(Decimal(sale.realized).quantize(places)),
        "pl_rt": signed(percent(sale.realized, sale.cost)),
        "stk_cd": f"{instrument.class_letter if instrument else 'A'}{sale.symbol}",
        "tdy_trde_cmsn": plain(sale.commission),
        "tdy_trde_tax": plain(sale.tax),
        "wthd_alowa": plain(query.exchange.cash(query.account, query.business_day).withdrawable),
        "loan_dt": "",
        "crd_tp": CASH_CREDIT_TYPE,
    }


def _only(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row.get(name, "") for name in names}
