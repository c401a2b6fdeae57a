"""Prices of several codes at once (ka10095), up to a hundred a call.

The reply has a row for each code in the order asked; the row of a code it does not know is blank
and falls away here. A code names the exchange by its suffix; both together are ``_AL``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import Endpoint
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.brokers.kiwoom.market import INSTRUMENT_PATH
from kiwoomctl.brokers.kiwoom.replies import Page
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MarketQuote, QuoteExchange

WATCHED: Final = Endpoint(
    "ka10095",
    INSTRUMENT_PATH,
    rows="atn_stk_infr",
    row_key="stk_cd",
    row_required=("cur_prc", "pred_pre", "upl_pric", "lst_pric"),
)
MOST_CODES: Final = 100
_SUFFIXES: Final[Mapping[QuoteExchange, str]] = {"KRX": "", "NXT": "_NX", "SOR": "_AL"}


def read_quotes(
    client: KiwoomClient, symbols: Sequence[Symbol], exchange: QuoteExchange
) -> tuple[MarketQuote, ...]:
    """Return the quotes of these codes in their order; a code without one is absent (ka10095).

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: a call was not answered.
    """
    found: dict[Symbol, MarketQuote] = {}
    for begin in range(0, len(symbols), MOST_CODES):
        asked = symbols[begin : begin + MOST_CODES]
        codes = "|".join(f"{symbol}{_SUFFIXES[exchange]}" for symbol in asked)
        page = client.call(WATCHED, {"stk_cd": codes})
        for row in page.rows:
            quote = _quote(row, page, exchange)
            if quote is not None:
                found[quote.symbol] = quote
    return tuple(found[symbol] for symbol in symbols if symbol in found)


def _quote(row: Mapping[str, str], page: Page, exchange: QuoteExchange) -> MarketQuote | None:
    field = Fields(WATCHED, row)
    quote = MarketQuote(
        symbol=field.symbol("stk_cd"),
        name=row.get("stk_nm", "").strip() or None,
        # Before the first trade of the day the broker sends 0, which is no price.
        price=field.price("cur_prc"),
        change=field.figure("pred_pre"),
        change_rate=field.figure("flu_rt"),
        open=field.price("open_pric"),
        high=field.price("high_pric"),
        low=field.price("low_pric"),
        upper_limit=field.price("upl_pric"),
        lower_limit=field.price("lst_pric"),
        volume=field.maybe("trde_qty", wire.quantity),
        exchange=exchange,
        time=_time(field, row, page),
    )
    # A row that repeats the code and says nothing else knows nothing of it.
    return quote if quote.name or quote.price is not None else None


def _time(field: Fields, row: Mapping[str, str], page: Page) -> datetime | None:
    day = field.maybe("dt", wire.date)
    if day is None and page.broker_time is None:
        return None
    on = datetime.fromisoformat(day) if day else page.broker_time
    assert on is not None, "one of them is there"  # noqa: S101 - for the type
    return wire.moment(on.date(), row.get("cntr_tm", ""))
