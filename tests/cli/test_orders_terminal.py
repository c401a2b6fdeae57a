"""Orders on a terminal: what stands before the question, and which answers send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.conftest import Run
from tests.cli.ordering import CODE, QUICK, Desk, Room, next_day
from tests.cli.starter import Terminal

ASKED = "[y/N] "


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def buying(desk: Desk, *more: str, profile: str = "sim-001", quantity: int = 3) -> Terminal:
    price = str(desk.low)
    return desk.terminal("buy", CODE, str(quantity), "-p", profile, "--price", price, *more)


def test_the_preview_stands_before_the_question_and_no_lock_is_held(desk: Desk) -> None:
    terminal = buying(desk)
    said = terminal.until(ASKED)
    assert said.startswith("[SIM] BUY\n")
    account = desk.state()["accounts"][0]["account"]
    for part in (CODE, "맥쿼리인프라", "3 shares", f"{desk.low:,}", "KRX", "sim-001", "김영희",
                 f"{account[:2]}******{account[-2:]}", f"{desk.low * 3:,} KRW", f"{desk.last:,}",
                 "% of the account"):  # fmt: skip
        assert part in said
    assert account not in said
    assert (desk.sent(), desk.states()) == (0, [])
    # While somebody thinks, other orders of the account go their way.
    assert desk.bought(quantity=4)["state"] == "accepted"
    terminal.type("y\n")
    code, said = terminal.end()
    assert (code, desk.sent()) == (0, 2)
    assert desk.orders()[-1]["ord_no"] in said
    assert desk.orders()[-1]["quantity"] == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [("Y\n", 0), ("yes\n", 0), ("예\n", 0), ("\n", 2), ("n\n", 2), ("sim-001\n", 2), ("\x04", 2)],
)  # fmt: skip
def test_only_a_yes_sends(desk: Desk, answer: str, code: int) -> None:
    terminal = buying(desk)
    terminal.until(ASKED)
    terminal.type(answer)
    ended, said = terminal.end()
    assert ended == code, said
    assert (desk.sent(), len(desk.states())) == ((1, 1) if code == 0 else (0, 0))
    assert "Traceback" not in said
    if code == 2:
        assert "nothing was sent" in said


def test_an_interrupt_at_the_question_is_the_end(desk: Desk) -> None:
    terminal = buying(desk)
    terminal.until(ASKED)
    terminal.interrupt()
    code, said = terminal.end()
    assert (code, desk.sent(), desk.states()) == (130, 0, []), said


@pytest.mark.parametrize("answer", ["y", "", "sim-002", "SIM-001", "sim-001,sim-002"])
def test_a_hold_wants_the_profiles_name(desk: Desk, answer: str) -> None:
    desk.use(tail="[risk]\nquantity = 2\n")
    terminal = buying(desk)
    said = terminal.until("sim-001 to send it all the same: ")
    assert "QUANTITY hold" in said
    assert ASKED not in said
    terminal.type(f"{answer}\n")
    code, said = terminal.end()
    assert (code, desk.sent(), desk.states()) == (2, 0, []), said


def test_the_name_sends_it(desk: Desk) -> None:
    desk.use(tail="[risk]\nquantity = 2\n")
    terminal = buying(desk, "--yes")  # a yes covers no hold
    terminal.until("all the same: ")
    terminal.type("sim-001\n")
    assert terminal.end()[0] == 0
    assert desk.states() == ["ACCEPTED"]


def test_one_question_stands_over_all_accounts(desk: Desk) -> None:
    desk.in_profile("sim-002", "risk = { quantity = 2 }")
    terminal = buying(desk, profile="sim-001,sim-002")
    said = terminal.until("all the same: ")
    assert "sim-001,sim-002" in said
    assert said.count("[SIM] BUY") == 2
    terminal.type("sim-001,sim-002\n")
    assert terminal.end()[0] == 0
    assert desk.sent() == 2


def test_a_warning_is_answered_by_yes_or_the_option(desk: Desk) -> None:
    desk.use(tail="[risk]\nvalue = { warn = 1000 }\n")
    terminal = buying(desk)
    assert "VALUE warn" in terminal.until(ASKED)
    terminal.type("y\n")
    assert terminal.end()[0] == 0
    code, said = buying(desk, "--yes", quantity=4).end()
    assert (code, ASKED in said, "VALUE warn" in said) == (0, False, True)


def test_a_refusal_asks_nothing(desk: Desk) -> None:
    desk.use(tail="[risk]\nsymbols = { deny = ['088980'] }\n")
    code, said = buying(desk).end()
    assert (code, ASKED in said, desk.sent()) == (7, False, 0)
    assert "deny list" in said


def test_a_market_order_is_no_hold_for_somebody_who_sits_there(desk: Desk) -> None:
    terminal = desk.terminal("buy", CODE, "3", "-p", "sim-001", "--market")
    assert "MARKET hold" not in terminal.until(ASKED)
    terminal.type("y\n")
    assert terminal.end()[0] == 0


def test_quiet_never_silences_what_is_asked_about(desk: Desk) -> None:
    terminal = buying(desk, "-q", "--lang", "ko")
    said = terminal.until(ASKED)
    assert f"{desk.low:,}" in said
    assert "매수" in said
    terminal.type("n\n")
    assert (terminal.end()[0], desk.sent()) == (2, 0)


def test_a_dry_run_asks_nothing(desk: Desk) -> None:
    code, said = buying(desk, "--dry-run").end()
    assert (code, ASKED in said, desk.sent()) == (0, False, 0)


@pytest.mark.parametrize("worse", ["price", "halt", "cash", "open"])
def test_figures_that_became_worse_since_the_preview_refuse(desk: Desk, worse: str) -> None:
    terminal = buying(desk)
    terminal.until(ASKED)
    rows = 0
    if worse == "price":
        desk.control("price", symbol=CODE, price=desk.last // 110 * 100)
    elif worse == "halt":
        assert desk.run("halt").code == 0
    elif worse == "cash":
        cash = desk.state()["accounts"][0]["cash"]["orderable"]
        desk.foreign(quantity=cash // desk.low - 1, channel="영웅문4")
    else:
        desk.fault("drop", count=1)
        assert desk.buy(*QUICK, quantity=9).code == 5
        rows = 1
    terminal.type("y\n")
    code, said = terminal.end()
    assert code == 7, said
    assert (desk.sent(), len(desk.states())) == (rows, rows)


def test_figures_that_changed_for_the_better_do_not_matter(desk: Desk) -> None:
    desk.use(tail="[risk]\ncollar = { warn = 0 }\n")
    desk.control("price", symbol=CODE, price=desk.low - 50)
    terminal = buying(desk)
    assert "COLLAR warn" in terminal.until(ASKED)
    desk.control("price", symbol=CODE, price=desk.low)
    terminal.type("y\n")
    assert (terminal.end()[0], desk.sent()) == (0, 1)


def test_a_named_cancel_asks_nothing_and_all_asks(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    code, said = desk.terminal("cancel", order, "-p", "sim-001").end()
    assert (code, ASKED in said, desk.sent("kt10003")) == (0, False, 1)
    order = desk.bought(quantity=4)["broker_order_id"]
    terminal = desk.terminal("cancel", "--all", "-p", "all")
    assert order in terminal.until(ASKED)
    terminal.type("n\n")
    assert (terminal.end()[0], desk.sent("kt10003")) == (2, 1)


@pytest.mark.parametrize("words", [["cancel", "--all"], ["buy", CODE, "3"]], ids=["cancel", "buy"])
def test_an_answer_of_another_day_sends_nothing(desk: Desk, words: list[str]) -> None:
    desk.bought(quantity=4)
    more = ["--price", str(desk.low)] if words[0] == "buy" else []
    terminal = desk.terminal(*words, "-p", "sim-001", *more)
    terminal.until(ASKED)
    desk.set_time("10:00:00", next_day(desk))
    sent = desk.sent()
    terminal.type("y\n")
    code, said = terminal.end()
    assert (code, desk.sent()) == (7, sent), said
    assert "is over" in said


def test_absent_is_said_by_typing_the_id_again(desk: Desk) -> None:
    desk.fault("drop", count=1)
    assert desk.buy(*QUICK).code == 5
    attempt = desk.ledger()[0]["attempt_id"]
    for answer, code, state in (("y", 2, "UNKNOWN"), (attempt, 0, "ABSENT")):
        terminal = desk.terminal("resolve", attempt, "--absent")
        terminal.until("exists: ")
        terminal.type(f"{answer}\n")
        assert (terminal.end()[0], desk.states()) == (code, [state])


def test_the_demo_says_so_before_the_question(desk: Desk) -> None:
    terminal = desk.terminal("buy", CODE, "1", "--demo", "-p", "general", "--market")
    assert terminal.until(ASKED).startswith("[DEMO] BUY\n")
    terminal.type("y\n")
    code, said = terminal.end()
    assert (code, said.count("[DEMO]")) == (0, 2)


def test_a_yes_that_is_piped_is_none(desk: Desk, run: Run) -> None:
    words = ("buy", CODE, "3", "-p", "sim-001", "--price", str(desk.low))
    ran = run(*words, stdin="y\n", env=desk.environ)
    assert (ran.code, desk.sent()) == (2, 0), ran.err
    assert "--yes" in ran.err
