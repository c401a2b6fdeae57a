"""KIS's live feed against a served simulator: approval keys, registrations, whose notices."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.brokers.kis.live.kinds import KINDS, MOST_REGISTRATIONS
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.live import Gap, Lost, OrderNotice, RawEvent, Trade
from kiwoomctl.errors import BrokerRejected, Busy, ConfigError, SignInError, UsageError
from kiwoomctl.services.live.portfolio import LivePortfolio
from kiwoomctl.simulator.instruments import instruments
from tests.cli.starter import wait_until
from tests.live.conftest import PATIENCE, Market, Open, ends_with, next_of

SAMSUNG = Symbol("005930")
FAR_BELOW = 210_000
NOTICE, TRADE = "H0STCNI0", "H0STCNT0"
CODES = [Symbol(code) for code in list(instruments())[: MOST_REGISTRATIONS + 1]]


@pytest.fixture
def market(open_market: Open) -> Market:
    return open_market(broker="kis", env="real")


def approvals(market: Market) -> int:
    told = market.state()["requests"]
    return sum(row["api_id"] == "Approval" for row in told)


def profile_without_hts_id(own_home: Path) -> None:
    path = own_home / "profiles.toml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "hts_id" not in line), "utf-8")


def test_each_connection_has_an_approval_key_of_its_own(market: Market) -> None:
    feed = market.feed()
    feed.watch_account()
    feed.watch_trades([SAMSUNG])
    assert approvals(market) == 1
    market.control("drop_sockets")
    next_of(feed, Gap)
    assert approvals(market) == 2


def test_a_refused_approval_key_is_replaced_once(market: Market) -> None:
    market.control("faults", api_id="*", mode="login_refused", count=1)
    feed = market.feed()
    feed.watch_account()
    assert approvals(market) == 2
    assert market.registered() == {(NOTICE, "SIMID001")}
    feed.close()
    market.control("faults", api_id="*", mode="login_refused", count=2)
    with pytest.raises(SignInError) as refused:
        market.feed().watch_account()
    assert refused.value.code == "kis_OPSP0011"
    assert approvals(market) == 4


def test_a_key_that_another_machine_has_is_left_to_it(market: Market) -> None:
    first = market.feed()
    first.watch_account()
    account = market.account()
    account.world.joinpath(f"live-{account.key.id}.lock").unlink()
    other = market.feed()  # as from another machine, where nobody sees our lock
    with pytest.raises(Busy) as refused:
        other.watch_account()
    assert (refused.value.code, refused.value.safe_to_retry) == ("live_taken", False)
    assert ends_with(other) is refused.value
    time.sleep(0.2)
    assert market.sockets()["opened"] == 2
    market.order(1, FAR_BELOW)
    assert next_of(first, OrderNotice).status == "received"


@pytest.mark.parametrize("fades", [True, False])
def test_the_broker_s_memory_of_a_lost_connection_is_waited_for_but_not_long(
    market: Market, *, fades: bool
) -> None:
    feed = market.feed()
    feed.watch_account()
    host = market.server.host
    with host.lock:
        host.kis_live.drop(None)
        ghost = host.kis_live.open(lambda: None)
        ghost.appkey = "sim-001-appkey"
    assert isinstance(feed.next(PATIENCE), Lost)
    wait_until(lambda: market.sockets()["opened"] >= 3)
    if fades:
        with host.lock:
            host.kis_live.close(ghost)
        next_of(feed, Gap)
        assert market.registered() == {(NOTICE, "SIMID001")}
    else:
        assert ends_with(feed).code == "live_taken"
        assert market.sockets()["opened"] == 6


def test_a_session_has_room_for_41(market: Market) -> None:
    feed = market.feed()
    feed.watch_account()
    assert feed.most_trades == MOST_REGISTRATIONS - 1
    with pytest.raises(UsageError):
        feed.watch_trades(CODES[:MOST_REGISTRATIONS])
    feed.watch_trades(CODES[: feed.most_trades])
    assert len(market.registered()) == MOST_REGISTRATIONS
    with pytest.raises(UsageError):
        feed.register([TRADE], CODES[MOST_REGISTRATIONS:])
    market.control("drop_sockets")
    next_of(feed, Gap)
    assert len(market.registered()) == MOST_REGISTRATIONS


def test_a_server_with_less_room_says_so(market: Market) -> None:
    market.control("kis_rules", registrations=2)
    feed = market.feed()
    feed.register([TRADE], CODES[:2])
    with pytest.raises(UsageError) as refused:
        feed.register([TRADE], CODES[2:3])
    assert refused.value.code == "items"
    market.control("drop_sockets")
    next_of(feed, Gap)
    assert market.registered() == {(TRADE, code) for code in CODES[:2]}


def test_a_code_that_is_refused_leaves_the_others(market: Market) -> None:
    feed = market.feed()
    with pytest.raises(BrokerRejected) as refused:
        feed.watch_trades([SAMSUNG, Symbol("999999"), Symbol("000660")])
    assert refused.value.code == "kis_OPSP8992"
    assert market.registered() == {(TRADE, "005930"), (TRADE, "000660")}
    market.control("price", symbol="000660", price=250_000)
    assert next_of(feed, Trade).symbol == "000660"


def test_a_code_with_its_venue_is_told_with_it(market: Market) -> None:
    feed = market.feed()
    feed.register([TRADE], ["005930_NX", "005930_AL"])
    assert market.registered() == {("H0NXCNT0", "005930"), ("H0UNCNT0", "005930")}
    market.control("price", symbol="005930", price=271_000)
    items = set[str]()
    while len(items) < 2:
        event = feed.next_raw(PATIENCE)
        assert event is not None
        items.add(event.item)
    assert items == {"005930_NX", "005930_AL"}


def test_the_mock_server_has_krx_and_notices_of_its_own(open_market: Open) -> None:
    market = open_market(broker="kis", env="mock")
    feed = market.feed()
    feed.watch_account()
    assert market.registered() == {("H0STCNI9", "SIMID001")}
    with pytest.raises(BrokerRejected) as refused:
        feed.register([TRADE], ["005930_NX"])
    assert refused.value.code == "not_on_mock"
    market.order(1, FAR_BELOW)
    event = feed.next_raw(PATIENCE)
    assert event is not None
    assert (event.type, feed.named(event).fields["status"]) == ("H0STCNI9", "received")


def test_the_notices_of_the_person_s_other_accounts_are_passed_over(market: Market) -> None:
    feed = market.feed()
    feed.watch_account()
    market.order(2, FAR_BELOW, appkey="sim-002-appkey")
    mine = market.order(1, FAR_BELOW)
    assert next_of(feed, OrderNotice).number == mine.lstrip("0")
    assert feed.next(0.1) is None


@pytest.mark.parametrize(
    "rules",
    [
        {"notice_fields": 23, "trade_fields": 47},
        {"notice_copies": 2, "notices_backwards": True},
    ],
)
def test_what_differs_between_servers_is_read_all_the_same(
    market: Market, rules: dict[str, Any]
) -> None:
    market.control("kis_rules", **rules)
    feed = market.feed()
    feed.watch_account()
    feed.watch_trades([SAMSUNG])
    market.control("price", symbol="005930", price=271_000)
    assert next_of(feed, Trade).price == 271_000
    number = market.order(3, FAR_BELOW)
    market.control("fill", ord_no=number, quantity=1, price=FAR_BELOW)
    seen: list[OrderNotice] = []
    while len(seen) < 2 * rules.get("notice_copies", 1):
        seen.append(next_of(feed, OrderNotice))
    assert {notice.status for notice in seen} == {"received", "filled"}
    assert {notice.number for notice in seen} == {number.lstrip("0")}
    assert {notice.quantity for notice in seen} == {3}
    assert {notice.name for notice in seen} == {"삼성전자"}


def test_a_modify_and_a_cancel_name_their_original(market: Market) -> None:
    number = market.order(3, FAR_BELOW)
    feed = market.feed()
    feed.watch_account()
    second = market.order(3, FAR_BELOW - 1_000, action="modify", target=int(number))
    market.order(3, 0, action="cancel", target=int(second))
    told = [next_of(feed, OrderNotice) for _ in range(4)]
    first, second = number.lstrip("0"), second.lstrip("0")
    assert [(n.status, n.change, n.original) for n in told] == [
        ("received", "modify", first),
        ("confirmed", "modify", first),
        ("received", "cancel", second),
        ("confirmed", "cancel", second),
    ]
    assert told[0].number == told[1].number == second
    assert (told[1].remaining_quantity, told[3].remaining_quantity) == (3, None)


def test_without_an_hts_id_trades_come_and_notices_do_not(market: Market, own_home: Path) -> None:
    profile_without_hts_id(own_home)
    feed = market.feed()
    news = feed.watch_account()
    assert (news.orders, news.balances) == (False, False)
    assert isinstance(news.lack, ConfigError)
    assert "hts_id" in str(news.lack)
    feed.watch_trades([SAMSUNG])
    market.control("price", symbol="005930", price=271_000)
    assert next_of(feed, Trade).price == 271_000
    with pytest.raises(ConfigError):
        feed.register([NOTICE], [""])


def test_a_wrong_hts_id_is_not_tried_for_long(market: Market, own_home: Path) -> None:
    path = own_home / "profiles.toml"
    path.write_text(path.read_text("utf-8").replace("SIMID001", "NOBODY"), "utf-8")
    feed = market.feed()
    feed.watch_account()
    assert isinstance(feed.next(PATIENCE), Lost)
    error = ends_with(feed)
    assert isinstance(error, ConfigError)
    assert error.code == "hts_id"
    assert market.sockets()["opened"] == 2


def test_codes_beyond_one_connection_come_over_another(open_market: Open) -> None:
    market = open_market(broker="kis", env="real", positions=45)
    clock = SystemClock()
    portfolio = LivePortfolio([market.account(name) for name in ("sim-001", "sim-002")], clock)
    try:
        portfolio.begin(lambda *_: None)
        held = {symbol for watched in portfolio.watched for symbol in watched.state.symbols}
        told = {item for kind, item in market.registered() if kind == TRADE}
        sessions = market.sockets()["sessions"]
        assert max(len(s["registrations"]) for s in sessions) == MOST_REGISTRATIONS
        assert len(held) > MOST_REGISTRATIONS
        assert len(told) == min(len(held), 2 * (MOST_REGISTRATIONS - 1))
        assert told <= held
    finally:
        portfolio.close()


@pytest.mark.parametrize("fault", ["bye", "ping_unheard"])
def test_an_end_without_reason_is_mended(market: Market, fault: str) -> None:
    market.control("kis_rules", ping_seconds=0.02, silent_pings=3)
    feed = market.feed()
    feed.register([TRADE], [SAMSUNG])
    market.control("faults", api_id="*", mode=fault, count=1 if fault == "bye" else 12)
    reason = next_of(feed, Lost).reason
    assert "Bye" in reason if fault == "bye" else reason
    next_of(feed, Gap)
    assert market.registered() == {(TRADE, SAMSUNG)}


def test_every_kind_of_event_comes_and_can_be_read(market: Market) -> None:
    feed = market.feed()
    feed.register([kind.type for kind in KINDS if kind.items == "account"], [""])
    feed.register([kind.type for kind in KINDS if kind.items == "symbol"], [SAMSUNG])
    market.order(2, FAR_BELOW)
    market.control("price", symbol=SAMSUNG, price=271_000)
    missing = {kind.type for kind in KINDS}
    end = time.monotonic() + PATIENCE
    while missing:
        assert time.monotonic() < end, f"no event of {missing}"
        event: RawEvent | None = feed.next_raw(0.5)
        if event is not None and event.type in missing:
            missing.discard(event.type)
            assert event.name
            assert not feed.named(event).unreadable
