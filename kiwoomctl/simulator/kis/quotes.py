"""The instrument TRs: price, book, several prices at once, a stock's master data, holidays.

A quote has neither name nor time. A code that is not listed is answered with a price of 0. All
venues (J KRX, NX NXT, UN both) have one price.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kiwoomctl.domain.prices import next_tick_up
from kiwoomctl.domain.sessions import is_trading_day
from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.kis.fields import PRICE_FIELDS
from kiwoomctl.simulator.kis.formats import clock_time, day, plain
from kiwoomctl.simulator.kis.query import Answer, Query, Row
from kiwoomctl.simulator.kis.refusals import bad_value, by_business
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.orderbook import LEVELS

MOST_CODES = 30

_VENUES = ("J", "NX", "UN")
_LISTED_SHARES = 10_000_000
_HUNDRED_MILLIONS = 100_000_000
_HOLIDAY_ROWS = 24
_STOCK_TYPE = "300"
_WEEKDAY_CODES = ("02", "03", "04", "05", "06", "07", "01")


def price(query: Query) -> Answer:
    """Answer inquire-price."""
    quote = _asked(query)
    if quote is None:
        return Answer({"output": dict.fromkeys(PRICE_FIELDS, "") | {"stck_prpr": "0"}})
    instrument = quote.instrument
    high, low = instrument.reference_price * 12 // 10, instrument.reference_price * 8 // 10
    known = {
        "iscd_stat_cls_code": "55" if instrument.is_taxed else "00",
        "marg_rate": "100.00",
        "rprs_mrkt_kor_name": instrument.market,
        "bstp_kor_isnm": instrument.sector,
        "temp_stop_yn": "N",
        "crdt_able_yn": "Y" if instrument.is_taxed else "N",
        **_prices(quote),
        "wghn_avrg_stck_prc": f"{quote.price}.00",
        "aspr_unit": plain(next_tick_up(quote.price, instrument.kind) - quote.price),
        "hts_deal_qty_unit_val": "1",
        "lstn_stcn": plain(_LISTED_SHARES),
        "hts_avls": plain(quote.price * _LISTED_SHARES // _HUNDRED_MILLIONS),
        "w52_hgpr": plain(high),
        "w52_lwpr": plain(low),
        "stck_shrn_iscd": instrument.symbol,
        "vi_cls_code": "N",
        "short_over_yn": "N",
        "sltr_yn": "N",
        "mrkt_warn_cls_code": "00",
    }
    return Answer({"output": {name: known.get(name, "") for name in PRICE_FIELDS}})


def book(query: Query) -> Answer:
    """Answer inquire-asking-price-exp-ccn: ten levels a side, and the expected auction."""
    quote = _asked(query)
    if quote is None:
        return Answer({"output1": {}, "output2": {"stck_prpr": "0"}})
    symbol, moment = quote.instrument.symbol, query.moment
    sides = {
        "askp": query.exchange.liquidity.opposite(symbol, "buy", moment),
        "bidp": query.exchange.liquidity.opposite(symbol, "sell", moment),
    }
    levels: Row = {"aspr_acpt_hour": clock_time(moment)}
    for side, found in sides.items():
        for place in range(LEVELS):
            level = found[place] if place < len(found) else None
            levels[f"{side}{place + 1}"] = plain(level.price if level else 0)
            levels[f"{side}_rsqn{place + 1}"] = plain(level.quantity if level else 0)
        levels[f"total_{side}_rsqn"] = plain(sum(level.quantity for level in found))
    expected = {**_prices(quote), "antc_cnpr": "0", "antc_vol": "0", "stck_shrn_iscd": symbol}
    return Answer({"output1": levels, "output2": expected})


def prices(query: Query) -> Answer:
    """Answer intstock-multprice: up to 30 codes, rows in the order asked."""
    rows = []
    for place in range(1, MOST_CODES + 1):
        code = query.get(f"FID_INPUT_ISCD_{place}")
        if not code:
            continue
        _check_venue(query, f"FID_COND_MRKT_DIV_CODE_{place}")
        quote = _quote(query, query.symbol(f"FID_INPUT_ISCD_{place}"))
        rows.append({"inter_shrn_iscd": code} if quote is None else _watched(query, quote))
    return Answer({"output": rows})


def stock(query: Query) -> Answer:
    """Answer search-stock-info."""
    instrument = query.exchange.market.find(query.symbol())
    if instrument is None or query.get("PRDT_TYPE_CD") != _STOCK_TYPE:
        raise by_business("MCA05918", "종목코드 오류입니다.")
    traded_at_nxt = "Y" if instrument.is_taxed else "N"
    output = {
        "pdno": instrument.symbol.zfill(12),
        "prdt_type_cd": _STOCK_TYPE,
        "prdt_name": instrument.name,
        "prdt_abrv_name": instrument.name,
        "tr_stop_yn": "N",
        "admn_item_yn": "N",
        "cptt_trad_tr_psbl_yn": traded_at_nxt,
        "nxt_tr_stop_yn": "N",
        "lstg_stqt": plain(_LISTED_SHARES),
        "bfdy_clpr": plain(query.exchange.market.base_price(instrument.symbol, query.moment)),
    }
    return Answer({"output": output})


def holidays(query: Query) -> Answer:
    """Answer chk-holiday: the days from the asked one on."""
    first = query.day("BASS_DT")
    rows = []
    for place in range(_HOLIDAY_ROWS):
        one = first + timedelta(days=place)
        opens = "Y" if is_trading_day(one) else "N"
        rows.append(
            {
                "bass_dt": day(one),
                "wday_dvsn_cd": _WEEKDAY_CODES[one.weekday()],
                "bzdy_yn": opens,
                "tr_day_yn": opens,
                "opnd_yn": opens,
                "sttl_day_yn": opens,
            }
        )
    parts: dict[str, Any] = {"ctx_area_nk": "", "ctx_area_fk": "", "output": rows}
    return Answer(parts)


def change_sign(quote: Quote) -> str:
    """Return 1 upper limit, 2 up, 3 even, 4 lower limit, 5 down."""
    if quote.price == quote.band.upper:
        return "1"
    if quote.price == quote.band.lower:
        return "4"
    return {1: "2", 0: "3", -1: "5"}[quote.direction]


def _asked(query: Query) -> Quote | None:
    _check_venue(query, "FID_COND_MRKT_DIV_CODE")
    return _quote(query, query.symbol("FID_INPUT_ISCD"))


def _check_venue(query: Query, name: str) -> None:
    if query.get(name) not in _VENUES:
        raise bad_value(name)


def _quote(query: Query, symbol: str) -> Quote | None:
    market = query.exchange.market
    return market.quote(symbol, query.moment) if market.find(symbol) else None


def _watched(query: Query, quote: Quote) -> Row:
    symbol = quote.instrument.symbol
    asks = query.exchange.liquidity.opposite(symbol, "buy", query.moment)
    bids = query.exchange.liquidity.opposite(symbol, "sell", query.moment)
    change = quote.price - quote.base
    return {
        "inter_shrn_iscd": symbol,
        "inter_kor_isnm": quote.instrument.name,
        "inter2_prpr": plain(quote.price),
        "inter2_prdy_vrss": plain(change),
        "prdy_vrss_sign": change_sign(quote),
        "prdy_ctrt": plain(percent(change, quote.base)),
        "acml_vol": plain(quote.volume),
        "inter2_oprc": plain(quote.open),
        "inter2_hgpr": plain(quote.high),
        "inter2_lwpr": plain(quote.low),
        "inter2_askp": plain(asks[0].price if asks else 0),
        "inter2_bidp": plain(bids[0].price if bids else 0),
        "inter2_prdy_clpr": plain(quote.base),
        "inter2_mxpr": plain(quote.band.upper),
        "inter2_llam": plain(quote.band.lower),
    }


def _prices(quote: Quote) -> Row:
    change = quote.price - quote.base
    return {
        "stck_prpr": plain(quote.price),
        "prdy_vrss": plain(change),
        "prdy_vrss_sign": change_sign(quote),
        "prdy_ctrt": plain(percent(change, quote.base)),
        "stck_oprc": plain(quote.open),
        "stck_hgpr": plain(quote.high),
        "stck_lwpr": plain(quote.low),
        "stck_mxpr": plain(quote.band.upper),
        "stck_llam": plain(quote.band.lower),
        "stck_sdpr": plain(quote.base),
        "acml_vol": plain(quote.volume),
        "acml_tr_pbmn": plain(quote.volume * quote.price),
    }
