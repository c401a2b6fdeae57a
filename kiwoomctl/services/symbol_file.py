"""The file of listed codes and names: one line each, read without parsing what is not asked for.

Purpose: names for reads, and codes for completion at the prompt, where every millisecond counts:
this module needs nothing but the standard library and ``files``. The file is a cache: damaged,
cut or of another version, it counts as none.

A line is code, folded name, name, market, NXT (Y, N or nothing), by tabs. The head line says the
version, when the lists were read, and how many lines follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from kiwoomctl import files

if TYPE_CHECKING:
    from kiwoomctl.domain.market import Listing

FILE: Final = "symbols.tsv"
_VERSION: Final = "kiwoomctl-symbols/1"
_NXT: Final = {True: "Y", False: "N", None: ""}
_TOLD: Final = {"Y": True, "N": False}


class SymbolFile:
    """The codes and names of one file."""

    def __init__(self, made_at: datetime, lines: str) -> None:
        self.made_at = made_at
        """When the lists were read, KST."""
        self._lines = lines

    def of(self, symbol: str) -> Listing | None:
        """Return the listing of a code."""
        return next(self._matches(rf"^{re.escape(symbol)}\t.*$"), None)

    def named(self, name: str) -> tuple[Listing, ...]:
        """Return what has exactly this name, blanks and case aside; usually one."""
        return tuple(self._matches(rf"^[^\t\n]+\t{re.escape(folded(name))}\t.*$"))

    def starting(self, text: str) -> Iterator[Listing]:
        """Yield what has a code or a name that starts like this."""
        return self._matches(_starting(text))

    def pairs(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield code and name of what starts like this; no more than that is loaded for it."""
        for match in re.finditer(_starting(text), self._lines, re.MULTILINE):
            code, _folded, name, _rest = match[0].split("\t", 3)
            yield code, name

    def containing(self, text: str) -> Iterator[Listing]:
        """Yield what has a name with this somewhere in it."""
        return self._matches(rf"^[^\t\n]+\t[^\t\n]*{re.escape(folded(text))}.*?\t.*$")

    def _matches(self, pattern: str) -> Iterator[Listing]:
        from kiwoomctl.domain.identity import Symbol
        from kiwoomctl.domain.market import Listing

        for match in re.finditer(pattern, self._lines, re.MULTILINE):
            code, _folded, name, market, nxt = match[0].split("\t")
            yield Listing(Symbol(code), name, market, _TOLD.get(nxt))


def _starting(text: str) -> str:
    start = re.escape(folded(text))
    return rf"^(?:{re.escape(text.strip().upper())}|[^\t\n]+\t{start}).*$"


def folded(name: str) -> str:
    """Return a name as names are compared: without blanks, in one case, Hangul composed."""
    return normalize("NFC", normalize("NFC", "".join(name.split())).casefold())


def read(folder: Path) -> SymbolFile | None:
    """Return the file of a world, None where there is none of use.

    Raises:
        StateError: it is there and cannot be opened.
    """
    text = files.read_private(folder / FILE)
    head, _, lines = (text or "").partition("\n")
    try:
        version, moment, count = head.split(" ")
        if version != _VERSION or int(count) != lines.count("\n"):
            return None
        return SymbolFile(datetime.fromisoformat(moment), lines)
    except ValueError:
        return None


def write(folder: Path, listings: Iterable[Listing], made_at: datetime) -> Path:
    """Replace the file of a world; raises StateError."""
    lines = [
        f"{row.symbol}\t{folded(row.name)}\t{row.name}\t{_cell(row.market)}\t{_NXT[row.nxt]}\n"
        for row in sorted(listings, key=lambda row: row.symbol)
    ]
    head = f"{_VERSION} {made_at.isoformat(timespec='seconds')} {len(lines)}\n"
    files.ensure_folder(folder)
    files.write_private(folder / FILE, head + "".join(lines))
    return folder / FILE


def _cell(text: str) -> str:
    return " ".join(text.split())
