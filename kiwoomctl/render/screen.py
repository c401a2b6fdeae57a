"""The full screen of ``watch``: accounts, positions and open orders, drawn anew each second.

Lines are laid out here, cell by cell: Rich's own tables would take more time than a thousand
trades a second do. What does not fit is counted below, never silently left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

from kiwoomctl.domain.live import Gap, Lost, OrderNotice
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.locale import _, fill
from kiwoomctl.render import watch_report
from kiwoomctl.render.boxed import GAP, STYLES, fitting
from kiwoomctl.render.cells import RIGHT, pad, show, width
from kiwoomctl.render.grid import Grid, grids
from kiwoomctl.render.prose import folded
from kiwoomctl.services.live import watching

if TYPE_CHECKING:
    from types import TracebackType

    from rich.segment import Segment

    from kiwoomctl.render.report import Report
    from kiwoomctl.services.live.portfolio import Change, LivePortfolio

REDRAWN: Final = 1.0
"""Seconds between two drawings; the eye needs no more and the machine pays for each."""
_NEWS: Final = 3
_LINE_STYLES: Final = {"row": "", "subtotal": "dim", "total": "bold"}


class Screen:
    """A terminal that is a watch's while it lasts."""

    def __init__(
        self, stream: TextIO, now: Callable[[], datetime], *, colour: bool, palette: str
    ) -> None:
        """Prepare; nothing is drawn before ``with``.

        Args:
            stream: the terminal.
            now: this machine's time.
            colour: False for a terminal without colour.
            palette: ``kr`` (red is up) or ``us`` (green is up).
        """
        from rich.console import Console

        self._console = Console(
            file=stream, no_color=not colour, highlight=False, markup=False, emoji=False
        )
        self._now = now
        self._styles = STYLES[palette]
        self._news: list[str] = []
        self._drawn_at: datetime | None = None

    ended = False
    """A person at a terminal ends it with ^C."""

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._console.set_alt_screen(enable=True)
        self._console.show_cursor(show=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        """Give the terminal back as it was."""
        self._console.show_cursor(show=True)
        self._console.set_alt_screen(enable=False)

    def show(self, portfolio: LivePortfolio, changes: Sequence[Change]) -> None:
        """Draw, unless it was drawn just before."""
        for change in changes:
            if (news := _told(change)) is not None:
                self._news.append(news)
        self._news = self._news[-_NEWS:]
        now = self._now()
        if self._drawn_at and (now - self._drawn_at).total_seconds() < REDRAWN:
            return
        self._drawn_at = now
        size = self._console.size
        lines = screen_lines(portfolio, self._news, now, size.width, size.height)
        empty: Line = []
        full = [*lines, *[empty] * (size.height - len(lines))]
        self._console.update_screen_lines([self._segments(line, size.width) for line in full])

    def _segments(self, line: Line, columns: int) -> list[Segment]:
        """Return a line as wide as the terminal: what stood there before is drawn over."""
        from rich.segment import Segment

        segments = []
        for text, style in line:
            named = self._styles.get(style, "") if isinstance(style, int) else style
            segments.append(Segment(text, self._console.get_style(named) if named else None))
            columns -= width(text)
        return [*segments, Segment(" " * columns)]


Line = list[tuple[str, str | int]]
"""Pieces of one line: a text, and its style or (a number) the direction of its figure."""


def screen_lines(
    portfolio: LivePortfolio, news: Sequence[str], now: datetime, columns: int, height: int
) -> list[Line]:
    """Return the lines of the screen, as many as fit."""
    head = _accounts(portfolio, now, columns)
    orders = _orders(portfolio, now, columns, most=max(2, height // 5))
    foot = [
        _cut([(line, "dim")], columns)
        for text in news
        for line in folded(text, columns).split("\n")
    ]
    left = height - len(head) - len(orders) - len(foot)
    body = _positions(portfolio, now, columns, most=left)
    lines = [*head, *body, *orders, *foot]
    if len(lines) < height:
        lines.append([(_("^C ends it"), "dim")])
    return lines[:height]


def _accounts(portfolio: LivePortfolio, now: datetime, columns: int) -> list[Line]:
    lines: list[Line] = []
    for block in watching.accounts(portfolio):
        report = watch_report.accounts(block, now)
        lines += _table(report, columns)
        lines.append([])
    return lines


def _positions(portfolio: LivePortfolio, now: datetime, columns: int, *, most: int) -> list[Line]:
    report = watch_report.positions(watching.positions(portfolio), now)._replace(
        columns=watch_report.SCREEN_POSITIONS
    )
    sections = [section for section in report.sections if section.rows]
    lines: list[Line] = []
    for section in sections:
        # Title, header, the line that counts the rest, and a blank one.
        room = max(1, most // len(sections) - 4)
        hidden = max(0, len(section.rows) - room - 1)
        shown = section.rows[: len(section.rows) - hidden]
        # Subtotals and totals stand above, in the lines of the accounts.
        bare = section._replace(rows=shown, totals=None, subtotals={})
        lines += _table(report._replace(sections=(bare,)), columns)
        if hidden:
            lines.append([(fill("{count} more", {"count": hidden}), "dim")])
        lines.append([])
    return lines


def _orders(portfolio: LivePortfolio, now: datetime, columns: int, *, most: int) -> list[Line]:
    rows = watching.orders(portfolio)
    if not rows:
        return []
    shown = rows[-most:]
    lines = _table(watch_report.orders(shown, now), columns)
    if len(rows) > len(shown):
        lines.append([(fill("{count} more", {"count": len(rows) - len(shown)}), "dim")])
    return [*lines, []]


def _table(report: Report, columns: int) -> list[Line]:
    lines: list[Line] = []
    for grid in grids(report, report.columns, chosen=False):
        lines.append(_cut([(grid.title, "bold")], columns))
        if grid.kinds:
            lines += _grid_lines(grid, columns)
        lines += [_cut([(note, "dim")], columns) for note in grid.notes]
    return lines


def _grid_lines(grid: Grid, columns: int) -> list[Line]:
    widths = fitting(grid, columns)
    lines: list[Line] = [
        _joined([(_cell(grid, i, grid.headers[i], cells), "bold") for i, cells in widths.items()])
    ]
    for place, kind in enumerate(grid.kinds):
        style = _LINE_STYLES[kind]
        lines.append(
            _joined(
                [
                    (
                        _cell(grid, i, grid.cells[i][place], cells),
                        grid.directions[i][place] or style,
                    )
                    for i, cells in widths.items()
                ]
            )
        )
    return lines


def _cell(grid: Grid, index: int, text: str, cells: int) -> str:
    if width(text) > cells:
        text = _shortened(text, cells)
    return pad(text, cells, right=grid.columns[index].kind in RIGHT)


def _shortened(text: str, cells: int) -> str:
    while text and width(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"


def _joined(pieces: Line) -> Line:
    line: Line = []
    for piece in pieces:
        line += [(" " * GAP, ""), piece] if line else [piece]
    return line


def _cut(line: Line, columns: int) -> Line:
    return [(_shortened(t, columns) if width(t) > columns else t, style) for t, style in line]


def _filled(event: OrderNotice) -> str:
    """Return the shares filled so far, or with a plus those of this very fill."""
    if event.filled_quantity is None and event.fill_quantity is not None:
        return f"+{show(event.fill_quantity, 'number')}"
    return show(event.filled_quantity, "number")


def _told(change: Change) -> str | None:
    """Return what a person may want to know of a change, in one line."""
    event, profile = change.event, change.watched.name
    values: dict[str, Any] = {"profile": profile, "time": f"{change.at:%H:%M:%S}"}
    if isinstance(event, OrderNotice):
        figures = {
            "status": _(event.status),
            "side": _(event.side) if event.side else "",
            "symbol": event.symbol,
            "name": show(event.name, "text"),
            "filled": _filled(event),
            "quantity": show(event.quantity, "number"),
        }
        return fill(
            "{time} {profile}: {status} {side} {symbol} {name} {filled}/{quantity}",
            {**values, **figures},
        )
    if isinstance(event, Lost):
        return fill("{time} {profile}: the connection is lost", values)
    if isinstance(event, Gap):
        return fill("{time} {profile}: connected again", values)
    if isinstance(event, KiwoomctlError):
        return fill(
            "{time} {profile}: {told}", {**values, "told": fill(event.message, event.values)}
        )
    return None
