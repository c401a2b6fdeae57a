"""What ``--help`` shows: examples that work, every option, and lines that fit a terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer

from kiwoomctl.app import build
from kiwoomctl.commands._common import common_parameters
from kiwoomctl.commands._examples import examples
from kiwoomctl.commands._help_page import COMMON
from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.locale import LANGUAGES
from kiwoomctl.render.cells import width
from kiwoomctl.topics import ORDER, text
from tests.cli.conftest import Ran, Run
from tests.cli.recorded_year import Year
from tests.cli.starter import Starter, wait_until
from tests.completions import fields


def _commands() -> Iterator[tuple[str, Any]]:
    """Yield every command by the words that call it, however deep it is."""

    def below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        for name in command.list_commands(typer.Context(command)):
            found = command.get_command(typer.Context(command), name)
            words = f"{path} {name}".strip()
            yield words, found
            if hasattr(found, "list_commands"):
                yield from below(words, found)

    yield from below("", build())


COMMANDS = dict(_commands())
both_languages = pytest.mark.parametrize("language", LANGUAGES)
TERMINAL = 80
BLOCK = """
[profiles.{name}]
broker = "kiwoom"
environment = "sim"
secret = {{ source = "inline", appkey = "sim-00{k}-appkey", secretkey = "sim-00{k}-secretkey" }}
"""
NAMES = ("general", "isa", "pension")
# What a command line is followed by here, where nobody answers and nobody waits.
ENDED = {"watch": ("--duration", "0.2"), "stream": ("--duration", "0.2")}
ASKING = ("buy", "sell", "modify", "cancel")
# Where an example cannot come to its end without a person or a broker.
EXPECTED = {"login new --environment mock --source file": 2}


# All pages in one process: a process speaks one language, and each has its own start otherwise.
PAGES = """
import json, sys
from kiwoomctl import locale
locale.activate(sys.argv[1])
from kiwoomctl.app import build
from kiwoomctl.commands._common import HELP, load
import typer
build()
pages = {}
for name in sys.argv[2:]:
    first, *rest = name.split()
    command = load(first)
    for word in rest:
        command = command.commands[word]
    with typer.Context(command, info_name=f"kiwoomctl {name}", **HELP) as context:
        pages[name] = command.get_help(context)
sys.stdout.buffer.write(json.dumps(pages).encode())
"""


def _pages(language: str) -> dict[str, str]:
    made = subprocess.run(
        [sys.executable, "-c", PAGES, language, *COMMANDS],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "COLUMNS": str(TERMINAL)},
    )
    pages: dict[str, str] = json.loads(made.stdout)
    return pages


@both_languages
def test_every_page_fits_a_terminal_and_tells_all_options(language: str) -> None:
    short = {"en": "Common options", "ko": "공통 옵션"}[language]
    first = {"en": "Examples:", "ko": "예제:"}[language]
    for name, page in _pages(language).items():
        lines = page.splitlines()
        assert [line for line in lines if width(line) > TERMINAL] == [], name
        # One line says what it does, with its Korean word.
        assert re.search(r"\((?=.*(?:[가-힣]|API)).+\)", lines[2]), (name, lines[2])
        assert lines[3:5] == ["", first], name
        own, _heading, common = page.partition(f"{short}")
        flags = set(re.findall(r"(?<![\w-])--[a-z-]+", page))
        told = {flag for p in COMMANDS[name].params for flag in p.opts if flag.startswith("--")}
        assert told - flags <= {"--help"}, name
        assert bool(common) == ("--profile" in told), name
        listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", own, re.MULTILINE)
        assert len(listed) == len(set(listed)), name


def test_the_short_form_names_exactly_the_common_options() -> None:
    real = []
    for parameter in common_parameters():
        option: Any = parameter.annotation.__metadata__[0]
        real.append("/".join((option.default, *option.param_decls)))

    assert [words.split()[0] for words in COMMON] == [*real, "-h/--help"]


def test_every_command_has_a_few_examples() -> None:
    for name, command in {**COMMANDS, "": build()}.items():
        group = bool(getattr(command, "commands", ()))
        assert (1 if group else 2) <= len(examples(name)) <= 4, name
        for words, _told in examples(name):
            assert "--demo" in words or words.split()[0] in {n.split()[0] for n in COMMANDS}


@both_languages
def test_every_option_and_every_field_is_in_a_topic(language: str) -> None:
    told = {topic: text(topic, language) or "" for topic in ORDER}
    for name, command in COMMANDS.items():
        flags = {flag for p in command.params for flag in p.opts if flag.startswith("--")}
        where = told["options"] + told["orders"] + told["simulator"]
        missing = {flag for flag in flags if not re.search(rf"{flag}(?![a-z-])", where)}
        assert missing == set(), name
    for name, known in fields().items():
        untold = {key for key in known if not re.search(rf"\b{key}\b", told["output"], re.ASCII)}
        assert untold == set(), name


@both_languages
def test_help_of_a_command_is_its_page(run: Run, language: str) -> None:
    env = {"KIWOOMCTL_LANG": language}
    for words in (("buy",), ("api", "call"), ("history",), ("sim",)):
        assert run("help", *words, env=env).out == run(*words, "--help", env=env).out
    assert run("help", "orders", env=env).out.startswith("# ")


def test_an_unknown_topic_or_command_gets_the_nearest_name(run: Run) -> None:
    for words, near in (
        (("exit-code",), "exit-codes"),
        (("positons",), "positions"),
        (("api", "serch"), "search"),
    ):
        ran = run("help", *words)
        assert (ran.code, ran.out) == (2, "")
        assert near in ran.err
    assert run("help", "buy", "now").code == 2
    index = run("help")
    assert re.findall(r"^([a-z-]+) ", index.out, re.MULTILINE) == list(ORDER)


class Runner:
    """Runs examples as somebody with the accounts of the demo would."""

    def __init__(self, run: Run, home: Path) -> None:
        self._run, self._home = run, home
        self._today = SystemClock().now().date()
        year = Year(home)
        config = home / "profiles.toml"
        blocks = "".join(BLOCK.format(name=name, k=k + 1) for k, name in enumerate(NAMES))
        config.write_text(f'default = ["@mine"]\n[groups]\nmine = ["isa"]\n{blocks}')
        asked = run("accounts", "--check", "--show-account", "-p", "isa", "-o", "json")
        year.account = AccountId("kiwoom", "sim", asked.document["data"][0]["account"])
        for ago in (2, 1):
            year.record(self._today - timedelta(ago), Decimal(19_000_000 + ago))
        # Names of codes are known here once they were fetched.
        assert run("symbols", "update").code == 0

    def __call__(self, line: str) -> Ran:
        words = self._dated(line).split()
        name = next(word for word in words if not word.startswith("-"))
        if "0000123" in words:
            words[words.index("0000123")] = self._order(name)
        if name in ASKING and "--dry-run" not in words and "--yes" not in words:
            words.append("--yes")
        if (name in ENDED and not {"--once", "--list"} & {*words}) or words[1:2] == ["watch"]:
            words += ENDED.get(name, ENDED["watch"])
        if name == "init":
            return self._run(*words, env={"KIWOOMCTL_CONFIG": str(self._home / "new.toml")})
        if name == "report":
            return self._in_a_folder(words)
        if words[:2] == ["sim", "serve"]:
            return self._served(["0" if word == "18090" else word for word in words])
        return self._run(*words)

    def _dated(self, line: str) -> str:
        for ago, day in ((2, "2026-11-19"), (1, "2026-11-20")):
            then = self._today - timedelta(ago)
            line = line.replace(day, f"{then}").replace(day.replace("-", ""), f"{then:%Y%m%d}")
        return line

    def _order(self, command: str) -> str:
        """Return the number of an order that is open, or of one that was sent from here."""
        listed = ("ledger", "list") if command == "ledger" else ("orders", "--open")
        rows = self._run(*listed, "-p", "isa", "-o", "json").document["data"]
        wanted = {"005930": "buy", None: "buy"}
        return next(
            str(row["broker_order_id"])
            for row in rows
            if row["broker_order_id"] and row["side"] == wanted.get(row.get("symbol"))
        )

    def _in_a_folder(self, words: list[str]) -> Ran:
        return Starter.shared().start(words, os.environ, self._home, cwd=self._home).end()

    def _served(self, words: list[str]) -> Ran:
        command = Starter.shared().start(words, dict(os.environ), self._home)
        wait_until(lambda: command.out.exists() and '"url"' in command.out.read_text("utf-8"))
        command.signal(signal.SIGTERM)
        return command.end()


def _lines() -> Iterator[str]:
    for name in ("", *COMMANDS):
        for words, _told in examples(name):
            yield words


def test_every_example_works(run: Run, own_home: Path) -> None:
    runner = Runner(run, own_home)
    failed = []
    for line in dict.fromkeys(_lines()):
        ran = runner(line)
        if ran.code != EXPECTED.get(line, 0):
            failed.append((line, ran.code, ran.err))

    assert failed == [], "\n".join(map(str, failed))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("login new --env mock", "no option --env - did you mean --environment?"),
        ("buy 005930 1 260000 -p isa", "'260000' is too much - did you mean --price 260000?"),
        ("buy 005930 1 more -p isa", "'more' is too much - kiwoomctl buy --help"),
        ("cron", "no command 'cron' - kiwoomctl help cron"),
        ("positoins", "no command 'positoins' - did you mean positions?"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(run: Run, words: str, told: str) -> None:
    ran = run(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_an_error_before_any_report_is_folded_between_words_too(run_on_terminal: Run) -> None:
    ran = run_on_terminal("positions", columns=60)
    told = ran.out.splitlines()
    assert (ran.code, len(told) > 1) == (8, True)
    assert all(width(line) <= 60 for line in told if " " in line.strip())


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_the_first_screen_fits_a_narrow_terminal(
    run_on_terminal: Run, words: tuple[str, ...]
) -> None:
    ran = run_on_terminal(*words, columns=60, env={"KIWOOMCTL_LANG": "ko"})
    assert (ran.code, "kiwoomctl help orders" in ran.out) == (0, True)
    assert max(width(line) for line in ran.out.splitlines()) <= 60
