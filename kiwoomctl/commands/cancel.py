"""``cancel``: take open orders back, those that are named or all."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands import _ordering as ordering
from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.commands._ordering import DryRun, Key, Settle, Yes
from kiwoomctl.context import Session
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
SIDES = ("buy", "sell")


@app.command(
    help=_("Cancel orders that are named, or all open ones (취소)."),
    cls=ordering.OrderCommand,
)
@takes_common_options
def cancel(
    session: Session,
    orders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ORDER..]", help=_("our id, or the broker's number"), show_default=False
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("every open order"))] = False,
    symbol: Annotated[
        str | None,
        typer.Option(
            "--symbol", metavar="CODE", show_default=False, help=_("with --all: of it only")
        ),
    ] = None,
    side: Annotated[
        str | None,
        typer.Option("--side", metavar="buy|sell", show_default=False, help=_("with --all")),
    ] = None,
    key: Key = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    settle: Settle = None,
) -> None:
    """Cancel all that remains of each order (kt10003)."""
    manner = ordering.manner_of(key=key, yes=yes, dry_run=dry_run, settle=settle, asks=everything)
    if everything == bool(orders):
        raise UsageError(
            "cancel takes either orders or --all", hint=_("kiwoomctl orders --open shows them")
        )
    if not everything:
        if symbol is not None or side is not None:
            raise UsageError("--symbol and --side go with --all", code="usage")
        ordering.change(session, manner, "cancel", orders or [])
        return
    ordering.cancel_all(
        session,
        manner,
        None if symbol is None else Symbol.parse(symbol),
        None if side is None else one_of("--side", side, SIDES),
    )
