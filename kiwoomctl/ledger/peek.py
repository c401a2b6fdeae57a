"""Looks at a ledger that cost next to nothing: has it anything to say, and which orders has it?

Most commands only read accounts. They must name open outcomes and stopped orders, but most
ledgers have none, and opening one in full would take longer than many of these commands.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

_SPEAKS = """
    SELECT EXISTS (
        SELECT 1 FROM attempts INDEXED BY attempts_open
        WHERE state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    ) OR EXISTS (SELECT 1 FROM halts)
"""

_ORDERS = {
    # Of the last day there is: accepted, not replaced, not cancelled and not filled.
    "open": """
        a.state IN ('ACCEPTED', 'MATCHED') AND a.action <> 'cancel'
        AND a.trading_day = (SELECT max(trading_day) FROM attempts)
        AND NOT EXISTS (
            SELECT 1 FROM intents AS later JOIN attempts AS done USING (order_id)
            WHERE later.account = a.account AND later.trading_day = a.trading_day
            AND later.target = a.number AND done.state IN ('ACCEPTED', 'MATCHED')
        )
        AND i.quantity > (
            SELECT coalesce(sum(f.quantity), 0) FROM fills AS f
            WHERE f.account = a.account AND f.trading_day = a.trading_day AND f.number = a.number
        )
    """,
    "unknown": "a.state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')",
    "sent": "a.sends = 1",
}
_LISTED = """
    SELECT a.attempt_id, a.order_id, a.number, i.action, i.symbol, i.quantity, i.price, i.profile
    FROM attempts AS a JOIN intents AS i USING (order_id)
    WHERE {which} ORDER BY a.attempt_no DESC LIMIT ?
"""


class Listed(NamedTuple):
    """An order as it is offered to be named."""

    id: str
    """Our order id; that of the attempt where its outcome is open."""
    number: str | None
    """The broker's, without leading zeros; None where it is not known."""
    told: tuple[str, ...]
    profile: str


def orders(path: Path, which: str, most: int) -> list[Listed]:
    """Return the newest orders first, at most so many; none where the ledger cannot be read.

    Args:
        path: the ledger.
        which: ``open`` (as far as is known here), ``unknown`` outcomes, or all that were ``sent``.
        most: how many.
    """
    text = _LISTED.format(which=_ORDERS[which])
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", 0.1, uri=True)) as file:
            rows = file.execute(text, (most,)).fetchall()
    except (sqlite3.Error, OSError, ValueError):
        return []
    return [
        Listed(
            attempt if which == "unknown" else order,
            number,
            (action, symbol, str(quantity), price or ""),
            profile,
        )
        for attempt, order, number, action, symbol, quantity, price, profile in rows
    ]


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
