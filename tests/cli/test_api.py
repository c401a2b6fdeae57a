"""``api`` from outside: what is listed, found, shown, called, and what is never sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from kiwoomctl.render.cells import width
from tests.cli.conftest import Ran, Run, Serve, Served
from tests.test_architecture import modules_after

HOLDINGS = ("api", "call", "kt00018", "qry_tp=1", "dmst_stex_tp=KRX")
DAILY = ("api", "call", "ka10081", "stk_cd=005930", "base_dt=20261120", "upd_stkpc_tp=1")
LIST = "acnt_evlt_remn_indv_tot"


def requests(served: Served) -> list[dict[str, Any]]:
    return [r for r in served.state()["requests"] if r["api_id"] not in {"au10001", "ka00001"}]


def rows(ran: Ran) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.out)))


# Offline: list, search, show


def test_all_apis_are_listed_or_those_of_a_group(run: Run) -> None:
    listed = run("api", "list", "-o", "json").document
    charts = run("api", "list", "--group", "차트", "-o", "json").document["data"]

    assert (listed["schema"], listed["status"]) == ("kiwoomctl.api_list/1", "ok")
    assert len(listed["data"]) == 338
    assert charts == [row for row in listed["data"] if row["group"] == "chart"]
    assert charts[0] == {
        "api_id": "ka10060",
        "name": "종목별투자자기관별차트요청",
        "english": "investor types trading a stock, chart",
        "market": "domestic",
        "group": "chart",
        "korean_group": "차트",
        "transport": "rest",
        "path": "/api/dostk/chart",
        "callable": True,
    }
    assert run("api", "list", "--group", "chrat").code == 2


@pytest.mark.parametrize("words", [("예수금",), ("cash", "deposit"), ("예수금 deposit",)])
def test_words_of_both_languages_find_an_api(run: Run, words: tuple[str, ...]) -> None:
    found = run("api", "search", *words, "-o", "json").document["data"]

    assert found[0]["api_id"] == "kt00001"


def test_what_is_not_found_is_no_error(run: Run) -> None:
    ran = run("api", "search", "nothingofthekind")

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "no API has these words")
    assert run("api", "search", " ").code == 2
    assert run("api", "search").code == 2


def test_a_field_is_found_by_name_and_label_and_named(run: Run) -> None:
    for word in ("trde_able_qty", "매매가능수량"):
        found = run("api", "search", word, "-o", "json").document["data"]
        assert {"kt00018": ["trde_able_qty"]}.items() <= {
            row["api_id"]: row["fields"] for row in found
        }.items()


def test_an_api_is_shown_with_all_that_is_documented(run: Run) -> None:
    shown = run("api", "show", "kt00018", "-o", "json").document["data"]
    asked = [row for row in shown if row["part"] == "request"]
    row = next(row for row in shown if row["field"] == "rmnd_qty")

    assert asked[0] == {
        "api_id": "kt00018",
        "part": "request",
        "within": None,
        "field": "qry_tp",
        "label": "조회구분",
        "required": True,
        "length": "1",
        "unit": None,
        "list": False,
        "values": {"1": "합산", "2": "개별"},
        "example": "1",
    }
    assert (row["within"], row["label"], row["unit"]) == (LIST, "보유수량", "1주")
    assert next(r for r in shown if r["field"] == LIST)["list"] is True


def test_the_example_that_is_shown_can_be_called(run: Run) -> None:
    for api_id in ("ka10081", "kt00018", "usa20100", "ka10059"):
        line = run("api", "show", api_id).out.splitlines()[-1]
        words = line.removeprefix("for example: kiwoomctl ").split()
        assert words[:3] == ["api", "call", api_id]
        assert run(*words, "--demo", "-p", "isa").code == 0


@pytest.mark.parametrize(
    ("api_id", "where"), [("kt10000", "kiwoomctl buy"), ("0B", "kiwoomctl stream")]
)
def test_what_is_not_called_is_shown_with_where_to_go(run: Run, api_id: str, where: str) -> None:
    ran = run("api", "show", api_id)

    assert ran.code == 0
    assert ran.out.splitlines()[-1].endswith(where)
    assert "api call" not in ran.out.splitlines()[-1].rpartition(" - ")[2]


def test_an_error_code_is_explained(run: Run) -> None:
    ran = run("api", "show", "8005", "-o", "json")

    assert ran.document["schema"] == "kiwoomctl.api_code/1"
    assert ran.document["data"] == [{"code": "8005", "meaning": "Token이 유효하지 않습니다"}]
    assert run("api", "show", "9999").code == 2


@pytest.mark.parametrize("command", ["show", "call"])
def test_an_unknown_id_names_the_nearest(run: Run, command: str) -> None:
    ran = run("api", command, "ka1081")

    assert (ran.code, ran.out) == (2, "")
    assert "ka10081" in ran.err
    assert "api search" in run("api", command, "주식").err


@pytest.mark.parametrize(("language", "columns"), [("en", 80), ("ko", 80), ("ko", 200)])
def test_tables_fit_the_terminal(
    run_on_terminal: Callable[..., Ran], language: str, columns: int
) -> None:
    for words in (
        ("api", "list", "--group", "account"),
        ("api", "search", "예수금"),
        ("api", "show", "ka10081"),
        (*DAILY, "--demo", "-p", "isa"),
    ):
        ran = run_on_terminal(*words, "--lang", language, "--no-color", columns=columns)
        assert ran.code == 0
        for line in ran.out.splitlines():
            # Notes are folded by the terminal itself.
            assert width(line) <= columns or not line.startswith((" ", "k")), line


@pytest.mark.parametrize(
    "words", [("show", "ka10001"), ("search", "예수금"), ("list", "--group", "etf")]
)
def test_looking_up_loads_neither_network_nor_client(words: tuple[str, ...]) -> None:
    loaded = modules_after("api", *words)

    assert not loaded & {"httpx", "rich", "sqlite3", "keyring", "ssl", "tomllib"}
    assert not loaded & {
        "kiwoomctl.brokers.kiwoom.client",
        "kiwoomctl.brokers.kiwoom.broker",
        "kiwoomctl.connection",
        "kiwoomctl.config.profiles",
    }


# Calls


def test_rows_of_all_accounts_come_with_their_profile(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    document = run(*HOLDINGS, "-o", "json").document
    accounts = served.state()["accounts"]

    assert (document["schema"], document["totals"]) == ("kiwoomctl.api_call/1", None)
    assert [row["profile"] for row in document["data"]] == ["sim-001", "sim-002", "sim-003"]
    for row, account in zip(document["data"], accounts, strict=True):
        held = {h["symbol"]: h["quantity"] for h in account["holdings"]}
        got = {r["stk_cd"][1:]: int(r["rmnd_qty"]) for r in row[LIST]}
        assert {code: n for code, n in got.items() if n} == held
        assert row["prsm_dpst_aset_amt"] == f"{account['total_assets']:015d}"
    assert len(requests(served)) == 3


def test_csv_has_a_row_for_each_row_and_the_figures_as_sent(run: Run, serve: Serve) -> None:
    serve(accounts=2)
    document = run(*HOLDINGS, "-o", "json").document["data"]
    told = rows(run(*HOLDINGS, "-o", "csv"))

    assert [(r["profile"], r["stk_cd"], r["rmnd_qty"]) for r in told] == [
        (row["profile"], part["stk_cd"], part["rmnd_qty"]) for row in document for part in row[LIST]
    ]
    assert {r["tot_pur_amt"] for r in told} == {row["tot_pur_amt"] for row in document}
    assert all(len(r["rmnd_qty"]) == 15 for r in told)


def test_single_fields_and_the_list_are_tables_of_their_own(run: Run) -> None:
    ran = run(*HOLDINGS, "--demo", "-p", "isa,general")
    single, listed = ran.out.split("\n\n")

    assert single.splitlines()[0].startswith("[SIM] kt00018 계좌평가잔고내역요청 · 2 accounts")
    assert single.splitlines()[1].split() == ["Account", "Field", "Label", "As", "sent"]
    assert listed.splitlines()[1].split()[:3] == ["Account", "stk_cd", "stk_nm"]
    assert {line.split()[0] for line in listed.splitlines()[2:]} == {"isa", "general"}


def test_korean_labels_become_headers_and_keys(run: Run) -> None:
    document = run(*HOLDINGS, "--labels", "--demo", "-p", "isa", "-o", "json").document["data"][0]
    table = run(*HOLDINGS, "--labels", "--demo", "-p", "isa").out
    told = rows(run(*HOLDINGS, "--labels", "--demo", "-p", "isa", "-o", "csv"))

    assert {"총매입금액", "추정예탁자산"} < set(document)
    assert "보유수량" in document["계좌평가잔고개별합산"][0]
    assert "보유수량" in table.split("\n\n")[1].splitlines()[1]
    assert {"총매입금액", "보유수량"} < set(told[0])


def test_a_name_in_both_places_is_told_apart(run: Run) -> None:
    told = rows(run("api", "call", "kt00001", "qry_tp=3", "--demo", "-p", "isa", "-o", "csv"))

    assert {"pymn_alow_amt", "stk_entr_prst.pymn_alow_amt"} < set(told[0])


def test_fields_choose_columns_inside_the_list_too(run: Run) -> None:
    wanted = (*HOLDINGS, "--demo", "-p", "isa", "--fields")
    listed = run(*wanted, "profile,stk_cd,rmnd_qty", "-o", "json").document["data"]
    single = run(*wanted, "tot_pur_amt,profile", "-o", "csv")
    table = run(*wanted, "rmnd_qty,stk_cd").out

    assert len(listed) > 1
    assert all(list(row) == ["profile", "stk_cd", "rmnd_qty"] for row in listed)
    assert single.out.splitlines()[0] == "tot_pur_amt,profile"
    assert len(single.out.splitlines()) == 2
    assert table.splitlines()[1].split() == ["Account", "rmnd_qty", "stk_cd"]


def test_raw_is_the_brokers_json(run: Run) -> None:
    ran = run("api", "call", "ka00001", "--raw", "--demo")
    bodies = [json.loads(line) for line in ran.out.splitlines()]

    assert (ran.code, len(bodies)) == (0, 2)
    assert all(list(body) == ["acctNo", "return_code", "return_msg"] for body in bodies)
    assert all(body["return_code"] == 0 for body in bodies)
    for more in (("--labels",), ("--fields", "acctNo"), ("-o", "csv")):
        assert run("api", "call", "ka00001", "--raw", "--demo", *more).code == 2


def test_pages_are_read_as_far_as_asked_and_the_rest_is_told(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, positions=45)

    first = run(*HOLDINGS, "-o", "json")
    two = run(*HOLDINGS, "--pages", "2", "-o", "json", "-q")
    whole = run(*HOLDINGS, "--pages", "all", "-o", "json")

    assert len(first.document["data"][0][LIST]) == 20
    assert first.document["data"][0]["more"] is True
    assert "sim-001: the broker has more pages - --pages all reads them" in first.err
    assert len(two.document["data"][0][LIST]) == 40
    assert "more pages" in two.err
    held = {h["symbol"] for h in served.state()["accounts"][0]["holdings"]}
    assert held <= {row["stk_cd"][1:] for row in whole.document["data"][0][LIST]}
    assert len(held) > 40
    assert (whole.document["data"][0]["more"], whole.err) == (False, "")
    raw = run(*HOLDINGS, "--pages", "all", "--raw").out.splitlines()
    assert sum(len(json.loads(line)[LIST]) for line in raw) == len(whole.document["data"][0][LIST])
    assert len(requests(served)) == 1 + 2 + 3 + 3


@pytest.mark.parametrize("pages", ["0", "-1", "201", "1.5", "", "every", "१"])
def test_pages_are_a_number_or_all(run: Run, serve: Serve, pages: str) -> None:
    served = serve(accounts=1)

    ran = run(*HOLDINGS, f"--pages={pages}")

    assert (ran.code, ran.out) == (2, "")
    assert "--pages" in ran.err
    assert requests(served) == []


def test_a_failing_account_is_partial_and_named(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    served.control("faults", api_id="kt00018", mode="html", appkey="sim-002-appkey")

    ran = run(*HOLDINGS, "-o", "json")
    raw = run(*HOLDINGS, "--raw")

    assert (ran.code, ran.document["status"]) == (6, "partial")
    assert [row["profile"] for row in ran.document["data"]] == ["sim-001", "sim-003"]
    assert [error["profile"] for error in ran.document["errors"]] == ["sim-002"]
    assert (raw.code, len(raw.out.splitlines())) == (6, 2)
    assert "sim-002" in raw.err


def test_what_the_broker_refuses_is_its_words(run: Run, serve: Serve) -> None:
    serve(accounts=1)

    ran = run("api", "call", "ka10001", "stk_cd=999999", "-o", "json")
    raw = run("api", "call", "ka10001", "stk_cd=999999", "--raw")

    assert (ran.code, ran.document["status"], ran.document["data"]) == (3, "error", [])
    assert "1902" in ran.err
    assert (raw.code, raw.out) == (3, "")


def test_no_data_is_no_failure(run: Run, serve: Serve) -> None:
    serve(accounts=1)
    words = "stk_bond_tp=0 mrkt_tp=0 sell_tp=0 qry_tp=0 dmst_stex_tp=KRX ord_dt=20260102"

    ran = run("api", "call", "kt00009", *words.split(), "-o", "json")

    assert ran.code == 0
    assert ran.document["data"][0]["acnt_ord_cntr_prst_array"] == []


SAMPLE = [
    "api call ka00001",
    "api call ka10001 stk_cd=005930",
    "api call ka10004 stk_cd=005930",
    "api call ka10080 stk_cd=005930 tic_scope=1 upd_stkpc_tp=1",
    "api call ka10099 mrkt_tp=8",
    "api call kt00004 qry_tp=0 dmst_stex_tp=KRX",
    "api call ka20001 mrkt_tp=0 inds_cd=001",
    "api call ka40003 stk_cd=069500",
    "api call usa06012 stex_tp=ND stk_cd=AAPL",
    "api call ust21070",
]


FORMS = ["table", "json", "csv", "jsonl"]


@pytest.mark.parametrize(("line", "output"), list(zip(SAMPLE, FORMS * 3, strict=False)))
def test_a_sample_is_called_from_outside(run: Run, line: str, output: str) -> None:
    ran = run(*line.split(), "--demo", "-p", "general,isa", "-o", output)

    assert (ran.code, ran.err) == (0, "")
    assert all(profile in ran.out for profile in ("general", "isa"))


# What is never sent

REFUSED = [
    ("kt10000 dmst_stex_tp=KRX stk_cd=005930 ord_qty=1 trde_tp=3", "kiwoomctl buy"),
    ("kt10001 dmst_stex_tp=KRX stk_cd=005930 ord_qty=1 trde_tp=3", "kiwoomctl sell"),
    ("kt10002", "kiwoomctl modify"),
    ("kt10003", "kiwoomctl cancel"),
    ("KT10000", "kiwoomctl buy"),
    *((f"kt1000{n}", "not supported yet") for n in (6, 7, 8, 9)),
    *((f"kt5000{n}", "not supported yet") for n in range(4)),
    *((f"ust2000{n}", "not supported yet") for n in range(4)),
    ("ust31302", "not supported yet"),
    ("au10001", "kiwoomctl login, kiwoomctl logout"),
    ("au10002", "kiwoomctl login, kiwoomctl logout"),
    ("00", "kiwoomctl stream"),
    ("ka10172", "kiwoomctl condition"),
]


def test_what_moves_money_is_refused_and_nothing_is_sent(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    for words, where in REFUSED:
        ran = run("api", "call", *words.split())
        assert (ran.code, ran.out) == (2, ""), words
        assert where in ran.err
        assert len(ran.err.splitlines()) == 1
    state = served.state()
    assert (state["requests"], state["orders"], state["tokens_issued"]) == ([], [], 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("kt00018", "kt00018 needs qry_tp (조회구분), dmst_stex_tp (국내거래소구분)"),
        ("kt00018 qry_tp= dmst_stex_tp=KRX", "qry_tp='' is not one of the values"),
        ("kt00018 qry_tp=9 dmst_stex_tp=KRX", "known: 1 합산, 2 개별"),
        ("kt00018 qry_tp=1 dmst_stex_tp=krx", "known: KRX"),
        ("kt00018 qrytp=1", "did you mean qry_tp?"),
        ("kt00018 qry_tp", "'qry_tp' is not field=value"),
        ("kt00018 qry_tp=1 qry_tp=2", "qry_tp is given twice"),
        ("ka10001 stk_cd=", "ka10001 needs stk_cd"),
        ("ka00001 stk_cd=1", "ka00001 takes no fields"),
        ("kt00018 qry_tp=1 dmst_stex_tp=KRX --fields nope", "unknown field 'nope'"),
    ],
)
def test_a_wrong_request_is_never_sent(run: Run, serve: Serve, words: str, says: str) -> None:
    served = serve(accounts=1)

    ran = run("api", "call", *words.split())

    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert served.state()["requests"] == []


def test_a_usage_error_is_a_document_too(run: Run) -> None:
    document = run("api", "call", "kt10000", "-o", "json").document

    assert (document["schema"], document["status"]) == ("kiwoomctl.api_call/1", "error")
    assert document["errors"][0]["exit_code"] == 2
    assert document["errors"][0]["code"] == "api_refused"


def test_helps_are_in_both_languages(run: Run) -> None:
    english, korean = (run("api", "call", "--help", "--lang", lang).out for lang in ("en", "ko"))

    assert "--pages" in english
    assert "--pages" in korean
    assert english != korean
