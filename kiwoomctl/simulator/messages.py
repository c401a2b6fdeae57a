"""What goes in and out of a simulated server, whether over a socket or in process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

JSON_TYPE = "application/json;charset=UTF-8"


class Request(NamedTuple):
    """One HTTP request; header names are lower case."""

    method: str
    path: str
    """Without the query."""
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    """As it was sent, still encoded."""


class Reply(NamedTuple):
    """One HTTP reply, to be sent after ``delay`` seconds."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = MappingProxyType({})
    delay: float = 0.0


class Cut(NamedTuple):
    """No reply: the connection is dropped, reset, or kept silent for ``seconds`` and dropped."""

    how: Literal["drop", "reset", "hang"]
    seconds: float = 0.0


Outcome = Reply | Cut


def json_object(body: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body or a frame; None when there is none."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def encode(body: object) -> bytes:
    """Return compact JSON as the servers write it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def as_text(value: object) -> str:
    """Return a field of a request as text; null is empty."""
    return "" if value is None else str(value)
