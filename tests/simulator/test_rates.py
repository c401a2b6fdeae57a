"""Rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiwoomctl.errors import UsageError
from kiwoomctl.simulator.host import Host, HostOptions

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire


def burst(wire: Wire, count: int, api_id: str = "ka00001") -> list[int]:
    return [wire.send(api_id).status_code for _ in range(count)]


def test_terms_lets_five_reads_into_any_second(make_wire: MakeWire) -> None:
    wire = make_wire(rate="terms").sign_in()
    taken: list[float] = []
    for _ in range(400):
        if wire.send("ka00001").status_code == 200:
            taken.append(wire.clock.seconds)
        wire.clock.advance(0.013)
    assert len(taken) > 20
    windows = [sum(1 for t in taken if start <= t < start + 1) for start in taken]
    assert max(windows) == 5


def test_terms_counts_all_reads_of_a_key_together(make_wire: MakeWire) -> None:
    wire = make_wire(rate="terms").sign_in()
    assert burst(wire, 3) == [200] * 3
    assert burst(wire, 3, "kt00018") == [200, 200, 429]


def test_terms_counts_each_key_by_itself(make_wire: MakeWire) -> None:
    wire = make_wire(rate="terms").sign_in()
    assert burst(wire, 6)[-1] == 429
    wire.number = 2
    assert burst(wire.sign_in(), 5) == [200] * 5


def test_strict_is_one_a_second_in_bursts_of_two(make_wire: MakeWire) -> None:
    wire = make_wire(rate="strict").sign_in()
    assert burst(wire, 3) == [200, 200, 429]
    wire.clock.advance(1)
    assert burst(wire, 2) == [200, 429]


def test_observed_is_seven_a_second(make_wire: MakeWire) -> None:
    wire = make_wire(rate="observed").sign_in()
    assert burst(wire, 8) == [200] * 7 + [429]


def test_off_has_no_limit(make_wire: MakeWire) -> None:
    wire = make_wire(rate="off").sign_in()
    assert burst(wire, 30) == [200] * 30


@pytest.mark.parametrize(("rate", "limit"), [("terms", 5), ("strict", 1), ("observed", 7)])
def test_a_refusal_is_429_with_1700_and_nothing_else(
    make_wire: MakeWire, rate: str, limit: int
) -> None:
    wire = make_wire(rate=rate).sign_in()
    burst(wire, limit + 1 if rate == "strict" else limit)
    reply = wire.send("ka00001")
    assert reply.status_code == 429
    assert "retry-after" not in reply.headers
    assert reply.json() == {
        "return_msg": "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청 개수를 "
        f"초과하였습니다. 유량={limit}, API ID=ka00001]",
        "return_code": 5,
    }
    assert list(reply.json()) == ["return_msg", "return_code"]


def test_two_trs_have_separate_buckets(make_wire: MakeWire) -> None:
    wire = make_wire(rate="strict").sign_in()
    assert burst(wire, 3) == [200, 200, 429]
    assert burst(wire, 3, "kt00018") == [200, 200, 429]


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(UsageError, match="fast"):
        Host(HostOptions(rate="fast"))
