"""Tables as aligned text: off a terminal, where nothing is boxed, folded or cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, repeat

from kiwoomctl.render.cells import RIGHT, pad, width
from kiwoomctl.render.grid import Grid
from kiwoomctl.render.report import Column

GAP = "  "
_TOGETHER = 500


def plain_table(grid: Grid, paint: Callable[[str, int], str]) -> Iterator[str]:
    """Return the table as the parts of a text.

    Args:
        grid: what to draw.
        paint: colours a cell by its direction, or leaves it.
    """
    yield f"{grid.title}\n"
    if grid.kinds:
        columns = [
            _padded(column, (header, *cells), (0, *directions), paint)
            for column, header, cells, directions in zip(
                grid.columns, grid.headers, grid.cells, grid.directions, strict=True
            )
        ]
        lines = map(str.rstrip, map(GAP.join, zip(*columns, strict=True)))
        while together := list(islice(lines, _TOGETHER)):
            yield "\n".join(together) + "\n"
    for note in grid.notes:
        yield f"{note}\n"


def _padded(
    column: Column,
    cells: Sequence[str],
    directions: Sequence[int],
    paint: Callable[[str, int], str],
) -> Iterator[str]:
    """Return the cells of a column, all as wide as the widest; only the lines drawn are kept."""
    right = column.kind in RIGHT
    plain = all(map(str.isascii, cells))
    widest = max(map(len if plain else width, cells))
    padded: Iterator[str]
    if plain:
        padded = map(str.rjust if right else str.ljust, cells, repeat(widest))
    else:
        padded = (pad(cell, widest, right=right) for cell in cells)
    return map(paint, padded, directions) if any(directions) else padded
