"""Our own orders that live without being in the broker's list of the open ones.

A new order may be listed late, and whoever cancels all means it too. What the ledger knows as
accepted today and the list of open orders does not name is looked up among all orders of the
day: there a closed one shows as closed, and one that no list shows may be alive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Final

from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import BrokerOrder, State
from kiwoomctl.errors import UsageError
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders.figures import closed_in_ledger
from kiwoomctl.services.orders.order_terms import find_target

_NUMBERED: Final = frozenset({State.ACCEPTED, State.MATCHED})


def unlisted(
    account: TradingAccount,
    account_id: AccountId,
    open_now: Iterable[BrokerOrder],
    symbol: Symbol | None,
) -> list[BrokerOrder]:
    """Return the account's accepted orders of today that may live beside those listed as open.

    Nothing is read where the ledger has no such order.

    Args:
        account: whose orders they are.
        account_id: the same, proven.
        open_now: the broker's list of open orders.
        symbol: one code; None for all.

    Raises:
        StateError, Busy: the ledger cannot be used.
        SignInError, Unavailable, BrokerRejected: the day's lists could not be read.
    """
    ledger = account.ledger()
    newest = ledger.newest(1, (account_id,))
    if not newest:
        return []
    day = newest[0].intent.trading_day
    attempts = [a for a in ledger.of_day(day) if a.intent.account == account_id]
    known = {order.number for order in open_now}
    closed = {number for _, number in closed_in_ledger(attempts)}
    numbers = [
        attempt.number
        for attempt in attempts
        if attempt.state in _NUMBERED
        and attempt.action != "cancel"
        and attempt.number is not None
        and attempt.number not in known | closed
        and symbol in {None, attempt.intent.terms.symbol}
    ]
    if not numbers:
        return []
    lists = account.broker().day_orders(None)
    if lists.day != day:
        return []  # orders end with their day
    found: dict[str, BrokerOrder] = {}
    for number in numbers:
        with contextlib.suppress(UsageError):
            target = find_target(account, number, lists, ledger)
            if target.remaining_quantity > 0 and target.number not in known:
                found[target.number] = target
    return list(found.values())
