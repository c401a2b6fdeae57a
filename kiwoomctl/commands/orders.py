"""``orders``: 주문과 미체결 of all chosen accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._periods import day_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Orders of a day, ours and those placed elsewhere (주문·미체결)."))
@takes_common_options
def orders(
    session: Session,
    only_open: Annotated[
        bool, typer.Option("--open", show_default=False, help=_("only what is still open (미체결)"))
    ] = False,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help=_("another day: YYYY-MM-DD or YYYYMMDD (KST)")),
    ] = None,
) -> None:
    """Show the orders of all chosen accounts (kt00007, ka10075, ka10076)."""
    from kiwoomctl.render import order_reports
    from kiwoomctl.services.orders import day_orders

    day = None if date is None else day_of("--date", date)
    session.check_fields(order_reports.ORDERS)
    overview = day_orders.orders(
        session.accounts(),
        session.output.answered,
        lambda error: session.output.note(order_reports.ledger_note(error)),
        day=day,
        open_only=only_open,
    )
    session.emit(order_reports.orders(overview, session.now(), day=day, open_only=only_open))
