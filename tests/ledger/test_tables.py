"""The database keeps the rules by itself, and the questions are answered from indexes."""

from __future__ import annotations

import itertools
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiwoomctl.domain.orders import BINDING_STATES, OPEN_STATES, TRANSITIONS, State
from kiwoomctl.ledger import Ledger, Outcome, migrations, queries
from tests.ledger.samples import ACCOUNT, HYNIX, SetClock, accepted, prepare, send, terms, wish

TABLES = (
    "ledger",
    "transitions",
    "intents",
    "attempts",
    "events",
    "claims",
    "fills",
    "notices",
    "halts",
    "doubts",
    "adoptions",
)


def raw(folder: Path) -> sqlite3.Connection:
    """Return a connection as another program would open it."""
    return sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None)


def test_the_transitions_of_the_tables_are_those_of_the_domain(
    ledger: Ledger, folder: Path
) -> None:
    assert ledger.invariants() == []
    with closing(raw(folder)) as db:
        found = set(db.execute("SELECT from_state, to_state FROM transitions"))
    assert found == {(str(a), str(b)) for a, after in TRANSITIONS.items() for b in after}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("attempts_open", OPEN_STATES),
        ("one_open_order", OPEN_STATES),
        ("one_order_per_key", BINDING_STATES),
        ("attempts_in_hand", {State.PREPARED, State.SENDING}),
    ],
)
def test_the_indexes_name_the_states_of_the_domain(
    ledger: Ledger, name: str, expected: set[State]
) -> None:
    sql = ledger._db.schema()[name]  # noqa: SLF001
    words = set(re.findall(r"'([A-Z_]+)'", sql))
    assert words == {str(state) for state in expected}


def every_state(ledger: Ledger) -> dict[State, str]:
    """Bring an attempt into every state; a cancel, so that none blocks another."""
    ways: dict[State, tuple[Outcome | None, State | None]] = {
        State.ACCEPTED: (accepted("1"), None),
        State.REJECTED: (Outcome(State.REJECTED), None),
        State.NOT_SENT: (Outcome(State.NOT_SENT), None),
        State.UNKNOWN: (Outcome(State.UNKNOWN), None),
        State.MATCHED: (Outcome(State.UNKNOWN), State.MATCHED),
        State.AMBIGUOUS: (Outcome(State.UNKNOWN), State.AMBIGUOUS),
        State.ABSENT: (Outcome(State.UNKNOWN), State.ABSENT),
    }
    made = {}
    for state, (outcome, settled) in ways.items():
        attempt = send(ledger, wish(terms("cancel")), outcome)
        if settled:
            with ledger.account_lock(ACCOUNT):
                ledger.settle(attempt.id, settled, by="evidence", number="2")
        made[state] = str(attempt.id)
    made[State.ABANDONED] = str(prepare(ledger, wish(terms("cancel"))).attempt.id)
    with ledger.account_lock(ACCOUNT):
        pass
    made[State.SENDING] = str(send(ledger, wish(terms("cancel")), None).id)
    # Without taking the lock again, which would end the one above.
    ledger._held.add(ACCOUNT)  # noqa: SLF001
    with ledger._changing():  # noqa: SLF001
        values = {"at": 2_000_000_000_000_000}
        new = "INSERT INTO attempts SELECT NULL, replace(attempt_id, '.1', '.2'), order_id, 2, "
        same = "account, action, client_id, symbol, trading_day, before_set, request, :at, "
        rest = (
            "'PREPARED', 0, :at, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL "
            "FROM attempts WHERE state = 'ABANDONED'"
        )
        ledger._db.change(new + same + rest, values)  # noqa: SLF001
    made[State.PREPARED] = made[State.ABANDONED].replace(".1", ".2")
    return made


def test_no_state_changes_but_along_the_transitions(ledger: Ledger, folder: Path) -> None:
    made = every_state(ledger)
    with closing(raw(folder)) as db:
        found = dict(db.execute("SELECT attempt_id, state FROM attempts"))
        assert {State(found[one]) for one in made.values()} == set(State)
        for before, after in itertools.product(State, State):
            number = "'99'" if after in {State.ACCEPTED, State.MATCHED} else "NULL"
            sends = "1" if after is State.SENDING else "sends"
            sent = "coalesce(sent_at, 1)" if after is State.SENDING else "sent_at"
            db.execute("BEGIN")
            change = (
                f"UPDATE attempts SET state = '{after}', number = {number}, sends = {sends}, "  # noqa: S608
                f"sent_at = {sent}, changed_at = 3000000000000000 WHERE attempt_id = ?"
            )
            if after in TRANSITIONS[before]:
                assert db.execute(change, (made[before],)).rowcount == 1
            else:
                with pytest.raises(sqlite3.IntegrityError):
                    db.execute(change, (made[before],))
            db.execute("ROLLBACK")


@pytest.mark.parametrize(
    "change",
    [
        *(f"DELETE FROM {table}" for table in TABLES),  # noqa: S608 - the names above
        "UPDATE intents SET value = value",
        "UPDATE events SET at = at",
        "UPDATE halts SET mode = 'halted'",
        "UPDATE claims SET number = '5'",
        "UPDATE fills SET quantity = 5",
        "UPDATE notices SET body = ''",
        "UPDATE transitions SET to_state = 'ACCEPTED'",
        "UPDATE doubts SET kind = ''",
        "UPDATE adoptions SET doubt_no = 1",
        "UPDATE ledger SET changes = changes",
        "UPDATE ledger SET changes = changes + 1, ledger_id = 'x'",
        "UPDATE attempts SET sends = 0",
        "UPDATE attempts SET before_set = '[]'",
        "UPDATE attempts SET request = NULL",
        "UPDATE attempts SET number = '6'",
        "UPDATE attempts SET note = ''",
        "INSERT OR REPLACE INTO claims SELECT account, trading_day, number, 'x' FROM claims",
        "INSERT INTO claims SELECT account, trading_day, number, attempt_id FROM claims",
        "INSERT INTO claims SELECT account, trading_day, '07', attempt_id FROM claims",
        "INSERT INTO events SELECT NULL, attempt_id, NULL, 'PREPARED', at, '{}' FROM events",
        "INSERT INTO events SELECT NULL, attempt_id, 'ACCEPTED', 'ACCEPTED', 1, '{}' FROM events",
        "INSERT INTO intents SELECT * FROM intents",
        "INSERT INTO ledger SELECT 2, ledger_id, host, changes, created_at FROM ledger",
        "INSERT INTO halts (mode, at, host, reason) VALUES ('off', 1, '', '')",
    ],
)
def test_nothing_else_is_changed_or_deleted(ledger: Ledger, change: str) -> None:
    send(ledger, wish(), accepted("5"))
    ledger.set_mode("active")
    ledger.raise_doubt("foreign_orders", ACCOUNT, {})
    ledger.adopt(ACCOUNT)
    ledger.store_notice(ACCOUNT, ledger.newest()[0].intent.trading_day, "5", {})
    with ledger._changing():  # noqa: SLF001
        ledger._db.change(  # noqa: SLF001
            "INSERT INTO fills VALUES (1, 'a', 'd', '5', NULL, '', '', 'buy', 1, '1', '1',"
            " NULL, NULL, NULL, 1)"
        )
    with pytest.raises((sqlite3.IntegrityError, RuntimeError)), ledger._db.transaction():  # noqa: SLF001
        ledger._db.change(change)  # noqa: SLF001


@pytest.mark.usefixtures("unflushed")
def test_an_unsent_attempt_cannot_become_a_sent_one(folder: Path, clock: SetClock) -> None:
    with Ledger.open(folder, clock) as ledger, closing(raw(folder)) as db:
        first = send(ledger, wish(), Outcome(State.NOT_SENT))
        with ledger.account_lock(ACCOUNT):
            second = ledger.second_attempt(first.intent.order_id, lambda _: []).attempt
            ledger.record_outcome(second.id, Outcome(State.UNKNOWN))
        with pytest.raises(sqlite3.IntegrityError, match="let out once"):
            db.execute("UPDATE attempts SET state = 'ABSENT', sends = 1, sent_at = 1 WHERE n = 2")


@pytest.mark.usefixtures("unflushed")
def test_invariants_tell_what_another_program_did(folder: Path, clock: SetClock) -> None:
    with Ledger.open(folder, clock) as ledger, closing(raw(folder)) as db:
        first = send(ledger, wish(client_id="a"), accepted("5"))
        send(ledger, wish(terms(symbol=HYNIX)), Outcome(State.UNKNOWN))
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE events SET to_state = 'REJECTED' WHERE to_state = 'ACCEPTED'")
        db.execute("DELETE FROM claims")
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE attempts SET sends = 0 WHERE number = '5'")
        db.execute("UPDATE attempts SET order_id = 'x' WHERE state = 'UNKNOWN'")
        found = "\n".join(ledger.invariants())
    for expected in (
        f"{first.id}: sent more or less",
        f"{first.id}: a number that is not claimed",
        f"{first.id}: a history that does not lead",
        "attempts_move was changed or is missing",
        "refers to nothing",
    ):
        assert expected in found


ALLOWED_SCANS = ("attempts_open", "halts", "doubts", "ledger")
"""A partial index of the few open attempts, and tables that grow by a person's hand."""


@pytest.mark.parametrize("name", sorted(queries.FAST))
def test_every_question_is_answered_from_an_index(ledger: Ledger, name: str) -> None:
    sql = queries.FAST[name]
    values = dict.fromkeys(re.findall(r":([a-z_]+)", sql), "x")
    plan = [row["detail"] for row in ledger._db.rows(f"EXPLAIN QUERY PLAN {sql}", values)]  # noqa: SLF001
    for step in plan:
        if step.startswith("SCAN"):
            newest = "LIMIT" in sql and "B-TREE" not in " ".join(plan)
            # Inner results are of one day; the newest rows are read from the table's end.
            of_a_day = name == "DAILY" and step.startswith("SCAN (subquery")
            allowed = any(word in step for word in ALLOWED_SCANS)
            assert newest or of_a_day or allowed, plan
    if name.startswith("NEWEST"):
        assert not any("B-TREE" in step for step in plan), plan


def test_a_step_can_be_read_by_people() -> None:
    for statement in itertools.chain(*migrations.STEPS):
        assert sqlite3.complete_statement(statement + ";")
