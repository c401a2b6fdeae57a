"""KIS as a house: where its servers are, how fast they may be asked, how an account opens."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kiwoomctl.brokers.kis.endpoints import COMMISSION_RATES, HOSTS, MASTER_HOST, TITLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from kiwoomctl.brokers.houses import Seat
    from kiwoomctl.brokers.kis.client import KisClient
    from kiwoomctl.brokers.pacing import Caps, Pacer
    from kiwoomctl.brokers.port import Broker, InstrumentLists
    from kiwoomctl.brokers.port_enrolment import Enrolment
    from kiwoomctl.brokers.port_live import ConditionDesk, LiveFeed
    from kiwoomctl.brokers.port_orders import Gate, OrderDesk
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.brokers.transport import Transport
    from kiwoomctl.domain.live import LiveCatalogue
    from kiwoomctl.domain.offers import Offers, OrderOffers
    from kiwoomctl.domain.portfolio import Environment


class KisHouse:
    """Korea Investment & Securities (한국투자증권)."""

    name = "kis"
    title = TITLE
    one_pace = True
    listed_markets = ("KOSPI", "KOSDAQ")
    lists_need_key = False

    @property
    def hosts(self) -> Mapping[str, str]:
        """Where the servers of real and mock are."""
        return HOSTS

    @property
    def offers(self) -> Offers:
        """What its servers do, and how far."""
        from kiwoomctl.brokers.kis.offers import OFFERS

        return OFFERS

    @property
    def orders(self) -> OrderOffers:
        """Which buys and sells its servers take."""
        from kiwoomctl.brokers.kis.offers import ORDERS

        return ORDERS

    @property
    def live_events(self) -> LiveCatalogue:
        """Which live events it has."""
        from kiwoomctl.brokers.kis.live.events import FIELD_NAMES, RAW_NAMES
        from kiwoomctl.brokers.kis.live.kinds import KINDS
        from kiwoomctl.domain.live import LiveCatalogue

        return LiveCatalogue(TITLE, KINDS, FIELD_NAMES, RAW_NAMES)

    def enrolment(self, environment: Environment) -> Enrolment:
        """Return how its customer gets a key, and what else a profile needs."""
        from kiwoomctl.brokers.kis.enrolment import enrolment

        return enrolment(environment)

    def caps(self, environment: Environment) -> Caps:
        """Return how fast a key may ask, for all its requests together."""
        from kiwoomctl.brokers.kis.limits import CAPS

        return CAPS["mock" if environment == "mock" else "real"]

    def commission_rate(self, environment: Environment) -> Decimal:
        """Return the most a buy costs besides, won per won."""
        return COMMISSION_RATES[environment]

    def gate(self, code: str) -> Gate | None:
        """Return why the gateway refuses an order with this code; None for no such code."""
        from kiwoomctl.brokers.kis.order_codes import GATE

        return GATE.get(code)

    def open(self, seat: Seat) -> KisAccess:
        """Return the way into an account."""
        return KisAccess(seat, self.commission_rate(seat.environment))


class KisAccess:
    """The way into one account."""

    def __init__(self, seat: Seat, commission: Decimal) -> None:
        self._seat = seat
        self._commission = commission

    def broker(self) -> Broker:
        """Return the account's reads."""
        from kiwoomctl.brokers.kis.broker import KisBroker

        return KisBroker(
            self._client,
            instruments=self._seat.state / f"instruments-kis-{self._seat.environment}.json",
            commission=self._commission,
        )

    def lists(self) -> InstrumentLists:
        """Return the lists of instruments: files that anybody may have.

        A simulator has them where everything else is, and this machine asks nobody else then.
        """
        from kiwoomctl.brokers.kis.listings import KisLists
        from kiwoomctl.brokers.transport import Transport

        seat = self._seat
        host = seat.host if seat.environment == "sim" else MASTER_HOST
        return KisLists(
            seat.profile,
            lambda: Transport(host, timeout=seat.timeout, in_process=seat.in_process),
            seat.observer,
            seat.clock,
        )

    def desk(self) -> OrderDesk:
        """Return the way the account's orders go out."""
        from kiwoomctl.brokers.kis.order_desk import KisOrderDesk

        seat = self._seat
        return KisOrderDesk(
            self._client,
            seat.host,
            profile=seat.profile,
            pacer=self._pacer,
            observer=seat.observer,
            in_process=seat.in_process,
        )

    def live(self, silence: float | None) -> LiveFeed:
        """Open the account's live feed; raises as ``Access.live``."""
        from kiwoomctl.brokers.kis.limits import APPROVALS
        from kiwoomctl.brokers.kis.live.feed import COMEBACK, PATIENCE, KisLiveFeed
        from kiwoomctl.brokers.live.footing import footing

        seat = self._seat
        return KisLiveFeed(
            footing(seat, self._line, PATIENCE, COMEBACK, silence),
            self._client,
            seat.hts_id,
            seat.own_pacer("approval", APPROVALS),
        )

    def condition_desk(self, silence: float | None) -> ConditionDesk:
        """Refuse: the house offers no condition searches to programs."""
        from kiwoomctl.brokers.offers import refuse
        from kiwoomctl.domain.offers import Ability

        del silence
        refuse(TITLE, Ability.CONDITIONS)

    def _line(self) -> Line:
        from kiwoomctl.brokers.kis.endpoints import SOCKET_PATH, SOCKETS

        known = SOCKETS.get(self._seat.environment)
        return self._seat.line(None if known is None else f"{known}{SOCKET_PATH}")

    @cached_property
    def _client(self) -> KisClient:
        from kiwoomctl.brokers.kis.client import KisClient

        seat = self._seat
        return KisClient(
            profile=seat.profile,
            number=seat.number or "",
            transport=self._transport,
            tokens=seat.tokens(),
            credentials=seat.credentials,
            pacer=self._pacer,
            observer=seat.observer,
            clock=seat.clock,
            is_mock=lambda: self._is_mock,
        )

    @cached_property
    def _transport(self) -> Transport:
        from kiwoomctl.brokers.transport import Transport

        seat = self._seat
        return Transport(seat.host, timeout=seat.timeout, in_process=seat.in_process)

    @cached_property
    def _pacer(self) -> Pacer | None:
        """One for reads and orders: what one of them learns holds for both."""
        seat = self._seat
        if not seat.paced:
            return None
        return seat.pacer("query", "mock" if self._is_mock else "real")

    @cached_property
    def _is_mock(self) -> bool:
        if self._seat.environment != "sim":
            return self._seat.environment == "mock"
        if self._seat.in_process is not None:
            return False  # the one in process stands for the real server
        from kiwoomctl.brokers.simulated_socket import simulated_environment

        return simulated_environment(self._transport) == "mock"
