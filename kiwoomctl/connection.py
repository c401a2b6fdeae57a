"""From a profile to its broker: which key, which token cache, which host, which pace.

This and ``context`` are the only places that know both what the user configured and how a
broker is reached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.config import pins, secrets
from kiwoomctl.config.pins import Pin
from kiwoomctl.config.profiles import Profile
from kiwoomctl.config.secrets import Credentials, Secret
from kiwoomctl.domain.identity import mask_account
from kiwoomctl.errors import ConfigError, SignInError
from kiwoomctl.services.accounts import RateState

if TYPE_CHECKING:
    import httpx

    from kiwoomctl.brokers.pacing import Pacer
    from kiwoomctl.brokers.port import Broker, Observer
    from kiwoomctl.brokers.token import TokenStore
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.portfolio import Environment
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
        """
        self.profile = profile
        self._state = state
        self._environ = environ
        self._clock = clock
        self._timeout = timeout
        self._observer = observer
        self._open_simulator = simulator
        self._lock = threading.Lock()
        self._credentials: Credentials | None = None
        self._broker: Broker | None = None

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

    @cached_property
    def key_id(self) -> str:
        """The hash of the app key; a slow secret source is not asked while a pin knows it."""
        if self._credentials is None and not secrets.is_quick(self.profile):
            pin = self._pin()
            if pin is not None and self._tokens_of(pin.key_id).cached() is not None:
                return pin.key_id
        return self.credentials().key_id

    def credentials(self) -> Credentials:
        """Return app key and secret key from the profile's source; raises SignInError."""
        with self._lock:
            if self._credentials is None:
                self._credentials = secrets.fetch(self.profile, self._environ)
            return self._credentials

    def broker(self) -> Broker:
        """Return the account's broker; raises SignInError, ConfigError."""
        if self._broker is None:
            self._broker = self._connect()
            self._prove_expected_number(self._broker)
        return self._broker

    def known_number(self) -> str | None:
        """Return the account number proven before, or the one in profiles.toml."""
        pin = self._pin()
        return (pin.account if pin else None) or self.profile.account

    def expect_number(self, number: str) -> None:
        """Raise ConfigError where profiles.toml, or an earlier proof, names another number."""
        pin = self._pin()
        proven = pin.account if pin else None
        for expected in (self.profile.account, proven):
            if expected is not None and expected != number:
                raise ConfigError(
                    "profile {profile!r}: its key belongs to account {number}, not {expected}",
                    hint="store the right key (kiwoomctl login {profile}); to change the account: "
                    "correct it in profiles.toml, kiwoomctl logout {profile}, then login",
                    code="account_differs",
                    profile=self.name,
                    number=mask_account(number),
                    expected=mask_account(expected),
                )

    def remember_number(self, number: str) -> None:
        """Pin the number the broker gave; raises ConfigError where another was expected."""
        self.expect_number(number)
        pins.write(self._state, self.profile, Pin(self.host, self.key_id, number))

    def token_status(self) -> tuple[TokenState, datetime | None]:
        """Return the state of the cached token and when it ends, without network."""
        try:
            pin = self._pin()
            quick = self._credentials is not None or secrets.is_quick(self.profile)
            if not quick and pin is None:
                return "none", None
            known = self.key_id if quick or pin is None else pin.key_id
        except SignInError:
            return "none", None
        return self._tokens_of(known).status()

    def use_key(self, appkey: str, secretkey: str) -> None:
        """Use this pair from now on, in this process only."""
        self._credentials = Credentials(Secret(appkey), Secret(secretkey))
        # Whatever was connected before was another key's.
        self.close()
        self._broker = None
        self.__dict__.pop("key_id", None)

    def secret_source(self) -> str:
        """Return where the key comes from, for people: never what it is."""
        return self.profile.secret.kind

    def probe_secret(self) -> None:
        """Fetch the key once more from its source; raises SignInError."""
        self._credentials = None
        self.credentials()

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
        return self.broker().clock_offset()

    def store_key(self) -> None:
        """Put the pair in use into the profile's secret source; raises SignInError."""
        secrets.store(self.profile, self.credentials())

    def remove_key(self) -> None:
        """Delete the pair from the profile's secret source; raises SignInError."""
        secrets.remove(self.profile)
        pins.remove(self._state, self.profile)

    def close(self) -> None:
        """Close the connections, if any were made."""
        if self._broker is not None:
            self._broker.close()

    def _pin(self) -> Pin | None:
        return pins.read(self._state, self.profile, self.host)

    def _prove_expected_number(self, broker: Broker) -> None:
        """Ask once for the number where profiles.toml names one that was never proven."""
        if self.profile.account is None:
            return
        pin = self._pin()
        if pin is None or pin.key_id != self.key_id or pin.account != self.profile.account:
            self.remember_number(broker.account_number())

    def _connect(self) -> Broker:
        from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
        from kiwoomctl.brokers.kiwoom.client import KiwoomClient
        from kiwoomctl.brokers.transport import Transport

        def key() -> tuple[str, str]:
            credentials = self.credentials()
            return credentials.appkey, credentials.secretkey

        client = KiwoomClient(
            profile=self.name,
            transport=Transport(self.host, timeout=self._timeout, in_process=self._simulator()),
            tokens=self._tokens_of(self.key_id),
            credentials=key,
            pacer=self._pacer(),
            observer=self._observer,
            clock=self._clock,
        )
        return KiwoomBroker(client)

    def _simulator(self) -> httpx.BaseTransport | None:
        if self.environment != "sim" or self.profile.url:
            return None
        return self._open_simulator(self._state)

    def _tokens_of(self, key_id: str) -> TokenStore:
        from kiwoomctl.brokers.token import TokenStore

        return TokenStore(self._state / "tokens", self.host, key_id, self._clock)

    def _pacer(self) -> Pacer | None:
        if not self.profile.paced:
            return None
        from kiwoomctl.brokers.kiwoom.limits import CAPS
        from kiwoomctl.brokers.pacing import Pacer

        caps = CAPS["mock" if self.environment == "mock" else "real"]
        return Pacer(
            self._state / "rate",
            self.key_id,
            "query",
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
    keys: dict[str, str] = {}
    numbers: dict[tuple[str, str, str], str] = {}
    for account in accounts:
        try:
            other = keys.setdefault(account.key_id, account.name)
        except SignInError:
            continue
        if other == account.name:
            number = account.known_number()
            if number is not None:
                place = (account.environment, account.host, number)
                other = numbers.setdefault(place, account.name)
        if other != account.name:
            raise ConfigError(
                "profiles {first!r} and {second!r} are one account",
                hint="remove or disable one of them; it would be counted twice",
                code="account_twice",
                first=other,
                second=account.name,
            )
