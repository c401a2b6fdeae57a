"""The live feed of one account: sign-in, registrations, and a lost connection made anew.

Invariants:

- One feed of this machine per app key: a lock in the state folder refuses a second one, which
  at the broker would end the first.
- A session that another program ended by taking the key is not fought for.
- Whatever else ends a connection, it is made anew after growing pauses, with everything
  registered again, and told as Lost and then Gap: nobody is left to believe in a silence.
- Events are kept by the rules of ``inbox``: what tells of the account is never dropped.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.brokers.kiwoom.live import events
from kiwoomctl.brokers.kiwoom.live.inbox import TRADE, Element, Inbox
from kiwoomctl.brokers.kiwoom.live.kinds import ACCOUNT_KINDS, CERTAIN
from kiwoomctl.brokers.kiwoom.live.patience import Patience, Return
from kiwoomctl.brokers.kiwoom.live.registrations import Frame, Registrations
from kiwoomctl.brokers.kiwoom.live.session import TAKEN, OnReply, Session
from kiwoomctl.brokers.kiwoom.replies import DEAD_TOKEN_CODES, OTHER_ADDRESS_CODE
from kiwoomctl.brokers.port import Call
from kiwoomctl.domain.live import Gap, LiveEvent, LiveFields, Lost, OrderNotice, RawEvent
from kiwoomctl.errors import BrokerRejected, Busy, KiwoomctlError, SignInError, Unavailable

if TYPE_CHECKING:
    from kiwoomctl.brokers.kiwoom.client import KiwoomClient
    from kiwoomctl.brokers.port import Observer
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.locks import FileLock

_RENEWABLE: Final = {f"kiwoom_{code}" for code in (*DEAD_TOKEN_CODES, OTHER_ADDRESS_CODE)}
_TOO_FREQUENT: Final = "kiwoom_105110"
_TOO_FREQUENT_TIMES: Final = 4
_TOO_FREQUENT_PAUSE: Final = 1.0
_JOIN_SECONDS: Final = 2.0


USUAL_PATIENCE: Final = Patience()
USUAL_RETURN: Final = Return()


class KiwoomLiveFeed:
    """The events of one account's connection."""

    def __init__(
        self,
        *,
        profile: str,
        connect: Callable[[], Line],
        client: KiwoomClient,
        observer: Observer,
        clock: Clock,
        lock: FileLock | None,
        patience: Patience = USUAL_PATIENCE,
        comeback: Return = USUAL_RETURN,
        jitter: Callable[[], float] = random.random,
        inbox: Inbox | None = None,
    ) -> None:
        """Connect and sign in.

        Args:
            profile: the name shown to people.
            connect: opens a connection.
            client: gives the token.
            observer: is told of control frames.
            clock: time and sleep.
            lock: excludes other feeds of this key; None where they could not meet.
            patience: how long to wait for what.
            comeback: how a lost connection is made anew.
            jitter: 0 to 1, so that not everybody comes back at once.
            inbox: keeps the events.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            SignInError: the token is refused.
            Unavailable: there is no connection.
        """
        self._profile = profile
        self._connect = connect
        self._client = client
        self._observer = observer
        self._clock = clock
        self._lock = lock
        self._patience = patience
        self._comeback = comeback
        self._jitter = jitter
        self._inbox = Inbox() if inbox is None else inbox
        self._wanted = Registrations()
        self._restore: list[Callable[[], None]] = []
        self._clear: list[Callable[[], None]] = []
        self._filled: dict[str, int] = {}
        self._turn = threading.RLock()
        self._pause: float | None = None
        self._stands_since = clock.monotonic()
        self._swap = threading.Lock()
        self._closing = threading.Event()
        if lock is not None and not lock.acquire(0):
            raise Busy(
                "profile {profile!r} has a live connection already (stream, watch or condition)",
                hint="a key has only one: stop the other command first",
                code="live_open",
                profile=profile,
            )
        try:
            self._session = self._signed_in()
        except BaseException:
            self._unlock()
            raise
        self._keeper = threading.Thread(target=self._keep, name="live-keeper", daemon=True)
        self._keeper.start()

    # What is asked for ------------------------------------------------------------------------

    def watch_account(self) -> None:
        """Ask for the account's order notices (00) and balances (04)."""
        self.register(ACCOUNT_KINDS, ("",))

    def watch_trades(self, symbols: Sequence[Symbol]) -> None:
        """Ask for the trades (0B) of these codes, and of no others; the newest of each is kept."""
        with self._turn:
            self._inbox.keep_newest_of(symbols)
            types = (TRADE,)
            gone = set(self._wanted.items(types)) - set(symbols)
            frames = self._wanted.remove(types, gone) if gone else []
            self._ask_all([*frames, *self._wanted.add(types, symbols)])

    def register(self, types: Sequence[str], items: Sequence[str]) -> None:
        """Ask for events by the broker's names of kinds and items.

        Raises:
            UsageError: more items than one session may have.
            BrokerRejected: the broker refused it.
            Busy, SignInError: the feed has ended.
        """
        with self._turn:
            frames = self._wanted.add(types, items)
            try:
                self._ask_all(frames)
            except KiwoomctlError:
                self._wanted.remove(types, items)
                raise

    def ask(self, frame: Frame, on_reply: OnReply | None = None) -> Mapping[str, Any]:
        """Send a control frame of another kind and return the reply.

        Args:
            frame: what to ask for.
            on_reply: is given the reply before any event that came after it is kept.

        Raises:
            BrokerRejected, SignInError, Busy, Unavailable: there is no reply, or a refusal.
        """
        with self._turn:
            return self._asked(self._session, frame, on_reply=on_reply)

    def keep(self, content: Mapping[str, Any]) -> None:
        """Keep an element as if the server had sent it as an event."""
        self._received(content, self._now())

    def restore_with(self, restore: Callable[[], None]) -> None:
        """Call this on every connection made anew, for what no registration brings back."""
        with self._turn:
            self._restore.append(restore)

    def before_close(self, clear: Callable[[], None]) -> None:
        """Call this when the feed is closed while it stands; it must raise nothing."""
        self._clear.append(clear)

    # What came --------------------------------------------------------------------------------

    def next(self, timeout: float) -> LiveEvent | None:
        """Return the next event as a record of the domain; None after that many seconds.

        An event that should have a record but cannot be read is a RawEvent with ``trouble``.

        Raises:
            Unavailable: the connection cannot be made anew.
            SignInError: the token is refused.
            Busy: another program took the key's one session.
        """
        kept = self._inbox.take(timeout)
        if isinstance(kept, Element):
            event = events.read(kept)
            return self._counted(event) if isinstance(event, OrderNotice) else event
        if isinstance(kept, Gap):
            self._filled.clear()
        return kept

    def next_raw(self, timeout: float) -> RawEvent | None:
        """Return the next event as it was sent; Lost and Gap are of the types lost and gap."""
        kept = self._inbox.take(timeout)
        if isinstance(kept, Element):
            return events.raw(kept)
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

    def named(self, event: RawEvent) -> LiveFields:
        """Return the fields of an event by English names, figures as numbers."""
        return events.named(event)

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

    def _counted(self, notice: OrderNotice) -> OrderNotice:
        """Add what this very event filled where the broker tells only what is filled so far."""
        if notice.filled_quantity is None:
            if notice.status == "received":
                self._filled.setdefault(notice.number, 0)
            return notice
        before = self._filled.get(notice.number)
        self._filled[notice.number] = notice.filled_quantity
        if notice.fill_quantity is not None or before is None or notice.status != "filled":
            return notice
        return notice._replace(fill_quantity=max(0, notice.filled_quantity - before))

    def _signed_in(self) -> Session:
        """Return a new connection after LOGIN, the token renewed once where it is dead."""
        token = self._client.token()
        try:
            return self._login(token.value)
        except SignInError as error:
            if error.code not in _RENEWABLE:
                raise
        # Somebody may have renewed it meanwhile: the store compares before it issues.
        return self._login(self._client.replace_token(token.value).value)

    def _login(self, token: str) -> Session:
        session = Session(
            self._connect(), self._clock, self._patience, self._received, self._keep_odd
        )
        try:
            self._asked(session, {"trnm": "LOGIN", "token": token}, token)
        except BaseException:
            session.close()
            raise
        return session

    def _asked(
        self, session: Session, frame: Frame, *secrets: str, on_reply: OnReply | None = None
    ) -> Mapping[str, Any]:
        for attempt in range(_TOO_FREQUENT_TIMES):
            started, outcome = self._clock.monotonic(), "rc 0"
            try:
                return session.ask(frame, *secrets, on_reply=on_reply)
            except KiwoomctlError as error:
                outcome = error.code
                if "profile" in error.values:
                    error.values["profile"] = self._profile
                if error.code != _TOO_FREQUENT or attempt + 1 == _TOO_FREQUENT_TIMES:
                    raise
            finally:
                elapsed = round((self._clock.monotonic() - started) * 1000)
                self._observer.called(self._profile, Call(frame["trnm"], elapsed, outcome))
            self._clock.sleep(_TOO_FREQUENT_PAUSE * (attempt + 1))
        raise AssertionError("the last attempt returns or raises")

    def _ask_all(self, frames: Sequence[Frame]) -> None:
        """Ask the session that stands; one made anew is asked for everything anyway."""
        session = self._session
        for frame in frames:
            if session.ended.is_set() and isinstance(session.why, Unavailable):
                return
            try:
                self._asked(session, frame)
            except Unavailable:
                if not session.ended.is_set():
                    raise
                return

    def _received(self, content: Mapping[str, Any], received_at: datetime) -> None:
        kind, item = content.get("type"), content.get("item")
        if not isinstance(kind, str):
            self._keep_odd("an event without a type")
            return
        from_market = kind not in CERTAIN
        told = item if isinstance(item, str) else ""
        self._inbox.put(Element(kind, told, content, received_at, from_market))

    def _keep_odd(self, what: str) -> None:
        """Keep the place of what cannot be read: an event without values, which says so."""
        self._inbox.put(Element("unreadable", "", {"name": what}, self._now(), from_market=True))

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
        while not self._closing.wait(self._pause * (0.5 + self._jitter() / 2)):
            try:
                session = self._signed_in()
                with self._turn:
                    if not self._take_over(session):
                        return False
                    self._ask_for_everything(session, since)
            except KiwoomctlError as error:
                late = self._clock.monotonic() - started >= self._comeback.give_up
                if late or not _may_pass(error):
                    self._session.close()
                    self._inbox.fail(error)
                    return False
                self._pause = self._comeback.pause(self._pause, 0)
            else:
                self._stands_since = self._clock.monotonic()
                return True
        self._session.close()
        return False

    def _take_over(self, session: Session) -> bool:
        """Use a new session; False where the feed was closed meanwhile."""
        with self._swap:
            if not self._closing.is_set():
                self._session = session
                return True
        session.close()
        return False

    def _ask_for_everything(self, session: Session, since: datetime) -> None:
        for frame in self._wanted.all():
            self._asked(session, frame)
        self._inbox.put(Gap(since, self._now()))
        for restore in self._restore:
            restore()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


def _may_pass(error: KiwoomctlError) -> bool:
    """Tell whether another try may succeed; a key that another program took is left to it.

    What was asked for was granted before: a refusal of it now may be a server's that wakes up.
    """
    return isinstance(error, Unavailable | Busy | BrokerRejected) and error.code != TAKEN
