"""What the rest of the package may ask of a broker, whatever the broker is.

A Broker speaks for one account. Reads may be repeated; they raise the errors of
``kiwoomctl.errors`` and never return a 0 the broker did not send. How orders go out is in
``port_orders``, which reads do not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from kiwoomctl.brokers.port_orders import DayFills, DayOrders
    from kiwoomctl.domain.apis import Api, ApiReply
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.market import Instrument, Listing, MarketQuote, Quote, QuoteExchange
    from kiwoomctl.domain.orders import BrokerOrder
    from kiwoomctl.domain.portfolio import Cash, Holdings
    from kiwoomctl.domain.results import Orderable, RealizedResults, Transaction


class Call(NamedTuple):
    """One request that was made, for people who watch (``--verbose``)."""

    api_id: str
    milliseconds: int
    outcome: str
    """HTTP status and return code, or the name of the failure; never a secret."""


class Observer(Protocol):
    """Who is told what a broker is doing, while it does it."""

    def called(self, profile: str, call: Call) -> None:
        """Take note of a finished request."""

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take note of a wait for the rate limit."""


class InstrumentLists(Protocol):
    """A house's lists of instruments: the same for all its accounts."""

    def listings(self, market: str) -> tuple[Listing, ...]:
        """Return every instrument of one of ``domain.market.MARKETS``, complete.

        Raises:
            SignInError, BrokerRejected, Busy, Unavailable: the list was not read whole.
        """


class Broker(Protocol):
    """Reads of one account.

    Every method raises SignInError, BrokerRejected, Busy or Unavailable where it cannot give
    a true answer.
    """

    def account_number(self) -> str:
        """Return the account number this key belongs to."""

    def cash(self) -> Cash:
        """Return the account's cash, in KRW."""

    def buying_power(self) -> Decimal | None:
        """Return the KRW for buys with full margin (증거금 100%); None where not told."""

    def holdings(self) -> Holdings:
        """Return all positions, complete, and the estimated total assets."""

    def quote(self, symbol: Symbol) -> Quote:
        """Return the last price and the limits of the day."""

    def instrument(self, symbol: Symbol) -> Instrument:
        """Return the master data of a code, at most a day old."""

    def day_orders(self, day: date | None, symbol: Symbol | None = None) -> DayOrders:
        """Return every order of a trading day, complete; of one code or of all.

        None is today by the broker's clock, which may not be ours.
        """

    def open_orders(self, symbol: Symbol | None = None) -> tuple[BrokerOrder, ...]:
        """Return the orders that are open now; of one code or of all."""

    def fills(self, day: date | None) -> DayFills:
        """Return what was filled on a trading day; None is today by the broker's clock."""

    def call_api(self, api: Api, fields: Mapping[str, str], pages: int | None) -> ApiReply:
        """Return what the broker answers to one of its own reads, values as sent.

        ``pages`` is the most to read; None for all. Raises UsageError for what is no read.
        """

    def quotes(self, symbols: Sequence[Symbol], exchange: QuoteExchange) -> tuple[MarketQuote, ...]:
        """Return the trading of these codes; one the broker has no quote for is absent."""

    def realized(self, first: date | None, last: date | None) -> RealizedResults:
        """Return the realized profit of these days; None is today by the broker's clock."""

    def transactions(self, first: date, last: date, kind: str) -> tuple[Transaction, ...]:
        """Return the account's ledger of these days, oldest line first, complete.

        Args:
            first: by the day of settlement, KST.
            last: included.
            kind: one of ``domain.results.TRANSACTION_TYPES``.
        """

    def orderable(self, symbol: Symbol, price: Decimal) -> Orderable:
        """Return how many shares can be bought and sold at this price, KRW, with own cash."""

    def commission_rate(self) -> Decimal:
        """Return the most a buy costs besides, won per won; an assumption, not a read."""

    def clock_offset(self) -> float | None:
        """Return how many seconds the broker's clock is ahead of ours; None if it does not say.

        Exact to about a second. Needs no valid token.
        """

    def renew_token(self) -> datetime:
        """Get a new token and return when it expires."""

    def revoke_token(self) -> None:
        """Give the stored token back to the broker and forget it."""

    def close(self) -> None:
        """Close the connections."""
