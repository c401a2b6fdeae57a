"""``logout``: revoke the token and remove the key."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Revoke the token and remove the key of a profile (로그아웃)."))
@takes_common_options
def logout(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help=_("the profile"), show_default=False)
    ] = None,
    keep_secret: Annotated[
        bool, typer.Option("--keep-secret", help=_("only revoke the token"))
    ] = False,
) -> None:
    """Sign one profile out (au10002)."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry

    account = session.account_named(name)
    row = registry.sign_out(account, keep_secret=keep_secret)
    session.emit(reports.registry("logout", [row], [], session.now()))
