"""Each of our own checks once through the command: who stops what, and what lets it go on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli import ordering
from tests.cli.ordering import (
    CODE,
    OTHER_CODE,
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
    with ordering.room() as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def ticks(price: int) -> int:
    return price // 10 * 10


@dataclass(frozen=True)
class Case:
    """One check, and an order it speaks about alone."""

    code: str
    tier: str
    words: Callable[[Desk], list[str]]
    risk: str = ""
    before: Callable[[Desk], object] = lambda _desk: None
    accepted: bool = True
    """Whether the broker takes the order once our own check lets it through."""


def buy(quantity: int = 3, **more: Callable[[Desk], int]) -> Callable[[Desk], list[str]]:
    def words(desk: Desk) -> list[str]:
        price = more["price"](desk) if "price" in more else desk.low
        return ["buy", CODE, str(quantity), "-p", "sim-001", "--price", str(price)]

    return words


def sell(quantity: int, profile: str = "sim-002") -> Callable[[Desk], list[str]]:
    return lambda d: ["sell", CODE, str(quantity), "-p", profile, "--price", str(d.low)]


def market(_desk: Desk) -> list[str]:
    return ["buy", CODE, "3", "-p", "sim-001", "--market"]


def of_another_account(desk: Desk) -> None:
    """Leave a buy in the second account that a sell of the first would trade with."""
    words = ("-p", "sim-002", "--yes", "--price", str(desk.low))
    assert desk.order("buy", CODE, "3", *words).code == 0


def crossing(desk: Desk) -> list[str]:
    desk.control("foreign_order", appkey="sim-001-appkey", side="buy", symbol=CODE, quantity=5,
                 price=0, type="market", exchange="KRX")  # fmt: skip
    return ["sell", CODE, "3", "-p", "sim-001", "--price", str(desk.low)]


def in_the_evening(desk: Desk) -> None:
    desk.set_time("20:30:00")


def nothing_told(api_id: str) -> Callable[[Desk], object]:
    return lambda desk: desk.fault("blank", api_id)


CASES = (
    Case("VALUE", "warn", buy(), "value = { warn = 30000 }"),
    Case("VALUE", "hold", buy(), "value = { warn = 20000, hold = 30000 }"),
    Case("QUANTITY", "hold", buy(), "quantity = 2"),
    Case("COLLAR", "warn", buy(price=lambda d: ticks(d.last * 104 // 100))),
    Case("COLLAR", "hold", buy(price=lambda d: ticks(d.last * 112 // 100))),
    Case("CASH", "hold", buy(400), "value = { warn = 9000000 }", accepted=False),
    Case("SELLABLE", "hold", sell(241), accepted=False),
    Case("MARKET", "hold", market),
    Case("DAILY", "hold", buy(4), "daily = { account = 60000 }", lambda desk: desk.bought()),
    Case("DAILY", "hold", buy(4), "daily = { all = 60000 }", of_another_account),
    Case("COUNT", "hold", buy(4), "count = { minute = 1 }", lambda desk: desk.bought()),
    Case("DUPLICATE", "hold", buy(), before=lambda desk: desk.bought()),
    Case("CROSS", "hold", crossing, before=of_another_account),
    Case("HOURS", "warn", buy(), before=in_the_evening, accepted=False),
    Case("HOURS", "hold", buy(), 'hours = "hold"', in_the_evening, accepted=False),
    Case("CASH", "hold", buy(4), "# the amount is all blank", nothing_told("kt00001")),
    Case("SYMBOLS", "refuse", buy(), "symbols = { deny = ['088980'] }"),
    Case("SYMBOLS", "refuse", buy(), "symbols = { allow = ['015760'] }"),
    Case("CASH", "refuse", buy(400), 'cash = "refuse"\nvalue = { warn = 9000000 }'),
    Case("TICK", "refuse", buy(price=lambda d: d.low + 1)),
    Case("TICK", "hold", buy(price=lambda d: d.low + 1), 'tick = "hold"', accepted=False),
    Case("LIMIT", "refuse", buy(price=lambda d: ticks(d.last // 2))),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.tier}")
def test_a_check_stops_the_order_and_names_what_lets_it_go(desk: Desk, case: Case) -> None:
    desk.use(tail=f"[risk]\n{case.risk}\n")
    case.before(desk)
    words = case.words(desk)
    sent, rows = desk.sent(), len(desk.states())
    only_yes = case.tier == "warn"

    ran = desk.order(*words, *([] if only_yes else ["--yes"]))
    row = the_row(ran)
    verdicts = {v["code"]: v["tier"] for v in row["risk"]}
    assert verdicts[case.code] == case.tier
    assert {code for code in verdicts if code not in {case.code, "HOURS"}} == set()
    assert (ran.code, row["state"]) == (7 if case.tier == "refuse" else 2, "refused")
    [line] = complaints(ran)
    assert case.code in line
    flag = "--yes" if only_yes else f"--allow {case.code}"
    assert (flag in line) is (case.tier != "refuse")
    assert the_error(ran)["safe_to_retry"] is False
    assert case.code in ran.err.partition("error:")[0]  # the preview tells it as well
    assert (desk.sent(), len(desk.states())) == (sent, rows)

    ran = desk.order(*words, "--yes", "--allow", case.code.lower())
    row = the_row(ran)
    if case.tier == "refuse":
        assert (ran.code, row["state"], desk.sent()) == (7, "refused", sent)
        return
    assert row["state"] == ("accepted" if case.accepted else "rejected"), ran.err
    assert ran.code == (0 if case.accepted else 3)
    assert {v["code"]: v["tier"] for v in row["risk"]}[case.code] == case.tier
    assert desk.sent() == sent + 1


def test_every_hold_is_named_at_once(desk: Desk) -> None:
    desk.use(tail="[risk]\nquantity = 2\nvalue = { warn = 1000, hold = 2000 }\n")
    ran = desk.order("buy", CODE, "3", "-p", "sim-001", "--market")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert "--allow VALUE,QUANTITY,MARKET" in ran.err
    ran = desk.order("buy", CODE, "3", *SINGLE, "--market", "--allow", "VALUE,QUANTITY")
    assert (ran.code, "--allow MARKET" in ran.err) == (2, True)
    more = ("--allow", "VALUE,QUANTITY", "--allow", "market")
    assert desk.order("buy", CODE, "3", *SINGLE, "--market", *more).code == 0


def test_allowing_the_wrong_check_lets_nothing_through(desk: Desk) -> None:
    desk.use(tail="[risk]\nquantity = 2\n")
    ran = desk.buy("--allow", "VALUE,MARKET,CASH")
    assert (ran.code, desk.sent()) == (2, 0)


def test_a_profile_is_held_by_its_own_tighter_rules(desk: Desk) -> None:
    desk.use(tail="[risk]\nquantity = 5\n")
    desk.in_profile("sim-001", "risk = { quantity = 2 }")
    assert risks(the_row(desk.buy())) == {"QUANTITY": "hold"}
    words = ("buy", CODE, "3", "-p", "sim-002", "--yes", "--price", str(desk.low))
    assert desk.order(*words).code == 0


def test_several_accounts_of_one_command_count_together(desk: Desk) -> None:
    desk.use(tail="[risk]\ndaily = { all = 60000 }\n")
    words = ("buy", CODE, "3", "--yes", "--price", str(desk.low), "-p")
    ran = desk.order(*words, "sim-001,sim-002")
    assert ran.code == 2, ran.err
    assert [risks(row) for row in ran.document["data"]] == [{}, {"DAILY": "hold"}]
    assert desk.sent() == 0
    assert desk.order(*words, "sim-001").code == 0
    assert risks(the_row(desk.order(*words, "sim-002"))) == {"DAILY": "hold"}


def test_what_was_rejected_counts_for_nothing(desk: Desk) -> None:
    desk.use(tail="[risk]\ndaily = { account = 60000 }\n")
    desk.fault("backend", code="855056", text="매수증거금 부족", count=1)
    assert desk.buy().code == 3
    assert desk.bought()["state"] == "accepted"


def test_the_buys_of_the_last_minute_are_reserved(desk: Desk) -> None:
    """The broker's own amount may lag behind an order that was just placed."""
    desk.use(tail="[risk]\nvalue = { warn = 9000000 }\n")
    most = desk.state()["accounts"][0]["cash"]["orderable"] // desk.low
    desk.fault("balance_lag", "kt00001")
    assert desk.buy(quantity=most * 6 // 10).code == 0
    ran = desk.buy(quantity=most * 6 // 10 - 1)
    assert (ran.code, risks(the_row(ran))) == (2, {"CASH": "hold"}), ran.err


def test_shares_that_rest_in_a_sell_cannot_be_sold_again(desk: Desk) -> None:
    words = ["-p", "sim-002", "--yes", "--price", str(desk.high)]
    assert desk.order("sell", CODE, "200", *words).code == 0
    ran = desk.order("sell", CODE, "41", *words)
    assert (ran.code, risks(the_row(ran))) == (2, {"SELLABLE": "hold"})
    assert "40" in complaints(ran)[0]
    assert desk.order("sell", CODE, "40", *words).code == 0


@pytest.mark.parametrize("fate", ["cancelled", "filled", "modified away"])
def test_an_order_that_is_gone_crosses_nothing(desk: Desk, fate: str) -> None:
    words = ("-p", "sim-002", "--yes", "--price")
    other = the_row(desk.order("buy", CODE, "3", *words, str(desk.low)))["broker_order_id"]
    mine = crossing(desk)
    assert risks(the_row(desk.order(*mine, "--yes"))) == {"CROSS": "hold"}
    if fate == "cancelled":
        assert desk.order("cancel", other, "-p", "sim-002").code == 0
    elif fate == "filled":
        desk.control("fill", ord_no=other)
    else:
        assert desk.order("modify", other, *words, str(desk.low - 100)).code == 0
    ran = desk.order(*mine, "--yes")
    assert ran.code == 0, ran.err


def test_an_order_placed_elsewhere_in_another_account_crosses_too(desk: Desk) -> None:
    desk.foreign(appkey="sim-003-appkey", channel="영웅문4")
    ran = desk.order(*crossing(desk), "--yes")
    assert (ran.code, risks(the_row(ran))) == (2, {"CROSS": "hold"})


def test_a_price_beyond_the_other_order_crosses_nothing(desk: Desk) -> None:
    of_another_account(desk)
    words = crossing(desk)
    ran = desk.order(*words[:-1], str(desk.low + 10), "--yes")
    assert ran.code == 0, ran.err


def test_other_accounts_that_cannot_be_read_hold_the_order(desk: Desk) -> None:
    desk.fault("ip_mismatch", "ka10075", appkey="sim-002-appkey")
    ran = desk.buy()
    assert (ran.code, risks(the_row(ran))) == (2, {"CROSS": "hold"}), ran.err
    assert "cannot be checked" in complaints(ran)[0]
    assert "sim-002" in complaints(ran)[0]
    assert desk.order("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "--allow",
                      "CROSS").code == 0  # fmt: skip


def test_a_kind_that_is_not_known_holds_the_order(desk: Desk) -> None:
    desk.fault("backend", "ka10100", code="RC9000", text="제공되지 않습니다")
    ran = desk.buy()
    assert (ran.code, risks(the_row(ran))) == (2, {"TICK": "hold"}), ran.err
    assert desk.buy("--allow", "TICK").code == 0


def test_a_price_that_is_not_told_holds_the_order(desk: Desk) -> None:
    desk.fault("blank", "ka10001")
    ran = desk.buy()
    assert (ran.code, risks(the_row(ran))) == (2, {"LIMIT": "hold", "NO_PRICE": "hold"}), ran.err
    assert desk.buy("--allow", "LIMIT,NO_PRICE").code == 0


def test_a_market_buy_is_paid_at_the_upper_limit(desk: Desk) -> None:
    cash = desk.state()["accounts"][2]["cash"]["orderable"]
    words = ("buy", CODE, str(cash // desk.last - 1), "-p", "sim-003", "--yes", "--market")
    ran = desk.order(*words, "--allow", "MARKET")
    assert (ran.code, risks(the_row(ran))) == (2, {"CASH": "hold", "MARKET": "hold"}), ran.err


def test_an_open_outcome_counts_as_bought(desk: Desk) -> None:
    desk.use(tail="[risk]\ndaily = { account = 60000 }\n")
    desk.price(OTHER_CODE, 47_850)
    desk.fault("drop", count=1)
    assert desk.buy("--settle", "0").code == 5
    ran = desk.order("buy", OTHER_CODE, "1", *SINGLE, "--price", "47000")
    assert (ran.code, risks(the_row(ran))) == (2, {"DAILY": "hold"}), ran.err


def test_a_funds_grid_is_its_own(desk: Desk) -> None:
    price = int(desk.control("price", symbol="069500")["price"]) // 5 * 5
    words = ("buy", "069500", "1", *SINGLE, "--price")
    assert desk.order(*words, str(price - 3)).code == 7
    assert desk.order(*words, str(price - 5)).code == 0


def test_the_kill_switch_stops_what_it_should(desk: Desk) -> None:
    sell = ("sell", CODE, "3", "-p", "sim-002", "--yes", "--price", str(desk.high))
    assert desk.run("halt", "--reducing").code == 0
    ran = desk.buy("--allow", "HALT")
    assert (ran.code, the_row(ran)["state"], the_row(ran)["reason_code"]) == (7, "refused", "HALT")
    assert desk.order(*sell).code == 0
    assert desk.run("halt", "-p", "sim-002").code == 0
    assert desk.order(*sell[:2], "4", *sell[3:]).code == 7
    assert desk.run("resume").code == 0
    assert desk.bought()["state"] == "accepted"
    assert desk.order(*sell[:2], "5", *sell[3:]).code == 7
    assert desk.sent() == 2


def test_market_may_be_switched_off(desk: Desk) -> None:
    desk.use(tail='[risk]\nmarket = "off"\n')
    ran = desk.order("buy", CODE, "3", *SINGLE, "--market")
    assert (ran.code, risks(the_row(ran))) == (0, {})


def test_verdicts_go_into_the_journal(desk: Desk) -> None:
    row = desk.bought(price=ticks(desk.last * 104 // 100))
    assert risks(row) == {"COLLAR": "warn"}
    with closing(sqlite3.connect(desk.world() / "ledger.sqlite3")) as base:
        [(written,)] = base.execute("SELECT verdicts FROM intents")
    assert [verdict for verdict in json.loads(written) if verdict["code"] != "HOURS"] == [
        verdict for verdict in row["risk"] if verdict["code"] != "HOURS"
    ]


def test_another_code_is_no_duplicate_and_no_cross(desk: Desk) -> None:
    desk.bought()
    desk.price(OTHER_CODE, 47_850)
    words = ("buy", OTHER_CODE, "3", *SINGLE, "--price", "47000")
    assert risks(the_row(desk.order(*words))) == {}
