"""Each check that looks at the other orders: how many, the same again, the opposite ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.risk.situation import Situation
from tests.risk.samples import (
    MINE,
    NOW,
    OTHER,
    buy,
    counted,
    limited,
    modify,
    said,
    seconds_ago,
    sell,
    tier,
    working,
)

# COUNT


@pytest.mark.parametrize("situation", [buy(), sell(), modify()])
@pytest.mark.parametrize(
    ("counted_before", "expected"),
    [
        ({"last_minute": 18}, None),
        ({"last_minute": 19}, None),
        ({"last_minute": 20}, "hold"),
        ({"today": 198}, None),
        ({"today": 199}, None),
        ({"today": 200}, "hold"),
    ],
)
def test_count(situation: Situation, counted_before: dict[str, Any], expected: str | None) -> None:
    assert tier(counted(situation, **counted_before), "COUNT") == expected


# DUPLICATE


@pytest.mark.parametrize("situation", [buy(), sell(), modify()])
@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((), None),
        ((0,), "hold"),
        ((119,), "hold"),
        ((120,), "hold"),
        ((121,), None),
        ((500, 120), "hold"),
        ((-5,), "hold"),
    ],
)
def test_duplicate(situation: Situation, ages: tuple[int, ...], expected: str | None) -> None:
    equal = tuple(seconds_ago(age) for age in ages)

    assert tier(counted(situation, equal=equal), "DUPLICATE") == expected


def test_duplicate_says_when_by_the_time_of_the_ledger() -> None:
    situation = counted(buy(), now=NOW + timedelta(seconds=10), equal=(seconds_ago(30),))

    assert said(situation, "DUPLICATE") == "the same order was sent 40 s ago, limit 120 s"
    assert tier(limited(situation, duplicate=40), "DUPLICATE") == "hold"
    assert tier(limited(situation, duplicate=39), "DUPLICATE") is None


# CROSS


@pytest.mark.parametrize(
    ("side", "own", "theirs", "expected"),
    [
        ("buy", 69_900, 70_000, None),
        ("buy", 70_000, 70_000, "hold"),
        ("buy", 70_100, 70_000, "hold"),
        ("sell", 70_100, 70_000, None),
        ("sell", 70_000, 70_000, "hold"),
        ("sell", 69_900, 70_000, "hold"),
    ],
)
@pytest.mark.parametrize("account", [MINE, OTHER])
def test_cross(side: str, own: int, theirs: int, expected: str | None, account: AccountId) -> None:
    opposite = "sell" if side == "buy" else "buy"
    other = working(side=opposite, price=Decimal(theirs), account=account)

    assert tier(replace(buy(side=side, price=own), working=(other,)), "CROSS") == expected
    assert tier(replace(modify(side=side, price=own), working=(other,)), "CROSS") == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"side": "buy"}, None),
        ({"symbol": Symbol("000660")}, None),
        ({"account": AccountId("kiwoom", "mock", "1")}, None),
        ({"side": None}, "hold"),
        ({"price": None}, "hold"),
        ({"type": None, "price": Decimal(80_000)}, "hold"),
        ({"type": OrderType.MARKET, "price": None}, "hold"),
        ({"type": OrderType.CONDITIONAL, "price": Decimal(80_000)}, "hold"),
        ({"price": Decimal(80_000)}, None),
        ({"number": None}, "hold"),
    ],
)
def test_cross_takes_the_unknown_for_a_match(changes: dict[str, Any], expected: str | None) -> None:
    assert tier(replace(buy(), working=(working(**changes),)), "CROSS") == expected


def test_a_market_order_crosses_every_opposite_order() -> None:
    market = buy(type=OrderType.MARKET, price=None)

    assert tier(replace(market, working=(working(price=Decimal(90_000)),)), "CROSS") == "hold"


def test_a_modify_never_crosses_the_order_it_modifies() -> None:
    target = working(account=MINE, number="157630", side=None)

    assert tier(replace(modify(), working=(target,)), "CROSS") is None
    assert tier(replace(modify(), working=(replace(target, account=OTHER),)), "CROSS") == "hold"


def test_cross_names_the_other_order() -> None:
    def text(**changes: Any) -> str:
        return said(replace(buy(), working=(working(**changes),)), "CROSS")

    assert text() == "could trade with your own order 0000200 at 70,000"
    assert text(number=None) == "could trade with your own order of unknown number at 70,000"
    assert text(price=None) == "could trade with your own order 0000200 of any price"
