"""What KIS says of an instrument: its price now (FHKST01010100), and what it is (CTPF1002R).

Master data are kept for a trading day in a small file that all commands of this world share;
it is a cache, so a damaged file counts as none. The mock server has no master data: there an
instrument has no name. Where its kind is not told, the tick of the last price tells
it, if it is another one for shares than for funds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.endpoints import QUOTATIONS, QUOTE, Endpoint
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.master_file import row_of_today
from kiwoomctl.brokers.replies import unusable
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Instrument, MarketQuote, Quote, QuoteExchange
from kiwoomctl.domain.prices import InstrumentKind, tick_size
from kiwoomctl.errors import BrokerRejected, Unavailable

if TYPE_CHECKING:
    from kiwoomctl.brokers.kis.client import KisClient
    from kiwoomctl.brokers.kis.replies import Page

MASTER: Final = Endpoint(
    "CTPF1002R", None, f"{QUOTATIONS}search-stock-info", required=("prdt_abrv_name",)
)
_VENUES: Final[Mapping[QuoteExchange, str]] = {"KRX": "J", "NXT": "NX", "SOR": "UN"}
_KINDS: Final[Mapping[str, InstrumentKind]] = {
    "ST": InstrumentKind.STOCK,
    "EF": InstrumentKind.ETF,
    "EN": InstrumentKind.ETN,
    "EW": InstrumentKind.ELW,
}
"""증권그룹 whose tick grid is known; any other kind is unknown."""
_BY_TICK: Final = {kind.value: kind for kind in (InstrumentKind.STOCK, InstrumentKind.ETF)}
_STOCKS: Final = "300"
_FALLING: Final = frozenset({"4", "5"})
"""하한 and 하락."""
_ETN_CODE: Final = "Q"
_KEPT: Final = ("prdt_abrv_name", "scty_grp_id_cd", "cptt_trad_tr_psbl_yn", "nxt_tr_stop_yn")


def read_quote(client: KisClient, symbol: Symbol) -> Quote:
    """Return the last price and the limits of the day (FHKST01010100, KRX).

    Raises:
        BrokerRejected: the broker does not know the code.
        Unavailable, SignInError, Busy: it was not read.
    """
    page = _priced(client, symbol, "KRX")
    field = Fields(QUOTE, page.body)
    return Quote(
        field.price("stck_prpr"),
        field.price("stck_mxpr"),
        field.price("stck_llam"),
        client.now(),
        broker_time=page.broker_time,
    )


def read_quotes(
    client: KisClient,
    symbols: Sequence[Symbol],
    exchange: QuoteExchange,
    instruments: InstrumentCache,
) -> tuple[MarketQuote, ...]:
    """Return the quotes of these codes in their order, a call each; one without is absent.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: a call was not answered.
    """
    found = []
    for symbol in symbols:
        try:
            field = Fields(QUOTE, _priced(client, symbol, exchange).body)
        except BrokerRejected as error:
            if error.code not in {"unknown_code", "kis_MCA05918", "kis_APBK0656"}:
                raise
            continue
        # For a name that the mock server has not, nobody need be asked.
        name = None if client.is_mock else _name(instruments, symbol)
        found.append(_market_quote(field, symbol, exchange, name))
    return tuple(found)


def _name(instruments: InstrumentCache, symbol: Symbol) -> str | None:
    """Return the name of a code; None where none can be had: it is not worth the price beside."""
    try:
        return instruments.get(symbol).name or None
    except (BrokerRejected, Unavailable):
        return None


def _priced(client: KisClient, symbol: Symbol, exchange: QuoteExchange) -> Page:
    """Return the reply about one code; a code that is not known has price and limits 0."""
    page = client.call(
        QUOTE, {"FID_COND_MRKT_DIV_CODE": _VENUES[exchange], "FID_INPUT_ISCD": listed_code(symbol)}
    )
    field = Fields(QUOTE, page.body)
    names = ("stck_prpr", "stck_mxpr", "stck_llam")
    if all(field.price(name) is None for name in names):
        if all(field.maybe(name, wire.number) is None for name in names):
            raise unusable(QUOTE, "stck_prpr")
        raise BrokerRejected(
            "the broker does not know the code {symbol} ({api_id})",
            hint="check the code: kiwoomctl symbols find NAME",
            code="unknown_code",
            symbol=symbol,
            api_id=QUOTE.api_id,
        )
    return page


def listed_code(symbol: Symbol) -> str:
    """Return a code as KIS wants it: an ETN's, which begin with 5 to 7, with its class letter."""
    return f"{_ETN_CODE}{symbol}" if symbol.isdigit() and symbol[0] in "567" else symbol


def _market_quote(
    field: Fields, symbol: Symbol, exchange: QuoteExchange, name: str | None
) -> MarketQuote:
    return MarketQuote(
        symbol=symbol,
        name=name,
        price=field.price("stck_prpr"),
        change=_signed(field, "prdy_vrss"),
        change_rate=_signed(field, "prdy_ctrt"),
        open=field.price("stck_oprc"),
        high=field.price("stck_hgpr"),
        low=field.price("stck_lwpr"),
        upper_limit=field.price("stck_mxpr"),
        lower_limit=field.price("stck_llam"),
        volume=field.maybe("acml_vol", wire.quantity),
        exchange=exchange,
        time=None,
    )


def _signed(field: Fields, name: str) -> Decimal | None:
    """Return a change of the day: its mark says which way, where the figure says it not itself."""
    value = field.figure(name)
    if value is None or field.text("prdy_vrss_sign") not in _FALLING:
        return value
    return -abs(value) if value else value


@dataclass(frozen=True, slots=True)
class InstrumentCache:
    """Master data of codes, as read today."""

    path: Path
    client: KisClient

    def get(self, symbol: Symbol) -> Instrument:
        """Return the master data, read at most once a day (CTPF1002R; FHKST01010100).

        Raises:
            BrokerRejected: the broker does not know the code.
            Unavailable, SignInError, Busy: it was not read.
        """
        today = self.client.now().date()
        row = row_of_today(self.path, symbol, today, lambda: self._fresh(symbol))
        return _instrument(symbol, row)

    def _fresh(self, symbol: Symbol) -> dict[str, str]:
        fresh = {} if self.client.is_mock else self._master(symbol)
        if _KINDS.get(fresh.get("scty_grp_id_cd", "").upper()) is None:
            kind = self._kind_by_tick(symbol)
            fresh["kind"] = "" if kind is None else kind.value
        return fresh

    def _master(self, symbol: Symbol) -> dict[str, str]:
        query = {"PRDT_TYPE_CD": _STOCKS, "PDNO": listed_code(symbol)}
        body = self.client.call(MASTER, query).body
        fresh = {name: body.get(name, "").strip() for name in _KEPT}
        if not fresh["prdt_abrv_name"]:
            raise unusable(MASTER, "prdt_abrv_name")
        return fresh

    def _kind_by_tick(self, symbol: Symbol) -> InstrumentKind | None:
        """Return the kind whose tick at the last price is the one told; None for both or none."""
        field = Fields(QUOTE, _priced(self.client, symbol, "KRX").body)
        last, tick = field.price("stck_prpr"), field.price("aspr_unit")
        if last is None or tick is None:
            return None
        share, fund = (
            tick == tick_size(last, kind) for kind in (InstrumentKind.STOCK, InstrumentKind.ETF)
        )
        if share == fund:
            return None
        return InstrumentKind.STOCK if share else InstrumentKind.ETF


def _instrument(symbol: Symbol, row: Mapping[str, Any]) -> Instrument:
    listed = {"Y": True, "N": False}.get(str(row.get("cptt_trad_tr_psbl_yn") or "").upper())
    stopped = str(row.get("nxt_tr_stop_yn") or "").upper() == "Y"
    return Instrument(
        symbol=symbol,
        name=str(row.get("prdt_abrv_name") or ""),
        kind=_KINDS.get(str(row.get("scty_grp_id_cd") or "").upper())
        or _BY_TICK.get(str(row.get("kind") or "")),
        nxt=False if listed and stopped else listed,
    )
