"""Private files of the state folder: whole, 0600, and inside folders that are 0700.

Purpose: the only way the package writes small text files that must never be
seen by others or found half written.

Invariants:

- A reader sees the old text or the new text, never a part: writing goes to a
  temporary file in the same folder, is flushed to the disk and renamed.
- Nothing is written through a symlink, and no folder of another user is used.
- Every OSError leaves as StateError naming the path and the reason.

On Windows the modes mean nothing; the profile folder's own access list protects.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from kiwoomctl import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OTHERS = 0o077
_TRIES = 50
_PAUSE_S = 0.02

_Done = TypeVar("_Done")


def ensure_folder(path: Path) -> None:
    """Make sure that a private folder exists: 0700, own, no symlink.

    Missing parents are created 0700 too; existing parents stay as they are. An
    own folder that others may enter is tightened to 0700.

    Raises:
        StateError: The path is a symlink, is no folder, belongs to another user,
            or cannot be created.
    """
    try:
        _make_folders(path)
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise _refused(path, "it is a symbolic link", "name the real folder instead")
        if not stat.S_ISDIR(found.st_mode):
            raise _refused(path, "it is not a folder", "move that file away")
        if sys.platform == "win32":
            return
        if found.st_uid != os.geteuid():
            raise _refused(path, "it belongs to another user", "use a folder of your own")
        if found.st_mode & stat.S_ISVTX:
            raise _refused(path, "it is shared by all users", "name a folder of your own below it")
        if found.st_mode & _OTHERS:
            path.chmod(0o700)
    except OSError as exc:
        raise errors.StateError(
            "cannot create the folder {path}: {reason}",
            hint="check the permissions and the free space there; other places: "
            "KIWOOMCTL_STATE_DIR, KIWOOMCTL_CONFIG",
            path=path,
            reason=_reason(exc),
        ) from exc


def write_private(path: Path, text: str) -> None:
    """Replace a file by this text (UTF-8, 0600) in one step; its folder must exist.

    Raises:
        StateError: It cannot be written; the old file is then still there, whole.
    """
    import tempfile

    try:
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
        )
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            _patiently(lambda: os.replace(temporary, path))  # noqa: PTH105 - mkstemp gives a str
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108 - mkstemp gives a str
            raise
        _flush_folder(path.parent)
    except OSError as exc:
        raise unwritable(path, exc) from exc


def read_private(path: Path) -> str | None:
    """Return the text of a file, or None when there is none.

    Raises:
        StateError: It is there but cannot be read, or is not UTF-8.
    """
    try:
        return _patiently(path.read_bytes).decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as exc:
        raise errors.StateError(
            "cannot read {path}: {reason}",
            hint="the file is damaged; move it away",
            path=path,
            reason="it is not UTF-8 text",
        ) from exc
    except OSError as exc:
        raise errors.StateError(
            "cannot read {path}: {reason}",
            hint="check the permissions of the file and of its folder",
            path=path,
            reason=_reason(exc),
        ) from exc


def unwritable(path: Path, exc: OSError) -> errors.StateError:
    """Return the error that says why a file cannot be written."""
    return errors.StateError(
        "cannot write {path}: {reason}",
        hint="check the permissions and the free space of its folder",
        path=path,
        reason=_reason(exc),
    )


def _patiently(act: Callable[[], _Done]) -> _Done:
    """Do something to a file that another process may be replacing or reading right now.

    Only Windows refuses that, for as long as the other has the file open.
    """
    if sys.platform == "win32":
        for _ in range(_TRIES):
            with contextlib.suppress(PermissionError):
                return act()
            time.sleep(_PAUSE_S)
    return act()


def _make_folders(path: Path) -> None:
    missing = []
    folder = path
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        # Another process may be creating the same folder right now.
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def _flush_folder(folder: Path) -> None:
    """Let the rename survive a power cut, where the file system can do that."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refused(path: Path, reason: str, hint: str) -> errors.StateError:
    return errors.StateError(
        "cannot use the folder {path}: {reason}", hint=hint, path=path, reason=errors.Phrase(reason)
    )


def _reason(exc: OSError) -> errors.Phrase:
    return errors.system_reason(exc.strerror or str(exc))
