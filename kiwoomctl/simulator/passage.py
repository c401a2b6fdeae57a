"""What time and prices do to orders that rest: fills, auctions, refusals, ends.

Time passes in a fixed order of events, so that the same requests give the same
fills however often somebody looks in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kiwoomctl.domain.sessions import Session, session_at
from kiwoomctl.simulator import matching, trading_hours
from kiwoomctl.simulator.market import STEP_SECONDS
from kiwoomctl.simulator.orders import Order, OrderRefused, Postponed

if TYPE_CHECKING:
    from kiwoomctl.simulator.desk import Desk

_INSTANT = timedelta(microseconds=1)


class Passage:
    """Time over the orders of one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.exchange = desk.exchange

    def price_moved(self, symbol: str | None, moment: datetime) -> None:
        """Let the resting orders of a symbol, or of all, meet the price of this moment."""
        self.exchange.liquidity.renew(symbol)
        for order in self._resting(moment, symbol):
            if matching.waits_for_its_own_session(order):
                continue
            if not trading_hours.trades_now(order.exchange, moment):
                continue
            quote = self.desk.quote(order.symbol, moment)
            awake = self.desk.awake(order, quote)
            if awake is not None:
                was_dormant = order.dormant
                how = matching.entering if was_dormant else matching.passed
                self.desk.executed(
                    awake,
                    how(awake, quote, self.exchange.liquidity, moment, self.desk.environment),
                    moment,
                )

    def pass_time(self, since: datetime, until: datetime, machine_now: float) -> None:
        """Let everything happen that happens between two moments."""
        moment = since
        while self._has_work():
            moment = self._next_event(moment)
            if moment > until:
                break
            self._happen(moment)
        for postponed in list(self.exchange.postponed):
            if postponed.due is None and postponed.machine_due <= machine_now:
                self._arrive(postponed, until)

    def _resting(self, moment: datetime, symbol: str | None = None) -> Iterator[Order]:
        """Yield open orders by price, then by number; none that is about to be refused."""
        found = [
            order
            for order in self.exchange.open_orders()
            if order.reject_at is None
            and (symbol is None or order.symbol == symbol)
            and (order.expires_at is None or order.expires_at > moment)
        ]

        def priority(order: Order) -> tuple[int, int]:
            price = order.resting_price
            best = -price if order.side == "buy" else price
            return (best if price else -(10**12), order.number)

        return iter(sorted(found, key=priority))

    def _has_work(self) -> bool:
        exchange = self.exchange
        return any(p.due is not None for p in exchange.postponed) or bool(exchange.open_orders())

    def _next_event(self, after: datetime) -> datetime:
        exchange = self.exchange
        moments = [trading_hours.next_boundary(after)]
        if exchange.market.moving and session_at(after) is Session.CONTINUOUS:
            whole = after.replace(second=0, microsecond=0)
            moments.append(whole + timedelta(seconds=STEP_SECONDS))
        # What is overdue happens at the first possible moment.
        soonest = after + _INSTANT
        due = [p.due for p in exchange.postponed if p.due is not None]
        due += [o.reject_at for o in exchange.open_orders() if o.reject_at is not None]
        moments += [max(moment, soonest) for moment in due]
        return min(moments)

    def _happen(self, moment: datetime) -> None:
        exchange = self.exchange
        self._keep_appointments(moment)
        auction = trading_hours.auction_ends(moment)
        if auction is not None:
            self._uncross(moment, closing=auction is Session.CLOSING_AUCTION)
        self._trade_in_own_sessions(moment)
        for order in exchange.open_orders():
            if order.expires_at is not None and order.expires_at <= moment:
                left = order.quantity - order.filled
                self.desk.put(order._replace(cancelled=left, closed_as="expired"))
        moved = exchange.market.moving and moment.second == 0 and moment.microsecond == 0
        if moved or trading_hours.opens(moment):
            self.price_moved(None, moment)

    def _keep_appointments(self, moment: datetime) -> None:
        """Take what was postponed until now, refuse what is to be refused now."""
        for postponed in list(self.exchange.postponed):
            if postponed.due is not None and postponed.due <= moment:
                self._arrive(postponed, moment)
        for order in self.exchange.open_orders():
            if order.reject_at is not None and order.reject_at <= moment:
                self.desk.reject_open(order, order.reject_code, order.reject_text)

    def _trade_in_own_sessions(self, moment: datetime) -> None:
        """Execute orders at a close, and single-price orders when they are called."""
        for order in list(self._resting(moment - _INSTANT)):
            own = matching.waits_for_its_own_session(order)
            if own and trading_hours.fixed_price_trades(order.order_type, moment):
                price = self.exchange.market.price(order.symbol, moment)
                self.desk.executed(order, matching.at_one_price(order, price), moment)

    def _uncross(self, moment: datetime, *, closing: bool) -> None:
        for order in list(self._resting(moment - _INSTANT)):
            if order.exchange == "NXT" or matching.waits_for_its_own_session(order):
                continue
            price = self.exchange.market.price(order.symbol, moment)
            awake = self.desk.awake(order, self.desk.quote(order.symbol, moment))
            if awake is not None:
                found = matching.at_one_price(awake, price, closing=closing)
                self.desk.executed(awake, found, moment)

    def _arrive(self, postponed: Postponed, moment: datetime) -> None:
        self.exchange.postponed.remove(postponed)
        self.exchange.revision += 1
        try:
            self.desk.submit(postponed.request, moment)
        except OrderRefused:
            return
