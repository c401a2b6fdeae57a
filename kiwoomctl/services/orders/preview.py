"""What is shown before an order is sent, and what the checks say about it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kiwoomctl.domain.clock import Clock
from kiwoomctl.domain.identity import AccountId, mask_account
from kiwoomctl.domain.orders import BrokerOrder, Terms
from kiwoomctl.domain.portfolio import Environment, percent
from kiwoomctl.errors import UsageError
from kiwoomctl.risk.checks import check
from kiwoomctl.risk.situation import Situation, order_value, shares
from kiwoomctl.risk.verdicts import Verdict
from kiwoomctl.services.accounts import TradingAccount
from kiwoomctl.services.orders import figures as fresh
from kiwoomctl.services.orders.figures import Figures
from kiwoomctl.services.quotes import named


@dataclass(frozen=True, slots=True)
class Preview:
    """One order as a person sees it before agreeing; money in KRW."""

    account: TradingAccount
    account_id: AccountId
    terms: Terms
    figures: Figures
    situation: Situation
    verdicts: tuple[Verdict, ...]
    value: int
    """What the order counts with, rounded up."""

    @property
    def profile(self) -> str:
        """Whose order it is."""
        return self.account.name

    @property
    def environment(self) -> Environment:
        """Real money, or not."""
        return self.account.environment

    @property
    def masked_account(self) -> str | None:
        """The account number, its middle hidden."""
        return mask_account(self.account_id.number)

    @property
    def name(self) -> str:
        """The instrument's; "" where neither the broker nor a file of this machine says it."""
        instrument = self.figures.instrument
        if instrument is not None:
            return named(self.account.world, self.terms.symbol, instrument.name) or ""
        return self.target.name if self.target else ""

    @property
    def target(self) -> BrokerOrder | None:
        """The order that is modified or cancelled."""
        return self.situation.target

    @property
    def quantity(self) -> int | None:
        """Whole shares; of a modify or cancel of the rest what remains now."""
        if self.terms.action == "cancel" and not self.terms.quantity:
            return self.target.remaining_quantity if self.target else None
        return shares(self.situation)

    @property
    def amount(self) -> Decimal | None:
        """What it may cost or bring at most; None where that is not known, and for a cancel."""
        return None if self.terms.action == "cancel" else order_value(self.situation)

    @property
    def share(self) -> Decimal | None:
        """The amount in percent of the account's total assets."""
        return percent(self.amount, self.figures.total_assets)

    @property
    def distance(self) -> Decimal | None:
        """How far the price is above (below: negative) the last price, in percent."""
        last, price = self.situation.last, self.terms.price
        return percent(price - last, last) if last is not None and price is not None else None

    def written(self) -> dict[str, Any]:
        """Return what was shown, for the journal."""
        return {
            "name": self.name,
            "last": self.situation.last,
            "amount": self.amount,
            "share": self.share,
            "distance": self.distance,
            "broker_time": self.figures.broker_time,
        }


def preview(
    account: TradingAccount,
    account_id: AccountId,
    terms: Terms,
    everybody: Sequence[TradingAccount],
    clock: Clock,
    *,
    on_tty: bool,
    planned: tuple[int, int] = (0, 0),
    client_id: str | None = None,
) -> Preview:
    """Read the figures of an order and judge it; nothing is locked and nothing written.

    Args:
        account: whose order it is.
        account_id: the same, proven.
        terms: the order.
        everybody: every account of this config.
        clock: this machine's time.
        on_tty: whether a person at a terminal will confirm it.
        planned: KRW of buys of this command that come before it: in this account, in all.
        client_id: its --id key.

    Raises:
        Refused: the ledger is in doubt, orders are stopped, or an outcome is open.
        UsageError: the exchange does not trade the instrument.
        BrokerRejected, SignInError, Unavailable, Busy: something could not be read.
        StateError: the ledger cannot be used.
    """
    ledger = account.ledger()
    ledger.refuse_blocked(account_id, terms)
    window = timedelta(seconds=account.limits.duplicate)
    known = ledger.opposite(account_id, terms, clock.now().date())
    seen = fresh.read(
        account,
        terms,
        everybody,
        clock,
        opposite={attempt.intent.account for attempt in known},
        holdings=True,
    )
    _refuse_unlisted(terms, seen)
    snapshot = ledger.outlook(account_id, terms, seen.day, window)
    situation = fresh.situation(
        account,
        account_id,
        terms,
        seen,
        snapshot,
        ledger,
        on_tty=on_tty,
        now=clock.now(),
        planned=planned,
        client_id=client_id,
    )
    return Preview(
        account=account,
        account_id=account_id,
        terms=terms,
        figures=seen,
        situation=situation,
        verdicts=check(situation),
        value=fresh.whole_value(situation),
    )


def _refuse_unlisted(terms: Terms, seen: Figures) -> None:
    instrument = seen.instrument
    if terms.exchange == "NXT" and instrument is not None and instrument.nxt is False:
        raise UsageError(
            "NXT does not trade {symbol} {name}",
            hint="--exchange KRX",
            code="nxt",
            symbol=terms.symbol,
            name=instrument.name,
        )
