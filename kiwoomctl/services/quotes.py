"""Prices now, asked with the key of one account: they are the same for all.

A code the broker has no quote for is named, and hides none of the others. A name that it does
not tell is looked up in the file of codes and names, where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MarketQuote, QuoteExchange
from kiwoomctl.errors import BrokerRejected, StateError
from kiwoomctl.services import symbol_file
from kiwoomctl.services.accounts import Account
from kiwoomctl.services.symbols import Household


class Quotes(NamedTuple):
    """What one account's key was told."""

    account: Account
    rows: tuple[MarketQuote, ...]
    unknown: tuple[BrokerRejected, ...]
    """One for each code without a quote."""


def quotes(account: Household, symbols: Sequence[Symbol], exchange: QuoteExchange) -> Quotes:
    """Return the quotes of these codes in their order, each once.

    Raises:
        SignInError, Unavailable, Busy, BrokerRejected: the broker was not asked, or did not answer.
    """
    wanted = tuple(dict.fromkeys(symbols))
    rows = account.broker().quotes(wanted, exchange)
    found = {row.symbol for row in rows}
    rows = tuple(row._replace(name=named(account.world, row.symbol, row.name)) for row in rows)
    return Quotes(
        account, rows, tuple(no_quote(code, exchange) for code in wanted if code not in found)
    )


def named(world: Path, symbol: Symbol, told: str | None) -> str | None:
    """Return the name that was told, else the one kept in this world; None without either."""
    if told:
        return told
    try:
        known = symbol_file.read(world)
    except StateError:
        # A name is not worth the figures beside it.
        return None
    listing = known.of(symbol) if known else None
    return listing.name if listing else None


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
