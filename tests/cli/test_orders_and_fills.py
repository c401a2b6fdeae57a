"""Orders and fills against a served simulator: every row judged by the simulator's own record."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.ledger import Ledger
from kiwoomctl.render.cells import width
from tests.cli.conftest import Run, Serve
from tests.cli.raw_orders import KODEX, Desk, every_kind, expected_orders, nameless, seconds
from tests.ledger.samples import accepted, send, wish

ORDER_FIELDS = [
    "profile", "order_id", "broker_order_id", "original_order_id", "symbol", "name", "side", "type",
    "price", "quantity", "filled_quantity", "remaining_quantity", "average_fill_price", "status",
    "exchange", "submitted_at", "source",
]  # fmt: skip
FILL_FIELDS = [
    "profile", "broker_order_id", "fill_id", "aggregated", "symbol", "name", "side", "quantity",
    "price", "amount", "commission", "tax", "filled_at",
]  # fmt: skip
STYLE = re.compile(r"\x1b\[[0-9;]*m")
NOTHING = {"code": "501724", "text": "관련자료가없습니다"}


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(serve: Serve) -> Iterator[OpenDesk]:
    """Serve a simulator where a token of the tests does not end that of the command."""
    with ExitStack() as stack:

        def open_one(**options: Any) -> Desk:
            made = Desk(serve(env="real", reissue="same", **options))
            stack.callback(made.http.close)
            return made

        yield open_one


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk(accounts=3)


def test_every_order_arrives_as_the_exchange_has_it(run: Run, desk: Desk) -> None:
    every_kind(desk)
    ran = run("orders", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.document
    assert (document["schema"], document["status"]) == ("kiwoomctl.orders/1", "ok")
    assert (document["environment"], document["totals"], document["errors"]) == ("sim", None, [])
    rows = document["data"]
    assert all(list(row) == ORDER_FIELDS for row in rows)
    expected = expected_orders(desk)
    assert nameless(rows) == expected
    assert {row["status"] for row in rows} == {
        "open", "partial", "filled", "cancelled", "rejected", "closed",
    }  # fmt: skip
    assert {row["exchange"] for row in rows} == {"KRX", "SOR"}
    assert len({row["profile"] for row in rows}) == 3

    still_open = run("orders", "--open", "-o", "json").document["data"]
    assert nameless(still_open) == [row for row in expected if row["remaining_quantity"]]
    assert len(still_open) == 4
    lines = run("orders", "-o", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.reader(io.StringIO(run("orders", "-o", "csv").out)))
    assert table[0] == ORDER_FIELDS
    assert [line[2] for line in table[1:]] == [row["broker_order_id"] for row in rows]


def test_every_fill_arrives_once(run: Run, desk: Desk) -> None:
    every_kind(desk)
    ran = run("fills", "-o", "json")
    assert (ran.code, ran.err, ran.document["schema"]) == (0, "", "kiwoomctl.fills/1")
    rows = ran.document["data"]
    assert all(list(row) == FILL_FIELDS for row in rows)
    filled = {order["ord_no"]: order for order in desk.record() if order["filled"]}
    assert {row["broker_order_id"] for row in rows} == set(filled)
    for number, order in filled.items():
        own = [row for row in rows if row["broker_order_id"] == number]
        assert sum(row["quantity"] for row in own) == order["filled"]
        assert sum(row["amount"] for row in own) == order["filled_amount"]
        assert all(row["amount"] == row["price"] * row["quantity"] for row in own)
        if len(own) == 1:  # of several fills the broker tells only the order's costs
            costs = (own[0]["commission"], own[0]["tax"])
            assert costs == (order["commission"], order["tax"])
        for row in own:
            assert (row["symbol"], row["side"]) == (order["symbol"], order["side"])
            assert row["profile"] == order["appkey"].removesuffix("-appkey")
            assert row["filled_at"] >= seconds(order["accepted_at"])
    assert len([row for row in rows if filled[row["broker_order_id"]]["filled"] == 5]) == 2
    assert {row["aggregated"] for row in rows} == {False}
    keys = [(row["profile"], row["fill_id"]) for row in rows]
    assert len(set(keys)) == len(keys)
    for profile in ("sim-001", "sim-002", "sim-003"):
        times = [row["filled_at"] for row in rows if row["profile"] == profile]
        assert times == sorted(times, reverse=True)
    assert run("fills", "-o", "csv").out.splitlines()[0].split(",") == FILL_FIELDS


def test_fills_of_an_order_alone_are_one_sum(run: Run, desk: Desk) -> None:
    number = desk.resting(quantity=10)
    for quantity in (4, 2):
        desk.served.control("fill", ord_no=number, quantity=quantity)
    desk.served.control("faults", api_id="kt00009", mode="backend", when="before", **NOTHING)
    [row] = run("fills", "-o", "json", "-p", "sim-001").document["data"]
    order = desk.of(number)
    assert (row["fill_id"], row["aggregated"], row["quantity"]) == (None, True, 6)
    assert (row["amount"], row["commission"]) == (order["filled_amount"], order["commission"])
    assert row["filled_at"] is None


@pytest.mark.parametrize(("command", "api_id"), [("orders", "kt00007"), ("fills", "kt00009")])
def test_one_failing_account_is_partial_and_named(
    run: Run, desk: Desk, command: str, api_id: str
) -> None:
    for profile in ("sim-001", "sim-002", "sim-003"):
        desk.at_market(profile)
    desk.served.control("faults", api_id=api_id, mode="html", appkey="sim-002-appkey", when="after")
    ran = run(command, "-o", "json")
    assert (ran.code, ran.document["status"]) == (6, "partial")
    assert [row["profile"] for row in ran.document["data"]] == ["sim-001", "sim-003"]
    [error] = ran.document["errors"]
    assert (error["profile"], error["exit_code"]) == ("sim-002", 10)
    table = run(command)
    assert table.code == 6
    assert "missing here: 1 of 3 accounts" in table.out
    alone = run(command, "-p", "sim-002", "-o", "json")
    assert (alone.code, alone.document["status"], alone.document["data"]) == (10, "error", [])


@pytest.mark.parametrize("command", ["orders", "fills"])
def test_an_empty_day_is_no_error(run: Run, desk: Desk, command: str) -> None:
    del desk
    for words in ((), ("--date", "20200102")):
        ran = run(command, *words, "-o", "json")
        assert (ran.code, ran.err, ran.document["data"]) == (0, "", [])
        assert run(command, *words).out.splitlines()[-1] == f"no {command}"
    assert "2020-01-02" in run(command, "--date", "20200102").out
    assert "[SIM] " in run(command).out


def test_days_are_the_brokers_and_stay_apart(run: Run, open_desk: OpenDesk) -> None:
    desk = open_desk(accounts=1, clock="2026-10-01T10:00:00+09:00")
    rests, bought = desk.resting(), desk.at_market()
    partial = desk.resting(quantity=5)
    desk.served.control("fill", ord_no=partial, quantity=2)
    desk.served.control("clock", now="2026-10-02T11:00:00+09:00")
    desk.tokens.clear()
    fresh = desk.at_market()

    def rows(*words: str) -> dict[str, dict[str, Any]]:
        ran = run(*words, "-o", "json")
        assert (ran.code, ran.err) == (0, "")
        return {row["broker_order_id"]: row for row in ran.document["data"]}

    assert set(rows("orders")) == set(rows("fills")) == {fresh}
    for text in ("2026-10-01", "20261001"):
        before = rows("orders", "--date", text)
        status = {number: row["status"] for number, row in before.items()}
        assert status == {rests: "closed", bought: "filled", partial: "closed"}
        assert (before[partial]["filled_quantity"], before[partial]["source"]) == (2, "api")
        assert before[rests]["submitted_at"].startswith("2026-10-01T10:")
        assert set(rows("fills", "--date", text)) == {bought, partial}
    assert rows("orders", "--open", "--date", "2026-10-01") == {}
    # A day to come has nothing, whatever the lists of today hold.
    desk.resting()
    assert rows("orders", "--date", "2099-01-01") == rows("fills", "--date", "2099-01-01") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2026-13-01",
        "2026-02-30",
        "202611",
        "2026-1-2",
        "２０２６１１２０",
        "2026-W01-1",
    ],
)
@pytest.mark.parametrize("command", ["orders", "fills"])
def test_a_bad_date_is_one_line(run: Run, desk: Desk, command: str, text: str) -> None:
    ran = run(command, "--date", text)
    assert ran.code == 2
    assert ran.out == ""
    [line] = ran.err.splitlines()
    assert repr(text) in line
    assert "YYYY-MM-DD" in line
    assert desk.served.state()["requests"] == []


def test_unknown_fields_are_refused_before_anything_is_asked(run: Run, desk: Desk) -> None:
    assert run("orders", "--fields", "broker_order_id,stauts").code == 2
    assert run("fills", "--fields", "fill").code == 2
    assert desk.served.state()["requests"] == []
    desk.at_market()
    ran = run("orders", "--fields", "status,broker_order_id", "-o", "csv")
    assert ran.out.splitlines()[0] == "status,broker_order_id"


def test_tables_speak_and_fit(run: Run, run_on_terminal: Run, desk: Desk) -> None:
    every_kind(desk)
    numbers = [order["ord_no"] for order in desk.record() if order["action"] != "cancel"]
    piped = run("orders", "--lang", "ko").out
    assert piped.startswith("[SIM] ")
    assert all(number in piped for number in numbers)
    words = [
        "매수",
        "지정가",
        "시장가",
        "미체결",
        "일부체결",
        "취소",
        "거부",
        "종료",
        "API",
        "기타",
    ]
    assert all(word in piped for word in words)
    for command in ("orders", "fills"):
        for language in ("ko", "en"):
            shown = run_on_terminal(command, "--lang", language, "--no-color", columns=80)
            lines = STYLE.sub("", shown.out).splitlines()
            assert shown.code == 0
            assert max(width(line) for line in lines) <= 80
            assert "sim-003" in lines[-1]
            assert "KODEX 200" in shown.out
    wide = run_on_terminal("orders", "--lang", "en", "--no-color", columns=200).out
    assert all(header in wide for header in ("Original", "Exchange", "Submitted", "Source"))
    assert "SOR" in wide


def world_of(desk: Desk, own_home: Path) -> Path:
    host, port = httpx.URL(desk.served.url).host, httpx.URL(desk.served.url).port
    return own_home / "state" / f"sim-{host}-{port}"


def owner_of(desk: Desk) -> AccountId:
    return AccountId("kiwoom", "sim", desk.served.state()["accounts"][0]["account"])


def test_a_read_begins_no_ledger(run: Run, desk: Desk, own_home: Path) -> None:
    desk.at_market()
    assert run("accounts", "--check").code == 0
    assert run("orders").code == run("fills").code == 0
    assert world_of(desk, own_home).exists()
    assert not Ledger.exists(world_of(desk, own_home))


def test_the_ledger_says_which_orders_are_ours(run: Run, desk: Desk, own_home: Path) -> None:
    assert run("accounts", "--check").code == 0
    ours, other, yesterdays = desk.at_market(quantity=2), desk.resting(), desk.resting()
    day = datetime.fromisoformat(desk.of(ours)["accepted_at"]).date()
    owner, world = owner_of(desk), world_of(desk, own_home)
    with Ledger.open(world, SystemClock()) as ledger:
        attempt = send(ledger, wish(account=owner, day=day), accepted(ours))
        # The same number of another day is another order.
        yesterday = day - timedelta(days=1)
        send(ledger, wish(account=owner, day=yesterday), accepted(yesterdays))
    rows = {r["broker_order_id"]: r for r in run("orders", "-o", "json").document["data"]}
    mine = rows[ours]
    assert (mine["order_id"], mine["source"]) == (attempt.intent.order_id, "kiwoomctl")
    for number in (other, yesterdays):
        assert (rows[number]["order_id"], rows[number]["source"]) == (None, "api")
    table = run("orders", "-p", "sim-001").out
    assert attempt.intent.order_id in table
    with Ledger.open(world, SystemClock()) as ledger:
        [(account, seen)] = ledger.fills(day)
        assert (account, seen.number, seen.quantity) == (owner, ours.lstrip("0"), 2)
        assert seen.aggregated
    run("fills")
    run("fills")
    with Ledger.open(world, SystemClock()) as ledger:
        single = [fill for _, fill in ledger.fills(day, owner) if not fill.aggregated]
        assert [(fill.number, fill.quantity) for fill in single] == [(ours.lstrip("0"), 2)]
        assert ledger.invariants() == []


@pytest.mark.parametrize("command", ["orders", "fills"])
def test_a_broken_ledger_costs_the_ids_and_not_the_answer(
    run: Run, desk: Desk, own_home: Path, command: str
) -> None:
    for profile in ("sim-001", "sim-002"):
        desk.at_market(profile)
    desk.served.control(
        "foreign_order", appkey="sim-001-appkey", side="buy", symbol=KODEX, quantity=1,
        type="market", channel="영웅문4",
    )  # fmt: skip
    assert run("accounts", "--check").code == 0
    world = world_of(desk, own_home)
    with Ledger.open(world, SystemClock()):
        pass
    (world / "ledger.sqlite3").write_bytes(b"no ledger at all" * 300)
    ran = run(command, "-o", "json")
    assert (ran.code, ran.document["status"]) == (0, "ok")
    assert len(ran.document["data"]) == 3
    [note] = [line for line in ran.err.splitlines() if "fills are not stored" in line]
    assert "ledger.sqlite3" in note
    if command == "orders":
        # Whether an order of the API is ours cannot be told now.
        assert [row["source"] for row in ran.document["data"]] == ["other", None, None]
    quiet = run(command, "-q")
    assert quiet.code == 0
    assert "fills are not stored" not in quiet.err


def test_hidden_channels_are_missing_and_not_guessed(run: Run, desk: Desk) -> None:
    number = desk.resting()
    desk.served.control("faults", api_id="kt00007", mode="kt00007_empty", when="before")
    [row] = run("orders", "-o", "json").document["data"]
    assert (row["broker_order_id"], row["source"], row["status"]) == (number, None, "open")


def test_the_demo_has_orders_and_fills(run: Run) -> None:
    for command in ("orders", "fills"):
        ran = run(command, "--demo")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("[SIM] ")
