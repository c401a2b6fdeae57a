"""``sim``: the simulator as a server for other programs."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.locale import _

if TYPE_CHECKING:
    from kiwoomctl.simulator.server import SimulatorServer

app = typer.Typer(help=_("Serve the simulator to other programs (시뮬레이터)."), **TYPER)


@app.callback()
def sim() -> None:
    """Keep ``serve`` a subcommand."""


@app.command(help=_("Answer as the broker's server here, with invented accounts (서버 실행)."))
@takes_common_options
def serve(
    session: Session,
    port: Annotated[int, typer.Option("--port", help=_("0 takes a free one"))] = 0,
    ws_port: Annotated[
        int, typer.Option("--ws-port", help=_("of the live feed; 0 takes a free one"))
    ] = 0,
    accounts: Annotated[int, typer.Option("--accounts", help=_("how many"))] = 3,
    positions: Annotated[int, typer.Option("--positions", help=_("per account"))] = 5,
    seed: Annotated[
        int, typer.Option("--seed", help=_("the same seed, the same accounts and prices"))
    ] = 1,
    latency_ms: Annotated[int, typer.Option("--latency-ms", help=_("delay of each reply"))] = 0,
    rate: Annotated[
        str, typer.Option("--rate", metavar="terms|strict|observed|off", help=_("rate limit"))
    ] = "terms",
    env: Annotated[
        str, typer.Option("--env", metavar="mock|real", help=_("which server to be"))
    ] = "mock",
    clock: Annotated[
        str,
        typer.Option(
            "--clock",
            metavar="open|live|ISO",
            help=_("its time: a trading day, this machine's, or a moment"),
        ),
    ] = "open",
    reissue: Annotated[
        str,
        typer.Option(
            "--reissue", metavar="supersede|same", help=_("what a second token does to the first")
        ),
    ] = "supersede",
    broker: Annotated[
        str, typer.Option("--broker", metavar="kiwoom|kis", help=_("whose wire to speak"))
    ] = "kiwoom",
    prices: Annotated[
        str, typer.Option("--prices", metavar="still|moving", help=_("whether prices move"))
    ] = "still",
    state_dir: Annotated[
        Path | None, typer.Option("--state-dir", show_default=False, help=_("keep its state here"))
    ] = None,
) -> None:
    """Serve until a signal; print one JSON line when ready."""
    from kiwoomctl.simulator.server import ServeOptions, serve

    def ready(line: dict[str, Any]) -> None:
        session.output.text(json.dumps(line) + "\n")

    serve(
        ServeOptions(
            port=port,
            ws_port=ws_port,
            accounts=accounts,
            positions=positions,
            seed=seed,
            latency_ms=latency_ms,
            rate=rate,
            env=env,
            clock=clock,
            reissue=reissue,
            prices=prices,
            broker=broker,
            state_dir=state_dir,
        ),
        ready,
        lambda server: _tell_person(session, server),
    )


def _tell_person(session: Session, server: SimulatorServer) -> None:
    """Say on a terminal how an account of this server is signed in; scripts have the line."""
    if not session.output.interactive:
        return
    from kiwoomctl.commands._guide import program
    from kiwoomctl.domain.enrolment import free_name
    from kiwoomctl.render.prose import command, wrapped

    taken: frozenset[str] = frozenset()
    with contextlib.suppress(KiwoomctlError):
        taken = session.taken_names()
    name = free_name(taken, ("try",), "try")
    first = next(iter(server.exchange.accounts.values()))
    columns, note = session.output.columns, session.output.note
    note(wrapped(_("All of it is invented; ^C ends it. To use it, in another terminal:"), columns))
    note(command((*program(), *server.signing_in(name)), columns))
    note(f"    {_('App key')}: {first.appkey}")
    note(f"    {_('Secret key')}: {first.secretkey}")
    note(command((*program(), "summary", "-p", name), columns))
