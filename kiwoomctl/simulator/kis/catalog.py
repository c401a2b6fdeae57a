"""Which TR lives on which path of KIS's REST service, and what it requires.

A TR of the mock server is that of the real one with a V in front, where it has one. ``FH...``
are the same on both. Order TRs have an old id too, which may be cut off.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

Kind = Literal["read", "order"]

_TRADING = "/uapi/domestic-stock/v1/trading/"
_QUOTES = "/uapi/domestic-stock/v1/quotations/"
_ACCOUNT = ("CANO", "ACNT_PRDT_CD")
_CURSOR = ("CTX_AREA_FK100", "CTX_AREA_NK100")
_BALANCE = (
    *_ACCOUNT,
    "AFHR_FLPR_YN",
    "OFL_YN",
    "INQR_DVSN",
    "UNPR_DVSN",
    "FUND_STTL_ICLD_YN",
    "FNCG_AMT_AUTO_RDPT_YN",
    "PRCS_DVSN",
)
_PERIOD = (*_ACCOUNT, "INQR_STRT_DT", "INQR_END_DT", "PDNO", "SORT_DVSN", "CBLC_DVSN", *_CURSOR)
_DAILY = (
    *_ACCOUNT,
    "INQR_STRT_DT",
    "INQR_END_DT",
    "SLL_BUY_DVSN_CD",
    "PDNO",
    "CCLD_DVSN",
    "INQR_DVSN",
    "INQR_DVSN_3",
    "ORD_GNO_BRNO",
    "ODNO",
    "INQR_DVSN_1",
    *_CURSOR,
)
_QUOTE = ("FID_COND_MRKT_DIV_CODE", "FID_INPUT_ISCD")
_ORDER = (*_ACCOUNT, "PDNO", "ORD_DVSN", "ORD_QTY", "ORD_UNPR")
_CHANGE = (
    *_ACCOUNT,
    "ORGN_ODNO",
    "ORD_DVSN",
    "RVSE_CNCL_DVSN_CD",
    "ORD_QTY",
    "ORD_UNPR",
    "QTY_ALL_ORD_YN",
)


class Endpoint(NamedTuple):
    """One simulated TR."""

    name: str
    tr_id: str
    """As the real server calls it."""
    path: str
    kind: Kind
    required: tuple[str, ...]
    """Fields that must be there, empty or not."""
    on_mock: bool
    """Whether the mock server has it."""
    pages: tuple[int, int] | None = None
    """Rows on a page of the real and the mock server; None without pages."""
    old_id: str = ""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "POST" if self.kind == "order" else "GET"

    @property
    def is_account(self) -> bool:
        """Whether it names an account."""
        return self.required[:2] == _ACCOUNT


_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "balance",
        "TTTC8434R",
        f"{_TRADING}inquire-balance",
        "read",
        (*_BALANCE, *_CURSOR),
        on_mock=True,
        pages=(50, 20),
    ),
    Endpoint(
        "orderable",
        "TTTC8908R",
        f"{_TRADING}inquire-psbl-order",
        "read",
        (*_ACCOUNT, "PDNO", "ORD_UNPR", "ORD_DVSN", "CMA_EVLU_AMT_ICLD_YN", "OVRS_ICLD_YN"),
        on_mock=True,
    ),
    Endpoint(
        "sellable",
        "TTTC8408R",
        f"{_TRADING}inquire-psbl-sell",
        "read",
        (*_ACCOUNT, "PDNO"),
        on_mock=False,
    ),
    Endpoint(
        "assets",
        "CTRP6548R",
        f"{_TRADING}inquire-account-balance",
        "read",
        (*_ACCOUNT, "INQR_DVSN_1", "BSPR_BF_DT_APLY_YN"),
        on_mock=False,
    ),
    Endpoint(
        "margin",
        "TTTC0869R",
        f"{_TRADING}intgr-margin",
        "read",
        (
            *_ACCOUNT,
            "CMA_EVLU_AMT_ICLD_YN",
            "WCRC_FRCR_DVSN_CD",
            "FWEX_CTRT_FRCR_DVSN_CD",
        ),
        on_mock=False,
    ),
    Endpoint(
        "price",
        "FHKST01010100",
        f"{_QUOTES}inquire-price",
        "read",
        _QUOTE,
        on_mock=True,
    ),
    Endpoint(
        "book",
        "FHKST01010200",
        f"{_QUOTES}inquire-asking-price-exp-ccn",
        "read",
        _QUOTE,
        on_mock=True,
    ),
    Endpoint(
        "prices",
        "FHKST11300006",
        f"{_QUOTES}intstock-multprice",
        "read",
        ("FID_COND_MRKT_DIV_CODE_1", "FID_INPUT_ISCD_1"),
        on_mock=False,
    ),
    Endpoint(
        "stock",
        "CTPF1002R",
        f"{_QUOTES}search-stock-info",
        "read",
        ("PRDT_TYPE_CD", "PDNO"),
        on_mock=False,
    ),
    Endpoint(
        "holidays",
        "CTCA0903R",
        f"{_QUOTES}chk-holiday",
        "read",
        ("BASS_DT", "CTX_AREA_NK", "CTX_AREA_FK"),
        on_mock=False,
    ),
    Endpoint(
        "sell",
        "TTTC0011U",
        f"{_TRADING}order-cash",
        "order",
        _ORDER,
        on_mock=True,
        old_id="TTTC0801U",
    ),
    Endpoint(
        "buy",
        "TTTC0012U",
        f"{_TRADING}order-cash",
        "order",
        _ORDER,
        on_mock=True,
        old_id="TTTC0802U",
    ),
    Endpoint(
        "change",
        "TTTC0013U",
        f"{_TRADING}order-rvsecncl",
        "order",
        _CHANGE,
        on_mock=True,
        old_id="TTTC0803U",
    ),
    Endpoint(
        "open",
        "TTTC0084R",
        f"{_TRADING}inquire-psbl-rvsecncl",
        "read",
        (*_ACCOUNT, *_CURSOR, "INQR_DVSN_1", "INQR_DVSN_2"),
        on_mock=False,
        pages=(50, 50),
        old_id="TTTC8036R",
    ),
    Endpoint(
        "daily",
        "TTTC0081R",
        f"{_TRADING}inquire-daily-ccld",
        "read",
        _DAILY,
        on_mock=True,
        pages=(100, 15),
        old_id="TTTC8001R",
    ),
    Endpoint(
        "daily_before",
        "CTSC9215R",
        f"{_TRADING}inquire-daily-ccld",
        "read",
        _DAILY,
        on_mock=True,
        pages=(100, 15),
        old_id="CTSC9115R",
    ),
    Endpoint(
        "realized_today",
        "TTTC8494R",
        f"{_TRADING}inquire-balance-rlz-pl",
        "read",
        (*_BALANCE, "COST_ICLD_YN", *_CURSOR),
        on_mock=False,
        pages=(50, 50),
    ),
    Endpoint(
        "realized_days",
        "TTTC8708R",
        f"{_TRADING}inquire-period-profit",
        "read",
        (*_PERIOD, "INQR_DVSN"),
        on_mock=False,
        pages=(100, 100),
    ),
    Endpoint(
        "realized_sales",
        "TTTC8715R",
        f"{_TRADING}inquire-period-trade-profit",
        "read",
        _PERIOD,
        on_mock=False,
        pages=(100, 100),
    ),
)


class Call(NamedTuple):
    """What a TR id means on a server."""

    endpoint: Endpoint
    environment: str
    """The server it belongs to: real, mock or both."""
    is_old: bool


@cache
def calls() -> dict[str, Call]:
    """Return every TR id of both servers."""
    found = {}
    for endpoint in _ENDPOINTS:
        for tr_id in filter(None, (endpoint.tr_id, endpoint.old_id)):
            is_old = tr_id == endpoint.old_id
            if tr_id.startswith("FH") and endpoint.on_mock:
                found[tr_id] = Call(endpoint, "both", is_old)
                continue
            found[tr_id] = Call(endpoint, "real", is_old)
            if endpoint.on_mock:
                found[f"V{tr_id[1:]}"] = Call(endpoint, "mock", is_old)
    return found


@cache
def paths() -> frozenset[str]:
    """Return every path that a TR lives on."""
    return frozenset(endpoint.path for endpoint in _ENDPOINTS)


def is_order(api_id: str) -> bool:
    """Tell whether a TR places, modifies or cancels an order."""
    call = calls().get(api_id)
    return call is not None and call.endpoint.kind == "order"


def tr_id_of(name: str, environment: str) -> str:
    """Return the TR id of an endpoint on a server."""
    real = next(endpoint.tr_id for endpoint in _ENDPOINTS if endpoint.name == name)
    return f"V{real[1:]}" if environment == "mock" and not real.startswith("FH") else real
