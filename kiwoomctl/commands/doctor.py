"""``doctor``: what is wrong here, and what to do."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Look for what is wrong, and say how to mend it; changes nothing (진단)."))
@takes_common_options
def doctor(session: Session) -> None:
    """Check config, files, ledgers, keys (cron's too), tokens, rate limits, clocks, versions."""
    from kiwoomctl.context.examined import machine
    from kiwoomctl.render import doctor_report
    from kiwoomctl.services.diagnosis import examination, findings

    session.check_fields(doctor_report.DOCTOR)
    on_screen = session.output.on_screen
    looked_at = machine(session, on_terminal=on_screen)
    found = examination.examine(looked_at, session.now())
    code = findings.exit_code(found)
    if on_screen and session.options.fields is None:
        whole = session.options.verbose
        session.emit(doctor_report.for_terminal(found, session.now(), code, whole=whole))
    else:
        session.emit(doctor_report.report(found, session.now(), code))
