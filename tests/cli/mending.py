"""Doing what ``doctor`` advises: its commands are run as a person would, word for word."""

from __future__ import annotations

import shlex
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.cli.conftest import Ran, Run


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give a folder on the disk: the others may be in memory, which doctor warns of."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def rows(ran: Ran, check: str) -> list[dict[str, Any]]:
    """Return the findings of a check."""
    return [row for row in ran.document["data"] if row["check"] == check]


def wrong(ran: Ran, *, but: str = "cron") -> list[tuple[str, str | None, str]]:
    """Return check, account and status of what is not well; every one of it says what to do.

    The variables of the tests are set in their shell only, which is what ``cron`` warns of.
    """
    found = [row for row in ran.document["data"] if row["status"] != "ok"]
    assert all(row["fix"] for row in found), found
    return [(r["check"], r["profile"], r["status"]) for r in found if r["check"] != but]


def mend(run: Run, fix: str, **more: Any) -> Ran:
    """Run what is advised: a command of ours, or of the shell."""
    command = fix.rpartition("kiwoomctl ")
    if command[1]:
        return run(*shlex.split(command[2]), **more)
    done = subprocess.run(["/bin/sh", "-ec", fix], capture_output=True, timeout=10, check=False)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def healthy(home: Path) -> None:
    """Let the places of config and state be those that cron's jobs find by themselves."""
    for there, name, here in (
        (".config/kiwoomctl", "profiles.toml", home / "profiles.toml"),
        (".local/state", "kiwoomctl", home / "state"),
    ):
        (home / there).mkdir(parents=True)
        (home / there / name).symlink_to(here)


def everything(folder: Path) -> Mapping[str, tuple[int, int, bytes]]:
    """Return mode, time and content of all there is below a folder."""
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found
