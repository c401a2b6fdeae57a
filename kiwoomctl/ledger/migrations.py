"""The ledger's tables, and the rules that the database itself keeps.

Invariants kept here, whatever program writes:

1. An attempt is let out at most once: ``sends`` only goes 0 -> 1, with PREPARED -> SENDING.
2. A broker's number belongs to one attempt per account and trading day (``claims``).
3. A state changes only along ``transitions``; an attempt begins as PREPARED.
4. Every change of a state writes its event; no row of any table is deleted, and only
   ``attempts`` (along the transitions) and the one row of ``ledger`` are ever updated.
5. No order other than a cancel is prepared or let out while its account has an attempt for
   the symbol whose outcome is open.

Also: one binding attempt per --id key, and a later attempt of an intent keeps the first one's
before-set and begins only when all earlier ones were not sent.

Times are whole microseconds since 1970 UTC; ``at``, ``created_at`` and ``changed_at`` never run
backwards in a ledger. Days are YYYY-MM-DD. Prices are decimal text without trailing zeros.
``STEPS[n]`` brings a file from version n to n + 1; a step that was released never changes.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.database import Form, fixed, kept
from kiwoomctl.errors import Phrase

APPLICATION_ID: Final = 0x6B69776F
"""In the file's header: "kiwo"."""

_TABLES: Final = (
    """
    CREATE TABLE ledger (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        ledger_id TEXT NOT NULL,
        host TEXT NOT NULL,
        changes INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE transitions (
        from_state TEXT NOT NULL,
        to_state TEXT NOT NULL,
        PRIMARY KEY (from_state, to_state)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE intents (
        intent_no INTEGER PRIMARY KEY,
        order_id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('buy', 'sell', 'modify', 'cancel')),
        client_id TEXT CHECK (client_id <> ''),
        symbol TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        type TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity >= 0),
        price TEXT,
        stop_price TEXT,
        exchange TEXT NOT NULL,
        target TEXT,
        trading_day TEXT NOT NULL CHECK (trading_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
        profile TEXT NOT NULL,
        value INTEGER NOT NULL CHECK (value >= 0),
        preview TEXT NOT NULL,
        verdicts TEXT NOT NULL,
        host TEXT NOT NULL,
        uid INTEGER,
        created_at INTEGER NOT NULL,
        CHECK ((target IS NOT NULL) = (action IN ('modify', 'cancel')))
    ) STRICT
    """,  # noqa: E501 - one check, one line
    # account, action, client_id, symbol and trading_day repeat the intent's, for the indexes.
    """
    CREATE TABLE attempts (
        attempt_no INTEGER PRIMARY KEY,
        attempt_id TEXT NOT NULL UNIQUE,
        order_id TEXT NOT NULL REFERENCES intents (order_id),
        n INTEGER NOT NULL CHECK (n >= 1),
        account TEXT NOT NULL,
        action TEXT NOT NULL,
        client_id TEXT,
        symbol TEXT NOT NULL,
        trading_day TEXT NOT NULL,
        before_set TEXT NOT NULL,
        request TEXT,
        created_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        sends INTEGER NOT NULL CHECK (sends IN (0, 1)),
        changed_at INTEGER NOT NULL,
        note TEXT NOT NULL,
        broker_ahead INTEGER,
        sent_at INTEGER,
        broker_at INTEGER,
        outcome_code TEXT,
        outcome_text TEXT,
        number TEXT CHECK (number <> '' AND number NOT GLOB '0*'),
        root TEXT,
        settled_at INTEGER,
        settled_by TEXT,
        UNIQUE (order_id, n),
        CHECK (attempt_id = order_id || '.' || n),
        CHECK (sends = 0 OR state NOT IN ('PREPARED', 'ABANDONED')),
        CHECK (sends = 1 OR state NOT IN ('SENDING', 'ACCEPTED', 'REJECTED')),
        CHECK ((sends = 1) = (sent_at IS NOT NULL)),
        CHECK ((state IN ('ACCEPTED', 'MATCHED')) = (number IS NOT NULL)),
        CHECK ((settled_at IS NULL) = (settled_by IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE events (
        event_no INTEGER PRIMARY KEY,
        attempt_id TEXT NOT NULL REFERENCES attempts (attempt_id),
        from_state TEXT,
        to_state TEXT NOT NULL,
        at INTEGER NOT NULL,
        detail TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE claims (
        account TEXT NOT NULL,
        trading_day TEXT NOT NULL,
        number TEXT NOT NULL CHECK (number <> '' AND number NOT GLOB '0*'),
        attempt_id TEXT NOT NULL REFERENCES attempts (attempt_id),
        PRIMARY KEY (account, trading_day, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE fills (
        fill_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        trading_day TEXT NOT NULL,
        number TEXT NOT NULL,
        fill_id TEXT,
        symbol TEXT NOT NULL,
        name TEXT NOT NULL,
        side TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        price TEXT NOT NULL,
        amount TEXT NOT NULL,
        commission TEXT,
        tax TEXT,
        filled_at INTEGER,
        stored_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE notices (
        notice_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        trading_day TEXT NOT NULL,
        number TEXT NOT NULL,
        body TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        UNIQUE (account, trading_day, number, body)
    ) STRICT
    """,
    """
    CREATE TABLE halts (
        halt_no INTEGER PRIMARY KEY,
        account TEXT,
        mode TEXT NOT NULL CHECK (mode IN ('active', 'reducing', 'halted')),
        at INTEGER NOT NULL,
        uid INTEGER,
        host TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE doubts (
        doubt_no INTEGER PRIMARY KEY,
        account TEXT,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        detail TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE adoptions (
        adoption_no INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        doubt_no INTEGER NOT NULL REFERENCES doubts (doubt_no),
        at INTEGER NOT NULL,
        uid INTEGER,
        host TEXT NOT NULL
    ) STRICT
    """,
)

_ROWS: Final = (
    """
    INSERT INTO transitions VALUES
        ('PREPARED', 'SENDING'), ('PREPARED', 'NOT_SENT'), ('PREPARED', 'ABANDONED'),
        ('PREPARED', 'UNKNOWN'),
        ('SENDING', 'ACCEPTED'), ('SENDING', 'REJECTED'), ('SENDING', 'NOT_SENT'),
        ('SENDING', 'UNKNOWN'),
        ('UNKNOWN', 'MATCHED'), ('UNKNOWN', 'AMBIGUOUS'), ('UNKNOWN', 'ABSENT'),
        ('AMBIGUOUS', 'MATCHED'), ('AMBIGUOUS', 'ABSENT')
    """,
)

_INDEXES: Final = (
    "CREATE INDEX attempts_by_account ON attempts (account, created_at)",
    "CREATE INDEX attempts_by_day ON attempts (trading_day, symbol)",
    "CREATE INDEX attempts_by_account_day ON attempts (account, trading_day)",
    """
    CREATE INDEX attempts_by_key ON attempts (account, action, client_id)
    WHERE client_id IS NOT NULL
    """,
    """
    CREATE INDEX attempts_in_hand ON attempts (account)
    WHERE state IN ('PREPARED', 'SENDING')
    """,
    """
    CREATE INDEX attempts_open ON attempts (account, symbol)
    WHERE state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    """,
    # Invariant 5 among orders other than cancels, and one order per key.
    """
    CREATE UNIQUE INDEX one_open_order ON attempts (account, symbol)
    WHERE action <> 'cancel' AND state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    """,
    """
    CREATE UNIQUE INDEX one_order_per_key ON attempts (account, action, client_id)
    WHERE client_id IS NOT NULL
    AND state IN ('SENDING', 'ACCEPTED', 'MATCHED', 'UNKNOWN', 'AMBIGUOUS', 'ABSENT')
    """,
    "CREATE INDEX events_by_attempt ON events (attempt_id)",
    "CREATE INDEX claims_by_attempt ON claims (attempt_id)",
    # A row that has learnt its costs, or an aggregate that grew, is a new row.
    """
    CREATE UNIQUE INDEX fills_once ON fills (
        account, trading_day, number, ifnull(fill_id, ''), quantity, price,
        ifnull(commission, ''), ifnull(tax, '')
    )
    """,
    "CREATE INDEX fills_by_day ON fills (trading_day)",
    "CREATE INDEX halts_by_account ON halts (account)",
)

_ATTEMPT_TRIGGERS: Final = (
    """
    CREATE TRIGGER attempts_begin BEFORE INSERT ON attempts BEGIN
        SELECT RAISE(ABORT, 'an attempt begins as PREPARED and unsent')
        WHERE new.state <> 'PREPARED' OR new.sends <> 0 OR new.created_at <> new.changed_at;
        SELECT RAISE(ABORT, 'an attempt repeats its intent')
        WHERE NOT EXISTS (
            SELECT 1 FROM intents WHERE order_id = new.order_id AND account = new.account
            AND action = new.action AND client_id IS new.client_id
            AND symbol = new.symbol AND trading_day = new.trading_day
        );
        SELECT RAISE(ABORT, 'attempts of an intent are counted from 1')
        WHERE new.n <> 1 + (SELECT count(*) FROM attempts WHERE order_id = new.order_id);
        SELECT RAISE(ABORT, 'a later attempt needs earlier ones that were not sent')
        WHERE EXISTS (
            SELECT 1 FROM attempts WHERE order_id = new.order_id
            AND state NOT IN ('NOT_SENT', 'ABANDONED')
        );
        SELECT RAISE(ABORT, 'a later attempt keeps the before-set of the first')
        WHERE new.n > 1 AND new.before_set <> (
            SELECT before_set FROM attempts WHERE order_id = new.order_id AND n = 1
        );
        SELECT RAISE(ABORT, 'an attempt of the account and symbol is open')
        WHERE new.action <> 'cancel' AND EXISTS (
            SELECT 1 FROM attempts WHERE account = new.account AND symbol = new.symbol
            AND state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
        );
    END
    """,
    """
    CREATE TRIGGER attempts_written AFTER INSERT ON attempts BEGIN
        INSERT INTO events (attempt_id, from_state, to_state, at, detail)
        VALUES (new.attempt_id, NULL, new.state, new.changed_at, new.note);
    END
    """,
    """
    CREATE TRIGGER attempts_keep BEFORE UPDATE OF
        attempt_no, attempt_id, order_id, n, account, action, client_id, symbol, trading_day,
        before_set, request, created_at, broker_ahead
    ON attempts BEGIN
        SELECT RAISE(ABORT, 'this column of an attempt never changes');
    END
    """,
    """
    CREATE TRIGGER attempts_move BEFORE UPDATE ON attempts BEGIN
        SELECT RAISE(ABORT, 'no such transition')
        WHERE NOT EXISTS (
            SELECT 1 FROM transitions WHERE from_state = old.state AND to_state = new.state
        );
        SELECT RAISE(ABORT, 'only a later attempt may be UNKNOWN unsent')
        WHERE old.state = 'PREPARED' AND new.state = 'UNKNOWN' AND old.n = 1;
        SELECT RAISE(ABORT, 'an attempt is let out once, into SENDING')
        WHERE new.sends <> old.sends AND NOT (old.state = 'PREPARED' AND new.state = 'SENDING');
        SELECT RAISE(ABORT, 'the time of the send stays')
        WHERE old.sent_at IS NOT NULL AND new.sent_at IS NOT old.sent_at;
        SELECT RAISE(ABORT, 'an attempt of the account and symbol is open')
        WHERE new.state = 'SENDING' AND old.action <> 'cancel' AND EXISTS (
            SELECT 1 FROM attempts WHERE account = old.account AND symbol = old.symbol
            AND state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
        );
        SELECT RAISE(ABORT, 'the number was known before the attempt')
        WHERE new.number IS NOT NULL
        AND EXISTS (SELECT 1 FROM json_each(old.before_set) WHERE value = new.number);
    END
    """,
    """
    CREATE TRIGGER attempts_moved AFTER UPDATE ON attempts BEGIN
        INSERT INTO events (attempt_id, from_state, to_state, at, detail)
        VALUES (new.attempt_id, old.state, new.state, new.changed_at, new.note);
        INSERT INTO claims (account, trading_day, number, attempt_id)
        SELECT new.account, new.trading_day, new.number, new.attempt_id
        WHERE new.number IS NOT NULL;
    END
    """,
    """
    CREATE TRIGGER events_follow BEFORE INSERT ON events BEGIN
        SELECT RAISE(ABORT, 'an event tells the state its attempt has')
        WHERE new.to_state IS NOT (SELECT state FROM attempts WHERE attempt_id = new.attempt_id);
        SELECT RAISE(ABORT, 'an event begins where the last one ended')
        WHERE new.from_state IS NOT (
            SELECT to_state FROM events WHERE attempt_id = new.attempt_id
            ORDER BY event_no DESC LIMIT 1
        );
        SELECT RAISE(ABORT, 'the time of the ledger never runs backwards')
        WHERE new.at < (SELECT at FROM events ORDER BY event_no DESC LIMIT 1);
    END
    """,
    """
    CREATE TRIGGER ledger_counts BEFORE UPDATE ON ledger BEGIN
        SELECT RAISE(ABORT, 'the count of changes only rises')
        WHERE new.changes <= old.changes OR new.ledger_id <> old.ledger_id
        OR new.created_at <> old.created_at;
    END
    """,
)

_APPEND_ONLY: Final = (
    "transitions",
    "intents",
    "events",
    "claims",
    "fills",
    "notices",
    "halts",
    "doubts",
    "adoptions",
)


STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        *_TABLES,
        *_ROWS,
        *_INDEXES,
        *_ATTEMPT_TRIGGERS,
        *(fixed(table) for table in _APPEND_ONLY),
        *(kept(table) for table in (*_APPEND_ONLY, "attempts", "ledger")),
    ),
)


def form() -> Form:
    """Return what a ledger's file is."""
    return Form(
        name=Phrase("the ledger"),
        kind=Phrase("a ledger of kiwoomctl"),
        mend=Phrase("keep a copy of it, put a backup in its place, and compare it with the broker"),
        application_id=APPLICATION_ID,
        steps=STEPS,
        use="kiwoomctl ledger list",
    )
