"""The one place that writes: data to stdout, everything about it to stderr.

Off a terminal there is no box, no colour, no progress and no cut. A reader that goes away
early (``| head``) is no error.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

from kiwoomctl.errors import Interrupted, KiwoomctlError, StateError
from kiwoomctl.locale import _, fill
from kiwoomctl.render.progress import Progress, wait_text
from kiwoomctl.render.report import Column, Report, chosen_columns

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.port import Call
    from kiwoomctl.render.screen import Screen

Format = Literal["table", "json", "jsonl", "csv"]
_WIDEST_LETTER = 2
"""Cells of a Hangul syllable."""
_ANSI = {"kr": {1: "31", -1: "34"}, "us": {1: "32", -1: "31"}}


class Look(NamedTuple):
    """How the user wants to see things."""

    format: Format = "table"
    fields: tuple[str, ...] | None = None
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False


class Output:
    """Writes one command's report, notes, progress and errors."""

    def __init__(
        self,
        look: Look,
        environ: Mapping[str, str],
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self._look = look
        self._environ = environ
        self._out = stdout or sys.stdout
        self._err = stderr or sys.stderr
        self._reader_left = False
        self._progress = Progress(self._err, silent=look.quiet)

    @property
    def reader_left(self) -> bool:
        """Whether whoever read stdout has gone away: nothing written arrives any more."""
        return self._reader_left

    def look_for_reader(self) -> None:
        """Notice a reader that has left although nothing is written; not on Windows."""
        if sys.platform == "win32" or self._reader_left:
            return
        import select

        poll = select.poll()
        try:
            poll.register(self._out.fileno(), select.POLLERR)
        except (OSError, ValueError):
            return  # no file at all
        self._reader_left = any(event & select.POLLERR for _, event in poll.poll(0))

    @property
    def on_screen(self) -> bool:
        """Whether tables go to a terminal."""
        return self._look.format == "table" and self._out.isatty()

    def screen(self, now: Callable[[], datetime], *, palette: str = "kr") -> Screen:
        """Return the terminal as a screen to draw on again and again."""
        from kiwoomctl.render.screen import Screen

        self._progress.clear()
        return Screen(self._out, now, colour=self._colour(), palette=palette)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: both ends of the terminal are there."""
        return sys.stdin is not None and sys.stdin.isatty() and self._err.isatty()

    @property
    def columns(self) -> int:
        """How many cells a line has where people are told things; 80 off a terminal."""
        try:
            return os.get_terminal_size(self._err.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def emit(self, report: Report, *, palette: str = "kr") -> None:
        """Write the report to stdout and its failures to stderr.

        Args:
            report: what to say.
            palette: ``kr`` (red is up) or ``us`` (green is up).

        Raises:
            UsageError: --fields names a field this report does not have.
        """
        columns = chosen_columns(report, self._look.fields)
        self._progress.clear()
        with _uncollected():
            self._draw(report, columns, palette)
        for profile, error in report.failures:
            self.error(error, profile)

    def _draw(self, report: Report, columns: Sequence[Column], palette: str) -> None:
        if self._look.format == "json":
            from kiwoomctl.render.machine import json_document

            self._write(json_document(report, columns))
        elif self._look.format == "jsonl":
            from kiwoomctl.render.machine import json_lines

            self._write(json_lines(report, columns))
        elif self._look.format == "csv":
            from kiwoomctl.render.machine import csv_text

            self._write([csv_text(report, columns)])
        else:
            self._table(report, columns, palette)

    def text(self, text: str) -> None:
        """Write a text to stdout as it is; a terminal that is too narrow gets it folded."""
        self._write([fitting(text, self._out)])

    def file_text(self, text: str) -> None:
        """Write a text to stdout whose line ends are its own, on Windows too."""
        reconfigure = getattr(self._out, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(newline="")
        self._write([text])

    @property
    def speaks_unicode(self) -> bool:
        """Whether the terminal shows more than ASCII."""
        return (getattr(self._out, "encoding", None) or "").lower().replace("-", "") == "utf8"

    def note(self, text: str) -> None:
        """Tell the person something on stderr; --quiet silences it."""
        if not self._look.quiet:
            self._progress.clear()
            self._say(text)

    def ask_about(self, text: str) -> None:
        """Show on stderr what a question is about; --quiet does not silence it."""
        self._progress.clear()
        self._say(text)

    def ask(self, prompt: str) -> str:
        """Ask the person at the terminal and return the line; "" at its end."""
        self._err.write(prompt)
        self._err.flush()
        return sys.stdin.readline() if sys.stdin is not None else ""

    def progress(self, text: str) -> None:
        """Say on a terminal what is waited for; the next line takes its place."""
        self._progress.say(text)

    @contextlib.contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say on a terminal what is waited for, until it is over."""
        self._progress.say(text)
        try:
            yield
        finally:
            self._progress.clear()

    def alert(self, text: str) -> None:
        """Tell in one line on stderr what no --quiet may silence."""
        self._progress.clear()
        self._say(_one_line(text))

    def warn(self, error: KiwoomctlError) -> None:
        """Tell in one line on stderr what is wrong beside what was asked; never silenced."""
        self.alert(f"{_('warning')}: {_told(error)}")

    def error(self, error: KiwoomctlError, profile: str | None = None) -> None:
        """Tell what went wrong and what to do, in one line on stderr."""
        self._progress.clear()
        self._say(error_line(error, profile))

    def answered(self, done: int, chosen: int) -> None:
        """Show how many accounts have answered, where somebody watches and it takes long."""
        self._progress.answered(done, chosen)

    def called(self, profile: str, call: Call) -> None:
        """Say what was asked of the broker, for --verbose."""
        if self._look.verbose:
            self._progress.clear()
            self._say(f"{profile} {call.api_id} {call.milliseconds} ms {call.outcome}")

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Say that the rate limit makes this wait."""
        if self._look.verbose:
            wait = {"profile": profile, "seconds": seconds, "api_id": api_id}
            self._say(wait_text(wait))
        else:
            self._progress.waiting(profile, api_id, seconds)

    def _table(self, report: Report, columns: Sequence[Column], palette: str) -> None:
        from kiwoomctl.render.grid import grids

        drawn = grids(report, columns, chosen=self._look.fields is not None)
        if self._out.isatty():
            from kiwoomctl.render.boxed import draw

            self._guarded(lambda: draw(self._out, drawn, colour=self._colour(), palette=palette))
            return
        from kiwoomctl.render.plain import plain_table

        codes = _ANSI[palette] if self._colour() else {}

        def paint(cell: str, direction: int) -> str:
            return f"\x1b[{codes[direction]}m{cell}\x1b[0m" if direction in codes else cell

        for index, grid in enumerate(drawn):
            self._write(["\n"] if index else [])
            self._write(plain_table(grid, paint))

    def _colour(self) -> bool:
        if self._look.no_color or self._environ.get("NO_COLOR"):
            return False
        return bool(self._environ.get("FORCE_COLOR")) or self._out.isatty()

    def _say(self, text: str) -> None:
        try:
            self._err.write(f"{fitting(text, self._err)}\n")
            self._err.flush()
        except (OSError, ValueError):
            return  # nobody listens; the exit code still speaks

    def _write(self, parts: Iterable[str]) -> None:
        def write() -> None:
            self._out.writelines(parts)
            self._out.flush()

        self._guarded(write)

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            write()
        except BrokenPipeError:
            self._reader_left = True
            _stop_writing(self._out)
        except OSError as error:
            _stop_writing(self._out)
            raise StateError(
                "cannot write the output: {reason}", code="output", reason=error.strerror
            ) from None


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: a hundred thousand cells are made, and none refers back."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def error_line(error: KiwoomctlError, profile: str | None = None) -> str:
    """Return an error in one line: what, and after a dash what to do."""
    told = _told(error)
    if profile is not None and "profile" not in error.values:
        told = f"{profile}: {told}"
    # Who pressed ^C knows; for watch and stream it is the usual end.
    return _one_line(told if isinstance(error, Interrupted) else f"{_('error')}: {told}")


def _told(error: KiwoomctlError) -> str:
    from kiwoomctl.domain.redaction import without_keys

    hint = fill(error.hint, error.values)
    # Errors name the value that is wrong, and that may be a key in the wrong place.
    return without_keys(fill(error.message, error.values) + (f" - {hint}" if hint else ""))


def fitting(text: str, stream: TextIO) -> str:
    """Return a text as this stream shows it: a terminal would break lines within words."""
    if not stream.isatty():
        return text
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return text
    if not columns or max(map(len, text.split("\n"))) * _WIDEST_LETTER <= columns:
        return text
    from kiwoomctl.render.prose import folded

    return folded(text, columns)


def _one_line(text: str) -> str:
    # Values come from files and servers: they may neither break the line nor steer a terminal.
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _stop_writing(stream: TextIO) -> None:
    # The interpreter flushes once more at its end and would complain about the closed pipe.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def use_utf8(*streams: TextIO) -> None:
    """Write UTF-8 wherever no terminal says otherwise (Windows pipes would be cp949)."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="replace")
