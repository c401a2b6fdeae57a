"""The instrument TRs: basic information, several quotes at once, master data, lists.

Prices carry the sign of their direction against the base price. A code may name
a venue (``005930_NX``, ``005930_AL``); the reply repeats it and all venues have
one price.
"""

from __future__ import annotations

from kiwoomctl.domain.prices import next_tick_down, next_tick_up
from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.instruments import Instrument, instruments
from kiwoomctl.simulator.kiwoom.fields import (
    BASIC_INFORMATION,
    LISTED_INSTRUMENT,
    WATCHED_INSTRUMENT,
)
from kiwoomctl.simulator.kiwoom.formats import clock_time, day, directed, plain, signed
from kiwoomctl.simulator.kiwoom.query import Answer, Query, Row
from kiwoomctl.simulator.kiwoom.refusals import refused
from kiwoomctl.simulator.market import Quote

MOST_CODES = 100

_VENUES = ("_NX", "_AL")
_LISTED_SHARES = 10_000_000
_MARKET_CODES = {"KOSPI": "0", "KOSDAQ": "10", "ETF": "8", "ETN": "60"}
_MARKETS_OF = {
    "0": ("KOSPI", "ETF", "ETN"),
    "10": ("KOSDAQ",),
    "8": ("ETF",),
    "60": ("ETN",),
}
_MARKET_NAMES = {"KOSPI": "거래소", "KOSDAQ": "코스닥", "ETF": "ETF", "ETN": "ETN"}


def basic_information(query: Query) -> Answer:
    """Answer ka10001; fields that a fund has not are empty."""
    code = query.get("stk_cd")
    quote = _quote(query, code)
    if quote is None:
        raise refused(1902, symbol=code)
    is_company = quote.instrument.is_taxed
    known = {
        "stk_cd": code,
        "stk_nm": quote.instrument.name,
        "setl_mm": "12" if is_company else "",
        "fav": "500" if is_company else "",
        "cap": "50" if is_company else "",
        "flo_stk": plain(_LISTED_SHARES // 1_000),
        "crd_rt": "+0.08",
        "oyr_hgst": f"+{quote.instrument.reference_price * 12 // 10}",
        "oyr_lwst": f"-{quote.instrument.reference_price * 8 // 10}",
        "mac": plain(quote.price * _LISTED_SHARES // 100_000_000),
        "for_exh_rt": "0.00",
        "repl_pric": plain(quote.base * 7 // 10),
        "250hgst": f"+{quote.instrument.reference_price * 12 // 10}",
        "250lwst": f"-{quote.instrument.reference_price * 8 // 10}",
        "exp_cntr_pric": directed(quote.price, quote.base),
        "exp_cntr_qty": "0",
        **_prices(quote),
        "pre_sig": _change_sign(quote),
        "trde_pre": "0.00",
        "fav_unit": "원" if is_company else "",
        "dstr_stk": plain(_LISTED_SHARES * 7 // 10_000),
        "dstr_rt": "70.0",
    }
    return Answer({name: known.get(name, "") for name in BASIC_INFORMATION})


def watched(query: Query) -> Answer:
    """Answer ka10095: rows in the order asked, a blank row for an unknown code.

    More than 100 codes are answered without the list, as the real server does.
    """
    codes = query.get("stk_cd").split("|")
    if len(codes) > MOST_CODES:
        return Answer()
    rows = [_watched_row(query, code) for code in codes]
    return Answer({}, "atn_stk_infr", rows, WATCHED_INSTRUMENT)


def master_data(query: Query) -> Answer:
    """Answer ka10100: zero padded numbers, names in camel case."""
    code = query.get("stk_cd")
    instrument = query.exchange.market.find(code)
    if instrument is None:
        raise refused(1902, symbol=code)
    return Answer(_master_row(query, instrument))


def listed(query: Query) -> Answer:
    """Answer ka10099: the list of KOSPI holds the funds and notes traded there too."""
    markets = _MARKETS_OF.get(query.get("mrkt_tp"), ())
    rows = [
        _master_row(query, instrument)
        for instrument in instruments().values()
        if instrument.market in markets
    ]
    return Answer({}, "list", rows, LISTED_INSTRUMENT)


def _master_row(query: Query, instrument: Instrument) -> Row:
    base = query.exchange.market.base_price(instrument.symbol, query.moment)
    return {
        "code": instrument.symbol,
        "name": instrument.name,
        "listCount": f"{_LISTED_SHARES:016d}",
        "auditInfo": "정상",
        "regDay": "20100104",
        "lastPrice": f"{base:08d}",
        "state": "증거금30%|담보대출|신용가능" if instrument.is_taxed else "증거금40%",
        "marketCode": _MARKET_CODES[instrument.market],
        "marketName": _MARKET_NAMES[instrument.market],
        "upName": instrument.sector if instrument.is_taxed else "",
        "upSizeName": "대형주" if instrument.market == "KOSPI" else "",
        "companyClassName": "우량기업" if instrument.market == "KOSDAQ" else "",
        "orderWarning": "0",
        "nxtEnable": "Y" if instrument.is_taxed else "N",
    }


def _quote(query: Query, code: str) -> Quote | None:
    symbol = code[:-3] if code.endswith(_VENUES) else code
    market = query.exchange.market
    return market.quote(symbol, query.moment) if market.find(symbol) else None


def _watched_row(query: Query, code: str) -> Row:
    quote = _quote(query, code)
    if quote is None:
        return dict.fromkeys(WATCHED_INSTRUMENT, "")
    asks, bids = [next_tick_up(quote.price, quote.instrument.kind)], [quote.price]
    for _ in range(4):
        asks.append(next_tick_up(asks[-1], quote.instrument.kind))
        bids.append(next_tick_down(bids[-1], quote.instrument.kind))
    known = {
        "stk_cd": code,
        "stk_nm": quote.instrument.name,
        **_prices(quote),
        "pred_pre_sig": _change_sign(quote),
        "trde_prica": plain(quote.volume * quote.price // 1_000_000),
        "cntr_qty": "1",
        "cntr_str": "100.00",
        "sel_bid": directed(asks[0], quote.base),
        "buy_bid": directed(bids[0], quote.base),
        **{f"sel_{n}th_bid": directed(price, quote.base) for n, price in enumerate(asks, 1)},
        **{f"buy_{n}th_bid": directed(price, quote.base) for n, price in enumerate(bids, 1)},
        "close_pric": directed(quote.price, quote.base),
        "cntr_tm": clock_time(quote.moment),
        "mac": plain(quote.price * _LISTED_SHARES // 100_000_000),
        "stkcnt": plain(_LISTED_SHARES // 1_000),
        "bid_tm": clock_time(quote.moment),
        "dt": day(quote.moment.date()),
    }
    return {name: known.get(name, "") for name in WATCHED_INSTRUMENT}


def _prices(quote: Quote) -> dict[str, str]:
    change = quote.price - quote.base
    return {
        "cur_prc": directed(quote.price, quote.base),
        "base_pric": plain(quote.base),
        "open_pric": directed(quote.open, quote.base),
        "high_pric": directed(quote.high, quote.base),
        "low_pric": directed(quote.low, quote.base),
        "upl_pric": f"+{quote.band.upper}",
        "lst_pric": f"-{quote.band.lower}",
        "pred_pre": signed(change),
        "flu_rt": signed(percent(change, quote.base)),
        "trde_qty": plain(quote.volume),
    }


def _change_sign(quote: Quote) -> str:
    if quote.price == quote.band.upper:
        return "1"
    if quote.price == quote.band.lower:
        return "4"
    return {1: "2", 0: "3", -1: "5"}[quote.direction]
