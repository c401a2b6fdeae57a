"""Order types: KIS's ORD_DVSN and the exchange's own codes.

Types of one session only (27 to 29 before NXT opens, 41 to 47 in the after-market of KRX) are
the exchange's usual types, tied to that session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kiwoomctl.domain.sessions import Session


class OrderType(NamedTuple):
    """What an ORD_DVSN means."""

    code: str
    name: str
    core: str
    """The exchange's code."""
    venues: tuple[str, ...]
    session: str = ""
    """The only session it is for; empty for any."""


_ALL, _BOTH, _KRX, _NXT = ("KRX", "NXT", "SOR"), ("KRX", "NXT"), ("KRX",), ("NXT",)
_AFTER, _PRE = Session.AFTER_MARKET.value, Session.PRE_MARKET.value

_TYPES = (
    OrderType("00", "지정가", "0", _ALL),
    OrderType("01", "시장가", "3", ("KRX", "SOR")),
    OrderType("02", "조건부지정가", "5", _KRX),
    OrderType("03", "최유리지정가", "6", _ALL),
    OrderType("04", "최우선지정가", "7", _ALL),
    OrderType("05", "장전시간외", "61", _KRX),
    OrderType("06", "장후시간외", "81", _KRX),
    OrderType("07", "시간외단일가", "62", _KRX),
    OrderType("11", "IOC지정가", "10", _ALL),
    OrderType("12", "FOK지정가", "20", _ALL),
    OrderType("13", "IOC시장가", "13", _ALL),
    OrderType("14", "FOK시장가", "23", _ALL),
    OrderType("15", "IOC최유리", "16", _ALL),
    OrderType("16", "FOK최유리", "26", _ALL),
    OrderType("21", "중간가", "29", _BOTH),
    OrderType("22", "스톱지정가", "28", _BOTH),
    OrderType("23", "중간가IOC", "30", _BOTH),
    OrderType("24", "중간가FOK", "31", _BOTH),
    OrderType("27", "NXT GTP 지정가", "0", _NXT, _PRE),
    OrderType("28", "NXT GTP 최유리", "6", _NXT, _PRE),
    OrderType("29", "NXT GTP 최우선", "7", _NXT, _PRE),
    OrderType("41", "애프터마켓 지정가", "0", _KRX, _AFTER),
    OrderType("42", "애프터마켓 IOC", "10", _KRX, _AFTER),
    OrderType("43", "애프터마켓 FOK", "20", _KRX, _AFTER),
    OrderType("44", "애프터마켓 최유리", "6", _KRX, _AFTER),
    OrderType("45", "애프터마켓 최유리IOC", "16", _KRX, _AFTER),
    OrderType("46", "애프터마켓 최유리FOK", "26", _KRX, _AFTER),
    OrderType("47", "애프터마켓 최우선", "7", _KRX, _AFTER),
)
ORDER_TYPES: Mapping[str, OrderType] = {kind.code: kind for kind in _TYPES}
BY_CORE: Mapping[str, OrderType] = {kind.core: kind for kind in _TYPES if not kind.session}
MARKET_CODES = frozenset({"01", "13", "14"})
STOP_CODE = "22"


def type_of(core: str, session: str) -> OrderType:
    """Return KIS's type of an order that the exchange keeps."""
    for kind in _TYPES:
        if kind.core == core and kind.session == session:
            return kind
    return BY_CORE[core]
