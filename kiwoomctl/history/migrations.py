"""The history's tables, and the rules that the database itself keeps.

1. Nothing is ever changed or deleted: a later snapshot of a day stands beside the earlier one,
   and the newest (``as_of``, then number) is the day's last.
2. A snapshot says how many positions it has, and never gets more than that: with the one
   transaction that writes both, it is whole or absent.
3. An entry of the cash flows is taken back once at most, by one of the opposite amount.

Fills live here, and not in the ledger, because they belong to recorded days: the history has them
without any order sent from here, and a read never begins a ledger. The ledger keeps what the
order commands have seen; who adds fills up takes both (``services.recorded.fills``).

Times are whole microseconds since 1970 UTC. Days are YYYY-MM-DD. Amounts are decimal text without
trailing zeros, KRW. ``STEPS[n]`` brings a file from version n to n + 1; a step that was released
never changes.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.database import Form, fixed, kept
from kiwoomctl.errors import Phrase

APPLICATION_ID: Final = 0x6B696864
"""In the file's header: "kihd"."""

_DAY: Final = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"

_TABLES: Final = (
    f"""
    CREATE TABLE snapshots (
        snapshot_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        profile TEXT NOT NULL,
        owner TEXT,
        day TEXT NOT NULL CHECK (day {_DAY}),
        as_of INTEGER NOT NULL,
        deposit TEXT,
        deposit_d1 TEXT,
        deposit_d2 TEXT,
        orderable TEXT,
        withdrawable TEXT,
        currency TEXT NOT NULL,
        cost TEXT,
        market_value TEXT,
        unrealized_pnl TEXT,
        pnl_basis TEXT,
        total_assets TEXT,
        positions INTEGER NOT NULL CHECK (positions >= 0),
        recorded_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE positions (
        snapshot_no INTEGER NOT NULL REFERENCES snapshots (snapshot_no),
        symbol TEXT NOT NULL,
        credit_type TEXT NOT NULL,
        loan_date TEXT NOT NULL,
        name TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        sellable_quantity INTEGER,
        average_price TEXT,
        price TEXT,
        cost TEXT,
        market_value TEXT,
        unrealized_pnl TEXT,
        unrealized_pnl_rate TEXT,
        pnl_basis TEXT NOT NULL,
        currency TEXT NOT NULL,
        PRIMARY KEY (snapshot_no, symbol, credit_type, loan_date)
    ) STRICT, WITHOUT ROWID
    """,
    f"""
    CREATE TABLE failures (
        failure_no INTEGER PRIMARY KEY,
        account TEXT,
        profile TEXT NOT NULL,
        day TEXT NOT NULL CHECK (day {_DAY}),
        at INTEGER NOT NULL,
        code TEXT NOT NULL
    ) STRICT
    """,
    # When a day's fills and its profit were read, however many they are.
    f"""
    CREATE TABLE results (
        account TEXT NOT NULL,
        day TEXT NOT NULL CHECK (day {_DAY}),
        as_of INTEGER NOT NULL,
        realized_pnl TEXT,
        PRIMARY KEY (account, day, as_of)
    ) STRICT, WITHOUT ROWID
    """,
    f"""
    CREATE TABLE fills (
        fill_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        day TEXT NOT NULL CHECK (day {_DAY}),
        number TEXT NOT NULL,
        fill_id TEXT,
        symbol TEXT NOT NULL,
        name TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        quantity INTEGER NOT NULL,
        price TEXT NOT NULL,
        amount TEXT NOT NULL,
        commission TEXT,
        tax TEXT,
        filled_at INTEGER,
        as_of INTEGER NOT NULL
    ) STRICT
    """,
    f"""
    CREATE TABLE cash_flows (
        flow_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        day TEXT NOT NULL CHECK (day {_DAY}),
        amount TEXT NOT NULL,
        note TEXT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('person', 'broker')),
        reference TEXT CHECK (reference <> ''),
        counters INTEGER UNIQUE REFERENCES cash_flows (flow_no),
        entered_at INTEGER NOT NULL
    ) STRICT
    """,
)

_INDEXES: Final = (
    "CREATE INDEX snapshots_by_day ON snapshots (account, day, as_of)",
    "CREATE INDEX snapshots_newest ON snapshots (account, as_of)",
    "CREATE INDEX failures_by_day ON failures (day)",
    # A row that has learnt its costs, or a sum that grew, is a new row.
    """
    CREATE UNIQUE INDEX fills_once ON fills (
        account, day, number, ifnull(fill_id, ''), quantity, price,
        ifnull(commission, ''), ifnull(tax, '')
    )
    """,
    "CREATE INDEX cash_flows_by_account ON cash_flows (account, day)",
    """
    CREATE UNIQUE INDEX cash_flows_once ON cash_flows (account, day, reference)
    WHERE reference IS NOT NULL
    """,
)

_TRIGGERS: Final = (
    """
    CREATE TRIGGER positions_counted BEFORE INSERT ON positions BEGIN
        SELECT RAISE(ABORT, 'a snapshot has no more positions than it says')
        WHERE (SELECT count(*) FROM positions WHERE snapshot_no = new.snapshot_no)
        >= (SELECT positions FROM snapshots WHERE snapshot_no = new.snapshot_no);
    END
    """,
    """
    CREATE TRIGGER cash_flows_counter BEFORE INSERT ON cash_flows
    WHEN new.counters IS NOT NULL BEGIN
        SELECT RAISE(ABORT, 'what takes an entry back is its opposite')
        WHERE NOT EXISTS (
            SELECT 1 FROM cash_flows WHERE flow_no = new.counters AND account = new.account
            AND day = new.day AND counters IS NULL
            AND ltrim(amount, '-') = ltrim(new.amount, '-') AND amount <> new.amount
        );
    END
    """,
)

_APPEND_ONLY: Final = ("snapshots", "positions", "failures", "results", "fills", "cash_flows")

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        *_TABLES,
        *_INDEXES,
        *_TRIGGERS,
        *(fixed(table) for table in _APPEND_ONLY),
        *(kept(table) for table in _APPEND_ONLY),
    ),
)


def form() -> Form:
    """Return what a history's file is."""
    return Form(
        name=Phrase("the history"),
        kind=Phrase("a history of kiwoomctl"),
        mend=Phrase("keep a copy of it, and put a backup in its place"),
        application_id=APPLICATION_ID,
        steps=STEPS,
        use="kiwoomctl history",
    )
