"""``help``: explain a topic or a command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiwoomctl import topics
from kiwoomctl.commands import entries
from kiwoomctl.commands._common import HELP, TYPER, load, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError, nearest
from kiwoomctl.locale import _, language

app = typer.Typer(**TYPER)


@app.command(help=_("Explain a topic or a command; without one, list the topics (도움말)."))
@takes_common_options
def help(  # noqa: A001 - the name users type
    session: Session,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOPIC|COMMAND]",
            show_default=False,
            help=_("the topic, or the words of a command"),
        ),
    ] = None,
) -> None:
    """Print a help topic, or what ``COMMAND --help`` prints."""
    if not words:
        session.output.text(topics.index(language()))
        return
    text = topics.text(words[0], language()) if len(words) == 1 else None
    session.output.text(text or _page(words))


def _page(words: list[str]) -> str:
    """Return the help of a command; raises UsageError."""
    command: Any = load(words[0])
    known = [entry.name for entry in entries()] + (list(topics.names()) if words[1:] == [] else [])
    for place, word in enumerate(words):
        if place:
            known = list(getattr(command, "commands", ()))
            command = getattr(command, "commands", {}).get(word)
        if command is None:
            name = " ".join(words[: place + 1])
            hint, near = nearest(word, known)
            if near in known:
                raise UsageError(
                    "there is no help topic {name!r}", hint=hint, code="topic", name=name, near=near
                )
            raise UsageError(
                "there is no help topic {name!r}",
                hint="kiwoomctl help lists the topics, kiwoomctl --help the commands",
                code="topic",
                name=name,
            )
    path = f"kiwoomctl {' '.join(words)}"
    with typer.Context(command, info_name=path, **HELP) as context:
        return f"{command.get_help(context)}\n"
