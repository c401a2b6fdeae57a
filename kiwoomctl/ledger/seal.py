"""The ledger's seal: a small file beside it that remembers which ledger it was and how far.

Purpose: a ledger that was deleted, or replaced by an older copy, is noticed, although the
database alone looks sound.

Invariants:

- The seal is written after a commit that lets an order out (or turns the kill switch, or notes
  a doubt), and before the first byte of that order. So it is never ahead of its ledger, a crash
  included, and a ledger behind its seal is an old copy. Other changes may be newer than it.
- Its count only rises (writers take turns); another id replaces it.
- Whoever compares reads the seal first and the ledger then.

A missing or damaged seal says nothing and is written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from kiwoomctl import files
from kiwoomctl.errors import Phrase
from kiwoomctl.locks import FileLock

_NAME = "ledger.seal"
_WAIT_S = 10.0


class Seal(NamedTuple):
    """Which ledger, and how many changes it had seen."""

    ledger_id: str
    changes: int


def read(folder: Path) -> Seal | None:
    """Return the seal, None where there is none that can be understood.

    Raises:
        StateError: It is there but cannot be read.
    """
    text = files.read_private(folder / _NAME)
    if text is None:
        return None
    try:
        content = json.loads(text)
        return Seal(str(content["ledger_id"]), int(content["changes"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def remove(folder: Path) -> None:
    """Forget which ledger it was, so that the next one is none that was lost.

    Raises:
        StateError: The seal is there but cannot be removed.
    """
    path = folder / _NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise files.unwritable(path, exc) from exc


def write(folder: Path, seal: Seal) -> None:
    """Write the seal down unless a later one of the same ledger is there.

    Raises:
        StateError: It cannot be written.
        Busy: Another process held it for 10 s.
    """
    lock = FileLock(folder / f"{_NAME}.lock")
    with lock.hold(_WAIT_S, Phrase("the ledger")):
        known = read(folder)
        if known and known.ledger_id == seal.ledger_id and known.changes >= seal.changes:
            return
        files.write_private(folder / _NAME, json.dumps(seal._asdict()))
