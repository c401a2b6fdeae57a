"""Write profiles.toml: once at first, later only whole new profiles at its end.

What a person wrote is never rewritten.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from kiwoomctl import files
from kiwoomctl.config import profiles
from kiwoomctl.config.profiles import Profile
from kiwoomctl.errors import ConfigError

FIRST = """\
# kiwoomctl: your accounts (계좌 설정). One [profiles.NAME] block per account; a key belongs to
# one account and to its owner, and may not be lent.
#
# Add an account (계좌 추가):   kiwoomctl login NAME --environment mock
# Without an account (체험):    kiwoomctl positions --demo
# Every key, explained:         kiwoomctl help options

# default = ["@mine"]     # what reads show without -p; absent: every enabled profile
# lang = "ko"             # ko | en
# color = "kr"            # kr: red is up (상승 빨강) | us: green is up

# [groups]
# mine = ["general", "isa"]

# [profiles.general]
# broker = "kiwoom"
# environment = "mock"    # real (실전) | mock (모의) | sim
# owner = "김영희"
# secret = { source = "keyring" }   # keyring | command | credential | file | env
"""


def write_first(path: str) -> None:
    """Write a commented file with no account yet, readable by its owner only.

    Raises:
        ConfigError: there is a file already, or it cannot be written.
    """
    _create(Path(path), FIRST)


def check_append(path: str, profile: Profile) -> None:
    """Find out whether the profile can be added, before anything else is done for it.

    Raises:
        ConfigError: the result would not be valid, or the file cannot be written.
    """
    target = Path(path)
    if not target.exists():
        return
    profiles.parse_text(_with(profiles.read_text(path), profile), path)
    if not os.access(target, os.W_OK):
        raise _unwritable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def append_profile(path: str, profile: Profile) -> None:
    """Add one profile with a keyring secret at the end of the file, making it if need be.

    Raises:
        ConfigError: the result would not be valid, or the file cannot be written.
    """
    target = Path(path)
    if not target.exists():
        _create(target, _with(FIRST, profile))
        return
    before = profiles.read_text(path)
    after = _with(before, profile)
    # A block that the file's own tables forbid must not be found out by the next command.
    profiles.parse_text(after, path)
    size = target.stat().st_size
    try:
        with target.open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(after[len(before) :])
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        # Half a block would make the whole file unreadable.
        with contextlib.suppress(OSError):
            os.truncate(target, size)
        raise _unwritable(path, error) from None


def _with(before: str, profile: Profile) -> str:
    """Return the text with a block for the profile at its end."""
    import tomli_w

    block = tomli_w.dumps(
        {
            "profiles": {
                str(profile.name): {
                    "broker": profile.broker,
                    "environment": profile.environment,
                    "secret": {"source": profile.secret.kind},
                }
            }
        }
    )
    gap = "" if before.endswith("\n") or not before else "\n"
    return f"{before}{gap}\n{block}"


def _create(path: Path, text: str) -> None:
    if not path.parent.exists():
        files.ensure_folder(path.parent)
    # Without O_BINARY Windows would turn each line end into two characters.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as handle:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
        except OSError:
            # A part of it would stand in the way of the next try.
            path.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise ConfigError(
            "{path} is there already; it is never overwritten",
            hint="edit it, or move it away first",
            code="config_exists",
            path=str(path),
        ) from None
    except OSError as error:
        raise _unwritable(str(path), error) from None


def _unwritable(path: str, error: OSError) -> ConfigError:
    return ConfigError(
        "cannot write {path}: {reason}", code="config_unwritable", path=path, reason=error.strerror
    )
