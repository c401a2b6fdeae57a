"""One account behind replies as the broker sends them: tokens, repeats, secrets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
from kiwoomctl.brokers.repeats import THROTTLED_REPEATS
from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import (
    BrokerRejected,
    SignInError,
    Throttled,
    Unavailable,
    Unreadable,
)
from tests.brokers.kiwoom.conftest import APPKEY, CASH, SECRETKEY, Answer, Open

DEAD = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
TOO_MANY = {
    "return_msg": "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청. 유량=1, API ID=kt00018]",
    "return_code": 5,
}


# Tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dead",
    [
        DEAD,
        {"return_code": "8005", "return_msg": "Token이 유효하지 않습니다"},
        {"return_code": 3, "return_msg": "[8103:토큰]"},
        {"return_code": 3, "return_msg": "[8010:IP가 동일하지 않습니다]"},
        httpx.Response(401, text="<html>"),
    ],
)
def test_a_dead_token_is_renewed_once(at: Open, dead: Answer) -> None:
    house = at(dead, CASH)
    assert house.broker.cash().deposit == 1_000_000
    assert house.issued == 2
    assert house.bearers == ["Bearer canary-token-1", "Bearer canary-token-2"]
    house.broker.cash()
    assert house.issued == 2


def test_a_token_that_dies_again_is_not_renewed_twice(at: Open) -> None:
    house = at(DEAD)
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (SignInError, "kiwoom_8005", 4)
    assert "kiwoomctl login isa --refresh" in str(error)
    assert (house.issued, len(house.requests)) == (2, 2)


def test_a_token_somebody_else_renewed_is_used(at: Open) -> None:
    house = at(DEAD, CASH)
    other = KiwoomBroker(house.broker._client, Path("unused"), Decimal(0))  # noqa: SLF001 - the same cache

    def renew_elsewhere(_request: httpx.Request) -> httpx.Response:
        other.renew_token()
        return httpx.Response(200, json=DEAD)

    house.answers = [renew_elsewhere, CASH]
    house.broker.cash()
    assert house.issued == 2
    assert house.bearers[-1] == "Bearer canary-token-2"


@pytest.mark.parametrize("code", ["8001", "8030", "8031", "8050", "8777"])
def test_other_sign_in_failures_renew_nothing(at: Open, code: str) -> None:
    house = at({"return_code": 3, "return_msg": f"[{code}:텍스트]"})
    assert house.refusal(KiwoomBroker.cash).code == f"kiwoom_{code}"
    assert (house.issued, len(house.requests)) == (1, 1)


def test_a_refused_key_asks_nothing_else(at: Open) -> None:
    house = at(CASH)
    house.token_answer = {
        "return_code": 3,
        "return_msg": f"인증에 실패했습니다[8001:App Key {APPKEY}와 {SECRETKEY}]",
    }
    error = house.refusal(KiwoomBroker.cash)
    assert error.code == "kiwoom_8001"
    assert "isa" in str(error)
    assert (house.issued, house.requests) == (1, [])


@pytest.mark.parametrize(
    "changes",
    [{"token": ""}, {"token": " "}, {"token": "a b\n"}, {"token": "토큰"}, {"token": None},
     {"expires_dt": "tomorrow"}, {"expires_dt": ""}, {"expires_dt": "20261399000000"},
     {"expires_dt": 20261121100000}],
)  # fmt: skip
def test_a_token_that_cannot_be_used(at: Open, changes: dict[str, Any]) -> None:
    house = at(CASH)
    if changes == {"token": "a b\n"}:
        changes = {"token": "a\nb"}
    house.token_answer = {**house.token(), **changes}
    assert isinstance(house.refusal(KiwoomBroker.cash), Unreadable)
    assert house.requests == []


def test_a_renewed_token_says_when_it_ends(at: Open) -> None:
    assert at(CASH).broker.renew_token() == datetime(2026, 11, 21, 10, 0, tzinfo=KST)


# Repeats ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        httpx.Response(429, json=TOO_MANY),
        httpx.Response(429, text="<html>"),
        httpx.Response(200, json=TOO_MANY),
    ],
)
def test_a_refused_rate_is_asked_again(at: Open, refused: httpx.Response) -> None:
    house = at(*[lambda _request: refused] * THROTTLED_REPEATS, CASH)
    assert house.broker.cash().deposit == 1_000_000
    assert len(house.requests) == THROTTLED_REPEATS + 1
    assert house.clock.slept == sorted(house.clock.slept)


def test_a_rate_refused_for_ever(at: Open) -> None:
    house = at(httpx.Response(429, json=TOO_MANY))
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.exit_code, error.safe_to_retry) == (Throttled, 9, True)
    assert len(house.requests) == THROTTLED_REPEATS + 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("down"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>"),
        {"return_code": 20, "return_msg": "[2000](-994:fail to sendReceive:WINGSj)"},
    ],
)
def test_what_may_pass_is_asked_three_times(at: Open, failure: Answer) -> None:
    assert at(failure, failure, CASH).broker.cash().deposit == 1_000_000
    house = at(failure)
    error = house.refusal(KiwoomBroker.cash)
    assert isinstance(error, Unavailable)
    assert error.exit_code == 10
    assert len(house.requests) == 3


def test_a_reply_that_takes_too_long_is_not_asked_again(at: Open) -> None:
    house = at(httpx.ReadTimeout("slow"))
    assert house.refusal(KiwoomBroker.cash).code == "timeout"
    assert len(house.requests) == 1


def test_a_refusal_is_not_asked_again(at: Open) -> None:
    house = at({"return_code": 20, "return_msg": "[2000](571489:장이 열리지 않는 날입니다)"})
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (BrokerRejected, "kiwoom_571489", 3)
    assert len(house.requests) == 1


# Secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["571489", "-994", "8777"])
def test_a_token_the_server_sends_back_is_not_shown(at: Open, code: str) -> None:
    rc = 3 if code == "8777" else 20

    def echo(request: httpx.Request) -> httpx.Response:
        text = f"[2000]({code}:bad {request.headers['authorization']} here)"
        return httpx.Response(200, json={"return_code": rc, "return_msg": text})

    assert "***" in str(at(echo).refusal(KiwoomBroker.cash))


@pytest.mark.parametrize(
    "message", ["[2000](1:{body})", "[8777:{body}]", "{body}", "[8001:{body}]", "[1511:{body}"]
)
def test_keys_the_server_sends_back_are_not_shown(at: Open, message: str) -> None:
    house = at(CASH)

    def echo(request: httpx.Request) -> httpx.Response:
        text = message.format(body=request.content.decode())
        return httpx.Response(200, json={"return_code": 3, "return_msg": text})

    house.token_answer = echo
    house.refusal(KiwoomBroker.cash)


def test_keys_in_a_page_that_is_no_json_are_not_shown(at: Open) -> None:
    house = at(CASH)
    house.token_answer = lambda request: httpx.Response(200, content=request.content[:-1])
    house.refusal(KiwoomBroker.cash)


def test_keys_the_server_sends_back_to_a_revoke_are_not_shown(at: Open) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        text = f"[1999:{request.content.decode()}]"
        return httpx.Response(200, json={"return_code": 20, "return_msg": text})

    house = at(echo)
    house.broker.renew_token()
    house.refusal(KiwoomBroker.revoke_token)
