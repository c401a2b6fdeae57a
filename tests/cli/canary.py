"""Keys that can be recognised, accounts at both houses that use them, and a look everywhere.

A secret may be found in the cache of its token and in the store that was chosen for it, an account
number also where it names what belongs to the account; in no other place, plain or encoded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import pytest

from kiwoomctl.simulator.kis import identity
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.conftest import Ran
from tests.cli.starter import Command, Starter, Terminal

HTS_ID: Final = "@canary/7"
NAMES: Final = ("filed", "inlined", "called", "envied", "granted")
"""The profiles, by where their keys are; the last two are at KIS."""
AT_KIS: Final = ("envied", "granted")
HOME_VARIABLES: Final = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
NOISY: Final = {
    "PYTHONTRACEMALLOC": "1",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONVERBOSE": "",
    "HTTPX_LOG_LEVEL": "trace",
    "WEBSOCKETS_MAX_LOG_SIZE": "9999",
}
"""What makes libraries and Python itself talk."""
_PROFILE: Final = """[profiles.{name}]
broker = "{broker}"
environment = "sim"
url = "{url}"
pace = "off"
{more}secret = {{ {secret} }}

"""
_GET_KEY: Final = """#!/bin/sh
env > "$TMPDIR/environment-of-a-child"
tr '\\0' ' ' < /proc/$PPID/cmdline > "$TMPDIR/command-line-of-the-parent" 2>/dev/null
cat "{path}"
"""
_SHORTEST_PART: Final = 12


def _drawn(seed: str, length: int, *, whole: bool) -> str:
    """Return letters and digits as a broker draws them, the same for the same seed."""
    data = b"".join(hashlib.sha512(f"{seed} {n}".encode()).digest() for n in range(4))
    text = base64.b64encode(data, b"+/" if whole else b"-_").decode().replace("=", "")
    return text[:length]


def key_of(broker: str, number: int) -> tuple[str, str]:
    """Return app key and secret key of an account, of the length and letters of its house."""
    if broker == "kis":
        appkey = "PS" + re.sub("[+/]", "k", _drawn(f"kis {number}", 34, whole=True))
        return appkey, _drawn(f"kis secret {number}", 178, whole=True) + "+="
    return (
        _drawn(f"kiwoom {number}", 43, whole=False),
        _drawn(f"kiwoom secret {number}", 43, whole=False),
    )


@cache
def forms(secret: str) -> frozenset[str]:
    """Return how a secret may look in a text: as it is, and encoded in the usual ways."""
    if secret.replace("-", "").isdecimal():
        return frozenset({secret})
    escaped = json.dumps(secret)[1:-1]
    told = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        escaped,
        escaped.replace("/", "\\/"),
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
    }
    for lead in range(3):
        # What stands before it in what was encoded shifts every letter.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * lead + secret.encode()).decode().rstrip("=")
            told.add(whole[-(-lead * 8 // 6) : -1])
    return frozenset(text for text in told if len(text) >= min(len(secret), _SHORTEST_PART))


@dataclass(eq=False)
class World:
    """A home with accounts at both houses, and everything that must not get out."""

    root: Path
    """All that a run may write to: home, state, working folder, temporary files."""
    aside: Path
    """Where what is said is put; not looked through."""
    kiwoom: SimulatorServer
    kis: SimulatorServer
    secrets: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    """What words of a case may name in braces."""
    _clean: dict[Path, tuple[int, int, int]] = field(default_factory=dict)

    # Places -----------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def config(self) -> Path:
        return self.home / "profiles.toml"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def servers(self) -> tuple[SimulatorServer, SimulatorServer]:
        return self.kiwoom, self.kis

    def pair(self, name: str) -> tuple[str, str]:
        """Return the keys of a profile."""
        server = self.server_of(name)
        place = AT_KIS.index(name) if name in AT_KIS else NAMES.index(name)
        account = list(server.exchange.accounts.values())[place]
        return account.appkey, account.secretkey

    def server_of(self, name: str) -> SimulatorServer:
        return self.kis if name in AT_KIS else self.kiwoom

    def number(self, name: str) -> str:
        """Return the account number of a profile."""
        return self.server_of(name).exchange.accounts[self.pair(name)[0]].number

    # Making it --------------------------------------------------------------------------------

    def furnish(self) -> None:
        """Make the folders, the keys where they belong and the config."""
        for folder in (self.home, self.root / "cwd", self.root / "tmp", self.keys, self.aside):
            folder.mkdir(mode=0o700, exist_ok=True, parents=True)
        for server in self.servers:
            _plant(server)
            for account in server.exchange.accounts.values():
                self.secrets |= {account.appkey, account.secretkey}
                stem, product = account.number[:8], account.number[8:]
                self.numbers |= {account.number, f"{stem}-{product}", stem}
        self.secrets.add(HTS_ID)
        self.keep("filed.key", *self.pair("filed"))
        self.keep("called.key", *self.pair("called"))
        self.keep("granted", *self.pair("granted"))
        script = self.keep("get-key", _GET_KEY.format(path=self.keys / "called.key"))
        script.chmod(0o700)
        appkey, secretkey = self.pair("inlined")
        self.write(
            {
                "filed": f'source = "file", path = "{self.keys / "filed.key"}"',
                "inlined": f'source = "inline", appkey = "{appkey}", secretkey = "{secretkey}"',
                "called": f'source = "command", argv = ["{script}"]',
                "envied": 'source = "env"',
                "granted": 'source = "credential", name = "granted"',
            }
        )

    def keep(self, name: str, *lines: str) -> Path:
        path = self.keys / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        path.chmod(0o600)
        return path

    def write(self, sources: Mapping[str, str], more: str = "", path: Path | None = None) -> None:
        """Write profiles.toml, or another file, with these sources."""
        path = path or self.config
        blocks = []
        for name, secret in sources.items():
            lines = ""
            if name in AT_KIS:
                number = self.number(name)
                lines = f'account = "{number[:8]}-{number[8:]}"\nhts_id = "{HTS_ID}"\n'
            broker = "kis" if name in AT_KIS else "kiwoom"
            url = self.server_of(name).url
            blocks.append(
                _PROFILE.format(name=name, broker=broker, url=url, more=lines, secret=secret)
            )
        groups = '[groups]\nboth = ["filed", "envied"]\n' if len(sources) > 1 else ""
        path.write_text("".join(blocks) + groups + more, "utf-8")
        path.chmod(0o600)

    # Running ----------------------------------------------------------------------------------

    def environ(self, **more: str) -> dict[str, str]:
        """Return the whole environment of a run."""
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        appkey, secretkey = self.pair("envied")
        return {
            **kept,
            "HOME": str(self.home),
            "TMPDIR": str(self.root / "tmp"),
            "LC_ALL": "C.UTF-8",
            "KIWOOMCTL_CONFIG": str(self.config),
            "KIWOOMCTL_STATE_DIR": str(self.state),
            "KIWOOMCTL_ENVIED_APPKEY": appkey,
            "KIWOOMCTL_ENVIED_SECRETKEY": secretkey,
            "CREDENTIALS_DIRECTORY": str(self.keys),
            "SSLKEYLOGFILE": str(self.root / "tmp" / "session-keys"),
            **NOISY,
            **more,
        }

    def run(
        self,
        *words: str,
        codes: Collection[int] | None = None,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        public: Collection[str] = (),
    ) -> Ran:
        """Run the words, look through what they say and what they leave.

        Args:
            words: the command line.
            codes: how it may end; None for any way but a bug.
            stdin: what is typed ahead.
            env: more of the environment.
            public: what it was asked to show.
        """
        typed = self.aside / "stdin"
        typed.write_text(stdin, "utf-8")
        return self.check(self.start(words, env, typed).end(), words, codes, public)

    def start(
        self, words: Sequence[str], env: Mapping[str, str] | None = None, stdin: Path | None = None
    ) -> Command:
        """Start the words; ``check`` what they come to."""
        return Starter.shared().start(
            words, self.environ(**(env or {})), self.aside, stdin=stdin, cwd=self.root / "cwd"
        )

    def all_at_once(self, *lines: Sequence[str], env: Mapping[str, str] | None = None) -> list[Ran]:
        """Run several at a time: most of them wait for something."""
        started = [(words, self.start(words, env)) for words in lines]
        return self.check_all(started)

    def check_all(self, started: Sequence[tuple[Sequence[str], Command]]) -> list[Ran]:
        """Look through what several said and left, when all of them have ended."""
        ended = [(words, command.end()) for words, command in started]
        return [self.check(ran, words) for words, ran in ended]

    def check(
        self,
        ran: Ran,
        words: Collection[str],
        codes: Collection[int] | None = None,
        public: Collection[str] = (),
    ) -> Ran:
        """Look through what a command said and left."""
        assert (ran.code != 1) if codes is None else (ran.code in codes), (words, ran)
        assert "Traceback" not in ran.err, (words, ran)
        self.look_through(ran.out + ran.err, f"what {words} says", public)
        self.look_through_files(public)
        return ran

    def on_terminal(self, *words: str, env: Mapping[str, str] | None = None) -> Terminal:
        """Start the words on a terminal."""
        return Terminal.start(
            Starter.shared(), words, self.environ(**(env or {})), self.aside, columns=100
        )

    # Looking ----------------------------------------------------------------------------------

    def drawn(self) -> set[str]:
        """Return what the servers have drawn so far: tokens, approvals, keys of live sessions."""
        told: set[str] = set()
        for server in self.servers:
            with server.host.lock:
                told |= {token.text for token in server.host.tokens.live_tokens()}
                if server.host.kis is not None:
                    tokens = server.host.kis.tokens
                    told |= {*tokens.approvals, *(token.text for token in tokens.live_tokens())}
                    for session in server.host.kis_live.sessions:
                        told |= {session.key, session.iv}
        return told

    def hidden(self) -> set[str]:
        self.secrets |= self.drawn()
        return self.secrets | self.numbers

    def look_through(self, text: str, where: str, public: Collection[str] = ()) -> None:
        """Check that a text holds nothing that must not be there."""
        leaked = [
            (secret, form)
            for secret in self.hidden().difference(public)
            for form in forms(secret)
            if form in text
        ]
        assert not leaked, (where, leaked, text)

    def tokens(self) -> dict[Path, str]:
        """Return every cached token by where it is."""
        found = {}
        for path in self.state.glob("**/tokens/*.json"):
            token = json.loads(path.read_text("utf-8"))["token"] if path.is_file() else None
            if token:
                found[path] = str(token)
        return found

    def pass_over(self, path: Path) -> None:
        """Take a file as it is now for clean: a test has written into it what it likes."""
        self._clean[path] = _seen(path)

    def look_through_files(self, public: Collection[str] = ()) -> None:
        """Check every file that is new or changed, its name and the modes of the state."""
        tokens = self.tokens()
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            seen = _seen(path)
            if self._clean.get(path) == seen:
                continue
            below_state = self.state in path.parents
            if below_state:
                mode = stat.S_IMODE(status.st_mode)
                assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
            name = str(path.relative_to(self.root))
            self.look_through(name, f"the name {name}")
            if stat.S_ISREG(status.st_mode) and "simulator" not in path.parts:
                content = path.read_bytes().decode("utf-8", "replace")
                for allowed in self._allowed(path, tokens):
                    content = content.replace(allowed, "")
                self.look_through(content, name, public)
            self._clean[path] = seen

    def _allowed(self, path: Path, tokens: Mapping[Path, str]) -> Iterator[str]:
        """Return what may stand in a file, the longest first."""
        if path in tokens:
            yield tokens[path]
        if self.keys in path.parents:
            name = path.name.partition(".")[0]
            yield from self.pair(name) if name in NAMES else ()
        if path.parent == self.home and path.suffix == ".toml":
            yield from (*self.pair("inlined"), HTS_ID)
        keeps_numbers = path.parent.name == "pins" or ".sqlite3" in path.name
        if path.suffix == ".toml" or (keeps_numbers and self.state in path.parents):
            yield from sorted(self.numbers, key=len, reverse=True)


def _seen(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_mtime_ns, status.st_size, status.st_mode


def _plant(server: SimulatorServer) -> None:
    """Give every account keys that can be recognised."""
    with server.host.lock:
        exchange = server.host.exchange
        accounts = list(exchange.accounts.values())
        for number, account in enumerate(accounts, start=1):
            account.appkey, account.secretkey = key_of(account.broker, number)
        exchange.accounts = {account.appkey: account for account in accounts}


@contextmanager
def inhabited(folder: Path) -> Iterator[World]:
    """Serve both houses to a world in this folder."""
    with (
        pytest.MonkeyPatch.context() as patched,
        SimulatorServer(ServeOptions(rate="off", accounts=4, env="real", reissue="same")) as kiwoom,
        SimulatorServer(
            ServeOptions(rate="off", accounts=3, broker="kis", seed=2, env="real")
        ) as kis,
    ):
        patched.setattr(identity, "simulated_hts_id", lambda _number: HTS_ID)
        world = World(folder / "root", folder / "aside", kiwoom, kis)
        world.furnish()
        yield world


def fault(world: World, **fault: Any) -> None:
    """Ask both servers for a fault."""
    from kiwoomctl.simulator.faults import parse_fault

    for server in world.servers:
        with server.host.lock:
            server.host.faults.add(parse_fault(fault))


def no_faults(world: World) -> None:
    for server in world.servers:
        with server.host.lock:
            server.host.faults.clear()
