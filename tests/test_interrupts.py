"""Signals of a command that sends orders: when they end it, when they wait, what they say."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from kiwoomctl.interrupts import Interrupts, Stopped

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EACH = pytest.mark.parametrize("number", NUMBERS)
ENDING = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    former = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def come(number: signal.Signals) -> None:
    """Let a signal come, as a person or another program sends it."""
    os.kill(os.getpid(), number)
    # Python looks at signals before the next instruction of its own.


@EACH
def test_with_nothing_in_flight_every_signal_is_the_end(number: signal.Signals) -> None:
    with Interrupts(), pytest.raises(Stopped):
        come(number)


def test_the_end_is_an_interrupt_that_no_handler_of_errors_catches() -> None:
    assert issubclass(Stopped, KeyboardInterrupt)
    assert not issubclass(Stopped, Exception)


@EACH
def test_afterwards_the_handlers_are_those_of_before(number: signal.Signals) -> None:
    came: list[int] = []
    signal.signal(number, lambda found, _frame: came.append(found))
    with Interrupts(), pytest.raises(Stopped):
        come(number)
    come(number)
    assert came == [number]


def test_handlers_are_restored_where_the_command_failed() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    with pytest.raises(ValueError, match="failed"), Interrupts():
        raise ValueError("failed")
    assert [signal.getsignal(number) for number in NUMBERS] == before


@EACH
def test_what_is_ignored_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with Interrupts() as interrupts:
        come(number)
        interrupts.fly("in flight")
        come(number)
        assert signal.getsignal(number) is signal.SIG_IGN


def test_the_first_interrupt_in_flight_says_so_once(capfd: pytest.CaptureFixture[str]) -> None:
    with Interrupts() as interrupts:
        interrupts.fly("20261120-3m7q9k2d.1 is in flight")
        come(signal.SIGINT)
        assert capfd.readouterr().err == "20261120-3m7q9k2d.1 is in flight\n"
        with pytest.raises(Stopped):
            come(signal.SIGINT)
        assert capfd.readouterr().err == ""


@ENDING
def test_other_signals_end_the_wait_at_once(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    with Interrupts() as interrupts:
        interrupts.fly("in flight")
        with pytest.raises(Stopped):
            come(number)
        assert capfd.readouterr().err == ""


@ENDING
def test_other_signals_end_it_after_an_interrupt_too(number: signal.Signals) -> None:
    with Interrupts() as interrupts:
        interrupts.fly("in flight")
        come(signal.SIGINT)
        with pytest.raises(Stopped):
            come(number)


def test_what_has_landed_is_in_flight_no_more() -> None:
    with Interrupts() as interrupts:
        interrupts.fly("in flight")
        interrupts.land()
        with pytest.raises(Stopped):
            come(signal.SIGINT)


def test_each_order_in_flight_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    with Interrupts() as interrupts:
        for name in ("first", "second"):
            interrupts.fly(name)
            come(signal.SIGINT)
            interrupts.land()
        assert capfd.readouterr().err == "first\nsecond\n"


def test_a_closed_stderr_does_not_matter() -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        with Interrupts() as interrupts:
            interrupts.fly("in flight")
            come(signal.SIGINT)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@EACH
def test_a_shield_is_cut_by_nothing(number: signal.Signals) -> None:
    done: list[str] = []

    def shielded(interrupts: Interrupts) -> None:
        with interrupts.shield():
            come(number)
            with interrupts.shield():
                done.append("inner")
            done.append("outer")

    with Interrupts() as interrupts:
        with pytest.raises(Stopped):
            shielded(interrupts)
        assert done == ["inner", "outer"]
        with interrupts.shield():
            done.append("again")
    assert done == ["inner", "outer", "again"]


def test_an_order_that_flies_under_the_shield_is_in_flight_after_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A signal just before the first byte counts as one in flight: the byte may go out."""
    with Interrupts() as interrupts:
        with interrupts.shield():
            come(signal.SIGINT)
            interrupts.fly("in flight")
        assert capfd.readouterr().err == "in flight\n"
        with pytest.raises(Stopped):
            come(signal.SIGINT)


def test_an_outcome_that_lands_under_the_shield_is_kept_first() -> None:
    kept: list[str] = []

    def concluded(interrupts: Interrupts) -> None:
        with interrupts.shield():
            come(signal.SIGTERM)
            kept.append("outcome")
            interrupts.land()

    with Interrupts() as interrupts:
        interrupts.fly("in flight")
        with pytest.raises(Stopped):
            concluded(interrupts)
    assert kept == ["outcome"]


def test_an_error_under_the_shield_is_no_less_than_the_signal() -> None:
    def failing(interrupts: Interrupts) -> None:
        with interrupts.shield():
            come(signal.SIGINT)
            raise ValueError("failed")

    with Interrupts() as interrupts, pytest.raises((ValueError, Stopped)):
        failing(interrupts)


@EACH
def test_what_is_done_is_told_whatever_comes(number: signal.Signals) -> None:
    with Interrupts() as interrupts:
        interrupts.finish()
        come(number)
        with interrupts.shield():
            come(number)
        come(number)


def test_other_threads_leave_signals_alone() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    seen: list[object] = []

    def elsewhere() -> None:
        with Interrupts() as interrupts:
            interrupts.fly("in flight")
            seen.extend(signal.getsignal(number) for number in NUMBERS)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == before == [signal.getsignal(number) for number in NUMBERS]


def test_an_interrupt_in_flight_asks_for_no_further_order() -> None:
    with Interrupts() as interrupts:
        assert interrupts.asked_to_stop is False
        interrupts.fly("in flight")
        come(signal.SIGINT)
        interrupts.land()
        assert interrupts.asked_to_stop is True
