"""Prices now, asked with the key of one account: they are the same for all.

A code the broker has no quote for is named, and hides none of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MarketQuote, QuoteExchange
from kiwoomctl.errors import BrokerRejected
from kiwoomctl.services.accounts import Account


class Quotes(NamedTuple):
    """What one account's key was told."""

    account: Account
    rows: tuple[MarketQuote, ...]
    unknown: tuple[BrokerRejected, ...]
    """One for each code without a quote."""


def quotes(account: Account, symbols: Sequence[Symbol], exchange: QuoteExchange) -> Quotes:
    """Return the quotes of these codes in their order, each once.

    Raises:
        SignInError, Unavailable, Busy, BrokerRejected: the broker was not asked, or did not answer.
    """
    wanted = tuple(dict.fromkeys(symbols))
    rows = account.broker().quotes(wanted, exchange)
    found = {row.symbol for row in rows}
    return Quotes(
        account, rows, tuple(no_quote(code, exchange) for code in wanted if code not in found)
    )


def no_quote(symbol: Symbol, exchange: QuoteExchange) -> BrokerRejected:
    """Return the error of a code the broker has no quote for."""
    return BrokerRejected(
        "the broker has no quote for {symbol} at {exchange}",
        hint="check the code: kiwoomctl symbols find NAME"
        if exchange == "KRX"
        else "check the code; not every share is traded at NXT: try --exchange KRX",
        code="symbol_unknown",
        symbol=symbol,
        exchange=exchange,
    )
