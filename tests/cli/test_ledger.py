"""``ledger list`` and ``ledger show``: our own journal, offline, nothing of it out of sight."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import OrderType, State, Terms
from kiwoomctl.ledger import Ledger, Outcome
from kiwoomctl.ledger.store import FILE_NAME
from kiwoomctl.worlds import LEDGER_FILE, demo_world
from tests.cli.conftest import Ran, Run, Serve, Served
from tests.cli.journal import LOST, Book, pinned, today
from tests.ledger.samples import HYNIX, accepted, terms
from tests.test_architecture import modules_after

MOCK = '[profiles.paper]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n'


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(accounts=2)


@pytest.fixture
def book(run: Run, served: Served, own_home: Path) -> Book:
    return pinned(run, served, own_home)


def ids(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [row["attempt_id"] for row in ran.document["data"]]


def one_line(ran: Ran, *said: str) -> None:
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert all(word in ran.err for word in said)


def test_without_a_ledger_there_is_nothing_and_none_is_made(run: Run, book: Book) -> None:
    for words in ([], ["--open"], ["-p", "sim-001"]):
        ran = run("ledger", "list", *words, "-o", "json")
        assert (ran.code, ran.err, ran.document["data"]) == (0, "", [])
    assert "no orders in the ledger" in run("ledger", "list").out
    one_line(run("ledger", "show", "20261120-3m7q9k2d"), "20261120-3m7q9k2d")
    one_line(run("ledger", "show", "123"), "123")
    assert not (book.folder / LEDGER_FILE).exists()


def test_a_row_tells_the_whole_attempt(run: Run, book: Book) -> None:
    attempt = book.write(accepted("123"), client_id="morning-1")
    ran = run("ledger", "list", "-o", "json")
    assert ran.document["schema"] == "kiwoomctl.ledger_list/1"
    assert ran.document["environment"] == "sim"
    [row] = ran.document["data"]
    assert row.pop("created_at").endswith("+09:00")
    number = book.accounts[0].number
    assert row == {
        "attempt_id": attempt.id,
        "order_id": attempt.intent.order_id,
        "client_id": "morning-1",
        "profile": "sim-001",
        "environment": "sim",
        "account": f"{number[:2]}******{number[-2:]}",
        "action": "buy",
        "symbol": "005930",
        "side": "buy",
        "type": "limit",
        "price": 70000,
        "quantity": 10,
        "exchange": "KRX",
        "target": None,
        "state": "accepted",
        "ledger_state": "ACCEPTED",
        "broker_order_id": "0000123",
        "reason_code": None,
        "message": None,
        "settled_by": None,
    }
    shown = run("ledger", "list", "--show-account", "--fields", "account", "-o", "jsonl")
    assert json.loads(shown.out) == {"account": number}


def test_what_was_not_said_is_missing_and_words_are_those_of_users(run: Run, book: Book) -> None:
    book.write(LOST, terms("sell", type=OrderType.MARKET, price=None), of=1)
    book.write(
        Outcome(State.REJECTED, code="571435", text="취소할 수 없습니다"),
        terms("cancel", target="77", quantity=0),
    )
    cancel, sell = run("ledger", "list", "-o", "json").document["data"]
    assert (cancel["price"], cancel["quantity"], cancel["target"]) == (None, None, "0000077")
    assert (cancel["state"], cancel["reason_code"]) == ("rejected", "571435")
    assert cancel["message"] == "취소할 수 없습니다"
    assert (sell["price"], sell["type"], sell["quantity"]) == (None, "market", 10)
    assert (sell["state"], sell["ledger_state"]) == ("unknown", "UNKNOWN")
    assert (sell["broker_order_id"], sell["profile"]) == (None, "sim-002")
    [row, _] = csv.DictReader(io.StringIO(run("ledger", "list", "-o", "csv").out))
    assert (row["quantity"], row["price"]) == ("", "")


def test_newest_first_limited_and_chosen(run: Run, book: Book) -> None:
    first = book.write(accepted("1"))
    lost = book.write(LOST, terms(symbol=HYNIX), of=1)
    last = book.write(accepted("2"))
    assert ids(run("ledger", "list", "-o", "json")) == [last.id, lost.id, first.id]
    assert ids(run("ledger", "list", "--limit", "2", "-o", "json")) == [last.id, lost.id]
    assert ids(run("ledger", "list", "--open", "-o", "json")) == [lost.id]
    assert ids(run("ledger", "list", "-p", "sim-001", "-o", "json")) == [last.id, first.id]
    assert ids(run("ledger", "list", "--open", "-p", "sim-001", "-o", "json")) == []
    narrowed = run("ledger", "list", "-o", "json", env={"KIWOOMCTL_PROFILE": "sim-002"})
    assert ids(narrowed) == [lost.id]
    assert ids(run("ledger", "list", "--limit", "1", "-p", "all", "-o", "json")) == [last.id]


@pytest.mark.parametrize("limit", ["0", "-1", "100001", "99999999999999999999"])
def test_a_limit_that_is_none(run: Run, served: Served, limit: str) -> None:
    assert served
    one_line(run("ledger", "list", "--limit", limit), "--limit", limit)


def test_an_order_of_a_profile_that_is_gone_stays_in_sight(
    run: Run, served: Served, book: Book
) -> None:
    kept = book.write(accepted("1"))
    gone = book.write(LOST, of=1)
    text = served.config.read_text("utf-8")
    served.config.write_text(text[: text.index("[profiles.sim-002]")], "utf-8")
    assert ids(run("ledger", "list", "-o", "json")) == [gone.id, kept.id]
    assert run("ledger", "show", gone.id, "-o", "json").document["data"][0]["profile"] == "sim-002"
    assert ids(run("ledger", "list", "-p", "sim-001", "-o", "json")) == [kept.id]
    one_line(run("ledger", "show", gone.id, "-p", "sim-001"), gone.id)


def test_worlds_stand_together_and_the_demo_alone(
    run: Run, served: Served, book: Book, own_home: Path
) -> None:
    """The ledger of real and mock accounts is read even where no such profile is left."""
    paper = Book(own_home / "state", (AccountId("kiwoom", "mock", "8012345611"),))
    simulated = book.write(accepted("1"))
    mock = paper.write(accepted("1"), profile="paper")
    for more in ([], [MOCK]):
        served.use(*more)
        ran = run("ledger", "list", "-o", "json")
        assert ids(ran) == [mock.id, simulated.id]
        assert ran.document["environment"] == "mixed"
    assert ids(run("ledger", "list", "-p", "sim-001", "-o", "json")) == [simulated.id]
    assert ids(run("ledger", "list", "--demo", "-o", "json")) == []
    assert run("ledger", "list", "--demo").out.startswith("[SIM] ")


def test_an_order_is_shown_by_each_of_its_names(run: Run, served: Served, book: Book) -> None:
    attempt = book.write(accepted("123"), client_id="morning-1")
    before = len(served.state()["requests"])
    for name in (
        attempt.intent.order_id,
        attempt.id,
        attempt.id.upper(),
        "123",
        "0000123",
        " 0000123 ",
    ):
        ran = run("ledger", "show", name, "-o", "json")
        assert ran.document["schema"] == "kiwoomctl.ledger_show/1"
        states = [(row["from_state"], row["to_state"]) for row in ran.document["data"]]
        assert states == [(None, "PREPARED"), ("PREPARED", "SENDING"), ("SENDING", "ACCEPTED")]
        assert {row["attempt_id"] for row in ran.document["data"]} == {attempt.id}
        assert {row["client_id"] for row in ran.document["data"]} == {"morning-1"}
    shown = run("ledger", "show", "123").out
    assert shown.startswith("[SIM] sim-001: buy 005930 10 at 70,000 ")
    assert all(
        word in shown
        for word in ("--id morning-1", f"{attempt.id}: accepted, order 0000123", "limit", "KRX")
    )
    assert book.accounts[0].number not in shown
    assert book.accounts[0].number in run("ledger", "show", "123", "--show-account").out
    assert len(served.state()["requests"]) == before


def test_every_attempt_and_its_evidence_is_shown(run: Run, book: Book) -> None:
    first = book.write(Outcome(State.NOT_SENT, code="connect"), client_id="k")
    with book.open() as ledger, ledger.account_lock(book.accounts[0]):
        again = ledger.second_attempt(first.intent.order_id, lambda _: []).attempt
        ledger.start_sending(again.id)
        ledger.record_outcome(again.id, LOST)
        ledger.settle(again.id, State.AMBIGUOUS, by="evidence", detail={"candidates": ["5", "6"]})
    rows = run("ledger", "show", first.id, "-o", "json").document["data"]
    assert [row["to_state"] for row in rows] == [
        *("PREPARED", "SENDING", "NOT_SENT"),
        *("PREPARED", "SENDING", "UNKNOWN", "AMBIGUOUS"),
    ]
    assert json.loads(rows[-1]["detail"])["candidates"] == ["5", "6"]
    assert [row["state"] for row in rows] == ["not_sent"] * 3 + ["unknown"] * 4
    shown = run("ledger", "show", first.intent.order_id).out
    assert f"{first.id}: not_sent, connect" in shown
    assert f"{again.id}: unknown, timeout - kiwoomctl resolve {again.id}" in shown


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (terms("sell", type=OrderType.MARKET, price=None), "sell 005930 10 (market)"),
        (terms("modify", price=Decimal(71000)), "modify 0000077 (005930) to 71,000"),
        (terms("cancel"), "cancel 0000077 (005930)"),
        (terms(type=OrderType.STOP, stop_price=Decimal(69000)), "stop price 69,000"),
    ],
)
def test_each_kind_of_order_is_told_in_words(
    run: Run, book: Book, wanted: Terms, said: str
) -> None:
    attempt = book.write(accepted("123"), wanted)
    assert said in run("ledger", "show", attempt.id).out


def test_a_number_is_that_of_today_first(run: Run, book: Book) -> None:
    day = timedelta(days=1)
    old = book.write(accepted("123"), trading_day=today() - 2 * day)
    older = book.write(accepted("123"), trading_day=today() - 3 * day)
    book.write(accepted("124"), trading_day=today() - 2 * day)
    one_line(run("ledger", "show", "123"), old.intent.order_id, older.intent.order_id)
    now = book.write(accepted("123"))
    assert run("ledger", "show", "123", "-o", "json").document["data"][0]["attempt_id"] == now.id
    assert run("ledger", "show", "124").code == 0
    other = book.write(accepted("123"), of=1)
    one_line(run("ledger", "show", "123"), now.intent.order_id, other.intent.order_id)
    chosen = run("ledger", "show", "123", "-p", "sim-002", "-o", "json").document["data"][0]
    assert chosen["attempt_id"] == other.id


@pytest.mark.parametrize(
    "name", ["", "12345678", "0000000", "20261120-3m7q9k2d.0", "order", "١٢٣", "-", "20261120-3m7q"]
)
def test_a_name_that_is_none(run: Run, book: Book, name: str) -> None:
    book.write(accepted("123"))
    one_line(run("ledger", "show", "--", name), name)


def test_an_attempt_that_was_never_made(run: Run, book: Book) -> None:
    attempt = book.write(accepted("123"))
    one_line(run("ledger", "show", f"{attempt.intent.order_id}.2"), ".2")
    document = run("ledger", "show", "9", "-o", "json").document
    assert document["schema"] == "kiwoomctl.ledger_show/1"
    assert (document["status"], document["errors"][0]["code"]) == ("error", "order_id")


@pytest.mark.parametrize("what", ["damaged", "newer", "another"])
def test_a_ledger_that_cannot_be_read_is_told_once(run: Run, book: Book, what: str) -> None:
    attempt = book.write(LOST)
    path = book.folder / LEDGER_FILE
    if what == "damaged":
        book.damage()
    else:
        pragma = "user_version = 99" if what == "newer" else "application_id = 7"
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA {pragma}")
    for words in (["list"], ["list", "--open"], ["show", attempt.id]):
        ran = run("ledger", *words)
        assert (ran.code, ran.out) == (8, "")
        assert len(ran.err.splitlines()) == 1
        assert str(path) in ran.err


def test_a_message_steers_no_terminal(run: Run, book: Book) -> None:
    book.write(Outcome(State.REJECTED, code="1999", text="a\x1b[2Jb\r\nc"), client_id="k\x07")
    for words in (["list", "--fields", "message,client_id"], ["show", "--fields", "at", "1"]):
        ran = run("ledger", *words)
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", ran.out)
    attempt = ids(run("ledger", "list", "-o", "json"))[0]
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", run("ledger", "show", attempt).out)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_terminal_keeps_ids_figures_and_times_whole(
    run_on_terminal: Run, book: Book, columns: int, lang: str
) -> None:
    attempt = book.write(LOST, terms(quantity=123_456, price=Decimal(1_234_500)))
    for words in (["list"], ["show", attempt.id]):
        ran = run_on_terminal("ledger", *words, columns=columns, env={"KIWOOMCTL_LANG": lang})
        assert ran.code == 0
        assert attempt.id in ran.out
        assert "1,234,500" in ran.out
        assert "…" not in ran.out


def test_looking_costs_no_network_library_and_no_drawing(own_home: Path) -> None:
    folder = demo_world(own_home / "state")
    with Ledger.open(folder, SystemClock()):
        pass
    heavy = {"httpx", "rich", "keyring", "platformdirs", "ssl", "asyncio"}
    for words in (["list"], ["show", "1"]):
        loaded = modules_after("ledger", *words, "--demo")
        assert "sqlite3" in loaded
        assert not loaded & heavy


def test_the_file_that_is_looked_for_is_the_ledger() -> None:
    assert LEDGER_FILE == FILE_NAME
