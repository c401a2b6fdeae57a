"""``orderable``: how many shares of a code can be bought and sold."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("How many shares each account can buy and sell with its own cash (주문가능)."))
@takes_common_options
def orderable(
    session: Session,
    code: Annotated[str, typer.Argument(metavar="CODE", help=_("a code, or a name"))],
    price: Annotated[
        str | None,
        typer.Option("--price", metavar="P", help=_("at this price; without it the last price")),
    ] = None,
) -> None:
    """Show what can be ordered of a code (kt00011, kt00018; the price by ka10095)."""
    from kiwoomctl.commands import _order_input
    from kiwoomctl.render import market_reports
    from kiwoomctl.services import buying, symbols

    at = _order_input.price_of("--price", price)
    session.check_fields(market_reports.ORDERABLE)
    accounts = session.accounts()
    symbol = symbols.resolve(accounts[0].world, code)
    overview = buying.orderable(accounts, session.output.answered, symbol, at)
    session.emit(market_reports.orderable(overview, session.now()))
