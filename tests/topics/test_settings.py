"""Options, exit codes and variables are those of the code."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache

from kiwoomctl import errors
from kiwoomctl.commands._common import OUTPUTS
from kiwoomctl.config import paths, profiles
from kiwoomctl.config.selection import PROFILE_VARIABLE
from kiwoomctl.context import DEMO_VARIABLE
from kiwoomctl.locale import VARIABLE
from tests import error_codes
from tests.topics.reading import (
    COMMANDS,
    COMMON,
    IN_ORDERS,
    README,
    ROOT,
    both_languages,
    codes_in,
    exit_codes,
    listed_options,
    options_of,
    section,
    sections,
    text_of,
)

# options


@both_languages
def test_options_lists_exactly_the_common_options(language: str) -> None:
    blocks = sections(text_of("options", language))[0].split("\n\n")
    block = next(part for part in blocks if "--timeout" in part)

    listed = {found for line in block.splitlines() for found in listed_options(line[:25])}

    assert listed - {"--help"} == COMMON
    assert all(output in block for output in OUTPUTS)


@both_languages
def test_options_of_single_commands_are_theirs(language: str) -> None:
    part = sections(text_of("options", language))[2]
    named: dict[str, set[str]] = {}
    for line in part.splitlines():
        words = line.split()
        if line.startswith("    ") and words[0] in COMMANDS:
            below = " ".join(words[:2])
            name = below if below in COMMANDS else words[0]
            named.setdefault(name, set()).update(listed_options(line))

    others = {*IN_ORDERS, *(name for name in COMMANDS if name.startswith("sim"))}
    assert named == {
        name: own
        for name, command in COMMANDS.items()
        if name not in others and (own := options_of(command) - COMMON - {"--help"})
    }


@both_languages
def test_options_shows_a_config_with_every_key(language: str) -> None:
    part = sections(text_of("options", language))[3]
    shown = "\n".join(line[4:] for line in part.splitlines() if line.startswith("    "))

    def keys(text: str) -> tuple[set[str], set[str]]:
        data = tomllib.loads(text)
        assert profiles.parse_text(text, "options").profiles
        return set(data), {key for profile in data["profiles"].values() for key in profile}

    assert keys(shown) == keys((ROOT / "profiles.example.toml").read_text("utf-8"))


# exit-codes


@both_languages
def test_exit_codes_are_those_of_the_errors(language: str) -> None:
    _, in_use, *_ = sections(text_of("exit-codes", language))

    assert codes_in(in_use) == exit_codes()
    assert set(errors.SEVERITY) <= codes_in(in_use)


@both_languages
def test_exit_codes_tell_the_order_of_severity(language: str) -> None:
    part = sections(text_of("exit-codes", language))[3]

    assert " ".join(str(code) for code in errors.SEVERITY) in " ".join(part.split())


@both_languages
def test_exit_codes_has_the_words_of_all_errors(language: str) -> None:
    told = error_codes.written(text_of("exit-codes", language))

    assert told == error_codes.lines(), "run: python -m tests.messages"
    assert {*error_codes.found()} <= exit_codes()
    assert len(error_codes.found()[2]) > 50


def test_readme_has_the_exit_codes_in_use() -> None:
    rows = re.findall(r"^\| (\d+) \|", section(README, "Exit codes"), re.MULTILINE)

    assert {int(row) for row in rows} == exit_codes()


# environment


# Read, but nobody sets them for kiwoomctl: the system does, or who builds it.
OF_THE_SYSTEM = {"HOME", "LOGNAME", "USER", "SOURCE_DATE_EPOCH", "SSLKEYLOGFILE"}


@cache
def _variables_read() -> set[str]:
    """Return the names of variables that stand beside ``environ`` in the source."""
    read = set()
    for path in (ROOT / "kiwoomctl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[ast.expr] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names = node.args[:1] if _is_environ(node.func.value) else []
            elif isinstance(node, ast.Subscript):
                names = [node.slice] if _is_environ(node.value) else []
            elif isinstance(node, ast.Compare):
                names = [node.left] if _is_environ(node.comparators[0]) else []
            read |= {str(name.value) for name in names if isinstance(name, ast.Constant)}
    return read


def _is_environ(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2].endswith("environ")


@both_languages
def test_environment_names_the_variables(language: str) -> None:
    text = text_of("environment", language)
    named = set(re.findall(r"\bKIWOOMCTL_[A-Z_]+", text))

    assert named == {
        paths.CONFIG_VARIABLE,
        paths.STATE_VARIABLE,
        PROFILE_VARIABLE,
        VARIABLE,
        DEMO_VARIABLE,
        "KIWOOMCTL_NAME_APPKEY",
        "KIWOOMCTL_NAME_SECRETKEY",
    }
    read = _variables_read()
    assert {"NO_COLOR", "CREDENTIALS_DIRECTORY", *OF_THE_SYSTEM} <= read
    untold = {
        name for name in read - OF_THE_SYSTEM if not re.search(rf"\b{name}\b", text, re.ASCII)
    }
    assert untold == set()
    assert all(name in text for name in ("LC_ALL", "LC_MESSAGES", "LANG", "XDG_STATE_HOME"))
