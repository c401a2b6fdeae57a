"""Who an account belongs to, as KIS writes it: account number, login id, branch."""

from __future__ import annotations

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange

_STEM_DIGITS = 8
_ACCOUNTS_EACH = 3
_BRANCHES = {"real": "06010", "mock": "00950"}


def written_account(account: Account) -> str:
    """Return an account number as people write it: ``12345678-01``."""
    return f"{account.number[:_STEM_DIGITS]}-{account.number[_STEM_DIGITS:]}"


def hts_id(exchange: Exchange, account: Account) -> str:
    """Return the login id of an account's owner; an owner's accounts have the same."""
    place = list(exchange.accounts).index(account.appkey) // _ACCOUNTS_EACH
    return f"SIMID{place + 1:03d}"


def branch(environment: str) -> str:
    """Return the branch number that orders have (KRX_FWDG_ORD_ORGNO)."""
    return _BRANCHES[environment]
