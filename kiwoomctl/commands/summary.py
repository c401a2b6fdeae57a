"""``summary``: one line per account."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("One line per account: cash, value, total assets, P&L, in KRW (요약)."))
@takes_common_options
def summary(session: Session) -> None:
    """Show cash, value and profit of each chosen account (kt00001, kt00018)."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import portfolio

    session.check_fields(reports.SUMMARY)
    overview = portfolio.summary(session.accounts(), session.output.answered)
    session.emit(reports.summary(overview, session.now()))
