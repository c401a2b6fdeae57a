"""An order whose outcome is open is named by every command of its account, until it is settled."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl.context import Options, Session
from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.orders import OrderType, State
from tests.cli import mending
from tests.cli.conftest import Run, Serve, Served
from tests.cli.journal import LOST, Book, pinned
from tests.cli.mending import rows, wrong
from tests.ledger.samples import HYNIX, SetClock, accepted, terms

tmp_path = mending.tmp_path
"""The fixture of a folder on the disk."""

COMMANDS = (
    ("cash",),
    ("positions",),
    ("summary",),
    ("accounts",),
    ("doctor",),
    ("ledger", "list"),
    ("halt", "--reducing"),
    ("login", "--refresh"),
    ("logout", "sim-001", "--keep-secret"),
)


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(accounts=2)


@pytest.fixture
def book(run: Run, served: Served, own_home: Path) -> Book:
    return pinned(run, served, own_home)


def before(**span: float) -> SetClock:
    return SetClock(datetime.now(KST) - timedelta(**span))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_of_the_account_names_it(
    run: Run, book: Book, words: tuple[str, ...]
) -> None:
    attempt = book.write(LOST)
    sent = attempt.sent_at
    assert sent is not None
    line = (
        f"unknown: {attempt.id} sim-001 buy 005930 10 at 70,000 (sent {sent:%H:%M:%S}) "
        f"- kiwoomctl resolve {attempt.id}\n"
    )
    for quiet in ([], ["-q"]):
        ran = run(*words, *quiet, "-o", "json")
        assert (ran.code, ran.err) == (0, line)
        assert ran.document["status"] == "ok"


def test_others_do_not(run: Run, book: Book) -> None:
    attempt = book.write(LOST)
    assert attempt.id in run("cash", "-p", "sim-001").err
    for words in (["cash", "-p", "sim-002"], ["help"], ["cash", "--demo"], ["accounts", "--demo"]):
        ran = run(*words)
        assert (ran.code, ran.err) == (0, "")


def test_a_command_that_fails_names_it_too(run: Run, served: Served, book: Book) -> None:
    attempt = book.write(LOST)
    served.control("faults", api_id="kt00001", mode="html", when="before", count=9)
    ran = run("cash", "-q")
    assert ran.code == 10
    assert f"unknown: {attempt.id}" in ran.err
    ran = run("ledger", "show", "999", "-o", "json")
    assert (ran.code, ran.document["errors"][0]["code"]) == (2, "order_id")
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["unknown", "error"]
    assert run("cash", "--fields", "x").err.startswith("error:")


def test_it_ends_when_it_is_settled(run: Run, book: Book) -> None:
    attempt = book.write(LOST)
    account = book.accounts[0]
    with book.open() as ledger, ledger.account_lock(account):
        ledger.settle(attempt.id, State.AMBIGUOUS, by="evidence")
    assert f"unknown: {attempt.id}" in run("cash").err
    assert run("accounts", "-o", "json").document["data"][0]["unresolved_orders"] == 1
    with book.open() as ledger, ledger.account_lock(account):
        ledger.settle(attempt.id, State.MATCHED, by="evidence", number="7")
    assert run("cash").err == ""
    assert run("accounts", "-o", "json").document["data"][0]["unresolved_orders"] == 0
    assert (
        "accepted, order 0000007, timeout, settled by evidence"
        in run("ledger", "show", attempt.id).out
    )


def test_a_send_is_left_alone_while_somebody_may_wait_for_it(run: Run, book: Book) -> None:
    old = book.write(None, clock=before(seconds=75))
    young = book.write(None, terms(symbol=HYNIX), of=1, clock=before(seconds=5))
    ran = run("cash")
    assert old.id in ran.err
    assert young.id not in ran.err
    unresolved = [r["unresolved_orders"] for r in run("accounts", "-o", "json").document["data"]]
    assert unresolved == [1, 1]
    ran = run("doctor", "-o", "json")
    assert wrong(ran) == [("ledger", "sim-001", "warning")]
    assert rows(ran, "ledger")[-1]["fix"] == f"kiwoomctl resolve {old.id}"


def test_all_of_them_are_named_oldest_first_with_their_day(run: Run, book: Book) -> None:
    yesterday = before(days=1)
    first = book.write(LOST, terms("sell", type=OrderType.MARKET, price=None), clock=yesterday)
    second = book.write(LOST, terms("cancel", target="5", quantity=0), of=1)
    third = book.write(LOST, terms("modify", HYNIX, target="6", price=Decimal(171_500)), of=1)
    lines = run("accounts").err.splitlines()
    assert [line.split()[1] for line in lines] == [first.id, second.id, third.id]
    assert f"sim-001 sell 005930 10 (market) (sent {yesterday.now():%Y-%m-%d %H:%M:%S})" in lines[0]
    assert "sim-002 cancel 0000005 (005930) (sent " in lines[1]
    assert "sim-002 modify 0000006 (000660) to 171,500 (sent " in lines[2]


def test_it_is_told_in_korean_and_by_the_profile_of_now(
    run: Run, served: Served, book: Book
) -> None:
    attempt = book.write(LOST)
    text = served.config.read_text("utf-8").replace("sim-001]", '"위탁"]')
    served.config.write_text(text, "utf-8")
    assert run("accounts", "--check").code == 0
    ran = run("cash", env={"KIWOOMCTL_LANG": "ko"})
    assert ran.err.startswith(f"미확인: {attempt.id} 위탁 005930 10주 70,000원 매수 (")
    assert ran.err.endswith(f" - kiwoomctl resolve {attempt.id}\n")


def test_a_ledger_that_cannot_be_read_is_a_warning_for_reads(run: Run, book: Book) -> None:
    told = run("cash", "-o", "csv").out
    book.write(LOST)
    book.damage()
    for words in (["cash"], ["cash", "-q"]):
        ran = run(*words, "-o", "csv")
        assert (ran.code, ran.out) == (0, told)
        [line] = ran.err.splitlines()
        assert line.startswith(f"warning: the ledger {book.folder / 'ledger.sqlite3'} is damaged")
        assert " - " in line
    ran = run("accounts", "-o", "json")
    assert ran.code == 0
    assert {(r["mode"], r["unresolved_orders"]) for r in ran.document["data"]} == {(None, None)}
    assert len(ran.err.splitlines()) == 1


def test_an_account_that_was_forgotten_has_no_known_number(run: Run, book: Book) -> None:
    book.write(LOST)
    assert run("logout", "sim-001").code == 0
    first, second = run("accounts", "-o", "json").document["data"]
    assert (first["mode"], first["unresolved_orders"]) == ("active", None)
    assert (second["mode"], second["unresolved_orders"]) == ("active", 0)
    assert run("accounts").err == ""


def test_what_the_command_has_told_of_is_not_told_again(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    told, other = book.write(LOST), book.write(LOST, of=1)
    session = Session(Options(quiet=True), os.environ, "buy", SystemClock())
    assert len(session.accounts()) == 2
    session.reported.add(told.id)
    session.tell_unsettled()
    err = capsys.readouterr().err
    assert told.id not in err
    assert other.id in err


def test_an_order_that_went_well_is_not_named(run: Run, book: Book) -> None:
    book.write(accepted("1"))
    ran = run("cash")
    assert (ran.code, ran.err) == (0, "")
