"""The calls this client makes, as data: api-id, path, and what a complete reply must hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, NamedTuple

HOSTS: Final = {"real": "https://api.kiwoom.com", "mock": "https://mockapi.kiwoom.com"}

SOCKETS: Final = {
    "real": "wss://api.kiwoom.com:10000",
    "mock": "wss://mockapi.kiwoom.com:10000",
}
"""Where live events come from."""
SOCKET_PATH: Final = "/api/dostk/websocket"

COMMISSION_RATES: Final = {
    "real": Decimal("0.00015"),
    "mock": Decimal("0.0035"),
    "sim": Decimal("0.0035"),
}
"""The most a buy costs beside its value; the simulator may follow either server's rules."""

ACCOUNT_PATH: Final = "/api/dostk/acnt"


class Endpoint(NamedTuple):
    """One API of the broker."""

    api_id: str
    path: str
    kind: Literal["read", "token"] = "read"
    required: tuple[str, ...] = ()
    """Fields without which a successful reply is not readable."""
    rows: str | None = None
    """The list field that pages add to; None for a reply without one."""
    row_key: str = ""
    """The field whose blank marks a row that says nothing."""
    row_required: tuple[str, ...] = ()
    """Fields without which a row is not readable."""
    as_sent: bool = False
    """Whether any form is readable, and "no data" is a page with the broker's own words."""


ISSUE_TOKEN: Final = Endpoint(
    "au10001", "/oauth2/token", kind="token", required=("token", "expires_dt")
)
REVOKE_TOKEN: Final = Endpoint("au10002", "/oauth2/revoke", kind="token")
ACCOUNT_NUMBER: Final = Endpoint("ka00001", ACCOUNT_PATH, required=("acctNo",))
CASH: Final = Endpoint(
    "kt00001",
    ACCOUNT_PATH,
    required=("entr", "d1_entra", "d2_entra", "ord_alow_amt", "pymn_alow_amt"),
)
HOLDINGS: Final = Endpoint(
    "kt00018",
    ACCOUNT_PATH,
    required=("tot_pur_amt", "tot_evlt_amt", "prsm_dpst_aset_amt"),
    rows="acnt_evlt_remn_indv_tot",
    row_key="stk_cd",
    row_required=("rmnd_qty", "pur_amt", "evlt_amt", "evltv_prft"),
)
