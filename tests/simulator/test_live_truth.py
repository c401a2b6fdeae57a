"""What a live session tells adds up to what the lists say, whatever goes wrong between."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from kiwoomctl.simulator.embedded import open_embedded, reset_embedded
from kiwoomctl.simulator.embedded_http import EmbeddedTransport
from kiwoomctl.simulator.embedded_live import EmbeddedLive
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.journal import Journal, OrderEvent
from kiwoomctl.simulator.orders import OrderRefused, OrderRequest
from tests.simulator.conftest import MakeWire, ManualClock, Wire
from tests.simulator.feed import SYMBOL, Feed, Side, appkey
from tests.simulator.ordering import Trader

FILLED = {"stk_cd": "", "qry_tp": "0", "sell_tp": "0", "stex_tp": "0"}
OPEN = {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0"}
ACCOUNT = "/api/dostk/acnt"


@dataclass
class View:
    """What a client knows of an account's orders from the lists and the feed together."""

    filled: dict[str, int] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)

    def read(self, side: Side) -> None:
        """Begin from what the lists say."""
        rows = side.post("ka10076", ACCOUNT, FILLED)["cntr"]
        self.filled = {row["ord_no"]: int(row["cntr_qty"]) for row in rows}
        rows = side.post("ka10075", ACCOUNT, OPEN)["oso"]
        self.open = {row["ord_no"]: int(row["oso_qty"]) for row in rows}

    def hear(self, element: dict[str, Any]) -> None:
        values = element["values"]
        number, state = values["9203"], values["913"]
        if state == "체결":
            self.filled[number] = int(values["911"])
        if values["905"].endswith("취소"):
            if state == "확인":
                self._lower(values["904"], int(values["900"]))
            return
        if values["905"].endswith("정정") and state == "확인":
            self._lower(values["904"], int(values["900"]))
        self.open[number] = int(values["902"])

    def _lower(self, number: str, quantity: int) -> None:
        self.open[number] = self.open.get(number, 0) - quantity

    @property
    def resting(self) -> dict[str, int]:
        return {number: left for number, left in self.open.items() if left > 0}


def act(side: Side, chance: random.Random) -> None:
    """Do something to the account's orders; refusals are fine."""
    price = side.price() - 500 * chance.randrange(-2, 6)
    resting = [o for o in side.state()["orders"] if o["remaining"] and o["action"] != "cancel"]
    target = chance.choice(resting) if resting else None
    what = chance.choice(("new", "new", "fill", "price", "cancel", "modify"))
    if what == "price":
        side.control("price", symbol=SYMBOL, price=side.price() + 500 * chance.randrange(-2, 3))
    elif what == "fill" and target is not None:
        quantity = chance.randrange(1, target["remaining"] + 1)
        side.control("fill", ord_no=target["ord_no"], quantity=quantity)
    elif what in ("cancel", "modify") and target is not None:
        quantity = chance.randrange(0, target["remaining"] + 1)
        asked = {"orig_ord_no": target["ord_no"], "stk_cd": SYMBOL, "dmst_stex_tp": "KRX"}
        body = (
            {**asked, "cncl_qty": f"{quantity}"}
            if what == "cancel"
            else {**asked, "mdfy_qty": f"{quantity}", "mdfy_uv": f"{price}"}
        )
        api_id = "kt10003" if what == "cancel" else "kt10002"
        side.post(api_id, "/api/dostk/ordr", body)
    else:
        body = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, "trde_tp": "0", "ord_uv": f"{price}"}
        api_id = chance.choice(("kt10000", "kt10001"))
        quantity = chance.randrange(1, 6)
        side.post(api_id, "/api/dostk/ordr", {**body, "ord_qty": f"{quantity}"})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_ends_of_the_line_lose_nothing_that_the_lists_do_not_show(
    side: Side, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's choice
    side.control("depth", symbol=SYMBOL, quantity=3)
    view = View()

    def join() -> Feed:
        feed = side.sign_in()
        feed.register(["00"])
        view.read(side)
        feed.all()
        return feed

    feed = join()
    ends = 0
    for _ in range(40):
        act(side, chance)
        if chance.random() < 0.15:
            side.control("drop_sockets")
            ends += 1
        try:
            told = feed.all()
        except ConnectionClosed:
            feed = join()
            continue
        for element in told:
            view.hear(element)
    for element in feed.all():
        view.hear(element)
    truth = View()
    truth.read(side)
    assert ends
    assert truth.filled
    assert view.filled == truth.filled
    assert view.resting == truth.resting


# The journal alone ----------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("buy", "sell", "market", "ioc", "cancel", "modify", "fill", "pin", "reject", "wait")
        ),
        st.integers(0, 10),
        st.integers(1, 6),
        st.booleans(),
    ),
    max_size=25,
)


def step(host: Host, clock: ManualClock, what: str, place: int, size: int) -> None:
    exchange = host.exchange
    now = exchange.clock.now()
    price = exchange.market.price(SYMBOL, now) + 500 * (place - 5)
    resting = exchange.open_orders()
    if what == "wait":
        clock.advance(1)
        exchange.advance()
    elif what == "pin":
        exchange.pin_price(SYMBOL, price)
    elif what in ("buy", "sell", "market", "ioc"):
        kind = {"market": "3", "ioc": "10"}.get(what, "0")
        asked = OrderRequest(
            appkey=appkey(1),
            action="new",
            symbol=SYMBOL,
            quantity=size,
            exchange="KRX",
            side="sell" if what == "sell" else "buy",
            order_type=kind,
            price=0 if what == "market" else price,
        )
        exchange.submit(asked)
    elif resting:
        order = resting[place % len(resting)]
        quantity = min(size, order.remaining)
        if what == "fill":
            exchange.desk.execute_by_hand(order, quantity, order.resting_price or price, now)
        elif what == "reject":
            exchange.desk.reject_open(order, "571489", "")
        else:
            exchange.submit(
                OrderRequest(
                    appkey=order.appkey,
                    action="cancel" if what == "cancel" else "modify",
                    symbol=SYMBOL,
                    quantity=quantity,
                    exchange="KRX",
                    price=price,
                    target=order.number,
                )
            )


def check_story(host: Host, events: list[OrderEvent]) -> None:
    """See that the events of every order make exactly what the exchange has."""
    exchange = host.exchange
    for order in exchange.orders:
        mine = [event for event in events if event.order.number == order.number]
        assert mine[0].kind == "received"
        assert mine[0].order.remaining == order.quantity
        fills = [event for event in mine if event.fill is not None]
        running = amount = 0
        for event in fills:
            assert event.fill is not None
            running += event.fill.quantity
            amount += event.fill.quantity * event.fill.price
            assert (event.order.filled, event.order.filled_amount) == (running, amount)
            assert event.order.remaining >= 0
        if fills and order.closed_as in ("", "cancelled") and order.action == "new":
            # Nothing but another order's cancellation can come after the last fill.
            later = sum(
                other.quantity
                for other in exchange.orders
                if other.original == order.number and other.accepted_at > fills[-1].moment
            )
            if mine[-1].kind == "filled":
                assert fills[-1].order.remaining == order.remaining + later
        assert (running, amount) == (order.filled, order.filled_amount)
        kinds = [event.kind for event in mine]
        assert ("confirmed" in kinds) == (order.action != "new")
        assert (kinds[-1] == "rejected") == (order.closed_as == "rejected")
        if fills:
            assert (fills[-1].order.commission, fills[-1].order.tax) == (
                order.commission,
                order.tax,
            )
    holdings = [event.holding for event in events if event.holding is not None]
    if holdings:
        lots = exchange.accounts[appkey(1)].lots
        assert holdings[-1].quantity == sum(lot.quantity for lot in lots if lot.symbol == SYMBOL)
    received = [event.order.number for event in events if event.kind == "received"]
    assert received == [order.number for order in exchange.orders]
    moments = [event.moment for event in events]
    assert all(a <= b for a, b in pairwise(moments))


# A modify that is filled at once, seen together with the order it changes.
@example([("buy", 0, 1, False), ("modify", 10, 1, False), ("pin", 0, 1, False)])
# Two orders filled at one moment, the younger one first.
@example([("buy", 0, 1, False), ("buy", 1, 1, False), ("pin", 0, 1, False)])
# What was cancelled before a fill is missing from what remains after it.
@example([("buy", 0, 6, False), ("cancel", 0, 2, False), ("fill", 0, 3, False)])
@given(steps)
@settings(max_examples=60, deadline=None)
def test_the_journal_tells_the_whole_story_however_seldom_it_looks(
    plan: list[tuple[str, int, int, bool]],
) -> None:
    clock = ManualClock()
    host = Host(HostOptions(rate="off"), clock)
    host.exchange.liquidity.depths[SYMBOL] = 3
    journal = Journal(host.exchange)
    events: list[OrderEvent] = []
    for what, place, size, looks in plan:
        clock.advance(1)
        try:
            step(host, clock, what, place, size)
        except OrderRefused:
            continue
        if looks:
            events += journal.news()
    events += journal.news()
    assert journal.news() == []
    check_story(host, events)


def test_a_journal_that_begins_later_knows_todays_profit(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    trader = Trader(wire)
    trader.buy(2)
    trader.sell(1)
    late, whole = Journal(wire.host.exchange), Journal(wire.host.exchange)
    trader.sell(1)
    (first,) = [event.holding for event in late.news() if event.holding]
    again = Journal(wire.host.exchange)
    trader.sell(1)
    seconds = [
        [event.holding for event in journal.news() if event.holding][-1]
        for journal in (late, whole, again)
    ]
    assert seconds[0] == seconds[1] == seconds[2]
    assert abs(seconds[0].sold_cost) > abs(first.sold_cost)


def test_a_journal_hears_of_no_order_before_a_reset(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    journal = Journal(wire.host.exchange)
    Trader(wire).buy(1)
    wire.host.reset()
    assert journal.news() == []
    Trader(wire.sign_in()).buy(1)
    assert [event.kind for event in journal.news()] == ["received", "filled"]
    wire.host.reset()
    trader = Trader(wire.sign_in())
    trader.buy(1)
    trader.buy(1)
    assert journal.news() == []
    trader.buy(1)
    assert [event.kind for event in journal.news()] == ["received", "filled"]


def test_fills_seen_late_tell_what_could_be_sold_after_each(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    journal = Journal(wire.host.exchange)
    trader = Trader(wire)
    shares = trader.shares()[0]
    number = trader.sell(3, trader.price() + 20_000)["ord_no"]
    for quantity in (1, 2):
        wire.control("fill", ord_no=number, quantity=quantity)
    told = [event.holding for event in journal.news() if event.holding]
    assert [(h.quantity, h.sellable, h.net_bought) for h in told] == [
        (shares - 1, shares - 3, -1),
        (shares - 3, shares - 3, -3),
    ]


def test_a_refusal_seen_late_has_its_own_moment(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    journal = Journal(wire.host.exchange)
    wire.control("reject_later", seconds=5)
    Trader(wire).resting(1)
    (received,) = journal.news()
    wire.clock.advance(60)
    wire.host.exchange.advance()
    (rejected,) = journal.news()
    assert [received.kind, rejected.kind] == ["received", "rejected"]
    assert (rejected.moment - received.moment).total_seconds() == 5


# In process, between processes -----------------------------------------------------------------


@dataclass
class Here:
    """One process's view of the demo's server."""

    wire: Wire
    line: EmbeddedLive

    def frame(self, timeout: float = 3.0) -> dict[str, Any]:
        return dict(json.loads(self.line.recv(timeout)))

    def ask(self, **frame: Any) -> dict[str, Any]:
        self.line.send(json.dumps(frame))
        return self.frame()

    def join(self) -> None:
        self.line.connect()
        assert self.ask(trnm="LOGIN", token=self.wire.token)["return_code"] == 0
        data = [{"item": [""], "type": ["00", "04"]}]
        assert self.ask(trnm="REG", grp_no="1", data=data)["return_code"] == 0


def here(folder: Path, token: str = "") -> Here:
    simulator = open_embedded(folder, clock=ManualClock())
    client = httpx.Client(transport=simulator.transport(), base_url="https://broker.invalid")
    wire = Wire(client, simulator.host, ManualClock(), token=token)
    return Here(wire if token else wire.sign_in(), EmbeddedLive(simulator))


def test_a_session_in_process_hears_of_its_own_orders(tmp_path: Path) -> None:
    demo = here(tmp_path / "sim")
    demo.join()
    number = Trader(demo.wire).buy(1)["ord_no"]
    told = [demo.frame()["data"][0]["values"] for _ in range(3)]
    assert [(v.get("9203"), v.get("913")) for v in told] == [
        (number, "접수"),
        (number, "체결"),
        (None, None),
    ]


def test_a_session_in_process_hears_of_the_orders_of_another_process(tmp_path: Path) -> None:
    mine = here(tmp_path / "sim")
    other = here(tmp_path / "sim", mine.wire.token)
    mine.join()
    trader = Trader(other.wire)
    number = trader.resting(3)
    assert mine.frame()["data"][0]["values"]["913"] == "접수"
    other.wire.control("fill", ord_no=number, quantity=1)
    other.wire.control("fill", ord_no=number, quantity=2)
    told = [mine.frame()["data"][0]["values"] for _ in range(4)]
    assert [v.get("911") for v in told] == ["1", None, "3", None]
    shares = trader.shares()[0]
    assert [v["930"] for v in told[1::2]] == [f"{shares - 2}", f"{shares}"]
    cancelled = trader.cancel(trader.resting(1))["ord_no"]
    told = [mine.frame()["data"][0]["values"] for _ in range(3)]
    assert [(v["9203"] == cancelled, v["913"]) for v in told] == [
        (False, "접수"),
        (True, "접수"),
        (True, "확인"),
    ]


def test_recv_in_process_times_out_and_ends_as_a_socket_does(tmp_path: Path) -> None:
    demo = here(tmp_path / "sim")
    with pytest.raises(ConnectionError):
        demo.line.recv(0)
    demo.join()
    with pytest.raises(TimeoutError):
        demo.line.recv(0)
    demo.wire.control("drop_sockets")
    with pytest.raises(ConnectionError, match="cut off"):
        demo.line.recv(1)
    with pytest.raises(ConnectionError):
        demo.line.send("{}")
    demo.join()
    demo.wire.fault("bye", count=1)
    with pytest.raises(ConnectionError, match="1000 Bye"):
        demo.line.recv(1)
    demo.join()
    demo.line.close()
    demo.line.close()
    assert demo.wire.host.sockets()["sessions"] == []


def test_a_second_session_in_process_ends_the_first(tmp_path: Path) -> None:
    demo = here(tmp_path / "sim")
    transport = demo.wire.client._transport  # noqa: SLF001 - the client was made with it
    assert isinstance(transport, EmbeddedTransport)
    second = Here(demo.wire, EmbeddedLive(transport.simulator))
    demo.join()
    second.join()
    assert demo.frame()["code"] == "R10001"
    with pytest.raises(ConnectionError, match="1000"):
        demo.line.recv(1)


def test_a_demo_that_is_reset_ends_the_session(tmp_path: Path) -> None:
    demo = here(tmp_path / "sim")
    demo.join()
    reset_embedded(tmp_path / "sim")
    with pytest.raises(ConnectionError):
        demo.line.recv(1)
    demo.wire.sign_in()
    demo.join()


def test_time_in_process_fills_what_a_price_reaches_and_keeps_it(tmp_path: Path) -> None:
    demo = here(tmp_path / "sim")
    demo.join()
    clock = demo.wire.host.machine
    assert isinstance(clock, ManualClock)
    trader = Trader(demo.wire)
    prices = [
        demo.wire.host.exchange.market.price(
            SYMBOL, demo.wire.host.exchange.clock.now() + timedelta(minutes=minute)
        )
        for minute in range(120)
    ]
    assert min(prices) < prices[0]
    number = trader.buy(1, min(prices))["ord_no"]
    assert demo.frame()["data"][0]["values"]["913"] == "접수"
    clock.advance(60 * 121)
    frames: list[dict[str, Any]] = []
    while not any(e["values"].get("913") == "체결" for f in frames for e in f["data"]):
        frame = demo.frame()
        if frame["trnm"] == "REAL":
            frames.append(frame)
    other = here(tmp_path / "sim", demo.wire.token)
    known = {order["ord_no"]: order["status"] for order in other.wire.state()["orders"]}
    assert known[number] == "filled"
