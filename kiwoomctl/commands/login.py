"""``login``: take a key, prove it, store it, pin the account number."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kiwoomctl.commands._common import TYPER, one_of, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError
from kiwoomctl.locale import _

app = typer.Typer(**TYPER)
ENVIRONMENTS = ("real", "mock")


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
            metavar="real|mock",
            show_default=False,
            help=_("add a new profile of this environment to profiles.toml"),
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
    from kiwoomctl.render import reports
    from kiwoomctl.services import registry

    if refresh:
        chosen = [session.account_named(name)] if name else session.accounts()
        rows, failures = registry.refresh(chosen, session.output.answered)
        session.emit(reports.registry("login", rows, failures, session.now()))
        return
    if environment is not None:
        one_of("--environment", environment, ENVIRONMENTS)
    account = session.account_to_sign_in(name, environment)
    if environment is not None:
        session.check_new_profile(account.profile)
    session.output.note(
        _("Each key is its owner's alone: the broker's terms (article 5) forbid lending it.")
    )
    key = read_key(session, from_stdin=from_stdin) if account.takes_key else None
    row = registry.sign_in(account, key)
    session.add_profile(account.profile)
    session.emit(reports.registry("login", [row], [], session.now()))


def read_key(session: Session, *, from_stdin: bool) -> tuple[str, str]:
    """Return app key and secret key, from two lines of stdin or by hidden prompts.

    Raises:
        UsageError: nobody can be asked, or a value is missing.
    """
    if from_stdin:
        lines = _lines_of_stdin()
        if len(lines) != 2:  # noqa: PLR2004 - app key and secret key
            raise UsageError(
                "--stdin got {count} lines, not two",
                hint="first line the app key, second line the secret key",
                code="secret_lines",
                count=len(lines),
            )
        return lines[0], lines[1]
    if not session.output.interactive:
        raise UsageError(
            "there is no terminal to ask for the key",
            hint="give two lines (app key, secret key) with --stdin",
            code="no_terminal",
        )
    import getpass

    try:
        pair = [getpass.getpass(f"{label}: ").strip() for label in (_("App key"), _("Secret key"))]
    except EOFError:
        pair = [""]
    if not all(pair):
        raise UsageError("the app key or the secret key is empty", code="secret_lines")
    return pair[0], pair[1]


def _lines_of_stdin() -> list[str]:
    raw = b"" if sys.stdin is None else sys.stdin.buffer.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("--stdin is not UTF-8 text", code="secret_lines") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
