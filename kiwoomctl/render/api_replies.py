"""The report of ``api call``: any reply of the broker, from the names its documentation gives.

For programs a row is an account, its list inside it as the broker sent it. CSV, and whoever
asks by ``--fields`` for what is inside the list, gets a row for each of the list's rows, the
account's single fields beside them. A table shows single fields and list apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.locale import _
from kiwoomctl.render.report import Column, Kind, Report, Section, Value

if TYPE_CHECKING:
    from kiwoomctl.domain.apis import Api, ApiReply, Field
    from kiwoomctl.services.accounts import Account, Answers

Row = Mapping[str, str | None]
NOTHING: Row = {}
_ALWAYS_SHOWN = 3
"""Fields of a list that stay on a narrow terminal."""


class Line(NamedTuple):
    """An account's reply, and one row of its list where rows are lines of their own."""

    account: Account
    reply: ApiReply
    row: Row = NOTHING


class _Cell(NamedTuple):
    """A single field as a line of a table."""

    profile: str
    name: str
    label: str
    value: str | None


class Names:
    """What the fields of a reply are called: documented ones first, then those that came."""

    def __init__(self, api: Api, replies: Iterable[ApiReply], *, labels: bool) -> None:
        """Choose a key for each field.

        Args:
            api: the documentation.
            replies: what came.
            labels: whether the broker's Korean labels are the keys.
        """
        came = list(replies)
        self.list_name = api.list_name
        self.units = {f.name for f in api.response if f.unit}
        scalars = _named(api.scalars, (name for reply in came for name in reply.scalars))
        row_names = (name for reply in came for row in reply.rows or () for name in row)
        rows = _named(api.row_fields, dict.fromkeys(row_names))
        self.labels = {**scalars, **rows}
        self.scalars = _keys(scalars, labels=labels, taken=("profile", "environment"))
        self.rows = _keys(rows, labels=labels, taken=())
        listed = {f.name: f.label for f in api.response if f.name == self.list_name}
        self.list_key = next(
            iter(_keys(listed, labels=labels, taken=self.scalars.values()).values()), ""
        )
        outside = {"profile", "environment", *self.scalars.values()}
        self.flat = {
            name: f"{self.list_key}.{key}" if key in outside else key
            for name, key in self.rows.items()
        }

    def renamed(self, row: Row) -> Row:
        """Return a row of the list under the keys its fields have here."""
        return {self.rows[name]: value for name, value in row.items()}


def _named(documented: Sequence[Field], came: Iterable[str]) -> dict[str, str]:
    names = {field.name: field.label for field in documented}
    for name in came:
        names.setdefault(name, name)
    return names


def _keys(names: Mapping[str, str], *, labels: bool, taken: Iterable[str]) -> dict[str, str]:
    if not labels:
        return {name: name for name in names}
    used = set(taken)
    keys = {}
    for name, label in names.items():
        keys[name] = f"{label} ({name})" if label in used else label
        used.add(keys[name])
    return keys


PROFILE = Column("profile", "Account", lambda line: line.account.name)
ENVIRONMENT = Column(
    "environment", "Environment", lambda line: line.account.environment, in_table=False
)
PAGES = Column("pages", "Pages", lambda line: line.reply.pages, in_table=False)
MORE = Column("more", "More pages", lambda line: line.reply.more, in_table=False)


def _scalar(name: str, key: str) -> Column:
    return Column(key, key, lambda line: line.reply.scalars.get(name))


def _in_row(name: str, key: str, kind: Kind = "text", rank: int = 0) -> Column:
    return Column(key, key, lambda line: line.row.get(name), kind, rank)


def columns(names: Names) -> tuple[Column, ...]:
    """Return everything that --fields may name."""

    def listed(line: Line) -> Value:
        rows = line.reply.rows
        return None if rows is None else [names.renamed(row) for row in rows]

    whole = (Column(names.list_key, names.list_key, listed),) if names.list_name else ()
    return (
        PROFILE,
        ENVIRONMENT,
        *(_scalar(name, key) for name, key in names.scalars.items()),
        *whole,
        *(_in_row(name, key) for name, key in names.flat.items()),
        PAGES,
        MORE,
    )


def api_call(
    api: Api,
    answers: Answers[ApiReply],
    as_of: datetime,
    *,
    output: str,
    fields: Sequence[str] | None,
    labels: bool,
) -> Report:
    """Return the report of ``api call``.

    Args:
        api: what was asked.
        answers: what each account was answered.
        as_of: now.
        output: the format it is for.
        fields: what --fields names.
        labels: whether Korean labels are the keys.
    """
    names = Names(api, (reply for _account, reply in answers.good), labels=labels)
    known = columns(names)
    lines = [Line(account, reply) for account, reply in answers.good]
    inside = set(names.flat.values()) if names.list_name else set()
    in_rows = bool(inside & set(fields)) if fields else output == "csv" and bool(inside)
    if output == "table":
        sections = _tables(api, names, lines, fields)
    else:
        left_out = {names.list_key, "pages", "more"} if in_rows else inside
        known = known if fields else tuple(c for c in known if c.key not in left_out)
        sections = [Section(None, _by_row(lines) if in_rows else lines)]
    return Report(
        name="api_call",
        title=f"{api.id} {api.title.name}",
        columns=known,
        sections=tuple(sections),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in answers.failed),
        environments=tuple(dict.fromkeys(a.account.environment for a in answers.all)),
        succeeded=len(answers.good),
        empty="no rows",
    )


def _by_row(lines: Sequence[Line]) -> list[Line]:
    """Return a line for each row; an account without rows keeps one for its single fields."""
    told = []
    for line in lines:
        rows = line.reply.rows or ((NOTHING,) if line.reply.scalars else ())
        told += [line._replace(row=row) for row in rows]
    return told


def _tables(
    api: Api, names: Names, lines: Sequence[Line], fields: Sequence[str] | None
) -> list[Section]:
    sections = []
    for environment in dict.fromkeys(line.account.environment for line in lines):
        there = [line for line in lines if line.account.environment == environment]
        title = f"{api.id} {api.title.name}"
        singles = [n for n, key in names.scalars.items() if fields is None or key in fields]
        if singles:
            cells = [
                _Cell(
                    line.account.name, names.scalars[n], names.labels[n], line.reply.scalars.get(n)
                )
                for line in there
                for n in singles
            ]
            sections.append(
                Section(environment, cells, accounts=len(there), title=title, columns=_CELLS)
            )
        shown = _row_columns(names, there, fields)
        if names.list_name and (shown or fields is None):
            sections.append(
                Section(
                    environment,
                    [line._replace(row=row) for line in there for row in line.reply.rows or ()],
                    accounts=len(there),
                    title=f"{title} · {names.list_key}",
                    columns=shown,
                    tells_hidden=True,
                )
            )
        if not names.scalars and not names.list_name:
            sections.append(Section(environment, (), accounts=len(there), title=title, columns=()))
    return sections


_CELLS = (
    Column("profile", "Account", lambda cell: cell.profile),
    Column("field", "Field", lambda cell: cell.name, kind="id"),
    Column("label", "Label", lambda cell: cell.label if cell.label != cell.name else None, rank=1),
    Column("value", "As sent", lambda cell: cell.value, kind="id"),
)


def _row_columns(
    names: Names, lines: Sequence[Line], fields: Sequence[str] | None
) -> tuple[Column, ...]:
    """Return the columns of the list's table; the last ones go first on a narrow terminal."""
    whole = fields is None or names.list_key in fields
    by_key = {key: name for name, key in names.flat.items()}
    keys = list(by_key) if whole else [key for key in fields or () if key in by_key]
    rows = [row for line in lines for row in line.reply.rows or ()]
    told = tuple(
        _in_row(
            by_key[key],
            key,
            _kind(names, by_key[key], rows),
            rank=max(0, place - _ALWAYS_SHOWN + 1),
        )
        for place, key in enumerate(keys)
    )
    return (PROFILE, *told) if told else ()


def _kind(names: Names, name: str, rows: Sequence[Row]) -> Kind:
    """Return how a column is drawn: figures are never cut, names may be."""
    if name in names.units:
        return "number"
    return "id" if all((row.get(name) or "").isascii() for row in rows) else "text"


def as_sent(answers: Answers[ApiReply]) -> str:
    """Return the JSON bodies, a page a line, in the order of the accounts."""
    import json

    return "".join(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n"
        for _account, reply in answers.good
        for body in reply.bodies
    )


def more_pages(answers: Answers[ApiReply], pages: int | None) -> list[str]:
    """Return a line for each account whose broker has pages that were not read."""
    hint = (
        _("the broker did not say how to ask for it")
        if pages is None
        else _("--pages all reads them")
    )
    return [
        f"{account.name}: {_('the broker has more pages')} - {hint}"
        for account, reply in answers.good
        if reply.more
    ]
