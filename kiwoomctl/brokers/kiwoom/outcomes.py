"""What one reply to an order means: certain, refused at the gate, doubtful or unknown.

This is the money rule of the whole program, kept pure: bytes in, one class out. Only an exact
form is certain. Anything that was not foreseen is UNKNOWN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from kiwoomctl.brokers.kiwoom.order_codes import (
    DEFINITE_BACKEND,
    DEFINITE_GATEWAY,
    DOUBT_TEXTS,
    NEVER_DEFINITE,
)
from kiwoomctl.brokers.kiwoom.replies import Verdict, verdict
from kiwoomctl.brokers.port_orders import SendClass, SendOutcome
from kiwoomctl.domain.orders import bare_number

_BACKEND_ONLY = re.compile(r"\[2000\]\(([A-Z]{0,2}-?\d+):(.*)\)", re.DOTALL)
_MAX_NUMBER_LENGTH = 7
_DECIDING = ("return_code", "return_msg", "ord_no")
_OK = 200
_TOO_MANY = 429


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
    if status == _TOO_MANY and found.return_code == 5 and found.code == "1700":  # noqa: PLR2004 - the one known form
        return SendOutcome("rate", code=found.code, text=found.text)
    if status != _OK:
        return SendOutcome("unknown", code=f"http_{status}", text=found.text)
    if found.return_code == 0:
        return _accepted(body, known)
    if found.return_code is None or str(body.get("ord_no") or "").strip().strip("0"):
        # A number beside a refusal contradicts it.
        return SendOutcome("unknown", code=found.code, text=found.text)
    return _refused(body, found)


def _accepted(body: Mapping[str, Any], known: Collection[str]) -> SendOutcome:
    sent = _text(body, "ord_no").strip()
    number = bare_number(sent)
    usable = (
        number is not None
        and sent.isascii()
        and sent.isdigit()
        and len(sent) <= _MAX_NUMBER_LENGTH
        and number not in known
    )
    if not usable:
        return SendOutcome("unknown", code="no_usable_number")
    root = _text(body, "base_orig_ord_no").strip()
    return SendOutcome(
        "accepted", number=number, root=bare_number(root) if root.isdigit() else None
    )


def _refused(body: Mapping[str, Any], found: Verdict) -> SendOutcome:
    def outcome(kind: SendClass) -> SendOutcome:
        return SendOutcome(kind, code=found.code, text=found.text)

    if found.code in NEVER_DEFINITE or any(
        doubt in "".join(_text(body, "return_msg").split()) for doubt in DOUBT_TEXTS
    ):
        return outcome("unknown")
    if found.return_code == 3 and found.code in {"8005", "8103"}:  # noqa: PLR2004 - the class of authentication
        return outcome("token")
    backend = _BACKEND_ONLY.fullmatch(_text(body, "return_msg").strip())
    if backend:
        if backend[1] in DEFINITE_BACKEND:
            return outcome("rejected")
        doubtful = found.return_code in {20, 2000}
        return outcome("doubtful" if doubtful else "unknown")
    return outcome("rejected" if found.code in DEFINITE_GATEWAY else "unknown")


def _object(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises ValueError where what decides is told twice."""
    told = dict(pairs)
    if len(told) != len(pairs):
        names = [name for name, _ in pairs]
        if any(names.count(name) > 1 for name in _DECIDING):
            raise ValueError("a deciding field is told twice")
    return told


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
