"""What holds for every order: tighter is never milder, cancels pass, the unknown is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl import risk
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.market import Quote
from kiwoomctl.domain.orders import OrderType, Terms
from kiwoomctl.domain.prices import InstrumentKind, is_on_tick
from kiwoomctl.errors import Phrase
from kiwoomctl.risk.checks import check
from kiwoomctl.risk.limits import Limits, is_looser, tightened
from kiwoomctl.risk.situation import Counters, Situation
from kiwoomctl.risk.verdicts import Code, Tier, worst
from tests.risk.samples import (
    MINE,
    NOW,
    OTHER,
    SIGNING,
    SOUND,
    TARGET,
    buy,
    cancel,
    modify,
    sell,
    terms,
    tier,
    working,
)

SYMBOLS = [Symbol("005930"), Symbol("000660"), Symbol("252670")]
symbol_sets = st.frozensets(st.sampled_from(SYMBOLS))
won = st.integers(0, 20_000_000)
percents = st.decimals(0, 100, places=2)
prices = st.one_of(st.integers(40_000, 95_000), st.integers(400, 950).map(lambda n: n * 100)).map(
    Decimal
)
seconds = st.integers(0, 90_000).map(lambda n: timedelta(seconds=n))

all_limits = st.builds(
    Limits,
    tick=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    limit=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    symbols_allow=symbol_sets,
    symbols_deny=symbol_sets,
    cash=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    sellable=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    value_warn=won,
    value_hold=won,
    quantity=st.none() | st.integers(0, 200),
    collar_warn=percents,
    collar_hold=percents,
    no_price=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    market=st.sampled_from([None, Tier.HOLD]),
    daily_account=won,
    daily_all=won,
    count_minute=st.integers(0, 5),
    count_day=st.integers(0, 5),
    duplicate=st.integers(1, 86_400),
    cross=st.sampled_from([Tier.HOLD, Tier.REFUSE]),
    hours=st.sampled_from(list(Tier)),
)


@st.composite
def orders(draw: st.DrawFn) -> Any:
    action = draw(st.sampled_from(["buy", "sell", "modify"]))
    side = draw(st.sampled_from(["buy", "sell"])) if action == "modify" else action
    order_type = draw(st.sampled_from(OrderType))
    return terms(
        action=action,
        side=side,
        type=order_type,
        symbol=draw(st.sampled_from(SYMBOLS)),
        quantity=draw(st.integers(0 if action == "modify" else 1, 200)),
        price=draw(prices) if order_type.takes_price else None,
        stop_price=draw(prices) if order_type.takes_stop_price else None,
        exchange=draw(st.sampled_from(["KRX", "NXT", "SOR"])),
        target="0157630" if action == "modify" else None,
    )


accounts = st.sampled_from([MINE, OTHER, AccountId("kiwoom", "sim", "1")])
moments = seconds.map(lambda age: NOW + age)
counters = st.builds(
    Counters,
    now=moments,
    daily_account=won,
    daily_all=won,
    bought_lately=won,
    last_minute=st.integers(0, 6),
    today=st.integers(0, 6),
    equal=st.lists(moments, max_size=3).map(tuple),
)
working_rows = st.builds(
    working,
    account=accounts,
    symbol=st.sampled_from(SYMBOLS),
    side=st.sampled_from([None, "buy", "sell"]),
    type=st.none() | st.sampled_from(OrderType),
    price=st.none() | prices,
)
situations = st.builds(
    Situation,
    account=accounts,
    terms=orders(),
    limits=all_limits,
    now=moments,
    broker_time=st.none() | moments,
    on_tty=st.booleans(),
    halt=st.sampled_from([None, "active", "reducing", "halted"]),
    signing=st.sampled_from([SIGNING, replace(SIGNING, number=None)]),
    quote=st.none()
    | st.builds(
        Quote,
        last=st.none() | prices,
        upper=st.none() | prices,
        lower=st.none() | prices,
        read_at=st.none() | moments,
    ),
    kind=st.none() | st.sampled_from(InstrumentKind),
    orderable=st.none() | st.integers(-1_000_000, 50_000_000).map(Decimal),
    sellable_quantity=st.none() | st.integers(0, 200),
    commission_rate=st.none() | st.just(Decimal("0.0035")),
    counters=st.none() | counters,
    working=st.none() | st.lists(working_rows, max_size=3).map(tuple),
    target=st.none() | st.just(TARGET),
)


def tier_of(situation: Situation, code: Code) -> Tier | None:
    return worst(verdict for verdict in check(situation) if verdict.code is code)


# Tightening


@given(situations, all_limits)
def test_a_tighter_limit_never_yields_a_milder_tier(situation: Situation, other: Limits) -> None:
    """Take from other what is tighter, by field: no code may become milder."""
    base = situation.limits
    own = {
        field.name: getattr(other, field.name)
        for field in fields(Limits)
        if not is_looser(base, field.name, getattr(other, field.name))
    }
    tight = replace(situation, limits=tightened(base, own))

    assert (worst(check(tight)) or 0) >= (worst(check(situation)) or 0)
    for code in Code:
        assert (tier_of(tight, code) or 0) >= (tier_of(situation, code) or 0)


@given(all_limits, all_limits)
def test_looser_is_said_of_one_of_two_different_values(one: Limits, other: Limits) -> None:
    for field in fields(Limits):
        name = field.name
        first, second = getattr(one, name), getattr(other, name)
        assert not is_looser(one, name, first)
        either = is_looser(one, name, second) or is_looser(other, name, first)
        assert either == (first != second)


@pytest.mark.parametrize(
    ("field", "tighter", "looser"),
    [
        ("tick", None, Tier.HOLD),
        ("cash", Tier.REFUSE, None),
        ("market", None, "off"),
        ("hours", Tier.HOLD, None),
        ("value_warn", 0, 3_000_001),
        ("quantity", 5, None),
        ("duplicate", 121, 119),
        ("collar_hold", Decimal("9.99"), Decimal("10.01")),
        ("symbols_allow", frozenset({SYMBOLS[0]}), None),
        ("symbols_deny", frozenset({SYMBOLS[0]}), None),
    ],
)
def test_the_defaults_are_tightened_but_not_loosened(field: str, tighter: Any, looser: Any) -> None:
    base = Limits()
    if tighter is not None:
        assert getattr(tightened(base, {field: tighter}), field) == tighter
    if looser is not None:
        with pytest.raises(ValueError, match=field):
            tightened(base, {field: None if looser == "off" else looser})


def test_a_deny_list_adds_and_an_allow_list_takes() -> None:
    base = Limits(symbols_allow=frozenset(SYMBOLS[:2]), symbols_deny=frozenset(SYMBOLS[2:]))

    own = tightened(
        base,
        {"symbols_allow": frozenset(SYMBOLS[:1]), "symbols_deny": frozenset(SYMBOLS[1:2])},
    )

    assert own.symbols_allow == {SYMBOLS[0]}
    assert own.symbols_deny == set(SYMBOLS[1:])
    for looser in (frozenset(SYMBOLS), frozenset[Symbol]()):
        with pytest.raises(ValueError, match="symbols_allow"):
            tightened(base, {"symbols_allow": looser})


# Cancels


@given(situations)
def test_a_cancel_is_stopped_by_nothing_but_environment(situation: Situation) -> None:
    stopped = {v.code for v in check(replace(situation, terms=cancel().terms))}

    assert stopped <= {Code.ENVIRONMENT}
    agreeing = replace(situation, terms=cancel().terms, signing=SIGNING, account=MINE)
    assert check(agreeing) == ()


# The tick grid


@given(st.integers(1, 3_000_000), st.sampled_from(InstrumentKind), st.sampled_from(["buy", "sell"]))
def test_tick_agrees_with_the_grid(price: int, kind: InstrumentKind, side: str) -> None:
    situation = replace(buy(side=side, price=price), kind=kind)

    assert (tier(situation, "TICK") is None) == is_on_tick(price, kind)


@given(st.integers(1, 3_000_000))
def test_while_the_kind_is_unknown_no_price_passes(price: int) -> None:
    possible = any(is_on_tick(price, kind) for kind in InstrumentKind)

    assert tier(replace(buy(price=price), kind=None), "TICK") == ("hold" if possible else "refuse")


# Missing figures

MARKET_BUY = buy(type=OrderType.MARKET, price=None)
MARKET_SELL = sell(type=OrderType.MARKET, price=None)
LIMITED = Limits(quantity=100)
# What is unknown, and the checks of a buy, a sell and a modify that cannot do without it.
NEEDED = [
    ({"halt": None}, {"HALT"}, {"HALT"}, {"HALT"}),
    ({"broker_time": None}, {"HOURS"}, {"HOURS"}, {"HOURS"}),
    ({"quote": None}, *[{"LIMIT", "NO_PRICE"}] * 3),
    ({"kind": None}, {"TICK"}, {"TICK"}, {"TICK"}),
    ({"orderable": None}, {"CASH"}, set(), {"CASH"}),
    ({"commission_rate": None}, {"CASH"}, set(), {"CASH"}),
    ({"sellable_quantity": None}, set(), {"SELLABLE"}, set()),
    (
        {"counters": None},
        {"CASH", "DAILY", "COUNT", "DUPLICATE"},
        {"COUNT", "DUPLICATE"},
        {"CASH", "DAILY", "COUNT", "DUPLICATE"},
    ),
    ({"working": None}, {"CROSS"}, {"CROSS"}, {"CROSS"}),
    ({"target": None}, set(), set(), {"CASH", "VALUE", "QUANTITY", "DAILY"}),
]


@pytest.mark.parametrize(("missing", "buys", "sells", "modifies"), NEEDED)
def test_what_is_missing_holds_the_checks_that_need_it(
    missing: dict[str, Any], buys: set[str], sells: set[str], modifies: set[str]
) -> None:
    raised = modify(price=70_100)
    for situation, expected in ((buy(), buys), (sell(), sells), (raised, modifies)):
        verdicts = check(replace(situation, limits=LIMITED, **missing))
        assert {verdict.code.value for verdict in verdicts} == expected
        assert all(verdict.tier is Tier.HOLD for verdict in verdicts)


def test_every_figure_that_may_be_missing_is_tried() -> None:
    optional = {field.name for field in fields(Situation) if "None" in str(field.type)}

    assert optional == {name for missing, *_ in NEEDED for name in missing}


def test_a_market_order_needs_the_price_it_is_counted_with() -> None:
    assert {"CASH", "VALUE", "DAILY", "NO_PRICE"} <= {
        v.code for v in check(replace(MARKET_BUY, quote=None))
    }
    assert {"VALUE", "NO_PRICE"} <= {v.code for v in check(replace(MARKET_SELL, quote=None))}


@given(situations, orders(), st.sampled_from(NEEDED))
def test_whatever_else_is_so_the_missing_figure_holds(
    situation: Situation, order: Terms, needed: Any
) -> None:
    missing, buys, sells, _ = needed
    limit = order._replace(
        action=order.side, type=OrderType.LIMIT, price=Decimal(70_000), quantity=1
    )
    unknowing = replace(situation, terms=limit, **missing)

    for code in buys if order.side == "buy" else sells:
        assert (tier_of(unknowing, Code(code)) or 0) >= Tier.HOLD


# Texts


def floats_in(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, Phrase):
        for inner in value.values.values():
            yield from floats_in(inner)


@given(situations)
def test_every_verdict_can_be_said_and_holds_no_float(situation: Situation) -> None:
    for verdict in check(situation):
        text = str(verdict.message)
        assert text
        assert "None" not in text
        assert "\n" not in text
        assert list(floats_in(verdict.message)) == []


def test_no_check_uses_a_float() -> None:
    folder = Path(risk.__file__).parent
    config = folder.parent / "config" / "risk.py"
    for path in (*folder.glob("*.py"), config):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            constant = isinstance(node, ast.Constant) and isinstance(node.value, float)
            called = isinstance(node, ast.Name | ast.Attribute) and (
                getattr(node, "id", getattr(node, "attr", "")) in {"float", "total_seconds"}
            )
            assert not constant
            assert not called, f"{path.name}:{getattr(node, 'lineno', 0)}"


def test_huge_numbers_are_no_error() -> None:
    huge = replace(buy(price=Decimal(10) ** 60, quantity=10**40), orderable=Decimal(0))

    assert {"VALUE", "COLLAR", "LIMIT", "CASH", "DAILY"} <= {
        verdict.code.value for verdict in check(huge) if str(verdict.message)
    }
    assert SOUND.terms.price == 70_000
