"""What help topics and README say is what the code does."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer

from kiwoomctl import errors, topics
from kiwoomctl.app import build
from kiwoomctl.brokers import kis, kiwoom
from kiwoomctl.brokers.kis import endpoints as kis_endpoints
from kiwoomctl.brokers.kiwoom import endpoints
from kiwoomctl.brokers.kiwoom.order_requests import API_IDS
from kiwoomctl.commands import SCHEMAS, entries
from kiwoomctl.commands._common import OUTPUTS
from kiwoomctl.completion import SHELLS
from kiwoomctl.config import paths, profiles
from kiwoomctl.config.selection import PROFILE_VARIABLE
from kiwoomctl.context import DEMO_VARIABLE
from kiwoomctl.domain import evidence
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.orders import KOREAN_NAMES, SHOWN, BrokerOrder, Exchange, OrderType, State
from kiwoomctl.domain.portfolio import Cash, PositionTotals
from kiwoomctl.locale import LANGUAGES, VARIABLE
from kiwoomctl.render import (
    api_reports,
    audit_report,
    condition_reports,
    diff_report,
    doctor_report,
    event_lines,
    export_report,
    history_reports,
    ledger_reports,
    market_reports,
    order_reports,
    page_report,
    placement,
    reports,
    result_reports,
)
from kiwoomctl.render.cells import width
from kiwoomctl.render.machine import json_document
from kiwoomctl.render.report import Column, Report
from kiwoomctl.risk.verdicts import Code
from kiwoomctl.services import audit, order_results
from kiwoomctl.services.buying import OrderableTotals
from kiwoomctl.services.diagnosis import findings as diagnosis
from kiwoomctl.services.portfolio import SummaryTotals
from kiwoomctl.simulator.faults import MODES
from kiwoomctl.simulator.kiwoom.catalog import ENDPOINTS
from tests import broker_table, error_codes
from tests.campaign.__main__ import ROWS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
TOPIC_FOLDER = ROOT / "kiwoomctl" / "topics"
LONGEST_LINE = 100
TERMINAL = 80

both_languages = pytest.mark.parametrize("language", LANGUAGES)
every_topic = pytest.mark.parametrize("topic", topics.ORDER)


def _read(topic: str, language: str) -> str:
    name = f"{topic}.md" if language == "en" else f"{topic}.{language}.md"
    return (TOPIC_FOLDER / name).read_text("utf-8")


def _sections(text: str) -> list[str]:
    """Return the parts between ``## `` headings, the text above the first one first."""
    return re.split(r"^## ", text, flags=re.MULTILINE)


def _section(text: str, start: str | tuple[str, ...]) -> str:
    return next(part for part in _sections(text)[1:] if part.startswith(start))


def _listed_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def _defined(text: str) -> list[str]:
    """Return the identifiers that indented lines begin with."""
    names: list[str] = []
    for line in text.splitlines():
        if re.match(r" {4}\S", line):
            for word in line.split():
                if not re.fullmatch(r"[a-z][a-z0-9_]+", word):
                    break
                names.append(word)
                if line.split(word, 1)[1].startswith("  "):
                    break
    return names


def _commands() -> dict[str, Any]:
    """Return every command by the words that call it."""
    root = build()
    context = typer.Context(root)
    found: dict[str, Any] = {}
    for name in root.list_commands(context):
        command: Any = root.get_command(context, name)
        found[name] = command
        for below in getattr(command, "commands", {}):
            found[f"{name} {below}"] = command.commands[below]
    return found


COMMANDS = _commands()


def _options_of(command: Any) -> set[str]:
    return {option for p in command.params for option in p.opts if option.startswith("--")}


ROOT_ONLY = {"--version", "--help", "--show-completion"}
COMMON = _options_of(build()) - ROOT_ONLY


# All topics


@every_topic
@both_languages
def test_a_topic_is_written_and_begins_with_its_heading(topic: str, language: str) -> None:
    lines = _read(topic, language).splitlines()

    assert re.match(r"# \S", lines[0])
    assert topics.text(topic, language) == _read(topic, language)


def test_there_are_no_topics_beside_the_list() -> None:
    written = {path.name.partition(".")[0] for path in TOPIC_FOLDER.glob("*.md")}

    assert written == set(topics.ORDER)


@every_topic
@both_languages
def test_a_topic_fits_a_terminal(topic: str, language: str) -> None:
    too_long = [
        line
        for line in _read(topic, language).splitlines()
        if len(line) > LONGEST_LINE or width(line) > TERMINAL
    ]

    assert too_long == []


@every_topic
def test_both_languages_have_the_same_sections_and_examples(topic: str) -> None:
    english, korean = _read(topic, "en"), _read(topic, "ko")

    assert len(_sections(english)) == len(_sections(korean))
    assert _called(english) == _called(korean)


# Commands and options that are named anywhere

TEXTS = {
    "README.md": README,
    "README.ko.md": (ROOT / "README.ko.md").read_text("utf-8"),
    **{f"{topic}.{lang}": _read(topic, lang) for topic in topics.ORDER for lang in LANGUAGES},
}


def _called(text: str) -> list[tuple[str, ...]]:
    """Return the command lines in a text: those in code, without what follows a pipe."""
    return [
        tuple(re.split(r"\s{2,}|[|<>&;)`#\n]", found)[0].split())
        for found in re.findall(
            r"(?:^ {4}(?!Usage:).*?|`|\(|\$ |\./)\bkiwoomctl ([^`\n]+)", text, re.MULTILINE
        )
    ]


def _called_everywhere() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, text in TEXTS.items():
        for words in _called(text):
            yield name, words


def test_command_lines_name_commands_and_options_that_exist() -> None:
    wrong = []
    for name, words in _called_everywhere():
        if words[:1] == ("--show-completion",):
            assert words[1] in SHELLS, name
            continue
        plain = [word for word in words if not word.startswith("-")]
        if not plain:
            continue
        command = COMMANDS.get(" ".join(plain[:2])) or COMMANDS.get(plain[0])
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        if command is None or options - _options_of(command) - {"--help", "--version"}:
            wrong.append((name, words))

    assert wrong == []
    assert len(list(_called_everywhere())) > 40


def test_help_lines_name_topics_that_exist() -> None:
    asked = [words[1] for _, words in _called_everywhere() if words[:1] == ("help",) and words[1:]]

    assert asked
    assert set(asked) <= {*topics.ORDER, *COMMANDS, "TOPIC"}


# options


@both_languages
def test_options_lists_exactly_the_common_options(language: str) -> None:
    blocks = _sections(_read("options", language))[0].split("\n\n")
    block = next(part for part in blocks if "--timeout" in part)

    listed = {found for line in block.splitlines() for found in _listed_options(line[:25])}

    assert listed - {"--help"} == COMMON
    assert all(output in block for output in OUTPUTS)


@both_languages
def test_options_of_single_commands_are_theirs(language: str) -> None:
    part = _sections(_read("options", language))[2]
    named: dict[str, set[str]] = {}
    for line in part.splitlines():
        words = line.split()
        if line.startswith("    ") and words[0] in COMMANDS:
            below = " ".join(words[:2])
            name = below if below in COMMANDS else words[0]
            named.setdefault(name, set()).update(_listed_options(line))

    others = {*IN_ORDERS, *(name for name in COMMANDS if name.startswith("sim"))}
    assert named == {
        name: own
        for name, command in COMMANDS.items()
        if name not in others and (own := _options_of(command) - COMMON - {"--help"})
    }


@both_languages
def test_options_shows_a_config_with_every_key(language: str) -> None:
    part = _sections(_read("options", language))[3]
    shown = "\n".join(line[4:] for line in part.splitlines() if line.startswith("    "))

    def keys(text: str) -> tuple[set[str], set[str]]:
        data = tomllib.loads(text)
        assert profiles.parse_text(text, "options").profiles
        return set(data), {key for profile in data["profiles"].values() for key in profile}

    assert keys(shown) == keys((ROOT / "profiles.example.toml").read_text("utf-8"))


# exit-codes


def _error_classes(base: type[errors.KiwoomctlError]) -> Iterator[type[errors.KiwoomctlError]]:
    yield base
    for below in base.__subclasses__():
        yield from _error_classes(below)


def _exit_codes() -> set[int]:
    raised = {error.exit_code for error in _error_classes(errors.KiwoomctlError)}
    return raised | {0, errors.PARTIAL, audit.DIFFERENCES}


def _codes(part: str) -> set[int]:
    return {int(code) for code in re.findall(r"^ {4}(\d+) {2,}\S", part, re.MULTILINE)}


@both_languages
def test_exit_codes_are_those_of_the_errors(language: str) -> None:
    _, in_use, *_ = _sections(_read("exit-codes", language))

    assert _codes(in_use) == _exit_codes()
    assert set(errors.SEVERITY) <= _codes(in_use)


@both_languages
def test_exit_codes_tell_the_order_of_severity(language: str) -> None:
    part = _sections(_read("exit-codes", language))[3]

    assert " ".join(str(code) for code in errors.SEVERITY) in " ".join(part.split())


@both_languages
def test_exit_codes_has_the_words_of_all_errors(language: str) -> None:
    told = error_codes.written(_read("exit-codes", language))

    assert told == error_codes.lines(), "run: python -m tests.messages"
    assert {*error_codes.found()} <= _exit_codes()
    assert len(error_codes.found()[2]) > 50


def test_readme_has_the_exit_codes_in_use() -> None:
    rows = re.findall(r"^\| (\d+) \|", _section(README, "Exit codes"), re.MULTILINE)

    assert {int(row) for row in rows} == _exit_codes()


# environment


# Read, but nobody sets them for kiwoomctl: the system does, or who builds it.
OF_THE_SYSTEM = {"HOME", "LOGNAME", "USER", "SOURCE_DATE_EPOCH", "SSLKEYLOGFILE"}


def _variables_read() -> set[str]:
    """Return the names of variables that stand beside ``environ`` in the source."""
    read = set()
    for path in (ROOT / "kiwoomctl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[ast.expr] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names = node.args[:1] if _is_environ(node.func.value) else []
            elif isinstance(node, ast.Subscript):
                names = [node.slice] if _is_environ(node.value) else []
            elif isinstance(node, ast.Compare):
                names = [node.left] if _is_environ(node.comparators[0]) else []
            read |= {str(name.value) for name in names if isinstance(name, ast.Constant)}
    return read


def _is_environ(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2].endswith("environ")


@both_languages
def test_environment_names_the_variables(language: str) -> None:
    text = _read("environment", language)
    named = set(re.findall(r"\bKIWOOMCTL_[A-Z_]+", text))

    assert named == {
        paths.CONFIG_VARIABLE,
        paths.STATE_VARIABLE,
        PROFILE_VARIABLE,
        VARIABLE,
        DEMO_VARIABLE,
        "KIWOOMCTL_NAME_APPKEY",
        "KIWOOMCTL_NAME_SECRETKEY",
    }
    read = _variables_read()
    assert {"NO_COLOR", "CREDENTIALS_DIRECTORY", *OF_THE_SYSTEM} <= read
    untold = {
        name for name in read - OF_THE_SYSTEM if not re.search(rf"\b{name}\b", text, re.ASCII)
    }
    assert untold == set()
    assert all(name in text for name in ("LC_ALL", "LC_MESSAGES", "LANG", "XDG_STATE_HOME"))


# output


def _keys(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns]


def _fields(record: type[Any]) -> list[str]:
    return [name for name in record._fields if name != "currency"]


def _after(part: str, *labels: str) -> list[str]:
    """Return the names behind a label, up to the next blank or labelled line."""
    for label in labels:
        if f"\n{label}:" in part:
            rest = part.split(f"\n{label}:", 1)[1]
            told = re.split(r"\n\n|\n\w+:|[(,.;]", rest)[0]
            return told.split()
    raise AssertionError(labels)


@both_languages
@pytest.mark.parametrize(
    ("heading", "columns", "totals"),
    [
        ("cash", reports.CASH, Cash),
        ("positions", reports.POSITIONS, PositionTotals),
        ("summary", reports.SUMMARY, SummaryTotals),
        ("orderable", market_reports.ORDERABLE, OrderableTotals),
    ],
)
def test_output_names_the_fields(
    heading: str, columns: tuple[Column, ...], totals: type[Any], language: str
) -> None:
    part = _section(_read("output", language), heading)

    assert _defined(part) == _keys(columns)
    assert _after(part, "Totals", "합계") == _fields(totals)


@both_languages
def test_output_names_the_fields_of_prices_and_results(language: str) -> None:
    text = _read("output", language)
    by_day, by_symbol = _keys(result_reports.PNL_BY_DAY), _keys(result_reports.PNL_BY_SYMBOL)
    pnl = _section(text, "pnl")

    assert _defined(_section(text, "quote")) == _keys(market_reports.QUOTES)
    assert _defined(_section(text, "transactions")) == _keys(result_reports.TRANSACTIONS)
    assert _defined(pnl) == by_day
    assert _after(pnl, "Totals", "합계") == by_day[by_day.index("sell_amount") : -1]
    assert set(by_day) - set(by_symbol) == {"date"}
    assert {*by_symbol} - {*by_day} == {"symbol", "name", "sell_price"}
    assert all(key in pnl for key in by_symbol)
    updated, found = (_keys(c) for c in (market_reports.MARKETS, market_reports.LISTINGS))
    assert _defined(_section(text, "symbols")) == [*updated, *found]


@both_languages
def test_output_names_the_fields_of_accounts(language: str) -> None:
    part = _section(_read("output", language), "accounts")

    assert _defined(part) == _keys(reports.ACCOUNTS)


@both_languages
def test_output_names_the_fields_of_recorded_days(language: str) -> None:
    text = _read("output", language)
    by = {name: _keys(columns) for name, columns in history_reports.HISTORY.items()}
    returned = list(history_reports.returned_fields())
    told = _defined(_section(text, "history,") if language == "en" else _section(text, "history:"))

    assert _defined(_section(text, "snapshot diff")) == _keys(diff_report.COLUMNS)
    assert _defined(_section(text, ("snapshot,", "snapshot:"))) == _keys(history_reports.SNAPSHOT)
    assert told == [*by["total"], *returned]
    assert by["account"] == ["profile", "owner", *by["total"]]
    assert by["owner"] == ["owner", *by["total"]]
    assert {*by["symbol"]} - {*by["total"]} == {"symbol", "name", "quantity"}
    flows = _section(text, "history cashflow")
    assert sorted(_defined(flows)) == sorted(_keys(history_reports.CASH_FLOWS))
    assert sorted(_defined(_section(text, "export"))) == sorted(_keys(export_report.COLUMNS))
    assert _defined(_section(text, ("report,", "report:"))) == _keys(page_report.COLUMNS)


@both_languages
def test_output_names_the_fields_of_live_events_and_conditions(language: str) -> None:
    text = _read("output", language)
    keys = [word for word in _defined(_section(text, "stream")) if word in event_lines.KEYS]
    conditions = _defined(_section(text, "condition list"))
    listed = _keys(condition_reports.CONDITIONS)

    assert keys == list(event_lines.KEYS)
    assert conditions[: len(listed)] == listed
    assert conditions == _keys(condition_reports.HITS)


@both_languages
def test_output_names_the_fields_of_the_catalogue(language: str) -> None:
    text = _read("output", language)
    listed, searched = _keys(api_reports.list_columns()), _keys(api_reports.search_columns())

    assert _defined(_section(text, "api list")) == listed
    assert [key for key in searched if key not in listed] == ["fields"]
    assert _defined(_section(text, "api show")) == _keys(api_reports.SHOW)


@both_languages
def test_output_names_the_fields_of_ledger_and_kill_switch(language: str) -> None:
    text = _read("output", language)
    listed, shown = _keys(ledger_reports.LEDGER_LIST), _keys(ledger_reports.LEDGER_SHOW)
    told = _defined(_section(text, "ledger show"))

    assert _defined(_section(text, "ledger list")) == listed
    assert told == shown[: len(told)]
    assert shown[len(told) :] == [key for key in listed if key not in told]
    assert _defined(_section(text, "halt")) == _keys(ledger_reports.SWITCHES)


@both_languages
def test_output_names_the_fields_by_symbol(language: str) -> None:
    part = _section(_read("output", language), "positions --by symbol")
    by_account, by_symbol = _keys(reports.POSITIONS), _keys(reports.POSITIONS_BY_SYMBOL)

    assert _after(part, "Without", "제외") == [key for key in by_account if key not in by_symbol]
    assert _after(part, "With", "추가") == [key for key in by_symbol if key not in by_account]


@both_languages
def test_output_names_the_keys_of_the_document(language: str) -> None:
    text = _read("output", language)
    part = _sections(text)[1]
    report = Report(
        name="cash",
        title="",
        columns=(),
        sections=(),
        as_of=datetime(2026, 11, 20, tzinfo=KST),
        failures=((None, errors.Busy("x")),),
        environments=("real", "mock"),
        has_totals=True,
    )
    document = json.loads("".join(json_document(report, ())))

    told = re.findall(r"^ {4}([a-z_]+) ", part, re.MULTILINE)
    error_keys = next(line for line in part.splitlines() if line.startswith("    errors ")).split()

    assert {*told, "totals_by_environment"} == set(document)
    assert "`totals_by_environment`" in part
    assert error_keys[1:] == list(document["errors"][0])
    assert all(output in _sections(text)[0] for output in OUTPUTS)


@both_languages
def test_output_names_the_fields_of_orders(language: str) -> None:
    text = _read("output", language)

    assert _defined(_section(text, "buy, sell, modify, cancel")) == _keys(placement.ORDER)
    assert _defined(_section(text, "orders")) == _keys(order_reports.ORDERS)
    assert _defined(_section(text, "fills")) == _keys(order_reports.FILLS)
    named = re.findall(r"schema kiwoomctl\.(\w+)/1", text)
    assert set(named) == set(SCHEMAS.values())
    heading = _section(text, "buy, sell").splitlines()[0].partition(":")[0]
    assert heading.split(", ") == list(SCHEMAS)


@both_languages
def test_output_names_the_fields_and_kinds_of_audit(language: str) -> None:
    fields, kinds = _section(_read("output", language), "audit").split("\n\n")[1:3]

    assert _defined(fields) == _keys(audit_report.AUDIT)
    assert _defined(kinds) == _listed_in(kinds)
    assert set(_listed_in(kinds)) == set(get_args(audit.Kind))


@both_languages
def test_output_names_every_status_of_an_order(language: str) -> None:
    statuses = set(get_args(get_type_hints(BrokerOrder)["status"]))
    part = _section(_read("output", language), "orders")
    listed = re.search(r"status +(open[^\n]+\n[^\n]+)", part)

    assert listed is not None
    assert set(re.findall(r"[a-z]+", listed[1])) == statuses
    assert statuses <= set(re.findall(r"[a-z]+", _section(_read("orders", language), STATES)))


# orders


IN_ORDERS = ("buy", "sell", "modify", "cancel", "resolve")
STATES = ("States", "상태")


def _listed_in(part: str) -> list[str]:
    """Return the first word of each indented row."""
    return re.findall(r"^ {4}(\S+) {2,}\S", part, re.MULTILINE)


@both_languages
def test_orders_lists_every_type_with_its_korean_name_and_price(language: str) -> None:
    part = _section(_read("orders", language), ("Types", "주문 유형"))
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
    part = _section(_read("orders", language), STATES)

    assert set(_listed_in(part)) == set(get_args(order_results.Shown))
    assert set(SHOWN.values()) <= set(_listed_in(part))


@both_languages
def test_orders_names_the_exchanges_and_every_option(language: str) -> None:
    text = _read("orders", language)
    options = set().union(*(_options_of(COMMANDS[name]) for name in IN_ORDERS)) - COMMON
    elsewhere = {"--open", "--demo", "--reducing", "--adopt"}

    assert _listed_options(text) - elsewhere == options - {"--help"}
    assert all(exchange in text for exchange in get_args(Exchange))


@both_languages
def test_orders_has_exit_codes_that_exist(language: str) -> None:
    part = _section(_read("orders", language), ("Exit codes", "주문의 종료 코드"))

    assert _codes(part) == _exit_codes() - {1, audit.DIFFERENCES, 130}


@both_languages
def test_reliability_names_the_states_of_the_ledger_and_the_hour_of_finality(language: str) -> None:
    text = _read("reliability", language)

    assert set(re.findall(r"\b[A-Z_]{5,}\b", text, re.ASCII)) - {"ORDER"} <= set(State)
    assert f"{evidence.FINAL_TIME:%H:%M}" in text
    assert f"{evidence.FINAL_AGE.seconds // 60}" in text
    proven = _section(text, ("How it is proven", "어떻게 증명하는가"))
    assert "python -m tests.campaign" in proven
    assert tuple(_listed_in(proven)) == ROWS


# risk


@both_languages
def test_risk_lists_every_check(language: str) -> None:
    part = _section(_read("risk", language), ("The checks", "점검 목록"))

    assert re.findall(r"^ {4}([A-Z_]+) {2,}", part, re.MULTILINE) == list(Code)


# security


@both_languages
def test_security_names_every_source_of_a_key(language: str) -> None:
    part = _sections(_read("security", language))[1]
    told = re.findall(r"^ {4}([a-z]+) {2,}", part, re.MULTILINE)

    assert told == list(profiles.SECRET_KEYS)


# simulator


@both_languages
def test_simulator_tells_the_options_of_sim_serve(language: str) -> None:
    part = _section(_read("simulator", language), "sim serve")
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
    text = _read("simulator", language)
    modes = text.split("mode", 1)[1]

    assert {mode for mode in MODES if not re.search(rf"\b{mode}\b", modes)} == set()
    assert set(re.findall(r"\b(?:au|ka|kt)\d{5}\b", text)) == set(ENDPOINTS)


@both_languages
def test_simulator_tells_the_requests_and_rules_of_kis(language: str) -> None:
    from dataclasses import fields

    from kiwoomctl.simulator.kis.catalog import calls
    from kiwoomctl.simulator.kis.rules import Rules

    part = next(p for p in _sections(_read("simulator", language)) if "kis_rules" in p)
    served = {call.endpoint.tr_id for call in calls().values()}

    assert set(re.findall(r"\b(?:TTTC|CT|FHKST)[0-9A-Z]{4,}\b", part)) == served
    assert {f.name for f in fields(Rules) if not re.search(rf"\b{f.name}\b", part)} == set()


@both_languages
def test_simulator_shows_ways_of_the_control_plane_that_exist(language: str) -> None:
    from kiwoomctl.simulator.control import _ROUTES

    told = set(re.findall(r"/_sim/[a-z_]+", _read("simulator", language)))

    assert told
    assert told <= {path for _, path in _ROUTES}


# brokers, README


@both_languages
def test_brokers_names_the_requests_this_version_makes(language: str) -> None:
    made = set(API_IDS.values())
    for found in pkgutil.walk_packages(kiwoom.__path__, f"{kiwoom.__name__}."):
        module = importlib.import_module(found.name)
        made |= {v.api_id for v in vars(module).values() if isinstance(v, endpoints.Endpoint)}

    told = re.findall(r"\b(?:au|ka|kt)\d{5}\b", _read("brokers", language), re.ASCII)

    assert set(told) == made


@both_languages
def test_brokers_names_the_requests_of_kis(language: str) -> None:
    made = set()
    for found in pkgutil.walk_packages(kis.__path__, f"{kis.__name__}."):
        for value in vars(importlib.import_module(found.name)).values():
            many = value.values() if isinstance(value, dict) else [value]
            made |= {v.api_id for v in many if isinstance(v, kis_endpoints.Endpoint)}

    shape = r"\b(?:TTTC|CTSC|CTPF|FHKST)\d+[RU]?\b|\b(?:token|revoke)P\b|\bApproval\b"
    assert set(re.findall(shape, _read("brokers", language), re.ASCII)) == made


@both_languages
def test_brokers_has_the_table_of_what_each_can_do(language: str) -> None:
    told = _read("brokers", language)

    assert broker_table.written(told, language) == broker_table.lines(language)


@both_languages
def test_brokers_tells_the_limits_of_kis(language: str) -> None:
    from kiwoomctl.brokers.kis.limits import CAPS

    text = _read("brokers", language)
    figures = {"en": r"\n    real   (\d+) a second .*\n    mock   (\d+) a second\n"}
    figures["ko"] = r"\n    real   .* 1초에 (\d+)회.*\n    mock   1초에 (\d+)회\n"
    limits = re.search(figures[language], text)
    assert limits is not None
    assert [float(figure) for figure in limits.groups()] == [CAPS["real"].total, CAPS["mock"].total]


@both_languages
def test_brokers_tells_the_limits(language: str) -> None:
    from kiwoomctl.brokers.kiwoom.limits import CAPS

    text = _read("brokers", language)
    limits = re.search(r"real +\D*(\d+).*\n +mock +\D*(\d+)\D*(\d+)\D*(\d+)", text)

    assert limits is not None
    assert [float(figure) for figure in limits.groups()] == [
        CAPS["real"].total,
        CAPS["mock"].total,
        CAPS["mock"].per_api,
        CAPS["mock"].burst,
    ]


def test_readme_names_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^ *make ([a-z]+)", README, re.MULTILINE))

    assert {"demo", "test"} <= named <= targets


def test_readme_names_every_command() -> None:
    assert {entry.name for entry in entries()} - {
        words[0] for name, words in _called_everywhere() if name == "README.md" and words
    } == set()


def test_profiles_in_the_texts_can_be_read() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

    assert blocks
    for block in blocks:
        assert profiles.parse_text(block, "README.md").profiles


@both_languages
def test_what_doctor_tells_is_what_it_looks_at(language: str) -> None:
    checks = [check for mine in diagnosis.SUBJECTS.values() for check in mine]
    named = _defined(_section(_read("reliability", language), ("What doctor", "doctor가")))

    assert sorted(named) == sorted(checks)
    assert _defined(_section(_read("output", language), "doctor")) == _keys(doctor_report.DOCTOR)
