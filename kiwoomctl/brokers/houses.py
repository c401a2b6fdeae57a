"""The houses an account can be kept at, and what opening one of their accounts takes.

Whoever connects accounts knows this and no house in particular. To add one: a folder with a
``house`` module, its name in ``_HOUSES``, and in the names profiles.toml may have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from kiwoomctl.brokers.pacing import Caps, Kind, Pacer
    from kiwoomctl.brokers.port import Broker, InstrumentLists, Observer
    from kiwoomctl.brokers.port_enrolment import Enrolment
    from kiwoomctl.brokers.port_live import ConditionDesk, LiveFeed
    from kiwoomctl.brokers.port_orders import Gate, OrderDesk
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.brokers.token import TokenStore
    from kiwoomctl.brokers.transport import InProcess
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.live import LiveCatalogue
    from kiwoomctl.domain.offers import Offers, OrderOffers
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.errors import Phrase
    from kiwoomctl.locks import FileLock


class Seat(NamedTuple):
    """What an account is opened with, whatever its house."""

    profile: str
    """The name shown to people."""
    environment: Environment
    host: str
    """Scheme, host and port of the requests."""
    number: str | None
    """The account number its owner wrote down; None where he did not."""
    hts_id: str | None
    """The owner's name at the house's own program; None where it is not known."""
    paced: bool
    """Whether anybody is to be spared."""
    timeout: float
    """Seconds for one reply of a read."""
    state: Path
    """The folder of the account's world."""
    tokens: Callable[[], TokenStore]
    credentials: Callable[[], tuple[str, str]]
    """Gives app key and secret key; may ask a slow source, or a person."""
    pacer: Callable[[Kind, Environment], Pacer | None]
    """Keeps the rate of a server's limits; None where nobody is to be spared."""
    own_pacer: Callable[[Kind, Caps], Pacer | None]
    """Keeps a limit of its own, beside the server's; None where nobody is to be spared."""
    observer: Observer
    clock: Clock
    in_process: InProcess | None
    """The embedded simulator in place of the network."""
    line: Callable[[str | None], Line]
    """Opens a connection for live events to an address; None for a simulator's own."""
    live_lock: Callable[[], FileLock | None]
    """Excludes other feeds of this key on this machine; None where they could not meet."""


class Access(Protocol):
    """The way into one account; its parts share one client, made on first use."""

    def broker(self) -> Broker:
        """Return the account's reads; raises SignInError where the key cannot be had."""

    def desk(self) -> OrderDesk:
        """Return the way the account's orders go out."""

    def lists(self) -> InstrumentLists:
        """Return the house's lists of instruments; nothing is asked yet."""

    def live(self, silence: float | None) -> LiveFeed:
        """Open the account's live feed.

        Args:
            silence: seconds without a sign of the broker before the connection counts as lost;
                None for the usual ones.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            BrokerRejected: the house has none.
            SignInError, Unavailable: there is no connection.
        """

    def condition_desk(self, silence: float | None) -> ConditionDesk:
        """Open a feed with the owner's condition searches; raises as ``live``."""


class House(Protocol):
    """A broker's firm."""

    @property
    def name(self) -> str:
        """Its name in profiles.toml."""

    @property
    def title(self) -> Phrase:
        """Its name for people."""

    @property
    def hosts(self) -> Mapping[str, str]:
        """Where the servers of the environments real and mock are."""

    @property
    def one_pace(self) -> bool:
        """Whether reads and orders of a key have one limit together."""

    @property
    def listed_markets(self) -> tuple[str, ...]:
        """Those of ``domain.market.MARKETS`` it has a list of; none where it has no lists."""

    @property
    def lists_need_key(self) -> bool:
        """Whether it gives its lists only to who signs in."""

    @property
    def offers(self) -> Offers:
        """What its servers do, and how far; refusals go by it."""

    @property
    def orders(self) -> OrderOffers:
        """Which buys and sells its servers take; refusals go by it."""

    @property
    def live_events(self) -> LiveCatalogue:
        """Which live events it has; the kinds are what a stream can be asked for."""

    def enrolment(self, environment: Environment) -> Enrolment:
        """Return how its customer gets a key, and what else a profile needs."""

    def caps(self, environment: Environment) -> Caps:
        """Return how fast a key may ask, for one kind of requests or for all (``one_pace``)."""

    def commission_rate(self, environment: Environment) -> Decimal:
        """Return the most a buy costs besides, won per won; an assumption, not a read."""

    def gate(self, code: str) -> Gate | None:
        """Return why the gateway refuses an order with this code; None for no such code."""

    def open(self, seat: Seat) -> Access:
        """Return the way into an account; nothing is asked yet."""


_HOUSES = {
    "kiwoom": ("kiwoomctl.brokers.kiwoom.house", "KiwoomHouse"),
    "kis": ("kiwoomctl.brokers.kis.house", "KisHouse"),
}
NAMES = tuple(_HOUSES)


def house_of(name: str) -> House:
    """Return the house of this name; raises KeyError."""
    from importlib import import_module

    module, maker = _HOUSES[name]
    house: House = getattr(import_module(module), maker)()
    return house
