"""What is told of brokers and of the simulator is what the code does."""

from __future__ import annotations

import importlib
import pkgutil
import re

from kiwoomctl.brokers import kis, kiwoom
from kiwoomctl.brokers.kis import endpoints as kis_endpoints
from kiwoomctl.brokers.kiwoom import endpoints
from kiwoomctl.brokers.kiwoom.order_requests import API_IDS
from kiwoomctl.simulator.faults import MODES
from kiwoomctl.simulator.kiwoom.catalog import ENDPOINTS
from tests import broker_table
from tests.topics.reading import COMMANDS, COMMON, both_languages, section, sections, text_of

# simulator


@both_languages
def test_simulator_tells_the_options_of_sim_serve(language: str) -> None:
    part = section(text_of("simulator", language), "sim serve")
    told = dict(re.findall(r"^ {4}(--[a-z-]+) ?(\S*) ", part, re.MULTILINE))
    real = {
        parameter.opts[0]: "" if parameter.default is None else str(parameter.default)
        for parameter in COMMANDS["sim serve"].params
        if parameter.opts[0].startswith("--")
        and not COMMON & set(parameter.opts)
        and "--help" not in parameter.opts
    }

    assert told == real


@both_languages
def test_simulator_tells_the_faults_and_the_requests_it_knows(language: str) -> None:
    text = text_of("simulator", language)
    modes = text.split("mode", 1)[1]

    assert {mode for mode in MODES if not re.search(rf"\b{mode}\b", modes)} == set()
    assert set(re.findall(r"\b(?:au|ka|kt)\d{5}\b", text)) == set(ENDPOINTS)


@both_languages
def test_simulator_tells_the_requests_and_rules_of_kis(language: str) -> None:
    from kiwoomctl.simulator.kis.catalog import calls
    from kiwoomctl.simulator.kis.rules import Rules

    part = next(p for p in sections(text_of("simulator", language)) if "kis_rules" in p)
    served = {call.endpoint.tr_id for call in calls().values()}

    assert set(re.findall(r"\b(?:TTTC|CT|FHKST)[0-9A-Z]{4,}\b", part)) == served
    assert {name for name in Rules().values() if not re.search(rf"\b{name}\b", part)} == set()


@both_languages
def test_simulator_shows_ways_of_the_control_plane_that_exist(language: str) -> None:
    from kiwoomctl.simulator.control import _ROUTES

    told = set(re.findall(r"/_sim/[a-z_]+", text_of("simulator", language)))

    assert told
    assert told <= {path for _, path in _ROUTES}


# brokers, README


@both_languages
def test_brokers_names_the_requests_this_version_makes(language: str) -> None:
    made = set(API_IDS.values())
    for found in pkgutil.walk_packages(kiwoom.__path__, f"{kiwoom.__name__}."):
        module = importlib.import_module(found.name)
        made |= {v.api_id for v in vars(module).values() if isinstance(v, endpoints.Endpoint)}

    told = re.findall(r"\b(?:au|ka|kt)\d{5}\b", text_of("brokers", language), re.ASCII)

    assert set(told) == made


@both_languages
def test_brokers_names_the_requests_of_kis(language: str) -> None:
    made = set()
    for found in pkgutil.walk_packages(kis.__path__, f"{kis.__name__}."):
        for value in vars(importlib.import_module(found.name)).values():
            many = value.values() if isinstance(value, dict) else [value]
            made |= {v.api_id for v in many if isinstance(v, kis_endpoints.Endpoint)}

    shape = r"\b(?:TTTC|CTSC|CTPF|FHKST)\d+[RU]?\b|\b(?:token|revoke)P\b|\bApproval\b"
    assert set(re.findall(shape, text_of("brokers", language), re.ASCII)) == made


@both_languages
def test_brokers_has_the_table_of_what_each_can_do(language: str) -> None:
    told = text_of("brokers", language)

    assert broker_table.written(told, language) == broker_table.lines(language)


@both_languages
def test_brokers_tells_the_limits_of_kis(language: str) -> None:
    from kiwoomctl.brokers.kis.limits import CAPS

    text = text_of("brokers", language)
    figures = {"en": r"\n    real   (\d+) a second .*\n    mock   (\d+) a second\n"}
    figures["ko"] = r"\n    real   .* 1초에 (\d+)회.*\n    mock   1초에 (\d+)회\n"
    limits = re.search(figures[language], text)
    assert limits is not None
    assert [float(figure) for figure in limits.groups()] == [CAPS["real"].total, CAPS["mock"].total]


@both_languages
def test_brokers_tells_the_limits(language: str) -> None:
    from kiwoomctl.brokers.kiwoom.limits import CAPS

    text = text_of("brokers", language)
    limits = re.search(r"real +\D*(\d+).*\n +mock +\D*(\d+)\D*(\d+)\D*(\d+)", text)

    assert limits is not None
    assert [float(figure) for figure in limits.groups()] == [
        CAPS["real"].total,
        CAPS["mock"].total,
        CAPS["mock"].per_api,
        CAPS["mock"].burst,
    ]
