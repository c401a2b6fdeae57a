"""Where a report goes: a file of its own, never over something else.

A file that is there already is replaced only if it is a report of ours: its beginning says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiwoomctl import files
from kiwoomctl.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

MARK: Final = '<meta name="generator" content="kiwoomctl report">'
"""Stands near the beginning of every report."""
_LOOKED_AT: Final = 1024


def place(given: str | None, day: date) -> Path:
    """Return the file a report is to be written to, checked before anything is asked.

    Args:
        given: what --out says; None for a file named by the day in the current folder.
        day: of the report.

    Raises:
        UsageError: it is empty, a folder, or a file that is no report.
    """
    if given is not None and not given.strip():
        raise UsageError(
            "--out is empty", hint="name a file, or - for the standard output", code="out"
        )
    path = Path(given or f"kiwoomctl-report-{day}.html").absolute()
    check(path)
    return path


def check(path: Path) -> None:
    """Refuse to write over anything but a report.

    Raises:
        UsageError: a folder, no file, or a file that is no report is there.
    """
    if not path.exists() and not path.is_symlink():
        return
    if path.is_dir():
        raise UsageError("{path} is a folder", hint="name a file in it", code="out", path=path)
    try:
        ours = path.is_file() and MARK in _beginning(path)
    except OSError:
        ours = False
    if not ours:
        raise UsageError(
            "{path} is there already and is no report of kiwoomctl: it is left as it is",
            hint="name another file with --out, or move that one away",
            code="out_exists",
            path=path,
        )


def write(path: Path, text: str) -> None:
    """Write a report, whole or not at all, 0600.

    Raises:
        UsageError: as ``check``, looked at once more.
        StateError: it cannot be written.
    """
    check(path)
    files.write_private(path, text)


def _beginning(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_LOOKED_AT).decode("utf-8", "replace")
