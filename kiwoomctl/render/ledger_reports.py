"""The reports of ``ledger``, ``halt`` and ``resume``: our own journal and the kill switch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.identity import mask_account
from kiwoomctl.domain.orders import SHOWN, whole_number
from kiwoomctl.errors import Phrase
from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.cells import show
from kiwoomctl.render.report import Column, Report, Section, Value

if TYPE_CHECKING:
    from kiwoomctl.errors import KiwoomctlError
    from kiwoomctl.ledger import Attempt, History
    from kiwoomctl.services.accounts import Account
    from kiwoomctl.services.orders.journal import Entry, Step
    from kiwoomctl.services.orders.kill_switch import SwitchRow


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


def _list_columns(*, show_account: bool) -> tuple[Column, ...]:
    def number(row: Entry) -> str | None:
        return row.account if show_account else mask_account(row.account)

    return (
        _field("attempt_id", "Attempt", kind="id"),
        _field("order_id", "Order id", kind="id", in_table=False),
        _field("client_id", "Key (--id)", rank=70),
        _field("profile", "Account"),
        _field("environment", "Environment", kind="word", rank=60),
        Column("account", "Account number", number, rank=75),
        _field("action", "Action", kind="word"),
        _field("symbol", "Code"),
        _field("side", "Side", kind="word", in_table=False),
        _field("type", "Type", kind="word", rank=40),
        _field("price", "Limit", kind="number", rank=5),
        _field("quantity", "Qty", kind="number"),
        _field("exchange", "Exchange", rank=80),
        _field("target", "Original", rank=30),
        _field("state", "State", kind="word"),
        _field("ledger_state", "In the ledger", rank=50),
        _field("broker_order_id", "Order", kind="id", rank=10),
        _field("reason_code", "Reason", rank=55),
        _field("message", "Message", rank=65, wraps=True),
        _field("created_at", "Created", kind="moment", rank=20),
        _field("settled_by", "Settled by", rank=85),
    )


def _show_columns(*, show_account: bool) -> tuple[Column, ...]:
    """Return the events, and for machines the order in each row as ``ledger list`` has it."""

    def of_entry(column: Column) -> Column:
        def get(row: Step) -> Value:
            return column.get(row.entry)

        return column._replace(get=get, in_table=column.key == "attempt_id")

    listed = {c.key: of_entry(c) for c in _list_columns(show_account=show_account)}
    first = listed.pop("order_id"), listed.pop("attempt_id")
    return (
        *first,
        _field("at", "At", kind="moment"),
        _field("from_state", "From"),
        _field("to_state", "To"),
        _field("detail", "Detail", rank=10, wraps=True),
        *listed.values(),
    )


LEDGER_LIST = _list_columns(show_account=False)
LEDGER_SHOW = _show_columns(show_account=False)
SWITCHES = (
    _field("profile", "Account"),
    _field("environment", "Environment", kind="word"),
    _field("mode", "Orders", kind="word"),
)


def ledger_list(
    entries: Sequence[Entry],
    environments: Sequence[str],
    as_of: datetime,
    *,
    only_open: bool,
    show_account: bool,
) -> Report:
    """Return the report of ``ledger list``.

    Args:
        entries: the attempts.
        environments: those of the chosen accounts.
        as_of: when the ledgers were read.
        only_open: whether all others were left out.
        show_account: whether to show whole account numbers.
    """
    of_rows = tuple(dict.fromkeys(entry.environment for entry in entries))
    shown = of_rows or tuple(environments)
    return Report(
        name="ledger_list",
        title="Ledger: open outcomes" if only_open else "Ledger",
        columns=_list_columns(show_account=show_account),
        sections=(Section(shown[0] if len(shown) == 1 else None, entries),),
        as_of=as_of,
        environments=tuple(dict.fromkeys((*environments, *of_rows))),
        succeeded=1,
        empty="no order with an open outcome" if only_open else "no orders in the ledger",
    )


def ledger_show(
    history: History, steps: Sequence[Step], wish: Phrase, as_of: datetime, *, show_account: bool
) -> Report:
    """Return the report of ``ledger show``.

    Args:
        history: the order.
        steps: its events.
        wish: what it asked for, in words.
        as_of: when the ledger was read.
        show_account: whether to show the whole account number.
    """
    intent = history.intent
    environment = intent.account.environment
    return Report(
        name="ledger_show",
        title=fill("{profile}: {order}", {"profile": intent.profile, "order": wish}),
        columns=_show_columns(show_account=show_account),
        sections=(Section(environment, steps),),
        as_of=as_of,
        environments=(environment,),
        succeeded=1,
        notes=tuple(_notes(history, show_account=show_account)),
    )


def _notes(history: History, *, show_account: bool) -> list[str]:
    intent = history.intent
    number = intent.account.number if show_account else mask_account(intent.account.number)
    head = Phrase(
        "account {number}, {type}, {exchange}, trading day {day}",
        number=number,
        type=Phrase(intent.terms.type.value),
        exchange=intent.terms.exchange,
        day=intent.trading_day,
    )
    notes = [told(head)]
    if intent.terms.stop_price is not None:
        notes.append(fill("stop price {price:,f}", {"price": intent.terms.stop_price}))
    if intent.client_id is not None:
        notes.append(show(f"--id {intent.client_id}", "text"))
    return notes + [_outcome(attempt) for attempt in history.attempts]


def _outcome(attempt: Attempt) -> str:
    parts = [_(SHOWN[attempt.state])]
    if attempt.number is not None:
        parts.append(fill("order {number}", {"number": whole_number(attempt.number)}))
    parts += [text for text in (attempt.outcome_code, attempt.outcome_text) if text]
    if attempt.settled_by is not None and not attempt.is_open:
        parts.append(fill("settled by {who}", {"who": attempt.settled_by}))
    line = show(f"{attempt.id}: {', '.join(parts)}", "text")
    return f"{line} - kiwoomctl resolve {attempt.id}" if attempt.is_open else line


def switched(
    name: str,
    rows: Sequence[SwitchRow],
    failures: Sequence[tuple[Account, KiwoomctlError]],
    as_of: datetime,
) -> Report:
    """Return the report of ``halt`` and ``resume``: what each account's orders may do now."""
    chosen = [*(row.environment for row in rows), *(a.environment for a, _ in failures)]
    environments = tuple(dict.fromkeys(chosen))
    return Report(
        name=name,
        title="Kill switch",
        columns=SWITCHES,
        sections=(Section(environments[0] if len(environments) == 1 else None, rows),),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in failures),
        environments=environments,
        succeeded=len(rows),
        empty="nothing was switched",
    )
