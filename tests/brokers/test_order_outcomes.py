"""One send against every fault: what is called certain agrees with the server's own record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.brokers.kiwoom.order_requests import API_IDS, ORDER_PATH, request_body
from kiwoomctl.brokers.kiwoom.outcomes import classify
from kiwoomctl.brokers.order_post import post_order
from kiwoomctl.brokers.transport import NotSent, ReplyLost
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OrderType, Terms
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests import loopback

# Whatever becomes of the order, these replies leave it open.
LOST = [
    "drop", "reset", "hang", "truncate", "html", "garbage", "list", "empty", "http_500",
    "http_502", "http_503", "blank", "wrong_number",
]  # fmt: skip


class Desk:
    """A served simulator and one order sent to it."""

    def __init__(self, server: SimulatorServer) -> None:
        self.url = server.url
        self.http = loopback.Client(base_url=server.url)
        self.token = self.new_token()
        holdings = self.state["accounts"][0]["holdings"]
        price = next(h["price"] for h in holdings if h["symbol"] == "005930")
        self.terms = Terms(
            "buy", Symbol("005930"), "buy", OrderType.LIMIT, 1, Decimal(price // 1000 * 1000),
            None, "KRX",
        )  # fmt: skip

    def new_token(self) -> str:
        body = {
            "grant_type": "client_credentials",
            "appkey": "sim-001-appkey",
            "secretkey": "sim-001-secretkey",
        }
        return str(self.http.post("/oauth2/token", json=body).json()["token"])

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.http.get("/_sim/state").json()
        return state

    def fault(self, mode: str, when: str, **more: Any) -> None:
        body = {"api_id": "kt10000", "mode": mode, "when": when, "count": 1, **more}
        self.http.post("/_sim/faults", json=body).raise_for_status()

    def send(self) -> tuple[str, int]:
        """Send once; return the class and how often the journal was marked."""
        marks: list[str] = []
        known = {order["ord_no"].lstrip("0") for order in self.state["orders"]}
        try:
            reply = post_order(
                self.url,
                ORDER_PATH,
                {"api-id": API_IDS["buy"], "authorization": f"Bearer {self.token}"},
                _json(request_body(self.terms)),
                lambda: marks.append("sending"),
                reply_seconds=1.0,
            )
        except ReplyLost:
            return "unknown", len(marks)
        except NotSent:
            return "not_sent", len(marks)
        return classify(reply.status, reply.content, known).kind, len(marks)


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off")) as running:
        yield running


@pytest.fixture
def desk(server: SimulatorServer) -> Iterator[Desk]:
    loopback.post(f"{server.url}/_sim/reset")
    made = Desk(server)
    yield made
    made.http.close()


def test_a_plain_order_is_accepted_once(desk: Desk) -> None:
    assert desk.send() == ("accepted", 1)
    assert len(desk.state["orders"]) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("mode", LOST)
def test_a_lost_reply_is_unknown_and_nothing_is_sent_again(
    desk: Desk, mode: str, when: str
) -> None:
    desk.send()  # a number for wrong_number to take
    desk.fault(mode, when, seconds=5)
    assert desk.send() == ("unknown", 1)
    assert len(desk.state["orders"]) == (1 if when == "before" else 2)
    sent = [r for r in desk.state["requests"] if r["api_id"] == "kt10000"]
    assert len(sent) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rate_refusal_is_only_a_claim_until_a_read_confirms_it(desk: Desk, when: str) -> None:
    desk.fault("http_429", when)
    assert desk.send() == ("rate", 1)
    assert len(desk.state["orders"]) == (0 if when == "before" else 1)


def test_refusals_that_leave_no_order(desk: Desk) -> None:
    for mode, kind, more in (
        ("token_dead", "token", {}),
        ("ip_mismatch", "rejected", {}),
        ("backend", "rejected", {"code": "855056", "text": "매수증거금이 부족합니다"}),
        ("backend", "doubtful", {"code": "777777", "text": "주문 거부"}),
        ("backend", "unknown", {"code": "-994", "text": "fail to sendReceive:WINGSj"}),
    ):
        fresh = copy(desk)
        fresh.token = desk.new_token()
        desk.fault(mode, "before", **more)
        assert fresh.send() == (kind, 1), (mode, more)
    assert desk.state["orders"] == []


def test_real_refusals_of_the_exchange_are_definite(desk: Desk) -> None:
    for change in ({"price": Decimal(1)}, {"quantity": 10_000_000}):
        fresh = copy(desk)
        fresh.terms = desk.terms._replace(**change)
        assert fresh.send() == ("rejected", 1)
    assert desk.state["orders"] == []
