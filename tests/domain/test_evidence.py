"""Which order could be ours: never one that was there before, never more than likeness allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.evidence import (
    EARLIER,
    FINAL_AGE,
    FINAL_APART,
    LATER,
    Sought,
    find,
    is_defective,
    may_be_final,
)
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import BrokerOrder, OrderType, State, Terms

DAY = date(2026, 11, 20)
SENT = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
CLOSING = datetime.combine(DAY, time(20, 30), KST)
TERMS = Terms(
    action="buy",
    symbol=Symbol("005930"),
    side="buy",
    type=OrderType.LIMIT,
    quantity=10,
    price=Decimal(70_000),
    stop_price=None,
    exchange="KRX",
)
OURS = BrokerOrder(
    number="157630",
    original=None,
    symbol=TERMS.symbol,
    name="삼성전자",
    side="buy",
    type=OrderType.LIMIT,
    quantity=10,
    price=Decimal(70_000),
    stop_price=None,
    filled_quantity=0,
    remaining_quantity=10,
    average_fill_price=None,
    exchange="KRX",
    channel="REST API",
    ordered_at=SENT,
    status="open",
)
SOUGHT = Sought(terms=TERMS, before=(), claimed=(), sent_at=SENT)
MODIFY = TERMS._replace(action="modify", quantity=0, price=Decimal(71_000), target="100")
CANCEL = TERMS._replace(action="cancel", quantity=0, price=None, target="100")
MODIFIED = OURS._replace(original="100", change="modify", price=Decimal(71_000))
CANCELLED = OURS._replace(original="100", change="cancel", price=None)

# What a list may leave blank, and what it must not matter for.
BLANKS = ("side", "type", "price", "stop_price", "exchange", "channel", "ordered_at")
IRRELEVANT: dict[str, Any] = {
    "name": "",
    "filled_quantity": 10,
    "remaining_quantity": 0,
    "average_fill_price": Decimal(69_900),
    "status": "filled",
    "sor_parent": True,
    "commission": Decimal(100),
}


def candidates(
    *orders: BrokerOrder, terms: Terms = TERMS, before: Iterable[str] = (), **more: Any
) -> list[str]:
    sought = replace(SOUGHT, terms=terms, before=frozenset(before), **more)
    return [order.number for order in find(sought, orders).candidates]


def test_an_order_like_ours_is_ours() -> None:
    found = find(SOUGHT, [OURS])
    assert (found.candidates, found.unsure, found.late) == ((OURS,), False, ())
    assert found.state is State.MATCHED
    assert find(SOUGHT, []).state is State.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": Symbol("000660")},
        {"side": "sell"},
        {"quantity": 11},
        {"quantity": 9},
        {"price": Decimal(70_100)},
        {"type": OrderType.MARKET},
        {"type": OrderType.IOC},
        {"stop_price": Decimal(1), "type": OrderType.STOP},
        {"exchange": "NXT"},
        {"exchange": "SOR"},
        {"channel": "영웅문4"},
        {"channel": "영웅문S#"},
        {"channel": "OPEN API"},
        {"original": "99"},
        {"original": "99", "change": "modify"},
        {"change": "cancel"},
        {"ordered_at": SENT - EARLIER - timedelta(seconds=1)},
        {"ordered_at": SENT - timedelta(hours=1)},
    ],
)
def test_whatever_differs_excludes(change: dict[str, Any]) -> None:
    assert candidates(OURS._replace(**change)) == []


@pytest.mark.parametrize(
    "channel", ["REST API", "RESTAPI", " rest api ", "Rest Api", None, "", " "]
)
def test_our_channel_is_known_however_it_is_written(channel: str | None) -> None:
    assert candidates(OURS._replace(channel=channel)) == [OURS.number]


@given(st.sets(st.sampled_from(BLANKS)))
def test_a_blank_field_neither_matches_nor_excludes(blank: set[str]) -> None:
    blanks: dict[str, Any] = dict.fromkeys(blank)
    order = OURS._replace(**blanks)
    found = find(SOUGHT, [order])
    assert found.candidates == (order,)
    # A type that could not be compared leaves it to a person.
    assert found.state is (State.AMBIGUOUS if "type" in blank else State.MATCHED)
    stranger = order._replace(quantity=11)
    assert find(SOUGHT, [stranger]).state is State.UNKNOWN


@given(st.sets(st.sampled_from(sorted(IRRELEVANT))))
def test_what_became_of_it_does_not_matter(changed: set[str]) -> None:
    values: dict[str, Any] = {name: IRRELEVANT[name] for name in changed}
    assert candidates(OURS._replace(**values)) == [OURS.number]


NUMBERS = st.integers(1, 30).map(str)


@st.composite
def strangers(draw: Callable[..., Any]) -> list[BrokerOrder]:
    """Orders of any kind that a day's lists may hold, many of them just like ours."""
    orders = []
    for number in draw(st.lists(NUMBERS, unique=True, max_size=12)):
        choices: dict[str, list[Any]] = {
            "side": ["buy", "sell", None],
            "type": [OrderType.LIMIT, OrderType.MARKET, None],
            "quantity": [10, 11],
            "price": [Decimal(70_000), Decimal(71_000), None],
            "exchange": ["KRX", "NXT", "SOR", None],
            "channel": ["REST API", "영웅문4", None],
            "original": [None, "100"],
            "change": [None, "modify", "cancel"],
        }
        changed = {name: draw(st.sampled_from(values)) for name, values in choices.items()}
        seconds = draw(st.one_of(st.none(), st.integers(-7200, 7200)))
        at = None if seconds is None else SENT + timedelta(seconds=seconds)
        orders.append(OURS._replace(number=number, ordered_at=at, **changed))
    return orders


WISHES = st.sampled_from(
    [
        TERMS,
        TERMS._replace(exchange="SOR"),
        TERMS._replace(type=OrderType.MARKET, price=None),
        TERMS._replace(type=OrderType.STOP, stop_price=Decimal(69_000)),
        TERMS._replace(type=OrderType.CONDITIONAL),
        MODIFY,
        CANCEL,
    ]
)


@given(strangers(), WISHES, st.frozensets(NUMBERS), st.frozensets(NUMBERS), st.booleans())
def test_no_number_that_was_there_or_is_owned_is_ever_ours(
    orders: list[BrokerOrder],
    terms: Terms,
    before: frozenset[str],
    claimed: frozenset[str],
    timed: bool,
) -> None:
    sought = Sought(terms, before, claimed, SENT if timed else None)
    found = find(sought, orders)
    for order in (*found.candidates, *found.late):
        assert order in orders
        assert order.number not in before | claimed
        assert order.symbol == terms.symbol
        assert order.channel in {"REST API", None}
        assert terms.target is not None or (order.original is None and order.change is None)
        assert terms.target is None or order.original == terms.target
        assert terms.target is not None or order.quantity == terms.quantity
        if timed and order.ordered_at is not None:
            assert order.ordered_at >= SENT - EARLIER
    assert not set(found.candidates) & set(found.late)
    # The state says no more than the candidates do.
    assert (found.state is State.UNKNOWN) == (not found.candidates)
    if len(found.candidates) > 1:
        assert found.state is State.AMBIGUOUS
    # The order in which lists show them does not matter, and strangers change nothing.
    again = find(sought, list(reversed(orders)))
    assert set(again.candidates) == set(found.candidates)
    alone = find(sought, [*found.candidates, *found.late])
    assert (alone.candidates, alone.late) == (found.candidates, found.late)


@given(strangers(), st.frozensets(NUMBERS), NUMBERS)
def test_ours_is_always_among_the_candidates(
    orders: list[BrokerOrder], before: frozenset[str], number: str
) -> None:
    """Whatever else the lists hold, the order that we made is never lost."""
    ours = OURS._replace(number=number)
    sought = replace(SOUGHT, before=before - {number})
    others = [order for order in orders if order.number != number]
    found = find(sought, [*others, ours])
    assert ours in found.candidates
    assert found.state in {State.MATCHED, State.AMBIGUOUS}


def test_two_alike_are_a_persons_to_tell_apart() -> None:
    found = find(SOUGHT, [OURS, OURS._replace(number="157631")])
    assert (len(found.candidates), found.state) == (2, State.AMBIGUOUS)


@given(st.integers(-3600, 7200))
def test_the_window_is_the_brokers_time(seconds: int) -> None:
    order = OURS._replace(ordered_at=SENT + timedelta(seconds=seconds))
    found = find(SOUGHT, [order])
    early, late = -EARLIER.total_seconds(), LATER.total_seconds()
    assert bool(found.candidates) == (early <= seconds <= late)
    # Too late to be believed, yet no proof that ours does not exist.
    assert bool(found.late) == (seconds > late)
    assert find(replace(SOUGHT, sent_at=None), [order]).candidates == (order,)


@pytest.mark.parametrize(
    ("asked", "listed", "matches"),
    [
        (OrderType.STOP, OrderType.LIMIT, True),
        (OrderType.CONDITIONAL, OrderType.MARKET, True),
        (OrderType.CONDITIONAL, OrderType.LIMIT, True),
        (OrderType.LIMIT, OrderType.STOP, False),
        (OrderType.LIMIT, OrderType.CONDITIONAL, False),
        (OrderType.STOP, OrderType.MARKET, False),
    ],
)
def test_a_type_that_may_become_another_one_is_compared_no_more(
    asked: OrderType, listed: OrderType, matches: bool
) -> None:
    terms = TERMS._replace(type=asked)
    found = find(replace(SOUGHT, terms=terms), [OURS._replace(type=listed)])
    assert found.state is (State.AMBIGUOUS if matches else State.UNKNOWN)


@pytest.mark.parametrize("listed", ["SOR", "KRX", "NXT", None])
def test_a_routed_order_may_be_listed_where_it_went(listed: str | None) -> None:
    order = OURS._replace(exchange=listed)  # type: ignore[arg-type]  # one of them
    assert candidates(order, terms=TERMS._replace(exchange="SOR")) == [OURS.number]


# Changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("terms", "order"), [(MODIFY, MODIFIED), (CANCEL, CANCELLED)])
def test_a_change_is_known_by_its_original(terms: Terms, order: BrokerOrder) -> None:
    assert find(replace(SOUGHT, terms=terms), [order]).state is State.MATCHED
    unclear = order._replace(change=None)
    assert find(replace(SOUGHT, terms=terms), [unclear]).state is State.AMBIGUOUS
    for wrong in (
        order._replace(original="101"),
        order._replace(original=None),
        order._replace(channel="영웅문4"),
        order._replace(symbol=Symbol("000660")),
        order._replace(change="cancel" if terms is MODIFY else "modify"),
        order._replace(ordered_at=SENT - timedelta(minutes=1)),
        OURS,
    ):
        assert candidates(wrong, terms=terms) == []
    # Its quantity is what remained, and its side and type are the original's.
    assert candidates(order._replace(quantity=3, remaining_quantity=3), terms=terms) == ["157630"]


def test_a_modify_has_our_price() -> None:
    assert candidates(MODIFIED._replace(price=Decimal(72_000)), terms=MODIFY) == []
    assert candidates(MODIFIED._replace(price=None), terms=MODIFY) == [MODIFIED.number]


# Absence ------------------------------------------------------------------------------------------

MINUTES = st.integers(-24 * 60, 4 * 24 * 60)


@given(MINUTES, MINUTES)
def test_absence_needs_the_evening_and_half_an_hour(sent: int, read: int) -> None:
    sent_at = CLOSING + timedelta(minutes=sent)
    broker_time = CLOSING + timedelta(minutes=read)
    final = may_be_final(DAY, sent_at, broker_time)
    assert final == (broker_time >= CLOSING and broker_time - sent_at >= FINAL_AGE)
    # Later it stays final.
    assert not final or may_be_final(DAY, sent_at, broker_time + timedelta(minutes=1))
    assert not may_be_final(DAY, None, broker_time)
    assert not may_be_final(DAY, sent_at, None)
    assert not may_be_final(DAY + timedelta(days=5), sent_at, broker_time)


def test_the_figures_of_absence_are_these() -> None:
    assert timedelta(minutes=30) == FINAL_AGE
    assert timedelta(seconds=60) == FINAL_APART
    before = CLOSING - timedelta(seconds=1)
    assert not may_be_final(DAY, SENT, before)
    assert may_be_final(DAY, SENT, CLOSING)
    # The broker's clock counts, in whichever zone it is told.
    assert may_be_final(DAY, SENT, CLOSING.astimezone())


@given(st.frozensets(NUMBERS), st.frozensets(NUMBERS))
def test_a_list_is_defective_where_it_lacks_what_it_must_have(
    listed: frozenset[str], known: frozenset[str]
) -> None:
    assert is_defective(listed, known) == bool(known - listed)
    assert not is_defective(listed | known, known)
