"""The first account: asked for on a terminal or described by options, all of it or nothing."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kiwoomctl.commands._guide import tell_next
from kiwoomctl.config import writing
from kiwoomctl.context import Options, Session
from kiwoomctl.render.cells import width
from kiwoomctl.render.out import Look, Output
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.conftest import Run, Served
from tests.cli.starter import Starter, Terminal

KEY = "sim-001-appkey\nsim-001-secretkey\n"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


class Room:
    """A served simulator, its faults put in and taken away."""

    def __init__(self, server: SimulatorServer, home: Path) -> None:
        self.url = server.url
        self.served = Served(server.url, home / "profiles.toml")
        self.accounts = list(server.exchange.accounts.values())
        self._server = server
        self._before = int(self.served.state()["tokens_issued"])

    def account(self, number: int = 1) -> str:
        """Return an account number as a person writes it."""
        whole = self.accounts[number - 1].number
        return f"{whole[:8]}-{whole[8:]}"

    def fault(self, api_id: str, mode: str, code: str | None = None) -> None:
        told = {"api_id": api_id, "mode": mode}
        self.served.control("faults", **(told if code is None else {**told, "code": code}))

    @property
    def issued(self) -> int:
        """How many tokens were issued in this test."""
        return int(self.served.state()["tokens_issued"]) - self._before

    def end(self) -> None:
        self._server.host.faults.clear()


@pytest.fixture(scope="module")
def kiwoom_server() -> Iterator[SimulatorServer]:
    with SimulatorServer(ServeOptions(rate="off", accounts=2)) as server:
        yield server


@pytest.fixture(scope="module")
def kis_server() -> Iterator[SimulatorServer]:
    # The mock server's pace would be a request a second.
    with SimulatorServer(ServeOptions(rate="off", accounts=2, broker="kis", env="real")) as server:
        yield server


@pytest.fixture
def kiwoom(kiwoom_server: SimulatorServer, own_home: Path) -> Iterator[Room]:
    room = Room(kiwoom_server, own_home)
    yield room
    room.end()


@pytest.fixture
def kis(kis_server: SimulatorServer, own_home: Path) -> Iterator[Room]:
    room = Room(kis_server, own_home)
    yield room
    room.end()


@pytest.fixture
def config(own_home: Path) -> Path:
    return own_home / "profiles.toml"


class Person:
    """Somebody at a terminal who answers what is asked."""

    def __init__(self, folder: Path, *words: str, columns: int = 120, **env: str) -> None:
        given = {**os.environ, **NO_KEYRING, **env}
        starter = Starter.shared()
        self.heard = ""
        self.terminal = Terminal.start(starter, words, given, folder, columns)

    def answer(self, asked: str, text: str = "") -> None:
        """Wait for a question, type the answer and Enter, and forget what was said before."""
        self.terminal.until(asked)
        before, _asked, self.terminal.said = self.terminal.said.partition(asked)
        self.heard += before + asked
        self.terminal.type(f"{text}\n")

    def end(self) -> tuple[int, str]:
        return self.terminal.end()


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def profiles_of(path: Path) -> dict[str, Any]:
    profiles: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["profiles"]
    return profiles


# At a terminal ------------------------------------------------------------------------------


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
    person.terminal.type("\x03")
    code, said = person.end()
    assert code == 130
    assert said.endswith("error: stopped\n")
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
    person.terminal.type("\x03")
    code, said = person.end()
    assert code == 130
    assert said.endswith("error: stopped\n")
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
    person.answer("'nobody' is not one of them\nbroker [kiwoom]: ", "2")
    person.answer("environment [mock]: ", "REAL")
    person.answer("owner: ")
    person.answer("profile name [general]: ", "All")
    person.answer("profile name [general]: ", "연금")
    person.answer("account number: ")
    person.answer("account number: ", "123")
    person.answer("account number of KIS", "")  # the hint says how it is written
    person.answer("account number: ", "12345678-01")
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
    person.terminal.type("\x03")
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
    said = person.terminal.until("profile [spare]: ")
    assert "  1  isa    kiwoom · sim · signed in · 이철수\n" in said
    assert "  2  spare  kiwoom · sim · not signed in\n" in said
    person.answer("profile [spare]: ")
    code, said = person.end()
    assert code == 0, said
    assert run("accounts", "-o", "json").document["data"][1]["token"] == "valid"
    person = Person(tmp_path, "login")
    person.answer("profile [isa]: ", "+")
    person.terminal.until("broker [kiwoom]: ")
    person.terminal.type("\x03")
    assert person.end()[0] == 130


ASKED = {
    "en": ("broker [", "environment [", "owner: ", "name [general]: ", "\naccount number: ",
           "\naccount number: ", "\nHTS id: ", "key in [file]: ", "hand? [Y/n] "),
    "ko": ("증권사 [", "환경 [", "\n계좌주: ", "이름 [general]: ", "\n계좌번호: ",
           "\n계좌번호: ", "\nHTS ID: ", "키 보관 [file]: ", "있습니까? [Y/n] "),
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
        person.terminal.type("\x03")
        code, said = person.end()
    assert code == 130
    lines = f"{person.heard}{said}".splitlines()
    assert len(lines) > 35
    assert max(width(line) for line in lines) < min(columns, 81)
    assert any(LONG_NAME.rsplit(maxsplit=1)[-1] in line for line in lines)


def test_real_accounts_are_told_of_their_orders(config: Path) -> None:
    session = Session(Options(), os.environ, "login")
    said = StringIO()
    session.output = Output(Look(), os.environ, StringIO(), said)
    tell_next(session, "mock")
    assert "[risk]" not in said.getvalue()
    tell_next(session, "real")
    assert f"[risk] in {config}" in " ".join(said.getvalue().split())
    assert "real money" in said.getvalue()


# By options ---------------------------------------------------------------------------------


def test_init_never_overwrites_and_names_the_way_on(run: Run, tmp_path: Path, config: Path) -> None:
    config.write_text("# mine\n")
    config.chmod(0o600)
    ran = run("init")
    person = Person(tmp_path, "init")
    code, said = person.end()
    assert (ran.code, code) == (8, 8)
    for told in (ran.err, said):
        assert "kiwoomctl login NAME --environment mock" in told
    assert config.read_text() == "# mine\n"


def test_on_a_terminal_too_init_can_be_told_to_ask_nothing(tmp_path: Path, config: Path) -> None:
    assert Person(tmp_path, "init", "--no-input").end()[0] == 0
    assert config.read_text("utf-8") == writing.FIRST


@pytest.mark.parametrize("before", [b"", b'lang = "ko"\r\n# \xea\xb0\x80', b"[groups]\n# none\n"])
def test_what_a_person_wrote_stays_byte_for_byte(
    run: Run, config: Path, kiwoom: Room, kis: Room, before: bytes
) -> None:
    config.write_bytes(before)
    config.chmod(0o600)
    ours = ("--environment", "sim", "--url", kiwoom.url)
    theirs = ("--environment", "sim", "--broker", "kis", "--account", kis.account())
    assert run("login", "try", *ours, "--stdin", stdin=KEY).code == 0
    middle = config.read_bytes()
    more = ("--url", kis.url, "--hts-id", "SIMID001", "--owner", "김영희", "--source", "file")
    ran = run("login", "연금", *theirs, *more, "--stdin", stdin=KEY, env={"KIWOOMCTL_LANG": "ko"})
    assert ran.code == 0, ran.err
    assert middle.startswith(before)
    assert config.read_bytes().startswith(middle)
    key = config.with_name("연금.key")
    assert (key.read_text(), stat.S_IMODE(key.stat().st_mode)) == (KEY, 0o600)
    added = profiles_of(config)["연금"]
    assert added == {
        "broker": "kis",
        "environment": "sim",
        "owner": "김영희",
        "account": kis.account(),
        "hts_id": "SIMID001",
        "url": kis.url,
        "secret": {"source": "file", "path": "~/연금.key"},
    }
    rows = run("cash", "-o", "json").document["data"]
    assert [row["profile"] for row in rows] == ["try", "연금"]


KIWOOM_FAILURES = {
    "wrong key": ("", "", "sim-001-appkey\nwrong\n", 4, "8001"),
    "key of the other environment": ("", "", "real-001-appkey\nx\n", 4, "8030"),
    "unregistered address": ("au10001", "ip_mismatch", KEY, 4, "IP 등록"),
    "unreadable number": ("ka00001", "html", KEY, 10, "try again"),
}
KIS_FAILURES = {
    "wrong key": ("", "", "sim-001-appkey\nwrong\n", 4, "EGW00105"),
    "key of the other environment": ("", "", "mock-001-appkey\nx\n", 4, "EGW02004"),
    "key of real at the mock server": ("tokenP", "backend", KEY, 4, "EGW00213"),
    "account of another key": ("", "", KEY.replace("001", "002"), 8, "OPSQ2000"),
    "one token a minute": ("tokenP", "http_429", KEY, 9, "a minute"),
    "unregistered address": ("tokenP", "ip_mismatch", KEY, 4, "apiportal.koreainvestment.com"),
}


def refused(run: Run, config: Path, *words: str, key: str, code: int, told: str) -> str:
    """Log in to no avail: one clear line, and nothing stored or written."""
    ran = run("login", "new", "--environment", "sim", *words, "--stdin", stdin=key)
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert (ran.code, ran.out, len(errors)) == (code, "", 1), ran.err
    assert told in errors[0]
    assert "nothing was stored" in errors[0]
    assert "wrong" not in ran.err
    left = [path.name for path in files(config.parent)]
    assert "profiles.toml" not in left
    assert not [name for name in left if name.endswith(".key") or name == "new.json"]
    return errors[0]


@pytest.mark.parametrize("failure", KIWOOM_FAILURES)
def test_what_kiwoom_refuses_leaves_nothing(
    run: Run, config: Path, kiwoom: Room, failure: str
) -> None:
    api_id, mode, key, code, told = KIWOOM_FAILURES[failure]
    if mode:
        kiwoom.fault(api_id, mode, "8050" if mode == "ip_mismatch" else None)
    words = ("--url", kiwoom.url, "--source", "file")
    line = refused(run, config, *words, key=key, code=code, told=told)
    if code == 4 and not mode:
        # The profile is not there: the way on adds it.
        assert f"kiwoomctl login new --environment sim --url {kiwoom.url} --source file" in line


@pytest.mark.parametrize("failure", KIS_FAILURES)
def test_what_kis_refuses_leaves_nothing(run: Run, config: Path, kis: Room, failure: str) -> None:
    api_id, mode, key, code, told = KIS_FAILURES[failure]
    if mode:
        kis.fault(api_id, mode, "EGW00213" if mode == "backend" else None)
    words = ("--broker", "kis", "--account", kis.account(), "--url", kis.url, "--source", "file")
    refused(run, config, *words, key=key, code=code, told=told)


def test_another_number_than_the_person_says_leaves_nothing(
    run: Run, config: Path, kiwoom: Room
) -> None:
    words = ("--url", kiwoom.url, "--source", "file", "--account", "8012345611")
    refused(run, config, *words, key=KEY, code=8, told="kiwoomctl login new --environment sim")


def test_a_network_that_is_down_leaves_nothing(run: Run, config: Path) -> None:
    refused(run, config, "--url", "http://127.0.0.1:9", key=KEY, code=10, told="cannot connect")


def test_without_a_keyring_no_key_is_asked_for(run: Run, config: Path, kiwoom: Room) -> None:
    words = ("login", "new", "--environment", "sim", "--url", kiwoom.url, "--source", "keyring")
    ran = run(*words, env=NO_KEYRING)  # without --stdin: it comes first
    assert (ran.code, config.exists()) == (4, False)
    assert "no usable keyring" in ran.err
    assert "--source file" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert kiwoom.issued == 0


def test_a_key_file_that_is_there_is_not_overwritten(run: Run, config: Path, kiwoom: Room) -> None:
    other = config.with_name("other.key")
    other.write_text("not ours\n")
    words = ("--environment", "sim", "--url", kiwoom.url, "--source", f"file:{other}")
    ran = run("login", "new", *words, "--stdin", stdin=KEY)
    assert (ran.code, other.read_text(), config.exists()) == (4, "not ours\n", False)
    assert str(other) in ran.err


def test_the_folder_of_both_files_is_made_when_the_key_is_proven(
    run: Run, own_home: Path, kiwoom: Room
) -> None:
    config = own_home / "new" / "kiwoomctl" / "profiles.toml"
    words = ("login", "new", "--environment", "sim", "--url", kiwoom.url, "--source", "file")
    env = {"KIWOOMCTL_CONFIG": str(config)}
    assert run(*words, "--stdin", stdin="sim-001-appkey\nwrong\n", env=env).code == 4
    assert not (own_home / "new").exists()
    ran = run(*words, "--stdin", stdin=KEY, env=env)
    assert ran.code == 0, ran.err
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in config.parent.iterdir()) == ["new.key", "profiles.toml"]
    assert run("cash", env=env).code == 0


def test_what_cannot_be_written_in_the_end_takes_the_key_back(
    run: Run, own_home: Path, kiwoom: Room
) -> None:
    (own_home / "state").mkdir(mode=0o700)
    (own_home / "state" / f"sim-127.0.0.1-{kiwoom.url.rpartition(':')[2]}").mkdir(mode=0o700)
    pins = next((own_home / "state").iterdir()) / "pins"
    pins.write_text("in the way")
    words = ("--environment", "sim", "--url", kiwoom.url, "--source", "file")
    ran = run("login", "new", *words, "--stdin", stdin=KEY)
    assert ran.code == 8, ran.err
    assert "nothing was stored" in ran.err
    assert not (own_home / "new.key").exists()
    assert not (own_home / "profiles.toml").exists()


ADD = ("login", "new", "--environment")
NEW_KIS = (*ADD, "mock", "--broker", "kis")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*ADD, "paper"), "real, mock, sim"),
        ((*ADD, "mock", "--broker", "kiwom"), "kiwoom, kis"),
        ((*ADD, "mock", "--url", "http://127.0.0.1:1"), "sim"),
        ((*ADD, "sim", "--url", "http://example.com:1"), "http://127.0.0.1:PORT"),
        ((*ADD, "real", "--source", "inline"), "inline"),
        ((*ADD, "mock", "--source", "keychain"), "keyring"),
        ((*ADD, "mock", "--source", "credential"), "credential:NAME"),
        ((*ADD, "mock", "--source", "command:"), "command:"),
        ((*ADD, "mock", "--source", "keyring:x"), "keyring"),
        ((*ADD, "mock", "--owner", ""), "--owner"),
        (NEW_KIS, "--account"),
        ((*NEW_KIS, "--account", "1234567801"), "12345678-01"),
        (("login", "--environment", "mock"), "NAME"),
        (("login", "All", "--environment", "mock"), "'All'"),
        (("login", "all", "--environment", "mock"), "'all'"),
        (("login", "new", "--broker", "kis"), "--environment"),
        (("login", "--refresh", "--environment", "mock"), "--refresh"),
    ],
)
def test_what_cannot_be_is_refused_before_the_key_is_asked_for(
    run: Run, config: Path, words: tuple[str, ...], told: str
) -> None:
    ran = run(*words)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1), ran.err
    assert told in ran.err
    assert not config.exists()


def test_a_name_that_is_taken_is_refused(run: Run, config: Path, kiwoom: Room) -> None:
    words = ("login", "연금", "--environment", "sim", "--url", kiwoom.url, "--stdin")
    assert run(*words, stdin=KEY).code == 0
    text = config.read_bytes()
    ran = run(*words, stdin=KEY)
    assert (ran.code, config.read_bytes()) == (2, text)
    assert "kiwoomctl login 연금" in ran.err


def test_an_unknown_name_is_told_how_it_is_added(run: Run, config: Path, kiwoom: Room) -> None:
    words = ("--environment", "sim", "--url", kiwoom.url, "--stdin")
    assert run("login", "general", *words, stdin=KEY).code == 0
    ran = run("login", "연금")
    assert (ran.code, "kiwoomctl login 연금 --environment mock" in ran.err) == (2, True)
    assert "did you mean general?" in run("login", "genral").err
    assert list(profiles_of(config)) == ["general"]


def test_a_failure_is_a_document_too(run: Run, kiwoom: Room) -> None:
    words = ("login", "new", "--environment", "sim", "--url", kiwoom.url, "--stdin", "-o", "json")
    ran = run(*words, stdin="sim-001-appkey\nwrong\n", env={"KIWOOMCTL_LANG": "ko"})
    (error,) = ran.document["errors"]
    assert (ran.code, error["exit_code"], error["code"]) == (4, 4, "kiwoom_8001")
    assert "8001" in error["message"]
    assert "kiwoomctl login new --environment sim" in error["hint"]
    assert "{" not in error["message"] + error["hint"]


def test_a_name_used_before_binds_no_new_profile(run: Run, config: Path, kiwoom: Room) -> None:
    words = ("login", "again", "--environment", "sim", "--url", kiwoom.url, "--stdin")
    assert run(*words, stdin=KEY).code == 0
    config.unlink()
    assert run(*words, stdin=KEY.replace("001", "002")).code == 0
    shown = run("accounts", "--show-account", "-o", "json").document["data"][0]["account"]
    assert shown == kiwoom.accounts[1].number


@pytest.mark.parametrize("source", ["env", "command", "credential"])
def test_a_source_that_has_the_key_is_proven_without_a_question(
    run: Run, own_home: Path, config: Path, kiwoom: Room, source: str
) -> None:
    held = own_home / "held.key"
    held.write_text(KEY)
    appkey, secretkey = KEY.split()
    env = {
        "KIWOOMCTL_NEW_APPKEY": appkey,
        "KIWOOMCTL_NEW_SECRETKEY": secretkey,
        "CREDENTIALS_DIRECTORY": str(own_home),
    }
    kinds = {
        "env": "env",
        "command": f"command:/bin/cat '{held}'",
        "credential": "credential:held.key",
    }
    ran = run(*ADD, "sim", "--url", kiwoom.url, "--source", kinds[source], env=env)
    assert ran.code == 0, ran.err
    assert profiles_of(config)["new"]["secret"]["source"] == source
    assert run("cash", env=env).code == 0


# At KIS -------------------------------------------------------------------------------------


def test_refresh_and_logout_at_kis(run: Run, config: Path, kis: Room) -> None:
    words = ("--broker", "kis", "--account", kis.account(), "--url", kis.url, "--source", "file")
    assert run(*ADD, "sim", *words, "--stdin", stdin=KEY).code == 0
    # For six hours another issue would bring the same token, and a message to the owner.
    assert run("login", "--refresh").code == 0
    assert kis.issued == 1
    assert run("logout", "new", "--keep-secret").code == 0
    assert config.with_name("new.key").exists()
    asked = [request["api_id"] for request in kis.served.state()["requests"]]
    assert asked[-1] == "revokeP"
    assert run("accounts", "-o", "json").document["data"][0]["token"] == "none"
    assert run("login", "--refresh").code == 0
    assert kis.issued == 2
    assert run("logout", "new").code == 0
    assert not config.with_name("new.key").exists()


# The simulator's own hints ------------------------------------------------------------------


@pytest.mark.parametrize("broker", ["kiwoom", "kis"])
def test_sim_serve_tells_a_person_what_to_type(tmp_path: Path, config: Path, broker: str) -> None:
    near, far = pty.openpty()
    more = ("--broker", broker, "--env", "real", "--accounts", "1")
    words = [sys.executable, "-m", "kiwoomctl", "sim", "serve", *more]
    with subprocess.Popen(
        words, stdin=far, stdout=subprocess.PIPE, stderr=far, text=True
    ) as server:
        os.close(far)
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        said = ""
        while "summary" not in said:
            said += os.read(near, 4096).decode().replace("\r\n", "\n")
        line = said.replace("\\\n", "").split("\n")
        command = next(shlex.split(text) for text in line if " login " in text)
        assert url in command
        person = Person(tmp_path, *command[command.index("login") :])
        for label in ("App key", "Secret key"):
            (shown,) = re.findall(rf"{label}: (\S+)", said)
            person.answer(f"{label} [{shown}]: ")
        code, told = person.end()
        assert code == 0, told
        assert list(profiles_of(config)) == ["try"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    os.close(near)


def test_sim_serve_tells_a_script_its_line_only() -> None:
    words = [sys.executable, "-m", "kiwoomctl", "sim", "serve"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert set(json.loads(server.stdout.readline())) == {"url", "ws_url", "pid"}
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=10) == (b"", b"")
