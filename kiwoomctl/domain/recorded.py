"""Which trading day a moment belongs to in the records, and when a day is over."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.sessions import EXAM_DAYS, add_trading_days, trading_day_until

FIRST_TRADE = time(8, 0)
"""Before this, nothing trades anywhere."""
LAST_TRADE = time(20, 0)
"""From this on, a day's fills are final."""
_HOUR = timedelta(hours=1)


def day_of_record(moment: datetime) -> date:
    """Return the trading day whose prices and trades an account shows at an aware moment.

    On a closed day, and on a trading day before 08:00 KST, that is the last trading day before.
    """
    local = moment.astimezone(KST)
    day = local.date()
    if local.time() < FIRST_TRADE:
        day -= timedelta(days=1)
    return trading_day_until(day)


def is_over(day: date, moment: datetime) -> bool:
    """Tell whether nothing more could be traded on a day, at an aware moment."""
    later = _HOUR if day in EXAM_DAYS else timedelta(0)
    return moment.astimezone(KST) >= datetime.combine(day, LAST_TRADE, KST) + later


def days_between(first: date, last: date) -> list[date]:
    """Return the trading days from the first to the last, both included where they trade."""
    days = []
    day = add_trading_days(first - timedelta(days=1), 1)
    while day <= last:
        days.append(day)
        day = add_trading_days(day, 1)
    return days
