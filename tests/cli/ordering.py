"""Order commands against one served simulator per module, judged by the simulator's own record.

The tests of a module share the server; each has fresh accounts, a fresh ledger and its own files.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.sessions import next_trading_day, opens_late
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.cli.conftest import Ran
from tests.cli.journal import Book
from tests.cli.starter import Command, Starter, Terminal

CODE = "088980"
"""A cheap stock on every exchange; the second account holds it."""
OTHER_CODE = "015760"
FIELDS = [
    "profile",
    "order_id",
    "client_id",
    "broker_order_id",
    "original_order_id",
    "symbol",
    "side",
    "type",
    "price",
    "quantity",
    "exchange",
    "state",
    "reason_code",
    "message",
    "risk",
    "replayed",
    "request",
]
SINGLE = ("-p", "sim-001", "--yes")
QUICK = ("--settle", "0")


@dataclass
class Room:
    """What a module's tests share: a served simulator, and a process that starts commands."""

    server: SimulatorServer
    client: httpx.Client
    starter: Starter
    folder: Path
    desks: int = 0

    def desk(self, home: Path) -> Desk:
        """Begin anew, the profiles in place and the price of the usual code standing still."""
        self.desks += 1
        desk = Desk(self, home, self.folder / f"state-{self.desks}")
        desk.control("reset")
        desk.use()
        desk.last = desk.price(CODE)
        return desk


@contextmanager
def room(**options: Any) -> Iterator[Room]:
    """Serve a simulator that takes every exchange and type, unless options say otherwise."""
    chosen = {"rate": "off", "env": "real", **options}
    with ExitStack() as stack:
        server = stack.enter_context(SimulatorServer(ServeOptions(**chosen)))
        client = stack.enter_context(loopback.Client(base_url=server.url))
        # In memory where that is possible: what is durable is proven elsewhere.
        memory = Path("/dev/shm")  # noqa: S108 - the folder in it is private
        made = TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)
        folder = Path(stack.enter_context(made))
        yield Room(server, client, Starter.shared(), folder)


@dataclass
class Desk:
    """One test's accounts: fresh state, fresh simulator."""

    room: Room
    home: Path
    state_folder: Path
    last: int = 0
    """The price at which the usual code stands, KRW."""

    # Commands ---------------------------------------------------------------------------------

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        return self.start(*words, env=env).end()

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Command:
        """Start a command, to be sent signals."""
        return self.room.starter.start(words, {**self.environ, **(env or {})}, self.room.folder)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "KIWOOMCTL_STATE_DIR": str(self.state_folder)}

    def order(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run an order command with JSON; whatever it says, no traceback and no bug."""
        ran = self.run(*words, "-o", "json", env=env)
        assert "Traceback" not in ran.err
        assert "bug" not in ran.err
        assert ran.document["data"] or ran.document["errors"] or ran.code == 0
        return ran

    def buy(self, *more: str, quantity: int = 3, price: int | None = None) -> Ran:
        """Buy far enough below the market to rest, in the first account."""
        limit = str(price or self.low)
        return self.order("buy", CODE, str(quantity), *SINGLE, "--price", limit, *more)

    def bought(self, *more: str, quantity: int = 3, price: int | None = None) -> dict[str, Any]:
        """Buy, accepted, and return the row."""
        ran = self.buy(*more, quantity=quantity, price=price)
        assert ran.code == 0, ran.err
        return the_row(ran)

    def program(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command as a program of its own, to be sent signals."""
        return subprocess.Popen(
            [sys.executable, "-m", "kiwoomctl", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ,
        )

    def terminal(self, *words: str) -> Terminal:
        """Start a command on a terminal, somebody sitting at it."""
        return Terminal.start(self.room.starter, words, self.environ, self.room.folder)

    # The simulator ----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return self.room.server.url

    @property
    def low(self) -> int:
        """A price at which a buy rests, on the grid, within the day's limits."""
        return self.last - 200

    @property
    def high(self) -> int:
        """A price at which a sell rests."""
        return self.last + 200

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        reply = self.room.client.post(f"/_sim/{action}", json=body)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told

    def price(self, code: str, price: int | None = None) -> int:
        """Let the price of a code stand, at what it is now unless one is given."""
        if price is None:
            price = int(self.control("price", symbol=code)["price"]) // 100 * 100
        return int(self.control("price", symbol=code, price=price)["price"])

    def fault(self, mode: str, api_id: str = "kt10000", when: str = "before", **more: Any) -> None:
        self.control("faults", api_id=api_id, mode=mode, when=when, **more)

    def heal(self) -> None:
        """End every fault."""
        self.room.client.request("DELETE", "/_sim/faults").raise_for_status()

    def foreign(self, **more: Any) -> str:
        """Place an order as another program; return its number."""
        body = {
            "appkey": "sim-001-appkey",
            "side": "buy",
            "symbol": CODE,
            "quantity": 3,
            "price": self.low,
            "type": "limit",
            "exchange": "KRX",
            "channel": "REST API",
        }
        return str(self.control("foreign_order", **{**body, **more})["ord_no"])

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.room.client.get("/_sim/state").json()
        return state

    def orders(self, *api_ids: str) -> list[dict[str, Any]]:
        """Return what the simulator took, oldest first; of these TRs only."""
        orders: list[dict[str, Any]] = self.state()["orders"]
        return [order for order in orders if not api_ids or order["api_id"] in api_ids]

    def order_of(self, number: str) -> dict[str, Any]:
        return next(order for order in self.orders() if order["ord_no"] == number)

    def sent(self, *api_ids: str) -> int:
        """Return how many order requests arrived; of these TRs only."""
        wanted = api_ids or ("kt10000", "kt10001", "kt10002", "kt10003")
        return sum(r["api_id"] in wanted for r in self.state()["requests"])

    @property
    def now(self) -> datetime:
        """The broker's time."""
        return datetime.fromisoformat(self.state()["now"])

    def set_time(self, clock: str, day: date | None = None) -> None:
        """Set the broker's clock to a time of its day, or of another one."""
        self.control("clock", now=f"{day or self.now.date()}T{clock}+09:00")

    # The files --------------------------------------------------------------------------------

    def use(self, head: str = "", tail: str = "") -> None:
        """Write the served profiles, with more TOML before and after them."""
        text = self.room.client.get("/_sim/profiles").text
        path = self.home / "profiles.toml"
        path.write_text(f"{head}\n{text}\n{tail}", "utf-8")
        path.chmod(0o600)

    def in_profile(self, name: str, *lines: str) -> None:
        """Add lines to a profile's block."""
        path = self.home / "profiles.toml"
        text = path.read_text("utf-8")
        block = f"[profiles.{name}]"
        assert block in text
        path.write_text(text.replace(block, "\n".join([block, *lines])), "utf-8")

    def ledger(self, *words: str) -> list[dict[str, Any]]:
        """Return the attempts of the ledger, oldest first, as ``ledger list`` shows them."""
        ran = self.run("ledger", "list", "-o", "json", *words)
        assert ran.code == 0, ran.err
        return list(reversed(ran.document["data"]))

    def book(self, port: int | None = None) -> Book:
        """Return the ledger itself, for what no command can write into it."""
        numbers = [account["account"] for account in self.state()["accounts"]]
        ids = tuple(AccountId("kiwoom", "sim", number) for number in numbers)
        return Book(self.world(port), ids)

    def world(self, port: int | None = None) -> Path:
        """Return the folder of the ledger; with a port that of another way to the server."""
        return self.state_folder / f"sim-127.0.0.1-{port or self.room.server.port}"

    def states(self, port: int | None = None) -> list[str]:
        """Return the ledger's own words for its attempts, oldest first, from its file."""
        file = self.world(port) / "ledger.sqlite3"
        if not file.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
                found = base.execute("SELECT state FROM attempts ORDER BY attempt_no").fetchall()
        except sqlite3.OperationalError:  # a ledger in the making
            return []
        return [state for (state,) in found]


def the_row(ran: Ran) -> dict[str, Any]:
    """Return the only row of a report."""
    [row] = ran.document["data"]
    return dict(row)


def the_error(ran: Ran) -> dict[str, Any]:
    """Return the only error of a report."""
    [error] = ran.document["errors"]
    return dict(error)


def risks(row: dict[str, Any]) -> dict[str, str]:
    """Return the tiers of a row's verdicts by code.

    HOURS is left out: it speaks in every year whose holidays are not known.
    """
    return {v["code"]: v["tier"] for v in row["risk"] if v["code"] != "HOURS"}


def next_day(desk: Desk) -> date:
    """Return the next trading day whose sessions begin at their usual hours."""
    day = next_trading_day(desk.now.date())
    while opens_late(day):
        day = next_trading_day(day)
    return day


def complaints(ran: Ran) -> list[str]:
    """Return the lines on stderr that tell of errors."""
    return [line for line in ran.err.splitlines() if line.startswith("error: ")]
