"""Which TR lives on which path, and what the simulated ones require.

``rest_paths`` knows every TR of the REST service, so that a wrong pair of path and
api-id is refused as such. ``ENDPOINTS`` has those that are simulated; any other
read is answered in its documented form, any other order as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from kiwoomctl.brokers.kiwoom.catalogue import rest_paths

Kind = Literal["auth", "read", "order"]

_EXCHANGES = ("KRX", "NXT")
_ORDER_EXCHANGES = {"dmst_stex_tp": ("KRX", "NXT", "SOR")}
_LISTED_EXCHANGES = ("%", "KRX", "NXT", "SOR")
_VENUES = ("0", "1", "2")
_LISTS = ("0", "10", "30", "50", "60", "70", "80", "90", "2", "3", "4", "5", "6", "7", "8", "9")

NOT_ON_MOCK_BACKEND = frozenset(
    {
        "kt00002",
        "kt00005",
        "kt00012",
        "kt00015",
        "kt00016",
        "kt00017",
        "kt20016",
        "kt20017",
        "kt50020",
        "kt50021",
        "kt50032",
    }
)
"""Refused on the mock server with RC9000."""
NOT_ON_MOCK_GATEWAY = frozenset({"ka01690"})
"""Refused on the mock server with 8104."""
FAILING_ON_MOCK = frozenset({"kt00010", "ust31490"})
"""Fails on the mock server with RC7006."""


class Endpoint(NamedTuple):
    """One simulated TR."""

    api_id: str
    kind: Kind
    success_text: str = ""
    required: tuple[str, ...] = ()
    """Request fields that must not be empty, in the documented order."""
    choices: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The values that a request field may have."""
    page_size: int | None = None
    """Rows on a page; None where the TR has no pages."""


# The real numbers of rows on a page are not known; these make pages happen.
HOLDINGS_PAGE_SIZE = 20
ORDERS_PAGE_SIZE = 100
HISTORY_PAGE_SIZE = 30

_DONE = "정상적으로 처리되었습니다"
_READ = "조회가 완료되었습니다"
_READ_DOT = "조회가 완료되었습니다."
_READ_BLANK = " 조회가 완료되었습니다."

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.api_id: endpoint
    for endpoint in (
        Endpoint("au10001", "auth", _DONE),
        Endpoint("au10002", "auth", _DONE),
        Endpoint("ka00001", "read", _DONE),
        Endpoint("kt00001", "read", _READ_DOT, ("qry_tp",), {"qry_tp": ("1", "2", "3")}),
        Endpoint("kt00003", "read", _READ_DOT, ("qry_tp",), {"qry_tp": ("0", "1")}),
        Endpoint(
            "kt00004",
            "read",
            _READ_BLANK,
            ("qry_tp", "dmst_stex_tp"),
            {"qry_tp": ("0", "1"), "dmst_stex_tp": _EXCHANGES},
        ),
        Endpoint("kt00005", "read", _READ_DOT, ("dmst_stex_tp",), {"dmst_stex_tp": _EXCHANGES}),
        Endpoint(
            "kt00018",
            "read",
            _READ,
            ("qry_tp", "dmst_stex_tp"),
            {"qry_tp": ("1", "2"), "dmst_stex_tp": _EXCHANGES},
            HOLDINGS_PAGE_SIZE,
        ),
        Endpoint(
            "ka10075",
            "read",
            _READ_BLANK,
            ("all_stk_tp", "trde_tp", "stex_tp"),
            {"all_stk_tp": ("0", "1"), "trde_tp": ("0", "1", "2"), "stex_tp": _VENUES},
            ORDERS_PAGE_SIZE,
        ),
        Endpoint(
            "ka10076",
            "read",
            _READ_BLANK,
            ("qry_tp", "sell_tp", "stex_tp"),
            {"qry_tp": ("0", "1"), "sell_tp": ("0", "1", "2"), "stex_tp": _VENUES},
            ORDERS_PAGE_SIZE,
        ),
        Endpoint("ka10088", "read", _READ_BLANK, ("ord_no",)),
        Endpoint(
            "kt00007",
            "read",
            _READ_DOT,
            ("qry_tp", "stk_bond_tp", "sell_tp", "dmst_stex_tp"),
            {
                "qry_tp": ("1", "2", "3", "4"),
                "stk_bond_tp": ("0", "1", "2"),
                "sell_tp": ("0", "1", "2"),
                "dmst_stex_tp": _LISTED_EXCHANGES,
            },
            HISTORY_PAGE_SIZE,
        ),
        Endpoint(
            "kt00009",
            "read",
            _READ_DOT,
            ("stk_bond_tp", "mrkt_tp", "sell_tp", "qry_tp", "dmst_stex_tp"),
            {
                "stk_bond_tp": ("0", "1", "2"),
                "mrkt_tp": ("0", "1", "2", "3", "4"),
                "sell_tp": ("0", "1", "2"),
                "qry_tp": ("0", "1"),
                "dmst_stex_tp": _LISTED_EXCHANGES,
            },
            HISTORY_PAGE_SIZE,
        ),
        *(
            Endpoint(
                api_id,
                "order",
                "",
                ("dmst_stex_tp", "stk_cd", "ord_qty", "trde_tp"),
                _ORDER_EXCHANGES,
            )
            for api_id in ("kt10000", "kt10001")
        ),
        Endpoint(
            "kt10002",
            "order",
            "",
            ("dmst_stex_tp", "orig_ord_no", "stk_cd", "mdfy_qty", "mdfy_uv"),
            _ORDER_EXCHANGES,
        ),
        Endpoint(
            "kt10003",
            "order",
            "",
            ("dmst_stex_tp", "orig_ord_no", "stk_cd", "cncl_qty"),
            _ORDER_EXCHANGES,
        ),
        Endpoint("ka10072", "read", _READ, ("strt_dt",), {}, HISTORY_PAGE_SIZE),
        *(
            Endpoint(api_id, "read", _READ, ("strt_dt", "end_dt"), {}, HISTORY_PAGE_SIZE)
            for api_id in ("ka10073", "ka10074")
        ),
        Endpoint("ka10077", "read", _READ, ("stk_cd",), {}, HISTORY_PAGE_SIZE),
        Endpoint(
            "kt00010", "read", _READ_DOT, ("stk_cd", "trde_tp", "uv"), {"trde_tp": ("1", "2")}
        ),
        Endpoint("kt00011", "read", _READ_DOT, ("stk_cd",)),
        Endpoint(
            "kt00015",
            "read",
            _READ_DOT,
            ("strt_dt", "end_dt", "tp", "gds_tp", "dmst_stex_tp"),
            {
                "tp": tuple("01234567ABCFMGHIJ"),
                "gds_tp": ("0", "1", "2", "3", "4"),
                "dmst_stex_tp": ("%", "KRX", "NXT"),
            },
            HISTORY_PAGE_SIZE,
        ),
        Endpoint("ka10099", "read", _DONE, ("mrkt_tp",), {"mrkt_tp": _LISTS}),
        Endpoint("ka10001", "read", _DONE, ("stk_cd",)),
        Endpoint("ka10095", "read", _DONE, ("stk_cd",)),
        Endpoint("ka10100", "read", _DONE, ("stk_cd",)),
    )
}


@cache
def endpoint_of(api_id: str) -> Endpoint | None:
    """Return a TR that is answered; None for one there is not, or an order not simulated."""
    known = ENDPOINTS.get(api_id)
    if known is not None or api_id not in rest_paths():
        return known
    from kiwoomctl.simulator.kiwoom import generic

    return generic.endpoint(api_id)
