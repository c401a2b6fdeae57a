"""One simulated server without a socket: the exchange, its wires and its control plane.

One exchange may be spoken to over two wires at once: Kiwoom's, and KIS's by the accounts that
are said to be there. A key opens its account over the wire of its own house only.

Invariants:

- One request at a time (a lock), so the core needs none.
- Every reply carries the Date of the simulated clock.
- ``revision`` tells whether anything worth keeping on disk has changed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import UsageError
from kiwoomctl.simulator.clock import SimulatedClock, http_date
from kiwoomctl.simulator.exchange import Environment, Exchange, Seed
from kiwoomctl.simulator.faults import Faults
from kiwoomctl.simulator.kiwoom.auth import KiwoomTokens
from kiwoomctl.simulator.kiwoom.gateway import KiwoomGateway
from kiwoomctl.simulator.messages import Outcome, Reply, Request
from kiwoomctl.simulator.portfolios import MOST_ACCOUNTS, MOST_POSITIONS
from kiwoomctl.simulator.rates import RateLimiter
from kiwoomctl.simulator.records import Records

if TYPE_CHECKING:
    from kiwoomctl.simulator.gateway import Gateway
    from kiwoomctl.simulator.kis.gateway import KisGateway
    from kiwoomctl.simulator.kis.live import KisLive
    from kiwoomctl.simulator.kiwoom.live import KiwoomLive
    from kiwoomctl.simulator.line import LiveSide

CONTROL_PREFIX = "/_sim/"
_PRICES = ("still", "moving")
_BROKERS = ("kiwoom", "kis")


class HostOptions(NamedTuple):
    """How a simulated server is made; the defaults are those of the command line."""

    accounts: int = 3
    positions: int = 5
    seed: int = 1
    rate: str = "terms"
    env: str = "mock"
    clock: str = "open"
    reissue: str = "supersede"
    prices: str = "still"
    lenient: bool = False
    """Whether order types may have two digits, ``00`` for ``0``."""
    kis: frozenset[int] = frozenset()
    """The accounts, counted from 1, that speak KIS's wire; the others speak Kiwoom's."""


class Host:
    """A simulated server; adapters hand it requests."""

    def __init__(self, options: HostOptions, machine: Clock | None = None) -> None:
        self.options = options
        self.machine = machine or SystemClock()
        self.lock = threading.RLock()
        self.url: str | None = None
        """Where it is served; None in process."""
        self.ws_url: str | None = None
        """Where live sessions are served; None in process."""
        self.ws_urls: dict[str, str] = {}
        """The same for each broker whose wire is spoken."""
        seed = Seed(
            accounts=_within(options.accounts, "accounts", 1, MOST_ACCOUNTS),
            positions=_within(options.positions, "positions", 0, MOST_POSITIONS),
            seed=options.seed,
            environment=_environment(options.env),
            moving_prices=_chosen(options.prices, "prices", _PRICES) == "moving",
            kis=options.kis,
        )
        self.exchange = Exchange(seed, SimulatedClock(options.clock, self.machine))
        self.tokens = KiwoomTokens(seed.environment, options.reissue)
        self.faults = Faults()
        self.records = Records()
        self.gateway = KiwoomGateway(
            self.exchange,
            self.tokens,
            RateLimiter(options.rate),
            self.faults,
            self.records,
            self.machine,
            lenient=options.lenient,
        )
        self.kis: KisGateway | None = None
        """The gateway of KIS's wire; None where no account speaks it."""
        if options.kis:
            from kiwoomctl.simulator.kis.gateway import kis_gateway

            self.kis = kis_gateway(self)
        self._live: KiwoomLive | None = None
        self._kis_live: KisLive | None = None

    @property
    def live(self) -> KiwoomLive:
        """The live sessions of Kiwoom's wire; made when they are first needed."""
        if self._live is None:
            from kiwoomctl.simulator.kiwoom.live import KiwoomLive

            self._live = KiwoomLive(self.exchange, self.tokens, self.faults, self.machine)
        return self._live

    @property
    def kis_live(self) -> KisLive:
        """The live sessions of KIS's wire; made when they are first needed."""
        if self._kis_live is None:
            from kiwoomctl.simulator.kis.live import KisLive

            if self.kis is None:
                raise AssertionError("no account speaks KIS's wire")
            self._kis_live = KisLive(self.kis)
        return self._kis_live

    @property
    def brokers(self) -> tuple[str, ...]:
        """Whose wires are spoken here; Kiwoom's first."""
        if self.kis is None:
            return ("kiwoom",)
        return ("kis",) if len(self.options.kis) >= self.options.accounts else _BROKERS

    def live_of(self, broker: str) -> LiveSide[Any]:
        """Return the live sessions of a broker's wire."""
        return self.kis_live if broker == "kis" else self.live

    def lives(self) -> list[LiveSide[Any]]:
        """Return the live sides of all wires spoken here."""
        return [self.live_of(broker) for broker in self.brokers]

    def sockets(self) -> dict[str, Any]:
        """Return what the control plane shows of the live sessions."""
        made: list[LiveSide[Any]] = [x for x in (self._live, self._kis_live) if x is not None]
        return {
            "ws_url": self.ws_url,
            **({"ws_urls": self.ws_urls} if len(self.ws_urls) > 1 else {}),
            "sessions": [session for live in made for session in live.shown()],
            "opened": sum(live.opened for live in made),
            "frames_sent": sum(live.sent() for live in made),
        }

    @property
    def revision(self) -> int:
        """A number that grows with every change worth keeping."""
        at_kis = 0 if self.kis is None else self.kis.tokens.revision
        return self.exchange.revision + self.tokens.revision + at_kis

    @property
    def tokens_issued(self) -> int:
        """How many tokens clients have been given, over both wires."""
        return self.tokens.issued + (0 if self.kis is None else self.kis.tokens.issued)

    def kill_tokens(self, appkey: str | None) -> int:
        """End the live tokens of a key, or of all; return how many."""
        at_kis = 0 if self.kis is None else self.kis.tokens.kill(appkey)
        return self.tokens.kill(appkey) + at_kis

    def handle(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        with self.lock:
            self.exchange.advance()
            if request.path.startswith(CONTROL_PREFIX):
                from kiwoomctl.simulator.control import control

                outcome: Outcome = control(self, request)
            else:
                outcome = self._gateway_of(request.path).answer(request)
            if isinstance(outcome, Reply):
                date = http_date(self.exchange.clock.now())
                outcome = outcome._replace(headers={**outcome.headers, "Date": date})
            for live in (self._live, self._kis_live):
                if live is None or not live.sessions:
                    continue
                if request.path.startswith(CONTROL_PREFIX):
                    live.poll()
                else:
                    live.tell_orders()
            return outcome

    def _gateway_of(self, path: str) -> Gateway:
        """Return whose request this is: the two wires have no path in common."""
        if self.kis is None:
            return self.gateway
        from kiwoomctl.simulator.kis.gateway import speaks

        return self.kis if self.brokers == ("kis",) or speaks(path) else self.gateway

    def reset(self) -> None:
        """Begin again as the seed says; tokens, faults and records are gone."""
        self.exchange.reset()
        self.faults.clear()
        self.records.clear()
        self.gateway.clear()
        if self.kis is not None:
            self.kis.clear()
        for live in (self._live, self._kis_live):
            if live is not None:
                live.clear()


def kis_accounts(broker: str, accounts: int) -> frozenset[int]:
    """Return which of so many accounts speak KIS's wire: all of a server of KIS, or none.

    Raises:
        UsageError: there is no such broker.
    """
    if _chosen(broker, "broker", _BROKERS) == "kiwoom":
        return frozenset()
    return frozenset(range(1, accounts + 1))


def _within(value: int, name: str, least: int, most: int) -> int:
    if least <= value <= most:
        return value
    raise UsageError(
        "--{name} {value} is not possible",
        hint="use {least} to {most}",
        name=name,
        value=value,
        least=least,
        most=most,
    )


def _chosen(value: str, name: str, choices: tuple[str, ...]) -> str:
    if value in choices:
        return value
    raise UsageError(
        "--{name} {value!r} is not possible",
        hint="use {choices}",
        name=name,
        value=value,
        choices=", ".join(choices),
    )


def _environment(value: str) -> Environment:
    return "real" if _chosen(value, "env", ("mock", "real")) == "real" else "mock"
