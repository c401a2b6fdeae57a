"""A server between the commands and a simulator that changes what comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests import loopback
from tests.cli.conftest import Served

Change = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""Changes a reply in place, told the api-id and the body of the request."""


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: str
    change: Change

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ("api-id", "authorization", "cont-yn", "next-key")
        passed = {name: self.headers[name] for name in names if self.headers[name]}
        reply = loopback.post(f"{self.behind}{self.path}", content=body, headers=passed)
        told = reply.json()
        type(self).change(passed.get("api-id", ""), json.loads(body), told)
        content = json.dumps(told).encode()
        self.send_response_only(reply.status_code)
        for name in ("api-id", "cont-yn", "next-key", "date"):
            if name in reply.headers:
                self.send_header(name, reply.headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def relayed(served: Served, change: Change) -> Iterator[None]:
    """Let the served profiles be answered through a server that changes replies."""
    handler = type("Relay", (_Relay,), {"behind": served.url, "change": staticmethod(change)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        text = served.config.read_text("utf-8")
        address = f"http://127.0.0.1:{server.server_address[1]}"
        served.config.write_text(text.replace(served.url, address), "utf-8")
        try:
            yield
        finally:
            server.shutdown()
            served.config.write_text(text, "utf-8")
