"""An account described by options: all of it or nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kiwoomctl.config import writing
from tests.cli.conftest import Run
from tests.cli.first_account.conftest import (
    KEY,
    NO_KEYRING,
    Person,
    Room,
    files,
    profiles_of,
)


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
        ((*NEW_KIS, "--account", "123456780"), "12345678-01"),
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
