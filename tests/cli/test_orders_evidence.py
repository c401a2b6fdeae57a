"""What resolve makes of a lost reply: strangers' orders, finality, and what a person says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import ordering
from tests.cli.conftest import Ran
from tests.cli.ordering import (
    CODE,
    OTHER_CODE,
    QUICK,
    SINGLE,
    Desk,
    Room,
    complaints,
    the_error,
    the_row,
)

HTS = "영웅문4"


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def lost(desk: Desk, when: str, *more: str) -> str:
    """Send an order whose reply is lost; return the id of the attempt."""
    desk.fault("drop", when=when, count=1)
    ran = desk.buy(*QUICK, *more)
    assert (ran.code, desk.states()[-1]) == (5, "UNKNOWN"), ran.err
    return f"{the_row(ran)['order_id']}.1"


def resolved(desk: Desk, *more: str) -> Ran:
    return desk.order("resolve", *QUICK, *more)


# Strangers' orders --------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("channel", ["REST API", HTS])
def test_what_was_there_before_is_never_taken_for_ours(desk: Desk, when: str, channel: str) -> None:
    stranger = desk.foreign(channel=channel)
    lost(desk, when)
    ran = resolved(desk)
    if when == "before":
        assert (ran.code, desk.states()) == (5, ["UNKNOWN"]), ran.err
        return
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err
    number = the_row(ran)["broker_order_id"]
    assert number == desk.orders()[-1]["ord_no"] != stranger


@pytest.mark.parametrize(
    "change",
    [
        {"channel": HTS},
        {"channel": "영웅문S#"},
        {"quantity": 4},
        {"price": 0, "type": "market"},
        {"type": "conditional"},
        {"exchange": "NXT"},
        {"symbol": OTHER_CODE, "price": 47_000},
        {"appkey": "sim-002-appkey"},
        {"side": "sell", "appkey": "sim-002-appkey"},
    ],
)
def test_an_order_that_is_not_alike_is_never_ours(desk: Desk, change: dict[str, Any]) -> None:
    desk.price(OTHER_CODE, 47_850)
    lost(desk, "before")
    desk.foreign(**change)
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])


def test_another_channels_order_leaves_ours_alone(desk: Desk) -> None:
    lost(desk, "after")
    desk.foreign(channel=HTS)
    ran = resolved(desk)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err
    assert the_row(ran)["broker_order_id"] == desk.orders()[0]["ord_no"]


def test_two_that_could_be_ours_are_a_persons_to_tell_apart(desk: Desk) -> None:
    attempt = lost(desk, "after", "--id", "key")
    stranger = desk.foreign()
    ours = desk.orders()[0]["ord_no"]
    ran = resolved(desk)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    for number in (ours, stranger):
        assert number in ran.err
    assert "--number" in ran.err
    assert desk.states() == ["AMBIGUOUS"]
    # It goes on to block and to bind.
    blocked = desk.buy(quantity=4)
    assert (blocked.code, the_row(blocked)["reason_code"]) == (7, "open_unknown")
    assert desk.buy("--id", "key", *QUICK).code == 5
    ran = desk.order("resolve", attempt, "--number", ours.lstrip("0"))
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    assert the_row(ran)["broker_order_id"] == ours
    assert (desk.states(), desk.sent()) == (["MATCHED"], 1)
    row = the_row(desk.buy("--id", "key"))
    assert (row["replayed"], row["broker_order_id"]) == (True, ours)
    assert desk.bought(quantity=4)["state"] == "accepted"


def test_an_order_of_ours_that_is_owned_is_no_candidate(desk: Desk) -> None:
    lost(desk, "after")
    assert resolved(desk).code == 0
    desk.fault("drop", count=1)
    ran = desk.buy(*QUICK, "--allow", "DUPLICATE")
    assert ran.code == 5, ran.err
    assert (resolved(desk).code, desk.states()) == (5, ["MATCHED", "UNKNOWN"])


@pytest.mark.parametrize("fate", ["fill", "cancel"])
def test_an_order_may_be_filled_or_cancelled_by_then(desk: Desk, fate: str) -> None:
    lost(desk, "after")
    number = desk.orders("kt10000")[0]["ord_no"]
    if fate == "fill":
        desk.control("fill", ord_no=number)
    else:
        desk.foreign(action="cancel", target=int(number), price=0, quantity=0)
    ran = resolved(desk)
    assert (ran.code, the_row(ran)["broker_order_id"]) == (0, number), ran.err


def test_a_sor_order_is_found_as_one(desk: Desk) -> None:
    lost(desk, "after", "--exchange", "SOR")
    ran = resolved(desk)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err


# Until it is final --------------------------------------------------------------------------------


def test_absence_is_final_after_two_reads_late_in_the_evening(desk: Desk) -> None:
    lost(desk, "before", "--id", "key")
    for clock in ("10:40:00", "15:40:00", "20:29:50"):
        desk.set_time(clock)
        assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("20:35:00")
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("20:35:55")
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("20:36:02")
    ran = resolved(desk)
    assert (ran.code, the_row(ran)["state"]) == (0, "not_sent"), ran.err
    assert desk.states() == ["ABSENT"]
    # The key still binds; nothing is sent under it.
    again = desk.buy("--id", "key", *QUICK)
    row = the_row(again)
    assert (row["state"], row["replayed"]) == ("not_sent", True)
    assert again.code != 0
    assert (desk.sent(), desk.orders()) == (1, [])
    # It blocks nothing any more.
    tried = desk.buy("--dry-run", quantity=4)
    assert tried.code == 0, tried.err


def test_absence_is_final_on_a_later_day_too(desk: Desk) -> None:
    lost(desk, "before")
    day = ordering.next_day(desk)
    desk.set_time("08:10:00", day)
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("08:11:30", day)
    assert (resolved(desk).code, desk.states()) == (0, ["ABSENT"])


def test_an_order_that_shows_up_between_the_reads_is_found(desk: Desk) -> None:
    desk.fault("list_lag", seconds=38_160, count=1)  # until 20:36
    lost(desk, "after")
    desk.set_time("20:35:00")
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("20:36:30")
    assert (resolved(desk).code, desk.states()) == (0, ["MATCHED"])


def test_a_list_that_lacks_an_order_of_ours_proves_no_absence(desk: Desk) -> None:
    desk.bought(quantity=5)
    lost(desk, "before")
    desk.fault("kt00007_empty")
    for clock in ("20:35:00", "20:36:30", "20:40:00"):
        desk.set_time(clock)
        assert (resolved(desk).code, desk.states()) == (5, ["ACCEPTED", "UNKNOWN"])
    desk.heal()
    for clock in ("20:45:00", "20:46:30"):
        desk.set_time(clock)
        resolved(desk)
    assert desk.states() == ["ACCEPTED", "ABSENT"]


def test_a_list_that_lacks_what_was_there_before_proves_no_absence(desk: Desk) -> None:
    desk.foreign(quantity=7)
    lost(desk, "before")
    desk.fault("kt00007_empty")
    for clock in ("20:35:00", "20:36:30", "20:40:00"):
        desk.set_time(clock)
        assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])


@pytest.mark.parametrize("api_id", ["kt00007", "ka10075", "ka10076"])
def test_lists_that_cannot_be_read_whole_say_nothing(desk: Desk, api_id: str) -> None:
    lost(desk, "after")
    desk.set_time("20:35:00")
    desk.fault("ip_mismatch", api_id)
    for clock in ("20:35:00", "20:36:30"):
        desk.set_time(clock)
        ran = resolved(desk)
        assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert desk.states() == ["UNKNOWN"]
    desk.heal()
    assert (resolved(desk).code, desk.states()) == (0, ["MATCHED"])


def test_a_short_settle_never_waits_a_minute_for_finality(desk: Desk) -> None:
    lost(desk, "before")
    desk.set_time("20:35:00")
    assert desk.order("resolve", "--settle", "0.2").code == 5
    assert desk.states() == ["UNKNOWN"]


# A person -----------------------------------------------------------------------------------------


def test_a_person_names_the_number_of_an_order_never_found(desk: Desk) -> None:
    attempt = lost(desk, "before")
    stranger = desk.foreign(channel=HTS)
    ran = desk.order("resolve", attempt, "--number", stranger)
    assert (ran.code, the_row(ran)["broker_order_id"]) == (0, stranger), ran.err
    assert (desk.states(), desk.sent()) == (["MATCHED"], 1)
    assert desk.ledger()[0]["settled_by"].startswith("person")


def test_a_number_that_cannot_be_ours_is_refused(desk: Desk) -> None:
    before = desk.foreign(quantity=7)
    owned = desk.bought(quantity=8)["broker_order_id"]
    attempt = lost(desk, "before")
    desk.price(OTHER_CODE, 47_850)
    wrong = {
        "before": before,
        "owned": owned,
        "other code": desk.foreign(symbol=OTHER_CODE, price=47_000),
        "sell": desk.foreign(symbol="005930", side="sell", price=desk.price("005930")),
        "zero": "0",
        "long": "12345678",
        "letters": "12a",
    }
    for name, number in wrong.items():
        ran = desk.run("resolve", attempt, "--number", number)
        assert ran.code == 2, (name, ran.err)
        assert len(complaints(ran)) == 1
    assert desk.states() == ["ACCEPTED", "UNKNOWN"]


def test_a_person_says_absent_and_types_the_id_again(desk: Desk) -> None:
    attempt = lost(desk, "before", "--id", "key")
    for more in ([], ["--confirm", "20261120-3m7q9k2d.1"], ["--confirm", ""]):
        ran = desk.run("resolve", attempt, "--absent", *more)
        assert ran.code == 2, ran.err
        assert desk.states() == ["UNKNOWN"]
    assert attempt in desk.run("resolve", attempt, "--absent").err
    ran = desk.order("resolve", attempt, "--absent", "--confirm", attempt)
    assert (ran.code, the_row(ran)["state"]) == (0, "not_sent"), ran.err
    assert (desk.states(), desk.sent()) == (["ABSENT"], 1)
    assert desk.ledger()[0]["settled_by"].startswith("person")
    assert the_row(desk.buy("--id", "key"))["replayed"] is True
    # ABSENT counts as an equal order of the last minutes: it may have been wrong.
    ran = desk.buy()
    assert (ran.code, [v["code"] for v in the_row(ran)["risk"]]) == (2, ["DUPLICATE"])
    assert desk.bought(quantity=4)["state"] == "accepted"


def test_words_that_make_no_sense_settle_nothing(desk: Desk) -> None:
    attempt = lost(desk, "after")
    for words in (
        ["--absent"],
        ["--number", "701"],
        [attempt, "--absent", "--number", "701"],
        ["20261120-3m7q9k2d.1"],
        ["20261120-3m7q9k2d"],
        ["20261120"],
        [""],
        [f"{attempt}.1"],
        [attempt, "--number", ""],
        [attempt, "--confirm", "x", "--number", "x"],
        ["--settle", "-1"],
        ["--settle", "3601"],
        ["--settle", "nan"],
    ):
        ran = desk.run("resolve", *words)
        assert (ran.code, desk.states()) == (2, ["UNKNOWN"]), (words, ran.err)
        assert len(complaints(ran)) == 1, words


def test_one_of_several_is_resolved_by_either_of_its_names(desk: Desk) -> None:
    first = lost(desk, "after")
    desk.price(OTHER_CODE, 47_850)
    desk.fault("drop", when="after", count=1)
    words = ("buy", OTHER_CODE, "1", "-p", "sim-002", "--yes", "--price", "47000", *QUICK)
    second = the_row(desk.order(*words))["order_id"]
    ran = resolved(desk, second.upper())
    assert (ran.code, the_row(ran)["profile"]) == (0, "sim-002"), ran.err
    assert desk.states() == ["UNKNOWN", "MATCHED"]
    ran = resolved(desk, first)
    assert (ran.code, desk.states()) == (0, ["MATCHED", "MATCHED"]), ran.err
    again = resolved(desk, first)
    assert (again.code, the_row(again)["state"]) == (0, "accepted")
    late = desk.run("resolve", first, "--absent", "--confirm", first)
    assert (late.code, desk.states()) == (2, ["MATCHED", "MATCHED"])


def test_nothing_open_is_nothing_to_do(desk: Desk) -> None:
    ran = resolved(desk)
    assert (ran.code, ran.document["data"], ran.document["errors"]) == (0, [], [])


# What is open stands in the way and is named ------------------------------------------------------


def test_an_open_outcome_blocks_its_code_only(desk: Desk) -> None:
    owned = desk.bought(quantity=5)["broker_order_id"]
    attempt = lost(desk, "before")
    desk.price(OTHER_CODE, 47_850)
    for words in (
        ("buy", CODE, "9", "--price", str(desk.low - 50), *SINGLE),
        ("sell", CODE, "1", "--price", str(desk.high), *SINGLE, "--allow", "SELLABLE"),
        ("modify", owned, "--price", str(desk.low - 60), *SINGLE),
    ):
        ran = desk.order(*words)
        assert (ran.code, the_row(ran)["state"]) == (7, "refused"), ran.err
        assert the_row(ran)["reason_code"] == "open_unknown"
        assert attempt in the_error(ran)["message"]
        assert f"kiwoomctl resolve {attempt}" in ran.err
    assert desk.sent("kt10000", "kt10001", "kt10002") == 2
    assert desk.order("buy", OTHER_CODE, "1", *SINGLE, "--price", "47000").code == 0
    assert desk.order("cancel", owned, *SINGLE).code == 0
    assert (
        desk.order("buy", CODE, "3", "-p", "sim-002", "--yes", "--price", str(desk.low)).code == 0
    )


def test_every_command_names_what_is_open(desk: Desk) -> None:
    desk.price(OTHER_CODE, 47_850)
    attempt = lost(desk, "before")
    for words in (
        ["cash"],
        ["positions", "-q"],
        ["summary", "-o", "json"],
        ["orders", "-q", "-o", "csv"],
        ["fills"],
        ["accounts", "-q"],
        ["ledger", "list", "-q"],
        ["cancel", "--all", "-p", "sim-002", "--yes", "-q"],
        ["buy", OTHER_CODE, "1", "--price", "47000", "-p", "sim-001", "--yes", "-q"],
        ["doctor", "-q"],
    ):
        ran = desk.run(*words)
        lines = [line for line in ran.err.splitlines() if attempt in line]
        assert len(lines) == 1, (words, ran.err)
        assert f"kiwoomctl resolve {attempt}" in lines[0]
        assert CODE in lines[0]


def test_the_very_command_names_its_own_unknown_once(desk: Desk) -> None:
    desk.fault("drop", count=1)
    ran = desk.buy(*QUICK, "-q")
    attempt = f"{the_row(ran)['order_id']}.1"
    assert len([line for line in ran.err.splitlines() if attempt in line]) == 1
    ran = resolved(desk, "-q")
    assert len([line for line in ran.err.splitlines() if attempt in line]) == 1
