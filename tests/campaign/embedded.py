"""The services of the commands against the simulator in this process, with a clock set by hand.

Ten hours pass here in no time. Whoever waits lets time pass; what is planned for a moment, an
order of another program for example, happens while it does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from kiwoomctl.brokers.houses import Access, Seat
from kiwoomctl.brokers.houses import House as Firm
from kiwoomctl.brokers.port import Call
from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.connection import ConnectedAccount
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, ProfileName
from kiwoomctl.history import History
from kiwoomctl.interrupts import Interrupts
from kiwoomctl.ledger import Attempt, Ledger
from kiwoomctl.risk.limits import Limits
from kiwoomctl.risk.situation import Signing
from kiwoomctl.risk.verdicts import Code, Question
from kiwoomctl.services.orders import settling
from kiwoomctl.services.orders.agreement import Manner
from kiwoomctl.services.orders.order_results import OrderResult
from kiwoomctl.services.orders.preview import Preview
from kiwoomctl.services.orders.trading import Trading
from kiwoomctl.simulator.embedded import Embedded
from kiwoomctl.simulator.host import Host, HostOptions, kis_accounts
from tests.campaign import judge
from tests.campaign.houses import KIWOOM, House

MORNING: Final = datetime(2026, 10, 2, 10, 0, tzinfo=KST)
"""By the broker's clock."""
OK: Final = 200
ALLOWED: Final = frozenset(
    {
        Code.DUPLICATE,
        Code.CROSS,
        Code.NO_PRICE,
        Code.CASH,
        Code.SELLABLE,
        Code.COUNT,
        Code.HOURS,
        Code.TICK,
    }
)
WIDE: Final = Limits(
    market=None,
    value_warn=10**12,
    value_hold=10**12,
    collar_warn=Decimal(100),
    collar_hold=Decimal(100),
    daily_account=10**12,
    daily_all=10**12,
    count_minute=10**6,
    count_day=10**6,
    duplicate=1,
)


class HandClock:
    """A machine's clock that stands still until somebody waits."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._passed = 0.0
        self._planned: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let time pass, and happen what is planned meanwhile."""
        end = self._passed + max(0.0, seconds)
        while self._planned and self._planned[0][0] <= end:
            moment, deed = self._planned.pop(0)
            self._passed = max(self._passed, moment)
            deed()
        self._passed = end

    def plan(self, seconds: float, deed: Callable[[], object]) -> None:
        """Let something happen so many seconds from now."""
        self._planned.append((self._passed + max(0.0, seconds), deed))
        self._planned.sort(key=lambda planned: planned[0])


class Quiet:
    """Nobody listens."""

    def called(self, profile: str, call: Call) -> None:
        """Take no note."""

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take no note."""


class Nobody:
    """No person is at a terminal."""

    is_there = False

    def shown(self, previews: Sequence[Preview], *, asking: bool) -> None:
        """Look at nothing."""

    def agrees(self, asked: Question, previews: Sequence[Preview]) -> bool:
        """Agree to nothing."""
        return not (asked or previews)

    def waits(self, attempt: Attempt, seconds: float) -> None:
        """Hear nothing."""


class NamedMock:
    """An account that is told to be one of the mock server; all else is as it is."""

    environment = "mock"

    def __init__(self, account: ConnectedAccount) -> None:
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    def known_id(self) -> AccountId | None:
        known = self._account.known_id()
        return None if known is None else known._replace(environment="mock")

    def account_id(self) -> AccountId:
        return self._account.account_id()._replace(environment="mock")

    def signing(self) -> Signing:
        return replace(
            self._account.signing(),
            profile_environment="mock",
            token_environment="mock",
            host_environment="mock",
        )


class MockServer:
    """A house whose simulator stands for the mock server: one in process does not say so."""

    def __init__(self, house: Firm) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house, name)

    def open(self, seat: Seat) -> Access:
        access = self._house.open(seat)
        vars(access)["_is_mock"] = True
        return access


@dataclass
class World:
    """A broker in this process, and a machine that trades there."""

    folder: Path
    clock: HandClock
    host: Host
    transport: httpx.BaseTransport
    house: House = KIWOOM
    accounts: list[Any] = field(default_factory=list)
    """Each a TradingAccount that can be closed."""
    mock: bool = False
    """Whether the accounts are told to be of the mock server."""
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger.open(self.folder / "world", self.clock)
        return self._ledger

    def trading(self, **manner: Any) -> Trading:
        """Return the services of one command."""
        given = {"yes": True, "allowed": ALLOWED, "settle": timedelta(0), **manner}
        return Trading(
            self.accounts, Manner(**given), Nobody(), self.clock, Interrupts(), "{attempt}"
        )

    def resolve(self, settle: float = 0.0, named: str | None = None) -> list[OrderResult]:
        """Do what ``resolve`` does."""
        window = timedelta(seconds=settle)
        return settling.resolve(self.accounts, named, window, self.clock, Nobody().waits)

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        """Ask the simulator's control plane for something; raises ValueError for a refusal."""
        return self._ask("POST", action, body)

    def state(self) -> dict[str, Any]:
        return self._ask("GET", "state", None)

    def _ask(self, method: str, action: str, body: dict[str, Any] | None) -> dict[str, Any]:
        # Over the transport, which takes over what another process has done meanwhile.
        request = httpx.Request(method, f"http://simulator.invalid/_sim/{action}", json=body)
        response = self.transport.handle_request(request)
        told: dict[str, Any] = json.loads(response.read())
        if response.status_code != OK:
            raise ValueError(told)
        return told

    def placed(self) -> list[judge.Placed]:
        """Return the simulator's record."""
        return judge.recorded(self.state())

    def restart(self) -> None:
        """Forget what a process knows: connections, ledger, tokens in memory."""
        self.close()
        self.connect(len(self.accounts))

    def connect(self, accounts: int) -> None:
        made = [self._account(number) for number in range(1, accounts + 1)]
        self.accounts = [NamedMock(account) if self.mock else account for account in made]

    def close(self) -> None:
        for account in self.accounts:
            account.close()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _number(self, number: int) -> str:
        return str(self.state()["accounts"][number - 1]["account"])

    def _account(self, number: int) -> ConnectedAccount:
        keys = (f"sim-{number:03d}-appkey", f"sim-{number:03d}-secretkey")
        profile = Profile(
            name=ProfileName(f"p{number}"),
            broker=self.house.broker,
            environment="sim",
            secret=SecretSource("inline", appkey=keys[0], secretkey=keys[1]),
            account=self._number(number) if self.house.account_fields else None,
            paced=False,
            limits=WIDE,
        )
        account = ConnectedAccount(
            profile,
            state=self.folder / "world",
            environ={},
            clock=self.clock,
            timeout=10,
            observer=Quiet(),
            simulator=lambda _world: self.transport,
            ledger=lambda _world: self.ledger,
            history=lambda world: History.open(world, self.clock),
        )
        if self.mock:
            for known in (account, vars(account)["_reach"]):
                vars(known)["_house"] = MockServer(vars(known)["_house"])
        return account


def make(
    folder: Path,
    house: House,
    *,
    accounts: int = 1,
    ahead: float = 0.0,
    env: str | None = None,
    begin: datetime = MORNING,
) -> World:
    """Return a world of its own.

    Args:
        folder: where its files are.
        house: whose wire the broker speaks.
        accounts: how many the machine trades for.
        ahead: seconds that this machine's clock is ahead of the broker's.
        env: whose rules the broker follows; None for those of the house.
        begin: the broker's time.
    """
    clock = HandClock(begin + timedelta(seconds=ahead))
    env = env or house.env
    number = max(3, accounts)
    options = HostOptions(
        accounts=number, positions=3, rate="off", env=env, clock=begin.isoformat(),
        kis=kis_accounts(house.broker, number),
    )  # fmt: skip
    host = Host(options, clock)
    transport = Embedded(host, folder / "simulator").transport()
    world = World(folder, clock, host, transport, house, mock=env == "mock")
    world.connect(accounts)
    return world
