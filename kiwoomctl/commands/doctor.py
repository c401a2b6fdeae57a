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
    """Check config, permissions, ledgers, secrets, tokens, rate state and clocks."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import diagnosis

    session.check_fields(reports.DOCTOR)
    session.leave_folders_alone()
    findings = diagnosis.diagnose(
        session.config_origin, session.state_path, session.accounts, session.now()
    )
    session.emit(reports.doctor(findings, session.now(), diagnosis.exit_code(findings)))
