"""The one place that sends an order's bytes: a fresh connection, one try, a hard deadline.

There is no retry, no redirect, no proxy and no kept-alive connection here: a pooled one may be
closed by the server just as the order goes out, and then nobody can say whether it arrived.
The caller's ``before_first_byte`` runs when the connection stands and before any byte of the
request leaves; what it raises stops the order. Whether it ran to its end is the whole
difference between NotSent and ReplyLost: the type of a network error does not tell.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from kiwoomctl.brokers.http_door import REQUEST_STARTS, shared_tls_context
from kiwoomctl.brokers.transport import (
    MAX_REPLY_BYTES,
    InProcess,
    Inside,
    NotSent,
    Reply,
    ReplyLost,
)

CONNECT_SECONDS = 3.0
WRITE_SECONDS = 5.0
REPLY_SECONDS = 30.0
CONNECTED = "connection.connect_tcp.complete"


class _Watch:
    """Breaks the connection when the deadline has passed, even inside a blocking read."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def connected(self, stream: Any) -> None:
        self._socket = stream.get_extra_info("socket")

    def begin(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _break(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def post_order(
    base_url: str,
    path: str,
    headers: Mapping[str, str],
    content: bytes,
    before_first_byte: Callable[[], object],
    *,
    in_process: InProcess | None = None,
    reply_seconds: float = REPLY_SECONDS,
) -> Reply:
    """Send an order once and return the whole reply.

    Args:
        base_url: scheme, host and port of the broker.
        path: below the base URL.
        headers: api-id and authorization.
        content: the JSON body.
        before_first_byte: makes the attempt durable; its exceptions pass through, nothing sent.
        in_process: the embedded simulator instead of the network.
        reply_seconds: the hard deadline of the reply, from the first byte of the request.

    Raises:
        NotSent: no byte left this machine.
        ReplyLost: a byte may have left, and the reply did not come whole.
    """
    started = False
    refusal: BaseException | None = None
    watch = _Watch()

    def trace(event: str, info: Mapping[str, Any]) -> None:
        nonlocal started, refusal
        if event == CONNECTED:
            watch.connected(info["return_value"])
        elif event == REQUEST_STARTS:
            try:
                before_first_byte()
            except BaseException as error:
                refusal = error
                raise
            started = True
            watch.begin(WRITE_SECONDS + reply_seconds)

    timeout = httpx.Timeout(
        reply_seconds, connect=CONNECT_SECONDS, write=WRITE_SECONDS, pool=CONNECT_SECONDS
    )
    began = time.monotonic()
    try:
        with _client(base_url, timeout, in_process) as client:
            request = client.build_request(
                "POST",
                path,
                headers={
                    "Content-Type": "application/json;charset=UTF-8",
                    "Connection": "close",
                    **headers,
                },
                content=content,
                extensions={"trace": trace},
            )
            response = client.send(request, stream=True)
            try:
                body = _whole(response)
            finally:
                response.close()
    except Exception as error:
        if error is refusal:
            raise
        if started:
            raise ReplyLost(type(error).__name__) from error
        raise NotSent(type(error).__name__) from error
    finally:
        watch.end()
    names = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, names, body, round((time.monotonic() - began) * 1000))


def _client(
    base_url: str, timeout: httpx.Timeout, in_process: InProcess | None
) -> contextlib.AbstractContextManager[httpx.Client]:
    secure = base_url.startswith("https:")
    client = httpx.Client(
        base_url=base_url,
        timeout=timeout,
        transport=(in_process.transport() if isinstance(in_process, Inside) else in_process)
        or httpx.HTTPTransport(
            verify=shared_tls_context() if secure else False,
            retries=0,
            http2=False,
            trust_env=False,
        ),
        trust_env=False,
        follow_redirects=False,
    )
    # Closing would close the shared simulator too.
    return contextlib.nullcontext(client) if in_process is not None else client


def _whole(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_REPLY_BYTES:
            raise httpx.ReadError("the reply is too large", request=response.request)
        chunks.append(chunk)
    return b"".join(chunks)
