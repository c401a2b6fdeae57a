"""Which of Kiwoom's codes refuse an order for certain, and how its order kinds are written.

A code stands here only where it is known to mean that no order exists. Everything else is
doubtful or unknown: an order that may exist must never be called refused.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.brokers.port_orders import Gate
from kiwoomctl.domain.orders import Exchange, OrderType

DEFINITE_BACKEND: Final = frozenset(
    {
        # real server
        "855056",
        "800033",
        "571557",
        "571552",
        "308003",
        "308007",
        "407022",
        "571357",
        "571034",
        "521790",
        "999999",
        "505217",
        "505182",
        "571489",
        "571412",
        "571435",
        "506550",
        "509193",
        "509247",
        "571566",
        "571242",
        "508540",
        # mock server
        "RC4003",
        "RC4007",
        "RC4010",
        "RC4025",
        "RC4027",
        "RC4032",
        "RC4033",
        "RC4057",
        "RC4058",
        "RC4061",
        "RC7006",
        "RC9000",
    }
)
"""Codes of ``[2000](CODE:text)`` that were seen to refuse an order."""

DEFINITE_GATEWAY: Final = frozenset(
    {
        *(str(code) for code in range(1501, 1518)),
        "1901",
        "1902",
        "1903",
        "8001",
        "8002",
        "8010",
        "8020",
        "8030",
        "8031",
        "8040",
        "8050",
        "8104",
        "8200",
    }
)
"""Codes of the gateway that refuse before the order desk."""

GATE: Final[dict[str, Gate]] = {"1700": "rate", "8005": "token", "8103": "token"}
"""Codes that refuse before the order desk, as far as a read of the lists confirms it."""
NEVER_DEFINITE: Final = frozenset({"1999", "1687", "8003", "8006", "8009", "-994"})
DOUBT_TEXTS: Final = ("지연", "시간초과", "처리중")
"""A text with one of these leaves open what became of the order."""
NO_REMAINDER: Final = frozenset({"506550", "571435", "RC4033"})
"""On a cancel: nothing is left to cancel; the order itself says what it is now."""

TYPE_CODES: Final[dict[OrderType, str]] = {
    OrderType.LIMIT: "0",
    OrderType.MARKET: "3",
    OrderType.CONDITIONAL: "5",
    OrderType.BEST: "6",
    OrderType.FIRST: "7",
    OrderType.IOC: "10",
    OrderType.MARKET_IOC: "13",
    OrderType.BEST_IOC: "16",
    OrderType.FOK: "20",
    OrderType.MARKET_FOK: "23",
    OrderType.BEST_FOK: "26",
    OrderType.STOP: "28",
    OrderType.MID: "29",
    OrderType.MID_IOC: "30",
    OrderType.MID_FOK: "31",
    OrderType.PRE_CLOSE: "61",
    OrderType.SINGLE: "62",
    OrderType.POST_CLOSE: "81",
}

_TYPE_TEXTS: Final[dict[str, OrderType]] = {
    "보통": OrderType.LIMIT,
    "지정가": OrderType.LIMIT,
    "시장가": OrderType.MARKET,
    "조건부지정가": OrderType.CONDITIONAL,
    "최유리지정가": OrderType.BEST,
    "최우선지정가": OrderType.FIRST,
    "보통(IOC)": OrderType.IOC,
    "시장가(IOC)": OrderType.MARKET_IOC,
    "최유리(IOC)": OrderType.BEST_IOC,
    "보통(FOK)": OrderType.FOK,
    "시장가(FOK)": OrderType.MARKET_FOK,
    "최유리(FOK)": OrderType.BEST_FOK,
    "스톱지정가": OrderType.STOP,
    "중간가": OrderType.MID,
    "중간가(IOC)": OrderType.MID_IOC,
    "중간가(FOK)": OrderType.MID_FOK,
    "장전시간외": OrderType.PRE_CLOSE,
    "장시작전시간외": OrderType.PRE_CLOSE,
    "장후시간외": OrderType.POST_CLOSE,
    "장마감후시간외": OrderType.POST_CLOSE,
    "시간외단일가": OrderType.SINGLE,
}
_EXCHANGE_TEXTS: Final[dict[str, Exchange]] = {
    "KRX": "KRX",
    "S-KRX": "KRX",
    "NXT": "NXT",
    "S-NXT": "NXT",
    "SOR": "SOR",
    "통합": "SOR",
}


def type_of(text: str) -> OrderType | None:
    """Return the order type a list names; None for a blank or an unknown text."""
    return _TYPE_TEXTS.get("".join(text.split()))


def exchange_of(text: str) -> Exchange | None:
    """Return the exchange a list names; None for a blank or an unknown text."""
    return _EXCHANGE_TEXTS.get(text.strip())
