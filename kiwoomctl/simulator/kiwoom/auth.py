"""Tokens of the simulated Kiwoom server.

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
from datetime import datetime
from typing import Any

from kiwoomctl.simulator.kiwoom import formats
from kiwoomctl.simulator.kiwoom.refusals import refused
from kiwoomctl.simulator.messages import as_text
from kiwoomctl.simulator.tokens import Token, Tokens

_RANDOM_BYTES = 48


class KiwoomTokens(Tokens):
    """Issues, checks and revokes tokens; the caller lets one request in at a time."""

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
        if appkey.startswith(f"{self.other_environment}-"):
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
        if not self._end(text, appkey):
            raise refused(8015, reason="Token이 유효하지 않습니다")

    def owner(self, authorization: str, now: datetime) -> str:
        """Return the app key whose live token this header carries.

        Raises:
            Refused: no token, a dead one, or one of the other environment.
        """
        scheme, _, text = authorization.partition(" ")
        appkey = self._good(text.strip(), now) if scheme.lower() == "bearer" else None
        if appkey is not None:
            return appkey
        if text.strip().startswith(f"{self.other_environment}-"):
            raise refused(8031)
        raise refused(8005)

    def _issue(self, appkey: str, now: datetime) -> Token:
        import secrets

        self.issued += 1
        self.revision += 1
        living = self._of(appkey, now)
        if living and self.reissue == "same":
            return living[-1]
        self.kill(appkey)
        text = f"{self.environment}-{secrets.token_urlsafe(_RANDOM_BYTES)}"
        return self._begin(text, appkey, now)


def _text(body: Mapping[str, Any], name: str) -> str:
    return as_text(body.get(name))
