"""What a job of cron has of the keys: they are tried in an environment as cron makes one.

A keyring opens in a desktop session and in nothing else, and a variable set in a shell is not
there at night. That is found here by trying it: in a process of its own, without a terminal, with
the few variables cron gives. What comes back says whether it worked, never what was got.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kiwoomctl.config import profiles, secrets
from kiwoomctl.errors import KiwoomctlError, Phrase, SignInError

PATIENCE: Final = 15.0
"""Seconds until a key that did not come counts as one that never does."""
_CHILD: Final = (
    "import sys; sys.path.append({root!r}); from kiwoomctl.config import cron; cron.main()"
)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a job of this user's crontab has."""
    name = environ.get("LOGNAME") or environ.get("USER") or ""
    given = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": name}
    if home := environ.get("HOME"):
        given["HOME"] = home
    return given


def ask(
    path: str, names: Sequence[str], environ: Mapping[str, str]
) -> dict[str, KiwoomctlError | None]:
    """Return for each profile what keeps a job of cron from its key, None for nothing.

    Args:
        path: of profiles.toml.
        names: whose keys to try.
        environ: of this process.
    """
    if not names:
        return {}
    root = str(Path(__file__).parent.parent.parent)
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", _CHILD.format(root=root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(environ),
        start_new_session=True,
    )
    asked = json.dumps({"path": str(Path(path).absolute()), "names": list(names)})
    with child:
        try:
            told, _none = child.communicate(asked.encode(), timeout=PATIENCE)
            found = json.loads(told)
            return {name: _read(found[name]) for name in names}
        except (subprocess.TimeoutExpired, ValueError, KeyError):
            return {name: _silent(name) for name in names}
        finally:
            # What a command of a secret started goes with it.
            if sys.platform != "win32" and child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def main() -> None:
    """Try the keys that stdin names, and write what came of it to stdout."""
    asked = json.load(sys.stdin)
    known = profiles.load(asked["path"]).profiles
    found: dict[str, Any] = {}

    def one(name: str) -> None:
        try:
            secrets.fetch(known[name], os.environ)
            found[name] = None
        except KiwoomctlError as error:
            found[name] = _written(error)

    # At once: each may take as long as its source may.
    tries = [threading.Thread(target=one, args=(name,), daemon=True) for name in asked["names"]]
    for thread in tries:
        thread.start()
    for thread in tries:
        thread.join()
    sys.stdout.write(json.dumps(found))


def _silent(name: str) -> SignInError:
    return SignInError(
        "profile {profile!r}: its key did not come within {seconds:.0f} s",
        code="secret_slow",
        profile=name,
        seconds=PATIENCE,
    )


def _written(error: KiwoomctlError) -> dict[str, Any]:
    return {
        "message": error.message,
        "hint": error.hint,
        "code": error.code,
        "values": {key: _plain(value) for key, value in error.values.items()},
    }


def _read(told: dict[str, Any] | None) -> KiwoomctlError | None:
    if told is None:
        return None
    values = {key: _phrase(value) for key, value in told["values"].items()}
    return SignInError(told["message"], hint=told["hint"], code=told["code"], **values)


def _plain(value: object) -> Any:
    if isinstance(value, Phrase):
        inner = {key: _plain(part) for key, part in value.values.items()}
        return {"template": value.template, "values": inner}
    return value if isinstance(value, int | float) else str(value)


def _phrase(told: Any) -> Any:
    if isinstance(told, dict):
        inner = {key: _phrase(part) for key, part in told["values"].items()}
        return Phrase(told["template"], **inner)
    return told
