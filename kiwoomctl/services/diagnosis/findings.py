"""What a check ends as: a Finding. A check that cannot be made is one too, never silence.

No finding holds a secret or a whole account number. What is not ok says what to do.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from kiwoomctl.errors import KiwoomctlError, Phrase, combined_exit_code
from kiwoomctl.services.accounts import RecordedAccount

Status = Literal["ok", "warning", "failed"]
CONFIG_EXIT: Final = 8
SIGN_IN_EXIT: Final = 4
SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "config": ("config",),
    "files": ("state", "permissions", "storage", "disk", "leftovers", "locks"),
    "records": ("ledger", "integrity", "schema", "invariants", "history"),
    "accounts": ("account", "secret", "cron", "token", "rate", "clock"),
    "machine": ("versions", "sqlite", "keyring", "terminal"),
}
"""Which checks belong together, in the order they are told."""
_SUBJECT_OF: Final = {check: name for name, checks in SUBJECTS.items() for check in checks}

NumberState = Literal["proven", "open", "differs", "other_key", "unsure"]
"""open: never proven; differs: profiles.toml says another one; other_key: proven for another;
unsure: proven, but the key that it would be compared with cannot be had."""


class Finding(NamedTuple):
    """One check: what was looked at, how it is, what to do."""

    check: str
    profile: str | None
    """None for what concerns no single account."""
    status: Status
    finding: Phrase
    fix: Phrase | None = None
    """What to do; None where all is well."""
    exit_code: int = 0
    """What a failed check means for commands; 0 otherwise."""

    @property
    def subject(self) -> str:
        """What the check is about."""
        return _SUBJECT_OF[self.check]


class RateState(NamedTuple):
    """What this machine remembers of an app key's rate limit, requests per second."""

    kind: Literal["query", "order"]
    total: float
    reduced: dict[str, float]
    """Api-ids that may be asked less often after refusals."""
    last_refusal: dict[str, str] | None
    """``api_id`` and ``at`` of the last refusal; None where none is remembered."""
    reserved: int
    """Slots that are still to come: requests that wait right now."""
    damaged: bool
    """Whether nothing that is remembered makes sense."""


class TokenState(NamedTuple):
    """How the cached token of a key stands; times are None without one."""

    state: Literal["valid", "expired", "none", "damaged"]
    expires_at: datetime | None = None
    issued_at: datetime | None = None
    replaced: int = 0
    """How often a dead one had to be replaced in the last 10 minutes."""


class CronView(NamedTuple):
    """What the jobs of this user's crontab have."""

    config: str
    """The profiles.toml they read."""
    state: Path
    """The state folder they use."""
    keys: Mapping[str, KiwoomctlError | None]
    """What keeps them from the key of a profile; None for nothing."""


class Inspectable(RecordedAccount, Protocol):
    """An account whose parts can be tried one by one."""

    @property
    def is_embedded(self) -> bool:
        """Whether its broker is the simulator in this process."""

    @property
    def source(self) -> str:
        """Where the key comes from, as profiles.toml has it."""

    @property
    def hears_orders(self) -> bool:
        """Whether what its house wants for notices of orders is written down."""

    def secret_place(self) -> str:
        """Return the source with what stands behind it, for people: never what it holds."""

    def probe_secret(self) -> None:
        """Fetch the key once from its source; raises SignInError."""

    def number_state(self) -> tuple[NumberState, str | None]:
        """Return how far the number is proven, and the number, masked; raises StateError."""

    def token_state(self) -> TokenState:
        """Return how the cached token stands, without network; raises StateError."""

    def rates(self) -> list[RateState]:
        """Return what is remembered of the rate limits; empty where nothing is paced."""

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's clock is ahead; raises Unavailable."""


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0, 4 where a sign-in failed, 8 where config or state did."""
    codes = [finding.exit_code for finding in findings if finding.status == "failed"]
    return combined_exit_code(codes, succeeded=0)


def failure(
    check: str, profile: str | None, error: KiwoomctlError, code: int, fix: Phrase | None = None
) -> Finding:
    """Return the finding of a check that ended in an error.

    Args:
        check: its word.
        profile: whose it is.
        error: what it ended in.
        code: 4 or 8.
        fix: what to do where the error itself does not say it.
    """
    return Finding(check, profile, "failed", told(error), hint(error) or fix, code)


def warning(
    check: str, profile: str | None, error: KiwoomctlError, fix: Phrase | None = None
) -> Finding:
    """Return the finding of an error that keeps nothing from working."""
    return Finding(check, profile, "warning", told(error), hint(error) or fix)


def told(error: KiwoomctlError) -> Phrase:
    """Return what an error says."""
    return Phrase(error.message, **error.values)


def hint(error: KiwoomctlError) -> Phrase | None:
    """Return what an error advises, None for nothing."""
    return Phrase(error.hint, **error.values) if error.hint else None


def quoted(path: str | Path) -> str:
    """Return a path as a word of a shell's command line."""
    return shlex.quote(str(path))


def file_instead(profile: str) -> Phrase:
    """Return how a profile's key gets to where jobs without a desktop session find it."""
    path = f"~/.config/kiwoomctl/{profile}.key"
    return Phrase(
        "write {line} into [profiles.{name}], then: kiwoomctl login {name}",
        line=f'secret = {{ source = "file", path = "{path}" }}',
        name=profile,
    )
