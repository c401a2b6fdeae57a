"""What stands in the file of a rate: after a reboot, damaged, impossible, too long."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiwoomctl import errors
from kiwoomctl.brokers.pacing import Kind, Pacer
from tests.brokers.paced import REAL, FakeClock, limit, slots_of


@pytest.mark.parametrize("uptime", [3.0, 999.5])
def test_a_reboot_drops_slots_and_keeps_limits(tmp_path: Path, uptime: float) -> None:
    clock = FakeClock(1_000_000.0)
    pacer = Pacer(tmp_path, "k", "query", REAL, clock)
    pacer.refused("ka10075")
    pacer.refused("ka10075")
    slots_of(tmp_path, clock, "ka10075", 20)
    clock.seconds = uptime
    assert limit(pacer, "ka10075") == 1.25
    pacer.take("ka10075")
    assert clock.seconds - uptime == pytest.approx(1.08, abs=0.001)


def test_another_boot_with_a_later_clock_is_noticed(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "rate-k-query.json"
    slots_of(tmp_path, clock, "ka10075", 20)
    path.write_text(json.dumps({**json.loads(path.read_text()), "boot": "another"}))
    before = clock.seconds
    slots_of(tmp_path, clock, "ka10075", 5)
    assert clock.seconds - before == pytest.approx(1.08, abs=0.001)


@pytest.mark.parametrize(
    "change",
    [
        {"slots": [[10**15, 1]]},
        {"opens_at": 10**15},
        {"api_ids": {"ka10075": [1.0, 10**15, 10**15, 10**15]}},
    ],
)
def test_times_that_cannot_be_are_clamped(tmp_path: Path, change: dict[str, object]) -> None:
    clock = FakeClock()
    path = tmp_path / "rate-k-query.json"
    slots_of(tmp_path, clock, "kt00018", 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    slots_of(tmp_path, clock, "ka10075", 1)
    assert clock.seconds - 1000 <= 1.09


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\x00" * 512,
        b"\xff\xfe",
        b"[" * 60_000,
        b" " * 70_000,
        b'{"version":2}',
        (
            b'{"version":1,"boot":"","written":0,"opens_at":0,"numbered":0,"slots":[["a",1]],'
            b'"api_ids":{},"last_refusal":null}'
        ),
        (
            b'{"version":1,"boot":"","written":0,"opens_at":0,"numbered":0,"slots":[],'
            b'"api_ids":{"x":[NaN,1,1,1]},"last_refusal":null}'
        ),
    ],
)
def test_a_damaged_file_costs_one_window(tmp_path: Path, content: bytes) -> None:
    clock = FakeClock()
    (tmp_path / "rate-k-query.json").write_bytes(content)
    impatient = Pacer(tmp_path, "k", "query", REAL, clock, patience=0.1)
    with pytest.raises(errors.Busy):
        impatient.take("ka10075")
    clock.seconds += 1.08
    impatient.take("ka10075")
    assert (tmp_path / "rate-k-query.json").stat().st_size <= 65_536
    assert json.loads((tmp_path / "rate-k-query.json").read_text())["version"] == 1


@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_no_content_is_an_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rate-k-query.json").write_bytes(content)
        slots_of(Path(folder), FakeClock(), "ka10075", 2)


def test_the_file_stays_small(tmp_path: Path) -> None:
    clock = FakeClock()
    pacer = Pacer(tmp_path, "k", "query", REAL, clock, patience=300)
    for number in range(300):
        pacer.take(f"ka{number:05}")
        pacer.refused(f"kt{number:05}")
    path = tmp_path / "rate-k-query.json"
    assert path.stat().st_size < 8192
    assert len(pacer.state()["limits"]) <= 100
    clock.seconds += 86_400
    pacer.take("ka10075")
    content = json.loads(path.read_text())
    assert list(content["api_ids"]) == ["ka10075"]
    assert len(content["slots"]) == 1
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["query", "order"])
def test_a_rate_file_that_cannot_be_used_is_a_state_error(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / f"rate-k-{kind}.json").mkdir()
    with pytest.raises(errors.StateError, match=f"rate-k-{kind}"):
        Pacer(tmp_path, "k", kind, REAL, FakeClock()).take("ka10075")
