"""The door to httpx for everything but orders.

All clients of a process share one TLS context (building one takes longer than a request); each
account has a client of its own, since a shared one would carry cookies from account to account.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from kiwoomctl.brokers.transport import (
    CONNECT_SECONDS,
    MAX_REPLY_BYTES,
    Reply,
    broken,
    timed_out,
    unconnected,
    unreadable,
)

if TYPE_CHECKING:
    import ssl

    from kiwoomctl.errors import Unavailable

DRIP_FACTOR = 6
"""How many time-outs a reply that keeps coming may take in all."""
REQUEST_STARTS = "http11.send_request_headers.started"

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


def shared_tls_context() -> ssl.SSLContext:
    """Return the one TLS context of this process."""
    with _tls_lock:
        return _tls_context()


class HttpDoor:
    """Requests of one account to one host."""

    def __init__(
        self, base_url: str, timeout: float, in_process: httpx.BaseTransport | None
    ) -> None:
        self._base_url = base_url
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

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
        on_start: Callable[[], None] | None,
    ) -> Reply:
        """Send one request and return the whole reply; as ``Transport.post``."""
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
        except httpx.DecodingError:
            raise unreadable(self._base_url) from None
        except httpx.TransportError as error:
            raise self._down(error) from None
        milliseconds = round((time.monotonic() - sent_at) * 1000)
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, names, body, milliseconds)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read(self, response: httpx.Response, elapsed: Callable[[], float]) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                raise unreadable(self._base_url)
            # httpx limits each read; a server that drips bytes would never end.
            if elapsed() > self._deadline * DRIP_FACTOR:
                raise httpx.ReadTimeout("the reply takes too long", request=response.request)
            chunks.append(chunk)
        return b"".join(chunks)

    def _down(self, error: httpx.TransportError) -> Unavailable:
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            return unconnected(self._base_url)
        if isinstance(error, httpx.TimeoutException):
            return timed_out(self._base_url, self._deadline)
        return broken(self._base_url)
