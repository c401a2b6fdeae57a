"""Realized P&L, the broker's ledger and buying power, to the won against the simulator's record."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Serve, Served
from tests.cli.raw_orders import KODEX, Desk
from tests.cli.relay import relayed
from tests.cli.starter import quick_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run commands piped, without starting Python for each."""
    return quick_run(tmp_path)


NAVER, SAMSUNG = "035420", "005930"
DAY, SETTLED = "2026-10-01", "2026-10-06"
"""A Thursday, and two trading days later (the Monday between is closed)."""


def costs(served: Served, appkey: str) -> dict[str, int]:
    """Return what an account has paid for each code it holds."""
    [account] = [row for row in served.state()["accounts"] if row["appkey"] == appkey]
    held: dict[str, int] = {}
    for row in account["holdings"]:
        held[row["symbol"]] = held.get(row["symbol"], 0) + row["cost"]
    return held


def figures(rows: list[dict[str, Any]], *names: str) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in names}


SUMS = ("sell_amount", "cost", "realized_pnl", "commission", "tax")


@pytest.mark.parametrize("env", ["mock", "real"])
def test_realized_profit_is_the_record_of_our_own_sales(run: Run, serve: Serve, env: str) -> None:
    served = serve(accounts=2, env=env)
    before = run("pnl", "--by", "symbol", "-p", "sim-001", "-o", "json").document
    paid = costs(served, "sim-001-appkey")
    for words in (("sell", SAMSUNG, "7"), ("sell", SAMSUNG, "2"), ("buy", KODEX, "1")):
        done = run(
            *words, "--market", "-p", "sim-001", "--yes", "--allow", "MARKET,VALUE,DUPLICATE", "-q"
        )
        assert done.code == 0, done.err
    left = costs(served, "sim-001-appkey")
    sold = [order for order in served.state()["orders"] if order["side"] == "sell"]
    assert sum(order["filled"] for order in sold) == 9
    after = run("pnl", "--by", "symbol", "-p", "sim-001", "-o", "json").document
    [row] = [row for row in after["data"] if row["symbol"] == SAMSUNG]
    amount = sum(order["filled_amount"] for order in sold)
    expected = {
        "quantity": 9,
        "sell_amount": amount,
        "cost": paid[SAMSUNG] - left[SAMSUNG],
        "commission": sum(order["commission"] for order in sold),
        "tax": sum(order["tax"] for order in sold),
    }
    assert {name: row[name] for name in expected} == expected
    assert row["realized_pnl"] == amount - row["cost"] - row["commission"] - row["tax"]
    assert row["sell_price"] == pytest.approx(amount / 9, abs=0.005)
    rate = 100 * row["realized_pnl"] / row["cost"]
    assert row["realized_pnl_rate"] == pytest.approx(rate, abs=0.005)
    assert (row["name"], row["currency"]) == ("삼성전자", "KRW")
    assert [old for old in after["data"] if old["symbol"] != SAMSUNG] == before["data"]
    totals = {name: after["totals"][name] for name in SUMS}
    assert totals == figures(after["data"], *SUMS)
    by_day = run("pnl", "-p", "sim-001", "-o", "json").document
    [day] = by_day["data"]
    assert {name: day[name] for name in SUMS} == totals
    assert day["quantity"] == sum(line["quantity"] for line in after["data"])
    assert by_day["totals"] == after["totals"]
    assert served.state()["now"].startswith(day["date"])


def test_what_was_bought_makes_no_sale_of_that_day_dearer(run: Run, serve: Serve) -> None:
    served = serve(broker="kis", env="real", accounts=1)
    words = ("--market", "-p", "sim-001", "--yes", "--allow", "MARKET,VALUE", "-q")
    for order in (("sell", NAVER, "2"), ("buy", SAMSUNG, "1")):
        done = run(*order, *words)
        assert done.code == 0, done.err
    told = []
    for meant in ("gross", "net"):
        served.control("kis_rules", realized=meant)
        for by in ((), ("--by", "symbol")):
            ran = run("pnl", *by, "-p", "sim-001", "-o", "json")
            assert (ran.code, ran.err) == (0, "")
            told.append({name: ran.document["totals"][name] for name in SUMS})
    assert told.count(told[0]) == len(told)
    sums = told[0]
    costs = sums["cost"] + sums["commission"] + sums["tax"]
    assert sums["realized_pnl"] == sums["sell_amount"] - costs


def test_days_and_codes_of_a_period_over_all_accounts(run: Run, serve: Serve) -> None:
    served = serve(accounts=2, env="real", clock=f"{DAY}T11:00:00+09:00", reissue="same")
    desk = Desk(served)
    with desk.http:
        desk.place("kt10001", "sim-002", stk_cd=SAMSUNG, ord_qty="3", ord_uv="", trde_tp="3")
        served.control("clock", now=f"{SETTLED}T11:00:00+09:00")
        desk.tokens.clear()
        desk.place("kt10001", "sim-002", stk_cd=SAMSUNG, ord_qty="1", ord_uv="", trde_tp="3")
    period = ("--from", "20260901", "--to", SETTLED, "-o", "json")
    by_day = run("pnl", *period).document
    assert {(row["profile"], row["date"]) for row in by_day["data"]} == {
        ("sim-001", DAY),
        ("sim-002", DAY),
        ("sim-002", SETTLED),
    }
    by_code = run("pnl", *period, "--by", "symbol").document
    assert by_code["totals"] == by_day["totals"]
    [row] = [row for row in by_code["data"] if row["profile"] == "sim-002"]
    assert (row["symbol"], row["quantity"]) == (SAMSUNG, 4)
    # Without days it is today by the broker's clock, which is not this machine's.
    today = run("pnl", "-o", "json").document["data"]
    assert [(row["profile"], row["date"], row["quantity"]) for row in today] == [
        ("sim-002", SETTLED, 1)
    ]
    nothing = run("pnl", "--from", "2026-09-01", "--to", "2026-09-30", "-o", "json")
    assert (nothing.code, nothing.document["data"]) == (0, [])
    assert set(nothing.document["totals"].values()) == {0, None}
    assert "nothing was sold" in run("pnl", "--from", "20260901", "--to", "20260930").out


def test_a_list_of_many_pages_is_whole(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, reissue="same")
    desk = Desk(served)
    with desk.http:
        for _ in range(9):
            desk.place("kt10001", stk_cd=SAMSUNG, ord_qty="1", ord_uv="", trde_tp="3")
    whole = run("pnl", "--by", "symbol", "-o", "json").document
    for api_id in ("ka10073", "ka10074"):
        served.control("page_size", api_id=api_id, rows=2)
    assert run("pnl", "--by", "symbol", "-o", "json").document["data"] == whole["data"]
    assert [row["quantity"] for row in whole["data"] if row["symbol"] == SAMSUNG] == [9]


def test_one_failing_account_is_partial_and_named(run: Run, serve: Serve) -> None:
    served = serve(accounts=3, env="real")
    words: dict[str, tuple[str, ...]] = {
        "ka10073": ("pnl",),
        "kt00015": ("transactions",),
        "kt00011": ("orderable", SAMSUNG),
    }
    for api_id, command in words.items():
        served.control(
            "faults",
            api_id=api_id,
            mode="backend",
            code="509193",
            text="CB 발동중입니다.",
            appkey="sim-003-appkey",
            when="before",
        )
        ran = run(*command, "-o", "json")
        assert (ran.code, ran.document["status"]) == (6, "partial"), command
        assert [error["profile"] for error in ran.document["errors"]] == ["sim-003"]
        assert "sim-003" in ran.err
        assert "sim-003" not in {row["profile"] for row in ran.document["data"]}


def test_sales_that_are_missing_are_no_profit_of_nothing(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.control("faults", api_id="ka10073", mode="blank", when="before")
    for by in ("day", "symbol"):
        ran = run("pnl", "--by", by, "-o", "json")
        assert (ran.code, ran.document["errors"][0]["code"]) == (10, "contradiction")
        assert ran.document["data"] == []


def test_lists_of_other_sales_are_told_and_neither_is_bent(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    [day] = run("pnl", "-o", "json").document["data"]

    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "ka10073":
            del reply["dt_stk_rlzt_pl"][0]

    with relayed(served, change):
        by_day = run("pnl", "-q", "-o", "json")
        by_code = run("pnl", "--by", "symbol", "-q", "-o", "json")
    assert (by_day.code, by_code.code) == (0, 0)
    [told] = by_day.document["data"]
    assert told == {**day, "quantity": None, "cost": None, "realized_pnl_rate": None}
    assert by_day.document["totals"]["cost"] is None
    left = by_code.document["totals"]["sell_amount"]
    assert 0 < left < day["sell_amount"]
    for ran in (by_day, by_code):
        assert ran.err.startswith("warning: sim-001: ")
        assert f"{day['sell_amount']:,}" in ran.err
        assert f"{left:,}" in ran.err


def test_sales_to_parts_of_a_won_are_rounded_once(run: Run, serve: Serve) -> None:
    sale = {
        "dt": "20261001",
        "stk_cd": "A005930",
        "stk_nm": "삼성전자",
        "cntr_qty": "1",
        "buy_uv": "97602.96",
        "cntr_pric": "158200",
        "tdy_sel_pl": "59813.04",
        "tdy_trde_cmsn": "500",
        "tdy_trde_tax": "284",
    }
    second = {**sale, "stk_cd": "A0001A0", "stk_nm": "", "buy_uv": "", "cntr_qty": "2"}

    # A thousand shares at an average of 97602.333 are told to a hundredth of a won.
    many = {**sale, "stk_cd": "A000660", "cntr_qty": "1000", "buy_uv": "97602.33"}
    many["tdy_sel_pl"] = f"{158_200_000 - 97_602_333 - 500 - 284}"

    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "ka10073":
            half = {**second, "cntr_pric": "-1000.5"}
            reply["dt_stk_rlzt_pl"] = [sale, sale, sale, half, many]

    with relayed(serve(accounts=1), change):
        ran = run("pnl", "--by", "symbol", "-o", "json")
    first, other, large = ran.document["data"]
    assert large["cost"] == 97_602_333
    assert (first["realized_pnl"], first["cost"]) == (179439, 292809)
    assert (first["sell_amount"], first["sell_price"]) == (474600, 158200)
    # What was paid is not told, and a direction is no minus.
    assert (other["symbol"], other["cost"], other["realized_pnl_rate"]) == ("0001A0", None, None)
    assert (other["sell_amount"], other["sell_price"]) == (2001, 1000.5)
    assert ran.document["totals"]["cost"] is None


# Transactions -----------------------------------------------------------------------------------


def test_the_ledger_of_the_broker_adds_up_to_the_deposit(run: Run, serve: Serve) -> None:
    served = serve(accounts=2, env="real", clock=f"{DAY}T11:00:00+09:00", reissue="same")
    desk = Desk(served)
    with desk.http:
        desk.place("kt10001", "sim-001", stk_cd=SAMSUNG, ord_qty="3", ord_uv="", trde_tp="3")
        desk.place("kt10000", "sim-001", ord_qty="1", ord_uv="", trde_tp="3")
    [sale, buy] = served.state()["orders"]
    period = ("--from", DAY, "--to", "20261030", "-o", "json")
    assert run("transactions", *period).document["data"] == []
    served.control("clock", now=f"{SETTLED}T11:00:00+09:00")
    document = run("transactions", *period).document
    assert document["totals"] is None
    rows = document["data"]
    for profile, account in zip(("sim-001", "sim-002"), served.state()["accounts"], strict=True):
        mine = [row for row in rows if row["profile"] == profile]
        assert mine[-1]["balance"] == account["cash"]["deposit"]
        for before, row in pairwise(mine):
            way = -1 if row["direction"] == "매수" else 1
            assert row["balance"] == before["balance"] + way * row["settlement"]
            assert row["settlement"] == row["amount"] + way * -1 * (row["commission"] + row["tax"])
    by_medium = [row for row in rows if row["medium"] == "REST API"]
    assert [row["symbol"] for row in by_medium] == [SAMSUNG, KODEX]
    for row, order in zip(by_medium, (sale, buy), strict=True):
        assert (row["date"], row["trade_date"]) == (SETTLED, DAY)
        assert row["quantity"] == order["filled"]
        assert row["amount"] == order["filled_amount"] == row["price"] * row["quantity"]
        assert (row["commission"], row["tax"]) == (order["commission"], order["tax"])
    assert [row["type"] for row in by_medium] == ["장내매도", "장내매수"]
    for kind, side in (("매도", "매도"), ("buys", "매수")):
        kept = run("transactions", *period, "--type", kind).document["data"]
        assert kept == [row for row in rows if row["direction"] == side]
    assert run("transactions", *period, "--type", "deposits").document["data"] == []
    served.control("page_size", api_id="kt00015", rows=1)
    assert run("transactions", *period).document["data"] == rows
    table = run("transactions", "--from", DAY, "--to", "20261030", "--lang", "ko").out
    assert table.splitlines()[0].startswith(f"[SIM] 거래내역 {DAY} ~ 2026-10-30")
    assert "예수금잔고" in table


def test_lines_that_are_no_trades_of_shares(run: Run, serve: Serve) -> None:
    plain = {
        "trde_dt": "20261006",
        "trde_no": "000000009",
        "rmrk_nm": "배당금입금",
        "exct_amt": "000000000008460",
        "entra_remn": "000000001008460",
        "crnc_cd": "KRW",
        "trde_kind_nm": "입출금",
        "stk_nm": "삼성전자",
        "trde_amt": "000000000010000",
        "trde_agri_tax": "",
        "incm_resi_tax": "000000000001540",
        "cmsn": "000000000000000",
        "io_tp_nm": "입금",
        "stk_cd": "A005930",
        "trde_qty_jwa_cnt": "0",
        "trde_unit": "0",
        "cntr_dt": "00000000",
    }
    abroad = {
        **plain,
        "rmrk_nm": "외화매수",
        "crnc_cd": "USD",
        "stk_cd": "BRK.B",
        "stk_nm": "BERKSHIRE",
        "trde_qty_jwa_cnt": "1.25",
        "trde_unit": "1,234.56",
        "fc_trde_amt": "1543.20",
        "fc_exct_amt": "1544.00",
        "fc_cmsn": "0.80",
        "fc_trde_tax": "",
        "fc_entra": "-12.34",
    }

    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "kt00015":
            reply["trst_ovrl_trde_prps_array"] = [plain, abroad]

    with relayed(serve(accounts=1, env="real"), change):
        dividend, share = run("transactions", "-o", "json").document["data"]
    assert (dividend["type"], dividend["symbol"]) == ("배당금입금", SAMSUNG)
    assert (dividend["amount"], dividend["tax"], dividend["settlement"]) == (10000, 1540, 8460)
    assert dividend["balance"] == 1008460
    assert [dividend[name] for name in ("quantity", "price", "trade_date")] == [None] * 3
    assert (share["currency"], share["symbol"], share["quantity"]) == ("USD", "BRK.B", 1.25)
    assert (share["price"], share["amount"], share["settlement"]) == (1234.56, 1543.2, 1544)
    assert (share["commission"], share["tax"], share["balance"]) == (0.8, None, -12.34)


def test_the_mock_server_says_that_it_does_not_offer_it(run: Run, serve: Serve) -> None:
    serve(accounts=2, env="mock")
    ran = run("transactions", "-o", "json")
    assert ran.code == 3
    assert [error["code"] for error in ran.document["errors"]] == ["not_on_mock"] * 2
    assert "the mock server does not offer this (kt00015" in ran.err
    korean = run("transactions", "--lang", "ko")
    assert "모의투자" in korean.err


# Buying power -----------------------------------------------------------------------------------


@pytest.mark.parametrize("env", ["mock", "real"])
def test_what_can_be_ordered_is_what_the_exchange_takes(run: Run, serve: Serve, env: str) -> None:
    served = serve(accounts=2, env=env, reissue="same")
    desk = Desk(served)
    with desk.http:
        desk.resting("sim-001", quantity=2)
        price = str(desk.price() // 100 * 100 - 2000)
        document = run("orderable", KODEX, "--price", f"{int(price):,}", "-o", "json").document
        for row, account in zip(document["data"], served.state()["accounts"], strict=True):
            order = {"ord_uv": price, "trde_tp": "0"}
            most = row["buyable_quantity"]
            assert row["orderable"] == row["buyable_amount"] == account["cash"]["orderable"]
            held = [h for h in account["holdings"] if h["symbol"] == KODEX]
            assert row["sellable_quantity"] == sum(h["sellable_quantity"] for h in held)
            with pytest.raises(AssertionError, match=r"증거금이 부족합니다"):
                desk.place("kt10000", row["profile"], ord_qty=str(most + 1), **order)
            desk.place("kt10000", row["profile"], ord_qty=str(most), **order)
    names = ("buyable_quantity", "buyable_amount", "sellable_quantity", "orderable")
    assert document["totals"] == figures(document["data"], *names)
    assert {row["price"] for row in document["data"]} == {int(price)}
    assert {row["name"] for row in document["data"]} == {"KODEX 200"}


def test_without_a_price_it_is_the_last_one_for_all(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    served.control("price", symbol=SAMSUNG, price=200_000)
    assert run("symbols", "update").code == 0
    before = len(served.state()["requests"])
    rows = run("orderable", "삼성전자", "-o", "json").document["data"]
    assert {(row["symbol"], row["price"]) for row in rows} == {(SAMSUNG, 200_000)}
    asked = [request["api_id"] for request in served.state()["requests"][before:]]
    assert sorted(asked) == ["au10001", "ka10095", *["kt00011"] * 2, *["kt00018"] * 2]
    assert rows[0]["margin_rate"] == 100


def test_of_two_promises_the_smaller_one_is_told(run: Run, serve: Serve) -> None:
    promised = {"min_ord_alowq": "", "profa_100ord_alowq": ""}

    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "kt00011":
            reply |= promised

    with relayed(serve(accounts=1), change):
        nothing = run("orderable", SAMSUNG, "-o", "json")
        told = []
        for least, full in (("0000000003", "0000000005"), ("", "0000000005"), ("0000000000", "")):
            promised |= {"min_ord_alowq": least, "profa_100ord_alowq": full}
            told += run("orderable", SAMSUNG, "-o", "json").document["data"]
    assert (nothing.code, nothing.document["errors"][0]["code"]) == (10, "unreadable")
    assert [row["buyable_quantity"] for row in told] == [3, 5, 0]


def test_an_account_that_cannot_sign_in_costs_the_others_nothing(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    served.control("faults", api_id="*", mode="ip_mismatch", appkey="sim-001-appkey", when="before")
    ran = run("orderable", SAMSUNG, "-o", "json")
    assert ran.code == 6
    assert [row["profile"] for row in ran.document["data"]] == ["sim-002", "sim-003"]
    assert [error["profile"] for error in ran.document["errors"]] == ["sim-001"]


# Bad words --------------------------------------------------------------------------------------


BAD = {
    "pnl --from 2026-02-30": ("date", "--from '2026-02-30'"),
    "pnl --from 01.10.2026": ("date", "YYYY-MM-DD"),
    "pnl --from 20261002 --to 20261001": ("period", "2026-10-02"),
    "pnl --to 20261001": ("period", "--from"),
    "pnl --by week": ("choice", "day, symbol"),
    "pnl --fields price": ("field_unknown", "realized_pnl"),
    "pnl --by symbol --fields date": ("field_unknown", "sell_price"),
    "transactions --from 20261002 --to 20261001": ("period", "2026-10-02"),
    "transactions --type dividend": ("choice", "deposits"),
    "transactions --type 매쑤": ("choice", "'매쑤'"),
    "orderable 5930": ("symbol", "005930"),
    "orderable 005930 --price -5": ("number", "-5"),
    "orderable 005930 --price 7e4": ("number", "7e4"),
    "orderable 005930 --price 0": ("number", "0"),
}


def test_bad_words_are_named_and_nothing_is_asked(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    for words, (code, says) in BAD.items():
        ran = run(*words.split(), "-o", "json")
        assert (ran.code, ran.document["errors"][0]["code"]) == (2, code), words
        assert says in ran.err
        assert len(ran.err.splitlines()) == 1
    assert served.state()["requests"] == []


def test_an_unknown_code_is_refused_before_anything_is_computed(run: Run, serve: Serve) -> None:
    serve(accounts=2)
    ran = run("orderable", "999999", "--price", "1000", "-o", "json")
    assert (ran.code, ran.document["errors"][0]["code"]) == (3, "symbol_unknown")


@pytest.mark.parametrize("columns", [80, 200])
def test_a_terminal_shows_figures_whole_in_korean(run_on_terminal: Run, columns: int) -> None:
    said = []
    for words in (("pnl", "--by", "symbol"), ("orderable", KODEX)):
        ran = run_on_terminal(*words, "--demo", "--lang", "ko", columns=columns)
        assert ran.code == 0
        assert "…" not in ran.out.split("\n", 2)[2]
        said.append(ran.out)
    assert "실현손익" in said[0]
    assert "-82,362" in said[0]
    assert "매수가능" in said[1]
