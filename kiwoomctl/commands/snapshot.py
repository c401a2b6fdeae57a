"""``snapshot``: record the day of all chosen accounts; ``snapshot diff``: compare two days."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import day_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.callback(
    invoke_without_command=True,
    help=_("Record cash, positions and fills of all accounts, for cron (자산 기록)."),
)
@takes_common_options
def snapshot(session: Session) -> None:
    """Record the day (kt00001, kt00018, kt00009, kt00007, ka10075, ka10076, ka10074, kt00015)."""
    from kiwoomctl.render import history_reports
    from kiwoomctl.services.recorded import snapshots

    session.check_fields(history_reports.SNAPSHOT)
    taken = snapshots.take(session.accounts(), session.output.answered, session.now)
    report = history_reports.snapshot(taken, session.now())
    session.emit_quietly(history_reports.recorded_line(taken), report)
    for behind in taken.behind:
        session.output.note(history_reports.behind_note(behind))


@app.command(
    "diff", help=_("What changed between two recorded days, and which fills tell why (비교).")
)
@takes_common_options
def snapshot_diff(
    session: Session,
    before: Annotated[str, typer.Argument(metavar="A", help=_("the earlier day"))],
    after: Annotated[str, typer.Argument(metavar="B", help=_("the later day"))],
) -> None:
    """Compare the last snapshots of two days."""
    from kiwoomctl.render import diff_report
    from kiwoomctl.services.recorded import differences

    days = day_of("A", before), day_of("B", after)
    session.check_fields(diff_report.COLUMNS)
    found = differences.between(session.accounts(), *days, session.tell_of_ledger)
    session.emit(diff_report.differences(found, session.now()))
