"""``sell``: place an order to sell, in one or several accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands import _ordering as ordering
from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._ordering import Allow, DryRun, KeepGoing, Key, Settle, Yes
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(
    help=_("Sell shares, or all that can be sold (매도)."),
    cls=ordering.OrderCommand,
)
@takes_common_options
def sell(
    session: Session,
    code: Annotated[str, typer.Argument(metavar="CODE", help=_("six characters, as 005930"))],
    qty: Annotated[
        str, typer.Argument(metavar="QTY|all", help=_("whole shares, or all that can be sold"))
    ],
    price: ordering.Price = None,
    market: ordering.Market = False,
    type_: ordering.Type = None,
    stop_price: ordering.StopPrice = None,
    exchange: ordering.ExchangeName = None,
    key: Key = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    allow: Allow = None,
    settle: Settle = None,
    keep_going: KeepGoing = False,
) -> None:
    """Send one order to sell in each named account (kt10001)."""
    manner = ordering.manner_of(
        key=key, yes=yes, dry_run=dry_run, allow=allow, settle=settle, keep_going=keep_going
    )
    ordering.place(
        session, manner, "sell", code, qty,
        price=price, market=market, named=type_, stop_price=stop_price, exchange=exchange,
    )  # fmt: skip
