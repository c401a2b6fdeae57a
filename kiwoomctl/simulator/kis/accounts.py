"""The account TRs: balance with cash (TTTC8434R), what can be bought, what can be sold.

A row of the balance is a symbol in one way of holding it; asked by loan date, credit rows of
different days stay apart. Profit is before any cost. The deposits move with fills, at the
settlement day; what can be ordered moves with orders.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from kiwoomctl.domain.sessions import previous_trading_day
from kiwoomctl.simulator.account import (
    CASH_CREDIT_TYPE,
    CREDIT_LOAN,
    Account,
    CashFigures,
    Side,
    Valuation,
    percent,
)
from kiwoomctl.simulator.costs import cost_rules
from kiwoomctl.simulator.kis.fields import BALANCE_FIELDS
from kiwoomctl.simulator.kis.formats import EIGHT_PLACES, average, day, plain
from kiwoomctl.simulator.kis.query import Answer, Query, Row
from kiwoomctl.simulator.kis.refusals import bad_value, by_business
from kiwoomctl.simulator.positions import affordable, free_shares

_TRADE_NAMES = {CASH_CREDIT_TYPE: "현금", CREDIT_LOAN: "자기융자"}
_CREDIT_TERM = timedelta(days=90)
_LOAN_SHARE = 60
_BY_LOAN_DATE = "01"
_CHOICES = {
    "AFHR_FLPR_YN": ("N", "Y", "X"),
    "INQR_DVSN": ("00", "01", "02"),
    "UNPR_DVSN": ("01",),
    "FUND_STTL_ICLD_YN": ("N", "Y"),
    "FNCG_AMT_AUTO_RDPT_YN": ("N", "Y"),
    "PRCS_DVSN": ("00", "01"),
}


def balance(query: Query) -> Answer:
    """Answer inquire-balance: rows, and an array of one object with the sums and the cash."""
    rows, totals = balance_parts(query)
    return Answer(
        {"output1": rows, "output2": [totals]}, paged="output1", row_fields=BALANCE_FIELDS
    )


def orderable(query: Query) -> Answer:
    """Answer inquire-psbl-order; without a symbol the amounts only, no quantities.

    A type without a price counts with the upper limit of the day.
    """
    cash = max(0, query.cash().orderable)
    symbol, price = query.symbol(), query.whole("ORD_UNPR")
    quantity = 0
    if symbol:
        from kiwoomctl.simulator.kis.order_types import MARKET_CODES

        if query.exchange.market.find(symbol) is None:
            raise by_business("APBK0656", "해당종목정보가 없습니다.")
        quote = query.exchange.market.quote(symbol, query.moment)
        if query.get("ORD_DVSN") in MARKET_CODES or price == 0:
            price = max(quote.band.upper, quote.price + 1)
        quantity = affordable(cash, price, cost_rules(query.environment))
    known = {
        "ord_psbl_cash": cash,
        "ord_psbl_sbst": 0,
        "ruse_psbl_amt": 0,
        "fund_rpch_chgs": 0,
        "psbl_qty_calc_unpr": price,
        "nrcvb_buy_amt": cash,
        "nrcvb_buy_qty": quantity,
        # The simulated accounts buy with full margin, so arrears add nothing.
        "max_buy_amt": cash,
        "max_buy_qty": quantity,
        "cma_evlu_amt": 0,
        "ovrs_re_use_amt_wcrc": 0,
        "ord_psbl_frcr_amt_wcrc": 0,
    }
    return Answer({"output": {name: plain(value) for name, value in known.items()}})


def sellable(query: Query) -> Answer:
    """Answer inquire-psbl-sell."""
    symbol = query.symbol()
    instrument = query.exchange.market.find(symbol)
    if instrument is None:
        raise by_business("APBK0656", "해당종목정보가 없습니다.")
    mine = [row for row in query.rows() if row.symbol == symbol]
    cash_rows = [row for row in mine if row.credit_type == CASH_CREDIT_TYPE]
    quantity, cost = sum(r.quantity for r in cash_rows), sum(r.cost for r in cash_rows)
    resting = query.exchange.resting_shares(query.account, symbol, query.business_day)
    value = sum(row.market_value for row in cash_rows)
    known = {
        "pdno": symbol,
        "prdt_name": instrument.name,
        "buy_qty": plain(query.account.quantity_traded(symbol, "buy", query.business_day)),
        "sll_qty": plain(query.account.quantity_traded(symbol, "sell", query.business_day)),
        "cblc_qty": plain(quantity),
        "nsvg_qty": "0",
        "ord_psbl_qty": plain(max(0, free_shares(query.account, symbol) - resting)),
        "pchs_avg_pric": average(cost, quantity),
        "pchs_amt": plain(cost),
        "now_pric": plain(query.exchange.market.price(symbol, query.moment)),
        "evlu_amt": plain(value),
        "evlu_pfls_amt": plain(value - cost),
        "evlu_pfls_rt": plain(percent(value - cost, cost)),
    }
    return Answer({"output": known})


def balance_parts(query: Query) -> tuple[list[Row], Row]:
    """Return the rows of the balance and its sums.

    Raises:
        Refused: a field has a value that it does not take.
    """
    for name, choices in _CHOICES.items():
        if query.get(name) not in choices:
            raise bad_value(name)
    by_loan_date = query.get("INQR_DVSN") == _BY_LOAN_DATE
    lots = query.rows()
    holdings = _grouped(lots, by_loan_date=by_loan_date)
    blank = query.rules.zero_prices or query.quirk == "zero_pl"
    return [_row(query, holding, blank=blank) for holding in holdings], _totals(query, lots)


def _grouped(lots: list[Valuation], *, by_loan_date: bool) -> list[Valuation]:
    """Sum the lots of each row; what is sold out today stays, with 0 shares."""
    merged: dict[tuple[str, str, date | None], Valuation] = {}
    for lot in lots:
        key = (lot.symbol, lot.credit_type, lot.loan_date if by_loan_date else None)
        before = merged.get(key)
        merged[key] = (
            lot._replace(loan_date=key[2])
            if before is None
            else before._replace(
                quantity=before.quantity + lot.quantity,
                sellable_quantity=before.sellable_quantity + lot.sellable_quantity,
                cost=before.cost + lot.cost,
                market_value=before.market_value + lot.market_value,
            )
        )
    return list(merged.values())


def _row(query: Query, holding: Valuation, *, blank: bool) -> Row:
    value, cost = holding.market_value, holding.cost
    price, pnl = holding.price, holding.market_value - cost
    change = price - holding.base_price
    if blank:
        price, value, pnl = 0, 0, 0
    lends = holding.credit_type == CREDIT_LOAN
    known = {
        "pdno": holding.symbol,
        "prdt_name": holding.name,
        "trad_dvsn_name": _TRADE_NAMES.get(holding.credit_type, ""),
        **_traded(query, holding),
        "hldg_qty": plain(holding.quantity),
        "ord_psbl_qty": plain(holding.sellable_quantity),
        "pchs_avg_pric": average(cost, holding.quantity),
        "pchs_amt": plain(cost),
        "prpr": plain(price),
        "evlu_amt": plain(value),
        "evlu_pfls_amt": plain(pnl),
        "evlu_pfls_rt": plain(percent(pnl, cost)),
        "evlu_erng_rt": "0.00000000",
        "loan_dt": day(holding.loan_date),
        "loan_amt": plain(cost * _LOAN_SHARE // 100 if lends else 0),
        "stln_slng_chgs": "0",
        "expd_dt": day(holding.loan_date and holding.loan_date + _CREDIT_TERM),
        "fltt_rt": plain(percent(change, holding.base_price, EIGHT_PLACES)),
        "bfdy_cprs_icdc": plain(change),
        "item_mgna_rt_name": "100%",
        "grta_rt_name": "",
        "sbst_pric": "0",
        "stck_loan_unpr": "0.0000",
    }
    return {name: known[name] for name in BALANCE_FIELDS}


def _traded(query: Query, holding: Valuation) -> Row:
    """Return what was traded of a symbol on this day and the day before; of cash rows only."""
    today = query.business_day
    before = previous_trading_day(today)

    def shares(side: Side, on: date) -> str:
        if holding.credit_type != CASH_CREDIT_TYPE:
            return "0"
        return plain(query.account.quantity_traded(holding.symbol, side, on))

    return {
        "bfdy_buy_qty": shares("buy", before),
        "bfdy_sll_qty": shares("sell", before),
        "thdt_buyqty": shares("buy", today),
        "thdt_sll_qty": shares("sell", today),
    }


def _totals(query: Query, lots: list[Valuation]) -> Row:
    cash = _deposits(query)
    value = sum(lot.market_value for lot in lots)
    cost = sum(lot.cost for lot in lots)
    at_base = sum(lot.base_price * lot.quantity for lot in lots)
    loans = query.account.loans()
    total, before = value + cash.deposit_d2, at_base + cash.deposit_d2
    today = query.business_day
    yesterday = previous_trading_day(today)
    known: dict[str, int | Decimal] = {
        "dnca_tot_amt": cash.deposit,
        "nxdy_excc_amt": cash.deposit_d1,
        "prvs_rcdl_excc_amt": cash.deposit_d2,
        "cma_evlu_amt": 0,
        "bfdy_buy_amt": _amount(query.account, "buy", yesterday),
        "thdt_buy_amt": _amount(query.account, "buy", today),
        "nxdy_auto_rdpt_amt": 0,
        "bfdy_sll_amt": _amount(query.account, "sell", yesterday),
        "thdt_sll_amt": _amount(query.account, "sell", today),
        "d2_auto_rdpt_amt": 0,
        "bfdy_tlex_amt": _costs(query.account, yesterday),
        "thdt_tlex_amt": _costs(query.account, today),
        "tot_loan_amt": loans,
        "scts_evlu_amt": value,
        "tot_evlu_amt": total,
        "nass_amt": total - loans,
    }
    sums = {
        "pchs_amt_smtl_amt": cost,
        "evlu_amt_smtl_amt": value,
        "evlu_pfls_smtl_amt": value - cost,
        "tot_stln_slng_chgs": 0,
        "bfdy_tot_asst_evlu_amt": before,
        "asst_icdc_amt": total - before,
    }
    row = {name: plain(figure) for name, figure in known.items()}
    row["fncg_gld_auto_rdpt_yn"] = query.get("FNCG_AMT_AUTO_RDPT_YN")
    row |= {name: plain(figure) for name, figure in sums.items()}
    # Not provided, as the table of the fields says.
    row["asst_icdc_erng_rt"] = "0.00000000"
    return row


def _deposits(query: Query) -> CashFigures:
    """Return the deposits; where the rules say so, without what was traded today."""
    if not query.rules.deposits_lag:
        return query.cash()
    account = query.account
    earlier = [t for t in account.trades if t.trade_date < query.business_day]
    return account.changed(trades=earlier).cash(query.business_day)


def _amount(account: Account, side: Side, on: date) -> int:
    return sum(t.amount for t in account.trades if t.side == side and t.trade_date == on)


def _costs(account: Account, on: date) -> int:
    return sum(t.commission + t.tax for t in account.trades if t.trade_date == on)
