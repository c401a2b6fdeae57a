"""Tokens of the simulated server.

Invariants:

- A token lives 24 simulated hours, belongs to one app key and to the server's
  environment, and says so in its first letters; one of the other environment is
  refused with 8031.
- ``supersede``: a second issue kills the first token at once. ``same``: a second
  issue gives the living token again.
- Keys named ``real-...`` and ``mock-...`` belong to the other environment's
  server; the server's own keys work in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kiwoomctl.errors import UsageError
from kiwoomctl.simulator.exchange import Environment
from kiwoomctl.simulator.kiwoom import formats
from kiwoomctl.simulator.kiwoom.refusals import refused

LIFETIME = timedelta(hours=24)
REISSUES = ("supersede", "same")
_RANDOM_BYTES = 48

Reissue = Literal["supersede", "same"]


@dataclass(frozen=True, slots=True)
class Token:
    """One live token."""

    text: str
    appkey: str
    expires_at: datetime


class TokenDesk:
    """Issues, checks and revokes tokens; the caller lets one request in at a time."""

    def __init__(self, environment: Environment, reissue: str) -> None:
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

    def live_tokens(self) -> list[Token]:
        """Return every token that was neither revoked nor killed."""
        return list(self._live.values())

    def restore(self, tokens: list[Token], issued: int) -> None:
        """Take over tokens kept on disk."""
        self._live = {token.text: token for token in tokens}
        self._owners.update({token.text: token.appkey for token in tokens})
        self.issued = issued

    def issue(
        self, body: Mapping[str, Any], secrets_by_key: Mapping[str, str], now: datetime
    ) -> dict[str, str]:
        """Return the fields of au10001.

        Raises:
            Refused: wrong grant, missing or wrong keys, keys of the other environment.
        """
        grant = _text(body, "grant_type")
        if not grant:
            raise refused(8011)
        if grant != "client_credentials":
            raise refused(8012)
        appkey, secretkey = _text(body, "appkey"), _text(body, "secretkey")
        if not appkey or not secretkey:
            raise refused(8020)
        other = "real" if self.environment == "mock" else "mock"
        if appkey.startswith(f"{other}-"):
            raise refused(8030)
        if secrets_by_key.get(appkey) != secretkey:
            raise refused(8001)
        token = self._issue(appkey, now)
        return {
            "expires_dt": formats.stamp(token.expires_at),
            "token_type": "bearer",
            "token": token.text,
        }

    def revoke(self, body: Mapping[str, Any], secrets_by_key: Mapping[str, str]) -> None:
        """Do what au10002 asks.

        Raises:
            Refused: missing or wrong keys; no such token of this key.
        """
        appkey, secretkey = _text(body, "appkey"), _text(body, "secretkey")
        if not appkey or not secretkey:
            raise refused(8020)
        if secrets_by_key.get(appkey) != secretkey:
            raise refused(8001)
        text = _text(body, "token")
        if not text:
            raise refused(8016)
        token = self._live.get(text)
        if token is None or token.appkey != appkey:
            raise refused(8015, reason="Token이 유효하지 않습니다")
        del self._live[text]
        self.revision += 1

    def owner(self, authorization: str, now: datetime) -> str:
        """Return the app key whose live token this header carries.

        Raises:
            Refused: no token, a dead one, or one of the other environment.
        """
        scheme, _, text = authorization.partition(" ")
        token = self._live.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is not None and now < token.expires_at:
            return token.appkey
        other = "real" if self.environment == "mock" else "mock"
        if text.strip().startswith(f"{other}-"):
            raise refused(8031)
        raise refused(8005)

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

    def _issue(self, appkey: str, now: datetime) -> Token:
        import secrets

        self.issued += 1
        self.revision += 1
        living = [t for t in self._live.values() if t.appkey == appkey and now < t.expires_at]
        if living and self.reissue == "same":
            return living[-1]
        self.kill(appkey)
        token = Token(
            text=f"{self.environment}-{secrets.token_urlsafe(_RANDOM_BYTES)}",
            appkey=appkey,
            expires_at=now + LIFETIME,
        )
        self._live[token.text] = token
        self._owners[token.text] = appkey
        return token


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return "" if value is None else str(value)
