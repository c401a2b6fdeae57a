"""A ledger of a million orders against an empty one: opening it and listing the newest fifty."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import BARE, KIWOOMCTL, Row, side_by_side
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.ledger import Ledger

SIZES = (0, 1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 9
BOUND = 1.3
BOUND_OF_START = 8.0
_PROFILES = """\
[profiles.mine]
broker = "kiwoom"
environment = "mock"
account = "8012345611"
secret = { source = "env" }
"""


def rows() -> list[Row]:
    """Return ``ledger list`` for growing ledgers; the largest has the bounds."""
    with tempfile.TemporaryDirectory() as name:
        commands: dict[str, Sequence[str]] = {"pass": BARE}
        environs: dict[str, Mapping[str, str]] = {}
        for size in SIZES:
            folder = Path(name) / str(size)
            folder.mkdir(mode=0o700)
            fill(folder, size)
            commands[str(size)] = (KIWOOMCTL, "ledger", "list")
            environs[str(size)] = {
                "KIWOOMCTL_STATE_DIR": str(folder),
                "KIWOOMCTL_CONFIG": f"{folder}/p.toml",
            }
        taken = side_by_side(commands, ROUNDS, environs)
    bare, empty = taken["pass"], taken["0"]
    found = []
    for size in SIZES[1:]:
        largest = size == SIZES[-1]
        times = taken[str(size)]
        label = f"ledger list of {size:,} orders"
        found.append(
            Row(
                f"{label}, against an empty one",
                times / empty,
                "x",
                BOUND if largest else None,
                ROUNDS,
            )
        )
    found.append(Row(f"{label}, against bare Python", times / bare, "x", BOUND_OF_START, ROUNDS))
    return found


def fill(folder: Path, size: int) -> None:
    """Make a ledger with so many finished orders, past its triggers for speed."""
    config = folder / "p.toml"
    config.write_text(_PROFILES, "utf-8")
    config.chmod(0o600)
    with Ledger.open(folder, SystemClock()):
        pass
    if not size:
        return
    connection = sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA recursive_triggers = OFF")
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    connection.execute("BEGIN")
    for trigger, _sql in triggers:
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.executescript(_FILLING.format(size=size))
    for _trigger, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT") if connection.in_transaction else None
    connection.close()
    os.sync()


_FILLING = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
INSERT INTO intents (order_id, account, action, client_id, symbol, side, type, quantity, price,
    stop_price, exchange, target, trading_day, profile, value, preview, verdicts, host, uid,
    created_at)
SELECT printf('20200101-%08d', i), 'kiwoom/mock/8012345611', 'buy', NULL,
    printf('%06d', i % 2000), 'buy', 'limit', 1, '1000', NULL, 'KRX', NULL,
    date('2020-01-01', printf('+%d days', i / 500)), 'mine', 1000, '{{}}', '[]', 'h', 0,
    1577836800000000 + i * 1000000
FROM n;
INSERT INTO attempts (attempt_id, order_id, n, account, action, client_id, symbol, trading_day,
    before_set, request, created_at, state, sends, changed_at, note, broker_ahead, sent_at,
    number)
SELECT order_id || '.1', order_id, 1, account, action, client_id, symbol, trading_day, '[]',
    '{{}}', created_at, 'ACCEPTED', 1, created_at, '{{}}', 0, created_at,
    CAST(1 + intent_no % 500 + (intent_no / 500) * 0 AS TEXT)
FROM intents;
INSERT INTO events (attempt_id, from_state, to_state, at, detail)
SELECT attempt_id, NULL, 'PREPARED', created_at, '{{}}' FROM attempts;
INSERT INTO claims SELECT account, trading_day, number, attempt_id FROM attempts;
"""
