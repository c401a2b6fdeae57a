"""``halt``: stop orders before they are sent."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Stop the orders of all accounts, or of those of -p, until resume (정지)."))
@takes_common_options
def halt(
    session: Session,
    reducing: Annotated[
        bool, typer.Option("--reducing", help=_("let sells and cancels through"))
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", show_default=False, help=_("kept with it"))
    ] = "",
) -> None:
    """Turn the kill switch; cancels pass always, and nobody is asked."""
    from kiwoomctl.render import ledger_reports
    from kiwoomctl.services.orders import kill_switch

    session.check_fields(ledger_reports.SWITCHES)
    turn = kill_switch.turn_own if session.options.profiles else kill_switch.turn_all
    accounts = session.switched_accounts()
    rows, failures = turn(accounts, "reducing" if reducing else "halted", reason)
    session.emit(ledger_reports.switched("halt", rows, failures, session.now()))
