"""Commands beside the portfolio: setting up, signing in, help, languages, wrong words."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kiwoomctl import __version__
from tests.cli.conftest import Run, Serve

READS = ("cash", "positions", "summary")
FILE_PROFILE = """
[profiles.mine]
broker = "kiwoom"
environment = "sim"
url = "{url}"
pace = "off"
secret = {{ source = "file", path = "{path}" }}
"""


@pytest.mark.parametrize("command", [*READS, "accounts"])
def test_the_demo_needs_no_setup(run: Run, command: str) -> None:
    ran = run(command, "--demo")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("[SIM] ")
    assert all(name in ran.out for name in ("general", "isa", "pension"))


def test_the_demo_can_come_from_the_environment_and_before_the_command(run: Run) -> None:
    assert run("cash", env={"KIWOOMCTL_DEMO": "1"}).code == 0
    assert run("--demo", "-o", "csv", "cash").out.startswith("profile,")


def test_the_demo_knows_only_its_own_profiles(run: Run) -> None:
    ran = run("cash", "--demo", "-p", "mine")
    assert ran.code == 2
    assert "'mine'" in ran.err
    assert run("cash", "--demo", env={"KIWOOMCTL_PROFILE": "mine"}).code == 0


def test_demo_reset_forgets_its_tokens(run: Run) -> None:
    run("cash", "--demo")
    assert run("demo", "reset").code == 0
    assert run("cash", "--demo").code == 0


def test_init_writes_once_and_privately(run: Run, own_home: Path) -> None:
    path = own_home / "profiles.toml"
    assert run("init").code == 0
    text = path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = run("init")
    assert again.code == 8
    assert str(path) in again.err
    assert path.read_text("utf-8") == text
    empty = run("cash")
    assert empty.code == 8
    assert "kiwoomctl login" in empty.err


def test_login_by_stdin_proves_stores_and_pins(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    before = run("cash")
    assert before.code == 4
    ran = run("login", "mine", "--stdin", stdin="sim-001-appkey\nsim-001-secretkey\n")
    assert ran.code == 0, ran.err
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "may not" in ran.err or "forbid" in ran.err
    number = served.state()["accounts"][0]["account"]
    assert number not in ran.out + ran.err
    assert run("cash").code == 0
    shown = run("accounts", "--show-account", "-o", "json").document["data"][0]
    assert shown["account"] == number
    assert shown["token"] == "valid"


def test_login_with_a_wrong_key_stores_nothing(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    ran = run("login", "mine", "--stdin", stdin="sim-001-appkey\nwrong-secret-text\n")
    assert ran.code == 4
    assert "8001" in ran.err
    assert "wrong-secret-text" not in ran.out + ran.err
    assert not key.exists()


def test_a_living_token_does_not_prove_a_wrong_secret(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=1)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    assert run("login", "mine", "--stdin", stdin="sim-001-appkey\nsim-001-secretkey\n").code == 0
    ran = run("login", "mine", "--stdin", stdin="sim-001-appkey\nwrong-secret-text\n")
    assert ran.code == 4
    assert key.read_text("utf-8") == "sim-001-appkey\nsim-001-secretkey\n"


def test_a_key_of_another_account_is_refused(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=2)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    assert run("login", "mine", "--stdin", stdin="sim-001-appkey\nsim-001-secretkey\n").code == 0
    ran = run("login", "mine", "--stdin", stdin="sim-002-appkey\nsim-002-secretkey\n")
    assert ran.code == 8
    assert "kiwoomctl logout mine" in ran.err
    assert "sim-001" in key.read_text("utf-8")


@pytest.mark.parametrize("text", ["", "one\n", "a\nb\nc\n"])
def test_login_takes_exactly_two_lines(run: Run, serve: Serve, own_home: Path, text: str) -> None:
    served = serve(accounts=1)
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=own_home / "k"), "utf-8")
    assert run("login", "mine", "--stdin", stdin=text).code == 2


def test_login_without_a_terminal_names_the_flag(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=own_home / "k"), "utf-8")
    ran = run("login", "mine")
    assert ran.code == 2
    assert "--stdin" in ran.err


def test_refresh_and_logout(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    run("login", "mine", "--stdin", stdin="sim-001-appkey\nsim-001-secretkey\n")
    assert run("login", "--refresh").code == 0
    assert served.state()["tokens_issued"] == 2
    assert run("logout", "mine", "--keep-secret").code == 0
    assert key.exists()
    assert run("accounts", "-o", "json").document["data"][0]["token"] == "none"
    assert run("logout", "mine").code == 0
    assert not key.exists()


def test_accounts_check_says_who_fails(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    served.control("faults", api_id="ka00001", mode="html", appkey="sim-002-appkey", when="before")
    ran = run("accounts", "--check", "-o", "json")
    assert ran.code == 6
    numbers = [row["account"] for row in ran.document["data"]]
    assert numbers[1] is None
    assert all(re.fullmatch(r"\d\d\*{6}\d\d", n) for n in (numbers[0], numbers[2]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("positoins",), "'positoins'"),
        (("cash", "--frobnicate"), "--frobnicate"),
        (("cash", "-o", "xml"), "'xml'"),
        (("cash", "-o"), "-o"),
        (("cash", "-p", ""), "-p"),
        (("cash", "-p", "nobody"), "'nobody'"),
        (("cash", "-p", "@nobody"), "'@nobody'"),
        (("cash", "extra"), "extra"),
        (("cash", "--timeout", "soon"), "--timeout"),
        (("cash", "--timeout", "-1"), "-1"),
        (("cash", "--timeout", "nan"), "nan"),
        (("cash", "--lang", "fr"), "'fr'"),
        (("cash", "--fields", ""), "''"),
        (("positions", "--by", "owner"), "'owner'"),
        (("help", "exit-code"), "exit-codes"),
        (("demo",), "kiwoomctl demo --help"),
        (("sim", "serve", "--rate", "fast"), "'fast'"),
        (("sim", "serve", "--clock", "noon"), "'noon'"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_wrong_words_are_one_line_and_exit_2(
    run: Run, serve: Serve, words: tuple[str, ...], said: str, lang: str
) -> None:
    serve(accounts=1)
    ran = run(*words, env={"KIWOOMCTL_LANG": lang})
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("error:" if lang == "en" else "오류:")


def test_an_error_is_a_json_document_too(run: Run) -> None:
    ran = run("cash", "-o", "json")
    assert ran.code == 8
    document = ran.document
    assert document["schema"] == "kiwoomctl.cash/1"
    assert document["status"] == "error"
    assert document["data"] == []
    assert document["errors"][0]["code"] == "config_missing"
    assert document["errors"][0]["exit_code"] == 8


def test_the_version_is_one_line(run: Run) -> None:
    for words in (["--version"], ["--version", "--lang", "ko"]):
        ran = run(*words)
        assert (ran.code, ran.out) == (0, f"kiwoomctl {__version__}\n")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_help_is_the_same_by_both_ways(run: Run, lang: str) -> None:
    quick = run("--help", env={"KIWOOMCTL_LANG": lang})
    real = run("--help", "--lang", lang)
    assert quick.code == real.code == 0
    assert quick.out == real.out


@pytest.mark.parametrize(
    ("env", "text", "korean"),
    [
        ({"KIWOOMCTL_LANG": "ko"}, "", True),
        ({"LC_ALL": "ko_KR.UTF-8"}, "", True),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, "", True),
        ({"LC_ALL": "C.UTF-8", "LANG": "ko_KR.UTF-8"}, "", False),
        ({}, 'lang = "ko"\n', True),
        ({"KIWOOMCTL_LANG": "en"}, 'lang = "ko"\n', False),
    ],
)
def test_the_language_comes_from_the_nearest_place(
    run: Run, own_home: Path, env: dict[str, str], text: str, korean: bool
) -> None:
    config = own_home / "profiles.toml"
    config.write_text(text, "utf-8")
    config.chmod(0o600)
    for words in (["--help"], ["cash", "--help"], ["cash", "--demo"]):
        said = run(*words, env=env).out
        assert ("Usage:" not in said and "Cash" not in said) is korean


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_terminal_shows_every_figure_whole(
    run: Run, run_on_terminal: Run, columns: int, lang: str
) -> None:
    run("positions", "--demo")  # the first command sets the demo's clock
    shown = run_on_terminal("positions", "--demo", columns=columns, env={"KIWOOMCTL_LANG": lang})
    assert shown.code == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.out)
    assert "…" not in plain.replace("…", "", 3) or columns == 80
    figures = [line.split()[-1] for line in plain.splitlines() if line.rstrip().endswith("%")]
    assert len(figures) >= 15
    assert max(len(line) for line in plain.splitlines()) <= columns
    assert "\x1b[" in shown.out


def test_no_colour_when_not_wanted(run_on_terminal: Run, run: Run) -> None:
    for env, words in (({"NO_COLOR": "1"}, []), ({}, ["--no-color"])):
        ran = run_on_terminal("positions", "--demo", *words, env=env)
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]", ran.out)
    assert "\x1b" not in run("positions", "--demo").out
    assert "\x1b[31m" in run("positions", "--demo", env={"FORCE_COLOR": "1"}).out


def test_it_works_in_an_empty_environment(own_home: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kiwoomctl",
            "positions",
            "--demo",
            "--lang",
            "ko",
        ],
        env={"KIWOOMCTL_STATE_DIR": str(own_home / "state"), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "삼성전자" in done.stdout.decode("utf-8")


def test_a_reader_that_leaves_early_is_no_error(own_home: Path) -> None:
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$0" -m kiwoomctl positions --demo -o jsonl | head -n 1',
            sys.executable,
        ],
        capture_output=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert len(done.stdout.splitlines()) == 1
    assert own_home.exists()


def test_verbose_names_requests_and_no_secret(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    ran = run("cash", "-v")
    assert "kt00001" in ran.err
    assert "ms" in ran.err
    assert "appkey" not in ran.err
    assert "secretkey" not in ran.err


@pytest.mark.parametrize(
    "words", [("--help",), ("cash", "--demo"), ("cash", "--demo", "-o", "json")]
)
def test_a_full_disk_behind_the_output_is_told(own_home: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kiwoomctl", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 8
    assert b"cannot write the output" in done.stderr
    assert b"Traceback" not in done.stderr
    assert own_home.exists()


def test_logout_takes_exactly_one_named_account(run: Run, serve: Serve) -> None:
    serve(accounts=3)
    for words in (
        ["logout"],
        ["logout", "all"],
        ["logout", "sim-001,sim-002"],
        ["logout", "sim-001", "-p", "sim-002"],
        ["logout", "-p", "sim-001,sim-002"],
    ):
        assert run(*words, env={"KIWOOMCTL_PROFILE": "sim-002"}).code == 2, words
    assert run("logout", "-p", "sim-003").code == 0


def test_a_disabled_profile_can_be_seen_and_logged_out(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    text = served.config.read_text("utf-8")
    served.config.write_text(
        text.replace("[profiles.sim-001]", "[profiles.sim-001]\nenabled = false")
    )
    assert run("cash", "-p", "sim-001").code == 2
    assert run("accounts", "-p", "sim-001", "-o", "json").document["data"][0]["enabled"] is False
    assert run("logout", "sim-001").code == 0


def test_the_demo_never_signs_in_anywhere(run: Run) -> None:
    ran = run("login", "mine", "--environment", "real", "--stdin", "--demo", stdin="a\nb\n")
    assert ran.code == 2
    assert "--demo" in ran.err


@pytest.mark.parametrize("stdin", [b"\xff\xfe\n\xfa\n", b"", b"\xef\xbb\xbfone\n"])
def test_a_strange_stdin_is_a_usage_error(own_home: Path, serve: Serve, stdin: bytes) -> None:
    served = serve(accounts=1)
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=own_home / "k"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kiwoomctl", "login", "mine", "--stdin"],
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["cash --demo >&-", "--help >&-", "cash -p '' --demo 2>&-"])
def test_closed_streams_change_no_exit_code(own_home: Path, words: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m kiwoomctl {words}"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == (2 if "''" in words else 0)
    assert b"Traceback" not in done.stderr + done.stdout
    assert own_home.exists()


def test_json_is_asked_for_by_the_last_word(run: Run) -> None:
    assert run("cash", "-o", "table", "-o", "json").document["errors"]
    assert run("cash", "-qojson").document["errors"]
    assert run("-p", "cash", "summary", "-o", "json").document["schema"] == "kiwoomctl.summary/1"
    assert run("cash", "-o", "json", "-o", "table").out == ""
    assert run("cash", "-o", "").code == 2


def test_setup_commands_speak_json_too(run: Run, own_home: Path) -> None:
    assert run("init", "-o", "json").document["data"] == [{"path": str(own_home / "profiles.toml")}]
    assert len(run("demo", "reset", "-o", "json").document["data"]) == 3


def test_a_folder_shared_by_all_is_refused_not_changed(run: Run, own_home: Path) -> None:
    shared = own_home / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    ran = run("cash", "--demo", env={"KIWOOMCTL_STATE_DIR": str(shared)})
    assert ran.code == 8
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_doctor_changes_nothing(run: Run, own_home: Path) -> None:
    state = own_home / "state"
    state.mkdir(mode=0o755)
    run("doctor")
    assert stat.S_IMODE(state.stat().st_mode) == 0o755
    assert run("doctor", "-p", "nobody", "--demo").code == 2
    document = run("doctor", "-o", "json").document
    assert document["status"] == "error"


def test_logout_forgets_here_even_where_the_broker_cannot_be_told(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=1)
    key = own_home / "mine.key"
    served.config.write_text(FILE_PROFILE.format(url=served.url, path=key), "utf-8")
    run("login", "mine", "--stdin", stdin="sim-001-appkey\nsim-001-secretkey\n")
    served.control("faults", api_id="au10002", mode="http_500", when="before")
    ran = run("logout", "mine")
    assert ran.code == 10
    assert not key.exists()
    assert not list((own_home / "state").rglob("token-*.json"))
    assert not list((own_home / "state").rglob("pins/*.json"))
