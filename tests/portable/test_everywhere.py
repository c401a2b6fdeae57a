"""What must hold on every system: locks, private files, pipes, signals, paths, orders kept.

Nothing here needs fork, a pseudo terminal or /proc, so these run on Windows too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl import files
from kiwoomctl.locks import FileLock
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer

PATIENCE = 60
ON_WINDOWS = sys.platform == "win32"
CODE = "005930"
# Windows delivers a break only to a process group of its own.
OWN_GROUP: dict[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)} if ON_WINDOWS else {}
)
BREAK = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)

HOLD = """
import sys, time
from pathlib import Path
from kiwoomctl.locks import FileLock
assert FileLock(Path(sys.argv[1])).acquire(5)
print("held", flush=True)
time.sleep(60)
"""
READ = """
import sys, time
from pathlib import Path
from kiwoomctl.files import read_private
print("reading", flush=True)
ends = time.time() + 0.5
while time.time() < ends:
    text = read_private(Path(sys.argv[1]))
    assert text and set(text) == {text[0]}, text
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Config and state in folders with blanks and Hangul, as a Windows user's name has them."""
    folder = tmp_path / "김 영희"
    folder.mkdir()
    monkeypatch.setenv("KIWOOMCTL_CONFIG", str(folder / "profiles.toml"))
    monkeypatch.setenv("KIWOOMCTL_STATE_DIR", str(folder / "state"))
    return folder


def start(*words: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
        **OWN_GROUP,
    )


def run(*words: str, **env: str) -> tuple[int, str, str]:
    with start(*words, **env) as process:
        out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out.decode("utf-8"), err.decode("utf-8")


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.01)


class Served:
    """A simulated broker whose profiles are in place."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, what: str) -> httpx.Response:
        return httpx.get(f"{self.url}/_sim/{what}", trust_env=False)

    def orders(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.ask("state").json()["orders"]
        return listed

    def sent(self) -> int:
        requests = self.ask("state").json()["requests"]
        return sum(request["api_id"] == "kt10000" for request in requests)

    def fault(self, mode: str, **more: Any) -> None:
        body = {"api_id": "kt10000", "mode": mode, **more}
        httpx.post(f"{self.url}/_sim/faults", json=body, trust_env=False).raise_for_status()


@pytest.fixture
def served(place: Path) -> Iterator[Served]:
    with SimulatorServer(ServeOptions(rate="off", accounts=1)) as server:
        broker = Served(server.url)
        profiles = place / "profiles.toml"
        profiles.write_bytes(broker.ask("profiles").content)
        profiles.chmod(0o600)
        yield broker


def buy(*more: str) -> tuple[str, ...]:
    return ("buy", CODE, "1", "--price", "260000", "--yes", "-p", "sim-001", "-o", "json", *more)


def test_processes_exclude_each_other_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(path),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        assert not FileLock(path).acquire(0)
        holder.kill()
    lock = FileLock(path)
    assert lock.acquire(5)
    lock.release()


def test_a_file_is_replaced_while_others_read_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    files.write_private(path, "0" * 4000)
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            READ,
            str(path),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    with reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        number = 0
        while reader.poll() is None:
            number += 1
            files.write_private(path, str(number % 10) * 4000)
    assert (reader.returncode, number > 1) == (0, True)
    assert list(tmp_path.glob("*token*")) == [path], "nothing is left behind"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("encoding", ["cp949", "ascii"])
def test_a_pipe_gets_utf8_whatever_the_system_prefers(encoding: str) -> None:
    code, out, err = run(
        "positions", "--demo", "--lang", "ko", PYTHONIOENCODING=encoding, PYTHONUTF8="0"
    )
    assert (code, err) == (0, "")
    assert "삼성전자" in out


def test_config_and_state_may_have_hangul_and_blanks_in_their_paths(place: Path) -> None:
    assert run("init")[0] == 0
    assert (place / "profiles.toml").read_bytes().count(b"\r") == 0
    code, out, _ = run("buy", CODE, "1", "--price", "260000", "--yes", "-p", "isa", "--demo")
    assert (code, "accepted" in out) == (0, True)
    code, out, _ = run("ledger", "list", "--demo", "-o", "json")
    assert (code, len(json.loads(out)["data"])) == (0, 1)


@pytest.mark.skipif(ON_WINDOWS, reason="modes mean nothing there; the profile folder protects")
def test_what_is_kept_is_ones_own(place: Path, served: Served) -> None:
    assert served.orders() == []
    assert run(*buy())[0] == 0
    kept = list((place / "state").rglob("*"))
    assert len(kept) > 3
    for path in [place / "state", *kept]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_many_at_once_sign_in_once_and_order_once(served: Served) -> None:
    processes = [start(*buy("--id", "only-one")) for _ in range(6)]
    told = []
    for process in processes:
        with process:
            out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err.decode()
        told.append(json.loads(out)["data"][0])
    assert len({row["broker_order_id"] for row in told}) == 1
    assert sum(not row["replayed"] for row in told) == 1
    assert len(served.orders()) == 1
    assert served.ask("state").json()["tokens_issued"] == 1


def test_a_process_killed_with_an_order_in_flight_leaves_it_to_be_found(served: Served) -> None:
    served.fault("hang", when="after", seconds=4, count=1)
    with start(*buy()) as process:
        until(lambda: served.sent() == 1)
        process.kill()
    assert len(served.orders()) == 1
    code, out, _ = run(*buy("--allow", "DUPLICATE"))
    assert (code, json.loads(out)["data"][0]["state"]) == (7, "refused"), out
    code, out, err = run("resolve", "--settle", "0", "-o", "json")
    assert code == 0, err
    assert json.loads(out)["data"][0]["broker_order_id"] == served.orders()[0]["ord_no"]
    assert len(served.orders()) == 1


def test_a_break_while_an_order_is_in_flight_says_unknown(served: Served) -> None:
    served.fault("hang", when="after", seconds=4, count=1)
    with start(*buy()) as process:
        until(lambda: served.sent() == 1)
        process.send_signal(BREAK)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 5, err.decode()
    assert json.loads(out)["data"][0]["state"] == "unknown"
