"""Calls to Kiwoom for one account: token, pace, send, interpret, page, and careful repeats.

Only reads live here. A read may be repeated: after a rate refusal, after a connection that
failed, once after a dead token. Nothing in this module can place an order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.endpoints import (
    ACCOUNT_NUMBER,
    ISSUE_TOKEN,
    REVOKE_TOKEN,
    Endpoint,
)
from kiwoomctl.brokers.kiwoom.replies import (
    DEAD_TOKEN_CODES,
    OTHER_ADDRESS_CODE,
    Page,
    interpret,
)
from kiwoomctl.brokers.paging import follow
from kiwoomctl.brokers.port import Call, Observer
from kiwoomctl.brokers.repeats import again
from kiwoomctl.brokers.texts import conceal, server_time, unechoed
from kiwoomctl.brokers.token import Token, TokenStore
from kiwoomctl.brokers.transport import Reply, Transport
from kiwoomctl.domain.clock import Clock
from kiwoomctl.errors import KiwoomctlError, SignInError, Throttled, Unreadable

if TYPE_CHECKING:
    from kiwoomctl.brokers.pacing import Pacer

_RENEWABLE = {f"kiwoom_{code}" for code in (*DEAD_TOKEN_CODES, OTHER_ADDRESS_CODE)}
_ALREADY_REVOKED = {"kiwoom_8005", "kiwoom_8015"}
_ReplyT = TypeVar("_ReplyT")


class KiwoomClient:
    """Reads of one account."""

    def __init__(
        self,
        *,
        profile: str,
        transport: Transport,
        tokens: TokenStore,
        credentials: Callable[[], tuple[str, str]],
        pacer: Pacer | None,
        observer: Observer,
        clock: Clock,
    ) -> None:
        """Make a client.

        Args:
            profile: the name shown to people.
            transport: the door to the account's host.
            tokens: the token cache of the app key at that host.
            credentials: gives app key and secret key; only asked when a token is issued.
            pacer: keeps the rate of all these requests; None for a simulator without limits.
            observer: is told of calls and waits.
            clock: time and sleep.
        """
        self._profile = profile
        self._transport = transport
        self._tokens = tokens
        self._credentials = credentials
        self._pacer = pacer
        self._observer = observer
        self._clock = clock

    def call(self, endpoint: Endpoint, body: Mapping[str, str]) -> Page:
        """Return the only page of a read."""
        return self._page(endpoint, body, None)

    def pages(self, endpoint: Endpoint, body: Mapping[str, str]) -> Iterator[Page]:
        """Read all pages one after another, each when it is asked for.

        Raises:
            Unreadable: the chain repeats itself or does not end; what came before is only a part.
        """
        return follow(
            lambda cursor: self._page(endpoint, body, cursor),
            lambda page: page.next_key,
            endpoint.api_id,
        )

    def now(self) -> datetime:
        """Return this machine's time, KST."""
        return self._clock.now()

    def token(self) -> Token:
        """Return a token with enough life left for an order (au10001 where none is cached)."""
        return self._tokens.cached() or self._tokens.obtain(self._issue)

    def replace_token(self, dead: str) -> Token:
        """Return a token other than the one called dead; another process may have renewed it."""
        return self._tokens.obtain(self._issue, dead)

    def renew_token(self) -> Token:
        """Issue a new token, whatever the state of the stored one (au10001)."""
        return self._tokens.obtain(self._issue, force=True)

    def revoke_token(self) -> None:
        """Give the stored token back (au10002); it is forgotten here in any case."""
        stored = self._tokens.cached()
        try:
            if stored is not None:
                self._revoke(stored)
        finally:
            self._tokens.forget()

    def _revoke(self, token: Token) -> None:
        appkey, secretkey = self._credentials()
        body = {"appkey": appkey, "secretkey": secretkey, "token": token.value}
        try:
            self._again(lambda: self._send(REVOKE_TOKEN, body, {}, *body.values()))
        except SignInError as error:
            if error.code not in _ALREADY_REVOKED:
                raise

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's Date is ahead, whatever else it answers."""
        token = self._tokens.cached()
        headers = {"authorization": f"Bearer {token.value}"} if token else {}
        endpoint = ACCOUNT_NUMBER
        before = self._clock.now()
        reply = self._transport.post(
            endpoint.path,
            {"api-id": endpoint.api_id, **headers},
            b"{}",
            on_start=lambda: self._take_slot(endpoint),
        )
        self._observer.called(
            self._profile, Call(endpoint.api_id, reply.milliseconds, f"HTTP {reply.status}")
        )
        told = server_time(reply.headers.get("date", ""))
        if told is None:
            return None
        middle = before + (self._clock.now() - before) / 2
        return (told - middle).total_seconds()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _page(self, endpoint: Endpoint, body: Mapping[str, str], cursor: str | None) -> Page:
        token = self.token()
        try:
            return self._again(lambda: self._read(endpoint, body, cursor, token))
        except SignInError as error:
            if error.code not in _RENEWABLE:
                raise
        # Somebody may have renewed it meanwhile: the store compares before it issues.
        fresh = self.replace_token(token.value)
        return self._again(lambda: self._read(endpoint, body, cursor, fresh))

    def _read(
        self, endpoint: Endpoint, body: Mapping[str, str], cursor: str | None, token: Token
    ) -> Page:
        headers = {"authorization": f"Bearer {token.value}"}
        if cursor is not None:
            headers |= {"cont-yn": "Y", "next-key": cursor}
        return self._send(endpoint, body, headers, token.value)

    def _issue(self) -> Token:
        appkey, secretkey = self._credentials()
        body = {"grant_type": "client_credentials", "appkey": appkey, "secretkey": secretkey}
        page = self._again(lambda: self._send(ISSUE_TOKEN, body, {}, appkey, secretkey))
        value = str(page.body["token"]).strip()
        try:
            expires_at = self._local_time(wire.timestamp(page.body["expires_dt"]), page)
        except ValueError:
            value = ""
        if not value or not value.isascii() or not value.isprintable():
            raise Unreadable(
                "the broker's token cannot be read", hint="try again", code="token_unreadable"
            )
        return Token(value, expires_at)

    def _local_time(self, told: datetime, page: Page) -> datetime:
        """Return a time the server told on this machine's clock, which may differ."""
        broker_time = page.broker_time
        return told if broker_time is None else self._clock.now() + (told - broker_time)

    def _send(
        self,
        endpoint: Endpoint,
        body: Mapping[str, str],
        headers: Mapping[str, str],
        *secrets: str,
    ) -> Page:
        outcome = "?"
        started = self._clock.monotonic()
        reply: Reply | None = None
        try:
            reply = self._transport.post(
                endpoint.path,
                {"api-id": endpoint.api_id, **headers},
                json.dumps(body).encode(),
                on_start=lambda: self._take_slot(endpoint),
            )
            content = reply.content
            if "authorization" in headers:
                # What the token service tells is a secret itself, and taken whole.
                content = unechoed(content, *secrets)
            page = interpret(endpoint, reply.status, reply.headers, content)
            outcome = f"HTTP {reply.status} rc 0"
        except KiwoomctlError as error:
            self._adapt(endpoint, error)
            named = self._named(error, *secrets)
            outcome = f"HTTP {reply.status} {named.code}" if reply else named.code
            raise named from None
        else:
            return page
        finally:
            elapsed = reply.milliseconds if reply else self._milliseconds_since(started)
            self._observer.called(self._profile, Call(endpoint.api_id, elapsed, outcome))

    def _milliseconds_since(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)

    def _take_slot(self, endpoint: Endpoint) -> None:
        if self._pacer is not None:
            self._pacer.take(endpoint.api_id)

    def _adapt(self, endpoint: Endpoint, error: KiwoomctlError) -> None:
        if self._pacer is not None and isinstance(error, Throttled):
            self._pacer.refused(endpoint.api_id)

    def _named(self, error: KiwoomctlError, *secrets: str) -> KiwoomctlError:
        """Say whose error it is, and take out anything secret the server sent back."""
        if "profile" in error.values:
            error.values["profile"] = self._profile
        conceal(error, *secrets)
        return error

    def _again(self, read: Callable[[], _ReplyT]) -> _ReplyT:
        return again(read, self._clock, paced=self._pacer is not None)
