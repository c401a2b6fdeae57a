"""What the lists show of a day's orders, against the simulator's own record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.order_lists import read_day
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.errors import Unavailable
from kiwoomctl.simulator.embedded import Embedded, open_embedded

URL = "http://in-process.invalid"
KEY = ("sim-001-appkey", "sim-001-secretkey")
SAMSUNG = Symbol("005930")


class Silent:
    """Watches without a word."""

    def called(self, profile: str, call: Call) -> None:
        """Take no note."""

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take no note."""


class House:
    """One account at the embedded simulator: orders by raw requests, lists by our client."""

    def __init__(self, folder: Path) -> None:
        self.simulator: Embedded = open_embedded(folder / "simulator", env="real")
        self.raw = httpx.Client(base_url=URL, transport=self.simulator.transport())
        self.client = KiwoomClient(
            profile="mine",
            transport=Transport(URL, timeout=5, in_process=self.simulator),
            tokens=TokenStore(folder / "tokens", "in-process", "key", SystemClock()),
            credentials=lambda: KEY,
            pacer=None,
            observer=Silent(),
            clock=SystemClock(),
        )
        self.client.renew_token()
        self.token = self.client._tokens.cached()  # noqa: SLF001 - the raw requests need it too

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.raw.get("/_sim/state").json()
        return state

    @property
    def today(self) -> date:
        return datetime.fromisoformat(self.state["now"]).date()

    def order(self, api_id: str, **body: str) -> str:
        assert self.token is not None
        reply = self.raw.post(
            "/api/dostk/ordr",
            json={"dmst_stex_tp": "KRX", "stk_cd": SAMSUNG, **body},
            headers={"api-id": api_id, "authorization": f"Bearer {self.token.value}"},
        ).json()
        assert reply["return_code"] == 0, reply
        return str(reply["ord_no"]).lstrip("0")

    def price(self) -> int:
        holdings = self.state["accounts"][0]["holdings"]
        return int(next(h["price"] for h in holdings if h["symbol"] == SAMSUNG))

    def control(self, action: str, **body: Any) -> None:
        assert self.raw.post(f"/_sim/{action}", json=body).status_code == 200

    def lists(self, symbol: Symbol | None = SAMSUNG) -> DayOrders:
        return read_day(self.client, self.today, symbol)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.client.close()


def resting_price(house: House) -> str:
    return str(house.price() // 1000 * 1000 - 20_000)


def test_no_order_is_an_empty_day(house: House) -> None:
    lists = house.lists()
    assert lists.orders == ()
    assert lists.broker_time is not None


def test_an_open_a_filled_and_a_cancelled_order(house: House) -> None:
    low = resting_price(house)
    resting = house.order("kt10000", ord_qty="2", ord_uv=low, trde_tp="0")
    filled = house.order("kt10000", ord_qty="1", ord_uv="", trde_tp="3")
    doomed = house.order("kt10000", ord_qty="3", ord_uv=low, trde_tp="0")
    cancel = house.order("kt10003", orig_ord_no=doomed.zfill(7), cncl_qty="0")

    lists = house.lists()
    found = {order.number: order for order in lists.orders}
    assert set(found) == {resting, filled, doomed, cancel}
    assert lists.in_day_list == set(found)
    status = {number: found[number].status for number in (resting, filled, doomed)}
    assert status == {resting: "open", filled: "filled", doomed: "cancelled"}
    first = found[resting]
    assert (first.side, first.type, first.quantity, first.remaining_quantity) == (
        "buy", OrderType.LIMIT, 2, 2,
    )  # fmt: skip
    assert str(first.price) == low
    assert (first.channel, first.exchange, first.original) == ("REST API", "KRX", None)
    assert first.ordered_at is not None
    assert found[filled].type is OrderType.MARKET
    assert found[filled].price is None
    assert found[filled].average_fill_price
    assert (found[cancel].original, found[cancel].change) == (doomed, "cancel")


def test_every_accepted_order_is_in_the_union(house: House) -> None:
    low = resting_price(house)
    for _ in range(7):
        house.order("kt10000", ord_qty="1", ord_uv=low, trde_tp="0")
    modified = house.order("kt10000", ord_qty="1", ord_uv=low, trde_tp="0")
    house.order("kt10002", orig_ord_no=modified.zfill(7), mdfy_qty="0", mdfy_uv=low[:-3] + "500")
    house.control("page_size", api_id="kt00007", rows=3)
    house.control("page_size", api_id="ka10075", rows=2)
    accepted = {order["ord_no"].lstrip("0") for order in house.state["orders"]}
    assert len(accepted) == 9
    assert {order.number for order in house.lists().orders} == accepted
    assert {order.number for order in house.lists(None).orders} == accepted
    assert house.lists(Symbol("000660")).orders == ()


def test_an_order_of_another_channel_shows_it(house: House) -> None:
    house.control(
        "foreign_order", appkey=KEY[0], side="buy", symbol=SAMSUNG, quantity=1,
        price=int(resting_price(house)), type="limit", exchange="KRX", channel="영웅문4",
    )  # fmt: skip
    [order] = house.lists().orders
    assert order.channel == "영웅문4"


@pytest.mark.parametrize("api_id", ["kt00007", "ka10075", "ka10076"])
def test_one_list_that_fails_is_no_evidence(house: House, api_id: str) -> None:
    house.control("faults", api_id=api_id, mode="truncate", when="before")
    with pytest.raises(Unavailable):
        house.lists()


def test_an_empty_day_list_still_finds_open_orders(house: House) -> None:
    number = house.order("kt10000", ord_qty="1", ord_uv=resting_price(house), trde_tp="0")
    house.control("faults", api_id="kt00007", mode="kt00007_empty", when="before")
    lists = house.lists()
    assert [order.number for order in lists.orders] == [number]
    assert lists.in_day_list == frozenset()
