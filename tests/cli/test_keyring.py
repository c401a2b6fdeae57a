"""The keyring source with a real gnome-keyring, on a D-Bus session of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Ran, Run, Serve, Served
from tests.cli.starter import Starter, Terminal

if TYPE_CHECKING:
    from secretstorage import Collection

REQUIRED = os.environ.get("KIWOOMCTL_TEST_KEYRING") == "required"
RUN_SESSION = shutil.which("dbus-run-session")
MISSING = [
    program
    for program in ("dbus-run-session", "gnome-keyring-daemon")
    if sys.platform != "linux" or shutil.which(program) is None
]
pytestmark = pytest.mark.skipif(
    bool(MISSING) and not REQUIRED, reason=f"there is no {' and no '.join(MISSING)} here"
)

FOLDERS = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run"}
KEY = "sim-001-appkey\nsim-001-secretkey\n"
PATIENCE = 30
OTHERS = "file, env, command or credential"

# A bus that starts no service by itself: nothing asks on the screen of whoever runs the tests.
BUS = """<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""
# Ends when its stdin does, which is at the latest when the process of the tests is gone; with
# it ends the bus, and the daemon with the bus.
SESSION = """
gnome-keyring-daemon --foreground --unlock --components=secrets <<'END' >&2 &
password of the keyring
END
echo "$! $DBUS_SESSION_BUS_ADDRESS"
cat >&2
kill -CONT $!
kill $!
wait
"""


@dataclass(frozen=True)
class Keyring:
    """A running gnome-keyring."""

    daemon: int
    """Its process id."""
    files: Path
    """Where it keeps its keyrings."""

    def collection(self) -> Collection:
        import secretstorage

        return secretstorage.get_default_collection(secretstorage.dbus_init())

    def items(self) -> dict[str, str]:
        """Return what is stored, by the name of the item."""
        collection = self.collection()
        with closing(collection.connection):
            return {
                item.get_attributes()["username"]: item.get_secret().decode()
                for item in collection.get_all_items()
            }

    def damage(self, text: str) -> None:
        """Put a text in the place of the only item's."""
        collection = self.collection()
        with closing(collection.connection):
            (item,) = collection.get_all_items()
            item.set_secret(text.encode())

    def lock(self) -> None:
        collection = self.collection()
        with closing(collection.connection):
            collection.lock()


@pytest.fixture
def keyring(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    """Run an unlocked keyring for this test."""
    if MISSING:
        pytest.fail(f"there is no {' and no '.join(MISSING)} here")
    for variable in ("KIWOOMCTL_CONFIG", "KIWOOMCTL_STATE_DIR", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(variable, raising=False)
    (own_home / ".config" / "kiwoomctl").mkdir(parents=True)
    # Paths of sockets may not be long, as those of pytest are.
    with tempfile.TemporaryDirectory(prefix="keyring-") as folder, _started(Path(folder)) as ready:
        daemon, address = ready
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        _wait_for_service(Path(folder) / "log")
        yield Keyring(daemon, Path(folder) / "data" / "keyrings")


@contextmanager
def _started(folder: Path) -> Iterator[tuple[int, str]]:
    """Start bus and daemon; give the daemon's process id and the address of the bus."""
    config, log = folder / "bus.conf", folder / "log"
    config.write_text(BUS.format(folder=folder), "utf-8")
    env = {"PATH": os.environ["PATH"]}
    for variable, below in FOLDERS.items():
        (folder / below).mkdir(mode=0o700)
        env[variable] = str(folder / below)
    with log.open("wb") as errors:
        session = subprocess.Popen(
            [RUN_SESSION or "", f"--config-file={config}", "--", "/bin/sh", "-c", SESSION],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=env,
            start_new_session=True,
        )
    with session:
        assert session.stdin is not None
        assert session.stdout is not None
        daemon = ""
        try:
            daemon, _space, address = session.stdout.readline().decode().strip().partition(" ")
            assert address, log.read_text("utf-8")
            yield int(daemon), address
        finally:
            try:
                session.communicate(timeout=PATIENCE)  # closes its stdin
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(session.pid, signal.SIGKILL)
    assert not _lives(int(daemon))


def _wait_for_service(log: Path) -> None:
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        deadline = time.monotonic() + PATIENCE
        while not secretstorage.check_service_availability(connection):
            if time.monotonic() > deadline:
                pytest.fail(f"gnome-keyring did not start: {log.read_text('utf-8')}")
            time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def configure(home: Path, served: Served, *names: str) -> None:
    """Write profiles whose keys are in the keyring."""
    path = home / ".config" / "kiwoomctl" / "profiles.toml"
    block = (
        '[profiles.{name}]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{url}"\n'
        'pace = "off"\nsecret = {{ source = "keyring" }}\n'
    )
    path.write_text("\n".join(block.format(name=n, url=served.url) for n in names), "utf-8")
    path.chmod(0o600)


@pytest.fixture
def served(serve: Serve, own_home: Path, keyring: Keyring) -> Served:
    """Serve an account whose profile ``mine`` keeps its key in the running keyring."""
    assert keyring
    served = serve(accounts=2)
    served.config.unlink()  # its keys stand in it
    configure(own_home, served, "mine")
    return served


def forget_tokens(home: Path) -> None:
    for path in (home / ".local" / "state" / "kiwoomctl").glob("*/tokens/*.json"):
        path.unlink()


def run_from_cron(home: Path, *words: str) -> tuple[Ran, float]:
    """Run kiwoomctl with the few variables cron gives; return how many seconds it took."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kiwoomctl", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={
            "HOME": str(home),
            "LOGNAME": "someone",
            "SHELL": "/bin/sh",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path.cwd()),
        },
    )
    seconds = time.monotonic() - started
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode()), seconds


def refuses(ran: Ran, *told: str) -> bool:
    """Tell whether a run ended with 4 and one line that says all this."""
    assert (ran.code, ran.out) == (4, ran.out), ran.err
    errors = [line for line in ran.err.splitlines() if "waiting" not in line]
    assert len(errors) == 1, ran.err
    assert errors[0].startswith("error: "), ran.err
    assert "sim-001" not in ran.err
    return all(text in errors[0] for text in told)


def test_login_puts_both_values_into_one_item(
    run: Run, keyring: Keyring, served: Served, own_home: Path
) -> None:
    assert refuses(run("cash"), "kiwoomctl login mine")
    assert run("login", "mine", "--stdin", stdin=KEY).code == 0
    (name,) = keyring.items()
    assert name == "kiwoom/sim/mine"
    assert json.loads(keyring.items()[name]) == {
        "appkey": "sim-001-appkey",
        "secretkey": "sim-001-secretkey",
    }
    kept = [path for folder in (own_home, keyring.files) for path in folder.rglob("*")]
    assert len(kept) > 5
    assert not any(b"sim-001-" in path.read_bytes() for path in kept if path.is_file())
    assert run("accounts", "-o", "json").document["data"][0]["token"] == "valid"
    assert served.state()["tokens_issued"] == 1


def test_another_process_reads_it_when_it_needs_a_token(
    run: Run, served: Served, own_home: Path
) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    assert run("cash").code == 0
    assert served.state()["tokens_issued"] == 1
    forget_tokens(own_home)
    ran = run("cash", "-v")
    assert ran.code == 0
    assert "au10001" in ran.err
    assert served.state()["tokens_issued"] == 2


def test_logout_removes_the_item(run: Run, keyring: Keyring, served: Served) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    assert run("logout", "mine", "--keep-secret").code == 0
    assert len(keyring.items()) == 1
    assert run("cash").code == 0
    assert run("logout", "mine").code == 0
    assert keyring.items() == {}
    assert refuses(run("cash"), "kiwoomctl login mine")
    assert served.state()["tokens_issued"] == 2


def test_each_profile_has_an_item_of_its_own(
    run: Run, keyring: Keyring, served: Served, own_home: Path
) -> None:
    configure(own_home, served, "mine", "yours")
    run("login", "mine", "--stdin", stdin=KEY)
    run("login", "yours", "--stdin", stdin=KEY.replace("001", "002"))
    assert set(keyring.items()) == {"kiwoom/sim/mine", "kiwoom/sim/yours"}
    ran = run("cash", "-o", "json")
    assert ran.code == 0
    assert [row["profile"] for row in ran.document["data"]] == ["mine", "yours"]


def test_a_new_key_takes_the_place_of_the_old_one(
    run: Run, keyring: Keyring, served: Served
) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    run("login", "mine", "--stdin", stdin=KEY)
    assert len(keyring.items()) == 1
    assert run("login", "mine", "--stdin", stdin="sim-001-appkey\nwrong\n").code == 4
    assert "wrong" not in keyring.items()["kiwoom/sim/mine"]
    assert served.state()["tokens_issued"] == 2


def test_cron_has_no_keyring_and_needs_none_while_a_token_lives(
    run: Run, served: Served, own_home: Path
) -> None:
    ran, seconds = run_from_cron(own_home, "cash")
    assert refuses(ran, "'mine'", "no system keyring", OTHERS)
    assert seconds < 5
    run("login", "mine", "--stdin", stdin=KEY)
    for words in ("cash",), ("positions",), ("summary", "-o", "json"), ("accounts", "--check"):
        ran, seconds = run_from_cron(own_home, *words)
        assert (ran.code, ran.err) == (0, ""), words
        assert seconds < 5
    assert served.state()["tokens_issued"] == 1
    forget_tokens(own_home)
    ran, seconds = run_from_cron(own_home, "cash")
    assert refuses(ran, "no system keyring", OTHERS)


def test_doctor_finds_by_day_what_cron_lacks_at_night(run: Run, served: Served) -> None:
    assert served
    run("login", "mine", "--stdin", stdin=KEY)
    ran = run("doctor", "-o", "json")
    assert ran.code == 0, ran.out
    found = {row["check"]: row for row in ran.document["data"]}
    assert found["secret"]["finding"].startswith("from keyring (SecretService 2")
    assert found["keyring"]["finding"].startswith("usable here: SecretService")
    assert (found["cron"]["status"], found["token"]["status"]) == ("warning", "ok")
    assert "there is no system keyring" in found["cron"]["finding"]
    assert found["cron"]["fix"].endswith("then: kiwoomctl login mine")


def test_a_dead_token_without_a_keyring_is_told(run: Run, served: Served, own_home: Path) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    served.control("kill_tokens")
    ran, _seconds = run_from_cron(own_home, "cash")
    assert refuses(ran, "no system keyring", OTHERS)
    assert run("cash").code == 0


def test_the_bus_may_be_gone(run: Run, served: Served, own_home: Path) -> None:
    assert served
    gone = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={own_home}/no-bus"}
    assert refuses(run("cash", env=gone), "no system keyring", OTHERS)
    ran = run("login", "mine", "--stdin", stdin=KEY, env=gone)
    assert ran.code == 4
    assert OTHERS in ran.err


def test_a_locked_keyring_is_told(run: Run, keyring: Keyring, served: Served) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    keyring.lock()
    assert run("cash").code == 0
    assert run("logout", "--keep-secret", "mine").code == 4
    served.control("kill_tokens")
    started = time.monotonic()
    assert refuses(run("cash"), "no usable keyring", OTHERS)
    assert time.monotonic() - started < 6


def test_a_silent_keyring_is_given_up_once(
    run: Run, keyring: Keyring, served: Served, own_home: Path
) -> None:
    configure(own_home, served, "mine", "yours")
    os.kill(keyring.daemon, signal.SIGSTOP)
    started = time.monotonic()
    ran = run("cash")
    seconds = time.monotonic() - started
    assert ran.code == 4
    assert [line for line in ran.err.splitlines() if "did not answer within 3 s" in line]
    assert seconds < 6


def test_a_damaged_item_is_told_and_mended_by_login(
    run: Run, keyring: Keyring, served: Served, own_home: Path
) -> None:
    run("login", "mine", "--stdin", stdin=KEY)
    for text in "", "sim-001-appkey", '{"appkey": "sim-001-appkey"}', "[[[":
        keyring.damage(text)
        forget_tokens(own_home)
        assert refuses(run("cash"), "damaged", "kiwoomctl login mine")
    assert run("login", "mine", "--stdin", stdin=KEY).code == 0
    assert run("cash").code == 0
    assert served.state()["tokens_issued"] == 2


def test_a_new_profile_is_all_in_place_or_not_at_all(
    run: Run, keyring: Keyring, served: Served, own_home: Path
) -> None:
    path = own_home / ".config" / "kiwoomctl" / "profiles.toml"
    before = path.read_bytes()
    words = ("--environment", "sim", "--url", served.url, "--source", "keyring", "--stdin")
    assert run("login", "new", *words, stdin="sim-002-appkey\nwrong\n").code == 4
    assert (keyring.items(), path.read_bytes()) == ({}, before)
    ran = run("login", "new", *words, stdin=KEY.replace("001", "002"))
    assert ran.code == 0, ran.err
    assert list(keyring.items()) == ["kiwoom/sim/new"]
    assert path.read_bytes().startswith(before)
    keyring.lock()
    issued = served.state()["tokens_issued"]
    # Found out before the key is asked for, and before a token is.
    ran = run("login", "late", *words, stdin=KEY)
    assert (ran.code, "--source file" in ran.err) == (4, True)
    assert b"late" not in path.read_bytes()
    assert served.state()["tokens_issued"] == issued


def test_a_working_keyring_is_offered_first(tmp_path: Path, keyring: Keyring) -> None:
    assert keyring
    person = Terminal.start(Starter.shared(), ["init"], dict(os.environ), tmp_path)
    for asked in ("broker [", "environment [", "owner: ", "profile name ["):
        person.until(asked)
        person.said = ""
        person.type("\n")
    person.until("keep the key in [keyring]: ")
    person.interrupt()
    code, _said = person.end()
    assert (code, keyring.items()) == (130, {})
