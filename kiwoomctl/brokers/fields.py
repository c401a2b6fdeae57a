"""The fields of a reply or of one of its rows, each read by the parser of its family.

A text that is no value of its family makes the reply unreadable, never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from kiwoomctl.brokers.replies import unusable

if TYPE_CHECKING:
    from kiwoomctl.brokers.replies import Endpoint
    from kiwoomctl.errors import Unreadable

_Value = TypeVar("_Value")


class NamedTexts:
    """Named texts of a reply; which parser a name takes is said by who asks, or by the house."""

    def __init__(self, endpoint: Endpoint, texts: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._texts = texts

    def maybe(self, name: str, parser: Callable[[str], _Value | None]) -> _Value | None:
        """Return a value, None where it is blank or absent.

        Raises:
            Unreadable: the text is none of this family.
        """
        try:
            return parser(self._texts.get(name, ""))
        except ValueError:
            raise self.unusable(name) from None

    def must(self, name: str, parser: Callable[[str], _Value | None]) -> _Value:
        """Return a value that a reply of use has; raises Unreadable without it."""
        value = self.maybe(name, parser)
        if value is None:
            raise self.unusable(name)
        return value

    def text(self, name: str) -> str:
        """Return a text without blanks around it; the empty one where it is absent."""
        return self._texts.get(name, "").strip()

    def unusable(self, name: str) -> Unreadable:
        """Return the error of a field that says nothing that can be used."""
        return unusable(self._endpoint, name)
