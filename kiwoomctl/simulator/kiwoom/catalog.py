"""Which TR lives on which path, and what the simulated ones require.

``PATHS`` knows every TR of the REST service, so that a wrong pair of path and
api-id is refused as such. ``ENDPOINTS`` has those that are simulated; a TR that
exists but is not simulated is answered as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Kind = Literal["auth", "read", "order"]

_SERIES = {
    "/oauth2/token": "au10001",
    "/oauth2/revoke": "au10002",
    "/api/dostk/acnt": (
        "ka00001 ka01690 ka10072 ka10073 ka10074 ka10075 ka10076 ka10077 ka10085 ka10088 ka10170 "
        "kt00001 kt00002 kt00003 kt00004 kt00005 kt00007 kt00008 kt00009 kt00010 kt00011 kt00012 "
        "kt00013 kt00015 kt00016 kt00017 kt00018 kt50020 kt50021 kt50030 kt50031 kt50032 kt50075"
    ),
    "/api/dostk/stkinfo": (
        "ka00198 ka10001 ka10002 ka10003 ka10013 ka10015 ka10016 ka10017 ka10018 ka10019 ka10024 "
        "ka10025 ka10026 ka10028 ka10043 ka10052 ka10054 ka10055 ka10058 ka10059 ka10061 ka10084 "
        "ka10095 ka10099 ka10100 ka10101 ka10102 ka90003 ka90004 kt20016 kt20017"
    ),
    "/api/dostk/watchlist": "ka01300 ka01301",
    "/api/dostk/mrkcond": (
        "ka10004 ka10005 ka10006 ka10007 ka10011 ka10044 ka10045 ka10046 ka10047 ka10063 ka10066 "
        "ka10078 ka10086 ka10087 ka50010 ka50012 ka50087 ka50100 ka50101 ka90005 ka90006 ka90007 "
        "ka90008 ka90010 ka90013"
    ),
    "/api/dostk/frgnistt": "ka10008 ka10009 ka10131 ka52301",
    "/api/dostk/sect": "ka10010 ka10051 ka20001 ka20002 ka20003 ka20009",
    "/api/dostk/shsa": "ka10014",
    "/api/dostk/rkinfo": (
        "ka10020 ka10021 ka10022 ka10023 ka10027 ka10029 ka10030 ka10031 ka10032 ka10033 ka10034 "
        "ka10035 ka10036 ka10037 ka10038 ka10039 ka10040 ka10042 ka10053 ka10062 ka10065 ka10098 "
        "ka90009"
    ),
    "/api/dostk/elw": (
        "ka10048 ka10050 ka30001 ka30002 ka30003 ka30004 ka30005 ka30009 ka30010 ka30011 ka30012"
    ),
    "/api/dostk/chart": (
        "ka10060 ka10064 ka10079 ka10080 ka10081 ka10082 ka10083 ka10094 ka20004 ka20005 ka20006 "
        "ka20007 ka20008 ka20019 ka50079 ka50080 ka50081 ka50082 ka50083 ka50091 ka50092"
    ),
    "/api/dostk/slb": "ka10068 ka10069 ka20068 ka90012",
    "/api/dostk/etf": ("ka40001 ka40002 ka40003 ka40004 ka40006 ka40007 ka40008 ka40009 ka40010"),
    "/api/dostk/thme": "ka90001 ka90002",
    "/api/dostk/ordr": ("kt10000 kt10001 kt10002 kt10003 kt50000 kt50001 kt50002 kt50003"),
    "/api/dostk/crdordr": "kt10006 kt10007 kt10008 kt10009",
}

_EXCHANGES = ("KRX", "NXT")
_ORDER_EXCHANGES = {"dmst_stex_tp": ("KRX", "NXT", "SOR")}
_LISTED_EXCHANGES = ("%", "KRX", "NXT", "SOR")
_VENUES = ("0", "1", "2")

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
FAILING_ON_MOCK = frozenset({"kt00010"})
"""Fails on the mock server with RC7006."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One simulated TR."""

    api_id: str
    kind: Kind
    success_text: str = ""
    required: tuple[str, ...] = ()
    """Request fields that must not be empty, in the documented order."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
        Endpoint("ka10001", "read", _DONE, ("stk_cd",)),
        Endpoint("ka10095", "read", _DONE, ("stk_cd",)),
        Endpoint("ka10100", "read", _DONE, ("stk_cd",)),
    )
}


@lru_cache(maxsize=1)
def paths() -> dict[str, str]:
    """Return the path of every TR of the REST service."""
    return {api_id: path for path, series in _SERIES.items() for api_id in series.split()}
