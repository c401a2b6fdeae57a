"""Replies that a fault has broken, and those that say less of an order than what happened."""

from __future__ import annotations

import json
from typing import Any

from kiwoomctl.simulator.broken import last_number, mangled, other_number
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import Fault
from kiwoomctl.simulator.kis.formats import clock_time, message, order_number
from kiwoomctl.simulator.kis.identity import branch
from kiwoomctl.simulator.kis.query import Answer
from kiwoomctl.simulator.kis.refusals import TOKEN_CODES, Refused, any_refusal, by_token_service
from kiwoomctl.simulator.kis.rules import Rules
from kiwoomctl.simulator.messages import Reply, encode

_NUMBER = "ODNO"


def damaged(fault: Fault, reply: Reply, api_id: str, rules: Rules) -> Reply:
    """Return what the client gets in the place of a reply.

    ``http_500`` is the outage that KIS answers as JSON with nothing in it.
    """
    mode = fault.mode
    if mode == "http_500":
        body = encode({"rt_cd": "1", "msg_cd": "", "msg1": message("")})
        return reply._replace(status=500, body=body)
    refusal = _refusal(fault, api_id)
    if refusal is not None:
        usual = rules.token_status if refusal.msg_cd in TOKEN_CODES else rules.business_status
        status = usual if refusal.status is None else refusal.status
        return reply._replace(status=status, body=encode(refusal.body))
    if mode == "rc_string":
        return reply._replace(body=_with_number_code(reply.body))
    return mangled(fault, reply)


def misreported(fault: Fault, reply: Reply, exchange: Exchange, appkey: str | None) -> Reply:
    """Return the success of an order without its values, or with another number."""
    told = json.loads(reply.body)
    output = told.get("output")
    if not isinstance(output, dict) or _NUMBER not in output:
        return reply
    if fault.mode == "wrong_number":
        output[_NUMBER] = other_number(exchange, appkey, fault.text, output[_NUMBER], order_number)
    else:
        told["output"] = dict.fromkeys(output, "")
    return reply._replace(body=encode(told))


def imagined(exchange: Exchange) -> Answer:
    """Return what the client would get, for an order that does not exist."""
    output = {
        "KRX_FWDG_ORD_ORGNO": branch(exchange.seed.environment),
        _NUMBER: order_number(last_number(exchange) + 1),
        "ORD_TMD": clock_time(exchange.clock.now()),
    }
    return Answer({"output": output})


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
