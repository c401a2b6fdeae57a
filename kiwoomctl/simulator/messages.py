"""What goes in and out of a simulated server, whether over a socket or in process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

JSON_TYPE = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower case."""

    method: str
    path: str
    """Without the query."""
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    """As it was sent, still encoded."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply, to be sent after ``delay`` seconds."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """No reply: the connection is dropped, reset, or kept silent for ``seconds`` and dropped."""

    how: Literal["drop", "reset", "hang"]
    seconds: float = 0.0


Outcome = Reply | Cut
