"""The exact body of every order, and what is no order at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kis.order_codes import TYPE_CODES, VENUES
from kiwoomctl.brokers.kis.order_requests import ENDPOINTS, request_body
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Exchange, OrderType, Terms
from kiwoomctl.errors import UsageError

BRANCHES = {"2891": "06010"}
NEW = Terms(
    "buy", Symbol("005930"), "buy", OrderType.LIMIT, 3, Decimal("70000.00"), None, "KRX", None
)
CHANGE = NEW._replace(action="modify", quantity=0, target="2891")


def body(terms: Terms) -> dict[str, str]:
    return dict(request_body(terms, BRANCHES))


def test_a_buy_by_limit() -> None:
    assert body(NEW) == {
        "PDNO": "005930",
        "ORD_DVSN": "00",
        "ORD_QTY": "3",
        "ORD_UNPR": "70000",
        "EXCG_ID_DVSN_CD": "KRX",
    }


def test_an_order_without_a_price_says_zero() -> None:
    told = body(NEW._replace(type=OrderType.MARKET, price=None, exchange="SOR"))
    assert (told["ORD_DVSN"], told["ORD_UNPR"], told["EXCG_ID_DVSN_CD"]) == ("01", "0", "SOR")


def test_a_stop_order_names_what_sets_it_off() -> None:
    told = body(NEW._replace(type=OrderType.STOP, stop_price=Decimal(71000)))
    assert (told["ORD_DVSN"], told["CNDT_PRIC"], told["ORD_UNPR"]) == ("22", "71000", "70000")


def test_a_modify_of_all_that_remains() -> None:
    assert body(CHANGE) == {
        "KRX_FWDG_ORD_ORGNO": "06010",
        "ORGN_ODNO": "0000002891",
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "01",
        "ORD_QTY": "0",
        "ORD_UNPR": "70000",
        "QTY_ALL_ORD_YN": "Y",
        "EXCG_ID_DVSN_CD": "KRX",
    }


def test_a_cancel_has_no_price_and_an_unknown_branch_is_blank() -> None:
    told = body(CHANGE._replace(action="cancel", price=None, target="7", exchange="NXT"))
    assert (told["RVSE_CNCL_DVSN_CD"], told["ORD_UNPR"], told["QTY_ALL_ORD_YN"]) == ("02", "0", "Y")
    assert (told["KRX_FWDG_ORD_ORGNO"], told["ORGN_ODNO"]) == ("", "0000000007")
    assert told["EXCG_ID_DVSN_CD"] == "NXT"


def test_an_etn_has_its_letter() -> None:
    assert body(NEW._replace(symbol=Symbol("500001")))["PDNO"] == "Q500001"


def test_every_type_has_a_code_of_its_own() -> None:
    assert set(TYPE_CODES) == set(OrderType)
    assert len(set(TYPE_CODES.values())) == len(TYPE_CODES)


@pytest.mark.parametrize("exchange", get_args(Exchange))
@pytest.mark.parametrize("kind", OrderType)
def test_an_exchange_takes_the_types_it_has_and_no_other(kind: OrderType, exchange: Any) -> None:
    terms = NEW._replace(
        type=kind,
        exchange=exchange,
        price=NEW.price if kind.takes_price else None,
        stop_price=NEW.price if kind.takes_stop_price else None,
    )
    if exchange in VENUES[kind]:
        assert body(terms)["ORD_DVSN"] == TYPE_CODES[kind]
        return
    with pytest.raises(UsageError) as told:
        body(terms)
    assert told.value.code == "order_type"


def test_a_session_that_was_abolished_takes_none() -> None:
    assert VENUES[OrderType.SINGLE] == frozenset()


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": None},
        {"price": Decimal(0)},
        {"price": Decimal(-1)},
        {"quantity": 0},
        {"quantity": -1},
        {"type": OrderType.MARKET},
        {"stop_price": Decimal(1)},
        {"type": OrderType.STOP},
        {"side": "sell"},
        {"target": "1"},
        {"action": "modify"},
        {"action": "cancel"},
        {"action": "cancel", "target": "1"},
        {"action": "modify", "target": "1", "price": None, "quantity": 0},
        {"action": "modify", "target": "x", "quantity": 0},
        {"action": "modify", "target": "12345678901", "quantity": 0},
    ],
)
def test_what_contradicts_itself_never_reaches_the_wire(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"these terms|not an order number"):
        body(NEW._replace(**wrong))


TAKEN = sorted((kind, venue) for kind, venues in VENUES.items() for venue in venues)


@given(
    st.sampled_from(["buy", "sell"]),
    st.sampled_from([pair for pair in TAKEN if pair[0] is not OrderType.STOP]),
    st.integers(1, 10**7),
    st.integers(1, 10**7),
)
def test_every_sound_order_says_what_was_asked(
    side: Any, taken: tuple[OrderType, Any], quantity: int, price: int
) -> None:
    kind, exchange = taken
    terms = NEW._replace(
        action=side,
        side=side,
        type=kind,
        quantity=quantity,
        price=Decimal(price) if kind.takes_price else None,
        exchange=exchange,
    )
    told = body(terms)
    assert all(isinstance(value, str) for value in told.values())
    assert int(told["ORD_QTY"]) == quantity
    assert int(told["ORD_UNPR"]) == (price if kind.takes_price else 0)
    assert told["EXCG_ID_DVSN_CD"] == exchange
    assert {"CANO", "ACNT_PRDT_CD"}.isdisjoint(told)


def test_the_new_ids_are_used_only() -> None:
    assert {action: (e.api_id, e.mock) for action, e in ENDPOINTS.items()} == {
        "buy": ("TTTC0012U", "VTTC0012U"),
        "sell": ("TTTC0011U", "VTTC0011U"),
        "modify": ("TTTC0013U", "VTTC0013U"),
        "cancel": ("TTTC0013U", "VTTC0013U"),
    }
