"""What a reply to an order means: certain only in the exact forms, else unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kis.outcomes import classify

KNOWN = frozenset({"2890"})
OUTPUT = {"KRX_FWDG_ORD_ORGNO": "06010", "ODNO": "0000002891", "ORD_TMD": "094941"}
ACCEPTED = {
    "rt_cd": "0",
    "msg_cd": "APBK0013",
    "msg1": "주문 전송 완료 되었습니다.",
    "output": OUTPUT,
}
CLASSES = {"accepted", "rejected", "rate", "token", "unknown"}


def kind(body: Any, status: int = 200) -> str:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return classify(status, content, KNOWN).kind


def refusal(code: str, text: str = "거부", rt_cd: str = "1", **more: Any) -> dict[str, Any]:
    return {"rt_cd": rt_cd, "msg_cd": code, "msg1": text.ljust(80), **more}


def test_an_order_is_accepted_with_its_number() -> None:
    outcome = classify(200, json.dumps(ACCEPTED).encode(), KNOWN)
    assert (outcome.kind, outcome.number, outcome.root) == ("accepted", "2891", None)
    lower = {"rt_cd": "0", "msg_cd": "40600000", "output": {"odno": "2891"}}
    assert kind(lower) == "accepted"


@pytest.mark.parametrize(
    "number", ["", "0000000000", "0000002890", "00000028911", "28-91", "two", None, 2891, ["2891"]]
)
def test_without_a_usable_number_nothing_is_certain(number: object) -> None:
    assert kind({**ACCEPTED, "output": {**OUTPUT, "ODNO": number}}) == "unknown"


@pytest.mark.parametrize("output", [None, {}, [], [OUTPUT], "0000002891", 7])
def test_without_the_part_that_names_it_neither(output: object) -> None:
    assert kind({**ACCEPTED, "output": output}) == "unknown"


@pytest.mark.parametrize("status", [201, 202, 302, 400, 401, 403, 429, 500, 502])
def test_success_is_success_with_200_only(status: int) -> None:
    assert kind(ACCEPTED, status) == "unknown"


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("rt_cd", ["1", "2", "7"])
@pytest.mark.parametrize(
    "code",
    [
        "APBK0952",
        "APBK0400",
        "APBK9999",
        "OPSQ2000",
        "OPSQ2002",
        "OPSQ0002",
        "40310000",
        "40570000",
    ],
)
def test_codes_of_the_ledger_refuse_for_certain(code: str, rt_cd: str, status: int) -> None:
    assert kind(refusal(code, rt_cd=rt_cd), status) == "rejected"
    assert kind(refusal(code, rt_cd=rt_cd, output={}), status) == "rejected"


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("EGW00121", "token"),
        ("EGW00122", "token"),
        ("EGW00123", "token"),
        ("EGW00201", "rate"),
        ("EGW00215", "rate"),
    ],
)
def test_codes_of_the_gate(code: str, wanted: str, status: int) -> None:
    assert kind(refusal(code), status) == wanted


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "code",
    [
        "EGW00001",
        "EGW00002",
        "EGW00202",
        "EGW00203",
        "EGW00300",
        "EGW00301",
        "EGW00302",
        "",
        "MCA05918",
        "EGW99999",
        "APBK13",
        "APBK00130",
        "4060000",
        "406000000",
        "50310000",
        # The service fails before, at and after the call that takes the order.
        *(f"OPSQ{n:04}" for n in (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1002, 2003, 3001, 9999)),
    ],
)
def test_every_other_code_is_unknown(code: str, status: int) -> None:
    assert kind(refusal(code), status) == "unknown"


@pytest.mark.parametrize("code", ["APBK0013", "40600000", "40590000", "APBK2938"])
def test_a_code_of_success_beside_a_refusal_is_unknown(code: str) -> None:
    assert kind(refusal(code)) == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "처리가 지연되고 있습니다",
        "시간 초과",
        "처리 중",
        "직전 거래를 확인",
        "timeout",
        "호출 후처리(MCI수신) 오류 입니다.",
        "호출 결과처리 오류",
    ],
)
@pytest.mark.parametrize("code", ["APBK0952", "EGW00201", "EGW00123", "40310000"])
def test_a_text_of_doubt_is_unknown(code: str, text: str) -> None:
    assert kind(refusal(code, text)) == "unknown"


@pytest.mark.parametrize("code", ["APBK0952", "EGW00201", "EGW00123"])
def test_a_number_beside_a_refusal_is_unknown(code: str) -> None:
    assert kind(refusal(code, output=OUTPUT)) == "unknown"
    assert kind(refusal(code, output=[OUTPUT])) == "unknown"
    assert kind(refusal(code, ODNO="0000002891")) == "unknown"
    assert kind(refusal(code, output1=[{"odno": "0000002891"}], output={})) == "unknown"


def test_two_numbers_contradict_each_other() -> None:
    assert kind({**ACCEPTED, "output1": {"ODNO": "0000002895"}}) == "unknown"
    assert kind({**ACCEPTED, "ODNO": {"a": 1}}) == "unknown"


@pytest.mark.parametrize("code", ["APBK0952", "EGW00201", "EGW00123"])
def test_a_doubt_counts_however_it_is_said(code: str) -> None:
    # One that is too long to be shown, one with a line in it, one beside the text.
    assert kind(refusal(code, "가" * 2500 + "처리중")) == "unknown"
    assert kind(refusal(code, "처리\n중")) == "unknown"
    assert kind(refusal(code, output={"text": "직전 거래를 확인"})) == "unknown"


@pytest.mark.parametrize("code", ["\ud800", "\x1b[31mX", "a\x00b", "x" * 3000])
def test_a_code_can_be_written_down_and_shown(code: str) -> None:
    outcome = classify(500, json.dumps(refusal(code)).encode(), KNOWN)
    assert outcome.kind == "unknown"
    assert outcome.code.encode("utf-8").isascii()
    assert outcome.code.isprintable()


@pytest.mark.parametrize("rt_cd", [None, "", "9", "3", 1, 0, False, "00"])
def test_another_result_is_unknown(rt_cd: object) -> None:
    assert kind({**refusal("APBK0952"), "rt_cd": rt_cd}) == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>ok</html>",
        b"[]",
        b'"0"',
        b"null",
        json.dumps(ACCEPTED).encode()[:-1],
        b'{"rt_cd":"1","rt_cd":"0","output":{"ODNO":"0000002891"}}',
        b'{"rt_cd":"0","output":{"ODNO":"0000002891","odno":"0000002892"}}',
        b'{"rt_cd":"1","msg_cd":"APBK0952","MSG_CD":"EGW00301"}',
        '{"rt_cd":"1","msg_cd":"APBK0952","msg1":"처리중","msg1":"거부"}'.encode(),
        b'{"rt_cd":"1","error_code":"EGW00301","error_code":"EGW00123"}',
    ],
)
def test_what_is_no_plain_answer_is_unknown(content: bytes) -> None:
    assert kind(content) == "unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "rt_cd": st.sampled_from(["0", "1", "2", "7", "9", ""]) | JSON,
        "msg_cd": st.sampled_from(["APBK0952", "EGW00201", "EGW00301", "APBK0013", ""]) | JSON,
        "msg1": st.text(max_size=20) | JSON,
        "output": st.just(OUTPUT) | JSON,
    },
)


@given(BODIES, st.sampled_from([200, 400, 403, 500, 502]))
def test_any_body_has_a_class_and_acceptance_only_its_exact_form(
    body: dict[str, Any], status: int
) -> None:
    told = kind(body, status)
    assert told in CLASSES
    if told == "accepted":
        assert (status, body["rt_cd"]) == (200, "0")
        assert body["output"]["ODNO"] == "0000002891"
    if told == "rejected":
        assert str(body["msg_cd"]).startswith(("APBK", "OPSQ", "4"))
        assert body["rt_cd"] in {"1", "2", "7"}


@given(st.binary(max_size=60), st.integers(100, 599))
def test_any_bytes_are_unknown(content: bytes, status: int) -> None:
    assert kind(content, status) == "unknown"
