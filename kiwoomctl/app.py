"""The root of the command line, and the one place that turns an error into an exit code."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from kiwoomctl import __version__, locale
from kiwoomctl.commands import SCHEMAS, entries
from kiwoomctl.commands._common import HELP, OUTPUTS, TYPER, common_parameters, load, one_of
from kiwoomctl.commands._help_page import HelpPage
from kiwoomctl.config.paths import language_file
from kiwoomctl.context import Session
from kiwoomctl.errors import Interrupted, KiwoomctlError, UsageError, nearest
from kiwoomctl.locale import _


class LazyGroup(TyperGroup):
    """The commands of the first level; a command's module is imported when it is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002 - the base's form, its Context vendored by Typer
        """Return the names in the order of the help screen."""
        return [entry.name for entry in entries()]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ARG002 - as above
        """Return the command, or None for a name there is not."""
        return load(cmd_name)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ARG002 - as above
        """Write the commands in their groups, without importing them."""
        for group in dict.fromkeys(entry.group for entry in entries()):
            with formatter.section(group):
                formatter.write_dl([(e.name, e.summary) for e in entries() if e.group == group])


def build() -> TyperGroup:
    """Return the root command, texts in the active language."""
    TyperGroup.context_class.formatter_class = HelpPage
    app = typer.Typer(cls=LazyGroup, **TYPER)

    def root(ctx: typer.Context, version: bool, show_completion: str | None, **common: Any) -> None:
        if version:
            sys.stdout.write(f"kiwoomctl {__version__}\n")
            raise typer.Exit
        if show_completion is not None:
            from kiwoomctl.completion import SHELLS, script

            sys.stdout.write(script(one_of("--show-completion", show_completion, SHELLS)))
            raise typer.Exit
        if ctx.invoked_subcommand is None:
            raise UsageError("a command is missing", hint=_help_hint(None))
        ctx.obj = common

    parameters = common_parameters()
    import inspect

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    told = [context, *_own_parameters(), *parameters]
    root.__signature__ = inspect.Signature(told)  # type: ignore[attr-defined]  # read by Typer
    root.__annotations__ = {p.name: p.annotation for p in told}
    app.callback(
        help=_("All your accounts at Kiwoom and KIS at once: cash, positions, safe orders."),
        invoke_without_command=True,
        context_settings=HELP,
    )(root)
    group = get_group(app)
    group.name = "kiwoomctl"
    return group


def _own_parameters() -> list[Any]:
    import inspect
    from typing import Annotated

    version = typer.Option(
        "--version", is_eager=True, show_default=False, help=_("show the version")
    )
    shell = typer.Option(
        "--show-completion",
        metavar="SHELL",
        show_default=False,
        help=_("the script for TAB; kiwoomctl help completion"),
    )
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter("version", keyword, default=False, annotation=Annotated[bool, version]),
        inspect.Parameter(
            "show_completion", keyword, default=None, annotation=Annotated[str | None, shell]
        ),
    ]


def run(argv: Sequence[str]) -> NoReturn:
    """Run one command line and exit with its code."""
    from kiwoomctl.render.out import use_utf8

    use_utf8(sys.stdout, sys.stderr)
    # Where nobody catches an error, what it says may hold anything, and so may what came before.
    sys.excepthook = lambda _kind, error, _trace: _say_bug(error)
    sys.unraisablehook = lambda args: _say_bug(args.exc_value)
    threading.excepthook = lambda args: _say_bug(args.exc_value)
    started: list[Session] = []
    try:
        locale.activate(locale.choose(argv, os.environ, language_file(os.environ)))
        code = _run(argv, started)
    except KiwoomctlError as error:
        code = _fail(error, argv, started)
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # the terminal has shown ^C in a line that is not over
        code = _fail(Interrupted("stopped"), argv, started)
    except Exception as error:  # noqa: BLE001 - the user gets a line, the developer asks for more
        code = _fail(_bug(error), argv, started)
        if started and started[-1].options.verbose:
            import traceback

            # The places only: what the error says may hold anything, a key too.
            sys.stderr.write("Traceback (most recent call last):\n")
            traceback.print_tb(error.__traceback__)
    _leave(code)


def _say_bug(error: BaseException | None) -> None:
    """Name an error outside of any command, of a thread of its own or at the very end."""
    from kiwoomctl.render.out import error_line

    if error is not None and not isinstance(error, SystemExit | KeyboardInterrupt):
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{error_line(_bug(error))}\n")


def _bug(error: BaseException) -> KiwoomctlError:
    """Name the place of an unexpected error; its text may hold anything, so it is not shown."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else "?"
    return KiwoomctlError(
        "a bug in kiwoomctl: {kind} in {where}",
        hint="please report it; -v shows more",
        code="bug",
        kind=type(error).__name__,
        where=where,
    )


def _leave(code: int) -> NoReturn:
    """End the process at once.

    Taking the interpreter apart would cost a sixth of a short command, and after ^C it would
    wait for reads in other threads, of which nothing is worth waiting for.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - what exiting does, without what follows it
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _run(argv: Sequence[str], started: list[Session]) -> int:
    group = build()
    try:
        with group.make_context("kiwoomctl", list(argv)) as ctx:
            ctx.meta["started"] = started
            group.invoke(ctx)
            return started[-1].exit_code if started else 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        raise _usage_error(error) from None


def _usage_error(error: Any) -> UsageError:
    """Say Typer's usage errors in one line of the user's language."""
    kind = type(error).__name__
    name = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    shown = _shown_name(param)
    if kind == "NoSuchOption":
        return _unknown_option(error, str(name))
    if kind == "MissingParameter":
        return UsageError("{name} is missing", hint=_help_hint(error), name=shown)
    if kind == "BadParameter":
        value, is_number, _rest = error.message.partition(" is not a valid ")
        if is_number:
            return UsageError("{name}: {value} is not a number", name=shown, value=value)
        return UsageError(
            "{name}: {reason}", hint=_help_hint(error), name=shown, reason=error.message
        )
    if kind == "BadOptionUsage":
        return UsageError("{name} needs a value", hint=_help_hint(error), name=name)
    if kind == "UsageError" and error.message.startswith("No such command"):
        return _unknown_command(error)
    if kind == "UsageError" and error.message.startswith("Missing command"):
        return UsageError("a command is missing", hint=_help_hint(error))
    if kind == "UsageError" and error.message.startswith("Got unexpected extra argument"):
        return _too_much(error, error.message.rpartition("(")[2].rstrip(")"))
    return UsageError("{reason}", hint=_help_hint(error), reason=error.format_message())


def _unknown_option(error: Any, name: str) -> UsageError:
    hint, near = nearest(name, error.possibilities or ())
    begun = sorted(option for option in _options(error) if option.startswith(name))
    if begun and len(name) > len("--"):
        hint, near = "did you mean {near}?", begun[0]
    return UsageError("there is no option {name}", hint=hint, name=name, near=near)


def _too_much(error: Any, extra: str) -> UsageError:
    hint, near = _help_hint(error), ""
    if "--price" in _options(error) and extra.replace(",", "").isdigit():
        hint, near = "did you mean {near}?", f"--price {extra}"
    return UsageError("{extra!r} is too much", hint=hint, extra=extra, near=near)


def _unknown_command(error: Any) -> UsageError:
    wanted = error.message.split("'")[1]
    ctx = error.ctx
    if ctx and ctx.parent is None:
        from kiwoomctl import topics

        if wanted in topics.names():
            return UsageError(
                "there is no command {name!r}", hint="kiwoomctl help {name}", name=wanted
            )
    hint, near = nearest(wanted, ctx.command.list_commands(ctx) if ctx else ())
    return UsageError("there is no command {name!r}", hint=hint, name=wanted, near=near)


def _options(error: Any) -> set[str]:
    """Return the options of the command that was called."""
    ctx = getattr(error, "ctx", None)
    return {option for param in ctx.command.params for option in param.opts} if ctx else set()


def _shown_name(param: Any) -> str:
    if param is None:
        return ""
    options = list(getattr(param, "opts", ()))
    if getattr(param, "param_type_name", "") == "argument":
        return str(param.human_readable_name).upper()
    return max(options, key=len) if options else str(param.name)


def _help_hint(error: Any) -> str:
    path = error.ctx.command_path if getattr(error, "ctx", None) else "kiwoomctl"
    return f"{path} --help".replace("{", "{{").replace("}", "}}")


def _fail(error: KiwoomctlError, argv: Sequence[str], started: Sequence[Session]) -> int:
    """Tell the error on stderr, and as the JSON document where one was asked for."""
    from kiwoomctl.render.out import error_line, fitting

    with contextlib.suppress(OSError):  # the exit code speaks where nobody listens
        wants_json = started[-1].options.output == "json" if started else _asks_for_json(argv)
        if wants_json:
            command = started[-1].command if started else _command_in(argv)
            sys.stdout.write(_error_document(error, command))
            sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{fitting(error_line(error), sys.stderr)}\n")
        sys.stderr.flush()
    return error.exit_code


def _error_document(error: KiwoomctlError, command: str) -> str:
    from kiwoomctl.domain.clock import SystemClock
    from kiwoomctl.render.machine import json_document
    from kiwoomctl.render.report import Report

    report = Report(
        name=SCHEMAS.get(command, command),
        title="",
        columns=(),
        sections=(),
        as_of=SystemClock().now(),
        failures=((None, error),),
    )
    return "".join(json_document(report, ()))


def _command_in(argv: Sequence[str]) -> str:
    names = {entry.name for entry in entries()}
    return next((word for word in argv if word in names), "kiwoomctl")


def _asks_for_json(argv: Sequence[str]) -> bool:
    """Tell whether the words ask for JSON, even where the rest of them is wrong."""
    asked = ""
    for index, word in enumerate(argv):
        value = ""
        if word in {"-o", "--output"} and index + 1 < len(argv):
            value = argv[index + 1]
        elif word.startswith("--output="):
            value = word.partition("=")[2]
        elif word.startswith("-") and not word.startswith("--"):
            value = word.lstrip("-").lstrip("qv").removeprefix("o")
        asked = value if value in OUTPUTS else asked
    return asked == "json"


def help_screen() -> str:
    """Return the text of ``kiwoomctl --help`` in the active language."""
    group = build()
    with group.make_context("kiwoomctl", [], resilient_parsing=True) as ctx:
        return group.get_help(ctx) + "\n"
