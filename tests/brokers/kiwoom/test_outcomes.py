"""What replies to an order mean: only exact forms are certain, all else is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom.order_codes import DEFINITE_BACKEND, NEVER_DEFINITE
from kiwoomctl.brokers.kiwoom.outcomes import classify
from kiwoomctl.brokers.port_orders import SendOutcome

OK = "정상적으로 처리되었습니다"


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def backend(code: str, text: str = "사유", return_code: Any = 20, **more: Any) -> bytes:
    return body(return_msg=f"[2000]({code}:{text})", return_code=return_code, **more)


def gateway(code: str, return_code: int = 3, text: str = "사유") -> bytes:
    return body(return_msg=f"인증에 실패했습니다[{code}:{text}]", return_code=return_code)


@pytest.mark.parametrize("rc", [0, "0", "0000"])
@pytest.mark.parametrize("number", ["0157630", "157630", "0000001", "7"])
def test_a_usable_number_is_accepted(rc: Any, number: str) -> None:
    outcome = classify(200, body(ord_no=number, return_code=rc, return_msg=OK), set())
    assert outcome == SendOutcome("accepted", number=number.lstrip("0"))


def test_a_modify_keeps_the_root() -> None:
    content = body(ord_no="0032417", base_orig_ord_no="0031469", return_code=0, return_msg=OK)
    assert classify(200, content, set()) == SendOutcome("accepted", number="32417", root="31469")


@pytest.mark.parametrize(
    "number",
    ["", "0000000", "0", "12345678", "-1", "12a", "１２３", " ", "1.0", None, 157630, ["1"], {}],
)
def test_a_number_that_is_none_is_unknown(number: Any) -> None:
    content = body(ord_no=number, return_code=0, return_msg=OK)
    assert classify(200, content, set()).kind == "unknown"


def test_a_number_that_was_there_before_is_unknown() -> None:
    content = body(ord_no="0000024", return_code=0, return_msg=OK)
    assert classify(200, content, {"24"}).kind == "unknown"
    assert classify(200, content, {"25"}).kind == "accepted"


@pytest.mark.parametrize("code", sorted(DEFINITE_BACKEND))
@pytest.mark.parametrize("rc", [20, 2000, "20", "2000"])
def test_a_listed_backend_code_is_a_refusal(code: str, rc: Any) -> None:
    outcome = classify(200, backend(code, return_code=rc), set())
    assert (outcome.kind, outcome.code) == ("rejected", code)


@pytest.mark.parametrize("code", ["123456", "RC1234", "RC9999", "7"])
def test_an_unlisted_backend_code_is_doubtful(code: str) -> None:
    assert classify(200, backend(code), set()).kind == "doubtful"
    assert classify(200, backend(code, return_code=21), set()).kind == "unknown"


@pytest.mark.parametrize("code", ["1501", "1511", "1517", "1902", "8001", "8030", "8031", "8200"])
def test_a_gateway_code_is_a_refusal(code: str) -> None:
    assert classify(200, gateway(code), set()).kind == "rejected"


@pytest.mark.parametrize("code", sorted(NEVER_DEFINITE))
def test_some_codes_never_say_for_certain(code: str) -> None:
    assert classify(200, backend(code), set()).kind == "unknown"
    assert classify(200, gateway(code), set()).kind == "unknown"


@pytest.mark.parametrize("text", ["처리 지연", "시간초과 되었습니다", "주문 처리중 입니다"])
def test_a_text_of_delay_is_unknown_whatever_the_code(text: str) -> None:
    assert classify(200, backend("855056", text), set()).kind == "unknown"


@pytest.mark.parametrize("code", ["8005", "8103"])
def test_a_dead_token_is_refused_at_the_gate(code: str) -> None:
    assert classify(200, gateway(code), set()).kind == "token"
    assert classify(401, gateway(code), set()).kind == "unknown"
    assert classify(200, body(return_code=8005, return_msg="x"), set()).kind == "unknown"


def test_only_the_exact_rate_refusal_is_one() -> None:
    message = "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청 개수를 초과. 유량=1]"
    exact = body(return_msg=message, return_code=5)
    assert classify(429, exact, set()).kind == "rate"
    for status, content in [
        (200, exact),
        (503, exact),
        (429, b""),
        (429, b"<html>"),
        (429, body(return_code=5, return_msg="x")),
        (429, body(return_msg=message, return_code=0, ord_no="0000001")),
        (429, body(return_msg=message.replace("1700", "1701"), return_code=5)),
    ]:
        assert classify(status, content, set()).kind == "unknown"


@pytest.mark.parametrize("number", ["0000123", 123, "x"])
def test_a_number_beside_a_refusal_is_unknown(number: Any) -> None:
    assert classify(200, backend("855056", ord_no=number), set()).kind == "unknown"


@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 403, 404, 500, 502, 503])
def test_any_other_status_is_unknown(status: int) -> None:
    for content in (backend("855056"), body(ord_no="0000001", return_code=0, return_msg=OK)):
        assert classify(status, content, set()).kind == "unknown"


@given(st.integers(100, 599), st.binary())
def test_no_bytes_are_certain_or_raise(status: int, content: bytes) -> None:
    assert classify(status, content, set()).kind == "unknown"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 429, 500]),
    st.fixed_dictionaries(
        {}, optional={"return_code": _JSON, "return_msg": _JSON, "ord_no": _JSON}
    ),
)
def test_accepted_only_with_code_0_and_a_number(status: int, fields: dict[str, Any]) -> None:
    outcome = classify(status, body(**fields), set())
    if outcome.kind == "accepted":
        assert status == 200
        assert str(fields["return_code"]).strip("0 +-") == ""
        assert fields["ord_no"].strip().isdigit()


@given(st.data())
def test_a_cut_reply_is_never_certain(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                body(ord_no="0157630", return_code=0, return_msg=OK),
                backend("855056"),
                gateway("8005"),
            ]
        )
    )
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert classify(200, whole[:cut], set()).kind == "unknown"
