"""What came of trading: realized profit, the account's ledger at the broker, buying power.

Money is KRW where no currency says otherwise, rates are percent, quantities whole shares. None
means that the broker did not say. Days are YYYY-MM-DD, KST.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.portfolio import percent, total

_WON, _CENT = Decimal(1), Decimal("0.01")


class Period(NamedTuple):
    """Days of the exchange, both ends included."""

    first: date
    last: date


class Realized(NamedTuple):
    """Realized profit of sales: of one day, of one code, or of all."""

    sell_amount: Decimal | None
    """What the shares brought (매도금액), before any cost."""
    cost: Decimal | None
    """What had been paid for them (매입금액)."""
    realized_pnl: Decimal | None
    """실현손익 as the broker counts it, after its costs."""
    commission: Decimal | None
    tax: Decimal | None
    quantity: int | None
    """Shares sold."""
    currency: str = "KRW"

    @property
    def sell_price(self) -> Decimal | None:
        """The average price of the sales, KRW per share with two decimals at most."""
        if self.sell_amount is None or not self.quantity:
            return None
        exact = self.sell_amount / self.quantity
        return exact.quantize(_WON if exact == int(exact) else _CENT, ROUND_HALF_UP)

    @property
    def realized_pnl_rate(self) -> Decimal | None:
        """Profit in percent of the cost."""
        return percent(self.realized_pnl, self.cost)


class RealizedDay(NamedTuple):
    """The sales of one day, as the broker adds them up."""

    day: str
    realized: Realized


class RealizedSale(NamedTuple):
    """One sale; its figures may have fractions of a won."""

    day: str
    symbol: Symbol
    name: str
    realized: Realized


class RealizedResults(NamedTuple):
    """Realized profit of one account in a period, told in two ways."""

    period: Period
    days: tuple[RealizedDay, ...]
    """By the broker's list of days, oldest first; days without a sale are absent."""
    sales: tuple[RealizedSale, ...]
    """By its list of sales, oldest first."""


def sum_of(parts: Iterable[Realized]) -> Realized:
    """Return the sums of realized results in whole won; a missing figure makes its sum missing."""
    rows = list(parts)
    return Realized(
        sell_amount=_won(total(row.sell_amount for row in rows)),
        cost=_won(total(row.cost for row in rows)),
        realized_pnl=_won(total(row.realized_pnl for row in rows)),
        commission=_won(total(row.commission for row in rows)),
        tax=_won(total(row.tax for row in rows)),
        quantity=total(row.quantity for row in rows),
    )


def _won(value: Decimal | None) -> Decimal | None:
    # The broker tells sales to parts of a won; only their sum is rounded, once.
    return None if value is None else Decimal(value).quantize(_WON, ROUND_HALF_UP)


class Transaction(NamedTuple):
    """One line of the account's ledger at the broker.

    Amounts are as the broker shows them, without a sign: the type says which way they went.
    """

    date: str | None
    """거래일자: of a trade the day of its settlement."""
    trade_date: str | None
    """체결일; None where it is no trade."""
    transaction_id: str | None
    """거래번호, unique within its day."""
    type: str
    """적요, in the broker's words."""
    kind: str | None
    """거래종류, in the broker's words."""
    direction: str | None
    """입출구분, in the broker's words."""
    symbol: str | None
    """A code of the Korean exchanges, or what the broker calls a foreign share or a fund."""
    name: str | None
    quantity: Decimal | None
    """Shares, or units of a fund."""
    price: Decimal | None
    """Per share; of a currency exchange the rate."""
    amount: Decimal | None
    """거래금액 in the line's currency."""
    commission: Decimal | None
    tax: Decimal | None
    """거래세와 농특세, 소득세와 주민세."""
    settlement: Decimal | None
    """정산금액: what moved, after the costs."""
    balance: Decimal | None
    """예수금잔고 after it, in the line's currency."""
    currency: str
    medium: str | None
    """매체, in the broker's words."""


TRANSACTION_TYPES: Final[Mapping[str, str]] = {
    "all": "전체",
    "cash": "입출금",
    "shares": "입출고",
    "trades": "매매",
    "buys": "매수",
    "sells": "매도",
    "deposits": "입금",
    "withdrawals": "출금",
    "collateral-loans": "예탁담보대출입금",
    "sale-loans": "매도담보대출입금",
    "loan-repayments": "현금상환",
    "fx": "환전",
    "cash-fx": "입출금+환전",
    "fx-buys": "외화매수",
    "fx-sells": "외화매도",
    "fx-deposits": "환전정산입금",
    "fx-withdrawals": "환전정산출금",
}
"""What a list of transactions may be narrowed to, and the Korean name that means the same."""


class Orderable(NamedTuple):
    """What an account may order of one code at one price, with its own cash."""

    price: Decimal
    buyable_quantity: int | None
    """Shares that can be bought without owing anything (미수불가), costs included."""
    buyable_amount: Decimal | None
    """KRW there is for it."""
    sellable_quantity: int | None
    """Shares held that no open order holds back."""
    orderable: Decimal | None
    """주문가능현금."""
    margin_rate: Decimal | None
    """증거금율 that the broker applies to this code, percent."""
    currency: str = "KRW"
