"""The catalogue as data: complete, in one piece, and found by words."""

from __future__ import annotations

import re

import pytest

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue, rest_paths
from kiwoomctl.brokers.kiwoom.endpoints import CASH, HOLDINGS
from kiwoomctl.domain.apis import GROUPS, MARKETS, ApiTitle
from kiwoomctl.simulator.kiwoom.catalog import ENDPOINTS

CATALOGUE = KiwoomCatalogue()
TITLES = CATALOGUE.titles()


def test_every_api_is_there_once() -> None:
    ids = [title.id for title in TITLES]

    assert len(ids) == len(set(ids)) == 338
    assert sum(title.transport == "rest" for title in TITLES) == len(rest_paths()) == 307


def test_every_api_has_both_names_and_a_known_group() -> None:
    for title in TITLES:
        assert re.search(r"[가-힣A-Z]", title.name), title
        assert re.fullmatch(r"[A-Za-z0-9 ,:()/'-]+", title.english), title
        assert GROUPS[title.korean_group]
        assert MARKETS[title.category]
    assert {title.korean_group for title in TITLES} == set(GROUPS)
    assert {title.category for title in TITLES} == set(MARKETS)


def test_no_two_apis_have_the_same_english_name() -> None:
    names = [title.english for title in TITLES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("title", TITLES, ids=lambda title: title.id)
def test_the_fields_of_every_api_can_be_read(title: ApiTitle) -> None:
    api = CATALOGUE.api(title.id)

    assert api is not None
    assert api.title == title
    assert all(field.name for field in (*api.request, *api.response))
    # One list, its rows after it: what a call makes of a reply.
    if api.title.transport == "rest":
        for fields in (api.request, api.response):
            assert all(field.label for field in fields)
            places = [(field.depth, field.name) for field in fields]
            assert len(places) == len(set(places))
        assert sum(field.is_list for field in api.response) <= 1
        assert bool(api.row_fields) == (api.list_name is not None)
        assert {field.depth for field in api.response} <= {0, 1}
        assert not {f.name for f in api.scalars} & {"profile", "environment", "pages", "more"}


def test_an_id_that_begins_another_is_none() -> None:
    assert CATALOGUE.api("ka1000") is None
    assert CATALOGUE.api("") is None


def test_fields_of_one_api_as_documented() -> None:
    api = CATALOGUE.api("kt00018")
    assert api is not None

    asked = [(f.name, f.label, f.required, f.length, dict(f.values)) for f in api.request]
    assert asked == [
        ("qry_tp", "조회구분", True, "1", {"1": "합산", "2": "개별"}),
        (
            "dmst_stex_tp",
            "국내거래소구분",
            True,
            "6",
            {"KRX": "한국거래소", "NXT": "넥스트트레이드"},
        ),
    ]
    assert api.list_name == HOLDINGS.rows
    assert set(HOLDINGS.row_required) <= {field.name for field in api.row_fields}
    assert api.row_fields[2].unit == "원"


def test_what_the_client_needs_is_documented() -> None:
    for endpoint in (CASH, HOLDINGS):
        api = CATALOGUE.api(endpoint.api_id)
        assert api is not None
        assert api.title.path == endpoint.path
        assert set(endpoint.required) <= {field.name for field in api.scalars}


@pytest.mark.parametrize("api_id", [e.api_id for e in ENDPOINTS.values() if e.kind == "read"])
def test_the_simulated_reads_require_what_is_documented(api_id: str) -> None:
    api = CATALOGUE.api(api_id)
    assert api is not None

    assert ENDPOINTS[api_id].required == tuple(f.name for f in api.request if f.required)


# Searching


def found(*words: str) -> list[str]:
    return [hit.title.id for hit in CATALOGUE.search(words)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["예수금"], "kt00001"),
        (["deposit"], "kt00001"),
        (["KA10081"], "ka10081"),
        (["일봉"], "ka10081"),
        (["daily", "chart", "stock"], "ka10081"),
        (["chart", "금현물", "분봉"], "ka50080"),
        (["open", "orders"], "ka10075"),
        (["미체결"], "ka10075"),
        (["acnt_evlt_remn_indv_tot"], "kt00018"),
        (["watchlist", "groups"], "ka01300"),
    ],
)
def test_words_of_any_kind_find_it(words: list[str], first: str) -> None:
    assert found(*words)[0] == first


def test_own_names_come_before_fields_and_the_fields_are_named() -> None:
    hits = CATALOGUE.search(["예수금"])
    in_names = [bool(hit.fields) for hit in hits]

    assert in_names == sorted(in_names)
    fields = {hit.title.id: hit.fields for hit in hits}
    assert fields["kt00001"] == ()
    assert "entr" in fields["kt00004"]


def test_all_words_have_to_be_there() -> None:
    assert set(found("차트", "업종")) < set(found("차트"))
    assert found("차트", "nothingofthekind") == []


def test_the_values_of_fields_are_no_words_of_theirs() -> None:
    # 넥스트트레이드 is only ever a value's meaning.
    assert found("넥스트트레이드") == []


def test_the_error_codes_are_there() -> None:
    codes = CATALOGUE.codes()

    assert len(codes) == 37
    assert codes["8005"] == "Token이 유효하지 않습니다"
