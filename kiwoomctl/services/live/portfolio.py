"""The accounts of a watch: their live feeds, and the full reads that keep them true.

The feed of each account brings what its broker tells of it; the prices of a code come over the
feed of the first account that holds it, or of another one where that has no room. After a fill,
a changed order or a gap an account is read in full again, in the background and not too often;
one of which not everything is told is so all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from kiwoomctl.domain.live import (
    BalanceNotice,
    Gap,
    LiveEvent,
    Lost,
    OrderNotice,
    RawEvent,
    Trade,
)
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.services.accounts import JournaledAccount, OnAnswer, ask
from kiwoomctl.services.live.account import LiveAccount, Snapshot, codes
from kiwoomctl.services.orders import announcements

if TYPE_CHECKING:
    from kiwoomctl.brokers.port import Broker
    from kiwoomctl.brokers.port_live import LiveFeed
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.portfolio import Environment

SETTLING: Final = timedelta(seconds=2)
"""After an event an account is left alone for so long: more events mostly follow."""
APART: Final = timedelta(seconds=5)
"""Full reads of one account are at least this far apart."""
AGAIN: Final = timedelta(seconds=30)
"""When a full read or a feed that failed is tried again."""

Status = Literal["live", "lost", "missing", "frozen"]
"""live: the feed stands. lost: it is being made anew. missing: the account was never read.
frozen: read, but without a feed."""


class WatchedAccount(JournaledAccount, Protocol):
    """An account with a live feed."""

    def live(self) -> LiveFeed:
        """Open the account's live feed; raises Busy, SignInError, Unavailable."""


class Change(NamedTuple):
    """Something a person may want to be told of."""

    watched: Watched
    event: OrderNotice | BalanceNotice | Lost | Gap | KiwoomctlError
    at: datetime


class Watched:
    """One account of the watch."""

    def __init__(self, account: WatchedAccount) -> None:
        self.account = account
        self.state = LiveAccount()
        self.feed: LiveFeed | None = None
        self.tells_orders = False
        """Whether the feed tells every change of an order, and so whenever a read is due."""
        self.failure: KiwoomctlError | None = None
        """Why the last full read, or the feed, failed; None while all is well."""
        self.lost_since: datetime | None = None
        self.due: datetime | None = None
        """When to read everything again; None while there is no reason to."""
        self.reading: Future[Snapshot] | None = None

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.account.name

    @property
    def environment(self) -> Environment:
        """real, mock or sim."""
        return self.account.environment

    @property
    def status(self) -> Status:
        """How far its figures can be relied on."""
        if self.state.read_at is None:
            return "missing"
        if self.feed is None:
            return "frozen"
        return "lost" if self.lost_since else "live"


class LivePortfolio:
    """All watched accounts; used by one thread."""

    def __init__(self, accounts: Sequence[WatchedAccount], clock: Clock) -> None:
        """Prepare; nothing is asked of a broker yet."""
        self.watched = [Watched(account) for account in accounts]
        self._clock = clock
        self._pool = ThreadPoolExecutor(max(1, len(self.watched)))
        self._priced: dict[int, tuple[Symbol, ...]] = {}
        self._left: set[Symbol] = set()
        """Codes that no feed has room for."""
        self._refused: dict[int, tuple[Symbol, ...]] = {}
        """Codes of which a feed may not tell."""
        self._early: list[Change] = []
        """What happened before anybody looked."""

    def begin(self, on_answer: OnAnswer) -> None:
        """Read every account, and open the feeds; an account that fails says so by itself."""
        by_name = {watched.name: watched for watched in self.watched}
        # The feeds first: what happens while the accounts are read is then not missed.
        for watched in self.watched:
            self._open(watched)
        answers = ask([w.account for w in self.watched], self._snapshot, on_answer)
        for account, snapshot in answers.good:
            by_name[account.name].state.read(snapshot)
        for account, error in answers.failed:
            by_name[account.name].failure = error
            by_name[account.name].due = self._clock.now() + AGAIN
        self._register_codes()

    def read_once(self, on_answer: OnAnswer) -> None:
        """Read every account, without a feed."""
        by_name = {watched.name: watched for watched in self.watched}
        answers = ask([w.account for w in self.watched], self._snapshot, on_answer)
        for account, snapshot in answers.good:
            by_name[account.name].state.read(snapshot)
        for account, error in answers.failed:
            by_name[account.name].failure = error

    def poll(self, wait: float) -> list[Change]:
        """Take what the feeds have brought, begin and end full reads; return what is news.

        Args:
            wait: seconds to wait first, so that events come in together.
        """
        self._clock.sleep(wait)
        now = self._clock.now()
        changes, self._early = self._early, []
        for watched in self.watched:
            changes += self._drain(watched)
            changes += self._reread(watched, now)
        self._register_codes()
        return changes

    def close(self) -> None:
        """Close the feeds; nobody waits for reads that are under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for watched in self.watched:
            if watched.feed is not None:
                watched.feed.close()

    def _snapshot(self, broker: Broker) -> Snapshot:
        read_at = self._clock.now()
        return Snapshot(broker.cash(), broker.holdings(), broker.open_orders(), read_at)

    def _open(self, watched: Watched) -> None:
        try:
            watched.feed = watched.account.live()
            news = watched.feed.watch_account()
        except KiwoomctlError as error:
            self._without_feed(watched, error)
            self._early.append(Change(watched, error, self._clock.now()))
            return
        watched.tells_orders = news.orders
        if news.lack is not None:
            watched.failure = news.lack
            self._early.append(Change(watched, news.lack, self._clock.now()))

    def _without_feed(self, watched: Watched, error: KiwoomctlError) -> None:
        if watched.feed is not None:
            watched.feed.close()
        watched.feed, watched.failure, watched.lost_since = None, error, None
        watched.tells_orders = False

    def _register_codes(self) -> None:
        """Ask each feed for the trades of the codes that are its own to bring."""
        room = {i: w.feed.most_trades for i, w in enumerate(self.watched) if w.feed is not None}
        if not room:
            return
        own: dict[int, list[Symbol]] = {place: [] for place in room}
        self._left.clear()
        for code, first in codes(w.state for w in self.watched).items():
            place = next((at for at in (first, *room) if room.get(at, 0) > 0), None)
            if place is None:
                self._left.add(code)
                continue
            room[place] -= 1
            own[place].append(code)
        for place, symbols in own.items():
            if self._priced.get(place, ()) != tuple(symbols):
                self._ask_for_trades(place, tuple(symbols))

    def _ask_for_trades(self, place: int, own: tuple[Symbol, ...]) -> None:
        watched = self.watched[place]
        self._priced[place], self._refused[place] = own, ()
        try:
            if watched.feed is not None:
                watched.feed.watch_trades(own)
        except KiwoomctlError as error:
            # Some of them may be told all the same.
            watched.failure, self._refused[place] = error, own

    def _drain(self, watched: Watched) -> list[Change]:
        changes: list[Change] = []
        try:
            while watched.feed is not None and (event := watched.feed.next(0)) is not None:
                changes += self._apply(watched, event)
        except KiwoomctlError as error:
            self._without_feed(watched, error)
            changes.append(Change(watched, error, self._clock.now()))
        return changes

    def _apply(self, watched: Watched, event: LiveEvent) -> list[Change]:
        if isinstance(event, Trade):
            for other in self.watched:
                other.state.trade(event)
            return []
        now = self._clock.now()
        if isinstance(event, OrderNotice):
            changes = [Change(watched, event, now)]
            watched.state.order(event)
            watched.due = now + SETTLING
            try:
                announcements.keep(watched.account, event)
            except KiwoomctlError as error:
                changes.append(Change(watched, error, now))
            return changes
        if isinstance(event, BalanceNotice):
            watched.state.balance(event)
            watched.due = now + SETTLING
            return [Change(watched, event, now)]
        if isinstance(event, Lost):
            watched.lost_since = event.since
            return [Change(watched, event, now)]
        if isinstance(event, Gap):
            watched.lost_since = None
            watched.due = now
            return [Change(watched, event, now)]
        if isinstance(event, RawEvent) and event.of_account:
            watched.due = now + SETTLING  # what it would have told can be read
        return []

    def _reread(self, watched: Watched, now: datetime) -> list[Change]:
        if watched.reading is not None:
            return self._end_reading(watched, now) if watched.reading.done() else []
        if watched.due is None and watched.state.read_at is not None and not self._told(watched):
            watched.due = watched.state.read_at + AGAIN  # nothing else keeps it up to date
        if watched.due is None or now < watched.due:
            return []
        if watched.state.read_at is not None and now - watched.state.read_at < APART:
            return []
        watched.due = None
        watched.reading = self._pool.submit(lambda: self._snapshot(watched.account.broker()))
        return []

    def _told(self, watched: Watched) -> bool:
        """Tell whether feeds bring everything that happens to an account."""
        unpriced = self._left.union(*self._refused.values())
        return watched.tells_orders and unpriced.isdisjoint(watched.state.symbols)

    def _end_reading(self, watched: Watched, now: datetime) -> list[Change]:
        reading, watched.reading = watched.reading, None
        try:
            if reading is not None:
                watched.state.read(reading.result())
        except KiwoomctlError as error:
            watched.failure, watched.due = error, now + AGAIN
            return [Change(watched, error, now)]
        if watched.feed is not None:
            watched.failure = None
        return []
