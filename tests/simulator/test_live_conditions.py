"""Condition search over the live feed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulator.conftest import MakeSide, MakeWire
from tests.simulator.feed import SYMBOL, Feed, Side

REQ = {"trnm": "CNSRREQ", "stex_tp": "K"}


@pytest.fixture
def side(make_side: MakeSide) -> Side:
    """A served real server: the mock one has no conditions."""
    return make_side(env="real")


@pytest.fixture
def feed(side: Side) -> Feed:
    """A client that has asked for the list."""
    return listing(side)


def listing(side: Side) -> Feed:
    feed = side.sign_in()
    assert feed.ask(trnm="CNSRLST")["return_code"] == 0
    return feed


def request(feed: Feed, seq: str, search: str, **more: Any) -> dict[str, Any]:
    return feed.ask(**{**REQ, "seq": seq, "search_type": search, **more})


def test_s62_the_list_has_pairs(feed: Feed) -> None:
    answer = feed.ask(trnm="CNSRLST")
    assert answer["data"][0] == ["0", "1% 이상 상승"]
    assert all(len(pair) == 2 for pair in answer["data"])


def test_s62_a_request_needs_the_list_first(side: Side) -> None:
    feed = side.sign_in()
    assert request(feed, "0", "0")["return_code"] != 0


def test_s62_a_search_has_padded_figures_and_a_padded_seq(side: Side, feed: Feed) -> None:
    base = side.server.exchange.market.base_price(SYMBOL, side.server.exchange.clock.now())
    side.control("price", symbol=SYMBOL, price=base * 102 // 100)
    side.control("sockets", condition_page=1_000)
    answer = request(feed, "0", "0")
    assert [answer["seq"], answer["cont_yn"], answer["return_code"]] == ["0  ", "N", 0]
    row = next(row for row in answer["data"] if row["9001"] == f"A{SYMBOL}")
    assert list(row) == ["9001", "302", "10", "25", "11", "12", "13", "16", "17", "18"]
    assert row["10"] == f"{base * 102 // 100:09d}"
    assert row["12"] == "000002000"
    assert row["25"] == "2"
    fallen = request(feed, "1", "0")["data"]
    assert all(row["12"].startswith("-") and len(row["12"]) == 9 for row in fallen)


def test_s62_a_search_that_finds_nothing_has_no_data(feed: Feed) -> None:
    for search in ("0", "1"):
        answer = request(feed, "3", search)
        assert answer["return_code"] == 0
        assert answer["data"] is None


def test_s62_a_long_result_comes_in_pages(side: Side, feed: Feed) -> None:
    side.control("sockets", condition_page=1_000)
    whole = request(feed, "1", "0")["data"]
    side.control("sockets", condition_page=40)
    rows: list[dict[str, str]] = []
    more: dict[str, str] = {}
    while True:
        answer = request(feed, "1", "0", **more)
        rows += answer["data"]
        if answer["cont_yn"] != "Y":
            break
        assert len(answer["data"]) == 40
        more = {"cont_yn": "Y", "next_key": answer["next_key"]}
    assert rows == whole
    assert len(rows) > 40


def test_s62_a_live_condition_tells_who_comes_and_goes(side: Side, feed: Feed) -> None:
    base = side.server.exchange.market.base_price(SYMBOL, side.server.exchange.clock.now())
    side.control("price", symbol=SYMBOL, price=base)
    answer = request(feed, "0", "1")
    assert answer["seq"] == "0  "
    codes = [row["jmcode"] for row in answer["data"]]
    assert codes
    assert f"A{SYMBOL}" not in codes
    for price in (base * 102 // 100, base * 103 // 100, base):
        side.control("price", symbol=SYMBOL, price=price)
    told = feed.all()
    assert {(e["type"], e["name"]) for e in told} == {("02", "조건검색")}
    assert [(e["values"]["841"], e["values"]["843"]) for e in told] == [("0", "I"), ("0", "D")]
    assert {e["values"]["9001"] for e in told} == {SYMBOL}
    assert all(set(e["values"]) == {"841", "9001", "843", "20", "907"} for e in told)
    cleared = feed.ask(trnm="CNSRCLR", seq="0")
    assert [cleared["seq"], cleared["return_code"]] == ["0  ", 0]
    side.control("price", symbol=SYMBOL, price=base * 102 // 100)
    assert feed.all() == []


def test_s62_a_condition_outlives_its_socket_until_it_is_cleared(side: Side, feed: Feed) -> None:
    assert request(feed, "2", "1")["return_code"] == 0
    side.control("drop_sockets")
    again = listing(side)
    refused = request(again, "2", "1")
    assert refused == {
        "trnm": "CNSRREQ",
        "return_code": 900003,
        "return_msg": "이미 등록된 조건검색 일련번호입니다.(seq=2)",
    }
    assert again.ask(trnm="CNSRCLR", seq="2")["return_code"] == 0
    assert request(again, "2", "1")["return_code"] == 0


def test_ten_live_conditions_a_session(feed: Feed) -> None:
    codes = [request(feed, f"{seq}", "1")["return_code"] for seq in range(11)]
    assert codes[:10] == [0] * 10
    assert codes[10] != 0


@pytest.mark.parametrize(
    "bad", [{"seq": "99"}, {"seq": None}, {"search_type": "5"}, {"stex_tp": "X"}]
)
def test_a_bad_request_is_refused(feed: Feed, bad: dict[str, Any]) -> None:
    frame = {**REQ, "seq": "0", "search_type": "1", **bad}
    assert feed.ask(**frame)["return_code"] != 0


@pytest.mark.parametrize("name", ["CNSRLST", "CNSRREQ", "CNSRCLR"])
def test_s62_the_mock_server_has_no_conditions(make_side: MakeSide, name: str) -> None:
    feed = make_side().sign_in()
    answer = feed.ask(trnm=name, seq="0", search_type="0", stex_tp="K")
    assert answer["return_code"] == 20
    assert "RC9000" in answer["return_msg"]


def test_a_condition_sees_stocks_that_nobody_has_registered(make_wire: MakeWire) -> None:
    wire = make_wire(env="real", prices="moving").sign_in()
    live = wire.host.live
    session = live.open(lambda: None)
    for frame in (
        {"trnm": "LOGIN", "token": wire.token},
        {"trnm": "CNSRLST"},
        {**REQ, "seq": "0", "search_type": "1"},
    ):
        live.receive(session, json.dumps(frame))
    live.rules.condition_page = 1_000
    met = session.conditions["0"]
    session.outbox.clear()
    for _ in range(6):
        wire.clock.advance(600)
        session.unheard_pings = 0
        live.poll()
    for text in session.outbox:
        for element in json.loads(text).get("data", ()):
            code = {element["values"]["9001"]}
            met = met | code if element["values"]["843"] == "I" else met - code
    hits = live.conditions.answer(session, {**REQ, "seq": "0", "search_type": "0"})["data"]
    assert met == {row["9001"][1:] for row in hits}
    assert session.outbox
