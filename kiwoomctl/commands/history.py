"""``history``: recorded days over time, their returns, and what was paid in and out."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands import _ordering as ordering
from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.commands._periods import First, bounds_of, day_of
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
cashflow = typer.Typer(help=_("Deposits and withdrawals, which are no gain (입출금)."), **TYPER)
app.add_typer(cashflow, name="cashflow")
BY = ("account", "owner", "symbol", "total")

Until = Annotated[
    str | None,
    typer.Option("--to", metavar="DATE", help=_("the last day; without it the last recorded one")),
]


@app.callback(
    invoke_without_command=True,
    help=_("Value, cash, profit and returns over the recorded days (자산 추이)."),
)
@takes_common_options
def history(
    session: Session,
    first: First = None,
    last: Until = None,
    by: Annotated[
        str,
        typer.Option("--by", metavar="account|owner|symbol|total", help=_("what a row is of")),
    ] = "total",
) -> None:
    """Show what was recorded; no network."""
    from kiwoomctl.render import history_reports
    from kiwoomctl.services.recorded import days

    one_of("--by", by, BY)
    begin, end = bounds_of(first, last)
    session.check_fields(history_reports.HISTORY[by])
    found = days.read(session.accounts(), by, begin, end)  # type: ignore[arg-type]  # it is one of BY
    look = session.sparkline_look()
    session.emit(history_reports.history(found, by, session.now(), look=look))  # type: ignore[arg-type]  # as above


@cashflow.command(
    "add",
    help=_("Enter money that came in, or went out with a minus, in KRW (입출금 입력)."),
    cls=ordering.OrderCommand,
)
@takes_common_options
def cashflow_add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="PROFILE", help=_("whose account"))],
    date: Annotated[str, typer.Argument(metavar="DATE", help=_("YYYY-MM-DD or YYYYMMDD (KST)"))],
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help=_("1000000 came in, -500000 went out"))
    ],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help=_("your own words"))] = "",
) -> None:
    """Add an entry to the list, which is never changed."""
    from kiwoomctl.commands._order_input import signed_of
    from kiwoomctl.render import history_reports
    from kiwoomctl.services.recorded import cash_flows

    session.check_fields(history_reports.CASH_FLOWS)
    day, moved = day_of("DATE", date), signed_of("AMOUNT", amount)
    account = session.account_named(name)
    entered = cash_flows.enter(account, day, moved, note, session.now().date())
    session.emit(
        history_reports.cash_flows(
            session.command, [entered], (account.environment,), session.now()
        )
    )


@cashflow.command("remove", help=_("Take an entry back, by its opposite (입출금 취소)."))
@takes_common_options
def cashflow_remove(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="PROFILE", help=_("whose account"))],
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help=_("its number in the list"))],
) -> None:
    """Add the opposite of an entry: neither of the two counts from then on."""
    from kiwoomctl.render import history_reports
    from kiwoomctl.services.recorded import cash_flows

    session.check_fields(history_reports.CASH_FLOWS)
    account = session.account_named(name)
    entered = cash_flows.take_back(account, entry)
    session.emit(
        history_reports.cash_flows(
            session.command, [entered], (account.environment,), session.now()
        )
    )


@cashflow.command("list", help=_("Every entry, also those taken back (입출금 목록)."))
@takes_common_options
def cashflow_list(session: Session) -> None:
    """Show what was entered, and what the broker told."""
    from kiwoomctl.render import history_reports
    from kiwoomctl.services.recorded import cash_flows

    session.check_fields(history_reports.CASH_FLOWS)
    accounts = session.accounts()
    environments = tuple(dict.fromkeys(account.environment for account in accounts))
    rows = cash_flows.listed(accounts)
    session.emit(history_reports.cash_flows(session.command, rows, environments, session.now()))
