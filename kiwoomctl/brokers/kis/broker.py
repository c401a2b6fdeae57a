"""KIS behind the broker port: wire fields become the records of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import TITLE

if TYPE_CHECKING:
    from kiwoomctl.brokers.kis.market import InstrumentCache
    from kiwoomctl.brokers.port_orders import DayFills, DayOrders
    from kiwoomctl.domain.apis import Api, ApiReply
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.market import Instrument, MarketQuote, Quote, QuoteExchange
    from kiwoomctl.domain.orders import BrokerOrder
    from kiwoomctl.domain.portfolio import Cash, Holdings
    from kiwoomctl.domain.results import Orderable, RealizedResults, Transaction


class KisBroker:
    """One account at KIS."""

    def __init__(self, client: KisClient, instruments: Path, commission: Decimal) -> None:
        """Make the broker of an account.

        Args:
            client: makes the calls.
            instruments: the file of the master data that were read today.
            commission: the most a buy costs besides, won per won.
        """
        self._client = client
        self._master_file = instruments
        self._commission = commission

    def account_number(self) -> str:
        """Return the ten digits of the account, the last two its product class.

        No call tells which account a key belongs to, but every one refuses another account: so
        the profile's number is proven by a read of it (inquire-psbl-order).

        Raises:
            ConfigError: the key belongs to another account.
        """
        self.buying_power()
        return "".join(self._client.account)

    def cash(self) -> Cash:
        """Return the cash in KRW (inquire-balance, inquire-psbl-order)."""
        from kiwoomctl.brokers.kis.holdings import read_cash

        return read_cash(self._client)

    def buying_power(self) -> Decimal | None:
        """Return the KRW for buys without owing anything (inquire-psbl-order)."""
        from kiwoomctl.brokers.kis.holdings import read_buying_power

        return read_buying_power(self._client)

    def holdings(self) -> Holdings:
        """Return all positions and 순자산, loans taken off, in KRW (inquire-balance)."""
        from kiwoomctl.brokers.kis.holdings import read_holdings

        return read_holdings(self._client)

    def quote(self, symbol: Symbol) -> Quote:
        """Return the last price and the limits of the day (inquire-price)."""
        from kiwoomctl.brokers.kis.market import read_quote

        return read_quote(self._client, symbol)

    def instrument(self, symbol: Symbol) -> Instrument:
        """Return the master data of a code, read at most once a day (search-stock-info)."""
        return self._instruments.get(symbol)

    def day_orders(self, day: date | None, symbol: Symbol | None = None) -> DayOrders:
        """Return every order of a trading day, complete (inquire-daily-ccld).

        None is today by the Date header of that list.
        """
        from kiwoomctl.brokers.kis.order_lists import read_day

        return read_day(self._client, day, symbol)

    def open_orders(self, symbol: Symbol | None = None) -> tuple[BrokerOrder, ...]:
        """Return the orders that are open now (inquire-psbl-rvsecncl; mock: the daily list)."""
        from kiwoomctl.brokers.kis.order_lists import read_open

        return read_open(self._client, symbol)

    def fills(self, day: date | None) -> DayFills:
        """Return what was filled on a trading day, one sum an order (inquire-daily-ccld)."""
        from kiwoomctl.brokers.kis.order_fills import read_fills

        return read_fills(self._client, day)

    def call_api(self, api: Api, fields: Mapping[str, str], pages: int | None) -> ApiReply:
        """Refuse: the catalogue has another broker's APIs."""
        from kiwoomctl.brokers.offers import refuse
        from kiwoomctl.domain.offers import Ability

        del api, fields, pages
        refuse(TITLE, Ability.RAW_CALLS)

    def quotes(self, symbols: Sequence[Symbol], exchange: QuoteExchange) -> tuple[MarketQuote, ...]:
        """Return the trading of these codes, a call each (inquire-price)."""
        from kiwoomctl.brokers.kis.market import read_quotes

        return read_quotes(self._client, symbols, exchange, self._instruments)

    def realized(self, first: date | None, last: date | None) -> RealizedResults:
        """Return the realized profit of these days (inquire-period-profit, -trade-profit).

        None is today by the Date header. The mock server has none of it.
        """
        from kiwoomctl.brokers.kis.offers import OFFERS
        from kiwoomctl.brokers.kis.results import read_realized
        from kiwoomctl.brokers.offers import refuse_on_mock
        from kiwoomctl.domain.offers import Ability, Extent

        if self._client.is_mock and OFFERS[Ability.REALIZED].mock is Extent.NO:
            refuse_on_mock(self._client.profile, Ability.REALIZED)
        return read_realized(self._client, first, last)

    def transactions(self, first: date, last: date, kind: str) -> tuple[Transaction, ...]:
        """Refuse: the broker has no call that lists deposits, withdrawals and trades."""
        from kiwoomctl.brokers.offers import refuse
        from kiwoomctl.domain.offers import Ability

        del first, last, kind
        refuse(TITLE, Ability.TRANSACTIONS)

    def orderable(self, symbol: Symbol, price: Decimal) -> Orderable:
        """Return what can be ordered at this price with own cash (inquire-psbl-order)."""
        from kiwoomctl.brokers.kis.buying import read_orderable

        return read_orderable(self._client, symbol, price, self.holdings())

    def commission_rate(self) -> Decimal:
        """Return the most a buy costs besides, won per won."""
        return self._commission

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's Date header is ahead (of any reply)."""
        return self._client.clock_offset()

    def renew_token(self) -> datetime:
        """Get a new token and return when it expires (tokenP).

        In the first six hours of a token another issue would bring the same one: it is kept.
        """
        return self._client.renew_token().expires_at

    def revoke_token(self) -> None:
        """Give the stored token back and forget it (revokeP)."""
        self._client.revoke_token()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @cached_property
    def _instruments(self) -> InstrumentCache:
        from kiwoomctl.brokers.kis.market import InstrumentCache

        return InstrumentCache(self._master_file, self._client)
