"""An order is sent at most once, and what is said of it is what the house's record says."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, the_error, the_row
from tests.contract.houses import House

WHEN = pytest.mark.parametrize("when", ["before", "after"])
LOST: dict[str, dict[str, Any]] = {
    "drop": {},
    "reset": {},
    "truncate": {},
    "html": {},
    "empty": {},
    "http_500": {},
    "blank": {},
    "wrong_number": {},
}


def numbers(desk: Desk) -> list[str]:
    return [order["ord_no"].lstrip("0") for order in desk.orders()]


def number_of(row: dict[str, Any]) -> str:
    return str(row["broker_order_id"]).lstrip("0")


def sent(desk: Desk, house: House) -> int:
    return desk.sent(*house.orders)


def listed(desk: Desk) -> list[dict[str, Any]]:
    ran = desk.run("orders", "-o", "json")
    assert ran.code == 0, ran.err
    return list(ran.document["data"])


def test_a_buy_is_received_listed_and_reserves_cash(desk: Desk, house: House) -> None:
    row = desk.bought("--id", "key")
    assert row["state"] == "accepted"
    assert [number_of(row)] == numbers(desk)
    [order] = listed(desk)
    assert (order["symbol"], order["side"], order["type"]) == (CODE, "buy", "limit")
    assert (order["quantity"], order["remaining_quantity"], order["status"]) == (3, 3, "open")
    assert (int(order["price"]), order["exchange"]) == (desk.low, "KRX")
    assert number_of(order) == number_of(row)
    again = the_row(desk.buy("--id", "key"))
    assert (again["replayed"], number_of(again)) == (True, number_of(row))
    assert sent(desk, house) == 1


def test_a_market_buy_is_filled_and_the_fill_is_listed(desk: Desk) -> None:
    ran = desk.order("buy", CODE, "2", *SINGLE, "--market", "--allow", "MARKET")
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    [order] = desk.orders()
    [row] = listed(desk)
    assert (row["status"], row["filled_quantity"], row["remaining_quantity"]) == ("filled", 2, 0)
    fills = desk.run("fills", "-o", "json").document["data"]
    assert sum(fill["quantity"] for fill in fills) == 2
    assert sum(int(fill["amount"]) for fill in fills) == order["filled_amount"]


def test_a_refusal_is_certain_and_leaves_no_order(desk: Desk, house: House) -> None:
    allow = [word for code in ("CASH", "VALUE", "DAILY") for word in ("--allow", code)]
    ran = desk.buy(*allow, quantity=100_000)
    assert (ran.code, the_row(ran)["state"]) == (3, "rejected"), ran.err
    assert the_row(ran)["reason_code"]
    assert (desk.orders(), sent(desk, house), desk.states()) == ([], 1, ["REJECTED"])


def test_more_than_is_held_is_refused_before_it_is_sent(desk: Desk, house: House) -> None:
    ran = desk.order("sell", CODE, "99999", *SINGLE, "--price", str(desk.high))
    assert the_row(ran)["state"] == "refused", ran.err
    assert (ran.code in {2, 7}, sent(desk, house)) == (True, 0)


@WHEN
@pytest.mark.parametrize("name", LOST)
def test_a_lost_reply_is_unknown_sent_once_and_found(
    desk: Desk, house: House, name: str, when: str
) -> None:
    if name == "wrong_number":
        desk.foreign(price=desk.low - 10, channel=house.channel)  # its number is taken
    others = len(desk.orders())
    mode = name.partition(" ")[0]
    desk.fault(mode, house.buy, when, count=1, **LOST[name])
    ran = desk.buy("--id", "key", *QUICK)
    taken = int(when == "after")
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert (sent(desk, house), len(desk.orders()) - others) == (1, taken)
    assert (desk.buy("--id", "key", *QUICK).code, sent(desk, house)) == (5, 1)
    ran = desk.order("resolve", *QUICK)
    assert desk.states() == ["MATCHED" if taken else "UNKNOWN"]
    if taken:
        assert (ran.code, number_of(the_row(ran))) == (0, numbers(desk)[-1]), ran.err
    assert sent(desk, house) == 1


def test_a_list_that_lost_what_it_showed_proves_no_absence(desk: Desk, house: House) -> None:
    desk.fault("reset", house.buy, "after", count=1)
    assert desk.buy(*QUICK).code == 5
    desk.foreign(channel=house.channel)
    assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["AMBIGUOUS"]
    desk.control("reset")  # the server forgets both
    desk.set_time("11:00:00")
    desk.foreign(quantity=7, channel="HTS")
    for clock in ("20:45:00", "20:46:30"):
        desk.set_time(clock)
        assert desk.order("resolve", *QUICK).code == 5
    assert (desk.states(), sent(desk, house)) == (["AMBIGUOUS"], 0)


def test_a_server_that_hangs_ends_in_unknown(desk: Desk, house: House) -> None:
    desk.fault("hang", house.buy, "after", count=1, seconds=0.3)
    ran = desk.buy(*QUICK)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert (sent(desk, house), len(desk.orders())) == (1, 1)


def test_a_rate_refusal_without_a_trace_is_sent_again(desk: Desk, house: House) -> None:
    desk.fault("http_429", house.buy, count=1)
    row = desk.bought(*QUICK)
    assert [number_of(row)] == numbers(desk)
    assert (sent(desk, house), desk.states()) == (2, ["NOT_SENT", "ACCEPTED"])


def test_a_rate_refusal_that_lied_is_not_sent_again(desk: Desk, house: House) -> None:
    desk.fault("http_429", house.buy, "after", count=1)
    ran = desk.buy(*QUICK)
    assert sent(desk, house) == len(desk.orders()) == 1, ran.err
    assert desk.states()[0] in {"UNKNOWN", "MATCHED"}
    desk.order("resolve", *QUICK)
    assert (desk.states()[0], sent(desk, house)) == ("MATCHED", 1)


def test_rates_refused_for_good_end(desk: Desk, house: House) -> None:
    desk.fault("http_429", house.buy)
    ran = desk.buy(*QUICK)
    assert (ran.code, sent(desk, house), desk.orders()) == (9, 3, []), ran.err
    assert set(desk.states()) == {"NOT_SENT"}


def test_a_dead_token_is_renewed_and_the_order_goes_once(desk: Desk, house: House) -> None:
    desk.fault("token_dead", house.buy, count=1)
    row = desk.bought(*QUICK)
    assert [number_of(row)] == numbers(desk)
    assert (sent(desk, house), desk.states()) == (2, ["NOT_SENT", "ACCEPTED"])


def test_a_token_that_dies_after_the_order_was_taken(desk: Desk, house: House) -> None:
    desk.fault("token_dead", house.buy, "after", count=1)
    ran = desk.buy(*QUICK)
    assert sent(desk, house) == len(desk.orders()) == 1, ran.err
    desk.order("resolve", *QUICK)
    assert (desk.states()[0], sent(desk, house)) == ("MATCHED", 1)


def test_a_modify_makes_a_new_number_with_the_new_price(desk: Desk) -> None:
    first = desk.bought()
    ran = desk.order("modify", number_of(first), "--price", str(desk.low - 50), *SINGLE)
    row = the_row(ran)
    assert (ran.code, row["state"]) == (0, "accepted"), ran.err
    assert number_of(row) == numbers(desk)[-1] != number_of(first)
    [alive] = [order for order in listed(desk) if order["remaining_quantity"]]
    assert (number_of(alive), int(alive["price"])) == (number_of(row), desk.low - 50)
    # The first number still names it.
    ran = desk.order("cancel", number_of(first), *SINGLE)
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    assert not any(order["remaining_quantity"] for order in listed(desk))


@WHEN
@pytest.mark.parametrize("action", ["modify", "cancel"])
def test_a_lost_change_is_found_in_the_chain(
    desk: Desk, house: House, action: str, when: str
) -> None:
    first = desk.bought()
    desk.fault("reset", getattr(house, action), when, count=1)
    words = ["--price", str(desk.low - 50)] if action == "modify" else []
    ran = desk.order(action, number_of(first), *words, *SINGLE, *QUICK)
    taken = when == "after"
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    ran = desk.order("resolve", *QUICK)
    assert desk.states() == ["ACCEPTED", "MATCHED" if taken else "UNKNOWN"], ran.err
    if taken:
        assert number_of(the_row(ran)) == numbers(desk)[-1]


def test_a_cancel_leaves_nothing_open(desk: Desk) -> None:
    first = desk.bought()
    ran = desk.order("cancel", number_of(first), *SINGLE)
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    rows = {number_of(row): row for row in listed(desk)}
    assert rows[number_of(first)]["status"] == "cancelled"
    # Closed already: as the person wanted.
    assert desk.order("cancel", number_of(first), *SINGLE).code == 0


def test_a_cancel_that_comes_too_late_says_what_the_order_is(desk: Desk) -> None:
    first = desk.bought()
    # Filled between the look and the cancel: the lists of before are what was seen.
    desk.control("fill", ord_no=desk.orders()[0]["ord_no"], quantity=3)
    ran = desk.order("cancel", number_of(first), *SINGLE)
    assert ran.code == 2, ran.err
    assert the_error(ran)["code"] == "order_closed"


def test_all_means_what_is_not_listed_yet_too(desk: Desk, house: House) -> None:
    desk.bought()
    desk.fault("list_lag", house.buy, seconds=3600, count=1)
    desk.bought(quantity=4)
    ran = desk.order("cancel", "--all", "--side", "sell", *SINGLE)
    assert (ran.code, desk.sent(house.cancel)) == (0, 0), ran.err
    ran = desk.order("cancel", "--all", *SINGLE)
    assert (ran.code, len(ran.document["data"])) == (0, 2), ran.err
    assert not any(order["remaining"] for order in desk.orders())
    ran = desk.order("cancel", "--all", *SINGLE)
    assert (ran.code, ran.document["data"]) == (0, []), ran.err


def test_all_leaves_what_was_filled_alone(desk: Desk, house: House) -> None:
    desk.bought()
    desk.control("fill", ord_no=desk.orders()[0]["ord_no"], quantity=3)
    ran = desk.order("cancel", "--all", *SINGLE)
    assert (ran.code, ran.document["data"], desk.sent(house.cancel)) == (0, [], 0), ran.err


def test_a_cancel_of_what_was_modified_meanwhile_does_not_pass_for_done(
    desk: Desk, house: House
) -> None:
    number = number_of(desk.bought())
    read = sum(r["api_id"] == house.last_list for r in desk.state()["requests"])
    desk.fault("slow", house.last_list, seconds=2, count=1)
    command = desk.start("cancel", number, *SINGLE, "-o", "json")
    while sum(r["api_id"] == house.last_list for r in desk.state()["requests"]) == read:
        time.sleep(0.01)
    # What the command was just told of the order is old before it hears it.
    newest = desk.foreign(action="modify", target=int(number), price=desk.low - 50, channel="HTS")
    ran = command.end()
    assert (ran.code, the_error(ran)["code"]) == (3, "replaced"), ran.err
    assert newest.lstrip("0") in ran.err
    assert desk.order_of(newest)["remaining"] == 3
    ran = desk.order("cancel", number, *SINGLE)
    assert (ran.code, desk.order_of(newest)["remaining"]) == (0, 0), ran.err


def test_what_a_modify_left_of_an_order_is_what_its_number_means(desk: Desk) -> None:
    number = number_of(desk.bought(quantity=5))
    part = desk.foreign(action="modify", target=int(number), price=desk.low - 50, quantity=2)
    ran = desk.order("cancel", number, *SINGLE)
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    whole = desk.orders()[0]
    assert (whole["remaining"], desk.order_of(part)["remaining"]) == (0, 2)


def test_an_order_of_another_program_is_told_by_audit(desk: Desk, house: House) -> None:
    desk.bought()
    number = desk.foreign(quantity=7, channel=house.channel)
    ran = desk.run("audit", "-o", "json")
    rows = {row["kind"]: row for row in ran.document["data"]}
    assert "foreign_order" in rows, ran.err
    assert number_of(rows["foreign_order"]) == number.lstrip("0")


def test_a_match_that_came_another_way_is_told_by_audit(desk: Desk, house: House) -> None:
    desk.foreign(quantity=7, channel="HTS")
    desk.fault("reset", house.buy, count=1)
    assert desk.buy(*QUICK).code == 5
    number = desk.foreign(channel="HTS")
    desk.fault("kt00007_empty")  # the list of the open orders does not tell the channel
    ran = desk.order("resolve", *QUICK)
    if house.broker == "kis":
        # The list of open orders shows no fills either: it is not enough for a match.
        seen = "UNKNOWN" if house.last_list == house.day_list else "AMBIGUOUS"
        assert (ran.code, desk.states()) == (5, [seen]), ran.err
        return
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err
    desk.heal()
    for clock in ("14:00:00", "20:40:00"):
        desk.set_time(clock)
        ran = desk.run("audit", "-o", "json")
        [row] = ran.document["data"]
        assert (ran.code, row["kind"]) == (11, "doubtful_match"), ran.err
        assert number_of(row) == number.lstrip("0")


def test_pages_of_the_day_list_are_all_read(desk: Desk, house: House) -> None:
    placed = [desk.foreign(price=desk.low - 10 * n, channel="영웅문4") for n in range(5)]
    desk.control("page_size", api_id=house.day_list, rows=2)
    try:
        assert sorted(number_of(row) for row in listed(desk)) == sorted(
            number.lstrip("0") for number in placed
        )
    finally:
        desk.control("page_size", api_id=house.day_list, rows=None)


def test_the_account_number_is_in_no_dry_run_and_in_no_journal(desk: Desk, house: House) -> None:
    ran = desk.buy("--dry-run")
    number = desk.state()["accounts"][0]["account"]
    assert ran.code == 0, ran.err
    assert number[:8] not in ran.out + ran.err
    assert the_row(ran)["request"]
    assert sent(desk, house) == 0


def test_no_answer_of_the_house_tells_a_secret(desk: Desk, house: House) -> None:
    secret = "sim-001-secretkey"
    desk.fault("backend", house.holdings, code="8005", text=f"bad {secret}")
    ran = desk.run("positions", "-v")
    assert ran.code in {3, 4, 10}, ran.err
    assert secret not in ran.out + ran.err
