"""Reports for programs: one JSON document, lines of JSON, or CSV.

Money and quantities are JSON numbers, codes are strings, missing is null (CSV: empty). Keys
and headers are English always.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from kiwoomctl.domain.redaction import without_keys
from kiwoomctl.locale import fill
from kiwoomctl.render.report import Column, Report, Value

SCHEMA_VERSION = 1
_TOGETHER = 500


def json_document(report: Report, columns: Sequence[Column]) -> Iterator[str]:
    """Return the parts of the one document, a row a line."""
    head: dict[str, Any] = {
        "schema": f"kiwoomctl.{report.name}/{SCHEMA_VERSION}",
        "as_of": report.as_of.isoformat(timespec="seconds"),
        "environment": report.environment,
        "status": report.status,
    }
    tail: dict[str, Any] = {"totals": _totals(report), "errors": _errors(report)}
    tail |= _plain(report.parts)
    if len(report.environments) > 1 and report.has_totals:
        keys = next((list(s.totals) for s in report.sections if s.totals is not None), [])
        tail["totals_by_environment"] = [
            {"environment": s.environment, **_plain(s.totals or dict.fromkeys(keys))}
            for s in report.sections
        ]
    yield f'{_text(head)[:-1]},"data":['
    between = "\n"
    for rows in _lines(report, columns):
        yield between + ",\n".join(rows)
        between = ",\n"
    end = "\n]" if report.rows else "]"
    yield f"{end},{_text(tail)[1:]}\n"


def json_lines(report: Report, columns: Sequence[Column]) -> Iterator[str]:
    """Return the parts of a text with a row a line."""
    for rows in _lines(report, columns):
        yield "\n".join(rows) + "\n"


def json_object(values: Mapping[str, Value]) -> str:
    """Return one object, without a line's end."""
    return _text(_plain(values))


def csv_text(report: Report, columns: Sequence[Column]) -> str:
    """Return a header and the rows."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in columns)
    getters = [column.get for column in columns]
    writer.writerows([_cell(get(row)) for get in getters] for row in report.rows)
    return text.getvalue()


def _lines(report: Report, columns: Sequence[Column]) -> Iterator[list[str]]:
    """Return the rows as JSON objects, some hundred at a time: no output is held twice."""
    keys = [_text(column.key).replace("%", "%%") for column in columns]
    shape = "{" + ",".join(f"{key}:%s" for key in keys) + "}"
    texts = _Texts()
    rows = report.rows
    for begin in range(0, len(rows), _TOGETHER):
        block = rows[begin : begin + _TOGETHER]
        # By columns: a call for each of the fields would cost half of all.
        told = [_json_texts(list(map(column.get, block)), texts) for column in columns]
        yield [shape % row for row in zip(*told, strict=True)] if told else ["{}"] * len(block)


class _Texts(dict[str, str]):
    """Strings as JSON; names, codes and owners stand in many rows."""

    def __missing__(self, value: str) -> str:
        text = self[value] = _text(str(value))
        return text


def _json_texts(values: Sequence[Value], texts: _Texts) -> list[str]:
    return [
        _figure(value)
        if type(value) is Decimal
        else texts[value]
        if isinstance(value, str)
        else "null"
        if value is None
        else str(value)
        if type(value) is int
        else _text(_value(value))
        for value in values
    ]


def _figure(value: Decimal) -> str:
    text = str(value)
    if text.lstrip("-").isdigit() or (text[-1] in "123456789" and "E" not in text):
        return text
    # Zeros after the point and powers of ten: 1.50 is 1.5, and 2.00 a whole number.
    return f"{value.normalize():f}"


def _totals(report: Report) -> dict[str, Any] | None:
    if not report.has_totals or len(report.environments) > 1 or not report.sections:
        return None
    totals = report.sections[0].totals
    return None if totals is None else _plain(totals)


def _errors(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "profile": profile,
            "code": error.code,
            "exit_code": error.exit_code,
            "message": without_keys(fill(error.message, error.values)),
            "hint": without_keys(fill(error.hint, error.values)) or None,
            "safe_to_retry": error.safe_to_retry,
        }
        for profile, error in report.failures
    ]


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {key: _value(value) for key, value in values.items()}


def _value(value: Value) -> Any:
    if type(value) is Decimal:
        # The figures here have far fewer digits than a float keeps, so the text stays exact.
        whole = int(value)
        return whole if whole == value else float(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_value(part) for part in value]
    return value


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, Mapping):
        return _text(_value(value))
    if all(isinstance(part, str) for part in value):
        return ";".join(str(part) for part in value)
    return _text(_value(value))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
