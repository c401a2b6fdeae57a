"""The order TRs: buy (TTTC0012U), sell (TTTC0011U), modify and cancel in one (TTTC0013U).

A modify or cancel is an order of its own with a new number; that of the order before is its
original. Nothing of an order tells its date. An exchange that is not named is KRX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiwoomctl.simulator.exchange import Exchange, Order
from kiwoomctl.simulator.kis.formats import clock_time, order_number
from kiwoomctl.simulator.kis.identity import branch
from kiwoomctl.simulator.kis.order_refusals import refusal
from kiwoomctl.simulator.kis.order_types import ORDER_TYPES, STOP_CODE, OrderType
from kiwoomctl.simulator.kis.query import Answer, Query
from kiwoomctl.simulator.kis.refusals import bad_value
from kiwoomctl.simulator.orders import OrderRefused, OrderRequest, Reason

CHANNEL = "OpnAPI"
"""What the lists call an order of this service."""
_VENUES = ("KRX", "NXT", "SOR")
_MODIFY, _CANCEL = "01", "02"
_SELL_TYPES = ("", "01", "02", "05")
_SENT = "주문 전송 완료 되었습니다."
_MOCK_CODES = {
    "buy": ("40600000", "모의투자 매수주문이 완료 되었습니다."),
    "sell": ("40590000", "모의투자 매도주문이 완료 되었습니다."),
}


def place(query: Query) -> Answer:
    """Answer one of the order TRs."""
    try:
        request = parsed(query)
        if query.late_seconds is not None:
            query.exchange.desk.postpone(
                request, query.late_seconds, by_machine=query.late_by_machine
            )
            # Nobody reads this: the reply is lost.
            return Answer()
        order = query.exchange.submit(request)
    except OrderRefused as error:
        raise refusal(error, query.environment, query.moment, query.chosen_texts) from None
    return accepted(order, query.environment)


def parsed(query: Query) -> OrderRequest:
    """Read the request of an order TR.

    Raises:
        Refused: a value in it is none.
        OrderRefused: it names a type or an order that there is not.
    """
    venue = query.get("EXCG_ID_DVSN_CD") or "KRX"
    if venue not in _VENUES:
        raise bad_value("EXCG_ID_DVSN_CD")
    request = OrderRequest(
        appkey=query.account.appkey,
        action="new",
        symbol=query.symbol(),
        quantity=query.whole("ORD_QTY"),
        exchange=venue,
        price=query.whole("ORD_UNPR"),
        channel=CHANNEL,
        origin=origin(query.tr_id, query.sent, query.exchange),
        hidden_seconds=query.hidden_seconds,
    )
    if query.name == "change":
        return _change(query, request)
    if query.get("SLL_TYPE") not in _SELL_TYPES:
        raise bad_value("SLL_TYPE")
    kind = _kind(query, venue)
    return request._replace(
        side="buy" if query.name == "buy" else "sell",
        order_type=kind.core,
        session=kind.session,
        stop_price=query.whole("CNDT_PRIC") if kind.code == STOP_CODE else 0,
    )


def accepted(order: Order, environment: str) -> Answer:
    """Return what the client of an accepted order gets."""
    output = {
        "KRX_FWDG_ORD_ORGNO": branch(environment),
        "ODNO": order_number(order.number),
        "ORD_TMD": clock_time(order.accepted_at),
    }
    code, text = ("APBK0013", _SENT) if environment == "real" else _MOCK_CODES[order.side]
    return Answer({"output": output}, msg_cd=code, msg1=text)


def origin(tr_id: str, sent: Mapping[str, Any], exchange: Exchange) -> str:
    """Return what the control plane later tells of an order's request."""
    told = {"api_id": tr_id, "body": dict(sent), "t": exchange.clock.machine.now().timestamp()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _change(query: Query, request: OrderRequest) -> OrderRequest:
    """Return the request to modify or cancel; it names the order by its number only."""
    what, everything = query.get("RVSE_CNCL_DVSN_CD"), query.get("QTY_ALL_ORD_YN")
    if what not in (_MODIFY, _CANCEL):
        raise bad_value("RVSE_CNCL_DVSN_CD")
    if everything not in ("Y", "N"):
        raise bad_value("QTY_ALL_ORD_YN")
    if query.get("KRX_FWDG_ORD_ORGNO") not in ("", branch(query.environment)):
        raise OrderRefused(Reason.UNKNOWN_ORDER)
    number = query.whole("ORGN_ODNO")
    target = _own_order(query, number)
    if target is None:
        raise OrderRefused(Reason.UNKNOWN_ORDER)
    if everything == "N" and request.quantity <= 0:
        raise OrderRefused(Reason.NO_QUANTITY)
    request = request._replace(
        symbol=target.symbol,
        target=number,
        # Y means all that remain, whatever quantity stands beside it.
        quantity=0 if everything == "Y" else request.quantity,
    )
    if what == _CANCEL:
        return request._replace(action="cancel", price=0)
    kind = _kind(query, target.exchange)
    same = (kind.core, kind.session) == (target.order_type, target.session)
    return request._replace(
        action="modify",
        new_type="" if same else kind.core,
        stop_price=query.whole("CNDT_PRIC") if kind.code == STOP_CODE else 0,
    )


def _own_order(query: Query, number: int) -> Order | None:
    mine = query.exchange.orders_on(query.business_day)
    for order in mine:
        if order.number == number and order.appkey == query.account.appkey:
            return order
    return None


def _kind(query: Query, venue: str) -> OrderType:
    """Return the type of an order.

    Raises:
        OrderRefused: there is none of this code, or not at this exchange.
    """
    kind = ORDER_TYPES.get(query.get("ORD_DVSN"))
    if kind is None:
        raise OrderRefused(Reason.BAD_TYPE)
    if query.environment == "mock" and venue != "KRX":
        raise OrderRefused(Reason.NOT_OFFERED)
    if venue not in kind.venues:
        raise OrderRefused(Reason.TYPE_NOT_HERE)
    return kind
