"""What a fault does to a reply whatever wire it speaks: cut, damaged, replaced, late."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, cast

from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import LONG_SECONDS, Fault
from kiwoomctl.simulator.messages import Cut, Reply

_SLOW_SECONDS: Final = 3.0
_GARBAGE_BYTES: Final = 256
_HTML_TYPE: Final = "text/html;charset=UTF-8"
_HTML_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>{title}</title></head>"
    "<body><h1>{title}</h1><p>시뮬레이터가 만든 오류 화면입니다.</p></body></html>"
)
_TITLES: Final = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
}
_EMPTY: Final = {"empty": 200, "http_404": 404}
_MAINTENANCE: Final = "점검 안내"


def cut_off(fault: Fault) -> Cut:
    """Return what happens to the connection."""
    seconds = LONG_SECONDS if fault.seconds is None else fault.seconds
    return Cut(cast("Any", fault.mode), seconds)


def mangled(fault: Fault, reply: Reply) -> Reply:
    """Return what the client gets in the place of a reply; the reply for any other mode."""
    mode = fault.mode
    if mode.startswith("http_5"):
        status = int(mode.removeprefix("http_"))
        return _html(status, _TITLES[status])
    if mode == "html":
        return _html(200, _MAINTENANCE)
    if mode == "truncate":
        return reply._replace(body=reply.body[: len(reply.body) // 2])
    if mode == "garbage":
        return reply._replace(status=200, body=os.urandom(_GARBAGE_BYTES))
    if mode == "list":
        return reply._replace(body=b"[" + reply.body + b"]")
    if mode in _EMPTY:
        return reply._replace(status=_EMPTY[mode], body=b"")
    if mode == "slow":
        return reply._replace(delay=_SLOW_SECONDS if fault.seconds is None else fault.seconds)
    return reply


def last_number(exchange: Exchange) -> int:
    """Return the newest number of today's orders; what it would be before the first."""
    return max((order.number for order in exchange.orders_on(exchange.clock.today())), default=700)


def other_number(
    exchange: Exchange,
    appkey: str | None,
    text: str | None,
    right: str,
    written: Callable[[int], str],
) -> str:
    """Return a number that is not the order's own.

    Args:
        exchange: Whose orders are known.
        appkey: Whose order it is.
        text: ``known`` (another order of the account, the default), ``zero``, ``nine`` (two
            digits too many), or the very number to give.
        right: The order's number.
        written: Says how the wire writes a number.
    """
    if text == "nine":
        return f"98{right}"
    if text not in (None, "known", "zero"):
        return str(text)
    known = [
        written(order.number)
        for order in exchange.orders_on(exchange.clock.today())
        if order.appkey == appkey and written(order.number) != right
    ]
    return known[-1] if known and text != "zero" else "0" * len(right)


def _html(status: int, title: str) -> Reply:
    return Reply(status, _HTML_PAGE.format(title=title).encode(), content_type=_HTML_TYPE)
