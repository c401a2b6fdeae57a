"""Orders over a loopback socket: lost replies, and many clients at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback
from tests.simulator.ordering import ORDER_PATH, SYMBOL


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off", accounts=4)) as running:
        yield running


def sign_in(server: SimulatorServer, number: int) -> dict[str, str]:
    keys = {"appkey": f"sim-{number:03d}-appkey", "secretkey": f"sim-{number:03d}-secretkey"}
    grant = {"grant_type": "client_credentials", **keys}
    reply = loopback.post(f"{server.url}/oauth2/token", json=grant)
    return {"authorization": f"Bearer {reply.json()['token']}"}


def order(server: SimulatorServer, headers: dict[str, str], **more: Any) -> httpx.Response:
    now = server.exchange.clock.now()
    price = server.exchange.market.price(SYMBOL, now) - 20_000
    body = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, "ord_qty": "1", "trde_tp": "0"}
    return loopback.post(
        f"{server.url}{ORDER_PATH}",
        json={**body, "ord_uv": f"{price}"},
        headers={"api-id": "kt10000", **headers},
        **more,
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("mode", ["drop", "reset", "hang"])
def test_s40_a_reply_lost_on_the_socket(server: SimulatorServer, mode: str, when: str) -> None:
    headers = sign_in(server, 1)
    fault = {"api_id": "kt10000", "mode": mode, "when": when, "count": 1}
    loopback.post(f"{server.url}/_sim/faults", json=fault)
    with pytest.raises(httpx.TransportError):
        order(server, headers, timeout=0.3)
    orders = loopback.get(f"{server.url}/_sim/state").json()["orders"]
    assert len(orders) == (1 if when == "after" else 0)


def test_many_clients_order_at_once_and_every_number_is_given_once(
    server: SimulatorServer,
) -> None:
    for account in server.exchange.accounts.values():
        account.opening_deposit += 10**9
    signed_in = [sign_in(server, number) for number in (1, 2, 3, 4)]

    def once(turn: int) -> str:
        return str(order(server, signed_in[turn % 4], timeout=30).json()["ord_no"])

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(once, range(120)))
    orders = loopback.get(f"{server.url}/_sim/state").json()["orders"]
    assert len(set(numbers)) == 120
    assert sorted(numbers) == [made["ord_no"] for made in orders]
