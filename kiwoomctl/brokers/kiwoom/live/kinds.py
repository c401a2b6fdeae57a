"""The kinds of domestic live events that Kiwoom sends, with the words people call them by."""

from __future__ import annotations

from typing import Final

from kiwoomctl.domain.live import LiveKind

KINDS: Final = (
    LiveKind("00", "orders", "주문체결", "account"),
    LiveKind("04", "balance", "잔고", "account"),
    LiveKind("0A", "indicative", "주식기세", "symbol"),
    LiveKind("0B", "trades", "주식체결", "symbol"),
    LiveKind("0C", "best", "주식우선호가", "symbol"),
    LiveKind("0D", "book", "주식호가잔량", "symbol"),
    LiveKind("0E", "after-hours", "주식시간외호가", "symbol"),
    LiveKind("0F", "brokers", "주식당일거래원", "symbol"),
    LiveKind("0G", "nav", "ETF NAV", "symbol"),
    LiveKind("0H", "expected", "주식예상체결", "symbol"),
    LiveKind("0I", "gold", "국제금환산가격", "any"),
    LiveKind("0J", "index", "업종지수", "sector"),
    LiveKind("0U", "breadth", "업종등락", "sector"),
    LiveKind("0g", "info", "주식종목정보", "symbol"),
    LiveKind("0m", "elw-theory", "ELW 이론가", "symbol"),
    LiveKind("0s", "session", "장시작시간", "market"),
    LiveKind("0u", "elw", "ELW 지표", "symbol"),
    LiveKind("0w", "program", "종목프로그램매매", "symbol"),
    LiveKind("1h", "vi", "VI발동/해제", "market"),
)
ACCOUNT_KINDS: Final = tuple(kind.type for kind in KINDS if kind.items == "account")
TRADE: Final = "0B"
CONDITION: Final = "02"
"""A code that came into a condition search, or went out of it."""
CERTAIN: Final = frozenset(
    {CONDITION, *(kind.type for kind in KINDS if kind.items in {"account", "market"})}
)
"""Rare events that are never dropped."""
