"""``ledger``: our own journal of orders, offline."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(help=_("Our own journal of orders; no network (주문원장)."), **TYPER)
MOST = 100_000

ShowAccount = Annotated[bool, typer.Option("--show-account", help=_("show whole account numbers"))]


@app.command("list", help=_("The newest orders of the ledger, newest first (원장 목록)."))
@takes_common_options
def ledger_list(
    session: Session,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help=_("how many at most"))] = 50,
    only_open: Annotated[
        bool, typer.Option("--open", help=_("only those whose outcome is not known"))
    ] = False,
    show_account: ShowAccount = False,
) -> None:
    """Show the newest attempts; without -p also those of profiles that are no more."""
    from kiwoomctl.render import ledger_reports
    from kiwoomctl.services.orders import journal

    if not 1 <= limit <= MOST:
        raise UsageError(
            "--limit {value} is not between 1 and {most}", code="limit", value=limit, most=MOST
        )
    session.check_fields(ledger_reports.LEDGER_LIST)
    entries = journal.newest(session.journals(), limit, only_open=only_open)
    session.emit(
        ledger_reports.ledger_list(
            entries,
            session.environments(),
            session.now(),
            only_open=only_open,
            show_account=show_account,
        )
    )


@app.command("show", help=_("One order with everything that happened to it (주문 경과)."))
@takes_common_options
def ledger_show(
    session: Session,
    order: Annotated[
        str, typer.Argument(metavar="ORDER", help=_("our id, or the broker's number"))
    ],
    show_account: ShowAccount = False,
) -> None:
    """Show the history of one order."""
    from kiwoomctl.render import ledger_reports
    from kiwoomctl.services.orders import journal

    session.check_fields(ledger_reports.LEDGER_SHOW)
    now = session.now()
    history = journal.find(session.journals(), order, now.date())
    session.emit(
        ledger_reports.ledger_show(
            history,
            journal.steps(history),
            journal.wish(history.intent.terms),
            now,
            show_account=show_account,
        )
    )
