"""The kill switch: one over all accounts of a world, one for each account; the stricter holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kiwoomctl.errors import KiwoomctlError, Phrase
from kiwoomctl.services.accounts import Account, JournaledAccount

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.orders import Mode
    from kiwoomctl.ledger import Halt, Ledger

Failures = list[tuple[Account, KiwoomctlError]]


class SwitchedAccount(JournaledAccount, Protocol):
    """An account whose orders can be stopped."""

    def account_id(self) -> AccountId:
        """Return whose orders these are, asked of the broker where nobody did before.

        Raises:
            Refused, SignInError, ConfigError, Unavailable, Busy: it cannot be proven now.
        """


@dataclass(frozen=True, slots=True)
class Switches:
    """How the switches of one ledger stand; None, or no entry, where one was never turned."""

    of_all: Halt | None
    own: dict[AccountId, Halt]


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """One account and what its orders may do now."""

    profile: str
    environment: str
    mode: Mode
    stopped_by_all: bool
    """Whether the switch over all accounts is one that stops it."""


def switches(ledger: Ledger) -> Switches:
    """Return how the switches stand, by the last turn of each."""
    of_all: Halt | None = None
    own: dict[AccountId, Halt] = {}
    for turn in ledger.halts():
        if turn.account is None:
            of_all = turn
        else:
            own[turn.account] = turn
    return Switches(of_all, own)


def mode_of(account: JournaledAccount) -> Mode:
    """Return what the account's orders may do; no ledger is made.

    Of an account whose number is not proven only the switch over all is known.

    Raises:
        StateError, Busy: the ledger is there but cannot be used.
    """
    if not account.has_ledger():
        return "active"
    ledger, account_id = account.ledger(), account.pinned_id()
    if account_id is not None:
        return ledger.mode(account_id)
    return _of_all(ledger)


def turn_all(
    accounts: Sequence[SwitchedAccount], mode: Mode, reason: str
) -> tuple[list[SwitchRow], Failures]:
    """Turn the switch over all accounts, in every world of these accounts.

    A world whose ledger fails keeps no other from being switched.
    """
    failed: dict[Path, KiwoomctlError] = {}
    for account in {account.world: account for account in accounts}.values():
        # A world without a ledger has no switch that would stop anything.
        if mode == "active" and not account.has_ledger():
            continue
        try:
            account.ledger().set_mode(mode, None, reason)
        except KiwoomctlError as error:
            failed[account.world] = error
    return _rows(accounts, {a.name: failed[a.world] for a in accounts if a.world in failed})


def turn_own(
    accounts: Sequence[SwitchedAccount], mode: Mode, reason: str
) -> tuple[list[SwitchRow], Failures]:
    """Turn the switch of each of these accounts; one that fails keeps no other from it."""
    failed: dict[str, KiwoomctlError] = {}
    for account in accounts:
        if mode == "active" and not account.has_ledger():
            continue
        try:
            account_id = account.pinned_id() or account.account_id()
            account.ledger().set_mode(mode, account_id, reason)
        except KiwoomctlError as error:
            failed[account.name] = error
    return _rows(accounts, failed)


def still_stopped(row: SwitchRow) -> Phrase:
    """Return why orders are not free yet, and the command that frees them."""
    if row.stopped_by_all:
        return Phrase(
            "still {mode} by the switch over all accounts: {profile} - kiwoomctl resume",
            mode=Phrase(row.mode),
            profile=row.profile,
        )
    return Phrase(
        "still {mode}: {profile} - kiwoomctl resume -p {profile}",
        mode=Phrase(row.mode),
        profile=row.profile,
    )


def _rows(
    accounts: Sequence[SwitchedAccount], failed: dict[str, KiwoomctlError]
) -> tuple[list[SwitchRow], Failures]:
    rows: list[SwitchRow] = []
    failures: Failures = []
    for account in accounts:
        error = failed.get(account.name)
        if error is None:
            try:
                rows.append(_row(account))
            except KiwoomctlError as unreadable:
                error = unreadable
        if error is not None:
            failures.append((account, error))
    return rows, failures


def _row(account: SwitchedAccount) -> SwitchRow:
    return SwitchRow(
        profile=account.name,
        environment=account.environment,
        mode=mode_of(account),
        stopped_by_all=account.has_ledger() and _of_all(account.ledger()) != "active",
    )


def _of_all(ledger: Ledger) -> Mode:
    turned = switches(ledger).of_all
    return "active" if turned is None else turned.mode
