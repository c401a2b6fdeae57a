"""What every help topic and the README say is what the code does."""

from __future__ import annotations

import re

from kiwoomctl import topics
from kiwoomctl.commands import entries
from kiwoomctl.completion import SHELLS
from kiwoomctl.config import profiles
from kiwoomctl.render.cells import width
from tests.topics.reading import (
    COMMANDS,
    LONGEST_LINE,
    README,
    ROOT,
    TERMINAL,
    TOPIC_FOLDER,
    both_languages,
    called,
    called_everywhere,
    every_topic,
    options_of,
    sections,
    text_of,
)


@every_topic
@both_languages
def test_a_topic_is_written_and_begins_with_its_heading(topic: str, language: str) -> None:
    lines = text_of(topic, language).splitlines()

    assert re.match(r"# \S", lines[0])
    assert topics.text(topic, language) == text_of(topic, language)


def test_there_are_no_topics_beside_the_list() -> None:
    written = {path.name.partition(".")[0] for path in TOPIC_FOLDER.glob("*.md")}

    assert written == set(topics.ORDER)


@every_topic
@both_languages
def test_a_topic_fits_a_terminal(topic: str, language: str) -> None:
    too_long = [
        line
        for line in text_of(topic, language).splitlines()
        if len(line) > LONGEST_LINE or width(line) > TERMINAL
    ]

    assert too_long == []


@every_topic
def test_both_languages_have_the_same_sections_and_examples(topic: str) -> None:
    english, korean = text_of(topic, "en"), text_of(topic, "ko")

    assert len(sections(english)) == len(sections(korean))
    assert called(english) == called(korean)


# What both languages have to name alike: options, fields, hours, calls of the brokers.
NAMED = re.compile(
    r"--[a-z][a-z-]+|\b[a-z]+(?:_[a-z0-9]+)+\b|\b\d\d:\d\d\b|\b(?:ka|kt|au)\d{5}\b"
    r"|\b(?:TTTC|CT|FHKST)[0-9A-Z]{4,}\b|\bKIWOOMCTL_[A-Z_]+|\b\d{2,}(?:,\d{3})*\b",
    re.ASCII,
)


@every_topic
def test_both_languages_tell_the_same(topic: str) -> None:
    for english, korean in zip(
        sections(text_of(topic, "en")), sections(text_of(topic, "ko")), strict=True
    ):
        assert set(NAMED.findall(english)) == set(NAMED.findall(korean)), english.splitlines()[0]


def test_command_lines_name_commands_and_options_that_exist() -> None:
    wrong = []
    for name, words in called_everywhere():
        if words[:1] == ("--show-completion",):
            assert words[1] in SHELLS, name
            continue
        plain = [word for word in words if not word.startswith("-")]
        if not plain:
            continue
        command = COMMANDS.get(" ".join(plain[:2])) or COMMANDS.get(plain[0])
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        if command is None or options - options_of(command) - {"--help", "--version"}:
            wrong.append((name, words))

    assert wrong == []
    assert len(list(called_everywhere())) > 40


def test_help_lines_name_topics_that_exist() -> None:
    asked = [words[1] for _, words in called_everywhere() if words[:1] == ("help",) and words[1:]]

    assert asked
    assert set(asked) <= {*topics.ORDER, *COMMANDS, "TOPIC"}


def test_readme_names_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^ *make ([a-z]+)", README, re.MULTILINE))

    assert {"demo", "test"} <= named <= targets


def test_readme_names_every_command() -> None:
    assert {entry.name for entry in entries()} - {
        words[0] for name, words in called_everywhere() if name == "README.md" and words
    } == set()


def test_profiles_in_the_texts_can_be_read() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

    assert blocks
    for block in blocks:
        assert profiles.parse_text(block, "README.md").profiles
