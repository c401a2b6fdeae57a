"""Kiwoom's live feed of one account: sign-in by token, groups of items, control frames.

What any feed keeps to, a lost connection above all, is in ``brokers.live.feed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.brokers.kiwoom.live import events
from kiwoomctl.brokers.kiwoom.live.kinds import ACCOUNT_KINDS, CERTAIN, TRADE
from kiwoomctl.brokers.kiwoom.live.registrations import MOST_ITEMS, Frame, Registrations
from kiwoomctl.brokers.kiwoom.live.session import OnReply, Session
from kiwoomctl.brokers.kiwoom.replies import DEAD_TOKEN_CODES, OTHER_ADDRESS_CODE
from kiwoomctl.brokers.live.feed import Footing, ReturningFeed
from kiwoomctl.brokers.live.inbox import Element
from kiwoomctl.domain.live import AccountNews, Gap, LiveEvent, LiveFields, OrderNotice, RawEvent
from kiwoomctl.errors import KiwoomctlError, SignInError

if TYPE_CHECKING:
    from kiwoomctl.brokers.kiwoom.client import KiwoomClient
    from kiwoomctl.domain.identity import Symbol

_RENEWABLE: Final = {f"kiwoom_{code}" for code in (*DEAD_TOKEN_CODES, OTHER_ADDRESS_CODE)}
_TOO_FREQUENT: Final = "kiwoom_105110"
_TOO_FREQUENT_TIMES: Final = 4
_TOO_FREQUENT_PAUSE: Final = 1.0
_EVERYTHING: Final = AccountNews(orders=True, balances=True)
_MOST_TRADES: Final = 20 * MOST_ITEMS
"""Far more codes than anybody holds, far fewer than a session may have."""


class KiwoomLiveFeed(ReturningFeed[Session, Frame]):
    """The events of one account's connection."""

    def __init__(self, footing: Footing, client: KiwoomClient) -> None:
        """Connect and sign in.

        Args:
            footing: what any feed needs.
            client: gives the token.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            SignInError: the token is refused.
            Unavailable: there is no connection.
        """
        super().__init__(footing)
        self._client = client
        self._wanted = Registrations()
        self._filled: dict[str, int] = {}
        self._begin()

    # What is asked for ------------------------------------------------------------------------

    @property
    def most_trades(self) -> int:
        """How many codes ``watch_trades`` takes."""
        return _MOST_TRADES

    def watch_account(self) -> AccountNews:
        """Ask for the account's order notices (00) and balances (04)."""
        self.register(ACCOUNT_KINDS, ("",))
        return _EVERYTHING

    def watch_trades(self, symbols: Sequence[Symbol]) -> None:
        """Ask for the trades (0B) of these codes, and of no others; the newest of each is kept."""
        with self._turn:
            self._inbox.keep_newest_of(TRADE, symbols)
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

    # What came --------------------------------------------------------------------------------

    def next(self, timeout: float) -> LiveEvent | None:
        """Return the next event as a record of the domain; raises as any feed's ``next``."""
        event = super().next(timeout)
        if isinstance(event, Gap):
            self._filled.clear()
        return self._counted(event) if isinstance(event, OrderNotice) else event

    def named(self, event: RawEvent) -> LiveFields:
        """Return the fields of an event by English names, figures as numbers."""
        return events.named(event)

    def _read(self, element: Element) -> LiveEvent:
        return events.read(element)

    def _raw(self, element: Element) -> RawEvent:
        return events.raw(element)

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

    # The connection ---------------------------------------------------------------------------

    def _open(self) -> Session:
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

    def _everything(self) -> Sequence[Frame]:
        return self._wanted.all()

    def _ask(self, session: Session, request: Frame) -> Mapping[str, Any]:
        return self._asked(session, request)

    def _asked(
        self, session: Session, frame: Frame, *secrets: str, on_reply: OnReply | None = None
    ) -> Mapping[str, Any]:
        def once() -> Mapping[str, Any]:
            return session.ask(frame, *secrets, on_reply=on_reply)

        for attempt in range(_TOO_FREQUENT_TIMES):
            try:
                return self._timed(str(frame["trnm"]), once)
            except KiwoomctlError as error:
                if error.code != _TOO_FREQUENT or attempt + 1 == _TOO_FREQUENT_TIMES:
                    raise
            self._clock.sleep(_TOO_FREQUENT_PAUSE * (attempt + 1))
        raise AssertionError("the last attempt returns or raises")

    def _received(self, content: Mapping[str, Any], received_at: datetime) -> None:
        kind, item = content.get("type"), content.get("item")
        if not isinstance(kind, str):
            self._keep_odd("an event without a type")
            return
        from_market = kind not in CERTAIN
        told = item if isinstance(item, str) else ""
        self._inbox.put(Element(kind, told, content, received_at, from_market))
