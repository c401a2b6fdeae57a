"""``doctor`` and files: every broken state is really made, and what is advised really mends it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.ledger import Ledger
from kiwoomctl.locks import FileLock
from kiwoomctl.services.diagnosis import storage, versions
from tests.cli import mending
from tests.cli.conftest import Ran, Run, Serve
from tests.cli.journal import LOST, Book, pinned
from tests.cli.mending import everything, mend, rows, wrong
from tests.ledger.samples import HYNIX, accepted, terms

tmp_path = mending.tmp_path
"""The fixture of a folder on the disk."""


def doctor(run: Run, *words: str, **more: Any) -> Ran:
    return run("doctor", "-o", "json", *words, **more)


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [row for row in document["data"] if row["check"] == check]


@pytest.fixture
def book(run: Run, serve: Serve, own_home: Path) -> Book:
    return pinned(run, serve(accounts=2), own_home)


# The state folder -------------------------------------------------------------------------------


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


def test_files_that_even_their_owner_cannot_read(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=1)
    run("cash")
    path = next((own_home / "state").rglob("token-*.json"))
    path.chmod(0o200)
    ran = doctor(run)
    assert (ran.code, [row for row in wrong(ran) if row[0] == "permissions"]) == (
        8,
        [("permissions", None, "failed")],
    )
    assert mend(run, rows(ran, "permissions")[0]["fix"]).code == 0
    ran = doctor(run)
    assert (ran.code, wrong(ran)) == (0, [])


def test_folders_that_are_none_or_not_to_be_used(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=1)
    run("cash")
    state = own_home / "state"

    def failed(word: str, place: Path = state) -> str:
        ran = doctor(run, env={"KIWOOMCTL_STATE_DIR": str(place)})
        [found] = rows(ran, "state")
        assert (ran.code, found["status"]) == (8, "failed"), found
        assert word in found["finding"]
        return str(found["fix"])

    state.chmod(0o500)
    assert mend(run, failed("cannot be written")).code == 0
    assert wrong(doctor(run)) == []
    link = own_home / "link"
    link.symlink_to(state)
    assert failed("symbolic link", link) == f"export KIWOOMCTL_STATE_DIR={state}"
    shared = own_home / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    assert failed("all users", shared) == f"export KIWOOMCTL_STATE_DIR={shared}/kiwoomctl"
    foreign = Path("/usr/lib")
    if os.getuid() == 0:
        foreign = own_home / "foreign"
        foreign.mkdir()
        os.chown(foreign, 12345, 12345)
    assert failed("another user", foreign) == f'sudo chown -R "$(id -un)" {foreign}'
    shutil.rmtree(state)
    state.write_text("a file", "utf-8")
    assert mend(run, failed("no folder")).code == 0
    assert (own_home / "state.old").read_text("utf-8") == "a file"
    assert wrong(doctor(run)) == []


def test_what_killed_commands_left_and_what_living_ones_hold(
    run: Run, serve: Serve, own_home: Path
) -> None:
    serve(accounts=1)
    run("cash")
    state = own_home / "state"
    left, young = state / ".pin.json.x1.tmp", state / ".pin.json.x2.tmp"
    for path in left, young:
        path.touch(0o600)
    os.utime(left, (left.stat().st_atime, left.stat().st_mtime - 200))
    lock = FileLock(state / "at-work.lock")
    with lock.hold(1, None):  # type: ignore[arg-type]  # nobody waits for it
        ran = doctor(run)
    assert wrong(ran) == [("leftovers", None, "warning")]
    [found] = rows(ran, "leftovers")
    assert found["finding"] == f"1 files of killed commands were left, such as {left}"
    if sys.platform == "linux":
        assert rows(ran, "locks")[0]["finding"].endswith(": at-work.lock")
    assert mend(run, found["fix"]).code == 0
    assert (left.exists(), young.exists()) == (False, True)
    ran = doctor(run)
    assert wrong(ran) == []
    assert rows(ran, "locks")[0]["finding"] == "no lock is held"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no folder in memory")  # noqa: S108 - to be in memory is the point
def test_a_folder_in_memory(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        ran = doctor(run, env={"KIWOOMCTL_STATE_DIR": folder})
        assert (ran.code, wrong(ran)) == (0, [("storage", None, "warning")])
        assert "tmpfs" in rows(ran, "storage")[0]["finding"]
        assert wrong(doctor(run, "--demo", env={"KIWOOMCTL_STATE_DIR": folder}), but="") == []


def test_disks_and_versions_that_will_not_do(tmp_path: Path) -> None:
    kinds = {"nfs4": "failed", "tmpfs": "warning", "ext4": "ok", "": "ok"}
    for kind, status in kinds.items():
        found = storage.kind(tmp_path, kind, demo=False)
        assert (found.status, found.exit_code) == (status, 8 if status == "failed" else 0)
        assert (found.fix is None) == (status == "ok")
    free = shutil.disk_usage(tmp_path).free
    for little, none_left, status in (
        (0, 0, "ok"),
        (free * 2, 0, "warning"),
        (free * 2, free * 2, "failed"),
    ):
        assert storage.space(tmp_path / "none", little, none_left).status == status
    for version, status in (("3.36.0", "failed"), ("3.40.1", "ok"), ("3.51.3", "ok")):
        assert versions.of_sqlite(version).status == status
    for encoding, status in (("utf-8", "ok"), ("UTF8", "ok"), ("euc-kr", "warning")):
        assert versions.of_terminal(encoding, "C", on_terminal=True).status == status
    assert versions.of_terminal("ascii", "", on_terminal=False).status == "ok"


# Ledger and history -----------------------------------------------------------------------------


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


BREAKS = {
    1: "UPDATE attempts SET sends = 0 WHERE attempt_no = 1",
    2: "DELETE FROM claims",
    3: "UPDATE events SET from_state = 'REJECTED', to_state = 'SENDING' WHERE to_state = 'SENDING'",
    4: "DELETE FROM events WHERE to_state = 'SENDING'",
    5: "UPDATE attempts SET symbol = '005930' WHERE state = 'UNKNOWN'",
}


def test_each_invariant_is_counted_by_itself(run: Run, book: Book) -> None:
    book.write(accepted("1"))
    book.write(LOST, terms("sell", type=OrderType.MARKET, price=None))
    book.write(LOST, terms(symbol=HYNIX))
    path = book.folder / "ledger.sqlite3"
    sound = path.read_bytes()

    def told(ran: Ran) -> dict[str, str]:
        """Return the status of each, by its number; the last has none."""
        return {row["finding"][0]: row["status"] for row in rows(ran, "invariants")}

    assert told(doctor(run)) == dict.fromkeys("12345a", "ok")
    for number, statement in BREAKS.items():
        path.write_bytes(sound)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA ignore_check_constraints = ON")
            database.execute("BEGIN")
            rules = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index')"
            for kind, name in database.execute(f"{rules} AND sql IS NOT NULL").fetchall():
                database.execute(f"DROP {kind} {name}")
            assert database.execute(statement).rowcount
            database.commit()
        with Ledger.look(book.folder, SystemClock()) as ledger:
            assert ledger.examine().broken[number], number
    ran = doctor(run)
    assert (ran.code, told(ran)["5"]) == (8, "failed")
    assert [row["status"] for row in rows(ran, "schema")] == ["failed"]
    assert "attempts_kept" in rows(ran, "schema")[0]["finding"]


def test_a_change_that_was_cut_off_is_taken_back_by_the_next_use(run: Run, book: Book) -> None:
    book.write(accepted("1"))
    path = book.folder / "ledger.sqlite3"
    cut = (
        "import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "d.execute('PRAGMA cache_size = 1'); d.execute('BEGIN IMMEDIATE')\n"
        "d.execute('CREATE TABLE x (y)')\n"
        "d.execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) '\n"
        "          'INSERT INTO x SELECT zeroblob(4000) FROM n'); os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", cut, str(path)], check=False, timeout=30)
    before = everything(book.folder)
    assert any(name.endswith("-journal") for name in before)
    ran = doctor(run)
    assert (ran.code, wrong(ran)) == (0, [("ledger", None, "warning")])
    assert everything(book.folder) == before
    assert mend(run, rows(ran, "ledger")[0]["fix"]).code == 0
    assert wrong(doctor(run)) == []


def test_a_ledger_that_is_newer_lost_or_an_old_copy(run: Run, book: Book) -> None:
    path = book.folder / "ledger.sqlite3"
    book.write(accepted("1"))
    old = path.read_bytes()
    book.write(accepted("2"))
    new = path.read_bytes()
    path.write_bytes(old)
    before = everything(book.folder)
    ran = doctor(run, "-p", "sim-001")
    assert (ran.code, wrong(ran)) == (0, [("ledger", "sim-001", "warning")])
    found = rows(ran, "ledger")[-1]
    assert "(restored)" in found["finding"]
    assert everything(book.folder) == before, "it is told, not noted"
    path.write_bytes(new)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE ledger SET host = 'elsewhere', changes = changes + 1")
        database.commit()
    found = rows(doctor(run, "-p", "sim-001"), "ledger")[-1]
    assert "(other_host)" in found["finding"]
    assert mend(run, found["fix"]).code == 0
    assert wrong(doctor(run, "-p", "sim-001")) == []
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    ran = doctor(run)
    assert (ran.code, wrong(ran)) == (8, [("ledger", None, "failed")])
    assert "newer kiwoomctl" in rows(ran, "ledger")[0]["finding"]
    path.unlink()
    ran = doctor(run, "-p", "sim-001")
    assert (ran.code, wrong(ran)) == (8, [("ledger", None, "failed")])
    assert not path.exists()
    assert mend(run, rows(ran, "ledger")[0]["fix"]).code == 0
    assert wrong(doctor(run, "-p", "sim-001")) == []


def test_a_history_that_is_whole_cut_or_not_a_history(run: Run, book: Book) -> None:
    assert run("snapshot").code == 0
    path = book.folder / "history.sqlite3"
    [found] = rows(doctor(run), "history")
    assert (found["status"], found["finding"]) == ("ok", f"{book.folder}: 2 records, all whole")
    kept = path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TRIGGER positions_kept")
        database.execute("DELETE FROM positions WHERE snapshot_no = 1")
        database.commit()
    ran = doctor(run)
    assert (ran.code, wrong(ran)) == (8, [("history", None, "failed")])
    for damaged in kept[:5000] + bytes(len(kept) - 5000), b"no history at all " * 99:
        path.write_bytes(damaged)
        ran = doctor(run)
        assert (ran.code, wrong(ran)) == (8, [("history", None, "failed")])
        assert path.read_bytes() == damaged
