"""A simulated server in process with a clock moved by hand, and a client that speaks its wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.simulator.embedded import Embedded
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.simulator.feed import Side

# A Thursday; the Monday after it (10-05) is closed.
START = datetime(2026, 10, 1, 11, 0, tzinfo=KST)
TOKEN_PATH = "/oauth2/token"
ACCOUNT_PATH = "/api/dostk/acnt"
BODIES: dict[str, tuple[str, dict[str, str]]] = {
    "ka00001": (ACCOUNT_PATH, {}),
    "kt00001": (ACCOUNT_PATH, {"qry_tp": "3"}),
    "kt00003": (ACCOUNT_PATH, {"qry_tp": "0"}),
    "kt00004": (ACCOUNT_PATH, {"qry_tp": "0", "dmst_stex_tp": "KRX"}),
    "kt00005": (ACCOUNT_PATH, {"dmst_stex_tp": "KRX"}),
    "kt00018": (ACCOUNT_PATH, {"qry_tp": "1", "dmst_stex_tp": "KRX"}),
    "ka10075": (ACCOUNT_PATH, {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0"}),
    "ka10076": (ACCOUNT_PATH, {"stk_cd": "", "qry_tp": "0", "sell_tp": "0", "stex_tp": "0"}),
    "ka10001": ("/api/dostk/stkinfo", {"stk_cd": "005930"}),
    "ka10095": ("/api/dostk/stkinfo", {"stk_cd": "005930|000660"}),
    "ka10100": ("/api/dostk/stkinfo", {"stk_cd": "005930"}),
}
READS = tuple(BODIES)


@dataclass
class ManualClock:
    """A machine's clock that moves only when told."""

    wall: datetime = START
    seconds: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Line:
    """A client of one simulated server, with the key of one account; a wire gives it its words."""

    client: httpx.Client
    host: Host
    clock: ManualClock
    number: int = 1
    token: str = ""

    @property
    def appkey(self) -> str:
        return f"sim-{self.number:03d}-appkey"

    def control(self, what: str, **data: Any) -> dict[str, Any]:
        """POST to the control plane; it must agree."""
        reply = self.client.post(f"/_sim/{what}", json=data)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def fault(self, mode: str, api_id: str = "*", **data: Any) -> None:
        self.control("faults", mode=mode, api_id=api_id, **data)

    def state(self) -> dict[str, Any]:
        return dict(self.client.get("/_sim/state").json())

    def truth(self) -> dict[str, Any]:
        """Return this account as the exchange has it."""
        return dict(self.state()["accounts"][self.number - 1])


class Wire(Line):
    """A line that speaks Kiwoom's wire."""

    @property
    def keys(self) -> dict[str, str]:
        return {"appkey": self.appkey, "secretkey": f"sim-{self.number:03d}-secretkey"}

    def issue(self, **changes: str) -> httpx.Response:
        body = {"grant_type": "client_credentials", **self.keys, **changes}
        return self.client.post(TOKEN_PATH, json=body)

    def sign_in(self) -> Wire:
        self.token = str(self.issue().json()["token"])
        return self

    def send(
        self,
        api_id: str,
        body: dict[str, Any] | None = None,
        *,
        path: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a TR with its usual body and path; ``None`` takes those of the table."""
        usual_path, usual_body = BODIES.get(api_id, (ACCOUNT_PATH, {}))
        return self.client.post(
            path or usual_path,
            json=usual_body if body is None else body,
            headers={
                "api-id": api_id,
                "authorization": f"Bearer {self.token}",
                **(headers or {}),
            },
        )

    def read(self, api_id: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON of a TR that must succeed."""
        reply = self.send(api_id, body).json()
        assert reply["return_code"] == 0, reply
        return dict(reply)

    def pages(self, api_id: str, list_name: str) -> list[list[dict[str, str]]]:
        """Return the lists of all pages of a TR."""
        found = []
        headers: dict[str, str] = {}
        while True:
            reply = self.send(api_id, headers=headers)
            found.append(reply.json()[list_name])
            if reply.headers["cont-yn"] != "Y":
                return found
            headers = {"cont-yn": "Y", "next-key": reply.headers["next-key"]}


_Line = TypeVar("_Line", bound=Line)


def lines(wire: type[_Line], folder: Path, **usual: Any) -> Iterator[Callable[..., _Line]]:
    """Give what makes servers in process, numbered in folders; keyword arguments are options."""
    clients: list[httpx.Client] = []

    def make(**options: Any) -> _Line:
        clock = options.pop("machine", None) or ManualClock()
        host = Host(HostOptions(**{"rate": "off", **usual, **options}), clock)
        transport = Embedded(host, Path(f"{folder}{len(clients)}")).transport()
        client = httpx.Client(transport=transport, base_url="https://broker.invalid")
        clients.append(client)
        return wire(client, host, clock)

    yield make
    for client in clients:
        client.close()


MakeWire = Callable[..., Wire]


@pytest.fixture
def make_wire(tmp_path: Path) -> Iterator[MakeWire]:
    """Make a server in process; keyword arguments are its options."""
    yield from lines(Wire, tmp_path / "sim")


@pytest.fixture
def wire(make_wire: MakeWire) -> Wire:
    """A mock server with one signed-in client and no rate limit."""
    return make_wire().sign_in()


@pytest.fixture
def machine() -> ManualClock:
    """A machine's clock that stands at START."""
    return ManualClock()


@pytest.fixture
def machine_at() -> Callable[[str], ManualClock]:
    """Make a machine's clock that stands at an ISO moment."""
    return lambda text: ManualClock(wall=datetime.fromisoformat(text))


MakeSide = Callable[..., Side]


@pytest.fixture
def make_side() -> Iterator[MakeSide]:
    """Serve a simulator; keyword arguments are its options."""
    sides: list[Side] = []

    def make(**options: Any) -> Side:
        sides.append(Side(SimulatorServer(ServeOptions(**{"rate": "off", **options}))))
        return sides[-1]

    yield make
    for side in sides:
        side.close()


@pytest.fixture
def side(make_side: MakeSide) -> Side:
    """A served mock server without a rate limit."""
    return make_side()
