"""Audits of a served simulator's accounts, for tests of what they find and what they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import AttemptId
from kiwoomctl.ledger import Ledger
from tests.cli.conftest import Ran
from tests.cli.ordering import QUICK, Desk

FIELDS = [
    "profile", "environment", "kind", "day", "attempt_id", "broker_order_id", "symbol", "side",
    "quantity", "price", "detail",
]  # fmt: skip
NOTHING: list[dict[str, Any]] = []
EVENING = "20:35:00"
"""When a day is over, by the broker's clock."""


def audit(desk: Desk, *words: str, env: dict[str, str] | None = None) -> Ran:
    """Run an audit with JSON; exit code, status and rows must say the same."""
    ran = desk.run("audit", *words, "-o", "json", env=env)
    assert "Traceback" not in ran.err
    differences = [row for row in ran.document["data"] if row["kind"] != "not_comparable"]
    assert (ran.code == 11) == bool(differences), ran.err
    if ran.code in {0, 11}:
        assert ran.document["status"] == ("error" if differences else "ok")
    assert all(list(row) == FIELDS for row in ran.document["data"])
    return ran


def found(desk: Desk, *words: str) -> list[dict[str, Any]]:
    return list(audit(desk, *words).document["data"])


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [row["kind"] for row in rows]


def one(rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    [row] = [row for row in rows if row["kind"] == kind]
    return row


def matched(desk: Desk, quantity: int = 3) -> dict[str, Any]:
    """Let an order's reply be lost and evidence find the order; return its row of the ledger."""
    desk.fault("drop", when="after", count=1)
    assert desk.buy(*QUICK, quantity=quantity).code == 5
    assert desk.order("resolve", *QUICK).code == 0
    row = desk.ledger()[-1]
    assert row["ledger_state"] == "MATCHED"
    return row


def folder(desk: Desk) -> Path:
    return desk.book().folder


def ledger(desk: Desk) -> Ledger:
    return Ledger.open(folder(desk), SystemClock())


def account(desk: Desk) -> AccountId:
    return desk.book().accounts[0]


def doubts(desk: Desk) -> list[tuple[str, Any]]:
    with ledger(desk) as book:
        return [(d.kind, d.detail.get("numbers")) for d in book.doubts(account(desk))]


def confirmations(desk: Desk, attempt_id: str) -> list[Any]:
    """Return the notes of audits in an attempt's history."""
    with ledger(desk) as book:
        history = book.history(AttemptId(attempt_id).order_id)
        return [e.detail["read"] for e in history.events if e.detail.get("audit") == "confirmed"]


def refused(desk: Desk) -> None:
    """Prove that the account takes no new order: none arrives at the broker."""
    before = desk.sent()
    ran = desk.buy(quantity=7)
    assert (ran.code, ran.document["errors"][0]["code"]) == (7, "ledger_doubt")
    assert desk.sent() == before


def day_reads(desk: Desk) -> int:
    return sum(request["api_id"] == "kt00007" for request in desk.state()["requests"])
