"""Whether a whole ledger keeps its promises: for diagnosis, it reads every row.

The database refuses what these questions look for; they find damage, and files that were
changed by other programs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kiwoomctl.database import Database

INVARIANTS: Final = (1, 2, 3, 4, 5)
"""As ``store`` numbers them."""
# What is asked, and which invariant it is about; None for what keeps them beside.
_QUESTIONS: Final[dict[str, tuple[int | None, str]]] = {
    "sent more or less often than its state says": (
        1,
        """
        SELECT attempt_id FROM attempts WHERE sends NOT IN (0, 1)
        OR (sends = 1 AND state IN ('PREPARED', 'ABANDONED'))
        OR (sends = 0 AND state IN ('SENDING', 'ACCEPTED', 'REJECTED'))
        OR sends <> (
            SELECT count(*) FROM events e
            WHERE e.attempt_id = attempts.attempt_id
            AND e.to_state = 'SENDING' AND e.from_state <> 'SENDING'
        )
    """,
    ),
    "a number that is not claimed for it": (
        2,
        """
        SELECT a.attempt_id FROM attempts a LEFT JOIN claims c
        ON c.account = a.account AND c.trading_day = a.trading_day AND c.number = a.number
        WHERE a.number IS NOT NULL AND c.attempt_id IS NOT a.attempt_id
    """,
    ),
    "a claimed number although it has no order": (
        2,
        """
        SELECT c.attempt_id FROM claims c JOIN attempts a ON a.attempt_id = c.attempt_id
        WHERE a.state NOT IN ('ACCEPTED', 'MATCHED')
        OR a.account <> c.account OR a.trading_day <> c.trading_day
    """,
    ),
    "a history that does not lead to its state": (
        4,
        """
        SELECT attempt_id FROM attempts WHERE state IS NOT (
            SELECT to_state FROM events e WHERE e.attempt_id = attempts.attempt_id
            ORDER BY event_no DESC LIMIT 1
        )
    """,
    ),
    "a gap in its history": (
        4,
        """
        SELECT attempt_id FROM (
            SELECT attempt_id, from_state,
                lag(to_state) OVER (PARTITION BY attempt_id ORDER BY event_no) AS previous
            FROM events
        ) WHERE from_state IS NOT previous
    """,
    ),
    "a transition that does not exist": (
        3,
        """
        SELECT e.attempt_id FROM events e LEFT JOIN transitions t
        ON t.from_state = e.from_state AND t.to_state = e.to_state
        WHERE t.to_state IS NULL AND e.from_state IS NOT e.to_state
        AND NOT (e.from_state IS NULL AND e.to_state = 'PREPARED')
    """,
    ),
    "two open orders for one account and symbol": (
        5,
        """
        SELECT max(attempt_id) AS attempt_id FROM attempts
        WHERE action <> 'cancel' AND state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
        GROUP BY account, symbol HAVING count(*) > 1
    """,
    ),
    "another before-set than the first attempt": (
        None,
        """
        SELECT a.attempt_id FROM attempts a JOIN attempts f
        ON f.order_id = a.order_id AND f.n = 1 WHERE a.before_set <> f.before_set
    """,
    ),
    "two orders under one --id key": (
        None,
        """
        SELECT max(attempt_id) AS attempt_id FROM attempts WHERE client_id IS NOT NULL
        AND state IN ('SENDING', 'ACCEPTED', 'MATCHED', 'UNKNOWN', 'AMBIGUOUS', 'ABSENT')
        GROUP BY account, action, client_id HAVING count(*) > 1
    """,
    ),
}
_MOST: Final = 10


class Examination(NamedTuple):
    """How a ledger stands."""

    version: int
    """Of its tables."""
    rules: int
    """How many triggers keep its promises."""
    changed: tuple[str, ...]
    """Tables, indexes and triggers that are not as they were made."""
    damage: tuple[str, ...]
    """What SQLite finds wrong with the file."""
    broken: dict[int | None, int]
    """How often each invariant is broken, None for rules beside them; without one that could
    not be counted in a damaged file."""


def examine(database: Database) -> Examination:
    """Return how the file, its rules and each invariant stand.

    Raises:
        StateError: The file is too damaged to be read.
    """
    damage = database.damage(_MOST)
    broken: dict[int | None, int] = {}
    if all("constraint" in line for line in damage):
        broken = dict.fromkeys((*INVARIANTS, None), 0)
        for number, sql in _QUESTIONS.values():
            row = database.row(f"SELECT count(*) FROM ({sql})")  # noqa: S608 - constants of this file
            broken[number] += 0 if row is None else int(row[0])
    return Examination(
        version=len(database.form.steps),
        rules=sum(sql.lstrip().startswith("CREATE TRIGGER") for sql in database.schema().values()),
        changed=tuple(database.changed_rules()),
        damage=tuple(damage),
        broken=broken,
    )


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
    for what, (_number, sql) in _QUESTIONS.items():
        hits = database.rows(f"{sql.rstrip()} LIMIT {_MOST}")
        found += [f"{row['attempt_id']}: {what}" for row in hits]
    found += [
        f"a row of {row[0]} refers to nothing"
        for row in database.rows("PRAGMA foreign_key_check")[:_MOST]
    ]
    found += [
        f"the rule or table {name} was changed or is missing" for name in database.changed_rules()
    ]
    return found
