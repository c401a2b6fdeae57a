"""What every broker's HTTP replies have in common: a date, and texts that must not be trusted."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.redaction import redacted, scrubbed
from kiwoomctl.errors import KiwoomctlError, Phrase

_OURS: Final = frozenset({"host", "profile"})
"""Values of errors that no server says."""
_LONGEST_MESSAGE: Final = 2000


def server_time(date: str) -> datetime | None:
    """Return the time of a Date header, KST; None for none, or one without a zone."""
    from email.utils import parsedate_to_datetime

    try:
        told = parsedate_to_datetime(date)
        # At the ends of the calendar a time may have no form in another zone.
        return told.astimezone(KST) if told.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None


def printable(raw: object) -> str:
    """Return a text that cannot steer a terminal; nothing for what is no message."""
    if not isinstance(raw, str) or len(raw) > _LONGEST_MESSAGE:
        return ""
    return "".join(character if character.isprintable() else " " for character in raw)


def conceal(error: KiwoomctlError, *secrets: str) -> None:
    """Take these secrets, and what looks like one, out of all that a server made an error say."""
    error.code = redacted(error.code, *secrets)
    for name, value in error.values.items():
        if name not in _OURS:
            error.values[name] = _concealed(value, secrets)


def unechoed(content: bytes, *secrets: str) -> bytes:
    """Return a reply's body without the secrets of its request; no figure has their form."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content  # no JSON either
    clean = scrubbed(text, *secrets)
    return content if clean == text else clean.encode()


def _concealed(value: object, secrets: tuple[str, ...]) -> object:
    if isinstance(value, Phrase):
        told = {name: _concealed(inner, secrets) for name, inner in value.values.items()}
        return Phrase(value.template, **told)
    return redacted(value, *secrets) if isinstance(value, str) else value
