"""Tables as aligned text: off a terminal, where nothing is boxed, folded or cut."""

from __future__ import annotations

from collections.abc import Callable

from kiwoomctl.render.cells import RIGHT, pad, width
from kiwoomctl.render.grid import Grid, Line

GAP = "  "


def plain_table(grid: Grid, paint: Callable[[str, int], str]) -> str:
    """Return the table as text.

    Args:
        grid: what to draw.
        paint: colours a cell by its direction, or leaves it.
    """
    lines = [grid.title]
    if grid.lines:
        widths = [
            max(width(header), *(width(line.cells[index]) for line in grid.lines))
            for index, header in enumerate(grid.headers)
        ]
        right = [column.kind in RIGHT for column in grid.columns]
        lines.append(_joined(grid.headers, widths, right))
        lines.extend(_drawn(line, widths, right, paint) for line in grid.lines)
    lines.extend(grid.notes)
    return "\n".join(lines) + "\n"


def _drawn(
    line: Line, widths: list[int], right: list[bool], paint: Callable[[str, int], str]
) -> str:
    cells = [
        paint(pad(cell, cells, right=to_right), direction)
        if direction
        else pad(cell, cells, right=to_right)
        for cell, cells, to_right, direction in zip(
            line.cells, widths, right, line.directions, strict=True
        )
    ]
    return GAP.join(cells).rstrip()


def _joined(cells: tuple[str, ...], widths: list[int], right: list[bool]) -> str:
    padded = [
        pad(cell, cells_wide, right=to_right)
        for cell, cells_wide, to_right in zip(cells, widths, right, strict=True)
    ]
    return GAP.join(padded).rstrip()
