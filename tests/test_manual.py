"""The manual pages say what help says, in macros that every reader of such pages knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kiwoomctl import topics
from kiwoomctl.commands._examples import examples
from kiwoomctl.commands._help_page import FLAGS
from kiwoomctl.manual import roff
from tests.cli.test_help import COMMANDS

ROOT = Path(__file__).parent.parent
# Each macro with how many arguments it takes here.
MACROS = {
    ".TH": 5,
    ".SH": None,
    ".PP": 0,
    ".TP": 0,
    ".IP": 2,
    ".RS": 1,
    ".RE": 0,
    ".nf": 0,
    ".fi": 0,
}
ESCAPES = {"\\-": "-", "\\e": "\\", "\\(ti": "~", "\\(ha": "^", "\\(ga": "`", "\\&": ""}
LANGUAGES = {"en": "", "ko": "ko/"}

both_languages = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return every page by its path below the folder that was written."""
    folder = tmp_path_factory.mktemp("man")
    subprocess.run(
        [sys.executable, "-m", "kiwoomctl.manual", str(folder)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1795737600"},
    )
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*.[17]")
    }


def read(page: str) -> str:
    """Return what a reader sees, blanks squeezed; fails where a page is not well made."""
    told: list[str] = []
    literal = indented = False
    for line in page.splitlines():
        if line.startswith((".", "'")):
            macro, *given = re.findall(r'"[^"]*"|\S+', line)
            assert macro in MACROS, line
            assert MACROS[macro] in {None, len(given)}, line
            literal = macro == ".nf" or (literal and macro != ".fi")
            indented = macro == ".RS" or (indented and macro != ".RE")
            assert not (literal and macro != ".nf"), line
            told += [] if macro in {".RS", ".TH"} else [word.strip('"') for word in given[:1]]
            told += given[1:] if macro == ".SH" else []
        else:
            told.append(line)
    assert not literal
    assert not indented
    text = re.sub(r"\\f[BR]", "", " ".join(told))
    assert set(re.findall(r"\\(?:\(..|.)", text)) <= set(ESCAPES), page
    plain = re.sub(r"\\(?:\(..|.)", lambda found: ESCAPES[found[0]], text)
    return " ".join(plain.split())


@both_languages
def test_there_is_a_page_of_each_command_and_topic(
    written: Mapping[str, str], language: str
) -> None:
    folder = LANGUAGES[language]
    names = ["kiwoomctl", *(f"kiwoomctl-{name.replace(' ', '-')}" for name in COMMANDS)]
    wanted = {f"{folder}man1/{name}.1" for name in names}
    wanted |= {f"{folder}man7/kiwoomctl-{topic}.7" for topic in topics.ORDER}

    assert {path for path in written if path.startswith("ko/") == bool(folder)} == wanted
    for path in wanted:
        title = written[path].splitlines()[0]
        name, section = Path(path).stem, path[-1]
        assert title.startswith(f'.TH "{roff(name).upper()}" "{section}" "2026-11-27" "kiwoomctl ')
        # What apropos lists: one line below the first heading.
        assert written[path].splitlines()[2].startswith(f"{roff(name)} \\- ")


@both_languages
def test_a_page_of_a_command_has_its_options_and_examples(
    written: Mapping[str, str], language: str
) -> None:
    for name, command in COMMANDS.items():
        page = read(written[f"{LANGUAGES[language]}man1/kiwoomctl-{name.replace(' ', '-')}.1"])
        for param in command.params:
            for option in param.opts if param.param_type_name == "option" else ():
                assert re.search(rf"(?<![\w-]){option}(?![\w-])", page), (name, option)
        for words, _told in examples(name):
            assert f"kiwoomctl {words}" in page, name
        shared = any(FLAGS & set(param.opts) for param in command.params)
        assert (re.search(r"COMMON OPTIONS|공통 옵션", page) is not None) == shared, name


@both_languages
def test_a_page_of_a_topic_has_its_whole_text(written: Mapping[str, str], language: str) -> None:
    for topic in topics.ORDER:
        page = read(written[f"{LANGUAGES[language]}man7/kiwoomctl-{topic}.7"])
        text = topics.text(topic, language) or ""
        told = re.sub(r"^#+ |^```\w*$|`", "", text, flags=re.MULTILINE)
        heading, _newline, body = told.partition("\n")
        assert heading.strip() in page
        assert " ".join(body.split()) in page, topic


def test_what_would_be_an_order_to_the_reader_is_text() -> None:
    for text in (".TH x", "'quoted'", "a\\b", "--yes ~/x ^C `x`"):
        assert read(f".PP\n{roff(text)}\n") == text
