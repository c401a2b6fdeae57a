"""What may be ordered of one code: by any margin rate (kt00010), by the applied one (kt00011).

The simulated accounts buy with full margin: kt00011 fills the buckets of 100 % and of "without
arrears" (미수불가) and leaves the others empty. Shares to buy are those that the exchange would
take as an order at this price, commission included; shares to sell are those of the balance that
no resting order holds. Amounts are 12 wide, shares 10.
"""

from __future__ import annotations

from kiwoomctl.simulator.account import CashFigures
from kiwoomctl.simulator.costs import cost_rules
from kiwoomctl.simulator.kiwoom.formats import NARROW, padded
from kiwoomctl.simulator.kiwoom.query import Answer, Query
from kiwoomctl.simulator.kiwoom.refusals import refused
from kiwoomctl.simulator.positions import affordable, free_shares

_SHARES_WIDTH = 10
_SELL = "1"
_RATES = {**{f"profa_{rate}": rate for rate in (20, 30, 40, 50, 60, 100)}, "profa_rdex_60": 60}
_APPLIED = ("profa_100", "min_")
_BUCKETS = (*(bucket for bucket in _RATES if bucket != "profa_rdex_60"), "min_")


def by_order(query: Query) -> Answer:
    """Answer kt00010."""
    symbol = _symbol(query)
    cash, price = _cash(query), _price(query, symbol)
    costs = cost_rules(query.exchange.seed.environment)
    fields = {}
    for bucket, rate in _RATES.items():
        amount = max(0, cash.orderable) * 100 // rate
        shares = affordable(amount, price, costs)
        if query.get("trde_tp") == _SELL:
            amount, shares = 0, _sellable(query, symbol)
        fields[f"{bucket}ord_alow_amt"] = padded(amount, NARROW)
        fields[f"{bucket}ord_alowq"] = padded(shares, _SHARES_WIDTH)
    quantity = _whole(query, "trde_qty", 0)
    bought = (_whole(query, "exp_buy_unp", 0) or price) * quantity
    commission = costs.commission(bought)
    known = {
        "pred_reu_alowa": 0,
        "tdy_reu_alowa": 0,
        **_account_amounts(cash),
        "wthd_alowa": cash.withdrawable,
        "nxdy_wthd_alowa": max(0, min(cash.deposit_d1, cash.deposit_d2)),
        "pur_amt": bought,
        "cmsn": commission,
        "pur_exct_amt": bought + commission,
        "d2entra": cash.deposit_d2,
    }
    fields |= {name: padded(amount, NARROW) for name, amount in known.items()}
    return Answer({**fields, "profa_rdex_aplc_tp": "0"})


def by_rate(query: Query) -> Answer:
    """Answer kt00011."""
    symbol = _symbol(query)
    cash, price = _cash(query), _price(query, symbol)
    amount = max(0, cash.orderable)
    shares = affordable(amount, price, cost_rules(query.exchange.seed.environment))
    fields = {"stk_profa_rt": "100%", "profa_rt": "100%", "aplc_rt": "100%"}
    for bucket in _BUCKETS:
        applies = bucket in _APPLIED
        fields |= {
            f"{bucket}ord_alow_amt": padded(amount, NARROW) if applies else "",
            f"{bucket}ord_alowq": padded(shares, _SHARES_WIDTH) if applies else "",
            f"{bucket}pred_reu_amt": padded(0, NARROW) if applies else "",
            f"{bucket}tdy_reu_amt": padded(0, NARROW) if applies else "",
        }
    amounts = _account_amounts(cash)
    return Answer(fields | {name: padded(value, NARROW) for name, value in amounts.items()})


def _account_amounts(cash: CashFigures) -> dict[str, int]:
    return {
        "entr": cash.deposit,
        "repl_amt": 0,
        "uncla": max(0, -cash.deposit),
        "ord_pos_repl": 0,
        "ord_alowa": max(0, cash.orderable),
    }


def _cash(query: Query) -> CashFigures:
    return query.exchange.cash(query.account, query.business_day)


def _symbol(query: Query) -> str:
    symbol = query.get("stk_cd").strip()
    if query.exchange.market.find(symbol) is None:
        raise refused(1902, symbol=symbol)
    return symbol


def _price(query: Query, symbol: str) -> int:
    """Return the price asked for; without one the last price."""
    return _whole(query, "uv", 0) or query.exchange.market.price(symbol, query.moment)


def _whole(query: Query, name: str, missing: int) -> int:
    text = query.get(name).strip()
    if not text:
        return missing
    if not (text.isascii() and text.isdigit()):
        raise refused(1517, name=name, reason="숫자만 입력가능합니다")
    return int(text)


def _sellable(query: Query, symbol: str) -> int:
    exchange, account = query.exchange, query.account
    resting = exchange.resting_shares(account, symbol, query.business_day)
    return max(0, free_shares(account, symbol) - resting)
