"""Faults in KIS's form, and one exchange that speaks two wires."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.conftest import Wire
from tests.simulator.kis.conftest import DAILY, ORDERABLE, SYMBOL, KisWire, MakeKis

BUY = "TTTC0012U"


def buy(kis: KisWire) -> httpx.Response:
    return kis.send(BUY, kis.new(1, kis.price() - 5_000, {}))


@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("drop", httpx.RemoteProtocolError),
        ("reset", httpx.ReadError),
        ("hang", httpx.ReadTimeout),
    ],
)
def test_a_lost_connection(
    kis: KisWire, mode: str, error: type[Exception], when: str, orders: int
) -> None:
    kis.fault(mode, BUY, when=when, count=1)
    with pytest.raises(error):
        buy(kis)
    assert len(kis.state()["orders"]) == orders
    assert buy(kis).json()["rt_cd"] == "0"


@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("mode", "more", "status", "body"),
    [
        ("http_500", {}, 500, {"rt_cd": "1", "msg_cd": "", "msg1": ""}),
        ("http_502", {}, 502, None),
        ("http_503", {}, 503, None),
        ("http_404", {}, 404, None),
        ("http_429", {}, 500, {"rt_cd": "1", "msg_cd": "EGW00201"}),
        ("html", {}, 200, None),
        ("empty", {}, 200, None),
        ("garbage", {}, 200, None),
        ("truncate", {}, 200, None),
        ("list", {}, 200, None),
        ("token_dead", {}, 500, {"rt_cd": "1", "msg_cd": "EGW00123"}),
        ("token_dead", {"code": "EGW00121"}, 500, {"rt_cd": "1", "msg_cd": "EGW00121"}),
        ("ip_mismatch", {}, 500, {"rt_cd": "1", "msg_cd": "EGW00207"}),
        ("backend", {}, 500, {"rt_cd": "1", "msg_cd": "EGW00202"}),
        ("backend", {"code": "EGW00301"}, 500, {"rt_cd": "1", "msg_cd": "EGW00301"}),
        ("backend", {"code": "APBK1943"}, 200, {"rt_cd": "1", "msg_cd": "APBK1943"}),
        ("backend", {"code": "APBK0952"}, 200, {"rt_cd": "7", "msg_cd": "APBK0952"}),
        ("backend", {"code": "OPSQ2000"}, 200, {"rt_cd": "2", "msg_cd": "OPSQ2000"}),
    ],
)
def test_a_broken_reply_to_an_order(
    kis: KisWire,
    mode: str,
    more: dict[str, str],
    status: int,
    body: dict[str, str] | None,
    when: str,
    orders: int,
) -> None:
    kis.fault(mode, BUY, when=when, count=1, **more)
    reply = buy(kis)
    assert reply.status_code == status
    assert len(kis.state()["orders"]) == orders
    if body is None:
        with pytest.raises((ValueError, AssertionError)):
            assert isinstance(reply.json(), dict)
    else:
        told = {name: value.strip() for name, value in reply.json().items() if name in body}
        assert told == body


def test_a_success_that_says_nothing(kis: KisWire) -> None:
    kis.fault("blank", BUY, when="after", count=1)
    told = buy(kis).json()
    assert (told["rt_cd"], set(told["output"].values())) == ("0", {""})
    assert len(kis.state()["orders"]) == 1


@pytest.mark.parametrize("text", [None, "known", "zero", "nine", "0000000123"])
def test_a_number_that_is_another(kis: KisWire, text: str | None) -> None:
    first = buy(kis).json()["output"]["ODNO"]
    kis.fault("wrong_number", BUY, when="after", count=1, text=text)
    told = buy(kis).json()["output"]["ODNO"]
    right = kis.state()["orders"][-1]["ord_no"]
    expected = {None: first, "known": first, "zero": "0" * 10, "nine": f"98{right}"}
    assert told == expected.get(text, text)
    assert told != right


def test_an_order_that_comes_late(kis: KisWire) -> None:
    kis.fault("late_accept", BUY, seconds=5, count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        buy(kis)
    assert kis.daily() == []
    kis.clock.advance(6)
    assert [row["pdno"] for row in kis.daily()] == [SYMBOL]


def test_an_order_that_lists_show_late(kis: KisWire) -> None:
    kis.fault("list_lag", BUY, seconds=5, count=1)
    number = buy(kis).json()["output"]["ODNO"]
    assert kis.daily() == kis.open() == []
    kis.clock.advance(6)
    assert [row["odno"] for row in kis.daily()] == [number]
    assert [row["odno"] for row in kis.open()] == [number]


def test_the_day_s_list_may_be_empty(kis: KisWire) -> None:
    buy(kis)
    kis.fault("kt00007_empty", count=1)
    assert kis.daily() == []
    assert len(kis.daily()) == 1


def test_what_a_fault_says_of_a_read(kis: KisWire) -> None:
    fresh = kis.balance()[0][0]
    kis.fault("stale_price", count=2)
    base = kis.host.exchange.market.base_price(SYMBOL, kis.host.exchange.clock.now())
    assert int(kis.balance()[0][0]["prpr"]) == base != int(fresh["prpr"])
    kis.fault("zero_pl", count=2)
    assert kis.balance()[0][0]["evlu_amt"] == "0"
    kis.fault("slow", "TTTC8908R", seconds=2, count=1)
    kis.read("TTTC8908R", ORDERABLE)
    assert kis.clock.slept == [2]
    kis.fault("rc_string", "TTTC8908R", count=1)
    assert kis.send("TTTC8908R", {**kis.named, **ORDERABLE}).json()["rt_cd"] == 0


def test_a_row_may_come_again_on_the_next_page(kis: KisWire) -> None:
    kis.control("page_size", api_id="TTTC0081R", rows=2)
    numbers = [kis.resting() for _ in range(4)]
    kis.fault("page_shift", "TTTC0081R")
    pages = kis.pages("TTTC0081R", DAILY, "output1")
    assert [[row["odno"] for row in page] for page in pages] == [
        numbers[:2],
        numbers[1:3],
        numbers[2:],
    ]


def test_a_fault_of_one_key(kis: KisWire) -> None:
    other = KisWire(kis.client, kis.host, kis.clock, number=2).sign_in()
    kis.fault("http_502", "*", appkey=other.appkey)
    assert kis.send("TTTC8908R", {**kis.named, **ORDERABLE}).status_code == 200
    assert other.send("TTTC8908R", {**other.named, **ORDERABLE}).status_code == 502
    assert other.issue().status_code == 200


def test_requests_are_recorded(kis: KisWire) -> None:
    kis.read("TTTC8908R", ORDERABLE)
    seen = kis.state()["requests"]
    assert [(r["api_id"], r["appkey"], r["status"]) for r in seen] == [
        ("tokenP", kis.appkey, 200),
        ("TTTC8908R", kis.appkey, 200),
    ]
    assert kis.state()["tokens_issued"] == 1


def test_profiles_of_a_server(kis: KisWire) -> None:
    import tomllib

    told = tomllib.loads(kis.client.get("/_sim/profiles").text)["profiles"]
    first = told["sim-001"]
    number = kis.account.number
    assert (first["broker"], first["environment"]) == ("kis", "sim")
    assert first["account"] == f"{number[:8]}-{number[8:]}"
    assert first["secret"]["appkey"] == kis.appkey
    assert len({profile["hts_id"] for profile in told.values()}) == 1


def test_a_reset_begins_again(kis: KisWire) -> None:
    before = kis.truth()
    buy(kis)
    kis.buy(2)
    kis.control("reset")
    assert kis.truth() == before
    assert kis.send("TTTC8908R", {**kis.named, **ORDERABLE}).status_code == 500
    kis.sign_in()
    assert kis.daily() == []


@pytest.fixture
def mixed(make_kis: MakeKis) -> tuple[KisWire, Wire]:
    """One exchange: the third account speaks KIS's wire, the others Kiwoom's."""
    at_kis = make_kis(kis=frozenset({3}))
    at_kis.number = 3
    kiwoom = Wire(at_kis.client, at_kis.host, at_kis.clock)
    return at_kis.sign_in(), kiwoom.sign_in()


def test_one_exchange_speaks_both_wires(mixed: tuple[KisWire, Wire]) -> None:
    kis, kiwoom = mixed
    assert kis.sell(1, PDNO=kis.truth()["holdings"][0]["symbol"])["rt_cd"] == "0"
    told = kiwoom.read("kt00018")
    assert int(told["tot_evlt_amt"]) > 0
    by_symbol = {row["pdno"]: row["prpr"] for row in kis.balance()[0]}
    same = {row["stk_cd"][1:]: int(row["cur_prc"]) for row in told["acnt_evlt_remn_indv_tot"]}
    shared = set(by_symbol) & set(same)
    assert shared
    assert all(int(by_symbol[symbol]) == abs(same[symbol]) for symbol in shared)
    state: dict[str, Any] = kis.state()
    assert {r["api_id"] for r in state["requests"]} >= {"au10001", "tokenP", "kt00018", "TTTC0011U"}
    assert state["tokens_issued"] == 2
    assert kis.control("kill_tokens")["killed"] == 2


def test_a_key_opens_its_own_wire_only(mixed: tuple[KisWire, Wire]) -> None:
    kis, kiwoom = mixed
    wrong = kiwoom.issue(appkey=kis.appkey, secretkey=kis.keys["appsecret"])
    assert wrong.json()["return_code"] != 0
    other = kis.issue(appkey=kiwoom.appkey, appsecret=kiwoom.keys["secretkey"])
    assert other.json()["error_code"] == "EGW00103"


def test_orders_of_both_wires_in_one_book(mixed: tuple[KisWire, Wire]) -> None:
    kis, kiwoom = mixed
    told = kiwoom.control(
        "foreign_order", appkey=kiwoom.appkey, side="sell", symbol=SYMBOL, quantity=1
    )
    assert len(told["ord_no"]) == 7
    symbol = kis.truth()["holdings"][0]["symbol"]
    told = kis.control("foreign_order", appkey=kis.appkey, side="sell", symbol=symbol, quantity=1)
    assert (len(told["ord_no"]), told["api_id"]) == (10, "TTTC0011U")
    assert [row["odno"] for row in kis.daily()] == [told["ord_no"]]


def test_both_wires_live_on_after_a_restart(mixed: tuple[KisWire, Wire], tmp_path: Any) -> None:
    from kiwoomctl.simulator.embedded import Embedded
    from kiwoomctl.simulator.host import Host

    kis, kiwoom = mixed
    held = kis.truth()["holdings"][0]
    placed = kis.sell(1, held["price"] + 50, PDNO=held["symbol"])
    number = placed["output"]["ODNO"]
    again = Host(kis.host.options, kis.clock)
    client = httpx.Client(
        transport=Embedded(again, tmp_path / "kis0").transport(),
        base_url="https://broker.invalid",
    )
    with client:
        later = KisWire(client, again, kis.clock, number=3, token=kis.token)
        assert [row["odno"] for row in later.daily()] == [number]
        same = Wire(client, again, kis.clock, token=kiwoom.token)
        assert same.read("ka00001")["acctNo"]
