"""Kiwoom behind the broker port: wire fields become the records of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_NUMBER, CASH, HOLDINGS
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.brokers.kiwoom.replies import Page
from kiwoomctl.brokers.replies import CONTRADICTION, blank, contradictory, unusable
from kiwoomctl.domain.portfolio import Cash, Holdings, Position, merge_lots, total
from kiwoomctl.errors import Phrase, Unreadable

if TYPE_CHECKING:
    from kiwoomctl.brokers.port_orders import DayFills, DayOrders
    from kiwoomctl.domain.apis import Api, ApiReply
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.market import Instrument, Listing, MarketQuote, Quote, QuoteExchange
    from kiwoomctl.domain.orders import BrokerOrder
    from kiwoomctl.domain.results import Orderable, RealizedResults, Transaction


class KiwoomBroker:
    """One account at Kiwoom."""

    def __init__(self, client: KiwoomClient, instruments: Path, commission: Decimal) -> None:
        """Make the broker of an account.

        Args:
            client: makes the calls.
            instruments: the file of the master data that were read today.
            commission: the most a buy costs besides, won per won.
        """
        self._client = client
        self._instruments = instruments
        self._commission = commission

    def account_number(self) -> str:
        """Return the ten digits of the account, the last two its product class (ka00001)."""
        page = self._client.call(ACCOUNT_NUMBER, {})
        number = str(page.body["acctNo"]).strip().replace("-", "")
        if not (number.isascii() and number.isdigit() and number.strip("0")):
            raise unusable(ACCOUNT_NUMBER, "acctNo")
        return number

    def cash(self) -> Cash:
        """Return the cash in KRW, D+1 and D+2 as the broker estimates them (kt00001, qry_tp 3)."""
        field = Fields(CASH, self._client.call(CASH, {"qry_tp": "3"}).body)
        cash = Cash(
            deposit=field.maybe("entr", wire.money),
            deposit_d1=field.maybe("d1_entra", wire.money),
            deposit_d2=field.maybe("d2_entra", wire.money),
            orderable=field.maybe("ord_alow_amt", wire.money),
            withdrawable=field.maybe("pymn_alow_amt", wire.money),
        )
        if cash.deposit is None and cash.deposit_d2 is None and cash.orderable is None:
            raise blank(CASH)
        return cash

    def holdings(self) -> Holdings:
        """Return all positions and 추정예탁자산 in KRW (kt00018, qry_tp 1, KRX).

        ``market_value`` is gross; ``unrealized_pnl`` is after the broker's estimated costs.
        A list that contradicts its own totals is read once more, then refused.
        """
        try:
            return self._holdings()
        except Unreadable as error:
            if error.code != CONTRADICTION:
                raise
        return self._holdings()

    def _holdings(self) -> Holdings:
        body = {"qry_tp": "1", "dmst_stex_tp": "KRX"}
        sheets = [_sheet(page) for page in self._client.pages(HOLDINGS, body)]
        first = sheets[0]
        if any(sheet.says_nothing for sheet in sheets[1:]):
            raise blank(HOLDINGS)
        if first.is_no_data:
            return Holdings((), None)
        positions = merge_lots(position for sheet in sheets for position in sheet.positions)
        if not positions:
            _refuse_lost_rows(first)
        if len(sheets) > 1 or first.cut:
            _refuse_shifted_rows(sheets)
        return Holdings(positions=positions, total_assets=first.total_assets)

    def buying_power(self) -> Decimal | None:
        """Return the KRW for buys with full margin (kt00001, 100stk_ord_alow_amt)."""
        field = Fields(CASH, self._client.call(CASH, {"qry_tp": "3"}).body)
        return field.maybe("100stk_ord_alow_amt", wire.money)

    def quote(self, symbol: Symbol) -> Quote:
        """Return the last price and the limits of the day (ka10001)."""
        from kiwoomctl.brokers.kiwoom.market import read_quote

        return read_quote(self._client, symbol)

    def instrument(self, symbol: Symbol) -> Instrument:
        """Return the master data of a code, read at most once a day (ka10100)."""
        from kiwoomctl.brokers.kiwoom.market import InstrumentCache

        return InstrumentCache(self._instruments, self._client).get(symbol)

    def day_orders(self, day: date | None, symbol: Symbol | None = None) -> DayOrders:
        """Return every order of a trading day, complete (kt00007, ka10075, ka10076).

        None is today by the Date header of ka10075.
        """
        from kiwoomctl.brokers.kiwoom.order_lists import read_day

        return read_day(self._client, day, symbol)

    def open_orders(self, symbol: Symbol | None = None) -> tuple[BrokerOrder, ...]:
        """Return the orders that are open now (ka10075)."""
        from kiwoomctl.brokers.kiwoom.order_lists import read_open

        return read_open(self._client, symbol)

    def fills(self, day: date | None) -> DayFills:
        """Return what was filled on a trading day (kt00009, kt00007, ka10075, ka10076).

        None is today by the Date header of ka10075.
        """
        from kiwoomctl.brokers.kiwoom.order_fills import read_fills

        return read_fills(self._client, day)

    def call_api(self, api: Api, fields: Mapping[str, str], pages: int | None) -> ApiReply:
        """Return what Kiwoom answers to any of its reads; no order is one (see ``Api``)."""
        from kiwoomctl.brokers.kiwoom.raw_calls import call

        return call(self._client, api, fields, pages)

    def quotes(self, symbols: Sequence[Symbol], exchange: QuoteExchange) -> tuple[MarketQuote, ...]:
        """Return the trading of these codes, a hundred a call (ka10095)."""
        from kiwoomctl.brokers.kiwoom.quotes import read_quotes

        return read_quotes(self._client, symbols, exchange)

    def listings(self, market: str) -> tuple[Listing, ...]:
        """Return every instrument of a market (ka10099)."""
        from kiwoomctl.brokers.kiwoom.listings import read_listings

        return read_listings(self._client, market)

    def realized(self, first: date | None, last: date | None) -> RealizedResults:
        """Return the realized profit of these days (ka10074, ka10073).

        None is today by the Date header of ka10074.
        """
        from kiwoomctl.brokers.kiwoom.results import read_realized

        return read_realized(self._client, first, last)

    def transactions(self, first: date, last: date, kind: str) -> tuple[Transaction, ...]:
        """Return the account's ledger of these days (kt00015; the mock server refuses it)."""
        from kiwoomctl.brokers.kiwoom.transactions import read_transactions

        return read_transactions(self._client, first, last, kind)

    def orderable(self, symbol: Symbol, price: Decimal) -> Orderable:
        """Return what can be ordered at this price with own cash (kt00011, kt00018)."""
        from kiwoomctl.brokers.kiwoom.buying import read_orderable

        return read_orderable(self._client, symbol, price, self.holdings())

    def commission_rate(self) -> Decimal:
        """Return the most a buy costs besides, won per won."""
        return self._commission

    def clock_offset(self) -> float | None:
        """Return how many seconds Kiwoom's Date header is ahead (of any reply to ka00001)."""
        return self._client.clock_offset()

    def renew_token(self) -> datetime:
        """Get a new token and return when it expires (au10001)."""
        return self._client.renew_token().expires_at

    def revoke_token(self) -> None:
        """Give the stored token back and forget it (au10002)."""
        self._client.revoke_token()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class _Sheet(NamedTuple):
    """What a page of kt00018 says, KRW; its text, ten times as large, is not kept."""

    positions: tuple[Position, ...]
    cost: Decimal | None
    market_value: Decimal | None
    total_assets: Decimal | None
    is_no_data: bool
    """The broker's form of "no data"."""
    says_nothing: bool
    """Neither rows nor figures: on a page that was promised, its rows are lost."""
    cut: bool


def _sheet(page: Page) -> _Sheet:
    body = page.body
    field = Fields(HOLDINGS, body)
    return _Sheet(
        positions=tuple(_position(row) for row in page.rows),
        cost=field.maybe("tot_pur_amt", wire.money),
        market_value=field.maybe("tot_evlt_amt", wire.money),
        total_assets=field.maybe("prsm_dpst_aset_amt", wire.money),
        is_no_data=not body,
        says_nothing=not page.rows
        and not any(body.get(name, "0").strip() for name in HOLDINGS.required),
        cut=page.cut,
    )


def _refuse_shifted_rows(sheets: list[_Sheet]) -> None:
    """Refuse pages that lost or repeated a row between them.

    The cost does not move with prices, so the pages must add up to their total; that a total
    might be each page's own is not documented, and accepted. One page alone is not checked:
    whether the broker's total covers credit holdings is not documented either.
    """
    added = [total(position.cost for position in sheet.positions) for sheet in sheets]
    told = [sheet.cost for sheet in sheets]
    if None in added or told[0] is None:
        return
    if total(added) != told[0] and added != told:
        raise contradictory(HOLDINGS, Phrase("its pages do not add up to its totals"))


def _refuse_lost_rows(sheet: _Sheet) -> None:
    """Refuse an empty list that its own totals contradict: it would show money as gone."""
    if sheet.cost is None and sheet.market_value is None:
        raise blank(HOLDINGS)
    if sheet.cost or sheet.market_value:
        raise contradictory(HOLDINGS, Phrase("totals without positions"))


def _position(row: Mapping[str, str]) -> Position:
    field = Fields(HOLDINGS, row)
    symbol = field.maybe("stk_cd", wire.symbol)
    quantity = field.maybe("rmnd_qty", wire.quantity)
    if symbol is None or quantity is None:
        raise unusable(HOLDINGS, "rmnd_qty")
    return Position(
        symbol=symbol,
        name=field.text("stk_nm"),
        quantity=quantity,
        sellable_quantity=field.maybe("trde_able_qty", wire.quantity),
        average_price=field.maybe("pur_pric", wire.price),
        price=field.maybe("cur_prc", wire.price),
        cost=field.maybe("pur_amt", wire.money),
        market_value=field.maybe("evlt_amt", wire.money),
        unrealized_pnl=field.maybe("evltv_prft", wire.money),
        unrealized_pnl_rate=field.maybe("prft_rt", wire.number),
        credit_type=field.maybe("crd_tp", wire.code),
        loan_date=field.maybe("crd_loan_dt", wire.date),
        pnl_basis="net",
    )
