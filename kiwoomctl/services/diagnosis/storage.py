"""What the state folder lies on: kind of file system and free space."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kiwoomctl.errors import Phrase
from kiwoomctl.ledger import place
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding, quoted

_MEGABYTE: Final = 1_000_000
LITTLE: Final = 200 * _MEGABYTE
"""Bytes below which it is time to make room."""
NONE_LEFT: Final = 2 * _MEGABYTE
"""Bytes below which an order may not find the room to be written down."""
_USUAL: Final = ".local/state/kiwoomctl"
_ELSEWHERE: Final = "set KIWOOMCTL_STATE_DIR to a folder on a local disk"


def findings(folder: Path, *, demo: bool) -> Iterator[Finding]:
    """Look at the disk of the state folder.

    Args:
        folder: where state is kept; it need not exist.
        demo: whether nothing that matters is kept there.
    """
    yield kind(folder, place.file_system(folder), demo=demo)
    yield space(folder, LITTLE, NONE_LEFT)


def kind(folder: Path, name: str, *, demo: bool) -> Finding:
    """Judge a type of file system; "" where it is not known."""
    if not name:
        return Finding("storage", None, "ok", Phrase("the type of its file system is unknown"))
    if place.is_network(name):
        return Finding(
            "storage",
            None,
            "failed",
            Phrase("{path} is on a network file system ({kind})", path=folder, kind=name),
            Phrase(_ELSEWHERE),
            CONFIG_EXIT,
        )
    if place.is_memory(name) and not demo:
        return Finding(
            "storage",
            None,
            "warning",
            Phrase(
                "{path} is in memory ({kind}): the ledger is gone when the machine restarts",
                path=folder,
                kind=name,
            ),
            # Nobody here knows which other disk there is; the usual place may be in memory too.
            Phrase(_ELSEWHERE)
            if folder == Path.home() / _USUAL
            else Phrase("export KIWOOMCTL_STATE_DIR={place}", place=f'"$HOME/{_USUAL}"'),
        )
    return Finding("storage", None, "ok", Phrase("on a local disk ({kind})", kind=name))


def space(folder: Path, little: int, none_left: int) -> Finding:
    """Judge the free space where a folder is, or will be.

    Args:
        folder: the folder; it need not exist.
        little: bytes below which it is a warning.
        none_left: bytes below which it has failed.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return Finding("disk", None, "ok", Phrase("its free space is unknown"))
    megabytes = free // _MEGABYTE
    if free >= little:
        return Finding("disk", None, "ok", Phrase("{count:,} MB free", count=megabytes))
    return Finding(
        "disk",
        None,
        "failed" if free < none_left else "warning",
        Phrase("only {count:,} MB free at {path}", count=megabytes, path=there),
        Phrase("make room there: du -xh {folder} | sort -h | tail", folder=quoted(there)),
        CONFIG_EXIT if free < none_left else 0,
    )
