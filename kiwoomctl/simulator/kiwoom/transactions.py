"""The account's ledger at the broker (kt00015): what has been settled, day by day.

Trades are listed by their settlement day and are missing before it; the trade day stands beside
it. The balance of a row is the deposit after it. The simulated accounts have no other movements
than trades, so a kind that is none of them has no rows. The real server alone answers.
"""

from __future__ import annotations

from kiwoomctl.simulator.account import Trade
from kiwoomctl.simulator.kiwoom.fields import TRANSACTION
from kiwoomctl.simulator.kiwoom.formats import day, padded
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row
from kiwoomctl.simulator.kiwoom.results import asked_period

_TRADES, _BUYS, _SALES = "3", "4", "5"
_EVERYTHING = "0"
_NEWEST_FIRST = "1"
_DOMESTIC = frozenset({"0", "1"})
_NUMBER_WIDTH = 9
_FOREIGN_AMOUNTS = (
    "fc_trde_amt",
    "fc_exct_amt",
    "fc_trde_tax",
    "fc_entra",
    "fc_cmsn",
    "fc_dly_sum",
    "frgn_pay_txam",
    "fc_uncl_ocr",
)
_AMOUNTS = ("loan_amt_rpya", "rpy_diffa", "dly_sum", "int_ls_usfe", "incm_resi_tax")


def transactions(query: Query) -> Answer:
    """Answer kt00015."""
    first, last = asked_period(query)
    balance = query.account.opening_deposit
    number_of_day: dict[str, int] = {}
    rows = []
    settled = [t for t in query.account.trades if t.settle_date <= query.business_day]
    for trade in sorted(settled, key=lambda trade: trade.settle_date):
        balance += trade.flow
        on = day(trade.settle_date)
        number_of_day[on] = number_of_day.get(on, 0) + 1
        if first <= trade.settle_date <= last and _is_meant(query, trade):
            rows.append(_row(query, trade, balance, number_of_day[on]))
    if query.get("qry_sort_tp").strip() == _NEWEST_FIRST:
        rows.reverse()
    return Answer({"acnt_no": _masked(query)}, "trst_ovrl_trde_prps_array", rows, TRANSACTION)


def _is_meant(query: Query, trade: Trade) -> bool:
    kinds = {_EVERYTHING, _TRADES, _BUYS if trade.side == "buy" else _SALES}
    venue = query.get("dmst_stex_tp")
    return (
        query.get("tp") in kinds
        and query.get("gds_tp") in _DOMESTIC
        and query.get("stk_cd").strip() in ("", trade.symbol)
        and query.get("crnc_cd").strip() in ("", "KRW")
        # An order over both exchanges is booked at the one that keeps the list.
        and (venue == "%" or (venue == "NXT") == (trade.exchange == "NXT"))
    )


def _row(query: Query, trade: Trade, balance: int, number: int) -> Row:
    instrument = query.exchange.market.find(trade.symbol)
    letter = instrument.class_letter if instrument else "A"
    is_buy = trade.side == "buy"
    known = {
        "trde_dt": day(trade.settle_date),
        "trde_no": f"{number:0{_NUMBER_WIDTH}d}",
        "rmrk_nm": "장내매수" if is_buy else "장내매도",
        "crd_deal_tp_nm": "보통매매",
        "exct_amt": padded(abs(trade.flow)),
        "entra_remn": padded(balance),
        "crnc_cd": "KRW",
        "trde_ocr_tp": "9",
        "trde_kind_nm": "매매",
        "stk_nm": instrument.name if instrument else "",
        "trde_amt": padded(trade.amount),
        "trde_agri_tax": padded(trade.tax),
        "mdia_tp_nm": trade.channel or "영웅문4",
        "io_tp": "2" if is_buy else "1",
        "io_tp_nm": "매수" if is_buy else "매도",
        "orig_deal_no": "0" * _NUMBER_WIDTH,
        "stk_cd": f"{letter}{trade.symbol}",
        "trde_qty_jwa_cnt": f"{trade.quantity}",
        "cmsn": padded(trade.commission),
        "proc_tm": "08:12:35",
        "stex_cd": "KRX",
        "stex_nm": "넥스트레이드" if trade.exchange == "NXT" else "한국거래소",
        "trde_unit": f"{trade.price:,}",
        "cntr_dt": day(trade.trade_date),
        "prcsr": "DAILY",
        "proc_brch": "키움증권",
        "tax_sum_cmsn": padded(trade.tax + trade.commission),
        "trde_prtc_tp": "11",
        **dict.fromkeys(_AMOUNTS, padded(0)),
        **dict.fromkeys(_FOREIGN_AMOUNTS, "0.00"),
    }
    return {name: known.get(name, "") for name in TRANSACTION}


def _masked(query: Query) -> str:
    number = query.account.number
    return f"{number[:4]}-{number[4]}***-{number[8:]} [{query.account.owner}]"
