"""What a request must be before it is sent: fields, values, and what is called at all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.domain.apis import (
    Api,
    assignments,
    check_callable,
    check_fields,
    example_call,
    find,
    of_group,
)
from kiwoomctl.errors import UsageError

CATALOGUE = KiwoomCatalogue()
DAY = date(2026, 11, 20)


def _api(api_id: str) -> Api:
    found = CATALOGUE.api(api_id)
    assert found is not None
    return found


CALLABLE = [_api(title.id) for title in CATALOGUE.titles() if title.callable]
ids = st.sampled_from(CALLABLE)
names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)


def refusal(api: Api, fields: dict[str, str]) -> UsageError:
    with pytest.raises(UsageError) as raised:
        check_fields(api, fields)
    return raised.value


@given(ids, st.data())
def test_any_documented_value_is_taken(api: Api, data: Any) -> None:
    fields = assignments(example_call(api, DAY))
    for field in api.request:
        if field.values and (field.required or data.draw(st.booleans())):
            fields[field.name] = data.draw(st.sampled_from(sorted(field.values)))

    check_fields(api, fields)


@given(ids, st.data())
def test_a_missing_or_blank_required_field_is_named(api: Api, data: Any) -> None:
    required = [field.name for field in api.request if field.required]
    assume(required)
    left_out = data.draw(st.lists(st.sampled_from(required), min_size=1, unique=True))
    fields = assignments(example_call(api, DAY))
    for name in left_out:
        del fields[name]
    free = [name for name in left_out if not {f.name: f for f in api.request}[name].values]
    if free and data.draw(st.booleans()):
        fields[free[0]] = data.draw(st.sampled_from(["", " "]))

    error = refusal(api, fields)

    assert error.code == "api_required"
    named = [part.split(" (")[0] for part in error.values["missing"].split(", ") if " (" in part]
    assert [name for name in named if name in required] == [n for n in required if n in left_out]


@given(ids, st.data(), st.text(max_size=6))
def test_a_value_beside_the_documented_ones_is_refused(api: Api, data: Any, value: str) -> None:
    choices = {field.name: field for field in api.request if field.values}
    assume(choices)
    name = data.draw(st.sampled_from(sorted(choices)))
    assume(value not in choices[name].values)
    assume(value.strip() or choices[name].required)

    error = refusal(api, {**assignments(example_call(api, DAY)), name: value})

    assert (error.code, error.values["name"]) == ("api_value", name)
    assert all(known in error.values["near"] for known in choices[name].values)


@given(ids, names)
def test_a_field_that_is_not_documented_is_refused(api: Api, name: str) -> None:
    assume(name not in {field.name for field in api.request})

    error = refusal(api, {**assignments(example_call(api, DAY)), name: "1"})

    assert (error.code, error.values["name"]) == ("api_field", name)


def test_the_nearest_field_is_named() -> None:
    assert "did you mean base_dt?" in str(refusal(_api("ka10081"), {"basedt": "20261120"}))


@given(st.dictionaries(names, st.text(max_size=8)))
def test_assignments_are_read_as_they_are_written(fields: dict[str, str]) -> None:
    assert assignments(f"{name}={value}" for name, value in fields.items()) == fields


@pytest.mark.parametrize("words", [["stk_cd"], ["=1"], [""], ["a=1", "a=2"]])
def test_what_is_no_assignment_is_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        assignments(words)


# What is called, and what never is

MONEY = [
    *(f"kt1000{n}" for n in (0, 1, 2, 3, 6, 7, 8, 9)),
    *(f"kt5000{n}" for n in range(4)),
    *(f"ust2000{n}" for n in range(4)),
    "ust31302",
]


def test_exactly_the_orders_and_the_exchange_of_currency_move_money() -> None:
    assert [t.id for t in CATALOGUE.titles() if t.moves_money] == MONEY
    by_group = {t.id for t in CATALOGUE.titles() if t.group in {"order", "credit-order"}}
    # ust31490 asks for the buying power abroad.
    assert by_group == {*MONEY, "ust31490"} - {"ust31302"}


def test_what_is_new_on_a_path_of_orders_is_no_read() -> None:
    order = _api("kt10000").title

    assert not order._replace(id="kt10099").callable


def test_reads_over_rest_and_nothing_else_are_called() -> None:
    refused = {t.id for t in CATALOGUE.titles() if not t.callable}
    sockets = {t.id for t in CATALOGUE.titles() if t.transport == "websocket"}

    assert refused == {*MONEY, *sockets, "au10001", "au10002"}
    for title in CATALOGUE.titles():
        if title.callable:
            check_callable(title)
            continue
        with pytest.raises(UsageError):
            check_callable(title)


@pytest.mark.parametrize(
    ("api_id", "where"),
    [
        ("kt10000", "kiwoomctl buy"),
        ("kt10001", "kiwoomctl sell"),
        ("kt10002", "kiwoomctl modify"),
        ("kt10003", "kiwoomctl cancel"),
        ("kt10006", "not supported yet"),
        ("kt50003", "not supported yet"),
        ("ust20000", "not supported yet"),
        ("ust31302", "not supported yet"),
        ("au10001", "kiwoomctl login, kiwoomctl logout"),
        ("au10002", "kiwoomctl login, kiwoomctl logout"),
        ("0B", "kiwoomctl stream"),
        ("ka10171", "kiwoomctl condition"),
        ("usa20290", "kiwoomctl condition"),
    ],
)
def test_a_refusal_says_where_to_go(api_id: str, where: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_callable(_api(api_id).title)

    assert where in str(raised.value)


# Finding


@pytest.mark.parametrize(("word", "api_id"), [("KA10001", "ka10001"), (" ka10001 ", "ka10001")])
def test_an_id_is_found_however_it_is_written(word: str, api_id: str) -> None:
    assert find(CATALOGUE, word).id == api_id


def test_large_and_small_letters_differ_where_ids_do() -> None:
    assert find(CATALOGUE, "0g").title.name != find(CATALOGUE, "0G").title.name


@pytest.mark.parametrize(
    "word", ["ka1001", "kt0018", "", "zzzz", "\t", "주식", "ka10001\t주식기본정보요청"]
)
def test_an_unknown_id_is_refused(word: str) -> None:
    with pytest.raises(UsageError) as raised:
        find(CATALOGUE, word)

    assert raised.value.code == "api_unknown"
    if word == "ka1001":
        assert raised.value.values["near"].split(", ")[0] in {t.id for t in CATALOGUE.titles()}


@pytest.mark.parametrize("word", ["account", "계좌", "us", "미국주식", "ETF", "etf", "sign-in"])
def test_a_group_is_named_in_either_language(word: str) -> None:
    assert of_group(CATALOGUE.titles(), word)


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(UsageError, match="known: account, order"):
        of_group(CATALOGUE.titles(), "accounts")
