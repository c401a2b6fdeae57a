"""Two more reads of the real server: assets by class (CTRP6548R), orderable cash (TTTC0869R)."""

from __future__ import annotations

from decimal import Decimal

from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.kis.formats import plain
from kiwoomctl.simulator.kis.query import Answer, Query, Row

_CLASSES = 20
_SHARES, _CASH = 0, 15
_CURRENCIES = ("usd", "hkd", "jpy", "cny")


def assets(query: Query) -> Answer:
    """Answer inquire-account-balance: a row for each class of assets, and the sums."""
    lots, cash = query.rows(), query.cash()
    value, cost = sum(lot.market_value for lot in lots), sum(lot.cost for lot in lots)
    loans = query.account.loans()
    total = value + cash.deposit_d2
    rows = [_class_row(0, 0, 0, total) for _ in range(_CLASSES)]
    rows[_SHARES] = _class_row(cost, value, loans, total)
    rows[_CASH] = _class_row(cash.deposit_d2, cash.deposit_d2, 0, total)
    sums = {
        "pchs_amt_smtl": cost,
        "nass_tot_amt": total - loans,
        "loan_amt_smtl": loans,
        "evlu_pfls_amt_smtl": value - cost,
        "evlu_amt_smtl": value,
        "tot_asst_amt": total,
        "cma_evlu_amt": 0,
        "tot_dncl_amt": cash.deposit_d2,
        "dncl_amt": cash.deposit,
        "frcr_evlu_tota": 0,
    }
    return Answer({"output1": rows, "output2": {name: plain(sums[name]) for name in sums}})


def margin(query: Query) -> Answer:
    """Answer intgr-margin; the simulated accounts hold no foreign money."""
    cash = max(0, query.cash().orderable)
    figures: dict[str, int] = {
        "stck_cash_ord_psbl_amt": cash,
        "stck_cash100_max_ord_psbl_amt": cash,
        "stck_itgr_cash100_ord_psbl_amt": cash,
        "rcvb_amt": max(0, -query.cash().deposit),
        **{f"{currency}_ord_psbl_amt": 0 for currency in _CURRENCIES},
    }
    return Answer({"output": {name: plain(value) for name, value in figures.items()}})


def _class_row(cost: int, value: int, loans: int, total: int) -> Row:
    net = value - loans
    return {
        "pchs_amt": plain(cost),
        "evlu_amt": plain(value),
        "evlu_pfls_amt": plain(value - cost),
        "crdt_lnd_amt": plain(loans),
        "real_nass_amt": plain(net),
        "whol_weit_rt": plain(percent(value, total, Decimal("0.01"))),
    }
