"""``stream``: live events of the broker, a line of JSON each."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)


@app.command(help=_("Live events as lines of JSON: orders, trades, order book (실시간)."))
@takes_common_options
def stream(
    session: Session,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TYPE.. [CODE..]",
            show_default=False,
            help=_("kinds of events (orders, 0B, ..) and codes; --list shows all kinds"),
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", help=_("end after so many events"))
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option("--duration", metavar="S", help=_("end after so many seconds (else: ^C)")),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help=_("field numbers and texts as the broker sends them"))
    ] = False,
    show_account: Annotated[
        bool, typer.Option("--show-account", help=_("show whole account numbers"))
    ] = False,
    silence: Annotated[
        float | None,
        typer.Option(
            "--silence",
            metavar="S",
            help=_("seconds without a sign of the broker until it connects anew (150)"),
        ),
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", show_default=False, help=_("list the kinds of events"))
    ] = False,
) -> None:
    """Write the events of the chosen accounts (WebSocket) until told to stop."""
    if only_list:
        from kiwoomctl.render import event_lines

        session.check_fields(event_lines.KINDS)
        session.emit(event_lines.kinds(session.live_catalogues(), session.now()))
        return
    from kiwoomctl.render.event_lines import EventLook

    session.check_stream(count=count, duration=duration, silence=silence, raw=raw)
    look = EventLook(raw=raw, show_account=show_account, chosen=session.options.fields)
    session.stream(words or [], look, count=count, seconds=duration, silence=silence)
