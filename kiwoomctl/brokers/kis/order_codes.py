"""Which of KIS's codes refuse an order for certain, and how its order kinds are written.

A code stands here only where it is known to mean that no order exists. Everything else is
unknown: an order that may exist must never be called refused.
"""

from __future__ import annotations

import re
from typing import Final

from kiwoomctl.brokers.port_orders import Gate
from kiwoomctl.domain.orders import Exchange, OrderType, Side

DEFINITE: Final = re.compile(r"APBK[0-9]{4}|OPSQ(0002|200[0-2])|4[0-9]{7}")
"""Codes of the ledger, of the service's input checks and of the mock ledger.

The service's other codes (OPSQ) say that it failed around the call: an order may have been taken
whose answer it could not read.
"""
SUCCESSES: Final = frozenset({"APBK0013", "APBK2938", "40600000", "40590000"})
"""Codes of an order that was taken: beside a refusal they contradict it."""
GATE: Final[dict[str, Gate]] = {
    "EGW00121": "token",
    "EGW00122": "token",
    "EGW00123": "token",
    "EGW00201": "rate",
    # All keys together asked the ledger too often.
    "EGW00215": "rate",
}
"""Codes that refuse before the ledger, as far as a read of the lists confirms it."""
DOUBT_TEXTS: Final = (
    *("지연", "시간초과", "처리중", "직전거래", "TIMEOUT"),
    *("후처리", "결과처리", "MCI전송", "MCI수신"),
)
"""A text with one of these leaves open what became of the order."""

TYPE_CODES: Final[dict[OrderType, str]] = {
    OrderType.LIMIT: "00",
    OrderType.MARKET: "01",
    OrderType.CONDITIONAL: "02",
    OrderType.BEST: "03",
    OrderType.FIRST: "04",
    OrderType.PRE_CLOSE: "05",
    OrderType.POST_CLOSE: "06",
    OrderType.SINGLE: "07",
    OrderType.IOC: "11",
    OrderType.FOK: "12",
    OrderType.MARKET_IOC: "13",
    OrderType.MARKET_FOK: "14",
    OrderType.BEST_IOC: "15",
    OrderType.BEST_FOK: "16",
    OrderType.MID: "21",
    OrderType.STOP: "22",
    OrderType.MID_IOC: "23",
    OrderType.MID_FOK: "24",
}
_EVERYWHERE: Final[frozenset[Exchange]] = frozenset({"KRX", "NXT", "SOR"})
_KRX: Final[frozenset[Exchange]] = frozenset({"KRX"})
_BY_NAME: Final[frozenset[Exchange]] = frozenset({"KRX", "NXT"})
_ELSEWHERE: Final[dict[OrderType, frozenset[Exchange]]] = {
    OrderType.MARKET: frozenset({"KRX", "SOR"}),
    OrderType.CONDITIONAL: _KRX,
    OrderType.PRE_CLOSE: _KRX,
    OrderType.POST_CLOSE: _KRX,
    # That session was abolished.
    OrderType.SINGLE: frozenset(),
    OrderType.MID: _BY_NAME,
    OrderType.MID_IOC: _BY_NAME,
    OrderType.MID_FOK: _BY_NAME,
    OrderType.STOP: _BY_NAME,
}
VENUES: Final = {kind: _ELSEWHERE.get(kind, _EVERYWHERE) for kind in TYPE_CODES}
"""The exchanges a type is taken for."""

_TYPES: Final = {
    **{code: kind for kind, code in TYPE_CODES.items()},
    # The after-market of KRX has codes of its own for the same kinds.
    "41": OrderType.LIMIT,
    "42": OrderType.IOC,
    "43": OrderType.FOK,
    "44": OrderType.BEST,
    "45": OrderType.BEST_IOC,
    "46": OrderType.BEST_FOK,
    "47": OrderType.FIRST,
}
_SIDES: Final[dict[str, Side]] = {"01": "sell", "02": "buy"}
_EXCHANGES: Final[dict[str, Exchange]] = {
    "KRX": "KRX",
    "NXT": "NXT",
    "SOR": "SOR",
    "1": "KRX",
    "2": "NXT",
    "3": "SOR",
    "4": "SOR",
}
OUR_EMPLOYEE: Final = "OPNAPI"
"""``ordr_empno`` of orders sent through this API."""
OUR_CHANNEL: Final = "REST API"


def type_of(code: str) -> OrderType | None:
    """Return the order type a list names; None for a blank or an unknown code."""
    return _TYPES.get(code.strip())


def side_of(code: str) -> Side | None:
    """Return the side a list names; None for a blank or an unknown code."""
    return _SIDES.get(code.strip())


def exchange_of(code: str) -> Exchange | None:
    """Return the exchange a list names; None for a blank or an unknown code."""
    return _EXCHANGES.get(code.strip().upper())


def is_ours(employee: str) -> bool:
    """Tell whether ``ordr_empno`` says that an order came through this API.

    Which texts other channels have is not published: any other one tells nothing for certain.
    """
    return employee.strip().upper() == OUR_EMPLOYEE
