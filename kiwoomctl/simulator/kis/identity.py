"""Who an account belongs to, as KIS writes it: account number, login id, branch."""

from __future__ import annotations

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.demo import simulated_hts_id
from kiwoomctl.simulator.exchange import Exchange

_STEM_DIGITS = 8
_BRANCHES = {"real": "06010", "mock": "00950"}


def written_account(account: Account) -> str:
    """Return an account number as people write it: ``12345678-01``."""
    return f"{account.number[:_STEM_DIGITS]}-{account.number[_STEM_DIGITS:]}"


def hts_id(exchange: Exchange, account: Account) -> str:
    """Return the login id of an account's owner; an owner's accounts have the same."""
    return simulated_hts_id(list(exchange.accounts).index(account.appkey) + 1)


def branch(environment: str) -> str:
    """Return the branch number that orders have (KRX_FWDG_ORD_ORGNO)."""
    return _BRANCHES[environment]
