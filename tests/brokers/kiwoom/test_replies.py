"""Every reply the broker is known to give ends as a page or as the right error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom.endpoints import (
    ACCOUNT_NUMBER,
    CASH,
    HOLDINGS,
    ISSUE_TOKEN,
    REVOKE_TOKEN,
    Endpoint,
)
from kiwoomctl.brokers.kiwoom.replies import Page, Verdict, interpret, verdict
from kiwoomctl.errors import (
    BrokerRejected,
    KiwoomctlError,
    SignInError,
    Throttled,
    Unavailable,
    Unreadable,
)

ENDPOINTS = (ISSUE_TOKEN, REVOKE_TOKEN, ACCOUNT_NUMBER, CASH, HOLDINGS)
TOO_MANY = (
    "허용된 요청 개수를 초과하였습니다"
    "[1700:허용된 API 요청 개수를 초과하였습니다. 유량=1, API ID=kt00018]"
)
TOTALS = {
    "tot_pur_amt": "000000000272750",
    "tot_evlt_amt": "000000000272500",
    "prsm_dpst_aset_amt": "000000010000000",
}
ROW = {
    "stk_cd": "A005930",
    "stk_nm": "삼성전자",
    "rmnd_qty": "000000000000001",
    "pur_amt": "000000000272750",
    "evlt_amt": "000000000272500",
    "evltv_prft": "-00000000002694",
}
LIST = "acnt_evlt_remn_indv_tot"
HTML = b"<!DOCTYPE html><html><body>\xec\xa0\x90\xea\xb2\x80 [8005:x] \xec\xa4\x91</body></html>"


def encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def refused(rc: object, message: object, **more: object) -> bytes:
    return encoded({"return_msg": message, "return_code": rc, **more})


def holdings(*rows: Mapping[str, Any], **changes: Any) -> bytes:
    body = {**TOTALS, LIST: list(rows), "return_code": 0, "return_msg": " 조회가 완료되었습니다."}
    return encoded({**body, **changes})


def read(
    content: bytes,
    status: int = 200,
    endpoint: Endpoint = HOLDINGS,
    headers: Mapping[str, str] | None = None,
) -> Page:
    return interpret(endpoint, status, headers or {}, content)


# The envelope -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        (
            "인증에 실패했습니다[8005:Token이 유효하지 않습니다]",
            "8005",
            "Token이 유효하지 않습니다",
        ),
        ("[2000](RC4058:모의투자 장종료)", "RC4058", "모의투자 장종료"),
        (
            "[2000](855056:매수증거금이 부족합니다. 6주 매수가능)",
            "855056",
            "매수증거금이 부족합니다. 6주 매수가능",
        ),
        ("[2000](-994:fail to sendReceive:WINGSj)", "-994", "fail to sendReceive:WINGSj"),
        (
            "토큰 인증에 실패했습니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]",
            "8005",
            "Token이 유효하지 않습니다",
        ),
        (
            "잘못된 요청입니다[1504:해당 URI가 아닙니다. API ID=usa10099, URI=/api/us/mrkcond]",
            "1504",
            "해당 URI가 아닙니다. API ID=usa10099, URI=/api/us/mrkcond",
        ),
        ("[2000](RC1:(괄호) 안의 (괄호))", "RC1", "(괄호) 안의 (괄호)"),
        ("인증에 실패했습니다[8005:Token이 유", "8005", "Token이 유"),
        (
            "인증에 실패했습니다[8005:Token이 유효하지 않습니다] ",
            "8005",
            "Token이 유효하지 않습니다",
        ),
        ("[2000](RC4058:모의투자 장", "RC4058", "모의투자 장"),
        ("정상", "20", "정상"),
        ("", "20", ""),
        (None, "20", ""),
        (["[8005:x]"], "20", ""),
        ("x" * 5000, "20", ""),
        ("[2000](RC1:a\x1b[2Jb\n)", "RC1", "a [2Jb"),
    ],
)
def test_three_shapes_of_messages(message: object, code: str, text: str) -> None:
    assert verdict({"return_code": 20, "return_msg": message}) == Verdict(20, code, text)


@pytest.mark.parametrize("rc", [0, "0", "0000", " 0 "])
def test_forms_of_success(rc: object) -> None:
    assert read(holdings(ROW, return_code=rc)).rows == (ROW,)


@pytest.mark.parametrize(
    "rc", [None, "", "x", False, 0.0, 0.5, [], {}, "0_0", "٠", "0.0", 10**12, float("inf")]
)
def test_what_is_no_return_code_is_no_success(rc: object) -> None:
    with pytest.raises(Unreadable):
        read(holdings(ROW, return_code=rc))


def test_a_reply_without_a_return_code_is_no_success() -> None:
    for endpoint in ENDPOINTS:
        with pytest.raises(Unreadable):
            read(encoded({}), endpoint=endpoint)


# Failures -----------------------------------------------------------------------------------

FAILURES: list[tuple[int, bytes, type[KiwoomctlError], str]] = [
    # sign-in
    (
        200,
        refused(3, "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"),
        SignInError,
        "kiwoom_8005",
    ),
    (200, refused("3", "인증에 실패했습니다[8005:Token이]"), SignInError, "kiwoom_8005"),
    (200, refused(8005, "Token이 유효하지 않습니다"), SignInError, "kiwoom_8005"),
    (200, refused("8005", "Token이 유효하지 않습니다"), SignInError, "kiwoom_8005"),
    (200, refused(None, "[8005:Token이 유효하지 않습니다]"), SignInError, "kiwoom_8005"),
    (200, refused(805004, "인증 [CODE=8005, MESSAGE=Token]"), SignInError, "kiwoom_8005"),
    (401, refused(3, "인증에 실패했습니다"), SignInError, "kiwoom_8005"),
    (401, refused(3, "[8050:지정단말기 인증에 실패했습니다]"), SignInError, "kiwoom_8050"),
    (401, b"", SignInError, "kiwoom_8005"),
    (401, HTML, SignInError, "kiwoom_8005"),
    (401, b'{"error":"unauthorized"}', SignInError, "kiwoom_8005"),
    (200, refused(3, "인증에 실패했습니다[8001:App Key와 Secret Key]"), SignInError, "kiwoom_8001"),
    (200, refused(3, "[8010:Token을 발급받은 IP와]"), SignInError, "kiwoom_8010"),
    (
        200,
        refused(3, "[8050:IP가 등록되지 않았습니다. 홈페이지 > API]"),
        SignInError,
        "kiwoom_8050",
    ),
    (200, refused(2, "입력 값 오류입니다[8030:투자구분(실전/모의)이]"), SignInError, "kiwoom_8030"),
    (200, refused(3, "[8031:투자구분(실전/모의)이]"), SignInError, "kiwoom_8031"),
    (200, refused(2, "[8020:입력파라미터로 appkey]"), SignInError, "kiwoom_8020"),
    (200, refused(3, "[8103:토큰 또는 단말기]"), SignInError, "kiwoom_8103"),
    (200, refused(3, "[1513:authorization]"), SignInError, "kiwoom_1513"),
    (200, refused(3, "모르는 인증 실패"), SignInError, "kiwoom_3"),
    (200, refused(3, "[8777:새 코드]"), SignInError, "kiwoom_8777"),
    (200, refused(3, "[8005:자료가 없습니다]"), SignInError, "kiwoom_8005"),
    # rate
    (429, refused(5, TOO_MANY), Throttled, "throttled"),
    (200, refused(5, TOO_MANY), Throttled, "throttled"),
    (429, refused(5, TOO_MANY.replace("1700", "1701")), Throttled, "throttled"),
    (200, refused(1702, "그룹"), Throttled, "throttled"),
    (429, b"", Throttled, "throttled"),
    (429, HTML, Throttled, "throttled"),
    (429, b"[]", Throttled, "throttled"),
    (429, b"{}", Throttled, "throttled"),
    # definite refusals
    (200, refused(1, "잘못된 요청입니다[1504:URI]"), BrokerRejected, "kiwoom_1504"),
    (
        200,
        refused(2, "입력 값 오류입니다[1511:필수입력 파라미터=qry_tp]"),
        BrokerRejected,
        "kiwoom_1511",
    ),
    (200, refused(7, "오류가 발생했습니다[1902:종목코드=118970]"), BrokerRejected, "kiwoom_1902"),
    (200, refused(20, "[2000](571489:장이 열리지 않는 날입니다)"), BrokerRejected, "kiwoom_571489"),
    (200, refused(2000, "[2000](571489:장)"), BrokerRejected, "kiwoom_571489"),
    (200, refused("2000", "[2000](571489:장)"), BrokerRejected, "kiwoom_571489"),
    (200, refused(20, "코드 없는 거부"), BrokerRejected, "kiwoom_20"),
    (200, refused(20, "[2000](501725:다른 코드)"), BrokerRejected, "kiwoom_501725"),
    (200, refused(20, "[2000](RC9000:모의투자에서는 해당업무가)"), BrokerRejected, "not_on_mock"),
    (200, refused(2, "[8104:모의투자에서 지원하지 않는]"), BrokerRejected, "not_on_mock"),
    # passing faults
    (200, refused(20, "[2000](-994:fail to sendReceive:WINGSj)"), Unavailable, "server_error"),
    (200, refused(9, "[1999:예상하지 못한 에러]"), Unavailable, "server_error"),
    (500, HTML, Unavailable, "server_error"),
    (502, b"", Unavailable, "server_error"),
    (503, refused(0, "정상"), Unavailable, "server_error"),
    (500, holdings(ROW), Unavailable, "server_error"),
    # not the broker's form
    (200, HTML, Unreadable, "unreadable"),
    (200, b"", Unreadable, "unreadable"),
    (200, b"null", Unreadable, "unreadable"),
    (200, b"[]", Unreadable, "unreadable"),
    (200, b'"text"', Unreadable, "unreadable"),
    (200, b"{}", Unreadable, "unreadable"),
    (200, holdings(ROW)[:-20], Unreadable, "unreadable"),
    (200, b"\xff\xfe\x00", Unreadable, "unreadable"),
    (200, b"[" * 100_000, Unreadable, "unreadable"),
    (200, b'{"return_code":' + b"1" * 5000 + b"}", Unreadable, "unreadable"),
    (200, b'{"return_code":1e999}', Unreadable, "unreadable"),
    (200, b'{"return_code":NaN}', Unreadable, "unreadable"),
    (403, HTML, Unreadable, "unreadable"),
    (302, b"", Unreadable, "unreadable"),
    (204, b"", Unreadable, "unreadable"),
    (201, holdings(ROW), Unreadable, "unreadable"),
    (
        400,
        b'{"status":400,"error":"BAD_REQUEST","message":"Required request body is missing"}',
        Unreadable,
        "unreadable",
    ),
]


@pytest.mark.parametrize(("status", "content", "kind", "code"), FAILURES)
def test_failures(status: int, content: bytes, kind: type[KiwoomctlError], code: str) -> None:
    with pytest.raises(KiwoomctlError) as caught:
        read(content, status)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_dead_token_is_one_on_every_call(endpoint: Endpoint) -> None:
    with pytest.raises(SignInError) as caught:
        read(refused(3, "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"), endpoint=endpoint)
    assert caught.value.exit_code == 4


# No data ------------------------------------------------------------------------------------

NO_DATA = [
    refused(20, "[2000](501724:관련자료가없습니다)"),
    refused("2000", "[2000](501724:)"),
    refused(20, "[2000](571758:해당 계좌의미체결내역이 없습니다.)"),
    refused(20, "해당조회내역이 없습니다"),
    refused(20, "[2000](RC1:조회 내역이  없습니다..)"),
    refused(20, "[2000](501724:관련자료가없습니다)", acnt_evlt_remn_indv_tot=[]),
]


@pytest.mark.parametrize("content", NO_DATA)
def test_no_data_is_an_answer(content: bytes) -> None:
    assert read(content) == Page({}, (), None)


@pytest.mark.parametrize("content", NO_DATA)
def test_no_data_is_no_answer_where_there_is_no_list(content: bytes) -> None:
    for endpoint in (CASH, ACCOUNT_NUMBER, ISSUE_TOKEN):
        with pytest.raises(BrokerRejected):
            read(content, endpoint=endpoint)


def test_no_data_of_a_broken_server_is_no_answer() -> None:
    for status in (201, 400, 500):
        with pytest.raises(Unavailable):
            read(NO_DATA[0], status)


# Pages --------------------------------------------------------------------------------------


def test_a_page() -> None:
    page = read(holdings(ROW, ROW), headers={"cont-yn": "Y", "next-key": " A/1 "})
    assert page.rows == (ROW, ROW)
    assert page.body["tot_pur_amt"] == TOTALS["tot_pur_amt"]
    assert page.next_key == "A/1"


def test_an_empty_account_is_an_answer() -> None:
    assert read(holdings()).rows == ()


@pytest.mark.parametrize(
    "headers",
    [{}, {"cont-yn": "N", "next-key": "k"}, {"cont-yn": "Y"}, {"cont-yn": "Y", "next-key": " "},
     {"next-key": "k"}, {"cont-yn": "", "next-key": "k"}],
)  # fmt: skip
def test_the_last_page(headers: dict[str, str]) -> None:
    assert read(holdings(), headers=headers).next_key is None


@pytest.mark.parametrize("key", ["한글", "a\x01b", "é", "a\nb"])
def test_a_cursor_that_no_header_can_hold(key: str) -> None:
    with pytest.raises(Unreadable):
        read(holdings(), headers={"cont-yn": "Y", "next-key": key})


def test_headers_without_capitals_or_with() -> None:
    assert read(holdings(), headers={"cont-yn": "y", "next-key": "k"}).next_key == "k"


def test_rows_that_say_nothing_are_none() -> None:
    blank = dict.fromkeys(ROW, "")
    assert read(holdings(blank, ROW, {**blank, "stk_cd": "  "}, {})).rows == (ROW,)


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROW, "stk_cd": ""}],
        [{name: value for name, value in ROW.items() if name != "stk_cd"}],
        [{name: value for name, value in ROW.items() if name != "evlt_amt"}],
        [{name: value for name, value in ROW.items() if name != "rmnd_qty"}],
        [{**ROW, "evlt_amt": 272500}],
        [{**ROW, "evlt_amt": None}],
        [{**ROW, "more": ["x"]}],
        [None],
        ["A005930"],
        [[ROW]],
    ],
)
def test_rows_that_cannot_be_read(rows: list[Any]) -> None:
    with pytest.raises(Unreadable):
        read(holdings(ROW, *rows))


@pytest.mark.parametrize("name", [*TOTALS, LIST])
@pytest.mark.parametrize("value", [None, 0, {}, True, ...])
def test_a_success_without_what_it_must_hold(name: str, value: object) -> None:
    body = json.loads(holdings(ROW))
    if value is ...:
        del body[name]
    else:
        body[name] = value
    with pytest.raises(Unreadable) as caught:
        read(encoded(body))
    assert name in str(caught.value)


@pytest.mark.parametrize("endpoint", [ISSUE_TOKEN, ACCOUNT_NUMBER, CASH])
def test_an_empty_success_is_unreadable(endpoint: Endpoint) -> None:
    with pytest.raises(Unreadable):
        read(refused(0, "정상적으로 처리되었습니다"), endpoint=endpoint)


# Anything at all ----------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["return_code", "return_msg", LIST, *TOTALS, *ROW, "token", "acctNo"]),
            inner,
            max_size=8,
        )
    ),
    max_leaves=12,
)
texts = st.sampled_from(["0", "000000000000001", "", "A005930", "[8005:x]", "[2000](RC1:x)"])
nearly = st.fixed_dictionaries(
    {"return_code": st.sampled_from([0, "0", 3, 20, None]) | json_values},
    optional={
        "return_msg": texts | json_values,
        LIST: st.lists(st.dictionaries(st.sampled_from(list(ROW)), texts | json_values)),
        **dict.fromkeys(TOTALS, texts | json_values),
    },
)
statuses = st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 502, 503])


def told(endpoint: Endpoint, status: int, headers: dict[str, str], content: bytes) -> None:
    """Interpret; whatever comes out must be a page or an expected error that can be said."""
    page, error = None, None
    try:
        page = interpret(endpoint, status, headers, content)
    except KiwoomctlError as failure:
        error = failure
    if error is not None:
        assert str(error).isprintable()
        assert error.exit_code in {3, 4, 9, 10}
    if page is not None:
        assert status == 200
        assert all(isinstance(value, str) for row in page.rows for value in row.values())


@given(st.sampled_from(ENDPOINTS), statuses, st.binary())
@example(HOLDINGS, 200, b'{"return_code": 0, "return_msg": "\\ud800"}')
@example(HOLDINGS, 200, b'{"return_code": 3, "return_msg": "\\ud800\\u0007"}')
def test_any_bytes(endpoint: Endpoint, status: int, content: bytes) -> None:
    told(endpoint, status, {}, content)


@given(st.sampled_from(ENDPOINTS), statuses, json_values | nearly, st.text(max_size=5))
def test_any_json(endpoint: Endpoint, status: int, body: object, key: str) -> None:
    told(endpoint, status, {"cont-yn": "Y", "next-key": key}, json.dumps(body).encode())


@given(st.integers(0, 400))
def test_a_success_cut_anywhere_is_no_success(length: int) -> None:
    whole = holdings(ROW)
    cut = whole[: min(length, len(whole) - 1)]
    with pytest.raises(Unreadable):
        read(cut)


@given(st.text(max_size=60))
def test_any_message(text: str) -> None:
    with suppress(KiwoomctlError):
        read(refused(20, text))
    assert verdict({"return_msg": text}).text.isprintable()
