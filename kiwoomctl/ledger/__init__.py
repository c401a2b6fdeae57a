"""The durable order journal; see store for its promises.

Who writes orders imports from here; nothing below knows a broker, a console or a profile file.
"""

from kiwoomctl.ledger.database import RuleBroken
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
