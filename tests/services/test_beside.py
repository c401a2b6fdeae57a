"""Calls in threads: every result in its place, every error where it is asked for."""

from __future__ import annotations

import threading
import time

import pytest

from kiwoomctl.services.beside import Beside, all_at_once

PATIENCE = 5.0


class Trouble(Exception):
    """What a call raises."""


def test_a_call_beside_runs_while_its_maker_does_something_else() -> None:
    other_side = threading.Event()

    def call() -> str:
        assert other_side.wait(PATIENCE)
        return "done"

    beside = Beside(call)
    other_side.set()
    assert beside.result() == "done"


def test_what_a_call_beside_raises_comes_with_its_result() -> None:
    def call() -> None:
        raise Trouble("here")

    beside = Beside(call)
    beside.wait()
    with pytest.raises(Trouble, match="here"):
        beside.result()


def test_all_run_at_once_and_keep_their_order() -> None:
    together = threading.Barrier(8)
    told: list[int] = []

    def call(number: int) -> int:
        together.wait(PATIENCE)
        time.sleep((8 - number) / 200)  # the last is over first
        return number * number

    found = all_at_once(range(8), call, most=64, every=PATIENCE, tell=told.append)
    assert found == [number * number for number in range(8)]
    assert (told[-1], told) == (8, sorted(told))


def test_no_more_run_at_once_than_may() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def call(_number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    assert len(all_at_once(range(12), call, most=3, every=PATIENCE, tell=unheard)) == 12
    assert most == 3


def test_it_is_told_that_none_is_over_yet() -> None:
    go_on = threading.Event()
    told: list[int] = []

    def tell(over: int) -> None:
        told.append(over)
        if len(told) == 3:
            go_on.set()

    all_at_once([1, 2], lambda _n: go_on.wait(PATIENCE), most=2, every=0.01, tell=tell)
    assert told[:3] == [0, 0, 0]
    assert told[-1] == 2


def test_the_first_error_is_raised_when_all_are_over() -> None:
    over: list[int] = []

    def call(number: int) -> None:
        over.append(number)
        if number in {1, 3}:
            raise Trouble(f"{number}")

    with pytest.raises(Trouble, match="1"):
        all_at_once(range(5), call, most=1, every=PATIENCE, tell=unheard)
    assert over == [0, 1, 2, 3, 4]


def test_an_interrupt_waits_for_nobody_and_begins_nothing_more() -> None:
    go_on = threading.Event()
    begun: list[int] = []

    def call(number: int) -> None:
        begun.append(number)
        go_on.wait(PATIENCE)

    def interrupted(_over: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        all_at_once(range(9), call, most=2, every=0.01, tell=interrupted)
    running = [thread for thread in threading.enumerate() if thread.daemon]
    go_on.set()
    for thread in running:
        thread.join(PATIENCE)
    assert len(begun) <= 2


def unheard(_over: int) -> None:
    """Hear how many are over, and do nothing."""
