"""The lists of open and filled orders over the exchange's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiwoomctl.simulator.exchange import Order

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire


def an_order(wire: Wire, number: int) -> Order:
    exchange = wire.host.exchange
    return Order(
        appkey=wire.appkey,
        trading_day=exchange.clock.today(),
        number=number,
        symbol="005930",
        side="buy",
        action="new",
        order_type="0",
        quantity=10,
        price=260_000,
        exchange="KRX",
        accepted_at=exchange.clock.now(),
    )


def test_without_orders_both_lists_are_empty(wire: Wire) -> None:
    assert wire.read("ka10075")["oso"] == []
    assert wire.read("ka10076")["cntr"] == []


def test_an_order_is_listed_as_open_then_as_filled_then_nowhere(wire: Wire) -> None:
    orders = wire.host.exchange.orders
    open_order = an_order(wire, 1)
    orders[:] = [open_order]
    row = wire.read("ka10075")["oso"][0]
    assert (row["ord_no"], row["ord_stt"], row["ord_qty"], row["oso_qty"], row["cntr_qty"]) == (
        "0000001",
        "접수",
        "10",
        "10",
        "0",
    )
    assert (row["io_tp_nm"], row["trde_tp"], row["stk_cd"]) == ("+매수", "보통", "005930")
    assert wire.read("ka10076")["cntr"] == []

    orders[:] = [open_order._replace(filled=4, filled_amount=1_039_000)]
    assert wire.read("ka10075")["oso"][0]["oso_qty"] == "6"
    assert wire.read("ka10076")["cntr"][0]["cntr_pric"] == "259750"

    orders[:] = [open_order._replace(filled=10, filled_amount=2_600_000)]
    assert wire.read("ka10075")["oso"] == []
    filled = wire.read("ka10076")["cntr"][0]
    assert (filled["ord_stt"], filled["oso_qty"], filled["cntr_qty"]) == ("체결", "0", "10")
    assert "acnt_no" not in filled

    orders[:] = [open_order._replace(cancelled=10)]
    assert wire.read("ka10075")["oso"] == wire.read("ka10076")["cntr"] == []


def test_filters_and_the_older_than_cursor(wire: Wire) -> None:
    done = [an_order(wire, n)._replace(filled=10, filled_amount=2_600_000) for n in (1, 2, 3)]
    wire.host.exchange.orders[:] = [
        *done,
        an_order(wire, 4)._replace(side="sell", symbol="000660"),
    ]

    def filled(**changes: str) -> list[str]:
        body = {"stk_cd": "", "qry_tp": "0", "sell_tp": "0", "stex_tp": "0", **changes}
        return [row["ord_no"] for row in wire.read("ka10076", body)["cntr"]]

    def still_open(**changes: str) -> list[str]:
        body = {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0", **changes}
        return [row["ord_no"] for row in wire.read("ka10075", body)["oso"]]

    assert filled() == ["0000003", "0000002", "0000001"]
    assert filled(ord_no="3") == filled(ord_no="0000003") == ["0000002", "0000001"]
    assert filled(sell_tp="1") == filled(stex_tp="2") == []
    assert still_open(stk_cd="005930") == ["0000004"]
    assert still_open(stk_cd="005930", all_stk_tp="1") == []
    assert still_open(trde_tp="2") == []


def test_yesterdays_orders_are_not_listed(wire: Wire) -> None:
    order = an_order(wire, 1)
    wire.host.exchange.orders[:] = [order]
    wire.control("clock", now="2026-10-02T10:00:00+09:00")
    wire.sign_in()
    assert wire.read("ka10075")["oso"] == []


def test_an_open_buy_holds_cash_and_an_open_sell_holds_shares(wire: Wire) -> None:
    before = wire.truth()
    sell = an_order(wire, 2)._replace(side="sell", quantity=5)
    wire.host.exchange.orders[:] = [an_order(wire, 1), sell]
    after = wire.truth()
    held = before["cash"]["orderable"] - after["cash"]["orderable"]
    assert held == 2_600_000 + 9_100
    assert after["cash"]["deposit_d2"] == before["cash"]["deposit_d2"]
    sellable = [account["holdings"][0]["sellable_quantity"] for account in (before, after)]
    assert sellable[0] - sellable[1] == 5


def test_another_accounts_orders_are_not_shown(wire: Wire) -> None:
    wire.host.exchange.orders[:] = [an_order(wire, 1)._replace(appkey="sim-002-appkey")]
    assert wire.read("ka10075")["oso"] == []
