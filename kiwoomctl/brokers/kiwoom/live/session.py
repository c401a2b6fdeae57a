"""One live connection: from its first frame to its end.

A thread reads all the time. It echoes the server's PING at once and as it came, however slow
the taker of events is; it hands events on and control replies to whoever waits. Replies name
no request, so one control frame is under way at a time. Silence is no death: only when not even
a PING came for long does the connection count as lost.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.brokers.kiwoom.endpoints import SOCKET_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.live.patience import Patience
from kiwoomctl.brokers.kiwoom.replies import refusal
from kiwoomctl.brokers.texts import redacted
from kiwoomctl.errors import Busy, KiwoomctlError, Phrase, SignInError, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock

TAKEN: Final = "live_taken"
"""The code of the error that another session ended this one."""
_TAKEN_OVER: Final = "R10001"
_SAME_KEY: Final = "동일한"
"""In the text of R10001 where another session has the key; without it the key itself is meant."""
_LOOK_SECONDS: Final = 1.0
_GATHERED_SECONDS: Final = 0.1
_LONGEST_REASON: Final = 200


OnReply = Callable[[Mapping[str, Any]], None]


class Session:
    """One connection; raises nothing by itself, its end stands in ``why``."""

    def __init__(
        self,
        line: Line,
        clock: Clock,
        patience: Patience,
        on_event: Callable[[Mapping[str, Any], datetime], None],
        on_unreadable: Callable[[str], None],
    ) -> None:
        """Start reading.

        Args:
            line: the connection.
            clock: time and sleep.
            patience: how long to wait for what.
            on_event: is given each element of the events, as sent, and when it came.
            on_unreadable: is told of a frame that is none.
        """
        self._line = line
        self._clock = clock
        self._patience = patience
        self._on_event = on_event
        self._on_unreadable = on_unreadable
        self._turn = threading.Lock()
        self._replies: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._awaited: str | None = None
        self._on_reply: OnReply | None = None
        self._ending = threading.Lock()
        self._last_word = ""
        self._free_at = clock.monotonic()
        self.ended = threading.Event()
        self.why: KiwoomctlError = _broken("")
        """Why it ended."""
        threading.Thread(target=self._read_all, name="live", daemon=True).start()

    def ask(
        self, frame: Mapping[str, Any], *secrets: str, on_reply: OnReply | None = None
    ) -> Mapping[str, Any]:
        """Send a control frame and return its reply.

        Args:
            frame: what to ask for.
            secrets: not to be repeated from what the server says.
            on_reply: is given the reply before any event that came after it is handed on.

        Raises:
            SignInError, BrokerRejected: the broker refused it; ``code`` is ``kiwoom_<code>``.
            Unavailable: the connection ended, or nothing was answered in time and it was ended.
            Busy: another session took the key.
        """
        name = str(frame["trnm"])
        with self._turn:
            self._clock.sleep(self._free_at - self._clock.monotonic())
            while not self._replies.empty():
                self._replies.get()
            self._awaited, self._on_reply = name, on_reply
            try:
                if self.ended.is_set():
                    raise self.why
                self._send(json.dumps(frame, ensure_ascii=False))
                reply = self._replies.get(timeout=self._patience.reply)
            except queue.Empty:
                # A late reply would be taken for that of the next frame.
                self._end(_unanswered(name, self._patience.reply))
                reply = None
            finally:
                self._awaited = None
                self._free_at = self._clock.monotonic() + self._patience.spacing
        if reply is None:
            raise self.why
        error = refusal(Endpoint(name, SOCKET_PATH), reply)
        if error is not None:
            text = error.values.get("text")
            if isinstance(text, str):
                error.values["text"] = redacted(text, *secrets)
            raise error
        return reply

    def close(self) -> None:
        """End the connection."""
        self._end(_broken("closed"))

    def _send(self, text: str) -> None:
        try:
            self._line.send(text)
        except ConnectionError as error:
            self._end(_broken(str(error)))
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
                gathering = self._receive(text) == "REAL"
        except ConnectionError as error:
            self._end(_broken(self._last_word or str(error)))
        except KiwoomctlError as error:
            self._end(error)
        finally:
            # Whatever went wrong here, nobody may wait for this thread for ever.
            self._end(_broken("the reader failed"))

    def _receive(self, text: str) -> str | None:
        """Deal with a frame; return its name."""
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            self._on_unreadable("not a JSON object")
            return None
        name = frame.get("trnm")
        if name == "PING":
            self._send(text)
        elif name == "REAL":
            self._events(frame.get("data"))
        elif name == "SYSTEM":
            self._told_by_system(frame)
        elif name == self._awaited:
            if self._on_reply is not None:
                self._on_reply(frame)
            self._replies.put(frame)
        return name if isinstance(name, str) else None

    def _told_by_system(self, frame: Mapping[str, Any]) -> None:
        code, text = _plain(frame.get("code")), _plain(frame.get("message"))
        # It mostly comes right before the server closes; that alone is the end.
        self._last_word = f"{code} {text}".strip()
        if code == _TAKEN_OVER:
            self._end(_taken_over(text))

    def _events(self, elements: object) -> None:
        now = self._clock.now()
        for element in elements if isinstance(elements, list) else [None]:
            if isinstance(element, dict):
                self._on_event(element, now)
            else:
                self._on_unreadable("no event")

    def _end(self, why: KiwoomctlError) -> None:
        with self._ending:
            if self.ended.is_set():
                return
            self.why = why
            self.ended.set()
        self._replies.put(None)
        self._line.close()


def _taken_over(text: str) -> KiwoomctlError:
    """Return what R10001 means: mostly another session on the key."""
    if text and _SAME_KEY not in text:
        return SignInError(
            "the broker ended the live connection [{broker_code}: {text}]",
            hint="check the key: kiwoomctl doctor",
            code="live_key",
            broker_code=_TAKEN_OVER,
            text=text,
        )
    return Busy(
        "another program opened a live connection with this app key, and the broker ended ours",
        hint="one key has one live connection: stop the other program, or give it a key of its own",
        code=TAKEN,
        safe_to_retry=False,
    )


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


def _plain(text: object) -> str:
    told = text if isinstance(text, str) else ""
    return redacted("".join(c if c.isprintable() else " " for c in told))[:_LONGEST_REASON]
