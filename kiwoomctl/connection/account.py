"""One chosen profile as services see it: its reads, orders, live events, recorded days and key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl import worlds
from kiwoomctl.brokers.houses import house_of
from kiwoomctl.config import secrets
from kiwoomctl.config.keys import ProfileKey
from kiwoomctl.config.profiles import Profile
from kiwoomctl.connection.reach import Reach
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.errors import Refused, SignInError

if TYPE_CHECKING:
    from kiwoomctl.brokers.houses import Access
    from kiwoomctl.brokers.port import Broker, InstrumentLists, Observer
    from kiwoomctl.brokers.port_live import ConditionDesk, LiveFeed
    from kiwoomctl.brokers.port_orders import Gate, OrderDesk
    from kiwoomctl.brokers.transport import InProcess
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.offers import Ability
    from kiwoomctl.domain.orders import Exchange, OrderType
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.history import History
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.risk.limits import Limits
    from kiwoomctl.risk.situation import Signing
    from kiwoomctl.services.accounts import TokenState


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
        simulator: Callable[[Path], InProcess],
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
        self._open_ledger = ledger
        self._open_history = history
        self._turn = threading.RLock()
        self._broker: Broker | None = None
        self._access: Access | None = None
        self._house = house_of(profile.broker)
        self._reach = Reach(
            profile,
            self._house,
            state=state,
            clock=clock,
            timeout=timeout,
            observer=observer,
            simulator=simulator,
            key=lambda: self.key,
        )
        self.key = ProfileKey(
            profile,
            self.host,
            state,
            environ,
            lambda key_id: self._reach.tokens(key_id).cached() is not None,
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

    def require(self, ability: Ability) -> None:
        """Let what its house offers pass; raises BrokerRejected for anything else."""
        from kiwoomctl.brokers import offers

        offers.require(self._house, ability, self.environment, self.name)

    def require_order(self, exchange: Exchange, type_: OrderType) -> None:
        """Let a buy or sell that its house takes pass; raises UsageError for any other."""
        from kiwoomctl.brokers import offers

        offers.require_order(self._house, exchange, type_, self.environment, self.name)

    @property
    def listed_markets(self) -> tuple[str, ...]:
        """The markets its house has lists of."""
        return self._house.listed_markets

    def lists(self) -> InstrumentLists:
        """Return its house's lists of instruments.

        Raises:
            SignInError, ConfigError: as ``broker``, where they are only for who signs in.
        """
        if self._house.lists_need_key:
            return self._proven().lists()
        return self._open().lists()

    @property
    def takes_key(self) -> bool:
        """Whether ``login`` may put a key where this profile's secret comes from."""
        return self.profile.secret.kind in {"keyring", "file"}

    @property
    def host(self) -> str:
        """The base URL of the account's broker."""
        return self._reach.host

    def broker(self) -> Broker:
        """Return the account's broker, its number proven where that is due.

        Raises:
            SignInError: there is no usable key.
            ConfigError: the key belongs to another account than it should.
        """
        with self._turn:
            if self._broker is None:
                access = self._open()
                broker = access.broker()
                if self.key.must_prove():
                    self.key.remember(broker.account_number())
                self._access, self._broker = access, broker
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
        from kiwoomctl.risk.situation import Signing

        number = self.key.proven_number()
        hosts: dict[str, Environment] = {url: name for name, url in self._house.hosts.items()}  # type: ignore[misc]  # their names are environments
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
        return self._proven().desk()

    def gate(self, code: str) -> Gate | None:
        """Return why the broker's gateway refuses with this code; None for no such code."""
        return self._house.gate(code)

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
            BrokerRejected: there are none.
        """
        from kiwoomctl.domain.offers import Ability

        self.require(Ability.CONDITIONS)
        return self._proven().condition_desk(silence)

    def live(self, silence: float | None = None) -> LiveFeed:
        """Open the account's live feed.

        Args:
            silence: seconds without any sign of the broker before the connection counts as
                lost; None for the usual ones.

        Raises:
            Busy: this machine has a feed with this key already, or another program took it.
            SignInError, ConfigError, Unavailable: as ``broker``; or there is no connection.
        """
        return self._proven().live(silence)

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
        return ("none", None) if known is None else self._reach.tokens(known).status()

    def use_key(self, appkey: str, secretkey: str) -> None:
        """Use this pair from now on, in this process only."""
        self.key.use(appkey, secretkey)
        self._disconnect()

    def reload_key(self) -> None:
        """Ask the secret source again and use what it gives; raises SignInError."""
        self.key.reload()
        self._disconnect()

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
        return self._open().broker()

    def _proven(self) -> Access:
        """Return the way into the account, its number proven where that is due."""
        self.broker()
        assert self._access is not None, "opened with the broker"  # noqa: S101 - for the type
        return self._access

    def _open(self) -> Access:
        return self._reach.open()
