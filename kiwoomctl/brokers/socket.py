"""The only door to websockets: one connection, texts out and texts in.

As with requests, no environment variable, proxy or redirect changes where a connection goes,
and all connections of a process share one TLS context. Keep-alive is the broker's own affair:
no ping of the protocol is sent.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.sync.client import connect

from kiwoomctl.brokers.http_door import shared_tls_context
from kiwoomctl.brokers.transport import CONNECT_SECONDS
from kiwoomctl.errors import Unavailable

if TYPE_CHECKING:
    import ssl

MAX_FRAME_BYTES: Final = 8 * 1024 * 1024
CLOSE_SECONDS: Final = 1.0
_PORTS: Final = {"ws": 80, "wss": 443}
_BROKEN_OFF: Final = 1006
"""What the protocol calls a connection that ended without a word."""

# Frames hold tokens and account numbers: nothing of the library's talk goes anywhere.
_SILENT: Final = logging.getLogger("kiwoomctl.socket")
_SILENT.disabled = True


class Line(Protocol):
    """A connection to a broker, over a socket or inside this process; safe for threads."""

    def send(self, text: str) -> None:
        """Send a text; raises ConnectionError."""

    def recv(self, timeout: float) -> str:
        """Return the next text.

        Raises:
            TimeoutError: none came within that many seconds.
            ConnectionError: the connection is closed; its text says why.
        """

    def close(self) -> None:
        """Close the connection."""


class SocketLine:
    """A connection over a socket."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Connect.

        Args:
            url: ``ws://`` or ``wss://``, host, port and path.
            timeout: seconds for the whole handshake.

        Raises:
            Unavailable: there is no connection, or the server speaks something else.
        """
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        context: ssl.SSLContext | None = shared_tls_context() if parts.scheme == "wss" else None
        self._held = contextlib.ExitStack()
        try:
            # With a socket of its own it follows no redirect.
            plain = socket.create_connection(
                (parts.hostname or "", port), timeout=min(CONNECT_SECONDS, timeout)
            )
            self._connection = self._held.enter_context(
                connect(
                    url,
                    sock=plain,
                    ssl=context,
                    proxy=None,
                    compression=None,
                    user_agent_header=None,
                    open_timeout=timeout,
                    close_timeout=CLOSE_SECONDS,
                    ping_interval=None,
                    max_size=MAX_FRAME_BYTES,
                    logger=_SILENT,
                )
            )
        except TimeoutError:
            raise _unreachable(url) from None
        except InvalidHandshake:
            raise Unavailable(
                "{host} does not speak WebSocket",
                hint="try again later",
                code="handshake",
                host=url,
            ) from None
        except (OSError, WebSocketException, ValueError):
            raise _unreachable(url) from None

    def send(self, text: str) -> None:
        """Send a text; raises ConnectionError."""
        try:
            self._connection.send(text)
        except ConnectionClosed as closed:
            raise ConnectionError(_reason(closed)) from None

    def recv(self, timeout: float) -> str:
        """Return the next text; raises TimeoutError, ConnectionError."""
        try:
            return self._connection.recv(timeout, decode=True)
        except ConnectionClosed as closed:
            raise ConnectionError(_reason(closed)) from None
        except UnicodeDecodeError:
            raise ConnectionError("not a text") from None

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError, WebSocketException):
            self._held.close()


def _unreachable(url: str) -> Unavailable:
    return Unavailable(
        "cannot connect to {host}",
        hint="check the network; for a served simulator: is it running?",
        code="connect",
        host=url,
    )


def _reason(closed: ConnectionClosed) -> str:
    frame = closed.rcvd
    if frame is None:
        return str(_BROKEN_OFF)
    return f"{int(frame.code)} {frame.reason}".strip()
