"""What the canary runs of each command; a command without a line here fails a test."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from kiwoomctl.commands import entries
from kiwoomctl.commands._common import load

FORMATS = ("table", "json", "jsonl", "csv")
LINES = ("table", "jsonl")
"""Of what has no end."""
Path = tuple[str, ...]
"""The words of a command: ("ledger", "show")."""


class Case(NamedTuple):
    """One way to run a command."""

    words: str
    """As typed after the command, in braces what the world names."""
    codes: tuple[int, ...] = (0,)
    public: bool = False
    """Whether it is asked to show whole account numbers."""
    stdin: str = ""
    formats: tuple[str, ...] = FORMATS
    """What it can be written as; asked for anything else it ends with 2."""

    def codes_as(self, output: str) -> tuple[int, ...]:
        """Return how it may end in this form of output."""
        return self.codes if output in self.formats else (2,)


_ORDER = "--yes --allow MARKET,COLLAR,VALUE,DUPLICATE,CROSS,TICK"
_BUY = f"069500 1 --price {{price}} -p filed,envied {_ORDER}"

# In the order in which a person would come to them.
CASES: dict[Path, tuple[Case, ...]] = {
    ("login",): (
        Case("filed --stdin", stdin="{filed}"),
        Case("--refresh -p all", (0, 6)),
        Case("inlined --stdin", (0, 2), stdin="{inlined}"),
    ),
    ("accounts",): (Case(""), Case("--check"), Case("--show-account", public=True)),
    ("cash",): (Case(""),),
    ("positions",): (Case(""), Case("--by symbol")),
    ("summary",): (Case(""),),
    ("watch",): (Case("--once"), Case("--duration 0.3 -p @both", formats=LINES)),
    ("stream",): (
        Case("--list"),
        Case("orders -p envied --duration 0.2", formats=LINES),
        Case("orders balance -p filed --duration 0.2 --raw", formats=LINES),
        Case("trades 005930 -p @both --duration 0.2", formats=LINES),
    ),
    ("condition", "list"): (Case("-p filed"),),
    ("condition", "search"): (Case("0 -p filed"),),
    ("condition", "watch"): (Case("0 -p filed --duration 0.2", formats=LINES),),
    ("quote",): (Case("005930"), Case("005930 -p envied --exchange NXT", (0, 3))),
    ("pnl",): (Case(""), Case("--by symbol")),
    ("transactions",): (Case("", (0, 6)),),
    ("orderable",): (Case("005930"),),
    ("buy",): (
        Case(f"{_BUY} --dry-run"),
        Case(f"{_BUY} --id canary-{{n}}"),
        Case(f"{_BUY} --id canary-{{n}}"),
    ),
    ("sell",): (Case(f"{{held}} 1 --market -p filed {_ORDER}"),),
    ("orders",): (Case(""), Case("--open")),
    ("fills",): (Case(""),),
    ("modify",): (Case(f"{{order}} --price {{price2}} {_ORDER} -p filed", (0, 3, 7)),),
    ("cancel",): (Case("--all --yes -p all"), Case("0000001 --yes -p filed", (2, 3, 7))),
    ("resolve",): (Case("--settle 0"), Case("20200101-00000000.1 --absent", (2, 8))),
    ("audit",): (Case("", (0, 11)),),
    ("ledger", "list"): (Case(""),),
    ("ledger", "show"): (Case("{id}"), Case("{id} --show-account", public=True)),
    ("halt",): (Case("--reason canary -p envied"),),
    ("resume",): (Case("-p envied"),),
    ("snapshot",): (Case(""),),
    ("snapshot", "diff"): (Case("{day} {day}", (0, 2, 8)),),
    ("history",): (Case(""), Case("--by account")),
    ("history", "cashflow", "add"): (Case("filed {day} 1000 --note canary"),),
    ("history", "cashflow", "list"): (Case(""),),
    ("history", "cashflow", "remove"): (Case("filed 1", (0, 2)),),
    ("export",): (Case("--at {day}"), Case("--at {day} --excel", (0, 2))),
    ("report",): (Case("--out page-{n}.html"), Case("--out -", formats=("table",))),
    ("symbols", "update"): (Case("", (0, 3, 6)),),
    ("symbols", "find"): (Case("삼성", (0, 8)),),
    ("api", "list"): (Case(""),),
    ("api", "search"): (Case("예수금"),),
    ("api", "show"): (Case("kt00001"),),
    ("api", "call"): (
        Case("kt00001 qry_tp=3 -p filed"),
        Case("ka00001 -p filed", public=True),
        Case("kt00001 qry_tp=3 -p filed --raw", (0, 2)),
    ),
    ("doctor",): (Case("", (0, 4, 8)),),
    ("demo", "reset"): (Case(""),),
    ("sim", "serve"): (Case("--port 99999", (2,)), Case("--broker nobody", (2,))),
    ("help",): (Case(""), Case("security"), Case("login")),
    ("init",): (Case("--no-input", (8,)), Case("", (2, 8))),
    ("logout",): (Case("filed --keep-secret"), Case("envied"), Case("filed")),
}


def commands() -> Iterator[Path]:
    """Yield the words of every command there is, also of those that have some below them."""
    for entry in entries():
        yield from _below((entry.name,), load(entry.name))


def _below(path: Path, command: Any) -> Iterator[Path]:
    below = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield path
    for name, one in below.items():
        yield from _below((*path, name), one)


def words_of(path: Path, case: Case, names: dict[str, str]) -> list[str]:
    """Return the words of a run."""
    return [*path, *shlex.split(case.words.format(**names))]
