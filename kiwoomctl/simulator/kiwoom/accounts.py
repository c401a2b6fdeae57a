"""The account TRs: number, cash, total assets, holdings.

kt00018 values are gross with the costs beside them; kt00004 and kt00005 give
values net of the estimated costs of both legs, so that all three name the same
profit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from kiwoomctl.domain.sessions import previous_trading_day
from kiwoomctl.simulator.account import (
    CASH_CREDIT_TYPE,
    CREDIT_LOAN,
    Side,
    Valuation,
    percent,
    total_assets,
)
from kiwoomctl.simulator.kiwoom.fields import (
    DEPOSIT,
    EVALUATED_HOLDING,
    EXECUTED_HOLDING,
    FOREIGN_CASH,
    HOLDING,
)
from kiwoomctl.simulator.kiwoom.formats import NARROW, day, padded, percent_text
from kiwoomctl.simulator.kiwoom.query import Answer, Query

_FOUR_PLACES = Decimal("0.0001")
_TOTAL_ASSETS_WIDTH = 11
_CREDIT_NAMES = {CASH_CREDIT_TYPE: "", CREDIT_LOAN: "자기융자"}
_CREDIT_TERM = timedelta(days=90)
# What the broker counts shares as when they secure something else, in hundredths.
_COLLATERAL_SHARE = 70
_BALANCE_LAG = 200.0


def account_number(query: Query) -> Answer:
    """Answer ka00001."""
    return Answer({"acctNo": query.account.number})


def deposit(query: Query) -> Answer:
    """Answer kt00001: every amount 15 wide, and the foreign cash."""
    cash = query.exchange.cash(query.account, query.business_day)
    collateral = sum(row.market_value for row in _rows(query)) * _COLLATERAL_SHARE // 100
    safe = min(cash.deposit_d1, cash.deposit_d2)
    loans = query.account.loans()
    known = {
        "entr": cash.deposit,
        "profa_ch": cash.reserved,
        "repl_amt": collateral,
        "remn_repl_evlta": collateral,
        "trst_remn_repl_evlta": collateral,
        "pymn_alow_amt": cash.withdrawable,
        "ord_alow_amt": cash.orderable,
        "ch_uncla": max(0, -cash.deposit),
        "ch_uncla_tot": max(0, -cash.deposit),
        "loan_sum": loans,
        "d1_entra": cash.deposit_d1,
        "d1_slby_exct_amt": cash.sales_d1 - cash.buys_d1,
        "d1_buy_exct_amt": cash.buys_d1,
        "d1_out_rep_mor": max(0, -cash.deposit_d1),
        "d1_sel_exct_amt": cash.sales_d1,
        "d1_pymn_alow_amt": max(0, safe),
        "d2_entra": cash.deposit_d2,
        "d2_slby_exct_amt": cash.sales_d2 - cash.buys_d2,
        "d2_buy_exct_amt": cash.buys_d2,
        "d2_out_rep_mor": max(0, -cash.deposit_d2),
        "d2_sel_exct_amt": cash.sales_d2,
        "d2_pymn_alow_amt": max(0, cash.deposit_d2),
    }
    for rate in (20, 30, 40, 50, 60, 100):
        known[f"{rate}stk_ord_alow_amt"] = max(0, cash.orderable) * 100 // rate
    # What nothing above fills is a zero, not an absence: every field is there.
    fields = {name: padded(known.get(name, 0)) for name in DEPOSIT}
    foreign = {name: padded(0) for name in FOREIGN_CASH} | {"crnc_cd": "USD"}
    return Answer(fields, "stk_entr_prst", [foreign], FOREIGN_CASH)


def estimated_assets(query: Query) -> Answer:
    """Answer kt00003."""
    return Answer({"prsm_dpst_aset_amt": padded(_assets(query, _rows(query)), _TOTAL_ASSETS_WIDTH)})


def holdings(query: Query) -> Answer:
    """Answer kt00018: one row per lot; a symbol sold out today shows with quantity 0."""
    rows = _rows(query)
    environment = query.environment
    cost = sum(row.cost for row in rows)
    value = sum(row.market_value for row in rows)
    pnl = sum(row.pnl for row in rows)
    loans = query.account.loans()
    fields = {
        "tot_pur_amt": padded(cost),
        "tot_evlt_amt": padded(value),
        "tot_evlt_pl": padded(pnl),
        "tot_prft_rt": percent_text(percent(pnl, cost), environment),
        "prsm_dpst_aset_amt": padded(_assets(query, rows)),
        "tot_loan_amt": padded(0),
        "tot_crd_loan_amt": padded(loans),
        "tot_crd_ls_amt": padded(0),
    }
    listed = []
    for row, traded in zip(rows, _traded(query, rows), strict=True):
        listed.append(
            {
                "stk_cd": _account_symbol(query, row),
                "stk_nm": row.name,
                "evltv_prft": padded(row.pnl),
                "prft_rt": percent_text(row.pnl_rate, environment),
                "pur_pric": padded(row.average_price),
                "pred_close_pric": padded(row.base_price, NARROW),
                "rmnd_qty": padded(row.quantity),
                "trde_able_qty": padded(row.sellable_quantity),
                "cur_prc": padded(row.price, NARROW),
                **{name: padded(shares) for name, shares in traded.items()},
                "pur_amt": padded(row.cost),
                "pur_cmsn": padded(row.buy_commission),
                "evlt_amt": padded(row.market_value),
                "sell_cmsn": padded(row.sell_commission),
                "tax": padded(row.tax),
                "sum_cmsn": padded(row.commissions),
                "poss_rt": percent_text(percent(row.market_value, value), environment),
                "crd_tp": row.credit_type,
                "crd_tp_nm": _CREDIT_NAMES.get(row.credit_type, ""),
                "crd_loan_dt": day(row.loan_date),
            }
        )
    return Answer(fields, "acnt_evlt_remn_indv_tot", listed, HOLDING)


def evaluation(query: Query) -> Answer:
    """Answer kt00004: 12 wide, values net of costs, percents with four decimals."""
    rows = _rows(query)
    cash = query.exchange.cash(query.account, query.business_day)
    cost = sum(row.cost for row in rows)
    net = sum(row.net_value for row in rows)
    today = sum((row.price - row.base_price) * row.quantity for row in rows)
    profits = (today, net - cost, net - cost)
    if query.quirk == "zero_pl":
        profits, cost_basis = (0, 0, 0), 0
    else:
        cost_basis = cost
    fields = {
        "acnt_nm": query.account.owner,
        "brch_nm": "키움증권",
        "entr": padded(cash.deposit, NARROW),
        "d2_entra": padded(cash.deposit_d2, NARROW),
        "tot_est_amt": padded(net, NARROW),
        "aset_evlt_amt": padded(cash.deposit + net, NARROW),
        "tot_pur_amt": padded(cost, NARROW),
        "prsm_dpst_aset_amt": padded(_assets(query, rows), NARROW),
        "tot_grnt_sella": padded(0, NARROW),
        "tdy_lspft_amt": padded(cost_basis, NARROW),
        "invt_bsamt": padded(cost_basis, NARROW),
        "lspft_amt": padded(cost_basis, NARROW),
        "tdy_lspft": padded(profits[0], NARROW),
        "lspft2": padded(profits[1], NARROW),
        "lspft": padded(profits[2], NARROW),
        "tdy_lspft_rt": f"{percent(profits[0], cost_basis)}",
        "lspft_ratio": f"{percent(profits[1], cost_basis)}",
        "lspft_rt": f"{percent(profits[2], cost_basis)}",
    }
    listed = [
        {
            "stk_cd": _account_symbol(query, row),
            "stk_nm": row.name,
            "rmnd_qty": padded(row.quantity, NARROW),
            "avg_prc": padded(row.average_price, NARROW),
            "cur_prc": padded(row.price, NARROW),
            "evlt_amt": padded(row.net_value, NARROW),
            "pl_amt": padded(row.pnl, NARROW),
            "pl_rt": f"{percent(row.pnl, row.cost, _FOUR_PLACES)}",
            "loan_dt": day(row.loan_date),
            "pur_amt": padded(row.cost, NARROW),
            "setl_remn": padded(settled, NARROW),
            **{name: padded(shares, NARROW) for name, shares in traded.items()},
        }
        for row, traded, settled in zip(
            rows, _traded(query, rows), _settled(query, rows), strict=True
        )
    ]
    return Answer(fields, "stk_acnt_evlt_prst", listed, EVALUATED_HOLDING)


def executed_balance(query: Query) -> Answer:
    """Answer kt00005: cash and holdings, 12 wide, values net of costs."""
    rows = _rows(query)
    cash = query.exchange.cash(query.account, query.business_day)
    cost = sum(row.cost for row in rows)
    net = sum(row.net_value for row in rows)
    loans = query.account.loans()
    amounts = {
        "entr": cash.deposit,
        "entr_d1": cash.deposit_d1,
        "entr_d2": cash.deposit_d2,
        "pymn_alow_amt": cash.withdrawable,
        "uncl_stk_amt": 0,
        "repl_amt": sum(row.market_value for row in rows) * _COLLATERAL_SHARE // 100,
        "rght_repl_amt": 0,
        "ord_alowa": cash.orderable,
        "ch_uncla": max(0, -cash.deposit),
        "crd_int_npay_gold": 0,
        "etc_loana": 0,
        "nrpy_loan": 0,
        "profa_ch": cash.reserved,
        "repl_profa": 0,
        "stk_buy_tot_amt": cost,
        "evlt_amt_tot": net,
        "tot_pl_tot": net - cost,
    }
    fields = {name: padded(amount, NARROW) for name, amount in amounts.items()}
    fields["tot_pl_rt"] = f"{percent(net - cost, cost, _FOUR_PLACES)}"
    fields["tot_re_buy_alowa"] = padded(0, NARROW)
    for rate in (20, 30, 40, 50, 60, 100):
        buying_power = max(0, cash.orderable) * 100 // rate
        fields[f"{rate}ord_alow_amt"] = padded(buying_power, NARROW)
    fields["crd_loan_tot"] = padded(loans, NARROW)
    fields["crd_loan_ls_tot"] = padded(0, NARROW)
    fields["crd_grnt_rt"] = "0.00"
    fields["dpst_grnt_use_amt_amt"] = padded(0, NARROW)
    fields["grnt_loan_amt"] = padded(0, NARROW)
    listed = [
        {
            "crd_tp": row.credit_type,
            "loan_dt": day(row.loan_date),
            "expr_dt": day(row.loan_date and row.loan_date + _CREDIT_TERM),
            "stk_cd": _account_symbol(query, row),
            "stk_nm": row.name,
            "setl_remn": padded(settled, NARROW),
            "cur_qty": padded(row.quantity, NARROW),
            "cur_prc": padded(row.price, NARROW),
            "buy_uv": padded(row.average_price, NARROW),
            "pur_amt": padded(row.cost, NARROW),
            "evlt_amt": padded(row.net_value, NARROW),
            "evltv_prft": padded(row.pnl, NARROW),
            "pl_rt": f"{percent(row.pnl, row.cost, _FOUR_PLACES)}",
        }
        for row, settled in zip(rows, _settled(query, rows), strict=True)
    ]
    return Answer(fields, "stk_cntr_remn", listed, EXECUTED_HOLDING)


def _rows(query: Query) -> list[Valuation]:
    stale = query.quirk == "stale_price"
    account = query.account
    if query.quirk == "balance_lag":
        seconds = _BALANCE_LAG if query.quirk_seconds is None else query.quirk_seconds
        before = query.moment - timedelta(seconds=seconds)
        account = account.changed(lots=query.exchange.lots_before(account, before))
    return query.exchange.rows(account, query.moment, at_previous_close=stale)


def _assets(query: Query, rows: list[Valuation]) -> int:
    cash = query.exchange.cash(query.account, query.business_day)
    return total_assets(cash, rows, query.account.loans())


def _account_symbol(query: Query, row: Valuation) -> str:
    instrument = query.exchange.market.find(row.symbol)
    return f"{instrument.class_letter if instrument else 'A'}{row.symbol}"


def _traded(query: Query, rows: list[Valuation]) -> Iterator[dict[str, int]]:
    """Yield the traded shares of each row; only a symbol's first cash row counts them."""
    account = query.account
    today = query.business_day
    before = previous_trading_day(today)
    counted: set[str] = set()
    traded = {trade.symbol for trade in account.trades}
    for row in rows:
        mine = row.credit_type == CASH_CREDIT_TYPE and row.symbol not in counted
        counts = mine and row.symbol in traded
        if mine:
            counted.add(row.symbol)

        def shares(side: Side, on: date, symbol: str = row.symbol, counts: bool = counts) -> int:
            return account.quantity_traded(symbol, side, on) if counts else 0

        yield {
            "pred_buyq": shares("buy", before),
            "pred_sellq": shares("sell", before),
            "tdy_buyq": shares("buy", today),
            "tdy_sellq": shares("sell", today),
        }


def _settled(query: Query, rows: list[Valuation]) -> Iterator[int]:
    """Yield the settled shares of each row: without the trades that settle later."""
    unsettled: dict[str, int] = {}
    for trade in query.account.trades:
        if trade.settle_date > query.business_day:
            change = trade.quantity if trade.side == "buy" else -trade.quantity
            unsettled[trade.symbol] = unsettled.get(trade.symbol, 0) + change
    for row in rows:
        if row.credit_type == CASH_CREDIT_TYPE:
            yield row.quantity - unsettled.pop(row.symbol, 0)
        else:
            yield row.quantity
