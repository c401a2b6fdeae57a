"""``demo``: the built-in accounts that ``--demo`` shows."""

from __future__ import annotations

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(help=_("The built-in accounts of --demo (체험)."), **TYPER)


@app.callback()
def demo() -> None:
    """Keep ``reset`` a subcommand."""


@app.command(help=_("Bring the demo accounts back to their first state (초기화)."))
@takes_common_options
def reset(session: Session) -> None:
    """Forget everything the demo's simulator remembers, and our journal of it."""
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry
    from kiwoomctl.simulator.embedded import reset_embedded

    session.check_fields(reports.ACCOUNTS)
    session.discard_demo_ledger()
    reset_embedded(session.simulator_folder(session.demo_folder()))
    with_demo = session.as_demo()
    session.emit(
        reports.registry("demo", registry.registry(with_demo.registered()), [], session.now())
    )
    session.output.note(_("the demo accounts are back in their first state"))
