"""Writes a stream of live events: data to stdout, everything about it to stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kiwoomctl.errors import PARTIAL, combined_exit_code
from kiwoomctl.locale import _
from kiwoomctl.render import event_lines
from kiwoomctl.services.live.stream import Failed, Opened, Streamed

if TYPE_CHECKING:
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.errors import KiwoomctlError
    from kiwoomctl.render.event_lines import EventLook
    from kiwoomctl.render.out import Output
    from kiwoomctl.services.live.stream import LiveStream, News

LOOK_SECONDS: Final = 0.25


class EventWriter:
    """One stream's writer."""

    def __init__(self, output: Output, look: EventLook) -> None:
        """Begin.

        Args:
            output: where everything goes.
            look: how events are written.
        """
        self._output = output
        self._look = look
        self._failed: list[KiwoomctlError] = []
        self._opened = 0
        self._events = 0
        self._troubled: set[str] = set()

    def write(
        self, live: LiveStream, clock: Clock, *, count: int | None, seconds: float | None
    ) -> int:
        """Write until so many events, so many seconds, the reader's or all feeds' end.

        Returns:
            The exit code.
        """
        ends_at = None if seconds is None else clock.monotonic() + seconds
        while not self._output.reader_left and len(self._failed) < live.feeds:
            left = LOOK_SECONDS if ends_at is None else ends_at - clock.monotonic()
            if left <= 0:
                break
            lines = self._lines(live.take(min(left, LOOK_SECONDS)), count)
            if lines:
                self._output.text("".join(lines))
            else:
                self._output.look_for_reader()
            if count is not None and self._events >= count:
                break
        if self._failed and len(self._failed) < live.feeds:
            return PARTIAL
        return combined_exit_code([error.exit_code for error in self._failed], 0)

    def _lines(self, found: list[News], count: int | None) -> list[str]:
        lines = []
        for news in found:
            if isinstance(news, Streamed):
                if count is not None and self._events >= count:
                    break
                lines.append(self._line(news))
            elif isinstance(news, Opened):
                self._opened += 1
                self._output.note(_("{profile}: live").format(profile=news.profile))
            elif isinstance(news, Failed):
                self._failed.append(news.error)
                self._output.error(news.error, news.profile)
        return lines

    def _line(self, news: Streamed) -> str:
        if event_lines.is_notice(news.event):
            text, certain = event_lines.notice(news)
            (self._output.alert if certain else self._output.note)(text)
        else:
            self._events += 1
            trouble = event_lines.trouble(news)
            # The same trouble with every event is told once.
            if trouble is not None and trouble not in self._troubled:
                self._troubled.add(trouble)
                self._output.alert(f"{_('warning')}: {trouble}")
        return event_lines.line(news, self._look)
