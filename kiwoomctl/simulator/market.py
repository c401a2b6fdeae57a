"""The simulated market: one price per instrument and moment, for every account.

A price is a pure function of the seed, the symbol and the simulated time, unless
somebody pinned it. Nothing is stored but pins, so a restart changes no price.

- Each trading day has a close; the day before it gives the base price (기준가).
- ``still``: a day trades at its close all day long, so that a client's reads and
  the state behind them can be compared.
- ``moving``: the price walks from the base to the close in steps of 60 simulated
  seconds.
- Every unpinned price is on the tick grid and inside the day's band. A pin is
  taken as it is.
"""

from __future__ import annotations

import zlib
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from kiwoomctl.domain.prices import PriceBand, floor_to_tick, price_band
from kiwoomctl.domain.sessions import previous_trading_day, trading_day_until
from kiwoomctl.simulator.instruments import Instrument, instruments

STEP_SECONDS = 60

_MILLION = 1_000_000
_OPEN_MINUTE = 9 * 60
_SESSION_MINUTES = 390
# Levels of a day, in millionths of the reference price.
_SLOW_SWING = 60_000
_DAILY_SWING = 18_000
_SLOW_DAYS = 16
_INTRADAY_SWING = 6_000
# One instrument in so many never leaves its reference price: days without a change exist.
_FLAT_ONE_IN = 23


class Quote(NamedTuple):
    """One instrument at one moment; prices in whole won."""

    instrument: Instrument
    price: int
    base: int
    """기준가: the previous regular close."""
    open: int
    high: int
    low: int
    band: PriceBand
    volume: int
    moment: datetime

    @property
    def direction(self) -> int:
        """1 above the base, -1 below, 0 equal."""
        return (self.price > self.base) - (self.price < self.base)


class Market:
    """All listed instruments and their prices."""

    def __init__(self, seed: int, *, moving: bool) -> None:
        self.seed = seed
        self.moving = moving
        self.pins: dict[str, int] = {}
        self._listed = instruments()

    def find(self, symbol: str) -> Instrument | None:
        """Return the instrument, or None when nothing of that code is listed."""
        return self._listed.get(symbol)

    def pin(self, symbol: str, price: int | None) -> None:
        """Hold the price of a listed symbol at that many won; None lets it go."""
        if price is None:
            self.pins.pop(symbol, None)
        else:
            self.pins[symbol] = price

    def price(self, symbol: str, moment: datetime) -> int:
        """Return the last price in won of a listed symbol."""
        pinned = self.pins.get(symbol)
        if pinned is not None:
            return pinned
        instrument = self._listed[symbol]
        day = trading_day_until(moment.date())
        close = closing_price(self.seed, instrument, day)
        if not self.moving:
            return close
        minute = _minute_of(moment, day)
        return _price_at(self.seed, instrument, day, minute)

    def base_price(self, symbol: str, moment: datetime) -> int:
        """Return the previous regular close in won of a listed symbol."""
        day = trading_day_until(moment.date())
        return closing_price(self.seed, self._listed[symbol], previous_trading_day(day))

    def quote(self, symbol: str, moment: datetime) -> Quote:
        """Return everything known of a listed symbol at this moment."""
        instrument = self._listed[symbol]
        day = trading_day_until(moment.date())
        base = self.base_price(symbol, moment)
        price = self.price(symbol, moment)
        if self.moving:
            minute = _minute_of(moment, day)
            opening = _price_at(self.seed, instrument, day, 0)
            seen = [
                price,
                *(_price_at(self.seed, instrument, day, m) for m in range(0, minute + 1, 10)),
            ]
        else:
            opening = closing_price(self.seed, instrument, day)
            seen = [opening, price]
        return Quote(
            instrument=instrument,
            price=price,
            base=base,
            open=opening,
            high=max(seen),
            low=min(seen),
            band=price_band(base, instrument.kind),
            volume=20_000 + _noise(self.seed, symbol, day.toordinal(), 7) % 900_000,
            moment=moment,
        )


@lru_cache(maxsize=65536)
def closing_price(seed: int, instrument: Instrument, day: date) -> int:
    """Return the regular close of a trading day in won."""
    symbol = instrument.symbol
    reference = instrument.reference_price
    if zlib.crc32(symbol.encode()) % _FLAT_ONE_IN == 0:
        return reference
    ordinal = day.toordinal()
    block, place = divmod(ordinal, _SLOW_DAYS)
    here = _swing(seed, symbol, block, 1, _SLOW_SWING)
    there = _swing(seed, symbol, block + 1, 1, _SLOW_SWING)
    level = here + (there - here) * place // _SLOW_DAYS
    level += _swing(seed, symbol, ordinal, 2, _DAILY_SWING)
    return floor_to_tick(reference * (_MILLION + level) // _MILLION, instrument.kind)


def _price_at(seed: int, instrument: Instrument, day: date, minute: int) -> int:
    base = closing_price(seed, instrument, previous_trading_day(day))
    close = closing_price(seed, instrument, day)
    walked = base + (close - base) * minute // _SESSION_MINUTES
    if base != close and minute < _SESSION_MINUTES:
        key = day.toordinal() * 1_000 + minute
        swing = _swing(seed, instrument.symbol, key, 3, _INTRADAY_SWING)
        walked = walked * (_MILLION + swing) // _MILLION
    band = price_band(base, instrument.kind)
    return min(max(floor_to_tick(walked, instrument.kind), band.lower), band.upper)


def _minute_of(moment: datetime, day: date) -> int:
    """Return the step of the regular session, 0 before it and the last one after it."""
    if moment.date() != day:
        return _SESSION_MINUTES
    passed = (moment.hour * 60 + moment.minute) * 60 + moment.second - _OPEN_MINUTE * 60
    return min(max(passed // STEP_SECONDS, 0), _SESSION_MINUTES)


def _swing(seed: int, symbol: str, number: int, purpose: int, most: int) -> int:
    return _noise(seed, symbol, number, purpose) % (2 * most + 1) - most


def _noise(seed: int, symbol: str, number: int, purpose: int) -> int:
    """Return 32 bits that depend on all four; the same in every process."""
    mixed = zlib.crc32(f"{seed}/{purpose}/{number}/{symbol}".encode())
    # crc32 is linear: without this, neighbouring days would move in step.
    mixed = ((mixed ^ (mixed >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return mixed ^ (mixed >> 16)
