"""``fills``: 체결 of all chosen accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import day_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Fills of a day with price and costs, in KRW (체결)."))
@takes_common_options
def fills(
    session: Session,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help=_("another day: YYYY-MM-DD or YYYYMMDD (KST)")),
    ] = None,
) -> None:
    """Show the fills of all chosen accounts (kt00009, kt00007, ka10075, ka10076)."""
    from kiwoomctl.render import order_reports
    from kiwoomctl.services.orders import day_orders

    day = None if date is None else day_of("--date", date)
    session.check_fields(order_reports.FILLS)
    overview = day_orders.fills(
        session.accounts(),
        session.output.answered,
        lambda error: session.output.note(order_reports.ledger_note(error)),
        day=day,
    )
    session.emit(order_reports.fills(overview, session.now(), day=day))
