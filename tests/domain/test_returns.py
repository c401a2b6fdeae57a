"""Returns: cases done by hand, an independent library, and what must hold whatever the figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import pyxirr
from hypothesis import example, given
from hypothesis import strategies as st

from kiwoomctl.domain.returns import Flow, Valuation, growths, returns

START = date(2026, 1, 2)
CLOSE = Decimal("1e-18")
Days = list[tuple[int, int]]
"""Days after START, and KRW."""


def values(*days: tuple[int, int]) -> list[Valuation]:
    return [Valuation(START + timedelta(days=day), Decimal(value)) for day, value in days]


def moved(*days: tuple[int, int]) -> list[Flow]:
    return [Flow(START + timedelta(days=day), Decimal(amount)) for day, amount in days]


def test_days_are_linked() -> None:
    # 1.10 x 0.90 = 0.99
    found = returns(values((0, 1000), (1, 1100), (2, 990)), [])
    assert found.time_weighted == found.money_weighted == Decimal("-0.01")


def test_a_year_at_the_rate_of_two_great_days_is_no_figure() -> None:
    found = returns(values((0, 2_000), (2, 19_000_000)), [])
    assert found.money_weighted == 9_499
    assert found.money_weighted_yearly is None
    slower = returns(values((0, 2_000), (200, 19_000_000)), []).money_weighted_yearly
    assert slower is not None
    assert 1e7 < slower < 1e8


def test_a_deposit_is_no_gain_and_counts_from_the_start_of_its_day() -> None:
    # (2,200 - 1,000 - 1,000) / (1,000 + 1,000) = 10 percent.
    found = returns(values((0, 1000), (1, 2200)), moved((1, 1000)))
    assert found.time_weighted == Decimal("0.1")
    assert found.flows == 1000


def test_a_withdrawal_counts_to_the_end_of_its_day() -> None:
    # (600 - 1,000 + 500) / 1,000 = 10 percent.
    assert returns(values((0, 1000), (1, 600)), moved((1, -500))).time_weighted == Decimal("0.1")


def test_flows_between_far_valuations_are_weighted_by_days() -> None:
    # Ten days, 500 in on the fourth day: there for 7 of 10. (1,700 - 1,500) / (1,000 + 350).
    found = returns(values((0, 1000), (10, 1700)), moved((4, 500)))
    assert found.time_weighted is not None
    assert abs(found.time_weighted - Decimal(200) / Decimal(1350)) < CLOSE


def test_a_doubled_year_is_100_percent_a_year_and_two_of_them_300_over_both() -> None:
    found = returns(values((0, 1000), (365, 2000)), [])
    assert found.money_weighted_yearly == 1
    both = returns(values((0, 1000), (730, 4000)), [])
    assert both.money_weighted == 3
    assert both.money_weighted_yearly is not None
    assert abs(both.money_weighted_yearly - 1) < CLOSE


def test_money_weighted_by_hand() -> None:
    # 1,000 x^2 + 1,000 x = 2,310 with x for half of the time: x = 1.1, so 21 percent over all.
    found = returns(values((0, 1000), (100, 2310)), moved((50, 1000)))
    assert found.money_weighted is not None
    assert abs(found.money_weighted - Decimal("0.21")) < CLOSE


def test_emptied_and_begun_again() -> None:
    assert returns(values((0, 1000), (1, 0)), moved((1, -1000))).time_weighted == 0
    begun = returns(values((0, 0), (1, 1050)), moved((1, 1000)))
    assert begun.time_weighted == Decimal("0.05")
    assert returns(values((0, 0), (5, 0)), []).time_weighted == 0


def test_where_a_return_means_nothing_there_is_none() -> None:
    assert returns([], [])[0:2] == (None, None)
    one = returns(values((0, 1000)), [])
    assert (one.time_weighted, one.money_weighted, one.money_weighted_yearly) == (None, None, None)
    gift = returns(values((0, 0), (1, 100)), [])
    assert (gift.time_weighted, gift.money_weighted) == (None, None)
    owed = returns(values((0, -50), (1, 100)), [])
    assert (owed.time_weighted, owed.money_weighted) == (None, None)
    assert growths(values((0, 0), (1, 100), (2, 110)), []) == [1, None, None]


def test_a_total_loss_is_all_of_it() -> None:
    found = returns(values((0, 1000), (30, 0)), moved((10, 500)))
    assert found.money_weighted == found.money_weighted_yearly == -1


def test_flows_outside_of_the_period_count_for_nothing() -> None:
    inside = returns(values((10, 1000), (20, 1100)), [])
    outside = returns(values((10, 1000), (20, 1100)), moved((10, 500), (3, 9), (21, 77)))
    assert inside == outside


money = st.integers(1_000, 10**12)
steps = st.lists(st.tuples(st.integers(1, 40), money), min_size=2, max_size=30)


def _spaced(gaps: Days) -> list[Valuation]:
    day, found = 0, []
    for gap, value in gaps:
        day += gap
        found.append((day, value))
    return values(*found)


@given(steps)
def test_without_flows_both_returns_are_one(gaps: Days) -> None:
    found = returns(_spaced(gaps), [])
    assert found.time_weighted is not None
    assert found.money_weighted is not None
    assert abs(found.time_weighted - found.money_weighted) < CLOSE * (1 + found.money_weighted)


@example([(1, 1000), (1, 1000), (1, 1000)], [(2, -1), (2, 28)])
@given(steps, st.lists(st.tuples(st.integers(1, 1000), st.integers(-900, 10**9)), max_size=8))
def test_neither_order_nor_scale_matters(gaps: Days, flows: Days) -> None:
    days = _spaced(gaps)
    found = returns(days, moved(*flows))
    assert returns(days[::-1], moved(*flows[::-1])) == found
    larger = returns(
        [day._replace(value=day.value * 1000) for day in days],
        [flow._replace(amount=flow.amount * 1000) for flow in moved(*flows)],
    )
    for one, other in zip(found[3:], larger[3:], strict=True):
        assert (one is None) == (other is None)
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            assert abs(one - other) <= CLOSE * (1 + abs(one))


@given(
    money,
    money,
    st.integers(30, 900),
    st.lists(st.tuples(st.integers(1, 900), st.integers(0, 10**9)), max_size=10),
)
def test_an_independent_library_finds_the_same_rate(
    begin: int, end: int, length: int, flows: Days
) -> None:
    inside = [(day, amount) for day, amount in flows if 0 < day <= length]
    found = returns(values((0, begin), (length, end)), moved(*inside))
    dates = [START, *(START + timedelta(days=day) for day, _ in inside)]
    amounts = [-begin, *(-amount for _, amount in inside)]
    theirs = pyxirr.xirr([*dates, START + timedelta(days=length)], [*amounts, end])
    if theirs is not None and found.money_weighted_yearly is not None:
        ours = float(found.money_weighted_yearly)
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@given(
    st.integers(10**6, 10**9),
    st.lists(st.tuples(st.integers(1, 364), st.integers(-(10**5), 10**6)), max_size=6),
    st.integers(-50, 80),
)
def test_the_rate_makes_everything_grow_to_the_end(begin: int, flows: Days, gain: int) -> None:
    end = (begin + sum(amount for _, amount in flows)) * (100 + gain) // 100
    found = returns(values((0, begin), (365, end)), moved(*flows))
    assert found.money_weighted is not None
    rate = float(found.money_weighted)
    grown = begin * (1 + rate)
    grown += sum(amount * (1 + rate) ** ((365 - day) / 365) for day, amount in flows)
    assert grown == pytest.approx(end, rel=1e-9)
    assert pyxirr.xirr(
        [START, *(START + timedelta(days=d) for d, _ in flows), START + timedelta(days=365)],
        [-begin, *(-amount for _, amount in flows), end],
    ) == pytest.approx(rate, rel=1e-6, abs=1e-6)
