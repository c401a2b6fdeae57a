"""``transactions``: 거래내역, the account's ledger at the broker."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import First, Last, period_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
USUAL_DAYS = 30


@app.command(help=_("The broker's ledger: trades, deposits, dividends; real only (거래내역)."))
@takes_common_options
def transactions(
    session: Session,
    first: First = None,
    last: Last = None,
    kind: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help=_("trades, buys, sells, cash, deposits, fx .. or 매매")
        ),
    ] = "all",
) -> None:
    """Show the ledgers of all chosen accounts, of the last 30 days by default (kt00015)."""
    from kiwoomctl.render import result_reports
    from kiwoomctl.services import transactions as service

    wanted = service.kind_of(kind)
    begin, end = period_of(first, last)
    until = end or max(session.now().date(), begin or session.now().date())
    since = begin or until - timedelta(days=USUAL_DAYS)
    session.check_fields(result_reports.TRANSACTIONS)
    overview = service.transactions(
        session.accounts(), session.output.answered, first=since, last=until, kind=wanted
    )
    session.emit(result_reports.transactions(overview, session.now(), first=since, last=until))
