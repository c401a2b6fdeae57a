"""What may go wrong with replies on their way, whatever the house: fields, bytes, dates.

How a house forms its replies, and what one surely says, is in ``grammar_kiwoom`` and
``grammar_kis``, read by rules of their own: a second opinion, not the code that is tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

STATUSES: Final = (200,) * 14 + (429, 500, 502, 503, 401, 404, 201, 302)
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 0.0, 0.5, 10**30, "", " ", "0", "00", "-0", "0.0", "20", "x",
    "０", "²", "١٥", [], ["0"], {}, {"a": 1}, "\x00", "\ud800", "0000000", "12345678", " 0000123 ",
    "+123", "1_2", "1e3", "a" * 3000,
)  # fmt: skip
DATES: Final = (
    "Fri, 02 Oct 2026 01:00:00 GMT", "", "x", "Fri, 31 Dec 9999 23:59:59 GMT", "0 0 0 0",
    "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 02 Oct 2026 01:00:00 -0000", "Fri, 02 Oct 2026",
    "Fri, 02 Oct 99999 01:00:00 GMT", "Fri, 02 Oct 2026 01:00:00 +9999", "02 Oct 2026 25:00:00 GMT",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    content: bytes
    date: str

    def __str__(self) -> str:
        return f"HTTP {self.status} {self.content[:300]!r} Date {self.date!r}"


def page(
    chance: Random, name: str, rows: list[dict[str, str]], rest: Mapping[str, Any], spoil: float
) -> bytes:
    """Return a page of a list; with this chance something in it is wrong.

    Args:
        chance: what decides.
        name: the list's, in the body.
        rows: what it has.
        rest: the body beside it.
        spoil: the chance.
    """
    body: dict[str, Any] = {name: rows, **rest}
    if chance.random() >= spoil:
        return json.dumps(body, ensure_ascii=False).encode()
    names = tuple(rest)
    for _ in range(chance.randint(1, 3)):
        if rows and chance.random() < 0.6:
            at = chance.randrange(len(rows))
            row = changed(chance, rows[at], names)
            body[name] = [*rows[:at], row, *rows[at + 1 :]]
        else:
            body = changed(chance, body, names)
            if not isinstance(body, dict):
                break
    return as_bytes(chance, body, "")


def changed(chance: Random, body: Any, names: Sequence[str]) -> Any:
    """Return a body of which one thing is otherwise; what comes in addition has these names."""
    if not isinstance(body, dict) or not body:
        return chance.choice(([body], {"data": body}, body))
    body = dict(body)
    name = chance.choice(list(body))
    how = chance.randrange(5)
    if isinstance(body[name], dict) and chance.random() < 0.7:
        body[name] = changed(chance, body[name], names)
    elif how == 0:
        del body[name]
    elif how == 1:
        body[name] = chance.choice(ODD_VALUES)
    elif how == 2:
        body[chance.choice((*names, "x"))] = chance.choice((*ODD_VALUES, "0000042"))
    elif how == 3 and isinstance(body[name], str):
        text = body[name]
        at = chance.randrange(len(text) + 1)
        put = chance.choice(("", " ", "\n", "]", ")", ":", "0", "가"))
        body[name] = text[:at] + put + text[at:]
    else:
        body[name] = str(body[name])
    return body


def as_bytes(chance: Random, body: Any, twice: str) -> bytes:
    """Return the bytes of a body, now and then damaged, or with this said first once more."""
    text = json.dumps(body, ensure_ascii=chance.random() < 0.5)
    if twice and chance.random() < 0.02:
        text = text.replace("{", f"{{{twice}, ", 1)
    encoding = "utf-16" if chance.random() < 0.01 else "utf-8"
    content = text.encode(encoding, "surrogatepass")
    if chance.random() < 0.75:
        return content
    how = chance.randrange(7)
    at = chance.randrange(len(content) + 1)
    if how == 0:
        return content[:at]
    if how == 1:
        return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    if how == 2:
        return content[:at] + content[at - 5 : at] + content[at:]
    if how == 3:
        return b"\xef\xbb\xbf" + content
    if how == 4:
        return content + chance.choice((b"\n", b"x", content, b"\x00", b"<html>"))
    if how == 5:
        return b"[" * chance.choice((1, 100, 100_000)) + content
    return chance.randbytes(chance.randrange(64))


def date(chance: Random) -> str:
    """Return a Date header, mostly a good one."""
    if chance.random() < 0.8:
        return DATES[0]
    text = chance.choice(DATES)
    if text and chance.random() < 0.5:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(("", "9", ":", " ", "-", "+", "é")) + text[at + 1 :]
    return text


def contradicts_itself(content: bytes, deciding: frozenset[str]) -> bool:
    """Tell whether a field that decides stands there twice, with different values.

    Args:
        content: the body.
        deciding: the names, in lower case.
    """
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for name, value in ((name.lower(), value) for name, value in found):
            if name in deciding and name in seen and repr(seen[name]) != repr(value):
                twice.append(name)
            seen[name] = value
        return dict(found)

    try:
        json.loads(content, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return bool(twice)


def plain(answer: Answer) -> Mapping[str, Any] | None:
    """Return the JSON object of a body; None for anything else."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
