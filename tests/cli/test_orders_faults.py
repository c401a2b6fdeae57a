"""Every fault of an order's reply, before and after the broker took it.

What is called accepted, rejected or not sent must be so by the broker's own record; everything
else is UNKNOWN, is never sent again, and resolve finds out as far as that can be found out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import ordering
from tests.cli.conftest import Ran
from tests.cli.ordering import CODE, QUICK, SINGLE, Desk, Room, the_error, the_row

# The reply says nothing certain, whatever became of the order.
LOST: dict[str, dict[str, Any]] = {
    "drop": {},
    "reset": {},
    "hang": {"seconds": 0.3},
    "truncate": {},
    "html": {},
    "garbage": {},
    "list": {},
    "empty": {},
    "http_500": {},
    "http_502": {},
    "http_503": {},
    "blank": {},
    "wrong_number": {},
    "wrong_number zero": {"text": "zero"},
    "wrong_number nine": {"text": "nine"},
}
# Codes and texts that never are a refusal, whatever stands beside them.
DOUBTFUL: dict[str, dict[str, Any]] = {
    "backend 1999": {"code": "1999", "text": "예기치 못한 에러가 발생했습니다"},
    "backend 1687": {"code": "1687", "text": "재귀 호출이 발생하여 API 호출을 제한합니다"},
    "backend 8003": {"code": "8003", "text": "Access Token을 조회하는데 실패했습니다"},
    "backend 8006": {"code": "8006", "text": "Access Token을 생성하는데 실패했습니다"},
    "backend 8009": {"code": "8009", "text": "Access Token을 발급하는데 실패했습니다"},
    "backend -994": {"code": "-994", "text": "fail to sendReceive:WINGSj"},
    "backend late": {"code": "855056", "text": "처리가 지연되고 있습니다"},
    "backend timeout": {"code": "800033", "text": "응답 시간 초과"},
    "backend working": {"code": "407022", "text": "주문 처리중입니다"},
}
DEFINITE = {
    "855056": "매수증거금이 부족합니다",
    "800033": "매도가능수량이 부족합니다",
    "571557": "주문단가를 잘못입력하셨습니다",
    "505217": "장종료되었습니다",
    "RC4025": "모의투자 매수증거금이 부족합니다",
    "RC9000": "모의투자에서는 해당업무가 제공되지 않습니다",
    "999999": "주문 불가능합니다",
}
WHEN = pytest.mark.parametrize("when", ["before", "after"])


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=1) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def hurt(desk: Desk, name: str, when: str, api_id: str = "kt10000", **more: Any) -> None:
    mode = name.partition(" ")[0]
    desk.fault(mode, api_id, when, **{"count": 1, **(LOST | DOUBTFUL).get(name, {}), **more})


def resolved(desk: Desk) -> Ran:
    return desk.order("resolve", *QUICK)


@WHEN
@pytest.mark.parametrize("name", LOST)
def test_a_reply_that_says_nothing_is_unknown_and_sent_once(
    desk: Desk, name: str, when: str
) -> None:
    if name == "wrong_number":
        # The number of another order of this account.
        desk.foreign(price=desk.low - 10)
    others = len(desk.orders())
    hurt(desk, name, when)
    ran = desk.buy("--id", "key", *QUICK)
    taken = int(when == "after")
    assert ran.code == 5, ran.err
    row = the_row(ran)
    assert (row["state"], row["broker_order_id"], row["replayed"]) == ("unknown", None, False)
    error = the_error(ran)
    assert (error["exit_code"], error["safe_to_retry"]) == (5, False)
    attempt = f"{row['order_id']}.1"
    assert attempt in ran.err
    assert "kiwoomctl resolve" in ran.err
    assert (desk.sent(), len(desk.orders()) - others) == (1, taken)
    [kept] = desk.ledger()
    assert (kept["attempt_id"], kept["ledger_state"]) == (attempt, "UNKNOWN")
    assert (kept["state"], kept["broker_order_id"]) == ("unknown", None)

    # The same again is not sent again, as long as its key binds.
    again = desk.buy("--id", "key", *QUICK)
    assert (again.code, the_row(again)["replayed"]) == (5, True), again.err
    assert the_row(again)["order_id"] == row["order_id"]
    assert (desk.sent(), desk.states()) == (1, ["UNKNOWN"])

    ran = resolved(desk)
    assert ran.document["schema"] == "kiwoomctl.resolve/1"
    if taken:
        assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
        assert the_row(ran)["broker_order_id"] == desk.orders()[-1]["ord_no"]
        assert desk.states() == ["MATCHED"]
        row = the_row(desk.buy("--id", "key", *QUICK))
        assert (row["state"], row["replayed"]) == ("accepted", True)
        assert row["broker_order_id"] == desk.orders()[-1]["ord_no"]
    else:
        assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
        assert desk.states() == ["UNKNOWN"]
    assert desk.sent() == 1


@WHEN
@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_code_that_may_mean_anything_is_unknown(desk: Desk, name: str, when: str) -> None:
    hurt(desk, name, when)
    ran = desk.buy(*QUICK)
    row = the_row(ran)
    assert (ran.code, row["state"]) == (5, "unknown"), ran.err
    assert row["reason_code"] == DOUBTFUL[name]["code"]
    assert (desk.sent(), len(desk.orders())) == (1, int(when == "after"))
    assert desk.states() == ["UNKNOWN"]


@WHEN
@pytest.mark.parametrize("code", DEFINITE)
def test_a_code_that_is_known_to_refuse_is_a_rejection(desk: Desk, code: str, when: str) -> None:
    desk.fault("backend", when=when, code=code, text=DEFINITE[code], count=1)
    ran = desk.buy("--id", "key", *QUICK)
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", code)
    assert DEFINITE[code] in row["message"]
    assert the_error(ran)["code"] == f"kiwoom_{code}"
    assert (desk.sent(), desk.states()) == (1, ["REJECTED"])


@WHEN
@pytest.mark.parametrize("code", ["8010", "8050"])
def test_the_gateways_own_refusals_are_rejections_too(desk: Desk, code: str, when: str) -> None:
    desk.fault("ip_mismatch", when=when, code=code, count=1)
    ran = desk.buy(*QUICK)
    assert (ran.code, the_row(ran)["state"], the_row(ran)["reason_code"]) == (3, "rejected", code)
    assert (desk.sent(), desk.states()) == (1, ["REJECTED"])


@pytest.mark.parametrize("mode", ["backend", "http_429", "token_dead"])
def test_a_claim_that_no_read_confirms_is_unknown(desk: Desk, mode: str) -> None:
    # The lists are sound twice, for the preview and under the lock, and not after the send.
    desk.fault("zero_pl", "kt00007", count=2)
    desk.fault("ip_mismatch", "kt00007")
    more = {"code": "777777", "text": "주문 거부"} if mode == "backend" else {}
    desk.fault(mode, count=1, **more)
    ran = desk.buy(*QUICK)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert (desk.sent(), desk.states()) == (1, ["UNKNOWN"])


# Refused by the gateway: a further attempt, or none ---------------------------------------------


def test_a_refused_rate_is_sent_again_once(desk: Desk) -> None:
    hurt(desk, "http_429", "before")
    ran = desk.buy("--id", "key")
    row = the_row(ran)
    assert (ran.code, row["state"]) == (0, "accepted"), ran.err
    assert (desk.sent(), len(desk.orders())) == (2, 1)
    assert desk.states() == ["NOT_SENT", "ACCEPTED"]
    assert row["broker_order_id"] == desk.orders()[0]["ord_no"]
    assert the_row(desk.buy("--id", "key"))["replayed"] is True
    assert desk.sent() == 2


def test_a_rate_that_stays_refused_is_busy_after_three(desk: Desk) -> None:
    desk.fault("http_429")
    ran = desk.buy("--id", "key")
    row = the_row(ran)
    assert (ran.code, row["state"], row["reason_code"]) == (9, "not_sent", "1700"), ran.err
    assert the_error(ran)["safe_to_retry"] is True
    assert (desk.sent(), desk.orders()) == (3, [])
    assert desk.states() == ["NOT_SENT"] * 3
    # Its key is free: what was not sent goes out now.
    desk.heal()
    again = desk.bought("--id", "key")
    assert (again["order_id"], again["replayed"]) == (row["order_id"], False)
    assert (desk.sent(), len(desk.orders())) == (4, 1)
    assert desk.states() == ["NOT_SENT"] * 3 + ["ACCEPTED"]


@pytest.mark.parametrize("mode", ["http_429", "token_dead"])
def test_a_refusal_of_an_order_that_was_taken_is_not_believed(desk: Desk, mode: str) -> None:
    hurt(desk, mode, "after")
    ran = desk.buy(*QUICK)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    assert (desk.sent(), len(desk.orders()), desk.states()) == (1, 1, ["UNKNOWN"])
    assert (resolved(desk).code, desk.states(), desk.sent()) == (0, ["MATCHED"], 1)


def test_a_dead_token_is_renewed_and_the_order_sent_once(desk: Desk) -> None:
    hurt(desk, "token_dead", "before")
    ran = desk.buy()
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    assert (desk.sent(), len(desk.orders())) == (2, 1)
    assert desk.states() == ["NOT_SENT", "ACCEPTED"]
    assert desk.state()["tokens_issued"] == 2


def test_a_token_that_stays_dead_is_exit_4(desk: Desk) -> None:
    desk.fault("token_dead")
    ran = desk.buy()
    assert (ran.code, the_row(ran)["state"]) == (4, "not_sent"), ran.err
    assert (desk.sent(), desk.orders()) == (2, [])
    assert desk.states() == ["NOT_SENT"] * 2


def test_a_token_that_died_before_is_renewed_by_the_reads(desk: Desk) -> None:
    desk.bought()
    desk.control("kill_tokens")
    desk.bought(quantity=4)
    assert (desk.sent(), desk.states()) == (2, ["ACCEPTED", "ACCEPTED"])


# Late, hidden, empty ------------------------------------------------------------------------------


def test_an_order_that_is_taken_late_is_found_then(desk: Desk) -> None:
    desk.fault("late_accept", seconds=600, count=1)
    ran = desk.buy(*QUICK)
    assert (ran.code, desk.orders(), desk.states()) == (5, [], ["UNKNOWN"]), ran.err
    assert resolved(desk).code == 5
    desk.set_time("10:10:30")
    ran = resolved(desk)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err
    assert the_row(ran)["broker_order_id"] == desk.orders()[0]["ord_no"]


def test_an_order_that_is_taken_far_too_late_is_a_persons_to_name(desk: Desk) -> None:
    desk.fault("late_accept", seconds=3600, count=1)
    assert desk.buy(*QUICK).code == 5
    desk.set_time("11:00:30")
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    for clock in ("20:35:00", "20:36:30", "20:38:00"):
        desk.set_time(clock)
        assert resolved(desk).code == 5
    assert desk.states() == ["AMBIGUOUS"]
    attempt, number = desk.ledger()[0]["attempt_id"], desk.orders()[0]["ord_no"]
    ran = desk.order("resolve", attempt, "--number", number)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err


def test_an_order_the_lists_hide_is_unknown_until_they_show_it(desk: Desk) -> None:
    desk.fault("list_lag", seconds=300, count=1)
    hurt(desk, "drop", "after")
    assert desk.buy(*QUICK).code == 5
    assert (resolved(desk).code, desk.states()) == (5, ["UNKNOWN"])
    desk.set_time("10:06:00")
    assert (resolved(desk).code, desk.states()) == (0, ["MATCHED"])


@pytest.mark.parametrize("mode", ["list_lag", "kt00007_empty"])
def test_lists_that_lag_do_not_hurt_an_accepted_order(desk: Desk, mode: str) -> None:
    desk.fault(mode)
    row = desk.bought()
    assert (row["state"], desk.states()) == ("accepted", ["ACCEPTED"])


def test_an_empty_list_of_the_day_does_not_hide_an_open_order(desk: Desk) -> None:
    desk.fault("kt00007_empty")
    hurt(desk, "drop", "after")
    assert desk.buy(*QUICK).code == 5
    assert (resolved(desk).code, desk.states()) == (0, ["MATCHED"])


@pytest.mark.parametrize("kind", ["market", "first", "conditional", "stop", "market-ioc"])
def test_lost_orders_of_other_types_are_found_too(desk: Desk, kind: str) -> None:
    words = ["buy", CODE, "3", *SINGLE, "--type", kind, "--allow", "MARKET"]
    words += ["--price", str(desk.low)] if kind in {"conditional", "stop"} else []
    words += ["--stop-price", str(desk.high)] if kind == "stop" else []
    hurt(desk, "drop", "after")
    assert desk.order(*words, *QUICK).code == 5
    ran = resolved(desk)
    assert (ran.code, the_row(ran)["type"], desk.states()) == (0, kind, ["MATCHED"]), ran.err


# The other commands -------------------------------------------------------------------------------

SHORT = ["drop", "html", "backend -994"]


@WHEN
@pytest.mark.parametrize("name", SHORT)
def test_a_lost_sell_is_kept_like_a_lost_buy(desk: Desk, name: str, when: str) -> None:
    hurt(desk, name, when, "kt10001")
    words = ("sell", "005930", "1", *SINGLE, "--price", str(desk.price("005930")), *QUICK)
    assert desk.order(*words, "--id", "s").code == 5
    assert desk.order(*words, "--id", "s").code == 5
    assert (desk.sent(), len(desk.orders())) == (1, int(when == "after"))
    code, state = (0, "MATCHED") if when == "after" else (5, "UNKNOWN")
    assert (resolved(desk).code, desk.states()) == (code, [state])


@WHEN
@pytest.mark.parametrize("name", SHORT)
def test_a_lost_modify_is_found_by_its_original(desk: Desk, name: str, when: str) -> None:
    order = desk.bought()["broker_order_id"]
    hurt(desk, name, when, "kt10002")
    words = ("modify", order, "--price", str(desk.low + 50), *SINGLE, *QUICK)
    ran = desk.order(*words, "--id", "m")
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    ran = resolved(desk)
    if when == "before":
        assert (ran.code, desk.states()) == (5, ["ACCEPTED", "UNKNOWN"])
        return
    newest = desk.orders("kt10002")[0]["ord_no"]
    assert (ran.code, the_row(ran)["broker_order_id"]) == (0, newest), ran.err
    assert desk.order("cancel", order, *SINGLE).code == 0
    assert desk.order_of(newest)["status"] == "cancelled"
    assert desk.sent("kt10002") == 1


@WHEN
@pytest.mark.parametrize("name", SHORT)
def test_a_lost_cancel_is_found_by_its_original(desk: Desk, name: str, when: str) -> None:
    order = desk.bought()["broker_order_id"]
    hurt(desk, name, when, "kt10003")
    ran = desk.order("cancel", order, *SINGLE, *QUICK)
    assert (ran.code, the_row(ran)["state"]) == (5, "unknown"), ran.err
    code, state = (0, "MATCHED") if when == "after" else (5, "UNKNOWN")
    assert (resolved(desk).code, desk.states()) == (code, ["ACCEPTED", state])
    assert desk.sent("kt10003") == 1


def test_an_open_cancel_lets_another_cancel_through_and_no_new_order(desk: Desk) -> None:
    order = desk.bought()["broker_order_id"]
    hurt(desk, "drop", "before", "kt10003")
    assert desk.order("cancel", order, *SINGLE, *QUICK).code == 5
    ran = desk.buy(quantity=4)
    assert (ran.code, the_row(ran)["reason_code"]) == (7, "open_unknown")
    assert desk.order("cancel", order, *SINGLE).code == 0
    assert (desk.sent("kt10000"), desk.sent("kt10003")) == (1, 2)
