"""``init``: write a first profiles.toml, with a first account where somebody can be asked."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Write a commented profiles.toml; never overwrites one (설정 파일)."))
@takes_common_options
def init(
    session: Session,
    no_input: Annotated[
        bool, typer.Option("--no-input", help=_("ask nothing; write the file without an account"))
    ] = False,
) -> None:
    """Write a commented profiles.toml where the config belongs."""
    from kiwoomctl.commands import _guide as guide
    from kiwoomctl.render import reports

    session.check_fields(reports.WRITTEN)
    session.check_config_place(first=True)
    if session.guides and not no_input:
        from kiwoomctl.commands._first_account import add_account

        add_account(session)
        return
    session.write_first_config()
    session.emit(reports.written(session.config_path, session.now()))
    guide.tell_terms(session)
    session.output.note(_("next: kiwoomctl login NAME --environment mock"))
