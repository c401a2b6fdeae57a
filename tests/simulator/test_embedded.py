"""The simulator in process: state between processes, and how it is kept."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kiwoomctl.errors import StateError
from kiwoomctl.simulator.demo import DEMO_ACCOUNTS
from kiwoomctl.simulator.embedded import open_embedded, reset_embedded

if TYPE_CHECKING:
    from tests.simulator.conftest import ManualClock

TOKEN = {"grant_type": "client_credentials"}


def client_of(folder: Path, **options: Any) -> httpx.Client:
    transport = open_embedded(folder, **options).transport()
    return httpx.Client(transport=transport, base_url="https://anything.invalid")


def sign_in(client: httpx.Client, number: int = 1) -> str:
    account = DEMO_ACCOUNTS[number - 1]
    body = {**TOKEN, "appkey": account.appkey, "secretkey": account.secretkey}
    return str(client.post("/oauth2/token", json=body).json()["token"])


def read(client: httpx.Client, token: str, api_id: str = "ka00001") -> dict[str, Any]:
    headers = {"api-id": api_id, "authorization": f"Bearer {token}"}
    body = {"qry_tp": "1", "dmst_stex_tp": "KRX"}
    return dict(client.post("/api/dostk/acnt", json=body, headers=headers).json())


def test_the_demo_has_three_accounts_of_one_investor() -> None:
    assert [account.name for account in DEMO_ACCOUNTS] == ["general", "isa", "pension"]
    assert len({account.owner for account in DEMO_ACCOUNTS}) == 1


def test_the_demo_answers_for_all_its_accounts(tmp_path: Path) -> None:
    with client_of(tmp_path / "demo") as client:
        numbers = set()
        for number in (1, 2, 3):
            token = sign_in(client, number)
            numbers.add(read(client, token)["acctNo"])
            holdings = read(client, token, "kt00018")["acnt_evlt_remn_indv_tot"]
            assert len([row for row in holdings if int(row["rmnd_qty"])]) == 5
        assert len(numbers) == 3


def test_another_process_finds_the_token_and_the_prices(
    tmp_path: Path, machine: ManualClock
) -> None:
    with client_of(tmp_path / "demo", clock=machine) as first:
        token = sign_in(first)
        first.post("/_sim/price", json={"symbol": "005930", "price": 250_000})
    machine.advance(60)
    with client_of(tmp_path / "demo", clock=machine) as second:
        holdings = read(second, token, "kt00018")["acnt_evlt_remn_indv_tot"]
        assert int(holdings[0]["cur_prc"]) == 250_000
        state = second.get("/_sim/state").json()
        assert state["now"] == "2026-10-01T10:01:00+09:00"
        assert state["tokens_issued"] == 1


def test_two_processes_at_once_see_one_server(tmp_path: Path, machine: ManualClock) -> None:
    with (
        client_of(tmp_path / "demo", clock=machine) as one,
        client_of(tmp_path / "demo", clock=machine) as two,
    ):
        first = sign_in(one)
        assert read(two, first)["return_code"] == 0
        second = sign_in(two)
        assert read(one, first)["return_code"] == 3
        assert read(one, second)["return_code"] == 0


def test_a_new_machine_day_is_a_new_open_day_and_trades_settle(
    tmp_path: Path, machine: ManualClock
) -> None:
    with client_of(tmp_path / "demo", clock=machine) as client:
        before = client.get("/_sim/state").json()["accounts"][0]["cash"]
    machine.advance(5 * 24 * 3600)
    with client_of(tmp_path / "demo", clock=machine) as client:
        state = client.get("/_sim/state").json()
    assert state["now"] == "2026-10-06T10:00:00+09:00"
    after = state["accounts"][0]["cash"]
    assert after["deposit"] == before["deposit_d2"] != before["deposit"]


def test_reset_brings_back_the_seed_state_also_for_an_open_client(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with client_of(folder) as client:
        before = client.get("/_sim/state").json()["accounts"]
        token = sign_in(client)
        client.post("/_sim/price", json={"symbol": "005930", "price": 250_000})
        reset_embedded(folder)
        assert client.get("/_sim/state").json()["accounts"] == before
        assert read(client, token)["return_code"] == 3
    reset_embedded(tmp_path / "never-used")


def test_only_changes_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with client_of(folder) as client:
        token = sign_in(client)
        before = (folder / "simulator.json").stat()
        for api_id in ("ka00001", "kt00018", "kt00001"):
            read(client, token, api_id)
        client.get("/_sim/state")
        after = (folder / "simulator.json").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_state_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with client_of(folder) as client:
        sign_in(client)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_size_begins_anew(tmp_path: Path) -> None:
    with client_of(tmp_path / "demo") as client:
        token = sign_in(client)
    with client_of(tmp_path / "demo", accounts=5, positions=30) as client:
        assert len(client.get("/_sim/state").json()["accounts"]) == 5
        assert read(client, token)["return_code"] == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 99, "made_with": {}}'])
def test_a_damaged_state_is_named_and_told_how_to_mend(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "demo"
    with client_of(folder):
        pass
    (folder / "simulator.json").write_text(text)
    with pytest.raises(StateError, match="demo reset"):
        open_embedded(folder)
    reset_embedded(folder)
    open_embedded(folder)


def test_changed_accounts_survive(tmp_path: Path, machine: ManualClock) -> None:
    simulator = open_embedded(tmp_path / "demo", clock=machine)
    account = next(iter(simulator.host.exchange.accounts.values()))
    account.lots.pop()
    account.lots.pop()
    account.touched = True
    simulator.host.exchange.revision += 1
    with httpx.Client(transport=simulator.transport(), base_url="https://x.invalid") as client:
        before = client.get("/_sim/state").json()["accounts"]
    kept = json.loads((tmp_path / "demo" / "simulator.json").read_text())
    assert len(kept["accounts"]) == 1
    with client_of(tmp_path / "demo", clock=machine) as client:
        assert client.get("/_sim/state").json()["accounts"] == before


def test_threads_may_share_a_client(tmp_path: Path) -> None:
    with client_of(tmp_path / "demo") as client:
        tokens = [sign_in(client, number) for number in (1, 2, 3)]
        with ThreadPoolExecutor(12) as pool:
            replies = list(pool.map(lambda n: read(client, tokens[n % 3], "kt00018"), range(90)))
        assert {reply["return_code"] for reply in replies} == {0}


def test_processes_take_turns(tmp_path: Path) -> None:
    script = (
        "import sys, httpx; from pathlib import Path\n"
        "from kiwoomctl.simulator.embedded import open_embedded\n"
        "simulator = open_embedded(Path(sys.argv[1]))\n"
        "c = httpx.Client(transport=simulator.transport(), base_url='https://x')\n"
        "for _ in range(10):\n"
        "    r = c.post('/oauth2/token', json={'grant_type': 'client_credentials',\n"
        "        'appkey': 'sim-001-appkey', 'secretkey': 'sim-001-secretkey'})\n"
        "    assert r.json()['return_code'] == 0\n"
    )
    folder = tmp_path / "demo"
    command = [sys.executable, "-c", script, str(folder)]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    with client_of(folder) as client:
        assert client.get("/_sim/state").json()["tokens_issued"] == 40


def test_answering_needs_no_server_modules(tmp_path: Path) -> None:
    script = (
        "import sys, httpx; from pathlib import Path\n"
        "before = set(sys.modules)\n"
        "from kiwoomctl.simulator.embedded import open_embedded\n"
        "simulator = open_embedded(Path(sys.argv[1]))\n"
        "c = httpx.Client(transport=simulator.transport(), base_url='https://x')\n"
        "c.post('/oauth2/token', json={})\n"
        "heavy = {'http.server', 'argparse', 'asyncio', 'sqlite3', 'email', 'typer', 'rich'}\n"
        "found = heavy & (set(sys.modules) - before)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "demo")], check=True)


def test_a_trace_hears_of_the_sending_and_can_prevent_it(tmp_path: Path) -> None:
    heard: list[str] = []

    def hear(event: str, _info: Any) -> None:
        heard.append(event)

    def prevent(_event: str, _info: Any) -> None:
        raise PermissionError

    with client_of(tmp_path / "demo") as client:
        client.post("/oauth2/token", json={}, extensions={"trace": hear})
        with pytest.raises(PermissionError):
            client.post("/oauth2/token", json={}, extensions={"trace": prevent})
        assert heard == ["http11.send_request_headers.started"]
        assert len(client.get("/_sim/state").json()["requests"]) == 1
