"""What a watch costs on a full screen: a hundred codes at ten trades a second each."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.measure import KIWOOMCTL, Row, World, world

CODES = 100
AT_KIS = 38
"""So many of them where both brokers are watched; a live session there has 41 places in all."""
TRADES_A_SECOND = 10
SECONDS = 20.0
BOUND = 3.0
_SIZE = (50, 200)


def rows() -> list[Row]:
    """Return the share of a core that the command takes, its start left out."""
    found = []
    for elements, bound in ((20, BOUND), (1, None)):
        with _account("kiwoom", CODES) as account:
            share, frames = _share([account], elements)
        name = f"watch, {CODES} codes at {TRADES_A_SECOND}/s, {elements} trades a frame at most"
        note = f"of a core; {frames:.0f} frames a second came"
        found.append(Row(name, share, "%", bound, 1, note))
    with _account("kiwoom", CODES - AT_KIS) as kiwoom, _account("kis", AT_KIS) as kis:
        share, frames = _share([kiwoom, kis], 20)
    name = f"watch, {CODES - AT_KIS} codes at Kiwoom and {AT_KIS} at KIS"
    note = f"of a core; {frames:.0f} frames a second came"
    return [*found, Row(name, share, "%", BOUND, 1, note)]


class _Account(NamedTuple):
    """One account at a server of its own, and the codes it holds that trade."""

    served: World
    broker: str
    codes: list[str]

    @property
    def profile(self) -> str:
        text = (self.served.folder / "profiles.toml").read_text("utf-8")
        return text.replace("[profiles.sim-001]", f"[profiles.{self.broker}]")


@contextlib.contextmanager
def _account(broker: str, codes: int) -> Iterator[_Account]:
    options = ("--broker", broker, "--rate", "off", "--accounts", "1")
    with world(*options, "--positions", str(codes + 5)) as served:
        held = json.loads(served.get("/_sim/state"))["accounts"][0]["holdings"]
        found = sorted({holding["symbol"] for holding in held})[:codes]
        assert len(found) == codes
        yield _Account(served, broker, found)


def _share(accounts: Sequence[_Account], elements: int) -> tuple[float, float]:
    here = accounts[0].served
    profiles = here.folder / "profiles.toml"
    profiles.write_text("".join(account.profile for account in accounts), "utf-8")
    ready = here.run("positions", "-o", "json")
    assert ready.returncode == 0, ready.stderr.decode()
    near, far = pty.openpty()
    termios.tcsetwinsize(far, _SIZE)
    process = subprocess.Popen(
        [KIWOOMCTL, "watch"],
        stdin=far,
        stdout=far,
        stderr=far,
        env={**os.environ, **here.environ, "TERM": "xterm-256color"},
    )
    os.close(far)
    threading.Thread(target=_read, args=(near,), daemon=True).start()
    try:
        time.sleep(3)  # started, signed in, registered
        for account in accounts:
            ticks = {"symbols": account.codes, "per_second": TRADES_A_SECOND}
            account.served.post("/_sim/sockets", {"elements_per_frame": elements})
            account.served.post("/_sim/ticks", ticks)
        time.sleep(2)
        began, used, told = time.perf_counter(), _seconds(process.pid), _told(accounts)
        time.sleep(SECONDS)
        spent = time.perf_counter() - began
        share = 100 * (_seconds(process.pid) - used) / spent
        frames = (_told(accounts) - told) / spent
    finally:
        process.kill()
        process.wait()
    return share, frames


def _seconds(pid: int) -> float:
    """Return the processor time of all threads of a process."""
    with Path(f"/proc/{pid}/stat").open(encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(accounts: Sequence[_Account]) -> int:
    found = [json.loads(account.served.get("/_sim/sockets")) for account in accounts]
    return sum(int(told["frames_sent"]) for told in found)


def _read(terminal: int) -> None:
    while True:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # the command has ended
            return
