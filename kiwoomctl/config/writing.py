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
from kiwoomctl.domain.enrolment import NewProfile
from kiwoomctl.errors import ConfigError, UsageError, system_reason

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


def read_new(new: NewProfile) -> Profile:
    """Return the profile that the block of a new one means.

    Raises:
        UsageError: something in it is not possible.
    """
    try:
        return profiles.parse_text(block(_whole(new)), "-").profiles[new.name]
    except ConfigError as error:
        # Nothing is wrong with the file: what was said is.
        values = {**error.values}
        problem = values.pop("problem", error.message)
        raise UsageError(
            "{problem}", hint=error.hint, code="profile_value", problem=problem, **values
        ) from None


def check_append(path: str, new: NewProfile) -> None:
    """Find out whether the profile can be added, before anything else is done for it.

    Raises:
        ConfigError: the result would not be valid, or the file cannot be written.
    """
    if Path(path).exists():
        profiles.parse_text(_with(profiles.read_text(path), _whole(new)), path)
    check_place(path)


def check_place(path: str) -> None:
    """Find out whether the file can be made, or added to; raises ConfigError."""
    target = Path(path)
    if not target.exists():
        # Its folder may be missing too; the first one that is there is written into.
        target = next(folder for folder in target.absolute().parents if folder.exists())
    if not os.access(target, os.W_OK):
        raise _unwritable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def exists(path: str) -> ConfigError:
    """Return the refusal to write a file that is there."""
    return ConfigError(
        "{path} is there already; it is never overwritten",
        hint="add an account to it: kiwoomctl login NAME --environment mock; or edit it",
        code="config_exists",
        path=path,
    )


def append_profile(path: str, new: NewProfile) -> None:
    """Add the block of one profile at the end of the file, making it if need be.

    Raises:
        ConfigError: the result would not be valid, or the file cannot be written.
    """
    target = Path(path)
    if not target.exists():
        _create(target, _with(FIRST, new))
        return
    before = profiles.read_text(path)
    after = _with(before, new)
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


def block(new: NewProfile) -> str:
    """Return the lines of a profile as profiles.toml has them; raises UsageError."""
    lines = {
        "broker": new.broker,
        "environment": new.environment,
        "owner": new.owner,
        "account": new.account,
        "hts_id": new.hts_id,
        "url": new.url,
    }
    name = str(new.name)
    return "".join(
        (
            f"[profiles.{name if name.isascii() else _quoted(name)}]\n",
            *(f"{key} = {_quoted(value)}\n" for key, value in lines.items() if value),
            f"secret = {{ {_secret(new)} }}\n",
        )
    )


def _secret(new: NewProfile) -> str:
    """Return what stands in the table of where the key is."""
    source = new.source
    told = {"source": _quoted(source.kind)}
    if source.kind == "command":
        told["argv"] = f"[{', '.join(_quoted(word) for word in source.argv)}]"
    elif source.kind == "credential":
        told["name"] = _quoted(source.value)
    elif source.kind == "file":
        told["path"] = _quoted(source.value)
    elif source.kind == "inline" and new.key is not None:
        told["appkey"], told["secretkey"] = (_quoted(part) for part in new.key)
    return ", ".join(f"{key} = {value}" for key, value in told.items())


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    import tomli_w

    return tomli_w.dumps({"x": text}).removeprefix("x = ").removesuffix("\n")


def _whole(new: NewProfile) -> NewProfile:
    """Return the profile with some key, where its own is to stand in it and is not known yet."""
    return new._replace(key=("-", "-")) if new.source.kind == "inline" and not new.key else new


def _with(before: str, new: NewProfile) -> str:
    """Return the text with a block for the profile at its end."""
    gap = "" if before.endswith("\n") or not before else "\n"
    return f"{before}{gap}\n{block(new)}"


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
        raise exists(str(path)) from None
    except OSError as error:
        raise _unwritable(str(path), error) from None


def _unwritable(path: str, error: OSError) -> ConfigError:
    return ConfigError(
        "cannot write {path}: {reason}",
        hint="check the permissions and the free space of its folder",
        code="config_unwritable",
        path=path,
        reason=system_reason(error.strerror),
    )
