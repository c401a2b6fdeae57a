"""Live events of several accounts in one stream.

Each account's feed is read by a thread of its own into one short queue; where that is full the
feed itself keeps what it must and says what it dropped. An account whose feed fails is told of
and the others go on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from kiwoomctl.domain.live import LiveFields, RawEvent
from kiwoomctl.errors import KiwoomctlError

if TYPE_CHECKING:
    from kiwoomctl.brokers.port_live import LiveFeed
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.services.live.words import Request, Wanted

QUEUE_LENGTH: Final = 1_000
MOST_AT_ONCE: Final = 200
_LOOK_SECONDS: Final = 0.2
_JOIN_SECONDS: Final = 3.0


class LiveAccountSource(Protocol):
    """An account with a live feed."""

    @property
    def name(self) -> str:
        """The profile's name."""

    @property
    def environment(self) -> Environment:
        """real, mock or sim."""

    @property
    def broker_name(self) -> str:
        """The house that keeps the account."""

    def live(self, silence: float | None = None) -> LiveFeed:
        """Open the account's live feed; raises Busy, SignInError, Unavailable."""


class Source(NamedTuple):
    """One feed of a stream."""

    profile: str
    environment: Environment
    open: Callable[[], LiveFeed]
    """Opens the feed and asks for everything."""


class Streamed(NamedTuple):
    """An event of one account's feed."""

    profile: str
    environment: Environment
    event: RawEvent
    named: LiveFields


class Opened(NamedTuple):
    """An account's feed stands and everything is asked for."""

    profile: str


class Failed(NamedTuple):
    """An account's feed has ended."""

    profile: str
    error: KiwoomctlError


News = Streamed | Opened | Failed


class LiveStream:
    """What the chosen accounts' feeds bring, until it is closed."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Open the feeds."""
        self._news: queue.Queue[News] = queue.Queue(QUEUE_LENGTH)
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(source,), name="stream", daemon=True)
            for source in sources
        ]
        for thread in self._threads:
            thread.start()

    @property
    def feeds(self) -> int:
        """How many accounts are asked."""
        return len(self._threads)

    def take(self, timeout: float) -> list[News]:
        """Return what has come, in order; nothing after that many seconds without any."""
        found: list[News] = []
        try:
            found.append(self._news.get(timeout=timeout))
            while len(found) < MOST_AT_ONCE:
                found.append(self._news.get_nowait())
        except queue.Empty:
            pass
        return found

    def close(self) -> None:
        """Close the feeds."""
        self._closing.set()
        closer = threading.Thread(target=self._join, name="stream-end", daemon=True)
        closer.start()
        closer.join(_JOIN_SECONDS)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _follow(self, source: Source) -> None:
        feed: LiveFeed | None = None
        try:
            feed = source.open()
            self._put(Opened(source.profile))
            while not self._closing.is_set():
                event = feed.next_raw(_LOOK_SECONDS)
                if event is not None:
                    named = feed.named(event)
                    self._put(Streamed(source.profile, source.environment, event, named))
        except KiwoomctlError as error:
            self._put(Failed(source.profile, error))
        except Exception as error:  # noqa: BLE001 - whoever takes the events is to know
            self._put(Failed(source.profile, _bug(error)))
        finally:
            if feed is not None:
                feed.close()

    def _put(self, news: News) -> None:
        while not self._closing.is_set():
            try:
                self._news.put(news, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return


def sources(
    accounts: Sequence[LiveAccountSource], wanted: Mapping[str, Wanted], silence: float | None
) -> list[Source]:
    """Return the feeds that bring what is wanted.

    Args:
        accounts: the chosen ones; the market's events come from the first of a house.
        wanted: what to ask for, by house.
        silence: seconds without any sign of a broker before its connection counts as lost;
            None for the usual ones.
    """
    found = []
    seen = set[str]()
    for account in accounts:
        house = account.broker_name
        of_account, market = wanted[house]
        own = () if of_account is None else (of_account,)
        requests = own if house in seen else (*own, *market)
        seen.add(house)
        if requests:
            opening = partial(_open, account, requests, silence)
            found.append(Source(account.name, account.environment, opening))
    return found


def _open(
    account: LiveAccountSource, requests: Sequence[Request], silence: float | None
) -> LiveFeed:
    feed = account.live(silence)
    try:
        for request in requests:
            feed.register(request.types, request.items)
    except BaseException:
        feed.close()
        raise
    return feed


def _bug(error: Exception) -> KiwoomctlError:
    return KiwoomctlError(
        "a bug in kiwoomctl: {kind} in {where}",
        hint="please report it; -v shows more",
        code="bug",
        kind=type(error).__name__,
        where=__name__,
    )
