"""Each check at, below and above its limit, on both sides, and with its figures missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.domain.prices import InstrumentKind
from kiwoomctl.risk.checks import check
from kiwoomctl.risk.situation import Situation, added_value, order_value
from kiwoomctl.risk.verdicts import Tier
from tests.risk.samples import (
    MINE,
    NOW,
    OTHER,
    SIGNING,
    SOUND,
    TARGET,
    buy,
    cancel,
    counted,
    found,
    limited,
    modify,
    quoted,
    said,
    seconds_ago,
    sell,
    tier,
    working,
)


@pytest.mark.parametrize("situation", [buy(), sell(), modify(), modify(side="sell"), cancel()])
def test_a_sound_order_draws_no_verdict(situation: Situation) -> None:
    assert check(situation) == ()


# HALT


@pytest.mark.parametrize(
    ("mode", "buys", "sells"),
    [
        ("active", None, None),
        ("reducing", "refuse", None),
        ("halted", "refuse", "refuse"),
        (None, "hold", "hold"),
    ],
)
def test_halt(mode: Any, buys: str | None, sells: str | None) -> None:
    assert tier(replace(buy(), halt=mode), "HALT") == buys
    assert tier(replace(modify(), halt=mode), "HALT") == buys
    assert tier(replace(sell(), halt=mode), "HALT") == sells
    assert tier(replace(modify(side="sell"), halt=mode), "HALT") == sells
    assert found(replace(cancel(), halt=mode)) == {}


# ENVIRONMENT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"token_environment": "mock"}, "refuse"),
        ({"host_environment": "sim"}, "refuse"),
        ({"profile_environment": "mock"}, "refuse"),
        ({"number": "8012345622"}, "refuse"),
        ({"pinned_number": "8012345622"}, "refuse"),
        ({"pinned_number": None}, "refuse"),
        ({"token_environment": None}, "hold"),
        ({"host_environment": None}, "hold"),
        ({"number": None}, "hold"),
        ({"token_environment": None, "number": "8012345622"}, "refuse"),
        ({"token_environment": None, "host_environment": "mock"}, "refuse"),
    ],
)
@pytest.mark.parametrize("situation", [buy(), sell(), modify(), cancel()])
def test_environment(situation: Situation, changes: dict[str, Any], expected: str) -> None:
    changed = replace(situation, signing=replace(SIGNING, **changes))

    assert found(changed) == {"ENVIRONMENT": expected}


def test_environment_is_that_of_the_account_too() -> None:
    assert tier(replace(SOUND, account=AccountId("kiwoom", "mock", MINE.number)), "ENVIRONMENT")
    assert tier(replace(SOUND, account=OTHER), "ENVIRONMENT") == "refuse"


def test_outside_real_an_account_that_is_not_pinned_yet_holds() -> None:
    signing = replace(
        SIGNING,
        profile_environment="sim",
        token_environment="sim",
        host_environment="sim",
        pinned_number=None,
    )
    account = AccountId("kiwoom", "sim", MINE.number)

    assert found(replace(SOUND, signing=signing, account=account)) == {"ENVIRONMENT": "hold"}


def test_environment_hides_the_account_numbers() -> None:
    text = said(replace(SOUND, signing=replace(SIGNING, number="8012345622")), "ENVIRONMENT")

    assert text == "the key is of account 80******22, the profile of 80******11"


# TICK and LIMIT


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("price", "kind", "expected"),
    [
        (70_000, InstrumentKind.STOCK, None),
        (70_050, InstrumentKind.STOCK, "refuse"),
        (70_050, InstrumentKind.ETF, None),
        (70_003, InstrumentKind.ETF, "refuse"),
        (70_000, None, "hold"),
        (70_050, None, "hold"),
        (70_003, None, "refuse"),
        ("70000.5", InstrumentKind.STOCK, "refuse"),
        ("70000.5", None, "refuse"),
    ],
)
def test_tick(side: str, price: Any, kind: InstrumentKind | None, expected: str | None) -> None:
    assert tier(replace(buy(side=side, price=price), kind=kind), "TICK") == expected
    assert tier(replace(modify(side=side, price=price), kind=kind), "TICK") == expected


def test_tick_names_the_prices_nearby() -> None:
    assert said(buy(price=70_050), "TICK") == (
        "70,050 is not a multiple of the tick 100: 70,000 and 70,100 are"
    )


def test_tick_names_whole_won_and_the_grid_of_the_kind() -> None:
    fund = replace(buy(price="70000.5"), kind=InstrumentKind.ETF)

    assert said(fund, "TICK") == ("70,000.5 is not a multiple of the tick 5: 70,000 and 70,005 are")


def test_a_stop_price_is_a_price() -> None:
    def stop(stop_price: int | None) -> dict[str, str]:
        asked = None if stop_price is None else Decimal(stop_price)
        return found(buy(type=OrderType.STOP, stop_price=asked))

    assert stop(69_900) == {}
    assert stop(69_950) == {"TICK": "refuse"}
    assert stop(48_950) == {"LIMIT": "refuse"}
    assert stop(None) == {"TICK": "hold", "LIMIT": "hold"}
    assert found(modify(type=OrderType.STOP)) == {}


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("price", "expected"),
    [(48_950, "refuse"), (49_000, None), (91_000, None), (91_100, "refuse")],
)
def test_limit(side: str, price: int, expected: str | None) -> None:
    assert tier(buy(side=side, price=price), "LIMIT") == expected
    assert tier(modify(side=side, price=price), "LIMIT") == expected


@pytest.mark.parametrize("missing", [{"upper": None}, {"lower": None}, {"upper": Decimal(0)}])
def test_limit_without_the_limits_of_the_day(missing: dict[str, Any]) -> None:
    assert found(quoted(buy(), **missing)) == {"LIMIT": "hold"}


@pytest.mark.parametrize("key", ["tick", "limit"])
def test_the_config_may_make_tick_and_limit_a_hold(key: str) -> None:
    situation = limited(buy(price=91_150), **{key: Tier.HOLD})

    assert tier(situation, key.upper()) == "hold"


def test_an_order_without_price_has_neither_tick_nor_limit() -> None:
    market = replace(buy(type=OrderType.MARKET, price=None), kind=None, on_tty=True)

    assert found(market) == {}


# SYMBOLS


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("allow", "deny", "expected"),
    [
        ([], [], None),
        ([], ["000660"], None),
        ([], ["005930"], "refuse"),
        (["005930"], [], None),
        (["000660"], [], "refuse"),
        (["005930"], ["005930"], "refuse"),
    ],
)
def test_symbols(side: str, allow: list[str], deny: list[str], expected: str | None) -> None:
    limits = {
        "symbols_allow": frozenset(map(Symbol, allow)),
        "symbols_deny": frozenset(map(Symbol, deny)),
    }

    assert tier(limited(buy(side=side), **limits), "SYMBOLS") == expected


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


# COLLAR and NO_PRICE


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [
        ("buy", 60_000, None),
        ("buy", 72_100, None),
        ("buy", 72_200, "warn"),
        ("buy", 77_000, "warn"),
        ("buy", 77_100, "hold"),
        ("sell", 80_000, None),
        ("sell", 67_900, None),
        ("sell", 67_800, "warn"),
        ("sell", 63_000, "warn"),
        ("sell", 62_900, "hold"),
    ],
)
def test_collar(side: str, price: int, expected: str | None) -> None:
    assert tier(buy(side=side, price=price), "COLLAR") == expected
    assert tier(modify(side=side, price=price), "COLLAR") == expected


def test_collar_rounds_away_from_the_limit() -> None:
    situation = quoted(buy(price=72_200), last=Decimal(70_096))

    assert said(situation, "COLLAR") == (
        "a buy at 72,200 is 3.01 % above the last price 70,096, limit 3 %"
    )


def test_a_fraction_of_a_percent_is_a_limit_too() -> None:
    assert tier(limited(buy(price=71_700), collar_warn=Decimal("2.5")), "COLLAR") is None
    assert tier(limited(buy(price=71_800), collar_warn=Decimal("2.5")), "COLLAR") == "warn"


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("age", "expected"),
    [(0, None), (59, None), (60, None), (61, "hold"), (-1, "hold")],
)
def test_no_price_when_it_is_old(side: str, age: int, expected: str | None) -> None:
    read_at = NOW - timedelta(seconds=age)

    assert tier(quoted(buy(side=side), read_at=read_at), "NO_PRICE") == expected


@pytest.mark.parametrize("missing", [{"last": None}, {"last": Decimal(0)}, {"read_at": None}])
def test_no_price_when_there_is_none(missing: dict[str, Any]) -> None:
    assert found(quoted(buy(), **missing)) == {"NO_PRICE": "hold"}
    assert found(quoted(sell(), **missing)) == {"NO_PRICE": "hold"}
    assert found(replace(buy(), quote=None)) == {"LIMIT": "hold", "NO_PRICE": "hold"}


# MARKET


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("order_type", OrderType)
def test_market(side: str, order_type: OrderType) -> None:
    is_market = order_type in {OrderType.MARKET, OrderType.MARKET_IOC, OrderType.MARKET_FOK}
    situation = buy(side=side, type=order_type)

    assert (tier(situation, "MARKET") == "hold") is is_market
    assert tier(replace(situation, on_tty=True), "MARKET") is None
    assert tier(limited(situation, market=None), "MARKET") is None


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

    assert said(situation, "DUPLICATE") == "the same order was sent 40 seconds ago, limit 120"
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


# HOURS


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("moment", "changes", "expected"),
    [
        ("2026-11-20 08:29", {}, "warn"),
        ("2026-11-20 08:30", {}, None),
        ("2026-11-20 15:29", {}, None),
        ("2026-11-20 15:31", {}, "warn"),
        ("2026-11-20 15:31", {"type": OrderType.POST_CLOSE}, None),
        ("2026-11-20 16:00", {}, None),
        ("2026-11-20 16:00", {"type": OrderType.MARKET}, "warn"),
        ("2026-11-20 20:00", {}, "warn"),
        ("2026-11-20 08:10", {"exchange": "NXT"}, None),
        ("2026-11-20 08:10", {"exchange": "SOR"}, None),
        ("2026-11-20 10:00", {"exchange": "SOR"}, None),
        ("2026-11-21 10:00", {}, "warn"),
        ("2026-12-25 10:00", {}, "warn"),
        ("2026-11-19 09:40", {}, None),
        ("2026-11-19 09:20", {"type": OrderType.SINGLE}, "warn"),
        ("2027-01-05 11:00", {}, "warn"),
    ],
)
def test_hours(moment: str, changes: dict[str, Any], expected: str | None) -> None:
    assert tier(replace(buy(**changes), broker_time=at(moment)), "HOURS") == expected


@pytest.mark.parametrize(
    ("moment", "expected"), [("08:40", "warn"), ("09:00", None), ("15:25", None), ("16:30", "warn")]
)
def test_the_mock_server_has_hours_of_its_own(moment: str, expected: str | None) -> None:
    signing = replace(
        SIGNING,
        profile_environment="mock",
        token_environment="mock",
        host_environment="mock",
    )
    situation = replace(
        buy(),
        signing=signing,
        account=AccountId("kiwoom", "mock", MINE.number),
        broker_time=at(f"2026-11-20 {moment}"),
    )

    assert found(situation).get("HOURS") == expected


def test_hours_are_those_of_the_broker() -> None:
    closed = replace(buy(), broker_time=at("2026-11-20 22:00"))

    assert said(closed, "HOURS") == (
        "KRX takes no limit order at 2026-11-20 22:00 by the broker's clock"
    )
    assert found(replace(buy(), broker_time=None)) == {"HOURS": "hold"}
    assert found(replace(closed, limits=replace(closed.limits, hours=Tier.REFUSE))) == {
        "HOURS": "refuse"
    }


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
