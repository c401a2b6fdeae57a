"""What the lists show of a day's fills, and which day that is, against the simulator's record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.order_fills import read_fills
from kiwoomctl.brokers.kiwoom.order_lists import read_day
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import InProcess, Transport
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Fill
from kiwoomctl.errors import Unavailable
from kiwoomctl.simulator.embedded import Embedded, open_embedded

URL = "http://in-process.invalid"
KEY = ("sim-001-appkey", "sim-001-secretkey")
SAMSUNG = Symbol("005930")
THURSDAY, FRIDAY = date(2026, 10, 1), date(2026, 10, 2)
NOTHING = {"code": "501724", "text": "관련자료가없습니다"}


class Silent:
    """Notes which calls were made."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def called(self, profile: str, call: Call) -> None:
        del profile
        self.asked.append(call.api_id)

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        """Take no note."""


def client_of(folder: Path, door: InProcess, observer: Silent) -> KiwoomClient:
    return KiwoomClient(
        profile="mine",
        transport=Transport(URL, timeout=5, in_process=door),
        tokens=TokenStore(folder / "tokens", "in-process", "key", SystemClock()),
        credentials=lambda: KEY,
        pacer=None,
        observer=observer,
        clock=SystemClock(),
    )


class House:
    """One account at the embedded simulator: orders of another channel, lists by our client."""

    def __init__(self, folder: Path) -> None:
        self.simulator: Embedded = open_embedded(folder / "simulator", env="real")
        self.raw = httpx.Client(base_url=URL, transport=self.simulator.transport())
        self.observer = Silent()
        self.client = client_of(folder, self.simulator, self.observer)
        self.set_clock(THURSDAY)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.raw.get("/_sim/state").json()
        return state

    def set_clock(self, day: date) -> None:
        self.control("clock", now=f"{day}T10:00:00+09:00")

    def control(self, route: str, **body: Any) -> dict[str, Any]:
        reply = self.raw.post(f"/_sim/{route}", json=body)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def order(self, side: str = "buy", quantity: int = 1, price: int = 0) -> str:
        """Return the number of an order of another channel; without a price it is filled."""
        placed = self.control(
            "foreign_order", appkey=KEY[0], side=side, symbol=SAMSUNG, quantity=quantity,
            price=price, channel="영웅문4",
        )  # fmt: skip
        return str(placed["ord_no"]).lstrip("0")

    def resting(self, quantity: int = 5) -> str:
        holdings = self.state["accounts"][0]["holdings"]
        price = next(int(h["price"]) for h in holdings if h["symbol"] == SAMSUNG)
        return self.order(quantity=quantity, price=price // 1000 * 1000 - 20_000)

    def fill(self, number: str, quantity: int, **more: int) -> None:
        self.control("fill", ord_no=number, quantity=quantity, **more)

    def recorded(self, number: str) -> dict[str, Any]:
        orders = self.state["orders"]
        return next(order for order in orders if order["ord_no"].lstrip("0") == number)

    def fills(self) -> tuple[Fill, ...]:
        return read_fills(self.client, None).fills


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.client.close()


def test_a_day_without_fills_is_empty(house: House) -> None:
    house.resting()
    seen = read_fills(house.client, None)
    assert (seen.day, seen.fills) == (THURSDAY, ())
    assert seen.broker_time is not None
    assert seen.broker_time.date() == seen.day
    assert read_fills(house.client, THURSDAY).fills == ()


def test_every_fill_of_an_order_has_its_own_row(house: House) -> None:
    number = house.resting()
    low = house.recorded(number)["price"]
    house.fill(number, 2)
    house.fill(number, 1, price=low - 500)
    first, second = house.fills()
    assert [(f.number, f.quantity, f.price) for f in (first, second)] == [
        (number, 2, Decimal(low)),
        (number, 1, Decimal(low - 500)),
    ]
    assert first.fill_id != second.fill_id
    assert not first.aggregated
    assert first.amount + second.amount == house.recorded(number)["filled_amount"]
    # The broker tells costs per order; which fill's they are it does not say.
    assert first.commission is second.commission is first.tax is None
    assert first.filled_at is not None
    assert first.filled_at.date() == THURSDAY


def test_the_costs_of_an_order_with_one_fill_are_that_fills(house: House) -> None:
    number = house.order(side="sell", quantity=3)
    [fill] = house.fills()
    record = house.recorded(number)
    assert (fill.side, fill.symbol, fill.quantity) == ("sell", SAMSUNG, 3)
    assert (fill.commission, fill.tax) == (record["commission"], record["tax"])
    assert fill.tax
    assert fill.name


def test_without_the_list_of_fills_each_order_is_one_sum(house: House) -> None:
    number = house.resting()
    house.fill(number, 2)
    house.fill(number, 2)
    bought = house.order()
    house.control("faults", api_id="kt00009", mode="backend", when="before", **NOTHING)
    first, second = house.fills()
    assert (first.number, first.quantity, first.aggregated) == (number, 4, True)
    assert (first.amount, first.filled_at) == (house.recorded(number)["filled_amount"], None)
    assert first.commission == house.recorded(number)["commission"]
    assert (second.number, second.aggregated) == (bought, True)


def test_fills_of_hidden_orders_are_kept(house: House) -> None:
    number = house.order(quantity=2)
    house.set_clock(FRIDAY)
    house.control("faults", api_id="kt00007", mode="kt00007_empty", when="before")
    [fill] = read_fills(house.client, THURSDAY).fills
    assert (fill.number, fill.quantity) == (number, 2)


def test_a_cancelled_order_keeps_what_was_filled(house: House) -> None:
    number = house.resting()
    house.fill(number, 1)
    house.control(
        "foreign_order", appkey=KEY[0], action="cancel", target=number, symbol=SAMSUNG,
    )  # fmt: skip
    [fill] = house.fills()
    assert (fill.number, fill.quantity) == (number, 1)


@pytest.mark.parametrize("api_id", ["kt00009", "kt00007", "ka10075", "ka10076"])
def test_one_list_that_fails_is_no_day(house: House, api_id: str) -> None:
    house.order()
    house.control("faults", api_id=api_id, mode="truncate", when="before")
    with pytest.raises(Unavailable):
        house.fills()


def test_today_is_the_brokers_and_costs_no_call(house: House) -> None:
    house.order()
    house.set_clock(FRIDAY)
    number = house.resting()
    lists = read_day(house.client, None, None)
    assert (lists.day, [order.number for order in lists.orders]) == (FRIDAY, [number])
    assert lists.in_day_list == {number}
    assert house.observer.asked == ["au10001", "ka10075", "kt00007", "ka10076"]
    house.observer.asked.clear()
    assert read_fills(house.client, None).day == FRIDAY
    assert house.observer.asked == ["ka10075", "kt00009", "kt00007", "ka10076"]
    house.observer.asked.clear()
    assert [fill.quantity for fill in read_fills(house.client, THURSDAY).fills] == [1]
    assert house.observer.asked == ["kt00009", "kt00007"]


# What the simulator never says, by a broker that says it.

Speak = Callable[..., KiwoomClient]
DATE = "Fri, 20 Nov 2026 01:00:00 GMT"
DAY = date(2026, 11, 20)


@pytest.fixture
def speak(tmp_path: Path) -> Iterator[Speak]:
    """Make a client of a broker whose lists hold these rows, by api-id."""
    made: list[KiwoomClient] = []

    def start(**rows: list[Mapping[str, str]]) -> KiwoomClient:
        lists = {"kt00007": "acnt_ord_cntr_prps_dtl", "ka10075": "oso", "ka10076": "cntr"}

        def answer(request: httpx.Request) -> httpx.Response:
            api_id = request.headers["api-id"]
            body: dict[str, Any] = {"return_code": 0, "return_msg": ""}
            if api_id == "au10001":
                body |= {"token": "a-token", "expires_dt": "20261121100000"}
            else:
                body[lists[api_id]] = rows.get(api_id, [])
            return httpx.Response(200, content=json.dumps(body), headers={"date": DATE})

        client = client_of(tmp_path, httpx.MockTransport(answer), Silent())
        made.append(client)
        return client

    yield start
    for client in made:
        client.close()


def day_row(number: str, **more: str) -> dict[str, str]:
    return {
        "ord_no": number,
        "stk_cd": "A005930",
        "io_tp_nm": "현금매수",
        "ord_qty": "0000000005",
        "ord_uv": "0000070000",
        "cntr_qty": "0000000000",
        "ord_remnq": "0000000000",
        "ori_ord": "0000000",
        "acpt_tp": "접수",
        "comm_ord_tp": "REST API",
        **more,
    }


def open_row(number: str, **more: str) -> dict[str, str]:
    return {
        "ord_no": number, "stk_cd": "005930", "io_tp_nm": "+매수", "ord_qty": "5", "oso_qty": "5",
        "cntr_qty": "0", "ord_pric": "70000", "orig_ord_no": "0000000", "tm": "100000", **more,
    }  # fmt: skip


def statuses(client: KiwoomClient, day: date | None) -> dict[str, str]:
    return {order.number: order.status for order in read_day(client, day, None).orders}


def test_nothing_is_open_of_a_day_that_is_over(speak: Speak) -> None:
    left = day_row("0000001", ord_remnq="0000000005")
    partly = day_row("0000002", ord_remnq="0000000002", cntr_qty="0000000003")
    client = speak(kt00007=[left, partly])
    assert statuses(client, DAY - timedelta(days=1)) == {"1": "expired", "2": "expired"}
    assert statuses(client, DAY) == {"1": "open", "2": "partial"}


def test_a_refused_cancel_cancels_nothing(speak: Speak) -> None:
    cancel = day_row("0000002", ori_ord="0000001", mdfy_cncl="취소", acpt_tp="거부")
    client = speak(kt00007=[day_row("0000001"), cancel])
    assert statuses(client, None) == {"1": "closed", "2": "rejected"}


def test_the_list_that_was_read_last_is_believed(speak: Speak) -> None:
    """An order may be cancelled, filled or refused after the open orders were read."""
    cancel = day_row("0000003", ori_ord="0000001", mdfy_cncl="취소")
    client = speak(
        ka10075=[open_row("0000001"), open_row("0000002"), open_row("0000004")],
        kt00007=[
            day_row("0000001"),
            cancel,
            day_row("0000002", cntr_qty="0000000005", cntr_uv="0000070000"),
            day_row("0000004", acpt_tp="거부"),
        ],
    )
    lists = read_day(client, None, None)
    found = {order.number: order for order in lists.orders}
    assert {number: order.status for number, order in found.items() if number != "3"} == {
        "1": "cancelled",
        "2": "filled",
        "4": "rejected",
    }
    assert {order.channel for order in found.values()} == {"REST API"}
    assert found["1"].remaining_quantity == 0
    assert found["2"].average_fill_price == Decimal(70000)
