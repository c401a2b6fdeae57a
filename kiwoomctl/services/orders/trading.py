"""Buy, sell, modify and cancel over one or several accounts: the only door to an order.

All checks of all accounts are made before the first send, and one question stands over them
all. Then one order after the other goes out; whatever is not accepted stops the rest, unless
the person said to keep going. Every account ends as one row, whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.orders import BrokerOrder, Side, State
from kiwoomctl.errors import (
    ConfigError,
    Interrupted,
    KiwoomctlError,
    UnknownOutcome,
    UsageError,
)
from kiwoomctl.interrupts import Interrupts, Stopped
from kiwoomctl.ledger import Attempt
from kiwoomctl.risk.verdicts import Question
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import order_results
from kiwoomctl.services.orders.agreement import Manner, refusal, to_ask
from kiwoomctl.services.orders.conclusion import Conclusion
from kiwoomctl.services.orders.order_results import OrderResult
from kiwoomctl.services.orders.order_terms import (
    Draft,
    NothingLeft,
    Wish,
    change,
    new_order,
    of_target,
)
from kiwoomctl.services.orders.preview import Preview, preview
from kiwoomctl.services.orders.transmission import Consent, Order, Transmission
from kiwoomctl.services.orders.unlisted import unlisted


class Person(Protocol):
    """Who gave the command, at a terminal or not."""

    @property
    def is_there(self) -> bool:
        """Whether somebody can be asked."""

    def shown(self, previews: Sequence[Preview], *, asking: bool) -> None:
        """Show what would be sent."""

    def agrees(self, asked: Question, previews: Sequence[Preview]) -> bool:
        """Ask the one question over all previews."""

    def waits(self, attempt: Attempt, seconds: float) -> None:
        """Tell that evidence is gathered, for so many seconds more."""


@dataclass(slots=True)
class _Case:
    """One order on its way through the steps."""

    account: TradingAccount
    wish: Wish
    draft: Draft | None = None
    account_id: AccountId | None = None
    preview: Preview | None = None
    result: OrderResult | None = None


def _cancel(
    account: TradingAccount, account_id: AccountId, wish: Wish, order: BrokerOrder
) -> _Case:
    """Return the case of one order; one that cannot be cancelled keeps no other from it."""
    named = replace(wish, order=order.number)
    try:
        return _Case(account, named, of_target(account, named, order), account_id)
    except KiwoomctlError as error:
        return _Case(account, named, result=order_results.from_error(account, None, error))


class Trading:
    """One command's orders."""

    def __init__(
        self,
        everybody: Sequence[TradingAccount],
        manner: Manner,
        person: Person,
        clock: Clock,
        interrupts: Interrupts,
        in_flight: str,
    ) -> None:
        """Prepare.

        Args:
            everybody: every enabled account of this config.
            manner: the options of the command.
            person: who gave it.
            clock: this machine's time.
            interrupts: the signals of this command.
            in_flight: what ^C tells while an order is in flight; ``{attempt}`` in it.
        """
        self._everybody = everybody
        self._manner = manner
        self._person = person
        self._clock = clock
        self._interrupts = interrupts
        self._transmission = Transmission(everybody, clock, interrupts, in_flight)
        self._days: dict[str, DayOrders] = {}
        self._planned: dict[AccountId, int] = {}
        self._conclusion = Conclusion(manner.settle, person.waits, clock)

    def place(self, accounts: Sequence[TradingAccount], wish: Wish) -> list[OrderResult]:
        """Place one order in each account, one row each."""
        return self._go([_Case(account, wish) for account in accounts])

    def change(self, account: TradingAccount, wishes: Sequence[Wish]) -> list[OrderResult]:
        """Modify or cancel orders of one account that were named, one row each."""
        return self._go([_Case(account, wish) for wish in wishes])

    def cancel_all(
        self, accounts: Sequence[TradingAccount], symbol: Symbol | None, side: Side | None
    ) -> list[OrderResult]:
        """Cancel every open order of these accounts, one row each; failed accounts too."""
        cases: list[_Case] = []
        for account in accounts:
            wish = Wish(action="cancel", symbol=symbol)
            try:
                account_id = account.account_id()
                cases += self._not_known(account, account_id, symbol, side)
                listed = account.broker().open_orders(symbol)
                sides = {side, None} if side else {None, "buy", "sell"}
                cases += [_cancel(account, account_id, wish, o) for o in listed if o.side in sides]
                more = unlisted(account, account_id, listed, symbol)
                cases += [_cancel(account, account_id, wish, o) for o in more if o.side in sides]
            except KiwoomctlError as error:
                failed = order_results.from_error(account, None, error)
                cases.append(_Case(account, wish, result=failed))
        return self._go(cases)

    def _not_known(
        self,
        account: TradingAccount,
        account_id: AccountId,
        symbol: Symbol | None,
        side: Side | None,
    ) -> list[_Case]:
        """Return the orders that may live without being listed: "all" must not hide them."""
        return [
            _Case(
                account,
                Wish(action="cancel", symbol=symbol),
                result=order_results.from_attempt(account, attempt, self._clock),
            )
            for attempt in account.ledger().open_attempts(account_id)
            if attempt.action != "cancel"
            and symbol in {None, attempt.intent.terms.symbol}
            and side in {None, attempt.intent.terms.side}
        ]

    # The steps --------------------------------------------------------------------------------

    def _go(self, cases: list[_Case]) -> list[OrderResult]:
        try:
            self._each(cases, self._identify)
            self._refuse_doubles(cases)
            self._each(cases, self._replay)
            self._each(cases, self._look)
            self._agree(cases)
            if not self._manner.dry_run:
                self._send_all(cases)
        except Stopped:
            self._conclusion.stopped = True
        return self._results(cases)

    def _each(self, cases: Sequence[_Case], step: Callable[[_Case], None]) -> None:
        for case in cases:
            if case.result is not None:
                continue
            try:
                step(case)
            except KiwoomctlError as error:
                case.result = self._failed(case, error)

    def _identify(self, case: _Case) -> None:
        if case.draft is None and case.wish.quantity is not None:
            case.draft = new_order(case.account, case.wish)
        case.account_id = case.account.account_id()

    def _refuse_doubles(self, cases: Sequence[_Case]) -> None:
        """Refuse an account that two enabled profiles stand for, now that it is proven."""
        for case in cases:
            twins = [
                other.name
                for other in self._everybody
                if other.name != case.account.name
                and other.world == case.account.world
                and case.account_id is not None
                and other.known_id() == case.account_id
            ]
            if twins:
                raise ConfigError(
                    "profiles {first!r} and {second!r} are one account",
                    hint="in profiles.toml take one of them out, or set its enabled = false; no "
                    "order is sent for such an account",
                    code="account_twice",
                    first=case.account.name,
                    second=twins[0],
                )

    def _replay(self, case: _Case) -> None:
        """Return what was recorded under the --id key before, if it binds."""
        key, account_id = self._manner.client_id, case.account_id
        if key is None or account_id is None:
            return
        ledger = case.account.ledger()
        found = ledger.recorded(account_id, case.wish.action, key)
        if found is None:
            return
        if not case.wish.is_same(found):
            raise UsageError(
                "--id {key} was used for another order ({order_id})",
                hint="choose another key; a key belongs to one order for ever",
                code="id_reused",
                key=key,
                order_id=found.intent.order_id,
            )
        if found.state is State.SENDING:
            # Whoever was sending it is gone once the lock is free.
            with ledger.account_lock(account_id):
                found = ledger.attempt(found.id)
        case.result = self._conclusion.of(case.account, found, replayed=True)

    def _look(self, case: _Case) -> None:
        """Complete the terms, read the figures, judge them."""
        account, account_id = case.account, case.account_id
        assert account_id is not None, "identified before"  # noqa: S101 - for the type
        if case.draft is None:
            case.draft = self._draft(case)
        terms = case.draft.terms
        planned = self._planned.get(account_id, 0), sum(self._planned.values())
        case.preview = preview(
            account,
            account_id,
            terms,
            self._everybody,
            self._clock,
            on_tty=self._person.is_there and not self._manner.yes,
            planned=planned,
            client_id=self._manner.client_id,
        )
        if terms.side == "buy" and terms.action != "cancel":
            self._planned[account_id] = planned[0] + case.preview.value

    def _draft(self, case: _Case) -> Draft:
        account, wish = case.account, case.wish
        if wish.action in {"buy", "sell"}:
            return new_order(account, wish)
        if account.name not in self._days:
            self._days[account.name] = account.broker().day_orders(None)
        return change(account, wish, self._days[account.name], account.ledger())

    def _agree(self, cases: Sequence[_Case]) -> None:
        """Show everything, refuse what may not go, ask the one question over the rest."""
        waiting = [(case, case.preview) for case in cases if case.preview and not case.result]
        if not waiting:
            return
        for case, shown in waiting:
            error = refusal(shown, self._manner, is_there=self._person.is_there)
            if error is not None:
                case.result = self._failed(case, error)
        going = [] if self._is_barred(cases) else [s for case, s in waiting if not case.result]
        asked = to_ask(going, self._manner, is_there=self._person.is_there)
        self._person.shown([shown for _, shown in waiting], asking=asked is not Question.NOTHING)
        if asked is not Question.NOTHING and not self._person.agrees(asked, going):
            declined = UsageError("not confirmed: nothing was sent", code="not_confirmed")
            for case, _shown in waiting:
                case.result = case.result or self._failed(case, declined)
        elif self._manner.dry_run:
            for case, shown in waiting:
                case.result = case.result or self._tried(case, shown)

    def _is_barred(self, cases: Sequence[_Case]) -> bool:
        """Tell whether something failed that keeps the rest from going out."""
        failed = any(case.result and not case.result.succeeded for case in cases)
        cancels = all(case.wish.action == "cancel" for case in cases)
        return failed and not (self._manner.keep_going or cancels)

    def _send_all(self, cases: Sequence[_Case]) -> None:
        for case in cases:
            if self._conclusion.stopped or self._is_barred(cases):
                return
            if case.result is None and case.preview is not None:
                case.result = self._send(case, case.preview)
                self._conclusion.stopped |= self._interrupts.asked_to_stop

    def _send(self, case: _Case, shown: Preview) -> OrderResult:
        manner = self._manner
        order = Order(
            account=shown.account,
            account_id=shown.account_id,
            terms=shown.terms,
            day=shown.figures.day,
            consent=Consent(
                shown=shown.verdicts,
                yes=manner.yes,
                allowed=manner.allowed,
                on_tty=shown.situation.on_tty,
            ),
            client_id=manner.client_id,
            preview={**shown.written(), "asked": case.wish.order},
        )
        try:
            sent = self._transmission.send(order)
        except Stopped:
            self._conclusion.stopped = True
            return self._after_stop(case)
        except KiwoomctlError as error:
            return self._failed(case, error, self._current(case))
        return self._conclusion.of(
            case.account,
            sent.attempt,
            replayed=sent.replayed,
            verdicts=sent.verdicts,
            interrupted=self._interrupts.asked_to_stop,
        )

    # Results ----------------------------------------------------------------------------------

    def _failed(
        self, case: _Case, error: KiwoomctlError, attempt: Attempt | None = None
    ) -> OrderResult:
        if isinstance(error, NothingLeft):
            return order_results.closed(case.account, error.target, self._manner.client_id)
        shown = case.preview
        return order_results.from_error(
            case.account,
            case.draft.terms if case.draft else None,
            error,
            client_id=self._manner.client_id,
            verdicts=shown.verdicts if shown else (),
            attempt=attempt,
            request=self._request(case) if self._manner.dry_run and shown else None,
        )

    def _tried(self, case: _Case, shown: Preview) -> OrderResult:
        return OrderResult(
            account=case.account,
            terms=shown.terms,
            state="dry_run",
            client_id=self._manner.client_id,
            target=shown.target,
            verdicts=shown.verdicts,
            request=self._request(case),
        )

    def _request(self, case: _Case) -> dict[str, str]:
        assert case.draft is not None, "drafted before"  # noqa: S101 - for the type
        return dict(case.account.desk().request(case.draft.terms))

    def _current(self, case: _Case) -> Attempt | None:
        """Return the row of the order at hand; None without one, or where it cannot be read."""
        current = self._transmission.current
        if current is None:
            return None
        try:
            return case.account.ledger().attempt(current)
        except KiwoomctlError:
            return None  # what is told about an order that went out must not depend on the disk

    def _after_stop(self, case: _Case) -> OrderResult:
        """Report what a signal left: what went out is told, whatever became of it."""
        attempt = self._current(case)
        if attempt is not None:
            return self._conclusion.of(case.account, attempt, replayed=False)
        current = self._transmission.current
        if current is None:
            return self._failed(case, Interrupted("stopped before anything was sent"))
        unread = UnknownOutcome(
            "stopped: what became of {attempt} cannot be read from the ledger",
            hint="mend the ledger's disk, then: kiwoomctl resolve {attempt}",
            attempt=current,
        )
        return self._failed(case, unread)

    def _results(self, cases: Sequence[_Case]) -> list[OrderResult]:
        """Return every row; those whose turn did not come fail as what stopped them did."""
        failed = [case.result.error for case in cases if case.result and case.result.error]
        code = Interrupted.exit_code if self._conclusion.stopped else 0
        code = next((error.exit_code for error in failed), code)
        return [
            case.result
            or order_results.not_reached(
                case.account,
                case.draft.terms if case.draft else None,
                code,
                self._manner.client_id,
            )
            for case in cases
        ]
