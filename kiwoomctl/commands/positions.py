"""``positions``: 보유종목 of all chosen accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
BY = ("account", "symbol")


@app.command(help=_("Holdings of all accounts with value and P&L, in KRW (잔고)."))
@takes_common_options
def positions(
    session: Session,
    by: Annotated[
        str,
        typer.Option("--by", metavar="account|symbol", help=_("one row per holding, or per code")),
    ] = "account",
) -> None:
    """Show the positions of all chosen accounts (kt00018)."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import portfolio

    by_symbol = one_of("--by", by, BY) == "symbol"
    session.check_fields(reports.POSITIONS_BY_SYMBOL if by_symbol else reports.POSITIONS)
    overview = portfolio.positions(session.accounts(), session.output.answered, by_symbol=by_symbol)
    session.emit(reports.positions(overview, session.now(), by_symbol=by_symbol))
