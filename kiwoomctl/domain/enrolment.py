"""An account that a person wants to add: what its block in profiles.toml is to say."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.errors import UsageError, nearest

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import ProfileName
    from kiwoomctl.domain.portfolio import Environment

SOURCES: Final = ("keyring", "file", "command", "credential", "env", "inline")
FIRST_NAMES: Final = ("general", "isa", "pension")
"""Names that are offered, in turn, while they are free."""


class KeySource(NamedTuple):
    """Where a key is to be kept, or comes from."""

    kind: str
    """One of SOURCES."""
    value: str = ""
    """The path of a file, the words of a command, the name of a credential; "" for none."""

    @classmethod
    def parse(cls, text: str) -> KeySource:
        """Read ``KIND`` or ``KIND:VALUE``.

        Raises:
            UsageError: it is no such source, or lacks what its kind needs.
        """
        kind, _colon, value = text.partition(":")
        value = value.strip()
        if kind not in SOURCES:
            hint, near = nearest(kind, SOURCES)
            raise UsageError(
                "--source {value!r} is not a choice",
                hint=hint,
                code="choice",
                value=text,
                near=near,
            )
        if value and kind in {"keyring", "env", "inline"}:
            raise UsageError(
                "--source {value!r} is not a choice",
                hint="write --source {kind}",
                code="choice",
                value=text,
                kind=kind,
            )
        source = cls(kind, value)
        if kind == "credential" and not value:
            raise UsageError(
                "--source credential names no credential",
                hint="write --source credential:NAME",
                code="choice",
            )
        if kind == "command" and not source.argv:
            raise UsageError(
                "--source command names no command",
                hint='write --source "command:/usr/bin/pass show NAME"',
                code="choice",
            )
        return source

    @property
    def argv(self) -> tuple[str, ...]:
        """The words of a command; raises UsageError where a quote is not closed."""
        try:
            return tuple(shlex.split(self.value))
        except ValueError:
            raise UsageError(
                "--source {value!r} is not a choice",
                hint="a quotation mark in it is not closed",
                code="choice",
                value=f"{self.kind}:{self.value}",
            ) from None

    def __str__(self) -> str:
        """Return the text it is read from."""
        return f"{self.kind}:{self.value}" if self.value else self.kind


class NewProfile(NamedTuple):
    """A profile that profiles.toml does not have yet."""

    name: ProfileName
    broker: str
    environment: Environment
    source: KeySource
    owner: str | None = None
    account: str | None = None
    """As a person writes it, with its dash; None where the key alone tells."""
    hts_id: str | None = None
    url: str | None = None
    key: tuple[str, str] | None = None
    """App key and secret key for the block itself; None for every other source."""

    def __repr__(self) -> str:
        return f"NewProfile({str(self.name)!r})"

    @property
    def takes_key(self) -> bool:
        """Whether a person has to give the key: its source does not have it yet."""
        return self.source.kind in {"keyring", "file", "inline"}

    def words(self, usual_broker: str) -> tuple[str, ...]:
        """Return what stands after ``kiwoomctl login`` to add the same profile.

        Args:
            usual_broker: the one that login takes where none is named.
        """
        told = {
            "--broker": self.broker if self.broker != usual_broker else None,
            "--account": self.account,
            "--hts-id": self.hts_id,
            "--owner": self.owner,
            "--url": self.url,
            "--source": str(self.source) if str(self.source) != self.usual_source else None,
        }
        more = [part for option, value in told.items() if value for part in (option, value)]
        return (str(self.name), "--environment", self.environment, *more)

    @property
    def usual_source(self) -> str:
        """Where the key is kept when nothing is said: a simulator's is no secret."""
        return usual_source(self.environment)


def usual_source(environment: str) -> str:
    """Return where a key of this environment is kept when nothing is said."""
    return "inline" if environment == "sim" else "keyring"


def free_name(
    taken: frozenset[str], names: tuple[str, ...] = FIRST_NAMES, then: str = "account"
) -> str:
    """Return the first of these names that no profile has yet, else ``then`` with a number."""
    further = (f"{then}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*names, *further) if name not in taken)
