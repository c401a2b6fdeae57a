"""Live events for programs: a line of JSON for each, and what people are told beside it.

Keys are English; fields carry our names, or with ``--raw`` the broker's numbers and texts as
sent. Account numbers are masked unless asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kiwoomctl.domain.identity import SYMBOL_LENGTH, mask_account
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _, told
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.domain.live import LiveCatalogue, LiveFields, LiveKind, RawEvent
    from kiwoomctl.services.live.stream import Streamed

KEYS: Final = (
    "profile",
    "environment",
    "type",
    "name",
    "item",
    "symbol",
    "received_at",
    "fields",
    "unreadable",
)
LOST: Final = "lost"
GAP: Final = "gap"
_ACCOUNT_FIELDS: Final = ("account", "9201", "ACNT_NO", "customer_id", "CUST_ID")
"""The account, and the name its owner signs in with."""


class KindRow(NamedTuple):
    """A kind of event of one house."""

    kind: LiveKind
    broker: str


KINDS = (
    Column("type", "Type", lambda row: row.kind.type, kind="id"),
    Column("word", "Word", lambda row: row.kind.word, kind="id"),
    Column("name", "Korean name", lambda row: row.kind.name),
    Column("about", "About", lambda row: row.kind.items, kind="id"),
    Column("broker", "Broker", lambda row: row.broker, kind="id"),
)


class EventLook(NamedTuple):
    """How events are written."""

    raw: bool = False
    """Field numbers as keys, texts as sent."""
    show_account: bool = False
    chosen: tuple[str, ...] | None = None
    """Keys and field names, in one flat object; None: all keys, fields in their own object."""


def check_fields(
    fields: Sequence[str] | None, known: Iterable[LiveCatalogue], *, raw: bool
) -> None:
    """Refuse a --fields name that no event has."""
    catalogues = list(known)
    for name in fields or ():
        names = (one.raw_names if raw else one.field_names for one in catalogues)
        if name in KEYS or (raw and name.isdigit()) or any(name in own for own in names):
            continue
        raise UsageError(
            "unknown field {name!r}",
            hint="known: {near}",
            code="field_unknown",
            name=name,
            near=", ".join(KEYS) + ", price, change_rate, ..",
        )


def line(streamed: Streamed, look: EventLook) -> str:
    """Return the line of an event."""
    event, named = streamed.event, streamed.named
    fields = dict(event.values if look.raw and not is_notice(event) else named.fields)
    if not look.show_account:
        for key in _ACCOUNT_FIELDS:
            if isinstance(text := fields.get(key), str):
                fields[key] = mask_account(text.strip())
    whole: dict[str, Any] = {
        "profile": streamed.profile,
        "environment": streamed.environment,
        "type": event.type,
        "name": event.name or None,
        "item": event.item or None,
        "symbol": _symbol(event, named),
        "received_at": event.received_at.isoformat(timespec="milliseconds"),
        "fields": fields,
    }
    if named.unreadable and not look.raw:
        whole["unreadable"] = dict(named.unreadable)
    if look.chosen is not None:
        whole = {key: whole.get(key, fields.get(key)) for key in look.chosen}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n"


def is_notice(event: RawEvent) -> bool:
    """Tell whether this is no event of the broker's, but one about the connection."""
    return event.type in {LOST, GAP}


def notice(streamed: Streamed) -> tuple[str, bool]:
    """Return what a person is told of the connection, and whether data are missing for certain."""
    values = streamed.event.values
    if streamed.event.type == LOST:
        text = _("{profile}: the live connection is lost ({reason}); connecting again")
        return text.format(profile=streamed.profile, reason=values.get("reason") or "?"), False
    since, until = (_clock(values.get(key, "")) for key in ("since", "until"))
    if values.get("dropped", "0") != "0":
        text = _(
            "{profile}: {count} market events were dropped, {since} to {until}: too slow a reader"
        )
        count = values["dropped"]
        return text.format(profile=streamed.profile, count=count, since=since, until=until), True
    text = _("{profile}: the live connection is back; {since} to {until} may be missing")
    return text.format(profile=streamed.profile, since=since, until=until), False


def trouble(streamed: Streamed) -> str | None:
    """Return what a person is told of an event that cannot be read; None for any other."""
    unreadable = streamed.named.unreadable
    if streamed.event.trouble is not None:
        text = _("{profile}: an event of type {type} cannot be read: {reason}")
        return text.format(
            profile=streamed.profile,
            type=streamed.event.type,
            reason=told(streamed.event.trouble),
        )
    if unreadable:
        text = _("{profile}: fields of an event of type {type} cannot be read: {names}")
        return text.format(
            profile=streamed.profile, type=streamed.event.type, names=", ".join(unreadable)
        )
    return None


def kinds(known: Mapping[str, LiveCatalogue], now: datetime) -> Report:
    """Return the list of the kinds of events there are, by house."""
    rows = [KindRow(kind, name) for name, catalogue in known.items() for kind in catalogue.kinds]
    return Report(
        name="stream",
        title=_("Kinds of live events"),
        columns=KINDS,
        sections=(Section(None, rows),),
        as_of=now,
        succeeded=1,
        notes=(_("about: account and market take no code, symbol takes codes, sector 001 or 101"),),
    )


def _symbol(event: RawEvent, named: LiveFields) -> str | None:
    code = event.item.split("_", 1)[0]
    if len(code) == SYMBOL_LENGTH:
        return code
    told_symbol = named.fields.get("symbol")
    return told_symbol if isinstance(told_symbol, str) else None


def _clock(moment: str) -> str:
    return moment[11:19]


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        whole = int(value)
        return whole if whole == value else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
