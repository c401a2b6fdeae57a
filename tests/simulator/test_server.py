"""The simulator over a loopback socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.errors import Unavailable, UsageError
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback

HOLDINGS = "acnt_evlt_remn_indv_tot"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off")) as running:
        yield running


@pytest.fixture
def client(server: SimulatorServer) -> Iterator[httpx.Client]:
    with loopback.Client(base_url=server.url, timeout=20) as made:
        yield made


def sign_in(client: httpx.Client, number: int = 1) -> dict[str, str]:
    keys = {
        "appkey": f"sim-{number:03d}-appkey",
        "secretkey": f"sim-{number:03d}-secretkey",
    }
    reply = client.post("/oauth2/token", json={"grant_type": "client_credentials", **keys})
    return {"authorization": f"Bearer {reply.json()['token']}"}


def holdings(client: httpx.Client, headers: dict[str, str], **more: Any) -> httpx.Response:
    return client.post(
        "/api/dostk/acnt",
        json={"qry_tp": "1", "dmst_stex_tp": "KRX"},
        headers={"api-id": "kt00018", **headers},
        **more,
    )


def test_a_read_over_a_socket_is_what_the_state_says(client: httpx.Client) -> None:
    headers = sign_in(client)
    rows = [row for row in holdings(client, headers).json()[HOLDINGS] if int(row["rmnd_qty"])]
    state = client.get("/_sim/state").json()["accounts"][0]["holdings"]
    assert [int(row["evltv_prft"]) for row in rows] == [row["unrealized_pnl"] for row in state]


def test_a_connection_serves_many_requests_and_one_date_each(client: httpx.Client) -> None:
    headers = sign_in(client)
    for _ in range(5):
        reply = holdings(client, headers)
        assert reply.http_version == "HTTP/1.1"
        assert len(reply.headers.get_list("date")) == 1
        assert "server" not in reply.headers


def test_the_refused_rate_has_no_reason_phrase() -> None:
    with (
        SimulatorServer(ServeOptions(rate="strict")) as server,
        loopback.Client(base_url=server.url) as client,
    ):
        headers = sign_in(client)
        reply = [holdings(client, headers) for _ in range(3)][-1]
    assert (reply.status_code, reply.reason_phrase) == (429, "")


def test_drop_closes_without_a_reply(client: httpx.Client) -> None:
    headers = sign_in(client)
    client.post("/_sim/faults", json={"api_id": "kt00018", "mode": "drop", "count": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        holdings(client, headers)
    assert holdings(client, headers).status_code == 200


def test_reset_sends_rst(client: httpx.Client) -> None:
    headers = sign_in(client)
    client.post("/_sim/faults", json={"api_id": "kt00018", "mode": "reset", "count": 1})
    with pytest.raises(httpx.ReadError, match=r"[Rr]eset|10054"):
        holdings(client, headers)
    assert holdings(client, headers).status_code == 200


def test_hang_ends_when_the_client_leaves(client: httpx.Client) -> None:
    headers = sign_in(client)
    client.post("/_sim/faults", json={"api_id": "kt00018", "mode": "hang", "count": 1})
    with pytest.raises(httpx.ReadTimeout):
        holdings(client, headers, timeout=0.2)
    assert holdings(client, headers).status_code == 200
    deadline = time.monotonic() + 5
    while handlers() > 1 and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert handlers() <= 1


def handlers() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_hang_ends_after_its_seconds_without_a_reply(client: httpx.Client) -> None:
    headers = sign_in(client)
    fault = {"api_id": "kt00018", "mode": "hang", "count": 1, "seconds": 0.2, "when": "after"}
    client.post("/_sim/faults", json=fault)
    with pytest.raises(httpx.RemoteProtocolError):
        holdings(client, headers)


def test_hang_ends_when_the_server_stops() -> None:
    with (
        SimulatorServer(ServeOptions(rate="off")) as server,
        loopback.Client(base_url=server.url, timeout=20) as client,
    ):
        headers = sign_in(client)
        client.post("/_sim/faults", json={"mode": "hang"})
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(holdings, client, headers)
            while len(server.host.records.requests) < 2:
                threading.Event().wait(0.01)
            server.close()
            with pytest.raises(httpx.TransportError):
                waiting.result(timeout=10)


def test_latency_delays_trs_and_not_the_control_plane() -> None:
    with (
        SimulatorServer(ServeOptions(rate="off", latency_ms=150)) as server,
        loopback.Client(base_url=server.url) as client,
    ):
        headers = sign_in(client)
        assert holdings(client, headers).elapsed.total_seconds() >= 0.15
        assert client.get("/_sim/state").elapsed.total_seconds() < 0.15


def test_a_page_of_another_site_cannot_reach_it(server: SimulatorServer) -> None:
    for host, status in (
        ("evil.example", 403),
        ("evil.example:80", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost:1234", 200),
        (f"127.0.0.1:{server.port}", 200),
        ("[::1]:80", 200),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/_sim/state", headers={"Host": host})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        assert (host, reply.status) == (host, status)


def test_a_body_without_a_length_is_refused(client: httpx.Client) -> None:
    assert client.post("/oauth2/token", content=iter([b"{}"])).status_code == 411


def test_only_loopback_is_bound(server: SimulatorServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_garbage_on_the_socket_harms_nobody(server: SimulatorServer, client: httpx.Client) -> None:
    for bytes_sent in (b"\x16\x03\x01\x00\xff", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(bytes_sent)
    assert client.get("/_sim/state").status_code == 200


def test_fifty_accounts_with_120_positions_are_served_quickly() -> None:
    options = ServeOptions(accounts=50, positions=120, rate="off")
    with (
        SimulatorServer(options) as server,
        loopback.Client(base_url=server.url, timeout=30) as client,
    ):
        started = time.perf_counter()
        state = client.get("/_sim/state").json()
        assert time.perf_counter() - started < 5
        assert sum(len(account["holdings"]) for account in state["accounts"]) == 6_000
        rows = []
        headers = sign_in(client, 50)
        while True:
            reply = holdings(client, headers)
            rows += reply.json()[HOLDINGS]
            if reply.headers["cont-yn"] != "Y":
                break
            headers |= {"cont-yn": "Y", "next-key": reply.headers["next-key"]}
        assert sum(int(row["evlt_amt"]) for row in rows) == sum(
            row["market_value"] for row in state["accounts"][49]["holdings"]
        )


def test_many_clients_at_once_are_all_answered(server: SimulatorServer) -> None:
    def once(number: int) -> int:
        with loopback.Client(base_url=server.url, timeout=20) as client:
            return holdings(client, sign_in(client, number % 3 + 1)).status_code

    with ThreadPoolExecutor(24) as pool:
        assert set(pool.map(once, range(48))) == {200}


def test_state_survives_in_a_folder(tmp_path: Path) -> None:
    options = ServeOptions(rate="off", state_dir=tmp_path / "served")
    with SimulatorServer(options) as server, httpx.Client(base_url=server.url) as client:
        headers = sign_in(client)
    with SimulatorServer(options) as server, httpx.Client(base_url=server.url) as client:
        assert holdings(client, headers).json()["return_code"] == 0


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"rate": "fast"}, "fast"),
        ({"clock": "noon"}, "noon"),
        ({"env": "paper"}, "paper"),
        ({"reissue": "never"}, "never"),
        ({"prices": "up"}, "up"),
        ({"accounts": 0}, "0"),
        ({"positions": 501}, "501"),
        ({"port": 70_000}, "70000"),
        ({"latency_ms": -1}, "-1"),
    ],
)
def test_a_bad_option_is_named(changes: dict[str, Any], value: str) -> None:
    with pytest.raises(UsageError, match=value):
        SimulatorServer(ServeOptions(**changes))


def test_a_port_in_use_is_told(server: SimulatorServer) -> None:
    with pytest.raises(Unavailable, match=str(server.port)):
        SimulatorServer(ServeOptions(port=server.port))


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_tells_when_it_is_ready_and_stops_on_a_signal(number: signal.Signals) -> None:
    script = (
        "import json, sys; from kiwoomctl.simulator.server import ServeOptions, serve\n"
        "serve(ServeOptions(), lambda ready: print(json.dumps(ready), flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["pid"] == process.pid
        assert ready["ws_url"].startswith("ws://127.0.0.1:")
        assert loopback.get(f"{ready['url']}/_sim/state").status_code == 200
        process.send_signal(number)
        assert process.wait(10) == 0
