"""What every house's live feed does alike, against each house's simulator."""

from __future__ import annotations

import random
import time
from typing import Any, NamedTuple

import pytest

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.live import BalanceNotice, Gap, LiveEvent, Lost, OrderNotice, Trade
from kiwoomctl.errors import Busy
from tests.cli.starter import wait_until
from tests.live.conftest import PATIENCE, Market, Open, next_of
from tests.live.tally import LiveFills

SAMSUNG = Symbol("005930")
FAR_BELOW = 210_000
CHEAP = {"buy": 24_000, "sell": 30_000}


class House(NamedTuple):
    """A house, and how its wire calls the same things."""

    broker: str
    trades: str
    account: frozenset[tuple[str, str]]
    """What is registered for the account."""
    rules: str
    """The control that sets its rules."""
    heartbeats: dict[str, Any]
    """Rules by which a silent client soon loses its line."""
    more: tuple[str, tuple[str, ...]]
    """A further kind, and as many codes as fit beside the account and one trade."""
    balances: bool
    """Whether it tells of holdings, and what is filled of an order so far."""
    losses: int
    """How many lost connections are tried."""

    def __str__(self) -> str:
        return self.broker


HOUSES = (
    House(
        "kiwoom",
        trades="0B",
        account=frozenset({("00", ""), ("04", "")}),
        rules="sockets",
        heartbeats={"missed_pings": 3, "ping_before_login": True},
        more=("0D", tuple(f"{code:06d}" for code in range(250))),
        balances=True,
        losses=100,
    ),
    House(
        "kis",
        trades="H0STCNT0",
        account=frozenset({("H0STCNI0", "SIMID001")}),
        rules="kis_rules",
        heartbeats={"silent_pings": 3},
        more=("H0NXCNT0", ("005930", "000660", "035720")),
        balances=False,
        losses=40,
    ),
)


@pytest.fixture(params=HOUSES, ids=str)
def house(request: pytest.FixtureRequest) -> House:
    """One of the houses."""
    chosen: House = request.param
    return chosen


@pytest.fixture
def market(house: House, open_market: Open) -> Market:
    """Its real server, simulated."""
    return open_market(broker=house.broker, env="real")


def test_an_order_is_told_from_its_receipt_to_its_last_share(market: Market, house: House) -> None:
    feed = market.feed()
    news = feed.watch_account()
    assert (news.orders, news.balances, news.lack) == (True, house.balances, None)
    number = market.order(10, FAR_BELOW)
    received = next_of(feed, OrderNotice)
    market.control("fill", ord_no=number, quantity=4, price=FAR_BELOW)
    first = next_of(feed, OrderNotice)
    if house.balances:
        assert next_of(feed, BalanceNotice).symbol == SAMSUNG
    market.control("fill", ord_no=number, quantity=6, price=FAR_BELOW)
    last = next_of(feed, OrderNotice)
    for notice in (received, first, last):
        assert (notice.number, notice.side) == (number.lstrip("0"), "buy")
        assert (notice.symbol, notice.quantity) == (SAMSUNG, 10)
        assert notice.price == FAR_BELOW
        assert (notice.original, notice.change, notice.reason) == (None, None, None)
    assert (received.status, received.remaining_quantity) == ("received", 10)
    assert (received.filled_quantity, received.fill_quantity) == (None, None)
    assert [(n.status, n.fill_quantity) for n in (first, last)] == [("filled", 4), ("filled", 6)]
    assert first.fill_price == last.fill_price == FAR_BELOW
    so_far = [(n.filled_quantity, n.remaining_quantity) for n in (first, last)]
    assert so_far == ([(4, 6), (10, 0)] if house.balances else [(None, None)] * 2)
    assert last.fill_amount == (10 * FAR_BELOW if house.balances else None)


def test_a_fill_of_the_whole_order_leaves_no_doubt(market: Market) -> None:
    feed = market.feed()
    feed.watch_account()
    number = market.order(3, FAR_BELOW)
    market.control("fill", ord_no=number, quantity=3, price=FAR_BELOW)
    notices = [next_of(feed, OrderNotice) for _ in range(2)]
    assert [notice.status for notice in notices] == ["received", "filled"]
    whole = notices[1]
    assert (whole.filled_quantity, whole.remaining_quantity) == (3, 0)
    assert whole.fill_amount == 3 * FAR_BELOW


def test_a_late_rejection_is_told(market: Market) -> None:
    feed = market.feed()
    feed.watch_account()
    number = market.order(10, FAR_BELOW)
    assert next_of(feed, OrderNotice).status == "received"
    market.control("reject_later", ord_no=number)
    notice = next_of(feed, OrderNotice)
    assert (notice.status, notice.number) == ("rejected", number.lstrip("0"))


def test_a_stream_has_the_same_names_for_the_same_things(market: Market, house: House) -> None:
    feed = market.feed()
    feed.register([kind for kind, _ in sorted(house.account)], [""])
    feed.register([house.trades], [SAMSUNG])
    number = market.order(10, FAR_BELOW)
    market.control("fill", ord_no=number, quantity=10, price=FAR_BELOW)
    market.control("price", symbol=SAMSUNG, price=271_000)
    order, fill, trade = None, None, None
    end = time.monotonic() + PATIENCE
    while order is None or fill is None or trade is None:
        assert time.monotonic() < end
        event = feed.next_raw(0.5)
        if event is None:
            continue
        named = feed.named(event)
        assert not named.unreadable
        if event.type == house.trades:
            trade = named.fields
            assert event.item == SAMSUNG
        elif named.fields.get("status") == "received":
            order = named.fields
        elif named.fields.get("status") == "filled":
            fill = named.fields
    assert order["broker_order_id"] == fill["broker_order_id"] == number.lstrip("0").zfill(7)
    assert (order["symbol"], order["side"], order["quantity"]) == (SAMSUNG, "buy", 10)
    assert (order["order_price"], order["remaining_quantity"]) == (FAR_BELOW, 10)
    assert (order["original_order_id"], order["reject_reason"]) == (None, None)
    assert (fill["fill_quantity"], fill["fill_price"]) == (10, FAR_BELOW)
    assert (fill["filled_quantity"], fill["remaining_quantity"]) == (10, 0)
    assert fill["filled_amount"] == 10 * FAR_BELOW
    assert trade["price"] == 271_000
    for name in ("change", "change_rate", "volume", "ask", "bid", "open", "high", "low"):
        assert trade[name] is not None, name


def test_trades_are_watched_of_the_codes_that_are_asked_for_and_no_others(
    market: Market, house: House
) -> None:
    feed = market.feed()
    codes = [Symbol(code) for code in ("005930", "000660", "035720")]
    feed.watch_trades(codes[:2])
    assert market.registered() == {(house.trades, "005930"), (house.trades, "000660")}
    feed.watch_trades(codes[1:])
    assert market.registered() == {(house.trades, "000660"), (house.trades, "035720")}
    market.control("price", symbol="035720", price=50_000)
    trade = next_of(feed, Trade)
    assert trade.symbol == codes[2]
    assert trade.price == 50_000
    feed.watch_trades([])
    assert market.registered() == set()


def test_only_the_newest_trade_of_a_watched_code_is_kept(market: Market) -> None:
    feed = market.feed()
    feed.watch_trades([SAMSUNG])
    prices = [270_000 + 500 * step for step in range(20)]
    for price in prices:
        market.control("price", symbol="005930", price=price)
    seen = [next_of(feed, Trade)]
    while seen[-1].price != prices[-1]:
        seen.append(next_of(feed, Trade))
    assert len(seen) < len(prices)
    assert feed.next(0) is None


def test_many_lost_connections_lose_no_fill_and_count_none_twice(
    market: Market, house: House
) -> None:
    account = market.account()
    feed = market.feed_of(account)
    feed.watch_account()
    tally, counted, gaps, filled = LiveFills(), dict[str, int](), 0, dict[str, int]()
    dice = random.Random(7)  # noqa: S311 - the same every time

    def take(event: LiveEvent | None) -> None:
        nonlocal gaps
        gaps += isinstance(event, Gap)
        found = [] if event is None else [tally.event(event)]
        if tally.needs_read:
            at = account._reach._clock.now()  # noqa: SLF001 - the time the account itself goes by
            found += tally.read(account.broker().day_orders(None).orders, at)
        for new in found:
            if new is not None:
                counted[new.number] = counted.get(new.number, 0) + new.quantity

    dropped, bought = 0, 0
    while dropped < house.losses:
        count = bought or dice.randint(1, 3)
        side, bought = ("sell", 0) if bought else ("buy", count)
        price = CHEAP[side]
        number = market.order(count, price, symbol="316140", side=side)
        for _ in range(count):
            if dice.random() < 0.7:
                wait_until(lambda: dice.random() < 0.1 or bool(market.registered()))
                dropped += market.control("drop_sockets")["dropped"]
            market.control("fill", ord_no=number, quantity=1, price=price)
            filled[number.lstrip("0")] = filled.get(number.lstrip("0"), 0) + 1
            take(feed.next(dice.choice((0, 0, 0.02, 0.1))))
    wait_until(lambda: bool(market.registered()))
    end = time.monotonic() + PATIENCE
    while counted != filled and time.monotonic() < end:
        take(feed.next(0.2))
    assert counted == filled
    assert gaps >= 10
    assert tally.quantities == filled


def test_a_lost_connection_comes_back_with_everything_registered(
    market: Market, house: House
) -> None:
    feed = market.feed()
    feed.watch_account()
    feed.watch_trades([SAMSUNG])
    kind, codes = house.more
    feed.register([kind], codes)
    before = market.registered()
    assert before == {
        *house.account,
        (house.trades, SAMSUNG),
        *((kind, code) for code in codes),
    }
    market.control("drop_sockets")
    lost, gap = next_of(feed, Lost), next_of(feed, Gap)
    assert gap.since == lost.since <= gap.until
    assert market.registered() == before
    market.order(1, FAR_BELOW)
    assert next_of(feed, OrderNotice).status == "received"


def test_heartbeats_are_answered_while_nobody_takes_events(market: Market, house: House) -> None:
    market.control(house.rules, ping_seconds=0.02, **house.heartbeats)
    feed = market.feed()
    feed.watch_account()
    time.sleep(0.5)
    assert feed.next(0) is None
    assert market.sockets()["opened"] == 1


def test_silence_for_long_is_a_lost_connection(market: Market, house: House) -> None:
    market.control(house.rules, ping_seconds=0)
    feed = market.feed(silence=0.3)
    assert "silent" in next_of(feed, Lost).reason
    next_of(feed, Gap)


def test_a_second_feed_of_this_machine_is_refused(market: Market) -> None:
    feed = market.feed()
    with pytest.raises(Busy) as refused:
        market.feed()
    assert refused.value.code == "live_open"
    assert market.feed("sim-002").next(0) is None
    feed.close()
    market.feed()
