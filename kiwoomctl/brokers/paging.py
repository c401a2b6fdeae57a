"""A list over several pages, read whole or not at all: the one rule of all brokers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Final, TypeVar

from kiwoomctl.errors import Unreadable

MAX_PAGES: Final = 200
_Page = TypeVar("_Page")
_Cursor = TypeVar("_Cursor", bound=Hashable)


def follow(
    read: Callable[[_Cursor | None], _Page],
    cursor_of: Callable[[_Page], _Cursor | None],
    api_id: str,
) -> Iterator[_Page]:
    """Read all pages one after another, each when it is asked for.

    Args:
        read: reads the page at a cursor; None is the first one.
        cursor_of: tells where the next page is; None on the last one.
        api_id: whose list it is, for people.

    Raises:
        Unreadable: the chain repeats itself or does not end; what came before is only a part.
    """
    seen: set[_Cursor] = set()
    cursor: _Cursor | None = None
    while True:
        page = read(cursor)
        cursor = cursor_of(page)
        yield page
        if cursor is None:
            return
        if cursor in seen or len(seen) + 1 >= MAX_PAGES:
            raise Unreadable(
                "the list of {api_id} does not end (after {count} pages)",
                hint="try again",
                code="list_cut",
                api_id=api_id,
                count=len(seen) + 1,
            )
        seen.add(cursor)
