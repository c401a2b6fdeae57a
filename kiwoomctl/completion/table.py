"""The words of every command, from a ready table, and which of them fit at the cursor.

A line of ``words.LANGUAGE.tsv`` is path, kind, name, values, explanation. The path is the words
of a command, ``*`` for what all share. Kinds: C a command below it, O an option (its flags by
blanks), A an argument (in their order), S it has the shared options.

Values say what may follow: nothing for a flag, ``any`` for what nobody can guess, ``=a b`` one of
these, ``,a b`` a list of these by commas, ``@name`` what ``sources`` finds, ``@name,`` a list of
that; ``|`` between two of these, ``*`` at the end of an argument that may be given again.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as in the package
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Candidate = tuple[str, str]
    Find = Callable[[str, str], Iterable[Candidate]]

SHARED = "*"
FILES = ("files", "folders")
_REPEATABLE = ("--profile", "--allow")


class Table:
    """The words of all commands."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, list[list[str]]] = {}
        for line in text.splitlines():
            path, rest = line.split("\t", 1)
            self._lines.setdefault(path, []).append(rest.split("\t"))

    def below(self, path: str) -> list[Candidate]:
        """Return the commands below one, with what they do."""
        return [(row[1], row[3]) for row in self._of(path, "C")]

    def options(self, path: str) -> list[list[str]]:
        """Return the options of a command: kind, flags, values, explanation."""
        own = self._of(path, "O")
        if not self._of(path, "S"):
            return own
        known = {row[1] for row in own}
        return own + [row for row in self._of(SHARED, "O") if row[1] not in known]

    def argument(self, path: str, place: int) -> str:
        """Return the values of an argument, nothing where there is none more."""
        rows = self._of(path, "A")
        if place < len(rows):
            return rows[place][2].rstrip("*")
        return rows[-1][2].rstrip("*") if rows and rows[-1][2].endswith("*") else ""

    def _of(self, path: str, kind: str) -> list[list[str]]:
        return [row for row in self._lines.get(path, ()) if row[0] == kind]


def read(language: str) -> Table:
    """Return the table of a language."""
    path = f"{os.path.dirname(__file__)}/words.{language}.tsv"  # noqa: PTH120 - pathlib is slow to import
    with open(path, encoding="utf-8") as text:  # noqa: PTH123 - as above
        return Table(text.read())


def candidates(table: Table, words: Sequence[str], current: str, find: Find) -> list[Candidate]:
    """Return what may stand in the place of an unfinished word, each with its explanation.

    Args:
        table: the words of all commands.
        words: what stands before it, without the program's name.
        current: the unfinished word.
        find: gives the values of a name, for the beginning of one.
    """
    path, place, used, values = _walked(table, words)
    if values is not None:
        return _values(values, current, find)
    if current.startswith("-"):
        flag, equals, begun = current.partition("=")
        if equals:
            found = _values(_values_of(table, path, flag) or "", begun, find)
            return [(v if v.startswith(":") else f"{flag}={v}", told) for v, told in found]
        return [
            (name, row[3])
            for row in table.options(path)
            for name in row[1].split(" ")
            if name.startswith(current)
            and name.startswith("--")
            and (name in _REPEATABLE or name not in used)
        ]
    named = table.below(path) if place == 0 else ()
    below = [found for found in named if found[0].startswith(current)]
    return below or _values(table.argument(path, place), current, find)


def _walked(table: Table, words: Sequence[str]) -> tuple[str, int, set[str], str | None]:
    """Return the command, how many arguments it has, its options, and what an option waits for."""
    path, place, waiting = "", 0, None
    used: set[str] = set()
    for word in words:
        if waiting is not None:
            waiting = None
        elif word.startswith("-") and word != "-":
            flag, equals, _value = word.partition("=")
            glued = not word.startswith("--") and len(word) > 2  # noqa: PLR2004 - as -pisa
            values = _values_of(table, path, flag)
            used.update(_names_of(table, path, flag))
            waiting = values if values and not equals and not glued else None
        elif any(name == word for name, _told in table.below(path)):
            path, place = f"{path} {word}".strip(), 0
        else:
            place += 1
    return path, place, used, waiting


def _row(table: Table, path: str, flag: str) -> list[str] | None:
    return next((row for row in table.options(path) if flag in row[1].split(" ")), None)


def _names_of(table: Table, path: str, flag: str) -> list[str]:
    row = _row(table, path, flag)
    return row[1].split(" ") if row else []


def _values_of(table: Table, path: str, flag: str) -> str | None:
    row = _row(table, path, flag)
    return row[2] if row else None


def _values(spec: str, current: str, find: Find) -> list[Candidate]:
    """Return the values that begin like the unfinished word."""
    found: list[Candidate] = []
    for part in spec.split("|"):
        mark, rest = part[:1], part[1:]
        if mark == "=":
            found += _starting([(value, "") for value in rest.split(" ")], current)
        elif mark == "," or (mark == "@" and rest.endswith(",")):
            done, comma, begun = current.rpartition(",")
            given = done.split(",")
            known = (
                [(value, "") for value in rest.split(" ")]
                if mark == ","
                else find(rest.rstrip(","), begun)
            )
            fitting = _starting([k for k in known if k[0] not in given], begun)
            found += [(f"{done}{comma}{value}", told) for value, told in fitting]
        elif mark == "@":
            found += [(f":{rest}", "")] if rest in FILES else find(rest, current)
    return found


def _starting(known: Iterable[Candidate], current: str) -> list[Candidate]:
    return [(value, told) for value, told in known if value.startswith(current)]
