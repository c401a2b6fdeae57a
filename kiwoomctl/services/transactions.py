"""The ledgers of several accounts at their broker, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kiwoomctl.domain.offers import Ability
from kiwoomctl.domain.portfolio import Environment
from kiwoomctl.domain.results import TRANSACTION_TYPES, Transaction
from kiwoomctl.errors import UsageError, nearest
from kiwoomctl.services.accounts import Account, OnAnswer, ask
from kiwoomctl.services.portfolio import Overview, overview


class TransactionRow(NamedTuple):
    """One line of one account's ledger."""

    profile: str
    owner: str | None
    environment: Environment
    transaction: Transaction


def transactions(
    accounts: Sequence[Account], on_answer: OnAnswer, *, first: date, last: date, kind: str
) -> Overview[TransactionRow, None]:
    """Return the lines of these days, the oldest of each account first.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        first: by the day of settlement, KST.
        last: included.
        kind: one of TRANSACTION_TYPES.
    """
    answers = ask(
        accounts,
        lambda broker: broker.transactions(first, last, kind),
        on_answer,
        Ability.TRANSACTIONS,
    )

    def block(
        group: list[tuple[Account, tuple[Transaction, ...]]],
    ) -> tuple[tuple[TransactionRow, ...], None]:
        return tuple(
            TransactionRow(account.name, account.owner, account.environment, line)
            for account, lines in group
            for line in lines
        ), None

    return overview(accounts, answers, block)


def kind_of(text: str) -> str:
    """Return the kind of transactions that a word of either language names.

    Raises:
        UsageError: it names none.
    """
    given = text.strip().lower()
    for kind, korean in TRANSACTION_TYPES.items():
        if given in (kind, korean):
            return kind
    _, near = nearest(given, [*TRANSACTION_TYPES, *TRANSACTION_TYPES.values()])
    raise UsageError(
        "--type {value!r} is not a choice",
        hint="known: {known}" if "," in near else "did you mean {near}?",
        code="choice",
        value=text,
        near=near,
        known=", ".join(TRANSACTION_TYPES),
    )
