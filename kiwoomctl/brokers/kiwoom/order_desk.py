"""The way one Kiwoom account's orders go out (kt10000 buy, kt10001 sell, kt10002, kt10003).

``send`` is where an order is sent: the only caller of the one function that posts. It takes a
row of the journal and sends what stands there, once; there is nothing to repeat it with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kiwoomctl.brokers.kiwoom.order_codes import NO_REMAINDER
from kiwoomctl.brokers.kiwoom.order_requests import API_IDS, ORDER_PATH, request_body
from kiwoomctl.brokers.kiwoom.outcomes import classify
from kiwoomctl.brokers.order_post import post_order
from kiwoomctl.brokers.port import Call, Observer
from kiwoomctl.brokers.port_orders import JournalRow, SendOutcome
from kiwoomctl.brokers.texts import server_time
from kiwoomctl.brokers.transport import NotSent, ReplyLost, lost_word
from kiwoomctl.domain.orders import State, Terms
from kiwoomctl.domain.redaction import redacted

if TYPE_CHECKING:
    from kiwoomctl.brokers.kiwoom.client import KiwoomClient
    from kiwoomctl.brokers.pacing import Pacer
    from kiwoomctl.brokers.token import Token
    from kiwoomctl.brokers.transport import InProcess


class KiwoomOrderDesk:
    """The orders of one account."""

    def __init__(
        self,
        client: KiwoomClient,
        host: str,
        *,
        profile: str,
        pacer: Pacer | None,
        observer: Observer,
        in_process: InProcess | None = None,
    ) -> None:
        """Make the desk.

        Args:
            client: the account's reads; its token is used for orders too.
            host: scheme, host and port of the broker.
            profile: the name shown to people.
            pacer: keeps the rate of orders; None for a simulator without limits.
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
        """Return the exact body of an order."""
        return request_body(terms)

    def make_ready(self) -> None:
        """Have a token with more than 5 minutes left (au10001 where none is cached)."""
        self._token = self._client.token()

    def wait_for_slot(self, row: JournalRow) -> None:
        """Wait until the rate limit lets this order go; raises Busy."""
        if self._pacer is not None:
            self._pacer.take(_api_id(row))

    def rate_refused(self, row: JournalRow) -> None:
        """Make everybody slower after the broker refused the rate."""
        if self._pacer is not None:
            self._pacer.refused(_api_id(row))

    def renew_token(self) -> None:
        """Get another token after the one in use was called dead (au10001)."""
        dead = "" if self._token is None else self._token.value
        self._token = self._client.replace_token(dead)

    def nothing_remains(self, code: str) -> bool:
        """Tell whether this refusal of a cancel means that nothing was left to cancel."""
        return code in NO_REMAINDER

    def send(self, row: JournalRow, let_out: Callable[[], object]) -> SendOutcome:
        """Send the request of a PREPARED row once; see ``OrderDesk``."""
        if row.state is not State.PREPARED or row.request is None or self._token is None:
            msg = f"{row.id} cannot be sent"
            raise ValueError(msg)
        api_id = _api_id(row)
        headers = {"api-id": api_id, "authorization": f"Bearer {self._token.value}"}
        content = json.dumps(dict(row.request), ensure_ascii=False).encode()
        try:
            reply = post_order(
                self._host,
                ORDER_PATH,
                headers,
                content,
                let_out,
                in_process=self._in_process,
            )
        except NotSent as error:
            return self._told(api_id, 0, SendOutcome("not_sent", code=lost_word(error.reason)))
        except ReplyLost as error:
            return self._told(api_id, 0, SendOutcome("unknown", code=lost_word(error.reason)))
        outcome = classify(reply.status, reply.content, row.before)
        outcome = replace(
            outcome,
            # It goes into the journal, which is kept for ever.
            code=redacted(outcome.code, self._token.value),
            text=redacted(outcome.text, self._token.value),
            broker_time=server_time(reply.headers.get("date", "")),
        )
        return self._told(api_id, reply.milliseconds, outcome, f"HTTP {reply.status} ")

    def _told(
        self, api_id: str, milliseconds: int, outcome: SendOutcome, status: str = ""
    ) -> SendOutcome:
        self._observer.called(
            self._profile, Call(api_id, milliseconds, f"{status}{outcome.kind} {outcome.code}")
        )
        return outcome


def _api_id(row: JournalRow) -> str:
    return API_IDS[row.action]
