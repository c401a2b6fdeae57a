"""Tokens: issue, death, environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

DEAD = {
    "return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]",
    "return_code": 3,
}


def test_a_token_comes_with_exactly_these_fields(make_wire: MakeWire) -> None:
    wire = make_wire(clock="2026-10-01T11:22:33+09:00")
    reply = wire.issue().json()
    assert list(reply) == ["expires_dt", "token_type", "token", "return_code", "return_msg"]
    assert (reply["expires_dt"], reply["token_type"]) == ("20261002112233", "bearer")
    assert reply["token"]


@pytest.mark.parametrize(
    ("changes", "return_code", "code"),
    [
        ({"secretkey": "wrong"}, 3, "8001"),
        ({"appkey": "sim-999-appkey"}, 3, "8001"),
        ({"appkey": ""}, 2, "8020"),
        ({"secretkey": ""}, 2, "8020"),
        ({"grant_type": ""}, 2, "8011"),
        ({"grant_type": "password"}, 2, "8012"),
        ({"appkey": "real-001-appkey"}, 2, "8030"),
    ],
)
def test_bad_issues_are_refused(
    make_wire: MakeWire, changes: dict[str, str], return_code: int, code: str
) -> None:
    reply = make_wire().issue(**changes)
    assert reply.status_code == 200
    assert reply.json()["return_code"] == return_code
    assert f"[{code}:" in reply.json()["return_msg"]


def test_a_mock_key_is_refused_by_the_real_server(make_wire: MakeWire) -> None:
    reply = make_wire(env="real").issue(appkey="mock-001-appkey").json()
    assert reply["return_code"] == 2
    assert "[8030:" in reply["return_msg"]


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer nonsense", "Basic x"])
def test_a_missing_or_unknown_token_is_8005(wire: Wire, authorization: str) -> None:
    reply = wire.send("ka00001", headers={"authorization": authorization})
    assert (reply.status_code, reply.json()) == (200, DEAD)


def test_a_revoked_token_is_8005(wire: Wire) -> None:
    body = {**wire.keys, "token": wire.token}
    assert wire.client.post("/oauth2/revoke", json=body).json()["return_code"] == 0
    assert wire.send("ka00001").json() == DEAD


def test_a_token_expires_after_24_simulated_hours(make_wire: MakeWire) -> None:
    wire = make_wire(clock="2026-10-01T09:00:00+09:00").sign_in()
    wire.clock.advance(24 * 3600 - 1)
    wire.read("ka00001")
    wire.clock.advance(1)
    assert wire.send("ka00001").json() == DEAD


def test_a_second_issue_kills_the_first_token(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    first = wire.token
    wire.sign_in()
    assert wire.token != first
    assert wire.send("ka00001", headers={"authorization": f"Bearer {first}"}).json() == DEAD
    wire.read("ka00001")


def test_with_reissue_same_the_first_token_is_given_again(make_wire: MakeWire) -> None:
    wire = make_wire(reissue="same")
    first = wire.issue().json()
    wire.clock.advance(60)
    assert wire.issue().json() == first


def test_another_account_keeps_its_token(make_wire: MakeWire) -> None:
    wire = make_wire().sign_in()
    wire.number = 2
    wire.issue()
    wire.number = 1
    wire.read("ka00001")


def test_tokens_can_be_killed_for_one_key_or_all(wire: Wire) -> None:
    assert wire.control("kill_tokens", appkey="sim-002-appkey")["killed"] == 0
    wire.read("ka00001")
    assert wire.control("kill_tokens")["killed"] == 1
    assert wire.send("ka00001").json() == DEAD


def test_the_fault_token_dead_really_kills(wire: Wire) -> None:
    wire.fault("token_dead", "kt00018", count=1)
    assert wire.send("kt00018").json() == DEAD
    assert wire.send("ka00001").json() == DEAD
    wire.sign_in()
    wire.read("kt00018")


@pytest.mark.parametrize(("code", "expected"), [(None, "8010"), ("8050", "8050")])
def test_another_address_is_refused(wire: Wire, code: str | None, expected: str) -> None:
    wire.fault("ip_mismatch", code=code, count=1)
    reply = wire.send("ka00001").json()
    assert reply["return_code"] == 3
    assert f"[{expected}:" in reply["return_msg"]
    wire.read("ka00001")


def test_a_token_of_the_real_server_is_8031_at_the_mock_one(make_wire: MakeWire) -> None:
    real = make_wire(env="real").sign_in()
    mock = make_wire(env="mock").sign_in()
    mock.token, real.token = real.token, mock.token
    for wire in (mock, real):
        reply = wire.send("ka00001").json()
        assert reply["return_code"] == 3
        assert "[8031:" in reply["return_msg"]


def test_issuing_has_a_bucket_of_its_own(make_wire: MakeWire) -> None:
    wire = make_wire(rate="observed")
    assert [wire.issue().status_code for _ in range(3)] == [200, 200, 429]
    wire.clock.advance(1)
    assert wire.sign_in().send("ka00001").status_code == 200
    assert wire.state()["tokens_issued"] == 3


def test_an_unknown_token_cannot_be_revoked(wire: Wire) -> None:
    reply = wire.client.post("/oauth2/revoke", json={**wire.keys, "token": "nonsense"}).json()
    assert reply["return_code"] == 3
    assert "[8015:" in reply["return_msg"]
