"""``modify``: give an open order another price."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands import _ordering as ordering
from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._ordering import Allow, DryRun, Key, Settle, Yes
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(
    help=_("Give an open order another price; it gets a new number (정정)."),
    cls=ordering.OrderCommand,
)
@takes_common_options
def modify(
    session: Session,
    order: Annotated[
        str, typer.Argument(metavar="ORDER", help=_("our id, or the broker's number"))
    ],
    price: ordering.Price = None,
    stop_price: ordering.StopPrice = None,
    key: Key = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    allow: Allow = None,
    settle: Settle = None,
) -> None:
    """Change the price of all that remains of one order (kt10002)."""
    manner = ordering.manner_of(key=key, yes=yes, dry_run=dry_run, allow=allow, settle=settle)
    ordering.change(session, manner, "modify", [order], price=price, stop_price=stop_price)
