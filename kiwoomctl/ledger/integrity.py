"""Whether a whole ledger keeps its promises: for diagnosis, it reads every row.

The database refuses what these questions look for; they find damage, and files that were
changed by other programs.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from kiwoomctl.database import Database
from kiwoomctl.ledger import migrations

_QUESTIONS: Final = {
    "sent more or less often than its state says": """
        SELECT attempt_id FROM attempts WHERE sends NOT IN (0, 1)
        OR (sends = 1 AND state IN ('PREPARED', 'ABANDONED'))
        OR (sends = 0 AND state IN ('SENDING', 'ACCEPTED', 'REJECTED'))
        OR sends <> (
            SELECT count(*) FROM events e
            WHERE e.attempt_id = attempts.attempt_id
            AND e.to_state = 'SENDING' AND e.from_state <> 'SENDING'
        )
    """,
    "a number that is not claimed for it": """
        SELECT a.attempt_id FROM attempts a LEFT JOIN claims c
        ON c.account = a.account AND c.trading_day = a.trading_day AND c.number = a.number
        WHERE a.number IS NOT NULL AND c.attempt_id IS NOT a.attempt_id
    """,
    "a claimed number although it has no order": """
        SELECT c.attempt_id FROM claims c JOIN attempts a ON a.attempt_id = c.attempt_id
        WHERE a.state NOT IN ('ACCEPTED', 'MATCHED')
        OR a.account <> c.account OR a.trading_day <> c.trading_day
    """,
    "a history that does not lead to its state": """
        SELECT attempt_id FROM attempts WHERE state IS NOT (
            SELECT to_state FROM events e WHERE e.attempt_id = attempts.attempt_id
            ORDER BY event_no DESC LIMIT 1
        )
    """,
    "a gap in its history": """
        SELECT attempt_id FROM (
            SELECT attempt_id, from_state,
                lag(to_state) OVER (PARTITION BY attempt_id ORDER BY event_no) AS previous
            FROM events
        ) WHERE from_state IS NOT previous
    """,
    "a transition that does not exist": """
        SELECT e.attempt_id FROM events e LEFT JOIN transitions t
        ON t.from_state = e.from_state AND t.to_state = e.to_state
        WHERE t.to_state IS NULL AND e.from_state IS NOT e.to_state
        AND NOT (e.from_state IS NULL AND e.to_state = 'PREPARED')
    """,
    "two open orders for one account and symbol": """
        SELECT max(attempt_id) AS attempt_id FROM attempts
        WHERE action <> 'cancel' AND state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
        GROUP BY account, symbol HAVING count(*) > 1
    """,
    "another before-set than the first attempt": """
        SELECT a.attempt_id FROM attempts a JOIN attempts f
        ON f.order_id = a.order_id AND f.n = 1 WHERE a.before_set <> f.before_set
    """,
    "two orders under one --id key": """
        SELECT max(attempt_id) AS attempt_id FROM attempts WHERE client_id IS NOT NULL
        AND state IN ('SENDING', 'ACCEPTED', 'MATCHED', 'UNKNOWN', 'AMBIGUOUS', 'ABSENT')
        GROUP BY account, action, client_id HAVING count(*) > 1
    """,
}
_MOST: Final = 10


def violations(database: Database) -> list[str]:
    """Return what is wrong, in English, each naming the attempt; empty when all is well.

    Raises:
        StateError: The file is too damaged to be read.
    """
    found = [
        f"the file is damaged: {row[0]}"
        for row in database.rows(f"PRAGMA quick_check({_MOST})")
        if row[0] != "ok"
    ]
    if any("constraint" not in line for line in found):
        return found  # what its rows would tell cannot be trusted
    for what, sql in _QUESTIONS.items():
        hits = database.rows(f"{sql.rstrip()} LIMIT {_MOST}")
        found += [f"{row['attempt_id']}: {what}" for row in hits]
    found += [
        f"a row of {row[0]} refers to nothing"
        for row in database.rows("PRAGMA foreign_key_check")[:_MOST]
    ]
    ours, expected = database.schema(), _expected_schema()
    found += [
        f"the rule or table {name} was changed or is missing"
        for name in sorted({*ours, *expected})
        if ours.get(name) != expected.get(name)
    ]
    return found


def _expected_schema() -> dict[str, str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        for step in migrations.STEPS:
            for statement in step:
                fresh.execute(statement)
        return dict(
            fresh.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        )
