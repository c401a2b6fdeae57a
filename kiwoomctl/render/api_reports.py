"""The reports of ``api list``, ``api search`` and ``api show``: the catalogue, offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from kiwoomctl.domain.apis import check_callable, example, example_call
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import fill, language
from kiwoomctl.render.report import Column, Report, Section, Value

if TYPE_CHECKING:
    from kiwoomctl.domain.apis import Api, ApiTitle, Field, Found


class FieldRow(NamedTuple):
    """A field of an API as a row."""

    api: Api
    part: str
    field: Field
    within: str | None
    example: str | None


def _title_columns(title: Callable[[Any], ApiTitle]) -> tuple[Column, ...]:
    korean = language() == "ko"

    def of(name: str) -> Callable[[Any], Value]:
        get = attrgetter(name)
        return lambda row: get(title(row))

    return (
        Column("api_id", "API", of("id"), kind="id"),
        Column("name", "Korean name", of("name")),
        Column("english", "In English", of("english"), rank=20 if korean else 0),
        Column("market", "Market", of("market"), in_table=False),
        Column("group", "Group", of("group"), rank=30, in_table=not korean),
        Column("korean_group", "Group", of("korean_group"), rank=30, in_table=korean),
        Column("transport", "Transport", of("transport"), in_table=False),
        Column("path", "Path", of("path"), in_table=False),
        Column("callable", "Callable", of("callable"), rank=40),
    )


def list_columns() -> tuple[Column, ...]:
    """Return the fields of ``api list``."""
    return _title_columns(lambda row: row)


def search_columns() -> tuple[Column, ...]:
    """Return the fields of ``api search``."""
    return (
        *_title_columns(lambda row: row.title),
        Column("fields", "In fields", lambda row: row.fields, rank=10),
    )


def api_list(titles: Sequence[ApiTitle], as_of: datetime) -> Report:
    """Return the report of ``api list``."""
    return Report(
        name="api_list",
        title="APIs of Kiwoom",
        columns=list_columns(),
        sections=(Section(None, titles),),
        as_of=as_of,
        succeeded=1,
    )


def api_search(found: Sequence[Found], as_of: datetime) -> Report:
    """Return the report of ``api search``."""
    return Report(
        name="api_search",
        title="APIs of Kiwoom",
        columns=search_columns(),
        sections=(Section(None, found),),
        as_of=as_of,
        succeeded=1,
        empty="no API has these words",
    )


CODE = (
    Column("code", "Error code", lambda row: row[0], kind="id"),
    Column("meaning", "Meaning", lambda row: row[1], wraps=True),
)


def api_code(code: str, meaning: str, as_of: datetime) -> Report:
    """Return the report of ``api show`` for an error code; {?} stands for a value in it."""
    return Report(
        name="api_code",
        title="Error codes of Kiwoom",
        columns=CODE,
        sections=(Section(None, [(code, meaning)]),),
        as_of=as_of,
        succeeded=1,
    )


SHOW = (
    Column("api_id", "API", lambda row: row.api.id, in_table=False),
    Column("part", "Part", lambda row: row.part, kind="word"),
    Column("within", "In list", lambda row: row.within, rank=40),
    Column("field", "Field", lambda row: row.field.name, kind="id"),
    Column("label", "Label", lambda row: row.field.label, wraps=True),
    Column("required", "Required", lambda row: row.field.required or _no(row), rank=5),
    Column("length", "Length", lambda row: row.field.length or None, rank=30),
    Column("unit", "Unit", lambda row: row.field.unit or None, rank=20),
    Column("list", "List", lambda row: row.field.is_list, in_table=False),
    Column("values", "Values", lambda row: row.field.values or None, rank=10, wraps=True),
    Column("example", "Example", lambda row: row.example, in_table=False),
)


def _no(row: FieldRow) -> bool | None:
    # Nothing of a reply is required of anybody.
    return None if row.example is None else False


def api_show(api: Api, as_of: datetime) -> Report:
    """Return the report of ``api show``: a row for each field, and how it is called."""
    title = api.title
    asked, answered = _parts()
    rows = [
        *_field_rows(api, asked, api.request, as_of.date()),
        *_field_rows(api, answered, api.response, None),
    ]
    place = f"POST {title.path}" if title.transport == "rest" else f"WebSocket {title.path}"
    group = f"{title.market}, {title.group} ({title.category}, {title.korean_group})"
    return Report(
        name="api_show",
        title=f"{title.id} {title.name}, {title.english}",
        columns=SHOW,
        sections=(Section(None, rows),),
        as_of=as_of,
        succeeded=1,
        empty="the documentation names no fields",
        notes=(_rows_note(api), f"{place} · {group}", _how(api, as_of)),
    )


def _rows_note(api: Api) -> str:
    # A narrow terminal has no room for the column that says it.
    if api.title.transport != "rest" or api.list_name is None:
        return ""
    return fill("the fields after {name} are those of its rows", {"name": api.list_name})


def _parts() -> tuple[str, str]:
    return "request", "response"


def _field_rows(api: Api, part: str, fields: Sequence[Field], day: date | None) -> list[FieldRow]:
    """Return the fields as rows; with a day, an example for each."""
    rows = []
    lists: dict[int, str] = {}
    for field in fields:
        if field.is_list:
            lists[field.depth] = field.name
        value = None if day is None or field.is_list else example(api, field, day)
        rows.append(FieldRow(api, part, field, lists.get(field.depth - 1), value))
    return rows


def _how(api: Api, as_of: datetime) -> str:
    """Return an example call, or where to go instead."""
    try:
        check_callable(api.title)
    except UsageError as error:
        hint = fill(error.hint, error.values)
        return fill(error.message, error.values) + (f" - {hint}" if hint else "")
    words = " ".join(["kiwoomctl api call", api.id, *example_call(api, as_of.date())])
    return fill("for example: {words}", {"words": words})
