"""What the interpreters of all brokers share: rows that are whole, and the errors replies are.

What a code or a status means differs from house to house and stands with each of them; how it is
told, and when a row may be counted, does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.errors import (
    BrokerRejected,
    Phrase,
    Throttled,
    Unavailable,
    Unreadable,
)

if TYPE_CHECKING:
    from typing import Protocol

    class Endpoint(Protocol):
        """A call, as data."""

        @property
        def api_id(self) -> str:
            """Its name, for people."""

        @property
        def rows(self) -> str | None:
            """The list of its reply; None for a reply without one."""

        @property
        def row_key(self) -> str:
            """The field whose blank marks a row that says nothing."""

        @property
        def row_required(self) -> tuple[str, ...]:
            """Fields without which a row is not readable."""


CONTRADICTION: Final = "contradiction"


def json_object(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body; None for anything else."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def whole_rows(
    endpoint: Endpoint,
    body: Mapping[str, Any],
    texts: Callable[[Mapping[str, Any]], Mapping[str, str]],
) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a reply that say something.

    Args:
        endpoint: what was asked for.
        body: the reply.
        texts: returns the fields of one row; raises Unreadable.

    Raises:
        Unreadable: there is no list, or a row lacks what it must have.
    """
    if endpoint.rows is None:
        return ()
    rows = body.get(endpoint.rows)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unreadable(endpoint, "the list {name} is missing", name=endpoint.rows)
    told = []
    for row in map(texts, rows):
        if not row.get(endpoint.row_key, "").strip():
            # A row that says nothing at all stands for "none"; a named figure without a name
            # would be money lost from sight.
            if any(value.strip() for value in row.values()):
                raise unreadable(endpoint, "a row without {name}", name=endpoint.row_key)
            continue
        for name in endpoint.row_required:
            if name not in row:
                raise unreadable(endpoint, "a row without {name}", name=name)
        told.append(row)
    return tuple(told)


def throttled(endpoint: Endpoint) -> Throttled:
    """Return the error of a refused rate."""
    return Throttled(
        "the broker refused the request rate ({api_id})",
        hint="it was not processed; try again in a moment",
        api_id=endpoint.api_id,
    )


def server_failed(endpoint: Endpoint, status: int) -> Unavailable:
    """Return the error of a reply that says no more than that the server has failed."""
    return Unavailable(
        "the broker's server failed (HTTP {status}, {api_id})",
        hint="try again later",
        code="server_error",
        status=status,
        api_id=endpoint.api_id,
    )


def failed_for_now(
    endpoint: Endpoint, broker_code: str, text: str, code: str = "server_error"
) -> Unavailable:
    """Return the error of a fault that is known to pass."""
    return Unavailable(
        "the broker's server failed for the moment ({api_id}, {broker_code}: {text})",
        hint="try again later",
        code=code,
        api_id=endpoint.api_id,
        broker_code=broker_code,
        text=text,
    )


def not_on_mock(endpoint: Endpoint, broker_code: str) -> BrokerRejected:
    """Return the error of a call that the mock server does not have."""
    return BrokerRejected(
        "the mock server does not offer this ({api_id}, {broker_code})",
        hint="leave it out of -p; kiwoomctl help brokers shows who offers what",
        code="not_on_mock",
        api_id=endpoint.api_id,
        broker_code=broker_code,
    )


def rejected(house: str, endpoint: Endpoint, broker_code: str, text: str) -> BrokerRejected:
    """Return the error of a definite refusal; its code names the house, whose code it is."""
    return BrokerRejected(
        "the broker refused {api_id} [{broker_code}]: {text}",
        code=f"{house}_{broker_code}",
        api_id=endpoint.api_id,
        broker_code=broker_code,
        text=text,
    )


def unreadable(endpoint: Endpoint, reason: str, **values: object) -> Unreadable:
    """Return the error of a reply that is not of the documented form."""
    return Unreadable(
        "the broker's reply to {api_id} cannot be read ({reason})",
        hint="try again; if it stays, look at the broker's notices",
        api_id=endpoint.api_id,
        reason=Phrase(reason, **values),
    )


def contradictory(endpoint: Endpoint, how: Phrase) -> Unreadable:
    """Return the error of a list that its own totals contradict; its code is CONTRADICTION."""
    return Unreadable(
        "the broker's reply to {api_id} contradicts itself: {how}",
        hint="try again",
        code=CONTRADICTION,
        api_id=endpoint.api_id,
        how=how,
    )


def blank(endpoint: Endpoint) -> Unreadable:
    """Return the error of a reply that was to tell what is owned, and tells nothing."""
    return Unreadable(
        "the broker answered {api_id} with blank fields: it does not say what you have",
        hint="try again in a moment; during maintenance this is usual",
        code="blank",
        api_id=endpoint.api_id,
    )


def unusable(endpoint: Endpoint, name: str) -> Unreadable:
    """Return the error of a reply in which a field says nothing that can be used."""
    return Unreadable(
        "the broker's reply to {api_id} cannot be read ({reason})",
        hint="try again",
        api_id=endpoint.api_id,
        reason=Phrase("the field {name} has no usable value", name=name),
    )
