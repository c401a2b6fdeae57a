"""Where the next page of a list begins, whichever wire asks for it.

A list is cut from the answer as it was on page 1. The key to its next page is good for the same
app key, TR and fields only; what is said to any other use is each wire's own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Generic, NamedTuple, TypeVar

_KEPT: Final = 2_000
_KEY_BYTES: Final = 16
_Answer = TypeVar("_Answer")


class Place(NamedTuple, Generic[_Answer]):
    """Where the next page of an answer begins, and whose answer it is."""

    appkey: str
    api_id: str
    fields: Mapping[str, str]
    """What was asked for, without what tells the page."""
    answer: _Answer
    """All of it."""
    offset: int
    """In rows."""

    def is_of(self, appkey: str, api_id: str, fields: Mapping[str, str]) -> bool:
        """Tell whether a request goes on with the same list."""
        return (appkey, api_id, fields) == (self.appkey, self.api_id, self.fields)

    def rows(self, size: int, *, shifted: bool) -> slice:
        """Return which rows its page has.

        Args:
            size: the most rows of a page.
            shifted: whether a row came in above since the last page, so that the last row of
                that page comes again.
        """
        begin = max(0, self.offset - 1) if shifted else self.offset
        return slice(begin, begin + size)


class Places(Generic[_Answer]):
    """The places that clients of one wire may go on from; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Place[_Answer]] = OrderedDict()

    def clear(self) -> None:
        """Forget every place."""
        self._kept.clear()

    def find(self, key: str) -> Place[_Answer] | None:
        """Return the place of a key; None for no such key."""
        return self._kept.get(key)

    def keep(self, place: Place[_Answer]) -> str:
        """Keep where the next page begins and return the key to it."""
        import secrets

        key = secrets.token_hex(_KEY_BYTES)
        self._kept[key] = place
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return key
