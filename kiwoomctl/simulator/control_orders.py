"""What the control plane shows and does of orders.

A foreign order goes to the exchange directly, as if another channel had sent it;
the exchange's own rules hold for it, the gateway's do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange, Order
from kiwoomctl.simulator.faults import MOST_SECONDS
from kiwoomctl.simulator.kiwoom.formats import order_number
from kiwoomctl.simulator.orders import (
    TYPE_NAMES,
    OrderAction,
    OrderRefused,
    OrderRequest,
    PlannedRejection,
    Reason,
)

_NAMES = {
    "limit": "0",
    "market": "3",
    "conditional": "5",
    "best": "6",
    "first": "7",
    "ioc": "10",
    "market-ioc": "13",
    "best-ioc": "16",
    "fok": "20",
    "market-fok": "23",
    "best-fok": "26",
    "stop": "28",
    "mid": "29",
    "mid-ioc": "30",
    "mid-fok": "31",
    "pre-close": "61",
    "single": "62",
    "post-close": "81",
}
_APIS: Mapping[OrderAction, str] = {"modify": "kt10002", "cancel": "kt10003"}
_ACTIONS: Mapping[str, OrderAction] = {"new": "new", "modify": "modify", "cancel": "cancel"}
# The channel of an order that names none; what KIS writes there nobody has told.
_HTS = {"kiwoom": "영웅문4", "kis": "HTS"}
_REFUSED_CODE = "999999"
_REFUSED_TEXT = "거래소 거부"
_MOST = 10**12


class BadOrder(Exception):
    """The control plane cannot do this with an order."""


def shown_orders(exchange: Exchange) -> list[dict[str, Any]]:
    """Return every accepted order request, oldest first."""
    return [_shown(exchange, order) for order in exchange.orders]


def place_foreign(exchange: Exchange, data: Mapping[str, Any]) -> dict[str, Any]:
    """Place, modify or cancel an order as another channel.

    Raises:
        BadOrder: something in it is wrong, or the exchange refuses it.
    """
    action = _ACTIONS.get(str(data.get("action", "new")))
    if action is None:
        raise BadOrder("action must be new, modify or cancel")
    side = data.get("side", "buy")
    if side not in ("buy", "sell"):
        raise BadOrder("side must be 'buy' or 'sell'")
    price = _number(data, "price", 0)
    name = str(data.get("type") or ("limit" if price else "market"))
    order_type = _NAMES.get(name, name)
    if order_type not in TYPE_NAMES:
        raise BadOrder(f"unknown type {name!r}; known: {', '.join(_NAMES)} or a code")
    venue = data.get("exchange") or "KRX"
    if venue not in ("KRX", "NXT", "SOR"):
        raise BadOrder("exchange must be KRX, NXT or SOR")
    appkey = _account_key(exchange, data)
    api_id = _api_id(exchange, appkey, action, str(side))
    told = {"api_id": api_id, "body": dict(data), "t": exchange.clock.machine.now().timestamp()}
    request = OrderRequest(
        appkey=appkey,
        action=action,
        symbol=str(data.get("symbol", "")),
        quantity=_number(data, "quantity", 0),
        exchange=str(venue),
        side="sell" if side == "sell" else "buy",
        order_type=order_type,
        price=price,
        stop_price=_number(data, "stop_price", 0),
        target=_number(data, "target", 0),
        channel=_channel(str(data.get("channel") or ""), exchange.accounts[appkey].broker),
        origin=json.dumps(told, ensure_ascii=False),
        hidden_seconds=min(_number(data, "hidden_seconds", 0), MOST_SECONDS),
    )
    try:
        order = exchange.submit(request)
    except OrderRefused as error:
        raise BadOrder(f"the exchange refuses it: {error.reason.value}") from error
    return {"ok": True, **_shown(exchange, order)}


def reject_later(exchange: Exchange, data: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse an open order now, or the next accepted ones ``seconds`` after their acceptance.

    Raises:
        BadOrder: there is no such order, or a number is none.
    """
    code, text = str(data.get("code") or _REFUSED_CODE), str(data.get("text") or _REFUSED_TEXT)
    if data.get("ord_no") is not None:
        order = exchange.desk.reject_open(_open_order(exchange, data), code, text)
        return {"ok": True, **_shown(exchange, order)}
    appkey = _account_key(exchange, data) if data.get("appkey") is not None else None
    seconds = data.get("seconds", 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= MOST_SECONDS:
        raise BadOrder("seconds must be a number, 0 or more, and no more than ten years")
    count = _number(data, "count", 1)
    if count < 1:
        raise BadOrder("count must be a whole number above 0")
    plan = PlannedRejection(appkey, float(seconds), code, text, count)
    exchange.planned_rejections.append(plan)
    exchange.revision += 1
    return {"ok": True}


def fill_by_hand(exchange: Exchange, data: Mapping[str, Any]) -> dict[str, Any]:
    """Give an open order so many shares, at its own or the market's price unless one is named.

    Raises:
        BadOrder: there is no such open order, or less of it is left.
    """
    order = _open_order(exchange, data)
    moment = exchange.clock.now()
    quantity = _number(data, "quantity", order.remaining)
    if not 0 < quantity <= order.remaining:
        raise BadOrder(f"quantity must be 1 to {order.remaining}")
    usual = order.resting_price or exchange.market.price(order.symbol, moment)
    price = _number(data, "price", usual)
    if price < 1:
        raise BadOrder("price must be a whole number of won above 0")
    done = exchange.desk.execute_by_hand(order, quantity, price, moment)
    return {"ok": True, **_shown(exchange, done)}


def set_depth(exchange: Exchange, data: Mapping[str, Any]) -> dict[str, Any]:
    """Set how many shares wait at every level of a symbol; null gives it back to the seed.

    Raises:
        BadOrder: no such symbol, or no such number.
    """
    symbol = data.get("symbol")
    if not isinstance(symbol, str) or exchange.market.find(symbol) is None:
        raise BadOrder(f"no instrument {symbol!r} is listed")
    exchange.liquidity.renew(symbol)
    if data.get("quantity") is None:
        exchange.liquidity.depths.pop(symbol, None)
    else:
        exchange.liquidity.depths[symbol] = _number(data, "quantity", 0)
    exchange.revision += 1
    return {"ok": True}


def choose_refusal(chosen: dict[str, str], data: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a refused order is answered; without a code the usual again.

    Raises:
        BadOrder: there is no such reason.
    """
    reasons = sorted(reason.value for reason in Reason)
    reason = data.get("reason")
    if reason not in reasons:
        raise BadOrder(f"unknown reason {reason!r}; known: {', '.join(reasons)}")
    if data.get("code") is None:
        chosen.pop(str(reason), None)
    else:
        chosen[str(reason)] = f"{data['code']}:{data.get('text') or ''}"
    return {"ok": True}


def _channel(asked: str, broker: str) -> str:
    """Return a channel as the lists of a house write it; "REST API" is its own service."""
    if broker == "kis" and asked == "REST API":
        from kiwoomctl.simulator.kis.orders import CHANNEL

        return CHANNEL
    return asked or _HTS[broker]


def _shown(exchange: Exchange, order: Order) -> dict[str, Any]:
    origin = json.loads(order.origin) if order.origin else {}
    written = _written(exchange.accounts[order.appkey])
    return {
        "appkey": order.appkey,
        "api_id": origin.get("api_id", ""),
        "body": origin.get("body", {}),
        "ord_no": written(order.number),
        "t": origin.get("t", order.accepted_at.timestamp()),
        "channel": order.channel,
        "action": order.action,
        "symbol": order.symbol,
        "side": order.side,
        "type": order.order_type,
        "exchange": order.exchange,
        "quantity": order.quantity,
        "price": order.price,
        "stop_price": order.stop_price,
        "status": order.status,
        "filled": order.filled,
        "filled_amount": order.filled_amount,
        "remaining": order.remaining,
        "cancelled": order.cancelled,
        "original": written(order.original),
        "root": written(order.root),
        "commission": order.commission,
        "tax": order.tax,
        "trading_day": order.trading_day.isoformat(),
        "accepted_at": order.accepted_at.isoformat(),
        "visible_from": None if order.seen_from is None else order.seen_from.isoformat(),
        "rejection": order.reject_code if order.closed_as == "rejected" else None,
    }


def _written(account: Account) -> Callable[[int], str]:
    """Return how the house of an account writes order numbers."""
    if account.broker == "kis":
        from kiwoomctl.simulator.kis.formats import order_number as of_kis

        return of_kis
    return order_number


def _api_id(exchange: Exchange, appkey: str, action: OrderAction, side: str) -> str:
    """Return the TR with which an account's own client would have asked for an order."""
    if exchange.accounts[appkey].broker == "kis":
        from kiwoomctl.simulator.kis.catalog import tr_id_of

        return tr_id_of(side if action == "new" else "change", exchange.seed.environment)
    return _APIS.get(action) or ("kt10000" if side == "buy" else "kt10001")


def _open_order(exchange: Exchange, data: Mapping[str, Any]) -> Order:
    text = str(data.get("ord_no", "")).strip().lstrip("0")
    for order in exchange.open_orders():
        if f"{order.number}" == text and order.trading_day == exchange.clock.today():
            return order
    raise BadOrder(f"no open order has the number {data.get('ord_no')!r}")


def _account_key(exchange: Exchange, data: Mapping[str, Any]) -> str:
    appkey = data.get("appkey")
    if appkey not in exchange.accounts:
        raise BadOrder(f"no account has the key {appkey!r}")
    return str(appkey)


def _number(data: Mapping[str, Any], name: str, usual: int) -> int:
    value = data.get(name)
    if value is None or value == "":
        return usual
    text = str(value).strip()
    if isinstance(value, bool | float) or not (text.isascii() and text.isdecimal()):
        raise BadOrder(f"{name} must be a whole number, 0 or more")
    if int(text) > _MOST:
        raise BadOrder(f"{name} is too large")
    return int(text)
