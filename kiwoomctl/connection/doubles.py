"""Two profiles that are one account: what is in it must not be counted twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiwoomctl.connection.account import ConnectedAccount
from kiwoomctl.errors import ConfigError, SignInError


def refuse_doubles(accounts: list[ConnectedAccount]) -> None:
    """Refuse two profiles that are one account: its money would be counted twice.

    Raises:
        ConfigError: one app key, or one proven account number, under two names.
    """
    for error in doubles(accounts):
        raise error


def doubles(accounts: Sequence[ConnectedAccount]) -> Iterator[ConfigError]:
    """Yield the refusal of every profile that is the account of an earlier one.

    Accounts whose key cannot be had are left for the read to report.
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
                yield ConfigError(
                    "profiles {first!r} and {second!r} are one account",
                    hint="in profiles.toml take one of them out, or set its enabled = false; it "
                    "would be counted twice",
                    code="account_twice",
                    first=other,
                    second=account.name,
                )
                break
