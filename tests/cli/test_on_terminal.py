"""What people see: every table on a terminal of 60, 80 and 200 columns, in both languages.

The screens are kept in ``tests/data/screens``; ``KIWOOMCTL_WRITE_SCREENS=1`` writes them anew, to
be looked at before they are committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from kiwoomctl.render.cells import width
from kiwoomctl.simulator.server import ServeOptions, SimulatorServer
from tests.cli.starter import Starter, Terminal

SCREENS = Path(__file__).parent.parent / "data" / "screens"
FRIDAY = "2026-11-20T10:00:00+09:00"
CODE = "005930"
BEFORE = (
    "login --refresh",
    f"buy {CODE} 3 --price 260000 -p general --yes --id first",
    f"buy {CODE} 1 --price 260000 -p pension --yes",
    "sell 105560 2 --market -p isa --yes --allow MARKET",
    "snapshot",
)
SHOWN = (
    "summary",
    "cash",
    "positions",
    "positions --by symbol",
    "orders",
    "fills",
    "pnl",
    f"quote {CODE} 069500",
    f"orderable {CODE} --price 260000",
    "accounts",
    "ledger list",
    "ledger show {order}",
    "history",
    "history --by account",
    "audit",
    "resolve",
    f"buy {CODE} 2 --price 260000 -p general,pension",
    "cancel --all -p general",
    "help",
)
# What no terminal may show: a figure that was cut.
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CUT = re.compile(r"\d[\d,.]*…|…[\d,.]*\d")


class World:
    """Three accounts at two houses whose prices stand still, with a little history."""

    def __init__(self, kiwoom: SimulatorServer, kis: SimulatorServer, folder: Path) -> None:
        self.folder = folder
        texts = [httpx.get(f"{s.url}/_sim/profiles", trust_env=False).text for s in (kiwoom, kis)]
        named = texts[0].replace("sim-001]", "general]").replace("sim-002]", "isa]")
        config = folder / "profiles.toml"
        config.write_text(named + texts[1].replace("sim-001]", "pension]"), "utf-8")
        config.chmod(0o600)
        for server in (kiwoom, kis):
            for account in httpx.get(f"{server.url}/_sim/state", trust_env=False).json()[
                "accounts"
            ]:
                for held in account["holdings"]:
                    body = {"symbol": held["symbol"], "price": held["price"]}
                    httpx.post(f"{server.url}/_sim/price", json=body, trust_env=False)
        for words in BEFORE:
            ran = Starter.shared().start(words.split(), self.env("en"), folder).end()
            assert ran.code == 0, (words, ran.err)
        listed = Starter.shared().start(
            ["ledger", "list", "-o", "csv", "--fields", "order_id"], self.env("en"), folder
        )
        self.order = listed.end().out.split()[-1]

    def env(self, language: str) -> dict[str, str]:
        return {
            **os.environ,
            "KIWOOMCTL_CONFIG": str(self.folder / "profiles.toml"),
            "KIWOOMCTL_STATE_DIR": str(self.folder / "state"),
            "KIWOOMCTL_LANG": language,
            "NO_COLOR": "1",
        }

    def screen(self, words: str, columns: int, language: str) -> str:
        """Return what a command shows; what asks is told no."""
        typed = words.format(order=self.order).split()
        terminal = Terminal.start(Starter.shared(), typed, self.env(language), self.folder, columns)
        if words.startswith(("buy", "cancel")):
            terminal.until("[y/N]")
            terminal.type("n\n")
        _, shown = terminal.end()
        # Progress is drawn over by what follows it.
        lines = [line.rpartition("\r")[2] for line in ANSI.sub("", shown).split("\n")]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as stack:
        kiwoom, kis = (
            stack.enter_context(SimulatorServer(ServeOptions(rate="off", clock=FRIDAY, **options)))
            for options in ({"accounts": 2}, {"accounts": 1, "broker": "kis", "seed": 3})
        )
        yield World(kiwoom, kis, Path(stack.enter_context(TemporaryDirectory())))


def settled(text: str, world: World) -> str:
    """Return a screen without what is different each time: times, numbers of orders, this place."""
    text = text.replace(str(world.folder), "FOLDER")
    for shape, same in (
        (r"\d{4}-\d{2}-\d{2}", "2026-11-20"),
        (r"\d{2}:\d{2}(:\d{2})?(\.\d+)?", "00:00"),
        (r"\d{8}-[0-9a-z]{8}", "20261120-aaaaaaaa"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:1"),
        (r"\b0\d{6,9}\b", "0000000"),
    ):
        text = re.sub(shape, same, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_nothing_is_cut_and_nothing_wraps_and_it_looks_as_it_should(
    world: World, columns: int, language: str
) -> None:
    screens, wrong = [], []
    for words in SHOWN:
        shown = world.screen(words, columns, language)
        assert "Traceback" not in shown, shown
        lines = shown.splitlines()
        wrong += [(words, line) for line in lines if width(line) > columns or CUT.search(line)]
        screens.append(f"$ kiwoomctl {words}\n{settled(shown, world)}\n")
    kept = SCREENS / f"{columns}-{language}.txt"
    if os.environ.get("KIWOOMCTL_WRITE_SCREENS"):
        SCREENS.mkdir(exist_ok=True)
        kept.write_text("\n".join(screens), "utf-8")
    assert wrong == []
    assert "\n".join(screens) == kept.read_text("utf-8")
