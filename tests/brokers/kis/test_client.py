"""One account behind replies as KIS sends them: tokens, refusals, secrets."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.brokers.repeats import REPEATS, THROTTLED_REPEATS
from kiwoomctl.errors import (
    BrokerRejected,
    Busy,
    ConfigError,
    KiwoomctlError,
    SignInError,
    Throttled,
    Unavailable,
    Unreadable,
)
from tests.brokers.kis.conftest import (
    APPKEY,
    APPSECRET,
    NOON,
    NUMBER,
    POWER,
    Answer,
    Open,
    error_of,
    refusal,
    reply,
)

# Tokens -------------------------------------------------------------------------------------------


def test_one_token_serves_for_a_day(at: Open) -> None:
    house = at(POWER)
    for _ in range(20):
        house.broker.buying_power()
    house.clock.passed = timedelta(hours=23, minutes=45)
    house.broker.buying_power()
    assert house.issued == 1
    house.clock.passed = timedelta(hours=23, minutes=55)
    house.broker.buying_power()
    assert house.issued == 2


def test_a_renewal_that_would_bring_the_same_token_is_not_asked_for(at: Open) -> None:
    house = at(POWER)
    house.broker.renew_token()
    for hours in (0, 1, 5):
        house.clock.passed = timedelta(hours=hours)
        house.broker.renew_token()
    assert house.issued == 1
    house.clock.passed = timedelta(hours=6, minutes=1)
    house.broker.renew_token()
    assert house.issued == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ReadTimeout("slow"), Unavailable),
        (httpx.ReadError("reset"), Unavailable),
        (httpx.Response(502, text="<html>"), Unavailable),
        (refusal("EGW00201"), Throttled),
        (
            httpx.Response(403, json={"error_code": "EGW00133", "error_description": "1분당 1회"}),
            Busy,
        ),
        (
            httpx.Response(403, json={"error_code": "EGW00105", "error_description": APPSECRET}),
            SignInError,
        ),
        ({"access_token": "", "expires_in": 86400}, Unreadable),
        ({"access_token": "a b", "expires_in": 86400}, Unreadable),
        ({"access_token": "x", "expires_in": "soon"}, Unreadable),
        ({}, Unreadable),
    ],
)
def test_an_issue_is_never_repeated(at: Open, answer: Answer, kind: type[KiwoomctlError]) -> None:
    house = at(POWER)
    house.issues = [answer]
    assert isinstance(error_of(house, KisBroker.buying_power), kind)
    assert (house.issued, house.requests, house.clock.slept) == (1, [], [])


def test_a_token_given_again_ends_when_it_says(at: Open) -> None:
    house = at(POWER)
    house.issues = [
        {
            "access_token": "again",
            "expires_in": 86400,
            "access_token_token_expired": "2026-11-20 18:00:00",
        }
    ]
    assert house.broker.renew_token() == NOON + timedelta(hours=6)


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("code", ["EGW00121", "EGW00122", "EGW00123"])
def test_a_dead_token_is_renewed_once(at: Open, code: str, status: int) -> None:
    house = at(refusal(code, status=status), POWER)
    assert house.broker.buying_power() == 800_000
    assert [r.headers["authorization"] for r in house.requests] == [
        "Bearer canary-token-1",
        "Bearer canary-token-2",
    ]
    again = at(refusal(code, status=status))
    assert error_of(again, KisBroker.buying_power).code == f"kis_{code}"


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code", "tries"),
    [
        (refusal("EGW00201"), Throttled, "throttled", THROTTLED_REPEATS + 1),
        (refusal("EGW00215"), Unavailable, "ledger_busy", REPEATS + 1),
        (refusal("EGW00001"), Unavailable, "server_error", REPEATS + 1),
        (refusal("EGW00302"), Unavailable, "server_error", REPEATS + 1),
        (refusal("", ""), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(404), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(502, text="<html>"), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(200, text="<html>"), Unreadable, "unreadable", REPEATS + 1),
        (reply(rt_cd="0", msg_cd="KIOK0510"), Unreadable, "unreadable", REPEATS + 1),
        (refusal("EGW00105"), SignInError, "kis_EGW00105", 1),
        (refusal("EGW00304"), SignInError, "kis_EGW00304", 1),
        (refusal("EGW02004"), SignInError, "kis_EGW02004", 1),
        (refusal("EGW00207"), SignInError, "kis_EGW00207", 1),
        (refusal("EGW00213"), BrokerRejected, "not_on_mock", 1),
        (refusal("EGW99", "모의투자 TR 이 아닙니다"), BrokerRejected, "not_on_mock", 1),
        (refusal("APBK0489", status=200), BrokerRejected, "kis_APBK0489", 1),
        (
            refusal("OPSQ2000", "INPUT INVALID_CHECK_ACNO", 200, "2"),
            ConfigError,
            "account_differs",
            1,
        ),
        (refusal("OPSQ2000", "INPUT", 200, "2"), BrokerRejected, "kis_OPSQ2000", 1),
        (httpx.ReadTimeout("slow"), Unavailable, "timeout", 1),
    ],
)
def test_a_refusal_is_what_its_code_says(
    at: Open, answer: Answer, kind: type[KiwoomctlError], code: str, tries: int
) -> None:
    house = at(answer)
    error = error_of(house, KisBroker.buying_power)
    assert (type(error), error.code) == (kind, code)
    assert (len(house.requests), house.issued) == (tries, 1)


def test_a_text_with_secrets_is_told_without_them(at: Open) -> None:
    text = f"{APPKEY} {APPSECRET} canary-token-1 12345678 {NUMBER}"
    error_of(at(refusal("APBK0400", text, 200)), KisBroker.buying_power)
