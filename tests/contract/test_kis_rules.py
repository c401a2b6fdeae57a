"""What nobody has published of KIS's wire, each way it may be: figures and orders hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, Room, the_error, the_row

BUY = "TTTC0012U"
RULES: dict[str, dict[str, Any]] = {
    "old ids blocked": {"old_ids": "blocked"},
    "token 401": {"token_status": 401},
    "token 200": {"token_status": 200},
    "business 400": {"business_status": 400},
    "business 500": {"business_status": 500},
    "empty 7": {"empty_rt_cd": "7"},
    "other venue key": {"venue_key": "excg_id_dvsn_Cd"},
    "blank cncl_yn": {"blank_cncl_yn": True},
    "zero original": {"zero_original": True},
    "plain names": {"plain_names": True},
    "plain names, blank cncl_yn": {"plain_names": True, "blank_cncl_yn": True},
    "zero prices": {"zero_prices": True},
    "busy": {"busy_every": 3},
    "refused below the limit": {"refuse_every": 7},
}


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=1, positions=8, broker="kis") as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def data(desk: Desk, *words: str) -> list[dict[str, Any]]:
    ran = desk.run(*words, "-o", "json")
    assert ran.code == 0, ran.err
    return list(ran.document["data"])


@pytest.mark.parametrize("rules", RULES.values(), ids=list(RULES))
def test_every_way_leads_to_the_same(desk: Desk, rules: dict[str, Any]) -> None:
    held = {lot["symbol"]: lot for lot in desk.state()["accounts"][0]["holdings"]}
    assert data(desk, "orders") == []
    desk.control("kis_rules", **rules)
    for row in data(desk, "positions"):
        lot = held[row["symbol"]]
        figures = [str(row[name]) for name in ("price", "market_value", "cost")]
        assert figures == [str(lot[name]) for name in ("price", "market_value", "cost")]
    desk.control("kill_tokens")
    first = desk.bought()
    number = str(first["broker_order_id"]).lstrip("0")
    assert [row["status"] for row in data(desk, "orders")] == ["open"]
    ran = desk.order("modify", number, "--price", str(desk.low - 50), *SINGLE)
    assert ran.code == 0, ran.err
    ran = desk.order("cancel", number, *SINGLE)
    assert ran.code == 0, ran.err
    rows = data(desk, "orders")
    assert not any(row["remaining_quantity"] for row in rows)
    assert {row["exchange"] for row in rows} == {"KRX"}
    allow = [word for code in ("CASH", "VALUE", "DAILY") for word in ("--allow", code)]
    ran = desk.buy(*allow, quantity=100_000)
    assert (ran.code, the_row(ran)["state"]) == (3, "rejected"), ran.err
    assert len(desk.orders()) == 3
    assert set(desk.states()) <= {"ACCEPTED", "REJECTED", "NOT_SENT"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("code", ["EGW00001", "EGW00202", "EGW00301", "OPSQ0009"])
def test_the_gateway_s_own_troubles_are_unknown(desk: Desk, code: str, when: str) -> None:
    desk.fault("backend", BUY, when, count=1, code=code, text="오류")
    ran = desk.buy(*QUICK)
    taken = when == "after"
    assert (ran.code, the_row(ran)["reason_code"]) == (5, code), ran.err
    assert (desk.sent(BUY), len(desk.orders())) == (1, int(taken))
    desk.order("resolve", *QUICK)
    assert desk.states() == ["MATCHED" if taken else "UNKNOWN"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_busy_ledger_is_a_gate(desk: Desk, when: str) -> None:
    desk.fault("backend", BUY, when, count=1, code="EGW00215", text="원장 초당 거래건수 초과")
    ran = desk.buy(*QUICK)
    assert len(desk.orders()) == 1, ran.err
    if when == "before":
        assert (ran.code, desk.states()) == (0, ["NOT_SENT", "ACCEPTED"]), ran.err
    else:
        assert desk.sent(BUY) == 1
        assert desk.states()[0] in {"UNKNOWN", "MATCHED"}


def test_a_new_order_that_no_list_shows_yet_stays_unknown(desk: Desk) -> None:
    desk.fault("list_lag", BUY, count=1, seconds=3600)
    desk.fault("reset", BUY, "after", count=1)
    assert desk.buy(*QUICK).code == 5
    assert desk.order("resolve", *QUICK).code == 5
    assert (desk.states(), len(desk.orders()), desk.sent(BUY)) == (["UNKNOWN"], 1, 1)


def test_an_order_by_hand_may_be_the_one_and_is_never_sent_again(desk: Desk) -> None:
    desk.fault("reset", BUY, count=1)
    assert desk.buy(*QUICK).code == 5
    # What its channel is called is not known, so it may be ours: a person must say.
    desk.foreign(channel="12345")
    desk.order("resolve", *QUICK)
    assert desk.states() == ["AMBIGUOUS"]
    assert desk.sent(BUY) == 1


def test_a_list_without_any_order_proves_no_absence(desk: Desk) -> None:
    desk.fault("reset", BUY, "after", count=1)
    assert desk.buy(*QUICK).code == 5
    desk.fault("kt00007_empty")
    for clock in ("20:35:00", "20:36:30", "20:40:00"):
        desk.set_time(clock)
        assert desk.order("resolve", *QUICK).code == 5
        assert desk.states() == ["UNKNOWN"]
    desk.heal()
    desk.order("resolve", *QUICK)
    assert desk.states() == ["MATCHED"]


def test_absence_is_final_once_the_list_shows_some_order(desk: Desk) -> None:
    desk.fault("reset", BUY, count=1)
    assert desk.buy(*QUICK).code == 5
    for clock in ("20:35:00", "20:36:30"):
        desk.set_time(clock)
        assert desk.order("resolve", *QUICK).code == 5
    desk.set_time("10:40:00")
    desk.foreign(quantity=7)
    for clock, code in (("20:45:00", 5), ("20:46:30", 0)):
        desk.set_time(clock)
        assert desk.order("resolve", *QUICK).code == code
    assert (desk.states(), desk.sent(BUY)) == (["ABSENT"], 1)


def test_a_type_that_was_abolished_is_refused_here(desk: Desk) -> None:
    ran = desk.order("buy", CODE, "1", *SINGLE, "--type", "single", "--price", str(desk.low))
    assert (ran.code, the_error(ran)["code"]) == (2, "order_type"), ran.err
    assert desk.sent(BUY) == 0


def test_ten_digits_name_an_order(desk: Desk) -> None:
    desk.bought()
    number = desk.orders()[0]["ord_no"]
    assert len(number) == 10
    ran = desk.order("cancel", number, *SINGLE)
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err


def test_login_asks_for_no_second_token(desk: Desk) -> None:
    data(desk, "cash")
    for _ in range(3):
        ran = desk.run("login", "sim-001", "--refresh", "-o", "json")
        assert ran.code == 0, ran.err
    assert desk.state()["tokens_issued"] == 1


def test_an_account_of_another_key_is_refused(desk: Desk) -> None:
    path = desk.home / "profiles.toml"
    number = desk.state()["accounts"][0]["account"]
    text = path.read_text("utf-8")
    assert f"{number[:8]}-{number[8:]}" in text
    path.write_text(text.replace(number[:8], "11112222"), "utf-8")
    ran = desk.run("cash", "-o", "json")
    assert (ran.code, the_error(ran)["code"]) == (8, "account_differs"), ran.err
    assert "11112222" not in ran.err
    ran = desk.buy()
    assert ran.code == 8, ran.err
    assert desk.orders() == []
