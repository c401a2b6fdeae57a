"""``audit``: 대사, the ledger compared with the broker."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Compare our ledger with the broker's lists; 11 if they differ (대사)."))
@takes_common_options
def audit(
    session: Session,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help=_("I looked: let orders go again, know these foreign orders")),
    ] = False,
) -> None:
    """Show differences (kt00007, ka10075, ka10076); nothing is sent and no order is changed."""
    from kiwoomctl.render import audit_report
    from kiwoomctl.services.orders import audit as auditing

    session.check_fields(audit_report.AUDIT)
    done = auditing.audit(session.accounts(), session.output.answered, adopt=adopt)
    for note in audit_report.notes(done, adopt=adopt):
        session.output.note(note)
    session.emit(audit_report.audit(done, session.now()))
