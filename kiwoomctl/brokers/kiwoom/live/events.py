"""What an element of the feed says: records of the domain, or its fields by name.

Figures that run (what is filled so far) are told as such and never added up here. An element
that cannot be read stays a RawEvent that says why: one odd field ends no feed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.live import fids
from kiwoomctl.brokers.kiwoom.order_codes import type_of
from kiwoomctl.domain.live import (
    BalanceNotice,
    LiveEvent,
    LiveFields,
    NoticeStatus,
    OrderNotice,
    RawEvent,
    Trade,
)
from kiwoomctl.domain.orders import Side, bare_number
from kiwoomctl.errors import Phrase

if TYPE_CHECKING:
    from kiwoomctl.brokers.live.inbox import Element
    from kiwoomctl.domain.identity import Symbol

_Value = TypeVar("_Value")
_KNOWN_STATUSES: Final = frozenset({"received", "filled", "confirmed", "cancelled", "rejected"})
_CHANGES: Final[dict[str, Literal["modify", "cancel"]]] = {"정정": "modify", "취소": "cancel"}


class _NotReadable(Exception):
    def __init__(self, number: str, text: str) -> None:
        super().__init__(number)
        self.number = number
        self.text = text


class Values:
    """The fields of one element, read by their numbers."""

    def __init__(self, texts: Mapping[str, Any]) -> None:
        self._texts = texts

    def get(self, number: str, parser: Callable[[str], _Value | None]) -> _Value | None:
        """Return what a field says; None for one that is blank or was not sent."""
        text = _text(self._texts.get(number, ""))
        try:
            return parser(text)
        except ValueError:
            raise _NotReadable(number, text) from None

    def need(self, number: str, parser: Callable[[str], _Value | None]) -> _Value:
        """Return what a field says, which must say something."""
        value = self.get(number, parser)
        if value is None:
            raise _NotReadable(number, _text(self._texts.get(number, "")))
        return value


def raw(element: Element) -> RawEvent:
    """Return an element as it was sent."""
    content = element.content
    values = content.get("values")
    if not isinstance(values, dict):
        return RawEvent(
            element.type,
            element.item,
            {},
            element.received_at,
            trouble=Phrase("it has no values"),
            of_account=not element.from_market,
        )
    name = content.get("name")
    texts = {key: _text(value) for key, value in values.items()}
    return RawEvent(
        element.type,
        element.item,
        texts,
        element.received_at,
        name if isinstance(name, str) else "",
        of_account=not element.from_market,
    )


def read(element: Element) -> LiveEvent:
    """Return the record an element stands for; as it was sent where there is none."""
    reader = _READERS.get(element.type)
    values = element.content.get("values")
    if reader is None or not isinstance(values, dict):
        return raw(element)
    try:
        return reader(element, Values(values))
    except _NotReadable as problem:
        return raw(element)._replace(
            trouble=Phrase(
                "the field {number} says {text!r}", number=problem.number, text=problem.text[:40]
            )
        )


def named(event: RawEvent) -> LiveFields:
    """Return the fields of an event by English names, figures as numbers."""
    if event.type in {"lost", "gap"}:
        told = {key: int(text) if key == "dropped" else text for key, text in event.values.items()}
        return LiveFields(told, {})
    fields, unreadable = {}, {}
    for number, text in event.values.items():
        field = fids.field(number)
        try:
            fields[field.name] = field.read(text)
        except ValueError:
            fields[field.name] = None
            unreadable[field.name] = text
    return LiveFields(fields, unreadable)


def _order(event: Element, values: Values) -> OrderNotice:
    told = values.get("913", fids.status)
    status = cast("NoticeStatus", told if told in _KNOWN_STATUSES else "unknown")
    kind = values.get("905", wire.code) or ""
    side = values.get("907", fids.side)
    unit_price = values.get("914", wire.price)
    return OrderNotice(
        number=values.need("9203", bare_number),
        original=values.get("904", bare_number),
        symbol=values.need("9001", wire.symbol),
        name=values.get("302", wire.code) or "",
        side=cast("Side", side) if side in {"buy", "sell"} else None,
        status=status,
        quantity=values.get("900", wire.quantity),
        price=values.get("901", fids.limit),
        remaining_quantity=values.get("902", wire.quantity),
        filled_quantity=values.get("911", wire.quantity),
        fill_id=values.get("909", wire.code),
        fill_quantity=values.get("915", wire.quantity),
        fill_price=values.get("910", wire.price) if unit_price is None else unit_price,
        fill_amount=values.get("903", wire.number),
        reason=values.get("919", fids.reason),
        time=values.get("908", wire.code),
        received_at=event.received_at,
        type=type_of(values.get("906", wire.code) or ""),
        change=next((change for word, change in _CHANGES.items() if word in kind), None),
    )


def _balance(event: Element, values: Values) -> BalanceNotice:
    return BalanceNotice(
        symbol=values.need("9001", wire.symbol),
        name=values.get("302", wire.code) or "",
        quantity=values.get("930", wire.quantity),
        sellable_quantity=values.get("933", wire.quantity),
        average_price=values.get("931", wire.price),
        cost=values.get("932", wire.number),
        price=values.get("10", wire.price),
        credit_type=values.get("917", wire.code),
        loan_date=values.get("916", wire.date),
        received_at=event.received_at,
    )


def _trade(event: Element, values: Values) -> Trade:
    return Trade(
        symbol=_symbol_of(event),
        price=values.get("10", wire.price),
        change=values.get("11", wire.number),
        change_rate=values.get("12", wire.number),
        volume=values.get("13", wire.quantity),
        time=values.get("20", wire.code),
        received_at=event.received_at,
    )


def _symbol_of(event: Element) -> Symbol:
    try:
        symbol = wire.symbol(event.item)
    except ValueError:
        symbol = None
    if symbol is None:
        raise _NotReadable("item", event.item)
    return symbol


_READERS: Final[Mapping[str, Callable[[Element, Values], LiveEvent]]] = {
    "00": _order,
    "04": _balance,
    "0B": _trade,
}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
