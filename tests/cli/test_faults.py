"""Every fault of the broker on every read: the right exit code, one line, nothing invented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.cli.conftest import Ran, Run, Serve, Served
from tests.cli.starter import LOADED

POSITIONS = 45
TIMEOUT = "1.0"
MOST_SECONDS = 5.0

# What passes costs a repeat and nothing else; what stays makes the broker unavailable.
PASSING = (
    "drop",
    "reset",
    "truncate",
    "html",
    "garbage",
    "list",
    "empty",
    "http_500",
    "http_502",
    "http_503",
    "backend",
)
READS = {
    "cash": ("cash", "kt00001", 0),
    "positions": ("positions", "kt00018", 0),
    "second page": ("positions", "kt00018", 1),
    "summary, cash": ("summary", "kt00001", 0),
    "summary, positions": ("summary", "kt00018", 0),
    "number": ("accounts --check", "ka00001", 0),
    "number at login": ("login sim-001", "ka00001", 0),
    "token at login": ("login sim-001", "au10001", 0),
    "token": ("cash", "au10001", 0),
}


# Runs commands as children of one process that has loaded everything, their pauses cut short:
# hundreds of commands in the time of ten.
STARTER = (
    LOADED
    + """
import time
from kiwoomctl import app
from kiwoomctl.domain.clock import SystemClock

SystemClock.sleep = lambda self, seconds: time.sleep(min(seconds, 0.001))
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for descriptor, path in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        os.environ.update(asked["env"])
        app.run(asked["words"])
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
)


class _Controlled(Served):
    """A simulator told what to do over one connection: a new one each time takes longer."""

    def __init__(self, url: str, config: Path) -> None:
        super().__init__(url, config)
        self.client = loopback.Client(base_url=url)

    def control(self, action: str, **body: Any) -> None:
        self.client.post(f"/_sim/{action}", json=body).raise_for_status()


@pytest.fixture(scope="module")
def served_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    options = ServeOptions(accounts=1, positions=POSITIONS, rate="off")
    with SimulatorServer(options) as server:
        served = _Controlled(server.url, tmp_path_factory.mktemp("faults") / "profiles.toml")
        served.use()
        with served.client:
            yield served


@pytest.fixture
def sim(served_once: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    served_once.control("reset")
    monkeypatch.setenv("KIWOOMCTL_CONFIG", str(served_once.config))
    return served_once


@pytest.fixture(scope="module")
def starter() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    with process:
        yield process


@pytest.fixture(scope="module")
def unhurt() -> dict[str, Any]:
    """Keep what each command says without any fault."""
    return {}


@pytest.fixture
def quick(starter: subprocess.Popen[str], tmp_path: Path) -> Run:
    """Run a command, its pauses between repeats cut short."""

    def run_quickly(words: Sequence[str], state: Path) -> Ran:
        assert starter.stdin is not None
        assert starter.stdout is not None
        out, err = tmp_path / "out", tmp_path / "err"
        env = {
            **{name: os.environ[name] for name in ("HOME", "KIWOOMCTL_CONFIG", "LC_ALL")},
            "KIWOOMCTL_STATE_DIR": str(state),
        }
        asked = {"words": words, "env": env, "out": str(out), "err": str(err)}
        starter.stdin.write(json.dumps(asked) + "\n")
        starter.stdin.flush()
        code = int(starter.stdout.readline())
        return Ran(code, out.read_text("utf-8"), err.read_text("utf-8"))

    return run_quickly


def expected_code(api_id: str, mode: str, *, once: bool) -> int:
    """Return the exit code that a fault of one account's read leads to."""
    if mode == "slow":
        return 0
    if mode in {"hang", "blank"}:
        return 10
    if mode == "rc_string":
        # "0" is a code like 0; but a token reply struck before it is made holds no token.
        return 10 if api_id == "au10001" and not once else 0
    if mode in {"token_dead", "ip_mismatch"}:
        return 0 if once and api_id != "au10001" else 4
    if once:
        return 0
    return 9 if mode == "http_429" else 10


@pytest.mark.parametrize("once", [True, False], ids=["once", "for good"])
@pytest.mark.parametrize(
    "mode",
    [*PASSING, "http_429", "token_dead", "ip_mismatch", "rc_string", "slow", "blank", "hang"],
)
@pytest.mark.parametrize("read", READS)
def test_a_fault_is_a_whole_answer_or_one_clear_line(
    quick: Run,
    sim: Served,
    unhurt: dict[str, Any],
    tmp_path: Path,
    read: str,
    mode: str,
    once: bool,
) -> None:
    command, api_id, pages_before = READS[read]
    words = [*command.split(), "-o", "json", "--timeout", TIMEOUT]
    if command not in unhurt:
        good = quick(words, tmp_path / "unhurt")
        assert good.code == 0, good.err
        unhurt[command] = whole(good.document)
        sim.control("reset")
    if pages_before:
        # A fault that changes nothing in this reply lets the first page through.
        sim.control("faults", api_id=api_id, mode="zero_pl", count=pages_before)
    more: dict[str, Any] = {"count": 1} if once else {}
    if mode == "slow":
        more["seconds"] = 0.05
    sim.control("faults", api_id=api_id, mode=mode, **more)

    begun = time.monotonic()
    ran = quick(words, tmp_path / "hurt")

    assert time.monotonic() - begun < MOST_SECONDS
    code = expected_code(api_id, mode, once=once)
    assert ran.code == code, ran.err
    complaints = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    if code == 0:
        assert complaints == []
        assert whole(ran.document) == unhurt[command]
        return
    assert len(complaints) == 1
    assert "Traceback" not in ran.err
    assert "bug" not in ran.err
    assert ran.document["status"] == "error"
    assert not ran.document["totals"]
    [error] = ran.document["errors"]
    assert error["exit_code"] == code
    if command in {"cash", "positions", "summary"}:
        assert ran.document["data"] == []


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a document says, without the times of the run."""
    rows = [
        {name: value for name, value in row.items() if name != "token_expires_at"}
        for row in document["data"]
    ]
    return {"data": rows, "totals": document["totals"], "status": document["status"]}


@pytest.mark.parametrize("code", ["RC9000", "8104", "RC7006"])
@pytest.mark.parametrize(("lang", "said"), [("en", "does not offer"), ("ko", "모의")])
def test_what_the_mock_server_lacks_is_said_as_such(
    run: Run, sim: Served, code: str, lang: str, said: str
) -> None:
    sim.control("faults", api_id="kt00001", mode="backend", code=code, text="모의투자 안내")
    ran = run("cash", "-o", "json", "--lang", lang)
    assert ran.code == 3
    [error] = ran.document["errors"]
    assert error["code"] == "not_on_mock"
    [line] = ran.err.splitlines()
    assert said in line
    assert code in line


class _Endless(BaseHTTPRequestHandler):
    """A broker whose list has no end: the same cursor again and again, or always a new one."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, *args: Any, row: dict[str, str], repeats: bool) -> None:
        self._row = row
        self._repeats = repeats
        super().__init__(*args)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth2/token":
            self._send({"token": "t", "token_type": "bearer", "expires_dt": "20991231235959"}, "")
            return
        asked = self.headers.get("next-key", "")
        number = 1 if self._repeats else int(asked or 0) + 1
        totals = dict.fromkeys(("tot_pur_amt", "tot_evlt_amt", "prsm_dpst_aset_amt"), "1")
        self._send({**totals, "acnt_evlt_remn_indv_tot": [self._row]}, str(number))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def _send(self, body: dict[str, Any], next_key: str) -> None:
        content = json.dumps({**body, "return_code": 0, "return_msg": ""}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("cont-yn", "Y" if next_key else "N")
        self.send_header("next-key", next_key)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


@pytest.mark.parametrize("repeats", [True, False], ids=["repeated cursor", "too many pages"])
def test_a_list_without_end_says_so_and_shows_no_part(
    run: Run, serve: Serve, repeats: bool
) -> None:
    served = serve(accounts=1, positions=1)
    row = {
        "stk_cd": "A005930",
        "stk_nm": "삼성전자",
        "rmnd_qty": "1",
        "pur_amt": "1",
        "evlt_amt": "1",
        "evltv_prft": "0",
    }
    handler = partial(_Endless, row=row, repeats=repeats)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        text = served.config.read_text("utf-8")
        url = f"http://127.0.0.1:{listener.server_address[1]}"
        served.config.write_text(text.replace(served.url, url), "utf-8")
        ran = run("positions", "-o", "json")
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
    assert ran.code == 10
    assert ran.document["data"] == []
    assert ran.document["totals"] is None
    [error] = ran.document["errors"]
    assert error["code"] == "list_cut"
    [line] = ran.err.splitlines()
    assert "kt00018" in line
    assert "does not end" in line


def test_the_server_of_this_module_is_alive_after_all_that(sim: Served) -> None:
    assert loopback.get(f"{sim.url}/_sim/state").status_code == 200
