"""Realized profit and the account's ledger of a simulated account, against its own books."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from kiwoomctl.simulator.account import Trade
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.order_store import Rows
from kiwoomctl.simulator.store import dump, restore
from tests.simulator.conftest import ManualClock
from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

TODAY = "20261001"
PERIOD = {"strt_dt": "20260901", "end_dt": TODAY}
LEDGER = {"tp": "0", "gds_tp": "0", "dmst_stex_tp": "%"}
SETTLED = "2026-10-06T11:00:00+09:00"
"""Two trading days after the first; the Monday between is closed."""


def sales(wire: Wire) -> list[Trade]:
    account = wire.host.exchange.accounts[wire.appkey]
    return [trade for trade in account.trades if trade.side == "sell"]


def whole(row: dict[str, str], name: str) -> int:
    figure = Decimal(row[name])
    assert figure == int(figure)
    return int(figure)


@pytest.mark.parametrize("env", ["mock", "real"])
def test_a_sale_takes_the_cost_that_leaves_the_holding(make_wire: MakeWire, env: str) -> None:
    wire = make_wire(env=env).sign_in()
    trader = Trader(wire)
    costs = [held["cost"] for held in wire.truth()["holdings"] if held["symbol"] == SYMBOL]
    sold = len(sales(wire))
    for quantity in (5, 1, 7):
        trader.sell(quantity)
        costs += [held["cost"] for held in wire.truth()["holdings"] if held["symbol"] == SYMBOL]
    made = sales(wire)[sold:]
    assert [sale.cost for sale in made] == [a - b for a, b in pairwise(costs)]
    for sale in made:
        assert sale.realized == sale.amount - sale.cost - sale.commission - sale.tax


def test_the_four_lists_tell_the_same_won(wire: Wire) -> None:
    trader = Trader(wire)
    trader.buy(2)
    trader.sell(5)
    trader.sell(3, stk_cd="035420")
    truth = sales(wire)
    by_sale = wire.read("ka10073", {"stk_cd": "", **PERIOD})["dt_stk_rlzt_pl"]
    from_day = wire.read("ka10072", {"stk_cd": "", "strt_dt": TODAY})["dt_stk_div_rlzt_pl"]
    days = wire.read("ka10074", PERIOD)
    for rows in (by_sale, from_day):
        assert [whole(row, "tdy_sel_pl") for row in rows] == [sale.realized for sale in truth]
        for row, sale in zip(rows, truth, strict=True):
            paid = (Decimal(sale.cost) / sale.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert (row["stk_cd"], Decimal(row["buy_uv"])) == (f"A{sale.symbol}", paid)
            assert whole(row, "tdy_trde_cmsn") == sale.commission
            assert whole(row, "tdy_trde_tax") == sale.tax
    assert {row["dt"] for row in by_sale} == {TODAY}
    [day] = days["dt_rlzt_pl"]
    for total, part in (
        ("tot_buy_amt", "buy_amt"),
        ("tot_sell_amt", "sell_amt"),
        ("rlzt_pl", "tdy_sel_pl"),
        ("trde_cmsn", "tdy_trde_cmsn"),
        ("trde_tax", "tdy_trde_tax"),
    ):
        assert days[total] == day[part]
    assert int(day["sell_amt"]) == sum(sale.amount for sale in truth)
    assert int(day["tdy_sel_pl"]) == sum(sale.realized for sale in truth)
    today = wire.read("ka10077", {"stk_cd": SYMBOL})
    assert int(today["tdy_rlzt_pl"]) == sum(s.realized for s in truth if s.symbol == SYMBOL)
    assert [row["stk_cd"] for row in today["tdy_rlzt_pl_dtl"]] == [f"A{SYMBOL}"]


def test_a_kept_sale_without_a_cost_is_no_gain() -> None:
    host = Host(HostOptions(rate="off"), ManualClock())
    account = next(iter(host.exchange.accounts.values()))
    account.touched = True
    kept = dump(host, Rows(), Rows())
    restore(host, kept)
    again = host.exchange.accounts[account.appkey]
    assert again.trades == account.trades
    for trade in kept["accounts"][0]["trades"]:
        del trade["cost"]
    restore(host, kept)
    sold = [t for t in host.exchange.accounts[account.appkey].trades if t.side == "sell"]
    assert sold
    assert [t.realized for t in sold] == [-t.commission - t.tax for t in sold]


def test_without_a_sale_the_lists_are_empty(make_wire: MakeWire) -> None:
    wire = make_wire(positions=0).sign_in()
    assert wire.read("ka10073", PERIOD)["dt_stk_rlzt_pl"] == []
    assert wire.read("ka10072", {"strt_dt": TODAY})["dt_stk_div_rlzt_pl"] == []
    days = wire.read("ka10074", PERIOD)
    assert (days["dt_rlzt_pl"], days["rlzt_pl"], days["tot_sell_amt"]) == ([], "0", "0")
    today = wire.read("ka10077", {"stk_cd": SYMBOL})
    assert (today["tdy_rlzt_pl_dtl"], today["tdy_rlzt_pl"]) == ([], "0")


@pytest.mark.parametrize(
    ("api_id", "body", "code"),
    [
        ("ka10073", {"strt_dt": TODAY}, "1511"),
        ("ka10073", {"strt_dt": "20261301", "end_dt": TODAY}, "1517"),
        ("ka10074", {"strt_dt": TODAY, "end_dt": "20260930"}, "1517"),
        ("ka10077", {}, "1511"),
        ("kt00011", {"stk_cd": "999999"}, "1902"),
        ("kt00011", {"stk_cd": SYMBOL, "uv": "7e4"}, "1517"),
        ("kt00010", {"stk_cd": SYMBOL, "trde_tp": "3", "uv": "1000"}, "1517"),
        ("kt00015", {**PERIOD, **LEDGER, "tp": "K"}, "1517"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    make_wire: MakeWire, api_id: str, body: dict[str, str], code: str
) -> None:
    wire = make_wire(env="real").sign_in()
    reply = wire.send(api_id, body).json()
    assert reply["return_code"] != 0
    assert f"[{code}:" in reply["return_msg"]


def test_the_ledger_holds_trades_once_they_are_settled(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    trader = Trader(wire)
    trader.sell(5)
    body = {**PERIOD, "end_dt": "20261030", **LEDGER}
    rows = wire.read("kt00015", body)["trst_ovrl_trde_prps_array"]
    account = wire.host.exchange.accounts[wire.appkey]
    opening = account.opening_deposit
    assert rows == []
    wire.control("clock", now=SETTLED)
    wire.sign_in()
    reply = wire.read("kt00015", body)
    rows = reply["trst_ovrl_trde_prps_array"]
    assert len(rows) == len(account.trades) > 3
    assert reply["acnt_no"].count("*") == 3
    balance = opening
    for row, trade in zip(rows, sorted(account.trades, key=lambda t: t.settle_date), strict=True):
        balance += trade.flow
        assert int(row["entra_remn"]) == balance
        assert int(row["exct_amt"]) == abs(trade.flow)
        assert int(row["trde_amt"]) == trade.amount
        assert row["trde_unit"] == f"{trade.price:,}"
        assert (row["trde_dt"], row["cntr_dt"]) == (
            f"{trade.settle_date:%Y%m%d}",
            f"{trade.trade_date:%Y%m%d}",
        )
    assert balance == wire.truth()["cash"]["deposit"]

    def kept(**changes: str) -> list[str]:
        found = wire.read("kt00015", {**body, **changes})["trst_ovrl_trde_prps_array"]
        return [row["io_tp_nm"] for row in found]

    every = kept()
    assert kept(tp="4") == [name for name in every if name == "매수"]
    assert kept(tp="5") == [name for name in every if name == "매도"]
    assert kept(tp="1") == kept(gds_tp="3") == kept(dmst_stex_tp="NXT") == []
    assert kept(qry_sort_tp="1") == every[::-1]
    assert set(kept(stk_cd=SYMBOL)) == {"매도"}


def test_buying_power_is_what_the_exchange_takes(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    trader = Trader(wire)
    trader.resting(2)
    price = trader.price() - 5_000
    told = wire.read("kt00011", {"stk_cd": SYMBOL, "uv": f"{price}"})
    most = int(told["min_ord_alowq"])
    assert told["profa_100ord_alowq"] == told["min_ord_alowq"]
    assert told["profa_20ord_alowq"] == ""
    other = wire.read("kt00010", {"stk_cd": SYMBOL, "trde_tp": "2", "uv": f"{price}"})
    assert int(other["profa_100ord_alowq"]) == most > 0
    assert int(other["profa_20ord_alowq"]) > most
    assert trader.buy(most + 1, price)["return_code"] == 20
    assert trader.buy(most, price)["return_code"] == 0


def test_what_can_be_sold_counts_resting_sales(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    trader = Trader(wire)
    held, _ = trader.shares()
    trader.sell(4, trader.price() + 20_000)
    body = {"stk_cd": SYMBOL, "trde_tp": "1", "uv": "1000"}
    assert int(wire.read("kt00010", body)["profa_100ord_alowq"]) == held - 4


def test_the_lists_hold_every_instrument_with_its_market(wire: Wire) -> None:
    path = "/api/dostk/stkinfo"

    def listed(market: str) -> list[dict[str, str]]:
        return list(wire.send("ka10099", {"mrkt_tp": market}, path=path).json()["list"])

    kospi, kosdaq, funds, notes = (listed(market) for market in ("0", "10", "8", "60"))
    assert {row["marketCode"] for row in kospi} == {"0", "8", "60"}
    assert [row for row in kospi if row["marketCode"] == "8"] == funds
    assert [row for row in kospi if row["marketCode"] == "60"] == notes
    every = {row["code"]: row for row in (*kospi, *kosdaq)}
    one = wire.send("ka10100", {"stk_cd": SYMBOL}, path=path).json()
    assert every[SYMBOL].items() <= one.items()
    assert listed("3") == []
