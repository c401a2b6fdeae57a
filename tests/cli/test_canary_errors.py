"""No key, token or account number gets out where something goes wrong.

Servers that say back what they were asked, faults of every kind, sources of keys that fail, a
config that is broken where the key stands, and errors nobody foresaw.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kiwoomctl import errors
from kiwoomctl.simulator.faults import LIVE_MODES, MODES, ORDER_MODES
from tests.cli.canary import AT_KIS, NAMES, NOISY, World, fault, inhabited, no_faults
from tests.cli.canary_cases import FORMATS
from tests.cli.echo import FRAMES, KIS_KEYS, SHAPES, WAYS, Echo, echoing

BUY = "buy 069500 1 --price 60000 --yes --allow DUPLICATE,COLLAR --settle 0 -p {house}"
READS = ("positions", "orders", "accounts --check", "summary", "pnl", "fills")
HOUSES = ("filed", "envied")
RAW = {"fields", "names", "bare", "headers"}
"""Shapes that a raw call would show as they came."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with inhabited(tmp_path_factory.mktemp("canary")) as world:
        world.run("cash", codes={0})
        yield world


@contextmanager
def echoed(world: World, way: str, **how: str) -> Iterator[tuple[tuple[Echo, Echo], Path]]:
    """Put servers that say back what they are asked before both houses, in a config of its own."""
    text = world.config.read_text("utf-8")
    with (
        echoing(world.kiwoom.url, kis=False) as kiwoom,
        echoing(world.kis.url, kis=True) as kis,
    ):
        for server, echo in zip(world.servers, (kiwoom, kis), strict=True):
            text = text.replace(server.url, echo.url)
            echo.way = way
            for name, value in how.items():
                setattr(echo, name, value)
        config = world.home / f"echo-{way}-{'-'.join(how.values())}.toml"
        config.write_text(text, "utf-8")
        config.chmod(0o600)
        yield (kiwoom, kis), config


def test_servers_that_say_back_what_they_were_asked(world: World) -> None:
    with ExitStack() as stack:
        told = []
        for number, (shape, way) in enumerate(zip(SHAPES, itertools.cycle(WAYS), strict=False)):
            echoes, config = stack.enter_context(echoed(world, way, shape=shape))
            output = FORMATS[number % len(FORMATS)]
            words = [f"{READS[number % len(READS)]} -p @both", BUY.format(house="filed,envied")]
            if shape in RAW:
                words.append("api call kt00001 qry_tp=3 -p filed")
            told.append((echoes, {"KIWOOMCTL_CONFIG": str(config)}, words, output))
        _run_all(world, [(env, words, output) for _echoes, env, words, output in told])
        for echoes, *_rest in told:
            assert min(echo.asked for echo in echoes) >= 2
            for echo in echoes:
                echo.tokens_too = True
        _run_all(world, [(env, ["login --refresh -p @both"], form) for _e, env, _w, form in told])


def _run_all(world: World, runs: list[tuple[dict[str, str], list[str], str]]) -> None:
    started = [
        (words := [*line.split(), "-vv", "-o", form, "--timeout", "0.5"], world.start(words, env))
        for env, lines, form in runs
        for line in lines
    ]
    world.check_all(started)


def test_live_sessions_that_say_back_what_they_were_asked(world: World) -> None:
    world.secrets |= set(KIS_KEYS)
    with ExitStack() as stack:
        told = []
        for frame, way in zip(FRAMES, itertools.cycle(WAYS), strict=False):
            echoes, config = stack.enter_context(echoed(world, way, frame=frame))
            told.append((echoes, {"KIWOOMCTL_CONFIG": str(config)}))
        for words in ("orders", "trades 005930 --raw"):
            line = f"stream {words} -p @both --duration 0.5"
            _run_all(world, [(env, [line], "jsonl") for _echoes, env in told])
        assert all(echo.asked for echoes, _env in told for echo in echoes)


def test_every_fault(world: World) -> None:
    looks = itertools.cycle(itertools.product(("-v", "-vv"), ("table", "json")))
    reads = sorted(MODES - LIVE_MODES - ORDER_MODES)
    text = " ".join((*world.tokens().values(), world.number("filed"), world.number("envied")))
    # Each account has another fault, and each fault comes to both houses.
    for begin in range(0, len(reads), 2):
        at_kis = reads[begin : begin + 2]
        at_kiwoom = [reads[(begin + n + 2) % len(reads)] for n in range(3)]
        for name, mode in (
            *zip(AT_KIS, at_kis, strict=False),
            *zip(NAMES, at_kiwoom, strict=False),
        ):
            told = {"text": text, "code": "8999"} if mode == "backend" else {}
            appkey = world.pair(name)[0]
            fault(world, api_id="*", appkey=appkey, mode=mode, seconds=1, count=1, **told)
        depth, output = next(looks)
        ran = world.run("cash", depth, "-o", output, "--timeout", "0.2")
        assert ran.code in {0, 3, 4, 6, 9, 10}, (at_kis, at_kiwoom, ran)
        no_faults(world)
    for mode in (*sorted(ORDER_MODES), "backend", "drop"):
        told = {"text": text, "code": "APBK0919"} if mode == "backend" else {}
        fault(world, api_id="*", mode=mode, count=1, **told)
        ran = world.run(*BUY.format(house="filed,envied").split(), "-vv", "--timeout", "0.3")
        assert ran.code in {0, 3, 4, 5, 6, 7, 10}, (mode, ran)
        no_faults(world)
    for mode in sorted(LIVE_MODES):
        fault(world, api_id="*", mode=mode)
        world.run("stream", "orders", "-p", "@both", "--duration", "0.2", "-v", "--timeout", "0.3")
        no_faults(world)


def test_keys_that_are_wrong_and_hosts_that_are_not_there(world: World) -> None:
    text = world.config.read_text("utf-8")
    other, secret = world.pair("called")[0], world.pair("filed")[1]
    kept = world.keys / "filed.key"
    pair = kept.read_text("utf-8")
    for words, stdin in (
        ("login filed --stdin", f"{other}\n{secret}"),
        ("login filed --stdin", f"{secret}\n{other}"),
        ("login filed --stdin", f"{pair}{other}"),
        ("login filed", pair),
        (f"login filed {other} {secret}", ""),
        (f"cash --appkey={other}", ""),
        (f"cash -p {secret}", ""),
        (f"cancel {secret}", ""),
        (f"login {secret}", ""),
    ):
        assert world.run(*words.split(), "-v", stdin=stdin).code in {2, 4, 8}
    assert kept.read_text("utf-8") == pair
    gone = text.replace(world.kiwoom.url, "http://127.0.0.1:9").replace(
        world.kis.url, "http://localhost:9"
    )
    config = world.home / "gone.toml"
    config.write_text(gone, "utf-8")
    config.chmod(0o600)
    lines = ["cash -o json", "cash -v", BUY.format(house="filed,envied"), "stream orders -p @both"]
    for ran in world.all_at_once(
        *(line.split() for line in lines), env={"KIWOOMCTL_CONFIG": str(config)}
    ):
        assert ran.code in {4, 10}, ran


def test_sources_of_keys_that_fail(world: World) -> None:
    appkey, secretkey = world.pair("called")
    script = world.keys / "get-key"
    good = script.read_text("utf-8")
    for body, code in (
        (f'cat "{world.keys / "called.key"}" >&2; exit 3', 4),
        (f'cat "{world.keys / "called.key"}"; cat "{world.keys / "called.key"}" >&2; exit 3', 4),
        (f'cat "{world.keys / "called.key"}" "{world.keys / "called.key"}"', 4),
        (f'cat "{world.keys / "called.key"}"; echo "got $(cat {world.keys}/called.key)" >&2', 0),
    ):
        script.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        world.run("login", "--refresh", "-p", "called", "-vv", codes={code})
    script.write_text(good, "utf-8")
    broken = (f"{appkey}\n", f"{appkey}\n{secretkey}\n{appkey}", f"{appkey}\x00\n{secretkey}", "")
    for name in ("filed.key", "granted"):
        path = world.keys / name
        kept = path.read_text("utf-8")
        profile = name.partition(".")[0]
        for text in broken:
            path.write_text(text, "utf-8")
            world.pass_over(path)
            world.run("login", "--refresh", "-p", profile, "-v", codes={4})
        path.write_text(kept, "utf-8")
    path = world.keys / "filed.key"
    path.chmod(0o644)
    world.run("login", "--refresh", "-p", "filed", "-v", codes={4})
    path.chmod(0o600)
    only = {"KIWOOMCTL_ENVIED_SECRETKEY": ""}
    world.run("login", "--refresh", "-p", "envied", "-v", env=only, codes={4})


INLINE = 'source = "inline", appkey = "{appkey}", secretkey = "{secretkey}"'
BROKEN = (
    'secret = {{ source = "{key}" }}',
    'secret = "{key}"',
    'secret = {{ source = "inline", appkey = "{key}"',
    "secret = {{ source = \"inline\", '{key}' = 1 }}",
    "'{key}' = 1",
    "{key}",
    "appkey = {key}",
    'broker = "{key}"',
    'pace = "{key}"',
    'account = "{key}"',
    'secret = {{ source = "keyring", secretkey = "{key}" }}',
    'secret = {{ source = "file", path = "{key}" }}',
    'secret = {{ source = "command", argv = ["{key}"] }}',
    'secret = {{ source = "inline", appkey = "{key}" }}\nsecretkey = "{key}"',
    '[profiles.inlined."{key}"]\n[profiles.inlined."{key}"]',
    '[profiles."{key}"]\nx = 1',
    'secret = """{key}',
)


def test_a_config_that_is_broken_where_the_key_stands(world: World) -> None:
    text = world.config.read_text("utf-8")
    appkey, secretkey = world.pair("inlined")
    line = f"secret = {{ {INLINE.format(appkey=appkey, secretkey=secretkey)} }}"
    assert line in text
    keys = itertools.cycle((secretkey, world.pair("envied")[1], appkey))
    for broken in BROKEN:
        key = next(keys)
        world.config.write_text(text.replace(line, broken.format(key=key)), "utf-8")
        world.pass_over(world.config)
        for words in ("accounts -o json", "cash -p inlined -vv"):
            assert world.run(*words.split()).code in {0, 2, 4, 8}
    number = world.number("envied")
    wrong = text.replace(f'"{number[:8]}-{number[8:]}"', f'"{number}1"')
    world.config.write_text(wrong, "utf-8")
    ran = world.run("accounts", codes={8})
    assert f"{number[:2]}*******{number[-1:]}1" in ran.err
    world.config.write_text(text, "utf-8")


BUG = """
import os, sys, threading
from kiwoomctl.brokers.{house}.client import {client} as Client
from kiwoomctl.__main__ import main

def broken(self, *words, **named):
    appkey, secretkey = self._credentials()
    def burst():
        raise {kind}(f"thread {{secretkey}} {{appkey}}")
    thread = threading.Thread(target=burst)
    thread.start()
    thread.join()
    class Dying:
        def __del__(self):
            raise ValueError(secretkey)
    Dying()
    try:
        raise LookupError(secretkey)
    except LookupError:
        raise {kind}(f"cannot send {{secretkey}}")

Client._page = broken
main()
"""
CLIENTS = {"inlined": ("kiwoom", "KiwoomClient"), "envied": ("kis", "KisClient")}


@pytest.mark.parametrize(
    ("name", "words", "kind", "code"),
    [
        ("inlined", "-o table", "ValueError", 1),
        ("envied", "-vv -o json", "RuntimeError", 1),
        ("envied", "--verbose -o csv", "KeyboardInterrupt", 130),
    ],
)
def test_a_bug_shows_no_values(world: World, name: str, words: str, kind: str, code: int) -> None:
    house, client = CLIENTS[name]
    quiet = {k: v for k, v in world.environ().items() if k not in NOISY}
    bug = BUG.format(house=house, client=client, kind=kind)
    done = subprocess.run(
        [sys.executable, "-c", bug, "cash", "-p", name, *words.split()],
        capture_output=True,
        timeout=30,
        check=False,
        cwd=world.root / "cwd",
        env={**quiet, "PYTHONPATH": str(Path.cwd())},
    )
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == code, told
    assert code != 1 or kind in told
    assert "ValueError" in told  # the last word of something that died
    world.look_through(told, "a bug")
    world.look_through_files()
    assert ("Traceback" in told) is ("v" in words and code == 1)


def test_noisy_variables_of_python_and_its_libraries(world: World) -> None:
    for words in ("accounts --check -p @both -vv",):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "kiwoomctl", *words.split()],
            capture_output=True,
            timeout=30,
            check=False,
            cwd=world.root / "cwd",
            env={**world.environ(), "PYTHONPATH": str(Path.cwd())},
        )
        assert done.returncode in {0, 6}
        world.look_through((done.stdout + done.stderr).decode(), words)
        world.look_through_files()
    assert not (world.root / "tmp" / "session-keys").exists()


def test_every_class_of_errors_hides_keys_in_its_values(world: World) -> None:
    """Whatever an error names, it is written without what looks like a key."""
    from kiwoomctl.render.out import error_line

    kinds = {k for k in vars(errors).values() if isinstance(k, type)}
    kinds = {kind for kind in kinds if issubclass(kind, errors.KiwoomctlError)}
    assert len(kinds) >= 13
    for kind, name in itertools.product(kinds, HOUSES):
        for key in world.pair(name):
            inner = errors.Phrase("it was {value}", value=key)
            error = kind("{a!r} is not {b}", hint="not {a}", a=key, b=inner)
            world.look_through(error_line(error), kind.__name__)


def test_tokens_that_die_and_state_that_is_no_good(world: World) -> None:
    world.run("cash", "-p", "@both", codes={0})
    for server in world.servers:
        with server.host.lock:
            server.host.kill_tokens(None)
    world.run("cash", "-p", "@both", "-vv", codes={0, 6})
    gone = {"KIWOOMCTL_STATE_DIR": str(world.config)}
    for command in "cash", "accounts", "doctor":
        world.run(command, "-p", "@both", "-v", codes={4, 8}, env=gone)
    number = world.number("filed")
    cache = next(p for p in world.tokens() if world.kiwoom.url.rpartition(":")[2] in p.name)
    cache.write_text(cache.read_text("utf-8").strip()[:-20], "utf-8")
    world.pass_over(cache)
    world.run("cash", "-vv", codes={0, 6})
    cache.unlink()
    cache.mkdir(0o700)
    world.run("cash", "-vv", codes={6, 8})
    cache.rmdir()
    buy = BUY.format(house="filed,envied").split()
    world.run(*buy, codes={0, 7})
    ledger = next(world.state.glob(f"*{world.kiwoom.port}/ledger.sqlite3"))
    kept = ledger.read_bytes()
    ledger.write_bytes(f"no ledger {number}".encode() * 64)
    world.run("ledger", "list", "-v", codes={8})
    world.run(*buy, "-v", codes={8})
    ledger.write_bytes(kept)


def test_a_key_of_another_account_is_refused(world: World) -> None:
    # A state of its own: the tokens that other tests had killed count against the key.
    fresh = {"KIWOOMCTL_STATE_DIR": str(world.state / "fresh")}
    world.run("accounts", "--check", "-p", "filed", codes={0}, env=fresh)
    other = "\n".join(world.pair("inlined"))
    ran = world.run("login", "filed", "--stdin", "-vv", stdin=other, codes={8}, env=fresh)
    assert "****" in ran.err
    assert (world.keys / "filed.key").read_text("utf-8").split() == [*world.pair("filed")]
