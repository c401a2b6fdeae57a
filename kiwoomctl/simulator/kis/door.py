"""What a request must bring: keys, a token, patience; and where tokens are given.

The caller lets one request in at a time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.kis.auth import KisTokens, other_environment
from kiwoomctl.simulator.kis.limits import Limits
from kiwoomctl.simulator.kis.refusals import by_gateway, by_token_service
from kiwoomctl.simulator.kis.rules import Rules
from kiwoomctl.simulator.messages import Reply, Request, encode

BROKER = "kis"
OAUTH_PATHS = {
    "/oauth2/tokenP": "tokenP",
    "/oauth2/revokeP": "revokeP",
    "/oauth2/Approval": "Approval",
    "/uapi/hashkey": "hashkey",
}
"""The calls without a TR, and what the control plane calls them."""
_HTTP_BAD_METHOD = 405


class Door:
    """Lets requests of one server in, or not."""

    def __init__(
        self, exchange: Exchange, tokens: KisTokens, limits: Limits, rules: Rules, machine: Clock
    ) -> None:
        self.exchange = exchange
        self.tokens = tokens
        self.limits = limits
        self.rules = rules
        self.machine = machine
        self._asked = 0

    @property
    def accounts(self) -> dict[str, Account]:
        """The accounts of this house by app key."""
        return {
            appkey: account
            for appkey, account in self.exchange.accounts.items()
            if account.broker == BROKER
        }

    def clear(self) -> None:
        """Forget every request."""
        self.limits.clear()
        self._asked = 0

    def authenticate(
        self, what: str, request: Request, body: dict[str, Any] | None, *, blank: bool
    ) -> Reply:
        """Return the answer to a call without a TR.

        Raises:
            Refused: a key is missing or wrong, or it comes too soon.
        """
        if request.method != "POST":
            return Reply(_HTTP_BAD_METHOD, b"")
        check_content_type(request)
        if body is None:
            raise by_token_service("EGW00115")
        if what == "hashkey":
            return self._hash(request, body)
        now = self.exchange.clock.now()
        if what != "revokeP":
            self.tokens.check_grant(body)
        secret = "secretkey" if what == "Approval" else "appsecret"
        appkey = self.tokens.check_keys(body, self.accounts, secret)
        if what == "revokeP":
            told = self.tokens.revoke(appkey, body)
        elif what == "Approval":
            if not self.limits.admit_approval(appkey, self.machine.monotonic()):
                raise by_gateway("EGW00201")
            told = self.tokens.approve(appkey, now)
        else:
            seconds = float(self.rules.token_seconds)
            if not self.limits.admit_token(appkey, self.machine.monotonic(), seconds):
                raise by_token_service("EGW00133")
            same_for = timedelta(hours=self.rules.same_token_hours)
            told = self.tokens.issue(appkey, now, same_for)
        if blank:
            told = dict.fromkeys(told, "")
        return Reply(200, encode(told))

    def _hash(self, request: Request, body: dict[str, Any]) -> Reply:
        appkey = self.checked_keys(request)
        self.admit(appkey)
        return Reply(200, encode({"BODY": body, "HASH": _digest(body)}))

    def checked_keys(self, request: Request) -> str:
        """Return the app key of a request whose headers bring it and its secret.

        Raises:
            Refused: one is missing or wrong.
        """
        appkey = request.headers.get("appkey", "").strip()
        secret = request.headers.get("appsecret", "").strip()
        if not appkey:
            raise by_gateway("EGW00102")
        if appkey.startswith(f"{self.tokens.other_environment}-"):
            raise other_environment(self.exchange.seed.environment)
        account = self.accounts.get(appkey)
        if account is None:
            raise by_gateway("EGW00103")
        if not secret:
            raise by_gateway("EGW00104")
        if account.secretkey != secret:
            raise by_gateway("EGW00105")
        return appkey

    def admit(self, appkey: str) -> None:
        """Count a request of a key.

        Raises:
            Refused: it is one too many.
        """
        if not self.limits.admit(appkey, self.machine.monotonic()):
            raise by_gateway("EGW00201")
        self._asked += 1
        if self.rules.refuse_every and self._asked % self.rules.refuse_every == 0:
            raise by_gateway("EGW00201")


def check_order(request: Request, body: dict[str, Any] | None) -> None:
    """Let an order pass whose body is JSON and, where it brings a hash, has that hash.

    Raises:
        Refused: one of the two is not so.
    """
    check_content_type(request)
    digest = request.headers.get("hashkey", "").strip()
    if digest and digest != _digest(body or {}):
        raise by_gateway("EGW00131")


def _digest(body: dict[str, Any]) -> str:
    import hashlib

    return hashlib.sha256(encode(body)).hexdigest()


def check_content_type(request: Request) -> None:
    """Let a request with a JSON body pass.

    Raises:
        Refused: its header says something else.
    """
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise by_gateway("EGW00132")
