"""``export``: a recorded day for spreadsheets and taxes."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import day_of
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Cash, positions and fills of a recorded day, as CSV or JSON (내보내기)."))
@takes_common_options
def export(
    session: Session,
    at: Annotated[
        str, typer.Option("--at", metavar="DATE", help=_("the day: YYYY-MM-DD or YYYYMMDD (KST)"))
    ],
    excel: Annotated[
        bool, typer.Option("--excel", help=_("CSV for spreadsheets: codes keep their zeros"))
    ] = False,
) -> None:
    """Write what was recorded of a day; no network."""
    from kiwoomctl.render import export_report
    from kiwoomctl.services.recorded import exports

    if excel and session.options.output not in {"csv", "table"}:
        raise UsageError(
            "--excel is CSV: it does not go with -o {output}",
            hint="leave out one of them",
            code="excel",
            output=session.options.output,
        )
    day = day_of("--at", at)
    session.check_fields(export_report.COLUMNS)
    found = exports.of_day(session.accounts(), day, session.tell_of_ledger)
    report = export_report.export(found, session.now())
    if found.unfinished and (excel or session.options.output != "table"):
        session.output.note(export_report.unfinished(found))
    if excel:
        session.emit_spreadsheet(report)
    else:
        session.emit(report)
