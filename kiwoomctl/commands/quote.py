"""``quote``: 현재가 of codes or names, by one account's key."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Prices now, with the key of one account, in KRW (현재가)."))
@takes_common_options
def quote(
    session: Session,
    codes: Annotated[list[str], typer.Argument(metavar="CODE..", help=_("codes, or names"))],
    exchange: Annotated[
        str,
        typer.Option("--exchange", metavar="KRX|NXT|SOR", help=_("where; SOR: both together")),
    ] = "KRX",
) -> None:
    """Show the quotes of codes or names (ka10095)."""
    from kiwoomctl.domain.market import QUOTE_EXCHANGES
    from kiwoomctl.render import market_reports
    from kiwoomctl.services import quotes, symbols

    where = one_of("--exchange", exchange.upper(), QUOTE_EXCHANGES)
    session.check_fields(market_reports.QUOTES)
    account = session.reading_account()
    wanted = [symbols.resolve(account.world, code) for code in codes]
    found = quotes.quotes(account, wanted, where)  # type: ignore[arg-type]  # one of them
    session.emit(market_reports.quotes(found, session.now()))
