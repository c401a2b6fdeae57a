"""A served simulator and clients of its live feed, for tests."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from kiwoomctl.simulator.server import SimulatorServer
from tests import loopback

SYMBOL = "005930"
PATIENCE = 20.0

Element = dict[str, Any]


@dataclass
class Feed:
    """One client of the live feed, signed in or not."""

    line: ClientConnection
    elements: list[Element] = field(default_factory=list)
    """Events that came with others in one frame and were not asked for yet."""

    def send(self, **frame: Any) -> None:
        self.line.send(json.dumps(frame))

    def raw(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the next frame."""
        return dict(json.loads(self.line.recv(timeout)))

    def frame(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the next frame that is no heartbeat; heartbeats are echoed."""
        while True:
            frame = self.raw(timeout)
            if frame["trnm"] != "PING":
                return frame
            self.send(**frame)

    def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the answer to it; events before it are kept."""
        self.send(**frame)
        while True:
            answer = self.frame()
            if answer["trnm"] != "REAL":
                return answer
            self.elements += answer["data"]

    def register(self, types: list[str], items: list[str] | None = None, **more: Any) -> None:
        """Register, and see that it is acknowledged."""
        data = [{"item": [""] if items is None else items, "type": types}]
        frame = {"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data, **more}
        assert self.ask(**frame) == {"trnm": "REG", "return_code": 0, "return_msg": ""}

    def next(self, timeout: float = PATIENCE) -> Element:
        """Return the next event."""
        while not self.elements:
            frame = self.frame(timeout)
            assert frame["trnm"] == "REAL", frame
            self.elements += frame["data"]
        return self.elements.pop(0)

    def values(self, kind: str, timeout: float = PATIENCE) -> dict[str, str]:
        """Return the values of the next event of a kind; others are passed over."""
        while True:
            element = self.next(timeout)
            if element["type"] == kind:
                return dict(element["values"])

    def all(self) -> list[Element]:
        """Return every event that the server has told before it answers a frame of ours."""
        nothing = [{"item": ["none"], "type": ["0B"]}]
        assert self.ask(trnm="REMOVE", grp_no="none", data=nothing)["return_code"] == 0
        found, self.elements = self.elements, []
        return found

    def closed(self) -> tuple[int | None, str]:
        """Wait for the end and return code and reason of the close frame; None for none."""
        try:
            while True:
                self.frame()
        except ConnectionClosed as gone:
            received = gone.rcvd
            return (None, "") if received is None else (int(received.code), received.reason)


@dataclass
class Side:
    """A served simulator and its accounts' clients."""

    server: SimulatorServer
    lines: ExitStack = field(default_factory=ExitStack)
    tokens: dict[int, str] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=loopback.Client)

    def token(self, number: int = 1) -> str:
        if number not in self.tokens:
            keys = {"appkey": appkey(number), "secretkey": f"sim-{number:03d}-secretkey"}
            grant = {"grant_type": "client_credentials", **keys}
            reply = self.client.post(f"{self.server.url}/oauth2/token", json=grant)
            self.tokens[number] = str(reply.json()["token"])
        return self.tokens[number]

    def connect(self) -> Feed:
        """Return a client that has not signed in."""
        opened = connect(self.server.ws_url, ping_interval=None, proxy=None, close_timeout=1)
        return Feed(self.lines.enter_context(opened))

    def sign_in(self, number: int = 1) -> Feed:
        feed = self.connect()
        answer = feed.ask(trnm="LOGIN", token=self.token(number))
        assert answer == {"trnm": "LOGIN", "return_code": 0, "return_msg": "", "sor_yn": "Y"}
        return feed

    def post(self, api_id: str, path: str, body: dict[str, Any], number: int = 1) -> dict[str, Any]:
        headers = {"api-id": api_id, "authorization": f"Bearer {self.token(number)}"}
        url = f"{self.server.url}{path}"
        return dict(self.client.post(url, json=body, headers=headers).json())

    def order(self, api_id: str, *, number: int = 1, **body: Any) -> str:
        """Place an order that must be taken, and return its number."""
        whole = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, **body}
        reply = self.post(api_id, "/api/dostk/ordr", whole, number)
        assert reply["return_code"] == 0, reply
        return str(reply["ord_no"])

    def buy(self, quantity: int, price: int | str = "", **more: Any) -> str:
        kind = "0" if price else "3"
        asked = {"ord_qty": f"{quantity}", "ord_uv": f"{price}", "trde_tp": kind, **more}
        return self.order("kt10000", **asked)

    def control(self, what: str, **data: Any) -> dict[str, Any]:
        url = f"{self.server.url}/_sim/{what}"
        reply = self.client.post(url, json=data)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def state(self) -> dict[str, Any]:
        return dict(self.client.get(f"{self.server.url}/_sim/state").json())

    def price(self, symbol: str = SYMBOL) -> int:
        exchange = self.server.exchange
        return exchange.market.price(symbol, exchange.clock.now())

    def below(self, ticks: int = 10) -> int:
        """Return a price at which a buy rests."""
        return self.price() - 500 * ticks

    def close(self) -> None:
        self.lines.close()
        self.client.close()
        self.server.close()


def appkey(number: int) -> str:
    return f"sim-{number:03d}-appkey"
