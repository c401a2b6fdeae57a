"""Days and periods as people type them: YYYY-MM-DD or YYYYMMDD, days in Korea."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import typer

from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)

First = Annotated[
    str | None,
    typer.Option("--from", metavar="DATE", help=_("the first day: YYYY-MM-DD or YYYYMMDD (KST)")),
]
Last = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help=_("the last day; without it today"))
]


def day_of(option: str, text: str) -> date:
    """Return the day an option names; raises UsageError."""
    try:
        if _DATE.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass  # such as February 30
    raise UsageError(
        "{option} {text!r} is not a date",
        hint="write YYYY-MM-DD or YYYYMMDD, a day in Korea",
        code="date",
        option=option,
        text=text,
    )


def period_of(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Return the days of --from and --to, None where one is absent.

    Raises:
        UsageError: one is no date, --to stands alone, or they are in the wrong order.
    """
    begin = None if first is None else day_of("--from", first)
    end = None if last is None else day_of("--to", last)
    if begin is None and end is not None:
        raise UsageError(
            "--to needs --from: a period has a first day",
            hint="--from {day} --to {day} is that one day",
            code="period",
            day=end,
        )
    return _in_order(begin, end)


def bounds_of(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Return the days of --from and --to, either of which may be absent.

    Raises:
        UsageError: one is no date, or they are in the wrong order.
    """
    begin = None if first is None else day_of("--from", first)
    end = None if last is None else day_of("--to", last)
    return _in_order(begin, end)


def _in_order(begin: date | None, end: date | None) -> tuple[date | None, date | None]:
    if begin is not None and end is not None and begin > end:
        raise UsageError(
            "--from {first} is after --to {last}", code="period", first=begin, last=end
        )
    return begin, end
