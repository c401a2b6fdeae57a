"""The catalogue and the ready help screens say what the program says now."""

from __future__ import annotations

import gettext
import re
from io import BytesIO
from string import Formatter

import pytest

from kiwoomctl import locale
from kiwoomctl.commands import entries
from tests import messages

SPOKEN = {**messages.spoken(), **dict.fromkeys(messages.WORDS, "tests/messages.py")}
COMMANDS = "|".join(entry.name for entry in entries())
RUN = "run: python -m tests.messages"


def test_every_text_is_in_the_catalogue_and_nothing_else() -> None:
    known = messages.translations()

    assert {text: SPOKEN[text] for text in sorted(set(SPOKEN) - set(known))} == {}, RUN
    assert sorted(set(known) - set(SPOKEN)) == [], RUN


def test_every_text_is_translated() -> None:
    known = messages.translations()

    untranslated = {text: SPOKEN.get(text) for text in known if not known[text].strip()}

    assert untranslated == {}


def test_translations_keep_the_placeholders() -> None:
    differing = {
        text: translation
        for text, translation in messages.translations().items()
        if messages.placeholders(translation) != messages.placeholders(text)
    }

    assert differing == {}


def test_translations_keep_what_people_type() -> None:
    typed = re.compile(
        rf"kiwoomctl (?:{COMMANDS}|\{{name\}})(?![a-z])|--[a-z]+(?:-[a-z]+)*|chmod \S+"
    )

    changed = [
        (text, translation)
        for text, translation in messages.translations().items()
        if set(typed.findall(text)) != set(typed.findall(translation))
    ]

    assert changed == []


def test_every_text_is_a_valid_template() -> None:
    for text, translation in messages.translations().items():
        for template in (text, translation):
            assert list(Formatter().parse(template)), template


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    compiled = messages.CATALOGUE.with_suffix(".mo").read_bytes()

    assert compiled == messages.compiled(messages.translations()), RUN


def test_the_compiled_catalogue_answers_as_the_text() -> None:
    known = messages.translations()
    compiled = gettext.GNUTranslations(BytesIO(messages.compiled(known)))

    assert {text: compiled.gettext(text) for text in known} == known


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_ready_help_is_the_real_help(language: str) -> None:
    assert locale.help_screen(language).encode() == messages.ready_help(language), RUN


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_ready_words_of_completion_are_the_real_ones(language: str) -> None:
    ready = (messages.COMPLETION / f"words.{language}.tsv").read_bytes()

    assert ready == messages.ready_words(language), RUN


def test_the_program_speaks_every_language_that_is_kept_ready() -> None:
    assert messages.LANGUAGES == locale.LANGUAGES
