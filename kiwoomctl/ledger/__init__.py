"""The durable order journal; see store for its promises.

Who writes orders imports from here; nothing below knows a broker, a console or a profile file.
What stands here is loaded when it is first asked for: ``peek`` alone needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kiwoomctl.database import RuleBroken
    from kiwoomctl.ledger.records import (
        Attempt,
        Doubt,
        Event,
        Halt,
        History,
        Intent,
        NewIntent,
        Notice,
        Outcome,
        Prepared,
        Snapshot,
        Verdicts,
    )
    from kiwoomctl.ledger.store import Checks, Ledger

__all__ = [
    "Attempt",
    "Checks",
    "Doubt",
    "Event",
    "Halt",
    "History",
    "Intent",
    "Ledger",
    "NewIntent",
    "Notice",
    "Outcome",
    "Prepared",
    "RuleBroken",
    "Snapshot",
    "Verdicts",
]
_ELSEWHERE: Final = {
    "RuleBroken": "kiwoomctl.database",
    "Checks": f"{__name__}.store",
    "Ledger": f"{__name__}.store",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    module = importlib.import_module(_ELSEWHERE.get(name, f"{__name__}.records"))
    return getattr(module, name)
