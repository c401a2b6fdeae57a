"""The live feed of one account: a connection that is made anew, and what it brings.

Invariants:

- One feed of this machine per app key: a lock in the state folder refuses a second one, which
  at the broker would end the first, or be refused.
- A key that another program has is not fought for.
- Whatever else ends a connection, it is made anew after growing pauses, with everything
  registered again, and told as Lost and then Gap: nobody is left to believe in a silence.
- Events are kept by the rules of ``inbox``: what tells of the account is never dropped.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from kiwoomctl.brokers.live.inbox import Element, Inbox
from kiwoomctl.brokers.live.session import TAKEN, LineSession
from kiwoomctl.brokers.port import Call
from kiwoomctl.domain.live import Gap, Lost, RawEvent
from kiwoomctl.errors import BrokerRejected, Busy, KiwoomctlError, Phrase, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.live.patience import Patience, Return
    from kiwoomctl.brokers.port import Observer
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.live import LiveEvent, LiveFields
    from kiwoomctl.locks import FileLock

UNREADABLE: Final = "unreadable"
"""The type of what is no event at all."""
_JOIN_SECONDS: Final = 2.0
_Live = TypeVar("_Live", bound=LineSession[Any])
_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")


class Footing(NamedTuple):
    """What a feed stands on, whatever its broker."""

    profile: str
    """The name shown to people."""
    connect: Callable[[], Line]
    """Opens a connection."""
    observer: Observer
    """Is told of control frames."""
    clock: Clock
    lock: FileLock | None
    """Excludes other feeds of this key; None where they could not meet."""
    patience: Patience
    """How long to wait for what."""
    comeback: Return
    """How a lost connection is made anew."""
    jitter: Callable[[], float]
    """0 to 1, so that not everybody comes back at once."""


class ReturningFeed(ABC, Generic[_Live, _Request]):
    """The events of one account's connection; a broker's own feed says how it speaks."""

    def __init__(self, footing: Footing) -> None:
        """Prepare; nothing is opened before ``_begin``."""
        self._profile = footing.profile
        self._connect = footing.connect
        self._observer = footing.observer
        self._clock = footing.clock
        self._lock = footing.lock
        self._patience = footing.patience
        self._comeback = footing.comeback
        self._jitter = footing.jitter
        self._inbox = Inbox()
        self._restore: list[Callable[[], None]] = []
        self._clear: list[Callable[[], None]] = []
        self._turn = threading.RLock()
        self._pause: float | None = None
        self._swap = threading.Lock()
        self._closing = threading.Event()

    # What a broker's own feed does ------------------------------------------------------------

    @abstractmethod
    def _open(self) -> _Live:
        """Return a new connection, signed in where that comes first.

        Raises:
            SignInError, Busy, Unavailable: there is none.
        """

    @abstractmethod
    def _everything(self) -> Sequence[_Request]:
        """Return what a new connection is asked for, the account's own first."""

    @abstractmethod
    def _ask(self, session: _Live, request: _Request) -> object:
        """Ask for something; raises KiwoomctlError where it is refused."""

    @abstractmethod
    def _read(self, element: Element) -> LiveEvent:
        """Return an event as a record of the domain."""

    @abstractmethod
    def _raw(self, element: Element) -> RawEvent:
        """Return an event as it was sent."""

    @abstractmethod
    def named(self, event: RawEvent) -> LiveFields:
        """Return the fields of an event by English names, figures as numbers."""

    def _is_own_ghost(self, error: KiwoomctlError) -> bool:
        """Tell whether this may come of our last connection, which the broker still believes in."""
        del error
        return False

    # What came --------------------------------------------------------------------------------

    def next(self, timeout: float) -> LiveEvent | None:
        """Return the next event as a record of the domain; None after that many seconds.

        An event that should have a record but cannot be read is a RawEvent with ``trouble``.

        Raises:
            Unavailable: the connection cannot be made anew.
            SignInError: the sign-in is refused.
            Busy: another program took the key's one session.
        """
        kept = self._inbox.take(timeout)
        if not isinstance(kept, Element):
            return kept
        return _odd(kept) if kept.type == UNREADABLE else self._read(kept)

    def next_raw(self, timeout: float) -> RawEvent | None:
        """Return the next event as it was sent; Lost and Gap are of the types lost and gap."""
        kept = self._inbox.take(timeout)
        if isinstance(kept, Element):
            return _odd(kept) if kept.type == UNREADABLE else self._raw(kept)
        if isinstance(kept, Lost):
            told = {"since": kept.since.isoformat(timespec="seconds"), "reason": kept.reason}
            return RawEvent("lost", "", told, kept.since)
        if isinstance(kept, Gap):
            told = {
                "since": kept.since.isoformat(timespec="seconds"),
                "until": kept.until.isoformat(timespec="seconds"),
                "dropped": str(kept.dropped),
            }
            return RawEvent("gap", "", told, kept.until)
        return None

    def restore_with(self, restore: Callable[[], None]) -> None:
        """Call this on every connection made anew, for what no registration brings back."""
        with self._turn:
            self._restore.append(restore)

    def before_close(self, clear: Callable[[], None]) -> None:
        """Call this when the feed is closed while it stands; it must raise nothing."""
        self._clear.append(clear)

    def close(self) -> None:
        """Close the connection."""
        if not (self._closing.is_set() or self._session.ended.is_set()):
            for clear in self._clear:
                clear()
        self._closing.set()
        with self._swap:
            session = self._session
        session.close()
        self._keeper.join(_JOIN_SECONDS)
        self._unlock()

    # The connection ---------------------------------------------------------------------------

    def _begin(self) -> None:
        """Connect, and begin to make the connection anew whenever it is lost.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            SignInError: the sign-in is refused.
            Unavailable: there is no connection.
        """
        if self._lock is not None and not self._lock.acquire(0):
            raise Busy(
                "profile {profile!r} has a live connection already (stream, watch or condition)",
                hint="a key has only one: stop the other command first",
                code="live_open",
                profile=self._profile,
            )
        try:
            self._session = self._open()
        except BaseException:
            self._unlock()
            raise
        self._stands_since = self._clock.monotonic()
        self._keeper = threading.Thread(target=self._keep, name="live-keeper", daemon=True)
        self._keeper.start()

    def _ask_all(self, requests: Sequence[_Request]) -> None:
        """Ask the session that stands; one made anew is asked for everything anyway."""
        session = self._session
        for request in requests:
            if session.ended.is_set() and isinstance(session.why, Unavailable):
                return
            try:
                self._ask(session, request)
            except Unavailable:
                if not session.ended.is_set():
                    raise
                return

    def _timed(self, name: str, ask: Callable[[], _Answer]) -> _Answer:
        """Ask, and tell whoever looks on how long it took and what came of it."""
        started, outcome = self._clock.monotonic(), "rc 0"
        try:
            return ask()
        except KiwoomctlError as error:
            outcome = error.code
            if "profile" in error.values:
                error.values["profile"] = self._profile
            raise
        finally:
            elapsed = round((self._clock.monotonic() - started) * 1000)
            self._observer.called(self._profile, Call(name, elapsed, outcome))

    def _keep_odd(self, what: str) -> None:
        """Keep the place of what cannot be read: an event without values, which says so."""
        self._inbox.put(Element(UNREADABLE, "", what, self._now(), from_market=True))

    def _now(self) -> datetime:
        return self._clock.now()

    def _keep(self) -> None:
        """Make the connection anew whenever it is lost, until it is closed or past help."""
        try:
            while True:
                self._session.ended.wait()
                if self._closing.is_set():
                    return
                if not _may_pass(self._session.why):
                    self._inbox.fail(self._session.why)
                    return
                lost = Lost(self._now(), str(self._session.why.values.get("reason", "")))
                self._inbox.put(lost)
                if not self._come_back(lost.since):
                    return
        except BaseException as error:  # noqa: BLE001 - whoever waits for events is to know
            self._inbox.fail(error)

    def _come_back(self, since: datetime) -> bool:
        """Connect again and ask for everything; False where that is over."""
        started = self._clock.monotonic()
        # A server that drops every connection at once is not to be asked more often for it.
        self._pause = self._comeback.pause(self._pause, started - self._stands_since)
        while not self._closing.wait(self._comeback.spread(self._pause, self._jitter())):
            try:
                session = self._open()
                with self._turn:
                    if not self._take_over(session):
                        return False
                    self._ask_for_everything(session, since)
            except KiwoomctlError as error:
                late = self._clock.monotonic() - started >= self._comeback.give_up
                if late or not (_may_pass(error) or self._is_own_ghost(error)):
                    self._session.close()
                    self._inbox.fail(error)
                    return False
                self._pause = self._comeback.pause(self._pause, 0)
            else:
                self._stands_since = self._clock.monotonic()
                return True
        self._session.close()
        return False

    def _take_over(self, session: _Live) -> bool:
        """Use a new session; False where the feed was closed meanwhile."""
        with self._swap:
            if not self._closing.is_set():
                self._session = session
                return True
        session.close()
        return False

    def _ask_for_everything(self, session: _Live, since: datetime) -> None:
        for request in self._everything():
            self._ask(session, request)
        self._inbox.put(Gap(since, self._now()))
        for restore in self._restore:
            restore()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


def _odd(element: Element) -> RawEvent:
    trouble = Phrase("it has no values")
    return RawEvent(UNREADABLE, "", {}, element.received_at, str(element.content), trouble)


def _may_pass(error: KiwoomctlError) -> bool:
    """Tell whether another try may succeed; a key that another program took is left to it.

    What was asked for was granted before: a refusal of it now may be a server's that wakes up.
    """
    return isinstance(error, Unavailable | Busy | BrokerRejected) and error.code != TAKEN
