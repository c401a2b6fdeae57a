"""Kiwoom as a house: where its servers are, how fast they may be asked, how an account opens."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kiwoomctl.brokers.kiwoom.endpoints import COMMISSION_RATES, HOSTS
from kiwoomctl.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from kiwoomctl.brokers.houses import Seat
    from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
    from kiwoomctl.brokers.kiwoom.client import KiwoomClient
    from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed
    from kiwoomctl.brokers.pacing import Caps
    from kiwoomctl.brokers.port import InstrumentLists
    from kiwoomctl.brokers.port_enrolment import Enrolment
    from kiwoomctl.brokers.port_live import ConditionDesk
    from kiwoomctl.brokers.port_orders import Gate, OrderDesk
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.live import LiveCatalogue
    from kiwoomctl.domain.offers import Offers, OrderOffers
    from kiwoomctl.domain.portfolio import Environment


class KiwoomHouse:
    """Kiwoom Securities (키움증권)."""

    name = "kiwoom"
    title = Phrase("Kiwoom Securities")
    one_pace = False
    lists_need_key = True

    @property
    def listed_markets(self) -> tuple[str, ...]:
        """The markets it has a list of: all."""
        from kiwoomctl.domain.market import MARKETS

        return MARKETS

    @property
    def hosts(self) -> Mapping[str, str]:
        """Where the servers of real and mock are."""
        return HOSTS

    @property
    def offers(self) -> Offers:
        """What its servers do, and how far."""
        from kiwoomctl.brokers.kiwoom.offers import OFFERS

        return OFFERS

    @property
    def orders(self) -> OrderOffers:
        """Which buys and sells its servers take."""
        from kiwoomctl.brokers.kiwoom.offers import ORDERS

        return ORDERS

    @property
    def live_events(self) -> LiveCatalogue:
        """Which live events it has."""
        from kiwoomctl.brokers.kiwoom.live.fids import FIELDS
        from kiwoomctl.brokers.kiwoom.live.kinds import KINDS
        from kiwoomctl.domain.live import LiveCatalogue

        names = frozenset(field.name for field in FIELDS.values())
        return LiveCatalogue(self.title, KINDS, names, frozenset(FIELDS))

    def enrolment(self, environment: Environment) -> Enrolment:
        """Return how its customer gets a key, and what else a profile needs."""
        from kiwoomctl.brokers.kiwoom.enrolment import enrolment

        return enrolment(environment)

    def caps(self, environment: Environment) -> Caps:
        """Return how fast a key may ask, for reads and for orders each."""
        from kiwoomctl.brokers.kiwoom.limits import CAPS

        return CAPS["mock" if environment == "mock" else "real"]

    def commission_rate(self, environment: Environment) -> Decimal:
        """Return the most a buy costs besides, won per won."""
        return COMMISSION_RATES[environment]

    def gate(self, code: str) -> Gate | None:
        """Return why the gateway refuses an order with this code; None for no such code."""
        from kiwoomctl.brokers.kiwoom.order_codes import GATE

        return GATE.get(code)

    def open(self, seat: Seat) -> KiwoomAccess:
        """Return the way into an account."""
        return KiwoomAccess(seat, self.commission_rate(seat.environment))


class KiwoomAccess:
    """The way into one account."""

    def __init__(self, seat: Seat, commission: Decimal) -> None:
        self._seat = seat
        self._commission = commission

    def lists(self) -> InstrumentLists:
        """Return the lists of instruments, a read like others."""
        return self.broker()

    def broker(self) -> KiwoomBroker:
        """Return the account's reads."""
        from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker

        return KiwoomBroker(
            self._client,
            instruments=self._seat.state / f"instruments-{self._seat.environment}.json",
            commission=self._commission,
        )

    def desk(self) -> OrderDesk:
        """Return the way the account's orders go out."""
        from kiwoomctl.brokers.kiwoom.order_desk import KiwoomOrderDesk

        seat = self._seat
        return KiwoomOrderDesk(
            self._client,
            seat.host,
            profile=seat.profile,
            pacer=seat.pacer("order", seat.environment),
            observer=seat.observer,
            in_process=seat.in_process,
        )

    def live(self, silence: float | None) -> KiwoomLiveFeed:
        """Open the account's live feed; raises as ``Access.live``."""
        from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed
        from kiwoomctl.brokers.live.footing import footing
        from kiwoomctl.brokers.live.patience import Patience, Return

        stands_on = footing(self._seat, self._line, Patience(), Return(), silence)
        return KiwoomLiveFeed(stands_on, self._client)

    def condition_desk(self, silence: float | None) -> ConditionDesk:
        """Open a feed with the owner's condition searches; raises as ``live``."""
        from kiwoomctl.brokers.kiwoom.live.conditions import KiwoomConditions

        return KiwoomConditions(self.live(silence))

    def _line(self) -> Line:
        from kiwoomctl.brokers.kiwoom.endpoints import SOCKET_PATH, SOCKETS

        known = SOCKETS.get(self._seat.environment)
        return self._seat.line(None if known is None else f"{known}{SOCKET_PATH}")

    @cached_property
    def _client(self) -> KiwoomClient:
        from kiwoomctl.brokers.kiwoom.client import KiwoomClient
        from kiwoomctl.brokers.transport import Transport

        seat = self._seat
        return KiwoomClient(
            profile=seat.profile,
            transport=Transport(seat.host, timeout=seat.timeout, in_process=seat.in_process),
            tokens=seat.tokens(),
            credentials=seat.credentials,
            pacer=seat.pacer("query", seat.environment),
            observer=seat.observer,
            clock=seat.clock,
        )
