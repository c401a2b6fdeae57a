"""What one account's order came to, for the report: the ledger's state in users' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.orders import SHOWN, BrokerOrder, State, Terms, whole_number
from kiwoomctl.errors import (
    BrokerRejected,
    Busy,
    Interrupted,
    KiwoomctlError,
    Phrase,
    SignInError,
    Unavailable,
    UnknownOutcome,
)
from kiwoomctl.ledger import Attempt
from kiwoomctl.risk.verdicts import Verdict
from kiwoomctl.services.accounts import TradingAccount

Shown = Literal["accepted", "rejected", "refused", "not_sent", "unknown", "dry_run"]
_SUCCESS: Final = frozenset({State.ACCEPTED, State.MATCHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """One row of the report of buy, sell, modify and cancel."""

    account: TradingAccount
    terms: Terms | None
    """None where the order that was meant is not known."""
    state: Shown
    client_id: str | None = None
    attempt: Attempt | None = None
    target: BrokerOrder | None = None
    """The order that was modified or cancelled, as last read."""
    verdicts: tuple[Verdict, ...] = ()
    replayed: bool = False
    request: Mapping[str, Any] | None = None
    """Of a dry run: the exact body."""
    reason_code: str | None = None
    message: Phrase | None = None
    error: KiwoomctlError | None = None
    """None for what succeeded."""

    @property
    def succeeded(self) -> bool:
        """Whether it is as the person wanted."""
        return self.error is None


def from_attempt(
    account: TradingAccount,
    attempt: Attempt,
    clock: Clock,
    *,
    replayed: bool = False,
    verdicts: tuple[Verdict, ...] = (),
    candidates: tuple[BrokerOrder, ...] = (),
    interrupted: bool = False,
) -> OrderResult:
    """Return the row of an attempt as the ledger has it."""
    error = _error(account, attempt, candidates, interrupted=interrupted)
    message = _success(attempt) if attempt.state in _SUCCESS else None
    if replayed and (told := _recorded_before(attempt, clock)) is not None:
        message = told
    return OrderResult(
        account=account,
        terms=attempt.intent.terms,
        state=SHOWN[attempt.state],  # type: ignore[arg-type]  # its words are these
        client_id=attempt.intent.client_id,
        attempt=attempt,
        verdicts=verdicts,
        replayed=replayed,
        reason_code=None if attempt.state in _SUCCESS else attempt.outcome_code,
        message=message,
        error=error,
    )


def from_error(
    account: TradingAccount,
    terms: Terms | None,
    error: KiwoomctlError,
    *,
    client_id: str | None = None,
    verdicts: tuple[Verdict, ...] = (),
    attempt: Attempt | None = None,
    request: Mapping[str, Any] | None = None,
) -> OrderResult:
    """Return the row of an order that an error stopped before anything was sent."""
    refused = error.exit_code in {2, 7}
    state: Shown = "refused" if refused else "not_sent"
    if error.exit_code == UnknownOutcome.exit_code:
        state = "unknown"
    return OrderResult(
        account=account,
        terms=terms,
        state=state,
        client_id=client_id,
        attempt=attempt,
        verdicts=verdicts,
        request=request,
        reason_code=error.code,
        error=error,
    )


class NotReached(KiwoomctlError):
    """An order whose turn did not come; its exit code is that of what stopped it."""

    code = "not_reached"
    safe_to_retry = True

    def __init__(self, exit_code: int) -> None:
        super().__init__(
            "not sent: an order before it did not succeed",
            hint="--keep-going sends the rest all the same",
        )
        self.exit_code = exit_code  # type: ignore[misc]  # each has its own


def not_reached(
    account: TradingAccount, terms: Terms | None, exit_code: int, client_id: str | None
) -> OrderResult:
    """Return the row of an order that was not tried, since one before it did not succeed."""
    return OrderResult(
        account=account,
        terms=terms,
        state="not_sent",
        client_id=client_id,
        reason_code=NotReached.code,
        error=NotReached(exit_code),
    )


def closed(account: TradingAccount, target: BrokerOrder, client_id: str | None) -> OrderResult:
    """Return the row of a cancel of an order that is closed already: as the person wanted."""
    return OrderResult(
        account=account,
        terms=None,
        state="not_sent",
        client_id=client_id,
        target=target,
        reason_code="closed",
        message=Phrase(
            "the order is {status}: nothing is left to cancel", status=Phrase(target.status)
        ),
    )


def nothing_left(result: OrderResult, target: BrokerOrder | None) -> OrderResult:
    """Return the row of a cancel the broker refused because nothing was left to cancel."""
    status = Phrase("closed" if target is None else target.status)
    return replace(
        result,
        target=target,
        message=Phrase("the order is {status}: nothing was left to cancel", status=status),
        error=None,
    )


def replaced(result: OrderResult, newest: BrokerOrder) -> OrderResult:
    """Return the row of a cancel that came too late: the order goes on under a new number."""
    return replace(
        result,
        target=newest,
        error=BrokerRejected(
            "the order was modified meanwhile and goes on as {number}: it is not cancelled",
            hint="cancel that one: kiwoomctl cancel {number} -p {profile}",
            code="replaced",
            number=whole_number(newest.number),
            profile=result.account.name,
        ),
    )


def _success(attempt: Attempt) -> Phrase:
    if attempt.action == "cancel":
        return Phrase("the cancel is received; orders shows what is left")
    if attempt.state is State.MATCHED and (attempt.settled_by or "").startswith("person"):
        return Phrase("the reply was lost; a person named this order")
    if attempt.state is State.MATCHED:
        return Phrase("the reply was lost; the broker's lists show this order")
    return Phrase("received by the broker; the exchange may still refuse it")


def _recorded_before(attempt: Attempt, clock: Clock) -> Phrase | None:
    """Return what a repeated --id must know when its order is of another day."""
    now = clock.now()
    today = (now if attempt.broker_ahead is None else now + attempt.broker_ahead).date()
    day = attempt.intent.trading_day
    if day == today:
        return Phrase("recorded before under this --id; nothing was sent now")
    return Phrase("recorded {day}, nothing sent today: put the date into the key", day=day)


def _error(
    account: TradingAccount,
    attempt: Attempt,
    candidates: tuple[BrokerOrder, ...],
    *,
    interrupted: bool,
) -> KiwoomctlError | None:
    code, text = attempt.outcome_code or "", attempt.outcome_text or ""
    if attempt.state in _SUCCESS:
        return None
    if attempt.state is State.REJECTED:
        return BrokerRejected(
            "the broker rejected the order [{broker_code}]: {text}",
            code=f"{account.broker_name}_{code}",
            broker_code=code,
            text=text,
        )
    if attempt.state is State.AMBIGUOUS:
        return UnknownOutcome(
            "several orders could be {attempt} ({numbers}): a person must say which one it is",
            hint="compare them at the broker, then: kiwoomctl resolve {attempt} --number N",
            code="ambiguous",
            attempt=attempt.id,
            numbers=", ".join(whole_number(order.number) for order in candidates) or "?",
        )
    if attempt.state in {State.UNKNOWN, State.SENDING}:
        return UnknownOutcome(
            "the outcome of {attempt} is UNKNOWN ({reason}): do not send it again",
            hint="kiwoomctl resolve {attempt}",
            attempt=attempt.id,
            reason=code or "-",
        )
    if attempt.state is State.ABSENT:
        return Unavailable(
            "{attempt} made no order: that is final",
            hint="to order it again, give another --id key or none",
            code="absent",
            safe_to_retry=False,
            attempt=attempt.id,
        )
    if interrupted:
        return Interrupted("stopped before anything was sent")
    return _unsent(account, code, text)


def _unsent(account: TradingAccount, code: str, text: str) -> KiwoomctlError:
    gate = account.gate(code)
    if gate == "rate":
        return Busy(
            "the broker refused the order rate: nothing was placed",
            hint="all kiwoomctl commands of this machine share the limit; run fewer at once "
            "or try again later",
            code="throttled",
        )
    if gate == "token":
        return SignInError(
            "the broker refused the token again: nothing was placed [{broker_code}]",
            hint="kiwoomctl login --refresh, then try again",
            code=f"{account.broker_name}_{code}",
            broker_code=code,
        )
    return Unavailable(
        "the order was not sent ({reason}): nothing was placed",
        hint="try again",
        code="not_sent",
        reason=text or code or "-",
    )
