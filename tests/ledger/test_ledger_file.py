"""The ledger's file: private, never newer, damaged, read-only or far away without a clear word."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from kiwoomctl import database, errors
from kiwoomctl.domain.orders import State
from kiwoomctl.errors import Refused
from kiwoomctl.ledger import Ledger, Outcome, migrations, place, seal
from tests.ledger.samples import (
    ACCOUNT,
    OTHER,
    SetClock,
    accepted,
    finish,
    prepare,
    program,
    send,
    wish,
)

pytestmark = pytest.mark.usefixtures("unflushed")
NAME = "ledger.sqlite3"


def opened(folder: Path, **options: str) -> Ledger:
    return Ledger.open(folder, SetClock(), **options)


def begin(folder: Path) -> None:
    with opened(folder) as ledger:
        send(ledger, wish(), accepted("1"))


def refusal(folder: Path) -> errors.StateError:
    with pytest.raises(errors.StateError) as caught:
        opened(folder).close()
    assert caught.value.exit_code == 8
    assert str(folder) in str(caught.value)
    assert caught.value.hint
    return caught.value


def test_everything_is_private(folder: Path) -> None:
    assert not Ledger.exists(folder)
    begin(folder)
    assert Ledger.exists(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    (folder / NAME).chmod(0o644)
    begin(folder)
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


def test_the_settings_are_the_safe_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with opened(folder) as ledger:
        for pragma, value in {
            "journal_mode": "delete",
            "synchronous": 3,
            "fullfsync": 1,
            "foreign_keys": 1,
            "recursive_triggers": 1,
            "user_version": len(migrations.STEPS),
        }.items():
            (row,) = ledger._db.rows(f"PRAGMA {pragma}")  # noqa: SLF001
            assert row[0] == value, pragma
        said: list[str] = []
        ledger._db._connection.set_trace_callback(said.append)  # noqa: SLF001
        ledger.set_mode("active")
        assert said[0] == "BEGIN IMMEDIATE"


def test_a_link_and_a_folder_are_no_ledger(folder: Path) -> None:
    folder.mkdir()
    (folder / NAME).symlink_to(folder / "elsewhere")
    refusal(folder)
    assert not (folder / "elsewhere").exists()
    (folder / NAME).unlink()
    (folder / NAME).mkdir()
    refusal(folder)


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_garbage_is_refused_and_kept(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / NAME).write_bytes(content)
    assert "damaged" in str(refusal(folder))
    assert (folder / NAME).read_bytes() == content


def test_a_damaged_page_is_named(folder: Path) -> None:
    begin(folder)
    path = folder / NAME
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(errors.StateError, match="damaged"), opened(folder) as ledger:
        ledger.newest()
    path.write_bytes(path.read_bytes()[:2000])
    refusal(folder)


def test_another_program_s_database_is_not_touched(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / NAME)) as db:
        db.execute("CREATE TABLE theirs (x)")
    before = (folder / NAME).read_bytes()
    assert "not a ledger" in str(refusal(folder))
    assert (folder / NAME).read_bytes() == before


def test_a_newer_file_is_not_touched(folder: Path) -> None:
    begin(folder)
    with closing(sqlite3.connect(folder / NAME)) as db:
        db.execute(f"PRAGMA user_version = {len(migrations.STEPS) + 1}")
    before = (folder / NAME).read_bytes()
    assert "newer" in str(refusal(folder))
    assert (folder / NAME).read_bytes() == before


def test_an_older_file_is_backed_up_and_migrated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(folder)
    step = ("ALTER TABLE intents ADD COLUMN memo TEXT",)
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, step))
    with opened(folder) as ledger:
        assert len(ledger.newest()) == 1
        assert ledger.invariants() == []
    opened(folder).close()
    (backup,) = folder.glob("*.bak")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM attempts").fetchone() == (1,)


def test_a_migration_that_fails_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(folder)
    steps = ("CREATE TABLE more (x)", "CREATE TABLE more (x)")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*migrations.STEPS, steps))
        refusal(folder)
    with opened(folder) as ledger:
        assert ledger.invariants() == []


def test_wal_is_turned_off(folder: Path) -> None:
    begin(folder)
    with closing(sqlite3.connect(folder / NAME)) as db:
        assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    begin(folder)
    with closing(sqlite3.connect(folder / NAME)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_an_old_sqlite_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(errors.StateError, match=r"3\.37"):
        opened(folder)


def test_a_locked_file_is_busy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    begin(folder)
    with opened(folder) as ledger, closing(sqlite3.connect(folder / NAME)) as db:
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(errors.Busy, match=NAME) as caught:
            ledger.set_mode("halted")
        assert caught.value.exit_code == 9
        with pytest.raises(errors.Busy):
            opened(folder)
        db.execute("ROLLBACK")
        # A reader that stays keeps the commit from happening; nothing is half done.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM attempts").fetchone()
        with pytest.raises(errors.Busy):
            ledger.set_mode("halted")
        db.execute("ROLLBACK")
        assert ledger.mode(ACCOUNT) == "active"
        ledger.set_mode("halted")


def test_an_account_in_use_is_busy(folder: Path) -> None:
    with opened(folder) as one, opened(folder) as two, one.account_lock(ACCOUNT):
        with (
            pytest.raises(errors.Busy, match=r"80\*\*\*\*\*\*11"),
            two.account_lock(ACCOUNT, timeout=0),
        ):
            pass
        with two.account_lock(OTHER, timeout=0):
            pass


def test_a_file_replaced_while_in_use_is_not_written(folder: Path) -> None:
    with opened(folder) as ledger:
        attempt = prepare(ledger, wish()).attempt
        shutil.copy(folder / NAME, folder / "copy")
        (folder / NAME).unlink()
        (folder / "copy").rename(folder / NAME)
        ledger._held.add(ACCOUNT)  # noqa: SLF001
        with pytest.raises(errors.StateError):
            ledger.start_sending(attempt.id)


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.ledger.samples import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
ledger = Ledger.open(folder, SetClock())
print(prepare(ledger, wish(terms("cancel"))).attempt.state)
with ledger.account_lock(OTHER):
    attempt = ledger.prepare(wish(account=OTHER), (), no_checks).attempt
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        print(ledger.start_sending(attempt.id).state)
    except Exception as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize("limit", [0, 1, 511, 1024, 4096, 8192, 20_000, 40_000, 10_000_000])
def test_a_full_disk_lets_nothing_out(folder: Path, limit: int) -> None:
    code, out, err = finish(program(FULL, str(folder), str(limit)))
    assert code == 0, err
    prepared, sent = out.splitlines()
    assert prepared == "PREPARED"
    with opened(folder) as ledger:
        (attempt,) = ledger.newest(1, [OTHER])
        if limit > 1_000_000:
            assert sent == "SENDING"
            assert (attempt.state, attempt.sends) == (State.SENDING, 1)
        else:
            assert sent.startswith("StateError"), sent
            assert (attempt.state, attempt.sends) == (State.PREPARED, 0)
        assert ledger.invariants() == []


READ_ONLY = """
import hashlib, os, secrets, sys, tempfile, uuid  # what a stranger may not load later
from pathlib import Path
from tests.ledger.samples import *
if os.geteuid() == 0:  # the permissions of files mean nothing to root
    os.chown(Path(sys.argv[1]).parent, 65534, 65534)
    os.seteuid(65534)
ledger = Ledger.open(Path(sys.argv[1]), SetClock())
attempt = prepare(ledger, wish()).attempt
with ledger.account_lock(OTHER):
    attempt = ledger.prepare(wish(account=OTHER), (), no_checks).attempt
    for path in (Path(sys.argv[1]), *Path(sys.argv[1]).iterdir()):
        os.chmod(path, 0o500 if path.is_dir() else int(sys.argv[2], 8))
    for action in (
        lambda: ledger.start_sending(attempt.id),
        lambda: Ledger.open(Path(sys.argv[1]), SetClock()).set_mode("halted"),
    ):
        try:
            print(action())
        except Exception as error:
            print(type(error).__name__, error.exit_code, error)
    print(len(ledger.newest()))
"""


@pytest.mark.parametrize("mode", ["600", "400"])
def test_a_read_only_folder_lets_nothing_out(tmp_path: Path, mode: str) -> None:
    if os.geteuid() == 0:
        # The one who lost root's rights must still get there, in every worker's own folder.
        for path in (tmp_path, *tmp_path.parents):
            if path.stat().st_uid == 0 and path.name.startswith(("pytest-", "popen-", "test_")):
                path.chmod(0o755)
    world = tmp_path / "own" / "world"
    world.parent.mkdir()
    try:
        code, out, err = finish(program(READ_ONLY, str(world), mode))
    finally:
        world.chmod(0o700)
    assert code == 0, err
    first, second, count = out.splitlines()
    assert first.startswith("StateError 8 the ledger")
    assert second.startswith("StateError 8 the ledger")
    assert count == "2"


# Network, hosts, lost and restored ledgers ---------------------------------------------------


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/me/my\\040disk ext4 rw 0 0
C:\\134 /mnt/c 9p rw,aname=drvfs;path=C:\\ 0 0
none /box 9p rw,trans=fd 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/me", "nfs4"),
        ("/homes", "ext4"),
        ("/home/me/my disk/x", "ext4"),
        ("/mnt/c/Users", "smbfs"),
        ("/box", "9p"),
    ],
)
def test_the_deepest_mount_decides(path: str, kind: str) -> None:
    assert place._type_at(path, place._linux_mounts(MOUNTS)) == kind  # noqa: SLF001


def test_mounts_of_macos() -> None:
    text = "/dev/disk1s1 on / (apfs, local)\n//u@h/x on /Volumes/my share (smbfs, nodev)\nodd\n"
    mounts = place._bsd_mounts(text)  # noqa: SLF001
    assert place._type_at("/Volumes/my share/a", mounts) == "smbfs"  # noqa: SLF001
    assert place._type_at("/Users", mounts) == "apfs"  # noqa: SLF001


def test_a_network_file_system_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "file_system", lambda _: "cifs")
    assert "network" in str(refusal(folder))
    assert not (folder / NAME).exists()


def test_the_host_id_is_stable_and_no_name() -> None:
    assert place.host_id() == place.host_id()
    assert len(place.host_id()) == 16


def kinds(ledger: Ledger) -> list[str]:
    return [doubt.kind for doubt in ledger.doubts(ACCOUNT)]


def test_the_same_ledger_raises_no_doubt(folder: Path) -> None:
    for _ in range(3):
        with opened(folder) as ledger:
            assert kinds(ledger) == []
            send(ledger, wish(account=OTHER), Outcome(State.REJECTED))
    (folder / "ledger.seal").write_text("{", "utf-8")
    with opened(folder) as ledger:
        assert kinds(ledger) == []
    assert seal.read(folder)


def test_another_host_is_noticed(folder: Path) -> None:
    opened(folder, host="a").close()
    for _ in range(2):
        with opened(folder, host="b") as ledger:
            assert kinds(ledger) == ["other_host"]
            with pytest.raises(Refused):
                prepare(ledger, wish())
    with opened(folder, host="b") as ledger:
        ledger.adopt(ACCOUNT)
        assert prepare(ledger, wish())
    with opened(folder, host="a") as ledger:
        assert kinds(ledger) == ["other_host"]
        assert ledger.invariants() == []


def test_a_lost_ledger_is_noticed(folder: Path) -> None:
    begin(folder)
    (folder / NAME).unlink()
    for _ in range(2):
        with opened(folder) as ledger:
            assert kinds(ledger) == ["lost"]


def test_a_restored_ledger_is_noticed(folder: Path) -> None:
    begin(folder)
    with opened(folder) as ledger:
        attempt = prepare(ledger, wish(account=OTHER)).attempt
        shutil.copy(folder / NAME, folder / "old")
        ledger._held.add(OTHER)  # noqa: SLF001
        ledger.start_sending(attempt.id)
    (folder / "old").replace(folder / NAME)
    for _ in range(2):
        with opened(folder) as ledger:
            assert kinds(ledger) == ["restored"]
            with pytest.raises(Refused):
                prepare(ledger, wish(account=OTHER))


def test_a_seal_that_cannot_be_written_lets_nothing_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise errors.StateError("disk full")

    with opened(folder) as ledger:
        attempt = prepare(ledger, wish()).attempt
        monkeypatch.setattr(seal, "write", full)
        ledger._held.add(ACCOUNT)  # noqa: SLF001
        with pytest.raises(errors.StateError):
            ledger.start_sending(attempt.id)
        done = ledger.record_outcome(attempt.id, Outcome(State.NOT_SENT, code="disk"))
        assert done.state is State.NOT_SENT
