"""``accounts``: the registry of profiles."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("The profiles, their accounts and tokens; no network (계좌)."))
@takes_common_options
def accounts(
    session: Session,
    check: Annotated[
        bool, typer.Option("--check", help=_("ask the broker of each enabled account"))
    ] = False,
    show_account: Annotated[
        bool, typer.Option("--show-account", help=_("show whole account numbers"))
    ] = False,
) -> None:
    """Show what is known of each profile; with --check ask its broker (ka00001)."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry

    session.check_fields(reports.ACCOUNTS)
    chosen = session.registered()
    if check:
        rows, failures = registry.check(chosen, session.output.answered)
    else:
        rows, failures = registry.registry(chosen), []
    session.emit(
        reports.registry("accounts", rows, failures, session.now(), show_account=show_account)
    )
