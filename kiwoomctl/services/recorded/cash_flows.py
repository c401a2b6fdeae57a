"""Deposits and withdrawals: what a person entered, and what the broker's own ledger tells.

A return must not take a deposit for a gain. The broker's list of deposits also holds dividends,
interest and refunds, which are gains: its lines are told apart by their words, and what was taken
from them is marked ``broker``, so that a person can look it over and take an entry back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.errors import BrokerRejected, UsageError
from kiwoomctl.history import NewCashFlow

if TYPE_CHECKING:
    from kiwoomctl.brokers.port import Broker
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.domain.results import Transaction
    from kiwoomctl.history import CashFlow, History
    from kiwoomctl.services.accounts import RecordedAccount

_WON: Final = "KRW"
_INCOME: Final = (
    "배당",
    "분배",
    "이자",
    "이용료",
    "환급",
    "세금",
    "수수료",
    "청약",
    "매도",
    "매수",
)
"""Words of lines that are part of the account's own result, whichever list they stand in."""
NOTE_LENGTH: Final = 200


class FlowRow(NamedTuple):
    """An entry as it is listed; KRW."""

    number: int
    profile: str
    environment: Environment
    day: date
    amount: Decimal
    note: str
    source: str
    counters: int | None
    countered: bool


def read_flows(
    broker: Broker, account: AccountId, first: date, last: date
) -> tuple[NewCashFlow, ...]:
    """Return the deposits and withdrawals the broker tells; none where it does not offer that.

    Args:
        broker: the account's.
        account: whose.
        first: the first day.
        last: the last day, included.

    Raises:
        SignInError, Busy, Unavailable: the list was not read whole.
    """
    try:
        deposits = broker.transactions(first, last, "deposits")
        withdrawals = broker.transactions(first, last, "withdrawals")
    except BrokerRejected:
        return ()
    return (*flows_of(account, deposits, 1), *flows_of(account, withdrawals, -1))


def flows_of(
    account: AccountId, lines: Iterable[Transaction], sign: int
) -> tuple[NewCashFlow, ...]:
    """Return the lines of the broker's ledger that are money from outside, or to it.

    Args:
        account: whose ledger it is.
        lines: the list of deposits, or that of withdrawals.
        sign: 1 for deposits, -1 for withdrawals.
    """
    flows = []
    for line in lines:
        words = f"{line.type} {line.kind or ''}"
        if line.date is None or line.currency != _WON or not line.settlement:
            continue
        if line.symbol or any(word in words for word in _INCOME):
            continue
        amount = abs(line.settlement) * sign
        reference = line.transaction_id or f"{line.type} {amount}"
        day = date.fromisoformat(line.date)
        flows.append(NewCashFlow(account, day, amount, line.type, "broker", reference))
    return tuple(flows)


def unknown(history: History, flows: Sequence[NewCashFlow]) -> list[NewCashFlow]:
    """Return the flows that nobody has entered yet: same account, day and amount."""
    if not flows:
        return []
    days = [flow.day for flow in flows]
    known = {
        (flow.account, flow.day, flow.amount)
        for flow in history.flows({flow.account for flow in flows}, min(days), max(days))
        if flow.source == "person" and not flow.countered
    }
    return [flow for flow in flows if (flow.account, flow.day, flow.amount) not in known]


def in_force(flows: Iterable[CashFlow]) -> list[CashFlow]:
    """Return the entries that count: neither taken back nor taking back."""
    return [flow for flow in flows if flow.counters is None and not flow.countered]


def enter(account: RecordedAccount, day: date, amount: Decimal, note: str, today: date) -> FlowRow:
    """Enter a deposit (above 0) or a withdrawal (below), whole KRW.

    Raises:
        UsageError: the day is to come, or the broker told the same already.
        SignInError, ConfigError, Unavailable, Busy: whose it is cannot be proven.
        StateError: the history cannot be written.
    """
    if day > today:
        raise UsageError(
            "{day} is still to come: nothing has moved then",
            hint="enter it when it has",
            code="date",
            day=day,
        )
    owner, history = whose(account), account.history()
    for flow in in_force(history.flows([owner], day, day)):
        if flow.amount == amount and flow.source == "broker":
            raise UsageError(
                "the broker told this cash flow already: entry {number}",
                hint="kiwoomctl history cashflow list shows it",
                code="cashflow_known",
                number=flow.number,
            )
    new = NewCashFlow(owner, day, amount, note[:NOTE_LENGTH], "person")
    return row(account, history.add_flows([new])[0])


def take_back(account: RecordedAccount, number: int) -> FlowRow:
    """Enter the opposite of an entry, which then counts for nothing.

    Raises:
        UsageError: the account has no such entry, or it was taken back already.
        StateError, Busy: the history cannot be written.
    """
    owner, history = whose(account), account.history()
    flow = history.flow(number)
    if flow.account != owner or flow.counters is not None or flow.countered:
        raise UsageError(
            "entry {number} is not one of this account's that counts",
            hint="kiwoomctl history cashflow list shows them",
            code="cashflow",
            number=number,
        )
    new = NewCashFlow(owner, flow.day, -flow.amount, flow.note, "person", counters=number)
    return row(account, history.add_flows([new])[0])


def listed(accounts: Sequence[RecordedAccount]) -> list[FlowRow]:
    """Return every entry of these accounts, oldest day first."""
    rows = []
    for account in accounts:
        owner = account.pinned_id()
        if owner is not None and account.has_history():
            rows += [row(account, flow) for flow in account.history().flows([owner])]
    return sorted(rows, key=lambda entry: (entry.day, entry.number))


def whose(account: RecordedAccount) -> AccountId:
    """Return whose days these are, the broker asked only where nothing is written down.

    Raises:
        SignInError, ConfigError, Unavailable, Busy, StateError: it cannot be known.
    """
    known = account.pinned_id()
    return account.recorded_id() if known is None else known


def row(account: RecordedAccount, flow: CashFlow) -> FlowRow:
    """Return an entry as it is listed."""
    return FlowRow(
        flow.number,
        account.name,
        account.environment,
        flow.day,
        flow.amount,
        flow.note,
        flow.source,
        flow.counters,
        flow.countered,
    )
