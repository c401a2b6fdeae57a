"""``condition``: the condition searches a person keeps at the broker (조건검색)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.locale import _

if TYPE_CHECKING:
    from kiwoomctl.services.live.conditions import ConditionAccount

app = typer.Typer(
    help=_("Condition searches of Kiwoom's own program, not on mock (조건검색)."),
    **TYPER,
)
Wanted = Annotated[str, typer.Argument(metavar="NO|NAME", help=_("its number, else its name"))]


@app.command(
    "list", help=_("The condition searches of the first chosen account's owner (조건식 목록).")
)
@takes_common_options
def condition_list(session: Session) -> None:
    """Show the condition searches (ka10171)."""
    from kiwoomctl.render import condition_reports
    from kiwoomctl.services.live import conditions

    session.check_fields(condition_reports.CONDITIONS)
    account = _account(session)
    rows = conditions.conditions(account)
    session.emit(condition_reports.conditions(rows, account.environment, session.now()))


@app.command("search", help=_("The codes that meet a condition now (조건 검색)."))
@takes_common_options
def condition_hits(session: Session, wanted: Wanted) -> None:
    """Show the codes that meet a condition now (ka10171, ka10172)."""
    from kiwoomctl.render import condition_reports
    from kiwoomctl.services.live import conditions

    session.check_fields(condition_reports.HITS)
    account = _account(session)
    condition, rows = conditions.search(account, wanted)
    session.emit(condition_reports.hits(condition, rows, account.environment, session.now()))


@app.command(
    "watch", help=_("What comes into a condition and goes out, as lines of JSON (편입·이탈).")
)
@takes_common_options
def condition_watch(
    session: Session,
    wanted: Wanted,
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
) -> None:
    """Write what a condition's members are and how they change (ka10173, ka10174)."""
    from kiwoomctl.render.event_lines import EventLook
    from kiwoomctl.services.live import conditions

    session.check_stream(count=count, duration=duration, raw=raw)
    source = conditions.watch(_account(session), wanted, None)
    look = EventLook(raw=raw, chosen=session.options.fields)
    session.write_events([source], look, count=count, seconds=duration)


def _account(session: Session) -> ConditionAccount:
    """Return the first chosen account that has condition searches."""
    from kiwoomctl.domain.offers import Ability

    return session.accounts_for(Ability.CONDITIONS)[0]
