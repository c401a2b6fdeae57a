"""``help``: explain a topic or a command."""

from __future__ import annotations

from typing import Annotated

import typer

from kiwoomctl import topics
from kiwoomctl.commands import entries
from kiwoomctl.commands._common import TYPER, takes_common_options
from kiwoomctl.context import Session
from kiwoomctl.errors import UsageError, nearest
from kiwoomctl.locale import _, language

app = typer.Typer(**TYPER)


@app.command(help=_("Explain a topic; without one, list them (도움말)."))
@takes_common_options
def help(  # noqa: A001 - the name users type
    session: Session,
    topic: Annotated[
        str | None, typer.Argument(metavar="[TOPIC]", show_default=False, help=_("the topic"))
    ] = None,
) -> None:
    """Print a help topic."""
    if topic is None:
        session.output.text(topics.index(language()))
        return
    text = topics.text(topic, language())
    if text is None:
        commands = [entry.name for entry in entries()]
        if topic in commands:
            raise UsageError(
                "{name} is a command", hint="kiwoomctl {name} --help", code="topic", name=topic
            )
        hint, near = nearest(topic, [*topics.names(), *commands])
        raise UsageError(
            "there is no help topic {name!r}", hint=hint, code="topic", name=topic, near=near
        )
    session.output.text(text)
