"""What one order came to: evidence where its reply was lost, and the row that tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.orders import BrokerOrder, State
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.interrupts import Stopped
from kiwoomctl.ledger import Attempt
from kiwoomctl.risk.verdicts import Verdict
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import order_results
from kiwoomctl.services.orders.order_results import OrderResult
from kiwoomctl.services.orders.order_terms import newest_of, refuse_open_modify
from kiwoomctl.services.orders.resolution import OnWait, settle

_OPEN: Final = frozenset({State.UNKNOWN, State.AMBIGUOUS})


class Conclusion:
    """How the orders of one command end."""

    def __init__(self, window: timedelta, on_wait: OnWait, clock: Clock) -> None:
        """Prepare.

        Args:
            window: how long evidence is gathered after a lost reply; 0 not at all.
            on_wait: is told of each wait.
            clock: time and sleep.
        """
        self._window = window
        self._on_wait = on_wait
        self._clock = clock
        self.stopped = False
        """Whether a signal asked to end: then nothing is waited for and nothing more sent."""

    def of(
        self,
        account: TradingAccount,
        attempt: Attempt,
        *,
        replayed: bool,
        verdicts: tuple[Verdict, ...] = (),
        interrupted: bool = False,
    ) -> OrderResult:
        """Return the row of an attempt, having gathered evidence where its outcome is open.

        Never raises: what went out is told, whatever the disk or the network does now.

        Args:
            account: whose it is.
            attempt: as the ledger has it.
            replayed: whether it was recorded before under the same --id key.
            verdicts: what the checks said.
            interrupted: whether ^C came while it was in flight.
        """
        candidates: tuple[BrokerOrder, ...] = ()
        if attempt.state in _OPEN and not self.stopped:
            wait = self._window
            if wait:
                try:
                    settled = settle(
                        account,
                        attempt,
                        self._clock.now() + wait,
                        wait,
                        self._clock,
                        self._on_wait,
                    )
                    attempt, candidates = settled.attempt, settled.candidates
                except Stopped:
                    self.stopped = True
                except KiwoomctlError:
                    pass  # it stays as it is; resolve tells more
        result = order_results.from_attempt(
            account,
            attempt,
            self._clock,
            replayed=replayed,
            verdicts=verdicts,
            candidates=candidates,
            interrupted=interrupted or self.stopped,
        )
        return self._nothing_left(result)

    def _nothing_left(self, result: OrderResult) -> OrderResult:
        """Report a cancel that found nothing to cancel by what the order is now."""
        attempt, account = result.attempt, result.account
        if attempt is None or attempt.action != "cancel" or attempt.state is not State.REJECTED:
            return result
        means = account.desk().nothing_remains(attempt.outcome_code or "")
        if means is False:
            return result
        target = attempt.intent.terms.target
        try:
            lists = account.broker().day_orders(
                attempt.intent.trading_day, attempt.intent.terms.symbol
            )
        except KiwoomctlError:
            return result
        # Modified elsewhere after the look at it, it goes on under another number.
        number = newest_of(target or "", lists.orders)
        order = next((o for o in lists.orders if o.number == number), None)
        if order is not None and number != target and order.remaining_quantity > 0:
            return order_results.replaced(result, order)
        lives = not means if order is None else order.remaining_quantity > 0
        if lives:
            return result
        try:
            refuse_open_modify(account.ledger(), attempt.intent.account, target or "")
        except KiwoomctlError as error:
            return replace(result, state="unknown", error=error)
        return order_results.nothing_left(result, order)
