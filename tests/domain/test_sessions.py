from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.sessions import (
    Session,
    add_trading_days,
    calendar_is_known,
    is_trading_day,
    next_trading_day,
    opens_late,
    previous_trading_day,
    session_at,
    settlement_date,
    trading_day_from,
    trading_day_until,
)

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def test_the_closed_days_of_2026() -> None:
    closed = [
        day
        for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
        if day.weekday() < 5 and not is_trading_day(day)
    ]
    assert [f"{day:%m-%d}" for day in closed] == [
        "01-01",
        "02-16",
        "02-17",
        "02-18",
        "03-02",
        "05-01",
        "05-05",
        "05-25",
        "06-03",
        "07-17",
        "08-17",
        "09-24",
        "09-25",
        "10-05",
        "10-09",
        "12-25",
        "12-31",
    ]


def test_weekends_never_trade() -> None:
    assert not is_trading_day(date(2026, 9, 12))
    assert not is_trading_day(date(2026, 9, 13))


def test_an_unknown_year_leaves_out_what_is_fixed_and_says_so() -> None:
    assert calendar_is_known(date(2026, 5, 5))
    assert not calendar_is_known(date(2031, 5, 5))
    assert not is_trading_day(date(2031, 5, 5))
    assert is_trading_day(date(2031, 5, 6))


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        ("2026-10-01", "2026-10-06"),
        ("2026-10-02", "2026-10-07"),
        ("2026-02-13", "2026-02-20"),
        ("2026-12-29", "2027-01-04"),
        ("2026-11-03", "2026-11-05"),
    ],
)
def test_settlement_counts_trading_days(traded: str, settled: str) -> None:
    assert settlement_date(date.fromisoformat(traded)).isoformat() == settled


@given(DAYS, st.integers(-10, 10))
def test_steps_land_on_trading_days_and_can_be_undone(day: date, count: int) -> None:
    landed = add_trading_days(day, count)
    if count:
        assert is_trading_day(landed)
    start = trading_day_from(day)
    assert add_trading_days(add_trading_days(start, count), -count) == start


@given(DAYS)
def test_neighbouring_trading_days(day: date) -> None:
    assert previous_trading_day(day) < day < next_trading_day(day)
    assert trading_day_until(day) <= day <= trading_day_from(day)
    assert is_trading_day(day) == (trading_day_until(day) == day == trading_day_from(day))


@pytest.mark.parametrize(
    ("moment", "krx", "nxt"),
    [
        ("2026-09-14T07:59:59", Session.BEFORE_OPEN, Session.BEFORE_OPEN),
        ("2026-09-14T08:00:00", Session.BEFORE_OPEN, Session.PRE_MARKET),
        ("2026-09-14T08:30:00", Session.OPENING_AUCTION, Session.PRE_MARKET),
        ("2026-09-14T08:50:00", Session.OPENING_AUCTION, Session.BEFORE_OPEN),
        ("2026-09-14T09:00:00", Session.CONTINUOUS, Session.BEFORE_OPEN),
        ("2026-09-14T09:00:30", Session.CONTINUOUS, Session.CONTINUOUS),
        ("2026-09-14T15:19:59", Session.CONTINUOUS, Session.CONTINUOUS),
        ("2026-09-14T15:20:00", Session.CLOSING_AUCTION, Session.POST_CLOSE),
        ("2026-09-14T15:40:00", Session.POST_CLOSE, Session.AFTER_MARKET),
        ("2026-09-14T16:00:00", Session.AFTER_MARKET, Session.AFTER_MARKET),
        ("2026-09-14T20:00:00", Session.CLOSED, Session.CLOSED),
        ("2026-09-11T16:00:00", Session.SINGLE_PRICE, Session.AFTER_MARKET),
        ("2026-09-11T18:00:00", Session.CLOSED, Session.AFTER_MARKET),
        ("2026-09-24T10:00:00", Session.CLOSED_DAY, Session.CLOSED_DAY),
    ],
)
def test_sessions(moment: str, krx: Session, nxt: Session) -> None:
    aware = datetime.fromisoformat(moment).replace(tzinfo=KST)
    assert session_at(aware) is krx
    assert session_at(aware, "NXT") is nxt
    assert session_at(aware.astimezone(UTC)) is krx


def test_some_days_open_an_hour_later() -> None:
    first = date(2026, 1, 2)
    exam = date(2026, 11, 19)
    assert opens_late(first)
    assert opens_late(exam)
    assert not opens_late(date(2026, 1, 5))

    def at(day: date, hour: int, minute: int) -> Session:
        return session_at(datetime(day.year, day.month, day.day, hour, minute, tzinfo=KST))

    assert at(first, 9, 0) is Session.BEFORE_OPEN
    assert at(first, 9, 30) is Session.OPENING_AUCTION
    assert at(first, 10, 0) is Session.CONTINUOUS
    assert at(first, 15, 30) is Session.POST_CLOSE
    assert at(exam, 9, 59) is Session.OPENING_AUCTION
    assert at(exam, 10, 0) is Session.CONTINUOUS
    assert at(exam, 16, 19) is Session.CONTINUOUS
