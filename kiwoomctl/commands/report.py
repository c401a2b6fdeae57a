"""``report``: accounts and their recorded days as one HTML page."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import First, bounds_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)

Out = Annotated[
    str | None,
    typer.Option(
        "--out", metavar="FILE", help=_("the file (kiwoomctl-report-DAY.html); -: stdout")
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--to", metavar="DATE", help=_("the last day; one that is over is as recorded")),
]
Offline = Annotated[bool, typer.Option("--offline", help=_("ask no broker: recorded days only"))]


@app.command(help=_("One HTML page of all accounts, to read, print or pass on (보고서)."))
@takes_common_options
def report(
    session: Session,
    out: Out = None,
    first: First = None,
    last: Until = None,
    offline: Offline = False,
) -> None:
    """Write the page (kt00001, kt00018, ka10075, kt00007, and the recorded days)."""
    from kiwoomctl.render import page_report
    from kiwoomctl.services import report as reports

    begin, end = bounds_of(first, last)
    session.check_fields(page_report.COLUMNS)
    path = session.page_place(out)
    now = session.now()
    live = not offline and (end is None or end >= now.date())
    told = session.output.answered, session.tell_of_ledger
    wanted = reports.Wanted(begin, end, live)
    found = reports.gather(session.accounts(), wanted, now, told)
    session.emit_page(found, path)
