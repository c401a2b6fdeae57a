"""Tokens, approval keys and hashes of the simulated KIS server.

Invariants:

- A token lives 24 simulated hours and belongs to one app key, which it names in its ``jti``.
- Within six hours of its issue another issue gives the same token again; later a new one, which
  kills the older (``supersede``) or lets it live beside it (``same``).
- Keys named ``real-...`` and ``mock-...`` belong to the other environment's server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.kis.refusals import Refused, by_gateway, by_token_service
from kiwoomctl.simulator.messages import as_text
from kiwoomctl.simulator.tokens import LIFETIME, Tokens

_LIFETIME_SECONDS = int(LIFETIME.total_seconds())
_RANDOM_BYTES = 32


class Approval(NamedTuple):
    """A key that opens live sessions."""

    text: str
    appkey: str
    issued_at: datetime


class KisTokens(Tokens):
    """Issues, checks and revokes; the caller lets one request in at a time."""

    def __init__(self, environment: str, reissue: str) -> None:
        """Begin without any; raises as ``Tokens``."""
        super().__init__(environment, reissue)
        self.approvals: dict[str, Approval] = {}

    def check_keys(
        self, body: Mapping[str, Any], accounts: Mapping[str, Account], secret: str
    ) -> str:
        """Return the app key of a request that brings its secret.

        Args:
            body: The request.
            accounts: The accounts of this house by app key.
            secret: How the request names the secret: appsecret, or secretkey.

        Raises:
            Refused: a key is missing, wrong, or of the other environment.
        """
        appkey, given = text_of(body, "appkey"), text_of(body, secret)
        if not appkey:
            raise by_token_service("EGW00102")
        if appkey.startswith(f"{self.other_environment}-"):
            raise other_environment(self.environment)
        if appkey not in accounts:
            raise by_token_service("EGW00103")
        if not given:
            raise by_token_service("EGW00104")
        if accounts[appkey].secretkey != given:
            raise by_token_service("EGW00105")
        return appkey

    def check_grant(self, body: Mapping[str, Any]) -> None:
        """Let a request of the right grant pass.

        Raises:
            Refused: the grant is missing or another.
        """
        grant = text_of(body, "grant_type")
        if not grant:
            raise by_token_service("EGW00115")
        if grant != "client_credentials":
            raise by_token_service("EGW00116")

    def issue(self, appkey: str, now: datetime, same_for: timedelta) -> dict[str, Any]:
        """Return the answer to tokenP."""
        self.issued += 1
        self.revision += 1
        newest = max(self._of(appkey, now), key=lambda token: token.issued_at, default=None)
        if newest is None or now - newest.issued_at >= same_for:
            if self.reissue == "supersede":
                self.kill(appkey)
            newest = self._begin(_web_token(appkey, now), appkey, now)
        left = newest.expires_at - now
        return {
            "access_token": newest.text,
            "access_token_token_expired": f"{newest.expires_at:%Y-%m-%d %H:%M:%S}",
            "token_type": "Bearer",
            "expires_in": min(_LIFETIME_SECONDS, int(left.total_seconds())),
        }

    def revoke(self, appkey: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what revokeP asks, and return its answer.

        Raises:
            Refused: no such token of this key.
        """
        if not self._end(text_of(body, "token"), appkey):
            raise by_token_service("EGW00121")
        return {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}

    def approve(self, appkey: str, now: datetime) -> dict[str, Any]:
        """Return the answer to Approval."""
        import uuid

        approval = Approval(str(uuid.uuid4()), appkey, now)
        self.approvals[approval.text] = approval
        return {"approval_key": approval.text}

    def approved(self, text: str, now: datetime) -> str | None:
        """Return the app key of an approval key that is still good; None for any other."""
        approval = self.approvals.get(text)
        if approval is None or now - approval.issued_at >= LIFETIME:
            return None
        return approval.appkey

    def owner(self, authorization: str, now: datetime) -> str:
        """Return the app key whose live token this header carries.

        Raises:
            Refused: no token, an unknown one, or one that is over.
        """
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise by_gateway("EGW00205")
        appkey = self._good(text.strip(), now)
        if appkey is not None:
            return appkey
        raise by_gateway("EGW00123" if text.strip() in self._owners else "EGW00121")

    def clear(self) -> None:
        """Begin again."""
        super().clear()
        self.approvals.clear()


def other_environment(environment: str) -> Refused:
    """Return the refusal of a key of the other environment."""
    if environment == "real":
        return by_gateway("EGW02004")
    return by_gateway("EGW00213")


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return a field of a request as text; missing and null are empty."""
    return as_text(body.get(name))


def _web_token(appkey: str, now: datetime) -> str:
    """Return a token in the three parts of a JWT; its signature is random."""
    import base64
    import secrets

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    begin = int(now.timestamp())
    head = {"typ": "JWT", "alg": "HS512"}
    claims = {
        "sub": "token",
        "iss": "unogw",
        "exp": begin + _LIFETIME_SECONDS,
        "iat": begin,
        "jti": appkey,
        "nonce": secrets.token_hex(8),
    }
    parts = [part(json.dumps(claim, separators=(",", ":")).encode()) for claim in (head, claims)]
    return ".".join((*parts, part(secrets.token_bytes(_RANDOM_BYTES))))
