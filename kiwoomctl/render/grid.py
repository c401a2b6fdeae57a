"""Reports for people: the cells of one section's table, before any drawing.

Both drawings (Rich on a terminal, plain text elsewhere) show these same lines. Totals and
subtotals are lines of the table; the title says the environment unless it is real money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

from kiwoomctl.locale import _, fill
from kiwoomctl.render.cells import COLOURED, direction, show
from kiwoomctl.render.report import Column, Report, Section, Value

LineKind = Literal["row", "subtotal", "total"]
MARKS = {"mock": "[모의] ", "sim": "[SIM] "}
"""What a title starts with where the money is not real; the same in both languages."""


class Line(NamedTuple):
    """One line: a cell and a direction (1 gain, -1 loss, 0) per column."""

    kind: LineKind
    cells: tuple[str, ...]
    directions: tuple[int, ...]


class Grid(NamedTuple):
    """One section, ready to draw."""

    title: str
    columns: tuple[Column, ...]
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def grids(report: Report, columns: Sequence[Column], *, chosen: bool) -> list[Grid]:
    """Return the sections of a report as grids.

    Args:
        report: what to show.
        columns: the fields to show.
        chosen: whether a person named these fields; if not, columns meant for machines and
            columns without any value fall away.
    """
    return [_grid(report, section, tuple(columns), chosen) for section in report.sections]


def _grid(report: Report, section: Section, columns: tuple[Column, ...], chosen: bool) -> Grid:
    if not chosen:
        columns = tuple(c for c in columns if c.in_table and _says_something(c, section.rows))
    return Grid(
        title=title(report, section),
        columns=columns,
        headers=tuple(_(column.header) for column in columns),
        lines=tuple(_lines(report, section, columns)),
        notes=_notes(report, section, columns),
    )


def _says_something(column: Column, rows: Sequence[Any]) -> bool:
    return column.rank == 0 or any(column.get(row) is not None for row in rows)


def title(report: Report, section: Section) -> str:
    """Return the heading of a section: environment, what, how many accounts, when."""
    parts = [_(report.title)]
    if section.accounts:
        parts.append(
            fill("{count} accounts", {"count": section.accounts})
            if section.accounts > 1
            else _("1 account")
        )
    parts.append(f"{report.as_of:%Y-%m-%d %H:%M:%S}")
    return MARKS.get(section.environment or "", "") + " · ".join(parts)


def _lines(report: Report, section: Section, columns: tuple[Column, ...]) -> list[Line]:
    group = next((c for c in report.columns if c.key == report.group), None)
    lines: list[Line] = []
    if group is None or not any(c.key == report.group for c in columns):
        lines += [_row(columns, row) for row in section.rows]
    else:
        for name, members in groupby(section.rows, group.get):
            rows = list(members)
            lines += [_row(columns, row) for row in rows]
            subtotal = section.subtotals.get(str(name))
            if subtotal is not None and len(section.subtotals) > 1 and len(rows) > 1:
                lines.append(_sum("subtotal", columns, subtotal, _("Subtotal")))
    if section.totals is not None and section.rows:
        label = _("Total (incomplete)") if section.missing else _("Total")
        lines.append(_sum("total", columns, section.totals, label))
    return lines


def _row(columns: tuple[Column, ...], row: Any) -> Line:
    return Line("row", *_drawn(columns, [column.get(row) for column in columns]))


def _sum(
    kind: LineKind, columns: tuple[Column, ...], sums: Mapping[str, Value], label: str
) -> Line:
    values = [sums.get(column.key) for column in columns]
    cells, directions = _drawn(columns, values)
    told = [cell if column.key in sums else "" for column, cell in zip(columns, cells, strict=True)]
    # The first column that no narrow terminal drops carries the label.
    place = next((i for i, column in enumerate(columns) if column.rank == 0 and not told[i]), None)
    if place is not None:
        told[place] = label
    return Line(kind, tuple(told), directions)


def _drawn(
    columns: tuple[Column, ...], values: Sequence[Value]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    kinds = [column.kind for column in columns]
    return (
        tuple([show(value, kind) for value, kind in zip(values, kinds, strict=True)]),
        tuple(
            [
                direction(value, kind) if kind in COLOURED else 0
                for value, kind in zip(values, kinds, strict=True)
            ]
        ),
    )


def _notes(report: Report, section: Section, columns: tuple[Column, ...]) -> tuple[str, ...]:
    notes = []
    if not (section.rows or section.missing):
        notes.append(_(report.empty))
    if section.missing:
        notes.append(
            fill(
                "missing here: {missing} of {chosen} accounts; see the errors",
                {"missing": section.missing, "chosen": section.accounts + section.missing},
            )
        )
    if section.rows and any(_is_missing_sum(section.totals or {}, c) for c in columns):
        notes.append(_("a - in a total: the broker left out a figure it needs"))
    return tuple(note for note in (*notes, *report.notes) if note)


def _is_missing_sum(totals: Mapping[str, Value], column: Column) -> bool:
    # A rate may be missing for a good reason: there is nothing it could be a percentage of.
    return column.kind in {"number", "signed"} and totals.get(column.key, 0) is None
