"""From a profile to its broker: which key, which token cache, which host, which pace.

This and ``context`` are the only places that know both what the user configured and how a
broker is reached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl import worlds
from kiwoomctl.config import secrets
from kiwoomctl.config.keys import ProfileKey
from kiwoomctl.config.profiles import Profile
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.errors import ConfigError, Refused, SignInError
from kiwoomctl.services.accounts import RateState

if TYPE_CHECKING:
    import httpx

    from kiwoomctl.brokers.kiwoom.client import KiwoomClient
    from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed
    from kiwoomctl.brokers.pacing import Kind, Pacer
    from kiwoomctl.brokers.port import Broker, Observer
    from kiwoomctl.brokers.port_live import ConditionDesk
    from kiwoomctl.brokers.port_orders import OrderDesk
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.brokers.token import TokenStore
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.history import History
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.risk.limits import Limits
    from kiwoomctl.risk.situation import Signing
    from kiwoomctl.services.accounts import TokenState

IN_PROCESS_URL = "http://in-process.invalid"


class ConnectedAccount:
    """One chosen profile, connected to its broker on first use."""

    def __init__(
        self,
        profile: Profile,
        *,
        state: Path,
        environ: Mapping[str, str],
        clock: Clock,
        timeout: float,
        observer: Observer,
        simulator: Callable[[Path], httpx.BaseTransport],
        ledger: Callable[[Path], Ledger],
        history: Callable[[Path], History],
    ) -> None:
        """Bind a profile to where its state is.

        Args:
            profile: what the user configured.
            state: the folder of this account's world (real and mock share one; the demo and
                every simulator have their own).
            environ: where env secrets are.
            clock: time and sleep.
            timeout: seconds for one reply of a read.
            observer: is told of calls and waits.
            simulator: opens the embedded simulator kept in a folder.
            ledger: opens the ledger kept in a folder.
            history: opens the history kept in a folder.
        """
        self.profile = profile
        self._state = state
        self._clock = clock
        self._timeout = timeout
        self._observer = observer
        self._open_simulator = simulator
        self._open_ledger = ledger
        self._open_history = history
        self._turn = threading.RLock()
        self._broker: Broker | None = None
        self._wire: KiwoomClient | None = None
        self.key = ProfileKey(
            profile,
            self.host,
            state,
            environ,
            lambda key_id: self._tokens_of(key_id).cached() is not None,
        )

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def owner(self) -> str | None:
        """Whose account it is; None where the profile does not say."""
        return self.profile.owner

    @property
    def environment(self) -> Environment:
        """real, mock or sim."""
        return self.profile.environment

    @property
    def broker_name(self) -> str:
        """The house that keeps the account."""
        return self.profile.broker

    @property
    def enabled(self) -> bool:
        """Whether the person wants it read."""
        return self.profile.enabled

    @property
    def takes_key(self) -> bool:
        """Whether ``login`` may put a key where this profile's secret comes from."""
        return self.profile.secret.kind in {"keyring", "file"}

    @property
    def host(self) -> str:
        """The base URL of the account's broker."""
        from kiwoomctl.brokers.kiwoom.endpoints import HOSTS

        return HOSTS.get(self.environment) or self.profile.url or IN_PROCESS_URL

    def broker(self) -> Broker:
        """Return the account's broker, its number proven where that is due.

        Raises:
            SignInError: there is no usable key.
            ConfigError: the key belongs to another account than it should.
        """
        with self._turn:
            if self._broker is None:
                self._wire = self._client()
                broker = self._reads(self._wire)
                if self.key.must_prove():
                    self.key.remember(broker.account_number())
                self._broker = broker
            return self._broker

    # Orders -----------------------------------------------------------------------------------

    @property
    def world(self) -> Path:
        """The folder that this account's ledger, locks and tokens are in."""
        return self._state

    @property
    def limits(self) -> Limits:
        """What this profile's orders may do."""
        return self.profile.risk

    def ledger(self) -> Ledger:
        """Return the ledger of this account's world; raises StateError, Busy."""
        return self._open_ledger(self._state)

    def has_ledger(self) -> bool:
        """Tell whether the account's world has a ledger, without making one."""
        return worlds.has_ledger(self._state)

    def ledger_speaks(self) -> bool:
        """Tell whether that ledger has an open outcome, a turned switch, or cannot be read."""
        return worlds.ledger_speaks(self._state)

    def pinned_id(self) -> AccountId | None:
        """Return whose orders these are as far as it is written down, no key looked at."""
        number = self.known_number()
        return None if number is None else AccountId(self.broker_name, self.environment, number)

    def known_id(self) -> AccountId | None:
        """Return whose orders these are; None while the account number was never proven."""
        number = self.key.proven_number()
        return None if number is None else AccountId(self.broker_name, self.environment, number)

    def account_id(self) -> AccountId:
        """Return whose orders these are, the number proven for the key in use.

        Raises:
            Refused: a real account's number was never proven by ``login``.
            SignInError, ConfigError, Unavailable, Busy: it cannot be proven now.
        """
        broker = self.broker()
        number = self.key.proven_number()
        if number is None:
            if self.environment == "real":
                raise Refused(
                    "the account number of this real profile is not proven: no order is sent",
                    hint="prove it once: kiwoomctl login {profile}",
                    code="ENVIRONMENT",
                    profile=self.name,
                )
            number = broker.account_number()
            self.key.remember(number)
        return AccountId(self.broker_name, self.environment, number)

    def signing(self) -> Signing:
        """Return what says whose order it would be."""
        from kiwoomctl.brokers.kiwoom.endpoints import HOSTS
        from kiwoomctl.risk.situation import Signing

        number = self.key.proven_number()
        hosts: dict[str, Environment] = {url: name for name, url in HOSTS.items()}  # type: ignore[misc]  # their names are environments
        return Signing(
            profile_environment=self.environment,
            # Its token is cached for this host and key alone, so it is of that host.
            token_environment=hosts.get(self.host, "sim"),
            host_environment=hosts.get(self.host, "sim"),
            number=number,
            pinned_number=self.known_number(),
        )

    def desk(self) -> OrderDesk:
        """Return the way this account's orders go out."""
        from kiwoomctl.brokers.kiwoom.order_desk import KiwoomOrderDesk

        self.broker()
        assert self._wire is not None, "made with the broker"  # noqa: S101 - for the type
        return KiwoomOrderDesk(
            self._wire,
            self.host,
            profile=self.name,
            pacer=self._pacer("order"),
            observer=self._observer,
            in_process=self._simulator(),
        )

    # Recorded days ------------------------------------------------------------------------------

    def has_history(self) -> bool:
        """Tell whether the account's world has a history, without making one."""
        return worlds.has_history(self._state)

    def history(self) -> History:
        """Return the history of this account's world; raises StateError, Busy."""
        return self._open_history(self._state)

    def last_recorded(self, accounts: Iterable[AccountId]) -> dict[AccountId, datetime]:
        """Return when accounts of this world were recorded last; absent where never."""
        return worlds.last_recorded(self._state, accounts)

    def recorded_id(self) -> AccountId:
        """Return whose days these are; the broker is asked where that was never proven.

        The number of a real account is what its orders need: only a person has it proven.

        Raises:
            SignInError: a real account's number was never proven.
            ConfigError, Unavailable, Busy: it cannot be proven now.
        """
        broker = self.broker()
        number = self.key.proven_number()
        if number is None:
            if self.environment == "real":
                raise SignInError(
                    "the account number of this real profile is not proven: its days belong "
                    "to nobody",
                    hint="prove it once: kiwoomctl login {profile}",
                    code="not_proven",
                    profile=self.name,
                )
            number = broker.account_number()
            self.key.remember(number)
        return AccountId(self.broker_name, self.environment, number)

    # Live events --------------------------------------------------------------------------------

    def condition_desk(self, silence: float | None = None) -> ConditionDesk:
        """Open a live feed with the condition searches of the key's owner; raises as ``live``.

        Raises:
            BrokerRejected: the mock server has none.
        """
        from kiwoomctl.brokers.kiwoom.live.conditions import KiwoomConditions
        from kiwoomctl.errors import BrokerRejected

        if self.environment == "mock":
            raise BrokerRejected(
                "profile {profile!r}: the mock server has no condition search",
                hint="name a real profile with -p, or try it with --demo",
                code="not_on_mock",
                profile=self.name,
            )
        return KiwoomConditions(self.live(silence))

    def live(self, silence: float | None = None) -> KiwoomLiveFeed:
        """Open the account's live feed.

        Args:
            silence: seconds without any sign of the broker before the connection counts as
                lost; None for the usual ones.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            SignInError, ConfigError, Unavailable: as ``broker``; or there is no connection.
        """
        from kiwoomctl import files
        from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed
        from kiwoomctl.brokers.kiwoom.live.patience import Patience, Return
        from kiwoomctl.locks import FileLock

        self.broker()
        assert self._wire is not None, "made with the broker"  # noqa: S101 - for the type
        patience = Patience(reply=self._timeout)
        if silence is not None:
            patience = patience._replace(silence=silence)
        comeback = Return()
        if not self.profile.paced:
            # Nobody is to be spared.
            patience, comeback = patience._replace(spacing=0), Return(0.05, 0.05)
        in_process = self.environment == "sim" and not self.profile.url
        lock = None
        if not in_process:
            files.ensure_folder(self._state)
            lock = FileLock(self._state / f"live-{self.key.id}.lock")
        return KiwoomLiveFeed(
            profile=self.name,
            connect=self._line,
            client=self._wire,
            observer=self._observer,
            clock=self._clock,
            lock=lock,
            patience=patience,
            comeback=comeback,
        )

    def _line(self) -> Line:
        from kiwoomctl.brokers.kiwoom.endpoints import SOCKET_PATH, SOCKETS

        simulator = self._simulator()
        if simulator is not None:
            from kiwoomctl.simulator.embedded_live import EmbeddedLive

            live = EmbeddedLive(simulator)  # type: ignore[arg-type]  # what opens it says so
            live.connect()
            return live
        from kiwoomctl.brokers.simulated_socket import socket_url
        from kiwoomctl.brokers.socket import SocketLine

        known = SOCKETS.get(self.environment)
        url = socket_url(self.host, self._timeout) if known is None else f"{known}{SOCKET_PATH}"
        return SocketLine(url, timeout=self._timeout)

    # The key ----------------------------------------------------------------------------------

    def known_number(self) -> str | None:
        """Return the account number in profiles.toml, or the one proven before."""
        return self.key.number()

    def expect_number(self, number: str) -> None:
        """Raise ConfigError where another number was expected."""
        self.key.expect(number)

    def remember_number(self, number: str) -> None:
        """Pin the number the broker gave; raises ConfigError where another was expected."""
        self.key.remember(number)

    def token_status(self) -> tuple[TokenState, datetime | None]:
        """Return the state of the cached token and when it ends, without network."""
        pin = self.key.pin()
        try:
            if secrets.is_quick(self.profile) or pin is None:
                known = self.key.id if secrets.is_quick(self.profile) else None
            else:
                known = pin.key_id
        except SignInError:
            known = None
        return ("none", None) if known is None else self._tokens_of(known).status()

    def use_key(self, appkey: str, secretkey: str) -> None:
        """Use this pair from now on, in this process only."""
        self.key.use(appkey, secretkey)
        self._disconnect()

    def reload_key(self) -> None:
        """Ask the secret source again and use what it gives; raises SignInError."""
        self.key.reload()
        self._disconnect()

    def secret_source(self) -> str:
        """Return where the key comes from, for people: never what it is."""
        return self.profile.secret.kind

    def probe_secret(self) -> None:
        """Fetch the key once more from its source; raises SignInError."""
        self.key.reload()

    def rate_state(self) -> RateState | None:
        """Return what the pacer remembers; None where nothing is paced or the key is unknown."""
        try:
            pacer = self._pacer()
        except SignInError:
            return None
        if pacer is None:
            return None
        known = pacer.state()
        return RateState(known["total"], known["limits"], known["last_refusal"])

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's clock is ahead; raises Unavailable."""
        broker = self._connect()
        try:
            return broker.clock_offset()
        finally:
            broker.close()

    def store_key(self) -> None:
        """Put the pair in use into the profile's secret source; raises SignInError."""
        self.key.store()

    def revoke_token(self) -> None:
        """Give the cached token back; the number need not be proven for that."""
        broker = self._connect()
        try:
            broker.revoke_token()
        finally:
            broker.close()

    def forget_key(self, *, secret: bool) -> None:
        """Remove the pin, and the pair from its source where kiwoomctl put it."""
        self.key.forget(secret=secret and self.takes_key)

    def close(self) -> None:
        """Close the connections, if any were made."""
        if self._broker is not None:
            self._broker.close()

    def _disconnect(self) -> None:
        """Close what was connected with another key."""
        with self._turn:
            self.close()
            self._broker = None

    def _connect(self) -> Broker:
        return self._reads(self._client())

    def _reads(self, client: KiwoomClient) -> Broker:
        from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
        from kiwoomctl.brokers.kiwoom.endpoints import COMMISSION_RATES

        return KiwoomBroker(
            client,
            instruments=self._state / f"instruments-{self.environment}.json",
            commission=COMMISSION_RATES[self.environment],
        )

    def _client(self) -> KiwoomClient:
        from kiwoomctl.brokers.kiwoom.client import KiwoomClient
        from kiwoomctl.brokers.transport import Transport

        def pair() -> tuple[str, str]:
            credentials = self.key.credentials()
            return credentials.appkey, credentials.secretkey

        return KiwoomClient(
            profile=self.name,
            transport=Transport(self.host, timeout=self._timeout, in_process=self._simulator()),
            tokens=self._tokens_of(self.key.id),
            credentials=pair,
            pacer=self._pacer(),
            observer=self._observer,
            clock=self._clock,
        )

    def _simulator(self) -> httpx.BaseTransport | None:
        if self.environment != "sim" or self.profile.url:
            return None
        return self._open_simulator(self._state)

    def _tokens_of(self, key_id: str) -> TokenStore:
        from kiwoomctl.brokers.token import TokenStore

        return TokenStore(self._state / "tokens", self.host, key_id, self._clock)

    def _pacer(self, kind: Kind = "query") -> Pacer | None:
        if not self.profile.paced:
            return None
        from kiwoomctl.brokers.kiwoom.limits import CAPS
        from kiwoomctl.brokers.pacing import Pacer

        caps = CAPS["mock" if self.environment == "mock" else "real"]
        return Pacer(
            self._state / "rate",
            self.key.id,
            kind,
            caps,
            self._clock,
            on_wait=lambda api_id, seconds: self._observer.waiting(self.name, api_id, seconds),
        )


def refuse_doubles(accounts: list[ConnectedAccount]) -> None:
    """Refuse two profiles that are one account: its money would be counted twice.

    Accounts whose key cannot be had are left for the read to report.

    Raises:
        ConfigError: one app key, or one proven account number, under two names.
    """
    seen: dict[tuple[str, str, str], str] = {}
    for account in accounts:
        try:
            marks = [account.key.id, account.known_number()]
        except SignInError:
            continue
        for mark in marks:
            if mark is None:
                continue
            other = seen.setdefault((account.environment, account.host, mark), account.name)
            if other != account.name:
                raise ConfigError(
                    "profiles {first!r} and {second!r} are one account",
                    hint="remove or disable one of them; it would be counted twice",
                    code="account_twice",
                    first=other,
                    second=account.name,
                )
