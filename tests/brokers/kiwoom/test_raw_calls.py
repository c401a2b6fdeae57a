"""Any reply of a read as it was sent: single fields, lists, pages, and replies of odd forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.brokers.paging import MAX_PAGES
from kiwoomctl.domain.apis import Api, ApiReply
from kiwoomctl.errors import BrokerRejected, SignInError, UsageError
from tests.brokers.kiwoom.conftest import Answer, House, paged

OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}
LIST = "stk_dt_pole_chart_qry"
FIELDS = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}


def api(api_id: str) -> Api:
    found = KiwoomCatalogue().api(api_id)
    assert found is not None
    return found


def body(*prices: Any, **more: Any) -> dict[str, Any]:
    return {"stk_cd": "005930", LIST: [{"cur_prc": price} for price in prices], **OK, **more}


def call(house: House, pages: int | None = 1) -> ApiReply:
    return house.broker.call_api(api("ka10081"), FIELDS, pages)


def prices(reply: ApiReply) -> list[str | None]:
    return [row["cur_prc"] for row in reply.rows or ()]


def sent(house: House) -> list[str]:
    return [r.headers["api-id"] for r in house.requests if "api-id" in r.headers]


def test_values_stay_as_they_were_sent(tmp_path: Path) -> None:
    reply = call(House(tmp_path, [body("-00000000042", "--7", "", " +1,000 ", "1.50", None)]))

    assert prices(reply) == ["-00000000042", "--7", "", " +1,000 ", "1.50", None]
    assert (reply.scalars, reply.pages, reply.more) == ({"stk_cd": "005930"}, 1, False)
    assert reply.bodies[0]["return_msg"] == OK["return_msg"]


def test_what_is_no_text_comes_as_json(tmp_path: Path) -> None:
    reply = call(House(tmp_path, [body(5, 1.5, {"a": ["가"]}, extra=[1], flag=True)]))

    assert prices(reply) == ["5", "1.5", '{"a": ["가"]}']
    assert (reply.scalars["extra"], reply.scalars["flag"]) == ("[1]", "true")


def test_one_page_is_read_and_more_are_told(tmp_path: Path) -> None:
    house = House(tmp_path, [paged(body("1"), "k1"), body("2")])

    reply = call(house)

    assert (prices(reply), reply.pages, reply.more) == (["1"], 1, True)
    assert sent(house).count("ka10081") == 1


@pytest.mark.parametrize(("pages", "read", "more"), [(2, 2, True), (3, 3, False), (None, 3, False)])
def test_pages_are_put_together(tmp_path: Path, pages: int | None, read: int, more: bool) -> None:
    house = House(
        tmp_path, [paged(body("1", stk_cd="first"), "k1"), paged(body("2"), "k2"), body("3")]
    )

    reply = call(house, pages)

    assert prices(reply) == ["1", "2", "3"][:read]
    assert (reply.pages, reply.more, reply.scalars["stk_cd"]) == (read, more, "first")
    assert len(reply.bodies) == read


@pytest.mark.parametrize(
    "answers",
    [
        [paged(body("1"), "k1"), paged(body("2"), "k1")],
        [paged(body("1"), f"k{n}") for n in range(MAX_PAGES + 2)],
    ],
    ids=["repeated", "endless"],
)
def test_pages_that_do_not_end_are_refused(tmp_path: Path, answers: list[Answer]) -> None:
    house = House(tmp_path, answers)

    assert house.refusal(lambda broker: broker.call_api(api("ka10081"), FIELDS, None)).code == (
        "list_cut"
    )


@pytest.mark.parametrize(
    "message",
    ["[2000](501724:관련자료가없습니다)", "[2000](571758:해당 계좌의미체결내역이 없습니다.)"],
)
def test_no_data_is_an_empty_list_with_the_brokers_words(tmp_path: Path, message: str) -> None:
    told = {"return_msg": message, "return_code": 20}

    reply = call(House(tmp_path, [told]), None)

    assert (reply.rows, reply.scalars, reply.bodies) == ((), {}, (told,))


@pytest.mark.parametrize("rows", [None, "none", [["1"]], {"cur_prc": "1"}])
def test_a_list_of_another_form_is_no_list(tmp_path: Path, rows: Any) -> None:
    reply = call(House(tmp_path, [{"stk_cd": "1", LIST: rows, **OK}]))

    assert reply.rows is None
    assert LIST in reply.scalars


def test_a_missing_list_is_missing_and_not_empty(tmp_path: Path) -> None:
    assert call(House(tmp_path, [{"stk_cd": "1", **OK}])).rows is None


def test_refusals_are_errors(tmp_path: Path) -> None:
    refused = {"return_msg": "[2000](800033:안 됩니다)", "return_code": 20}
    house = House(tmp_path, [refused])

    with pytest.raises(BrokerRejected):
        call(house)


def test_a_dead_token_is_renewed_once(tmp_path: Path) -> None:
    dead = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
    house = House(tmp_path, [dead, body("1")])

    assert prices(call(house)) == ["1"]
    assert house.issued == 2

    with pytest.raises(SignInError):
        call(House(tmp_path / "other", [dead]))


@pytest.mark.parametrize(
    "api_id", ["kt10000", "kt10009", "kt50000", "ust20003", "ust31302", "au10001", "0B", "ka10172"]
)
def test_what_is_no_read_never_leaves(tmp_path: Path, api_id: str) -> None:
    house = House(tmp_path, [OK])

    with pytest.raises(UsageError):
        house.broker.call_api(api(api_id), {}, 1)

    assert house.requests == []
    assert house.issued == 0
