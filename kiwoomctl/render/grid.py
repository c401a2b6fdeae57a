"""Reports for people: the cells of one section's table, before any drawing.

Both drawings (Rich on a terminal, plain text elsewhere) show these same lines. Totals and
subtotals are lines of the table; the title says the environment unless it is real money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress, groupby
from typing import Literal, NamedTuple, TypeVar

from kiwoomctl.locale import _, fill
from kiwoomctl.render.cells import directions, show, shown
from kiwoomctl.render.report import Column, Report, Section, Value

LineKind = Literal["row", "subtotal", "total"]
_Cell = TypeVar("_Cell")
MARKS = {"mock": "[모의] ", "sim": "[SIM] "}
"""What a title starts with where the money is not real; the same in both languages."""
_MOST_NAMED = 3


class Grid(NamedTuple):
    """One section, ready to draw: by columns, each with a cell for every line."""

    title: str
    columns: tuple[Column, ...]
    headers: tuple[str, ...]
    kinds: Sequence[LineKind]
    """What each line is."""
    cells: tuple[Sequence[str], ...]
    """The texts of each column."""
    directions: tuple[Sequence[int], ...]
    """1 gain, -1 loss, 0 neither: for each cell of each column."""
    notes: tuple[str, ...]
    tells_hidden: bool = False
    """Whether columns that do not fit are named."""


class _Sum(NamedTuple):
    """A line of sums, and how many rows stand above it."""

    place: int
    kind: LineKind
    values: Mapping[str, Value]
    label: str


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
    columns = columns if section.columns is None else section.columns
    if not chosen:
        columns = tuple(column for column in columns if column.in_table)
    values = [list(map(column.get, section.rows)) for column in columns]
    if not chosen:
        told = [_says_something(c, v) for c, v in zip(columns, values, strict=True)]
        columns, values = tuple(compress(columns, told)), list(compress(values, told))
    sums = _sums(report, section, columns)
    drawn_sums = [_drawn_sum(columns, line) for line in sums]
    places = [line.place for line in sums]
    return Grid(
        title=title(report, section),
        columns=columns,
        headers=tuple(_(column.header) for column in columns),
        kinds=_woven(["row"] * len(section.rows), places, [line.kind for line in sums]),
        cells=tuple(
            _woven(shown(values[i], column.kind), places, [cells[i] for cells, _ways in drawn_sums])
            for i, column in enumerate(columns)
        ),
        directions=tuple(
            _woven(
                directions(values[i], column.kind), places, [ways[i] for _cells, ways in drawn_sums]
            )
            for i, column in enumerate(columns)
        ),
        notes=_notes(report, section, columns),
        tells_hidden=section.tells_hidden,
    )


def _says_something(column: Column, values: Sequence[Value]) -> bool:
    return column.rank == 0 or any(value is not None for value in values)


def _woven(rows: Sequence[_Cell], places: Sequence[int], sums: Sequence[_Cell]) -> Sequence[_Cell]:
    """Return the rows with the sums at their places."""
    if not places:
        return rows
    woven: list[_Cell] = []
    above = 0
    for place, line in zip(places, sums, strict=True):
        woven += rows[above:place]
        woven.append(line)
        above = place
    return [*woven, *rows[above:]]


def title(report: Report, section: Section) -> str:
    """Return the heading of a section: environment, what, how many accounts, when."""
    parts = [section.title or _(report.title)]
    if section.accounts:
        parts.append(
            fill("{count} accounts", {"count": section.accounts})
            if section.accounts > 1
            else _("1 account")
        )
    parts.append(f"{report.as_of:%Y-%m-%d %H:%M:%S}")
    return MARKS.get(section.environment or "", "") + " · ".join(parts)


def _sums(report: Report, section: Section, columns: tuple[Column, ...]) -> list[_Sum]:
    sums: list[_Sum] = []
    group = next((column for column in columns if column.key == report.group), None)
    if group is not None and len(section.subtotals) > 1:
        place = 0
        for name, members in groupby(section.rows, group.get):
            count = len(list(members))
            place += count
            subtotal = section.subtotals.get(str(name))
            if subtotal is not None and count > 1:
                sums.append(_Sum(place, "subtotal", subtotal, _("Subtotal")))
    if section.totals is not None and section.rows and section.shows_totals:
        label = _("Total (incomplete)") if section.missing else _("Total")
        sums.append(_Sum(len(section.rows), "total", section.totals, label))
    return sums


def _drawn_sum(columns: tuple[Column, ...], line: _Sum) -> tuple[list[str], list[int]]:
    values = [line.values.get(column.key) for column in columns]
    cells = [
        show(value, column.kind) if column.key in line.values else ""
        for column, value in zip(columns, values, strict=True)
    ]
    # The first column that no narrow terminal drops carries the label.
    place = next((i for i, column in enumerate(columns) if column.rank == 0 and not cells[i]), None)
    if place is not None:
        cells[place] = line.label
    ways = [directions([v], column.kind)[0] for column, v in zip(columns, values, strict=True)]
    return cells, ways


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
    if any(column.key == "unrealized_pnl" for column in columns):
        notes.append(_basis_note(report, section))
    return tuple(note for note in (*notes, *section.notes, *report.notes) if note)


def some_before_costs() -> str:
    """Return that a profit adds up what brokers count in two ways."""
    return _("P&L is before costs in some accounts, after estimated costs in the others")


def _basis_note(report: Report, section: Section) -> str:
    """Return where a total is over profits before and after costs; empty elsewhere."""
    if (section.totals or {}).get("pnl_basis") != "mixed":
        return ""
    known = {column.key: column.get for column in section.columns or report.columns}
    if not {"profile", "pnl_basis"} <= known.keys():
        return "" if "profile" in known else some_before_costs()
    before = [known["profile"](r) for r in section.rows if known["pnl_basis"](r) == "gross"]
    names = [str(name) for name in dict.fromkeys(before)]
    if not 0 < len(names) <= _MOST_NAMED:
        return some_before_costs()
    return fill(
        "P&L is before costs in {profiles}, after estimated costs in the others",
        {"profiles": ", ".join(names)},
    )


def _is_missing_sum(totals: Mapping[str, Value], column: Column) -> bool:
    # A rate may be missing for a good reason: there is nothing it could be a percentage of.
    return column.kind in {"number", "signed"} and totals.get(column.key, 0) is None
