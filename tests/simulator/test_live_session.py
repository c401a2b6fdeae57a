"""Sign-in, heartbeats, registrations and ends of live sessions, over a real socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from kiwoomctl.simulator.line import MOST_WAITING
from tests import loopback
from tests.simulator.conftest import MakeSide, MakeWire
from tests.simulator.feed import SYMBOL, Feed, Side, appkey

REG = {"trnm": "REG", "grp_no": "1", "refresh": "1"}


def refusal(feed: Feed, data: Any, **more: Any) -> int:
    return int(feed.ask(**{**REG, "data": data, **more})["return_code"])


def registered(side: Side) -> set[tuple[str, str]]:
    (session,) = side.state()["sockets"]["sessions"]
    return {(entry["type"], entry["item"]) for entry in session["registrations"]}


@pytest.mark.parametrize(
    "first",
    [
        {**REG, "data": [{"item": [""], "type": ["00"]}]},
        {"trnm": "CNSRLST"},
        {"trnm": "SOMETHING"},
    ],
)
def test_s55_nothing_goes_before_a_login(side: Side, first: dict[str, Any]) -> None:
    feed = side.connect()
    feed.send(**first)
    assert feed.raw() == {
        "trnm": "SYSTEM",
        "code": "R10004",
        "message": "접속허용요청이 들어오지 않았습니다",
    }
    assert feed.closed()[0] == 1000


def test_s55_whoever_never_signs_in_is_sent_away(side: Side) -> None:
    side.control("sockets", login_seconds=0.1)
    feed = side.connect()
    assert feed.raw()["code"] == "R10004"
    assert feed.closed()[0] == 1000


@pytest.mark.parametrize("token", ["", "nonsense", None])
def test_s55_a_bad_token_is_refused(side: Side, token: str | None) -> None:
    feed = side.connect()
    assert feed.ask(trnm="LOGIN", token=token) == {
        "trnm": "LOGIN",
        "return_code": 805004,
        "return_msg": ("토큰 인증에 실패했습니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]"),
    }
    assert feed.closed()[0] == 1000


def test_s55_a_dead_token_and_one_of_the_other_environment(side: Side) -> None:
    token = side.token()
    side.control("kill_tokens")
    side.control("sockets", closes_after_refusal=False)
    feed = side.connect()
    assert "CODE=8005" in feed.ask(trnm="LOGIN", token=token)["return_msg"]
    assert "CODE=8031" in feed.ask(trnm="LOGIN", token="real-x")["return_msg"]
    side.tokens.clear()
    assert feed.ask(trnm="LOGIN", token=side.token())["return_code"] == 0


def test_the_token_of_a_session_may_die(side: Side) -> None:
    feed = side.sign_in()
    side.control("kill_tokens")
    feed.register(["0B"], [SYMBOL])


def test_a_login_can_be_refused_by_a_fault(side: Side) -> None:
    side.control("faults", mode="login_refused", appkey=appkey(1), count=1, code=805003, text="x")
    side.sign_in(2)
    feed = side.connect()
    answer = feed.ask(trnm="LOGIN", token=side.token())
    assert answer["return_code"] == 805003
    assert feed.closed()[0] == 1000
    side.sign_in()


def test_s56_a_heartbeat_has_no_other_field_and_its_echo_keeps_the_session(side: Side) -> None:
    feed = side.sign_in()
    side.control("sockets", ping_seconds=0.02)
    for _ in range(12):
        assert feed.raw() == {"trnm": "PING"}
        feed.send(trnm="PING")
    side.control("sockets", ping_seconds=30)
    feed.register(["00"])


def test_s56_five_heartbeats_without_an_echo_end_it(side: Side) -> None:
    feed = side.sign_in()
    side.control("sockets", ping_seconds=0.02)
    frames = [feed.raw() for _ in range(6)]
    assert frames[:5] == [{"trnm": "PING"}] * 5
    assert frames[5] == {
        "trnm": "SYSTEM",
        "code": "R10002",
        "message": (
            "사용자 프로그램으로부터 Heartbeat(연결유지) 메시지가 오지않아서 접속을 종료합니다"
        ),
    }
    assert feed.closed()[0] == 1000


def test_s56_echoes_can_be_lost_by_a_fault(side: Side) -> None:
    feed = side.sign_in()
    side.control("faults", mode="ping_unheard")
    side.control("sockets", ping_seconds=0.02)
    assert feed.closed()[0] == 1000


def test_s56_a_heartbeat_may_come_before_the_login_is_answered(side: Side) -> None:
    side.control("sockets", ping_before_login=True)
    feed = side.connect()
    feed.send(trnm="LOGIN", token=side.token())
    assert feed.raw() == {"trnm": "PING"}
    feed.send(trnm="PING")
    assert feed.raw()["trnm"] == "LOGIN"


def test_an_echo_before_the_login_is_no_offence(side: Side) -> None:
    feed = side.connect()
    feed.send(trnm="PING")
    assert feed.ask(trnm="LOGIN", token=side.token())["return_code"] == 0


def test_s57_the_newest_session_of_a_key_wins(side: Side) -> None:
    old, other = side.sign_in(), side.sign_in(2)
    new = side.sign_in()
    assert old.raw() == {
        "trnm": "SYSTEM",
        "code": "R10001",
        "message": "동일한 App key로 접속이 되었습니다. 기존 세션은 종료가 됩니다",
    }
    assert old.closed()[0] == 1000
    new.register(["00"])
    other.register(["00"])


def test_s57_two_sessions_of_a_key_where_that_is_allowed(side: Side) -> None:
    side.control("sockets", newest_wins=False)
    feeds = [side.sign_in(), side.sign_in()]
    for feed in feeds:
        feed.register(["00"])
    side.buy(1, side.below())
    assert [feed.values("00")["913"] for feed in feeds] == ["접수", "접수"]


@pytest.mark.parametrize(
    "data",
    [
        [{"item": SYMBOL, "type": ["0B"]}],
        [{"item": [SYMBOL], "type": "0B"}],
        [{"item": [5930], "type": ["0B"]}],
        [{"item": [SYMBOL]}],
        {"item": [SYMBOL], "type": ["0B"]},
        [[SYMBOL, "0B"]],
        [],
        None,
        [{"item": [SYMBOL], "type": ["ZZ"]}],
    ],
)
def test_s58_what_must_be_an_array_is_refused_otherwise(side: Side, data: object) -> None:
    feed = side.sign_in()
    assert refusal(feed, data) == 105111
    assert registered(side) == set()


@pytest.mark.parametrize("changes", [{"grp_no": ""}, {"grp_no": "12345"}, {"refresh": "2"}])
def test_s58_group_and_refresh_have_a_form(side: Side, changes: dict[str, str]) -> None:
    assert refusal(side.sign_in(), [{"item": [""], "type": ["00"]}], **changes) == 105111


def test_s58_a_hundred_items_a_group_and_a_limit_of_a_session(side: Side) -> None:
    feed = side.sign_in()
    codes = [f"{number:06d}" for number in range(101)]
    side.control("sockets", refusal_code=105112)
    assert refusal(feed, [{"item": codes, "type": ["0B"]}]) == 105112
    assert registered(side) == set()
    assert refusal(feed, [{"item": codes[:60], "type": ["0B", "0D"]}]) == 0
    assert refusal(feed, [{"item": codes[50:], "type": ["0B"]}]) == 105112
    assert refusal(feed, [{"item": codes[50:], "type": ["0B"]}], grp_no="2") == 0
    side.control("sockets", items_per_session=101)
    assert refusal(feed, [{"item": ["0001A0"], "type": ["0B"]}], grp_no="3") == 105112


def test_s58_registering_too_quickly(side: Side) -> None:
    feed = side.sign_in()
    side.control("sockets", control_gap_seconds=60)
    data = [{"item": [""], "type": ["00"]}]
    assert [refusal(feed, data), refusal(feed, data)] == [0, 105110]
    side.control("sockets", control_gap_seconds=0.1)
    time.sleep(0.12)
    assert refusal(feed, data) == 0


def test_s59_refresh_keeps_or_forgets_and_venues_are_items_of_their_own(side: Side) -> None:
    feed = side.sign_in()
    feed.register(["0B"], [SYMBOL, f"{SYMBOL}_NX"])
    feed.register(["0D"], [f"{SYMBOL}_AL"], grp_no="2")
    assert registered(side) == {
        ("0B", SYMBOL),
        ("0B", f"{SYMBOL}_NX"),
        ("0D", f"{SYMBOL}_AL"),
    }
    feed.register(["00"], grp_no="2", refresh="0")
    assert registered(side) == {("00", "")}


def test_s59_refresh_may_reach_its_own_group_only(side: Side) -> None:
    side.control("sockets", refresh_clears_session=False)
    feed = side.sign_in()
    feed.register(["0B"], [SYMBOL])
    feed.register(["0D"], [SYMBOL], grp_no="2")
    feed.register(["00"], grp_no="2", refresh="0")
    assert registered(side) == {("0B", SYMBOL), ("00", "")}


def test_s58_remove_is_acknowledged_and_ends_it(side: Side) -> None:
    feed = side.sign_in()
    feed.register(["0B", "0D"], [SYMBOL])
    data = [{"item": [SYMBOL], "type": ["0B"]}]
    answer = feed.ask(trnm="REMOVE", grp_no="1", data=data)
    assert answer == {"trnm": "REMOVE", "return_code": 0, "return_msg": ""}
    side.control("price", symbol=SYMBOL, price=side.price() + 500)
    assert {element["type"] for element in feed.all()} == {"0D"}


def test_s63_the_server_may_say_bye(side: Side) -> None:
    feed = side.sign_in()
    side.control("faults", mode="bye", count=1)
    assert feed.closed() == (1000, "Bye")
    side.sign_in().register(["00"])


def test_a_line_can_be_cut_without_a_farewell(side: Side) -> None:
    mine, other = side.sign_in(1), side.sign_in(2)
    assert side.control("drop_sockets", appkey=appkey(1))["dropped"] == 1
    assert mine.closed()[0] is None
    other.register(["00"])
    assert side.control("drop_sockets")["dropped"] == 1
    assert other.closed()[0] is None


def test_a_fault_of_the_feed_leaves_requests_alone(side: Side) -> None:
    for mode in ("bye", "login_refused", "ping_unheard"):
        side.control("faults", mode=mode)
    reply = side.post("ka00001", "/api/dostk/acnt", {})
    assert reply["return_code"] == 0


def test_what_is_no_frame_is_refused_and_the_session_goes_on(side: Side) -> None:
    feed = side.sign_in()
    for text in ("", "[]", "{", '{"trnm": 5}', '{"trnm": "NEWS"}'):
        feed.line.send(text)
        assert feed.frame()["return_code"] == 105111
    feed.register(["00"])


def test_a_binary_frame_that_is_no_text_harms_nobody(side: Side) -> None:
    feed = side.sign_in()
    feed.line.send(b"\xff\xfe\x00")
    assert feed.frame()["return_code"] == 105111


def test_rules_are_checked(side: Side) -> None:
    url = f"{side.server.url}/_sim/sockets"
    for bad in ({"nothing": 1}, {"ping_seconds": "x"}, {"newest_wins": 1}, {"ping_seconds": -1}):
        assert loopback.post(url, json=bad).status_code == 400


def test_the_control_plane_shows_sessions(side: Side) -> None:
    feed = side.sign_in()
    feed.register(["00", "04"])
    shown = side.state()["sockets"]
    assert shown["ws_url"] == side.server.ws_url
    assert shown["opened"] == 1
    (session,) = shown["sessions"]
    assert session["appkey"] == appkey(1)
    assert [entry["type"] for entry in session["registrations"]] == ["00", "04"]
    assert session["frames_sent"] == shown["frames_sent"] == 2
    feed.line.close()
    until = time.monotonic() + 2
    while side.state()["sockets"]["sessions"] and time.monotonic() < until:
        time.sleep(0.01)
    assert side.state()["sockets"]["sessions"] == []
    assert side.state()["sockets"]["frames_sent"] == 2


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/dostk/elsewhere", {}, 404),
        ("/api/dostk/websocket", {"Origin": "https://a.example"}, 403),
    ],
)
def test_only_the_right_path_and_loopback_pages_are_served(
    side: Side, path: str, headers: dict[str, str], status: int
) -> None:
    url = side.server.ws_url.replace("/api/dostk/websocket", path)
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=headers, proxy=None)
    assert refused.value.response.status_code == status


def test_a_reset_ends_every_session(side: Side) -> None:
    feed = side.sign_in()
    side.control("sockets", ping_seconds=0.5)
    side.control("reset")
    assert feed.closed()[0] is None
    assert side.server.host.live.rules.ping_seconds == 30
    side.tokens.clear()
    side.sign_in()


def test_the_end_of_the_server_ends_sessions_and_leaves_no_thread(make_side: MakeSide) -> None:
    import threading

    before = threading.active_count()
    side = make_side()
    feeds = [side.sign_in(number) for number in (1, 2, 3)]
    side.server.close()
    for feed in feeds:
        with pytest.raises(ConnectionClosed):
            feed.line.recv(2)
    for feed in feeds:
        feed.line.close()
    until = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_port_in_use_is_told(make_side: MakeSide, side: Side) -> None:
    from kiwoomctl.errors import Unavailable

    port = int(side.server.ws_url.split(":")[2].split("/")[0])
    with pytest.raises(Unavailable, match=str(port)):
        make_side(ws_port=port)


def test_frames_are_compact_json_text(side: Side) -> None:
    feed = side.connect()
    feed.line.send(json.dumps({"trnm": "LOGIN", "token": side.token()}))
    answer = feed.line.recv(2)
    assert answer == '{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}'


def test_a_client_that_reads_nothing_stops_nobody(side: Side) -> None:
    deaf, other = side.sign_in(1), side.sign_in(2)
    host = side.server.host
    with host.lock:
        session = next(s for s in host.live.sessions if s.appkey == appkey(1))
        for _ in range(4_000):
            session.send_text("x" * 5_000)
    other.register(["00"])
    number = side.buy(1, side.below(), number=2)
    assert other.values("00")["9203"] == number
    assert session.outbox
    began = time.monotonic()
    side.server.close()
    assert time.monotonic() - began < 5
    deaf.line.close()


def test_what_waits_for_a_client_has_a_limit(make_wire: MakeWire) -> None:
    live = make_wire().host.live
    session = live.open(lambda: None)
    for _ in range(MOST_WAITING + 1):
        session.send_text("x")
    assert session.end == (0, "")
    assert not session.outbox


def test_a_connection_that_never_asks_ends_with_the_server(make_side: MakeSide) -> None:
    side = make_side()
    port = int(side.server.ws_url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as idle:
        time.sleep(0.05)
        began = time.monotonic()
        side.server.close()
        assert time.monotonic() - began < 5
        idle.settimeout(1)
        while idle.recv(4_096):
            pass
