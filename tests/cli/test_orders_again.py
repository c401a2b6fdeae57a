"""The same order again: repeated keys, repeated batches, several processes, further attempts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import State
from kiwoomctl.ledger import Outcome
from tests.cli import ordering
from tests.cli.ordering import (
    CODE,
    OTHER_CODE,
    QUICK,
    SINGLE,
    Desk,
    Room,
    the_error,
    the_row,
)
from tests.cli.starter import wait_until
from tests.ledger.samples import SetClock, terms


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room() as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def test_a_batch_that_stopped_goes_on_where_it_was(desk: Desk) -> None:
    words = ("buy", CODE, "3", "-p", "sim-001,sim-002,sim-003", "--yes", "--id", "batch", "--price",
             str(desk.low))  # fmt: skip
    desk.fault("drop", when="after", appkey="sim-002-appkey", count=1)
    for _ in range(2):
        ran = desk.order(*words, *QUICK)
        assert ran.code == 5, ran.err
        assert [row["state"] for row in ran.document["data"]] == ["accepted", "unknown", "not_sent"]
        assert desk.sent() == 2
    # A repeated key settles first; then the rest goes out.
    ran = desk.order(*words, "--settle", "0.2")
    assert ran.code == 0, ran.err
    assert [row["replayed"] for row in ran.document["data"]] == [True, True, False]
    assert desk.states() == ["ACCEPTED", "MATCHED", "ACCEPTED"]
    assert (desk.sent(), len(desk.orders())) == (3, 3)


def test_sell_all_under_a_key_is_sold_once(desk: Desk) -> None:
    words = ("sell", CODE, "all", "-p", "sim-002", "--yes", "--id", "key", "--market")
    rows = [the_row(desk.order(*words, "--allow", "MARKET,VALUE")) for _ in range(2)]
    assert [(row["quantity"], row["replayed"]) for row in rows] == [(240, False), (240, True)]
    assert desk.sent() == 1


def test_a_key_that_binds_answers_a_dry_run_too(desk: Desk) -> None:
    desk.bought("--id", "key")
    ran = desk.buy("--id", "key", "--dry-run")
    assert (ran.code, the_row(ran)["replayed"], desk.sent()) == (0, True, 1)


def test_an_absent_order_says_that_its_key_is_used_up(desk: Desk) -> None:
    desk.fault("drop", count=1)
    attempt = f"{the_row(desk.buy('--id', 'key', *QUICK))['order_id']}.1"
    assert desk.run("resolve", attempt, "--absent", "--confirm", attempt).code == 0
    ran = desk.buy("--id", "key")
    row = the_row(ran)
    assert (row["state"], row["replayed"]) == ("not_sent", True)
    assert the_error(ran)["safe_to_retry"] is False
    assert "--id" in the_error(ran)["hint"]
    assert desk.sent() == 1


@pytest.mark.parametrize(("code", "quantity"), [(CODE, "4"), (OTHER_CODE, "3")])
def test_a_key_whose_order_was_not_sent_takes_another_one(
    desk: Desk, code: str, quantity: str
) -> None:
    price = desk.low if code == CODE else desk.price(OTHER_CODE, 47_850) - 850
    desk.fault("http_429")
    assert desk.buy("--id", "key").code == 9
    desk.heal()
    ran = desk.order("buy", code, quantity, *SINGLE, "--price", str(price), "--id", "key")
    assert (ran.code, the_row(ran)["replayed"]) == (0, False), ran.err
    assert len(desk.orders()) == 1


def test_what_was_not_sent_yesterday_is_a_new_order_today(desk: Desk) -> None:
    assert desk.run("accounts", "--check").code == 0
    clock = SetClock(datetime.now(KST) - timedelta(days=1))
    wanted = terms(symbol=Symbol(CODE), quantity=3, price=Decimal(desk.low))
    outcome = Outcome(State.NOT_SENT, code="no_connection")
    day = clock.now().date()
    old = desk.book().write(outcome, wanted, clock=clock, trading_day=day, client_id="key")
    row = desk.bought("--id", "key")
    assert row["order_id"].startswith(f"{desk.now:%Y%m%d}-")
    assert row["order_id"] != old.intent.order_id


def test_a_rate_refused_twice_is_sent_a_third_time(desk: Desk) -> None:
    desk.fault("http_429", count=2)
    assert desk.bought()["state"] == "accepted"
    assert (desk.sent(), len(desk.orders())) == (3, 1)


def test_a_refused_rate_and_a_dead_token_are_counted_apart(desk: Desk) -> None:
    desk.fault("http_429", count=1)
    desk.fault("token_dead", count=1)
    assert desk.bought()["state"] == "accepted"
    assert (desk.sent(), len(desk.orders())) == (3, 1)


def test_a_token_that_others_keep_replacing_is_told(desk: Desk) -> None:
    codes = []
    for _ in range(4):
        desk.control("kill_tokens")
        codes.append(desk.buy("--dry-run"))
    assert [ran.code for ran in codes] == [0, 0, 0, 4]
    assert "another program uses this key" in codes[-1].err


def test_orders_of_one_account_go_one_after_the_other(desk: Desk) -> None:
    words = (*SINGLE, "--price", str(desk.low), "-o", "json")
    started = [desk.start("buy", CODE, str(n), *words) for n in range(1, 6)]
    ended = [command.end() for command in started]
    assert {ran.code for ran in ended} == {0}, [ran.err for ran in ended]
    assert (desk.sent(), desk.states()) == (5, ["ACCEPTED"] * 5)


def test_a_limit_holds_over_processes_that_saw_nothing_of_each_other(desk: Desk) -> None:
    desk.use(tail="[risk]\ncount = { minute = 2 }\n")
    words = (*SINGLE, "--price", str(desk.low), "-o", "json")
    started = [desk.start("buy", CODE, str(n), *words) for n in range(1, 6)]
    codes = sorted(command.end().code for command in started)
    assert (codes[:2], set(codes[2:]) <= {2, 7}) == ([0, 0], True)
    assert desk.sent() == 2


def test_an_outcome_that_cannot_be_written_is_told_with_its_number(desk: Desk) -> None:
    desk.bought(quantity=9)
    desk.fault("slow", seconds=2, count=1)
    process = desk.start("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "-o", "json")
    wait_until(lambda: desk.sent() == 2)
    with closing(sqlite3.connect(desk.world() / "ledger.sqlite3")) as base:
        base.execute("ALTER TABLE events RENAME TO gone")
        base.commit()
    ran = process.end()
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert desk.orders()[-1]["ord_no"].lstrip("0") in ran.err
    assert desk.states() == ["ACCEPTED", "SENDING"]


def test_the_timeout_of_reads_is_none_of_an_orders(desk: Desk) -> None:
    desk.fault("slow", seconds=0.7, count=1)
    assert desk.bought("--timeout", "0.5")["state"] == "accepted"


def test_no_proxy_stands_between(desk: Desk) -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low))
    assert desk.order(*words, env=proxies).code == 0


def test_what_takes_its_time_in_three_accounts_at_once(desk: Desk) -> None:
    """An unlisted code waits for reads that agree, a lost reply for the settle window."""
    keys = [f"sim-00{n}-appkey" for n in (1, 2, 3)]
    desk.fault("backend", code="777777", text="주문 거부", appkey=keys[0], count=1)
    desk.fault("backend", when="after", code="777777", text="주문 거부", appkey=keys[1], count=1)
    desk.fault("list_lag", seconds=1, appkey=keys[2], count=1)
    desk.fault("reset", when="after", appkey=keys[2], count=1)
    words = ("buy", CODE, "3", "--yes", "--price", str(desk.low), "-o", "json", "-p")
    refused = desk.start(*words, "sim-001")
    doubted = desk.start(*words, "sim-002", *QUICK)
    late = desk.start(*words, "sim-003", "--settle", "2")

    ran = doubted.end()
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    ran = late.end()
    row = the_row(ran)
    assert (ran.code, row["state"]) == (0, "accepted"), ran.err
    assert "lost" in row["message"]
    [number] = [o["ord_no"] for o in desk.orders() if o["appkey"] == keys[2]]
    assert row["broker_order_id"] == number
    ran = refused.end()
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", "unlisted:777777")
    asked = [r["api_id"] for r in desk.state()["requests"] if r["appkey"] == keys[0]]
    assert asked[asked.index("kt10000") + 1 :].count("kt00007") == 2
    assert sorted(desk.states()) == ["MATCHED", "REJECTED", "UNKNOWN"]
    assert (desk.sent(), len(desk.orders())) == (3, 2)
    assert (desk.order("resolve", *QUICK).code, desk.sent()) == (0, 3)


# What was found wanting ---------------------------------------------------------------------------


def test_an_order_that_came_far_too_late_is_not_doubled(desk: Desk) -> None:
    desk.fault("late_accept", seconds=1200, count=1)
    desk.fault("http_429", count=3)
    assert desk.buy("--id", "key").code == 9
    assert (desk.orders(), desk.states()) == ([], ["NOT_SENT"] * 3)
    desk.set_time("10:25:00")
    ran = desk.buy("--id", "key", *QUICK)
    assert (len(desk.orders()), desk.sent()) == (1, 3)
    assert ran.code == 5, ran.err


def test_a_number_that_nobody_has_is_refused(desk: Desk) -> None:
    desk.fault("drop", count=1)
    attempt = f"{the_row(desk.buy(*QUICK))['order_id']}.1"
    ran = desk.run("resolve", attempt, "--number", "7777777")
    assert (ran.code, desk.states()) == (2, ["UNKNOWN"]), ran.err
    assert "7777777" in ran.err


def test_a_candidate_that_is_no_longer_listed_is_still_one(desk: Desk) -> None:
    desk.fault("drop", when="after", count=1)
    assert desk.buy(*QUICK).code == 5
    desk.foreign()
    ours = desk.orders()[0]["ord_no"]
    assert (desk.order("resolve", *QUICK).code, desk.states()) == (5, ["AMBIGUOUS"])
    desk.foreign(action="cancel", target=int(ours), price=0, quantity=0, channel="영웅문4")
    desk.fault("kt00007_empty")
    ran = desk.order("resolve", *QUICK)
    assert (ran.code, desk.states()) == (5, ["AMBIGUOUS"]), ran.err


def test_one_key_in_six_processes_is_one_order(desk: Desk) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low), "--id", "key", "-o", "json")
    ended = [command.end() for command in [desk.start(*words) for _ in range(6)]]
    assert {ran.code for ran in ended} == {0}, [ran.err for ran in ended]
    assert len({the_row(ran)["broker_order_id"] for ran in ended}) == 1
    assert sorted(the_row(ran)["replayed"] for ran in ended) == [False] + [True] * 5
    assert (desk.sent(), desk.states()) == (1, ["ACCEPTED"])
