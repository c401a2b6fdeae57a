"""The token cache: one living token per app key and host, shared by all processes.

Purpose: a broker may kill the old token when a new one is issued, so there is
one cache file, and only its holder of the lock asks for a new token.

Invariants:

- Issuing happens under the lock of the key, and only when the stored token is
  not usable or is the very one that failed: twenty processes issue once.
- Nothing is issued that could not be stored: a token only this process knows
  would leave all others with a dead one.
- The cache is a cache: a damaged file counts as none. It is 0600 and whole.
- Values of tokens appear in no repr and no message.
"""

from __future__ import annotations

import contextlib
import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

from kiwoomctl import errors, files
from kiwoomctl.domain.clock import KST
from kiwoomctl.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiwoomctl.domain.clock import Clock

_EARLY: Final = timedelta(minutes=10)
_LOCK_WAIT_S: Final = 60.0
_REPLACED_WITHIN: Final = timedelta(minutes=10)
_REPLACED_TIMES: Final = 3
_PROBE_SIZE: Final = 4096  # above any record, so that a full disk shows before issuing

TokenStatus = Literal["valid", "expired", "none"]


class _Token(NamedTuple):
    value: str
    expires_at: datetime


class Token(_Token):
    """An access token and when it ends.

    ``value``: the secret, absent from repr. ``expires_at``: aware, KST.
    """

    __slots__ = ()

    def __new__(cls, value: str, expires_at: datetime) -> Self:
        """Make it; raises ValueError for a time without a zone."""
        if expires_at.tzinfo is None:
            raise ValueError("expires_at has no time zone")
        return super().__new__(cls, value, expires_at.astimezone(KST))

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at!r})"


class TokenLook(NamedTuple):
    """How the cache of a key's token stands."""

    state: Literal["valid", "expired", "none", "damaged"]
    expires_at: datetime | None = None
    issued_at: datetime | None = None
    """None without a token, as above."""
    replaced: int = 0
    """How often a dead token had to be replaced in the last 10 minutes."""


class _Record(NamedTuple):
    """The cache file. ``renewals``: when a token had to be replaced because it was dead."""

    token: Token
    issued_at: datetime
    renewals: tuple[datetime, ...]

    def usable(self, now: datetime) -> bool:
        """Say whether the token has enough life left to start a command with it.

        A broker may answer a renewal with the same token; so a token that was
        already short when issued is used up to half of that, instead of asking
        again at every call of its last ten minutes.
        """
        life = self.token.expires_at - self.issued_at
        return self.token.expires_at - now >= max(timedelta(seconds=1), min(_EARLY, life / 2))


class TokenStore:
    """The cached token of one app key at one host."""

    def __init__(self, folder: Path, host: str, key_id: str, clock: Clock) -> None:
        """Prepare; nothing is read or made yet.

        Args:
            folder: Private folder of the tokens, made when missing.
            host: The broker's host name, with a port if it has one.
            key_id: Hash of the app key, letters, digits, ``-`` and ``_``.
            clock: The wall time, in KST.

        Raises:
            ValueError: key_id is not such a hash.
        """
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", key_id):
            raise ValueError("key_id is not a hash")
        name = f"token-{re.sub(r'[^0-9a-z.-]', '_', host.lower())}-{key_id}"
        self._path = folder / f"{name}.json"
        self._lock_path = folder / f"{name}.lock"
        self._host = host
        self._key_id = key_id
        self._clock = clock

    def cached(self) -> Token | None:
        """Return the stored token if it has at least 10 minutes left, without any lock.

        A token that was issued with less than 20 minutes is returned for the first
        half of its life.

        Raises:
            StateError: The cache file is there but may not be read.
        """
        record = self._read()
        return record.token if record and record.usable(self._clock.now()) else None

    def younger(self, span: timedelta) -> Token | None:
        """Return the stored token if it is usable and was issued within that time, unlocked.

        Raises:
            StateError: The cache file is there but may not be read.
        """
        record = self._read()
        now = self._clock.now()
        if record is None or not record.usable(now):
            return None
        return record.token if timedelta(0) <= now - record.issued_at < span else None

    def obtain(
        self, issue: Callable[[], Token], failed: str | None = None, *, force: bool = False
    ) -> Token:
        """Return a usable token; issue one only if nobody else just did.

        Args:
            issue: Asks the broker for a token; called at most once, under the lock.
            failed: The value the broker just called dead; None when no token was at hand.
            force: Issue in any case, because a person wants the key proven or the token renewed.

        Raises:
            Busy: Another process renews for longer than 60 s.
            StateError: The token could not be stored; nothing was issued.
            SignInError: ``key_shared``: the third dead token within 10 minutes.
        """
        files.ensure_folder(self._path.parent)
        with FileLock(self._lock_path).hold(
            _LOCK_WAIT_S, errors.Phrase("the token of {host}", host=self._host)
        ):
            record = self._read()
            now = self._clock.now()
            renewals = record.renewals if record else ()
            if not force:
                if record and record.token.value != failed and record.usable(now):
                    return record.token
                renewals = self._renewals(record, failed, now)
            # What is stored is written once more, in full length, to see that it can be.
            self._write(record)
            token = issue()
            self._write(_Record(token, self._clock.now(), renewals))
            return token

    def status(self) -> tuple[TokenStatus, datetime | None]:
        """Return whether a token is stored, and when it ends (None without one).

        Raises:
            StateError: The cache file is there but may not be read.
        """
        record = self._read()
        if record is None:
            return "none", None
        expires_at = record.token.expires_at
        return ("valid" if self._clock.now() < expires_at else "expired"), expires_at

    def look(self) -> TokenLook:
        """Return how the cache stands, more exactly than ``status``, without any lock.

        Raises:
            StateError: The cache file is there but may not be read.
        """
        record, now = self._read(), self._clock.now()
        if record is None:
            return TokenLook("damaged" if self._is_damaged() else "none")
        return TokenLook(
            "valid" if now < record.token.expires_at else "expired",
            record.token.expires_at,
            record.issued_at,
            sum(now - _REPLACED_WITHIN < at <= now for at in record.renewals),
        )

    def forget(self) -> None:
        """Remove the stored token, if there is one; the broker is not told.

        Raises:
            Busy: Another process renews it for longer than 60 s.
            StateError: The cache file cannot be removed.
        """
        files.ensure_folder(self._path.parent)
        with FileLock(self._lock_path).hold(
            _LOCK_WAIT_S, errors.Phrase("the token of {host}", host=self._host)
        ):
            try:
                self._path.unlink(missing_ok=True)
            except OSError as exc:
                raise files.unwritable(self._path, exc) from exc

    def _renewals(
        self, record: _Record | None, failed: str | None, now: datetime
    ) -> tuple[datetime, ...]:
        """Return the recent renewals of dead tokens, with this one if it is one.

        Raises:
            SignInError: It is one too many.
        """
        if record is None:
            return ()
        recent = tuple(at for at in record.renewals if now - _REPLACED_WITHIN < at <= now)
        # A token that came to its end is no sign of somebody else.
        if record.token.value != failed or now >= record.token.expires_at:
            return recent
        if len(recent) + 1 >= _REPLACED_TIMES:
            # Renewing once more would only kill the other program's token in turn.
            raise errors.SignInError(
                "another program uses this key",
                code="key_shared",
                hint="the token was replaced {times} times within 10 minutes; stop the other "
                "program or give it an app key of its own",
                times=_REPLACED_TIMES,
            )
        return (*recent, now)

    def _read(self) -> _Record | None:
        try:
            text = files.read_private(self._path)
        except errors.StateError as exc:
            if isinstance(exc.__cause__, UnicodeDecodeError):
                return None
            raise
        if text is None:
            return None
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            content = json.loads(text)
            value = content["token"]
            mine = content["host"] == self._host and content["key_id"] == self._key_id
            if mine and isinstance(value, str) and value:
                return _Record(
                    Token(value, _moment(content["expires_at"])),
                    _moment(content["issued_at"]),
                    tuple(_moment(at) for at in content["renewals"]),
                )
        return None

    def _is_damaged(self) -> bool:
        """Tell whether the file that holds no token is not one without any, as made by us."""
        try:
            content = json.loads(self._path.read_bytes())
            return content["token"] is not None
        except FileNotFoundError:
            return False
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return True

    def _write(self, record: _Record | None) -> None:
        content = {
            "token": record.token.value if record else None,
            "expires_at": record.token.expires_at.isoformat() if record else None,
            "issued_at": record.issued_at.isoformat() if record else None,
            "host": self._host,
            "key_id": self._key_id,
            "renewals": [at.isoformat() for at in record.renewals] if record else [],
        }
        files.write_private(self._path, json.dumps(content).ljust(_PROBE_SIZE) + "\n")


def _moment(text: str) -> datetime:
    """Parse an aware time.

    Raises:
        ValueError: It is none, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment
