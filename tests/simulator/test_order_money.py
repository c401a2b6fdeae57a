"""What orders do to cash, shares and average cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulator.ordering import Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire


@pytest.fixture
def trader(wire: Wire) -> Trader:
    return Trader(wire)


def test_s31_cash_falls_at_once_and_settles_in_two_trading_days(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(clock="2026-10-01T11:00:00+09:00").sign_in())
    before = trader.cash()
    price = trader.price() - 5_000
    number = trader.resting(2)
    resting = trader.cash()
    hold = 2 * price + 2 * price * 35 // 10_000 // 10 * 10
    assert before["orderable"] - resting["orderable"] == hold
    assert resting["deposit_d2"] == before["deposit_d2"]
    trader.wire.control("fill", ord_no=number)
    done = trader.cash()
    assert done["orderable"] == resting["orderable"]
    assert done["deposit_d2"] == before["deposit_d2"] - hold
    assert done["deposit"] == before["deposit"]
    trader.wire.control("clock", now="2026-10-06T08:00:00+09:00")
    settled = trader.cash()
    assert settled["deposit"] == settled["deposit_d2"] == done["deposit_d2"]


def test_a_sale_pays_fee_and_tax_and_keeps_the_average_cost(trader: Trader) -> None:
    before, held = trader.cash(), trader.wire.truth()["holdings"][0]
    quantity, sellable = trader.shares()
    number = trader.sell(12, trader.price() - 500)["ord_no"]
    amount = 12 * trader.price()
    order = trader.of(number)
    assert order["commission"] == amount * 35 // 10_000 // 10 * 10
    assert order["tax"] == amount * 5 // 10_000 + amount * 15 // 10_000
    flow = amount - order["commission"] - order["tax"]
    assert trader.cash()["deposit_d2"] == before["deposit_d2"] + flow
    after = trader.wire.truth()["holdings"][0]
    assert trader.shares() == (quantity - 12, sellable - 12)
    assert after["average_price"] == held["average_price"]
    row = trader.filled()[0]
    assert row["tdy_trde_cmsn"] == f"{order['commission']}"
    assert row["tdy_trde_tax"] == f"{order['tax']}"


def test_buying_more_averages_the_cost_and_a_new_symbol_is_a_new_row(trader: Trader) -> None:
    before = trader.wire.truth()["holdings"][0]
    trader.buy(3, trader.price() + 500)
    after = trader.wire.truth()["holdings"][0]
    assert after["quantity"] == before["quantity"] + 3
    assert after["cost"] == before["cost"] + 3 * (trader.price() + 500)
    trader.buy(1, trader.price("005940") + 50, stk_cd="005940")
    assert trader.shares("005940") == (1, 1)


def test_a_symbol_sold_out_shows_no_shares_today(trader: Trader) -> None:
    quantity, _ = trader.shares()
    trader.sell(quantity, trader.price())
    rows = trader.wire.read("kt00018")["acnt_evlt_remn_indv_tot"]
    row = next(row for row in rows if row["stk_cd"] == "A005930")
    assert (int(row["rmnd_qty"]), int(row["tdy_sellq"])) == (0, quantity)
    trader.buy(1, trader.price() + 500)
    assert trader.shares() == (1, 1)


def test_two_lots_are_sold_in_their_order(make_wire: MakeWire) -> None:
    wire = make_wire(accounts=6, positions=40)
    wire.number = 4
    wire.sign_in()
    trader = Trader(wire)
    account = wire.host.exchange.accounts[wire.appkey]
    twice = next(
        lot.symbol
        for lot in account.lots
        if [o.key for o in account.lots].count(lot.key) > 1 and lot.credit_type == "00"
    )
    _, sellable = trader.shares(twice)
    on_credit = sum(
        o.quantity - o.pledged for o in account.lots if o.symbol == twice and o.credit_type != "00"
    )
    own = sellable - on_credit
    reply = trader.sell(own + 1, stk_cd=twice)
    assert "(800033:" in reply["return_msg"]
    assert trader.sell(own, stk_cd=twice)["return_code"] == 0
    assert trader.shares(twice)[1] == on_credit
