"""Realized profit, of the real server only: today's balance, by day, by symbol and day.

Whether the profit of a period is before or after commission and tax is not told; a rule says it.
That of today's balance is what its request asks for (COST_ICLD_YN). Rows of a symbol on a day
without a sale are purchases, not realizations.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kiwoomctl.simulator.account import Trade, percent
from kiwoomctl.simulator.kis.accounts import balance_parts
from kiwoomctl.simulator.kis.fields import BALANCE_FIELDS, DAY_FIELDS, SALE_FIELDS
from kiwoomctl.simulator.kis.formats import EIGHT_PLACES, average, day, long_symbol, plain
from kiwoomctl.simulator.kis.query import Answer, Query, Row
from kiwoomctl.simulator.kis.refusals import bad_value

_OLDEST_FIRST = "01"
_SORTS = ("00", "01", "02")


def today(query: Query) -> Answer:
    """Answer inquire-balance-rlz-pl: the balance, with what today's sales brought."""
    includes_costs = query.get("COST_ICLD_YN")
    if includes_costs not in ("Y", "N"):
        raise bad_value("COST_ICLD_YN")
    rows, totals = balance_parts(query)
    sales = [
        trade
        for trade in query.account.trades
        if trade.side == "sell" and trade.trade_date == query.business_day
    ]
    realized = sum(sale.realized if includes_costs == "Y" else _gross(sale) for sale in sales)
    lots = query.rows()
    pnl = sum(lot.pnl if includes_costs == "Y" else lot.market_value - lot.cost for lot in lots)
    cost = sum(lot.cost for lot in lots)
    totals |= {
        "rlzt_pfls": plain(realized),
        "rlzt_erng_rt": plain(percent(realized, sum(s.cost for s in sales), EIGHT_PLACES)),
        "real_evlu_pfls": plain(pnl),
        "real_evlu_pfls_erng_rt": plain(percent(pnl, cost, EIGHT_PLACES)),
    }
    return Answer({"output1": rows, "output2": [totals]}, "output1", row_fields=BALANCE_FIELDS)


def by_day(query: Query) -> Answer:
    """Answer inquire-period-profit: a row for each day with a trade."""
    trades = _trades(query)
    days = _sorted(query, {trade.trade_date for trade in trades})
    rows = []
    for one in days:
        mine = [trade for trade in trades if trade.trade_date == one]
        figures = _figures(query, mine)
        row = {
            "trad_dt": day(one),
            "buy_amt": figures["buy_amt"],
            "sll_amt": figures["sll_amt"],
            "rlzt_pfls": figures["rlzt_pfls"],
            "fee": figures["fee"],
            "loan_int": "0",
            "tl_tax": figures["tl_tax"],
            "pfls_rt": figures["pfls_rt"],
            "sll_qty1": figures["sll_qty"],
            "buy_qty1": figures["buy_qty"],
        }
        rows.append(row)
    return Answer({"output1": rows, "output2": _sums(query, trades)}, "output1", "", "", DAY_FIELDS)


def by_sale(query: Query) -> Answer:
    """Answer inquire-period-trade-profit: a row for each symbol and day."""
    trades = _trades(query)
    rows: list[Row] = []
    for one in _sorted(query, {trade.trade_date for trade in trades}):
        of_day = [trade for trade in trades if trade.trade_date == one]
        rows += [
            _sale_row(query, one, [trade for trade in of_day if trade.symbol == symbol])
            for symbol in dict.fromkeys(trade.symbol for trade in of_day)
        ]
    return Answer(
        {"output1": rows, "output2": _sums(query, trades)}, "output1", "", "", SALE_FIELDS
    )


def _trades(query: Query) -> list[Trade]:
    first, last = query.day("INQR_STRT_DT"), query.day("INQR_END_DT")
    if query.get("SORT_DVSN") not in _SORTS:
        raise bad_value("SORT_DVSN")
    symbol = query.symbol()
    return [
        trade
        for trade in query.account.trades
        if first <= trade.trade_date <= last and symbol in ("", trade.symbol)
    ]


def _sorted(query: Query, days: set[date]) -> list[date]:
    return sorted(days, reverse=query.get("SORT_DVSN") != _OLDEST_FIRST)


def _gross(sale: Trade) -> int:
    return sale.amount - sale.cost


def _realized(query: Query, sales: Sequence[Trade]) -> int:
    net = query.rules.realized == "net"
    return sum(sale.realized if net else _gross(sale) for sale in sales)


def _figures(query: Query, trades: Sequence[Trade]) -> Row:
    sales = [trade for trade in trades if trade.side == "sell"]
    buys = [trade for trade in trades if trade.side == "buy"]
    realized, cost = _realized(query, sales), sum(sale.cost for sale in sales)
    return {
        "buy_qty": plain(sum(trade.quantity for trade in buys)),
        "buy_amt": plain(sum(trade.amount for trade in buys)),
        "sll_qty": plain(sum(trade.quantity for trade in sales)),
        "sll_amt": plain(sum(trade.amount for trade in sales)),
        "rlzt_pfls": plain(realized),
        "pfls_rt": plain(percent(realized, cost, EIGHT_PLACES)),
        "fee": plain(sum(trade.commission for trade in trades)),
        "tl_tax": plain(sum(trade.tax for trade in trades)),
    }


def _sale_row(query: Query, one: date, trades: Sequence[Trade]) -> Row:
    symbol = trades[0].symbol
    instrument = query.exchange.market.find(symbol)
    held = [lot for lot in query.account.lots if lot.symbol == symbol]
    sales = [trade for trade in trades if trade.side == "sell"]
    sold = sum(sale.quantity for sale in sales)
    quantity, cost = sum(lot.quantity for lot in held), sum(lot.cost for lot in held)
    paid = average(sum(s.cost for s in sales), sold) if sold else average(cost, quantity)
    figures = _figures(query, trades)
    row = {
        **figures,
        "trad_dt": day(one),
        "pdno": long_symbol(instrument.class_letter if instrument else "A", symbol),
        "prdt_name": instrument.name if instrument else "",
        "trad_dvsn_name": "현금",
        "loan_dt": "",
        "hldg_qty": plain(quantity),
        "pchs_unpr": paid,
        "sll_pric": average(sum(s.amount for s in sales), sold),
        "loan_int": "0",
    }
    return {name: row[name] for name in SALE_FIELDS}


def _sums(query: Query, trades: Sequence[Trade]) -> Row:
    figures = _figures(query, trades)
    return {
        "sll_qty_smtl": figures["sll_qty"],
        "sll_tr_amt_smtl": figures["sll_amt"],
        "sll_fee_smtl": plain(sum(t.commission for t in trades if t.side == "sell")),
        "sll_tltx_smtl": figures["tl_tax"],
        "buy_qty_smtl": figures["buy_qty"],
        "buy_tr_amt_smtl": figures["buy_amt"],
        "buy_fee_smtl": plain(sum(t.commission for t in trades if t.side == "buy")),
        "buy_tax_smtl": "0",
        "tot_qty": plain(sum(trade.quantity for trade in trades)),
        "tot_tr_amt": plain(sum(trade.amount for trade in trades)),
        "tot_fee": figures["fee"],
        "tot_tltx": figures["tl_tax"],
        "tot_rlzt_pfls": figures["rlzt_pfls"],
        "tot_pftrt": figures["pfls_rt"],
        "loan_int": "0",
    }
