"""Each check of money and shares at, below and above its limit, and with its figures missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.domain.orders import OrderType
from kiwoomctl.risk.situation import added_value, order_value
from tests.risk.samples import (
    TARGET,
    buy,
    counted,
    found,
    limited,
    modify,
    quoted,
    said,
    sell,
    tier,
)

# CASH: 700,000 and 105 commission


@pytest.mark.parametrize(
    ("orderable", "expected"),
    [(700_106, None), (700_105, None), (700_104, "hold"), (0, "hold"), (-1, "hold")],
)
def test_cash(orderable: int, expected: str | None) -> None:
    assert tier(replace(buy(), orderable=Decimal(orderable)), "CASH") == expected
    assert tier(replace(sell(), orderable=Decimal(orderable)), "CASH") is None


def test_cash_names_what_is_kept() -> None:
    situation = replace(counted(buy(), bought_lately=100_000), orderable=Decimal(500_000))

    assert said(situation, "CASH") == (
        "700,105 KRW needed, 399,985 orderable after 100,015 for buys just sent"
    )


def test_commission_is_rounded_up() -> None:
    situation = replace(buy(quantity=1, price=70_100), orderable=Decimal(70_110))

    assert tier(situation, "CASH") == "hold"  # 70,100 * 0.00015 = 10.515
    assert tier(replace(situation, orderable=Decimal(70_111)), "CASH") is None


@pytest.mark.parametrize(
    "order_type", [OrderType.MARKET, OrderType.BEST, OrderType.MID_IOC, OrderType.POST_CLOSE]
)
def test_a_buy_without_price_counts_with_the_upper_limit(order_type: OrderType) -> None:
    situation = buy(type=order_type, price=None)

    assert order_value(situation) == 910_000
    assert tier(replace(situation, orderable=Decimal(910_137)), "CASH") is None
    assert tier(replace(situation, orderable=Decimal(910_136)), "CASH") == "hold"


def test_a_conditional_buy_may_become_a_market_order() -> None:
    assert order_value(buy(type=OrderType.CONDITIONAL)) == 910_000
    assert order_value(sell(type=OrderType.CONDITIONAL)) == 700_000


def test_cash_keeps_what_buys_of_the_last_minute_cost() -> None:
    situation = counted(buy(), bought_lately=770_000)  # and 116 commission

    assert tier(replace(situation, orderable=Decimal(770_116 + 700_105)), "CASH") is None
    assert tier(replace(situation, orderable=Decimal(770_116 + 700_104)), "CASH") == "hold"


@pytest.mark.parametrize(
    "missing", [{"orderable": None}, {"commission_rate": None}, {"counters": None}]
)
def test_cash_without_its_figures(missing: dict[str, Any]) -> None:
    assert tier(replace(buy(), **missing), "CASH") == "hold"
    assert tier(replace(sell(), **missing), "CASH") is None


# SELLABLE


@pytest.mark.parametrize(
    ("sellable", "expected"), [(11, None), (10, None), (9, "hold"), (0, "hold"), (None, "hold")]
)
def test_sellable(sellable: int | None, expected: str | None) -> None:
    assert tier(replace(sell(), sellable_quantity=sellable), "SELLABLE") == expected
    assert tier(replace(buy(), sellable_quantity=sellable), "SELLABLE") is None
    assert tier(replace(modify(side="sell"), sellable_quantity=sellable), "SELLABLE") is None


# VALUE and QUANTITY


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(299, None), (300, None), (301, "warn"), (1_000, "warn"), (1_001, "hold")],
)
def test_value(side: str, quantity: int, expected: str | None) -> None:
    situation = quoted(
        buy(side=side, quantity=quantity, price=10_000),
        last=Decimal(10_000),
        upper=Decimal(13_000),
        lower=Decimal(7_000),
    )

    assert tier(situation, "VALUE") == expected


def test_value_names_value_and_limit() -> None:
    assert said(buy(quantity=1_000), "VALUE") == (
        "the order is worth up to 70,000,000 KRW, limit 10,000,000"
    )


def test_a_market_sell_counts_with_the_last_price() -> None:
    situation = sell(type=OrderType.MARKET, price=None)

    assert order_value(situation) == 700_000
    assert tier(quoted(situation, last=None), "VALUE") == "hold"
    assert tier(quoted(situation, upper=None), "VALUE") is None


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, None), (11, None), (10, None), (9, "hold"), (0, "hold")],
)
def test_quantity(side: str, limit: int | None, expected: str | None) -> None:
    assert tier(limited(buy(side=side), quantity=limit), "QUANTITY") == expected
    assert tier(limited(modify(side=side), quantity=limit), "QUANTITY") == expected


# DAILY


@pytest.mark.parametrize(
    ("before", "expected"),
    [(29_200_000, None), (29_300_000, None), (29_300_001, "hold")],
)
def test_daily_of_an_account(before: int, expected: str | None) -> None:
    assert tier(counted(buy(), daily_account=before), "DAILY") == expected
    assert tier(counted(modify(), daily_account=before), "DAILY") == expected
    assert tier(counted(sell(), daily_account=before), "DAILY") is None
    assert tier(counted(modify(side="sell"), daily_account=before), "DAILY") is None


@pytest.mark.parametrize(("before", "expected"), [(99_300_000, None), (99_300_001, "hold")])
def test_daily_of_all_accounts(before: int, expected: str | None) -> None:
    assert tier(counted(buy(), daily_all=before), "DAILY") == expected
    assert tier(counted(sell(), daily_all=before), "DAILY") is None


def test_daily_names_the_amount_and_whose() -> None:
    assert said(counted(buy(), daily_all=100_000_000), "DAILY") == (
        "buys of all accounts would reach 100,700,000 KRW today, limit 100,000,000"
    )


# A modify


@pytest.mark.parametrize(
    ("price", "needed"), [(69_900, 0), (70_000, 0), (70_100, 1_000), (72_000, 20_000)]
)
def test_a_modify_adds_what_its_price_is_above_the_old_one(price: int, needed: int) -> None:
    situation = replace(modify(price=price), orderable=Decimal(0))

    assert added_value(situation) == needed
    assert tier(situation, "CASH") == ("hold" if needed else None)


def test_a_modify_of_an_unknown_order_is_held() -> None:
    lost = limited(replace(modify(), target=None), quantity=100)
    unpriced = replace(modify(), target=TARGET._replace(price=None))

    assert found(lost) == dict.fromkeys(("CASH", "VALUE", "QUANTITY", "DAILY"), "hold")
    assert found(unpriced) == {"CASH": "hold"}


def test_a_modify_is_of_all_that_remains() -> None:
    half = replace(modify(price=70_100), target=TARGET._replace(remaining_quantity=4))

    assert order_value(half) == 280_400
    assert added_value(half) == 400
    assert order_value(replace(half, terms=half.terms._replace(quantity=3))) == 210_300
