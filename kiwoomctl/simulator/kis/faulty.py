"""Replies that a fault has broken, and those that say less of an order than what happened."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import SOCKET_MODES, Fault
from kiwoomctl.simulator.kis.envelope import encode
from kiwoomctl.simulator.kis.formats import clock_time, message, order_number
from kiwoomctl.simulator.kis.identity import branch
from kiwoomctl.simulator.kis.query import Answer
from kiwoomctl.simulator.kis.refusals import TOKEN_CODES, Refused, any_refusal, by_token_service
from kiwoomctl.simulator.kis.rules import Rules
from kiwoomctl.simulator.kiwoom.broken import cut_off
from kiwoomctl.simulator.messages import Outcome, Reply

# These damage the bytes of a reply, so there has to be one.
NEEDS_REPLY = frozenset({"truncate", "list", "rc_string", "slow"})

_SLOW_SECONDS = 3.0
_GARBAGE_BYTES = 256
_HTML_TYPE = "text/html;charset=UTF-8"
_HTML_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_TITLES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}
_EMPTY = {"empty": 200, "http_404": 404}
_NUMBER = "ODNO"


def damaged(fault: Fault, reply: Reply, api_id: str, rules: Rules) -> Reply:
    """Return what the client gets in the place of a reply.

    ``http_500`` is the outage that KIS answers as JSON with nothing in it.
    """
    mode = fault.mode
    if mode == "http_500":
        body = encode({"rt_cd": "1", "msg_cd": "", "msg1": message("")})
        return replace(reply, status=500, body=body)
    if mode.startswith("http_5"):
        return _html(int(mode.removeprefix("http_")))
    refusal = _refusal(fault, api_id)
    if refusal is not None:
        usual = rules.token_status if refusal.msg_cd in TOKEN_CODES else rules.business_status
        status = usual if refusal.status is None else refusal.status
        return replace(reply, status=status, body=encode(refusal.body))
    if mode == "html":
        return _html(200, "점검 안내")
    if mode in _EMPTY:
        return replace(reply, status=_EMPTY[mode], body=b"")
    if mode == "slow":
        return replace(reply, delay=_SLOW_SECONDS if fault.seconds is None else fault.seconds)
    return _mangled(mode, reply)


def lost(
    fault: Fault | None,
    late: Fault,
    reply: Reply,
    api_id: str,
    exchange: Exchange,
    rules: Rules,
) -> Outcome:
    """Return what the client of an order that is taken later gets.

    Args:
        fault: What else strikes the request, and so says how the reply is lost.
        late: The fault that made the order late; ``text`` may be drop, reset or hang.
        reply: The reply that is lost.
        api_id: The TR.
        exchange: Whose orders are known.
        rules: The server's.
    """
    if fault is not None and fault.mode in ("blank", "wrong_number"):
        return misreported(fault, reply, exchange, late.appkey)
    if fault is not None and fault.mode not in SOCKET_MODES:
        return damaged(fault, reply, api_id, rules)
    how = late.text if late.text in SOCKET_MODES else "drop"
    return cut_off(fault or replace(late, mode=str(how), seconds=None))


def misreported(fault: Fault, reply: Reply, exchange: Exchange, appkey: str | None) -> Reply:
    """Return the success of an order without its values, or with another number."""
    told = json.loads(reply.body)
    output = told.get("output")
    if not isinstance(output, dict) or _NUMBER not in output:
        return reply
    if fault.mode == "wrong_number":
        output[_NUMBER] = _wrong_number(exchange, appkey, fault.text, output[_NUMBER])
    else:
        told["output"] = dict.fromkeys(output, "")
    return replace(reply, body=encode(told))


def imagined(exchange: Exchange) -> Answer:
    """Return what the client would get, for an order that does not exist."""
    today = exchange.orders_on(exchange.clock.today())
    last = max((order.number for order in today), default=700)
    output = {
        "KRX_FWDG_ORD_ORGNO": branch(exchange.seed.environment),
        _NUMBER: order_number(last + 1),
        "ORD_TMD": clock_time(exchange.clock.now()),
    }
    return Answer({"output": output})


def _wrong_number(exchange: Exchange, appkey: str | None, text: str | None, right: str) -> str:
    """Return a number that is not the order's own.

    ``known`` is another order of the account (the default), ``zero`` ten zeros, ``nine`` twelve
    digits; any other text is the number to give.
    """
    if text == "nine":
        return f"98{right}"
    if text not in (None, "known", "zero"):
        return str(text)
    known = [
        order_number(order.number)
        for order in exchange.orders_on(exchange.clock.today())
        if order.appkey == appkey and order_number(order.number) != right
    ]
    return known[-1] if known and text != "zero" else "0" * len(right)


def _mangled(mode: str, reply: Reply) -> Reply:
    """Return a reply whose bytes are not what was said."""
    if mode == "truncate":
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if mode == "garbage":
        return replace(reply, status=200, body=os.urandom(_GARBAGE_BYTES))
    if mode == "list":
        return replace(reply, body=b"[" + reply.body + b"]")
    if mode == "rc_string":
        return replace(reply, body=_with_number_code(reply.body))
    return reply


def _html(status: int, title: str | None = None) -> Reply:
    page = _HTML_PAGE.format(title=title or _TITLES[status])
    return Reply(status, page.encode(), content_type=_HTML_TYPE)


def _refusal(fault: Fault, api_id: str) -> Refused | None:
    if fault.mode == "http_429" and api_id == "tokenP":
        return by_token_service("EGW00133")
    code: str | None = {
        "http_429": "EGW00201",
        "token_dead": fault.code or "EGW00123",
        "ip_mismatch": fault.code or "EGW00207",
        "backend": fault.code or "EGW00202",
    }.get(fault.mode)
    return None if code is None else any_refusal(code, fault.text)


def _with_number_code(body: bytes) -> bytes:
    """Return the reply with rt_cd as a number, which no source has seen."""
    data: dict[str, Any] = json.loads(body)
    text = str(data.get("rt_cd", ""))
    data["rt_cd"] = int(text) if text.isdecimal() else text
    return encode(data)
