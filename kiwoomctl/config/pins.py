"""Which key and which account number a profile stood for when it was last proven.

A pin lets a cron job find the cached token without asking the keyring, and it is what an
order's account is compared with. It holds no secret: the app key only as a hash.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import NamedTuple

from kiwoomctl import files
from kiwoomctl.config.profiles import Profile


class Pin(NamedTuple):
    """What is known of a profile's key."""

    host: str
    key_id: str
    account: str | None
    """The broker's account number; None while nobody asked."""


def read(folder: Path, profile: Profile, host: str) -> Pin | None:
    """Return the pin; None where there is none for this host and secret source."""
    text = files.read_private(_path(folder, profile))
    if text is None:
        return None
    try:
        stored = json.loads(text)
        if stored.pop("source") != _source(profile):
            return None
        pin = Pin(**stored)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    # A damaged pin counts as none: the next proof writes a new one.
    whole = _is_word(pin.key_id) and (pin.account is None or _is_word(pin.account))
    return pin if whole and pin.host == host else None


def write(folder: Path, profile: Profile, pin: Pin) -> None:
    """Store the pin."""
    files.ensure_folder(folder / "pins")
    files.write_private(
        _path(folder, profile), json.dumps({**pin._asdict(), "source": _source(profile)})
    )


def remove(folder: Path, profile: Profile) -> None:
    """Forget the pin."""
    path = _path(folder, profile)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise files.unwritable(path, error) from None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isalnum()


def _source(profile: Profile) -> str:
    """Return what tells one secret source from another; a command's words stay unsaid."""
    source = profile.secret
    words = "\0".join((*source.argv, source.name, source.path))
    return f"{source.kind} {zlib.crc32(words.encode('utf-8', 'surrogateescape')):08x}"


def _path(folder: Path, profile: Profile) -> Path:
    return folder / "pins" / f"{profile.name}.json"
