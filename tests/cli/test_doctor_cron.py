"""``doctor`` and cron: what its jobs would lack at night is found by day, and mended as told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiwoomctl.config import cron
from tests.cli import mending
from tests.cli.conftest import Ran, Run, Serve
from tests.cli.mending import mend, rows, wrong
from tests.cli.starter import wait_until

tmp_path = mending.tmp_path
"""The fixture of a folder on the disk."""

PAIR = "sim-001-appkey\nsim-001-secretkey\n"
# Gives the key where there is a desktop session, as a keyring does.
SCRIPT = """#!/bin/sh
[ -n "$DISPLAY" ] || exit 3
echo sim-001-appkey
echo sim-001-secretkey
"""


def profile(name: str, url: str, secret: str) -> str:
    return (
        f'[profiles.{name}]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{url}"\n'
        f"secret = {secret}\n"
    )


@pytest.fixture
def at_home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use the folders that cron's jobs use; return the one of profiles.toml."""
    for variable in "KIWOOMCTL_CONFIG", "KIWOOMCTL_STATE_DIR":
        monkeypatch.delenv(variable)
    folder = own_home / ".config" / "kiwoomctl"
    folder.mkdir(parents=True)
    return folder


def doctor(run: Run, **env: str) -> Ran:
    return run("doctor", "-o", "json", env=env)


def test_a_key_that_only_this_session_has(run: Run, serve: Serve, at_home: Path) -> None:
    url = serve(accounts=1).url
    script, kept = at_home / "key.sh", at_home / "kept.key"
    script.write_text(SCRIPT, "utf-8")
    script.chmod(0o700)
    kept.write_text("other-appkey\nother-secretkey\n", "utf-8")
    kept.chmod(0o600)
    config = at_home / "profiles.toml"
    config.write_text(
        profile("script", url, f'{{ source = "command", argv = ["{script}"] }}')
        + profile("shell", url, '{ source = "env" }')
        + profile("filed", url, '{ source = "file", path = "~/.config/kiwoomctl/kept.key" }'),
        "utf-8",
    )
    config.chmod(0o600)
    here = {
        "DISPLAY": ":0",
        "KIWOOMCTL_SHELL_APPKEY": "third-appkey",
        "KIWOOMCTL_SHELL_SECRETKEY": "third-secretkey",
    }
    ran = doctor(run, **here)
    assert ran.code == 0, ran.out
    assert {row["profile"]: row["status"] for row in rows(ran, "secret")} == dict.fromkeys(
        ("script", "shell", "filed"), "ok"
    )
    assert wrong(ran, but="") == [("cron", "script", "warning"), ("cron", "shell", "warning")]
    assert f"{script} ended with 3" in rows(ran, "cron")[0]["finding"]
    assert "KIWOOMCTL_SHELL_APPKEY is not set" in rows(ran, "cron")[1]["finding"]
    assert "appkey" not in ran.out.replace("SHELL_APPKEY", "")
    # Done as it is told, in both steps.
    fix = rows(ran, "cron")[0]["fix"]
    line = fix.partition("write ")[2].partition(" into [profiles.script]")[0]
    text = config.read_text("utf-8").splitlines()
    text = [line if str(script) in old else old for old in text]
    config.write_text("\n".join(text), "utf-8")
    words = fix.rpartition("kiwoomctl ")[2].split()
    assert run(*words, "--stdin", stdin=PAIR).code == 0
    ran = doctor(run, **here)
    assert wrong(ran, but="") == [("cron", "shell", "warning")]


def test_places_that_only_this_shell_knows(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=1)
    ran = run("doctor", "-o", "json")
    assert wrong(ran) == []
    found = rows(ran, "cron")
    assert [row["finding"].split()[0] for row in found] == [
        "KIWOOMCTL_CONFIG",
        "KIWOOMCTL_STATE_DIR",
    ]
    # A crontab that keeps its lines in a file.
    kept, program = own_home / "crontab.txt", own_home / "bin" / "crontab"
    kept.write_text("MAILTO=me\n", "utf-8")
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = -l ]; then cat "{kept}"; else cat > "{kept}.new"; fi\n', "utf-8"
    )
    program.chmod(0o700)
    os.environ["PATH"], old = f"{program.parent}:{os.environ['PATH']}", os.environ["PATH"]
    try:
        for row in found:
            assert mend(run, row["fix"].replace("kiwoomctl ", "kiwoomctl_")).code == 0
            kept.with_name("crontab.txt.new").rename(kept)
    finally:
        os.environ["PATH"] = old
    assert kept.read_text("utf-8").splitlines() == [
        f"KIWOOMCTL_STATE_DIR={own_home}/state",
        f"KIWOOMCTL_CONFIG={own_home}/profiles.toml",
        "MAILTO=me",
    ]


def test_a_source_that_never_answers_is_not_waited_for(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cron, "PATIENCE", 0.7)
    script, pid = at_home / "key.sh", at_home / "pid"
    script.write_text(f'#!/bin/sh\necho $$ > "{pid}"\nexec sleep 60\n', "utf-8")
    script.chmod(0o700)
    config = at_home / "profiles.toml"
    secret = f'{{ source = "command", argv = ["{script}"] }}'
    config.write_text(profile("slow", "http://127.0.0.1:9", secret), "utf-8")
    found = cron.ask(str(config), ["slow"], os.environ)["slow"]
    assert found is not None
    assert (found.code, found.values["profile"]) == ("secret_slow", "slow")
    # What the source started is gone with it.
    state = Path(f"/proc/{pid.read_text('utf-8').strip()}/stat")

    def is_gone() -> bool:
        try:
            return state.read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    # A process that was killed ends when it has its turn.
    wait_until(is_gone)


def test_what_a_job_of_cron_has() -> None:
    given = {"HOME": "/home/me", "LOGNAME": "me", "DISPLAY": ":0", "KIWOOMCTL_CONFIG": "x"}
    assert cron.environment(given) == {
        "HOME": "/home/me",
        "LOGNAME": "me",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }
