"""The simulator in process as a transport of httpx.

Faults that need a socket raise what a socket would have made httpx raise. A ``trace`` extension
hears the event with which a socket's transport begins to send, and an exception of it means that
nothing was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from kiwoomctl.simulator.embedded import Embedded

_SENDING = "http11.send_request_headers.started"


class EmbeddedTransport(httpx.BaseTransport):
    """Answers what httpx sends, whatever the base URL; safe for threads."""

    def __init__(self, simulator: Embedded) -> None:
        self.simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request.

        Raises:
            httpx.TransportError: a fault says that the connection suffers.
        """
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in request.headers.raw
        }
        content = request.read()
        trace = request.extensions.get("trace")
        if trace is not None:
            trace(_SENDING, {"request": request})
        patience = request.extensions.get("timeout", {}).get("read")
        try:
            status, names, body = self.simulator.answer(
                request.method,
                request.url.raw_path.decode("ascii"),
                headers,
                content,
                float("inf") if patience is None else patience,
            )
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from None
        except ConnectionAbortedError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from None
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from None
        return httpx.Response(status, headers=dict(names), content=body, request=request)
