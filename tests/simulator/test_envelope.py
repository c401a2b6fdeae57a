"""The envelope of every reply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

READS = ("ka00001", "kt00001", "kt00003", "kt00004", "kt00018", "ka10075", "ka10076", "ka10001")


def test_a_tr_on_the_wrong_path_is_refused_with_1504(wire: Wire) -> None:
    reply = wire.send("kt00018", path="/api/dostk/stkinfo")
    assert reply.status_code == 200
    assert reply.json() == {
        "return_msg": "잘못된 요청입니다[1504:해당 URI에서는 지원하는 API ID가 아닙니다. "
        "API ID=kt00018, URI=/api/dostk/stkinfo]",
        "return_code": 1,
    }


@pytest.mark.parametrize("api_id", ["zz99999", "ka99999", "00", "ka10171"])
def test_an_unknown_tr_is_refused_with_1505(wire: Wire, api_id: str) -> None:
    reply = wire.send(api_id).json()
    assert (reply["return_code"], "[1505:" in reply["return_msg"]) == (1, True)


def test_a_request_without_api_id_is_refused_with_1501(wire: Wire) -> None:
    reply = wire.client.post("/api/dostk/acnt", json={}).json()
    assert (reply["return_code"], "[1501:" in reply["return_msg"]) == (1, True)


def test_only_post_is_taken(wire: Wire) -> None:
    reply = wire.client.get("/api/dostk/acnt", headers={"api-id": "ka00001"})
    assert reply.status_code == 405


@pytest.mark.parametrize("api_id", ["kt10006", "kt10007", "kt50000", "kt50003"])
def test_orders_that_are_not_simulated_are_unknown(wire: Wire, api_id: str) -> None:
    path = "/api/dostk/crdordr" if api_id < "kt5" else "/api/dostk/ordr"
    reply = wire.send(api_id, path=path).json()
    assert (reply["return_code"], "[1505:" in reply["return_msg"]) == (1, True)


@pytest.mark.parametrize(
    ("api_id", "body"),
    [
        ("kt00018", {"qry_tp": "", "dmst_stex_tp": "KRX"}),
        ("kt00018", {"qry_tp": "9", "dmst_stex_tp": "KRX"}),
        ("ka10001", {"stk_cd": "999999"}),
    ],
)
def test_a_refusal_is_http_200_with_an_int_code_after_the_message(
    wire: Wire, api_id: str, body: dict[str, str]
) -> None:
    reply = wire.send(api_id, body)
    assert reply.status_code == 200
    assert list(reply.json()) == ["return_msg", "return_code"]
    assert type(reply.json()["return_code"]) is int
    assert reply.json()["return_code"] != 0


@pytest.mark.parametrize("api_id", READS)
def test_a_success_ends_with_code_and_message(wire: Wire, api_id: str) -> None:
    assert list(wire.read(api_id))[-2:] == ["return_code", "return_msg"]


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, "qry_tp"),
        ({"dmst_stex_tp": "KRX"}, "qry_tp"),
        ({"qry_tp": "1"}, "dmst_stex_tp"),
        ({"qry_tp": "", "dmst_stex_tp": ""}, "qry_tp"),
    ],
)
def test_the_first_missing_field_is_named(wire: Wire, body: dict[str, str], missing: str) -> None:
    assert wire.send("kt00018", body).json() == {
        "return_msg": "입력 값 오류입니다[1511:필수 입력 값에 값이 존재하지 않습니다. "
        f"필수입력 파라미터={missing}]",
        "return_code": 2,
    }


def test_unknown_fields_are_ignored(wire: Wire) -> None:
    body = {"qry_tp": "1", "dmst_stex_tp": "KRX", "acnt_no": "1", "acnt_pwd": "0000"}
    assert wire.read("kt00018", body) == wire.read("kt00018")


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_without_a_json_object_the_framework_answers(wire: Wire, content: bytes) -> None:
    reply = wire.client.post("/api/dostk/acnt", content=content, headers={"api-id": "ka00001"})
    assert reply.status_code == 400
    assert json.loads(reply.content) == {
        "status": 400,
        "error": "BAD_REQUEST",
        "message": "Required request body is missing",
    }


def test_success_texts_differ_and_one_begins_with_a_blank(wire: Wire) -> None:
    texts = {wire.read(api_id)["return_msg"] for api_id in READS}
    assert len(texts) >= 3
    assert " 조회가 완료되었습니다." in texts


@pytest.mark.parametrize("api_id", READS)
def test_every_reply_of_a_tr_has_its_headers(wire: Wire, api_id: str) -> None:
    headers = wire.send(api_id).headers
    assert (headers["api-id"], headers["cont-yn"], headers["next-key"]) == (api_id, "N", "")


def test_every_reply_carries_the_simulated_date(make_wire: MakeWire) -> None:
    wire = make_wire(clock="2026-09-14T08:59:59+09:00").sign_in()
    assert wire.send("ka00001").headers["date"] == "Sun, 13 Sep 2026 23:59:59 GMT"
    wire.clock.advance(2)
    assert wire.send("ka00001").headers["date"] == "Mon, 14 Sep 2026 00:00:01 GMT"
    assert wire.client.get("/_sim/state").headers["date"] == "Mon, 14 Sep 2026 00:00:01 GMT"
