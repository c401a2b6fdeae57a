"""``watch``: the accounts live, on the whole screen or as lines of JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("All accounts live: prices, fills and open orders (실시간 잔고)."))
@takes_common_options
def watch(
    session: Session,
    once: Annotated[
        bool, typer.Option("--once", show_default=False, help=_("read once, show it, and end"))
    ] = False,
    duration: Annotated[
        float | None,
        typer.Option("--duration", metavar="S", help=_("end after so many seconds (else: ^C)")),
    ] = None,
) -> None:
    """Show the chosen accounts live (WebSocket 00, 04, 0B; kt00001, kt00018, ka10075)."""
    from kiwoomctl.render import watch_report
    from kiwoomctl.services.live import watching
    from kiwoomctl.services.live.portfolio import LivePortfolio

    _check(session, once=once, duration=duration)
    portfolio = LivePortfolio(session.accounts(), session.clock)
    try:
        if once:
            portfolio.read_once(session.output.answered)
            session.emit(watch_report.positions(watching.positions(portfolio), session.now()))
        else:
            portfolio.begin(session.output.answered)
            session.watch(portfolio, duration)
    finally:
        portfolio.close()


def _check(session: Session, *, once: bool, duration: float | None) -> None:
    if duration is not None and not duration > 0:
        raise UsageError("--duration {seconds:g} is not above 0 seconds", seconds=duration)
    if once:
        from kiwoomctl.render.watch_report import POSITIONS

        session.check_fields(POSITIONS)
        return
    if session.options.output in {"json", "csv"}:
        raise UsageError(
            "watch has no end, so it has no {output} document",
            hint="use -o jsonl, or --once",
            code="watch_output",
            output=session.options.output,
        )
    if session.options.fields is not None:
        raise UsageError("--fields is only for watch --once", code="watch_fields")
