"""The ledger's questions and changes as SQL.

Every question that a command asks is answered from an index, so that a ledger of a million
rows is as quick as an empty one; a test reads the query plans of everything in ``FAST``.
"""

from __future__ import annotations

from typing import Final

_ATTEMPTS: Final = """
    SELECT i.*, a.attempt_id, a.n, a.before_set, a.request, a.created_at AS attempt_created_at,
        a.state, a.sends, a.changed_at, a.broker_ahead, a.sent_at, a.broker_at,
        a.outcome_code, a.outcome_text, a.number, a.root, a.settled_at, a.settled_by
    FROM attempts a JOIN intents i ON i.order_id = a.order_id
"""

HEAD: Final = "SELECT ledger_id, host, changes FROM ledger"
NEWEST_TIME: Final = "SELECT at FROM events ORDER BY event_no DESC LIMIT 1"

ATTEMPT: Final = f"{_ATTEMPTS} WHERE a.attempt_id = :attempt_id"
NEWEST: Final = f"{_ATTEMPTS} ORDER BY a.attempt_no DESC LIMIT :limit"
NEWEST_OF_ACCOUNT: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account
    ORDER BY a.created_at DESC, a.attempt_no DESC LIMIT :limit
"""
OF_DAY: Final = f"{_ATTEMPTS} WHERE a.trading_day = :day ORDER BY a.attempt_no"
OPEN: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    ORDER BY a.attempt_no
"""
ALL_OPEN: Final = f"""
    {_ATTEMPTS} WHERE a.attempt_no IN (
        SELECT attempt_no FROM attempts INDEXED BY attempts_open
        WHERE state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS')
    ) ORDER BY a.attempt_no
"""  # noqa: S608 - constants of this file
IN_HAND: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.state IN ('PREPARED', 'SENDING')
    ORDER BY a.attempt_no
"""
BLOCKING: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.symbol = :symbol
    AND a.state IN ('SENDING', 'UNKNOWN', 'AMBIGUOUS') ORDER BY a.attempt_no
"""
BOUND: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.action = :action AND a.client_id = :client_id
    AND a.client_id IS NOT NULL
    AND a.state IN ('SENDING', 'ACCEPTED', 'MATCHED', 'UNKNOWN', 'AMBIGUOUS', 'ABSENT')
"""
LAST_OF_KEY: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.action = :action AND a.client_id = :client_id
    AND a.client_id IS NOT NULL ORDER BY a.attempt_no DESC LIMIT 1
"""
# What was concluded rather than told, as long as no note says that an audit confirmed it.
UNAUDITED: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.trading_day >= :since
    AND (a.state IN ('MATCHED', 'ABSENT')
        OR (a.state = 'REJECTED' AND a.outcome_code GLOB 'unlisted:*'))
    AND NOT EXISTS (
        SELECT 1 FROM events e WHERE e.attempt_id = a.attempt_id
        AND json_extract(e.detail, '$.audit') = 'confirmed'
    ) ORDER BY a.attempt_no
"""  # noqa: S608 - constants of this file
OF_ORDER: Final = f"{_ATTEMPTS} WHERE a.order_id = :order_id ORDER BY a.n"
INTENT: Final = "SELECT * FROM intents WHERE order_id = :order_id"
EVENTS: Final = """
    SELECT e.* FROM attempts a JOIN events e ON e.attempt_id = a.attempt_id
    WHERE a.order_id = :order_id ORDER BY e.event_no
"""

CLAIMS: Final = """
    SELECT number, attempt_id FROM claims WHERE account = :account AND trading_day = :day
"""
CLAIM: Final = f"""
    {_ATTEMPTS} WHERE a.attempt_id = (
        SELECT attempt_id FROM claims
        WHERE account = :account AND trading_day = :day AND number = :number
    )
"""  # noqa: S608 - constants of this file

# A chain of modifications counts once, with its largest value; an order that is to be modified
# is left out, for its new value is what the checks ask about.
DAILY: Final = """
    SELECT account, sum(value) AS value FROM (
        SELECT a.account, max(i.value) AS value
        FROM attempts a JOIN intents i ON i.order_id = a.order_id
        WHERE a.trading_day = :day AND a.action <> 'cancel' AND i.side = 'buy'
        AND a.order_id <> :order_id
        AND a.state NOT IN ('REJECTED', 'NOT_SENT', 'ABSENT', 'ABANDONED')
        AND NOT (a.account = :account AND coalesce(a.root, a.number, a.attempt_id) IN (
            SELECT coalesce(t.root, t.number)
            FROM claims c JOIN attempts t ON t.attempt_id = c.attempt_id
            WHERE c.account = :account AND c.trading_day = :day AND c.number = :target
        ))
        GROUP BY a.account, coalesce(a.root, a.number, a.attempt_id)
    ) GROUP BY account
"""
BOUGHT_SINCE: Final = """
    SELECT coalesce(sum(i.value), 0) AS value
    FROM attempts a JOIN intents i ON i.order_id = a.order_id
    WHERE a.account = :account AND a.created_at >= :since AND a.action <> 'cancel'
    AND i.side = 'buy' AND a.order_id <> :order_id
    AND a.state NOT IN ('REJECTED', 'NOT_SENT', 'ABSENT', 'ABANDONED')
"""
COUNT_SINCE: Final = """
    SELECT count(*) AS n FROM attempts
    WHERE account = :account AND created_at >= :since AND action <> 'cancel'
    AND (sends = 1 OR state = 'PREPARED')
"""
COUNT_OF_DAY: Final = """
    SELECT count(*) AS n FROM attempts
    WHERE account = :account AND trading_day = :day AND action <> 'cancel'
    AND (sends = 1 OR state = 'PREPARED')
"""
DUPLICATES: Final = f"""
    {_ATTEMPTS} WHERE a.account = :account AND a.created_at >= :since
    AND a.symbol = :symbol AND a.action <> 'cancel' AND i.side = :side
    AND i.quantity = :quantity AND i.price IS :price AND a.order_id <> :order_id
    AND a.state NOT IN ('REJECTED', 'NOT_SENT', 'ABANDONED')
    ORDER BY a.created_at
"""
OPPOSITE: Final = f"""
    {_ATTEMPTS} WHERE a.trading_day = :day AND a.symbol = :symbol AND a.action <> 'cancel'
    AND i.side <> :side
    AND a.state NOT IN ('REJECTED', 'NOT_SENT', 'ABSENT', 'ABANDONED')
    ORDER BY a.attempt_no
"""

HALT_OF_ALL: Final = """
    SELECT * FROM halts WHERE account IS NULL ORDER BY halt_no DESC LIMIT 1
"""
HALT_OF_ACCOUNT: Final = """
    SELECT * FROM halts WHERE account = :account ORDER BY halt_no DESC LIMIT 1
"""
HALTS: Final = "SELECT * FROM halts ORDER BY halt_no"
DOUBTS: Final = """
    SELECT * FROM doubts WHERE (account IS NULL OR account = :account)
    AND doubt_no > (
        SELECT coalesce(max(doubt_no), 0) FROM adoptions WHERE account = :account
    ) ORDER BY doubt_no
"""
ADOPTED: Final = """
    SELECT * FROM doubts WHERE (account IS NULL OR account = :account)
    AND doubt_no <= (
        SELECT coalesce(max(doubt_no), 0) FROM adoptions WHERE account = :account
    ) ORDER BY doubt_no
"""
SAME_DOUBT: Final = "SELECT 1 FROM doubts WHERE kind = :kind AND detail = :detail"
FILLS: Final = "SELECT * FROM fills WHERE trading_day = :day ORDER BY fill_no"
FILLS_OF_ACCOUNT: Final = """
    SELECT * FROM fills WHERE account = :account AND trading_day = :day ORDER BY fill_no
"""
NOTICES: Final = """
    SELECT * FROM notices WHERE account = :account AND trading_day = :day ORDER BY notice_no
"""

FAST: Final = {
    name: sql for name, sql in dict(globals()).items() if name.isupper() and name[0] != "_"
}
"""Every question above, for the test of the query plans."""

# Asked by a person, of a whole ledger: these may read all of a table.
NUMBERED: Final = f"""
    {_ATTEMPTS} WHERE a.attempt_id IN (SELECT attempt_id FROM claims WHERE number = :number)
    ORDER BY a.attempt_no DESC
"""  # noqa: S608 - constants of this file
SIZE: Final = "SELECT count(*) FROM attempts"

NEW_LEDGER: Final = """
    INSERT INTO ledger VALUES (1, :ledger_id, :host, 1, :at)
"""
COUNT_CHANGE: Final = "UPDATE ledger SET changes = changes + 1"
CATCH_UP: Final = "UPDATE ledger SET changes = max(changes, :changes) + 1, host = :host"
NEW_INTENT: Final = """
    INSERT INTO intents (
        order_id, account, action, client_id, symbol, side, type, quantity, price, stop_price,
        exchange, target, trading_day, profile, value, preview, verdicts, host, uid, created_at
    ) VALUES (
        :order_id, :account, :action, :client_id, :symbol, :side, :type, :quantity, :price,
        :stop_price, :exchange, :target, :day, :profile, :value, :preview, :verdicts,
        :host, :uid, :at
    )
"""
NEW_ATTEMPT: Final = """
    INSERT INTO attempts (
        attempt_id, order_id, n, account, action, client_id, symbol, trading_day, before_set,
        request, created_at, state, sends, changed_at, note, broker_ahead
    ) VALUES (
        :order_id || '.' || :n, :order_id, :n, :account, :action, :client_id, :symbol, :day,
        :before, :request, :at, 'PREPARED', 0, :at, :note, :broker_ahead
    )
"""
START_SENDING: Final = """
    UPDATE attempts SET state = 'SENDING', sends = 1, sent_at = :sent_at, changed_at = :at,
        note = '{}'
    WHERE attempt_id = :attempt_id AND state = 'PREPARED' AND sends = 0
"""
OUTCOME: Final = """
    UPDATE attempts SET state = :state, outcome_code = :code, outcome_text = :text,
        number = :number, root = :root, broker_at = :broker_at, changed_at = :at, note = :note
    WHERE attempt_id = :attempt_id AND state IN ('PREPARED', 'SENDING')
"""
SETTLE: Final = """
    UPDATE attempts SET state = :state, number = :number, root = :root, settled_at = :at,
        settled_by = :by, changed_at = :at, note = :note
    WHERE attempt_id = :attempt_id AND state IN ('UNKNOWN', 'AMBIGUOUS')
"""
NEW_EVENT: Final = """
    INSERT INTO events (attempt_id, from_state, to_state, at, detail)
    SELECT attempt_id, state, state, :at, :note FROM attempts WHERE attempt_id = :attempt_id
"""
NEW_CLAIM: Final = "INSERT INTO claims VALUES (:account, :day, :number, :attempt_id)"
NEW_HALT: Final = """
    INSERT INTO halts (account, mode, at, uid, host, reason)
    VALUES (:account, :mode, :at, :uid, :host, :reason)
"""
NEW_DOUBT: Final = """
    INSERT INTO doubts (account, kind, at, detail) VALUES (:account, :kind, :at, :detail)
"""
NEW_ADOPTION: Final = """
    INSERT INTO adoptions (account, doubt_no, at, uid, host)
    VALUES (:account, :doubt_no, :at, :uid, :host)
"""
NEW_FILL: Final = """
    INSERT OR IGNORE INTO fills (
        account, trading_day, number, fill_id, symbol, name, side, quantity, price, amount,
        commission, tax, filled_at, stored_at
    ) VALUES (
        :account, :day, :number, :fill_id, :symbol, :name, :side, :quantity, :price, :amount,
        :commission, :tax, :filled_at, :at
    )
"""
NEW_NOTICE: Final = """
    INSERT OR IGNORE INTO notices (account, trading_day, number, body, received_at)
    VALUES (:account, :day, :number, :body, :at)
"""
