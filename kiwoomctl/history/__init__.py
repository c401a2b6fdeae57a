"""The recorded days of accounts; see store for its promises.

Who records or reads days imports from here; nothing below knows a broker, a console or a
profile file. What stands here is loaded when it is first asked for: ``peek`` needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiwoomctl.history.records import (
        CashFlow,
        DayResult,
        Failure,
        KnownFill,
        NewCashFlow,
        NewFailure,
        NewSnapshot,
        Snapshot,
        SymbolDay,
        TradedDay,
    )
    from kiwoomctl.history.store import History

__all__ = [
    "CashFlow",
    "DayResult",
    "Failure",
    "History",
    "KnownFill",
    "NewCashFlow",
    "NewFailure",
    "NewSnapshot",
    "Snapshot",
    "SymbolDay",
    "TradedDay",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    module = importlib.import_module(f"{__name__}.{'store' if name == 'History' else 'records'}")
    return getattr(module, name)
