"""What several accounts may order of one code at one price, with their own cash."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MarketQuote
from kiwoomctl.domain.portfolio import Environment, total
from kiwoomctl.domain.results import Orderable
from kiwoomctl.errors import ConfigError, KiwoomctlError, SignInError, UsageError
from kiwoomctl.services.accounts import Account, OnAnswer, ask
from kiwoomctl.services.portfolio import Overview, overview
from kiwoomctl.services.quotes import named, no_quote
from kiwoomctl.services.symbols import Household


class OrderableRow(NamedTuple):
    """What one account may order."""

    profile: str
    owner: str | None
    environment: Environment
    symbol: Symbol
    name: str | None
    """None where nobody could be asked, or nobody knows it."""
    orderable: Orderable


class OrderableTotals(NamedTuple):
    """Sums over accounts: shares, KRW."""

    buyable_quantity: int | None
    buyable_amount: Decimal | None
    sellable_quantity: int | None
    orderable: Decimal | None


def orderable(
    accounts: Sequence[Household], on_answer: OnAnswer, symbol: Symbol, price: Decimal | None
) -> Overview[OrderableRow, OrderableTotals]:
    """Return how many shares of a code these accounts can buy and sell.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        symbol: the code.
        price: KRW per share; None for the last price.

    Raises:
        BrokerRejected: the broker does not know the code.
        UsageError: it has no price now, and none was given.
        SignInError, ConfigError, Unavailable, Busy: without a price given, none could be read.
    """
    quote = _quote(accounts, symbol, needed=price is None)
    at = price or (quote and quote.price)
    if at is None:
        raise UsageError(
            "{symbol} has no price now",
            hint="give one: --price P",
            code="price_missing",
            symbol=symbol,
        )
    answers = ask(accounts, lambda broker: broker.orderable(symbol, at), on_answer)
    name = named(accounts[0].world, symbol, quote.name) if quote else None

    def block(
        group: list[tuple[Account, Orderable]],
    ) -> tuple[tuple[OrderableRow, ...], OrderableTotals]:
        rows = tuple(
            OrderableRow(a.name, a.owner, a.environment, symbol, name, v) for a, v in group
        )
        return rows, OrderableTotals(
            buyable_quantity=total(row.orderable.buyable_quantity for row in rows),
            buyable_amount=total(row.orderable.buyable_amount for row in rows),
            sellable_quantity=total(row.orderable.sellable_quantity for row in rows),
            orderable=total(row.orderable.orderable for row in rows),
        )

    return overview(accounts, answers, block)


def _quote(accounts: Sequence[Account], symbol: Symbol, *, needed: bool) -> MarketQuote | None:
    """Return the quote, by the first account that can sign in; None where it can be done without.

    An account without a usable key is told of with the answers; it must not cost the others.
    """
    failure: KiwoomctlError | None = None
    for account in accounts:
        try:
            found = account.broker().quotes((symbol,), "KRX")
        except (SignInError, ConfigError) as error:
            failure = failure or error
            continue
        except KiwoomctlError as error:
            failure = error
            break
        if not found:
            raise no_quote(symbol, "KRX")
        return found[0]
    if needed and failure is not None:
        raise failure
    return None
