"""``login``: take a key, prove it, store it, pin the account number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

if TYPE_CHECKING:
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.domain.enrolment import NewProfile

app = typer.Typer(**TYPER)
ENVIRONMENTS = ("real", "mock", "sim")


@app.command(help=_("Store a key, prove it by a token, pin the account number (로그인)."))
@takes_common_options
def login(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help=_("the profile"), show_default=False)
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option(
            "--environment",
            metavar="real|mock|sim",
            show_default=False,
            help=_("add a new profile of this environment to profiles.toml"),
        ),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            "--broker", metavar="kiwoom|kis", show_default=False, help=_("of a new one (kiwoom)")
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account", metavar="NUMBER", show_default=False, help=_("of a new one; kis needs it")
        ),
    ] = None,
    hts_id: Annotated[
        str | None,
        typer.Option("--hts-id", metavar="ID", show_default=False, help=_("of a new one, at kis")),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            "--owner", metavar="NAME", show_default=False, help=_("of a new one; only shown")
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="KIND[:VALUE]",
            show_default=False,
            help=_("where a new one keeps its key: keyring, file:PATH; see help security"),
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", show_default=False, help=_("of a served simulator (sim)")
        ),
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help=_("read app key and secret key as two lines"))
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help=_("only renew the tokens of the chosen profiles"))
    ] = False,
) -> None:
    """Sign one profile in (au10001, ka00001), or renew tokens."""
    described = {
        "--broker": broker,
        "--account": account,
        "--hts-id": hts_id,
        "--owner": owner,
        "--source": source,
        "--url": url,
    }
    if environment is not None and not refresh:
        _add(session, _described(session, name, environment, described), from_stdin=from_stdin)
        return
    for option, value in {**described, "--environment": environment}.items():
        if value is not None:
            raise UsageError(
                "{option} describes a new profile",
                hint="leave out --refresh"
                if refresh
                else "add --environment real, mock or sim; or write it into profiles.toml",
                code="option",
                option=option,
            )
    if refresh:
        _refresh(session, name)
    else:
        _sign_in(session, name, from_stdin=from_stdin)


def _refresh(session: Session, name: str | None) -> None:
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry

    chosen = [session.account_named(name)] if name else session.accounts()
    rows, failures = registry.refresh(chosen, session.output.answered)
    session.emit(reports.registry("login", rows, failures, session.now()))


def _sign_in(session: Session, name: str | None, *, from_stdin: bool) -> None:
    """Sign in a profile that is there; where none is named, a person is asked."""
    from kiwoomctl.commands import _guide as guide
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry

    if name is None and not session.options.profiles and not from_stdin and session.guides:
        from kiwoomctl.commands._first_account import add_account, choose_profile

        several = session.has_profiles() and len(session.config.profiles) > 1
        name = choose_profile(session) if several else None
        if name is None and (several or not session.has_profiles()):
            add_account(session)
            return
    account = _known(session, name)
    guide.tell_terms(session)
    if account.takes_key:
        session.check_key_place(account)
    key = guide.read_key(session, from_stdin=from_stdin) if account.takes_key else None
    with session.output.busy(_("asking the broker")):
        row = registry.sign_in(account, key)
    session.emit(reports.registry("login", [row], [], session.now()))
    guide.tell_next(session, account.environment, str(account.name))


def _known(session: Session, name: str | None) -> ConnectedAccount:
    """Return the account; raises UsageError, with what would add it where nobody has the name."""
    try:
        return session.account_named(name)
    except UsageError as error:
        if error.code != "profile_unknown" or error.hint.startswith("did you mean"):
            raise
        raise UsageError(
            error.message,
            hint="to add it: kiwoomctl login {name} --environment mock",
            code=error.code,
            **error.values,
        ) from None


def _add(session: Session, new: NewProfile, *, from_stdin: bool) -> None:
    """Sign in a profile that is not there yet, and append it."""
    from kiwoomctl.commands import _guide as guide
    from kiwoomctl.render import reports

    session.check_new(new)
    guide.tell_terms(session)
    key = guide.key_of_new(session, new, from_stdin=from_stdin) if new.takes_key else None
    with session.output.busy(_("asking the broker")):
        row = session.enrol(new, key)
    session.emit(reports.registry("login", [row], [], session.now()))
    guide.tell_next(session, new.environment, str(new.name))


def _described(
    session: Session, name: str | None, environment: str, described: dict[str, str | None]
) -> NewProfile:
    """Return the new profile that the options describe; raises UsageError."""
    from kiwoomctl.domain.enrolment import KeySource, NewProfile, usual_source
    from kiwoomctl.domain.identity import ProfileName

    one_of("--environment", environment, ENVIRONMENTS)
    if name is None:
        raise UsageError(
            "--environment adds a new profile: its name is missing",
            hint="kiwoomctl login NAME --environment {environment}",
            code="profile_missing",
            environment=environment,
        )
    for option, value in described.items():
        if value is not None and not value.strip():
            raise UsageError(
                "{option} is empty",
                hint="give a value or leave it out; an unset shell variable may be the cause",
                code="option",
                option=option,
            )
    source = KeySource.parse(described["--source"] or usual_source(environment))
    if source.kind == "file":
        source = KeySource("file", session.key_file(name, source.value))
    broker = one_of("--broker", described["--broker"] or session.houses[0], session.houses)
    account = described["--account"]
    return NewProfile(
        name=ProfileName.parse(name),
        broker=broker,
        environment=environment,  # type: ignore[arg-type]  # one of the choices
        source=source,
        owner=described["--owner"],
        account=account and session.account_number(broker, account),
        hts_id=described["--hts-id"],
        url=described["--url"],
    )
