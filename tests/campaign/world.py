"""Where cases happen: a served simulator in its own process, and a home for the commands."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.campaign.houses import KIWOOM, House

ROOT = Path(__file__).parent.parent.parent
MEMORY = Path("/dev/shm")  # noqa: S108 - a kill loses nothing that was written there
ENOUGH_CASH = 200_000
ENOUGH_SHARES = 100
BARRED = {"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "FORCE_COLOR", "NO_COLOR", "COLUMNS"}
ALL_HOLDS_OFF = """
[risk]
market = "off"
value = { warn = 1000000000, hold = 1000000000 }
collar = { warn = 100, hold = 100 }
daily = { account = 100000000000, all = 100000000000 }
count = { minute = 1000000, day = 1000000 }
duplicate = 1
"""


def manner(action: str) -> tuple[str, ...]:
    """Return the options that let an order pass without a person."""
    if action == "cancel":
        return ("--yes",)
    return ("--yes", "--allow", "DUPLICATE,CROSS,NO_PRICE,CASH,TICK")


@dataclass(frozen=True, order=True)
class Holder:
    """One account of the simulator."""

    number: int
    """Counted from 1, as its keys are."""
    account: str
    """The account number."""
    orderable: int
    """Won."""
    held: str = ""
    """A code of which it can sell at least 100 shares; "" for none."""
    price: int = 0
    """The last price of that, in won."""
    house: House = field(default=KIWOOM, compare=False)

    @property
    def appkey(self) -> str:
        return f"sim-{self.number:03d}-appkey"

    @property
    def secretkey(self) -> str:
        return f"sim-{self.number:03d}-secretkey"

    @property
    def profile(self) -> str:
        return f"p{self.number:03d}"


class Broker:
    """A simulator that is served by a process of its own."""

    def __init__(self, house: House, *options: str, accounts: int = 200) -> None:
        self.house = house
        words = ["sim", "serve", "--rate", "off", "--accounts", str(accounts)]
        words += ["--broker", house.broker, "--env", house.env]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kiwoomctl", *words, "--positions", "1", *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        self.accounts = {
            account["appkey"]: _holder(house, number, account)
            for number, account in enumerate(self.state()["accounts"], start=1)
        }

    @property
    def holders(self) -> list[Holder]:
        """The accounts that can pay for orders."""
        return [h for h in self.accounts.values() if h.orderable >= ENOUGH_CASH]

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.http.get("/_sim/state").json()
        return state

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        reply = self.http.post(f"/_sim/{action}", json=body)
        reply.raise_for_status()
        told: dict[str, Any] = reply.json()
        return told

    def forget_faults(self) -> None:
        self.http.request("DELETE", "/_sim/faults").raise_for_status()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Home:
    """Config and state of commands; every account has a profiles.toml of its own."""

    folder: Path
    broker: Broker
    _written: set[str] = field(default_factory=set)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def world(self) -> Path:
        """Where the ledger is."""
        parts = urlsplit(self.broker.url)
        return self.state / f"sim-{parts.hostname}-{parts.port}"

    def environ(self, holders: Sequence[Holder], risk: str = ALL_HOLDS_OFF) -> dict[str, str]:
        """Return what a command of these accounts finds around it."""
        blocks = [self.block(holder.profile, holder) for holder in holders]
        return self.environ_of("\n".join([*blocks, risk]))

    def environ_of(self, config: str) -> dict[str, str]:
        """Return the same for a profiles.toml of this text."""
        name = hashlib.sha256(config.encode()).hexdigest()[:16]
        path = self.folder / f"{name}.toml"
        if name not in self._written:
            path.write_text(config, "utf-8")
            path.chmod(0o600)
            self._written.add(name)
        kept = {name: value for name, value in os.environ.items() if name not in BARRED}
        for name in [name for name in kept if name.startswith(("KIWOOMCTL_", "LC_", "LANG"))]:
            del kept[name]
        return {
            **kept,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "KIWOOMCTL_LANG": "en",
            "KIWOOMCTL_STATE_DIR": str(self.state),
            "KIWOOMCTL_CONFIG": str(path),
        }

    def block(self, name: str, holder: Holder) -> str:
        return (
            f"[profiles.{name}]\n"
            f'broker = "{holder.house.broker}"\nenvironment = "sim"\npace = "off"\n'
            f"{holder.house.account_line(holder.account)}"
            f'url = "{self.broker.url}"\n'
            f'secret = {{ source = "inline", appkey = "{holder.appkey}", '
            f'secretkey = "{holder.secretkey}" }}\n'
        )


@contextlib.contextmanager
def scratch(*, on_disk: bool = False) -> Iterator[Path]:
    """Give a folder that is gone afterwards; in memory unless the disk itself is tried."""
    where = str(MEMORY) if MEMORY.is_dir() and not on_disk else None
    folder = Path(tempfile.mkdtemp(prefix="kiwoomctl-campaign-", dir=where))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def served(
    house: House, *options: str, accounts: int = 200, on_disk: bool = False
) -> Iterator[Home]:
    """Give a home whose accounts are at a simulator of its own."""
    with scratch(on_disk=on_disk) as folder, Broker(house, *options, accounts=accounts) as broker:
        yield Home(folder, broker)


def _holder(house: House, number: int, account: Mapping[str, Any]) -> Holder:
    enough = [h for h in account["holdings"] if h["sellable_quantity"] >= ENOUGH_SHARES]
    held, price = (enough[0]["symbol"], enough[0]["price"]) if enough else ("", 0)
    return Holder(number, account["account"], account["cash"]["orderable"], held, price, house)
