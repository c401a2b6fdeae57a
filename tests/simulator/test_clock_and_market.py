"""The simulated time and the simulated prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.prices import is_on_tick, price_band
from kiwoomctl.domain.sessions import Session, is_trading_day, session_at
from kiwoomctl.errors import UsageError
from kiwoomctl.simulator.clock import SimulatedClock, http_date
from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.market import Market

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import ManualClock

SYMBOLS = sorted(instruments())
MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(tzinfo=KST)
)


def test_an_open_market_starts_at_ten_and_never_closes(
    machine_at: Callable[[str], ManualClock],
) -> None:
    machine = machine_at("2026-10-03T23:30:00+09:00")
    clock = SimulatedClock("open", machine)
    assert clock.now().isoformat() == "2026-10-06T10:00:00+09:00"
    seen = [clock.now()]
    for _ in range(100):
        machine.advance(1_800)
        seen.append(clock.now())
        assert session_at(seen[-1]) is Session.CONTINUOUS
    assert seen == sorted(seen)
    assert seen[1] - seen[0] == timedelta(minutes=30)


def test_a_live_market_has_the_machines_time(machine_at: Callable[[str], ManualClock]) -> None:
    machine = machine_at("2026-10-03T23:30:00+09:00")
    clock = SimulatedClock("live", machine)
    machine.advance(60)
    assert clock.now() == machine.now()


def test_a_moment_ticks_through_the_night(machine_at: Callable[[str], ManualClock]) -> None:
    machine = machine_at("2026-10-03T23:30:00+09:00")
    clock = SimulatedClock("2026-09-11T23:59:59+09:00", machine)
    machine.advance(1)
    assert clock.now().isoformat() == "2026-09-12T00:00:00+09:00"
    assert clock.today().isoformat() == "2026-09-11"


def test_a_bad_clock_is_named(machine_at: Callable[[str], ManualClock]) -> None:
    with pytest.raises(UsageError, match="noon"):
        SimulatedClock("noon", machine_at("2026-10-03T23:30:00+09:00"))


def test_the_date_header_has_the_form_of_http() -> None:
    moment = datetime(2026, 11, 2, 8, 5, 9, tzinfo=KST)
    assert http_date(moment) == "Sun, 01 Nov 2026 23:05:09 GMT"


@given(st.sampled_from(SYMBOLS), MOMENTS, st.booleans(), st.integers(0, 50))
def test_every_price_is_on_the_grid_and_in_the_band(
    symbol: str, moment: datetime, moving: bool, seed: int
) -> None:
    market = Market(seed, moving=moving)
    quote = market.quote(symbol, moment)
    kind = quote.instrument.kind
    for price in (quote.price, quote.base, quote.open, quote.high, quote.low):
        assert is_on_tick(price, kind)
        assert price in quote.band
    assert quote.band == price_band(quote.base, kind)
    assert quote.low <= quote.price <= quote.high
    assert market.price(symbol, moment) == Market(seed, moving=moving).price(symbol, moment)


@given(st.sampled_from(SYMBOLS), st.integers(0, 50))
def test_a_moving_price_keeps_still_within_a_minute(symbol: str, seed: int) -> None:
    market = Market(seed, moving=True)
    minute = datetime(2026, 10, 1, 10, 30, tzinfo=KST)
    prices = {market.price(symbol, minute + timedelta(seconds=s)) for s in (0, 1, 30, 59)}
    assert len(prices) == 1


def test_prices_move_over_minutes_and_days_and_keep_still_when_told() -> None:
    start = datetime(2026, 10, 1, 10, 0, tzinfo=KST)
    moving, still = Market(1, moving=True), Market(1, moving=False)
    minutes = [start + timedelta(minutes=m) for m in range(60)]
    assert len({moving.price("005930", m) for m in minutes}) > 5
    assert len({still.price("005930", m) for m in minutes}) == 1
    days = [start + timedelta(days=d) for d in range(20)]
    assert len({still.price("005930", d) for d in days}) > 5


def test_the_close_of_a_day_is_the_base_of_the_next() -> None:
    for moving in (True, False):
        market = Market(3, moving=moving)
        evening = datetime(2026, 10, 2, 18, 0, tzinfo=KST)
        after = datetime(2026, 10, 6, 10, 0, tzinfo=KST)
        assert not is_trading_day(datetime(2026, 10, 5, tzinfo=KST).date())
        for symbol in SYMBOLS[::25]:
            assert market.base_price(symbol, after) == market.price(symbol, evening)


def test_some_days_change_nothing_and_others_go_both_ways() -> None:
    market = Market(1, moving=False)
    moment = datetime(2026, 10, 1, 10, 0, tzinfo=KST)
    assert {market.quote(symbol, moment).direction for symbol in SYMBOLS} == {-1, 0, 1}


def test_every_instrument_is_well_formed() -> None:
    for instrument in instruments().values():
        assert len(instrument.symbol) == 6
        assert is_on_tick(instrument.reference_price, instrument.kind)
    assert len(SYMBOLS) >= 500
