"""``doctor``: every part is looked at, nothing is changed, the exit code says what is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.cli.conftest import Run, Serve
from tests.cli.journal import LOST, pinned
from tests.ledger.helpers import accepted


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [row for row in document["data"] if row["check"] == check]


def test_a_healthy_setup(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    run("cash")
    before = served.state()
    ran = run("doctor", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["schema"] == "kiwoomctl.doctor/1"
    assert {row["check"] for row in ran.document["data"]} == {
        "versions",
        "state",
        "permissions",
        "config",
        "secret",
        "token",
        "clock",
    }
    assert {row["status"] for row in ran.document["data"]} == {"ok"}
    assert served.state()["tokens_issued"] == before["tokens_issued"]
    for secret in ("sim-001-appkey", "sim-001-secretkey"):
        assert secret not in ran.out


def test_the_demo_is_healthy(run: Run) -> None:
    assert run("doctor", "--demo").code == 0


def test_no_config_is_exit_8_and_says_how_to_begin(run: Run) -> None:
    ran = run("doctor", "-o", "json")
    assert ran.code == 8
    [config] = findings(ran.document, "config")
    assert config["status"] == "failed"
    assert "kiwoomctl init" in config["fix"]


def test_a_missing_secret_is_exit_4_for_that_account(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    ran = run("doctor", "-o", "json")
    assert ran.code == 4
    status = {row["profile"]: row["status"] for row in findings(ran.document, "secret")}
    assert status == {"paper": "failed", "sim-001": "ok"}


def test_wide_permissions_are_named_with_their_mend(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    run("cash")
    served.config.chmod(0o644)
    token = next((own_home / "state").rglob("token-*.json"))
    token.chmod(0o640)
    ran = run("doctor", "-o", "json")
    assert ran.code == 0
    fixes = [row["fix"] for row in findings(ran.document, "permissions")]
    assert any(fix and fix.startswith("chmod 600") for fix in fixes)
    assert any(fix and fix.startswith("chmod -R") for fix in fixes)


def test_a_slowed_rate_is_told(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, rate="terms")
    served.control("faults", api_id="kt00001", mode="http_429", when="before", count=1)
    assert run("cash").code == 0
    [rate] = findings(run("doctor", "-o", "json").document, "rate")
    assert rate["status"] == "warning"
    assert "kt00001" in rate["finding"]


def test_a_server_that_is_down_is_a_warning(run: Run, own_home: Path) -> None:
    (own_home / "profiles.toml").write_text(
        '[profiles.gone]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "http://127.0.0.1:9"\n'
        'secret = { source = "inline", appkey = "sim-001-appkey", '
        'secretkey = "sim-001-secretkey" }\n',
        "utf-8",
    )
    ran = run("doctor", "-o", "json")
    assert ran.code == 0
    [clock] = findings(ran.document, "clock")
    assert (clock["status"], "127.0.0.1:9" in clock["finding"]) == ("warning", True)


def test_a_sound_ledger_and_a_broken_one(run: Run, serve: Serve, own_home: Path) -> None:
    book = pinned(run, serve(accounts=1), own_home)
    book.write(accepted("1"))
    [ledger] = findings(run("doctor", "-o", "json").document, "ledger")
    assert (ledger["status"], ledger["profile"]) == ("ok", None)
    assert ledger["finding"] == f"{book.folder}: 1 attempts, all invariants hold"
    with closing(sqlite3.connect(book.folder / "ledger.sqlite3")) as database:
        database.execute("DROP TRIGGER claims_kept")
        database.execute("DELETE FROM claims")
        database.commit()
    ran = run("doctor", "-o", "json")
    assert ran.code == 8
    [ledger] = findings(ran.document, "ledger")
    assert ledger["status"] == "failed"
    assert "2 promises are broken" in ledger["finding"]
    assert "a number that is not claimed" in ledger["finding"]
    assert "backup" in ledger["fix"]
    book.damage()
    ran = run("doctor", "-o", "json")
    assert ran.code == 8
    [ledger] = findings(ran.document, "ledger")
    assert "is damaged" in ledger["finding"]


def test_open_outcomes_and_doubts_are_warnings_with_their_mend(
    run: Run, serve: Serve, own_home: Path
) -> None:
    book = pinned(run, serve(accounts=2), own_home)
    attempt = book.write(LOST, of=1)
    with book.open() as ledger:
        ledger.raise_doubt("foreign_orders", book.accounts[0], {})
    ran = run("doctor", "-o", "json")
    assert ran.code == 0
    sound, unknown, doubt = findings(ran.document, "ledger")
    assert [row["status"] for row in (sound, unknown, doubt)] == ["ok", "warning", "warning"]
    assert (unknown["profile"], unknown["fix"]) == ("sim-002", f"kiwoomctl resolve {attempt.id}")
    assert (doubt["profile"], doubt["fix"]) == ("sim-001", "kiwoomctl audit --adopt -p sim-001")
    assert "foreign_orders" in doubt["finding"]
