"""What a watch costs on a full screen: a hundred codes at ten trades a second each."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import termios
import threading
import time
from pathlib import Path

from bench.measure import KIWOOMCTL, Row, World, world

CODES = 100
TRADES_A_SECOND = 10
SECONDS = 20.0
BOUND = 3.0
_SIZE = (50, 200)


def rows() -> list[Row]:
    """Return the share of a core that the command takes, its start left out."""
    found = []
    for elements, bound in ((20, BOUND), (1, None)):
        share, frames = _share(elements)
        name = f"watch, {CODES} codes at {TRADES_A_SECOND}/s, {elements} trades a frame at most"
        note = f"of a core; {frames:.0f} frames a second came"
        found.append(Row(name, share, "%", bound, 1, note))
    return found


def _share(elements: int) -> tuple[float, float]:
    with world("--rate", "off", "--accounts", "1", "--positions", str(CODES + 5)) as served:
        served.run("positions", "-p", "sim-001")
        held = json.loads(served.get("/_sim/state"))["accounts"][0]["holdings"]
        codes = sorted({holding["symbol"] for holding in held})[:CODES]
        assert len(codes) == CODES
        near, far = pty.openpty()
        termios.tcsetwinsize(far, _SIZE)
        process = subprocess.Popen(
            [KIWOOMCTL, "watch"],
            stdin=far,
            stdout=far,
            stderr=far,
            env={**os.environ, **served.environ, "TERM": "xterm-256color"},
        )
        os.close(far)
        threading.Thread(target=_read, args=(near,), daemon=True).start()
        try:
            time.sleep(3)  # started, signed in, registered
            served.post("/_sim/sockets", {"elements_per_frame": elements})
            served.post("/_sim/ticks", {"symbols": codes, "per_second": TRADES_A_SECOND})
            time.sleep(2)
            began, used, told = time.perf_counter(), _seconds(process.pid), _told(served)
            time.sleep(SECONDS)
            spent = time.perf_counter() - began
            share = 100 * (_seconds(process.pid) - used) / spent
            frames = (_told(served) - told) / spent
        finally:
            process.kill()
            process.wait()
    return share, frames


def _seconds(pid: int) -> float:
    """Return the processor time of all threads of a process."""
    with Path(f"/proc/{pid}/stat").open(encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(served: World) -> int:
    return int(json.loads(served.get("/_sim/sockets"))["frames_sent"])


def _read(terminal: int) -> None:
    while True:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # the command has ended
            return
