"""``symbols``: the codes and names that are kept on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _, fill

app = typer.Typer(help=_("Codes and names on this machine, for reads by name (종목)."), **TYPER)


@app.command("update", help=_("Fetch the brokers' lists of codes and names (갱신)."))
@takes_common_options
def symbols_update(session: Session) -> None:
    """Fetch the lists of KOSPI, KOSDAQ, ETF and the others (ka10099; KIS: its master files)."""
    from kiwoomctl.render import market_reports
    from kiwoomctl.services import symbols

    session.check_fields(market_reports.MARKETS)
    accounts = session.accounts_with_lists()

    def reading(market: str) -> None:
        session.output.progress(fill("reading the list of {market}", {"market": market}))

    updated = symbols.update(accounts, reading, session.now())
    session.emit(market_reports.symbols_updated(updated, session.now(), accounts[0].environment))


@app.command(
    "find", help=_("Find codes by a part of the name, or by their beginning; offline (찾기).")
)
@takes_common_options
def symbols_find(
    session: Session,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=_("a part of a name, or of a code"))],
) -> None:
    """Show what is listed like this, from the file that ``symbols update`` made."""
    from kiwoomctl.render import market_reports
    from kiwoomctl.services import symbols

    session.check_fields(market_reports.LISTINGS)
    account = session.reading_account()
    found = symbols.find(account.world, text)
    session.emit(market_reports.symbols_found(found, session.now(), account.environment))
