"""Tables on a terminal, drawn by Rich: as wide as it is, figures whole, names cut last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from kiwoomctl.locale import fill
from kiwoomctl.render.cells import RIGHT, WHOLE, width
from kiwoomctl.render.grid import Grid

if TYPE_CHECKING:
    from rich.console import Console

GAP = 2
"""Cells between two columns: one of padding, one of the box."""
SMALLEST_NAME = 12
SMALLEST_TEXT = 20
"""Sentences are folded; in less room than this they are a ladder of words."""
STYLES = {"kr": {1: "red", -1: "blue"}, "us": {1: "green", -1: "red"}}
_LINE_STYLES = {"row": "", "subtotal": "dim", "total": "bold"}


def draw(stream: TextIO, grids: Sequence[Grid], *, colour: bool, palette: str) -> None:
    """Write the grids to a terminal.

    Args:
        stream: the terminal.
        grids: what to draw.
        colour: False for a terminal without colour.
        palette: ``kr`` (red is up) or ``us`` (green is up).
    """
    from rich.console import Console

    console = Console(file=stream, no_color=not colour, highlight=False, markup=False, emoji=False)
    for index, grid in enumerate(grids):
        if index:
            console.print()
        _draw_one(console, grid, STYLES[palette])


def _draw_one(console: Console, grid: Grid, styles: dict[int, str]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console.print(Text(grid.title, style="bold"))
    if grid.kinds:
        widths = fitting(grid, console.width)
        shown = list(widths)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for index, cells in widths.items():
            table.add_column(
                Text(grid.headers[index]),
                justify="right" if grid.columns[index].kind in RIGHT else "left",
                no_wrap=not grid.columns[index].wraps,
                overflow="fold" if grid.columns[index].wraps else "ellipsis",
                width=cells,
            )
        for line, kind in enumerate(grid.kinds):
            if kind == "total":
                table.add_section()
            table.add_row(
                *(
                    Text(grid.cells[i][line], style=styles.get(grid.directions[i][line], ""))
                    for i in shown
                ),
                style=_LINE_STYLES[kind],
            )
        # Rich would cut figures to make the table fit; a terminal folds what is too wide.
        terminal = console.width
        console.width = max(terminal, _space(widths))
        console.print(table)
        console.width = terminal
        hidden = [grid.headers[i] for i in range(len(grid.headers)) if i not in widths]
        if hidden and grid.tells_hidden:
            told = fill("too narrow here for: {names}", {"names": ", ".join(hidden)})
            console.print(Text(told, style="dim"))
    for note in grid.notes:
        console.print(Text(note, style="dim"))


def fitting(grid: Grid, terminal: int) -> dict[int, int]:
    """Return the columns that fit, by index, and how many cells each gets.

    The highest ranks are dropped first; then names are shortened. Figures and times stay whole: on
    a terminal too narrow even for those the lines run over, but no digit is lost.
    """
    needed = [_needed(grid, index) for index in range(len(grid.columns))]
    least = [_least(grid, index, cells) for index, cells in enumerate(needed)]
    shown = list(range(len(grid.columns)))
    while _space({i: least[i] for i in shown}) > terminal:
        droppable = [i for i in shown if grid.columns[i].rank > 0]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda i: grid.columns[i].rank))
    widths = {i: needed[i] for i in shown}
    while _space(widths) > terminal:
        wide = [i for i in shown if widths[i] > least[i]]
        if not wide:
            break
        widths[max(wide, key=lambda i: widths[i])] -= 1
    return widths


def _space(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _least(grid: Grid, index: int, needed: int) -> int:
    if grid.columns[index].kind in WHOLE or index == 0:
        return needed
    smallest = SMALLEST_TEXT if grid.columns[index].wraps else SMALLEST_NAME
    return min(needed, max(smallest, width(grid.headers[index])))


def _needed(grid: Grid, index: int) -> int:
    return max(width(grid.headers[index]), *map(width, grid.cells[index]))
