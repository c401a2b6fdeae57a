"""The fields of every command's output are told."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, get_args, get_type_hints

import pytest

from kiwoomctl import errors
from kiwoomctl.commands import SCHEMAS
from kiwoomctl.commands._common import OUTPUTS
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.orders import BrokerOrder
from kiwoomctl.domain.portfolio import Cash, PositionTotals
from kiwoomctl.render import (
    api_reports,
    audit_report,
    condition_reports,
    diff_report,
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
from kiwoomctl.render.machine import json_document
from kiwoomctl.render.report import Column, Report
from kiwoomctl.services.buying import OrderableTotals
from kiwoomctl.services.orders import audit
from kiwoomctl.services.portfolio import SummaryTotals
from tests.topics.reading import (
    STATES,
    both_languages,
    defined,
    fields_of,
    keys_of,
    listed_in,
    section,
    sections,
    text_of,
)


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
    part = section(text_of("output", language), heading)

    assert defined(part) == keys_of(columns)
    assert _after(part, "Totals", "합계") == fields_of(totals)


@both_languages
def test_output_names_the_fields_of_prices_and_results(language: str) -> None:
    text = text_of("output", language)
    by_day, by_symbol = keys_of(result_reports.PNL_BY_DAY), keys_of(result_reports.PNL_BY_SYMBOL)
    pnl = section(text, "pnl")

    assert defined(section(text, "quote")) == keys_of(market_reports.QUOTES)
    assert defined(section(text, "transactions")) == keys_of(result_reports.TRANSACTIONS)
    assert defined(pnl) == by_day
    assert _after(pnl, "Totals", "합계") == by_day[by_day.index("sell_amount") : -1]
    assert set(by_day) - set(by_symbol) == {"date"}
    assert {*by_symbol} - {*by_day} == {"symbol", "name", "sell_price"}
    assert all(key in pnl for key in by_symbol)
    updated, found = (keys_of(c) for c in (market_reports.MARKETS, market_reports.LISTINGS))
    assert defined(section(text, "symbols")) == [*updated, *found]


@both_languages
def test_output_names_the_fields_of_accounts(language: str) -> None:
    part = section(text_of("output", language), "accounts")

    assert defined(part) == keys_of(reports.ACCOUNTS)


@both_languages
def test_output_names_the_fields_of_recorded_days(language: str) -> None:
    text = text_of("output", language)
    by = {name: keys_of(columns) for name, columns in history_reports.HISTORY.items()}
    returned = list(history_reports.returned_fields())
    told = defined(section(text, "history,") if language == "en" else section(text, "history:"))

    assert defined(section(text, "snapshot diff")) == keys_of(diff_report.COLUMNS)
    assert defined(section(text, ("snapshot,", "snapshot:"))) == keys_of(history_reports.SNAPSHOT)
    assert told == [*by["total"], *returned]
    assert by["account"] == ["profile", "owner", *by["total"]]
    assert by["owner"] == ["owner", *by["total"]]
    assert {*by["symbol"]} - {*by["total"]} == {"symbol", "name", "quantity"}
    flows = section(text, "history cashflow")
    assert sorted(defined(flows)) == sorted(keys_of(history_reports.CASH_FLOWS))
    assert sorted(defined(section(text, "export"))) == sorted(keys_of(export_report.COLUMNS))
    assert defined(section(text, ("report,", "report:"))) == keys_of(page_report.COLUMNS)


@both_languages
def test_output_names_the_fields_of_live_events_and_conditions(language: str) -> None:
    text = text_of("output", language)
    keys = [word for word in defined(section(text, "stream")) if word in event_lines.KEYS]
    conditions = defined(section(text, "condition list"))
    listed = keys_of(condition_reports.CONDITIONS)

    assert keys == list(event_lines.KEYS)
    assert conditions[: len(listed)] == listed
    assert conditions == keys_of(condition_reports.HITS)


@both_languages
def test_output_names_the_fields_of_the_catalogue(language: str) -> None:
    text = text_of("output", language)
    listed, searched = keys_of(api_reports.list_columns()), keys_of(api_reports.search_columns())

    assert defined(section(text, "api list")) == listed
    assert [key for key in searched if key not in listed] == ["fields"]
    assert defined(section(text, "api show")) == keys_of(api_reports.SHOW)


@both_languages
def test_output_names_the_fields_of_ledger_and_kill_switch(language: str) -> None:
    text = text_of("output", language)
    listed, shown = keys_of(ledger_reports.LEDGER_LIST), keys_of(ledger_reports.LEDGER_SHOW)
    told = defined(section(text, "ledger show"))

    assert defined(section(text, "ledger list")) == listed
    assert told == shown[: len(told)]
    assert shown[len(told) :] == [key for key in listed if key not in told]
    assert defined(section(text, "halt")) == keys_of(ledger_reports.SWITCHES)


@both_languages
def test_output_names_the_fields_by_symbol(language: str) -> None:
    part = section(text_of("output", language), "positions --by symbol")
    by_account, by_symbol = keys_of(reports.POSITIONS), keys_of(reports.POSITIONS_BY_SYMBOL)

    assert _after(part, "Without", "제외") == [key for key in by_account if key not in by_symbol]
    assert _after(part, "With", "추가") == [key for key in by_symbol if key not in by_account]


@both_languages
def test_output_names_the_keys_of_the_document(language: str) -> None:
    text = text_of("output", language)
    part = sections(text)[1]
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
    assert all(output in sections(text)[0] for output in OUTPUTS)


@both_languages
def test_output_names_the_fields_of_orders(language: str) -> None:
    text = text_of("output", language)

    assert defined(section(text, "buy, sell, modify, cancel")) == keys_of(placement.ORDER)
    assert defined(section(text, "orders")) == keys_of(order_reports.ORDERS)
    assert defined(section(text, "fills")) == keys_of(order_reports.FILLS)
    named = re.findall(r"schema kiwoomctl\.(\w+)/1", text)
    assert set(named) == set(SCHEMAS.values())
    heading = section(text, "buy, sell").splitlines()[0].partition(":")[0]
    assert heading.split(", ") == list(SCHEMAS)


@both_languages
def test_output_names_the_fields_and_kinds_of_audit(language: str) -> None:
    fields, kinds = section(text_of("output", language), "audit").split("\n\n")[1:3]

    assert defined(fields) == keys_of(audit_report.AUDIT)
    assert defined(kinds) == listed_in(kinds)
    assert set(listed_in(kinds)) == set(get_args(audit.Kind))


@both_languages
def test_output_names_every_status_of_an_order(language: str) -> None:
    statuses = set(get_args(get_type_hints(BrokerOrder)["status"]))
    part = section(text_of("output", language), "orders")
    listed = re.search(r"status +(open[^\n]+\n[^\n]+)", part)

    assert listed is not None
    assert set(re.findall(r"[a-z]+", listed[1])) == statuses
    assert statuses <= set(re.findall(r"[a-z]+", section(text_of("orders", language), STATES)))
