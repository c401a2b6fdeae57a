"""What is told of orders, their risk, their keys and their reliability is what the code does."""

from __future__ import annotations

import re
import tomllib
from typing import get_args

from kiwoomctl.config import profiles
from kiwoomctl.domain import evidence
from kiwoomctl.domain.orders import KOREAN_NAMES, SHOWN, Exchange, OrderType, State
from kiwoomctl.render import (
    doctor_report,
)
from kiwoomctl.risk.limits import Limits
from kiwoomctl.risk.verdicts import Code
from kiwoomctl.services.diagnosis import findings as diagnosis
from kiwoomctl.services.orders import audit, order_results
from tests.campaign.__main__ import ROWS
from tests.topics.reading import (
    COMMANDS,
    COMMON,
    IN_ORDERS,
    STATES,
    both_languages,
    codes_in,
    defined,
    exit_codes,
    keys_of,
    listed_in,
    listed_options,
    options_of,
    section,
    sections,
    text_of,
)


@both_languages
def test_orders_lists_every_type_with_its_korean_name_and_price(language: str) -> None:
    part = section(text_of("orders", language), ("Types", "주문 유형"))
    rows = re.findall(r"^ {4}([a-z-]+) {2,}(\S+) {2,}(\S+) {2,}\S", part, re.MULTILINE)
    below = part[part.rindex("--market") :]

    def price(kind: OrderType) -> str:
        told = ("price" * kind.takes_price, "stop" * kind.takes_stop_price)
        return "+".join(filter(None, told)) or "-"

    assert sorted((name, told) for name, _, told in rows) == sorted(
        (kind.value, price(kind)) for kind in OrderType
    )
    for name, korean, _ in rows:
        assert KOREAN_NAMES.get(korean) == (name if korean != "-" else None)
    named = {korean for _, korean, _ in rows if korean != "-"}
    assert named | {name for name in KOREAN_NAMES if name in below} == set(KOREAN_NAMES)


@both_languages
def test_orders_tells_every_state(language: str) -> None:
    part = section(text_of("orders", language), STATES)

    assert set(listed_in(part)) == set(get_args(order_results.Shown))
    assert set(SHOWN.values()) <= set(listed_in(part))


@both_languages
def test_orders_names_the_exchanges_and_every_option(language: str) -> None:
    text = text_of("orders", language)
    options = set().union(*(options_of(COMMANDS[name]) for name in IN_ORDERS)) - COMMON
    elsewhere = {"--open", "--demo", "--reducing", "--adopt"}

    assert listed_options(text) - elsewhere == options - {"--help"}
    assert all(exchange in text for exchange in get_args(Exchange))


@both_languages
def test_orders_has_exit_codes_that_exist(language: str) -> None:
    part = section(text_of("orders", language), ("Exit codes", "주문의 종료 코드"))

    assert codes_in(part) == exit_codes() - {1, audit.DIFFERENCES, 130}


@both_languages
def test_reliability_names_the_states_of_the_ledger_and_the_hour_of_finality(language: str) -> None:
    text = text_of("reliability", language)

    assert set(re.findall(r"\b[A-Z_]{5,}\b", text, re.ASCII)) - {"ORDER"} <= set(State)
    assert f"{evidence.FINAL_TIME:%H:%M}" in text
    assert f"{evidence.FINAL_AGE.seconds // 60}" in text
    proven = section(text, ("How it is proven", "어떻게 증명하는가"))
    assert "python -m tests.campaign" in proven
    assert tuple(listed_in(proven)) == ROWS


# risk


@both_languages
def test_risk_lists_every_check(language: str) -> None:
    part = section(text_of("risk", language), ("The checks", "점검 목록"))

    assert re.findall(r"^ {4}([A-Z_]+) {2,}", part, re.MULTILINE) == list(Code)
    usual = Limits()
    for name in ("value_warn", "value_hold", "daily_account", "daily_all", "count_minute"):
        assert f"{getattr(usual, name):,}" in part, name
    for name in ("collar_warn", "collar_hold", "count_day", "duplicate"):
        assert re.search(rf"\b{getattr(usual, name)}(?!\d)", part), name


@both_languages
def test_risk_shows_what_holds_without_a_word(language: str) -> None:
    part = section(text_of("risk", language), ("In profiles.toml", "profiles.toml"))
    shown = "\n".join(line[4:] for line in part.splitlines() if line.startswith("    "))
    common, _, own = shown.partition("[profiles.pension.risk]")
    block = '[profiles.pension]\nbroker = "kiwoom"\nenvironment = "mock"\n'
    block += 'secret = { source = "env" }\n'
    read = profiles.parse_text(f"{common}{block}[profiles.pension.risk]{own}", "risk")

    assert set(tomllib.loads(common)["risk"]) == {code.lower() for code in Code} - {"halt"}
    assert read.risk == Limits()
    assert read.profiles["pension"].risk != Limits()


# security


@both_languages
def test_security_names_every_source_of_a_key(language: str) -> None:
    part = sections(text_of("security", language))[1]
    told = re.findall(r"^ {4}([a-z]+) {2,}", part, re.MULTILINE)

    assert told == list(profiles.SECRET_KEYS)


@both_languages
def test_what_doctor_tells_is_what_it_looks_at(language: str) -> None:
    checks = [check for mine in diagnosis.SUBJECTS.values() for check in mine]
    named = defined(section(text_of("reliability", language), ("What doctor", "doctor가")))

    assert sorted(named) == sorted(checks)
    assert defined(section(text_of("output", language), "doctor")) == keys_of(doctor_report.DOCTOR)
