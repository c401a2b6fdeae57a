"""The stable words that name errors, found in the source, by the exit code each comes with.

``tests.messages`` writes them into ``help exit-codes``; a test compares.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kiwoomctl import errors

PACKAGE = Path(__file__).parent.parent / "kiwoomctl"
TOPICS = PACKAGE / "topics"
HEADINGS = {"en": "## The words in `code`", "ko": "## `code`의 단어"}
_WIDTH = 78
_ROOM = 7


@cache
def found() -> dict[int, list[str]]:
    """Return the words by exit code, both in order."""
    words: dict[int, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if "simulator" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for raised, code in _named(tree):
            error = getattr(errors, raised, None)
            if isinstance(error, type) and issubclass(error, errors.KiwoomctlError):
                words.setdefault(error.exit_code, set()).add(code)
    for error in _classes():
        words.setdefault(error.exit_code, set()).add(error.code)
    return {exit_code: sorted(words[exit_code]) for exit_code in sorted(words)}


def _named(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg == "code" and isinstance(value, ast.Constant):
                yield name, str(value.value)


def _classes() -> Iterator[type[errors.KiwoomctlError]]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.KiwoomctlError):
            yield value


def lines() -> str:
    """Return them as they stand in the topic."""
    told = []
    for exit_code, words in found().items():
        rows = textwrap.wrap(
            " ".join(words), _WIDTH - 4 - _ROOM, break_long_words=False, break_on_hyphens=False
        )
        told += [
            f"    {exit_code if first else '':<{_ROOM}}{row}".rstrip()
            for row, first in zip(rows, [True] + [False] * len(rows), strict=False)
        ]
    return "\n".join(told)


def written(text: str) -> str:
    """Return them as a topic has them: the last block of indented lines in its section."""
    section = next(text.partition(heading)[2] for heading in HEADINGS.values() if heading in text)
    return str(_BLOCK.findall(section.partition("\n## ")[0])[-1]).rstrip("\n")


_BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)


def refresh(language: str) -> None:
    """Write them into the topic of a language."""
    path = TOPICS / ("exit-codes.md" if language == "en" else f"exit-codes.{language}.md")
    text = path.read_text("utf-8")
    path.write_text(text.replace(written(text), lines()), "utf-8", newline="\n")
