"""Tables as aligned text: off a terminal, where nothing is boxed, folded or cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiwoomctl.render.cells import RIGHT, pad, width
from kiwoomctl.render.grid import Grid

GAP = "  "


def plain_table(grid: Grid, paint: Callable[[str, int], str]) -> str:
    """Return the table as text.

    Args:
        grid: what to draw.
        paint: colours a cell by its direction, or leaves it.
    """
    lines = [grid.title]
    if grid.lines:
        # By columns: ten thousand rows are drawn in a tenth of a second.
        columns = zip(grid.headers, *[line.cells for line in grid.lines], strict=True)
        directions = zip(
            (0,) * len(grid.headers), *[line.directions for line in grid.lines], strict=True
        )
        padded = [
            _painted(_padded(cells, right=column.kind in RIGHT), towards, paint)
            for column, cells, towards in zip(grid.columns, columns, directions, strict=True)
        ]
        lines += [GAP.join(cells).rstrip() for cells in zip(*padded, strict=True)]
    lines.extend(grid.notes)
    return "\n".join(lines) + "\n"


def _padded(cells: Sequence[str], *, right: bool) -> list[str]:
    """Return the cells of a column, all as wide as the widest."""
    if all(map(str.isascii, cells)):
        widest = max(map(len, cells))
        return [cell.rjust(widest) if right else cell.ljust(widest) for cell in cells]
    widest = max(map(width, cells))
    return [pad(cell, widest, right=right) for cell in cells]


def _painted(
    cells: list[str], directions: Sequence[int], paint: Callable[[str, int], str]
) -> list[str]:
    if not any(directions):
        return cells
    return [paint(cell, way) if way else cell for cell, way in zip(cells, directions, strict=True)]
