"""Fresh figures of one order: what is read for its preview, and again under the lock.

A figure the broker left out is None, and the check that needs it holds the order. A read that
fails stops the order before anything is sent; only other accounts' open orders may be
missing, which CROSS then tells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from kiwoomctl.brokers.port import Broker
from kiwoomctl.brokers.port_orders import DayOrders
from kiwoomctl.domain.clock import KST, Clock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.market import Instrument, Quote
from kiwoomctl.domain.orders import BrokerOrder, State, Terms, bare_number
from kiwoomctl.domain.portfolio import Position
from kiwoomctl.errors import BrokerRejected, Refused
from kiwoomctl.ledger import Attempt, Ledger, Snapshot
from kiwoomctl.risk.situation import Counters, Situation, Working, order_value
from kiwoomctl.services.accounts import TradingAccount, ask

_UNKNOWN_CODE: Final = "kiwoom_1902"
_DONE: Final = frozenset({"filled", "cancelled", "rejected", "expired", "closed"})


@dataclass(frozen=True, slots=True)
class OtherOrders:
    """The orders of the other accounts of this config in one code; None where one failed."""

    open: tuple[Working, ...] | None
    closed: frozenset[tuple[AccountId, str]]
    """Numbers known to be closed."""
    unread: tuple[str, ...] = ()
    """The profiles that failed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was read for one order; money in KRW."""

    day: date
    """The trading day by the broker's clock, KST."""
    broker_time: datetime | None
    broker_ahead: timedelta | None
    """The broker's clock less ours; None where it does not say."""
    quote: Quote
    instrument: Instrument | None
    orderable: Decimal | None
    """For buys with full margin; None also for a sell, which does not need it."""
    sellable_quantity: int | None
    """None also for a buy."""
    total_assets: Decimal | None
    """추정예탁자산; None where it was not read."""
    commission_rate: Decimal
    orders: DayOrders
    """This account's orders of the day, at least those in this code."""
    others: OtherOrders

    @property
    def numbers(self) -> frozenset[str]:
        """Every number of the broker's lists."""
        return frozenset(o.number for o in self.orders.orders) | self.orders.in_day_list

    def order(self, number: str | None) -> BrokerOrder | None:
        """Return the order of this number."""
        bare = bare_number(number or "")
        return next((o for o in self.orders.orders if o.number == bare), None)

    def refuse_other_day(self, day: date) -> None:
        """Make sure that the day of the preview goes on: a number named then was of that day.

        Raises:
            Refused: it is over.
        """
        if self.day != day:
            raise Refused(
                "the trading day changed since the preview: {before} is over",
                hint="look at it again; nothing was sent",
                code="day_over",
                before=day,
            )


def read(
    account: TradingAccount,
    terms: Terms,
    everybody: Sequence[TradingAccount],
    clock: Clock,
    *,
    opposite: Collection[AccountId],
    holdings: bool,
    whole_day: bool = False,
) -> Figures:
    """Read everything the checks of an order need.

    Args:
        account: whose order it is.
        terms: the order.
        everybody: every account of this config.
        clock: this machine's time.
        opposite: accounts that the ledger knows an opposite order of.
        holdings: whether to read the positions for a buy too, for the preview.
        whole_day: whether the orders of every code are wanted: no known number, whatever its
            code, can be the new order's.

    Raises:
        BrokerRejected: the broker does not know the code.
        SignInError, Unavailable, Busy: something could not be read.
    """
    broker = account.broker()
    if terms.action == "cancel":
        return _for_cancel(broker, terms, clock)
    quote = _quote(broker, terms.symbol)
    instrument = _instrument(broker, terms.symbol)
    orderable = broker.buying_power() if terms.side == "buy" else None
    held = broker.holdings() if holdings or terms.action == "sell" else None
    day = (quote.broker_time or clock.now()).astimezone(KST).date()
    others = _others(account, terms, everybody, opposite, day)
    orders = broker.day_orders(day, None if whole_day else terms.symbol)
    return Figures(
        day=day,
        broker_time=orders.broker_time,
        broker_ahead=_ahead(orders, clock),
        quote=quote,
        instrument=instrument,
        orderable=orderable,
        sellable_quantity=sellable(held.positions, terms.symbol) if held else None,
        total_assets=held.total_assets if held else None,
        commission_rate=broker.commission_rate(),
        orders=orders,
        others=others,
    )


def _for_cancel(broker: Broker, terms: Terms, clock: Clock) -> Figures:
    """Read what a cancel needs: only the lists, for no check but ENVIRONMENT is made."""
    orders = broker.day_orders(None, terms.symbol)
    return Figures(
        day=orders.day,
        broker_time=orders.broker_time,
        broker_ahead=_ahead(orders, clock),
        quote=Quote(None, None, None, None),
        instrument=None,
        orderable=None,
        sellable_quantity=None,
        total_assets=None,
        commission_rate=broker.commission_rate(),
        orders=orders,
        others=OtherOrders((), frozenset()),
    )


def _ahead(orders: DayOrders, clock: Clock) -> timedelta | None:
    return None if orders.broker_time is None else orders.broker_time - clock.now()


def situation(
    account: TradingAccount,
    account_id: AccountId,
    terms: Terms,
    figures: Figures,
    snapshot: Snapshot | None,
    ledger: Ledger,
    *,
    on_tty: bool,
    now: datetime,
    planned: tuple[int, int] = (0, 0),
    client_id: str | None = None,
) -> Situation:
    """Return all that is known of an order, for the checks.

    Args:
        account: whose order it is.
        account_id: the same, proven.
        terms: the order.
        figures: what was read.
        snapshot: what the ledger counts; None where only the order itself is of interest.
        ledger: knows which opposite orders were cancelled or replaced.
        on_tty: whether a person at a terminal confirms it.
        now: this machine's time.
        planned: KRW of buys of this command that come before it: in this account, in all.
        client_id: its --id key; another process may be sending it under the same right now,
            which is no second order.
    """
    # Most orders have no opposite one, and a day may have many attempts.
    opposite = snapshot.opposite if snapshot else ()
    closed = closed_in_ledger(ledger.of_day(figures.day)) if opposite else frozenset()
    return Situation(
        account=account_id,
        terms=terms,
        limits=account.limits,
        now=now,
        broker_time=figures.broker_time,
        on_tty=on_tty,
        halt=snapshot.mode if snapshot else None,
        signing=account.signing(),
        quote=figures.quote,
        kind=figures.instrument.kind if figures.instrument else None,
        orderable=figures.orderable,
        sellable_quantity=figures.sellable_quantity,
        commission_rate=figures.commission_rate,
        counters=_counters(snapshot, terms, planned, client_id) if snapshot else None,
        working=_working(account_id, figures, opposite, closed),
        unread=figures.others.unread,
        target=figures.order(terms.target),
    )


def _counters(
    snapshot: Snapshot, terms: Terms, planned: tuple[int, int], client_id: str | None
) -> Counters:
    here, everywhere = planned
    return Counters(
        now=snapshot.now,
        daily_account=snapshot.daily_account + here,
        daily_all=snapshot.daily_all + everywhere,
        bought_lately=snapshot.bought_lately,
        last_minute=snapshot.orders_last_minute,
        today=snapshot.orders_today,
        equal=tuple(
            a.created_at
            for a in snapshot.duplicates
            if _is_equal(a, terms) and (client_id is None or a.intent.client_id != client_id)
        ),
    )


def whole_value(seen: Situation) -> int:
    """Return the KRW an order is counted with, rounded up; 0 for a cancel.

    Where its most cannot be told it counts with the last price.
    """
    if seen.terms.action == "cancel":
        return 0
    value = order_value(seen)
    if value is None:
        value = (seen.last or Decimal(0)) * seen.terms.quantity
    return int(value.to_integral_value(ROUND_CEILING))


def closed_in_ledger(attempts: Iterable[Attempt]) -> frozenset[tuple[AccountId, str]]:
    """Return the numbers that were cancelled whole or replaced, as the broker accepted it."""
    return frozenset(
        (attempt.intent.account, bare)
        for attempt in attempts
        if attempt.state in {State.ACCEPTED, State.MATCHED}
        and attempt.intent.terms.quantity == 0
        and attempt.action in {"modify", "cancel"}
        and (bare := bare_number(attempt.intent.terms.target or ""))
    )


def _quote(broker: Broker, symbol: Symbol) -> Quote:
    try:
        return broker.quote(symbol)
    except BrokerRejected as error:
        if error.code != _UNKNOWN_CODE:
            raise
        raise BrokerRejected(
            "the broker knows no code {symbol}",
            hint="look the code up at the broker",
            code=_UNKNOWN_CODE,
            symbol=symbol,
        ) from None


def _instrument(broker: Broker, symbol: Symbol) -> Instrument | None:
    try:
        return broker.instrument(symbol)
    except BrokerRejected as error:
        if error.code == _UNKNOWN_CODE:
            raise
        return None  # not offered here: its kind is unknown, which TICK tells


def sellable(positions: Iterable[Position], symbol: Symbol) -> int | None:
    """Return the shares a cash order may sell; those bought on credit need credit orders."""
    own = [p.sellable_quantity for p in positions if p.symbol == symbol and not p.loan_date]
    return None if None in own else sum(quantity or 0 for quantity in own)


def _others(
    account: TradingAccount,
    terms: Terms,
    everybody: Sequence[TradingAccount],
    opposite: Collection[AccountId],
    day: date,
) -> OtherOrders:
    """Read the other accounts that could trade with this order.

    Those the ledger knows an opposite order of are asked for the whole day: only there a closed
    order shows as closed.
    """
    rest = [
        other
        for other in everybody
        if other.name != account.name and (other.world, other.host) == (account.world, account.host)
    ]
    suspects = [other for other in rest if other.known_id() in opposite]
    plain = [other for other in rest if other not in suspects]
    open_now, failed = _asked(plain, lambda broker: broker.open_orders(terms.symbol))
    whole_day, failed_too = _asked(
        suspects, lambda broker: broker.day_orders(day, terms.symbol).orders
    )
    if failed or failed_too:
        return OtherOrders(None, frozenset(), (*failed, *failed_too))
    told = [(other, order) for other, orders in (*open_now, *whole_day) for order in orders]
    return OtherOrders(
        open=tuple(_as_working(_id(other), o) for other, o in told if o.status not in _DONE),
        closed=frozenset((_id(other), o.number) for other, o in told if o.status in _DONE),
    )


def _asked(
    accounts: Sequence[TradingAccount], question: Callable[[Broker], tuple[BrokerOrder, ...]]
) -> tuple[list[tuple[TradingAccount, tuple[BrokerOrder, ...]]], tuple[str, ...]]:
    """Return the accounts' answers, and the names of those that failed."""
    if not accounts:
        return [], ()
    answers = ask(accounts, question, lambda _done, _chosen: None)
    by_name = {account.name: account for account in accounts}
    good = [(by_name[account.name], orders) for account, orders in answers.good]
    return good, tuple(account.name for account, _error in answers.failed)


def _id(account: TradingAccount) -> AccountId:
    # Before its number was proven no order of ours can be in it; its name tells it apart.
    return account.known_id() or AccountId(
        account.broker_name, account.environment, f"profile {account.name}"
    )


def _as_working(account_id: AccountId, order: BrokerOrder) -> Working:
    return Working(account_id, order.symbol, order.side, order.type, order.price, order.number)


def _working(
    account_id: AccountId,
    figures: Figures,
    opposite: Iterable[Attempt],
    ledger_closed: frozenset[tuple[AccountId, str]],
) -> tuple[Working, ...] | None:
    """Return the orders of today that are not known to be closed."""
    if figures.others.open is None:
        return None
    own = [o for o in figures.orders.orders if o.status not in _DONE and o.change != "cancel"]
    listed = [*figures.others.open, *(_as_working(account_id, order) for order in own)]
    open_numbers = {(w.account, w.number) for w in listed}
    closed = (
        figures.others.closed
        | {(account_id, o.number) for o in figures.orders.orders if o.status in _DONE}
        | ledger_closed
    )
    for attempt in opposite:
        key = (attempt.intent.account, attempt.number)
        if key in open_numbers or key in closed:
            continue
        wanted = attempt.intent.terms
        listed.append(
            Working(key[0], wanted.symbol, wanted.side, wanted.type, wanted.price, key[1])
        )
    return tuple(listed)


def _is_equal(attempt: Attempt, terms: Terms) -> bool:
    """Tell whether an attempt asked for the same; of a modify also for the same order."""
    wanted = attempt.intent.terms
    same_order = bare_number(wanted.target or "") == bare_number(terms.target or "")
    return wanted.action == terms.action and same_order
