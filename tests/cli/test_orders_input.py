"""Bad input: one clear line that names the value, the right exit code, nothing sent."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, SINGLE, Desk, Room, complaints, the_error, the_row

LIMIT = ["--price", "{low}"]


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def refused_offline(desk: Desk, words: list[str], said: str, code: int = 2) -> str:
    """Run a command that must be refused before anything is asked; return its line."""
    values = {"low": desk.low, "high": desk.high}
    ran = desk.run(*(word.format(**values) for word in words), "-o", "json")
    assert ran.code == code, ran.err
    [line] = ran.err.splitlines()
    assert line.startswith("error: ")
    assert said in line
    assert the_error(ran)["exit_code"] == code
    assert ran.document["status"] == "error"
    assert desk.state()["requests"] == []
    assert not desk.world().exists() or desk.states() == []
    return line


QUANTITIES = [
    "0", "00", "-5", "-0", "1.5", "10abc", "1e3", "+5", "0x10", "1_000", "1,00", ",1", "1,", "５",
    "٥", "nan", "inf", "1 000", "all", "10000000000000", "99999999999999999999999999",
]  # fmt: skip


def test_a_quantity_is_whole_shares_above_none(desk: Desk) -> None:
    for quantity in QUANTITIES:
        refused_offline(desk, ["buy", CODE, quantity, *SINGLE, *LIMIT], quantity)


def test_a_negative_quantity_reaches_our_own_check(desk: Desk) -> None:
    for words in (["buy", CODE, "-5", *LIMIT, *SINGLE], ["sell", CODE, *LIMIT, "-5", *SINGLE]):
        line = refused_offline(desk, words, "-5")
        assert "QTY" in line
        assert "option" not in line


PRICES = [
    "0", "-1", "-70000", "nan", "NaN", "inf", "1e5", "70000.5", "70000.0", "70,00", "0x1", "٧٠٠٠٠",
    "abc", "70000원", "1,000,00", "99999999999999999999",
]  # fmt: skip


def test_a_price_is_whole_won_above_none(desk: Desk) -> None:
    for price in PRICES:
        line = refused_offline(desk, ["buy", CODE, "3", *SINGLE, "--price", price], price)
        assert "--price" in line


@pytest.mark.parametrize("price", ["0", "-1", "nan", "abc", ""])
def test_a_stop_price_is_one_too(desk: Desk, price: str) -> None:
    words = ["buy", CODE, "3", *SINGLE, *LIMIT, "--type", "stop", "--stop-price", price]
    assert "--stop-price" in refused_offline(desk, words, price)


@pytest.mark.parametrize("price", ["70,000", " 70000 ", "070000"])
def test_a_price_may_be_written_as_people_write_it(desk: Desk, price: str) -> None:
    text = price.replace("70,000", f"{desk.low:,}").replace("70000", str(desk.low))
    ran = desk.order("buy", CODE, "3", *SINGLE, "--price", text, "--dry-run")
    assert (ran.code, the_row(ran)["request"]["ord_uv"]) == (0, str(desk.low)), ran.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "price"),
        (["--price", ""], "--price"),
        (["--price", "  "], "--price"),
        (["--price="], "--price"),
        (["--price", "--market"], "--market"),
        (["--price", "{low}", "--market"], "--market"),
        (["--price", "", "--market"], "--price"),
        (["--type", "limit"], "--price"),
        (["--type", "지정가"], "--price"),
        (["--type", "ioc"], "--price"),
        (["--type", "market", "--price", "{low}"], "market"),
        (["--type", "best", "--price", "{low}"], "best"),
        (["--type", "limit", "--market", "--price", "{low}"], "--market"),
        (["--type", "best", "--market"], "--market"),
        (["--type", "stop", "--price", "{low}"], "--stop-price"),
        (["--type", "stop", "--stop-price", "{low}"], "--price"),
        (["--type", "stop", "--market", "--stop-price", "{low}"], "--market"),
        (["--stop-price", "{low}"], "price"),
        (["--stop-price", "{low}", "--price", "{low}"], "--stop-price"),
        (["--stop-price", "{low}", "--market"], "--stop-price"),
        (["--type", ""], "--type"),
        (["--type", "limt", "--price", "{low}"], "limit"),
        (["--type", "Marktet"], "Marktet"),
    ],
)
def test_a_price_that_is_missing_never_makes_a_market_order(
    desk: Desk, more: list[str], said: str
) -> None:
    refused_offline(desk, ["buy", CODE, "3", *SINGLE, "--allow", "MARKET", *more], said)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("A005930", "005930"),
        ("5930", "005930"),
        ("0059300", "0059300"),
        ("00593", "00593"),
        ("삼성전자", "삼성전자"),
        ("005-30", "005-30"),
        ("00593０", "00593０"),
        ("005930_NX", "005930_NX"),
        ("00088k", "00088K"),
        ("088980 ", "088980"),
        ("", "code"),
        ("-", "-"),
    ],
)
def test_a_code_is_six_characters(desk: Desk, code: str, said: str) -> None:
    refused_offline(desk, ["buy", code, "3", *SINGLE, *LIMIT], said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--exchange", ""], "--exchange"),
        (["--exchange", "KOSPI"], "KOSPI"),
        (["--allow", ""], "--allow"),
        (["--allow", "VALEU"], "VALUE"),
        (["--allow", "VALUE,"], "--allow"),
        (["--settle", "-1"], "-1"),
        (["--settle", "nan"], "nan"),
        (["--settle", "3601"], "3601"),
        (["--settle", "soon"], "soon"),
        (["--settle", ""], "--settle"),
        (["--timeout", "0"], "--timeout"),
        (["-o", "xml"], "xml"),
        (["--lang", "jp"], "jp"),
        (["--fields", ""], "field"),
        (["--dryrun"], "--dryrun"),
        (["--force"], "--force"),
        (["-y"], "-y"),
        (["7"], "7"),
        (["--id", ""], "--id"),
    ],
)
def test_options_that_make_no_sense(desk: Desk, more: list[str], said: str) -> None:
    values = {"low": desk.low}
    words = [word.format(**values) for word in ("buy", CODE, "3", *SINGLE, *LIMIT, *more)]
    ran = desk.run(*words)
    assert ran.code == 2, ran.err
    [line] = ran.err.splitlines()
    assert said in line
    assert desk.state()["requests"] == []


@pytest.mark.parametrize(
    ("words", "name"),
    [(["buy"], "CODE"), (["buy", CODE], "QTY"), (["sell", CODE], "QTY"), (["modify"], "ORDER")],
)
def test_what_is_missing_is_named(desk: Desk, words: list[str], name: str) -> None:
    refused_offline(desk, [*words, *SINGLE], name)


def test_usage_errors_speak_korean(desk: Desk) -> None:
    for words in (["buy", CODE, "-5", *LIMIT], ["buy", CODE, "3"], ["buy", "A005930", "3"]):
        ran = desk.run(*words, *SINGLE, "--lang", "ko")
        [line] = ran.err.splitlines()
        assert ran.code == 2
        assert any("가" <= letter <= "힣" for letter in line)


# Judged on what the broker says -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "check", "said"),
    [(1, "TICK", "tick"), (5, "TICK", "tick")],
)
def test_a_price_off_the_grid_names_its_neighbours(
    desk: Desk, off: int, check: str, said: str
) -> None:
    ran = desk.buy(price=desk.low + off)
    assert (ran.code, the_row(ran)["reason_code"]) == (7, check)
    [line] = complaints(ran)
    for part in (f"{desk.low + off:,}", f"{desk.low:,}", f"{desk.low + 10:,}", said):
        assert part in line
    assert (desk.sent(), desk.states()) == (0, [])


@pytest.mark.parametrize("price", ["{half}", "{double}", "10"])
def test_a_price_outside_the_day_is_refused(desk: Desk, price: str) -> None:
    text = price.format(half=desk.last // 2000 * 1000, double=desk.last // 1000 * 2000)
    ran = desk.order("buy", CODE, "3", *SINGLE, "--price", text, "--allow", "COLLAR")
    assert (ran.code, the_row(ran)["reason_code"]) == (7, "LIMIT"), ran.err
    assert f"{int(text):,}" in complaints(ran)[0]
    assert (desk.sent(), desk.states()) == (0, [])


def test_a_code_that_nobody_lists_is_the_brokers_no(desk: Desk) -> None:
    ran = desk.order("buy", "999999", "3", *SINGLE, "--price", "1000")
    assert ran.code == 3, ran.err
    [line] = complaints(ran)
    assert "999999" in line
    assert (desk.sent(), desk.states()) == (0, [])


@pytest.mark.parametrize("stop", [1, 100_000])
def test_a_stop_price_is_judged_like_a_price(desk: Desk, stop: int) -> None:
    words = ("--type", "stop", "--stop-price", str(desk.low + stop))
    ran = desk.buy(*words)
    assert (ran.code, desk.sent()) == (7, 0)


# Files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[profiles.a\n", "line 1"),
        (b'[profiles.a]\nbroker = "kiwom"\n', "kiwoom"),
        (b"[risk]\nvalue = 5\n", "value"),
        (b'exchange = "NYSE"\n', "exchange"),
        (b"", "profile"),
    ],
)
def test_a_config_that_cannot_be_used(desk: Desk, content: bytes, said: str) -> None:
    (desk.home / "profiles.toml").write_bytes(content)
    refused_offline(desk, ["buy", CODE, "3", *LIMIT, "--yes"], said, code=8)


def test_a_config_that_others_can_write_is_refused(desk: Desk) -> None:
    (desk.home / "profiles.toml").chmod(0o666)
    refused_offline(desk, ["buy", CODE, "3", *SINGLE, *LIMIT], "profiles.toml", code=8)


def test_a_config_that_is_not_there(desk: Desk) -> None:
    (desk.home / "profiles.toml").unlink()
    refused_offline(desk, ["buy", CODE, "3", *SINGLE, *LIMIT], "profiles.toml", code=8)


def test_a_profile_that_may_not_loosen_is_refused(desk: Desk) -> None:
    desk.in_profile("sim-001", "risk = { value = { hold = 20000000 } }")
    refused_offline(desk, ["buy", CODE, "3", *SINGLE, *LIMIT], "hold", code=8)


@pytest.mark.parametrize("harm", ["corrupt", "newer", "folder"])
def test_a_ledger_that_cannot_be_used_stops_every_order(desk: Desk, harm: str) -> None:
    order = desk.bought()["broker_order_id"]
    book = desk.book()
    file = book.folder / "ledger.sqlite3"
    if harm == "corrupt":
        book.damage()
    elif harm == "newer":
        with closing(sqlite3.connect(file)) as base:
            base.execute("PRAGMA user_version = 999")
            base.commit()
    else:
        file.unlink()
        file.mkdir()
    for words in (
        ("buy", CODE, "4", "--price", str(desk.low)),
        ("cancel", order),
        ("resolve", "--settle", "0"),
    ):
        ran = desk.run(*words, "-p", "sim-001", *(["--yes"] if words[0] != "resolve" else []))
        assert ran.code == 8, (words, ran.err)
        assert "ledger" in ran.err
        assert "Traceback" not in ran.err
    assert desk.sent() == 1


def test_a_ledger_that_was_lost_stops_orders_and_lets_cancels_through(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    for file in desk.world().glob("ledger.sqlite3*"):
        file.unlink()
    ran = desk.buy(quantity=4)
    assert (ran.code, the_row(ran)["reason_code"]) == (7, "ledger_doubt"), ran.err
    assert "audit" in ran.err
    assert desk.order("cancel", order, *SINGLE).code == 0
    assert (desk.sent("kt10000"), desk.sent("kt10003")) == (1, 1)


def test_a_full_disk_stops_every_order(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    for words in (("buy", CODE, "4", "--price", str(desk.low)), ("cancel", order)):
        # No file may grow any more.
        limited = ("/bin/sh", "-c", 'ulimit -f 0; exec "$0" -m kiwoomctl "$@"', sys.executable)
        ran = subprocess.run(
            [*limited, *words, *SINGLE, "-o", "json"],
            capture_output=True,
            check=False,
            env=desk.environ,
        )
        err = ran.stderr.decode()
        assert ran.returncode == 8, (words, err)
        assert "ledger" in err
        assert "Traceback" not in err
    assert desk.sent() == 1
