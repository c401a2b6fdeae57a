"""Elements that are closed and escaped by construction.

``tag`` escapes every text that is not ``Html`` already, so that a name from outside cannot become
markup; only this module makes ``Html``.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from kiwoomctl.render.cells import show

_EMPTY: Final = frozenset({"meta", "br"})
"""Elements that HTML has without an end."""


class Html(str):
    """Text that is markup."""

    __slots__ = ()


Child = str | Html | None
NOTHING: Final = Html("")


def tag(name: str, /, *children: Child, **attributes: str | int | None) -> Html:
    """Return an element.

    Args:
        name: of the element.
        children: what is in it; text is escaped, None is nothing.
        attributes: their values are escaped, None leaves one out; a ``_`` at the end is dropped
            (``class_``), others become ``-``.
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            words.append(f'{key.rstrip("_").replace("_", "-")}="{_plain(value)}"')
    start = f"<{' '.join(words)}>"
    if name in _EMPTY:
        return Html(start)
    return Html(f"{start}{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Return these one after another."""
    return Html(
        "".join(
            child if isinstance(child, Html) else _plain(child)
            for child in children
            if child is not None
        )
    )


def document(language: str, head: Html, body: Html, style: str) -> str:
    """Return a whole page; the style is ours and stands as it is."""
    return (
        f'<!DOCTYPE html>\n<html lang="{_plain(language)}">\n<head>\n{head}\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _plain(value: str | int) -> str:
    text = str(value)
    # What cannot be printed is shown as elsewhere: nothing turns the direction of a line.
    return escape(show(text, "text") if text else "", quote=True)
