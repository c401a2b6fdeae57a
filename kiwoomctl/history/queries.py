"""The statements of the history; ``:accounts`` is a JSON list of accounts."""

from __future__ import annotations

from typing import Final

_CHOSEN: Final = "(SELECT value FROM json_each(:accounts))"

# Of each account and day the newest row.
_LAST: Final = f"""
    SELECT * FROM (
        SELECT *, row_number() OVER (
            PARTITION BY account, day ORDER BY as_of DESC, snapshot_no DESC
        ) AS place
        FROM snapshots WHERE account IN {_CHOSEN} AND day BETWEEN :first AND :last
    ) WHERE place = 1
"""  # noqa: S608 - constants of this file
LAST_OF_DAYS: Final = f"{_LAST} ORDER BY day, account"
FIRST_DAYS: Final = f"""
    SELECT account, min(day) AS day FROM (
        SELECT account, day FROM snapshots WHERE account IN {_CHOSEN}
        UNION ALL SELECT account, day FROM failures WHERE account IN {_CHOSEN}
    ) GROUP BY account
"""  # noqa: S608 - constants of this file
FIRST_SNAPSHOTS: Final = f"""
    SELECT account, min(day) AS day FROM snapshots WHERE account IN {_CHOSEN} GROUP BY account
"""  # noqa: S608 - constants of this file
LAST_DAY: Final = f"""
    SELECT max(day) AS day FROM snapshots WHERE account IN {_CHOSEN} AND day <= :last
"""  # noqa: S608 - constants of this file
POSITIONS: Final = """
    SELECT * FROM positions WHERE snapshot_no = :snapshot_no
    ORDER BY symbol, credit_type, loan_date
"""
POSITIONS_OF_DAYS: Final = f"""
    SELECT s.day, p.symbol, p.name, p.quantity, p.cost, p.market_value, p.unrealized_pnl
    FROM ({_LAST}) s JOIN positions p ON p.snapshot_no = s.snapshot_no
"""  # noqa: S608 - constants of this file
# Added up by SQLite, exactly, where all amounts are whole won; else ``fraction`` is not 0.
SYMBOLS_OF_DAYS: Final = f"""
    SELECT s.day, p.symbol, max(p.name) AS name, sum(p.quantity) AS quantity,
        CASE WHEN count(p.cost) = count(*) THEN sum(CAST(p.cost AS INTEGER)) END AS cost,
        CASE WHEN count(p.market_value) = count(*)
            THEN sum(CAST(p.market_value AS INTEGER)) END AS market_value,
        CASE WHEN count(p.unrealized_pnl) = count(*)
            THEN sum(CAST(p.unrealized_pnl AS INTEGER)) END AS unrealized_pnl,
        max(
            instr(ifnull(p.cost, ''), '.') + instr(ifnull(p.market_value, ''), '.')
            + instr(ifnull(p.unrealized_pnl, ''), '.')
        ) AS fraction
    FROM ({_LAST}) s JOIN positions p ON p.snapshot_no = s.snapshot_no
    GROUP BY s.day, p.symbol ORDER BY s.day, p.symbol
"""  # noqa: S608 - constants of this file
FAILURES: Final = f"""
    SELECT * FROM failures WHERE day BETWEEN :first AND :last
    AND (account IN {_CHOSEN} OR (
        account IS NULL AND profile IN (SELECT value FROM json_each(:profiles))
    ))
    ORDER BY day, at
"""  # noqa: S608 - constants of this file
FIRST_FAILURES: Final = """
    SELECT profile, min(day) AS day FROM failures WHERE account IS NULL GROUP BY profile
"""
FILLS: Final = f"""
    SELECT * FROM fills WHERE account IN {_CHOSEN} AND day BETWEEN :first AND :last
    ORDER BY fill_no
"""  # noqa: S608 - constants of this file
RESULTS: Final = f"""
    SELECT account, day, max(as_of) AS as_of, realized_pnl FROM results
    WHERE account IN {_CHOSEN} AND day BETWEEN :first AND :last
    GROUP BY account, day ORDER BY day, account
"""  # noqa: S608 - constants of this file
FLOWS: Final = f"""
    SELECT f.*, EXISTS (SELECT 1 FROM cash_flows c WHERE c.counters = f.flow_no) AS countered
    FROM cash_flows f WHERE account IN {_CHOSEN} AND day BETWEEN :first AND :last
    ORDER BY day, flow_no
"""  # noqa: S608 - constants of this file
FLOW: Final = """
    SELECT f.*, EXISTS (SELECT 1 FROM cash_flows c WHERE c.counters = f.flow_no) AS countered
    FROM cash_flows f WHERE flow_no = :flow_no
"""

NEW_SNAPSHOT: Final = """
    INSERT INTO snapshots (
        account, profile, owner, day, as_of, deposit, deposit_d1, deposit_d2, orderable,
        withdrawable, currency, cost, market_value, unrealized_pnl, pnl_basis, total_assets,
        positions, recorded_at
    ) VALUES (
        :account, :profile, :owner, :day, :as_of, :deposit, :deposit_d1, :deposit_d2, :orderable,
        :withdrawable, :currency, :cost, :market_value, :unrealized_pnl, :pnl_basis,
        :total_assets, :positions, :recorded_at
    )
"""
LAST_NUMBER: Final = "SELECT last_insert_rowid() AS number"
NEW_POSITION: Final = """
    INSERT INTO positions VALUES (
        :snapshot_no, :symbol, :credit_type, :loan_date, :name, :quantity, :sellable_quantity,
        :average_price, :price, :cost, :market_value, :unrealized_pnl, :unrealized_pnl_rate,
        :pnl_basis, :currency
    )
"""
NEW_FAILURE: Final = """
    INSERT INTO failures (account, profile, day, at, code)
    VALUES (:account, :profile, :day, :at, :code)
"""
NEW_RESULT: Final = """
    INSERT OR IGNORE INTO results (account, day, as_of, realized_pnl)
    VALUES (:account, :day, :as_of, :realized_pnl)
"""
NEW_FILL: Final = """
    INSERT OR IGNORE INTO fills (
        account, day, number, fill_id, symbol, name, side, quantity, price, amount, commission,
        tax, filled_at, as_of
    ) VALUES (
        :account, :day, :number, :fill_id, :symbol, :name, :side, :quantity, :price, :amount,
        :commission, :tax, :filled_at, :as_of
    )
"""
NEW_FLOW: Final = """
    INSERT INTO cash_flows (
        account, day, amount, note, source, reference, counters, entered_at
    ) VALUES (:account, :day, :amount, :note, :source, :reference, :counters, :entered_at)
    ON CONFLICT (account, day, reference) WHERE reference IS NOT NULL DO NOTHING
"""

SIZE: Final = "SELECT count(*) FROM snapshots"
# What must be empty in a sound history.
BROKEN: Final = """
    SELECT snapshot_no FROM snapshots s WHERE positions <> (
        SELECT count(*) FROM positions p WHERE p.snapshot_no = s.snapshot_no
    )
"""
