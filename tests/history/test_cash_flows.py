"""What of the broker's ledger is money from outside, and what of it nobody has entered yet."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.results import Transaction
from kiwoomctl.history import History, NewCashFlow
from kiwoomctl.services.recorded.cash_flows import flows_of, in_force, unknown
from tests.history.samples import ACCOUNT, DAY
from tests.ledger.samples import SetClock


def line(words: str, amount: int = 500_000, **changes: Any) -> Transaction:
    base = Transaction(
        date="2026-11-20",
        trade_date=None,
        transaction_id="000000001",
        type=words,
        kind="입출금",
        direction="입금",
        symbol=None,
        name=None,
        quantity=None,
        price=None,
        amount=Decimal(amount),
        commission=None,
        tax=None,
        settlement=Decimal(amount),
        balance=None,
        currency="KRW",
        medium=None,
    )
    return base._replace(**changes)


def test_the_list_says_which_way_the_money_went() -> None:
    [came] = flows_of(ACCOUNT, [line("이체입금")], 1)
    [went] = flows_of(ACCOUNT, [line("이체출금")], -1)
    assert (came.amount, went.amount) == (Decimal(500_000), Decimal(-500_000))
    assert (came.day, came.note, came.source, came.reference) == (
        DAY,
        "이체입금",
        "broker",
        "000000001",
    )


@pytest.mark.parametrize(
    "gain",
    [
        line("배당금입금"),
        line("예탁금이용료"),
        line("ETF분배금입금"),
        line("환급금"),
        line("입금", symbol="005930"),
        line("외화입금", currency="USD"),
        line("입금", settlement=Decimal(0)),
        line("입금", settlement=None),
        line("입금", date=None),
    ],
)
def test_gains_and_what_is_no_won_are_no_deposits(gain: Transaction) -> None:
    assert flows_of(ACCOUNT, [gain], 1) == ()


def test_what_a_person_entered_is_not_taken_twice(tmp_path: Path) -> None:
    [told] = flows_of(ACCOUNT, [line("이체입금")], 1)
    with History.open(tmp_path / "world", SetClock()) as history:
        assert unknown(history, [told]) == [told]
        mine = NewCashFlow(ACCOUNT, DAY, Decimal(500_000), "월급", "person")
        [entered] = history.add_flows([mine])
        assert unknown(history, [told]) == []
        back = mine._replace(amount=-mine.amount, counters=entered.number)
        history.add_flows([back])
        assert in_force(history.flows([ACCOUNT])) == []
        assert unknown(history, [told]) == [told]
