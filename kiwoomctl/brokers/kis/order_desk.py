"""The way one KIS account's orders go out (order-cash, order-rvsecncl).

``send`` is where an order is sent: the only caller of the one function that posts. It takes a
row of the journal and sends what stands there, once; there is nothing to repeat it with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kiwoomctl.brokers.kis.client import PACE
from kiwoomctl.brokers.kis.order_codes import DEFINITE
from kiwoomctl.brokers.kis.order_requests import ENDPOINTS, request_body
from kiwoomctl.brokers.kis.outcomes import classify
from kiwoomctl.brokers.order_post import post_order
from kiwoomctl.brokers.port import Call, Observer
from kiwoomctl.brokers.port_orders import JournalRow, SendOutcome
from kiwoomctl.brokers.texts import server_time
from kiwoomctl.brokers.transport import NotSent, ReplyLost, lost_word
from kiwoomctl.domain.orders import State, Terms
from kiwoomctl.domain.redaction import redacted

if TYPE_CHECKING:
    from kiwoomctl.brokers.kis.client import KisClient
    from kiwoomctl.brokers.kis.endpoints import Endpoint
    from kiwoomctl.brokers.pacing import Pacer
    from kiwoomctl.brokers.token import Token
    from kiwoomctl.brokers.transport import InProcess


class KisOrderDesk:
    """The orders of one account."""

    def __init__(
        self,
        client: KisClient,
        host: str,
        *,
        profile: str,
        pacer: Pacer | None,
        observer: Observer,
        in_process: InProcess | None = None,
    ) -> None:
        """Make the desk.

        Args:
            client: the account's reads; its token and its account are used for orders too.
            host: scheme, host and port of the broker.
            profile: the name shown to people.
            pacer: keeps the rate of the key; None for a simulator without limits.
            observer: is told of sends and waits.
            in_process: the embedded simulator instead of the network.
        """
        self._client = client
        self._host = host
        self._profile = profile
        self._pacer = pacer
        self._observer = observer
        self._in_process = in_process
        self._token: Token | None = None

    def request(self, terms: Terms) -> Mapping[str, str]:
        """Return the body of an order, without the account it is sent for."""
        return request_body(terms, self._client.branches)

    def make_ready(self) -> None:
        """Have a token with more than 5 minutes left (tokenP where none is cached)."""
        self._token = self._client.token()

    def wait_for_slot(self, row: JournalRow) -> None:
        """Wait until the rate limit lets this order go; raises Busy."""
        del row
        if self._pacer is not None:
            self._pacer.take(PACE)

    def rate_refused(self, row: JournalRow) -> None:
        """Make everybody slower after the broker refused the rate."""
        del row
        if self._pacer is not None:
            self._pacer.refused(PACE)

    def renew_token(self) -> None:
        """Get another token after the one in use was called dead (tokenP)."""
        dead = "" if self._token is None else self._token.value
        self._token = self._client.replace_token(dead)

    def nothing_remains(self, code: str) -> bool | None:
        """Tell whether this refusal of a cancel means that nothing was left to cancel.

        None for every definite refusal: the code that says so is not published.
        """
        return None if DEFINITE.fullmatch(code) else False

    def send(self, row: JournalRow, let_out: Callable[[], object]) -> SendOutcome:
        """Send the request of a PREPARED row once; see ``OrderDesk``."""
        if row.state is not State.PREPARED or row.request is None or self._token is None:
            msg = f"{row.id} cannot be sent"
            raise ValueError(msg)
        endpoint = self._endpoint(row)
        headers, secrets = self._client.headers(endpoint.api_id, self._token)
        del headers["content-type"]
        body = {**self._client.account.fields, **row.request}
        try:
            reply = post_order(
                self._host,
                endpoint.path,
                headers,
                json.dumps(body, ensure_ascii=False).encode(),
                let_out,
                in_process=self._in_process,
            )
        except NotSent as error:
            outcome = SendOutcome("not_sent", code=lost_word(error.reason))
            return self._told(endpoint.api_id, 0, outcome)
        except ReplyLost as error:
            outcome = SendOutcome("unknown", code=lost_word(error.reason))
            return self._told(endpoint.api_id, 0, outcome)
        outcome = classify(reply.status, reply.content, row.before)
        secrets = (*secrets, self._client.account.cano)
        outcome = replace(
            outcome,
            # It goes into the journal, which is kept for ever.
            code=redacted(outcome.code, *secrets),
            text=redacted(outcome.text, *secrets),
            broker_time=server_time(reply.headers.get("date", "")),
        )
        status = f"HTTP {reply.status} "
        return self._told(endpoint.api_id, reply.milliseconds, outcome, status)

    def _endpoint(self, row: JournalRow) -> Endpoint:
        return self._client.on(ENDPOINTS[row.action])

    def _told(
        self, api_id: str, milliseconds: int, outcome: SendOutcome, status: str = ""
    ) -> SendOutcome:
        self._observer.called(
            self._profile, Call(api_id, milliseconds, f"{status}{outcome.kind} {outcome.code}")
        )
        return outcome
