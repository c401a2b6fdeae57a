"""Texts from elsewhere, without what must not be shown: keys, tokens, account numbers.

What a server, a file or a command says may hold a secret, as it is or encoded. Those that are
known are taken out in every usual form; of others their length tells.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HIDDEN: Final = "***"
# Tokens, keys and account numbers, whosever they are and however they are encoded: no sentence
# has such words.
_LOOKS: Final = r"[A-Za-z0-9+/=_.~%&;#\\-]{30,}|\d(?:-?\d){9,}"
_KEY_LOOKS: Final = r"[A-Za-z0-9+/=_-]{30,}"
_LONGEST_NAME: Final = 24
"""Of a part of a path with small letters, capitals and digits; a key has a longer one."""
_SHORTEST: Final = 4
"""Shorter ones would be found in any text."""
_SHORTEST_OF_DATA: Final = 12
"""In data a short one might be a figure, and that must stay what it is."""


def redacted(text: str, *secrets: str) -> str:
    """Return a text without these secrets, and without anything that looks like one."""
    for secret in secrets:
        for form in _forms(secret):
            text = re.sub(re.escape(form), HIDDEN, text, flags=re.IGNORECASE)
    return re.sub(_LOOKS, HIDDEN, text)


def without_keys(text: str) -> str:
    """Return what a person wrote, paths and names as they are, without what looks like a key."""
    return re.sub(_KEY_LOOKS, lambda found: HIDDEN if _is_drawn(found[0]) else found[0], text)


def _is_drawn(word: str) -> bool:
    kinds = ("[a-z]", "[A-Z]", "[0-9]")
    return any(
        len(part) > _LONGEST_NAME and all(re.search(kind, part) for kind in kinds)
        for part in word.split("/")
    )


def scrubbed(data: str, *secrets: str) -> str:
    """Return a server's data without these secrets, the rest as it came.

    No reply has reason to repeat what it was asked with; one that does is shown like any other.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_OF_DATA and not secret.isdecimal():
            for form in _forms(secret):
                if form in data:
                    data = data.replace(form, HIDDEN)
    return data


_FOR_ADDRESSES = str.maketrans("+/", "-_")
"""What makes base64 the kind that may stand in a web address."""


@lru_cache(maxsize=64)
def _forms(secret: str) -> tuple[str, ...]:
    """Return how a secret may be written, the longest first; nothing for one too short to tell."""
    if len(secret) < _SHORTEST:
        return ()
    import json
    from binascii import b2a_base64
    from urllib.parse import quote, quote_plus

    escaped = json.dumps(secret)[1:-1]
    told = {
        secret,
        escaped,
        escaped.replace("/", "\\/"),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    }
    for lead in range(3):
        # What stands before it in what was encoded shifts every letter.
        padded = b2a_base64(b"-" * lead + secret.encode(), newline=False).decode()
        whole = padded.rstrip("=")
        for form in (whole, whole.translate(_FOR_ADDRESSES)):
            told.add(form[-(-lead * 8 // 6) : -1])
            if not lead:
                told.add(form)
    return tuple(sorted(told, key=len, reverse=True))
