"""Calls to KIS for one account: token, pace, send, interpret, page, and careful repeats.

Only reads live here. A read may be repeated: after a rate refusal, after a connection that
failed, once after a dead token. Nothing in this module can place an order.

A token is issued as seldom as can be: its owner is told of every one, and a minute has to pass
between two. So an issue is never repeated, and one that would only bring the same token again is
not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

from kiwoomctl.brokers.kis.account import AccountNumber
from kiwoomctl.brokers.kis.endpoints import APPROVAL, ISSUE_TOKEN, QUOTE, REVOKE_TOKEN, Endpoint
from kiwoomctl.brokers.kis.replies import (
    DEAD_TOKEN_CODES,
    WRONG_ACCOUNT_CODE,
    Page,
    interpret,
    plain,
)
from kiwoomctl.brokers.kis.tokens import approval_key, issued_token
from kiwoomctl.brokers.paging import follow
from kiwoomctl.brokers.port import Call, Observer
from kiwoomctl.brokers.repeats import again
from kiwoomctl.brokers.texts import conceal, server_time, unechoed
from kiwoomctl.brokers.token import Token, TokenStore
from kiwoomctl.brokers.transport import Reply, Transport
from kiwoomctl.domain.clock import Clock
from kiwoomctl.errors import (
    BrokerRejected,
    ConfigError,
    KiwoomctlError,
    SignInError,
    Throttled,
)

if TYPE_CHECKING:
    from kiwoomctl.brokers.pacing import Pacer

PACE: Final = "kis"
"""Every call counts for the one limit of its key, so all stand in one line."""
SAME_TOKEN: Final = timedelta(hours=6)
"""So long after an issue another one brings the same token."""
_RENEWABLE: Final = frozenset(f"kis_{code}" for code in DEAD_TOKEN_CODES)
_Answer = TypeVar("_Answer")


class KisClient:
    """Reads of one account."""

    def __init__(
        self,
        *,
        profile: str,
        number: str,
        transport: Transport,
        tokens: TokenStore,
        credentials: Callable[[], tuple[str, str]],
        pacer: Pacer | None,
        observer: Observer,
        clock: Clock,
        is_mock: Callable[[], bool],
    ) -> None:
        """Make a client.

        Args:
            profile: the name shown to people.
            number: the account's ten digits.
            transport: the door to the account's host.
            tokens: the token cache of the app key at that host.
            credentials: gives app key and app secret, which every call carries.
            pacer: keeps the rate of all these requests; None for a simulator without limits.
            observer: is told of calls and waits.
            clock: time and sleep.
            is_mock: tells whether the host has the tr_ids of the mock server.
        """
        self.account = AccountNumber.of(number)
        self.branches: dict[str, str] = {}
        """조직번호 of the orders of today that lists named, by their number."""
        self.profile = profile
        """The name shown to people."""
        self._transport = transport
        self._tokens = tokens
        self._credentials = credentials
        self._pacer = pacer
        self._observer = observer
        self._clock = clock
        self._ask_is_mock = is_mock
        self._mock: bool | None = None

    @property
    def is_mock(self) -> bool:
        """Whether the host is a mock server, or simulates one."""
        if self._mock is None:
            self._mock = self._ask_is_mock()
        return self._mock

    def on(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint with the tr_id of this host.

        Raises:
            BrokerRejected: ``not_on_mock``, the mock server does not have it; nothing is sent.
        """
        if not self.is_mock:
            return endpoint
        if endpoint.mock is None:
            raise BrokerRejected(
                "the mock server does not offer this ({api_id}, {broker_code})",
                code="not_on_mock",
                api_id=endpoint.api_id,
                broker_code="-",
            )
        return endpoint._replace(api_id=endpoint.mock)

    def call(self, endpoint: Endpoint, query: Mapping[str, str]) -> Page:
        """Return the only page of a read."""
        return self._page(self.on(endpoint), query, None)

    def of_account(self, query: Mapping[str, str]) -> dict[str, str]:
        """Return a query about this account."""
        return {**self.account.fields, **query}

    def pages(self, endpoint: Endpoint, query: Mapping[str, str]) -> Iterator[Page]:
        """Read all pages one after another, each when it is asked for.

        Raises:
            Unreadable: the chain repeats itself or does not end; what came before is only a part.
        """
        endpoint = self.on(endpoint)
        return follow(
            lambda cursor: self._page(endpoint, query, cursor),
            lambda page: page.cursor,
            endpoint.api_id,
        )

    def now(self) -> datetime:
        """Return this machine's time, KST."""
        return self._clock.now()

    def headers(self, api_id: str, token: Token) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the headers of a call, and what of them is secret."""
        appkey, appsecret = self._credentials()
        told = {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {token.value}",
            "appkey": appkey,
            "appsecret": appsecret,
            "tr_id": api_id,
            "custtype": "P",
        }
        return told, (token.value, appkey, appsecret)

    def token(self) -> Token:
        """Return a token with enough life left for an order (tokenP where none is cached)."""
        return self._tokens.cached() or self._tokens.obtain(self._issue)

    def replace_token(self, dead: str) -> Token:
        """Return a token other than the one called dead; another process may have renewed it."""
        return self._tokens.obtain(self._issue, dead)

    def renew_token(self) -> Token:
        """Return a new token; the stored one where an issue would only bring it again (tokenP)."""
        return self._tokens.younger(SAME_TOKEN) or self._tokens.obtain(self._issue, force=True)

    def revoke_token(self) -> None:
        """Give the stored token back (revokeP); it is forgotten here in any case."""
        stored = self._tokens.cached()
        try:
            if stored is not None:
                self._revoke(stored)
        finally:
            self._tokens.forget()

    def approval_key(self) -> str:
        """Return a new key for one live connection, as secret as a token (Approval).

        Raises:
            SignInError, Unavailable, Throttled: there is none.
        """
        appkey, appsecret = self._credentials()
        body = {"grant_type": "client_credentials", "appkey": appkey, "secretkey": appsecret}
        return again(
            lambda: approval_key(self._post(APPROVAL, body, appkey, appsecret)),
            self._clock,
            paced=False,  # its limit is its own, so the pause is ours
        )

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's Date is ahead, whatever else it answers."""
        before = self._clock.now()
        reply = self._transport.ask(
            QUOTE.path,
            {"tr_id": QUOTE.api_id, "custtype": "P"},
            on_start=self._take_slot,
        )
        self._told(QUOTE.api_id, reply.milliseconds, f"HTTP {reply.status}")
        told = server_time(reply.headers.get("date", ""))
        if told is None:
            return None
        middle = before + (self._clock.now() - before) / 2
        return (told - middle).total_seconds()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _page(
        self, endpoint: Endpoint, query: Mapping[str, str], cursor: tuple[str, str] | None
    ) -> Page:
        token = self.token()
        try:
            return self._again(lambda: self._read(endpoint, query, cursor, token))
        except SignInError as error:
            if error.code not in _RENEWABLE:
                raise
        # Somebody may have renewed it meanwhile: the store compares before it issues.
        fresh = self.replace_token(token.value)
        return self._again(lambda: self._read(endpoint, query, cursor, fresh))

    def _again(self, read: Callable[[], _Answer]) -> _Answer:
        return again(read, self._clock, paced=self._pacer is not None)

    def _read(
        self,
        endpoint: Endpoint,
        query: Mapping[str, str],
        cursor: tuple[str, str] | None,
        token: Token,
    ) -> Page:
        headers, secrets = self.headers(endpoint.api_id, token)
        asked = dict(query)
        if endpoint.pages:
            area, key = cursor or ("", "")
            asked |= {"CTX_AREA_FK100": area, "CTX_AREA_NK100": key}
        headers["tr_cont"] = "" if cursor is None else "N"
        path = f"{endpoint.path}?{urlencode(asked)}"

        def send() -> Reply:
            return self._transport.ask(path, headers, on_start=self._take_slot)

        def read(reply: Reply) -> Page:
            content = unechoed(reply.content, *secrets)
            return interpret(endpoint, reply.status, reply.headers, content)

        return self._sent(endpoint, send, read, *secrets)

    def _issue(self) -> Token:
        appkey, appsecret = self._credentials()
        body = {"grant_type": "client_credentials", "appkey": appkey, "appsecret": appsecret}
        told = self._post(ISSUE_TOKEN, body, appkey, appsecret)
        return issued_token(told, self._clock.now(), self._broker_ahead)

    def _revoke(self, token: Token) -> None:
        appkey, appsecret = self._credentials()
        body = {"appkey": appkey, "appsecret": appsecret, "token": token.value}
        try:
            self._again(lambda: self._post(REVOKE_TOKEN, body, *body.values()))
        except SignInError as error:
            if error.code not in _RENEWABLE:
                raise

    def _post(
        self, endpoint: Endpoint, body: Mapping[str, str], *secrets: str
    ) -> Mapping[str, Any]:
        def send() -> Reply:
            reply = self._transport.post(
                endpoint.path,
                {},
                json.dumps(body).encode(),
                on_start=self._take_slot,
            )
            told = server_time(reply.headers.get("date", ""))
            self._broker_ahead = timedelta(0) if told is None else told - self._clock.now()
            return reply

        return self._sent(
            endpoint, send, lambda reply: plain(endpoint, reply.status, reply.content), *secrets
        )

    _broker_ahead = timedelta(0)
    """How far the clock of the last token service's reply was ahead of ours."""

    def _sent(
        self,
        endpoint: Endpoint,
        send: Callable[[], Reply],
        read: Callable[[Reply], _Answer],
        *secrets: str,
    ) -> _Answer:
        outcome = "?"
        started = self._clock.monotonic()
        reply: Reply | None = None
        try:
            reply = send()
            answer = read(reply)
            outcome = f"HTTP {reply.status} rt 0"
        except KiwoomctlError as error:
            if (
                self._pacer is not None
                and isinstance(error, Throttled)
                and endpoint is not APPROVAL
            ):
                self._pacer.refused(PACE)
            named = self._named(error, *secrets)
            outcome = f"HTTP {reply.status} {named.code}" if reply else named.code
            raise named from None
        else:
            return answer
        finally:
            elapsed = round((self._clock.monotonic() - started) * 1000)
            self._told(endpoint.api_id, reply.milliseconds if reply else elapsed, outcome)

    def _told(self, api_id: str, milliseconds: int, outcome: str) -> None:
        self._observer.called(self.profile, Call(api_id, milliseconds, outcome))

    def _take_slot(self) -> None:
        if self._pacer is not None:
            self._pacer.take(PACE)

    def _named(self, error: KiwoomctlError, *secrets: str) -> KiwoomctlError:
        """Say whose error it is, and take out anything secret the server sent back."""
        if error.code == f"kis_{WRONG_ACCOUNT_CODE}" and "ACNO" in str(error.values.get("text")):
            return ConfigError(
                "profile {profile!r}: its key is not one of account {number} [{broker_code}]",
                hint="correct the account number, or give that account's key: "
                "kiwoomctl login {profile}",
                code="account_differs",
                profile=self.profile,
                number=self.account.masked,
                broker_code=WRONG_ACCOUNT_CODE,
            )
        if "profile" in error.values:
            error.values["profile"] = self.profile
        conceal(error, *secrets, self.account.cano)
        return error
