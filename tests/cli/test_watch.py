"""``watch``: the screen, the lines for programs, and what happens to accounts meanwhile."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pyte
import pytest

from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.orders import OrderId
from kiwoomctl.ledger import Ledger
from tests.cli.conftest import PATIENCE, Run, Serve, Served
from tests.cli.raw_orders import KODEX, Desk
from tests.cli.running import Running, running

FRIDAY = "2026-11-20T10:00:00+09:00"
SCREENS = Path(__file__).parent.parent / "data" / "watch"
LEAVES = b"\x1b[?1049l"
FIELDS = {
    "event",
    "at",
    "profile",
    "owner",
    "environment",
    "symbol",
    "name",
    "quantity",
    "price",
    "change_rate",
    "cost",
    "market_value",
    "unrealized_pnl",
    "unrealized_pnl_rate",
    "weight",
    "priced_at",
    "stale",
    "pnl_basis",
    "currency",
}


def watching(*words: str) -> AbstractContextManager[Running]:
    return running("watch", *words)


@pytest.fixture
def at_desk() -> Iterator[Callable[[Served], Desk]]:
    """Send orders by raw requests."""
    with ExitStack() as stack:

        def sit_down(served: Served) -> Desk:
            desk = Desk(served)
            stack.callback(desk.http.close)
            return desk

        yield sit_down


def held(served: Served, account: int = 0) -> dict[str, Any]:
    holding: dict[str, Any] = served.state()["accounts"][account]["holdings"][0]
    return holding


def is_position(symbol: str, **figures: Any) -> Callable[[dict[str, Any]], bool]:
    wanted = {"event": "position", "symbol": symbol, **figures}
    return lambda line: wanted.items() <= line.items()


# For programs -------------------------------------------------------------------------------------


def test_every_holding_is_told_once_and_then_what_changes(serve: Serve) -> None:
    served = serve(accounts=2, positions=3)
    with watching() as watcher:
        watcher.until(lambda line: line.get("profile") == "sim-002")
        first = held(served)
        served.control("price", symbol=first["symbol"], price=first["price"] + 500)
        line = watcher.until(
            is_position(first["symbol"], profile="sim-001", price=first["price"] + 500)
        )
        assert set(line) == FIELDS
        quantity = first["quantity"]
        assert line["market_value"] == (first["price"] + 500) * quantity
        assert line["unrealized_pnl"] == first["unrealized_pnl"] + 500 * quantity
        assert (line["stale"], line["priced_at"] is not None) == (False, True)
        told = [
            (row["profile"], row["symbol"], row["price"], row["change_rate"])
            for row in watcher.lines
            if row["event"] == "position"
        ]
        assert len(told) == len(set(told))
        code, err = watcher.signal(signal.SIGINT), watcher.err
    assert (code, "Traceback" in err) == (130, False)


def test_an_order_is_told_from_its_announcement_to_its_fill(
    serve: Serve, at_desk: Callable[[Served], Desk]
) -> None:
    served = serve(accounts=1)
    desk = at_desk(served)
    with watching() as watcher:
        watcher.until(lambda line: line["event"] == "position")
        watcher.forget()
        number = desk.resting(quantity=4)
        line = watcher.until(lambda line: line["event"] == "order")
        assert (line["broker_order_id"], line["status"], line["side"]) == (
            number,
            "received",
            "buy",
        )
        served.control("fill", ord_no=number, quantity=1)
        served.control("fill", ord_no=number, quantity=3)
        line = watcher.until(lambda line: line.get("filled_quantity") == 4)
        assert (line["status"], line["remaining_quantity"], line["fill_quantity"]) == (
            "filled",
            0,
            3,
        )
        state = {row["symbol"]: row for row in served.state()["accounts"][0]["holdings"]}
        # The next full read tells what the broker makes of the costs.
        watcher.until(
            is_position(
                KODEX,
                quantity=state[KODEX]["quantity"],
                pnl_basis="net",
                unrealized_pnl=state[KODEX]["unrealized_pnl"],
            )
        )


def test_an_order_goes_into_the_ledger_as_announced(
    run: Run, serve: Serve, at_desk: Callable[[Served], Desk]
) -> None:
    served = serve(accounts=1)
    with watching() as watcher:
        watcher.until(lambda line: line["event"] == "position")
        desk = at_desk(served)
        assert run("accounts", "--check").code == 0
        bought = run(
            "buy", KODEX, "1", "--price", str(desk.price() - 3000), "--yes", "-p", "sim-001"
        )
        assert bought.code == 0, bought.err
        watcher.until(lambda line: line["event"] == "order")
        number = served.state()["orders"][-1]["ord_no"]
        watcher.until(lambda line: line.get("broker_order_id") == number)
        assert watcher.signal(signal.SIGINT) == 130
    (file,) = Path(os.environ["KIWOOMCTL_STATE_DIR"]).glob("*/ledger.sqlite3")
    with Ledger.open(file.parent, SystemClock()) as ledger:
        (attempt,) = ledger.history(
            OrderId(run("ledger", "list", "-o", "json").document["data"][0]["order_id"])
        ).attempts
        (notice,) = ledger.notices(attempt.intent.account, datetime.now(KST).date())
    assert notice.number == attempt.number == number.lstrip("0")
    assert (notice.body["symbol"], notice.body["type"]) == (KODEX, "limit")


def test_a_lost_connection_is_told_and_what_was_missed_is_read(
    serve: Serve, at_desk: Callable[[Served], Desk]
) -> None:
    served = serve(accounts=1)
    desk = at_desk(served)
    with watching() as watcher:
        watcher.until(lambda line: line["event"] == "position")
        watcher.forget()
        served.control("drop_sockets")
        watcher.until(lambda line: line.get("status") == "lost")
        desk.at_market(quantity=2)
        watcher.until(lambda line: line.get("status") == "live")
        quantity = next(
            row["quantity"]
            for row in served.state()["accounts"][0]["holdings"]
            if row["symbol"] == KODEX
        )
        watcher.until(is_position(KODEX, quantity=quantity, stale=False))


def test_an_account_that_fails_is_missing_and_the_others_are_watched(serve: Serve) -> None:
    served = serve(accounts=2)
    served.control("faults", api_id="*", mode="ip_mismatch", appkey="sim-002-appkey")
    with watching("--duration", "2") as watcher:
        watcher.until(is_position(KODEX, profile="sim-001"))
        assert watcher.ended() == 6
    assert {line["profile"] for line in watcher.lines if line["event"] == "position"} == {"sim-001"}


def test_once_is_a_report_like_any_other(run: Run, serve: Serve) -> None:
    served = serve(accounts=2, positions=4)
    ran = run("watch", "--once", "-o", "json")
    assert (ran.code, ran.err, ran.document["schema"]) == (0, "", "kiwoomctl.watch/1")
    assert set(ran.document["data"][0]) == FIELDS - {"event", "at"}
    held_value = sum(
        row["market_value"] for account in served.state()["accounts"] for row in account["holdings"]
    )
    assert ran.document["totals"]["market_value"] == held_value
    assert run("watch", "--once", "-o", "csv").out.count("\n") == 9
    assert run("watch", "--once").out.startswith("[SIM] ")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-o", "json"], "jsonl"),
        (["-o", "csv"], "jsonl"),
        (["--fields", "symbol"], "--once"),
        (["--once", "--fields", "nonsense"], "nonsense"),
        (["--duration", "0"], "--duration"),
        (["--duration", "-1"], "--duration"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, serve: Serve, words: list[str], named: str
) -> None:
    serve(accounts=1)
    ran = run("watch", *words)
    assert (ran.code, ran.out) == (2, "") or ran.document["status"] == "error"
    assert named in ran.err


def test_a_second_watch_on_a_key_says_so_and_shows_what_it_read(serve: Serve) -> None:
    serve(accounts=1)
    with watching() as first:
        first.until(lambda line: line["event"] == "position")
        with watching("--duration", "1.5") as second:
            line = second.until(lambda line: line["event"] == "position")
            assert line["stale"] is True
            second.ended()
        assert first.signal(signal.SIGINT) == 130


def test_a_reader_that_leaves_ends_it(serve: Serve) -> None:
    served = serve(accounts=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", "watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    first = held(served)
    for step in range(1, 200):
        served.control("price", symbol=first["symbol"], price=first["price"] + 500 * step)
        try:
            assert process.wait(0.1) == 0
            break
        except subprocess.TimeoutExpired:
            continue
    assert process.poll() == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


# On a terminal ------------------------------------------------------------------------------------


def screen(columns: int, lines: int, language: str) -> str:
    """Return what a terminal of this size shows at the end, times as zeros."""
    near, far = pty.openpty()
    termios.tcsetwinsize(far, (lines, columns))
    process = subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", "watch", "--duration", "2.5", "--lang", language],
        stdin=far,
        stdout=far,
        stderr=far,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(far)
    sent = b""
    while True:
        try:
            chunk = os.read(near, 65536)
        except OSError:  # Linux reports the end of a terminal as an error
            break
        sent += chunk
    os.close(near)
    assert process.wait(PATIENCE) == 0, sent
    drawn, leaves, after = sent.rpartition(LEAVES)
    assert leaves, sent
    assert b"Traceback" not in after
    terminal = pyte.Screen(columns, lines)
    pyte.ByteStream(terminal).feed(drawn)
    text = "\n".join(line.rstrip() for line in terminal.display).rstrip() + "\n"
    return re.sub(
        r"\d{2}:\d{2}:\d{2}", "00:00:00", re.sub(r"\d{4}-\d{2}-\d{2}", "2026-11-20", text)
    )


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 64)])
def test_the_screen_looks_as_it_should(
    serve: Serve,
    at_desk: Callable[[Served], Desk],
    columns: int,
    lines: int,
    language: str,
) -> None:
    served = serve(accounts=3, positions=12, clock=FRIDAY)
    desk = at_desk(served)
    for profile in ("sim-001", "sim-002", "sim-003"):
        desk.resting(profile)
    shown = screen(columns, lines, language)
    expected = SCREENS / f"{columns}x{lines}-{language}.txt"
    # Order numbers rise with the time of day.
    shown = re.sub(r"\b0\d{6}\b", "0000000", shown)
    assert shown == expected.read_text("utf-8")
