"""What is wrong with the state folder: whose it is, who may read it, what was left in it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from kiwoomctl.errors import Phrase
from kiwoomctl.locks import held_among
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding, quoted

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OWNER_OF_FOLDER: Final = stat.S_IRWXU
_OWNER_OF_FILE: Final = stat.S_IRUSR | stat.S_IWUSR
_STALE_S: Final = 120.0
"""Seconds after which a file that is written for moments only was left behind."""


class _Found:
    """What lies below the folder, by what is wrong with it."""

    def __init__(self, folder: Path, now: float) -> None:
        self.foreign: list[Path] = []
        self.wide: list[Path] = []
        self.closed: list[Path] = []
        self.stale: list[Path] = []
        self.locks: list[Path] = []
        for path in (folder, *_below(folder)):
            with contextlib.suppress(FileNotFoundError):  # others are at work here
                self._sort(path, path.lstat(), now)

    def _sort(self, path: Path, status: os.stat_result, now: float) -> None:
        if sys.platform != "win32" and not stat.S_ISLNK(status.st_mode):
            needed = _OWNER_OF_FOLDER if stat.S_ISDIR(status.st_mode) else _OWNER_OF_FILE
            if status.st_uid != os.getuid():
                self.foreign.append(path)
            elif status.st_mode & needed != needed:
                self.closed.append(path)
            if status.st_mode & _OTHERS:
                self.wide.append(path)
        if path.suffix == ".lock":
            self.locks.append(path)
        if path.name.startswith(".") and path.suffix == ".tmp" and now - status.st_mtime > _STALE_S:
            self.stale.append(path)


def findings(folder: Path) -> Iterator[Finding]:
    """Look at the state folder and at every file in it.

    Args:
        folder: where state is kept; it need not exist.
    """
    if not os.path.lexists(folder):
        yield Finding("state", None, "ok", Phrase("{path} is not there yet", path=folder))
        return
    unusable = _unusable(folder)
    if unusable is not None:
        yield unusable
        return
    found = _Found(folder, time.time())
    yield Finding("state", None, "ok", Phrase("{path} can be written", path=folder))
    yield from _permissions(folder, found)
    yield _leftovers(folder, found.stale)
    yield _locks(folder, found.locks)


def _unusable(folder: Path) -> Finding | None:
    def failed(why: Phrase, fix: Phrase) -> Finding:
        return Finding("state", None, "failed", why, fix, CONFIG_EXIT)

    status = folder.lstat()
    mode, word = status.st_mode, quoted(folder)
    if stat.S_ISLNK(mode):
        return failed(
            Phrase("{path} is a symbolic link", path=folder),
            Phrase("export KIWOOMCTL_STATE_DIR={real}", real=quoted(folder.resolve())),
        )
    if not stat.S_ISDIR(mode):
        return failed(
            Phrase("{path} is no folder", path=folder),
            Phrase("mv {folder} {new}", folder=word, new=quoted(f"{folder}.old")),
        )
    if os.name == "posix" and mode & stat.S_ISVTX:
        return failed(
            Phrase("{path} is shared by all users", path=folder),
            Phrase("export KIWOOMCTL_STATE_DIR={own}", own=quoted(folder / "kiwoomctl")),
        )
    if sys.platform != "win32" and status.st_uid != os.getuid():
        return failed(
            Phrase("{path} belongs to another user", path=folder),
            Phrase('sudo chown -R "$(id -un)" {folder}', folder=word),
        )
    needed = stat.S_IWUSR | stat.S_IXUSR
    lacks = os.name == "posix" and mode & needed != needed
    if lacks or not os.access(folder, os.W_OK | os.X_OK):
        return failed(
            Phrase("{path} cannot be written", path=folder),
            Phrase("chmod 700 {folder}", folder=word),
        )
    return None


def _permissions(folder: Path, found: _Found) -> Iterator[Finding]:
    word = quoted(folder)
    if found.foreign:
        yield Finding(
            "permissions",
            None,
            "failed",
            _such(Phrase("{count} of its files belong to another user"), found.foreign),
            Phrase('sudo chown -R "$(id -un)" {folder}', folder=word),
            CONFIG_EXIT,
        )
    if found.closed:
        yield Finding(
            "permissions",
            None,
            "failed",
            _such(Phrase("{count} of its files cannot be read and written"), found.closed),
            Phrase("chmod -R u+rwX {folder}", folder=word),
            CONFIG_EXIT,
        )
    if found.wide:
        yield Finding(
            "permissions",
            None,
            "warning",
            _such(Phrase("{count} of its files are open to other users"), found.wide),
            Phrase("chmod -R go= {folder}", folder=word),
        )
    if not (found.foreign or found.closed or found.wide):
        yield Finding("permissions", None, "ok", Phrase("only you can read what is kept there"))


def _leftovers(folder: Path, stale: Sequence[Path]) -> Finding:
    if not stale:
        return Finding("leftovers", None, "ok", Phrase("no killed command left a file"))
    return Finding(
        "leftovers",
        None,
        "warning",
        _such(Phrase("{count} files of killed commands were left"), stale),
        Phrase("find {folder} -name '.*.tmp' -mmin +1 -delete", folder=quoted(folder)),
    )


def _locks(folder: Path, locks: Sequence[Path]) -> Finding:
    held = held_among(locks)
    if held is None:
        text = Phrase("this system does not tell which locks are held")
        return Finding("locks", None, "ok", text)
    if not held:
        return Finding("locks", None, "ok", Phrase("no lock is held"))
    names = ", ".join(str(path.relative_to(folder)) for path in held)
    text = Phrase("held now, so another command is at work: {names}", names=names)
    return Finding("locks", None, "ok", text)


def _such(what: Phrase, paths: Sequence[Path]) -> Phrase:
    counted = Phrase(what.template, count=len(paths))
    return Phrase("{counted}, such as {path}", counted=counted, path=paths[0])


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        yield from (Path(place) / name for name in (*folders, *names))
