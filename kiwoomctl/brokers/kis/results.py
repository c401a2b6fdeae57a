"""Realized profit: the broker's list of days (inquire-period-profit) and of sales by code.

The mock server has neither. Whether the broker's profit is before or after costs (commission, tax,
loan interest) is not documented, so it is told apart by its own figures: where the profit of the
sales is what they brought less the average cost, it is before costs, and they are taken off. Where
they do not tell, no profit is told.

A day's commission may hold that of buys, which no sale has to bear: of a day whose sales are
listed, the costs are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import TRADING, Endpoint
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.kis.replies import Page
from kiwoomctl.brokers.replies import contradictory
from kiwoomctl.domain.portfolio import total
from kiwoomctl.domain.results import (
    Period,
    Realized,
    RealizedDay,
    RealizedResults,
    RealizedSale,
    sum_of,
)
from kiwoomctl.errors import Phrase

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


class _Told(NamedTuple):
    """A sale as it is listed, and what tells how its profit is meant."""

    sale: RealizedSale
    costs: Decimal | None
    """Commission, tax and loan interest, KRW; None where one is not told."""
    with_buys: bool
    """Whether its costs may be those of buys too."""


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
    days = [_day(row) for row in _rows(DAYS, pages)]
    sales = list(client.pages(SALES, _asked(client, period)))
    listed = [one for row in _rows(SALES, sales) if (one := _sale(row)) is not None]
    if not listed and any(day.realized.sell_amount for day, _ in days):
        raise contradictory(SALES, Phrase("totals without sales"))
    is_gross = _are_gross(listed)
    return RealizedResults(
        period,
        tuple(sorted(_after_costs(days, listed, is_gross), key=lambda row: row.day)),
        tuple(
            sorted(
                (one.sale._replace(realized=_net_sale(one, is_gross)) for one in listed),
                key=lambda row: row.day,
            )
        ),
    )


def _day_pages(client: KisClient, period: Period) -> list[Page]:
    return list(client.pages(DAYS, {**_asked(client, period), "INQR_DVSN": "00"}))


def _rows(endpoint: Endpoint, pages: Sequence[Page]) -> list[Mapping[str, str]]:
    """Return the rows of all pages; one that comes again would count twice, so it is refused."""
    known: set[frozenset[tuple[str, str]]] = set()
    for page in pages:
        told = {frozenset(row.items()) for row in page.rows}
        if not known.isdisjoint(told):
            raise contradictory(endpoint, Phrase("a row on two pages"))
        known |= told
    return [row for page in pages for row in page.rows]


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


def _day(row: Mapping[str, str]) -> tuple[RealizedDay, Decimal | None]:
    """Return a day as it is listed, and its costs; None where one is not told."""
    field = Fields(DAYS, row)
    realized = Realized(
        sell_amount=field.figure("sll_amt"),
        cost=None,
        realized_pnl=field.figure("rlzt_pfls"),
        commission=field.figure("fee"),
        tax=field.figure("tl_tax"),
        quantity=None,
    )
    return RealizedDay(field.must("trad_dt", wire.date), realized), _costs(field, realized)


def _sale(row: Mapping[str, str]) -> _Told | None:
    """Return a sale; None for a row about what was bought or is held."""
    field = Fields(SALES, row)
    quantity = field.maybe("sll_qty", wire.quantity)
    if quantity is None and (field.figure("sll_amt") or field.figure("rlzt_pfls")):
        raise field.unusable("sll_qty")
    if not quantity:
        return None
    paid = field.maybe("pchs_unpr", wire.average)
    realized = Realized(
        sell_amount=field.figure("sll_amt"),
        cost=None if paid is None else paid * quantity,
        realized_pnl=field.figure("rlzt_pfls"),
        commission=field.figure("fee"),
        tax=field.figure("tl_tax"),
        quantity=quantity,
    )
    sale = RealizedSale(
        field.must("trad_dt", wire.date), field.symbol("pdno"), field.text("prdt_name"), realized
    )
    return _Told(sale, _costs(field, realized), bool(field.maybe("buy_qty", wire.quantity)))


def _costs(field: Fields, realized: Realized) -> Decimal | None:
    """Return what is to be taken off a profit before costs; a blank interest is that of no loan."""
    if realized.commission is None or realized.tax is None:
        return None
    return realized.commission + realized.tax + (field.figure("loan_int") or 0)


def _are_gross(listed: Sequence[_Told]) -> bool | None:
    """Tell whether these profits are before costs; None where they do not tell.

    Averages are rounded, so the nearer of the two readings is meant, over all sales together.
    """
    if all(one.costs == 0 for one in listed):
        return False  # then both are the same
    telling = [
        (one, costs, taken)
        for one in listed
        if (costs := one.costs) and (taken := _taken_off(one.sale.realized)) is not None
    ]
    # The costs of a row with buys are not those of its sale alone.
    telling = [row for row in telling if not row[0].with_buys] or telling
    if not telling:
        return None
    as_gross = sum(abs(taken) for _, _, taken in telling)
    as_net = sum(abs(taken - costs) for _, costs, taken in telling)
    return as_gross < as_net


def _taken_off(realized: Realized) -> Decimal | None:
    """Return how much less the profit is than price less average cost; None where not told."""
    sold, cost, profit = realized.sell_amount, realized.cost, realized.realized_pnl
    return None if sold is None or cost is None or profit is None else sold - cost - profit


def _net_sale(told: _Told, is_gross: bool | None) -> Realized:
    realized = told.sale.realized
    if is_gross:
        realized = _with_exact_cost(realized)
    return _net(realized, told.costs, is_gross)


def _with_exact_cost(realized: Realized) -> Realized:
    """Return the cost that a profit before costs was counted with; the average is rounded."""
    sold, profit, taken = realized.sell_amount, realized.realized_pnl, _taken_off(realized)
    if sold is None or profit is None or taken is None or abs(taken) > (realized.quantity or 0):
        return realized
    return realized._replace(cost=sold - profit)


def _net(realized: Realized, costs: Decimal | None, is_gross: bool | None) -> Realized:
    """Return a profit after costs; a cost that is not told is a profit that is not known."""
    if is_gross is False or costs == 0:
        return realized
    profit = realized.realized_pnl
    known = is_gross and profit is not None and costs is not None
    return realized._replace(
        realized_pnl=profit - costs if known else None  # type: ignore[operator]  # both known
    )


def _after_costs(
    days: Sequence[tuple[RealizedDay, Decimal | None]],
    listed: Sequence[_Told],
    is_gross: bool | None,
) -> list[RealizedDay]:
    """Return the days with sales, their profit after the costs of their own sales."""
    told = []
    for day, costs in days:
        realized, taken, meant = day.realized, costs, is_gross
        sales = [one for one in listed if one.sale.day == day.day]
        if not (realized.sell_amount or realized.realized_pnl or sales):
            continue  # only bought
        sums = sum_of(one.sale.realized for one in sales)
        own = total(one.costs for one in sales)
        if sales and own is not None and sums.sell_amount == realized.sell_amount:
            # That both lists mean the same is not documented either.
            meant = _as_its_sales(realized.realized_pnl, sums.realized_pnl, own, is_gross)
            realized, taken = realized._replace(commission=sums.commission, tax=sums.tax), own
        told.append(day._replace(realized=_net(realized, taken, meant)))
    return told


def _as_its_sales(
    profit: Decimal | None, listed: Decimal | None, costs: Decimal, is_gross: bool | None
) -> bool | None:
    """Tell whether a day's profit is before costs, by that of its sales, of which that is known."""
    if profit is None or listed is None or is_gross is None:
        return is_gross
    before = listed if is_gross else listed + costs
    return abs(profit - before) < abs(profit - before + costs)
