"""What a command has to say, before any format: columns, rows, totals, errors.

A Column is read by every renderer, so a field has one name, one meaning and one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from kiwoomctl.errors import KiwoomctlError, UsageError, combined_exit_code

Part = Mapping[str, Any]
"""A value with parts of its own, for machines: an object in JSON, JSON text in CSV."""
Value = str | int | bool | Decimal | datetime | Sequence[str] | Part | Sequence[Part] | None
Kind = Literal[
    "text", "id", "word", "time", "moment", "number", "average", "signed", "percent", "rate"
]
"""id: an identifier, never cut; word: one of a few, translated in tables; time: to the minute;
moment: to the second; number: an amount; average: an amount of which a table shows the whole won;
signed: an amount whose sign matters; percent: a share;
rate: a gain in percent; text: everything else."""


NOTHING: Mapping[str, Any] = {}
"""What is the same for every record that has none."""


class Column(NamedTuple):
    """One field of a report's rows."""

    key: str
    header: str
    """English text, the key of its translation."""
    get: Callable[[Any], Value]
    kind: Kind = "text"
    rank: int = 0
    """On a narrow terminal the highest ranks go first; 0 stays."""
    wraps: bool = False
    """On a terminal: a sentence that may take several lines."""
    in_table: bool = True
    """False: only for machines, unless asked for by --fields."""


class Section(NamedTuple):
    """Rows of one environment with their totals (by column key)."""

    environment: str | None
    rows: Sequence[Any]
    totals: Mapping[str, Value] | None = None
    accounts: int = 0
    missing: int = 0
    subtotals: Mapping[str, Mapping[str, Value]] = NOTHING
    """Totals per group, by the value of the report's group column."""
    title: str = ""
    """What it is, in the user's language; empty for the report's title."""
    columns: tuple[Column, ...] | None = None
    """Where a table has several kinds of rows: the columns of these."""
    tells_hidden: bool = False
    """Whether columns for which a terminal is too narrow are named below the table."""
    notes: tuple[str, ...] = ()
    """What stands below its last row, in the user's language."""
    shows_totals: bool = True
    """Whether a table has a line for the totals."""


class Report(NamedTuple):
    """The answer of one command."""

    name: str
    """Stable: it names the schema."""
    title: str
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    as_of: datetime
    failures: tuple[tuple[str | None, KiwoomctlError], ...] = ()
    """Profile (None: the whole command) and what went wrong."""
    group: str | None = None
    """Key of the column that groups rows in tables."""
    environments: tuple[str, ...] = ()
    """Of the chosen accounts, whether they answered or not."""
    succeeded: int = 0
    """How many accounts answered."""
    verdict: int | None = None
    """The exit code where the rows themselves tell it; None: succeeded and failures do."""
    empty: str = ""
    """What a table says when there is no row."""
    has_totals: bool = False
    notes: tuple[str, ...] = ()
    """What a table says below its last row, in the user's language."""
    parts: Mapping[str, Value] = NOTHING
    """Further members of the JSON document."""

    @property
    def rows(self) -> list[Any]:
        """All rows of all sections."""
        return [row for section in self.sections for row in section.rows]

    @property
    def environment(self) -> str | None:
        """The one environment, ``mixed`` for several, None where none was chosen."""
        if len(self.environments) > 1:
            return "mixed"
        return self.environments[0] if self.environments else None

    @property
    def exit_code(self) -> int:
        """The exit code these answers and failures add up to."""
        if self.verdict is not None:
            return self.verdict
        return combined_exit_code([error.exit_code for _, error in self.failures], self.succeeded)

    @property
    def status(self) -> str:
        """ok, partial or error."""
        if self.verdict is not None:
            return "error" if self.verdict else "ok"
        if not self.failures:
            return "ok"
        return "partial" if self.succeeded else "error"


def chosen_columns(report: Report, fields: Sequence[str] | None) -> tuple[Column, ...]:
    """Return the columns of --fields in their order, or all.

    Raises:
        UsageError: a field this report does not have.
    """
    if fields is None:
        return report.columns
    check_fields(report.columns, fields)
    known = {column.key: column for column in report.columns}
    return tuple(known[name] for name in fields)


def check_fields(columns: Sequence[Column], fields: Sequence[str]) -> None:
    """Refuse a field these columns do not have, before anything is asked of a broker."""
    known = [column.key for column in columns]
    for name in fields:
        if name not in known:
            raise UsageError(
                "unknown field {name!r}",
                hint="known: {near}",
                code="field_unknown",
                name=name,
                near=", ".join(known),
            )
