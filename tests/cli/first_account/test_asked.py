"""The first account, asked for on a terminal: all of it or nothing."""

from __future__ import annotations

import os
import shlex
import stat
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiwoomctl.commands._guide import tell_next
from kiwoomctl.config import writing
from kiwoomctl.context import Options, Session
from kiwoomctl.render.cells import width
from kiwoomctl.render.out import Look, Output
from tests.cli.conftest import Run
from tests.cli.first_account.conftest import KEY, Person, Room, files, profiles_of


def test_enter_alone_makes_a_mock_account_of_general(
    tmp_path: Path, own_home: Path, config: Path
) -> None:
    person = Person(tmp_path, "init")
    person.answer("broker [kiwoom]: ")
    person.answer("environment [mock]: ")
    person.answer("owner: ", "김영희")
    person.answer("profile name [general]: ")
    person.answer("keep the key in [file]: ")
    said = person.terminal.until("at hand? [Y/n] ")
    for told in ("openapi.kiwoom.com", "IP 등록", "article 5", "모의투자"):
        assert told in said
    person.answer("at hand? [Y/n] ", "n")
    shown = person.terminal.until("write it? [Y/n] ")
    assert files(own_home) == []
    person.answer("write it? [Y/n] ", "y")
    code, said = person.end()
    assert (code, files(own_home)) == (0, [config])
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    block = {
        "broker": "kiwoom",
        "environment": "mock",
        "owner": "김영희",
        "secret": {"source": "file", "path": "~/general.key"},
    }
    assert profiles_of(config) == {"general": block}
    text = config.read_text("utf-8")
    assert text.startswith(writing.FIRST)
    for line in text.removeprefix(writing.FIRST).split("\n"):
        assert line in shown
    assert "kiwoomctl login general" in said


def test_a_key_file_that_is_there_is_left_alone_at_a_terminal_too(
    tmp_path: Path, own_home: Path, config: Path
) -> None:
    (own_home / "general.key").write_text("not ours")
    person = Person(tmp_path, "init")
    for asked in (*QUESTIONS, "write it? [Y/n] "):
        person.answer(asked, "n" if "hand" in asked else "")
    assert person.end()[0] == 0
    assert profiles_of(config)["general"]["secret"]["path"] == "~/general-2.key"


QUESTIONS = ("broker [", "environment [", "owner: ", "profile name [", "key in [", "hand? [Y/n] ")


@pytest.mark.parametrize("stop", [1, 4, 6, 7, 8])
def test_control_c_at_any_question_leaves_nothing(
    tmp_path: Path, own_home: Path, stop: int
) -> None:
    person = Person(tmp_path, "init")
    # A hidden key is asked for last.
    for asked in (*QUESTIONS, "write it? [Y/n] ", "App key: ")[: stop - 1]:
        person.answer(asked)
    person.terminal.until((*QUESTIONS, "write it? [Y/n] ", "App key: ")[stop - 1])
    person.terminal.interrupt()
    code, said = person.end()
    assert code == 130
    assert said.endswith("\nstopped\n")
    assert list(own_home.iterdir()) == []


def test_control_c_while_the_broker_is_asked_leaves_nothing(
    tmp_path: Path, own_home: Path, kiwoom: Room
) -> None:
    kiwoom.fault("ka00001", "hang")
    words = ("--environment", "sim", "--url", kiwoom.url, "--source", "file")
    person = Person(tmp_path, "login", "new", *words)
    person.answer("App key [")
    person.answer("Secret key [")
    person.terminal.until("asking the broker")
    person.terminal.interrupt()
    code, said = person.end()
    assert code == 130
    assert said.endswith("\nstopped\n")
    left = [path.relative_to(own_home).parts for path in files(own_home)]
    assert all(parts[0] == "state" and "pins" not in parts for parts in left)


@pytest.mark.parametrize(("typed", "told"), [("n\n", "not confirmed"), ("\x04", "ended early")])
def test_without_a_yes_nothing_is_written(
    tmp_path: Path, own_home: Path, typed: str, told: str
) -> None:
    person = Person(tmp_path, "init")
    for asked in QUESTIONS:
        person.answer(asked, "n" if "hand" in asked else "")
    person.terminal.until("write it? [Y/n] ")
    person.terminal.type(typed)
    code, said = person.end()
    assert (code, list(own_home.iterdir())) == (2, [])
    assert told in said


def test_wrong_answers_are_asked_again(tmp_path: Path) -> None:
    person = Person(tmp_path, "init")
    person.answer("broker [kiwoom]: ", "nobody")
    person.answer("'nobody' is not one of them", "2번")
    person.answer("environment [mock]: ", "REAL")
    person.answer("owner: ")
    person.answer("profile name [general]: ", "All")
    person.answer("profile name [general]: ", "연금")
    person.answer("account number: ")
    person.answer("account number: ", "123")
    person.answer("account number of KIS", "")  # the hint says how it is written
    person.answer("account number: ", "1234567801")
    person.answer("HTS id: ", "user01")
    person.answer("keep the key in [file]: ", "command")
    person.answer("command: ", "pass 'show")
    person.answer("command: ", "/usr/bin/pass show kis")
    said = person.terminal.until("give the key already? [Y/n] ")
    assert "apiportal.koreainvestment.com" in said
    person.answer("already? [Y/n] ")
    said = person.terminal.until("write it? [Y/n] ")
    for line in (
        '[profiles."연금"]',
        'broker = "kis"',
        'environment = "real"',
        'account = "12345678-01"',
        'hts_id = "user01"',
        'secret = { source = "command", argv = ["/usr/bin/pass", "show", "kis"] }',
    ):
        assert f"  {line}\n" in said
    person.terminal.interrupt()
    assert person.end()[0] == 130


def test_a_first_login_to_a_served_simulator_in_one_go(
    tmp_path: Path, config: Path, kiwoom: Room, run: Run
) -> None:
    person = Person(tmp_path, "init")
    for asked, text in (
        ("broker [", ""),
        ("environment [", "sim"),
        ("owner: ", ""),
        ("profile name [", "try"),
        ("url: ", kiwoom.url),
        ("write it? [Y/n] ", ""),
        ("App key [sim-001-appkey]: ", ""),
        ("Secret key [sim-001-secretkey]: ", ""),
    ):
        person.answer(asked, text)
    code, said = person.end()
    assert code == 0, said
    assert said.splitlines()[-4:] == [
        "Try next:",
        "  kiwoomctl accounts",
        "  kiwoomctl cash",
        "  kiwoomctl summary",
    ]
    assert profiles_of(config)["try"]["secret"]["source"] == "inline"
    assert run("summary", "-o", "json").document["data"][0]["profile"] == "try"


def test_a_wrong_account_number_is_corrected_without_beginning_anew(
    tmp_path: Path, config: Path, kis: Room
) -> None:
    person = Person(tmp_path, "login")  # no file and no profile: it asks, too
    for asked, text in (
        ("broker [", "kis"),
        ("environment [", "3"),
        ("owner: ", ""),
        ("profile name [", ""),
        ("account number: ", kis.account(2)),
        ("HTS id: ", ""),
        ("url: ", kis.url),
        ("write it? [Y/n] ", ""),
        ("App key [", ""),
        ("Secret key [", ""),
    ):
        person.answer(asked, text)
    said = person.terminal.until("try again? [Y/n] ")
    assert "OPSQ2000" in said
    assert "nothing was stored" in said
    assert not config.exists()
    person.answer("try again? [Y/n] ")
    person.answer(f"account number [{kis.account(2)}]: ", kis.account(1))
    code, said = person.end()
    assert code == 0, said
    assert profiles_of(config)["general"]["account"] == kis.account(1)
    # A second issue within a minute would have been refused.
    assert kis.issued == 1


def test_giving_up_names_the_command_that_does_the_same(
    tmp_path: Path, own_home: Path, kiwoom: Room
) -> None:
    person = Person(tmp_path, "init")
    for asked, text in (
        ("broker [", ""),
        ("environment [", "sim"),
        ("owner: ", "김 영희"),
        ("profile name [", ""),
        ("url: ", kiwoom.url),
        ("write it? [Y/n] ", ""),
        ("App key [", ""),
        ("Secret key [", "wrong"),
        ("try again? [Y/n] ", "ㅜ"),
    ):
        person.answer(asked, text)
    code, said = person.end()
    assert code == 4
    words = shlex.split(said.partition("questions:\n")[2].replace("\\\n", ""))
    assert words[:3] == ["kiwoomctl", "login", "general"]
    assert {*words[3:]} == {"--environment", "sim", "--owner", "김 영희", "--url", kiwoom.url}
    assert not (own_home / "profiles.toml").exists()


def test_with_several_profiles_it_asks_which(
    tmp_path: Path, config: Path, kiwoom: Room, run: Run
) -> None:
    block = '[profiles.{}]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{}"\n{}\n'
    inline = (
        'secret = {{ source = "inline", appkey = "sim-{0}-appkey", '
        'secretkey = "sim-{0}-secretkey" }}'
    )
    config.write_text(
        block.format("isa", kiwoom.url, 'owner = "이철수"\n' + inline.format("001"))
        + block.format("spare", kiwoom.url, inline.format("002")),
        "utf-8",
    )
    config.chmod(0o600)
    assert run("login", "isa").code == 0
    person = Person(tmp_path, "login")
    said = person.terminal.until("profile name [spare]: ")
    assert "  1  isa    kiwoom · sim · signed in · 이철수\n" in said
    assert "  2  spare  kiwoom · sim · not signed in\n" in said
    person.answer("profile name [spare]: ")
    code, said = person.end()
    assert code == 0, said
    assert run("accounts", "-o", "json").document["data"][1]["token"] == "valid"
    person = Person(tmp_path, "login")
    person.answer("profile name [isa]: ", "+")
    person.terminal.until("broker [kiwoom]: ")
    person.terminal.interrupt()
    assert person.end()[0] == 130


ASKED = {
    "en": ("broker [", "environment [", "owner: ", "name [general]: ", "\naccount number: ",
           "\naccount number: ", "\nHTS id: ", "key in [file]: ", "hand? [Y/n] "),
    "ko": ("증권사 [", "환경 [", "\n계좌주: ", "이름 [general]: ", "\n계좌번호: ",
           "\n계좌번호: ", "\nHTS ID: ", "키 보관 [file]: ", "있나요? [Y/n] "),
}  # fmt: skip
LONG_NAME = "a long name of a very careful owner of accounts"
ANSWERS = ("kis", "mock", LONG_NAME, "", "x", "12345678-01", "", "", "n")


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_line_is_broken_by_the_terminal(tmp_path: Path, language: str, columns: int) -> None:
    # A path is one word, and the paths of tests are longer than those of people.
    with TemporaryDirectory() as folder:
        env = {"KIWOOMCTL_CONFIG": f"{folder}/profiles.toml", "KIWOOMCTL_LANG": language}
        person = Person(tmp_path, "init", columns=columns, **env)
        for asked, text in zip(ASKED[language], ANSWERS, strict=True):
            person.answer(asked, text)
        person.terminal.until("[Y/n] ")
        person.terminal.interrupt()
        code, said = person.end()
    assert code == 130
    lines = f"{person.heard}{said}".splitlines()
    assert len(lines) > 35
    assert max(width(line) for line in lines) < min(columns, 81)
    assert any(LONG_NAME.rsplit(maxsplit=1)[-1] in line for line in lines)


def test_both_lines_of_a_key_may_be_pasted_at_once_and_neither_is_shown(
    tmp_path: Path, kiwoom: Room, run: Run
) -> None:
    words = ("--environment", "sim", "--url", kiwoom.url, "--source", "file", "--stdin")
    assert run("login", "one", *words, stdin=KEY).code == 0
    person = Person(tmp_path, "login", "one")
    person.answer("App key: ", KEY.strip())
    code, said = person.end()
    assert code == 0, said
    assert "sim-001" not in f"{person.heard}{said}"
    person = Person(tmp_path, "login", "one")
    person.answer("App key: ")
    code, said = person.end()
    assert (code, "Secret key: " in said) == (2, False)
    assert "is empty - paste it" in said


def test_an_account_that_another_profile_has_is_not_added(
    config: Path, kiwoom: Room, run: Run
) -> None:
    words = ("--environment", "sim", "--url", kiwoom.url, "--stdin")
    assert run("login", "one", *words, stdin=KEY).code == 0
    ran = run("login", "two", *words, stdin=KEY)
    assert ran.code == 8
    assert "already: profile 'one'" in ran.err
    assert list(profiles_of(config)) == ["one"]
    assert run("cash").code == 0
    config.write_text(config.read_text().replace('sim"\n', 'sim"\nenabled = false\n'))
    assert run("login", "two", *words, stdin=KEY).code == 0


def test_real_accounts_are_told_of_their_orders(config: Path) -> None:
    session = Session(Options(), os.environ, "login")
    said = StringIO()
    session.output = Output(Look(), os.environ, StringIO(), said)
    tell_next(session, "mock", "general")
    assert "[risk]" not in said.getvalue()
    tell_next(session, "real", "general")
    assert f"[risk] in {config}" in " ".join(said.getvalue().split())
    assert "real money" in said.getvalue()
