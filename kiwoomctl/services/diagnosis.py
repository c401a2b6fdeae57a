"""What is wrong on this machine, and the command that mends it; nothing is changed.

Each check ends as a Finding. A check that cannot be made is a finding too, never silence.
No finding holds a secret.
"""

from __future__ import annotations

import os
import platform
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from kiwoomctl import __version__
from kiwoomctl.errors import (
    Busy,
    ConfigError,
    KiwoomctlError,
    Phrase,
    Unavailable,
    combined_exit_code,
)
from kiwoomctl.services.accounts import JournaledAccount, RateState

Status = Literal["ok", "warning", "failed"]
CLOCK_TOLERANCE = 5.0
"""Seconds the server's clock may differ; its Date header has whole seconds only."""
_CONFIG_EXIT = 8
_SIGN_IN_EXIT = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it is, what to do."""

    check: str
    profile: str | None
    """None for what concerns no single account."""
    status: Status
    finding: Phrase
    fix: Phrase | None = None
    exit_code: int = 0
    """What a failed check means for commands; 0 otherwise."""


class Inspectable(JournaledAccount, Protocol):
    """An account whose parts can be tried one by one."""

    def secret_source(self) -> str:
        """Return where the key comes from, for people."""

    def probe_secret(self) -> None:
        """Fetch the key once from its source; raises SignInError."""

    def rate_state(self) -> RateState | None:
        """Return what is remembered of the rate limit; None where nothing is paced."""

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's clock is ahead; raises Unavailable."""


def diagnose(
    config_path: str,
    state_folder: Path,
    accounts: Callable[[], Sequence[Inspectable]],
    now: datetime,
) -> list[Finding]:
    """Return all findings, the general ones first.

    Args:
        config_path: where profiles.toml should be.
        state_folder: where state is kept; it need not exist.
        accounts: gives the enabled accounts; may raise ConfigError.
        now: this machine's time.

    Raises:
        UsageError: the choice of accounts is wrong.
    """
    from kiwoomctl.services import ledger_checks

    findings = [_versions(), *_state(state_folder)]
    try:
        chosen = accounts()
    except ConfigError as error:
        return [*findings, failure("config", None, error, _CONFIG_EXIT)]
    findings += _config(config_path, len(chosen))
    findings += ledger_checks.findings(chosen, now)
    for account in chosen:
        findings += _account(account)
    return findings


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0, 4 where a sign-in failed, 8 where config or state did."""
    codes = [finding.exit_code for finding in findings if finding.status == "failed"]
    return combined_exit_code(codes, succeeded=0)


def _versions() -> Finding:
    return Finding(
        "versions",
        None,
        "ok",
        Phrase(
            "kiwoomctl {version}, Python {python}, {system}",
            version=__version__,
            python=platform.python_version(),
            system=f"{platform.system()} {platform.release()}",
        ),
    )


def _config(path: str, count: int) -> Iterator[Finding]:
    told = Phrase("{path}, profiles looked at: {count}", path=path, count=count)
    yield Finding("config", None, "ok", told)
    if os.name == "posix" and Path(path).is_file():
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding(
                "permissions",
                None,
                "warning",
                Phrase("{path} can be read by other users", path=path),
                Phrase("chmod 600 {path}", path=path),
            )


def _state(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding("state", None, "ok", Phrase("{path} is not there yet", path=folder))
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            "state",
            None,
            "failed",
            Phrase("{path} cannot be written", path=folder),
            Phrase("chmod 700 {path}", path=folder),
            _CONFIG_EXIT,
        )
        return
    yield Finding("state", None, "ok", Phrase("{path} can be written", path=folder))
    wide = [path for path in (folder, *folder.rglob("*")) if _is_wide(path)]
    if wide:
        yield Finding(
            "permissions",
            None,
            "warning",
            Phrase(
                "{count} of its files are open to other users, such as {path}",
                count=len(wide),
                path=wide[0],
            ),
            Phrase("chmod -R go= {path}", path=folder),
        )
    else:
        yield Finding("permissions", None, "ok", Phrase("only you can read what is kept there"))


def _is_wide(path: Path) -> bool:
    if os.name != "posix":
        return False
    return bool(path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)) and not path.is_symlink()


def _account(account: Inspectable) -> Iterator[Finding]:
    started = time.monotonic()
    try:
        account.probe_secret()
    except KiwoomctlError as error:
        yield failure("secret", account.name, error, _SIGN_IN_EXIT)
        yield _token(account)
        yield Finding("clock", account.name, "warning", Phrase("not asked, for want of a key"))
    else:
        yield Finding(
            "secret",
            account.name,
            "ok",
            Phrase(
                "from {source} in {milliseconds} ms",
                source=account.secret_source(),
                milliseconds=round((time.monotonic() - started) * 1000),
            ),
        )
        yield _token(account)
        yield from _rate(account)
        yield _clock(account)


def _token(account: Inspectable) -> Finding:
    try:
        state, expires_at = account.token_status()
    except KiwoomctlError as error:
        return failure("token", account.name, error, _CONFIG_EXIT)
    if state == "valid":
        told = Phrase("valid until {time:%Y-%m-%d %H:%M}", time=expires_at)
    else:
        told = Phrase("none is cached; the next command asks for one")
    return Finding("token", account.name, "ok", told)


def _rate(account: Inspectable) -> Iterator[Finding]:
    try:
        state = account.rate_state()
    except KiwoomctlError as error:
        yield failure("rate", account.name, error, _CONFIG_EXIT)
        return
    if state is None:
        return
    if state.reduced:
        slowed = ", ".join(f"{api_id} {limit:g}/s" for api_id, limit in state.reduced.items())
        yield Finding(
            "rate",
            account.name,
            "warning",
            Phrase("the broker refused the rate; slowed down: {slowed}", slowed=slowed),
            Phrase("none needed: it rises again by itself; run fewer programs on this key"),
        )
    else:
        yield Finding(
            "rate", account.name, "ok", Phrase("{total:g} requests a second", total=state.total)
        )


def _clock(account: Inspectable) -> Finding:
    try:
        offset = account.clock_offset()
    except (Unavailable, Busy) as error:
        # Not being reachable is no fault of this machine's files or keys.
        return Finding("clock", account.name, "warning", _told(error), _hint(error))
    except KiwoomctlError as error:
        return failure("clock", account.name, error, error.exit_code)
    if offset is None:
        return Finding("clock", account.name, "warning", Phrase("the server sends no time"))
    if account.environment == "sim":
        told = Phrase("the simulator's own, {seconds:+.0f} s from this machine's", seconds=offset)
        return Finding("clock", account.name, "ok", told)
    if abs(offset) > CLOCK_TOLERANCE:
        return Finding(
            "clock",
            account.name,
            "warning",
            Phrase("the server's clock is {seconds:+.0f} s from this machine's", seconds=offset),
            Phrase("let the system set the time (NTP)"),
        )
    return Finding("clock", account.name, "ok", Phrase("as the server's"))


def failure(check: str, profile: str | None, error: KiwoomctlError, code: int) -> Finding:
    """Return the finding of a check that ended in an error."""
    return Finding(check, profile, "failed", _told(error), _hint(error), code)


def _told(error: KiwoomctlError) -> Phrase:
    return Phrase(error.message, **error.values)


def _hint(error: KiwoomctlError) -> Phrase | None:
    return Phrase(error.hint, **error.values) if error.hint else None
