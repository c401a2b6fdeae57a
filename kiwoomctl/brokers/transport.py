"""The only door to httpx: one request out, one whole reply or one error back.

Nothing is retried, redirected or proxied here, and no environment variable changes where a
request goes. All clients of a process share one TLS context (building one takes longer than
a request); each account has a client of its own, since a shared one would carry cookies from
account to account.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from kiwoomctl.errors import Unavailable, Unreadable

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS = 3.0
DRIP_FACTOR = 6
"""How many time-outs a reply that keeps coming may take in all."""
MAX_REPLY_BYTES = 32 * 1024 * 1024
REQUEST_STARTS = "http11.send_request_headers.started"
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


_tls_lock = threading.Lock()


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    # httpx would log the session keys of everything into this file.
    os.environ.pop("SSLKEYLOGFILE", None)
    return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=1)
def _unused_context() -> ssl.SSLContext:
    # httpx makes one for every client, also where nothing is encrypted.
    return httpx.create_ssl_context(verify=False, trust_env=False)


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


def shared_tls_context() -> ssl.SSLContext:
    """Return the one TLS context of this process."""
    with _tls_lock:
        return _tls_context()


class Transport:
    """Requests to one broker host for one account."""

    def __init__(
        self, base_url: str, *, timeout: float, in_process: httpx.BaseTransport | None = None
    ) -> None:
        """Make the door.

        Args:
            base_url: scheme, host and port.
            timeout: seconds to wait for each part of a reply.
            in_process: answers instead of the network, telling the start as httpcore does.
        """
        self.base_url = base_url
        self._deadline = timeout
        encrypted = base_url.startswith("https:")
        self._client = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=30.0),
            transport=in_process,
            verify=shared_tls_context() if encrypted else _unused_context(),
            trust_env=False,
            follow_redirects=False,
        )

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
        return self._exchange(
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
        return self._exchange("GET", path, headers, None, on_start)

    def get(self, path: str) -> bytes:
        """Return what a GET answers, whatever its status; raises Unavailable, Unreadable."""
        try:
            with self._client.stream("GET", path) as response:
                sent_at = time.monotonic()
                return self._read(response, lambda: time.monotonic() - sent_at)
        except httpx.DecodingError:
            raise self._unreadable() from None
        except httpx.TransportError as error:
            raise self._down(error) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
        on_start: Callable[[], None] | None,
    ) -> Reply:
        sent_at = time.monotonic()

        def trace(event: str, _info: Mapping[str, Any]) -> None:
            nonlocal sent_at
            if event == REQUEST_STARTS and on_start is not None:
                on_start()
                # A wait for the rate limit is no silence of the server.
                sent_at = time.monotonic()

        request = self._client.build_request(
            method, path, headers=headers, content=content, extensions={"trace": trace}
        )
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response, lambda: time.monotonic() - sent_at)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise self._down(error) from None
        except httpx.DecodingError:
            raise self._unreadable() from None
        except httpx.TransportError as error:
            raise self._down(error) from None
        milliseconds = round((time.monotonic() - sent_at) * 1000)
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, names, body, milliseconds)

    def _read(self, response: httpx.Response, elapsed: Callable[[], float]) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                raise self._unreadable()
            # httpx limits each read; a server that drips bytes would never end.
            if elapsed() > self._deadline * DRIP_FACTOR:
                raise httpx.ReadTimeout("the reply takes too long", request=response.request)
            chunks.append(chunk)
        return b"".join(chunks)

    def _unreadable(self) -> Unreadable:
        return Unreadable("the reply of {host} cannot be read", host=self.base_url)

    def _down(self, error: httpx.TransportError) -> Unavailable:
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            return Unavailable(
                "cannot connect to {host}",
                hint="check the network; for a served simulator: is it running?",
                code="connect",
                host=self.base_url,
            )
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(
                "{host} did not answer within {seconds:g} s",
                hint="try again, or give it longer with --timeout",
                code="timeout",
                host=self.base_url,
                seconds=self._deadline,
            )
        return Unavailable(
            "the connection to {host} broke before the reply was complete",
            hint="try again",
            code="connection",
            host=self.base_url,
        )
