"""Each kind of live event with all its documented fields, at the moment at which it is due."""

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from tests import loopback
from tests.simulator.conftest import MakeSide, MakeWire
from tests.simulator.feed import SYMBOL, Feed, Side

ETF = "069500"
OF_STOCKS = ("0A", "0B", "0C", "0D", "0E", "0F", "0H", "0g", "0w")
ITEMS = {
    **dict.fromkeys(OF_STOCKS, SYMBOL),
    "0G": ETF,
    "0I": "MGD",
    "0J": "001",
    "0U": "101",
    "0m": "57JBHH",
    "0u": "57JBHH",
}
OPENING = "2026-10-01T08:59:59.8+09:00"


def documented(kind: str) -> list[str]:
    """Return the numbers of a kind's values as the broker documents them."""
    api = KiwoomCatalogue().api(kind)
    assert api is not None
    return [field.name for field in api.response if field.depth == 2]


def check(element: dict[str, Any], kind: str, item: str) -> None:
    assert list(element) == ["type", "name", "item", "values"]
    assert [element["type"], element["item"]] == [kind, item]
    assert element["name"]
    assert list(element["values"]) == documented(kind)
    assert all(isinstance(value, str) for value in element["values"].values())
    assert any(element["values"].values())


def watching(side: Side, kinds: list[str], items: list[str]) -> Feed:
    feed = side.sign_in()
    feed.register(kinds, items)
    return feed


@pytest.mark.parametrize("kind", sorted(ITEMS))
def test_an_item_tells_every_documented_field_when_it_trades(side: Side, kind: str) -> None:
    item = ITEMS[kind]
    feed = watching(side, [kind], [item])
    side.control("ticks", symbols=[item], per_second=100)
    check(feed.next(), kind, item)


def test_the_account_and_the_market_tell_every_documented_field(make_side: MakeSide) -> None:
    side = make_side(clock=OPENING, env="real")
    feed = side.sign_in()
    feed.register(["00", "04", "0s", "1h"])
    side.buy(1, side.price() + 500)
    found: dict[str, dict[str, Any]] = {}
    until = time.monotonic() + 5
    while len(found) < 3 and time.monotonic() < until:
        element = feed.next()
        found[element["type"]] = element
    side.control("price", symbol=SYMBOL, price=side.price() * 12 // 10 // 500 * 500)
    found["1h"] = feed.next()
    assert sorted(found) == ["00", "04", "0s", "1h"]
    for kind, element in found.items():
        check(element, kind, "")


def test_s61_the_sessions_of_a_day_are_told_as_they_change(make_side: MakeSide) -> None:
    side = make_side(clock="2026-10-01T07:00:00+09:00", env="real")
    feed = side.sign_in()
    feed.register(["0s"])
    side.control("clock", now="2026-10-01T20:00:01+09:00")
    told = [e["values"] for e in feed.all()]
    assert "".join(v["215"] for v in told) == "P0Q3R2S48TaUbV9"
    assert [v["20"] for v in told[:4]] == ["080000", "084000", "085000", "090000"]
    assert [v["214"] for v in told[:4]] == ["010000", "002000", "001000", "000000"]


def test_s61_the_day_of_the_single_price_session_and_of_the_exam(make_side: MakeSide) -> None:
    side = make_side(clock="2026-09-10T15:59:00+09:00", env="real")
    feed = side.sign_in()
    feed.register(["0s"])
    side.control("clock", now="2026-09-10T19:00:00+09:00")
    assert [e["values"]["215"] for e in feed.all()] == ["b", "c", "d", "9"]
    side.control("clock", now="2026-11-19T09:30:00+09:00")
    feed.all()
    side.control("clock", now="2026-11-19T10:00:00+09:00")
    assert [(e["values"]["215"], e["values"]["20"]) for e in feed.all()] == [
        ("0", "094000"),
        ("Q", "095000"),
        ("3", "100000"),
    ]


def test_nothing_is_told_of_the_session_on_a_closed_day(make_side: MakeSide) -> None:
    side = make_side(clock="2026-10-03T07:00:00+09:00", env="real")
    feed = side.sign_in()
    feed.register(["0s"])
    side.control("clock", now="2026-10-03T20:00:00+09:00")
    assert feed.all() == []


def test_a_price_set_is_a_trade_at_once_and_agrees_with_the_quote(side: Side) -> None:
    feed = watching(side, ["0B", "0C", "0D"], [SYMBOL])
    base = side.server.exchange.market.base_price(SYMBOL, side.server.exchange.clock.now())
    for price in (base + 3_500, base - 1_000, base):
        side.control("price", symbol=SYMBOL, price=price)
        told = {e["type"]: e["values"] for e in feed.all()}
        assert sorted(told) == ["0B", "0C", "0D"]
        quote = side.post("ka10001", "/api/dostk/stkinfo", {"stk_cd": SYMBOL})
        trade, book = told["0B"], told["0D"]
        assert trade["10"] == quote["cur_prc"]
        assert trade["11"] == quote["pred_pre"]
        assert trade["12"] == quote["flu_rt"]
        assert [trade["16"], trade["17"], trade["18"]] == [
            quote["open_pric"],
            quote["high_pric"],
            quote["low_pric"],
        ]
        assert trade["25"] == {1: "2", 0: "3", -1: "5"}[(price > base) - (price < base)]
        assert trade["27"] == told["0C"]["27"] == book["41"]
        assert trade["28"] == told["0C"]["28"] == book["51"] == trade["10"]


def test_the_same_price_again_is_no_trade_and_what_nobody_watches_is_not_told(
    side: Side,
) -> None:
    feed = watching(side, ["0B"], [SYMBOL])
    side.control("price", symbol=SYMBOL, price=side.price())
    side.control("price", symbol="000660", price=side.price("000660") + 1_000)
    assert feed.all() == []


def test_the_book_has_ten_levels_in_order_and_their_sums(side: Side) -> None:
    feed = watching(side, ["0D"], [SYMBOL])
    side.control("depth", symbol=SYMBOL, quantity=7)
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    book = feed.values("0D")
    asks = [abs(int(book[f"{n}"])) for n in range(41, 51)]
    bids = [abs(int(book[f"{n}"])) for n in range(51, 61)]
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    assert asks[0] > bids[0]
    assert {book[f"{n}"] for n in range(61, 81)} == {"7"}
    assert [book["121"], book["125"], book["6064"], book["6065"]] == ["70"] * 4


def test_venues_of_a_stock_are_told_under_their_own_items(side: Side) -> None:
    items = [SYMBOL, f"{SYMBOL}_NX", f"{SYMBOL}_AL"]
    feed = watching(side, ["0B"], items)
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    assert [(e["item"], e["values"]["9081"]) for e in feed.all()] == list(
        zip(items, "120", strict=True)
    )


def test_the_volume_of_a_day_grows_by_each_trade(side: Side) -> None:
    feed = watching(side, ["0B"], [SYMBOL])
    side.control("ticks", symbols=[SYMBOL], per_second=200)
    trades = [feed.values("0B") for _ in range(40)]
    for before, after in pairwise(trades):
        assert int(after["13"]) - int(before["13"]) == abs(int(after["15"]))
        assert int(after["14"]) >= int(before["14"])
    assert {trade["15"][0] for trade in trades} == {"+", "-"}
    assert all(re.fullmatch(r"[+-]\d+", trade["15"]) for trade in trades)


def test_s61_the_time_of_a_trade_may_go_back_by_a_second(side: Side) -> None:
    feed = watching(side, ["0B"], [SYMBOL])
    side.control("ticks", symbols=[SYMBOL], per_second=500)
    times = [feed.values("0B")["20"] for _ in range(120)]
    seconds = [int(t[:2]) * 3600 + int(t[2:4]) * 60 + int(t[4:]) for t in times]
    steps = {after - before for before, after in pairwise(seconds)}
    assert -1 in steps
    assert min(steps) == -1


@pytest.mark.parametrize(
    ("prices", "clock", "trades"),
    [("moving", "open", True), ("still", "open", False), ("moving", "2026-10-01T21:00", False)],
)
def test_only_moving_prices_of_an_open_exchange_trade_by_themselves(
    make_wire: MakeWire, prices: str, clock: str, *, trades: bool
) -> None:
    wire = make_wire(prices=prices, clock=clock).sign_in()
    live = wire.host.live
    session = live.open(lambda: None)
    live.receive(session, json.dumps({"trnm": "LOGIN", "token": wire.token}))
    data = [{"item": [SYMBOL, "000660"], "type": ["0B"]}]
    live.receive(session, json.dumps({"trnm": "REG", "grp_no": "1", "data": data}))
    session.outbox.clear()
    for _ in range(25):
        live.poll()
        wire.clock.advance(1)
    told = [json.loads(frame) for frame in session.outbox]
    assert {frame["trnm"] for frame in told} == ({"REAL"} if trades else set())
    assert {e["item"] for frame in told for e in frame["data"]} == (
        {SYMBOL, "000660"} if trades else set()
    )


def test_a_rate_is_kept_and_ended(side: Side) -> None:
    feed = watching(side, ["0B"], [SYMBOL])

    def trades_of_half_a_second() -> int:
        side.control("ticks", symbols=[SYMBOL], per_second=100)
        feed.next()
        feed.all()
        time.sleep(0.5)
        side.control("ticks", symbols=[SYMBOL], per_second=0)
        return len(feed.all())

    # On a busy machine half a second may be longer: one calm round shows the rate.
    assert any(35 <= trades_of_half_a_second() <= 65 for _ in range(5))
    time.sleep(0.1)
    assert feed.all() == []


@pytest.mark.parametrize(
    "data",
    [
        {"symbols": SYMBOL, "per_second": 1},
        {"symbols": [5930], "per_second": 1},
        {"symbols": [SYMBOL], "per_second": "1"},
        {"symbols": [SYMBOL], "per_second": -1},
        {"symbols": [SYMBOL], "per_second": 10_000},
        {"symbols": [SYMBOL]},
    ],
)
def test_a_bad_rate_is_refused(side: Side, data: dict[str, Any]) -> None:
    url = f"{side.server.url}/_sim/ticks"
    assert loopback.post(url, json=data).status_code == 400


def test_a_leap_of_the_price_halts_trading_and_ends_in_two_minutes(side: Side) -> None:
    feed = side.sign_in()
    feed.register(["1h"])
    base = side.server.exchange.market.base_price(SYMBOL, side.server.exchange.clock.now())
    side.control("price", symbol=SYMBOL, price=base + 500)
    assert feed.all() == []
    side.control("price", symbol=SYMBOL, price=base * 115 // 100)
    (halted,) = [e["values"] for e in feed.all()]
    assert [halted["9001"], halted["9068"], halted["9069"]] == [SYMBOL, "1", "1"]
    now = side.server.exchange.clock.now()
    side.control("clock", now=now.replace(minute=now.minute + 3).isoformat())
    (released,) = [e["values"] for e in feed.all()]
    assert released["9068"] == "2"


def test_a_sector_follows_its_stocks(side: Side) -> None:
    feed = watching(side, ["0J", "0U"], ["001"])
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    before = {e["type"]: e["values"] for e in feed.all()}
    side.control("price", symbol=SYMBOL, price=side.price() * 12 // 10)
    after = {e["type"]: e["values"] for e in feed.all()}
    level = abs(Decimal(after["0J"]["10"])) - abs(Decimal(before["0J"]["10"]))
    assert level > 0
    assert Decimal(after["0J"]["11"]) - Decimal(before["0J"]["11"]) == level
    counts = [int(after["0U"][n]) for n in ("252", "253", "255")]
    assert sum(counts) == int(after["0U"]["256"])


def test_events_of_one_moment_may_share_a_frame(side: Side) -> None:
    feed = watching(side, ["0A", "0B", "0C", "0D"], [SYMBOL])
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    assert [e["type"] for e in feed.frame()["data"]] == ["0A", "0B", "0C", "0D"]
    side.control("sockets", elements_per_frame=1)
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    assert [len(feed.frame()["data"]) for _ in range(4)] == [1, 1, 1, 1]
