"""Make the ready table of completion from the real commands; see ``kiwoomctl.completion.table``.

Run by ``tests.messages`` in a process of its own for each language.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import typer

from kiwoomctl import locale
from kiwoomctl.app import build
from kiwoomctl.commands import entries
from kiwoomctl.commands._common import common_parameters
from kiwoomctl.completion import SHELLS
from kiwoomctl.completion.table import SHARED
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.domain.results import TRANSACTION_TYPES
from kiwoomctl.locale import _
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
    watch_report,
)
from kiwoomctl.render.report import Column
from kiwoomctl.risk.verdicts import Code
from kiwoomctl.topics import ORDER

ANY = "any"
# By the words of the command, else by the name alone.
OPTIONS = {
    "--profile": "@profiles,",
    "buy --profile": "@accounts,",
    "sell --profile": "@accounts,",
    "modify --profile": "@accounts,",
    "--output": "=table json jsonl csv",
    "--lang": "=ko en",
    "--show-completion": f"={' '.join(SHELLS)}",
    "--allow": f",{' '.join(Code)}",
    "buy --type": f"={' '.join(OrderType)}",
    "sell --type": f"={' '.join(OrderType)}",
    "transactions --type": f"={' '.join(TRANSACTION_TYPES)}",
    "--symbol": "@symbols",
    "--confirm": "@attempts",
    "--out": "@files",
    "--state-dir": "@folders",
}
ARGUMENTS = {
    "CODE": "@symbols",
    "orderable CODE": "@listed",
    "CODE..": "@listed*",
    "ORDER": "@orders",
    "ledger show ORDER": "@sent",
    "[ORDER..]": "@orders*",
    "[ATTEMPT]": "@attempts",
    "[NAME]": "@names",
    "QTY|all": "=all",
    "ID": "@apis",
}
# Words of a metavar that stand for something else.
PLACEHOLDERS = {"ISO", "N"}


def fields() -> dict[str, tuple[str, ...]]:
    """Return what --fields takes, by the words of the command."""
    by_account, by_symbol = reports.POSITIONS, reports.POSITIONS_BY_SYMBOL
    of_order = _keys(placement.ORDER)
    accounts = _keys(reports.ACCOUNTS)
    return {
        "summary": _keys(reports.SUMMARY),
        "cash": _keys(reports.CASH),
        "positions": _keys((*by_account, *by_symbol)),
        "watch": _keys(watch_report.POSITIONS),
        "stream": (*event_lines.KEYS, *_keys(event_lines.KINDS)),
        "condition list": _keys(condition_reports.CONDITIONS),
        "condition search": _keys(condition_reports.HITS),
        "condition watch": event_lines.KEYS,
        "quote": _keys(market_reports.QUOTES),
        "pnl": _keys((*result_reports.PNL_BY_DAY, *result_reports.PNL_BY_SYMBOL)),
        "transactions": _keys(result_reports.TRANSACTIONS),
        "orderable": _keys(market_reports.ORDERABLE),
        "snapshot": _keys(history_reports.SNAPSHOT),
        "snapshot diff": _keys(diff_report.COLUMNS),
        "history": _keys(c for columns in history_reports.HISTORY.values() for c in columns),
        "history cashflow": _keys(history_reports.CASH_FLOWS),
        "export": _keys(export_report.COLUMNS),
        "report": _keys(page_report.COLUMNS),
        "accounts": accounts,
        **dict.fromkeys(("buy", "sell", "modify", "cancel", "resolve"), of_order),
        "orders": _keys(order_reports.ORDERS),
        "fills": _keys(order_reports.FILLS),
        "audit": _keys(audit_report.AUDIT),
        "ledger list": _keys(ledger_reports.LEDGER_LIST),
        "ledger show": _keys(ledger_reports.LEDGER_SHOW),
        **dict.fromkeys(("halt", "resume"), _keys(ledger_reports.SWITCHES)),
        "init": _keys(reports.WRITTEN),
        **dict.fromkeys(("login", "logout", "demo reset"), accounts),
        "symbols update": _keys(market_reports.MARKETS),
        "symbols find": _keys(market_reports.LISTINGS),
        "doctor": _keys(doctor_report.DOCTOR),
        "api list": _keys(api_reports.list_columns()),
        "api search": _keys(api_reports.search_columns()),
        "api show": _keys(api_reports.SHOW),
    }


def _keys(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column.key for column in columns))


def table() -> str:
    """Return the lines of the table in the active language."""
    root: Any = build()
    shared = [param for param in root.params if _is_shared(param)]
    lines = [*_lines("", root, fields()), *(_option(SHARED, option) for option in shared)]
    lines.append(f"{SHARED}\tO\t-h --help\t\t{_('Show this message and exit.')}")
    return "".join(f"{line}\n" for line in lines)


def _lines(path: str, command: Any, known: dict[str, tuple[str, ...]]) -> Iterator[str]:
    summaries = {entry.name: entry.summary for entry in entries()}
    below = command.list_commands(typer.Context(command)) if _is_group(command) else ()
    for name in below:
        found = command.get_command(typer.Context(command), name)
        yield f"{path}\tC\t{name}\t\t{found.help.rstrip('.') if path else summaries[name]}"
        yield from _lines(f"{path} {name}".strip(), found, known)
    if any(_is_shared(param) for param in command.params):
        yield f"{path}\tS"
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    for place, argument in enumerate(arguments):
        yield f"{path}\tA\t{place}\t{_argument(path, str(argument.metavar))}"
    for option in command.params:
        if option in arguments:
            continue
        if option.opts[-1] == "--fields" and path in known:
            yield f"{path}\tO\t--fields\t,{' '.join(known[path])}\t{option.help}"
        elif not _is_shared(option) or f"{path} {option.opts[-1]}" in OPTIONS:
            yield _option(path, option)


def _is_group(command: Any) -> bool:
    return hasattr(command, "list_commands")


def _option(path: str, option: Any) -> str:
    flags = sorted(option.opts, key=len)
    told = "" if option.help is None else option.help
    return f"{path}\tO\t{' '.join(flags)}\t{_values(path, flags[-1], option)}\t{told}"


def _values(path: str, flag: str, option: Any) -> str:
    if option.is_flag:
        return ""
    given = OPTIONS.get(f"{path} {flag}", OPTIONS.get(flag))
    if given is not None:
        return given
    if option.metavar and "|" in option.metavar:
        return "=" + " ".join(w for w in option.metavar.split("|") if w not in PLACEHOLDERS)
    return ANY


def _argument(path: str, metavar: str) -> str:
    if metavar == "[TOPIC|COMMAND]":
        return f"={' '.join(dict.fromkeys((*ORDER, *(entry.name for entry in entries()))))}"
    if metavar == "TYPE.. [CODE..]":
        return f"={' '.join(_live_words())}|@symbols*"
    return ARGUMENTS.get(f"{path} {metavar}", ARGUMENTS.get(metavar, ANY))


def _live_words() -> list[str]:
    from kiwoomctl.brokers.kiwoom.live.kinds import KINDS

    return [kind.word for kind in KINDS]


SHARED_FLAGS = {parameter.annotation.__metadata__[0].default for parameter in common_parameters()}


def _is_shared(param: Any) -> bool:
    return bool(SHARED_FLAGS & set(param.opts))


if __name__ == "__main__":
    locale.activate(sys.argv[1])
    sys.stdout.buffer.write(table().encode())
