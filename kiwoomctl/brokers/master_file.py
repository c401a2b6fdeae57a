"""Master data of codes as read today, in a small file that all commands of a world share.

It is a cache: a damaged file counts as none, and what is of another day is read anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from kiwoomctl import files
from kiwoomctl.errors import KiwoomctlError

_MOST_KEPT: Final = 2_000


def row_of_today(
    path: Path, code: str, today: date, read: Callable[[], Mapping[str, str]]
) -> Mapping[str, Any]:
    """Return what is known of a code, read at most once a day.

    Args:
        path: the file.
        code: the code.
        today: the day, KST.
        read: asks the broker; what it raises is passed on, and nothing is kept then.
    """
    kept = _kept(path)
    row = kept.get(code)
    if row is not None and row.get("day") == today.isoformat():
        return row
    fresh = read()
    _keep(path, {**kept, code: {"day": today.isoformat(), **fresh}})
    return fresh


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(files.read_private(path) or "{}")
    except (ValueError, RecursionError, KiwoomctlError):
        return {}
    rows = content if isinstance(content, dict) else {}
    return {code: row for code, row in rows.items() if isinstance(row, dict)}


def _keep(path: Path, rows: Mapping[str, Any]) -> None:
    newest = dict(list(rows.items())[-_MOST_KEPT:])
    files.ensure_folder(path.parent)
    files.write_private(path, json.dumps(newest, ensure_ascii=False))
