"""Plain buys and sells: what is sent to the letter, and what the report and the ledger say."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import ordering
from tests.cli.ordering import CODE, FIELDS, SINGLE, Desk, Room, risks, the_row

ORDER_ID = re.compile(r"\d{8}-[0-9a-hj-kmnp-tv-z]{8}")
# Every type: its code on the wire, its names, whether it names a price, when it is taken.
TYPES = {
    "limit": ("0", ("지정가", "보통"), "price", "10:00"),
    "market": ("3", ("시장가",), "", "10:00"),
    "conditional": ("5", ("조건부지정가",), "price", "10:00"),
    "best": ("6", ("최유리", "최유리지정가"), "", "10:00"),
    "first": ("7", ("최우선", "최우선지정가"), "", "10:00"),
    "ioc": ("10", (), "price", "10:00"),
    "market-ioc": ("13", (), "", "10:00"),
    "best-ioc": ("16", (), "", "10:00"),
    "fok": ("20", (), "price", "10:00"),
    "market-fok": ("23", (), "", "10:00"),
    "best-fok": ("26", (), "", "10:00"),
    "stop": ("28", ("스톱", "스톱지정가"), "both", "10:00"),
    "mid": ("29", ("중간가",), "", "10:00"),
    "mid-ioc": ("30", (), "", "10:00"),
    "mid-fok": ("31", (), "", "10:00"),
    "pre-close": ("61", ("장전시간외",), "", "08:35"),
    "post-close": ("81", ("장후시간외",), "", "15:45"),
    "single": ("62", ("단일가", "시간외단일가"), "price", "10:00"),
}
NAMES = [("single", "single")]
NAMES += [(name, kind) for kind, (_, korean, _, _) in TYPES.items() for name in korean]


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


def test_a_buy_is_one_row_with_these_fields(desk: Desk) -> None:
    ran = desk.buy("--id", "first")
    assert ran.code == 0, ran.err
    document = ran.document
    assert document["schema"] == "kiwoomctl.order/1"
    assert (document["environment"], document["status"]) == ("sim", "ok")
    assert (document["totals"], document["errors"]) == (None, [])
    [row] = document["data"]
    assert list(row) == FIELDS
    [order] = desk.orders()
    assert ORDER_ID.fullmatch(row["order_id"])
    expected = {
        "profile": "sim-001",
        "client_id": "first",
        "broker_order_id": order["ord_no"],
        "original_order_id": None,
        "symbol": CODE,
        "side": "buy",
        "type": "limit",
        "price": desk.low,
        "quantity": 3,
        "exchange": "KRX",
        "state": "accepted",
        "reason_code": None,
        "replayed": False,
        "request": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert risks(row) == {}
    assert "may still refuse" in row["message"]
    assert order["body"] == {
        "dmst_stex_tp": "KRX",
        "stk_cd": CODE,
        "ord_qty": "3",
        "ord_uv": str(desk.low),
        "trde_tp": "0",
        "cond_uv": "",
    }
    assert (order["appkey"], order["api_id"]) == ("sim-001-appkey", "kt10000")
    [kept] = desk.ledger()
    assert (kept["ledger_state"], kept["order_id"]) == ("ACCEPTED", row["order_id"])
    assert (kept["broker_order_id"], kept["client_id"]) == (order["ord_no"], "first")
    assert desk.sent() == 1


def test_a_sell_goes_out_as_a_sell(desk: Desk) -> None:
    ran = desk.order("sell", CODE, "2", "-p", "sim-002", "--yes", "--price", f"{desk.high:,}")
    assert ran.code == 0, ran.err
    row = the_row(ran)
    assert (row["side"], row["price"], row["state"]) == ("sell", desk.high, "accepted")
    [order] = desk.orders()
    assert (order["api_id"], order["appkey"]) == ("kt10001", "sim-002-appkey")
    assert order["body"]["ord_uv"] == str(desk.high)


def test_sell_all_sells_what_can_be_sold_now(desk: Desk) -> None:
    holdings = desk.state()["accounts"][1]["holdings"]
    [held] = [row["sellable_quantity"] for row in holdings if row["symbol"] == CODE]
    sell = ("sell", CODE, "all", "-p", "sim-002", "--yes", "--price", str(desk.high))
    assert desk.order("sell", CODE, "5", *sell[3:]).code == 0
    ran = desk.order(*sell, "--allow", "value")
    assert (ran.code, the_row(ran)["quantity"]) == (0, held - 5), ran.err
    assert desk.orders()[-1]["body"]["ord_qty"] == str(held - 5)
    again = desk.order(*sell)
    assert (again.code, the_row(again)["state"]) == (7, "refused")
    assert desk.sent() == 2


def test_csv_and_jsonl_have_the_same_row(desk: Desk) -> None:
    words = ("buy", CODE, "1", *SINGLE, "--price", str(desk.low))
    ran = desk.run(*words, "-o", "csv")
    assert ran.code == 0, ran.err
    [row] = list(csv.DictReader(io.StringIO(ran.out)))
    assert list(row) == FIELDS
    assert (row["price"], row["quantity"], row["client_id"]) == (str(desk.low), "1", "")
    assert row["broker_order_id"] == desk.orders()[0]["ord_no"]
    ran = desk.run("buy", CODE, "2", *words[3:], "-o", "jsonl")
    assert list(json.loads(ran.out)) == FIELDS
    ran = desk.run("buy", CODE, "4", *words[3:], "-o", "csv", "--fields", "state,broker_order_id")
    assert ran.out.splitlines()[0] == "state,broker_order_id"
    assert ran.out.splitlines()[1] == f"accepted,{desk.orders()[-1]['ord_no']}"


def test_an_unknown_field_is_refused_before_anything_is_sent(desk: Desk) -> None:
    ran = desk.buy("--fields", "broker_order")
    assert ran.code == 2
    assert "broker_order" in ran.err
    assert desk.state()["requests"] == []


def test_the_table_that_is_piped_has_no_box_and_the_preview_goes_to_stderr(desk: Desk) -> None:
    ran = desk.run("buy", CODE, "3", *SINGLE, "--price", str(desk.low))
    assert ran.code == 0
    head, names, row = ran.out.splitlines()
    assert head.startswith("[SIM] ")
    assert {"Account", "Number", "Code", "State"} <= set(names.split())
    for part in ("sim-001", CODE, f"{desk.low:,}", "accepted", desk.orders()[0]["ord_no"]):
        assert part in row
    assert "\x1b" not in ran.out + ran.err
    assert not set(ran.out) & set("│┃─━┌└╭╰")
    assert ran.err.startswith("[SIM] BUY\n")
    for part in (CODE, "3 shares", f"{desk.low:,}", "KRX", "sim-001"):
        assert part in ran.err
    number = desk.state()["accounts"][0]["account"]
    assert number not in ran.out + ran.err


def test_quiet_silences_the_preview_and_korean_is_spoken(desk: Desk) -> None:
    words = ("buy", CODE, "3", *SINGLE, "--price", str(desk.low))
    assert desk.run(*words, "-q").err == ""
    ran = desk.run("buy", CODE, "4", *words[3:], "--lang", "ko")
    assert ran.code == 0
    assert "매수" in ran.out + ran.err
    assert ran.err.startswith("[SIM] ")


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_its_code_and_its_prices(desk: Desk, kind: str) -> None:
    code, _, prices, clock = TYPES[kind]
    if clock != "10:00":
        desk.set_time(f"{clock}:00", ordering.next_day(desk))
    ran = desk.order(*words_of(desk, kind, kind))
    row = the_row(ran)
    assert (row["type"], row["price"]) == (kind, desk.low if prices else None)
    if kind == "single":
        # Its session is no more: the broker says so.
        assert (ran.code, row["state"], row["reason_code"]) == (3, "rejected", "521790")
        return
    assert (ran.code, row["state"]) == (0, "accepted"), ran.err
    [order] = desk.orders()
    assert order["body"] == {
        "dmst_stex_tp": "KRX",
        "stk_cd": CODE,
        "ord_qty": "3",
        "ord_uv": str(desk.low) if prices else "",
        "trde_tp": code,
        "cond_uv": str(desk.low - 50) if prices == "both" else "",
    }


def test_every_name_means_its_type(desk: Desk) -> None:
    for name, kind in NAMES:
        tried = desk.order(*words_of(desk, kind, name), "--dry-run")
        row = the_row(tried)
        assert (tried.code, row["type"]) == (0, kind), (name, tried.err)
        assert row["request"]["trde_tp"] == TYPES[kind][0]


def words_of(desk: Desk, kind: str, name: str) -> list[str]:
    prices = TYPES[kind][2]
    words = ["buy", CODE, "3", *SINGLE, "--type", name, "--allow", "MARKET"]
    words += ["--price", str(desk.low)] if prices else []
    return [*words, "--stop-price", str(desk.low - 50)] if prices == "both" else words


def test_market_is_a_type_of_its_own_word(desk: Desk) -> None:
    ran = desk.order("buy", CODE, "3", *SINGLE, "--market", "--allow", "MARKET")
    assert (ran.code, the_row(ran)["type"]) == (0, "market")
    [order] = desk.orders()
    assert (order["body"]["trde_tp"], order["body"]["ord_uv"]) == ("3", "")
    both = desk.order(
        "buy", CODE, "4", *SINGLE, "--market", "--type", "market", "--allow", "MARKET"
    )
    assert both.code == 0


@pytest.mark.parametrize("exchange", ["KRX", "NXT", "SOR", "sor"])
def test_the_exchange_is_named_in_the_body(desk: Desk, exchange: str) -> None:
    row = desk.bought("--exchange", exchange)
    assert row["exchange"] == exchange.upper()
    assert desk.orders()[0]["body"]["dmst_stex_tp"] == exchange.upper()


def test_the_default_exchange_is_the_configs(desk: Desk) -> None:
    desk.use('exchange = "NXT"')
    assert desk.bought()["exchange"] == "NXT"
    assert desk.orders()[0]["exchange"] == "NXT"
    assert desk.bought("--exchange", "KRX", quantity=4)["exchange"] == "KRX"


def test_a_dry_run_shows_the_exact_body_and_leaves_no_trace(desk: Desk) -> None:
    ran = desk.buy("--dry-run", "--id", "later")
    assert ran.code == 0, ran.err
    row = the_row(ran)
    assert (row["state"], row["client_id"]) == ("dry_run", "later")
    assert (row["order_id"], row["broker_order_id"]) == (None, None)
    assert desk.ledger() == []
    assert (desk.sent(), desk.orders()) == (0, [])
    # What it showed is what the real run sends; its key is free.
    assert desk.bought("--id", "later")["replayed"] is False
    assert desk.orders()[0]["body"] == row["request"]


def test_a_dry_run_asks_for_no_confirmation(desk: Desk) -> None:
    words = ("buy", CODE, "3", "-p", "sim-001", "--price", str(desk.low))
    without = desk.order(*words)
    assert (without.code, the_row(without)["state"]) == (2, "refused")
    assert "--yes" in without.err
    assert desk.order(*words, "--dry-run").code == 0
    assert (desk.sent(), desk.ledger()) == (0, [])


@pytest.mark.parametrize(
    ("more", "code", "tier"),
    [
        (["--price", "{above}"], 0, "warn"),
        (["--market"], 2, "hold"),
        (["--market", "--allow", "MARKET"], 0, "hold"),
        (["--price", "{off}"], 7, "refuse"),
    ],
)
def test_a_dry_run_ends_as_the_real_run_would(
    desk: Desk, more: list[str], code: int, tier: str
) -> None:
    prices = {"above": desk.last * 105 // 10_000 * 100, "off": desk.low - 1}
    words = [word.format(**prices) for word in more]
    tried = desk.order("buy", CODE, "3", *SINGLE, *words, "--dry-run")
    assert tried.code == code, tried.err
    row = the_row(tried)
    assert list(risks(row).values()) == [tier]
    assert all(set(verdict) == {"code", "tier", "message"} for verdict in row["risk"])
    assert (desk.sent(), desk.ledger()) == (0, [])
    real = desk.order("buy", CODE, "3", *SINGLE, *words)
    assert real.code == code
    assert desk.sent() == (1 if code == 0 else 0)


def test_an_order_the_broker_rejects_is_exit_3_with_its_words(desk: Desk) -> None:
    ran = desk.buy("--allow", "CASH,VALUE,DAILY", quantity=100_000)
    assert ran.code == 3
    row = the_row(ran)
    assert (row["state"], row["reason_code"]) == ("rejected", "855056")
    assert "매수증거금이 부족합니다" in row["message"]
    assert "매수증거금이 부족합니다" in ran.err
    assert desk.states() == ["REJECTED"]
    assert (desk.sent(), desk.orders()) == (1, [])


def test_both_places_of_common_options_are_good(desk: Desk) -> None:
    ran = desk.run(
        "-p", "sim-001", "-o", "json", "buy", CODE, "3", "--price", str(desk.low), "--yes"
    )
    assert (ran.code, the_row(ran)["state"]) == (0, "accepted")


def test_verbose_tells_the_send_and_no_secret(desk: Desk) -> None:
    ran = desk.buy("-v")
    line = next(line for line in ran.err.splitlines() if "kt10000" in line)
    assert "accepted" in line
    for secret in ("sim-001-appkey", "sim-001-secretkey", "Bearer"):
        assert secret not in ran.err + ran.out


def test_the_order_goes_after_the_reads_on_which_it_was_judged(desk: Desk) -> None:
    desk.bought()
    asked: list[Any] = [request["api_id"] for request in desk.state()["requests"]]
    at = asked.index("kt10000")
    before = asked[:at]
    for api_id in ("ka10001", "kt00001", "kt00007", "ka10075", "ka10076"):
        assert api_id in before
    # Fresh figures under the lock: every list once for the preview and once right before.
    assert before.count("kt00007") == 2
    assert asked[at + 1 :] == []
