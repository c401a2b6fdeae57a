"""``stream`` and ``watch`` over accounts of two houses: one stream, one screen."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.ledger import Ledger
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.conftest import Run
from tests.cli.running import Running, running
from tests.cli.test_two_houses import CODE, KIS, KIWOOM, Houses
from tests.cli.test_watch import is_position, watching

ORDER = {"side": "buy", "symbol": CODE, "quantity": 2, "price": 210_000}


class Pair(Houses):
    """Two served simulators whose secrets are known."""

    def __init__(self, kiwoom: SimulatorServer, kis: SimulatorServer, config: Path) -> None:
        super().__init__(kiwoom, kis, config)
        assert kis.host.kis is not None
        self._tokens, self._live = kis.host.kis.tokens, kis.host.kis_live

    def approvals(self) -> list[str]:
        """Return every approval key that was issued."""
        return list(self._tokens.approvals)

    def keys(self) -> list[str]:
        """Return what the notices of the open sessions are encrypted with."""
        return [text for session in self._live.sessions for text in (session.key, session.iv)]


@pytest.fixture
def houses(own_home: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        kiwoom = stack.enter_context(SimulatorServer(ServeOptions(rate="off", accounts=3)))
        kis = stack.enter_context(
            SimulatorServer(ServeOptions(rate="off", accounts=2, broker="kis", seed=2))
        )
        yield Pair(kiwoom, kis, own_home / "profiles.toml")


def order(houses: Houses, profile: str) -> str:
    """Place an order elsewhere and return its number."""
    house = houses.kis if profile in KIS else houses.kiwoom
    house.control("foreign_order", appkey=f"sim-{profile[-3:]}-appkey", **ORDER)
    return str(house.state()["orders"][-1]["ord_no"]).lstrip("0").zfill(7)


def fill(houses: Houses, profile: str, number: str) -> None:
    house = houses.kis if profile in KIS else houses.kiwoom
    house.control("fill", ord_no=number, quantity=2, price=210_000)


def without(path: Path, word: str) -> None:
    """Take the lines with this word out of profiles.toml."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if word not in line), "utf-8")


@contextmanager
def everybody(*words: str) -> Iterator[Running]:
    with running("stream", *words) as stream:
        stream.told(": live", 5)
        yield stream


def test_orders_of_five_accounts_come_in_one_shape(houses: Houses) -> None:
    with everybody("orders") as stream:
        numbers = {profile: order(houses, profile) for profile in (*KIWOOM, *KIS)}
        stream.brought(5)
        for profile, number in numbers.items():
            fill(houses, profile, number)
        lines = stream.brought(10)
        assert stream.signal(signal.SIGINT) == 130
    for profile, number in numbers.items():
        received, filled = [line for line in lines if line["profile"] == profile]
        assert received["symbol"] == filled["symbol"] == CODE
        for line in (received, filled):
            fields = line["fields"]
            assert fields["broker_order_id"] == number
            assert (fields["side"], fields["quantity"], fields["order_price"]) == (
                *("buy", 2),
                210_000,
            )
            assert "*" in fields["account"]
            assert "*" in fields.get("customer_id", "*")
        assert received["fields"]["status"] == "received"
        names = ("status", "fill_quantity", "fill_price", "filled_quantity", "remaining_quantity")
        assert [filled["fields"][name] for name in names] == ["filled", 2, 210_000, 2, 0]


def test_what_the_market_tells_comes_over_the_first_account_that_can(
    run: Run, houses: Houses
) -> None:
    for house in (houses.kiwoom, houses.kis):
        house.control("ticks", symbols=[CODE], per_second=20)
    for chosen, kind in ((KIWOOM, "0B"), (KIS, "H0STCNT0"), ((KIS[0], KIWOOM[0]), "H0STCNT0")):
        ran = run("stream", "trades", CODE, "-p", ",".join(chosen), "--count", "2")
        lines = [json.loads(line) for line in ran.out.splitlines()]
        assert ran.code == 0, ran.err
        assert {(line["profile"], line["type"], line["symbol"]) for line in lines} == {
            (chosen[0], kind, CODE)
        }
        assert all(line["fields"]["price"] > 0 for line in lines)
    # A kind that only one of them has comes from that one.
    ran = run("stream", "h0stcnt0", CODE, "--count", "1")
    assert (ran.code, json.loads(ran.out)["profile"]) == (0, KIS[0])


def test_the_broker_s_own_names_and_chosen_fields(run: Run, houses: Houses) -> None:
    houses.kis.control("ticks", symbols=[CODE], per_second=20)
    words = ("stream", "H0STCNT0", CODE, "-p", KIS[0], "--count", "1")
    raw = json.loads(run(*words, "--raw").out)
    assert raw["fields"]["MKSC_SHRN_ISCD"] == CODE
    assert all(isinstance(text, str) for text in raw["fields"].values())
    flat = json.loads(run(*words, "--raw", "--fields", "STCK_PRPR,symbol").out)
    assert list(flat) == ["STCK_PRPR", "symbol"]
    assert int(flat["STCK_PRPR"]) > 0
    named = json.loads(run(*words, "--fields", "turnover,price").out)
    assert named["turnover"] > named["price"] > 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("book", CODE, "-p", "kis-001"), "no live events 'book', only orders, trades"),
        (("0B", CODE, "-p", "kis-001"), "no live events '0B'"),
        (("balance", "-p", "kis-001"), "no live events 'balance'"),
        (("orders", "balance"), "no live events 'balance'"),
        (("H0STCNT0", CODE, "-p", "sim-001"), "no live events 'H0STCNT0', only orders, balance"),
        (("trades", "-p", "kis-001"), "'trades' needs a code"),
        (("trades", CODE, "-p", "kis-001", "--fields", "prise"), "unknown field 'prise'"),
    ],
)
def test_a_kind_that_a_house_lacks_is_refused_by_name(
    run: Run, houses: Houses, words: tuple[str, ...], text: str
) -> None:
    ran = run("stream", *words, env={"KIWOOMCTL_LANG": "en"})
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err
    assert len(ran.err.splitlines()) == 1
    for house in (houses.kiwoom, houses.kis):
        assert house.state()["sockets"]["opened"] == 0


def test_without_an_hts_id_orders_are_refused_in_one_line_and_trades_come(
    run: Run, houses: Houses, own_home: Path
) -> None:
    without(own_home / "profiles.toml", "hts_id")
    houses.kis.control("ticks", symbols=[CODE], per_second=20)
    assert run("stream", "trades", CODE, "-p", "kis-001", "--count", "1").code == 0
    ran = run("stream", "orders", "-p", "kis-001", "--duration", "5")
    assert (ran.code, ran.out) == (8, "")
    assert "hts_id" in ran.err
    assert len(ran.err.splitlines()) == 1
    partial = run("stream", "orders", "-p", "sim-001,kis-001", "--duration", "1")
    assert partial.code == 6
    assert "hts_id" in partial.err


def test_no_approval_key_and_no_cipher_s_key_is_told_or_kept(
    run: Run, houses: Pair, own_home: Path
) -> None:
    with running("stream", "orders", "-p", "kis-001", "-v", "--show-account") as stream:
        stream.told(": live")
        keys = houses.keys()
        order(houses, "kis-001")
        houses.kis.control("drop_sockets")
        stream.told("the live connection is back")
        keys += houses.keys()
        assert stream.signal(signal.SIGINT) == 130
    told = "".join([*stream.err, json.dumps(stream.lines)])
    houses.kis.control("faults", api_id="*", mode="login_refused", count=2)
    refused = run("stream", "orders", "-p", "kis-001", "-v", "--duration", "5")
    assert refused.code == 4
    assert "OPSP0011" in refused.err
    told += refused.out + refused.err
    approvals = houses.approvals()
    assert (len(approvals), len(keys)) == (4, 4)
    kept = "".join(
        path.read_text("utf-8", "replace") for path in own_home.rglob("*") if path.is_file()
    )
    assert "Approval" in told
    for secret in (*approvals, *keys):
        assert secret not in told
        assert secret not in kept


def held(houses: Houses, profile: str, symbol: str = CODE) -> dict[str, Any]:
    holdings: list[dict[str, Any]] = houses.accounts()[profile]["holdings"]
    return next(row for row in holdings if row["symbol"] == symbol)


def test_a_watch_of_both_follows_prices_and_fills(houses: Houses) -> None:
    with watching() as watcher:
        before = {profile: held(houses, profile) for profile in ("sim-001", "kis-001")}
        for profile in before:
            watcher.until(is_position(CODE, profile=profile))
        price = before["sim-001"]["price"] + 2_000
        houses.kiwoom.control("price", symbol=CODE, price=price)
        # The code is priced once, over the first account that holds it.
        for profile in before:
            line = watcher.until(is_position(CODE, profile=profile, price=price))
            assert line["market_value"] == price * before[profile]["quantity"]
            assert line["stale"] is False
        number = order(houses, "kis-001")
        line = watcher.until(lambda line: line["event"] == "order")
        assert (line["profile"], line["status"], line["broker_order_id"]) == (
            *("kis-001", "received"),
            number,
        )
        fill(houses, "kis-001", number)
        watcher.until(lambda line: line.get("fill_quantity") == 2)
        # It tells of no holdings: they are read again after the fill.
        quantity = before["kis-001"]["quantity"] + 2
        watcher.until(is_position(CODE, profile="kis-001", quantity=quantity))
        told = [line for line in watcher.lines if line["event"] == "balance"]
        assert told == []
        assert watcher.signal(signal.SIGINT) == 130


def test_a_watch_without_an_hts_id_says_so_and_goes_on(houses: Houses, own_home: Path) -> None:
    without(own_home / "profiles.toml", "hts_id")
    with watching("-p", "kis-001", "--lang", "en") as watcher:
        line = watcher.until(lambda line: line["event"] == "account")
        assert (line["profile"], line["status"]) == ("kis-001", "live")
        assert "hts_id" in line["reason"]
        first = held(houses, "kis-001")
        watcher.until(is_position(CODE))
        price = first["price"] + 2_000
        houses.kis.control("price", symbol=CODE, price=price)
        watcher.until(is_position(CODE, price=price, stale=False))
        assert watcher.signal(signal.SIGINT) == 130


def test_a_server_with_little_room_leaves_a_watch_standing(houses: Houses) -> None:
    houses.kis.control("kis_rules", registrations=3)
    with watching("-p", "kis-001") as watcher:
        for row in houses.accounts()["kis-001"]["holdings"]:
            watcher.until(is_position(row["symbol"]))
        (session,) = houses.kis.state()["sockets"]["sessions"]
        kinds = [entry["type"] for entry in session["registrations"]]
        assert kinds == ["H0STCNI9", "H0STCNT0", "H0STCNT0"]
        priced = session["registrations"][-1]["item"]
        houses.kis.control(
            "price", symbol=priced, price=held(houses, "kis-001", priced)["price"] + 500
        )
        line = watcher.until(lambda line: line.get("priced_at") is not None)
        assert (line["symbol"], line["stale"]) == (priced, False)
        assert watcher.signal(signal.SIGINT) == 130


def test_an_announced_order_of_kis_goes_into_the_ledger(run: Run, houses: Houses) -> None:
    with watching("-p", "kis-001") as watcher:
        _wait_for_feed(watcher, houses)
        words = ("--price", "210000", "--yes", "-p", "kis-001", "-o", "json")
        bought = run("buy", CODE, "1", *words)
        assert bought.code == 0, bought.err
        number = bought.document["data"][0]["broker_order_id"]
        watcher.until(lambda line: line.get("broker_order_id") == number)
        assert watcher.signal(signal.SIGINT) == 130
    state = Path(os.environ["KIWOOMCTL_STATE_DIR"])
    account = AccountId("kis", "sim", houses.accounts()["kis-001"]["account"])
    found = list[Any]()
    for file in state.glob("*/ledger.sqlite3"):
        with Ledger.open(file.parent, SystemClock()) as ledger:
            found += ledger.notices(account, SystemClock().now().astimezone(KST).date())
    (notice,) = found
    assert notice.number == number.lstrip("0")
    assert (notice.body["symbol"], notice.body["side"]) == (CODE, "buy")
    assert (notice.body["quantity"], notice.body["price"]) == (1, "210000")
    assert notice.body["type"] == "limit"


def _wait_for_feed(watcher: Running, houses: Houses) -> None:
    watcher.until(lambda line: line["event"] == "position")
    assert houses.kis.state()["sockets"]["sessions"]
