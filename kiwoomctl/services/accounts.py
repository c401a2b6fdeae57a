"""Ask several accounts the same thing at once, and keep every answer or its error.

A failing account never hides: each account ends as a value or as an error, in the order the
accounts were chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

from kiwoomctl.errors import KiwoomctlError

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.brokers.port import Broker
    from kiwoomctl.brokers.port_orders import Gate, OrderDesk
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.offers import Ability
    from kiwoomctl.domain.orders import Exchange, OrderType
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.history import History
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.risk.limits import Limits
    from kiwoomctl.risk.situation import Signing

MAX_THREADS = 64
HEARTBEAT = 0.5
"""Seconds without an answer after which it is told that there is none yet."""
TokenState = Literal["valid", "expired", "none"]
OnAnswer = Callable[[int, int], None]
"""Is told how many of how many accounts have answered, also while none does."""
_Value = TypeVar("_Value")
_Asked = TypeVar("_Asked", bound="Account")


class Account(Protocol):
    """A chosen account and the way to its broker."""

    @property
    def name(self) -> str:
        """The profile's name."""

    @property
    def owner(self) -> str | None:
        """Whose account it is; None where the profile does not say."""

    @property
    def environment(self) -> Environment:
        """real, mock or sim."""

    @property
    def broker_name(self) -> str:
        """The house that keeps the account."""

    @property
    def enabled(self) -> bool:
        """Whether the person wants it read."""

    def broker(self) -> Broker:
        """Return the account's broker, made on first use; raises SignInError."""

    def require(self, ability: Ability) -> None:
        """Let what its house offers pass; raises BrokerRejected for anything else."""

    def known_number(self) -> str | None:
        """Return the account number proven before, or the one the person wrote; None without."""

    def remember_number(self, number: str) -> None:
        """Pin the number the broker gave; raises ConfigError where another was expected."""

    def token_status(self) -> tuple[TokenState, datetime | None]:
        """Return the state of the cached token and when it ends, without network."""


class JournaledAccount(Account, Protocol):
    """An account whose journal may be looked at without its key."""

    @property
    def world(self) -> Path:
        """The folder its ledger is in; accounts of other worlds never meet it."""

    def has_ledger(self) -> bool:
        """Tell whether that world has a ledger, without making one."""

    def ledger_speaks(self) -> bool:
        """Tell whether that ledger has an open outcome, a turned switch, or cannot be read."""

    def ledger(self) -> Ledger:
        """Return the ledger of its world, made when missing; raises StateError, Busy."""

    def pinned_id(self) -> AccountId | None:
        """Return whose orders these are as far as it is written down; raises StateError."""


class RecordedAccount(JournaledAccount, Protocol):
    """An account whose days can be recorded and read."""

    def has_history(self) -> bool:
        """Tell whether its world has a history, without making one."""

    def history(self) -> History:
        """Return the history of its world, made when missing; raises StateError, Busy."""

    def last_recorded(self, accounts: Iterable[AccountId]) -> dict[AccountId, datetime]:
        """Return when accounts of its world were recorded last; absent where never."""

    def recorded_id(self) -> AccountId:
        """Return whose days these are; the broker is asked where that was never proven."""


class TradingAccount(Account, Protocol):
    """An account whose orders can be sent and looked up."""

    @property
    def world(self) -> Path:
        """The folder its ledger is in; accounts of other worlds never meet it."""

    @property
    def host(self) -> str:
        """The base URL of its broker."""

    @property
    def limits(self) -> Limits:
        """What its orders may do."""

    def require_order(self, exchange: Exchange, type_: OrderType) -> None:
        """Let a buy or sell that its house takes pass; raises UsageError for any other."""

    def known_id(self) -> AccountId | None:
        """Return whose orders these are; None while the number was never proven."""

    def account_id(self) -> AccountId:
        """Return whose orders these are, proven; raises Refused, SignInError, ConfigError."""

    def signing(self) -> Signing:
        """Return what says whose order it would be."""

    def desk(self) -> OrderDesk:
        """Return the way its orders go out."""

    def gate(self, code: str) -> Gate | None:
        """Return why the broker's gateway refuses with this code; None for no such code."""

    def ledger(self) -> Ledger:
        """Return the ledger of its world; raises StateError, Busy."""


class Answer(NamedTuple, Generic[_Value]):
    """What one account answered: a value or an error, never both, never neither."""

    account: Account
    value: _Value | None
    error: KiwoomctlError | None


class Answers(NamedTuple, Generic[_Value]):
    """What all chosen accounts answered, in their order."""

    all: tuple[Answer[_Value], ...]

    @property
    def good(self) -> list[tuple[Account, _Value]]:
        """The accounts that answered, with their values."""
        return [(a.account, a.value) for a in self.all if a.value is not None]

    @property
    def failed(self) -> list[tuple[Account, KiwoomctlError]]:
        """The accounts that did not, with their errors."""
        return [(a.account, a.error) for a in self.all if a.error is not None]


def ask(
    accounts: Sequence[Account],
    question: Callable[[Broker], _Value],
    on_answer: OnAnswer,
    needs: Ability | None = None,
) -> Answers[_Value]:
    """Put the question to all accounts at once.

    Args:
        accounts: whom to ask.
        question: reads one account; it must not return None.
        on_answer: is told how many of how many have answered, every half a second at least.
        needs: what a house must offer to be asked; None for what every house does.
    """

    def put(account: Account) -> _Value:
        if needs is not None:
            account.require(needs)
        return question(account.broker())

    return ask_each(accounts, put, on_answer)


def ask_each(
    accounts: Sequence[_Asked],
    question: Callable[[_Asked], _Value],
    on_answer: OnAnswer,
) -> Answers[_Value]:
    """Put a question to all accounts at once, where it needs more than their brokers.

    Args:
        accounts: whom to ask.
        question: reads one account in a thread of its own; it must not return None.
        on_answer: as for ``ask``.
    """

    def one(account: _Asked) -> Answer[_Value]:
        try:
            return Answer(account, question(account), None)
        except KiwoomctlError as error:
            return Answer(account, None, error)

    if len(accounts) == 1:
        return Answers((_alone(accounts[0], one, on_answer),))
    from kiwoomctl.services.beside import all_at_once

    found = all_at_once(
        accounts,
        one,
        most=MAX_THREADS,
        every=HEARTBEAT,
        tell=lambda ended: on_answer(ended, len(accounts)),
    )
    return Answers(tuple(found))


def _alone(
    account: _Asked, one: Callable[[_Asked], Answer[_Value]], on_answer: OnAnswer
) -> Answer[_Value]:
    """Ask the only account in this thread: starting others would take longer than it does."""
    from threading import Timer

    slow = Timer(HEARTBEAT, on_answer, (0, 1))
    slow.daemon = True
    slow.start()
    try:
        return one(account)
    finally:
        slow.cancel()
        slow.join()  # it may be about to tell; nothing comes after the end
        on_answer(1, 1)
