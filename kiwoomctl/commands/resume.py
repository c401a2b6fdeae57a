"""``resume``: let orders go again."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _, told

app = typer.Typer(**TYPER)


@app.command(help=_("Let the orders go again that halt stopped (재개)."))
@takes_common_options
def resume(session: Session) -> None:
    """Turn the same switch back: that over all accounts, or with -p those of the accounts."""
    from kiwoomctl.render import ledger_reports
    from kiwoomctl.services.orders import kill_switch

    session.check_fields(ledger_reports.SWITCHES)
    turn = kill_switch.turn_own if session.options.profiles else kill_switch.turn_all
    rows, failures = turn(session.switched_accounts(), "active", "")
    session.emit(ledger_reports.switched("resume", rows, failures, session.now()))
    for row in rows:
        if row.mode != "active":
            session.output.note(told(kill_switch.still_stopped(row)))
