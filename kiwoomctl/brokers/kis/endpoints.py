"""The calls this client makes, as data: tr_ids, path, and what a complete reply must hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from kiwoomctl.errors import Phrase

TITLE: Final = Phrase("Korea Investment & Securities (KIS)")
HOSTS: Final = {
    "real": "https://openapi.koreainvestment.com:9443",
    "mock": "https://openapivts.koreainvestment.com:29443",
}

SOCKETS: Final = {
    "real": "ws://ops.koreainvestment.com:21000",
    "mock": "ws://ops.koreainvestment.com:31000",
}
"""Where live sessions are; the house offers them without TLS alone."""
SOCKET_PATH: Final = "/tryitout"

MASTER_HOST: Final = "https://new.real.download.dws.co.kr"
"""Where the files of all listed codes are; no key is asked for."""
MASTER_PATH: Final = "/common/master/"

COMMISSION_RATES: Final = {
    "real": Decimal("0.005"),
    "mock": Decimal("0.005"),
    "sim": Decimal("0.005"),
}
"""The most a buy costs beside its value: above what the house takes for any way of trading."""

TRADING: Final = "/uapi/domestic-stock/v1/trading/"
QUOTATIONS: Final = "/uapi/domestic-stock/v1/quotations/"


class Endpoint(NamedTuple):
    """One API of the broker."""

    api_id: str
    """tr_id on the real server; once ``on`` a server, its own there."""
    mock: str | None
    """tr_id on the mock server; None where it has none."""
    path: str
    required: tuple[str, ...] = ()
    """Fields without which the part that is no list is not readable."""
    rows: str | None = None
    """The list that pages add to; None for a reply without one."""
    row_key: str = ""
    """The field whose blank marks a row that says nothing."""
    row_required: tuple[str, ...] = ()
    """Fields without which a row is not readable."""
    pages: bool = False
    """Whether it takes the two cursor fields."""


TOKEN_PATH: Final = "/oauth2/tokenP"  # noqa: S105 - an address
ISSUE_TOKEN: Final = Endpoint("tokenP", "tokenP", TOKEN_PATH)
QUOTE: Final = Endpoint(
    "FHKST01010100",
    "FHKST01010100",
    f"{QUOTATIONS}inquire-price",
    required=("stck_prpr", "stck_mxpr", "stck_llam"),
)
REVOKE_TOKEN: Final = Endpoint("revokeP", "revokeP", "/oauth2/revokeP")
APPROVAL: Final = Endpoint("Approval", "Approval", "/oauth2/Approval")
BALANCE: Final = Endpoint(
    "TTTC8434R",
    "VTTC8434R",
    f"{TRADING}inquire-balance",
    required=("dnca_tot_amt", "nxdy_excc_amt", "prvs_rcdl_excc_amt", "nass_amt"),
    rows="output1",
    row_key="pdno",
    row_required=("hldg_qty", "pchs_amt", "evlu_amt", "evlu_pfls_amt"),
    pages=True,
)
ORDERABLE: Final = Endpoint(
    "TTTC8908R",
    "VTTC8908R",
    f"{TRADING}inquire-psbl-order",
    required=("ord_psbl_cash", "nrcvb_buy_amt"),
)
