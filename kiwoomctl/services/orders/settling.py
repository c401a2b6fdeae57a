"""``resolve``: find the orders whose outcome is open, and settle them, by evidence or a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.orders import AttemptId, OrderId, State, bare_number, whole_number
from kiwoomctl.errors import KiwoomctlError, Phrase, UsageError
from kiwoomctl.ledger import Attempt
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import order_results, resolution
from kiwoomctl.services.orders.order_results import OrderResult
from kiwoomctl.services.orders.resolution import OnWait


def resolve(
    accounts: Sequence[TradingAccount],
    named: str | None,
    settle: timedelta,
    clock: Clock,
    on_wait: OnWait,
) -> list[OrderResult]:
    """Gather evidence for open attempts, of one order or of all these accounts.

    The settle window of an order begins with its send, so an old one is judged at once.

    Args:
        accounts: those to look at.
        named: an attempt or order id; None for all that is open.
        settle: how long after the send one candidate is waited for.
        clock: time and sleep.
        on_wait: is told of each wait.

    Raises:
        UsageError: none of these accounts has such an order.
        StateError, Busy: a ledger cannot be used, or a send of that account is under way.
    """
    results = []
    for account, attempt in _meant(accounts, named):
        sent = attempt.sent_at or attempt.created_at
        until = min(sent + settle, clock.now() + settle)
        try:
            done = resolution.settle(account, attempt, until, settle, clock, on_wait)
        except KiwoomctlError as error:
            results.append(order_results.from_error(account, attempt.intent.terms, error))
            continue
        results.append(_result(account, done, clock))
    return results


def by_person(
    accounts: Sequence[TradingAccount], named: str, number: str | None, clock: Clock
) -> list[OrderResult]:
    """Write down what a person says of one attempt: its number, or None for absent.

    Raises:
        UsageError: there is no such attempt, it is settled, or the number cannot be its order's.
        StateError, Busy: the ledger cannot be used.
    """
    account, attempt = _meant(accounts, named)[0]
    if number is not None:
        _refuse_other_order(account, attempt, bare_number(number) or "")
    settled = resolution.by_person(account, attempt, number)
    return [_result(account, resolution.Settled(settled), clock)]


def _result(account: TradingAccount, done: resolution.Settled, clock: Clock) -> OrderResult:
    result = order_results.from_attempt(account, done.attempt, clock, candidates=done.candidates)
    if done.attempt.state is State.ABSENT:
        # Settled is what was asked for, also where it turned out that no order exists.
        return replace(result, error=None, message=Phrase("settled: it made no order"))
    return result


def _meant(
    accounts: Sequence[TradingAccount], named: str | None
) -> list[tuple[TradingAccount, Attempt]]:
    """Return the attempts that are meant, with whose they are, oldest first."""
    ours = [(account, known) for account in accounts if (known := account.known_id())]
    if named is not None:
        return [_named(ours, named)]
    found: list[tuple[TradingAccount, Attempt]] = []
    for account, known in ours:
        ledger = account.ledger()
        if ledger.open_attempts(known):
            # Whatever a dead process was sending is UNKNOWN once its lock is free.
            with ledger.account_lock(known):
                pass
        found += [(account, attempt) for attempt in ledger.open_attempts(known)]
    return found


def _named(
    ours: Sequence[tuple[TradingAccount, object]], named: str
) -> tuple[TradingAccount, Attempt]:
    text = named.strip()
    wanted = AttemptId.parse(text) if "." in text else None
    order_id = wanted.order_id if wanted else OrderId.parse(text)
    for account, known in ours:
        ledger = account.ledger()
        try:
            history = ledger.history(order_id)
        except UsageError:
            continue
        if history.intent.account != known:
            continue
        with ledger.account_lock(history.intent.account):
            pass
        return account, ledger.attempt(wanted or history.attempts[-1].id)
    raise UsageError(
        "no ledger of these accounts has {order}",
        hint="kiwoomctl ledger list shows the orders there are",
        code="order_id",
        order=named,
    )


def _refuse_other_order(account: TradingAccount, attempt: Attempt, number: str) -> None:
    """Refuse a number that the broker does not show, or shows as another code or side."""
    intent = attempt.intent
    lists = account.broker().day_orders(intent.trading_day)
    order = next((order for order in lists.orders if order.number == number), None)
    if order is None:
        raise UsageError(
            "the broker's lists of {day} have no order {number}",
            hint="look the number up; a new order may be listed late, then try again",
            code="number",
            day=intent.trading_day,
            number=whole_number(number),
        )
    if order.symbol != intent.terms.symbol or order.side not in {None, intent.terms.side}:
        raise UsageError(
            "order {number} is {side} {symbol}: it cannot be {attempt}",
            hint="kiwoomctl orders shows the orders there are",
            code="number",
            number=whole_number(number),
            side=Phrase(order.side or "?"),
            symbol=order.symbol,
            attempt=attempt.id,
        )
