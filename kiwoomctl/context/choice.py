"""Which accounts a command is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kiwoomctl import worlds
from kiwoomctl.context.parts import Parts
from kiwoomctl.errors import UsageError

if TYPE_CHECKING:
    from kiwoomctl.config.profiles import Profile
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.connection.inspected import InspectedAccount
    from kiwoomctl.domain.offers import Ability
    from kiwoomctl.services.orders.journal import Journal


class Choice(Parts):
    """The parts of one command, and how its accounts are chosen."""

    def accounts(self) -> list[ConnectedAccount]:
        """Return the chosen accounts of a read, no account twice.

        Raises:
            UsageError: the choice is empty, unknown or disabled.
            ConfigError: profiles.toml cannot be used, or two profiles are one account.
        """
        from kiwoomctl.connection import refuse_doubles

        accounts = self._chosen()
        refuse_doubles(accounts)
        return accounts

    def accounts_for(self, ability: Ability) -> list[ConnectedAccount]:
        """Return the chosen accounts of a read that not every house offers.

        A profile that -p names has to have it; of all, a group or a default those that have not
        are left out, and the person is told.

        Raises:
            UsageError: as ``accounts``; or a house does not offer this to a profile that is named,
                or to any.
            BrokerRejected: the mock server has not what the real one has.
            ConfigError: as ``accounts``.
        """
        from kiwoomctl.context import narrowing

        chosen = self.accounts()
        able, lines = narrowing.able(chosen, ability, narrowing.named(self.options.profiles))
        for line in lines:
            self.output.note(line)
        return able

    def _chosen(self) -> list[ConnectedAccount]:
        from kiwoomctl.config import selection

        chosen = selection.for_reading(self.config, self.options.profiles, self._selection_environ)
        return [self.connect(profile) for profile in chosen]

    def inspected_accounts(self) -> list[InspectedAccount]:
        """Return the chosen accounts as they are looked at, two names of one account included.

        Raises:
            UsageError, ConfigError: as ``accounts``, but for two names of one account.
        """
        from kiwoomctl.connection.inspected import InspectedAccount

        return [account for account in self._chosen() if isinstance(account, InspectedAccount)]

    def reading_account(self) -> ConnectedAccount:
        """Return the first chosen account of a read, for what is the same with every key.

        Raises:
            UsageError, ConfigError: as ``accounts``.
        """
        return self._chosen()[0]

    def accounts_with_lists(self) -> list[ConnectedAccount]:
        """Return an account of each house among those chosen in the world of the first.

        Raises:
            UsageError, ConfigError: as ``accounts``.
        """
        chosen = self._chosen()
        houses: dict[str, ConnectedAccount] = {}
        for account in chosen:
            if account.world == chosen[0].world:
                houses.setdefault(account.broker_name, account)
        return list(houses.values())

    def journals(self) -> list[Journal]:
        """Return the ledgers to look at: those of the chosen accounts, no key asked for.

        Where nothing chooses accounts, all that these ledgers hold is looked at, and that of the
        real and mock accounts in any case: their profiles may be gone.

        Raises:
            UsageError, ConfigError: as ``accounts``.
            StateError, Busy: a ledger is there but cannot be used.
        """
        from kiwoomctl.config.selection import PROFILE_VARIABLE
        from kiwoomctl.services.orders import journal

        chosen = self._chosen()
        narrowed = bool(self.options.profiles) or PROFILE_VARIABLE in self._selection_environ
        found = journal.journals(chosen, everything=not narrowed)
        shared = self.state_path
        seen = narrowed or self.demo or shared in {account.world for account in chosen}
        if not seen and worlds.has_ledger(shared):
            found.append(journal.Journal(self.ledger(shared), None))
        return found

    def switched_accounts(self) -> list[ConnectedAccount]:
        """Return the accounts of the kill switch: those of -p, else every enabled one.

        Raises:
            UsageError: -p names what is unknown or empty.
            ConfigError: nothing is enabled, or profiles.toml cannot be used.
        """
        from kiwoomctl.config import selection

        names = self.options.profiles or ("all",)
        return [self.connect(p) for p in selection.for_registry(self.config, names)]

    def trading_accounts(self, *, may_be_all: bool = False) -> list[ConnectedAccount]:
        """Return the accounts an order is for: those of -p, or the only enabled one.

        No default, no variable and (but for ``may_be_all``) no ``all`` selects them. Every
        enabled profile is looked at: an account under two names takes no order.

        Raises:
            UsageError: -p is missing, or names what cannot take this order.
            ConfigError: nothing is enabled, or two profiles are one account.
        """
        from kiwoomctl.config import selection

        chosen = selection.for_orders(self.config, self.options.profiles, may_be_all=may_be_all)
        everybody = {account.name: account for account in self.trading_everybody()}
        return [everybody[profile.name] for profile in chosen]

    def trading_everybody(self) -> list[ConnectedAccount]:
        """Return every enabled account; raises ConfigError where two profiles are one account."""
        from kiwoomctl.connection import refuse_doubles

        everybody = self.enabled_accounts()
        refuse_doubles(everybody)
        return everybody

    def account_of_orders(self, orders: Sequence[str]) -> ConnectedAccount:
        """Return the one account whose orders are named: that of -p, or that of our order ids.

        Raises:
            UsageError: several accounts are meant, or -p is missing.
            ConfigError: as ``trading_accounts``.
        """
        try:
            accounts = self.trading_accounts()
        except UsageError as error:
            if error.code != "profile_missing":
                raise
            from kiwoomctl.services.orders.order_terms import owners

            everybody = self.trading_everybody()
            accounts = owners([a for a in everybody if a.has_ledger()], orders)
            if not accounts:
                raise
        if len(accounts) != 1:
            raise UsageError(
                "an order is of one account: -p names {count}",
                hint="name the profile whose order it is",
                code="profile_many",
                count=len(accounts),
            )
        return accounts[0]

    def looked_up_accounts(self, named: str | None) -> list[ConnectedAccount]:
        """Return the accounts whose open orders are looked up: for one that is named, all.

        Raises:
            UsageError, ConfigError: as ``accounts``.
        """
        everywhere = named is not None and not self.options.profiles
        accounts = self.trading_everybody() if everywhere else self.accounts()
        return [account for account in accounts if account.has_ledger()]

    def enabled_accounts(self) -> list[ConnectedAccount]:
        """Return every enabled account of the config."""
        return [self.connect(p) for p in self.config.profiles.values() if p.enabled]

    def registered(self) -> list[ConnectedAccount]:
        """Return the accounts of the registry: those of -p, else every profile there is."""
        from kiwoomctl.config import selection

        profiles: Sequence[Profile] = tuple(self.config.profiles.values())
        if self.options.profiles:
            profiles = selection.for_registry(self.config, self.options.profiles)
        return [self.connect(profile) for profile in profiles]

    def account_named(self, name: str | None) -> ConnectedAccount:
        """Return the one account a command is about: NAME, or -p, or the only enabled one.

        No default and no variable chooses it: keys are stored and deleted by this.

        Raises:
            UsageError: none or several are meant.
        """
        from kiwoomctl.config import selection

        return self.connect(selection.the_one(self.config, name, self.options.profiles))

    def environments(self) -> tuple[str, ...]:
        """Return the environments of the accounts this run connected."""
        return tuple(dict.fromkeys(account.environment for account in self._connected.values()))

    @property
    def _selection_environ(self) -> Mapping[str, str]:
        # A default meant for the own profiles says nothing about the demo's.
        return {} if self.demo else self.environ
