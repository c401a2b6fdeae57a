"""Replies that a fault has broken, and those that say less of an order than what happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiwoomctl.simulator.broken import last_number, mangled, other_number
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import Fault
from kiwoomctl.simulator.kiwoom.formats import order_number
from kiwoomctl.simulator.kiwoom.query import Answer
from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.messages import Reply, as_text, encode

_TOO_MANY = 1
_BACKEND_FAULT = ("-994", "fail to sendReceive:WINGSj")
_REPLY_WIDTH = 12
_KEPT = ("return_code", "return_msg")


def damaged(fault: Fault, reply: Reply, api_id: str) -> Reply:
    """Return what the client gets in the place of a reply."""
    refusal = _refusal(fault, api_id)
    if refusal is not None:
        return reply._replace(status=refusal.status, body=encode(refusal.body))
    if fault.mode == "rc_string":
        return reply._replace(body=_with_text_code(fault, reply.body))
    return mangled(fault, reply)


def misreported(fault: Fault, reply: Reply, exchange: Exchange, appkey: str | None) -> Reply:
    """Return the success of an order without its values, or with another number."""
    told = json.loads(reply.body)
    if "ord_no" not in told:
        return reply
    if fault.mode == "wrong_number":
        told["ord_no"] = other_number(exchange, appkey, fault.text, told["ord_no"], order_number)
    else:
        told = {name: value if name in _KEPT else "" for name, value in told.items()}
    return reply._replace(body=encode(told))


def imagined(api_id: str, body: Mapping[str, Any] | None, exchange: Exchange) -> Answer:
    """Return what the client would get, for an order that does not exist."""
    fields = {name: as_text(value) for name, value in (body or {}).items()}
    shown: dict[str, str] = {"ord_no": order_number(last_number(exchange) + 1)}
    if api_id in ("kt10002", "kt10003"):
        shown["base_orig_ord_no"] = fields.get("orig_ord_no", "").zfill(7)
        name = "mdfy_qty" if api_id == "kt10002" else "cncl_qty"
        shown[name] = fields.get(name, "").zfill(_REPLY_WIDTH)
    if api_id != "kt10003":
        shown["dmst_stex_tp"] = fields.get("dmst_stex_tp", "")
    return Answer(shown)


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
    return encode(data)
