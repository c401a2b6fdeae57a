"""Which day a moment is recorded under, and when a day is over."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.recorded import day_of_record, days_between, is_over


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-20T15:40", "2026-11-20"),
        ("2026-11-20T23:59:59", "2026-11-20"),
        ("2026-11-20T08:00", "2026-11-20"),
        ("2026-11-20T07:59:59", "2026-11-19"),
        ("2026-11-21T12:00", "2026-11-20"),
        ("2026-11-23T06:00", "2026-11-20"),
        ("2026-09-25T12:00", "2026-09-23"),
        ("2026-01-01T12:00", "2025-12-30"),
    ],
)
def test_the_day_whose_prices_an_account_shows(moment: str, day: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=KST)
    assert day_of_record(at) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "moment", "over"),
    [
        ("2026-11-20", "2026-11-20T19:59:59", False),
        ("2026-11-20", "2026-11-20T20:00", True),
        ("2026-11-19", "2026-11-19T20:35", False),
        ("2026-11-19", "2026-11-19T21:00", True),
        ("2026-11-20", "2026-11-23T06:00", True),
    ],
)
def test_a_day_is_over_when_nothing_trades_any_more(day: str, moment: str, *, over: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=KST)
    assert is_over(date.fromisoformat(day), at) is over


def test_days_between_are_trading_days_both_ends_included() -> None:
    days = days_between(date(2026, 9, 23), date(2026, 9, 28))
    assert days == [date(2026, 9, 23), date(2026, 9, 28)]
    assert days_between(date(2026, 9, 24), date(2026, 9, 25)) == []
