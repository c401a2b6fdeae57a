"""``pnl``: 실현손익 of all chosen accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.commands._periods import First, Last, period_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
BY = ("day", "symbol")


@app.command(help=_("Realized P&L of all accounts, today or in a period, in KRW (실현손익)."))
@takes_common_options
def pnl(
    session: Session,
    first: First = None,
    last: Last = None,
    by: Annotated[
        str, typer.Option("--by", metavar="day|symbol", help=_("one row per day, or per code"))
    ] = "day",
) -> None:
    """Show what was realized by sales (ka10074, ka10073)."""
    from kiwoomctl.render import result_reports
    from kiwoomctl.services import realized

    by_symbol = one_of("--by", by, BY) == "symbol"
    begin, end = period_of(first, last)
    session.check_fields(result_reports.PNL_BY_SYMBOL if by_symbol else result_reports.PNL_BY_DAY)
    found = realized.realized(
        session.accounts(), session.output.answered, first=begin, last=end, by_symbol=by_symbol
    )
    session.emit(result_reports.pnl(found, session.now(), by_symbol=by_symbol))
    for disagreement in found.disagreements:
        session.output.alert(result_reports.disagreement(disagreement))
