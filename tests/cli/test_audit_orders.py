"""Audits of our own orders: what was concluded from likeness, and numbers that do not fit.

Matches, doubts and absences are made as they come about: replies that get lost, lists that lag,
a person who errs.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import State
from kiwoomctl.ledger import Attempt, Ledger
from tests.cli import ordering
from tests.cli.audits import (
    EVENING,
    NOTHING,
    account,
    audit,
    confirmations,
    day_reads,
    doubts,
    found,
    kinds,
    ledger,
    matched,
    one,
    refused,
)
from tests.cli.ordering import CODE, OTHER_CODE, QUICK, Desk, Room, next_day
from tests.ledger.samples import accepted, no_checks, terms, wish

UNLISTED = {"code": "777777", "text": "알 수 없는 거부"}


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


# Conclusions --------------------------------------------------------------------------------------


def test_a_match_that_could_be_another_order_is_doubtful(desk: Desk) -> None:
    ours = matched(desk)
    twin = desk.foreign()
    rows = found(desk)
    assert kinds(rows) == ["ledger_doubt", "foreign_order", "doubtful_match"]
    row = one(rows, "doubtful_match")
    assert row["attempt_id"] == ours["attempt_id"]
    assert row["broker_order_id"] == ours["broker_order_id"]
    assert (row["side"], row["quantity"], row["price"]) == ("buy", 3, desk.low)
    assert twin in row["detail"]
    # What makes it doubtful is shown once more when a person adopts it, and never again.
    assert kinds(found(desk, "--adopt")) == ["doubtful_match"]
    assert found(desk) == NOTHING
    desk.set_time(EVENING)
    assert found(desk) == NOTHING
    assert len(confirmations(desk, ours["attempt_id"])) == 1


def test_what_a_person_matched_is_not_doubted(desk: Desk) -> None:
    desk.fault("drop", when="after", count=1)
    assert desk.buy(*QUICK).code == 5
    twin = desk.foreign()
    assert desk.order("resolve", *QUICK).code == 5
    rows = found(desk)
    assert kinds(rows) == ["open_outcome"]  # one of the two is ours, nobody knows which
    assert twin in rows[0]["detail"]
    first = next(o["ord_no"] for o in desk.orders() if o["ord_no"] != twin)
    attempt = rows[0]["attempt_id"]
    assert desk.order("resolve", attempt, "--number", first).code == 0
    rows = found(desk)
    assert kinds(rows) == ["ledger_doubt", "foreign_order"]
    assert one(rows, "foreign_order")["broker_order_id"] == twin


def test_an_open_outcome_is_a_difference_and_its_order_no_foreign_one(desk: Desk) -> None:
    desk.fault("drop", when="after", count=1)
    assert desk.buy(*QUICK).code == 5
    ran = audit(desk)
    [row] = ran.document["data"]
    assert (row["kind"], row["broker_order_id"]) == ("open_outcome", None)
    assert desk.orders()[0]["ord_no"] in row["detail"]
    assert "unknown: " in ran.err  # as every command says it
    assert desk.order("resolve", *QUICK).code == 0
    assert (found(desk), doubts(desk)) == (NOTHING, [])
    desk.bought(quantity=7)


def test_an_order_taken_too_late_for_a_match_is_no_foreign_one(desk: Desk) -> None:
    desk.fault("late_accept", seconds=1800, count=1)
    desk.fault("drop", count=1, when="after")
    assert desk.buy(*QUICK).code == 5
    desk.set_time("11:00:00")
    assert kinds(found(desk)) == ["open_outcome"]
    assert len(desk.orders()) == 1


def test_a_match_is_confirmed_once_when_its_day_is_over(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    for clock, count in (("20:29:50", 0), (EVENING, 1), ("20:40:00", 1)):
        desk.set_time(clock)
        assert found(desk) == NOTHING
        assert len(confirmations(desk, attempt)) == count
    assert confirmations(desk, attempt)[0].startswith(f"{desk.now.date()} 20:35")


def test_a_list_that_lacks_a_number_of_ours_confirms_nothing(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    desk.fault("list_lag", seconds=80_000, count=1)
    desk.bought(quantity=4)
    desk.set_time(EVENING)
    assert (kinds(found(desk)), confirmations(desk, attempt)) == (["missing"], [])
    desk.set_time("10:00:00", next_day(desk))
    assert (found(desk), len(confirmations(desk, attempt))) == (NOTHING, 1)


def test_past_days_are_read_until_they_are_confirmed(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    today = desk.now.date()
    desk.set_time("10:00:00", next_day(desk))
    counts = []
    for _ in range(2):
        before = day_reads(desk)
        assert found(desk, "-p", "sim-001") == NOTHING
        counts.append(day_reads(desk) - before)
    assert counts == [2, 1]
    assert len(confirmations(desk, attempt)) == 1
    assert desk.ledger()[-1]["created_at"]
    assert today < desk.now.date()


def test_a_foreign_order_of_a_past_day_is_found_with_the_match(desk: Desk) -> None:
    ours, today = matched(desk), desk.now.date().isoformat()
    twin = desk.foreign()
    desk.set_time("10:00:00", next_day(desk))
    rows = found(desk)
    assert {row["day"] for row in rows} == {today}
    assert one(rows, "foreign_order")["broker_order_id"] == twin
    assert one(rows, "doubtful_match")["attempt_id"] == ours["attempt_id"]
    assert confirmations(desk, ours["attempt_id"]) == []
    assert (audit(desk, "--adopt").code, audit(desk).code) == (11, 0)
    assert len(confirmations(desk, ours["attempt_id"])) == 1


def test_days_too_far_back_are_not_read(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    desk.fault("drop", count=1)
    assert desk.buy(*QUICK, quantity=9).code == 5
    desk.set_time("10:00:00", desk.now.date() + timedelta(days=61))
    before = day_reads(desk)
    rows = found(desk, "-p", "sim-001")
    assert day_reads(desk) - before == 1
    assert kinds(rows) == ["open_outcome"]  # open it stays, however old
    assert confirmations(desk, attempt) == []


def test_a_rejection_with_an_unknown_code_is_looked_at_again(desk: Desk) -> None:
    desk.fault("list_lag", seconds=3600, count=1)
    desk.fault("backend", when="after", count=1, **UNLISTED)
    desk.fault("backend", when="before", count=1, **UNLISTED)
    assert [desk.buy(quantity=q).code for q in (3, 4)] == [3, 3]
    hidden, clean = desk.ledger()
    assert hidden["reason_code"] == clean["reason_code"] == "unlisted:777777"
    assert found(desk) == NOTHING
    desk.set_time(EVENING)  # what the broker took shows now
    rows = found(desk)
    assert kinds(rows) == ["ledger_doubt", "foreign_order", "unlisted_rejection"]
    row = one(rows, "unlisted_rejection")
    assert row["attempt_id"] == hidden["attempt_id"]
    assert row["broker_order_id"] == desk.orders()[0]["ord_no"]
    assert "unlisted:777777" in row["detail"]
    assert confirmations(desk, hidden["attempt_id"]) == []
    assert (audit(desk, "--adopt").code, audit(desk).code, audit(desk).code) == (11, 0, 0)
    for attempt in (hidden, clean):
        assert len(confirmations(desk, attempt["attempt_id"])) == 1


def test_an_order_wrongly_called_absent_is_found(desk: Desk) -> None:
    desk.fault("list_lag", seconds=3600, count=1)
    desk.fault("drop", when="after", count=1)
    assert desk.buy(*QUICK).code == 5
    attempt = desk.ledger()[0]["attempt_id"]
    assert desk.order("resolve", attempt, "--absent", "--confirm", attempt).code == 0
    assert found(desk) == NOTHING
    desk.set_time(EVENING)
    rows = found(desk)
    assert kinds(rows) == ["ledger_doubt", "foreign_order", "absent_but_found"]
    row = one(rows, "absent_but_found")
    assert (row["attempt_id"], row["quantity"]) == (attempt, 3)
    assert row["broker_order_id"] == desk.orders()[0]["ord_no"]
    refused(desk)


# Numbers of ours ----------------------------------------------------------------------------------


def test_an_order_of_ours_that_is_not_listed_is_missing(desk: Desk) -> None:
    lost = desk.bought(quantity=4)
    desk.control("reset")  # the broker forgets it
    desk.foreign(channel="영웅문4")
    desk.set_time("11:00:00")
    [row] = found(desk)
    assert (row["kind"], row["broker_order_id"]) == ("missing", lost["broker_order_id"])
    assert row["attempt_id"].startswith(lost["order_id"])
    assert "lag" not in row["detail"]
    desk.set_time(EVENING)
    assert kinds(found(desk, "--adopt")) == ["missing"]


def test_a_list_that_lags_is_told_as_such(desk: Desk) -> None:
    desk.bought()
    desk.fault("list_lag", seconds=600, count=1)
    late = desk.bought(quantity=4)
    [row] = found(desk)
    assert (row["kind"], row["broker_order_id"]) == ("missing", late["broker_order_id"])
    assert "lag" in row["detail"]
    desk.set_time("11:00:00")
    assert found(desk) == NOTHING


OTHERS = [{"quantity": 2}, {"price": 11_500}, {"symbol": OTHER_CODE, "price": 0}, {"side": "sell"}]


@pytest.mark.parametrize("other", OTHERS)
def test_another_order_under_our_number_differs(desk: Desk, other: dict[str, Any]) -> None:
    who = ("-p", "sim-002", "--yes", *QUICK)
    desk.fault("drop", count=1)
    assert desk.order("buy", CODE, "3", "--price", str(desk.low), *who).code == 5
    # The ledger says that it is an order which does not show yet, and it is another one.
    hidden = {"appkey": "sim-002-appkey", "hidden_seconds": 600, "channel": "영웅문4"}
    number = desk.foreign(**{"type": "", **hidden, **other})
    attempt = desk.ledger()[0]["attempt_id"]
    assert desk.order("resolve", attempt, "--number", number).code == 2  # it is not listed
    with ledger(desk) as book:
        [open_one] = book.open_attempts()
        with book.account_lock(open_one.intent.account):
            book.settle(open_one.id, State.MATCHED, by="person", number=number)
    desk.set_time("11:00:00")
    [row] = found(desk)
    assert (row["kind"], row["profile"], row["attempt_id"]) == ("differs", "sim-002", attempt)
    assert (row["symbol"], row["side"], row["quantity"]) == (CODE, "buy", 3)
    assert (row["broker_order_id"], row["price"]) == (number, desk.low)
    told = [str(value) if isinstance(value, str) else f"{value:,}" for value in other.values()]
    assert told[0] in row["detail"]
    desk.set_time(EVENING)
    assert kinds(found(desk)) == ["differs"]
    assert confirmations(desk, attempt) == []


def test_a_list_that_says_nothing_is_no_difference_and_no_proof(desk: Desk) -> None:
    attempt = matched(desk)["attempt_id"]
    desk.foreign()
    desk.set_time(EVENING)
    desk.fault("kt00007_empty", "kt00007")
    ran = audit(desk)
    assert (ran.code, ran.document["status"], ran.err) == (0, "ok", "")
    [row] = ran.document["data"]
    assert (row["kind"], row["profile"]) == ("not_comparable", "sim-001")
    assert row["day"] == desk.now.date().isoformat()
    assert desk.run("audit").out.splitlines()[-1] == "no differences in what could be compared"
    assert confirmations(desk, attempt) == []
    desk.heal()
    assert "doubtful_match" in kinds(found(desk))


# Orders on their way ------------------------------------------------------------------------------


def on_its_way(desk: Desk, book: Ledger) -> Attempt:
    """Let an order of 3 shares be in flight; the account's lock is held."""
    wanted = terms(symbol=Symbol(CODE), price=Decimal(desk.low), quantity=3)
    new = wish(wanted, account(desk))._replace(trading_day=desk.now.date())
    return book.start_sending(book.prepare(new, (), no_checks).attempt.id)


def test_an_order_that_is_being_sent_is_left_alone(desk: Desk) -> None:
    desk.bought(quantity=8)
    with ledger(desk) as book, book.account_lock(account(desk)):
        attempt = on_its_way(desk, book)
        desk.foreign(quantity=3)  # as the order itself would be listed before its reply is here
        ran = audit(desk)
        assert (ran.code, ran.document["data"]) == (0, NOTHING)
        assert f"sim-001: {attempt.id} is being sent right now, audit again" in ran.err
    row = one(found(desk), "open_outcome")  # its process is gone
    assert (row["attempt_id"], desk.states()[-1]) == (attempt.id, "UNKNOWN")


def test_an_order_accepted_while_the_lists_are_read_is_not_missing(desk: Desk) -> None:
    desk.bought(quantity=8)
    desk.fault("slow", "kt00007", when="after", count=1, seconds=2)
    before = day_reads(desk)
    running = desk.program("audit", "-p", "sim-001", "-o", "json")
    while day_reads(desk) == before:
        assert running.poll() is None
    desk.bought(quantity=4)  # the list without it is on its way to the audit
    out, err = running.communicate()
    assert (running.returncode, json.loads(out)["data"]) == (0, NOTHING), err


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at what a process waits for")
def test_what_turns_out_to_be_ours_while_the_lock_is_waited_for_is_not_foreign(desk: Desk) -> None:
    desk.bought(quantity=8)
    with ledger(desk) as book, book.account_lock(account(desk)):
        attempt = on_its_way(desk, book)
        number = desk.foreign(quantity=4)  # unlike it, so nothing but the ledger can tell
        running = desk.program("audit", "-p", "sim-001", "-o", "json")
        while not waits_for_a_lock(running.pid):
            assert running.poll() is None
        book.record_outcome(attempt.id, accepted(number))
    out, err = running.communicate()
    assert kinds(json.loads(out)["data"]) == ["differs"], err
    assert doubts(desk) == []


def waits_for_a_lock(process: int) -> bool:
    """Tell whether a process has an account's lock file open."""
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            name = descriptor.readlink().name
            if name.startswith("account-") and name.endswith(".lock"):
                return True
    return False
