"""Modify and cancel: which order is meant, what is sent, and what cannot be changed any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.conftest import Ran
from tests.cli.ordering import (
    CODE,
    FIELDS,
    QUICK,
    SINGLE,
    Desk,
    Room,
    complaints,
    risks,
    the_error,
    the_row,
)


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def modify(desk: Desk, order: str, price: int, *more: str) -> Ran:
    return desk.order("modify", order, "--price", str(price), *SINGLE, *more)


def open_numbers(desk: Desk) -> set[str]:
    return {order["ord_no"] for order in desk.orders() if order["status"] in {"open", "partial"}}


# Modify -------------------------------------------------------------------------------------------


def test_a_modify_gets_a_new_number_and_names_the_old_one(desk: Desk) -> None:
    first = desk.bought()
    ran = modify(desk, first["broker_order_id"], desk.low + 50)
    assert ran.code == 0, ran.err
    row = the_row(ran)
    assert list(row) == FIELDS
    newest = desk.orders("kt10002")[-1]
    assert row["broker_order_id"] == newest["ord_no"] != first["broker_order_id"]
    assert row["original_order_id"] == first["broker_order_id"]
    assert (row["state"], row["side"], row["symbol"]) == ("accepted", "buy", CODE)
    assert (row["price"], row["type"], row["exchange"]) == (desk.low + 50, "limit", "KRX")
    assert newest["body"] == {
        "dmst_stex_tp": "KRX",
        "orig_ord_no": first["broker_order_id"],
        "stk_cd": CODE,
        "mdfy_qty": "0",
        "mdfy_uv": str(desk.low + 50),
        "mdfy_cond_uv": "",
    }
    assert (newest["remaining"], newest["price"]) == (3, desk.low + 50)
    assert open_numbers(desk) == {newest["ord_no"]}


def test_a_chain_of_three_goes_on_under_any_of_its_names(desk: Desk) -> None:
    first = desk.bought()
    second = the_row(modify(desk, first["broker_order_id"], desk.low + 10))
    third = the_row(modify(desk, first["broker_order_id"].lstrip("0"), desk.low + 20))
    assert third["original_order_id"] == second["broker_order_id"]
    fourth = the_row(modify(desk, first["order_id"], desk.low + 30))
    assert fourth["original_order_id"] == third["broker_order_id"]
    last = the_row(modify(desk, second["order_id"], desk.low + 40))
    assert last["original_order_id"] == fourth["broker_order_id"]
    assert [order["root"] for order in desk.orders("kt10002")] == [first["broker_order_id"]] * 4
    assert open_numbers(desk) == {last["broker_order_id"]}
    ran = desk.order("cancel", first["broker_order_id"], *SINGLE)
    assert ran.code == 0, ran.err
    assert the_row(ran)["original_order_id"] == last["broker_order_id"]
    assert open_numbers(desk) == set()


def test_a_chain_is_followed_where_the_lists_do_not_show_it_yet(desk: Desk) -> None:
    first = desk.bought()
    desk.fault("list_lag", "kt10002", seconds=600)
    second = the_row(modify(desk, first["broker_order_id"], desk.low + 10))
    ran = desk.order("cancel", first["broker_order_id"], *SINGLE)
    assert the_row(ran)["original_order_id"] == second["broker_order_id"], ran.err
    assert open_numbers(desk) == set()


def test_a_modify_is_judged_at_its_new_price(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    ran = modify(desk, order, desk.low + 1)
    assert (ran.code, risks(the_row(ran))) == (7, {"TICK": "refuse"})
    ran = modify(desk, order, desk.last * 2)
    assert (ran.code, risks(the_row(ran))["LIMIT"]) == (7, "refuse")
    ran = modify(desk, order, desk.last * 115 // 10_000 * 100)
    assert (ran.code, risks(the_row(ran))) == (2, {"COLLAR": "hold"})
    assert desk.sent("kt10002") == 0


def test_a_modify_of_the_rest_leaves_what_was_filled(desk: Desk) -> None:
    order = desk.bought(quantity=10)["broker_order_id"]
    desk.control("fill", ord_no=order, quantity=4)
    row = the_row(modify(desk, order, desk.low + 10))
    newest = desk.order_of(row["broker_order_id"])
    assert (newest["remaining"], newest["quantity"]) == (6, 6)
    assert desk.order_of(order)["filled"] == 4


def test_a_stop_order_keeps_or_changes_what_sets_it_off(desk: Desk) -> None:
    stop = str(desk.last + 100)
    words = ("buy", CODE, "3", *SINGLE, "--type", "stop", "--price", stop, "--stop-price", stop)
    order = the_row(desk.order(*words))["broker_order_id"]
    kept = the_row(modify(desk, order, desk.last + 150))
    assert desk.orders("kt10002")[-1]["stop_price"] == desk.last + 100
    more = ("--stop-price", str(desk.last + 120))
    modify(desk, kept["broker_order_id"], desk.last + 160, *more)
    assert desk.orders("kt10002")[-1]["body"]["mdfy_cond_uv"] == str(desk.last + 120)


def test_orders_without_a_price_of_their_own_are_not_modified(desk: Desk) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--type", "first")
    order = the_row(desk.order(*words))["broker_order_id"]
    ran = modify(desk, order, desk.low)
    assert (ran.code, the_row(ran)["state"]) == (2, "refused")
    assert order in the_error(ran)["message"]
    assert desk.sent("kt10002") == 0


def test_a_modify_without_a_price_is_none(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    for more in ([], ["--price", ""], ["--price", "0"]):
        ran = desk.order("modify", order, *SINGLE, *more)
        assert ran.code == 2
        assert "--price" in ran.err
    assert desk.sent("kt10002") == 0


@pytest.mark.parametrize("exchange", ["NXT", "SOR"])
def test_the_exchange_of_a_change_is_the_orders_own(desk: Desk, exchange: str) -> None:
    order = desk.bought("--exchange", exchange)["broker_order_id"]
    row = the_row(modify(desk, order, desk.low + 50))
    assert row["exchange"] == exchange
    ran = desk.order("cancel", row["broker_order_id"], *SINGLE)
    assert (ran.code, the_row(ran)["exchange"]) == (0, exchange), ran.err
    assert desk.orders("kt10003")[-1]["body"]["dmst_stex_tp"] == exchange


# Cancel -------------------------------------------------------------------------------------------


def test_a_cancel_names_all_that_remains_and_asks_nothing(desk: Desk) -> None:
    order = desk.bought()
    ran = desk.order("cancel", order["broker_order_id"], "-p", "sim-001")
    assert ran.code == 0, ran.err
    row = the_row(ran)
    assert list(row) == FIELDS
    assert (row["state"], row["side"], row["symbol"]) == ("accepted", "buy", CODE)
    assert row["original_order_id"] == order["broker_order_id"]
    [cancel] = desk.orders("kt10003")
    assert row["broker_order_id"] == cancel["ord_no"]
    assert cancel["body"] == {
        "dmst_stex_tp": "KRX",
        "orig_ord_no": order["broker_order_id"],
        "stk_cd": CODE,
        "cncl_qty": "0",
    }
    assert desk.order_of(order["broker_order_id"])["status"] == "cancelled"


def test_the_rest_of_a_partial_fill_is_cancelled(desk: Desk) -> None:
    order = desk.bought(quantity=10)["broker_order_id"]
    desk.control("fill", ord_no=order, quantity=4)
    ran = desk.order("cancel", order, *SINGLE)
    assert ran.code == 0, ran.err
    shown = desk.order_of(order)
    assert (shown["filled"], shown["cancelled"], shown["remaining"]) == (4, 6, 0)


def test_our_id_names_the_account_too(desk: Desk) -> None:
    order = desk.bought()
    ran = desk.order("cancel", order["order_id"], "--yes")
    assert (ran.code, the_row(ran)["profile"]) == (0, "sim-001"), ran.err
    ran = desk.order("cancel", desk.bought(quantity=4)["order_id"], "-p", "sim-002")
    assert (ran.code, desk.sent("kt10003")) == (2, 1)


def test_a_dry_run_of_a_change_sends_nothing(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    tried = the_row(modify(desk, order, desk.low + 10, "--dry-run"))
    assert (tried["state"], tried["request"]["mdfy_uv"]) == ("dry_run", str(desk.low + 10))
    ran = desk.order("cancel", order, *SINGLE, "--dry-run")
    assert (ran.code, the_row(ran)["state"]) == (0, "dry_run")
    assert the_row(ran)["request"]["orig_ord_no"] == order
    assert (desk.sent("kt10002", "kt10003"), len(desk.ledger())) == (0, 1)


def test_several_orders_are_cancelled_one_after_the_other(desk: Desk) -> None:
    numbers = [desk.bought(quantity=n)["broker_order_id"] for n in (1, 2, 3)]
    ran = desk.order("cancel", *numbers, numbers[0], *SINGLE)
    assert ran.code == 0, ran.err
    assert [row["original_order_id"] for row in ran.document["data"]] == numbers
    assert (open_numbers(desk), desk.sent("kt10003")) == (set(), 3)


def test_one_that_cannot_be_cancelled_keeps_no_other_from_it(desk: Desk) -> None:
    numbers = [desk.bought(quantity=n)["broker_order_id"] for n in (1, 2)]
    ran = desk.order("cancel", numbers[0], "7777777", numbers[1], *SINGLE)
    assert ran.code == 6, ran.err
    assert [row["state"] for row in ran.document["data"]] == ["accepted", "refused", "accepted"]
    assert "7777777" in the_error(ran)["message"]
    assert open_numbers(desk) == set()


@pytest.mark.parametrize("number", ["7777777", "701"])
def test_an_unknown_order_is_named(desk: Desk, number: str) -> None:
    desk.bought()
    ran = desk.order("cancel", number, *SINGLE)
    assert (ran.code, the_row(ran)["state"]) == (2, "refused")
    [line] = complaints(ran)
    assert number in line
    assert desk.sent("kt10003") == 0


def test_another_accounts_order_is_none_of_this_one(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    ran = desk.order("cancel", order, "-p", "sim-002", "--yes")
    assert (ran.code, desk.sent("kt10003")) == (2, 0)
    assert order in ran.err


def test_a_filled_order_cannot_be_cancelled(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    desk.control("fill", ord_no=order)
    for words in (("cancel", order), ("modify", order, "--price", str(desk.low))):
        ran = desk.order(*words, *SINGLE)
        assert (ran.code, the_row(ran)["state"]) == (2, "refused")
        assert "filled" in complaints(ran)[0]
    assert desk.sent("kt10002", "kt10003") == 0


def test_a_cancelled_order_is_as_it_should_be(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    assert desk.order("cancel", order, *SINGLE).code == 0
    ran = desk.order("cancel", order, *SINGLE)
    assert ran.code == 0, ran.err
    assert "cancelled" in the_row(ran)["message"]
    assert desk.sent("kt10003") == 1


@pytest.mark.parametrize("code", ["506550", "571435", "RC4033"])
def test_a_cancel_with_nothing_left_reports_what_the_order_is(desk: Desk, code: str) -> None:
    order = desk.bought()["broker_order_id"]
    # It is filled while the cancel is under way, and the lists show it only then.
    for reason in ("nothing_left", "was_cancelled"):
        desk.control("refusal", reason=reason, code=code, text="취소가능수량이 없습니다.")
    desk.fault("backend", "kt10003", code=code, text="취소가능수량이 없습니다.", count=1)
    assert desk.order("cancel", order, *SINGLE).code == 3  # open still: a refusal
    desk.fault("backend", "kt10003", "after", code=code, text="취소가능수량이 없습니다.", count=1)
    ran = desk.order("cancel", order, *SINGLE)
    assert ran.code == 0, ran.err
    assert "cancelled" in the_row(ran)["message"]
    assert desk.order_of(order)["status"] == "cancelled"


def test_orders_placed_elsewhere_can_be_changed(desk: Desk) -> None:
    number = desk.foreign(channel="영웅문4")
    row = the_row(modify(desk, number, desk.low + 10))
    assert (row["state"], row["original_order_id"]) == ("accepted", number)
    assert desk.order("cancel", row["broker_order_id"], *SINGLE).code == 0
    assert open_numbers(desk) == set()


def test_a_cancel_passes_every_check_but_environment(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    tail = "[risk]\ncount = { minute = 1, day = 1 }\n[risk.symbols]\ndeny = ['088980']\n"
    desk.use(tail=tail)
    assert desk.buy(quantity=4).code == 7
    assert desk.run("halt").code == 0
    assert desk.order("cancel", order, *SINGLE).code == 0
    assert open_numbers(desk) == set()


def test_words_that_make_no_sense_cancel_nothing(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    for words in (
        ["cancel"],
        ["cancel", order, "--all"],
        ["cancel", order, "--symbol", CODE],
        ["cancel", order, "--side", "buy"],
        ["cancel", "--all", "--side", "both"],
        ["cancel", "--all", "--symbol", "5930"],
        ["cancel", "--all", "--symbol", ""],
        ["cancel", "--all", "--id", "key"],
        ["cancel", order, "702", "--id", "key"],
        ["cancel", order, "702", "-p", "sim-002"],
        ["cancel", ""],
        ["cancel", order, ""],
        ["cancel", "0"],
        ["cancel", "12345678"],
        ["cancel", "20261120-iiiiiiii"],
        ["cancel", "20261120-3m7q9k2d"],
        ["modify", "70x1", "--price", "100"],
        ["modify", order, "702", "--price", "100"],
    ):
        ran = desk.run(*words, *SINGLE)
        assert ran.code == 2, (words, ran.err)
        assert len(complaints(ran)) == 1, words
    assert desk.sent("kt10002", "kt10003") == 0


def test_a_cancel_goes_out_again_while_an_earlier_one_is_unknown(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    desk.fault("drop", "kt10003", count=1)
    lost = desk.order("cancel", order, *SINGLE, *QUICK)
    assert (lost.code, the_row(lost)["state"]) == (5, "unknown")
    ran = desk.order("cancel", order, *SINGLE)
    assert ran.code == 0, ran.err
    assert desk.order_of(order)["status"] == "cancelled"
    assert desk.states() == ["ACCEPTED", "UNKNOWN", "ACCEPTED"]


def test_a_cancel_is_no_success_while_a_modify_of_the_order_is_open(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    desk.fault("list_lag", "kt10002", seconds=100, count=1)
    desk.fault("drop", "kt10002", "after", count=1)
    assert modify(desk, order, desk.low + 20, *QUICK).code == 5
    attempt = desk.ledger()[-1]["attempt_id"]
    ran = desk.order("cancel", order, *SINGLE)
    # The order goes on under a number that nobody knows yet.
    assert len(open_numbers(desk)) == 1
    assert (ran.code, desk.sent("kt10003")) == (5, 0), ran.err
    assert f"kiwoomctl resolve {attempt}" in ran.err
