"""One live connection: from its first frame to its end.

A thread reads all the time, however slow the taker of events is; it answers the server's
heartbeat at once, hands events on and replies to whoever waits. One request is under way at a
time, so that a reply is that of the request. Silence is no death: only when not even a heartbeat
came for long does the connection count as lost.
"""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from kiwoomctl.domain.redaction import redacted
from kiwoomctl.errors import KiwoomctlError, Phrase, Unavailable

if TYPE_CHECKING:
    from kiwoomctl.brokers.live.patience import Patience
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock

TAKEN: Final = "live_taken"
"""The code of the error that another session has the key."""
_LOOK_SECONDS: Final = 1.0
_GATHERED_SECONDS: Final = 0.1
_LONGEST_REASON: Final = 200
_Reply = TypeVar("_Reply")


class LineSession(ABC, Generic[_Reply]):
    """One connection; raises nothing by itself, its end stands in ``why``."""

    def __init__(self, line: Line, clock: Clock, patience: Patience) -> None:
        """Prepare; nothing is read before ``_begin``.

        Args:
            line: the connection.
            clock: time and sleep.
            patience: how long to wait for what.
        """
        self._line = line
        self._clock = clock
        self._patience = patience
        self._turn = threading.Lock()
        self._replies: queue.SimpleQueue[_Reply | None] = queue.SimpleQueue()
        self._awaited: Hashable | None = None
        self._on_reply: Callable[[_Reply], None] | None = None
        self._ending = threading.Lock()
        self._last_word = ""
        self._secrets: tuple[str, ...] = ()
        """What was sent or told here and must not be shown."""
        self._free_at = clock.monotonic()
        self.ended = threading.Event()
        self.why: KiwoomctlError = _broken("")
        """Why it ended."""

    def close(self) -> None:
        """End the connection."""
        self._end(_broken("closed"))

    @abstractmethod
    def _receive(self, text: str) -> bool:
        """Deal with a frame; tell whether it was one of events."""

    def _begin(self) -> None:
        """Start reading."""
        threading.Thread(target=self._read_all, name="live", daemon=True).start()

    def _exchange(
        self,
        text: str,
        awaited: Hashable,
        name: str,
        on_reply: Callable[[_Reply], None] | None = None,
    ) -> _Reply:
        """Send a request and return its reply, whatever it says.

        Args:
            text: the frame.
            awaited: what ``_receive`` knows the reply by.
            name: what people are told where none comes.
            on_reply: is given the reply before any event that came after it is handed on.

        Raises:
            KiwoomctlError: the connection ended; with ``timeout``, because nothing was answered.
        """
        with self._turn:
            self._clock.sleep(self._free_at - self._clock.monotonic())
            while not self._replies.empty():
                self._replies.get()
            self._awaited, self._on_reply = awaited, on_reply
            try:
                if self.ended.is_set():
                    raise self.why
                self._send(text)
                reply = self._replies.get(timeout=self._patience.reply)
            except queue.Empty:
                # A late reply would be taken for that of the next request.
                self._end(_unanswered(name, self._patience.reply))
                reply = None
            finally:
                self._awaited = None
                self._free_at = self._clock.monotonic() + self._patience.spacing
        if reply is None:
            raise self.why
        return reply

    def _answered(self, reply: _Reply) -> None:
        """Give the awaited reply to whoever waits."""
        if self._on_reply is not None:
            self._on_reply(reply)
        self._replies.put(reply)

    def _said(self, text: str) -> None:
        """Keep what the server said last: it mostly tells why it closes."""
        self._last_word = text.strip()

    def _send(self, text: str) -> None:
        try:
            self._line.send(text)
        except ConnectionError as error:
            self._end(_broken(safe_text(str(error), *self._secrets)))
            raise self.why from None

    def _read_all(self) -> None:
        heard, gathering = self._clock.monotonic(), False
        try:
            while not self.ended.is_set():
                wait = 0.0 if gathering else min(_LOOK_SECONDS, self._patience.silence)
                try:
                    text = self._line.recv(wait)
                except TimeoutError:
                    if gathering:
                        # Waking for each of a thousand frames a second costs more than they do.
                        gathering = False
                        self.ended.wait(_GATHERED_SECONDS)
                    elif self._clock.monotonic() - heard >= self._patience.silence:
                        self._end(_silent(self._patience.silence))
                    continue
                heard = self._clock.monotonic()
                gathering = self._receive(text)
        except ConnectionError as error:
            self._end(_broken(safe_text(self._last_word or str(error), *self._secrets)))
        except KiwoomctlError as error:
            self._end(error)
        finally:
            # Whatever went wrong here, nobody may wait for this thread for ever.
            self._end(_broken("the reader failed"))

    def _end(self, why: KiwoomctlError) -> None:
        with self._ending:
            if self.ended.is_set():
                return
            self.why = why
            self.ended.set()
        self._replies.put(None)
        self._line.close()


def safe_text(text: object, *secrets: str) -> str:
    """Return what a server says so that it can be shown: no secret, no control character."""
    told = text if isinstance(text, str) else ""
    shown = "".join(c if c.isprintable() else " " for c in told)
    return redacted(shown, *secrets)[:_LONGEST_REASON]


def _broken(reason: str) -> Unavailable:
    return Unavailable(
        "the live connection ended ({reason})",
        hint="try again",
        code="live_ended",
        reason=reason[:_LONGEST_REASON] or "?",
    )


def _silent(seconds: float) -> Unavailable:
    return Unavailable(
        "the live connection ended ({reason})",
        hint="try again",
        code="live_silent",
        reason=Phrase("silent for {seconds:g} s", seconds=seconds),
    )


def _unanswered(name: str, seconds: float) -> Unavailable:
    return Unavailable(
        "the broker did not answer {name} within {seconds:g} s",
        hint="try again, or give it longer with --timeout",
        code="timeout",
        name=name,
        seconds=seconds,
    )
