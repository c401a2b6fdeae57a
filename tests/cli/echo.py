"""A server that says back what it is asked with: in a text, a page, a header, a field, a frame.

Tokens and what a simulator says of itself come from the server behind it, so that there is
something to say back.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests import loopback

WAYS: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": str,
    "query": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
}
"""How it writes what it says back."""
SHAPES: Final = (
    "refused", "gateway", "passing", "bare", "code", "html", "redirect", "reason", "fields",
    "names", "headers", "unauthorized", "list",
)  # fmt: skip
"""Where it says it."""
FRAMES: Final = ("refused", "code", "system", "goodbye", "garbage", "event", "late")
"""Where it says it in a live session."""
_PASSED: Final = ("/oauth2/", "/_sim/")
_LONGEST_TEXT: Final = 1990
_LONGEST_REASON: Final = 120


@dataclass
class Echo:
    """How the server answers now."""

    shape: str = SHAPES[0]
    frame: str = FRAMES[0]
    way: str = "plain"
    tokens_too: bool = False
    """Whether the token service is as bad."""
    url: str = ""
    ws_url: str = ""
    asked: int = 0
    """How often it said something back."""

    def written(self, text: str) -> str:
        self.asked += 1
        return WAYS[self.way](text)[:_LONGEST_TEXT]


def _body(shape: str, told: str, real: Any, *, kis: bool) -> Any:
    """Return the JSON that says something back."""
    result, code, text = ("rt_cd", "msg_cd", "msg1") if kis else ("return_code", "", "return_msg")
    if shape == "fields":
        return _filled(real, told, {result, code, text})
    if shape == "names":
        return {**real, told: told, "output": {told: told, told.upper(): "x"}}
    if shape == "list":
        return [told]
    if kis:
        codes = {"gateway": "EGW00999", "passing": "EGW00203", "code": told, "bare": ""}
        return {result: "1", code: codes.get(shape, "APBK0919"), text: told}
    texts = {
        "refused": f"[2000](RC4028:{told})",
        "gateway": f"[8999:{told}]",
        "passing": f"[1999:{told}]",
        "code": f"[2000]({''.join(filter(str.isdigit, told))}:{told})",
    }
    return {result: 3 if shape == "gateway" else 2, text: texts.get(shape, told)}


def _filled(part: Any, told: str, left: set[str]) -> Any:
    if isinstance(part, dict):
        return {k: v if k in left else _filled(v, told, left) for k, v in part.items()}
    if isinstance(part, list):
        return [_filled(one, told, left) for one in part]
    return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    echo: Echo
    behind: str
    kis: bool

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, content: bytes) -> None:
        passed = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection"}}
        if self.command == "POST":
            reply = loopback.post(f"{self.behind}{self.path}", content=content, headers=passed)
        else:
            reply = loopback.get(f"{self.behind}{self.path}", headers=passed)
        is_control = self.path.startswith("/_sim/")
        is_json = reply.content[:1] == b"{"
        if not is_json or (
            self.path.startswith(_PASSED) and (is_control or not self.echo.tokens_too)
        ):
            told = reply.content
            if is_control:
                moved = {**reply.json(), "ws_url": self.echo.ws_url, "ws_urls": {}}
                told = json.dumps(moved).encode()
            self._send(reply.status_code, told, {"Content-Type": "application/json"})
            return
        heard = f"{self.path} {' '.join(passed.values())} {content.decode('utf-8', 'replace')}"
        self._say(self.echo.written(heard), reply.json())

    def _say(self, told: str, real: Any) -> None:
        shape = self.echo.shape
        status = {"html": 500, "redirect": 302, "unauthorized": 401, "reason": 503}.get(shape, 200)
        line = "".join(c for c in told if c.isprintable() and c.isascii())
        headers = {"Date": line, "next-key": line, "cont-yn": "Y", "tr_cont": line}
        headers = headers if shape == "headers" else {}
        if shape == "redirect":
            headers["Location"] = f"{self.echo.url}/?{quote(line)}"
        if shape in {"html", "redirect", "reason"}:
            body = f"<html><body>{told}</body></html>".encode()
        elif shape == "headers":
            body = json.dumps(real).encode()
        else:
            body = json.dumps(_body(shape, told, real, kis=self.kis)).encode()
        self._send(status, body, headers, line if shape == "reason" else None)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], reason: str | None = None
    ) -> None:
        self.send_response_only(status, reason)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


def _live(echo: Echo, connection: ServerConnection, *, kis: bool) -> None:
    heard = ""
    for frame in connection:
        heard += str(frame)
        told = echo.written(heard)
        if echo.frame == "goodbye":
            connection.close(1008, told[-_LONGEST_REASON:] if told.isascii() else "?")
            return
        if echo.frame == "garbage":
            connection.send(told)
        elif kis:
            _say_as_kis(echo, connection, json.loads(frame), told)
        else:
            _say_as_kiwoom(echo, connection, json.loads(frame), told)


def _say_as_kiwoom(echo: Echo, connection: ServerConnection, asked: Any, told: str) -> None:
    name = asked["trnm"]
    good = {"trnm": name, "return_code": 0, "return_msg": ""}
    event = {"type": "00", "name": told, "item": "", "values": {"9201": told, "9203": told}}
    if echo.frame == "system":
        connection.send(json.dumps({"trnm": "SYSTEM", "code": told, "message": told}))
        connection.close(1001, "bye")
    elif echo.frame == "event" or (echo.frame == "late" and name == "LOGIN"):
        connection.send(json.dumps({**good, "data": []}))
        if name != "LOGIN":
            connection.send(json.dumps({"trnm": "REAL", "data": [event, told]}))
    else:
        text = told if echo.frame == "code" else f"[8999:{told}]"
        connection.send(json.dumps({**good, "return_code": 1, "return_msg": text}))


def _say_as_kis(echo: Echo, connection: ServerConnection, asked: Any, told: str) -> None:
    sent = asked["body"]["input"]
    header = {"tr_id": sent["tr_id"], "tr_key": sent["tr_key"], "encrypt": "N"}
    keys = {"key": "k3yCanaryk3yCanaryk3yCanaryk3yCa", "iv": "ivCanaryivCanary"}
    good = {"rt_cd": "0", "msg_cd": "OPSP0000", "msg1": "SUBSCRIBE SUCCESS", "output": keys}
    bad = {"rt_cd": "1", "msg_cd": "OPSP9999", "msg1": f"{told} {' '.join(keys.values())}"}
    if echo.frame == "code":
        bad["msg_cd"] = told
    if echo.frame == "event":
        connection.send(json.dumps({"header": header, "body": good}))
        connection.send(f"0|{sent['tr_id']}|001|{'^'.join([told] * 26)}")
    elif echo.frame in {"system", "late"}:
        first = good if echo.frame == "late" else {**bad, "output": keys}
        for body in (first, bad):
            connection.send(json.dumps({"header": header, "body": body}))
        connection.close(1001, f"bye {keys['iv']}")
    else:
        connection.send(json.dumps({"header": header, "body": {**bad, "output": keys}}))


KIS_KEYS: Final = ("k3yCanaryk3yCanaryk3yCanaryk3yCa", "ivCanaryivCanary")
"""What live sessions at KIS are told to decrypt with."""


@contextmanager
def echoing(behind: str, *, kis: bool) -> Iterator[Echo]:
    """Serve it before the server at this address."""
    echo = Echo()
    handler = type("Handler", (_Handler,), {"echo": echo, "behind": behind, "kis": kis})

    def talk(connection: ServerConnection) -> None:
        try:
            _live(echo, connection, kis=kis)
        except ConnectionClosed:
            return

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        serve(talk, "127.0.0.1", 0, compression=None, ping_interval=None) as sockets,
    ):
        server.daemon_threads = True
        path = "/tryitout" if kis else "/api/dostk/websocket"
        echo.url = f"http://127.0.0.1:{server.server_address[1]}"
        echo.ws_url = f"ws://127.0.0.1:{sockets.socket.getsockname()[1]}{path}"
        for serving in (lambda: server.serve_forever(0.02), sockets.serve_forever):
            threading.Thread(target=serving, daemon=True).start()
        try:
            yield echo
        finally:
            server.shutdown()
            sockets.shutdown()
