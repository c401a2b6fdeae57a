"""The topics as texts, and what they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kiwoomctl import errors, topics
from kiwoomctl.app import build
from kiwoomctl.locale import LANGUAGES
from kiwoomctl.render.report import Column
from kiwoomctl.services.orders import audit

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
TOPIC_FOLDER = ROOT / "kiwoomctl" / "topics"
LONGEST_LINE = 100
TERMINAL = 80

both_languages = pytest.mark.parametrize("language", LANGUAGES)
every_topic = pytest.mark.parametrize("topic", topics.ORDER)


def text_of(topic: str, language: str) -> str:
    name = f"{topic}.md" if language == "en" else f"{topic}.{language}.md"
    return (TOPIC_FOLDER / name).read_text("utf-8")


def sections(text: str) -> list[str]:
    """Return the parts between ``## `` headings, the text above the first one first."""
    return re.split(r"^## ", text, flags=re.MULTILINE)


def section(text: str, start: str | tuple[str, ...]) -> str:
    return next(part for part in sections(text)[1:] if part.startswith(start))


def listed_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def defined(text: str) -> list[str]:
    """Return the identifiers that indented lines begin with."""
    names: list[str] = []
    for line in text.splitlines():
        if re.match(r" {4}\S", line):
            for word in line.split():
                if not re.fullmatch(r"[a-z][a-z0-9_]+", word):
                    break
                names.append(word)
                if line.split(word, 1)[1].startswith("  "):
                    break
    return names


def _commands() -> dict[str, Any]:
    """Return every command by the words that call it."""
    root = build()
    context = typer.Context(root)
    found: dict[str, Any] = {}
    for name in root.list_commands(context):
        command: Any = root.get_command(context, name)
        found[name] = command
        for below in getattr(command, "commands", {}):
            found[f"{name} {below}"] = command.commands[below]
    return found


COMMANDS = _commands()


def options_of(command: Any) -> set[str]:
    return {option for p in command.params for option in p.opts if option.startswith("--")}


ROOT_ONLY = {"--version", "--help", "--show-completion"}
COMMON = options_of(build()) - ROOT_ONLY


TEXTS = {
    "README.md": README,
    "README.ko.md": (ROOT / "README.ko.md").read_text("utf-8"),
    **{f"{topic}.{lang}": text_of(topic, lang) for topic in topics.ORDER for lang in LANGUAGES},
}


def called(text: str) -> list[tuple[str, ...]]:
    """Return the command lines in a text: those in code, without what follows a pipe."""
    return [
        tuple(re.split(r"\s{2,}|[|<>&;)`#\n]", found)[0].split())
        for found in re.findall(
            r"(?:^ {4}(?!Usage:).*?|`|\(|\$ |\./)\bkiwoomctl ([^`\n]+)", text, re.MULTILINE
        )
    ]


def called_everywhere() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, text in TEXTS.items():
        for words in called(text):
            yield name, words


def _error_classes(base: type[errors.KiwoomctlError]) -> Iterator[type[errors.KiwoomctlError]]:
    yield base
    for below in base.__subclasses__():
        yield from _error_classes(below)


def exit_codes() -> set[int]:
    raised = {error.exit_code for error in _error_classes(errors.KiwoomctlError)}
    return raised | {0, errors.PARTIAL, audit.DIFFERENCES}


def codes_in(part: str) -> set[int]:
    return {int(code) for code in re.findall(r"^ {4}(\d+) {2,}\S", part, re.MULTILINE)}


def keys_of(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns]


def fields_of(record: type[Any]) -> list[str]:
    return [name for name in record._fields if name != "currency"]


IN_ORDERS = ("buy", "sell", "modify", "cancel", "resolve")


STATES = ("States", "상태")


def listed_in(part: str) -> list[str]:
    """Return the first word of each indented row."""
    return re.findall(r"^ {4}(\S+) {2,}\S", part, re.MULTILINE)
