"""What every broker's HTTP replies have in common: a date, and texts that must not be trusted."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from kiwoomctl.domain.clock import KST

# Tokens, keys and account numbers, whosever they are: no broker's sentence has such words.
_SECRET_LOOKING: Final = re.compile(r"[A-Za-z0-9+/=_.~-]{30,}|\d{10,}")
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


def redacted(text: str, *secrets: str) -> str:
    """Return a broker's text without these secrets, and without anything that looks like one."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SECRET_LOOKING.sub("***", text)
