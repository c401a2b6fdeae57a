"""What a record of the feed says: records of the domain, or its fields by name.

A notice tells what one event did, never what is filled of an order so far: a figure that runs is
told only where this very event leaves no doubt of it. A record that cannot be read stays a
RawEvent that says why: one odd field ends no feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.live.kinds import NAMES, NOTICES, TRADES
from kiwoomctl.brokers.kis.live.records import BY_WIRE_NAME, texts_of
from kiwoomctl.brokers.kis.order_codes import type_of
from kiwoomctl.domain.live import FieldValue, LiveFields, NoticeStatus, OrderNotice, RawEvent, Trade
from kiwoomctl.domain.orders import bare_number
from kiwoomctl.errors import Phrase

if TYPE_CHECKING:
    from kiwoomctl.brokers.live.inbox import Element
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.domain.live import LiveEvent
    from kiwoomctl.domain.orders import Side

_FILL: Final = "2"
_REFUSED: Final = "1"
_ACCEPTANCES: Final[dict[str, NoticeStatus]] = {
    "1": "received",
    "2": "confirmed",
    # What is left of an IOC or FOK order is cancelled by itself.
    "3": "cancelled",
}
_CHANGES: Final[dict[str, Literal["modify", "cancel"]]] = {"1": "modify", "2": "cancel"}
_OF_EVERY_NOTICE: Final = (
    "status",
    "remaining_quantity",
    "filled_quantity",
    "filled_amount",
    "fill_id",
    "fill_quantity",
    "fill_price",
    "reject_reason",
)
"""What a notice has beside the fields of its record, by the names of every broker."""
_NOT_TOLD: Final = frozenset({"told_quantity", "told_price"})
"""They mean another thing in a fill than elsewhere, so they have no name of their own."""
FIELD_NAMES: Final = frozenset(
    {field.name for fields in BY_WIRE_NAME.values() for field in fields.values()} - _NOT_TOLD
) | {*_OF_EVERY_NOTICE}
RAW_NAMES: Final = frozenset(name for fields in BY_WIRE_NAME.values() for name in fields)


class Figures(NamedTuple):
    """What a notice comes to."""

    status: NoticeStatus
    quantity: int | None
    price: Decimal | None
    remaining: int | None
    filled: int | None
    fill_quantity: int | None
    fill_price: Decimal | None

    @property
    def filled_amount(self) -> Decimal | None:
        """KRW of all fills so far; None where this event does not say."""
        if not self.filled:
            return None if self.filled is None else Decimal(0)
        return None if self.fill_price is None else self.filled * self.fill_price


def raw(element: Element) -> RawEvent:
    """Return a record as it was sent, its fields under the broker's names."""
    trouble, texts = None, None
    if isinstance(element.content, Phrase):
        trouble = element.content
    else:
        texts = texts_of(element.type, element.content)
        if texts is None:
            # Nobody knows which of the texts is an account number: none of them is shown.
            trouble = Phrase("a record of {count} fields", count=len(element.content))
    return RawEvent(
        element.type,
        element.item,
        texts or {},
        element.received_at,
        NAMES.get(element.type, ""),
        trouble,
        of_account=not element.from_market,
    )


def read(element: Element) -> LiveEvent:
    """Return the record of the domain that a record stands for; as sent where there is none."""
    event = raw(element)
    if event.trouble is not None:
        return event
    told, unreadable = _fields(event)
    if unreadable:
        name, text = next(iter(unreadable.items()))
        return event._replace(trouble=_odd(name, text))
    return _notice(event, told) if event.type in NOTICES else _trade(event, told)


def named(event: RawEvent) -> LiveFields:
    """Return the fields of an event by English names, figures as numbers."""
    if event.type not in NOTICES and event.type not in TRADES:
        told = {key: int(text) if key == "dropped" else text for key, text in event.values.items()}
        return LiveFields(told, {})
    fields, unreadable = _fields(event)
    if event.type in NOTICES and event.trouble is None:
        figures = _figures(fields)
        fields = {
            **{name: value for name, value in fields.items() if name not in _NOT_TOLD},
            "status": figures.status,
            "quantity": figures.quantity,
            "order_price": figures.price,
            "remaining_quantity": figures.remaining,
            "filled_quantity": figures.filled,
            "filled_amount": figures.filled_amount,
            "fill_id": None,
            "fill_quantity": figures.fill_quantity,
            "fill_price": figures.fill_price,
            "reject_reason": None,
        }
    return LiveFields(fields, unreadable)


def _fields(event: RawEvent) -> tuple[dict[str, FieldValue], dict[str, str]]:
    """Return the fields of a record by our names, and the texts of those that cannot be read."""
    known = BY_WIRE_NAME["notice" if event.type in NOTICES else "trade"]
    fields: dict[str, FieldValue] = {}
    unreadable: dict[str, str] = {}
    for wire_name, text in event.values.items():
        field = known.get(wire_name)
        if field is None:
            fields[f"field_{wire_name}"] = wire.code(text)
            continue
        try:
            fields[field.name] = field.read(text)
        except ValueError:
            fields[field.name] = None
            unreadable[field.name] = text
    return fields, unreadable


def _figures(told: Mapping[str, Any]) -> Figures:
    """Return what a notice comes to.

    In a fill CNTG_QTY and CNTG_UNPR are those of the fill, elsewhere those of the order.
    """
    is_fill = told.get("fill_class") == _FILL
    refused = told.get("refused") in {_REFUSED, "Y"}
    acceptance = str(told.get("acceptance") or "")
    status: NoticeStatus = _ACCEPTANCES.get(acceptance, "unknown")
    if is_fill or refused:
        status = "filled" if is_fill else "rejected"
    quantity, price = told.get("quantity"), told.get("order_price")
    of_fill: tuple[int | None, Decimal | None] = (None, None)
    if is_fill:
        of_fill = (told.get("told_quantity"), told.get("told_price"))
    else:
        # Of what is cancelled by itself the figure may be that of the rest.
        quantity = quantity or (told.get("told_quantity") if status == "received" else None)
        price = price or told.get("told_price")
    whole = is_fill and quantity is not None and of_fill[0] == quantity
    remaining = filled = None
    if whole:
        remaining, filled = 0, quantity
    elif status in {"cancelled", "rejected"}:
        remaining = 0
    elif status == "received" or (status == "confirmed" and told.get("order_action") == "1"):
        remaining = quantity
    return Figures(status, quantity, price, remaining, filled, *of_fill)


def _notice(event: RawEvent, told: Mapping[str, Any]) -> LiveEvent:
    number, symbol = told["broker_order_id"], cast("Symbol | None", told["symbol"])
    if number is None or symbol is None:
        return event._replace(trouble=_odd("broker_order_id" if number is None else "symbol", ""))
    side, original = told["side"], told["original_order_id"]
    figures = _figures(told)
    return OrderNotice(
        number=bare_number(number) or "",
        original=None if original is None else bare_number(original),
        symbol=symbol,
        name=told["name"] or "",
        side=cast("Side", side) if side in {"buy", "sell"} else None,
        status=figures.status,
        quantity=figures.quantity,
        price=figures.price,
        remaining_quantity=figures.remaining,
        filled_quantity=figures.filled,
        fill_id=None,
        fill_quantity=figures.fill_quantity,
        fill_price=figures.fill_price,
        fill_amount=figures.filled_amount,
        reason=None,
        time=told["time"],
        received_at=event.received_at,
        type=type_of(event.values["ODER_KIND"]),
        change=_CHANGES.get(told["order_action"] or ""),
    )


def _trade(event: RawEvent, told: Mapping[str, Any]) -> LiveEvent:
    symbol = cast("Symbol | None", told["symbol"])
    if symbol is None:
        return event._replace(trouble=_odd("symbol", ""))
    return Trade(
        symbol=symbol,
        price=told["price"],
        change=told["change"],
        change_rate=told["change_rate"],
        volume=told["volume"],
        time=told["time"],
        received_at=event.received_at,
    )


def account_of(record: Sequence[str]) -> str:
    """Return the digits of the account that a notice is about; "" where it does not say."""
    return record[1].strip().replace("-", "") if len(record) > 1 else ""


def item_of(kind: str, record: Sequence[str]) -> str:
    """Return the code a record is about, with what stands behind it; "" for a notice."""
    return "" if kind in NOTICES else f"{record[0].strip()}{TRADES.get(kind, '')}"


def _odd(name: str, text: str) -> Phrase:
    return Phrase("the field {number} says {text!r}", number=name, text=text[:40])
