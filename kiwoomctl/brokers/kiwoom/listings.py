"""The broker's lists of instruments (ka10099), a market each, one page each.

The list of KOSPI also holds what else is traded there: a row's own market code counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import Endpoint
from kiwoomctl.brokers.kiwoom.market import INSTRUMENT_PATH
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Listing

LISTED: Final = Endpoint(
    "ka10099", INSTRUMENT_PATH, rows="list", row_key="code", row_required=("name", "marketCode")
)
_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "KOSPI": ("0",),
    "KOSDAQ": ("10",),
    "KONEX": ("50",),
    "ETF": ("8",),
    # Plain, with a limit of losses, on volatility.
    "ETN": ("60", "70", "90"),
    "REIT": ("6",),
    "INFRA": ("2",),
}
_MARKETS: Final = {code: market for market, codes in _LISTS.items() for code in codes}


def read_listings(client: KiwoomClient, market: str) -> tuple[Listing, ...]:
    """Return every instrument of a market; rows whose code no cash order can name are left out.

    Raises:
        Unavailable, SignInError, Busy, BrokerRejected: a list was not read whole.
    """
    found: dict[Symbol, Listing] = {}
    for code in _LISTS[market]:
        for page in client.pages(LISTED, {"mrkt_tp": code}):
            for row in page.rows:
                listing = _listing(row)
                if listing is not None:
                    found[listing.symbol] = listing
    return tuple(found.values())


def _listing(row: Mapping[str, str]) -> Listing | None:
    code, name = row["code"].strip(), " ".join(row["name"].split())
    if not Symbol.is_valid(code) or not name:
        return None
    market_code = row["marketCode"].strip()
    return Listing(
        symbol=Symbol(code),
        name=name,
        market=_MARKETS.get(market_code) or row.get("marketName", "").strip() or market_code,
        nxt={"Y": True, "N": False}.get(row.get("nxtEnable", "").strip().upper()),
    )
