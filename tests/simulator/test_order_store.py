"""Orders on disk: nothing that was accepted is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kiwoomctl.simulator.embedded import open_embedded
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.simulator.conftest import Wire
from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import ManualClock


def trader_in(folder: Path, machine: ManualClock, token: str = "", **options: Any) -> Trader:
    simulator = open_embedded(folder, clock=machine, **options)
    client = httpx.Client(transport=simulator.transport(), base_url="https://x.invalid")
    wire = Wire(client, simulator.host, machine, token=token)
    return Trader(wire if token else wire.sign_in())


def test_another_process_finds_orders_fills_and_what_waits(
    tmp_path: Path, machine: ManualClock
) -> None:
    first = trader_in(tmp_path / "demo", machine)
    number = first.resting(3)
    first.wire.control("fill", ord_no=number, quantity=1)
    first.sell(2)
    first.wire.control("depth", symbol="000660", quantity=4)
    first.wire.control("reject_later", seconds=30, count=2)
    first.resting(1, 20)
    first.wire.fault("late_accept", "kt10000", count=1, seconds=120)
    with pytest.raises(httpx.RemoteProtocolError):
        first.resting(2, 30)
    second = trader_in(tmp_path / "demo", machine, first.wire.token)
    assert second.wire.state()["orders"] == first.wire.state()["orders"]
    assert second.wire.state()["accounts"] == first.wire.state()["accounts"]
    assert [row["ord_no"] for row in second.open()] == [row["ord_no"] for row in first.open()]
    assert second.wire.host.exchange.fills == first.wire.host.exchange.fills
    machine.advance(130)
    assert [order["status"] for order in second.known()] == [
        "partial",
        "filled",
        "rejected",
        "open",
    ]
    assert second.cancel(number)["return_code"] == 0
    assert first.of(number)["status"] == "cancelled"


def test_a_walking_price_fills_between_two_commands(tmp_path: Path, machine: ManualClock) -> None:
    first = trader_in(tmp_path / "demo", machine)
    for ticks in range(5):
        first.resting(1, ticks)
    machine.advance(4 * 3_600)
    second = trader_in(tmp_path / "demo", machine, first.wire.token)
    assert any(order["filled"] for order in second.known())
    assert first.known() == second.known()
    assert second.wire.read("kt00018") == first.wire.read("kt00018")


def test_orders_of_yesterday_are_over_today(tmp_path: Path, machine: ManualClock) -> None:
    first = trader_in(tmp_path / "demo", machine)
    number = first.buy(1, first.band()[0])["ord_no"]
    machine.advance(24 * 3_600)
    second = trader_in(tmp_path / "demo", machine)
    assert second.of(number)["status"] == "expired"
    assert second.open() == second.daily() == []
    assert [row["ord_no"] for row in second.daily(ord_dt="20261001")] == [number]


def test_a_state_from_before_there_were_orders_is_taken_over(
    tmp_path: Path, machine: ManualClock
) -> None:
    first = trader_in(tmp_path / "demo", machine)
    path = tmp_path / "demo" / "simulator.json"
    data = json.loads(path.read_text())
    names = ("orders", "fills", "postponed", "planned_rejections", "depths", "taken")
    old = {name: value for name, value in data.items() if name not in (*names, "advanced_to")}
    path.write_text(json.dumps({**old, "version": 1}))
    second = trader_in(tmp_path / "demo", machine, first.wire.token)
    assert second.known() == []
    assert second.resting(1)


def test_reads_of_an_account_with_orders_write_nothing(
    tmp_path: Path, machine: ManualClock
) -> None:
    trader = trader_in(tmp_path / "demo", machine)
    trader.buy(1, trader.band()[0])
    path = tmp_path / "demo" / "simulator.json"
    before = path.stat().st_mtime_ns
    machine.advance(600)
    trader.open()
    trader.daily()
    assert path.stat().st_mtime_ns == before


ORDERER = """
import os, sys, httpx
from pathlib import Path
from kiwoomctl.simulator.embedded import open_embedded
simulator = open_embedded(Path(sys.argv[1]))
c = httpx.Client(transport=simulator.transport(), base_url='https://x.invalid')
key = {'appkey': 'sim-001-appkey', 'secretkey': 'sim-001-secretkey'}
t = c.post('/oauth2/token', json={'grant_type': 'client_credentials', **key}).json()['token']
headers = {'authorization': f'Bearer {t}', 'api-id': 'kt10000'}
low = c.get('/_sim/state').json()['accounts'][0]['holdings'][0]['price'] // 10 * 8 // 500 * 500
body = {'dmst_stex_tp': 'KRX', 'stk_cd': '005930', 'ord_qty': '1', 'ord_uv': str(low),
        'trde_tp': '0'}
while True:
    r = c.post('/api/dostk/ordr', json=body, headers=headers).json()
    assert r['return_code'] == 0, r
    print(r['ord_no'], flush=True)
    h = {**headers, 'api-id': 'kt10003'}
    r = c.post('/api/dostk/ordr', headers=h, json={'dmst_stex_tp': 'KRX', 'stk_cd': '005930',
        'orig_ord_no': r['ord_no'], 'cncl_qty': '0'}).json()
    print(r['ord_no'], flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_killed_process_has_lost_no_accepted_order(tmp_path: Path, machine: ManualClock) -> None:
    told: list[str] = []
    for lines in (1, 4, 9):
        command = [sys.executable, "-c", ORDERER, str(tmp_path / "demo")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told += [process.stdout.readline().strip() for _ in range(lines)]
            process.send_signal(signal.SIGKILL)
            told += process.stdout.read().split()
    machine.wall = machine.wall.now(machine.wall.tzinfo)
    known = {order["ord_no"] for order in trader_in(tmp_path / "demo", machine).known()}
    assert len(told) >= 14
    assert set(told) <= known
    assert len(known - set(told)) <= 3


def test_a_served_state_folder_keeps_orders(tmp_path: Path) -> None:
    options = ServeOptions(rate="off", state_dir=tmp_path / "served")
    key = {"appkey": "sim-001-appkey", "secretkey": "sim-001-secretkey"}
    grant = {"grant_type": "client_credentials", **key}
    with (
        SimulatorServer(options) as server,
        loopback.Client(base_url=server.url) as client,
    ):
        token = client.post("/oauth2/token", json=grant).json()["token"]
        price = server.exchange.market.price(SYMBOL, server.exchange.clock.now()) - 5_000
        reply = client.post(
            "/api/dostk/ordr",
            json={
                "dmst_stex_tp": "KRX",
                "stk_cd": SYMBOL,
                "ord_qty": "1",
                "ord_uv": f"{price}",
                "trde_tp": "0",
            },
            headers={"authorization": f"Bearer {token}", "api-id": "kt10000"},
        ).json()
        orders = client.get("/_sim/state").json()["orders"]
    assert [order["ord_no"] for order in orders] == [reply["ord_no"]]
    with (
        SimulatorServer(options) as server,
        loopback.Client(base_url=server.url) as client,
    ):
        assert client.get("/_sim/state").json()["orders"] == orders
