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
from kiwoomctl.risk.situation import Situation
from kiwoomctl.risk.verdicts import Tier
from tests.risk.samples import (
    MINE,
    NOW,
    OTHER,
    SIGNING,
    SOUND,
    buy,
    cancel,
    found,
    limited,
    modify,
    quoted,
    said,
    sell,
    tier,
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
