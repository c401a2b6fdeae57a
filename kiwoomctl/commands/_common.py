"""The options every command takes, added by one decorator, before and after the command.

A command is a function of a Session and its own options; it never declares ``-p`` or ``-o``.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, get_type_hints

import typer
from typer.main import get_command

from kiwoomctl.commands import entries
from kiwoomctl.context import Options, Session
from kiwoomctl.errors import KiwoomctlError, UsageError
from kiwoomctl.locale import LANGUAGES, _

TYPER: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "add_completion": False,
}
"""Settings of every Typer app here: plain help and our own errors start three times faster."""

OUTPUTS = ("table", "json", "jsonl", "csv")


HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 80}
"""Settings of every context: what asks for help, and how wide it is."""


def load(name: str) -> Any:
    """Return the command of this name, its module imported; None for a name there is not."""
    for entry in entries():
        if entry.name == name:
            command = get_command(import_module(f"kiwoomctl.commands.{entry.module}").app)
            command.name = name
            return command
    return None


def common_parameters() -> list[inspect.Parameter]:
    """Return the parameters of the common options, help in the user's language."""
    chosen = _("profile, @group or all; repeatable or comma-separated")
    return [
        _option("profile", list[str], "-p", "--profile", metavar="NAME", help=chosen),
        _option("output", str, "-o", "--output", metavar="FORMAT", help=" | ".join(OUTPUTS)),
        _option("fields", str, "--fields", metavar="A,B,C", help=_("only these, in this order")),
        _option("demo", bool, "--demo", help=_("use the built-in accounts")),
        _option("lang", str, "--lang", metavar="ko|en", help=_("language")),
        _option("no_color", bool, "--no-color", help=_("no colour")),
        _option("quiet", bool, "-q", "--quiet", help=_("no notes on stderr")),
        _option("verbose", bool, "-v", "--verbose", help=_("tell each request on stderr")),
        _option("timeout", float, "--timeout", metavar="S", help=_("seconds for one reply (10)")),
    ]


def takes_common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Turn ``command(session, ...)`` into one Typer can call, with the common options."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in list(inspect.signature(command).parameters.values())[1:]
    ]
    common = common_parameters()
    names = [parameter.name for parameter in common]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def run(ctx: typer.Context, **values: Any) -> None:
        given = [ctx.obj or {}, {name: values.pop(name) for name in names}]
        if ctx.invoked_subcommand is not None:
            # What stands before the name of a command is for that one.
            ctx.obj = _merged(*given)
            return
        session = Session(options_from(given), os.environ, command.__name__)
        ctx.meta["started"].append(session)
        try:
            command(session, **values)
        except KiwoomctlError as error:
            session.tell_unsettled(error)
            raise
        session.tell_unsettled()

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (context, *own, *common)
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by Typer
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    return run


def options_from(given: list[dict[str, Any]]) -> Options:
    """Return the options given before and after the command, checked.

    Raises:
        UsageError: a value is not one of its choices.
    """
    profiles = [name for values in given for name in values.get("profile") or ()]

    def last(name: str, default: Any = None) -> Any:
        return next(
            (v[name] for v in reversed(given) if v.get(name) is not None and v[name] is not False),
            default,
        )

    output = one_of("-o", last("output", "table"), OUTPUTS)
    if last("lang") is not None:
        one_of("--lang", last("lang"), LANGUAGES)
    fields = last("fields")
    timeout = last("timeout")
    if timeout is not None and not 0 < timeout <= 600:  # noqa: PLR2004 - NaN fails too
        raise UsageError(
            "--timeout {value:g} is not between 0 and 600 seconds", code="timeout", value=timeout
        )
    return Options(
        profiles=tuple(profiles),
        output=output,
        fields=None if fields is None else tuple(f.strip() for f in fields.split(",")),
        demo=bool(last("demo")),
        no_color=bool(last("no_color")),
        quiet=bool(last("quiet")),
        verbose=bool(last("verbose")),
        timeout=10.0 if timeout is None else timeout,
    )


def _merged(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in then.items() if value not in (None, False)}
    profiles = [*(first.get("profile") or ()), *(then.get("profile") or ())]
    return {**first, **given, "profile": profiles or None}


def one_of(option: str, value: str, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of the choices; raises UsageError."""
    if value not in choices:
        raise UsageError(
            "{option} {value!r} is not a choice",
            hint="known: {near}",
            code="choice",
            option=option,
            value=value,
            near=", ".join(choices),
        )
    return value


def _option(name: str, kind: Any, *flags: str, **settings: Any) -> inspect.Parameter:
    given = typer.Option(*flags, show_default=False, **settings)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if kind is bool else None,
        annotation=Annotated[kind if kind is bool else kind | None, given],
    )
