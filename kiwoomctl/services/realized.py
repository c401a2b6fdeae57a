"""Realized profit of several accounts, by day or by code.

Days are the broker's own sums, codes are added up from its list of sales; where the two do not
tell the same amount of sales, that is said and neither is bent to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.offers import Ability
from kiwoomctl.domain.portfolio import Environment, total
from kiwoomctl.domain.results import (
    Realized,
    RealizedDay,
    RealizedResults,
    RealizedSale,
    sum_of,
)
from kiwoomctl.services.accounts import Account, OnAnswer, ask
from kiwoomctl.services.portfolio import Overview, overview


class RealizedRow(NamedTuple):
    """The sales of one account on a day, or of a code over the period."""

    profile: str
    owner: str | None
    environment: Environment
    date: str | None
    """YYYY-MM-DD; None where the row is of a code."""
    symbol: Symbol | None
    """None where the row is of a day."""
    name: str | None
    realized: Realized


class Disagreement(NamedTuple):
    """Sales of one account in KRW, as the two lists of the broker tell them."""

    profile: str
    by_day: Decimal
    by_sale: Decimal


class RealizedOverview(NamedTuple):
    """Realized profit of the chosen accounts."""

    overview: Overview[RealizedRow, Realized]
    first: str | None
    """The first day that was asked for; None where no account answered."""
    last: str | None
    disagreements: tuple[Disagreement, ...]


def realized(
    accounts: Sequence[Account],
    on_answer: OnAnswer,
    *,
    first: date | None,
    last: date | None,
    by_symbol: bool,
) -> RealizedOverview:
    """Return what was realized in a period, both days included.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        first: KST; None for today by each broker's clock.
        last: KST; None for today by each broker's clock.
        by_symbol: a row per code instead of per day.
    """
    answers = ask(
        accounts, lambda broker: broker.realized(first, last), on_answer, Ability.REALIZED
    )
    rows_of = _by_symbol if by_symbol else _by_day

    def block(
        group: list[tuple[Account, RealizedResults]],
    ) -> tuple[tuple[RealizedRow, ...], Realized]:
        rows = tuple(row for account, results in group for row in rows_of(account, results))
        return rows, sum_of(row.realized for row in rows)

    def subtotals(
        group: list[tuple[Account, RealizedResults]],
    ) -> tuple[tuple[str, Realized], ...]:
        return tuple(
            (account.name, sum_of(row.realized for row in rows_of(account, results)))
            for account, results in group
        )

    periods = [results.period for _, results in answers.good]
    return RealizedOverview(
        overview(accounts, answers, block, subtotals),
        min((f"{period.first}" for period in periods), default=None),
        max((f"{period.last}" for period in periods), default=None),
        tuple(d for account, results in answers.good if (d := _disagreement(account, results))),
    )


def _by_day(account: Account, results: RealizedResults) -> list[RealizedRow]:
    return [
        RealizedRow(
            account.name,
            account.owner,
            account.environment,
            row.day,
            None,
            None,
            _completed(row, [sale for sale in results.sales if sale.day == row.day]),
        )
        for row in results.days
    ]


def _completed(row: RealizedDay, sales: list[RealizedSale]) -> Realized:
    """Return a day's own sums, with shares and cost where the list of sales is of the same."""
    listed = sum_of(sale.realized for sale in sales)
    if not sales or not _agrees(row.realized, listed):
        return row.realized
    return row.realized._replace(quantity=listed.quantity, cost=listed.cost)


def _by_symbol(account: Account, results: RealizedResults) -> list[RealizedRow]:
    sales: dict[Symbol, list[RealizedSale]] = {}
    for sale in results.sales:
        sales.setdefault(sale.symbol, []).append(sale)
    return [
        RealizedRow(
            account.name,
            account.owner,
            account.environment,
            None,
            symbol,
            next((sale.name for sale in group if sale.name), ""),
            sum_of(sale.realized for sale in group),
        )
        for symbol, group in sales.items()
    ]


def _disagreement(account: Account, results: RealizedResults) -> Disagreement | None:
    by_day = total(row.realized.sell_amount for row in results.days)
    listed = sum_of(sale.realized for sale in results.sales)
    if by_day is None or listed.sell_amount is None:
        return None
    whole = sum_of(row.realized for row in results.days)
    if _agrees(whole, listed):
        return None
    return Disagreement(account.name, by_day, listed.sell_amount)


def _agrees(days: Realized, sales: Realized) -> bool:
    """Tell whether two sums are of the same sales; prices are told to a won a share."""
    if days.sell_amount is None or sales.sell_amount is None:
        return False
    return abs(days.sell_amount - sales.sell_amount) <= (sales.quantity or 0)
