"""What TAB offers: asked for as the scripts do, and typed into real shells."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest

from kiwoomctl.commands._examples import examples
from kiwoomctl.completion import SHELLS, split
from kiwoomctl.completion.sources import DEMO_PROFILES
from kiwoomctl.simulator.demo import DEMO_ACCOUNTS
from tests.cli.conftest import Run, Serve
from tests.completions import fields
from tests.topics.reading import COMMANDS, options_of

REQUIRED = os.environ.get("KIWOOMCTL_TEST_SHELLS") == "required"
PATIENCE = 20
CONFIG = """
[profiles.general]
broker = "kiwoom"
environment = "sim"
owner = "김영희"
secret = { source = "inline", appkey = "sim-001-appkey", secretkey = "sim-001-secretkey" }
[profiles.isa]
broker = "kiwoom"
environment = "sim"
secret = { source = "inline", appkey = "sim-002-appkey", secretkey = "sim-002-secretkey" }
[profiles.pension]
broker = "kiwoom"
environment = "mock"
enabled = false
secret = { source = "command", argv = ["/bin/false"] }
[groups]
mine = ["general", "isa"]
"""

Offered = Callable[..., dict[str, str]]


@pytest.fixture
def offered(run: Run) -> Offered:
    """Return what is offered in the place of the last word, with what is said of it."""

    def asked(*words: str, **env: str) -> dict[str, str]:
        ran = run("__complete", "fish", *words, env=env)
        assert (ran.code, ran.err) == (0, "")
        return dict(line.split("\t", 1) for line in ran.out.splitlines())

    return asked


@pytest.fixture
def config(own_home: Path) -> Path:
    path = own_home / "profiles.toml"
    path.write_text(CONFIG, "utf-8")
    path.chmod(0o600)
    return path


def files_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_commands_and_options_are_offered_with_what_they_do(offered: Offered) -> None:
    assert set(offered("")) == {name for name in COMMANDS if " " not in name}
    assert offered("cas") == {"cash": "Deposits and buying power (예수금)"}
    assert offered("cas", KIWOOMCTL_LANG="ko")["cash"] != offered("cas")["cash"]
    assert set(offered("ledger", "")) == {"list", "show"}
    assert "add" in offered("history", "cashflow", "")
    for words in ("buy", "positions", "sim serve", "api call", "login", "history"):
        assert set(offered(*words.split(), "--")) >= options_of(COMMANDS[words]), words
    assert "--open" not in offered("orders", "--open", "-q", "--")
    assert "--quiet" not in offered("orders", "-q", "--")
    assert "--profile" in offered("cash", "--profile", "isa", "--")
    assert set(offered("-o", "json", "cash", "--dem")) == {"--demo"}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("cash", "-o", "js"), {"json", "jsonl"}),
        (("cash", "--output=c"), {"--output=csv"}),
        (("-o", "ta"), {"table"}),
        (("buy", "005930", "1", "--type", "pre"), {"pre-close"}),
        (("quote", "--exchange", ""), {"KRX", "NXT", "SOR"}),
        (("sell", "--allow", "CASH,C"), {"CASH,COLLAR", "CASH,COUNT", "CASH,CROSS"}),
        (("transactions", "--type", "dep"), {"deposits"}),
        (("stream", "or"), {"orders"}),
        (("stream", "orders", "--count", ""), set()),
        (("cash", "--fields", "profile,or"), {"profile,orderable"}),
        (("help", "exi"), {"exit-codes"}),
        (("help", "cance"), {"cancel"}),
        (("api", "show", "kt000"), None),
        (("sell", "005930", "a"), {"all"}),
        (("report", "--out", "x"), {":files"}),
        (("sim", "serve", "--state-dir", ""), {":folders"}),
        (("nosuch", "command", ""), set()),
        (("cash", "too", "much", ""), set()),
        (("--nosuch", ""), None),
    ],
)
def test_values_are_offered(run: Run, words: tuple[str, ...], values: set[str] | None) -> None:
    ran = run("__complete", "fish", *words)
    found = {line.split("\t")[0] for line in ran.out.splitlines()}
    assert (ran.code, ran.err) == (0, "")
    assert found == values if values is not None else len(found) > 5


def test_profiles_and_groups_are_those_of_the_config(offered: Offered, config: Path) -> None:
    assert config
    before = files_in(config.parent)
    everything = {"general", "isa", "pension", "@mine", "all"}
    assert set(offered("cash", "-p", "")) == everything
    assert offered("cash", "-p", "g") == {"general": "김영희 kiwoom sim"}
    assert set(offered("buy", "005930", "1", "-p", "")) == everything - {"all"}
    assert set(offered("cash", "-p", "isa,")) == {f"isa,{name}" for name in everything - {"isa"}}
    assert set(offered("login", "")) == {"general", "isa", "pension"}
    assert set(offered("cash", "--demo", "-p", "")) == {*DEMO_PROFILES, "all"}
    assert set(offered("cash", "-p", "", KIWOOMCTL_DEMO="1")) == {*DEMO_PROFILES, "all"}
    assert tuple(account.name for account in DEMO_ACCOUNTS) == DEMO_PROFILES
    assert files_in(config.parent) == before


@pytest.mark.parametrize(
    "text", ["[profiles.isa", "profiles = 3", "[profiles]\nisa = 1\n[groups]\nx = 1", "\0", "é"]
)
def test_a_broken_config_is_no_trouble(offered: Offered, own_home: Path, text: str) -> None:
    path = own_home / "profiles.toml"
    path.write_bytes(text.encode("latin-1"))
    before = files_in(own_home)
    assert set(offered("cash", "-p", "")) <= {"all"}
    assert offered("cancel", "") == {}
    assert offered("quote", "0") == {}
    assert "cash" in offered("c")
    assert files_in(own_home) == before


def test_nothing_that_is_absent_is_made(offered: Offered, own_home: Path) -> None:
    before = files_in(own_home)
    for words in (("cash", "-p"), ("cancel",), ("buy",), ("resolve",), ("ledger", "show")):
        assert set(offered(*words, "")) <= {"all"}
    assert files_in(own_home) == before


def test_codes_come_from_the_lists_with_their_names(
    run: Run, offered: Offered, config: Path
) -> None:
    assert run("symbols", "update", "-p", "isa").code == 0
    before = files_in(config.parent)
    assert offered("buy", "00593")["005930"] == "삼성전자"
    assert set(offered("buy", "삼성전자")) == {"005930", "005935"}
    assert offered("quote", "삼성전자")["삼성전자"] == "005930"
    assert offered("quote", "005930", "00066") == {"000660": "SK하이닉스"}
    assert offered("cancel", "--all", "--symbol", "00066") == {"000660": "SK하이닉스"}
    assert 50 < len(offered("orderable", "")) <= 200
    assert files_in(config.parent) == before


def test_orders_come_from_the_ledger(run: Run, offered: Offered, config: Path) -> None:
    buy = ("buy", "005930", "1", "--price", "250,000", "-p", "isa", "--yes", "-o", "json")
    (row,) = run(*buy).document["data"]
    number, ours = row["broker_order_id"], row["order_id"]
    before = files_in(config.parent)
    told = {ours: f"buy 005930 1 250000 isa {number}"}
    for words in (("cancel",), ("modify",), ("ledger", "show"), ("cancel", "-p", "isa")):
        assert offered(*words, "") == told, words
    assert set(offered("cancel", number[:2])) == {number}
    assert offered("cancel", "-p", "general", "") == offered("resolve", "") == {}
    assert files_in(config.parent) == before
    assert run("cancel", ours, "-p", "isa", "--yes").code == 0
    assert offered("modify", "") == {}
    assert ours in offered("ledger", "show", "")
    # A ledger that cannot be read has nothing to say.
    (ledger,) = config.parent.rglob("ledger.sqlite3")
    ledger.write_bytes(b"no ledger")
    assert offered("ledger", "show", "") == {}


def test_open_outcomes_are_offered_to_resolve(run: Run, offered: Offered, serve: Serve) -> None:
    served = serve(accounts=1)
    served.control("faults", api_id="kt10000", mode="drop", when="after", count=1)
    buy = ("buy", "005930", "1", "--price", "250,000", "--yes", "--settle", "0", "-o", "json")
    (row,) = run(*buy, "--allow", "SYMBOLS").document["data"]
    assert row["state"] == "unknown"
    assert list(offered("resolve", "")) == [f"{row['order_id']}.1"]


def test_fields_are_those_that_the_commands_take(run: Run, own_home: Path) -> None:
    assert own_home
    for name, known in fields().items():
        words = next(words for words, _told in examples(name) if words.startswith(name))
        ran = run(*words.split(), "--fields", "nosuch", "--demo")
        listed = re.search(r"known: ([a-z_0-9, ]+)", ran.err)
        if listed is not None and "nosuch" in ran.err:
            # Of events any field may be named; those of one kind are not listed.
            told = listed[1].removesuffix(", price, change_rate, ")
            assert set(told.split(", ")) <= set(known), name
        else:
            assert name in {"stream", "watch", "condition watch", "init", "report"}, (name, ran)


def test_words_are_split_as_a_shell_does() -> None:
    assert split("kiwoomctl cash ") == ["kiwoomctl", "cash", ""]
    assert split("a 'b c' \"d e\" f\\ g h'i'") == ["a", "b c", "d e", "f g", "hi"]
    assert split('a "b c') == ["a", "b c"]
    assert split("a '' b") == ["a", "", "b"]


def test_bash_gets_what_it_replaces(run: Run, config: Path) -> None:
    assert config
    for word, line, reply in (
        ("c", "kiwoomctl cash --output=c", "csv\n"),
        ("=", "kiwoomctl cash --output=", "table\njson\njsonl\ncsv\n"),
        ("@m", "kiwoomctl cash -p @m", "@mine\n"),
        ("isa,p", "kiwoomctl cash -p isa,p", "isa,pension\n"),
        ("'js", "kiwoomctl cash -p isa -o 'js", "json\njsonl\n"),
    ):
        assert run("__complete", "bash", word, line).out == reply


@pytest.mark.parametrize("words", [(), ("tcsh", "c"), ("bash", "x"), ("zsh",), ("fish",)])
def test_a_call_that_is_wrong_says_nothing(run: Run, words: tuple[str, ...]) -> None:
    ran = run("__complete", *words)
    assert (ran.code, ran.out, ran.err) == (0, ran.out, "")


def test_the_scripts_are_shown(run: Run) -> None:
    for shell in SHELLS:
        ran = run("--show-completion", shell)
        assert (ran.code, ran.err) == (0, "")
        assert "__complete" in ran.out
    ran = run("--show-completion", "tcsh")
    assert (ran.code, ran.out) == (2, "")
    assert "bash, zsh, fish" in ran.err


STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source {script}"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -D; source {script}"),
    "fish": (["fish", "--no-config", "-i"], "source {script}"),
}


class Shell:
    """A real shell on a terminal, with the script read, and somebody who types."""

    def __init__(self, name: str, folder: Path, env: dict[str, str]) -> None:
        script = folder / f"script.{name}"
        made = subprocess.run(
            [sys.executable, "-m", "kiwoomctl", "--show-completion", name],
            check=True,
            capture_output=True,
            env=env,
        )
        script.write_bytes(made.stdout)
        words, start = STARTS[name]
        self._screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self._screen)
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, {**env, "TERM": "xterm", "PS1": "$ "})  # noqa: S606 - it is one
        termios.tcsetwinsize(self._terminal, (40, 120))
        self.type(start.format(script=script) + "; echo be''gun\r")
        self.until("begun")

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def until(self, text: str) -> None:
        """Read until the screen shows this text."""
        deadline = time.monotonic() + PATIENCE
        while not any(line.rstrip().endswith(text) for line in self._screen.display):
            assert time.monotonic() < deadline, "\n".join(self._screen.display)
            self._read()

    def shows(self, text: str) -> None:
        """Read until the screen has this text somewhere."""
        deadline = time.monotonic() + PATIENCE
        while text not in "\n".join(self._screen.display):
            assert time.monotonic() < deadline, "\n".join(self._screen.display)
            self._read()

    def end(self) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.close(self._terminal)
        os.waitpid(self._child, 0)

    def _read(self) -> None:
        ready, _, _ = select.select([self._terminal], [], [], 0.2)
        if ready:
            self._stream.feed(os.read(self._terminal, 65536))


@pytest.mark.parametrize("name", SHELLS)
def test_a_real_shell_completes(name: str, run: Run, config: Path, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        if not REQUIRED:
            pytest.skip(f"there is no {name} here")
        pytest.fail(f"there is no {name} here")
    assert run("symbols", "update", "-p", "isa").code == 0
    folder = tmp_path / "shell"
    folder.mkdir()
    (folder / "unlike-any.html").touch()
    program = folder / "kiwoomctl"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kiwoomctl "$@"\n')
    program.chmod(0o755)
    env = {k: v for k, v in os.environ.items() if k.startswith(("KIWOOMCTL", "HOME", "XDG", "LC"))}
    env |= {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(Path.cwd())}
    assert config
    shell = Shell(name, folder, {**env, "LC_ALL": "C.UTF-8", "KIWOOMCTL_LANG": "ko"})
    try:
        for typed, completed in (
            ("summ", "summary"),
            ("cash --out", "cash --output"),
            ("cash --output=c", "cash --output=csv"),
            ("cash -p @m", "cash -p @mine"),
            ("cash -p isa,pen", "cash -p isa,pension"),
            ("quote 00066", "quote 000660"),
            ("report --out unlike", "report --out unlike-any.html"),
        ):
            shell.type(f"kiwoomctl {typed}\t")
            shell.until(f"kiwoomctl {completed}")
            shell.type("\x15\r")
        shell.type("kiwoomctl quote 00593\t\t")
        shell.shows("005935")
        if name != "bash":
            shell.shows("삼성전자우")
    finally:
        shell.end()
