"""Replies that a fault has broken: cut, replaced, refused, late."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any, cast

from kiwoomctl.simulator.faults import LONG_SECONDS, Fault
from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.messages import Cut, Reply

# These damage the bytes of a reply, so there has to be one.
NEEDS_REPLY = frozenset({"truncate", "list", "rc_string", "slow"})

_SLOW_SECONDS = 3.0
_GARBAGE_BYTES = 256
_HTML_TYPE = "text/html;charset=UTF-8"
_HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>{title}</title></head>"
    "<body><h1>{title}</h1><p>시뮬레이터가 만든 오류 화면입니다.</p></body></html>"
)
_TITLES = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
}
_EMPTY = {"empty": 200, "http_404": 404}
_TOO_MANY = 1
_BACKEND_FAULT = ("-994", "fail to sendReceive:WINGSj")


def cut_off(fault: Fault) -> Cut:
    """Return what happens to the connection."""
    seconds = LONG_SECONDS if fault.seconds is None else fault.seconds
    return Cut(cast("Any", fault.mode), seconds)


def damaged(fault: Fault, reply: Reply, api_id: str) -> Reply:
    """Return what the client gets in the place of a reply."""
    mode = fault.mode
    if mode.startswith("http_5"):
        return _html(int(mode.removeprefix("http_")))
    refusal = _refusal(fault, api_id)
    if refusal is not None:
        body = json.dumps(refusal.body, ensure_ascii=False, separators=(",", ":")).encode()
        return replace(reply, status=refusal.status, body=body)
    if mode == "html":
        return replace(_html(200, "점검 안내"), status=200)
    if mode == "truncate":
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if mode == "garbage":
        return replace(reply, status=200, body=os.urandom(_GARBAGE_BYTES))
    if mode == "list":
        return replace(reply, body=b"[" + reply.body + b"]")
    if mode in _EMPTY:
        return replace(reply, status=_EMPTY[mode], body=b"")
    if mode == "rc_string":
        return replace(reply, body=_with_text_code(fault, reply.body))
    if mode == "slow":
        return replace(reply, delay=_SLOW_SECONDS if fault.seconds is None else fault.seconds)
    return reply


def _html(status: int, title: str | None = None) -> Reply:
    page = _HTML_PAGE.format(title=title or _TITLES[status])
    return Reply(status, page.encode(), content_type=_HTML_TYPE)


def _refusal(fault: Fault, api_id: str) -> Refused | None:
    if fault.mode == "http_429":
        return refused(1700, limit=_TOO_MANY, api_id=api_id)
    if fault.mode == "token_dead":
        return refused(8005)
    if fault.mode == "ip_mismatch":
        return refused(8050 if fault.code == "8050" else 8010)
    if fault.mode == "backend":
        code, text = _BACKEND_FAULT
        return refused_by_backend(fault.code or code, text if fault.text is None else fault.text)
    return None


def _with_text_code(fault: Fault, body: bytes) -> bytes:
    """Return the reply with return_code as text: its own, or the one asked for."""
    data = json.loads(body)
    if fault.code is not None and fault.code != "0":
        known = refused(8005) if fault.code == "8005" else None
        text = known.return_msg if known else (fault.text or "")
        data = {"return_msg": text, "return_code": fault.code}
    else:
        data["return_code"] = str(data.get("return_code", ""))
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
