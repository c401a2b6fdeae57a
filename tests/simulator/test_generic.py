"""Reads without a simulation of their own: the documented form, behind the usual gateway."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.domain.apis import Api, assignments, example_call
from kiwoomctl.simulator.kiwoom.catalog import ENDPOINTS

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

DAY = date(2026, 10, 1)
CATALOGUE = KiwoomCatalogue()


def _generic() -> list[Api]:
    apis = [CATALOGUE.api(t.id) for t in CATALOGUE.titles() if t.callable and t.id not in ENDPOINTS]
    return [api for api in apis if api is not None]


GENERIC = _generic()
FEW = [api for api in GENERIC if api.id in {"ka10081", "ka10004", "kt00008", "usa06012", "kt50020"}]
few = pytest.mark.parametrize("api", FEW, ids=lambda api: api.id)


def ask(wire: Wire, api: Api, **changes: str) -> dict[str, Any]:
    fields = {**assignments(example_call(api, DAY)), **changes}
    return dict(wire.send(api.id, fields, path=api.title.path).json())


def test_every_read_has_all_documented_fields_as_text(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    for api in GENERIC:
        reply = ask(wire, api)
        assert reply.pop("return_code") == 0, api.id
        assert reply.pop("return_msg")
        rows = reply.pop(api.list_name) if api.list_name else []
        assert list(reply) == [field.name for field in api.scalars], api.id
        assert bool(rows) == (api.list_name is not None), api.id
        for row in rows:
            assert list(row) == [field.name for field in api.row_fields], api.id
        assert all(isinstance(v, str) and v for r in (reply, *rows) for v in r.values()), api.id
        for row, fields in ((reply, api.scalars), *((row, api.row_fields) for row in rows)):
            for field in fields:
                if field.values:
                    assert row[field.name] in field.values, (api.id, field)
    assert len(GENERIC) > 250


@few
def test_figures_are_figures_and_days_are_days(make_wire: MakeWire, api: Api) -> None:
    reply = ask(make_wire(env="real").sign_in(), api)
    rows = [reply, *(reply[api.list_name] if api.list_name else [])]
    for row in rows:
        for field in api.response:
            value = row.get(field.name)
            if not isinstance(value, str):
                continue
            if field.unit in {"원", "1주", "백만원"}:
                assert re.fullmatch(r"[0-9]{15}" if api.id.startswith("kt") else r"[0-9]+", value)
            if field.unit == "%":
                assert re.fullmatch(r"[+-]?[0-9]+\.[0-9]{2}", value)
            if field.name == "dt" and not field.values:
                assert re.fullmatch(r"2026(10|09)[0-9]{2}", value)


def test_the_code_that_was_asked_comes_back(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    api = next(api for api in GENERIC if api.id == "ka10081")

    assert ask(wire, api, stk_cd="000660")["stk_cd"] == "000660"


@few
def test_the_same_seed_answers_the_same(make_wire: MakeWire, api: Api) -> None:
    first, again, other = (
        ask(make_wire(env="real", seed=seed).sign_in(), api) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


@few
def test_missing_fields_are_named_in_the_documented_order(make_wire: MakeWire, api: Api) -> None:
    wire = make_wire(env="real").sign_in()
    fields: dict[str, str] = {}
    for word in example_call(api, DAY):
        name, _equals, value = word.partition("=")
        reply = wire.send(api.id, fields, path=api.title.path).json()
        assert reply["return_code"] == 2
        assert f"필수입력 파라미터={name}]" in reply["return_msg"]
        fields[name] = value
    assert wire.send(api.id, fields, path=api.title.path).json()["return_code"] == 0


@few
def test_the_path_and_the_token_are_checked_first(make_wire: MakeWire, api: Api) -> None:
    wire = make_wire(env="real").sign_in()

    assert "[1504:" in wire.send(api.id, {}, path="/api/dostk/shsa").json()["return_msg"]
    wire.token = "no such token"
    assert "[8005:" in ask(wire, api)["return_msg"]


def test_the_rate_is_counted(make_wire: MakeWire) -> None:
    wire = make_wire(env="real", rate="strict").sign_in()
    api = FEW[0]
    fields = assignments(example_call(api, DAY))

    statuses = [wire.send(api.id, fields, path=api.title.path).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("api_id", "says"),
    [("kt00002", "RC9000"), ("kt50032", "RC9000"), ("ka01690", "8104"), ("ust31490", "RC7006")],
)
def test_what_mock_does_not_offer_is_refused_there_only(
    make_wire: MakeWire, api_id: str, says: str
) -> None:
    api = CATALOGUE.api(api_id)
    assert api is not None

    assert says in ask(make_wire(env="mock").sign_in(), api)["return_msg"]
    assert ask(make_wire(env="real").sign_in(), api)["return_code"] == 0


@pytest.mark.parametrize("mode", ["blank", "truncate", "html", "http_429", "token_dead", "drop"])
def test_faults_strike_these_too(make_wire: MakeWire, mode: str) -> None:
    wire = make_wire(env="real").sign_in()
    api = next(api for api in FEW if api.id == "ka10081")
    assert ask(wire, api)["return_code"] == 0
    wire.fault(mode, api.id, count=1)
    fields = assignments(example_call(api, DAY))

    if mode == "drop":
        with pytest.raises(httpx.TransportError):
            wire.send(api.id, fields, path=api.title.path)
        return
    reply = wire.send(api.id, fields, path=api.title.path)
    if mode == "blank":
        assert reply.json()["return_code"] == 0
        assert set(reply.json()["stk_dt_pole_chart_qry"][0].values()) == {""}
    else:
        assert '"return_code":0' not in reply.text


@pytest.mark.parametrize("api_id", ["ust20000", "ust31302", "kt50000", "kt10006"])
def test_orders_are_never_answered_this_way(make_wire: MakeWire, api_id: str) -> None:
    api = CATALOGUE.api(api_id)
    assert api is not None
    wire = make_wire(env="real").sign_in()

    assert "[1505:" in ask(wire, api)["return_msg"]
    assert wire.state()["orders"] == []
