"""The types of orders, in continuous trading, auctions and sessions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiwoomctl.simulator.orders import PRICED_TYPES, TYPE_NAMES
from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire

AT_ONCE = ("10", "13", "16", "20", "23", "26", "30", "31")


@pytest.fixture
def real(make_wire: MakeWire) -> Trader:
    return Trader(make_wire(env="real").sign_in())


@pytest.mark.parametrize("order_type", list(TYPE_NAMES))
def test_every_type_of_continuous_trading_is_taken_and_named(real: Trader, order_type: str) -> None:
    price = real.price() - 2_000 if order_type in PRICED_TYPES else ""
    more = {"cond_uv": f"{real.price() + 5_000}"} if order_type == "28" else {}
    reply = real.buy(2, price, trde_tp=order_type, **more)
    if order_type in ("61", "62", "81"):
        assert "(521790:" in reply["return_msg"]
        return
    assert reply["return_code"] == 0
    row = real.daily()[0]
    assert row["trde_tp"] == TYPE_NAMES[order_type]
    remaining = int(row["ord_remnq"])
    if order_type in AT_ONCE:
        assert remaining == 0
    if order_type in ("0", "5", "7", "28"):
        assert remaining == 2
    if order_type in ("3", "6", "13", "16", "23", "26", "29", "30", "31"):
        assert int(row["cntr_qty"]) == 2


def test_all_or_nothing_and_what_is_left_of_an_immediate_order(real: Trader) -> None:
    real.wire.control("depth", symbol=SYMBOL, quantity=2)
    ask = real.price() + 500
    fok = real.buy(3, ask, trde_tp="20")["ord_no"]
    ioc = real.buy(3, ask, trde_tp="10")["ord_no"]
    assert (real.of(fok)["filled"], real.of(fok)["status"]) == (0, "cancelled")
    assert (real.of(ioc)["filled"], real.of(ioc)["status"]) == (2, "cancelled")
    assert real.open() == []


def test_best_takes_the_other_side_and_first_joins_its_own(real: Trader) -> None:
    real.wire.control("depth", symbol=SYMBOL, quantity=1)
    best = real.buy(3, trde_tp="6")["ord_no"]
    first = real.buy(3, trde_tp="7")["ord_no"]
    known = real.wire.host.exchange.open_orders()
    assert [order.resting_price for order in known] == [real.price() + 500, real.price()]
    assert (real.of(best)["filled"], real.of(first)["filled"]) == (1, 0)


def test_a_mid_price_fill_lies_between_the_ticks(real: Trader) -> None:
    real.buy(1, trde_tp="29")
    assert int(real.filled()[0]["cntr_pric"]) == real.price() + 250


def test_a_stop_order_sleeps_until_its_price_and_then_is_a_limit(real: Trader) -> None:
    price = real.price()
    number = real.sell(2, price - 6_000, trde_tp="28", cond_uv=f"{price - 5_000}")["ord_no"]
    assert real.open()[0]["stop_pric"] == f"{price - 5_000}"
    real.wire.control("price", symbol=SYMBOL, price=price - 4_500)
    assert real.of(number)["filled"] == 0
    real.wire.control("price", symbol=SYMBOL, price=price - 5_000)
    assert real.of(number)["status"] == "filled"
    assert real.filled()[0]["cntr_pric"] == f"{price - 5_000}"


def test_a_conditional_order_becomes_a_market_order_at_the_close(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real", clock="2026-10-01T15:00:00+09:00").sign_in())
    number = trader.buy(2, trader.price() - 5_000, trde_tp="5")["ord_no"]
    trader.wire.control("clock", now="2026-10-01T15:30:00+09:00")
    assert trader.of(number)["status"] == "filled"
    assert trader.filled()[0]["cntr_pric"] == f"{trader.price()}"


def test_orders_of_the_opening_auction_trade_at_nine(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real", clock="2026-10-01T08:45:00+09:00").sign_in())
    high = trader.buy(1, trader.price() + 2_000)["ord_no"]
    low = trader.buy(1, trader.price() - 5_000)["ord_no"]
    assert trader.filled() == []
    trader.wire.control("clock", now="2026-10-01T09:00:00+09:00")
    assert (trader.of(high)["filled"], trader.of(low)["filled"]) == (1, 0)
    assert trader.filled()[0]["cntr_pric"] == f"{trader.price()}"


def test_orders_at_a_close_trade_in_their_sessions(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(env="real", clock="2026-09-10T08:35:00+09:00").sign_in())
    base = trader.wire.host.exchange.market.base_price(
        SYMBOL, trader.wire.host.exchange.clock.now()
    )
    trader.buy(1, trde_tp="61")
    assert trader.filled()[0]["cntr_pric"] == f"{base}"
    trader.wire.control("clock", now="2026-09-10T15:35:00+09:00")
    after = trader.buy(1, trde_tp="81")["ord_no"]
    assert trader.of(after)["filled"] == 0
    trader.wire.control("clock", now="2026-09-10T15:40:00+09:00")
    assert trader.of(after)["filled"] == 1
    trader.wire.control("clock", now="2026-09-10T16:03:00+09:00")
    single = trader.buy(1, trader.price(), trde_tp="62")["ord_no"]
    assert trader.of(single)["filled"] == 0
    trader.wire.control("clock", now="2026-09-10T16:10:00+09:00")
    assert trader.of(single)["filled"] == 1
