"""What Kiwoom says of an instrument: its price now (ka10001), and what it is (ka10100).

Master data are kept for a trading day in a small file that all commands of this world share;
it is a cache, so a damaged file counts as none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import Endpoint
from kiwoomctl.brokers.master_file import row_of_today
from kiwoomctl.brokers.replies import unusable
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Instrument, Quote
from kiwoomctl.domain.prices import InstrumentKind

INSTRUMENT_PATH: Final = "/api/dostk/stkinfo"
QUOTE: Final = Endpoint("ka10001", INSTRUMENT_PATH, required=("cur_prc", "upl_pric", "lst_pric"))
MASTER: Final = Endpoint("ka10100", INSTRUMENT_PATH, required=("name", "marketCode"))
_KINDS: Final[Mapping[str, InstrumentKind]] = {
    "0": InstrumentKind.STOCK,
    "10": InstrumentKind.STOCK,
    "3": InstrumentKind.ELW,
    "8": InstrumentKind.ETF,
    "60": InstrumentKind.ETN,
    "70": InstrumentKind.ETN,
    "90": InstrumentKind.ETN,
}
"""Market codes whose tick grid is known; any other kind is unknown."""
_KEPT: Final = ("name", "marketCode", "nxtEnable", "orderWarning")
_NO_WARNING: Final = "0"


def read_quote(client: KiwoomClient, symbol: Symbol) -> Quote:
    """Return the last price and the limits of the day (ka10001).

    Raises:
        BrokerRejected: the broker does not know the code.
        Unavailable, SignInError, Busy: it was not read.
    """
    page = client.call(QUOTE, {"stk_cd": symbol})
    try:
        last, upper, lower = (
            wire.price(page.body[name]) or None for name in ("cur_prc", "upl_pric", "lst_pric")
        )
    except ValueError:
        raise unusable(QUOTE, "cur_prc") from None
    return Quote(last, upper, lower, client.now(), broker_time=page.broker_time)


@dataclass(frozen=True, slots=True)
class InstrumentCache:
    """Master data of codes, as read today."""

    path: Path
    client: KiwoomClient

    def get(self, symbol: Symbol) -> Instrument:
        """Return the master data, read at most once a day (ka10100).

        Raises:
            BrokerRejected: the broker does not know the code.
            Unavailable, SignInError, Busy: it was not read.
        """
        today = self.client.now().date()
        row = row_of_today(self.path, symbol, today, lambda: self._master(symbol))
        return _instrument(symbol, row)

    def _master(self, symbol: Symbol) -> dict[str, str]:
        body = self.client.call(MASTER, {"stk_cd": symbol}).body
        fresh = {name: str(body.get(name) or "").strip() for name in _KEPT}
        if not fresh["name"]:
            raise unusable(MASTER, "name")
        return fresh


def _instrument(symbol: Symbol, row: Mapping[str, Any]) -> Instrument:
    nxt = str(row.get("nxtEnable") or "").upper()
    warning = str(row.get("orderWarning") or "")
    return Instrument(
        symbol=symbol,
        name=str(row.get("name") or ""),
        kind=_KINDS.get(str(row.get("marketCode") or "")),
        nxt={"Y": True, "N": False}.get(nxt),
        warning=None if warning in {"", _NO_WARNING} else warning,
    )
