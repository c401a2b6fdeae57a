"""``cash``: 예수금 of all chosen accounts."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Deposits and buying power of all accounts, in KRW (예수금)."))
@takes_common_options
def cash(session: Session) -> None:
    """Show the cash of all chosen accounts (kt00001)."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import portfolio

    session.check_fields(reports.CASH)
    overview = portfolio.cash(session.accounts(), session.output.answered)
    session.emit(reports.cash(overview, session.now()))
