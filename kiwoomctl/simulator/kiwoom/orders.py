"""The order TRs: buy (kt10000), sell (kt10001), modify (kt10002), cancel (kt10003).

Numbers of a request may lack leading zeros and order numbers too. Prices and
quantities that are not whole numbers are refused by the gateway's form check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiwoomctl.simulator.exchange import Exchange, Order
from kiwoomctl.simulator.kiwoom.formats import order_number, padded
from kiwoomctl.simulator.kiwoom.order_refusals import refusal
from kiwoomctl.simulator.kiwoom.query import Answer, Query
from kiwoomctl.simulator.kiwoom.refusals import refused
from kiwoomctl.simulator.orders import (
    STOP,
    OrderRefused,
    OrderRequest,
)

ORDER_APIS = frozenset({"kt10000", "kt10001", "kt10002", "kt10003"})

_REPLY_WIDTH = 12
_MOST_DIGITS = 12
_SIDE_WORDS = {"buy": "매수", "sell": "매도"}
_TWO_DIGITS = {"00": "0", "03": "3", "05": "5", "06": "6", "07": "7"}
_WHOLE_NUMBERS_ONLY = "정수만 입력가능합니다"


def place(query: Query) -> Answer:
    """Answer one of the four order TRs."""
    request = parsed(query)
    if query.late_seconds is not None:
        query.exchange.desk.postpone(request, query.late_seconds, by_machine=query.late_by_machine)
        # Nobody reads this: the reply is lost.
        return Answer()
    try:
        order = query.exchange.submit(request)
    except OrderRefused as error:
        raise refusal(error, query.environment, request.symbol, query.chosen_texts) from None
    return accepted(order, query.environment)


def parsed(query: Query) -> OrderRequest:
    """Read the request of an order TR.

    Raises:
        Refused: a number in it is none.
    """
    request = OrderRequest(
        appkey=query.account.appkey,
        action="new",
        symbol=query.get("stk_cd").strip(),
        quantity=0,
        exchange=query.get("dmst_stex_tp").strip(),
        origin=origin(query.api_id, query.sent, query.exchange),
        hidden_seconds=query.hidden_seconds,
    )
    if query.api_id in ("kt10000", "kt10001"):
        order_type = query.get("trde_tp").strip()
        if query.lenient:
            order_type = _TWO_DIGITS.get(order_type, order_type)
        price = _whole(query, "ord_uv")
        return request._replace(
            side="buy" if query.api_id == "kt10000" else "sell",
            order_type=order_type,
            quantity=_whole(query, "ord_qty"),
            price=price,
            stop_price=_whole(query, "cond_uv") if order_type == STOP else 0,
        )
    target = query.get("orig_ord_no").strip().lstrip("0")
    number = int(target) if target.isascii() and target.isdecimal() else 0
    if query.api_id == "kt10002":
        return request._replace(
            action="modify",
            target=number,
            quantity=_whole(query, "mdfy_qty"),
            price=_whole(query, "mdfy_uv"),
            stop_price=_whole(query, "mdfy_cond_uv"),
        )
    return request._replace(action="cancel", target=number, quantity=_whole(query, "cncl_qty"))


def accepted(order: Order, environment: str) -> Answer:
    """Return what the client of an accepted order gets."""
    number = {"ord_no": order_number(order.number)}
    venue = {"dmst_stex_tp": order.exchange}
    text = _success_text(order, environment)
    if order.action == "new":
        return Answer({**number, **venue}, message=text)
    number["base_orig_ord_no"] = order_number(order.root)
    quantity = padded(order.quantity, _REPLY_WIDTH)
    if order.action == "modify":
        return Answer({**number, "mdfy_qty": quantity, **venue}, message=text)
    return Answer({**number, "cncl_qty": quantity}, message=text)


def origin(api_id: str, sent: Mapping[str, Any], exchange: Exchange) -> str:
    """Return what the control plane later tells of an order's request."""
    told = {"api_id": api_id, "body": dict(sent), "t": exchange.clock.machine.now().timestamp()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _whole(query: Query, name: str) -> int:
    text = query.get(name).strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        raise refused(1517, name=name, reason=_WHOLE_NUMBERS_ONLY)
    return int(text)


def _success_text(order: Order, environment: str) -> str:
    side = _SIDE_WORDS[order.side]
    if environment == "mock":
        return f"모의투자 {'취소' if order.action == 'cancel' else side}주문완료"
    if order.action == "new":
        return f"{side}주문이 완료되었습니다."
    return f"{side}{'취소' if order.action == 'cancel' else '정정'} 주문입력이 완료되었습니다"
