"""Whose order it is: -p, several accounts in one command, the demo, and the --id key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from tests.cli import ordering
from tests.cli.conftest import Ran, Run
from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, Room, complaints, the_error, the_row
from tests.ledger.samples import SetClock, accepted, terms

MOCK = '[profiles.paper]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n'
ALL = ("-p", "sim-001,sim-002,sim-003", "--yes")


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room() as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def buy(desk: Desk, *more: str, quantity: str = "3", env: dict[str, str] | None = None) -> Ran:
    return desk.order("buy", CODE, quantity, "--price", str(desk.low), *more, env=env)


def states(ran: Ran) -> list[tuple[str, str]]:
    return [(row["profile"], row["state"]) for row in ran.document["data"]]


# Which accounts -----------------------------------------------------------------------------------


def test_several_enabled_profiles_need_to_be_named(desk: Desk) -> None:
    desk.use('default = ["sim-001"]')
    ran = buy(desk, "--yes", env={"KIWOOMCTL_PROFILE": "sim-002"})
    assert (ran.code, the_error(ran)["exit_code"]) == (2, 2)
    assert "-p" in ran.err
    for name in ("sim-001", "sim-002", "sim-003"):
        assert name in ran.err
    assert desk.state()["requests"] == []


def test_the_only_enabled_profile_needs_no_name(desk: Desk) -> None:
    desk.in_profile("sim-001", "enabled = false")
    desk.in_profile("sim-003", "enabled = false")
    ran = buy(desk, "--yes")
    assert states(ran) == [("sim-002", "accepted")], ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "all"], "all"),
        (["-p", "sim-001,all"], "all"),
        (["-p", ""], "-p"),
        (["-p", "sim-001,"], "-p"),
        (["-p", "sim-004"], "sim-004"),
        (["-p", "@nobody"], "nobody"),
        (["-p", "sim-003"], "sim-003"),
        (["-p", "sim-001,paper"], "environments"),
        (["-p", "@mixed"], "environments"),
    ],
)
def test_what_selects_no_account_for_an_order(desk: Desk, words: list[str], said: str) -> None:
    desk.use(MOCK, '[groups]\nmixed = ["sim-001", "paper"]\n')
    desk.in_profile("sim-003", "enabled = false")
    ran = buy(desk, "--yes", *words)
    assert ran.code == 2
    [line] = complaints(ran)
    assert said in line
    assert desk.state()["requests"] == []


def test_no_variable_selects_the_account_of_an_order(desk: Desk) -> None:
    ran = buy(desk, *SINGLE, env={"KIWOOMCTL_PROFILE": "sim-002"})
    assert states(ran) == [("sim-001", "accepted")]


def test_two_profiles_of_one_account_take_no_order(desk: Desk) -> None:
    twin = (
        f'[profiles.twin]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{desk.url}"\n'
        'pace = "off"\nsecret = { source = "inline", appkey = "sim-001-appkey", '
        'secretkey = "sim-001-secretkey" }\n'
    )
    desk.use(twin)
    for name in ("sim-001", "twin", "sim-002"):
        ran = buy(desk, "-p", name, "--yes")
        assert ran.code == 8, ran.err
        assert "twin" in ran.err
        assert "sim-001" in ran.err
    assert desk.sent() == 0


def test_an_account_under_two_names_takes_no_order_whatever_its_key(
    desk: Desk, own_home: Path
) -> None:
    for name in ("one", "two"):
        script = own_home / name
        script.write_text("#!/bin/sh\necho sim-001-appkey\necho sim-001-secretkey\n")
        script.chmod(0o700)
        block = (
            f'[profiles.{name}]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{desk.url}"\n'
            f'pace = "off"\nsecret = {{ source = "command", argv = ["{script}"] }}\n'
        )
        path = own_home / "profiles.toml"
        old = "" if name == "one" else path.read_text("utf-8")
        path.write_text(old + block, "utf-8")
    assert desk.run("cash", "-p", "one").code == 0
    ran = buy(desk, "-p", "two", "--yes")
    assert ran.code == 8, ran.err
    assert desk.sent() == 0


def test_a_groups_accounts_are_ordered_for_in_their_order(desk: Desk) -> None:
    desk.use(tail='[groups]\npair = ["sim-003", "sim-001"]\n')
    ran = buy(desk, "-p", "@pair", "--yes")
    assert states(ran) == [("sim-003", "accepted"), ("sim-001", "accepted")]
    assert [order["appkey"] for order in desk.orders()] == ["sim-003-appkey", "sim-001-appkey"]


def test_a_profile_without_a_usable_key_is_exit_4(desk: Desk) -> None:
    desk.use(MOCK.replace('"mock"', f'"sim"\nurl = "{desk.url}"'))
    ran = buy(desk, "-p", "paper", "--yes")
    assert (ran.code, the_row(ran)["state"]) == (4, "not_sent")
    assert "paper" in ran.err
    assert desk.sent() == 0


# Several accounts ---------------------------------------------------------------------------------


def test_each_account_gets_one_order_and_one_row(desk: Desk) -> None:
    ran = buy(desk, *ALL)
    assert ran.code == 0, ran.err
    assert states(ran) == [(f"sim-00{n}", "accepted") for n in (1, 2, 3)]
    assert [order["appkey"] for order in desk.orders()] == [f"sim-00{n}-appkey" for n in (1, 2, 3)]
    assert len({row["order_id"] for row in ran.document["data"]}) == 3
    assert desk.states() == ["ACCEPTED"] * 3
    repeated = buy(desk, "-p", "sim-001,sim-001", "--yes", quantity="4")
    assert len(repeated.document["data"]) == 1


def test_a_failed_check_of_one_account_stops_all_before_the_first_send(desk: Desk) -> None:
    desk.in_profile("sim-002", "risk = { quantity = 2 }")
    ran = buy(desk, *ALL)
    assert ran.code == 2
    assert [state for _, state in states(ran)] == ["not_sent", "refused", "not_sent"]
    assert (desk.sent(), desk.ledger()) == (0, [])
    ran = buy(desk, *ALL, "--allow", "QUANTITY")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("fault", "code", "state", "kept"),
    [
        (
            {"mode": "backend", "code": "855056", "text": "매수증거금 부족"},
            3,
            "rejected",
            "REJECTED",
        ),
        ({"mode": "drop", "when": "after"}, 5, "unknown", "UNKNOWN"),
    ],
)
def test_what_is_not_accepted_stops_the_rest(
    desk: Desk, fault: dict[str, Any], code: int, state: str, kept: str
) -> None:
    desk.fault(appkey="sim-002-appkey", **fault)
    ran = buy(desk, *ALL, *QUICK)
    assert ran.code == (6 if code == 3 else code)
    assert [s for _, s in states(ran)] == ["accepted", state, "not_sent"]
    assert ran.document["data"][2]["reason_code"] == "not_reached"
    assert desk.sent() == 2
    assert desk.states() == ["ACCEPTED", kept]
    assert {error["profile"] for error in ran.document["errors"]} == {"sim-002", "sim-003"}


def test_the_first_that_fails_decides_for_all(desk: Desk) -> None:
    desk.fault("backend", code="855056", text="매수증거금 부족", count=1)
    ran = buy(desk, *ALL)
    assert (ran.code, ran.document["status"], desk.sent()) == (3, "error", 1)
    assert [s for _, s in states(ran)] == ["rejected", "not_sent", "not_sent"]


def test_an_account_that_is_not_the_expected_one_takes_no_order(desk: Desk) -> None:
    desk.in_profile("sim-001", 'account = "9999999911"')
    ran = buy(desk, *SINGLE)
    assert (ran.code, desk.sent()) == (8, 0), ran.err


def test_keep_going_goes_on(desk: Desk) -> None:
    desk.fault("backend", code="855056", text="매수증거금 부족", appkey="sim-001-appkey")
    desk.in_profile("sim-002", "risk = { symbols = { deny = ['088980'] } }")
    ran = buy(desk, *ALL, "--keep-going")
    assert ran.code == 6
    assert [s for _, s in states(ran)] == ["rejected", "refused", "accepted"]
    assert desk.sent() == 2


def test_a_failed_read_of_one_account_stops_all(desk: Desk) -> None:
    desk.fault("ip_mismatch", "kt00001", appkey="sim-003-appkey")
    ran = buy(desk, *ALL)
    assert ran.code == 4, ran.err
    assert [s for _, s in states(ran)] == ["not_sent"] * 3
    assert (desk.sent(), desk.ledger()) == (0, [])
    assert [s for _, s in states(buy(desk, *ALL, "--keep-going"))] == [
        "accepted",
        "accepted",
        "not_sent",
    ]


def test_a_dry_run_of_several_shows_all(desk: Desk) -> None:
    ran = buy(desk, *ALL, "--dry-run")
    assert [s for _, s in states(ran)] == ["dry_run"] * 3
    assert (ran.code, desk.sent(), desk.ledger()) == (0, 0, [])


# The demo -----------------------------------------------------------------------------------------


def test_the_demo_marks_every_order_and_keeps_it(run: Run) -> None:
    ran = run("buy", CODE, "1", "--demo", "-p", "general", "--market", "--yes", "--allow", "MARKET")
    assert ran.code == 0, ran.err
    assert "[DEMO]" in ran.out
    assert ran.err.startswith("[DEMO] BUY\n")
    shown = run("orders", "--demo", "-o", "json").document["data"]
    assert [(row["profile"], row["symbol"]) for row in shown] == [("general", CODE)]
    korean = run("buy", CODE, "2", "--demo", "-p", "isa", "--market", "--dry-run", "--lang", "ko",
                 "--allow", "MARKET")  # fmt: skip
    assert (korean.code, korean.err.startswith("[DEMO] ")) == (0, True)


def test_the_demo_has_no_accounts_but_its_own(run: Run, desk: Desk) -> None:
    words = ("buy", CODE, "1", "--market", "--yes", "--allow", "MARKET", "--demo")
    for more in (["-p", "sim-001"], ["-p", "all"], []):
        ran = run(*words, *more)
        assert ran.code == 2, ran.err
    assert desk.state()["requests"] == []


# --id ---------------------------------------------------------------------------------------------


def test_a_key_that_was_used_sends_nothing_and_tells_what_was(desk: Desk) -> None:
    first = desk.bought("--id", "daily-1")
    for more in ([], ["--price", f"{desk.low:,}"]):
        ran = desk.buy("--id", "daily-1", *more)
        row = the_row(ran)
        assert (ran.code, row["replayed"]) == (0, True), ran.err
        for name in ("order_id", "broker_order_id", "state", "client_id"):
            assert row[name] == first[name]
        assert "nothing was sent" in row["message"]
    assert (desk.sent(), len(desk.ledger())) == (1, 1)


def test_a_key_is_for_one_order(desk: Desk) -> None:
    desk.bought("--id", "key")
    low = str(desk.low)
    for words in (
        ["buy", CODE, "4", "--price", low],
        ["buy", CODE, "3", "--price", str(desk.low - 10)],
        ["buy", "015760", "3", "--price", low],
        ["buy", CODE, "3", "--price", low, "--exchange", "NXT"],
        ["buy", CODE, "3", "--price", low, "--type", "ioc"],
        ["buy", CODE, "3", "--market", "--allow", "MARKET"],
        ["buy", CODE, "3", "--price", low, "--type", "stop", "--stop-price", low],
    ):
        ran = desk.order(*words, *SINGLE, "--id", "key")
        assert (ran.code, the_row(ran)["state"]) == (2, "refused"), words
        assert "key" in complaints(ran)[0]
    assert desk.sent() == 1


def test_a_key_is_the_accounts_and_the_commands(desk: Desk) -> None:
    desk.bought("--id", "key")
    assert buy(desk, "-p", "sim-002", "--yes", "--id", "key").code == 0
    sold = desk.order("sell", CODE, "3", "-p", "sim-002", "--yes", "--id", "key", "--price",
                      str(desk.high))  # fmt: skip
    assert (sold.code, the_row(sold)["replayed"]) == (0, False)
    ran = buy(desk, *ALL, "--id", "key")
    assert [row["replayed"] for row in ran.document["data"]] == [True, True, False]
    assert (ran.code, desk.sent()) == (0, 4)


def test_a_key_of_another_day_says_so(desk: Desk) -> None:
    assert desk.run("accounts", "--check").code == 0
    yesterday = SetClock(datetime.now(KST) - timedelta(days=1))
    wanted = terms(symbol=Symbol(CODE), quantity=3, price=Decimal(desk.low))
    day = yesterday.now().date()
    desk.book().write(accepted("77"), wanted, clock=yesterday, trading_day=day, client_id="key")
    ran = desk.buy("--id", "key")
    row = the_row(ran)
    assert (ran.code, row["replayed"], row["state"]) == (0, True, "accepted"), ran.err
    assert row["broker_order_id"] == "0000077"
    assert f"recorded {day}" in row["message"]
    assert "nothing sent today" in row["message"]
    assert desk.sent() == 0


@pytest.mark.parametrize("fate", ["rejected", "refused", "dry run"])
def test_a_key_is_free_where_nothing_was_placed(desk: Desk, fate: str) -> None:
    if fate == "rejected":
        desk.fault("backend", code="855056", text="매수증거금 부족", count=1)
        assert desk.buy("--id", "key").code == 3
    elif fate == "refused":
        assert desk.buy("--id", "key", price=desk.low + 1).code == 7
    else:
        assert desk.buy("--id", "key", "--dry-run").code == 0
    # Another wish under the same key: the first one placed nothing.
    row = desk.bought("--id", "key", quantity=4)
    assert (row["replayed"], row["state"]) == (False, "accepted")
    assert len(desk.orders()) == 1


def test_a_change_under_a_key_is_sent_once(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    price = str(desk.low + 10)
    rows = [
        the_row(desk.order("modify", order, "--price", price, *SINGLE, "--id", "m"))
        for _ in range(2)
    ]
    assert [row["replayed"] for row in rows] == [False, True]
    assert rows[0]["broker_order_id"] == rows[1]["broker_order_id"]
    ran = desk.order("modify", order, "--price", str(desk.low + 20), *SINGLE, "--id", "m")
    assert ran.code == 2
    newest = rows[0]["broker_order_id"]
    cancels = [the_row(desk.order("cancel", newest, *SINGLE, "--id", "c")) for _ in range(2)]
    assert [row["replayed"] for row in cancels] == [False, True]
    assert (desk.sent("kt10002"), desk.sent("kt10003")) == (1, 1)


@pytest.mark.parametrize("key", ["", " ", "k" * 65, "a\tb"])
def test_a_key_that_is_none_is_refused(desk: Desk, key: str) -> None:
    ran = desk.buy("--id", key)
    assert (ran.code, desk.state()["requests"]) == (2, [])
    assert "--id" in complaints(ran)[0]
