"""All processes together stay below the cap, take fair turns, and learn from refusals."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiwoomctl import errors
from kiwoomctl.brokers.pacing import Caps, Pacer
from tests.brokers.paced import (
    MOCK,
    REAL,
    FakeClock,
    ProcessClock,
    World,
    assert_never_above,
    limit,
    process_folder,
    slots_of,
)


@dataclass(frozen=True)
class Visit:
    """One request of a simulated process."""

    pause: float
    api_id: str
    oversleep: float
    refused: bool


visits = st.builds(
    Visit,
    pause=st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 1.06, 3.0]),
    api_id=st.sampled_from(["ka10075", "kt00018"]),
    oversleep=st.sampled_from([0.0, 0.0, 0.03, 0.039, 0.06, 0.5, 5.0]),
    refused=st.sampled_from([False] * 9 + [True]),
)
all_caps = st.sampled_from(
    [REAL, MOCK, Caps(5, 5, 1), Caps(1, 1, 1), Caps(3.5, 2.5, 3), Caps(0.5, 0.5, 1)]
)


@dataclass
class Traffic:
    """What the processes of a World sent."""

    sent: list[tuple[float, str]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)


def play(folder: Path, caps: Caps, lives: list[list[Visit]]) -> Traffic:
    world = World()
    traffic = Traffic()

    def life(number: int, plan: list[Visit]) -> None:
        clock = ProcessClock(world)
        pacer = Pacer(process_folder(folder, number), "k", "query", caps, clock, patience=300)
        for visit in plan:
            clock.oversleeps = 0
            clock.sleep(visit.pause)
            clock.oversleep, clock.oversleeps = visit.oversleep, 3
            pacer.take(visit.api_id)
            traffic.sent.append((clock.last_seen, visit.api_id))
            if visit.refused:
                pacer.refused(visit.api_id)
                traffic.refusals.append(clock.last_seen)

    for number, plan in enumerate(lives):
        world.start(lambda number=number, plan=plan: life(number, plan))  # type: ignore[misc]
    world.run()
    return traffic


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=6))
def test_no_pattern_of_arrivals_exceeds_the_cap(caps: Caps, lives: list[list[Visit]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        traffic = play(Path(folder), caps, lives)
    assert len(traffic.sent) == sum(map(len, lives))
    assert_never_above(max(1, int(caps.total)), [at for at, _ in traffic.sent])
    for refused_at in traffic.refusals:
        assert not any(refused_at < at < refused_at + 1 for at, _ in traffic.sent)


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=6))
def test_a_late_request_keeps_its_distance_from_those_behind_it(
    caps: Caps, lives: list[list[Visit]]
) -> None:
    # The margin is for the way to the broker; a late wake-up must not eat it up.
    with tempfile.TemporaryDirectory() as folder:
        sent = sorted(at for at, _ in play(Path(folder), caps, lives).sent)
    for first, after in zip(sent, sent[max(1, int(caps.total)) :], strict=False):
        assert after - first >= 1.08 - 0.0101


@settings(deadline=None)
@given(caps=all_caps, lives=st.lists(st.lists(visits, max_size=8), min_size=1, max_size=4))
def test_an_api_id_stays_within_its_bucket(caps: Caps, lives: list[list[Visit]]) -> None:
    calm = [
        [Visit(visit.pause, visit.api_id, visit.oversleep, refused=False) for visit in plan]
        for plan in lives
    ]
    with tempfile.TemporaryDirectory() as folder:
        traffic = play(Path(folder), caps, calm)
    for api_id in ("ka10075", "kt00018"):
        sent = sorted(at for at, sent_id in traffic.sent if sent_id == api_id)
        for first, last in itertools.combinations(range(len(sent)), 2):
            unpaid = last - first + 1 - caps.burst
            assert sent[last] - sent[first] >= unpaid * 1.08 / caps.per_api - 0.0401


def test_twenty_processes_get_fair_turns_and_use_the_cap(tmp_path: Path) -> None:
    world = World()
    sent: list[float] = []
    waits: list[float] = []

    def life(number: int) -> None:
        clock = ProcessClock(world)
        pacer = Pacer(process_folder(tmp_path, number), "k", "query", REAL, clock)
        for _ in range(10):
            clock.slept = 0.0
            pacer.take("ka10075")
            waits.append(clock.slept)
            sent.append(clock.last_seen)

    for number in range(20):
        world.start(lambda number=number: life(number))  # type: ignore[misc]
    world.run()
    assert len(sent) == 200
    assert_never_above(5, sent)
    assert 200 / (max(sent) - min(sent)) >= 0.9 * 5
    assert max(waits) <= 1.1 * 20 / (5 / 1.08)


def test_a_slower_api_id_does_not_hold_others_up(tmp_path: Path) -> None:
    clock = FakeClock()
    busy = Pacer(tmp_path, "k", "query", MOCK, clock)
    for _ in range(4):
        busy.take("ka10075")
    before = clock.seconds
    busy.take("kt00018")
    assert clock.seconds - before < 1.06


def test_each_refusal_halves_down_to_one_evenly_spaced(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    assert pacer.state()["limits"] == {}
    limits = []
    for _ in range(4):
        pacer.refused("ka10075")
        limits.append(limit(pacer, "ka10075"))
    assert limits == [2.5, 1.25, 1.0, 1.0]
    taken = slots_of(tmp_path, clock, "ka10075", 3)
    assert taken == pytest.approx([1001.08, 1002.16, 1003.24], abs=0.001)
    assert limit(pacer, "kt00018") is None
    assert pacer.state()["last_refusal"]["api_id"] == "ka10075"


def test_a_waiter_and_a_newcomer_share_the_reduced_rate(tmp_path: Path) -> None:
    world = World()
    sent: list[float] = []

    def process(number: int, start: float, *, refused: bool = False) -> None:
        def life() -> None:
            clock = ProcessClock(world)
            clock.sleep(start)
            pacer = Pacer(process_folder(tmp_path, number), "k", "query", REAL, clock)
            if refused:
                pacer.refused("ka10075")
                return
            pacer.take("ka10075")
            sent.append(clock.last_seen)

        world.start(life)

    for number in range(6):
        process(number, 0.0)
    process(6, 0.5, refused=True)
    process(7, 0.6)
    world.run()
    # The sixth waited when the refusal came, the other one arrived after it.
    assert sorted(sent)[5] - sorted(sent)[4] >= 1.08
    assert sorted(sent)[6] - sorted(sent)[5] >= 1.08 / 2.5 - 0.04


def test_quiet_minutes_raise_the_limit_to_its_start_and_forget_the_refusal(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    for _ in range(3):
        pacer.refused("ka10075")
    steps = []
    for _ in range(8):
        clock.seconds += 600
        steps.append(limit(pacer, "ka10075"))
    assert steps == [1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, None]
    assert max(slots_of(tmp_path, clock, "ka10075", 5)) - clock.seconds < 0.001


def test_a_refusal_ends_the_quiet_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    pacer.refused("ka10075")
    clock.seconds += 1200
    assert limit(pacer, "ka10075") == 3.5
    pacer.refused("ka10075")
    clock.seconds += 599
    assert limit(pacer, "ka10075") == 1.75


def test_mock_loses_its_burst_for_ten_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", MOCK, clock)

    def two() -> float:
        clock.seconds += 10
        pacer.take("ka10075")
        first = clock.seconds
        pacer.take("ka10075")
        return clock.seconds - first

    assert two() < 0.001
    pacer.refused("ka10075")
    assert two() == pytest.approx(1.08, abs=0.001)
    clock.seconds += 600
    assert two() < 0.001


def test_a_refusal_lets_everybody_wait_a_window(tmp_path: Path) -> None:
    clock = FakeClock()
    Pacer(tmp_path, "k", "query", REAL, clock).refused("ka10075")
    Pacer(tmp_path, "k", "order", REAL, clock).take("kt10000")
    assert clock.seconds == 1000
    Pacer(tmp_path, "other", "query", REAL, clock).take("kt00018")
    assert clock.seconds == 1000
    Pacer(tmp_path, "k", "query", REAL, clock).take("kt00018")
    assert clock.seconds == pytest.approx(1001.08, abs=0.001)


def test_more_than_the_patience_is_busy_and_reserves_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    slots_of(tmp_path, clock, "ka10075", 5)
    pacer = Pacer(tmp_path, "k", "query", REAL, clock, patience=0.5)
    reserved = (tmp_path / "rate-k-query.json").read_bytes()
    with pytest.raises(errors.Busy, match=r"ka10075 would wait 1\.0 s|1\.1 s") as caught:
        pacer.take("ka10075")
    assert caught.value.exit_code == 9
    assert "share the limit" in str(caught.value)
    assert (tmp_path / "rate-k-query.json").read_bytes() == reserved
    clock.seconds += 1.08
    pacer.take("ka10075")


def test_a_process_that_was_stopped_reserves_again(tmp_path: Path) -> None:
    clock = FakeClock()
    other = FakeClock()
    slots_of(tmp_path, clock, "ka10075", 5)

    class StoppedClock(FakeClock):
        stopped = False

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not self.stopped:
                self.stopped = True
                self.seconds += 30
                other.seconds = self.seconds
                slots_of(process_folder(tmp_path, 1), other, "ka10075", 5)

    late = StoppedClock()
    Pacer(tmp_path, "k", "query", REAL, late).take("ka10075")
    assert late.seconds == pytest.approx(other.seconds + 1.08, abs=0.001)


def test_long_waits_are_announced(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    pacer = Pacer(
        tmp_path, "k", "query", REAL, FakeClock(), on_wait=lambda *wait: heard.append(wait)
    )
    for _ in range(5):
        pacer.take("ka10075")
    assert heard == []
    pacer.take("ka10075")
    assert [api_id for api_id, _ in heard] == ["ka10075"]
    assert heard[0][1] == pytest.approx(1.08, abs=0.001)


@pytest.mark.parametrize(
    ("key_id", "caps", "patience"),
    [
        ("../x", REAL, 60.0),
        ("", REAL, 60.0),
        ("k", Caps(0, 1, 1), 60.0),
        ("k", Caps(1, 0, 1), 60.0),
        ("k", Caps(1, 1, 0), 60.0),
        ("k", REAL, -1.0),
        ("k", REAL, 301.0),
    ],
)
def test_arguments_no_caller_should_pass(
    tmp_path: Path, key_id: str, caps: Caps, patience: float
) -> None:
    with pytest.raises(ValueError, match=r"is not|out of range"):
        Pacer(tmp_path, key_id, "query", caps, FakeClock(), patience=patience)
