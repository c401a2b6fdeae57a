"""Who the accounts are and whether their keys work: the registry, and signing in and out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.services.accounts import Account, JournaledAccount, OnAnswer, TokenState, ask

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.orders import Mode
    from kiwoomctl.domain.portfolio import Environment


class RegistryRow(NamedTuple):
    """One account as kiwoomctl knows it without asking anybody."""

    profile: str
    owner: str | None
    broker: str
    environment: Environment
    account: str | None
    """The account number, whole; None while it was never proven nor written down."""
    enabled: bool
    mode: Mode | None
    """What its orders may do; None where the ledger cannot be read."""
    token: TokenState
    token_expires_at: datetime | None
    unresolved_orders: int | None
    """How many orders have an open outcome; None where that cannot be known."""
    last_snapshot_at: datetime | None = None
    """When it was recorded last, KST; None where it never was, as far as is known."""


class ListedAccount(JournaledAccount, Protocol):
    """An account of the registry."""

    def last_recorded(self, accounts: Iterable[AccountId]) -> dict[AccountId, datetime]:
        """Return when accounts of its world were recorded last; absent where never."""


class KeyHolder(ListedAccount, Protocol):
    """An account whose key can be replaced."""

    def use_key(self, appkey: str, secretkey: str) -> None:
        """Use this pair from now on, in this process only."""

    def reload_key(self) -> None:
        """Ask the secret source again and use what it gives; raises SignInError."""

    def expect_number(self, number: str) -> None:
        """Raise ConfigError where profiles.toml names another account number."""

    def store_key(self) -> None:
        """Put the pair in use into the profile's secret source; raises SignInError."""

    def revoke_token(self) -> None:
        """Give the cached token back to the broker and forget it."""

    def forget_key(self, *, secret: bool) -> None:
        """Forget what was proven; with ``secret`` delete the pair from its source too."""


def registry(accounts: Sequence[ListedAccount]) -> list[RegistryRow]:
    """Return a row for each account, without network."""
    worlds = _one_per_world(accounts)
    speaks = {account.world: account.ledger_speaks() for account in worlds}
    owners = {account: account.pinned_id() for account in accounts}
    recorded = {
        account.world: account.last_recorded(
            mine for other, mine in owners.items() if mine and other.world == account.world
        )
        for account in worlds
    }
    return [
        _row(account, mine, recorded[account.world], speaks=speaks[account.world])
        for account, mine in owners.items()
    ]


def _one_per_world(accounts: Sequence[ListedAccount]) -> list[ListedAccount]:
    return list({account.world: account for account in accounts}.values())


def check(
    accounts: Sequence[ListedAccount], on_answer: OnAnswer
) -> tuple[list[RegistryRow], list[tuple[Account, KiwoomctlError]]]:
    """Ask every enabled account's broker for its number and pin it; return rows and failures."""
    enabled = [account for account in accounts if account.enabled]
    answers = ask(enabled, lambda broker: broker.account_number(), on_answer)
    failures = dict(answers.failed)
    for account, number in answers.good:
        try:
            account.remember_number(number)
        except KiwoomctlError as error:
            failures[account] = error
    return registry(accounts), [(a, failures[a]) for a in accounts if a in failures]


def sign_in(account: KeyHolder, key: tuple[str, str] | None) -> RegistryRow:
    """Prove the key by a token and the account number, then store it and pin the number.

    Args:
        account: whose key it is.
        key: app key and secret key; None proves the stored ones.

    Raises:
        SignInError: the key does not work, or its source cannot keep it.
        ConfigError: the broker's account number is not the one in profiles.toml.
    """
    number = _proven(account, key)
    # Stored before pinned: a pin must never name a key that the source does not hold.
    if key is not None:
        account.store_key()
    account.remember_number(number)
    return registry([account])[0]


def enrol(
    account: KeyHolder,
    key: tuple[str, str] | None,
    check: Callable[[str], None],
    make_room: Callable[[], None],
    write: Callable[[], None],
) -> RegistryRow:
    """Sign a new profile in and write it down: all of it, or nothing.

    Args:
        account: of a profile that profiles.toml does not have yet.
        key: app key and secret key to store; None proves those that its source has.
        check: refuses a proven number that nobody may add.
        make_room: makes the folder of the key, once the key is proven.
        write: adds the profile to profiles.toml.

    Raises:
        SignInError, ConfigError: as ``sign_in``; or the profile cannot be written.
    """
    from kiwoomctl.interrupts import Interrupts

    # What was proven for an earlier profile of this name says nothing about this one.
    account.forget_key(secret=False)
    number = _proven(account, key)
    check(number)
    with Interrupts() as interrupts, interrupts.shield():
        try:
            if key is not None:
                make_room()
                account.store_key()
            account.remember_number(number)
            write()
        except KiwoomctlError:
            with contextlib.suppress(KiwoomctlError):
                account.forget_key(secret=key is not None)
            raise
    return registry([account])[0]


def _proven(account: KeyHolder, key: tuple[str, str] | None) -> str:
    """Return the account number the broker gives for this key, or for the source's."""
    if key is None:
        account.reload_key()
    else:
        account.use_key(*key)
    # A token cached from before would prove the app key, but not the secret.
    account.broker().renew_token()
    number = account.broker().account_number()
    account.expect_number(number)
    return number


def refresh(
    accounts: Sequence[KeyHolder], on_answer: OnAnswer
) -> tuple[list[RegistryRow], list[tuple[Account, KiwoomctlError]]]:
    """Renew the tokens of these accounts with the keys their sources give now."""
    failures: dict[Account, KiwoomctlError] = {}
    for account in accounts:
        try:
            account.reload_key()
        except KiwoomctlError as error:
            failures[account] = error
    ready = [account for account in accounts if account not in failures]
    answers = ask(ready, lambda broker: broker.renew_token(), on_answer)
    failures.update(answers.failed)
    return registry(accounts), [(a, failures[a]) for a in accounts if a in failures]


def sign_out(account: KeyHolder, *, keep_secret: bool) -> RegistryRow:
    """Revoke the token at the broker and, unless kept, forget the key and its proof.

    What is kept here is removed even where the broker cannot be told; that is raised then.
    """
    try:
        account.revoke_token()
    finally:
        if not keep_secret:
            account.forget_key(secret=True)
    return registry([account])[0]


def _row(
    account: ListedAccount,
    mine: AccountId | None,
    recorded: Mapping[AccountId, datetime],
    *,
    speaks: bool,
) -> RegistryRow:
    token, expires_at = account.token_status()
    mode, unresolved = _orders(account) if speaks else ("active", 0)
    return RegistryRow(
        profile=account.name,
        owner=account.owner,
        broker=account.broker_name,
        environment=account.environment,
        account=None if mine is None else mine.number,
        enabled=account.enabled,
        mode=mode,
        token=token,
        token_expires_at=expires_at,
        unresolved_orders=unresolved,
        last_snapshot_at=None if mine is None else recorded.get(mine),
    )


def _orders(account: JournaledAccount) -> tuple[Mode | None, int | None]:
    """Return kill switch and open outcomes by the ledger."""
    from kiwoomctl.services.orders.kill_switch import mode_of

    try:
        account_id = account.pinned_id()
        unresolved = None if account_id is None else len(account.ledger().open_attempts(account_id))
        return mode_of(account), unresolved
    except KiwoomctlError:
        # Who the accounts are can be told without it; the session warns of the ledger.
        return None, None
