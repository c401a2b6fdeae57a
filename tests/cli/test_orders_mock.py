"""Orders at a server that behaves like the mock one: its codes, its hours, its only exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, Room, complaints, risks, the_row


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(env="mock", accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def test_an_order_goes_its_way_there_too(desk: Desk) -> None:
    ran = desk.buy()
    row = the_row(ran)
    assert (ran.code, row["state"], risks(row)) == (0, "accepted", {}), ran.err
    assert ran.document["environment"] == "sim"
    number = row["broker_order_id"]
    changed = desk.order("modify", number, "--price", str(desk.low + 10), *SINGLE)
    assert (changed.code, the_row(changed)["original_order_id"]) == (0, number), changed.err
    assert desk.order("cancel", number, *SINGLE).code == 0
    assert [order["status"] for order in desk.orders()] == ["modified", "cancelled", "done"]


@pytest.mark.parametrize("exchange", ["NXT", "SOR"])
def test_another_exchange_is_its_rejection(desk: Desk, exchange: str) -> None:
    ran = desk.buy("--exchange", exchange)
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", "RC9000"), ran.err
    assert desk.states() == ["REJECTED"]


def test_the_real_mock_accounts_are_told_before_anything_is_asked(desk: Desk) -> None:
    desk.use('[profiles.paper]\nbroker = "kiwoom"\nenvironment = "mock"\n'
             'secret = { source = "env" }\n')  # fmt: skip
    for more in (["--exchange", "NXT"], ["--exchange", "sor"]):
        ran = desk.run("buy", CODE, "3", "-p", "paper", "--yes", "--price", "1000", *more)
        assert ran.code == 2, ran.err
        [line] = complaints(ran)
        assert "paper" in line
        assert "KRX" in line


@pytest.mark.parametrize(
    ("clock", "code"), [("08:30:00", "RC4057"), ("15:31:00", "RC4058"), ("20:00:00", "RC4058")]
)
def test_its_hours_have_codes_of_their_own(desk: Desk, clock: str, code: str) -> None:
    desk.set_time(clock, ordering.next_day(desk))
    ran = desk.buy()
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", code), ran.err
    assert (desk.states(), desk.orders()) == (["REJECTED"], [])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["buy", CODE, "900", "--price", "{low}", "--allow", "CASH,VALUE"], "RC4025"),
        (["sell", CODE, "300", "-p", "sim-002", "--price", "{high}", "--allow",
          "SELLABLE,VALUE"], "800033"),
        (["buy", "122630", "1", "--market", "--allow", "MARKET"], "RC4007"),
        (["buy", CODE, "3", "--type", "pre-close"], "RC9000"),
    ],
)  # fmt: skip
def test_its_refusals_are_definite(desk: Desk, words: list[str], code: str) -> None:
    values = {"low": desk.low, "high": desk.high}
    account = [] if "-p" in words else ["-p", "sim-001"]
    ran = desk.order(*(word.format(**values) for word in words), "--yes", *account)
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", code), ran.err
    assert desk.states() == ["REJECTED"]


def test_a_cancel_with_nothing_left_is_done(desk: Desk) -> None:
    number = desk.bought()["broker_order_id"]
    desk.fault(
        "backend", "kt10003", "after", code="RC4033", text="정정/취소할 수량이 없습니다", count=1
    )
    ran = desk.order("cancel", number, *SINGLE)
    assert ran.code == 0, ran.err
    assert "cancelled" in the_row(ran)["message"]


def test_an_empty_list_of_the_day_never_makes_absence_final(desk: Desk) -> None:
    desk.bought(quantity=5)
    desk.fault("drop", count=1)
    assert desk.buy(*QUICK).code == 5
    desk.fault("kt00007_empty")
    for clock in ("20:35:00", "20:36:30", "20:38:00"):
        desk.set_time(clock)
        assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["ACCEPTED", "UNKNOWN"]


def test_a_lost_order_is_found_there_too(desk: Desk) -> None:
    desk.fault("http_500", when="after", count=1)
    assert desk.buy(*QUICK).code == 5
    ran = desk.order("resolve", *QUICK)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err
