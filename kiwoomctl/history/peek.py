"""A look at a history that costs little: when was an account recorded last?"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiwoomctl.domain.clock import KST

# Not by ``database``: what that imports besides takes longer than the look.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = "SELECT max(as_of) FROM snapshots WHERE account = ?"


def newest(path: Path, accounts: Iterable[str]) -> dict[str, datetime]:
    """Return the time of each account's newest snapshot, KST.

    Accounts that were never recorded are absent; so are all where the file cannot be read:
    what needs it tells why.
    """
    found: dict[str, datetime] = {}
    with (
        contextlib.suppress(sqlite3.Error, OSError, ValueError),
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", 0.1, uri=True)) as file,
    ):
        for account in accounts:
            as_of = file.execute(_NEWEST, (account,)).fetchone()[0]
            if as_of is not None:
                found[account] = (_EPOCH + timedelta(microseconds=as_of)).astimezone(KST)
    return found
