"""Any read of the catalogue, as the broker answers it: values as text, nothing interpreted.

Token, pace, repeats and refusals are the client's. What is no read is refused here once more,
whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice

from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import Endpoint
from kiwoomctl.brokers.kiwoom.replies import verdict
from kiwoomctl.domain.apis import Api, ApiReply, check_callable

_ENVELOPE = frozenset({"return_code", "return_msg"})


def call(client: KiwoomClient, api: Api, fields: Mapping[str, str], pages: int | None) -> ApiReply:
    """Return the reply to a read, the rows of all pages together, the rest from the first.

    Args:
        client: makes the calls.
        api: what to ask.
        fields: the request's fields.
        pages: the most to read; None for all.

    Raises:
        UsageError: the API is no read over REST; nothing is sent.
        Unreadable: the pages do not end.
    """
    check_callable(api.title)
    endpoint = Endpoint(api.id, api.title.path, as_sent=True)
    read = list(islice(client.pages(endpoint, fields), pages))
    bodies = tuple(page.body for page in read)
    last = read[-1]
    name = api.list_name
    lists = [body[name] for body in bodies if name and _is_list(body.get(name))]
    listed = [name] if name and (lists or verdict(last.body).return_code) else []
    return ApiReply(
        scalars={
            key: _value(value)
            for key, value in bodies[0].items()
            if key not in _ENVELOPE and key not in listed
        },
        rows=tuple(
            {key: _value(value) for key, value in row.items()} for rows in lists for row in rows
        )
        if listed
        else None,
        pages=len(read),
        more=last.next_key is not None or last.cut,
        bodies=bodies,
    )


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _value(value: object) -> str | None:
    """Return a value as it was sent; what is no text, as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
