"""KIS's live feed of one account: an approval key for each connection, a request for each code.

What any feed keeps to, a lost connection above all, is in ``brokers.live.feed``. An approval key
proves itself only with the first registration. Notices of other accounts of the same person are
passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.brokers.kis.live import events
from kiwoomctl.brokers.kis.live.kinds import (
    MOCK_NOTICE,
    MOST_REGISTRATIONS,
    NOTICE,
    NOTICES,
    TRADE,
    TRADES,
    VENUES,
)
from kiwoomctl.brokers.kis.live.session import BAD_APPROVAL, KisSession, Records, Registration
from kiwoomctl.brokers.live.feed import Footing, ReturningFeed
from kiwoomctl.brokers.live.inbox import Element
from kiwoomctl.brokers.live.patience import Patience, Return
from kiwoomctl.brokers.live.session import TAKEN
from kiwoomctl.domain.live import AccountNews
from kiwoomctl.errors import (
    BrokerRejected,
    ConfigError,
    KiwoomctlError,
    Phrase,
    SignInError,
    Unavailable,
    UsageError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.kis.client import KisClient
    from kiwoomctl.brokers.pacing import Pacer
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.live import LiveEvent, LiveFields, RawEvent

PATIENCE: Final = Patience(spacing=0.1)
COMEBACK: Final = Return(first_pause=5.0, longest_pause=60.0, steady=120.0, least=1.0)
"""Connections that come and go get a key blocked."""
APPROVAL: Final = "Approval"
_MOST_UNHEARD: Final = 2
_MOST_IN_USE: Final = 3


class Change(NamedTuple):
    """A request: to register for something, or to end that."""

    registration: Registration
    remove: bool = False


class KisLiveFeed(ReturningFeed[KisSession, Change]):
    """The events of one account's connection."""

    def __init__(
        self, footing: Footing, client: KisClient, hts_id: str | None, approvals: Pacer | None
    ) -> None:
        """Connect; whether the key is free shows with the first thing that is asked for.

        Args:
            footing: what any feed needs.
            client: gives approval keys, and knows the account.
            hts_id: the owner's name at the house's own program; None where it is not known.
            approvals: keeps the rate at which approval keys are had; None where nobody is to be
                spared.

        Raises:
            Busy: this machine has a feed with this key already.
            SignInError: the key is refused.
            Unavailable: there is no connection.
        """
        super().__init__(footing)
        self._client = client
        self._account = "".join(client.account)
        self._hts_id = hts_id
        self._approvals = approvals
        self._wanted: dict[Registration, None] = {}
        self._heard_of_notices = False
        self._unheard = 0
        self._in_use = 0
        self._begin()

    # What is asked for ------------------------------------------------------------------------

    @property
    def most_trades(self) -> int:
        """How many codes ``watch_trades`` takes."""
        return MOST_REGISTRATIONS - sum(r.tr_id != TRADE for r in self._wanted)

    def watch_account(self) -> AccountNews:
        """Ask for the account's order notices (H0STCNI0); balances are not told."""
        try:
            self.register((NOTICE,), ("",))
        except (ConfigError, BrokerRejected) as error:
            return AccountNews(orders=False, balances=False, lack=error)
        return AccountNews(orders=True, balances=False)

    def watch_trades(self, symbols: Sequence[Symbol]) -> None:
        """Ask for the trades (H0STCNT0) of these codes, and of no others; the newest is kept.

        Raises:
            UsageError: more codes than one session may have.
            BrokerRejected: one or more codes were refused, the others are watched.
        """
        with self._turn:
            self._inbox.keep_newest_of(TRADE, symbols)
            wanted = dict.fromkeys(Registration(TRADE, symbol) for symbol in symbols)
            gone = [r for r in self._wanted if r.tr_id == TRADE and r not in wanted]
            for registration in gone:
                del self._wanted[registration]
            self._ask_all([Change(registration, remove=True) for registration in gone])
            refused: BrokerRejected | None = None
            for registration in self._new(wanted):
                try:
                    self._add(registration)
                except BrokerRejected as error:
                    refused = refused or error
            if refused is not None:
                raise refused

    def register(self, types: Sequence[str], items: Sequence[str]) -> None:
        """Ask for events by the broker's TRs and codes; a code may have its venue behind it.

        Raises:
            UsageError: more than one session may have.
            ConfigError: order notices need the HTS id.
            BrokerRejected: the broker refused it.
            Busy, SignInError: the feed has ended.
        """
        with self._turn:
            for registration in self._new([self._registration(t, i) for t in types for i in items]):
                self._add(registration)

    def _new(self, wanted: Sequence[Registration] | dict[Registration, None]) -> list[Registration]:
        """Return what is not registered yet; raises UsageError where it is too much."""
        new = [r for r in dict.fromkeys(wanted) if r not in self._wanted]
        count = len(self._wanted) + len(new)
        if count > MOST_REGISTRATIONS:
            raise UsageError(
                "{count} kinds and codes are more than the {most} of one connection",
                hint="name fewer",
                code="items",
                count=count,
                most=MOST_REGISTRATIONS,
            )
        return new

    def _add(self, registration: Registration) -> None:
        self._wanted[registration] = None
        try:
            self._ask_all([Change(registration)])
        except KiwoomctlError:
            self._wanted.pop(registration, None)
            raise

    def _registration(self, kind: str, item: str) -> Registration:
        if kind in NOTICES:
            if not self._hts_id:
                raise _no_hts_id(self._profile)
            return Registration(MOCK_NOTICE if self._client.is_mock else NOTICE, self._hts_id)
        code, mark, venue = item.partition("_")
        kind = VENUES.get(f"{mark}{venue}", kind) if mark else kind
        if kind != TRADE and self._client.is_mock:
            raise BrokerRejected(
                "the mock server does not offer this ({api_id}, {broker_code})",
                hint="leave it out of -p; kiwoomctl help brokers shows who offers what",
                code="not_on_mock",
                api_id=kind,
                broker_code="-",
            )
        return Registration(kind, code)

    # What came --------------------------------------------------------------------------------

    def named(self, event: RawEvent) -> LiveFields:
        """Return the fields of an event by English names, figures as numbers."""
        return events.named(event)

    def _read(self, element: Element) -> LiveEvent:
        return events.read(element)

    def _raw(self, element: Element) -> RawEvent:
        return events.raw(element)

    def _received(self, tr_id: str, records: Records, received_at: datetime) -> None:
        from_market = tr_id in TRADES
        for record in records:
            content: Sequence[str] | Phrase = record
            item = ""
            if not isinstance(record, Phrase):
                item = events.item_of(tr_id, record)
                account = events.account_of(record) if tr_id in NOTICES else self._account
                if not account:
                    content = Phrase("it does not say whose it is")
                elif account != self._account:
                    continue
            self._inbox.put(Element(tr_id, item, content, received_at, from_market))

    # The connection ---------------------------------------------------------------------------

    def _open(self) -> KisSession:
        approval = self._approval()
        return KisSession(
            self._connect(),
            self._clock,
            self._patience,
            approval,
            self._received,
            self._keep_odd,
        )

    def _approval(self) -> str:
        """Return a new approval key: one of before may be good for nothing."""
        if self._approvals is not None:
            self._approvals.take(APPROVAL)
        return self._client.approval_key()

    def _everything(self) -> Sequence[Change]:
        first = sorted(self._wanted, key=lambda registration: registration.tr_id not in NOTICES)
        return [Change(registration) for registration in first]

    def _ask(self, session: KisSession, request: Change) -> None:
        try:
            self._ask_once(session, request)
        except SignInError as error:
            if error.code != f"kis_{BAD_APPROVAL}":
                raise
            session.approval = self._approval()
            self._ask_once(session, request)

    def _ask_once(self, session: KisSession, request: Change) -> None:
        registration, is_notice = request.registration, request.registration.tr_id in NOTICES

        def ask() -> None:
            session.ask(registration, remove=request.remove)

        try:
            self._timed(registration.tr_id, ask)
        except Unavailable:
            # A wrong HTS id ends the connection without a word: that is not to be tried for long.
            self._unheard += is_notice and session.ended.is_set()
            if is_notice and not self._heard_of_notices and self._unheard >= _MOST_UNHEARD:
                raise _odd_hts_id(self._profile) from None
            raise
        self._heard_of_notices = self._heard_of_notices or is_notice
        self._in_use = 0

    def _is_own_ghost(self, error: KiwoomctlError) -> bool:
        """Tell whether the key may be in use by the connection that was just lost.

        Whoever had it before our first request is another; after that a few tries tell.
        """
        self._in_use += error.code == TAKEN
        return error.code == TAKEN and self._in_use <= _MOST_IN_USE


def _no_hts_id(profile: str) -> ConfigError:
    return ConfigError(
        "order notices need hts_id in profiles.toml, the owner's HTS id (profile {profile!r})",
        hint='add a line to its section: hts_id = "your HTS id"',
        code="no_hts_id",
        profile=profile,
    )


def _odd_hts_id(profile: str) -> ConfigError:
    return ConfigError(
        "the broker ends the connection when it is asked for order notices (profile {profile!r})",
        hint="check hts_id in profiles.toml; order notices need the owner's own",
        code="hts_id",
        profile=profile,
    )
