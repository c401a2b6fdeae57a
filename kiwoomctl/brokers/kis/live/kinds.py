"""The kinds of live events that KIS sends, with the words people call them by."""

from __future__ import annotations

from typing import Final

from kiwoomctl.domain.live import LiveKind

NOTICE: Final = "H0STCNI0"
MOCK_NOTICE: Final = "H0STCNI9"
NOTICES: Final = frozenset({NOTICE, MOCK_NOTICE})
TRADE: Final = "H0STCNT0"
VENUES: Final = {"": TRADE, "_NX": "H0NXCNT0", "_AL": "H0UNCNT0"}
"""The kind that tells the trades of a code, by what stands behind the code."""
TRADES: Final = {kind: venue for venue, kind in VENUES.items()}
"""What stands behind the code in the events of a kind."""
KINDS: Final = (
    LiveKind(NOTICE, "orders", "실시간체결통보", "account", (MOCK_NOTICE,)),
    LiveKind(TRADE, "trades", "실시간체결가", "symbol"),
    LiveKind("H0NXCNT0", "trades-nxt", "실시간체결가(NXT)", "symbol"),
    LiveKind("H0UNCNT0", "trades-all", "실시간체결가(통합)", "symbol"),
)
NAMES: Final = {name: kind.name for kind in KINDS for name in (kind.type, *kind.also)}
MOST_REGISTRATIONS: Final = 41
"""Of one session: kinds and codes together."""
