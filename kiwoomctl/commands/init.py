"""``init``: write a first profiles.toml."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Write a commented profiles.toml; never overwrites one (설정 파일)."))
@takes_common_options
def init(session: Session) -> None:
    """Write a commented profiles.toml where the config belongs."""
    from kiwoomctl.render import reports

    session.check_fields(reports.WRITTEN)
    session.write_first_config()
    session.emit(reports.written(session.config_path, session.now()))
    session.output.note(
        _("Each key is its owner's alone: the broker's terms (article 5) forbid lending it.")
    )
    session.output.note(_("next: kiwoomctl login NAME --environment mock"))
