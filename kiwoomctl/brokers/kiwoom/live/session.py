"""One live connection to Kiwoom: JSON frames that name themselves by ``trnm``.

The server's PING is echoed as it came. Replies name no request but its kind, so one control
frame is under way at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.brokers.kiwoom.endpoints import SOCKET_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.replies import refusal
from kiwoomctl.brokers.live.session import TAKEN, LineSession, safe_text
from kiwoomctl.brokers.texts import conceal
from kiwoomctl.domain.redaction import scrubbed
from kiwoomctl.errors import Busy, KiwoomctlError, SignInError

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.live.patience import Patience
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock

_TAKEN_OVER: Final = "R10001"
_SAME_KEY: Final = "동일한"
"""In the text of R10001 where another session has the key; without it the key itself is meant."""


OnReply = Callable[[Mapping[str, Any]], None]


class Session(LineSession[Mapping[str, Any]]):
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
        super().__init__(line, clock, patience)
        self._on_event = on_event
        self._on_unreadable = on_unreadable
        self._begin()

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
        self._secrets = secrets or self._secrets
        name = str(frame["trnm"])
        reply = self._exchange(json.dumps(frame, ensure_ascii=False), name, name, on_reply)
        error = refusal(Endpoint(name, SOCKET_PATH), reply)
        if error is not None:
            conceal(error, *self._secrets)
            raise error
        return reply

    def _receive(self, text: str) -> bool:
        try:
            frame = json.loads(scrubbed(text, *self._secrets))
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            self._on_unreadable("not a JSON object")
            return False
        name = frame.get("trnm")
        if name == "PING":
            self._send(text)
        elif name == "REAL":
            self._events(frame.get("data"))
        elif name == "SYSTEM":
            self._told_by_system(frame)
        elif name == self._awaited:
            self._answered(frame)
        return name == "REAL"

    def _told_by_system(self, frame: Mapping[str, Any]) -> None:
        code, text = (safe_text(frame.get(part), *self._secrets) for part in ("code", "message"))
        # It mostly comes right before the server closes; that alone is the end.
        self._said(f"{code} {text}")
        if code == _TAKEN_OVER:
            self._end(_taken_over(text))

    def _events(self, elements: object) -> None:
        now = self._clock.now()
        for element in elements if isinstance(elements, list) else [None]:
            if isinstance(element, dict):
                self._on_event(element, now)
            else:
                self._on_unreadable("no event")


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
