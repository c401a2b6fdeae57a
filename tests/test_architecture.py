"""The layers hold, and nothing slow is imported where it is not needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kiwoomctl"
ANYWHERE = {"errors", "locks", "files", "interrupts", "locale"}
# Folder (or file) -> what of the package it may import, beside itself and ANYWHERE.
LAYERS = {
    "domain": set(),
    "config": {"domain", "risk"},
    "risk": {"domain"},
    "database": {"domain"},
    "ledger": {"domain", "database"},
    "history": {"domain", "database"},
    "brokers": {"domain"},
    "services": {"domain", "brokers.port", "risk", "ledger", "history"},
    "render": {"domain", "services", "brokers.port"},
    "simulator": {"domain", "brokers.kiwoom.catalogue"},
    "topics": set(),
    "completion": {"config.paths", "worlds", "services.symbol_file", "ledger.peek"},
    "commands": {"context", "services", "render", "domain", "topics", "simulator"},
}
# Outside libraries and the only rooms they may be used in.
DOORS = {
    "httpx": {"brokers/http_door.py", "brokers/order_post.py", "simulator/embedded_http.py"},
    "keyring": {"config/keyrings.py"},
    "rich": {"render/boxed.py", "render/screen.py"},
    "sqlite3": {
        "database.py",
        "ledger/queries.py",
        "ledger/rows.py",
        "ledger/peek.py",
        "history/peek.py",
        "history/rows.py",
    },
    "platformdirs": {"config/paths.py"},
    "tomli_w": {"config/writing.py"},
    "websockets": {"brokers/socket.py", "simulator/socket_server.py"},
    "cryptography": {"brokers/kis/live/cipher.py", "simulator/kis/cipher.py"},
}


def imports(path: Path) -> set[str]:
    """Return every module this file imports at run time, wherever in the file."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            typing_only.update(child for part in node.body for child in ast.walk(part))
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_a_room_imports_only_what_it_may(name: str) -> None:
    room = name.split("/", maxsplit=1)[0].removesuffix(".py")
    for module in imports(PACKAGE / name):
        top = module.split(".")[0]
        if top in DOORS:
            assert name in DOORS[top], f"{name} imports {module}"
        if top != "kiwoomctl" or room not in LAYERS or "." not in module:
            continue
        inner = module.removeprefix("kiwoomctl.")
        target = inner.split(".")[0]
        allowed = LAYERS[room] | ANYWHERE | {room, "__version__"}
        assert target in allowed or any(inner.startswith(a) for a in allowed), (
            f"{name} imports {module}"
        )


SLOW = ("httpx", "rich", "keyring", "sqlite3", "platformdirs", "ssl", "asyncio")


def modules_after(*words: str) -> set[str]:
    """Return what a run of the command has imported, of the modules that cost."""
    probe = (
        "import sys, atexit\n"
        f"sys.argv = ['kiwoomctl', *{list(words)!r}]\n"
        "atexit.register(lambda: print('\\nMODULES', *sorted(sys.modules), file=sys.stderr))\n"
        "from kiwoomctl.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    lines = done.stderr.decode().splitlines()
    return set(next(line for line in lines if line.startswith("MODULES")).split())


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_first_words_need_no_typer(word: str) -> None:
    loaded = modules_after(word)
    assert not loaded & {*SLOW, "typer", "dataclasses", "json", "gettext", "pathlib", "tomllib"}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("cash", set()),
        ("cash -p", {"tomllib", "typing"}),
        ("cancel", {"pathlib", "tomllib", "typing"}),
    ],
)
def test_completion_loads_only_what_is_asked_for(words: str, more: set[str]) -> None:
    loaded = modules_after("__complete", "fish", *words.split(), "")
    never = {"typer", "json", "gettext", "dataclasses", "decimal", "httpx", "rich", "keyring"}
    unneeded = never | ({*SLOW, "pathlib", "tomllib", "typing"} - more)
    assert loaded & unneeded == set()


def test_an_offline_command_needs_no_network_and_no_rich() -> None:
    assert not modules_after("accounts", "--demo") & {*SLOW, "_hashlib", "dataclasses"}


@pytest.mark.parametrize("command", ["cash", "positions", "summary"])
def test_a_piped_read_of_the_demo_needs_nothing_slow(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIWOOMCTL_STATE_DIR", str(tmp_path / "state"))
    never = {*SLOW, "concurrent.futures", "dataclasses", "logging"}
    assert not modules_after(command, "--demo") & never
    # With its tokens in hand, as every command but the first has them.
    loaded = modules_after(command, "--demo")
    assert {"kiwoomctl.simulator.kiwoom", "kiwoomctl.simulator.kis"} <= loaded
    assert not loaded & {*never, "_hashlib", "base64"}


def test_nobody_imports_click() -> None:
    assert not any(
        module.split(".")[0] == "click" for name in FILES for module in imports(PACKAGE / name)
    )
