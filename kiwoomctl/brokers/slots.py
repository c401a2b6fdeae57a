"""The arithmetic of reserved slots: which request may go when.

Purpose: the content of one rate file as a value, without files, locks or sleeps,
so that its rules can be proven for any pattern of arrivals. The pacer reads it,
asks for a slot, and writes it back.

Invariants:

- Slots are planned for windows of 1.08 s, so that a window of one second still
  holds no more than ``Caps.total`` when requests take unequally long to arrive.
- A slot used late counts from its real time. A reservation is only ever moved to later: behind
  a slot used late, or by a refusal, and then together with all others.
- The book is bounded: past slots, idle api-ids and impossible times are dropped.

All times are whole microseconds on the machine-wide monotonic clock.
"""

from __future__ import annotations

import json
from bisect import insort
from dataclasses import dataclass, field
from typing import Final

SECOND: Final = 1_000_000
LATE: Final = 40_000  # below the 0.05 s by which a window is longer than a second
HORIZON: Final = 600 * SECOND  # nobody reserves further ahead than this
LARGEST_TEXT: Final = 65_536
MOST_PER_SECOND: Final = 500.0

_WINDOW: Final = 1_080_000
_QUIET: Final = 600 * SECOND
_RISE: Final = 0.5
_FLOOR: Final = 1.0
_CLOCK_SLACK: Final = SECOND
_VERSION: Final = 1
_MOST_API_IDS: Final = 100
_MOST_SLOTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Caps:
    """What the broker allows one app key, for one kind of request.

    ``total``: requests per second over all api-ids (below 1: one per 1/total s).
    ``per_api``: requests per second of one api-id, as long as none was refused.
    ``burst``: how many of one api-id may go at once, while none was refused.
    """

    total: float
    per_api: float
    burst: int

    def at_most(self, rate: float) -> Caps:
        """Return these caps for a key that may ask only so often a second."""
        total = min(self.total, rate)
        return Caps(total, min(self.per_api, total), max(1, min(self.burst, int(total))))


@dataclass(slots=True)
class _ApiId:
    """The token bucket of one api-id.

    ``limit``: requests per second at the last refusal. ``refused_at``: None when
    never refused. ``paid_until``: each slot pays one interval, from then on the
    bucket is full. ``last``: its latest slot.
    """

    limit: float
    refused_at: int | None = None
    paid_until: int = 0
    last: int = 0


@dataclass(slots=True)
class SlotBook:
    """The content of a rate file: pure arithmetic on reservations.

    ``slots`` are (time, number) in order of time. A number belongs to one
    reservation, so that its owner finds it again wherever a refusal moved it.
    """

    caps: Caps
    opens_at: int = 0
    numbered: int = 0
    slots: list[tuple[int, int]] = field(default_factory=list)
    api_ids: dict[str, _ApiId] = field(default_factory=dict)
    last_refusal: tuple[str, str] | None = None

    def slot_of(self, number: int) -> int | None:
        """Return where a reservation stands now, None when it is gone."""
        return next((at for at, owner in self.slots if owner == number), None)

    def refused_at(self, api_id: str) -> int | None:
        """Return when an api-id was last refused, None when it is at its full rate."""
        entry = self.api_ids.get(api_id)
        return entry.refused_at if entry else None

    @property
    def full(self) -> bool:
        """Say whether the book has no line left for one more slot."""
        return len(self.slots) >= _MOST_SLOTS

    def give_back(self, number: int, paid_by: str | None) -> None:
        """Drop a reservation that was not and will not be used.

        Args:
            number: The reservation; nothing happens when it is gone already.
            paid_by: The api-id whose bucket gets its share back; None when a refusal
                has emptied that bucket since.
        """
        at = self.slot_of(number)
        if at is None:
            return
        self.slots = [slot for slot in self.slots if slot[1] != number]
        entry = self.api_ids.get(paid_by) if paid_by is not None else None
        if paid_by is not None and entry is not None and entry.last == at:
            entry.paid_until -= _interval(self.bucket(paid_by, at)[0])

    def use_late(self, number: int, at: int) -> None:
        """Write down that a slot is used later than planned, and let those behind it wait.

        Planned windows alone would count from the plan: a request sent late would then have
        the next ones too close behind it.
        """
        slots = sorted((at if owner == number else time, owner) for time, owner in self.slots)
        most, window = self._window()
        moved: dict[int, int] = {}
        for place in range(most, len(slots)):
            time, owner = slots[place]
            if time >= at and (needed := slots[place - most][0] + window) > time:
                slots[place] = (needed, owner)
                moved[time] = needed
        self.slots = slots
        for entry in self.api_ids.values():
            later = moved.get(entry.last, entry.last) - entry.last
            entry.last += later
            entry.paid_until += later

    def bucket(self, api_id: str, now: int) -> tuple[float, int]:
        """Return the current rate (per second) and burst of an api-id."""
        entry = self.api_ids.get(api_id)
        if entry is None or entry.refused_at is None:
            return self.caps.per_api, self.caps.burst
        quiet = (now - entry.refused_at) // _QUIET
        limit = min(self.caps.per_api, entry.limit + _RISE * quiet)
        # At a reduced rate requests go evenly spaced: bursts are what gets refused.
        return limit, self.caps.burst if quiet and limit >= self.caps.per_api else 1

    def earliest(self, api_id: str, now: int) -> int:
        """Return the first time at which a request of this api-id may go.

        Every request of a kind is equal here. A preference (orders and their
        polls before portfolio reads) would begin here: let the less urgent start
        its search one window later, or with one slot per window less.
        """
        at = max(now, self.opens_at)
        if entry := self.api_ids.get(api_id):
            limit, burst = self.bucket(api_id, now)
            ahead = (burst - 1) * _interval(limit)
            at = max(at, entry.paid_until - ahead, entry.last)
        # Any `most` neighbours forbid the time from a window before the last of them
        # to a window after the first. Both ends rise along the list: one pass is enough.
        most, window = self._window()
        for first, last in zip(self.slots, self.slots[most - 1 :], strict=False):
            if last[0] - window < at < first[0] + window:
                at = first[0] + window
        return at

    def reserve(self, api_id: str, at: int, now: int) -> int:
        """Write a slot down; return its number."""
        entry = self.api_ids.setdefault(api_id, _ApiId(self.caps.per_api))
        limit, _ = self.bucket(api_id, now)
        entry.paid_until = max(at, entry.paid_until) + _interval(limit)
        entry.last = at
        self.numbered += 1
        insort(self.slots, (at, self.numbered))
        return self.numbered

    def refuse(self, api_id: str, now: int) -> None:
        """Halve the rate of an api-id; move all slots that may be unused behind a window."""
        limit, _ = self.bucket(api_id, now)
        self.opens_at = now + _WINDOW
        unused = [at for at, _ in self.slots if at > now - LATE]
        push = max(0, self.opens_at - unused[0]) if unused else 0
        self.slots = [(at + push if at > now - LATE else at, number) for at, number in self.slots]
        for entry in self.api_ids.values():
            entry.paid_until += push if entry.paid_until > now else 0
            entry.last += push if entry.last > now - LATE else 0
        # Whoever waits with this api-id reserves again when it wakes, at the new rate.
        halved = max(min(_FLOOR, self.caps.per_api), limit / 2)
        self.api_ids[api_id] = _ApiId(halved, refused_at=now, paid_until=self.opens_at)

    def forget_past(self, now: int) -> None:
        """Count the past as unknown: no slots, one closed window; limits stay."""
        self.slots = []
        self.opens_at = now + _WINDOW
        self.numbered = max(now, self.numbered)
        for entry in self.api_ids.values():
            entry.paid_until = entry.last = 0
            entry.refused_at = None if entry.refused_at is None else now

    def _window(self) -> tuple[int, int]:
        """Return how many slots a window may hold, and how long it is."""
        window = _WINDOW if self.caps.total >= 1 else _interval(self.caps.total)
        return max(1, int(self.caps.total)), window

    def tidy(self, now: int) -> None:
        """Drop what no longer counts, and what no process can have written."""
        longest = max(_WINDOW, _interval(self.caps.total))
        self.slots = [slot for slot in self.slots if now - longest < slot[0] < now + HORIZON]
        self.opens_at = min(self.opens_at, now + _WINDOW)
        for api_id, entry in list(self.api_ids.items()):
            if entry.refused_at is not None:
                entry.refused_at = min(entry.refused_at, now)
            if max(entry.paid_until, entry.last) > now + HORIZON:
                entry.paid_until = entry.last = 0
            recovered = self.bucket(api_id, now) == (self.caps.per_api, self.caps.burst)
            if recovered and entry.paid_until <= now:
                del self.api_ids[api_id]
        while len(self.api_ids) > _MOST_API_IDS:
            oldest = min(self.api_ids, key=lambda name: _last_use(self.api_ids[name]))
            del self.api_ids[oldest]

    def dump(self, now: int, boot: str) -> bytes:
        """Return the text of the rate file."""
        return json.dumps(
            {
                "version": _VERSION,
                "boot": boot,
                "written": now,
                "opens_at": self.opens_at,
                "numbered": self.numbered,
                "slots": self.slots,
                "api_ids": {
                    name: [entry.limit, entry.refused_at, entry.paid_until, entry.last]
                    for name, entry in self.api_ids.items()
                },
                "last_refusal": self.last_refusal,
            },
            separators=(",", ":"),
        ).encode()


def load(raw: bytes, caps: Caps, now: int, boot: str) -> tuple[SlotBook, bool]:
    """Return the book of a rate file, and whether its past is known.

    Args:
        raw: The whole file; empty means first use.
        caps: What the broker allows.
        now: The time.
        boot: What changes with every boot, "" where unknown.
    """
    if not raw:
        # Numbers start at the time, so that no number of a lost file comes again.
        return SlotBook(caps, numbered=now), True
    try:
        book, written, written_on = _parse(raw, caps)
        known = written_on == boot and written <= now + _CLOCK_SLACK
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        book, known = SlotBook(caps), False
    if not known:
        book.forget_past(now)
    book.tidy(now)
    return book, known


def is_damaged(raw: bytes, caps: Caps) -> bool:
    """Tell whether a rate file's text is none that any process has written."""
    try:
        if raw:
            _parse(raw, caps)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return True
    return False


def _interval(per_second: float) -> int:
    """Return the microseconds between evenly spaced requests, with the margin of a window."""
    return round(_WINDOW / per_second)


def _last_use(entry: _ApiId) -> int:
    return max(entry.refused_at or 0, entry.paid_until)


def _parse(raw: bytes, caps: Caps) -> tuple[SlotBook, int, str]:
    """Return the content of a rate file, when it was written, and on which boot.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: It is not a rate file.
    """
    if len(raw) > LARGEST_TEXT:
        raise ValueError("too large")
    content = json.loads(raw)
    if content["version"] != _VERSION:
        raise ValueError("other version")
    book = SlotBook(
        caps,
        opens_at=_whole(content["opens_at"]),
        numbered=_whole(content["numbered"]),
        slots=sorted((_whole(at), _whole(number)) for at, number in content["slots"]),
    )
    for name, (limit, refused_at, paid_until, last) in content["api_ids"].items():
        if not 0 < limit < float("inf"):
            raise ValueError("limit out of range")
        book.api_ids[name] = _ApiId(
            float(limit),
            None if refused_at is None else _whole(refused_at),
            _whole(paid_until),
            _whole(last),
        )
    if content["last_refusal"] is not None:
        api_id, at = content["last_refusal"]
        book.last_refusal = (str(api_id), str(at))
    return book, _whole(content["written"]), str(content["boot"])


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
