"""One request out, one whole reply or one error back, over the network or in this process.

Nothing is retried, redirected or proxied here, and no environment variable changes where a
request goes. ``http_door`` is what goes over the network; it is imported for that alone, since
it takes longer to load than a simulator in this process takes to answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias, runtime_checkable

from kiwoomctl.errors import Unavailable, Unreadable

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 3.0
MAX_REPLY_BYTES = 32 * 1024 * 1024
_WORDS: Final = {
    "ConnectError": "no_connection",
    "ConnectTimeout": "no_connection",
    "PoolTimeout": "no_connection",
    "ReadTimeout": "no_reply",
    "WriteTimeout": "no_reply",
    "ReadError": "connection_broke",
    "WriteError": "connection_broke",
    "RemoteProtocolError": "connection_broke",
    "LocalProtocolError": "connection_broke",
    "DecodingError": "reply_garbled",
}


class Reply(NamedTuple):
    """An HTTP answer, complete."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    milliseconds: int


class NotSent(Exception):
    """No byte of the order left this machine; ``reason`` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReplyLost(Exception):
    """A byte of the order may have left, and no whole reply came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def lost_word(reason: str) -> str:
    """Return what happened to the connection in a stable word; httpx's name for the rest."""
    return _WORDS.get(reason, reason)


@runtime_checkable
class Inside(Protocol):
    """A broker in this process: the embedded simulator."""

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes, patience: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers (names in lower case) and body of the reply to one request.

        Args:
            method: GET or POST.
            target: path and query.
            headers: names in lower case.
            content: the body.
            patience: seconds to wait for the reply.

        Raises:
            TimeoutError: it does not come in time.
            ConnectionError: it never comes.
        """

    def transport(self) -> httpx.BaseTransport:
        """Return the same as a transport of httpx, for what is asked through httpx in any case."""


InProcess: TypeAlias = "Inside | httpx.BaseTransport"


class Door(Protocol):
    """How requests reach one host."""

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
        on_start: Callable[[], None] | None,
    ) -> Reply:
        """Send one request and return the whole reply; as ``Transport.post``."""

    def close(self) -> None:
        """Close the connections."""


class Transport:
    """Requests to one broker host for one account."""

    def __init__(
        self, base_url: str, *, timeout: float, in_process: InProcess | None = None
    ) -> None:
        """Make the door.

        Args:
            base_url: scheme, host and port.
            timeout: seconds to wait for each part of a reply.
            in_process: answers instead of the network, telling the start as httpcore does.
        """
        self.base_url = base_url
        self._door = _door(base_url, timeout, in_process)

    def post(
        self,
        path: str,
        headers: Mapping[str, str],
        content: bytes,
        on_start: Callable[[], None] | None = None,
    ) -> Reply:
        """Send one POST and return the whole reply.

        Args:
            path: below the base URL.
            headers: beside the content type.
            content: the JSON body.
            on_start: called when the connection stands, right before the first byte leaves;
                what it raises is passed on and nothing is sent.

        Raises:
            Unavailable: no connection, or it broke; ``code`` says which.
            Unreadable: the reply is larger than any known one, or not HTTP.
        """
        return self._door.exchange(
            "POST",
            path,
            {"Content-Type": "application/json;charset=UTF-8", **headers},
            content,
            on_start,
        )

    def ask(
        self,
        path: str,
        headers: Mapping[str, str],
        on_start: Callable[[], None] | None = None,
    ) -> Reply:
        """Send one GET and return the whole reply; as ``post`` otherwise.

        Args:
            path: below the base URL, with its query.
            headers: all there are to be.
            on_start: as for ``post``.
        """
        return self._door.exchange("GET", path, headers, None, on_start)

    def get(self, path: str) -> bytes:
        """Return what a GET answers, whatever its status; raises Unavailable, Unreadable."""
        return self._door.exchange("GET", path, {}, None, None).content

    def close(self) -> None:
        """Close the connections."""
        self._door.close()


def _door(base_url: str, timeout: float, in_process: InProcess | None) -> Door:
    if isinstance(in_process, Inside):
        return _InsideDoor(base_url, timeout, in_process)
    from kiwoomctl.brokers.http_door import HttpDoor

    return HttpDoor(base_url, timeout, in_process)


class _InsideDoor:
    """Requests to a broker in this process."""

    def __init__(self, base_url: str, timeout: float, inside: Inside) -> None:
        self._base_url = base_url
        self._deadline = timeout
        self._inside = inside

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
        on_start: Callable[[], None] | None,
    ) -> Reply:
        if on_start is not None:
            on_start()
        sent_at = time.monotonic()
        told = {name.lower(): value for name, value in headers.items()}
        try:
            status, names, body = self._inside.answer(
                method, path, told, content or b"", self._deadline
            )
        except TimeoutError:
            raise timed_out(self._base_url, self._deadline) from None
        except ConnectionError:
            raise broken(self._base_url) from None
        if len(body) > MAX_REPLY_BYTES:
            raise unreadable(self._base_url)
        return Reply(status, names, body, round((time.monotonic() - sent_at) * 1000))

    def close(self) -> None:
        """Leave the simulator to the other accounts."""


def unreadable(host: str) -> Unreadable:
    """Return the error of a reply that is no reply."""
    return Unreadable(
        "the reply of {host} cannot be read",
        hint="try again; if it stays, look at the broker's notices",
        host=host,
    )


def unconnected(host: str) -> Unavailable:
    """Return the error of a connection that never stood."""
    return Unavailable(
        "cannot connect to {host}",
        hint="check the network; for a served simulator: is it running?",
        code="connect",
        host=host,
    )


def timed_out(host: str, seconds: float) -> Unavailable:
    """Return the error of a reply that did not come in time."""
    return Unavailable(
        "{host} did not answer within {seconds:g} s",
        hint="try again, or give it longer with --timeout",
        code="timeout",
        host=host,
        seconds=seconds,
    )


def broken(host: str) -> Unavailable:
    """Return the error of a connection that ended before the reply did."""
    return Unavailable(
        "the connection to {host} broke before the reply was complete",
        hint="try again",
        code="connection",
        host=host,
    )
