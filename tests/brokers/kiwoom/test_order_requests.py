"""An order's request is exact, and terms that contradict themselves never become one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom.order_requests import request_body
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OrderType, Terms

LIMIT = Terms("buy", Symbol("005930"), "buy", OrderType.LIMIT, 10, Decimal(70000), None, "KRX")


def test_a_limit_buy() -> None:
    assert request_body(LIMIT) == {
        "dmst_stex_tp": "KRX",
        "stk_cd": "005930",
        "ord_qty": "10",
        "ord_uv": "70000",
        "trde_tp": "0",
        "cond_uv": "",
    }


def test_a_market_sell_names_no_price() -> None:
    terms = LIMIT._replace(action="sell", side="sell", type=OrderType.MARKET, price=None)
    assert request_body(terms)["ord_uv"] == ""
    assert request_body(terms)["trde_tp"] == "3"


def test_a_cancel_and_a_modify_name_the_order_with_its_zeros() -> None:
    cancel = LIMIT._replace(action="cancel", quantity=0, price=None, target="24")
    assert request_body(cancel) == {
        "dmst_stex_tp": "KRX",
        "orig_ord_no": "0000024",
        "stk_cd": "005930",
        "cncl_qty": "0",
    }
    modify = LIMIT._replace(action="modify", quantity=0, target="24")
    assert request_body(modify)["mdfy_uv"] == "70000"
    assert request_body(modify)["mdfy_qty"] == "0"


@pytest.mark.parametrize(
    "change",
    [
        {"price": None},
        {"price": Decimal(0)},
        {"price": Decimal(-1)},
        {"quantity": 0},
        {"quantity": -5},
        {"type": OrderType.MARKET},
        {"type": OrderType.STOP},
        {"stop_price": Decimal(1)},
        {"side": "sell"},
        {"target": "1"},
        {"action": "cancel"},
        {"action": "modify"},
        {"action": "cancel", "target": "12345678", "price": None, "quantity": 0},
        {"action": "cancel", "target": "x", "price": None, "quantity": 0},
        {"action": "modify", "target": "1", "price": None, "quantity": 0},
    ],
)
def test_contradictions_never_become_a_request(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="order"):
        request_body(LIMIT._replace(**change))


@given(
    st.sampled_from(OrderType),
    st.integers(1, 10**9),
    st.decimals(Decimal("0.01"), Decimal(10**9), places=2),
)
def test_what_is_asked_is_what_is_written(kind: OrderType, quantity: int, price: Decimal) -> None:
    terms = LIMIT._replace(
        type=kind,
        quantity=quantity,
        price=price if kind.takes_price else None,
        stop_price=price if kind.takes_stop_price else None,
    )
    body = request_body(terms)
    assert all(isinstance(value, str) for value in body.values())
    assert int(body["ord_qty"]) == quantity
    assert (Decimal(body["ord_uv"]) if body["ord_uv"] else None) == terms.price
    assert "E" not in body["ord_uv"]
