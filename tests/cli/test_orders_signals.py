"""Signals at every step of an order: what was sent is told, whatever comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.conftest import PATIENCE
from tests.cli.ordering import (
    CODE,
    QUICK,
    SINGLE,
    Desk,
    Room,
    the_error,
    the_row,
)
from tests.cli.starter import Command, wait_until

SLOW = 2.0
"""Seconds of a reply in which a signal surely comes, on a busy machine too."""
ENDING = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def buying(desk: Desk, *more: str, profile: str = "sim-001") -> Command:
    words = ("buy", CODE, "3", "-p", profile, "--yes", "--price", str(desk.low))
    return desk.start(*words, "-o", "json", *more)


def in_flight(desk: Desk, *more: str, profile: str = "sim-001") -> Command:
    """Start a buy and wait until its request arrived, the reply hanging."""
    desk.fault("hang", when="after", seconds=30, count=1)
    process = buying(desk, *more, profile=profile)
    wait_until(lambda: desk.sent() == 1)
    return process


def test_the_first_interrupt_says_what_is_in_flight_and_waits_on(desk: Desk) -> None:
    desk.fault("slow", seconds=SLOW, count=1)
    process = buying(desk)
    wait_until(lambda: desk.sent() == 1)
    process.signal(signal.SIGINT)
    process.until_said("in flight")
    [attempt] = [row["attempt_id"] for row in desk.ledger()]
    assert f"{attempt} is in flight" in process.err.read_text("utf-8")
    ran = process.end()
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    assert desk.states() == ["ACCEPTED"]


def test_the_second_interrupt_gives_up(desk: Desk) -> None:
    process = in_flight(desk, "--settle", "60")
    process.signal(signal.SIGINT)
    process.until_said("in flight")
    process.signal(signal.SIGINT)
    ran = process.end()
    row = the_row(ran)
    assert (ran.code, row["state"], desk.states()) == (5, "unknown", ["UNKNOWN"]), ran.err
    assert f"kiwoomctl resolve {row['order_id']}.1" in ran.err
    assert (desk.order("resolve", *QUICK).code, desk.states()) == (0, ["MATCHED"])
    assert desk.sent() == 1


@ENDING
def test_other_signals_give_up_at_once(desk: Desk, number: signal.Signals) -> None:
    process = in_flight(desk)
    process.signal(number)
    ran = process.end()
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert (desk.states(), desk.sent()) == (["UNKNOWN"], 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_settling_any_signal_ends_as_unknown(desk: Desk, number: signal.Signals) -> None:
    desk.fault("drop", count=1)
    process = buying(desk, "--settle", "60")
    wait_until(lambda: desk.states() == ["UNKNOWN"])
    # It is waiting once the lists after the send have been read for the first time.
    wait_until(lambda: reads(desk, "kt00007") > 2)
    process.signal(number)
    ran = process.end()
    assert (ran.code, desk.states()) == (5, ["UNKNOWN"]), ran.err
    assert the_row(ran)["state"] == "unknown"


def test_a_signal_during_resolve_leaves_things_as_they_are(desk: Desk) -> None:
    desk.fault("drop", count=1)
    assert desk.buy(*QUICK).code == 5
    before = reads(desk, "kt00007")
    process = desk.start("resolve", "--settle", "60", "-o", "json")
    wait_until(lambda: reads(desk, "kt00007") > before)
    process.signal(signal.SIGINT)
    ran = process.end()
    assert (ran.code, desk.states()) == (5, ["UNKNOWN"]), ran.err
    assert the_error(ran)["exit_code"] == 5


def reads(desk: Desk, api_id: str) -> int:
    return sum(request["api_id"] == api_id for request in desk.state()["requests"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("read", ["preview", "lock"])
def test_before_anything_was_sent_a_signal_is_just_the_end(
    desk: Desk, read: str, number: signal.Signals
) -> None:
    if read == "lock":
        desk.fault("zero_pl", "kt00007", count=1)  # lets the preview's read through
    desk.fault("hang", "kt00007", seconds=30)
    process = buying(desk)
    wait_until(lambda: reads(desk, "kt00007") == (1 if read == "preview" else 2))
    process.signal(number)
    ran = process.end()
    assert ran.code == 130, ran.err
    assert ran.document["data"][0]["state"] == "not_sent"
    assert (desk.sent(), desk.states()) == (0, [])
    desk.heal()
    assert desk.bought()["state"] == "accepted"  # no lock was left behind


@ENDING
def test_accounts_that_were_not_reached_are_told(desk: Desk, number: signal.Signals) -> None:
    process = in_flight(desk, profile="sim-001,sim-002")
    process.signal(number)
    ran = process.end()
    assert ran.code == 5, ran.err
    assert [row["state"] for row in ran.document["data"]] == ["unknown", "not_sent"]
    assert (desk.sent(), desk.states()) == (1, ["UNKNOWN"])


def test_a_process_that_was_killed_leaves_an_unknown(desk: Desk) -> None:
    process = in_flight(desk, "--id", "key")
    process.signal(signal.SIGKILL)
    assert process.starter.wait(process.pid) == -signal.SIGKILL
    assert desk.states() == ["SENDING"]
    ran = desk.buy(quantity=4)
    assert (ran.code, the_row(ran)["reason_code"]) == (7, "open_unknown"), ran.err
    again = desk.buy("--id", "key", *QUICK)
    assert (again.code, the_row(again)["replayed"], desk.states()) == (5, True, ["UNKNOWN"])
    assert (desk.order("resolve", *QUICK).code, desk.states()) == (0, ["MATCHED"])
    assert desk.sent() == 1


def test_a_reader_that_left_changes_no_exit_code(desk: Desk) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "-o", "json")
    process = desk.program(*words)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        said = stderr.read()
    assert (process.wait(PATIENCE), desk.states()) == (0, ["ACCEPTED"]), said


def test_cancels_are_told_the_same_way(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    desk.fault("hang", "kt10003", "after", seconds=30, count=1)
    process = desk.start("cancel", order, *SINGLE, "-o", "json")
    wait_until(lambda: desk.sent("kt10003") == 1)
    process.signal(signal.SIGTERM)
    ran = process.end()
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert desk.states() == ["ACCEPTED", "UNKNOWN"]


def test_one_interrupt_sends_no_order_that_was_not_out_yet(desk: Desk) -> None:
    desk.fault("slow", seconds=SLOW, count=1)
    process = buying(desk, "--keep-going", profile="sim-001,sim-002")
    wait_until(lambda: desk.sent() == 1)
    process.signal(signal.SIGINT)
    process.until_said("in flight")
    ran = process.end()
    assert [row["state"] for row in ran.document["data"]] == ["accepted", "not_sent"], ran.err
    assert (ran.code, desk.sent(), desk.states()) == (6, 1, ["ACCEPTED"])


def test_another_order_of_the_account_waits_for_the_one_in_flight(desk: Desk) -> None:
    desk.fault("slow", seconds=SLOW, count=1)
    first = buying(desk)
    wait_until(lambda: desk.sent() == 1)
    second = buying(desk, "--allow", "DUPLICATE")
    assert (first.end().code, second.end().code) == (0, 0)
    assert desk.states() == ["ACCEPTED", "ACCEPTED"]
    assert desk.sent() == 2


def test_one_interrupt_sends_no_further_attempt(desk: Desk) -> None:
    desk.fault("zero_pl", "kt00007", count=2)  # lets the reads before the send through
    desk.fault("slow", "kt00007", seconds=SLOW, count=1)
    desk.fault("http_429", count=1)
    process = buying(desk)
    wait_until(lambda: desk.sent() == 1)
    process.signal(signal.SIGINT)
    ran = process.end()
    assert (desk.sent(), desk.states()) == (1, ["NOT_SENT"]), ran.err
    assert (ran.code, the_row(ran)["state"]) == (130, "not_sent")
