"""Sentences and command lines for a terminal of some width; a word is never cut."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from typing import Final

from kiwoomctl.render.cells import width

WIDEST: Final = 80
"""Cells; longer lines of text are hard to read on any terminal."""

_COMMAND: Final = re.compile(r"((?<!\S)kiwoomctl(?: +[A-Za-z0-9@.=/_-]+)+(?!\S))")
_COLUMN: Final = re.compile(r" *\S+(?: \S+)* {2,}(?=\S)")


def wrapped(text: str, columns: int, first: str = "", rest: str | None = None) -> str:
    """Return a text in lines that leave the last cell free, so that no terminal breaks them.

    Args:
        text: one paragraph.
        columns: of the terminal.
        first: what the first line begins with.
        rest: what the others begin with; None for as many blanks.
    """
    room = min(columns, WIDEST) - 1
    margin = " " * width(first) if rest is None else rest
    lines: list[str] = []
    line, empty = first, True
    for word in _words(text, room - width(margin)):
        wider = line + word if empty else f"{line} {word}"
        if not empty and width(wider) > room:
            lines.append(line)
            wider = margin + word
        line, empty = wider, False
    return "\n".join([*lines, line])


def _words(text: str, room: int) -> list[str]:
    """Return the words of a text; a command to be typed is one, where it fits in a line."""
    words: list[str] = []
    for part in _COMMAND.split(text):
        whole = " ".join(part.split())
        is_command = _COMMAND.fullmatch(part) and width(whole) <= room
        words += [whole] if is_command else part.split()
    return words


def folded(text: str, columns: int) -> str:
    """Return a text whose lines fit; one that does not is broken between words.

    What follows a gap in a line (the meaning of a word, the text of an option) stays in its own
    column as far as there is room for one.
    """
    lines = []
    for line in text.split("\n"):
        if width(line) > columns:
            gap = _COLUMN.match(line)
            first = gap.group() if gap and width(gap.group()) <= columns // 2 else ""
            margin = " " * (width(first) or len(line) - len(line.lstrip()))
            lines.append(wrapped(line[len(first) :], columns, first or margin, margin))
        else:
            lines.append(line)
    return "\n".join(lines)


def quoted(text: str, columns: int) -> str:
    """Return lines of a file, moved in; only those that are too long are broken."""
    lines = (f"  {line}" for line in text.splitlines())
    return "\n".join(
        line if width(line) < columns else wrapped(line, columns, "  ", " " * 6) for line in lines
    )


def command(words: Sequence[str], columns: int, margin: str = "  ") -> str:
    """Return a command line to be copied, broken before its options where it is too long."""
    if os.name == "nt":  # pragma: no cover - needs Windows
        import subprocess

        return margin + subprocess.list2cmdline(words)
    parts = [shlex.quote(word) for word in words]
    whole = margin + " ".join(parts)
    if width(whole) < columns:
        return whole
    lines: list[str] = []
    for part in parts:
        if not lines or (part.startswith("--") and width(lines[-1]) > len(margin)):
            lines.append((margin if not lines else f"{margin}  ") + part)
        else:
            lines[-1] += f" {part}"
    joined: list[str] = [lines[0]]
    for line in lines[1:]:
        # Options stand together as far as they fit beside the sign that more follows.
        if width(joined[-1]) + 1 + width(line.strip()) + 3 <= columns:
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line)
    return " \\\n".join(joined)


def choices(
    rows: Sequence[tuple[str, str]], columns: int, numbers: Sequence[str] | None = None
) -> str:
    """Return a numbered list: a word, and what it means.

    Args:
        rows: word and meaning.
        columns: of the terminal.
        numbers: what stands before them; None for 1, 2, 3.
    """
    cells = max(width(word) for word, _meaning in rows)
    marks = numbers or [str(number) for number in range(1, len(rows) + 1)]
    return "\n".join(
        wrapped(meaning, columns, f"  {mark}  {word}{' ' * (cells - width(word))}  ")
        for mark, (word, meaning) in zip(marks, rows, strict=True)
    )
