"""``cancel --all``: which orders it takes, and that it never takes others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, OTHER_CODE, QUICK, Desk, Room, the_error, the_row


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room() as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def open_numbers(desk: Desk) -> set[str]:
    return {order["ord_no"] for order in desk.orders() if order["status"] in {"open", "partial"}}


def a_few(desk: Desk) -> dict[str, str]:
    """Place orders of two accounts, sides and codes; return their numbers."""
    other = desk.price(OTHER_CODE)
    words = ("--yes", "-p", "sim-002", "--price")
    return {
        "buy": desk.bought()["broker_order_id"],
        "other": the_row(desk.order("buy", OTHER_CODE, "1", *words, str(other - 500)))[
            "broker_order_id"
        ],
        "sell": the_row(desk.order("sell", CODE, "5", *words, str(desk.high)))["broker_order_id"],
        "foreign": desk.foreign(appkey="sim-003-appkey", quantity=1, channel="영웅문S#"),
    }


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["-p", "all"], []),
        (["-p", "sim-001,sim-002"], ["foreign"]),
        (["-p", "@two"], ["buy"]),
        (["-p", "all", "--symbol", CODE], ["other"]),
        (["-p", "all", "--side", "buy"], ["sell"]),
        (["-p", "all", "--side", "sell", "--symbol", CODE], ["buy", "other", "foreign"]),
        (["-p", "sim-001", "--side", "sell"], ["buy", "other", "sell", "foreign"]),
    ],
)
def test_cancel_all_takes_what_is_chosen(desk: Desk, words: list[str], left: list[str]) -> None:
    desk.use(tail='[groups]\ntwo = ["sim-002", "sim-003"]\n')
    numbers = a_few(desk)
    ran = desk.order("cancel", "--all", "--yes", *words)
    assert ran.code == 0, ran.err
    assert open_numbers(desk) == {numbers[name] for name in left}
    cancelled = {row["original_order_id"] for row in ran.document["data"]}
    assert cancelled == set(numbers.values()) - open_numbers(desk)
    assert all(row["state"] == "accepted" for row in ran.document["data"])


def test_cancel_all_asks_first(desk: Desk) -> None:
    a_few(desk)
    ran = desk.order("cancel", "--all", "-p", "all")
    assert (ran.code, desk.sent("kt10003")) == (2, 0)
    assert "--yes" in ran.err
    tried = desk.order("cancel", "--all", "-p", "all", "--dry-run")
    assert (tried.code, len(tried.document["data"]), desk.sent("kt10003")) == (0, 4, 0)
    nobody = desk.order("cancel", "--all", "--yes")
    assert (nobody.code, desk.sent("kt10003")) == (2, 0)
    assert "-p" in nobody.err


def test_nothing_to_cancel_is_no_failure(desk: Desk) -> None:
    ran = desk.order("cancel", "--all", "-p", "all", "--yes")
    assert (ran.code, ran.document["data"], ran.document["errors"]) == (0, [], [])
    assert desk.run("cancel", "--all", "-p", "all", "--yes").code == 0


def test_more_than_twenty_are_cancelled_at_once(desk: Desk) -> None:
    for n in range(23):
        desk.foreign(quantity=1, price=desk.low - 10 * n)
    ran = desk.order("cancel", "--all", "-p", "sim-001", "--yes")
    assert ran.code == 0, ran.err
    assert len(ran.document["data"]) == 23
    assert (open_numbers(desk), desk.sent("kt10003")) == (set(), 23)


def test_one_failing_account_keeps_no_other_from_being_cleared(desk: Desk) -> None:
    numbers = a_few(desk)
    desk.fault("ip_mismatch", "ka10075", appkey="sim-002-appkey")
    ran = desk.order("cancel", "--all", "-p", "all", "--yes")
    assert ran.code == 6, ran.err
    assert the_error(ran)["profile"] == "sim-002"
    assert open_numbers(desk) == {numbers["other"], numbers["sell"]}


def test_an_order_whose_outcome_is_open_is_told(desk: Desk) -> None:
    """It may live and not be listed yet, so that not everything is known to be cancelled."""
    owned = desk.bought()["broker_order_id"]
    desk.fault("list_lag", seconds=60, count=1)
    desk.fault("drop", when="after", count=1)
    lost = the_row(desk.buy(*QUICK, quantity=4))["order_id"]
    ran = desk.order("cancel", "--all", "-p", "all", "--yes")
    assert ran.code == 5, ran.err
    assert f"kiwoomctl resolve {lost}.1" in ran.err
    assert desk.order_of(owned)["status"] == "cancelled"
    assert desk.order("cancel", "--all", "-p", "sim-002", "--yes").code == 0
