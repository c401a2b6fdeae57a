"""What one reply to an order means: certain, refused at the gate, or unknown.

This is the money rule of the whole program, kept pure: bytes in, one class out. Only an exact
form is certain. Anything that was not foreseen is UNKNOWN.

HTTP's status decides nothing about a refusal, since no table of it is published; an order counts
as accepted only with 200.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from kiwoomctl.brokers.kis.order_codes import (
    DEFINITE,
    DOUBT_TEXTS,
    GATE,
    SUCCESSES,
)
from kiwoomctl.brokers.kis.replies import Verdict, verdict
from kiwoomctl.brokers.port_orders import SendClass, SendOutcome
from kiwoomctl.domain.orders import bare_number

_MAX_NUMBER_LENGTH: Final = 10
_DECIDING: Final = frozenset(
    {"rt_cd", "msg_cd", "msg1", "error_code", "error_description", "output", "odno"}
)
_REFUSALS: Final = frozenset({"1", "2", "7"})
_OK = 200
_DONE = "0"


def classify(status: int, content: bytes, known: Collection[str]) -> SendOutcome:
    """Return the class of a whole reply.

    Args:
        status: the HTTP status.
        content: the body as received.
        known: numbers (without leading zeros) that were there before, or belong to another
            attempt: none of them can be the new order's.
    """
    body = _object(content)
    if body is None:
        # The status alone would read like a success where it is 200.
        code = "unreadable_reply" if status == _OK else f"http_{status}"
        return SendOutcome("unknown", code=code)
    found = verdict(body)
    number = _number(body)
    if found.rt_cd == _DONE:
        return _accepted(status, number, known)
    if found.rt_cd not in _REFUSALS or number is None or number.strip().strip("0"):
        # A number beside a refusal contradicts it.
        return SendOutcome("unknown", code=found.code or f"http_{status}", text=found.text)
    return _refused(status, found, _said(body))


def _accepted(status: int, sent: str | None, known: Collection[str]) -> SendOutcome:
    if status != _OK:
        return SendOutcome("unknown", code=f"http_{status}")
    text = (sent or "").strip()
    number = bare_number(text)
    usable = (
        number is not None
        and text.isascii()
        and text.isdigit()
        and len(text) <= _MAX_NUMBER_LENGTH
        and number not in known
    )
    if not usable:
        return SendOutcome("unknown", code="no_usable_number")
    return SendOutcome("accepted", number=number)


def _refused(status: int, found: Verdict, said: str) -> SendOutcome:
    kind: SendClass = "unknown"
    if any(doubt in said for doubt in DOUBT_TEXTS):
        pass
    elif found.code in GATE:
        kind = GATE[found.code]
    elif DEFINITE.fullmatch(found.code) and found.code not in SUCCESSES:
        kind = "rejected"
    return SendOutcome(kind, code=found.code or f"http_{status}", text=found.text)


def _number(body: Mapping[str, Any]) -> str | None:
    """Return ODNO as sent, blank where there is none.

    None for one that is no text, that is told twice, or that stands in another part.
    """
    output = body.get("output")
    if not (output is None or output == [] or isinstance(output, dict)):
        return None
    values = [value for name, value in _parts(body) if name.lower() == "odno"]
    if not values:
        return ""
    inside = [value for name, value in (output or {}).items() if name.lower() == "odno"]
    alone = len(values) == len(inside) == 1
    return inside[0] if alone and isinstance(inside[0], str) else None


def _said(body: Mapping[str, Any]) -> str:
    """Return every text of a reply, also one too long to be shown, without blanks."""
    texts = (value for _, value in _parts(body) if isinstance(value, str))
    return "".join(c for text in texts for c in text.upper() if c.isprintable() and c != " ")


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give every value that a reply holds at any depth, with its name; "" in a list."""
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting:
        name, value = waiting.pop()
        yield name, value
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [("", part) for part in value]


def _object(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises ValueError where what decides is told twice."""
    names = [name.lower() for name, _ in pairs]
    if len(set(names)) != len(names) and any(names.count(name) > 1 for name in _DECIDING):
        raise ValueError("a deciding field is told twice")
    return dict(pairs)
