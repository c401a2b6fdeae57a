"""Prices by code and by name, the lists of names, against a served simulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Serve, Served
from tests.cli.raw_orders import Desk
from tests.cli.relay import Change, relayed
from tests.cli.starter import quick_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run commands piped, without starting Python for each."""
    return quick_run(tmp_path)


FIGURES = {
    "price": "cur_prc",
    "open": "open_pric",
    "high": "high_pric",
    "low": "low_pric",
    "upper_limit": "upl_pric",
    "lower_limit": "lst_pric",
    "volume": "trde_qty",
}
SIGNED = {"change": "pred_pre", "change_rate": "flu_rt"}


def told_by(served: Served, api_id: str, **body: str) -> dict[str, Any]:
    desk = Desk(served)
    with desk.http:
        token = desk.token("sim-001")
        reply: dict[str, Any] = desk.http.post(
            "/api/dostk/stkinfo",
            json=body,
            headers={"api-id": api_id, "authorization": f"Bearer {token}"},
        ).json()
    return reply


def raw(served: Served, code: str) -> dict[str, str]:
    row: dict[str, str] = told_by(served, "ka10095", stk_cd=code)["atn_stk_infr"][0]
    return row


def asked(served: Served) -> list[tuple[str, str]]:
    return [(seen["api_id"], seen["appkey"]) for seen in served.state()["requests"]]


def every_code(served: Served) -> list[str]:
    lists = [told_by(served, "ka10099", mrkt_tp=market)["list"] for market in ("0", "10")]
    return [row["code"] for rows in lists for row in rows]


@pytest.mark.parametrize("price", [None, 187_600, 348_000])
def test_a_quote_has_the_brokers_figures_and_no_sign_of_direction(
    run: Run, serve: Serve, price: int | None
) -> None:
    served = serve(accounts=1)
    served.control("price", symbol="005930", price=price)
    [row] = run("quote", "005930", "-o", "json").document["data"]
    told = raw(served, "005930")
    for name, field in FIGURES.items():
        assert row[name] == int(told[field].lstrip("+-")), name
        assert row[name] > 0
    for name, field in SIGNED.items():
        assert row[name] == float(told[field]), name
    assert (row["symbol"], row["name"], row["exchange"]) == ("005930", "삼성전자", "KRX")
    moment = f"{told['dt']}{told['cntr_tm']}"
    assert row["time"].replace("-", "").replace(":", "").replace("T", "")[:12] == moment[:12]
    assert row["time"].endswith("+09:00")
    if price is not None:
        assert row["price"] == price
        assert row["change"] == price - int(told["base_pric"])


def test_a_hundred_and_one_codes_are_asked_in_two_calls(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    codes = every_code(served)[:101]
    before = len(asked(served))
    ran = run("quote", *codes, codes[0], "-o", "json")
    assert ran.code == 0
    assert [row["symbol"] for row in ran.document["data"]] == codes
    calls = [call for call in asked(served)[before:] if call[0] == "ka10095"]
    assert calls == [("ka10095", "sim-001-appkey")] * 2


def test_one_account_is_asked_and_named(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    before = len(asked(served))
    ran = run("quote", "005930", "-p", "sim-002,sim-003", "-v")
    assert ran.code == 0
    assert {appkey for _, appkey in asked(served)[before:]} == {"sim-002-appkey"}
    assert "sim-002 ka10095" in ran.err


def test_the_exchange_is_asked_for_and_shown(run: Run, serve: Serve) -> None:
    asked_for: list[str] = []

    def change(api_id: str, body: dict[str, Any], _reply: dict[str, Any]) -> None:
        if api_id == "ka10095":
            asked_for.append(body["stk_cd"])

    with relayed(serve(accounts=1), change):
        for exchange in ("KRX", "NXT", "sor"):
            [row] = run("quote", "005930", "--exchange", exchange, "-o", "json").document["data"]
            assert (row["symbol"], row["exchange"]) == ("005930", exchange.upper())
    assert asked_for == ["005930", "005930_NX", "005930_AL"]


def test_an_unknown_code_is_named_and_hides_no_other(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    ran = run("quote", "005930", "999999", "000660", "-o", "json")
    assert ran.code == 6
    document = ran.document
    assert document["status"] == "partial"
    assert [row["symbol"] for row in document["data"]] == ["005930", "000660"]
    [error] = document["errors"]
    assert (error["code"], error["exit_code"]) == ("symbol_unknown", 3)
    assert "999999" in error["message"]
    assert "999999" in ran.err
    alone = run("quote", "999999", "-o", "json")
    assert (alone.code, alone.document["status"], alone.document["data"]) == (3, "error", [])


def test_blank_rows_are_never_a_price_of_zero(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.control("faults", api_id="ka10095", mode="blank", when="before")
    ran = run("quote", "005930", "-o", "json")
    assert (ran.code, ran.document["data"]) == (3, [])
    assert "005930" in ran.document["errors"][0]["message"]


def test_before_the_first_trade_there_is_no_price(run: Run, serve: Serve) -> None:
    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "ka10095":
            nothing = {"cur_prc": "0", "open_pric": "", "high_pric": "0", "cntr_tm": "000000x"}
            first, second = reply["atn_stk_infr"]
            first |= {**nothing, "pred_pre": "", "flu_rt": "", "trde_qty": "0"}
            second |= dict.fromkeys(set(second) - {"stk_cd"}, "")

    with relayed(serve(accounts=1), change):
        ran = run("quote", "005930", "000660", "-o", "json")
    # The other row repeats its code and says nothing else.
    assert (ran.code, "000660" in ran.err) == (6, True)
    [row] = ran.document["data"]
    missing = ("price", "open", "high", "change", "change_rate", "time")
    assert {name: row[name] for name in missing} == dict.fromkeys(missing)
    assert row["volume"] == 0
    assert row["upper_limit"] > row["lower_limit"] > 0


def test_a_name_that_is_not_told_is_missing_until_the_lists_are_here(
    run: Run, serve: Serve
) -> None:
    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "ka10095":
            reply["atn_stk_infr"][0]["stk_nm"] = " "

    with relayed(serve(accounts=1), change):
        assert run("quote", "005930", "-o", "json").document["data"][0]["name"] is None
        assert run("symbols", "update").code == 0
        assert run("quote", "005930", "-o", "json").document["data"][0]["name"] == "삼성전자"


def test_a_figure_that_is_none_is_unreadable(run: Run, serve: Serve) -> None:
    sent = ""

    def change(api_id: str, _body: dict[str, Any], reply: dict[str, Any]) -> None:
        if api_id == "ka10095":
            reply["atn_stk_infr"][0]["cur_prc"] = sent

    with relayed(serve(accounts=1), change):
        for sent in ("1,23x", "--", "1.5e3", "268500.5.1"):
            ran = run("quote", "005930", "-o", "json")
            assert (ran.code, ran.document["errors"][0]["code"]) == (10, "unreadable"), sent
            assert "cur_prc" in ran.err


BAD = {
    "5930": ("symbol", "did you mean 005930?"),
    "A005930": ("symbol", "did you mean 005930?"),
    "005930_NX": ("symbol", "did you mean 005930?"),
    "0001a0": ("symbol", "did you mean 0001A0?"),
    "": ("symbol", "''"),
    "삼성전자": ("symbols_missing", "kiwoomctl symbols update"),
    "005930 --exchange NYSE": ("choice", "KRX, NXT, SOR"),
    "005930 --fields cost": ("field_unknown", "known"),
    "005930 -p nobody": ("profile_unknown", "nobody"),
}


def test_bad_words_are_named_and_nothing_is_asked(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    for words, (code, says) in BAD.items():
        ran = run("quote", *(words.split() or [""]), "-o", "json")
        assert (ran.code, ran.document["errors"][0]["code"]) == (2, code), words
        assert says in ran.err
        assert len(ran.err.splitlines()) == 1
    assert asked(served) == []


# Names ------------------------------------------------------------------------------------------


def names_file(own_home: Path) -> Path:
    [found] = own_home.rglob("symbols.tsv")
    return found


def test_names_are_fetched_once_and_kept_privately(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=3)
    codes = every_code(served)
    before = len(asked(served))
    ran = run("symbols", "update", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    calls = asked(served)[before:]
    assert {appkey for _, appkey in calls} == {"sim-001-appkey"}
    assert len([api_id for api_id, _ in calls if api_id == "ka10099"]) == 9
    document = ran.document
    assert document["totals"] == {"symbols": len(codes)}
    counts = {row["market"]: row["symbols"] for row in document["data"]}
    assert sum(counts.values()) == len(codes)
    assert counts["ETN"] == 2
    kept = names_file(own_home)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.read_text("utf-8").splitlines()) == len(codes) + 1
    found = run("symbols", "find", "ETN", "-o", "json").document["data"]
    assert [(row["symbol"], row["market"], row["nxt"]) for row in found] == [
        ("57S001", "ETN", False),
        ("57S002", "ETN", False),
    ]
    assert asked(served)[before + len(calls) :] == []


MEANT = {
    "삼성전자": "005930",  # exact, though 삼성전자우 begins like it
    "kodex200": "069500",  # exact but for case and blank, though KODEX 200TR begins like it
    " NAVER ": "035420",
    "KODEX 골드": "132030",  # the only one that begins like it
    "필라델피아": "381180",  # the only one with it inside
    "HD현대": "267250",
    "005935": "005935",
}


def test_a_name_means_its_code(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    assert run("symbols", "update").code == 0
    ran = run("quote", *MEANT, "-o", "json")
    assert [row["symbol"] for row in ran.document["data"]] == list(MEANT.values()), ran.err
    several = run("quote", "미국나스닥100", "-o", "json")
    assert (several.code, several.document["errors"][0]["code"]) == (2, "symbol_ambiguous")
    assert "TIGER 미국나스닥100 133690" in several.err
    assert "KODEX 미국나스닥100 379810" in several.err


def test_names_that_help_nobody_are_refused(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    assert run("symbols", "update").code == 0
    before = len(asked(served))
    unknown = run("quote", "없는회사", "--lang", "ko")
    assert unknown.code == 2
    assert "'없는회사'" in unknown.err
    assert "kiwoomctl symbols update" in unknown.err
    many = run("quote", "시뮬")
    assert many.code == 2
    assert "symbols find" in many.err
    assert run("symbols", "find", "없는회사").out.splitlines()[-1] == (
        "no listed name or code is like this"
    )
    assert run("symbols", "find", " ").code == 2
    assert len(asked(served)) == before
    kept = names_file(own_home)
    kept.write_text(kept.read_text("utf-8")[:-40], "utf-8")
    damaged = run("quote", "삼성전자")
    assert (damaged.code, "symbols update" in damaged.err) == (2, True)


def test_an_order_takes_no_name(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    assert run("symbols", "update").code == 0
    ran = run("buy", "삼성전자", "1", "--price", "200000", "--yes")
    assert ran.code == 2
    assert "'삼성전자' is not a code" in ran.err
    assert served.state()["orders"] == []


def test_lists_that_are_not_whole_leave_the_old_ones(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=1)
    assert run("symbols", "update").code == 0
    before = names_file(own_home).read_bytes()
    served.control("faults", api_id="ka10099", mode="truncate", when="before")
    ran = run("symbols", "update", "-o", "json")
    assert (ran.code, ran.document["status"]) == (10, "error")
    assert names_file(own_home).read_bytes() == before


def test_lists_of_nothing_are_not_kept(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    served.control("faults", api_id="ka10099", mode="blank", when="before")
    ran = run("symbols", "update")
    assert ran.code == 10
    assert "KOSPI" in ran.err
    assert list(own_home.rglob("symbols.tsv")) == []


def refusing(*markets: str) -> Change:
    """Return what refuses the lists of these markets."""

    def change(_api_id: str, body: dict[str, Any], reply: dict[str, Any]) -> None:
        if body.get("mrkt_tp") in markets:
            reply.clear()
            reply |= {"return_msg": "[2000](RC9000:제공되지 않습니다.)", "return_code": 20}

    return change


def test_a_list_that_is_refused_is_named_and_the_others_are_kept(
    run: Run, serve: Serve, own_home: Path
) -> None:
    with relayed(serve(accounts=1), refusing("70", "2")):
        ran = run("symbols", "update", "-o", "json")
        found = run("symbols", "find", "ETN", "-o", "json").document["data"]
    assert (ran.code, ran.document["status"]) == (6, "partial")
    assert [error["code"] for error in ran.document["errors"]] == ["not_on_mock"] * 2
    assert ["the list of ETN" in ran.err, "the list of INFRA" in ran.err] == [True, True]
    # The list of KOSPI has the notes too.
    assert [row["symbol"] for row in found] == ["57S001", "57S002"]
    assert names_file(own_home).exists()


def test_without_the_list_of_kospi_nothing_is_kept(run: Run, serve: Serve, own_home: Path) -> None:
    with relayed(serve(accounts=1), refusing("0")):
        ran = run("symbols", "update", "-o", "json")
    assert (ran.code, ran.document["data"]) == (3, [])
    assert list(own_home.rglob("symbols.tsv")) == []


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(("language", "header"), [("ko", "현재가"), ("en", "Price")])
def test_a_terminal_shows_prices_whole(
    run_on_terminal: Run, columns: int, language: str, header: str
) -> None:
    ran = run_on_terminal(
        "quote", "000660", "005930", "--demo", "--lang", language, "--no-color", columns=columns
    )
    assert ran.code == 0
    assert header in ran.out
    assert "[SIM]" in ran.out
    assert "268,500" in ran.out
    assert "…" not in ran.out


def test_csv_and_lines_have_the_same_rows(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    rows = run("quote", "005930", "000660", "-o", "json").document["data"]
    lines: list[Any] = [
        json.loads(line)
        for line in run("quote", "005930", "000660", "-o", "jsonl").out.split("\n")[:-1]
    ]
    assert [{**row, "time": ""} for row in lines] == [{**row, "time": ""} for row in rows]
    head = run("quote", "005930", "-o", "csv").out.splitlines()[0]
    assert head == (
        "symbol,name,price,change,change_rate,open,high,low,upper_limit,lower_limit,volume,"
        "exchange,time"
    )
