from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.prices import (
    InstrumentKind,
    ceil_to_tick,
    floor_to_tick,
    is_on_tick,
    next_tick_down,
    next_tick_up,
    price_band,
    tick_size,
)

KINDS = st.sampled_from(InstrumentKind)
PRICES = st.integers(1, 3_000_000)


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        (1, 1),
        (1_999, 1),
        (2_000, 5),
        (4_999, 5),
        (5_000, 10),
        (19_999, 10),
        (20_000, 50),
        (49_999, 50),
        (50_000, 100),
        (199_999, 100),
        (200_000, 500),
        (499_999, 500),
        (500_000, 1_000),
        (2_000_000, 1_000),
    ],
)
def test_the_table_of_stocks(price: int, tick: int) -> None:
    assert tick_size(price) == tick
    assert tick_size(Decimal(price)) == tick


@pytest.mark.parametrize("kind", [k for k in InstrumentKind if k is not InstrumentKind.STOCK])
def test_funds_and_notes_have_two_ticks(kind: InstrumentKind) -> None:
    assert [tick_size(price, kind) for price in (1, 1_999, 2_000, 700_000)] == [1, 1, 5, 5]


def test_a_price_between_two_ticks_is_not_on_the_grid() -> None:
    assert is_on_tick(244_500)
    assert not is_on_tick(244_750)
    assert not is_on_tick(Decimal("244500.5"))
    assert not is_on_tick(0)
    assert is_on_tick(24_935, InstrumentKind.ETF)
    assert not is_on_tick(24_935)


@given(PRICES, KINDS)
def test_rounding_gives_the_nearest_prices_of_the_grid(price: int, kind: InstrumentKind) -> None:
    below, above = floor_to_tick(price, kind), ceil_to_tick(price, kind)
    assert below <= price <= above
    assert is_on_tick(above, kind)
    assert below == 0 or is_on_tick(below, kind)
    assert (below == above) == is_on_tick(price, kind)
    assert not any(is_on_tick(p, kind) for p in range(below + 1, above) if p != price)


@given(PRICES, KINDS)
def test_decimals_round_like_whole_numbers(price: int, kind: InstrumentKind) -> None:
    half = Decimal(price) + Decimal("0.5")
    assert floor_to_tick(half, kind) == floor_to_tick(price, kind)
    assert ceil_to_tick(half, kind) == ceil_to_tick(price + 1, kind)
    assert isinstance(floor_to_tick(half, kind), Decimal)


@given(st.integers(10, 3_000_000), KINDS)
def test_neighbours_are_one_tick_away(price: int, kind: InstrumentKind) -> None:
    on_grid = ceil_to_tick(price, kind)
    above = next_tick_up(on_grid, kind)
    assert above - on_grid == tick_size(on_grid, kind)
    assert next_tick_down(above, kind) == on_grid


@given(st.integers(100, 3_000_000), KINDS)
def test_the_band_is_the_widest_on_the_grid_within_30_percent(
    base: int, kind: InstrumentKind
) -> None:
    band = price_band(base, kind)
    for price in (band.lower, band.upper):
        assert is_on_tick(price, kind)
        assert price in band
    assert band.lower * 10 >= base * 7 > (next_tick_down(band.lower, kind)) * 10
    assert band.upper * 10 <= base * 13 < next_tick_up(band.upper, kind) * 10
    assert band.lower - 1 not in band


def test_a_known_band() -> None:
    band = price_band(259_000)
    assert (band.lower, band.upper) == (181_300, 336_500)
    assert price_band(Decimal(259_000)) == band
