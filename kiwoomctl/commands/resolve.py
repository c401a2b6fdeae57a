"""``resolve``: what became of orders whose reply was lost."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands import _order_input as given
from kiwoomctl.commands import _ordering as ordering
from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.commands._ordering import Settle
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _, fill

app = typer.Typer(**TYPER)


@app.command(help=_("Find out what became of UNKNOWN orders; nothing is ever sent (확인)."))
@takes_common_options
def resolve(
    session: Session,
    attempt: Annotated[
        str | None, typer.Argument(metavar="[ATTEMPT]", help=_("default: all"), show_default=False)
    ] = None,
    number: Annotated[
        str | None,
        typer.Option("--number", metavar="N", show_default=False, help=_("it is this order")),
    ] = None,
    absent: Annotated[bool, typer.Option("--absent", help=_("no such order exists"))] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="ATTEMPT", show_default=False, help=_("the id again, for --absent")
        ),
    ] = None,
    settle: Settle = None,
) -> None:
    """Settle open attempts by the broker's lists, or by what a person says."""
    from kiwoomctl.services.orders import settling

    window = given.seconds_of(settle)
    if (number is not None or absent) and attempt is None:
        raise UsageError("--number and --absent are about one ATTEMPT: name it")
    if number is not None and absent:
        raise UsageError("--number and --absent exclude each other", hint=_("give one of them"))
    named = None if attempt is None else given.id_named(attempt)
    accounts = session.looked_up_accounts(named)
    if named is None or (number is None and not absent):
        person = ordering.AtTerminal(session)
        ordering.tell_resolved(
            session,
            lambda: settling.resolve(accounts, named, window, session.clock, person.waits),
        )
        return
    told = None if number is None else given.order_number(number)
    if absent:
        _agreed(session, named, confirm)
    ordering.tell_resolved(
        session, lambda: settling.by_person(accounts, named, told, session.clock)
    )


def _agreed(session: Session, named: str, confirm: str | None) -> None:
    """Let the id be typed again: nobody finds an order that was wrongly called absent."""
    answer = confirm
    if answer is None and session.output.interactive:
        prompt = _("type {attempt} again to say that no such order exists: ")
        answer = session.output.ask(fill(prompt, {"attempt": named}))
    if answer is None:
        raise UsageError(
            "--absent needs --confirm {attempt} where nobody can be asked",
            hint=_("look at the broker's own list of orders first"),
            code="confirmation_missing",
            attempt=named,
        )
    if answer.strip().lower() != named:
        raise UsageError("not confirmed: nothing was written", code="not_confirmed")
