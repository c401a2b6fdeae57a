"""One token per key and host: issued once, stored first, shared by all."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import kiwoomctl
from kiwoomctl import errors
from kiwoomctl.brokers.token import Token, TokenStore
from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import Phrase
from kiwoomctl.locks import FileLock

ROOT = Path(kiwoomctl.__file__).parent.parent
NAME = "token-mockapi.kiwoom.com-0a1b.json"


class FakeClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 10, 0, tzinfo=KST)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def pass_minutes(self, minutes: float) -> None:
        self.time += timedelta(minutes=minutes)


class Issuer:
    """Counts what it issues; each token is good for a day unless told otherwise."""

    def __init__(self, clock: FakeClock, life: timedelta = timedelta(hours=24)) -> None:
        self.clock = clock
        self.life = life
        self.issued = 0

    def __call__(self) -> Token:
        self.issued += 1
        return Token(f"token-{self.issued}", self.clock.now() + self.life)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def issuer(clock: FakeClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> TokenStore:
    return TokenStore(tmp_path / "tokens", "mockapi.kiwoom.com", "0a1b", clock)


def test_nothing_is_stored_at_first(store: TokenStore) -> None:
    assert store.cached() is None
    assert store.status() == ("none", None)


def test_a_token_is_issued_once_and_private(
    store: TokenStore, issuer: Issuer, tmp_path: Path
) -> None:
    first = store.obtain(issuer)
    assert store.obtain(issuer) == first == store.cached()
    assert issuer.issued == 1
    path = tmp_path / "tokens" / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    content = json.loads(path.read_text())
    assert content["token"] == "token-1"
    assert content["expires_at"] == "2026-11-21T10:00:00+09:00"
    assert content["issued_at"] == "2026-11-20T10:00:00+09:00"
    assert (content["host"], content["key_id"]) == ("mockapi.kiwoom.com", "0a1b")


def test_the_value_is_in_no_repr(store: TokenStore, issuer: Issuer) -> None:
    assert "token-1" not in repr(store.obtain(issuer))


def test_a_token_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Token("x", datetime(2026, 11, 20))  # noqa: DTZ001


def test_it_is_renewed_ten_minutes_early(
    store: TokenStore, issuer: Issuer, clock: FakeClock
) -> None:
    store.obtain(issuer)
    clock.pass_minutes(24 * 60 - 10)
    assert store.cached() is not None
    clock.pass_minutes(0.1)
    assert store.cached() is None
    assert store.status()[0] == "valid"
    assert store.obtain(issuer).value == "token-2"


def test_it_expires(store: TokenStore, issuer: Issuer, clock: FakeClock) -> None:
    token = store.obtain(issuer)
    clock.pass_minutes(24 * 60)
    assert store.status() == ("expired", token.expires_at)


def test_a_broker_that_returns_the_same_short_token_is_not_asked_each_time(
    store: TokenStore, clock: FakeClock
) -> None:
    issuer = Issuer(clock, timedelta(minutes=8))
    for _ in range(4):
        store.obtain(issuer)
        clock.pass_minutes(1)
    assert issuer.issued == 1
    clock.pass_minutes(1)
    store.obtain(issuer)
    assert issuer.issued == 2


def test_a_dead_token_is_compared_before_renewing(store: TokenStore, issuer: Issuer) -> None:
    dead = store.obtain(issuer)
    assert store.obtain(issuer, failed=dead.value).value == "token-2"
    assert store.obtain(issuer, failed=dead.value).value == "token-2"
    assert issuer.issued == 2


def test_hosts_and_keys_have_files_of_their_own(
    tmp_path: Path, clock: FakeClock, issuer: Issuer
) -> None:
    for host, key in (("a.b", "1"), ("a.b", "2"), ("127.0.0.1:80", "1")):
        TokenStore(tmp_path, host, key, clock).obtain(issuer)
    assert issuer.issued == 3
    assert len(list(tmp_path.glob("*.json"))) == 3


def test_a_copied_file_of_another_host_is_not_used(
    tmp_path: Path, clock: FakeClock, issuer: Issuer
) -> None:
    mock, real = (TokenStore(tmp_path, host, "1", clock) for host in ("mock", "real"))
    mock.obtain(issuer)
    (tmp_path / "token-real-1.json").write_text((tmp_path / "token-mock-1.json").read_text())
    assert real.cached() is None


def test_a_key_id_must_be_a_hash(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="hash"):
        TokenStore(tmp_path, "host", "../x", clock)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\x00" * 50,
        b"\xff\xfe",
        b'{"token": "x"}',
        b"[" * 100_000,
        (
            b'{"token":"x","host":"mockapi.kiwoom.com","key_id":"0a1b",'
            b'"expires_at":"2027-01-01T00:00:00","issued_at":"","renewals":[]}'
        ),
    ],
)
def test_a_damaged_file_counts_as_none(
    store: TokenStore, issuer: Issuer, tmp_path: Path, content: bytes
) -> None:
    store.obtain(issuer)
    (tmp_path / "tokens" / NAME).write_bytes(content)
    assert store.cached() is None
    assert store.status() == ("none", None)
    assert store.obtain(issuer).value == "token-2"
    assert store.cached() is not None


def test_the_third_dead_token_in_ten_minutes_stops_the_renewals(
    store: TokenStore, issuer: Issuer, clock: FakeClock
) -> None:
    token = store.obtain(issuer)
    for _ in range(2):
        clock.pass_minutes(2)
        token = store.obtain(issuer, failed=token.value)
    with pytest.raises(errors.SignInError, match="another program uses this key") as caught:
        store.obtain(issuer, failed=token.value)
    assert caught.value.code == "key_shared"
    assert caught.value.exit_code == 4
    assert "3 times" in str(caught.value)
    assert issuer.issued == 3
    clock.pass_minutes(9)
    assert store.obtain(issuer, failed=token.value).value == "token-4"


def test_tokens_that_came_to_their_end_are_no_sign_of_another_program(
    store: TokenStore, clock: FakeClock
) -> None:
    issuer = Issuer(clock, timedelta(minutes=2))
    token = store.obtain(issuer)
    for _ in range(5):
        clock.pass_minutes(2)
        token = store.obtain(issuer, failed=token.value)
    assert issuer.issued == 6


def test_a_failed_issue_changes_nothing(store: TokenStore, issuer: Issuer) -> None:
    token = store.obtain(issuer)

    def fail() -> Token:
        raise errors.Unavailable("down")

    for _ in range(4):
        with pytest.raises(errors.Unavailable):
            store.obtain(fail, failed=token.value)
    assert store.cached() == token
    assert store.obtain(issuer, failed=token.value).value == "token-2"


def test_nothing_is_issued_that_cannot_be_stored(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from kiwoomctl import errors
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.domain.clock import SystemClock
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    TokenStore(Path(sys.argv[1]), "host", "1", SystemClock()).obtain(lambda: print("asked"))
except errors.StateError as exc:
    print(exc)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("cannot write ")
    assert "asked" not in done.stdout


def test_forget_removes_the_file(store: TokenStore, issuer: Issuer, tmp_path: Path) -> None:
    store.obtain(issuer)
    store.forget()
    store.forget()
    assert store.status() == ("none", None)
    assert not (tmp_path / "tokens" / NAME).exists()


def test_a_renewal_elsewhere_that_never_ends_is_busy(
    store: TokenStore, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiwoomctl.brokers.token._LOCK_WAIT_S", 0.05)
    store.obtain(issuer)
    lock = FileLock((tmp_path / "tokens" / NAME).with_suffix(".lock"))
    with (
        lock.hold(0, Phrase("x")),
        pytest.raises(errors.Busy, match=r"the token of mockapi\.kiwoom\.com"),
    ):
        store.obtain(issuer, failed="token-1")
    assert issuer.issued == 1


def test_threads_issue_once(tmp_path: Path, clock: FakeClock, issuer: Issuer) -> None:
    values: list[str] = []

    def obtain() -> None:
        values.append(TokenStore(tmp_path, "host", "1", clock).obtain(issuer).value)

    threads = [threading.Thread(target=obtain) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == ["token-1"] * 8


PROCESS = """
import os, sys, time
from datetime import timedelta
from pathlib import Path
from kiwoomctl.brokers.token import Token, TokenStore
from kiwoomctl.domain.clock import SystemClock

folder, failed = Path(sys.argv[1]), sys.argv[2] or None
clock = SystemClock()

def issue():
    with (folder / "issued.txt").open("a") as out:
        out.write(f"{os.getpid()}\\n")
    time.sleep(0.2)
    return Token(f"token-of-{os.getpid()}", clock.now() + timedelta(hours=24))

sys.stdin.read()
print(TokenStore(folder, "host", "1", clock).obtain(issue, failed).value)
"""


def test_eight_processes_issue_once(tmp_path: Path) -> None:
    failed = ""
    for round_number in (1, 2):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PROCESS, str(tmp_path), failed],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            for _ in range(8)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        values = {process.communicate(timeout=60)[0].strip() for process in processes}
        assert len(values) == 1
        assert len((tmp_path / "issued.txt").read_text().split()) == round_number
        failed = values.pop()
