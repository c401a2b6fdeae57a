"""Cash, positions and totals of accounts, and the rules for adding them up.

Money is a Decimal in the record's currency (KRW), rates are percent, quantities are whole
shares. None means the broker did not say; it is never read as 0, and a sum over something
missing is missing too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple, TypeVar

from kiwoomctl.domain.identity import Symbol

Environment = Literal["real", "mock", "sim"]
PnlBasis = Literal["net", "gross", "mixed"]

_CENT = Decimal("0.01")
_WON = Decimal(1)
_Number = TypeVar("_Number", int, Decimal)


class Cash(NamedTuple):
    """Cash of one account in KRW; negative means the account owes (미수)."""

    deposit: Decimal | None
    """예수금, before the settlement of today's trades."""
    deposit_d1: Decimal | None
    """D+1 추정예수금."""
    deposit_d2: Decimal | None
    """D+2 추정예수금."""
    orderable: Decimal | None
    """주문가능금액."""
    withdrawable: Decimal | None
    """출금가능금액."""
    currency: str = "KRW"


class Position(NamedTuple):
    """One holding of one account: a symbol in one credit type and loan date."""

    symbol: Symbol
    name: str
    quantity: int
    """보유수량, whole shares, above 0."""
    sellable_quantity: int | None
    """매매가능수량, whole shares."""
    average_price: Decimal | None
    """매입단가 in KRW per share."""
    price: Decimal | None
    """현재가 in KRW per share."""
    cost: Decimal | None
    """매입금액 in KRW, without fees."""
    market_value: Decimal | None
    """평가금액 in KRW, gross."""
    unrealized_pnl: Decimal | None
    """평가손익 in KRW; see pnl_basis."""
    unrealized_pnl_rate: Decimal | None
    """수익률 in percent of the cost."""
    credit_type: str | None = None
    """신용구분, the broker's code; None where it gave none."""
    loan_date: str | None = None
    """대출일 as YYYY-MM-DD; None for shares bought with own cash."""
    pnl_basis: PnlBasis = "net"
    """net: after the broker's estimated costs of buying and selling; gross: before them."""
    currency: str = "KRW"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two rows of one account the same holding."""
        return (self.symbol, self.credit_type or "", self.loan_date or "")


class Holdings(NamedTuple):
    """All positions of one account and the broker's own estimate of its worth."""

    positions: tuple[Position, ...]
    total_assets: Decimal | None
    """추정예탁자산 in KRW, the broker's figure; no sum of the others."""


class PositionTotals(NamedTuple):
    """Sums over positions in KRW; the rate is percent of the cost."""

    cost: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_rate: Decimal | None
    pnl_basis: PnlBasis | None


def total(values: Iterable[_Number | None]) -> _Number | None:
    """Return the sum; None as soon as one value is missing, so no sum is silently smaller.

    The sum of nothing is 0.
    """
    result: _Number = 0  # type: ignore[assignment]  # 0 is neutral for both kinds
    for value in values:
        if value is None:
            return None
        result = result + value
    return result


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return part / whole in percent with two decimals; None where it has no meaning."""
    if part is None or whole is None or whole <= 0:
        return None
    return (part / whole * 100).quantize(_CENT, ROUND_HALF_UP)


def average(cost: Decimal | None, quantity: int) -> Decimal | None:
    """Return the price per share in whole won, rounded half up."""
    if cost is None or quantity == 0:
        return None
    return (cost / quantity).quantize(_WON, ROUND_HALF_UP)


def common_basis(positions: Iterable[Position]) -> PnlBasis | None:
    """Return the one basis of these profits, ``mixed`` for several, None for no position."""
    bases = {position.pnl_basis for position in positions}
    if not bases:
        return None
    return bases.pop() if len(bases) == 1 else "mixed"


def position_totals(positions: Iterable[Position]) -> PositionTotals:
    """Return the sums over these positions."""
    rows = list(positions)
    cost = total(row.cost for row in rows)
    pnl = total(row.unrealized_pnl for row in rows)
    return PositionTotals(
        cost=cost,
        market_value=total(row.market_value for row in rows),
        unrealized_pnl=pnl,
        unrealized_pnl_rate=percent(pnl, cost),
        pnl_basis=common_basis(rows),
    )


def merge_lots(rows: Iterable[Position]) -> tuple[Position, ...]:
    """Sum the rows of one holding (symbol, credit type, loan date); keep the order.

    Sold-out rows (quantity 0) fall away.
    """
    return _merge((row for row in rows if row.quantity != 0), lambda row: row.key)


def merge_symbols(rows: Iterable[Position]) -> tuple[Position, ...]:
    """Sum the rows of one symbol over accounts, credit types and loan dates."""
    merged = _merge(rows, lambda row: row.symbol)
    return tuple(row._replace(credit_type=None, loan_date=None) for row in merged)


def _merge(rows: Iterable[Position], key: Callable[[Position], object]) -> tuple[Position, ...]:
    groups: dict[object, list[Position]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return tuple(_sum_of(group) for group in groups.values())


def _sum_of(group: list[Position]) -> Position:
    first = group[0]
    if len(group) == 1:
        return first
    sums = position_totals(group)
    quantity = sum(row.quantity for row in group)
    return first._replace(
        name=next((row.name for row in group if row.name), first.name),
        quantity=quantity,
        sellable_quantity=total(row.sellable_quantity for row in group),
        average_price=average(sums.cost, quantity),
        price=next((row.price for row in group if row.price is not None), None),
        cost=sums.cost,
        market_value=sums.market_value,
        unrealized_pnl=sums.unrealized_pnl,
        unrealized_pnl_rate=sums.unrealized_pnl_rate,
        pnl_basis=sums.pnl_basis or first.pnl_basis,
    )
