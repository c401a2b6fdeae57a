"""The canaries of all commands over both houses at once, in every form; servers that repeat all.

What ``make test`` runs in some forms is run here in each: every command in every output, language
and depth, and every way in which a server may say back what it was asked with.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kiwoomctl.domain.clock import KST
from tests.campaign.report import Run
from tests.cli.canary import World, inhabited
from tests.cli.canary_cases import CASES, FORMATS, words_of
from tests.cli.echo import FRAMES, KIS_KEYS, SHAPES, WAYS, echoing

_LOOKS = tuple(itertools.product(("-v", "-vv", "--verbose"), FORMATS, ("en", "ko")))
_KINDS = (*itertools.product(("shape",), SHAPES), *itertools.product(("frame",), FRAMES))
_BAD = tuple(itertools.product(_KINDS, WAYS))
_QUICK_LOOKS = 2
_QUICK_SERVERS = 4
_ORDER = (
    "buy 069500 1 --price 60000 --yes --allow DUPLICATE,COLLAR,CROSS --settle 0 -p filed,envied"
)
_READS = (
    "cash -p @both", "positions -p @both", "summary -p @both", "orders -p @both", "fills -p @both",
    "pnl -p @both", "accounts --check -p @both", "quote 005930 -p filed", "quote 005930 -p envied",
    "transactions -p filed", "orderable 005930 -p @both", "api call kt00001 qry_tp=3 -p filed",
    "doctor -p @both", "symbols update", "snapshot -p @both", "report --out - -p @both",
    "cancel --all --yes -p @both", "resolve --settle 0", "audit -p @both", _ORDER,
)  # fmt: skip
_LIVE = (
    "stream orders -p @both --duration 0.5", "stream trades 005930 -p @both --duration 0.5 --raw",
    "condition search 0 -p filed", "watch -p @both --duration 0.5",
)  # fmt: skip


def total(row: Run) -> int:
    """Return how many cases there are."""
    return row.of(quick=_QUICK_LOOKS + _QUICK_SERVERS, full=len(_LOOKS) + len(_BAD))


def sing(row: Run) -> None:
    """Run every command in every form, and against servers that say back what they are asked."""
    looks = list(_LOOKS)
    row.chance("looks").shuffle(looks)
    for look in looks[: row.of(quick=_QUICK_LOOKS, full=len(looks))]:
        with _world() as world:
            _commands(row, world, look)
        row.case()
    bad = list(_BAD)
    row.chance("servers").shuffle(bad)
    with _world() as world:
        world.run("cash", codes={0})
        world.secrets |= set(KIS_KEYS)
        for (part, value), way in bad[: row.of(quick=_QUICK_SERVERS, full=len(bad))]:
            _repeated(row, world, part, value, way)
            row.case()


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="canary-") as folder, inhabited(Path(folder)) as world:
        yield world


def _commands(row: Run, world: World, look: Sequence[str]) -> None:
    depth, output, lang = look
    held = world.kiwoom.exchange.accounts[world.pair("filed")[0]].lots[0].symbol
    pairs = {name: "\n".join(world.pair(name)) for name in ("filed", "inlined")}
    day = f"{datetime.now(KST):%Y-%m-%d}"
    world.names = {**pairs, "price": "60000", "price2": "60100", "held": held, "n": "1", "day": day}
    for path, cases in CASES.items():
        for case in cases:
            words = [*words_of(path, case, world.names), depth, "-o", output, "--lang", lang]
            public = world.numbers if case.public else ()
            stdin = case.stdin.format(**world.names)
            _try(row, lambda: world.run(*words, stdin=stdin, public=public))  # noqa: B023 - at once
        if path == ("buy",):
            orders = world.run("orders", "--open", "-p", "filed", "-o", "json").document["data"]
            ours = next(order for order in orders if order["order_id"])
            world.names |= {"order": ours["broker_order_id"], "id": ours["order_id"]}


def _repeated(row: Run, world: World, part: str, value: str, way: str) -> None:
    text = world.config.read_text("utf-8")
    with (
        echoing(world.kiwoom.url, kis=False) as kiwoom,
        echoing(world.kis.url, kis=True) as kis,
    ):
        for server, echo in zip(world.servers, (kiwoom, kis), strict=True):
            text = text.replace(server.url, echo.url)
            echo.way = way
            setattr(echo, part, value)
        config = world.home / f"{part}-{value}-{way}.toml"
        config.write_text(text, "utf-8")
        config.chmod(0o600)
        environ = {"KIWOOMCTL_CONFIG": str(config)}
        lines = [line.split() for line in (_READS if part == "shape" else _LIVE)]
        started = [[*line, "-vv", "--timeout", "0.5"] for line in lines]
        _try(row, lambda: world.all_at_once(*started, env=environ), len(started))
        for echo in (kiwoom, kis):
            echo.tokens_too = True
        signing = ["login", "--refresh", "-p", "@both", "-vv", "--timeout", "0.5"]
        _try(row, lambda: world.run(*signing, env=environ))


def _try(row: Run, look: Callable[[], object], runs: int = 1) -> None:
    row.count("runs", runs)
    try:
        look()
    except AssertionError as found:
        row.fail("said", str(found))
