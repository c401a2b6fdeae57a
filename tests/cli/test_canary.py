"""No key, token or account number gets out: not on the screen, not into a file it has no place in.

Every command is run over accounts at both houses, in every form of output, in both languages and
with both depths of -v; after each run all that it said and every file it touched is looked
through. What goes wrong on the way is in ``test_canary_errors``.
"""

from __future__ import annotations

import itertools
import stat
from collections.abc import Iterator
from datetime import datetime

import pytest

from kiwoomctl import topics
from kiwoomctl.commands import entries
from kiwoomctl.domain.clock import KST
from kiwoomctl.simulator.demo import simulated_appkey
from tests.cli import canary_cases
from tests.cli.canary import NAMES, World, inhabited
from tests.cli.canary_cases import CASES, FORMATS, commands

LOOKS = tuple(itertools.product(("-v", "-vv"), ("en", "ko")))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with inhabited(tmp_path_factory.mktemp("canary")) as world:
        yield world


def test_every_command_has_a_case() -> None:
    assert set(commands()) == set(CASES)
    assert {path[0] for path in CASES} == {entry.name for entry in entries()}


def _name_orders(world: World) -> None:
    """Let cases name an order that is open and the id it has here."""
    orders = world.run("orders", "--open", "-p", "filed", "-o", "json").document["data"]
    ours = next(row for row in orders if row["order_id"])
    world.names.update(order=ours["broker_order_id"], id=ours["order_id"])


@pytest.mark.parametrize("forms", [("table",), ("json",), ("jsonl", "csv")], ids="-".join)
def test_every_command(world: World, forms: tuple[str, ...]) -> None:
    looks, outputs = itertools.cycle(LOOKS), itertools.cycle(forms)
    held = world.kiwoom.exchange.accounts[world.pair("filed")[0]].lots[0].symbol
    world.names = {
        name: "\n".join(world.pair(name)) for name in ("filed", "inlined")
    } | {"price": "60000", "price2": "60100", "held": held, "n": forms[0]}  # fmt: skip
    world.names["day"] = f"{datetime.now(KST):%Y-%m-%d}"
    for path, cases in CASES.items():
        for case in cases:
            (depth, lang), output = next(looks), next(outputs)
            words = [*canary_cases.words_of(path, case, world.names), depth, "--lang", lang]
            world.run(
                *words,
                "-o",
                output,
                codes=case.codes_as(output),
                stdin=case.stdin.format(**world.names),
                public=world.numbers if case.public else (),
            )
        if path == ("buy",):
            _name_orders(world)
    keys = {key for name in NAMES for key in world.pair(name)}
    assert len(world.secrets - keys) >= len(NAMES)  # tokens of all were looked for
    assert not (world.keys / "filed.key").exists()
    world.keep("filed.key", *world.pair("filed"))


def test_tokens_and_keys_are_where_they_belong(world: World) -> None:
    """What is looked for is there to be found, and the looking finds it elsewhere."""
    world.run("cash", codes={0})
    held = world.tokens()
    assert len(held) == len(NAMES)
    assert set(held.values()) <= world.drawn()
    path = world.root / "tmp" / "note"
    for secret in (world.pair("granted")[1], next(iter(held.values())), world.number("filed")):
        path.write_text(f"x {secret} y", "utf-8")
        with pytest.raises(AssertionError):
            world.look_through_files()
    path.unlink()
    child = (world.root / "tmp" / "environment-of-a-child").read_text("utf-8")
    assert "KIWOOMCTL_CONFIG=" in child
    assert "KIWOOMCTL_ENVIED" not in child
    assert stat.S_IMODE(world.state.stat().st_mode) == 0o700
    leftovers = {p.name for p in world.root.rglob("*") if p.name.startswith("core")}
    leftovers |= {p.name for p in world.home.iterdir() if "history" in p.name}
    assert leftovers | {p.name for p in world.root.rglob("session-keys")} == set()


def test_the_account_number_is_shown_only_when_asked(world: World) -> None:
    world.run("accounts", "--check", "-p", "filed,envied", codes={0})
    for output in FORMATS:
        words = ("accounts", "-p", "filed,envied", "-v", "-o", output)
        assert "****" in world.run(*words, codes={0}).out
        shown = world.run(*words, "--show-account", codes={0}, public=world.numbers).out
        for name in ("filed", "envied"):
            assert world.number(name) in shown.replace("-", "")


def test_commands_without_accounts(world: World) -> None:
    # The simulator's own keys are no secret.
    assert simulated_appkey(1) not in world.hidden()
    for topic in topics.names():
        world.run("help", topic, codes={0})
    for entry in entries():
        world.run(entry.name, "--help", codes={0})
    for words in (["--help"], ["--version"], ["cahs"], ["cash", "-p", "nobody"], ["cash", "--fox"]):
        world.run(*words, codes={0, 2})
    for words in (["cash"], ["accounts", "--check"], ["demo", "reset"]):
        world.run(*words, "--demo", codes={0}) if words[0] != "demo" else world.run(*words)
    for shell in ("bash", "zsh", "fish"):
        world.run("--show-completion", shell, codes={0})
        for words in (["cash", "-p", ""], ["login", ""], ["cancel", ""], ["cash", "-p", "@"]):
            ran = world.run("__complete", shell, *words)
            assert shell != "fish" or words != ["cash", "-p", ""] or "inlined" in ran.out
    new = {"KIWOOMCTL_CONFIG": str(world.home / "new.toml")}
    world.run("init", codes={0}, env=new)
    assert stat.S_IMODE((world.home / "new.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["filed", "envied"])
def test_a_key_that_is_typed_is_not_seen(world: World, name: str) -> None:
    """The prompts of a login show nothing of what is typed."""
    appkey, secretkey = world.pair(name)
    config, kept = world.home / "typed.toml", world.keys / f"{name}.typed"
    world.write({name: f'source = "file", path = "{kept}"'}, path=config)
    terminal = world.on_terminal("login", name, "-vv", env={"KIWOOMCTL_CONFIG": str(config)})
    for prompt, typed in (("App key: ", appkey), ("Secret key: ", secretkey)):
        terminal.until(prompt)
        terminal.type(f"{typed}\r")
    code, said = terminal.end()
    assert code == 0, said
    world.look_through(said, "the terminal")
    assert kept.read_text("utf-8").split() == [appkey, secretkey]
    world.look_through_files()
    config.unlink()
    kept.unlink()
