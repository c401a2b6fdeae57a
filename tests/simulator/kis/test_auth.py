"""Tokens, approval keys, headers and rates of the simulated KIS server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.simulator.kis.conftest import BALANCE, ORDERABLE, KisWire, MakeKis


def test_a_token_names_its_key_and_its_end(kis: KisWire) -> None:
    told = kis.issue().json()
    assert (told["token_type"], type(told["expires_in"])) == ("Bearer", int)
    assert told["access_token_token_expired"] == "2026-10-02 10:00:00"
    claims = told["access_token"].split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded))["jti"] == kis.appkey
    assert len(told["access_token"]) <= 350
    assert "rt_cd" not in told


def test_another_issue_within_six_hours_gives_the_same_token(kis: KisWire) -> None:
    first = kis.token
    kis.clock.advance(6 * 3600 - 1)
    assert kis.issue().json()["access_token"] == first
    kis.clock.advance(1)
    # The clock of an open market stops before the auction: jump by hand.
    kis.control("clock", now="2026-10-01T16:30:00+09:00")
    assert kis.issue().json()["access_token"] != first


@pytest.mark.parametrize(("reissue", "status"), [("supersede", 500), ("same", 200)])
def test_the_older_token_after_a_new_one(make_kis: MakeKis, reissue: str, status: int) -> None:
    kis = make_kis(reissue=reissue).sign_in()
    kis.control("clock", now="2026-10-01T18:00:00+09:00")
    assert kis.issue().json()["access_token"] != kis.token
    assert kis.send("TTTC8434R", {**kis.named, **BALANCE}).status_code == status


def test_a_second_issue_within_a_minute_is_refused(make_kis: MakeKis) -> None:
    kis = make_kis(rate="terms").sign_in()
    kis.clock.advance(59)
    refused = kis.issue()
    assert refused.status_code == 403
    assert refused.json() == {
        "error_code": "EGW00133",
        "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
    }
    kis.clock.advance(1)
    assert kis.issue().json()["access_token"] == kis.token


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": ""}, "EGW00115"),
        ({"grant_type": "password"}, "EGW00116"),
        ({"appkey": ""}, "EGW00102"),
        ({"appkey": "nobody"}, "EGW00103"),
        ({"appsecret": ""}, "EGW00104"),
        ({"appsecret": "wrong"}, "EGW00105"),
    ],
)
def test_a_bad_request_for_a_token(kis: KisWire, changes: dict[str, str], code: str) -> None:
    refused = kis.issue(**changes)
    assert (refused.status_code, refused.json()["error_code"]) == (403, code)


def test_a_key_of_the_other_environment(kis: KisWire, mock_kis: KisWire) -> None:
    refused = kis.issue(appkey="mock-001")
    assert (refused.status_code, refused.json()["msg_cd"]) == (500, "EGW02004")
    assert mock_kis.issue(appkey="real-001").json()["msg_cd"] == "EGW00213"


def test_a_revoked_token_is_dead(kis: KisWire) -> None:
    body = {**kis.keys, "token": kis.token}
    told = kis.client.post("/oauth2/revokeP", json=body)
    assert told.json() == {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}
    dead = kis.send("TTTC8908R", {**kis.named, **ORDERABLE})
    assert (dead.status_code, dead.json()["msg_cd"]) == (500, "EGW00123")
    assert kis.client.post("/oauth2/revokeP", json=body).status_code == 403


def test_an_approval_key_names_the_secret_otherwise(kis: KisWire) -> None:
    body = {
        "grant_type": "client_credentials",
        "appkey": kis.appkey,
        "secretkey": kis.keys["appsecret"],
    }
    key = kis.client.post("/oauth2/Approval", json=body).json()["approval_key"]
    assert len(key) == 36
    wrong = {**body, "appsecret": body["secretkey"]}
    del wrong["secretkey"]
    assert kis.client.post("/oauth2/Approval", json=wrong).json()["error_code"] == "EGW00104"


def test_a_hash_of_a_body(kis: KisWire) -> None:
    told = kis.client.post("/uapi/hashkey", json={"A": "1"}, headers=kis.keys).json()
    assert told["BODY"] == {"A": "1"}
    assert len(told["HASH"]) == 64


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"appkey": None}, "EGW00102"),
        ({"appkey": "nobody"}, "EGW00103"),
        ({"appsecret": None}, "EGW00104"),
        ({"appsecret": "wrong"}, "EGW00105"),
        ({"custtype": None}, "EGW00208"),
        ({"custtype": "X"}, "EGW00208"),
        ({"authorization": None}, "EGW00205"),
        ({"authorization": "Basic abc"}, "EGW00205"),
        ({"authorization": "Bearer abc"}, "EGW00121"),
    ],
)
def test_a_request_without_a_right_header(
    kis: KisWire, headers: dict[str, str | None], code: str
) -> None:
    refused = kis.send("TTTC8908R", {**kis.named, **ORDERABLE}, headers=headers)
    assert refused.status_code == 500
    told = refused.json()
    assert (told["rt_cd"], told["msg_cd"], len(told["msg1"])) == ("1", code, 80)


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_expired_token(kis: KisWire, status: int) -> None:
    kis.rules(token_status=status)
    kis.control("clock", now="2026-10-02T10:00:00+09:00")
    refused = kis.send("TTTC8908R", {**kis.named, **ORDERABLE})
    assert (refused.status_code, refused.json()["msg_cd"]) == (status, "EGW00123")


def test_a_token_of_another_key_is_not_taken(kis: KisWire) -> None:
    other = KisWire(kis.client, kis.host, kis.clock, number=2, token=kis.token)
    told = other.send("TTTC8908R", {**other.named, **ORDERABLE}).json()
    assert told["msg_cd"] == "EGW00121"


def test_killed_tokens_are_dead(kis: KisWire) -> None:
    assert kis.control("kill_tokens", appkey=kis.appkey)["killed"] == 1
    assert kis.send("TTTC8908R", {**kis.named, **ORDERABLE}).json()["msg_cd"] == "EGW00123"
    assert kis.sign_in().read("TTTC8908R", ORDERABLE)["output"]


def test_an_unknown_tr_and_one_on_a_wrong_path(kis: KisWire) -> None:
    for tr_id in ("TTTC9999R", "TTTC8908R"):
        told = kis.send("TTTC8434R", {**kis.named, **BALANCE}, tr_id=tr_id).json()
        assert (told["rt_cd"], told["msg_cd"]) == ("2", "OPSQ0002")


def test_an_account_that_is_not_the_key_s(kis: KisWire) -> None:
    other = kis.host.exchange.accounts["sim-002-appkey"].number
    fields = {**ORDERABLE, "CANO": other[:8], "ACNT_PRDT_CD": "01"}
    told = kis.send("TTTC8908R", fields).json()
    assert (told["rt_cd"], told["msg_cd"]) == ("2", "OPSQ2000")
    assert "INVALID_CHECK_ACNO" in told["msg1"]


def test_a_field_that_is_missing(kis: KisWire) -> None:
    told = kis.send("TTTC8908R", {**kis.named, "PDNO": ""}).json()
    assert (told["rt_cd"], told["msg_cd"]) == ("2", "OPSQ2001")
    assert "[ORD_UNPR]" in told["msg1"]


@pytest.mark.parametrize(
    ("env", "rate", "most"),
    [
        ("real", "terms", 18),
        ("mock", "terms", 1),
        ("real", "strict", 3),
        ("mock", "strict", 1),
        ("real", "observed", 20),
        ("mock", "observed", 2),
    ],
)
def test_a_key_has_so_many_requests_a_second(
    make_kis: MakeKis, env: str, rate: str, most: int
) -> None:
    kis = make_kis(env=env, rate=rate).sign_in()

    def ask() -> tuple[int, str]:
        reply = kis.send("TTTC8908R", {**kis.named, **ORDERABLE})
        return reply.status_code, reply.json()["msg_cd"]

    assert {ask()[0] for _ in range(most)} == {200}
    assert ask() == (500, "EGW00201")
    kis.clock.advance(1)
    assert ask()[0] == 200


def test_refusals_below_the_limit(kis: KisWire) -> None:
    kis.rules(refuse_every=3)
    codes = [kis.send("TTTC8908R", {**kis.named, **ORDERABLE}).status_code for _ in range(6)]
    assert sorted(codes) == [200, 200, 200, 200, 500, 500]


def test_the_ledger_is_busy_now_and_then(kis: KisWire) -> None:
    kis.rules(busy_every=2)
    seen: list[Any] = [kis.send("TTTC8434R", {**kis.named, **BALANCE}) for _ in range(4)]
    assert [reply.json()["msg_cd"] for reply in seen].count("EGW00215") == 2


def test_rules_that_there_are_not(kis: KisWire) -> None:
    for wrong in ({"nothing": 1}, {"old_ids": "maybe"}, {"token_seconds": "1"}):
        assert kis.client.post("/_sim/kis_rules", json=wrong).status_code == 400
    kis.rules(token_status=401)
    kis.control("reset")
    assert kis.control("kis_rules")["rules"]["token_status"] == 500


def test_an_order_may_bring_its_hash(kis: KisWire) -> None:
    body = kis.new(1, 0, {})
    digest = kis.client.post("/uapi/hashkey", json=body, headers=kis.keys).json()["HASH"]
    assert kis.send("TTTC0012U", body, headers={"hashkey": digest}).json()["rt_cd"] == "0"
    wrong = kis.send("TTTC0012U", {**body, "ORD_QTY": "2"}, headers={"hashkey": digest})
    assert (wrong.status_code, wrong.json()["msg_cd"]) == (500, "EGW00131")


def test_faults_of_a_token(kis: KisWire) -> None:
    kis.fault("http_429", "tokenP", count=1)
    refused = kis.issue()
    assert (refused.status_code, refused.json()["error_code"]) == (403, "EGW00133")
    kis.fault("blank", "tokenP", count=1)
    assert kis.issue().json()["access_token"] == ""


def test_an_approval_key_a_second(make_kis: MakeKis) -> None:
    kis = make_kis(rate="terms")
    body = {
        "grant_type": "client_credentials",
        "appkey": kis.appkey,
        "secretkey": kis.keys["appsecret"],
    }
    codes = [kis.client.post("/oauth2/Approval", json=body).status_code for _ in range(2)]
    kis.clock.advance(1)
    codes.append(kis.client.post("/oauth2/Approval", json=body).status_code)
    assert codes == [200, 500, 200]
