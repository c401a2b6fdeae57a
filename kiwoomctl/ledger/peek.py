"""A look at a ledger that costs next to nothing: has it anything to say to a read?

Most commands only read accounts. They must name open outcomes and stopped orders, but most
ledgers have none, and opening one in full would take longer than many of these commands.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

_SPEAKS = """
    SELECT EXISTS (
        SELECT 1 FROM attempts INDEXED BY attempts_open
        WHERE state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    ) OR EXISTS (SELECT 1 FROM halts)
"""


def speaks(path: Path) -> bool:
    """Tell whether a ledger has an open outcome, a switch that was turned, or cannot be read.

    Nothing is written and nothing is waited for: whatever goes wrong here, the full opening
    tells in words.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", 0.1, uri=True)) as file:
            return bool(file.execute(_SPEAKS).fetchone()[0])
    except (sqlite3.Error, OSError, ValueError):
        return True
