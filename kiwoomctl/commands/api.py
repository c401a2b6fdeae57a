"""``api``: the broker's own REST catalogue, and any of its reads as the broker answers it."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(help=_("The broker's own APIs: find one, read it, call it (API)."), **TYPER)
MOST_PAGES = 200

ApiId = Annotated[str, typer.Argument(metavar="ID", help=_("an api-id, as ka10001"))]


@app.command("list", help=_("All APIs of the broker; no network (API 목록)."))
@takes_common_options
def api_list(
    session: Session,
    group: Annotated[
        str | None, typer.Option("--group", metavar="G", help=_("only this group or market"))
    ] = None,
) -> None:
    """List the catalogue."""
    from kiwoomctl.domain import apis
    from kiwoomctl.render import api_reports

    session.check_fields(api_reports.list_columns())
    titles = session.apis().titles()
    if group is not None:
        titles = apis.of_group(titles, group)
    session.emit(api_reports.api_list(titles, session.now()))


@app.command("search", help=_("APIs by words, Korean or English, also of their fields (API 검색)."))
@takes_common_options
def api_search(
    session: Session,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT", help=_("words that all have to be there"))
    ],
) -> None:
    """Search ids, names, groups and fields."""
    from kiwoomctl.render import api_reports

    session.check_fields(api_reports.search_columns())
    words = [word for part in text for word in part.split()]
    if not words:
        raise UsageError("{name} is missing", name="TEXT", hint="kiwoomctl api search --help")
    session.emit(api_reports.api_search(session.apis().search(words), session.now()))


@app.command("show", help=_("The fields of an API, and how it is called; no network (API 명세)."))
@takes_common_options
def api_show(session: Session, api_id: ApiId) -> None:
    """Show what the broker documents of one API, or of an error code."""
    from kiwoomctl.domain import apis
    from kiwoomctl.render import api_reports

    catalogue = session.apis()
    code = catalogue.codes().get(api_id) if api_id.isdigit() else None
    session.check_fields(api_reports.SHOW if code is None else api_reports.CODE)
    if code is None:
        report = api_reports.api_show(apis.find(catalogue, api_id), session.now())
    else:
        report = api_reports.api_code(api_id, code, session.now())
    session.emit(report)


@app.command("call", help=_("Ask the chosen accounts one of the broker's own reads (API 호출)."))
@takes_common_options
def api_call(
    session: Session,
    api_id: ApiId,
    assigned: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE", help=_("fields of the request, see api show")),
    ] = None,
    pages: Annotated[
        str, typer.Option("--pages", metavar="N|all", help=_("how many pages to read"))
    ] = "1",
    raw: Annotated[
        bool, typer.Option("--raw", help=_("the broker's JSON as it is, a page a line"))
    ] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help=_("the broker's Korean labels as headers and keys"))
    ] = False,
) -> None:
    """Call a read of the catalogue; money-moving and WebSocket ids are refused."""
    from kiwoomctl.domain import apis
    from kiwoomctl.domain.offers import Ability
    from kiwoomctl.render import api_replies
    from kiwoomctl.services import api_calls

    wanted = apis.find(session.apis(), api_id)
    given = apis.assignments(assigned or ())
    request = api_calls.request(wanted, given, _pages(pages))
    look = session.options
    if raw and (labels or look.fields is not None or look.output == "csv"):
        raise UsageError("--raw goes with no --labels, --fields or -o csv", code="raw")
    session.check_fields(api_replies.columns(api_replies.Names(wanted, (), labels=labels)))
    accounts = session.accounts_for(Ability.RAW_CALLS)
    answers = api_calls.call(request, accounts, session.output.answered)
    report = api_replies.api_call(
        wanted, answers, session.now(), output=look.output, fields=look.fields, labels=labels
    )
    if raw and answers.good:
        session.emit_as_sent(api_replies.as_sent(answers), report)
    else:
        session.emit(report)
    for line in api_replies.more_pages(answers, request.pages):
        session.output.alert(line)


def _pages(text: str) -> int | None:
    """Return the most pages to read; None for all of them; raises UsageError."""
    if text == "all":
        return None
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= MOST_PAGES:
        raise UsageError(
            "--pages {value!r} is not a number from 1 to {most}, or all",
            code="pages",
            value=text,
            most=MOST_PAGES,
        )
    return number
