"""KIS's live feed over a socket: approval, registrations, trades, encrypted notices."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from kiwoomctl.simulator.embedded import Embedded
from kiwoomctl.simulator.embedded_live import EmbeddedLive
from kiwoomctl.simulator.host import Host, HostOptions
from kiwoomctl.simulator.kis.cipher import encrypted
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.simulator.conftest import ManualClock, Wire
from tests.simulator.kis.conftest import SYMBOL, KisWire

PATIENCE = 5.0
Open = Callable[..., "Feed"]
_NAMES = """
    id account order original side action kind condition symbol quantity price time refused filled
    accepted branch ordered owner stop venue popup filler credit loan name asked
"""
NAMES = tuple(_NAMES.split())


def decrypted(text: str, key: str, iv: str) -> str:
    cipher = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    plain = cipher.update(base64.b64decode(text)) + cipher.finalize()
    return plain[: -plain[-1]].decode()


@dataclass
class Feed:
    """One client's line to a served simulator."""

    wire: KisWire
    line: ClientConnection
    approval: str
    key: str = ""
    iv: str = ""
    seen: list[str] = field(default_factory=list)

    @property
    def notices(self) -> str:
        return "H0STCNI9" if self.wire.host.options.env == "mock" else "H0STCNI0"

    def ask(self, tr_id: str, tr_key: str, what: str = "1", **header: str) -> None:
        told = {
            "approval_key": self.approval,
            "custtype": "P",
            "tr_type": what,
            "content-type": "utf-8",
            **header,
        }
        body = {"input": {"tr_id": tr_id, "tr_key": tr_key}}
        self.line.send(json.dumps({"header": told, "body": body}))

    def answer(self) -> dict[str, Any]:
        """Return the next answer to a request; heartbeats and data are kept."""
        while True:
            text = str(self.line.recv(PATIENCE))
            if text.startswith("{") and "PINGPONG" not in text:
                return dict(json.loads(text))
            self.seen.append(text)

    def register(self, tr_id: str, tr_key: str, what: str = "1", **header: str) -> str:
        """Return the code with which a request is answered."""
        self.ask(tr_id, tr_key, what, **header)
        told = self.answer()
        output = told["body"].get("output")
        if output:
            self.key, self.iv = output["key"], output["iv"]
        return str(told["body"]["msg_cd"])

    def data(self, tr_id: str) -> list[list[str]]:
        """Return the records of the next frame of a TR."""
        while True:
            text = self.seen.pop(0) if self.seen else str(self.line.recv(PATIENCE))
            if text.startswith("{"):
                continue
            secret, told_id, count, payload = text.split("|", 3)
            if told_id != tr_id:
                continue
            if secret == "1":
                payload = decrypted(payload, self.key, self.iv)
            fields = payload.split("^")
            width = len(fields) // int(count)
            assert width * int(count) == len(fields)
            return [fields[at : at + width] for at in range(0, len(fields), width)]

    def silent(self, seconds: float = 0.2) -> bool:
        """Tell whether no data comes for a moment."""
        try:
            while True:
                if not str(self.line.recv(seconds)).startswith("{"):
                    return False
        except TimeoutError:
            return True

    def notice(self) -> dict[str, str]:
        """Return the next order notice by name."""
        record = self.data(self.notices)[0]
        return dict(zip(NAMES, record, strict=True))


@pytest.fixture
def open_feed() -> Iterator[Open]:
    """Serve a simulator and open lines to it; keyword arguments are its options."""
    with contextlib.ExitStack() as stack:
        servers: list[SimulatorServer] = []

        def make(number: int = 1, path: str = "/tryitout", **options: Any) -> Feed:
            if options or not servers:
                usual = {"broker": "kis", "env": "real", "rate": "off"}
                servers.append(SimulatorServer(ServeOptions(**{**usual, **options})))
                stack.callback(servers[-1].close)
            server = servers[-1]
            client = stack.enter_context(httpx.Client(base_url=server.url))
            wire: Any = KisWire(client, server.host, None, number)  # type: ignore[arg-type]
            wire.sign_in()
            body = {
                "grant_type": "client_credentials",
                "appkey": wire.appkey,
                "secretkey": wire.keys["appsecret"],
            }
            approval = client.post("/oauth2/Approval", json=body).json()["approval_key"]
            url = server.ws_url.removesuffix("/tryitout") + path
            line = stack.enter_context(connect(url, ping_interval=None, close_timeout=1))
            return Feed(wire, line, approval)

        yield make


@pytest.fixture
def feed(open_feed: Open) -> Feed:
    """A line to a real server."""
    return open_feed()


def test_the_cipher_is_the_one_that_is_documented() -> None:
    text = (
        "MYHTS01^1234567801^0000002891^^02^0^00^0^005930^0000000001^000070000^094941^0^2^2^06010^"
        "000000001^TESTER^000000000^1^N^^10^^TESTCO^000000000"
    )
    key, iv = "abcdefghijklmnopabcdefghijklmnop", "0123456789abcdef"
    assert encrypted(text, key, iv) == (
        "N54YXYsa5NlRgtUtzSzN9g/GXCOHF8ezziEKuFdj4zUck85Bu5UCh5r+fJI9+PRMTVQG1FWkVNhkOX1Bj53l/gkL"
        "AZ2+PPhqgUCRWvy4jyBQb2f0pazZACzOfCDNH8Vzk1uuNPb6Y+rGOBHImBqv/GlHXS9VUO3QCPBoCYz99nr86rQE"
        "xSFTGczxRDR4EP8+"
    )
    assert decrypted(encrypted("가^나", key, iv), key, iv) == "가^나"


@pytest.mark.parametrize("path", ["/tryitout", "/tryitout/H0STCNT0", "/"])
def test_a_registration_is_answered_with_a_key(open_feed: Open, path: str) -> None:
    feed = open_feed(path=path)
    feed.ask("H0STCNT0", SYMBOL)
    told = feed.answer()
    assert told["header"] == {"tr_id": "H0STCNT0", "tr_key": SYMBOL, "encrypt": "N"}
    body = told["body"]
    assert (body["rt_cd"], body["msg_cd"], body["msg1"]) == ("0", "OPSP0000", "SUBSCRIBE SUCCESS")
    assert (len(body["output"]["iv"]), len(body["output"]["key"])) == (16, 32)


def test_what_is_refused(feed: Feed) -> None:
    assert feed.register("H0STCNT0", SYMBOL, approval_key="nobody's") == "OPSP0011"
    assert feed.register("H0STCNI9", "SIMID001") == "OPSP8991"
    assert feed.register("H0STCNT0", "999999") == "OPSP8992"
    assert feed.register("H0STCNT0", SYMBOL, "0") == "OPSP8991"
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0000"
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0002"
    assert feed.register("H0STCNT0", SYMBOL, "2") == "OPSP0001"
    assert feed.register("H0STCNT0", SYMBOL, "2") == "OPSP0003"


def test_the_mock_server_knows_krx_and_its_own_notices(open_feed: Open) -> None:
    feed = open_feed(env="mock")
    assert feed.register("H0NXCNT0", SYMBOL) == "OPSP8991"
    assert feed.register("H0STCNI0", "SIMID001") == "OPSP8991"
    assert feed.register("H0STCNI9", "SIMID001") == "OPSP0000"
    assert feed.wire.buy(1)["rt_cd"] == "0"
    assert feed.notice()["symbol"] == SYMBOL


def test_a_session_has_41_registrations(feed: Feed) -> None:
    from kiwoomctl.simulator.instruments import instruments

    symbols = list(instruments())[:42]
    codes = [feed.register("H0STCNT0", symbol) for symbol in symbols]
    assert codes == ["OPSP0000"] * 41 + ["OPSP0008"]
    assert len(feed.wire.client.get("/_sim/sockets").json()["sessions"][0]["registrations"]) == 41


def test_a_key_has_one_session(open_feed: Open) -> None:
    first, second = open_feed(), open_feed()
    assert first.register("H0STCNT0", SYMBOL) == "OPSP0000"
    second.ask("H0STCNT0", SYMBOL)
    told = second.answer()
    assert (told["header"]["tr_id"], told["body"]["rt_cd"]) == ("(null)", "9")
    assert told["body"]["msg_cd"] == "OPSP8996"
    with pytest.raises(ConnectionClosed):
        second.line.recv(PATIENCE)
    assert open_feed(number=2).register("H0STCNT0", SYMBOL) == "OPSP0000"


def test_a_wrong_login_id_loses_the_line(feed: Feed) -> None:
    feed.ask("H0STCNI0", "NOBODY")
    with pytest.raises(ConnectionClosed) as lost:
        feed.line.recv(PATIENCE)
    assert lost.value.rcvd is None


def test_a_price_that_is_set_is_a_trade(feed: Feed) -> None:
    feed.register("H0STCNT0", SYMBOL)
    price = feed.wire.price() + 1_000
    feed.wire.control("price", symbol=SYMBOL, price=price)
    (record,) = feed.data("H0STCNT0")
    quote = feed.wire.host.exchange.market.quote(SYMBOL, feed.wire.host.exchange.clock.now())
    assert len(record) == 46
    assert (record[0], int(record[2]), len(record[1])) == (SYMBOL, price, 6)
    assert int(record[4]) == price - quote.base
    assert (int(record[7]), int(record[10])) == (quote.open, price + 500)
    assert record[21] in ("1", "5")
    assert record[33] == f"{quote.moment:%Y%m%d}"


@pytest.mark.parametrize(("width", "per_frame"), [(46, 1), (47, 5)])
def test_records_of_a_frame(open_feed: Open, width: int, per_frame: int) -> None:
    feed = open_feed()
    feed.wire.rules(trade_fields=width, trades_per_frame=per_frame)
    for tr_id in ("H0STCNT0", "H0NXCNT0", "H0UNCNT0"):
        assert feed.register(tr_id, SYMBOL) == "OPSP0000"
    feed.wire.control("ticks", symbols=[SYMBOL], per_second=200)
    volume, most = 0, 0
    for _ in range(20):
        records = feed.data("H0STCNT0")
        most = max(most, len(records))
        for record in records:
            assert len(record) == width
            assert int(record[13]) == volume + int(record[12]) or not volume
            volume = int(record[13])
    assert most == per_frame
    assert feed.data("H0UNCNT0")[0][0] == SYMBOL


def test_an_order_is_told_and_its_fill(feed: Feed) -> None:
    feed.register("H0STCNI0", "SIMID001")
    number = feed.wire.buy(2, EXCG_ID_DVSN_CD="SOR")["output"]["ODNO"]
    taken, filled = feed.notice(), feed.notice()
    assert (taken["order"], taken["original"]) == (number, "")
    assert (taken["account"], taken["id"]) == (feed.wire.account.number, "SIMID001")
    assert (taken["filled"], taken["accepted"], taken["refused"]) == ("1", "1", "0")
    assert (taken["quantity"], taken["price"]) == ("0000000002", "000000000")
    assert (filled["filled"], filled["accepted"]) == ("2", "2")
    known = feed.wire.known(number)
    assert int(filled["quantity"]) * int(filled["price"]) == known["filled_amount"]
    assert (filled["ordered"], filled["asked"]) == ("000000002", "000000000")
    assert (filled["name"], filled["kind"], filled["side"]) == ("삼성전자", "01", "02")
    assert filled["venue"] in ("3", "4")


def test_partial_fills_add_up(feed: Feed) -> None:
    feed.register("H0STCNI0", "SIMID001")
    feed.wire.control("depth", symbol=SYMBOL, quantity=2)
    number = feed.wire.buy(7, feed.wire.price() + 2_000)["output"]["ODNO"]
    assert feed.notice()["filled"] == "1"
    fills = [feed.notice() for _ in range(4)]
    assert sum(int(fill["quantity"]) for fill in fills) == 7
    amount = sum(int(fill["quantity"]) * int(fill["price"]) for fill in fills)
    assert amount == feed.wire.known(number)["filled_amount"]


def test_a_modify_and_a_cancel_are_told(feed: Feed) -> None:
    wire = feed.wire
    first = wire.resting(3)
    feed.register("H0STCNI0", "SIMID001")
    second = wire.change(first, "01", ORD_UNPR=f"{wire.price() - 9_000}")["output"]["ODNO"]
    told = [feed.notice(), feed.notice()]
    assert [(n["order"], n["original"], n["action"], n["accepted"]) for n in told] == [
        (second, first, "1", "1"),
        (second, first, "1", "2"),
    ]
    third = wire.change(second, "02")["output"]["ODNO"]
    told = [feed.notice(), feed.notice()]
    assert {(n["order"], n["original"], n["action"]) for n in told} == {(third, second, "2")}


def test_a_rest_that_is_cancelled_by_itself(feed: Feed) -> None:
    feed.register("H0STCNI0", "SIMID001")
    feed.wire.control("depth", symbol=SYMBOL, quantity=3)
    feed.wire.buy(5, feed.wire.price() + 500, ORD_DVSN="11")
    kinds = [feed.notice() for _ in range(3)]
    assert [(n["filled"], n["accepted"], int(n["quantity"])) for n in kinds] == [
        ("1", "1", 5),
        ("2", "2", 3),
        ("1", "3", 2),
    ]
    assert kinds[0]["condition"] == "1"


def test_an_order_that_is_refused_later(feed: Feed) -> None:
    feed.register("H0STCNI0", "SIMID001")
    number = feed.wire.resting(4)
    assert feed.notice()["refused"] == "0"
    feed.wire.control("reject_later", ord_no=number)
    told = feed.notice()
    assert (told["order"], told["refused"], told["quantity"]) == (number, "1", "0000000004")


def test_other_accounts_of_a_person(open_feed: Open) -> None:
    feed = open_feed()
    other = KisWire(feed.wire.client, feed.wire.host, feed.wire.clock, 2).sign_in()
    feed.register("H0STCNI0", "SIMID001")
    other.resting()
    assert feed.notice()["account"] == other.account.number != feed.wire.account.number
    feed.wire.rules(notice_scope="key")
    other.resting()
    assert feed.silent()
    feed.wire.resting()
    assert feed.notice()["account"] == feed.wire.account.number


def test_notices_may_come_twice_backwards_or_late(feed: Feed) -> None:
    feed.register("H0STCNI0", "SIMID001")
    feed.wire.rules(notice_copies=2, notices_backwards=True)
    feed.wire.buy(1)
    assert [feed.notice()["filled"] for _ in range(4)] == ["2", "2", "1", "1"]
    feed.wire.rules(notice_copies=1, notices_backwards=False, notice_seconds=0.4)
    feed.wire.resting()
    assert feed.silent(0.1)
    assert feed.notice()["filled"] == "1"


def test_the_form_of_before_2025(feed: Feed) -> None:
    feed.wire.rules(notice_fields=23)
    feed.register("H0STCNI0", "SIMID001")
    feed.wire.resting()
    (record,) = feed.data("H0STCNI0")
    assert len(record) == 23
    assert (record[16], record[21]) == ("000000001", "삼성전자")


def test_nothing_is_told_again_after_a_new_line(open_feed: Open) -> None:
    first = open_feed()
    first.register("H0STCNI0", "SIMID001")
    first.wire.control("drop_sockets")
    with pytest.raises(ConnectionClosed):
        first.line.recv(PATIENCE)
    first.wire.buy(1)
    second = open_feed()
    second.register("H0STCNI0", "SIMID001")
    assert second.silent()
    assert (second.key, second.iv) != (first.key, first.iv)
    number = second.wire.resting()
    assert second.notice()["order"] == number


@pytest.mark.parametrize("how", ["text", "pong", "nothing"])
def test_who_does_not_answer_a_heartbeat_loses_the_line(feed: Feed, how: str) -> None:
    feed.wire.rules(ping_seconds=0.05, silent_pings=3)
    feed.register("H0STCNT0", SYMBOL)
    beats = 0
    with contextlib.suppress(ConnectionClosed):
        while beats < 8:
            text = str(feed.line.recv(PATIENCE))
            header = json.loads(text)["header"]
            assert (header["tr_id"], len(header["datetime"])) == ("PINGPONG", 14)
            beats += 1
            if how == "text":
                feed.line.send(text)
            elif how == "pong":
                feed.line.pong(text)
    assert beats == (3 if how == "nothing" else 8)


def test_faults_of_a_line(open_feed: Open) -> None:
    feed = open_feed()
    feed.wire.fault("login_refused", count=1)
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0011"
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0000"
    feed.wire.fault("bye", count=1)
    with pytest.raises(ConnectionClosed) as lost:
        feed.data("H0STCNI0")
    assert lost.value.rcvd is not None
    assert lost.value.rcvd.reason == "Bye"


def test_an_approval_ends_but_not_the_session_it_opened(feed: Feed) -> None:
    feed.register("H0STCNT0", SYMBOL)
    feed.wire.control("clock", now="2030-01-02T10:00:00+09:00")
    assert feed.register("H0STCNT0", "000660") == "OPSP0000"


def test_an_old_approval_opens_nothing(feed: Feed) -> None:
    feed.wire.control("clock", now="2030-01-02T10:00:00+09:00")
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0011"


def test_what_is_no_request_is_not_answered(feed: Feed) -> None:
    for text in ("hello", "[]", "{}", '{"header": 1}'):
        feed.line.send(text)
    assert feed.register("H0STCNT0", SYMBOL) == "OPSP0000"


def test_a_line_in_process_speaks_either_wire(tmp_path: Path) -> None:
    host = Host(HostOptions(rate="off", env="real", kis=frozenset({3})), ManualClock())
    simulator = Embedded(host, tmp_path)
    client = httpx.Client(transport=simulator.transport(), base_url="https://broker.invalid")
    wire = KisWire(client, host, ManualClock(), number=3).sign_in()
    body = {
        "grant_type": "client_credentials",
        "appkey": wire.appkey,
        "secretkey": wire.keys["appsecret"],
    }
    approval = wire.client.post("/oauth2/Approval", json=body).json()["approval_key"]
    line, kiwoom = EmbeddedLive(simulator, "kis"), EmbeddedLive(simulator)
    line.connect()
    kiwoom.connect()
    header = {"approval_key": approval, "custtype": "P", "tr_type": "1", "content-type": "utf-8"}
    asked = {"input": {"tr_id": "H0STCNI0", "tr_key": "SIMID001"}}
    line.send(json.dumps({"header": header, "body": asked}))
    output = json.loads(line.recv(PATIENCE))["body"]["output"]
    token = Wire(wire.client, wire.host, wire.clock).sign_in().token
    kiwoom.send(json.dumps({"trnm": "LOGIN", "token": token}))
    assert json.loads(kiwoom.recv(PATIENCE))["return_code"] == 0
    held = wire.truth()["holdings"][0]["symbol"]
    wire.sell(1, PDNO=held)
    payload = line.recv(PATIENCE).split("|", 3)[3]
    assert decrypted(payload, output["key"], output["iv"]).split("^")[8] == held
    sessions = wire.client.get("/_sim/sockets").json()["sessions"]
    assert [session["appkey"] for session in sessions] == ["sim-001-appkey", "sim-003-appkey"]
    line.close()
    kiwoom.close()
    client.close()
