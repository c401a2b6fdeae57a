"""What a job of cron would lack, found before its first silent night."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from kiwoomctl.errors import KiwoomctlError, Phrase
from kiwoomctl.services.diagnosis.findings import (
    CronView,
    Finding,
    Inspectable,
    file_instead,
    quoted,
    told,
)

_CONFIG: Final = ("KIWOOMCTL_CONFIG", "XDG_CONFIG_HOME")
_STATE: Final = ("KIWOOMCTL_STATE_DIR", "XDG_STATE_HOME")
_UNTRIED: Final = frozenset({"inline", "credential"})
"""Sources that hang on no session: what stands in the file, and what systemd gives its units."""


def tried(accounts: Sequence[Inspectable]) -> list[str]:
    """Return the profiles whose key has to be tried as cron would."""
    return [account.name for account in accounts if account.source not in _UNTRIED]


def findings(
    view: CronView,
    config: str,
    state: Path,
    accounts: Sequence[Inspectable],
    environ: Mapping[str, str],
) -> Iterator[Finding]:
    """Compare what cron's jobs have with what this command has.

    Args:
        view: what they have.
        config: the profiles.toml of this command.
        state: its state folder.
        accounts: those whose key this command could get.
        environ: its variables.
    """
    yield from _place(_CONFIG, config, view.config, environ)
    yield from _place(_STATE, str(state), str(view.state), environ)
    for account in accounts:
        if account.name in view.keys:
            yield _key(account, view.keys[account.name])


def _place(
    variables: Sequence[str], here: str, there: str, environ: Mapping[str, str]
) -> Iterator[Finding]:
    if os.path.realpath(here) == os.path.realpath(there):
        return
    name = next((name for name in variables if environ.get(name)), variables[0])
    yield Finding(
        "cron",
        None,
        "warning",
        Phrase(
            "{name} is set in this shell only: jobs of cron use {path} instead",
            name=name,
            path=there,
        ),
        Phrase("(echo {line}; crontab -l) | crontab -", line=quoted(f"{name}={environ.get(name)}")),
    )


def _key(account: Inspectable, error: KiwoomctlError | None) -> Finding:
    if error is None:
        text = Phrase("jobs of cron get its key too")
        return Finding("cron", account.name, "ok", text)
    return Finding(
        "cron",
        account.name,
        "warning",
        Phrase("jobs of cron do not get its key: {reason}", reason=told(error)),
        file_instead(account.name),
    )
