"""What came over a live connection and was not taken yet.

Invariants:

- Events are given out in the order they came.
- Of a code whose newest trade alone matters only that one is kept, where the first of those
  not taken stood.
- What tells of the account (orders, balances, sessions, conditions, gaps) is never dropped.
  Market events that nobody takes are dropped beyond a limit, the oldest first, and a Gap with
  their number stands where they were.
- An end is told only after everything that came before it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kiwoomctl.domain.live import Gap, Lost

if TYPE_CHECKING:
    from datetime import datetime

MOST_MARKET_EVENTS: Final = 5_000
"""Of the largest kind (quotes of ten levels) these take some 100 MB."""


class Element(NamedTuple):
    """One event as it was sent, not looked into."""

    type: str
    item: str
    content: Any
    """What only the broker's own reader understands."""
    received_at: datetime
    from_market: bool
    """Whether it may be dropped where nobody takes it in time."""


Kept = Element | Lost | Gap


class Inbox:
    """Keeps what the thread that reads puts in until the one that asks takes it out."""

    def __init__(self, most: int = MOST_MARKET_EVENTS) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._count = 0
        self._certain: deque[tuple[int, Kept]] = deque()
        self._market: deque[tuple[int, Element]] = deque()
        self._newest: dict[str, tuple[int, Element]] = {}
        self._trade = ""
        self._newest_only: frozenset[str] = frozenset()
        self._dropped: Gap | None = None
        self._end: BaseException | None = None

    def keep_newest_of(self, trade: str, items: Collection[str]) -> None:
        """From now on keep of the trades of these codes the newest alone.

        Args:
            trade: the broker's name of that kind of event.
            items: the codes.
        """
        with self._changed:
            self._trade = trade
            self._newest_only = frozenset(items)
            for item in [item for item in self._newest if item not in self._newest_only]:
                del self._newest[item]

    def put(self, kept: Kept) -> None:
        """Keep an event."""
        with self._changed:
            self._count += 1
            if not isinstance(kept, Element) or not kept.from_market:
                self._certain.append((self._count, kept))
            elif kept.type == self._trade and kept.item in self._newest_only:
                place = self._newest.get(kept.item, (self._count, kept))[0]
                self._newest[kept.item] = (place, kept)
            else:
                self._market.append((self._count, kept))
                if len(self._market) > self._most:
                    self._drop()
            self._changed.notify()

    def fail(self, error: BaseException) -> None:
        """Say that nothing more will come."""
        with self._changed:
            if self._end is None:
                self._end = error
            self._changed.notify_all()

    def take(self, timeout: float) -> Kept | None:
        """Return the oldest event; None where none came within that many seconds.

        Raises:
            BaseException: what ended the connection, once everything else was taken.
        """
        with self._changed:
            first = self._first()
            if first is None and timeout > 0:
                self._changed.wait_for(lambda: self._first() is not None or self._end, timeout)
                first = self._first()
            if first is not None:
                return self._out_of(first)
            if self._end is not None:
                raise self._end
            return None

    def _first(self) -> int | None:
        """Return the place of the oldest event."""
        heads = [queue[0][0] for queue in (self._certain, self._market) if queue]
        if self._newest:
            heads.append(next(iter(self._newest.values()))[0])
        return min(heads, default=None)

    def _out_of(self, place: int) -> Kept:
        if self._certain and self._certain[0][0] == place:
            return self._certain.popleft()[1]
        if self._market and self._market[0][0] == place:
            if self._dropped is not None:
                dropped, self._dropped = self._dropped, None
                return dropped
            return self._market.popleft()[1]
        item = next(iter(self._newest))
        return self._newest.pop(item)[1]

    def _drop(self) -> None:
        _, lost = self._market.popleft()
        since = lost.received_at if self._dropped is None else self._dropped.since
        dropped = 1 if self._dropped is None else self._dropped.dropped + 1
        self._dropped = Gap(since, lost.received_at, dropped)
