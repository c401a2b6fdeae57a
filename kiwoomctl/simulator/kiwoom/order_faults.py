"""Replies to orders that say less, or something else, than what happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import SOCKET_MODES, Fault
from kiwoomctl.simulator.kiwoom.broken import cut_off, damaged
from kiwoomctl.simulator.kiwoom.envelope import as_text, encode
from kiwoomctl.simulator.kiwoom.formats import order_number
from kiwoomctl.simulator.kiwoom.query import Answer
from kiwoomctl.simulator.messages import Outcome, Reply

_REPLY_WIDTH = 12
_KEPT = ("return_code", "return_msg")


def lost(
    fault: Fault | None, late: Fault, reply: Reply, api_id: str, exchange: Exchange
) -> Outcome:
    """Return what the client of an order that is taken later gets.

    Args:
        fault: What else strikes the request, and so says how the reply is lost.
        late: The fault that made the order late; ``text`` may be drop, reset or hang.
        reply: The reply that is lost.
        api_id: The TR.
        exchange: Whose orders are known.
    """
    if fault is not None and fault.mode in ("blank", "wrong_number"):
        return misreported(fault, reply, exchange, late.appkey)
    if fault is not None and fault.mode not in SOCKET_MODES:
        return damaged(fault, reply, api_id)
    how = late.text if late.text in SOCKET_MODES else "drop"
    return cut_off(fault or replace(late, mode=str(how), seconds=None))


def misreported(fault: Fault, reply: Reply, exchange: Exchange, appkey: str | None) -> Reply:
    """Return the success of an order without its values, or with another number."""
    told = json.loads(reply.body)
    if "ord_no" not in told:
        return reply
    if fault.mode == "wrong_number":
        told["ord_no"] = wrong_number(exchange, appkey, fault.text, told["ord_no"])
    else:
        told = {name: value if name in _KEPT else "" for name, value in told.items()}
    return replace(reply, body=encode(told))


def imagined(api_id: str, body: Mapping[str, Any] | None, exchange: Exchange) -> Answer:
    """Return what the client would get, for an order that does not exist."""
    fields = {name: as_text(value) for name, value in (body or {}).items()}
    last = max((order.number for order in exchange.orders_on(exchange.clock.today())), default=700)
    shown: dict[str, str] = {"ord_no": order_number(last + 1)}
    if api_id in ("kt10002", "kt10003"):
        shown["base_orig_ord_no"] = fields.get("orig_ord_no", "").zfill(7)
        name = "mdfy_qty" if api_id == "kt10002" else "cncl_qty"
        shown[name] = fields.get(name, "").zfill(_REPLY_WIDTH)
    if api_id != "kt10003":
        shown["dmst_stex_tp"] = fields.get("dmst_stex_tp", "")
    return Answer(shown)


def wrong_number(exchange: Exchange, appkey: str | None, text: str | None, right: str) -> str:
    """Return a number that is not the order's own.

    Args:
        exchange: Whose orders are known.
        appkey: Whose order it is.
        text: ``known`` (another order of the account, the default), ``zero``, ``nine``
            (nine digits), or the very number to give.
        right: The order's number.
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
    return known[-1] if known and text != "zero" else order_number(0)
