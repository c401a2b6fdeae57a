"""The values of order notices (00) and of balances after fills (04).

The filled quantity (911) and amount (903) of a notice run through the whole order, the unit
price and quantity (914, 915) are those of this fill. Codes are plain, without a class letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kiwoomctl.domain.prices import next_tick_up
from kiwoomctl.simulator.account import CASH_CREDIT_TYPE, percent, rounded_average
from kiwoomctl.simulator.journal import Holding, OrderEvent
from kiwoomctl.simulator.kiwoom.formats import clock_time, directed, order_number, plain, signed
from kiwoomctl.simulator.orders import TYPE_NAMES, Fill, Order

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

Values = Mapping[str, str]

_STATES = {
    "received": "접수",
    "filled": "체결",
    "confirmed": "확인",
    "cancelled": "취소",
    "rejected": "거부",
}
_SIDES = {"buy": "+매수", "sell": "-매도"}
_SIDE_CODES = {"sell": "1", "buy": "2"}
_VENUES = {"SOR": "0", "KRX": "1", "NXT": "2"}
_NO_DAY = "00000000"


def order_values(exchange: Exchange, event: OrderEvent, *, signed_fills: bool) -> Values:
    """Return what a notice of an order says.

    Args:
        exchange: Where it happened.
        event: What happened.
        signed_fills: Whether prices of fills carry the sign of their direction.
    """
    order, fill = event.order, event.fill
    values = {
        "9201": exchange.accounts[order.appkey].number,
        "9203": order_number(order.number),
        "9001": order.symbol,
        "912": "JJ",
        "913": _STATES[event.kind],
        "900": plain(order.quantity),
        "901": plain(order.price),
        "902": plain(order.remaining),
        "903": plain(order.filled_amount),
        "904": order_number(order.original),
        "905": _kind_name(order),
        "906": TYPE_NAMES.get(order.order_type, order.order_type),
        "907": _SIDE_CODES[order.side],
        "908": clock_time(event.moment),
        "938": plain(order.commission),
        "939": plain(order.tax),
        "919": (order.reject_code or "1") if event.kind == "rejected" else "0",
        "921": "0000",
        "922": CASH_CREDIT_TYPE,
        "923": _NO_DAY,
        "2134": _VENUES[order.exchange],
        "2135": order.exchange,
        "2136": "Y" if order.exchange == "SOR" else "N",
        **_market_values(exchange, order.symbol, event.moment),
    }
    values["10010"] = values["10"]
    if fill is not None:
        base = exchange.market.base_price(fill.symbol, fill.filled_at)
        price = directed(fill.price, base) if signed_fills else plain(fill.price)
        values |= {
            "909": order_number(fill.number),
            "910": price,
            "911": plain(order.filled),
            "914": price,
            "915": plain(fill.quantity),
        }
    return values


def balance_values(exchange: Exchange, fill: Fill, holding: Holding) -> Values:
    """Return what a balance says right after a fill."""
    instrument = exchange.market.find(fill.symbol)
    rate = percent(holding.realized, holding.sold_cost)
    return {
        "9201": exchange.accounts[fill.appkey].number,
        "9001": fill.symbol,
        "917": CASH_CREDIT_TYPE,
        "916": _NO_DAY,
        "302": instrument.name if instrument else "",
        "930": plain(holding.quantity),
        "931": plain(rounded_average(holding.cost, holding.quantity)),
        "932": plain(holding.cost),
        "933": plain(holding.sellable),
        "945": plain(holding.net_bought),
        "946": _SIDE_CODES[fill.side],
        "950": plain(holding.realized),
        "951": "0",
        "307": plain(exchange.market.base_price(fill.symbol, fill.filled_at)),
        "8019": signed(rate),
        "957": "0",
        "958": "0",
        "918": _NO_DAY,
        "990": plain(holding.realized),
        "991": signed(rate),
        "992": "0",
        "993": "0.00",
        "959": "0",
        "924": "0",
        **_market_values(exchange, fill.symbol, fill.filled_at),
    }


def _kind_name(order: Order) -> str:
    if order.action == "cancel":
        # A cancel's name carries no sign of its side.
        return f"{_SIDES[order.side][1:]}취소"
    return _SIDES[order.side] + ("정정" if order.action == "modify" else "")


def _market_values(exchange: Exchange, symbol: str, moment: datetime) -> dict[str, str]:
    """Return name, price and best offers of a symbol."""
    market = exchange.market
    instrument = market.find(symbol)
    if instrument is None:
        return {"10": "", "27": "", "28": ""}
    price, base = market.price(symbol, moment), market.base_price(symbol, moment)
    ask = next_tick_up(price, instrument.kind)
    return {
        "302": instrument.name,
        "10": directed(price, base),
        "27": directed(ask, base),
        "28": directed(price, base),
    }
