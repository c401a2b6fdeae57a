"""The account's ledger at the broker (kt00015): trades, deposits, dividends, exchanges.

The list is one of the real server. It is by the day of settlement: trades of the last two days are
not in it yet. Lines in a foreign currency have their amounts in fields of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.domain.portfolio import total
from kiwoomctl.domain.results import Transaction

TRANSACTIONS: Final = Endpoint(
    "kt00015",
    ACCOUNT_PATH,
    rows="trst_ovrl_trde_prps_array",
    row_key="trde_dt",
    row_required=("rmrk_nm", "exct_amt", "entra_remn", "trde_amt", "crnc_cd"),
)
_KINDS: Final = {
    "all": "0",
    "cash": "1",
    "shares": "2",
    "trades": "3",
    "buys": "4",
    "sells": "5",
    "deposits": "6",
    "withdrawals": "7",
    "collateral-loans": "A",
    "sale-loans": "B",
    "loan-repayments": "C",
    "fx": "F",
    "cash-fx": "M",
    "fx-buys": "G",
    "fx-sells": "H",
    "fx-deposits": "I",
    "fx-withdrawals": "J",
}
_OLDEST_FIRST: Final = "2"
_WON: Final = "KRW"


def read_transactions(
    client: KiwoomClient, first: date, last: date, kind: str
) -> tuple[Transaction, ...]:
    """Return the lines of these days, oldest first (kt00015).

    Raises:
        BrokerRejected: the mock server does not offer it.
        Unavailable, SignInError, Busy: the list was not read whole.
    """
    body = {
        "strt_dt": f"{first:%Y%m%d}",
        "end_dt": f"{last:%Y%m%d}",
        "tp": _KINDS[kind],
        "stk_cd": "",
        "crnc_cd": "",
        "gds_tp": "0",
        "frgn_stex_code": "",
        "dmst_stex_tp": "%",
        "qry_sort_tp": _OLDEST_FIRST,
    }
    pages = client.pages(TRANSACTIONS, body)
    return tuple(_transaction(row) for page in pages for row in page.rows)


def _transaction(row: Mapping[str, str]) -> Transaction:
    field = Fields(TRANSACTIONS, row)
    currency = field.maybe("crnc_cd", wire.code) or _WON
    abroad = currency != _WON

    def amount(domestic: str, foreign: str) -> Decimal | None:
        return field.figure(foreign if abroad else domestic)

    return Transaction(
        date=field.maybe("trde_dt", wire.date),
        trade_date=field.maybe("cntr_dt", wire.date),
        transaction_id=field.maybe("trde_no", wire.code),
        type=row["rmrk_nm"].strip(),
        kind=field.maybe("trde_kind_nm", wire.code),
        direction=field.maybe("io_tp_nm", wire.code),
        symbol=field.maybe("stk_cd", wire.name_or_code),
        name=field.maybe("stk_nm", wire.code),
        quantity=field.figure("trde_qty_jwa_cnt") or None,
        price=field.price("trde_unit"),
        amount=amount("trde_amt", "fc_trde_amt"),
        commission=amount("cmsn", "fc_cmsn"),
        tax=_tax(field, abroad=abroad),
        settlement=amount("exct_amt", "fc_exct_amt"),
        balance=amount("entra_remn", "fc_entra"),
        currency=currency,
        medium=field.maybe("mdia_tp_nm", wire.code),
    )


def _tax(field: Fields, *, abroad: bool) -> Decimal | None:
    if abroad:
        return field.figure("fc_trde_tax")
    # 거래세·농특세 of a sale, 소득세·주민세 of a dividend or of interest.
    parts = [field.figure(name) for name in ("trde_agri_tax", "incm_resi_tax")]
    told = [part for part in parts if part is not None]
    return total(told) if told else None
