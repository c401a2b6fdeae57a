"""Trading days and sessions of the Korean exchanges, in KST.

Purpose: tell which days trade, when money settles (T+2) and what an exchange
does at a given moment. Weekdays are never enough: the closed days include
substitute holidays, election days, 05-01 and 12-31.

The closed days are known for the years of ``KNOWN_YEARS``. For any other year
only weekends and the holidays with a fixed date are left out, and callers that
must be sure ask :func:`calendar_is_known`.

Since 2026-09-14 KRX has an after-market (16:00 to 20:00) in the place of the
single-price session (16:00 to 18:00).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache

from kiwoomctl.domain.clock import KST

_CLOSED_2026 = (
    (1, 1),
    (2, 16),
    (2, 17),
    (2, 18),
    (3, 2),
    (5, 1),
    (5, 5),
    (5, 25),
    (6, 3),
    (7, 17),
    (8, 17),
    (9, 24),
    (9, 25),
    (10, 5),
    (10, 9),
    (12, 25),
    (12, 31),
)
_FIXED_HOLIDAYS = frozenset(
    {(1, 1), (3, 1), (5, 1), (5, 5), (6, 6), (8, 15), (10, 3), (10, 9), (12, 25), (12, 31)}
)
CLOSED_DAYS: dict[int, frozenset[date]] = {
    2026: frozenset(date(2026, month, day) for month, day in _CLOSED_2026),
}
"""Weekdays on which KRX and NXT stay closed, by year."""
KNOWN_YEARS = frozenset(CLOSED_DAYS)

# The day of the university entrance exam (수능): everything is one hour later.
EXAM_DAYS = frozenset({date(2026, 11, 19)})

KRX_AFTER_MARKET_SINCE = date(2026, 9, 14)
SETTLEMENT_DAYS = 2

_SATURDAY = 5
_HOUR = timedelta(hours=1)


class Session(Enum):
    """What one exchange does at a moment."""

    CLOSED_DAY = "closed_day"
    BEFORE_OPEN = "before_open"
    PRE_MARKET = "pre_market"
    """NXT 프리마켓."""
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    POST_CLOSE = "post_close"
    """KRX 장후 시간외종가, or the pause between two sessions."""
    SINGLE_PRICE = "single_price"
    """KRX 시간외단일가, until 2026-09-11."""
    AFTER_MARKET = "after_market"
    CLOSED = "closed"


Timetable = tuple[tuple[time, Session], ...]

_KRX: Timetable = (
    (time(8, 30), Session.OPENING_AUCTION),
    (time(9, 0), Session.CONTINUOUS),
    (time(15, 20), Session.CLOSING_AUCTION),
    (time(15, 30), Session.POST_CLOSE),
    (time(16, 0), Session.AFTER_MARKET),
    (time(20, 0), Session.CLOSED),
)
_KRX_UNTIL_2026_09: Timetable = (
    *_KRX[:4],
    (time(16, 0), Session.SINGLE_PRICE),
    (time(18, 0), Session.CLOSED),
)
_NXT: Timetable = (
    (time(8, 0), Session.PRE_MARKET),
    (time(8, 50), Session.BEFORE_OPEN),
    (time(9, 0, 30), Session.CONTINUOUS),
    (time(15, 20), Session.POST_CLOSE),
    (time(15, 40), Session.AFTER_MARKET),
    (time(20, 0), Session.CLOSED),
)


def calendar_is_known(day: date) -> bool:
    """Tell whether the closed days of this day's year are known."""
    return day.year in KNOWN_YEARS


@lru_cache(maxsize=4096)
def is_trading_day(day: date) -> bool:
    """Tell whether KRX and NXT trade on this day."""
    if day.weekday() >= _SATURDAY:
        return False
    closed = CLOSED_DAYS.get(day.year)
    if closed is not None:
        return day not in closed
    return (day.month, day.day) not in _FIXED_HOLIDAYS


def trading_day_from(day: date) -> date:
    """Return this day if it trades, else the next one that does."""
    while not is_trading_day(day):
        day += timedelta(days=1)
    return day


def trading_day_until(day: date) -> date:
    """Return this day if it trades, else the last one before it that did."""
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day


def add_trading_days(day: date, count: int) -> date:
    """Return the trading day that many trading days after (or, negative, before) a day.

    The day itself need not trade; 0 returns it unchanged.
    """
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_trading_day(day):
            day += step
    return day


def next_trading_day(day: date) -> date:
    """Return the first trading day after this day."""
    return add_trading_days(day, 1)


def previous_trading_day(day: date) -> date:
    """Return the last trading day before this day."""
    return add_trading_days(day, -1)


def settlement_date(trade_date: date) -> date:
    """Return the day on which money and shares of a trade change hands (T+2)."""
    return add_trading_days(trade_date, SETTLEMENT_DAYS)


def opens_late(day: date) -> bool:
    """Tell whether the regular session of this trading day begins at 10:00."""
    return day in EXAM_DAYS or day == trading_day_from(date(day.year, 1, 1))


def session_at(moment: datetime, exchange: str = "KRX") -> Session:
    """Return the session of an exchange (KRX or NXT) at an aware moment."""
    local = moment.astimezone(KST)
    day = local.date()
    if not is_trading_day(day):
        return Session.CLOSED_DAY
    if day in EXAM_DAYS:
        local -= _HOUR
    clock = local.time()
    if exchange == "KRX" and opens_late(day) and day not in EXAM_DAYS:
        # Only the beginning moves on the first trading day of a year.
        if time(8, 30) <= clock < time(9, 30):
            return Session.BEFORE_OPEN
        if time(9, 30) <= clock < time(10, 0):
            return Session.OPENING_AUCTION
    current = Session.BEFORE_OPEN
    for begin, session in timetable(day, exchange):
        if clock < begin:
            break
        current = session
    return current


def timetable(day: date, exchange: str) -> Timetable:
    """Return the sessions of an exchange (KRX or NXT) on a day, with their beginnings."""
    if exchange == "NXT":
        return _NXT
    return _KRX if day >= KRX_AFTER_MARKET_SINCE else _KRX_UNTIL_2026_09
