"""The tokens a simulated server has given out, whichever wire speaks of them.

A token lives 24 simulated hours and belongs to one app key. How it is asked for, what it looks
like and what is said of a dead one is each wire's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from kiwoomctl.errors import UsageError

LIFETIME: Final = timedelta(seconds=86_400)
REISSUES: Final = ("supersede", "same")


class Token(NamedTuple):
    """One live token."""

    text: str
    appkey: str
    expires_at: datetime

    @property
    def issued_at(self) -> datetime:
        """When it began."""
        return self.expires_at - LIFETIME


class Tokens:
    """Those of one wire; the caller lets one request in at a time."""

    def __init__(self, environment: str, reissue: str) -> None:
        """Begin without any.

        Args:
            environment: mock or real.
            reissue: what a second issue does to the first token, one of REISSUES.

        Raises:
            UsageError: it is none of them.
        """
        if reissue not in REISSUES:
            raise UsageError(
                "{reissue!r} is no way to issue a token again",
                hint="use supersede or same",
                reissue=reissue,
            )
        self.environment = environment
        self.reissue = reissue
        self.issued = 0
        self.revision = 0
        self._live: dict[str, Token] = {}
        # Whose a token was, also after its death: refused requests have a caller too.
        self._owners: dict[str, str] = {}

    @property
    def other_environment(self) -> str:
        """The environment whose keys are refused here: they are named after it."""
        return "real" if self.environment == "mock" else "mock"

    def live_tokens(self) -> list[Token]:
        """Return every token that was neither revoked nor killed."""
        return list(self._live.values())

    def restore(self, tokens: Iterable[Token], issued: int) -> None:
        """Take over tokens kept on disk."""
        self._live = {token.text: token for token in tokens}
        self._owners.update({token.text: token.appkey for token in self._live.values()})
        self.issued = issued

    def known_owner(self, authorization: str) -> str | None:
        """Return the app key that a live or dead token was issued for; None for no such token."""
        return self._owners.get(authorization.partition(" ")[2].strip())

    def kill(self, appkey: str | None = None) -> int:
        """End every live token of a key, or of all; return how many."""
        dying = [t.text for t in self._live.values() if appkey is None or t.appkey == appkey]
        for text in dying:
            del self._live[text]
        if dying:
            self.revision += 1
        return len(dying)

    def clear(self) -> None:
        """Begin again."""
        self._live.clear()
        self.issued = 0
        self.revision += 1

    def _of(self, appkey: str, now: datetime) -> list[Token]:
        """Return the live tokens of a key in the order of their issue."""
        return [t for t in self._live.values() if t.appkey == appkey and now < t.expires_at]

    def _good(self, text: str, now: datetime) -> str | None:
        """Return whose live token this is; None for no such token, and for one that is over."""
        token = self._live.get(text)
        return token.appkey if token is not None and now < token.expires_at else None

    def _begin(self, text: str, appkey: str, now: datetime) -> Token:
        token = self._live[text] = Token(text, appkey, now + LIFETIME)
        self._owners[text] = appkey
        return token

    def _end(self, text: str, appkey: str) -> bool:
        """End one token of a key; tell whether there was such a token."""
        token = self._live.get(text)
        if token is None or token.appkey != appkey:
            return False
        del self._live[text]
        self.revision += 1
        return True
