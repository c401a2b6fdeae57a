"""Kiwoom's live feed against a served simulator: what is its own among what it tells."""

from __future__ import annotations

import time

import pytest

from kiwoomctl.brokers.kiwoom.live.kinds import KINDS
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.live import BalanceNotice, Gap, Lost, OrderNotice, RawEvent, Trade
from kiwoomctl.errors import Busy, KiwoomctlError, SignInError
from tests.live.conftest import PATIENCE, Open, ends_with, next_of

SAMSUNG = Symbol("005930")
FAR_BELOW = 210_000


def test_an_order_is_told_from_its_receipt_to_its_last_share(open_market: Open) -> None:
    market = open_market()
    feed = market.feed()
    feed.watch_account()
    number = market.order(10, FAR_BELOW)
    received = next_of(feed, OrderNotice)
    market.control("fill", ord_no=number, quantity=4, price=FAR_BELOW)
    first = next_of(feed, OrderNotice)
    balance = next_of(feed, BalanceNotice)
    market.control("fill", ord_no=number, quantity=6, price=FAR_BELOW)
    last = next_of(feed, OrderNotice)
    assert received.status == "received"
    assert (received.number, received.side) == (number.lstrip("0"), "buy")
    assert (received.quantity, received.remaining_quantity) == (10, 10)
    assert received.price == FAR_BELOW
    assert (received.filled_quantity, received.fill_quantity, received.reason) == (None, None, None)
    assert received.original is None
    assert (first.status, first.filled_quantity, first.fill_quantity) == ("filled", 4, 4)
    assert first.remaining_quantity == 6
    assert first.fill_price == FAR_BELOW
    assert (last.filled_quantity, last.fill_quantity, last.remaining_quantity) == (10, 6, 0)
    assert last.fill_amount == 10 * FAR_BELOW
    assert balance.symbol == SAMSUNG
    assert balance.quantity is not None


def test_a_fill_with_a_sign_is_the_same_fill(open_market: Open) -> None:
    market = open_market()
    market.control("sockets", signed_fills=True)
    feed = market.feed()
    feed.watch_account()
    number = market.order(10, FAR_BELOW)
    next_of(feed, OrderNotice)
    market.control("fill", ord_no=number, quantity=4, price=FAR_BELOW)
    notice = next_of(feed, OrderNotice)
    assert (notice.fill_quantity, notice.filled_quantity) == (4, 4)
    assert notice.fill_price == FAR_BELOW


def test_a_late_rejection_says_why(open_market: Open) -> None:
    market = open_market()
    feed = market.feed()
    feed.watch_account()
    number = market.order(10, FAR_BELOW)
    assert next_of(feed, OrderNotice).reason is None
    market.control("reject_later", ord_no=number)
    notice = next_of(feed, OrderNotice)
    assert notice.status == "rejected"
    assert notice.reason


def test_every_kind_of_event_comes_and_can_be_read(open_market: Open) -> None:
    market = open_market(env="real")
    feed = market.feed()
    own = [kind.type for kind in KINDS if kind.items in {"account", "market"}]
    feed.register(own, [""])
    feed.register([k.type for k in KINDS if k.items == "symbol"], ["005930"])
    feed.register([k.type for k in KINDS if k.items == "any"], ["MGD"])
    feed.register([k.type for k in KINDS if k.items == "sector"], ["001"])
    market.control("ticks", symbols=["005930", "MGD", "001"], per_second=20)
    number = market.order(2, FAR_BELOW)
    market.control("fill", ord_no=number, quantity=1, price=FAR_BELOW)
    market.control("price", symbol="000660", price=250_000)
    market.control("clock", now="2026-10-01T15:29:59+09:00")
    missing = {kind.type for kind in KINDS}
    end = time.monotonic() + PATIENCE
    while missing:
        assert time.monotonic() < end, f"no event of {missing}"
        event = feed.next_raw(0.5)
        if event is not None and event.type in missing:
            missing.discard(event.type)
            named = feed.named(event)
            assert event.name
            assert not named.unreadable
            assert len(named.fields) == len(event.values)


@pytest.mark.parametrize("fault", ["bye", "ping_unheard"])
def test_an_end_without_reason_is_mended(open_market: Open, fault: str) -> None:
    market = open_market()
    market.control("sockets", ping_seconds=0.02)
    feed = market.feed()
    market.control("faults", api_id="*", mode=fault, count=1 if fault == "bye" else 12)
    reason = next_of(feed, Lost).reason
    assert "Bye" in reason if fault == "bye" else "R10002" in reason
    next_of(feed, Gap)


def test_a_token_that_died_is_renewed_once(open_market: Open) -> None:
    market = open_market()
    feed = market.feed()
    feed.watch_account()
    market.control("kill_tokens")
    market.control("drop_sockets")
    next_of(feed, Gap)
    assert market.registered() == {("00", ""), ("04", "")}


def test_a_token_that_is_refused_twice_ends_it(open_market: Open) -> None:
    market = open_market()
    market.control("faults", api_id="*", mode="login_refused", count=2)
    with pytest.raises(SignInError) as refused:
        market.feed()
    assert refused.value.code == "kiwoom_8005"
    assert market.feed().next(0) is None


def test_a_session_that_was_taken_over_is_not_fought_for(open_market: Open) -> None:
    market = open_market()
    feed = market.feed()
    account = market.account()
    account.world.joinpath(f"live-{account.key.id}.lock").unlink()
    other = market.feed()  # as from another machine, where nobody sees our lock
    error = ends_with(feed)
    assert isinstance(error, Busy)
    assert (error.exit_code, error.code, error.safe_to_retry) == (9, "live_taken", False)
    time.sleep(0.2)
    assert market.sockets()["opened"] == 2
    assert other.next(0) is None


def test_requests_that_come_too_quickly_are_repeated(open_market: Open) -> None:
    market = open_market()
    market.control("sockets", control_gap_seconds=0.4)
    feed = market.feed()
    feed.watch_account()
    feed.watch_trades([SAMSUNG])
    assert market.registered() == {("00", ""), ("04", ""), ("0B", "005930")}


def test_what_the_broker_refuses_is_not_asked_for_again(open_market: Open) -> None:
    market = open_market()
    market.control("sockets", items_per_session=2)
    feed = market.feed()
    feed.register(["0B"], ["005930"])
    with pytest.raises(KiwoomctlError) as refused:
        feed.register(["0D"], ["000660", "035720", "035420"])
    assert refused.value.exit_code == 3
    market.control("drop_sockets")
    next_of(feed, Gap)
    assert market.registered() == {("0B", "005930")}


def test_a_slow_taker_loses_quotes_but_no_notice_and_is_told(open_market: Open) -> None:
    market = open_market()
    feed = market.feed()
    feed.watch_account()
    codes = ["005930", "000660", "035720", "035420"]
    feed.register(["0B"], codes)
    market.control("ticks", symbols=codes, per_second=1000)
    numbers = [market.order(1, FAR_BELOW).lstrip("0")]
    # Somebody who takes them shows how many there were.
    quick = market.feed("sim-002")
    quick.register(["0B"], codes)
    for _ in range(7000):
        next_of(quick, Trade)
    market.control("ticks", symbols=codes, per_second=0)
    numbers.append(market.order(1, FAR_BELOW).lstrip("0"))
    seen: list[str] = []
    dropped = trades = 0
    while seen[-1:] != numbers[-1:]:
        event = feed.next(PATIENCE)
        assert event is not None
        if isinstance(event, OrderNotice):
            seen.append(event.number)
        elif isinstance(event, Gap):
            dropped += event.dropped
        else:
            trades += 1
    assert seen == numbers
    assert dropped > 0
    assert trades >= 5000


def test_a_field_that_cannot_be_read_ends_nothing(open_market: Open) -> None:
    market = open_market()
    feed = market.kiwoom_feed()
    feed.keep(
        {"type": "00", "item": "", "values": {"9203": "0000012", "9001": "005930", "911": "x"}}
    )
    feed.keep({"type": "0B", "item": "005930", "values": "?"})
    feed.keep({"item": "005930"})
    market_event, odd, typeless = (feed.next(0) for _ in range(3))
    assert isinstance(market_event, RawEvent)
    assert str(market_event.trouble) == "the field 911 says 'x'"
    assert feed.named(market_event).unreadable == {"filled_quantity": "x"}
    assert isinstance(odd, RawEvent)
    assert odd.trouble is not None
    assert isinstance(typeless, RawEvent)
    assert typeless.type == "unreadable"
