"""No key, token or account number gets out: not on the screen, not into a file it has no place in.

The same words are run in every form of output, both languages and both depths of -v.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiwoomctl import topics
from kiwoomctl.commands import entries
from tests.cli.conftest import Ran, Run, Serve, Served

KEYS = ("sim-001-appkey", "sim-001-secretkey", "sim-002-appkey", "sim-002-secretkey")
WRONG = ("canary-appkey-8f31c2", "canary-secretkey-d07e55")
OTHER = ("canary-appkey-44aa90", "canary-secretkey-1b6c3d")
REAL_LOOKING = (
    "AxserEsdcredca-nary1fEIzrQ9PAyR3Rsd3JkO_mNk",
    "zv1fEIzrQ9PAcanary2xserE-3Rsd3JkOmNkTGbH4zQ",
)
LOOKS = tuple(itertools.product(("-v", "-vv"), ("table", "json", "csv"), ("en", "ko")))
PROFILE = """[profiles.{name}]
broker = "kiwoom"
environment = "sim"
url = "{url}"
pace = "off"
secret = {{ {secret} }}
"""


@dataclass
class World:
    """A home with two good accounts and a bad one, and everything that must not get out."""

    run_once: Run
    served: Served
    home: Path
    looks: Iterator[tuple[str, str, str]] = field(default_factory=lambda: itertools.cycle(LOOKS))
    secrets: set[str] = field(default_factory=lambda: {*KEYS, *WRONG, *OTHER, *REAL_LOOKING})

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def key_file(self) -> Path:
        return self.home / "keys" / "filed.key"

    @property
    def numbers(self) -> set[str]:
        return {account["account"] for account in self.served.state()["accounts"]}

    def tokens(self) -> dict[str, Path]:
        """Return every token of the caches and where it is; a revoked one stays a secret."""
        found = {}
        for path in self.state.glob("*/tokens/*.json"):
            token = json.loads(path.read_text("utf-8"))["token"] if path.is_file() else None
            if token:
                found[token] = path
        self.secrets |= set(found)
        return found

    def run(
        self,
        *words: str,
        codes: set[int],
        stdin: str = "",
        env: dict[str, str] | None = None,
        times: int = 2,
        public: Collection[str] = (),
    ) -> Ran:
        """Run the words in some forms, look through what they say, return the last run."""
        for _time in range(times):
            depth, output, lang = next(self.looks)
            look = (depth, "-o", output, "--lang", lang)
            ran = self.run_once(*words, *look, stdin=stdin, env=env)
            assert ran.code in codes, (words, look, ran)
            self.tokens()
            hidden = (self.secrets | self.numbers).difference(public)
            leaked = [text for text in hidden if text in ran.out + ran.err]
            assert not leaked, (words, look, leaked, ran)
            assert "Traceback" not in ran.err, (words, look, ran)
        return ran

    def look_through_files(self) -> None:
        """Check what every file under the home holds, and the modes of the state."""
        tokens = self.tokens()
        config = self.served.config
        for path in self.home.rglob("*"):
            simulated = "simulator" in path.parts  # the broker's own memory, not the client's
            below_state = self.state in path.parents
            mode = stat.S_IMODE(path.stat().st_mode)
            if below_state:
                assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
            name = str(path.relative_to(self.home))
            assert not [text for text in self.secrets | self.numbers if text in name], path
            if path.is_dir() or simulated:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            allowed = {t for t, cache in tokens.items() if cache == path}
            if path.parent.name == "pins" and below_state:
                allowed |= self.numbers
            if path == self.key_file:
                allowed |= {*KEYS[:2]}
            if path == config:
                allowed |= {*KEYS[2:], *WRONG}
            leaked = [s for s in (self.secrets | self.numbers) - allowed if s in text]
            assert not leaked, (path, leaked)
        assert stat.S_IMODE(self.state.stat().st_mode) == 0o700


@pytest.fixture
def world(run: Run, serve: Serve, own_home: Path) -> World:
    served = serve(accounts=2)
    world = World(run, served, own_home)
    world.key_file.parent.mkdir(mode=0o700)
    sources = {
        "filed": f'source = "file", path = "{world.key_file}"',
        "inlined": f'source = "inline", appkey = "{KEYS[2]}", secretkey = "{KEYS[3]}"',
        "wrong": f'source = "inline", appkey = "{WRONG[0]}", secretkey = "{WRONG[1]}"',
    }
    served.config.write_text(
        "\n".join(
            PROFILE.format(name=name, url=served.url, secret=secret)
            for name, secret in sources.items()
        )
        + '[groups]\ngood = ["filed", "inlined"]\n',
        "utf-8",
    )
    served.config.chmod(0o600)
    return world


def sign_in(world: World) -> None:
    world.run("login", "filed", "--stdin", codes={0}, stdin="\n".join(KEYS[:2]), times=1)
    assert len(world.tokens()) == 1


def test_commands_that_work(world: World) -> None:
    sign_in(world)
    for words in ("cash",), ("positions",), ("positions", "--by", "symbol"), ("summary",):
        world.run(*words, "-p", "@good", codes={0})
        world.run(*words, codes={6}, times=1)  # all of them, the one with a wrong key too
    assert len(world.tokens()) == 2
    world.run("accounts", codes={0})
    world.run("accounts", "--check", codes={6})
    shown = world.run("accounts", "--show-account", codes={0}, public=world.numbers)
    assert all(number in shown.out for number in world.numbers)
    world.run("doctor", codes={0, 4})
    world.run("login", "--refresh", "-p", "@good", codes={0})
    world.run("logout", "filed", "--keep-secret", codes={0}, times=1)
    world.run("logout", "inlined", codes={0}, times=1)
    world.look_through_files()
    sign_in(world)
    world.run("logout", "filed", codes={0}, times=1)
    assert not world.key_file.exists()
    assert len(world.secrets) >= 10 + 6  # each new token was another one
    world.look_through_files()


def test_the_account_number_is_shown_only_when_asked(world: World) -> None:
    sign_in(world)
    for look in LOOKS[:6]:
        ran = world.run_once("accounts", "-p", "filed", *look[:1], "-o", look[1], "--lang", look[2])
        assert "****" in ran.out
        assert not any(number in ran.out + ran.err for number in world.numbers)


def test_commands_without_accounts(world: World) -> None:
    world.run("cash", "--demo", codes={0})
    world.run("accounts", "--check", "--demo", codes={0})
    world.run("demo", "reset", codes={0}, times=1)
    world.run("init", codes={8})
    world.run("help", codes={0}, times=1)
    for topic in topics.names():
        world.run("help", topic, codes={0}, times=1, public=KEYS)  # the simulator's are no secret
    helps = [[entry.name, "--help"] for entry in entries()]
    for words in (
        *helps,
        ["--help"],
        ["--version"],
        ["cahs"],
        ["cash", "-p", "nobody"],
        ["cash", "--fox"],
    ):
        ran = world.run_once(*words)
        assert not [text for text in world.secrets if text in ran.out + ran.err]
    other = {"KIWOOMCTL_CONFIG": str(world.home / "new.toml")}
    world.run("init", codes={0}, env=other, times=1)
    assert stat.S_IMODE((world.home / "new.toml").stat().st_mode) == 0o600
    world.look_through_files()


def test_sign_ins_that_fail(world: World) -> None:
    text = "\n".join(OTHER)
    world.run("cash", "-p", "wrong", codes={4})
    world.run("login", "wrong", "--stdin", codes={4}, stdin=text)
    world.run("login", "filed", "--stdin", codes={4}, stdin=text)
    world.run("login", "filed", "--stdin", codes={2}, stdin=f"{text}\nmore")
    world.run("login", "filed", codes={2}, stdin=text)
    # Whoever gives the key in the wrong place does not find it on the screen again.
    world.run("login", "filed", "--stdin", codes={4}, stdin=f"{KEYS[0]}\n{OTHER[1]}")
    world.run("login", "filed", "--stdin", codes={4}, stdin=f"{OTHER[0]}\n{KEYS[1]}")
    assert world.tokens() == {}
    assert not world.key_file.exists()
    sign_in(world)
    world.look_through_files()
    # A key of another account than the one written down is refused.
    text = world.served.config.read_text("utf-8")
    number = world.served.state()["accounts"][0]["account"]
    named = text.replace("[profiles.filed]", f'[profiles.filed]\naccount = "{number}"')
    world.served.config.write_text(named, "utf-8")
    world.run("login", "filed", "--stdin", codes={8}, stdin="\n".join(KEYS[2:]))
    world.served.config.write_text(text, "utf-8")
    world.look_through_files()


@pytest.mark.parametrize(
    ("api_id", "shape"),
    [
        ("kt00001", "[8999:{told}]"),
        ("kt00001", "[2000](507652:{told})"),
        ("ka00001", "{told}"),
        ("au10001", "[8999:{told}]"),
        ("au10002", "[8999:{told}]"),
    ],
)
def test_a_broker_that_sends_secrets_back(world: World, api_id: str, shape: str) -> None:
    sign_in(world)
    (token,) = world.tokens()
    number = world.served.state()["accounts"][0]["account"]
    # Of a key that this process need not have read, the length tells: real ones are that long.
    appkey, secretkey = KEYS[:2] if api_id.startswith("au") else REAL_LOOKING
    told = f"no {token} {appkey} ({secretkey}) {number}"
    text = shape.format(told=told)
    world.served.control("faults", api_id=api_id, mode="backend", code="507652", text=text)
    for command in "cash", "accounts --check", "logout --keep-secret":
        world.run(*command.split(), "-p", "filed", codes={0, 3, 4}, times=1)
    stdin = "\n".join(KEYS[:2])
    world.run("login", "filed", "--stdin", codes={0, 3, 4}, stdin=stdin, times=1)
    world.look_through_files()


@pytest.mark.parametrize(
    ("modes", "code"),
    [
        (("html", "truncate"), 10),
        (("garbage", "http_500"), 10),
        (("hang", "ip_mismatch"), 4),
        (("token_dead", "list"), 4),
    ],
)
def test_faults(world: World, modes: tuple[str, str], code: int) -> None:
    sign_in(world)
    for mode, appkey in zip(modes, KEYS[::2], strict=True):
        world.served.control("faults", api_id="kt00001", mode=mode, appkey=appkey)
    world.run("cash", "-p", "@good", "--timeout", "0.3", codes={code}, times=1)
    world.look_through_files()


def test_tokens_that_die_and_state_that_is_no_good(world: World) -> None:
    sign_in(world)
    world.served.control("kill_tokens")
    world.run("cash", "-p", "filed", codes={0})
    gone = {"KIWOOMCTL_STATE_DIR": str(world.served.config)}
    for command in "cash", "accounts", "doctor":
        world.run(command, "-p", "filed", codes={4, 8}, env=gone, times=1)
    (cache,) = world.tokens().values()
    cache.write_text(cache.read_text("utf-8").strip()[:-20], "utf-8")
    world.run("cash", "-p", "filed", codes={0}, times=1)
    cache.unlink()
    cache.mkdir()
    world.run("cash", "-p", "filed", codes={8}, times=1)
    cache.rmdir()
    world.look_through_files()


CRASH = """
import os
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.__main__ import main

def broken(self, *words):
    appkey, secretkey = self._credentials()
    raise ValueError({text})

KiwoomClient._page = broken
main()
"""


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("-o table", "'cannot send ' + secretkey"),
        ("-v -o table", "'unforeseen'"),
        ("-vv -o json", "'cannot send ' + secretkey"),
        ("--verbose -o csv", "'cannot send ' + secretkey"),
        ("-qv", "'unforeseen'"),
    ],
)
def test_a_bug_shows_no_values(world: World, words: str, text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH.format(text=text), "cash", "-p", "inlined", *words.split()],
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 1
    assert "ValueError" in told
    assert not [secret for secret in world.secrets if secret in told], told
    assert ("Traceback" in told) is ("v" in words)
    world.look_through_files()
