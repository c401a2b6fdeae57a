"""Audits against a served simulator: what differs is found, what agrees is not, adopting ends it.

Nothing is pretended: foreign orders come through the exchange's own door, and what an account may
do afterwards is proven by orders and the simulator's record.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.ledger import Ledger
from kiwoomctl.render.cells import width
from tests.cli import ordering
from tests.cli.audits import (
    FIELDS,
    NOTHING,
    account,
    audit,
    confirmations,
    doubts,
    folder,
    found,
    kinds,
    ledger,
    matched,
    one,
    refused,
)
from tests.cli.conftest import Run
from tests.cli.ordering import CODE, OTHER_CODE, QUICK, SINGLE, Desk, Room, next_day, the_row

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


# Books that agree ---------------------------------------------------------------------------------


def test_what_agrees_is_no_difference(desk: Desk) -> None:
    number = desk.bought(quantity=4)["broker_order_id"]
    market = desk.order("buy", CODE, "2", "--market", *SINGLE, "--allow", "MARKET")
    assert market.code == 0
    lower = str(desk.low - 100)
    assert desk.order("modify", number, "--price", lower, *SINGLE, "--allow", "CROSS").code == 0
    assert desk.order("cancel", desk.bought()["broker_order_id"], *SINGLE).code == 0
    matched(desk, quantity=5)
    desk.foreign(channel="영웅문S#")
    ran = audit(desk)
    assert (ran.code, ran.err, ran.document["data"]) == (0, "", NOTHING)
    assert (ran.document["schema"], ran.document["environment"]) == ("kiwoomctl.audit/1", "sim")
    assert (ran.document["totals"], ran.document["errors"]) == (None, [])
    assert desk.run("audit").out.splitlines()[-1] == "no differences"
    assert desk.run("audit", "--lang", "ko").out.splitlines()[-1] == "차이 없음"
    assert desk.run("audit", "-o", "csv").out == ",".join(FIELDS) + "\n"
    assert desk.run("audit", "-o", "jsonl").out == ""


def test_merely_looking_takes_no_lock_and_makes_no_ledger(desk: Desk) -> None:
    desk.foreign(channel="영웅문4")
    for words in ((), ("--adopt",)):
        assert audit(desk, *words).document["data"] == NOTHING
    assert not (folder(desk) / "ledger.sqlite3").exists()
    desk.bought()
    with ledger(desk) as book, book.account_lock(account(desk)):
        assert (desk.run("audit").code, desk.run("audit", "--adopt").code) == (0, 0)


# Foreign orders -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["REST API", "RESTAPI", " rest  api "])
def test_a_foreign_order_blocks_until_a_person_adopts_it(desk: Desk, channel: str) -> None:
    desk.bought()
    number = desk.foreign(channel=channel, quantity=2, symbol=OTHER_CODE, price=0, type="market")
    for _ in range(2):
        rows = found(desk)
        assert kinds(rows) == ["ledger_doubt", "foreign_order"]
        row = one(rows, "foreign_order")
        assert row["broker_order_id"] == number
        assert (row["profile"], row["environment"]) == ("sim-001", "sim")
        assert row["day"] == desk.now.date().isoformat()
        assert (row["symbol"], row["side"], row["quantity"]) == (OTHER_CODE, "buy", 2)
        assert (row["attempt_id"], row["price"]) == (None, None)
        assert number in one(rows, "ledger_doubt")["detail"]
        assert desk.run("audit").out.splitlines()[-1].endswith("audit --adopt -p sim-001")
        # Once for the same orders, however often somebody looks.
        assert doubts(desk) == [("foreign_orders", [number.lstrip("0")])]
        refused(desk)
    another = desk.foreign(quantity=9)
    assert len(found(desk)) == 4
    assert doubts(desk)[1:] == [("foreign_orders", [another.lstrip("0")])]

    adopted = audit(desk, "--adopt")
    assert (adopted.code, adopted.document["data"], doubts(desk)) == (0, NOTHING, [])
    notes = adopted.err.splitlines()
    assert [n.rpartition(": ")[2] for n in notes] == [number, another]
    assert all(note.startswith("sim-001: adopted: ") for note in notes)
    assert found(desk) == NOTHING
    assert audit(desk, "--adopt").err == "nothing was adopted\n"
    before = desk.sent()
    desk.bought(quantity=7)
    assert desk.sent() == before + 1
    # Only what was there is known now.
    third = desk.foreign(quantity=1)
    assert one(found(desk), "foreign_order")["broker_order_id"] == third


def test_an_adopted_number_is_of_its_day_only(desk: Desk) -> None:
    number = desk.foreign()
    assert audit(desk, "--adopt").code == 0
    desk.set_time("10:00:00", next_day(desk))
    assert found(desk) == NOTHING
    assert desk.foreign() == number  # numbers begin anew
    assert one(found(desk), "foreign_order")["broker_order_id"] == number


def test_an_account_without_a_ledger_is_blocked_too(desk: Desk) -> None:
    number = desk.foreign()
    rows = found(desk)
    assert kinds(rows) == ["ledger_doubt", "foreign_order"]
    assert one(rows, "foreign_order")["broker_order_id"] == number
    refused(desk)
    # The other account shares the ledger, not the doubt.
    other = desk.order("sell", CODE, "1", "--price", str(desk.high), "-p", "sim-002", "--yes")
    assert other.code == 0
    assert audit(desk, "--adopt").code == 0
    desk.bought(quantity=7)


def test_another_machine_is_seen_from_both_sides(desk: Desk, tmp_path: Path) -> None:
    elsewhere = {"KIWOOMCTL_STATE_DIR": str(tmp_path / "elsewhere")}
    ours = desk.bought()["broker_order_id"]
    words = ("buy", CODE, "4", "--price", str(desk.low), *SINGLE)
    theirs = the_row(desk.order(*words, env=elsewhere))["broker_order_id"]
    for env, number in (({}, theirs), (elsewhere, ours)):
        rows = audit(desk, env=env).document["data"]
        assert one(rows, "foreign_order")["broker_order_id"] == number
        assert audit(desk, "--adopt", env=env).code == 0
        assert audit(desk, env=env).code == 0


def test_a_foreign_cancel_is_a_foreign_order(desk: Desk) -> None:
    number = desk.bought()["broker_order_id"]
    cancel = {"appkey": "sim-001-appkey", "action": "cancel", "symbol": CODE, "target": int(number)}
    told = desk.room.client.post("/_sim/foreign_order", json={**cancel, "channel": "REST API"})
    foreign = told.json()["ord_no"]
    assert one(found(desk), "foreign_order")["broker_order_id"] == foreign


# The ledger itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("same_day", [True, False])
def test_a_lost_ledger_blocks_until_it_was_compared(desk: Desk, same_day: bool) -> None:
    number = desk.bought()["broker_order_id"]
    if not same_day:
        desk.set_time("10:00:00", next_day(desk))
    (folder(desk) / "ledger.sqlite3").unlink()
    for _ in range(2):
        rows = found(desk, "-p", "sim-001")
        assert "an earlier ledger was lost" in rows[0]["detail"]
        assert kinds(rows) == ["ledger_doubt"] * (1 + same_day) + ["foreign_order"] * same_day
        if same_day:
            assert rows[-1]["broker_order_id"] == number
    refused(desk)
    adopted = audit(desk, "--adopt")
    assert (adopted.code, adopted.document["data"]) == (0, NOTHING)
    assert "sim-001: adopted: an earlier ledger was lost\n" in adopted.err
    desk.bought(quantity=7)
    assert found(desk) == NOTHING


def test_an_older_copy_of_the_ledger_is_noticed(desk: Desk, tmp_path: Path) -> None:
    first = desk.bought()["broker_order_id"]
    kept = shutil.copy(folder(desk) / "ledger.sqlite3", tmp_path / "copy")
    second = desk.bought(quantity=4)["broker_order_id"]
    shutil.copy(kept, folder(desk) / "ledger.sqlite3")
    rows = found(desk)
    assert "older copy" in rows[0]["detail"]
    foreign = one([row for row in rows if row["profile"] == "sim-001"], "foreign_order")
    assert foreign["broker_order_id"] == second != first
    refused(desk)
    assert audit(desk, "--adopt").code == 0
    desk.bought(quantity=7)


def test_a_ledger_from_another_machine_is_noticed(desk: Desk) -> None:
    folder(desk).mkdir(parents=True, mode=0o700)
    Ledger.open(folder(desk), SystemClock(), host="elsewhere").close()
    rows = found(desk)
    assert [(row["profile"], row["kind"]) for row in rows] == [
        ("sim-001", "ledger_doubt"),
        ("sim-002", "ledger_doubt"),
    ]
    assert "another machine" in rows[0]["detail"]
    # Each account is adopted by itself.
    assert audit(desk, "--adopt", "-p", "sim-001").code == 0
    assert [row["profile"] for row in found(desk)] == ["sim-002"]
    desk.bought()


def test_a_broken_promise_of_the_ledger_is_told_once(desk: Desk) -> None:
    desk.bought()
    attempt = desk.ledger()[0]["attempt_id"]
    with closing(sqlite3.connect(folder(desk) / "ledger.sqlite3")) as raw, raw:
        raw.execute("DROP TRIGGER events_kept")
        raw.execute("DELETE FROM events WHERE to_state = 'ACCEPTED'")
    rows = found(desk)
    assert set(kinds(rows)) == {"invariant"}
    assert {row["profile"] for row in rows} == {None}
    assert {row["attempt_id"] for row in rows} == {attempt, None}
    assert len({row["detail"] for row in rows}) == len(rows)
    assert desk.run("audit", "--adopt").code == 11


# Accounts that fail, and output -------------------------------------------------------------------


def test_a_failing_account_hides_no_other(desk: Desk) -> None:
    desk.bought()
    desk.fault("html", "kt00007", when="after", appkey="sim-002-appkey")
    ran = audit(desk)
    assert (ran.code, ran.document["status"], ran.document["data"]) == (6, "partial", NOTHING)
    [error] = ran.document["errors"]
    assert (error["profile"], error["exit_code"]) == ("sim-002", 10)
    assert desk.run("audit").out.splitlines()[-1].startswith("missing here: 1 of 2 accounts")
    alone = audit(desk, "-p", "sim-002")
    assert (alone.code, alone.document["status"]) == (10, "error")
    desk.foreign()
    desk.foreign(appkey="sim-002-appkey")
    ran = audit(desk)  # a difference is worse than an account that failed
    assert (ran.code, ran.document["status"], len(ran.document["errors"])) == (11, "error", 1)
    assert {row["profile"] for row in ran.document["data"]} == {"sim-001"}
    # Who could not compare an account has not looked at it.
    desk.heal()
    assert len(found(desk)) == 4
    desk.fault("html", "kt00007", when="after", appkey="sim-002-appkey")
    assert audit(desk, "--adopt").code == 6
    desk.heal()
    assert {row["profile"] for row in found(desk)} == {"sim-002"}


def test_a_past_day_that_cannot_be_read_fails_the_account_only(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    desk.set_time("10:00:00", next_day(desk))
    number = desk.foreign()
    desk.fault("zero_pl", "kt00007", count=1)  # does nothing to today's list
    desk.fault("html", "kt00007", when="after")
    ran = audit(desk, "-p", "sim-001", "--adopt")
    assert (ran.code, len(ran.document["errors"])) == (11, 1)
    assert one(ran.document["data"], "foreign_order")["broker_order_id"] == number
    assert "nothing was adopted" in ran.err
    assert confirmations(desk, attempt) == []
    refused_while_unread = doubts(desk)
    assert refused_while_unread == [("foreign_orders", [number.lstrip("0")])]
    desk.heal()
    assert audit(desk, "--adopt").code == 0
    assert len(confirmations(desk, attempt)) == 1


def test_a_ledger_that_cannot_be_used_fails(desk: Desk) -> None:
    desk.bought()
    desk.book().damage()
    ran = audit(desk)
    assert (ran.code, ran.document["data"]) == (8, NOTHING)
    assert {error["exit_code"] for error in ran.document["errors"]} == {8}


def test_usage_is_checked_before_anything_is_asked(desk: Desk) -> None:
    for words in (("--fields", "kind,nothing"), ("sim-001",), ("--adapt",), ("-p", "nobody")):
        assert desk.run("audit", *words).code == 2
    assert desk.state()["requests"] == []


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_terminal_shows_numbers_whole_and_says_what_to_do(
    desk: Desk, run_on_terminal: Run, lang: str
) -> None:
    ours, twin = matched(desk), desk.foreign()
    desk.fault("drop", count=1)
    assert desk.buy(*QUICK, quantity=9).code == 5
    env = {**desk.environ, "KIWOOMCTL_LANG": lang}
    for columns in (80, 200):
        ran = run_on_terminal("audit", columns=columns, env=env)
        assert ran.code == 11
        lines = [STYLE.sub("", line) for line in ran.out.splitlines()]
        assert max(width(line) for line in lines if " resolve " not in line) <= columns
        assert [line for line in lines if twin in line and "11,700" in line]
        assert (ours["attempt_id"] in ran.out) == (columns == 200)
    table = list(csv.reader(io.StringIO(desk.run("audit", "-o", "csv").out)))
    assert table[0] == FIELDS
    assert [line[2] for line in table[1:]] == kinds(found(desk))


def test_the_built_in_accounts_agree(desk: Desk) -> None:
    for words in ((), ("--adopt",)):
        assert desk.run("audit", "--demo", *words).code == 0
