"""Orders the broker announced while somebody watched (접수): written down, and read as evidence.

An announcement can show that an order whose reply was lost exists; that there is none shows
nothing, since nobody may have watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import BrokerOrder, OrderType

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.live import OrderNotice
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.services.accounts import JournaledAccount

_TIME_LENGTH = 6


def keep(account: JournaledAccount, notice: OrderNotice) -> None:
    """Write an order that was received into the account's ledger, where there is one.

    Raises:
        StateError, Busy: it cannot be written.
    """
    number = account.pinned_id()
    if notice.status != "received" or number is None or not account.has_ledger():
        return
    body = {
        "symbol": notice.symbol,
        "name": notice.name,
        "side": notice.side,
        "type": notice.type and notice.type.value,
        "quantity": notice.quantity,
        "price": None if notice.price is None else str(notice.price),
        "original": notice.original,
        "change": notice.change,
        "time": notice.time,
    }
    account.ledger().store_notice(number, notice.received_at.date(), notice.number, body)


def announced(ledger: Ledger, account: AccountId, day: date) -> dict[str, BrokerOrder]:
    """Return the orders of a trading day that were announced, by number.

    What an announcement does not tell (the exchange, the channel) is None: it neither matches
    nor excludes.
    """
    found = {}
    for notice in ledger.notices(account, day):
        order = _order(notice.number, notice.body, day)
        if order is not None:
            found[notice.number] = order
    return found


def _order(number: str, body: Mapping[str, Any], day: date) -> BrokerOrder | None:
    quantity = body.get("quantity")
    if not isinstance(quantity, int):
        return None
    price = body.get("price")
    kind = body.get("type")
    return BrokerOrder(
        number=number,
        original=body.get("original"),
        symbol=Symbol(body["symbol"]),
        name=body.get("name") or "",
        side=body.get("side"),
        type=None if kind is None else OrderType(kind),
        quantity=quantity,
        price=None if price is None else Decimal(price),
        stop_price=None,
        filled_quantity=0,
        remaining_quantity=quantity,
        average_fill_price=None,
        exchange=None,
        channel=None,
        ordered_at=_moment(day, body.get("time")),
        status="open",
        change=body.get("change"),
    )


def _moment(day: date, time: str | None) -> datetime | None:
    if time is None or len(time) != _TIME_LENGTH or not time.isdigit():
        return None
    try:
        return datetime.strptime(f"{day:%Y%m%d}{time}", "%Y%m%d%H%M%S").replace(tzinfo=KST)
    except ValueError:
        return None
