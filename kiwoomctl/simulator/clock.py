"""The simulated exchange's time.

Three ways to run: ``open`` is a trading day that starts at 10:00:00, ticks and
stops just before the closing auction, so that the market never closes;
``live`` is this machine's time with its real sessions; anything else starts at
a given moment and ticks on without end.

Simulated time never depends on anything but the machine's clock it was given,
so tests move it by hand.
"""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from kiwoomctl.domain.clock import KST, Clock
from kiwoomctl.domain.sessions import trading_day_from, trading_day_until
from kiwoomctl.errors import UsageError

OPENING_TIME = time(10, 0)
# The last second of continuous trading: the day of an open market waits here.
LAST_OPEN_TIME = time(15, 19, 59)

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ClockMark(NamedTuple):
    """One known moment: simulated time and the machine's wall time of the same instant."""

    simulated: datetime
    machine: datetime
    stays_open: bool


class SimulatedClock:
    """The exchange's clock; every change is one replaced mark."""

    def __init__(self, mode: str, machine: Clock) -> None:
        self.mode = mode
        self.machine = machine
        self._lock = threading.Lock()
        self._mark: ClockMark | None = None
        self._anchor = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin again as the mode says.

        Raises:
            UsageError: the mode is neither open, nor live, nor an ISO moment.
        """
        machine_now = self.machine.now()
        if self.mode == "live":
            mark = ClockMark(machine_now, machine_now, stays_open=False)
        elif self.mode == "open":
            mark = ClockMark(
                opening_of(machine_now.astimezone(KST).date()), machine_now, stays_open=True
            )
        else:
            mark = ClockMark(parse_moment(self.mode), machine_now, stays_open=False)
        self.restore(mark)

    def now(self) -> datetime:
        """Return the simulated wall time, aware, in KST, in microseconds."""
        with self._lock:
            mark, anchor = self._mark, self._anchor
        if mark is None:  # never after __init__
            raise AssertionError
        passed = max(0.0, self.machine.monotonic() - anchor)
        moment = mark.simulated + timedelta(seconds=passed)
        if mark.stays_open:
            moment = min(moment, datetime.combine(mark.simulated, LAST_OPEN_TIME, KST))
        return moment

    def today(self) -> date:
        """Return the business day: today, or the last trading day on a closed day."""
        return trading_day_until(self.now().date())

    def set(self, moment: datetime) -> None:
        """Jump to an aware moment and tick on from there, with real sessions."""
        local = moment.astimezone(KST)
        self.restore(ClockMark(local, self.machine.now(), stays_open=False))

    @property
    def stays_open(self) -> bool:
        """Whether the market is kept open whatever the machine's time is."""
        with self._lock:
            return self._mark is not None and self._mark.stays_open

    def mark(self) -> ClockMark:
        """Return the present moment as something that can be kept."""
        return ClockMark(self.now(), self.machine.now(), stays_open=self.stays_open)

    def restore(self, mark: ClockMark) -> None:
        """Go on from a kept mark as if the clock had run since.

        A market that stays open begins a new day when the machine's day has
        moved past the kept trading day; it never goes back.
        """
        anchor = self.machine.monotonic()
        machine_now = self.machine.now()
        if mark.stays_open:
            opening = opening_of(machine_now.astimezone(KST).date())
            if opening.date() > mark.simulated.date():
                mark = ClockMark(opening, machine_now, stays_open=True)
        behind = max(0.0, (machine_now - mark.machine).total_seconds())
        with self._lock:
            self._mark = mark
            self._anchor = anchor - behind


def opening_of(day: date) -> datetime:
    """Return 10:00:00 KST of this day, or of the next trading day."""
    return datetime.combine(trading_day_from(day), OPENING_TIME, KST)


def parse_moment(text: str) -> datetime:
    """Read an ISO moment; without an offset it is KST.

    Raises:
        UsageError: the text is no ISO date or time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(
            "{clock!r} is no clock of the simulator",
            hint="use open, live or a moment like 2026-10-02T09:00:00+09:00",
            clock=text,
        ) from exc
    return moment.replace(tzinfo=KST) if moment.tzinfo is None else moment.astimezone(KST)


def http_date(moment: datetime) -> str:
    """Return an aware moment as the Date header of HTTP (RFC 7231, always GMT)."""
    utc = moment.astimezone(KST) - timedelta(hours=9)
    return (
        f"{_WEEKDAYS[utc.weekday()]}, {utc.day:02d} {_MONTHS[utc.month - 1]} {utc.year:04d} "
        f"{utc:%H:%M:%S} GMT"
    )
