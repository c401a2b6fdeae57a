"""Completion at the prompt of a shell: what may stand where the cursor is.

Purpose: the scripts of bash, zsh and fish ask ``kiwoomctl __complete`` at every TAB, so this
starts without Typer, from ready tables, and loads of everything else only what is asked for.

Invariants: nothing is written, no folder is made, no secret is looked for, nobody is asked over
a network; whatever goes wrong, nothing is said at all.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing, or collections.abc, would be felt at the prompt
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORD = "__complete"
"""The first word of a call for completion."""
SHELLS = ("bash", "zsh", "fish")
FILES = ("files", "folders")
_QUOTES = "\"'"


def answer(asked: Sequence[str]) -> None:
    """Print the candidates for ``SHELL WORD..``, the last word being the one at the cursor.

    bash tells ``bash WORD LINE`` instead, the word being what it will replace: it splits words
    where we do not.
    """
    try:
        text = _answer(list(asked), os.environ)
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 - a prompt is no place for errors
        os._exit(0)


def script(shell: str) -> str:
    """Return what a shell has to read once to complete our words."""
    with open(f"{os.path.dirname(__file__)}/kiwoomctl.{shell}", encoding="utf-8") as text:  # noqa: PTH120, PTH123 - pathlib is slow to import
        return text.read()


def _answer(asked: list[str], environ: Mapping[str, str]) -> str:
    from kiwoomctl.completion import table
    from kiwoomctl.completion.sources import Sources

    shell, *words = asked
    cut = 0
    if shell == "bash":
        replaced, line = words
        words = split(line)[1:]
        cut = _kept(words[-1], replaced)
    language = _language(words, environ)
    *before, current = words
    found = table.candidates(table.read(language), before, current, Sources(before, environ))
    return "".join(_line(shell, value[cut:], told) for value, told in found)


def _language(words: Sequence[str], environ: Mapping[str, str]) -> str:
    from kiwoomctl import locale
    from kiwoomctl.config.paths import language_file

    return locale.choose(words, environ, language_file(environ))


def _line(shell: str, value: str, told: str) -> str:
    if value.startswith(":") or shell == "bash":
        return f"{value}\n"
    if shell == "fish":
        return f"{value}\t{told}\n"
    plain = value.replace("\\", "\\\\").replace(":", "\\:")
    return f"{plain}:{told}\n" if told else f"{plain}\n"


def _kept(word: str, replaced: str) -> int:
    """Return how much of a word bash keeps: all before what it replaces, as after ``=``."""
    later = "" if replaced == "=" else replaced.lstrip(_QUOTES)
    return len(word) - len(later) if word.endswith(later) else 0


def split(line: str) -> list[str]:
    """Return the words of a line up to the cursor, the last one unfinished, quotes taken away."""
    words, word, quote, begun, escaped = [], "", "", False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\" and quote != "'":
            begun = escaped = True
        elif quote:
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in _QUOTES:
            quote, begun = character, True
        elif character.isspace():
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + character, True
    return [*words, word]
