"""The exchange's order desk: takes orders, changes them, books what they get.

Invariants:

- What is accepted has a number of its own, higher than every number of that day.
- filled + remaining + cancelled = quantity, of every order at every moment.
- Open buys never hold back more cash than there was, open sells never more shares.

Everything here runs under the host's lock.
"""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kiwoomctl.domain.sessions import trading_day_until
from kiwoomctl.simulator import matching, trading_hours
from kiwoomctl.simulator.costs import cost_rules
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.matching import Execution
from kiwoomctl.simulator.order_rules import (
    check_market,
    check_offer,
    check_price,
    check_terms,
    checked_instrument,
    checked_target,
)
from kiwoomctl.simulator.orders import (
    AT_ONCE_TYPES,
    MARKET_TYPES,
    MID_TYPES,
    PRICED_TYPES,
    STOP,
    Fill,
    Order,
    OrderRefused,
    OrderRequest,
    PlannedRejection,
    Postponed,
    Reason,
)
from kiwoomctl.simulator.positions import affordable, book, free_shares

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

_NUMBER_GAPS = 5


class Desk:
    """The order desk of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.environment = exchange.seed.environment
        self.costs = cost_rules(self.environment)

    def submit(self, request: OrderRequest, moment: datetime) -> Order:
        """Take an order and return it as it stands at once.

        Raises:
            OrderRefused: it is not taken; nothing has changed.
        """
        check_offer(self.environment, request.exchange)
        checked_instrument(self.exchange.market, request.symbol)
        if request.action == "new":
            order = self._new(request, moment)
        elif request.action == "modify":
            order = self._modify(request, moment)
        else:
            order = self._cancel(request, moment)
        self.exchange.revision += 1
        return order

    def postpone(self, request: OrderRequest, seconds: float, *, by_machine: bool) -> None:
        """Keep an order for later; whether it is taken shows then.

        Args:
            request: the order.
            seconds: how much later.
            by_machine: whether these are the machine's seconds and not the simulated ones.
        """
        clock = self.exchange.clock
        if by_machine:
            postponed = Postponed(request, None, clock.machine.now().timestamp() + seconds)
        else:
            postponed = Postponed(request, clock.now() + timedelta(seconds=seconds))
        self.exchange.postponed.append(postponed)
        self.exchange.revision += 1

    def reject_open(self, order: Order, code: str, text: str) -> Order:
        """Refuse an accepted order that is still open."""
        closed = order._replace(
            cancelled=order.quantity - order.filled,
            closed_as="rejected",
            reject_at=None,
            reject_code=code,
            reject_text=text,
        )
        return self.put(closed)

    def execute_by_hand(self, order: Order, quantity: int, price: int, moment: datetime) -> Order:
        """Let an open order get so many shares at a price, whatever the market says."""
        return self.executed(order, [Execution(price, quantity, 0)], moment)

    def _new(self, request: OrderRequest, moment: datetime) -> Order:
        exchange = self.exchange
        check_terms(request)
        instrument = checked_instrument(exchange.market, request.symbol)
        quote = self.quote(request.symbol, moment)
        check_market(self.environment, request, instrument, quote, moment)
        price = request.price if request.order_type in PRICED_TYPES else 0
        stop_price = request.stop_price if request.order_type == STOP else 0
        order = self._record(request, moment, price=price, stop_price=stop_price)
        limit = matching.resting_limit(order, quote, exchange.liquidity, moment)
        order = order._replace(limit=limit, dormant=order.order_type == STOP)
        if order.side == "buy":
            order = order._replace(hold_price=self._hold_price(order, quote))
            self._check_cash(order, moment)
        else:
            self._check_shares(order, moment)
        plan = self._planned_rejection(request.appkey)
        if plan is not None:
            order = order._replace(
                reject_at=moment + timedelta(seconds=plan.seconds),
                reject_code=plan.code,
                reject_text=plan.text,
            )
        exchange.orders.append(order)
        return self._entered(order, moment)

    def _modify(self, request: OrderRequest, moment: datetime) -> Order:
        exchange = self.exchange
        target, quantity = self._target(request, moment)
        order_type = request.new_type or target.order_type
        if not request.new_type and target.order_type not in PRICED_TYPES:
            raise OrderRefused(Reason.TYPE_NOT_HERE)
        has_price = order_type in PRICED_TYPES
        if has_price and request.price <= 0:
            raise OrderRefused(Reason.NO_PRICE)
        quote = self.quote(request.symbol, moment)
        if order_type != target.order_type or not target.session:
            trading_hours.check_hours(
                self.environment, target.exchange, order_type, quote.instrument, moment
            )
        price = request.price if has_price else 0
        if has_price:
            check_price(price, quote)
        stop_price = request.stop_price or target.stop_price
        if order_type == STOP:
            check_price(stop_price, quote)
        order = (self._record(request, moment, price=price, stop_price=target.stop_price))._replace(
            side=target.side,
            order_type=order_type,
            quantity=quantity,
            original=target.number,
            root=target.root or target.number,
            dormant=target.dormant and order_type == STOP,
            expires_at=target.expires_at,
            session=target.session if order_type == target.order_type else "",
        )
        if order_type == STOP:
            order = order._replace(stop_price=stop_price)
        if not has_price:
            limit = matching.resting_limit(order, quote, exchange.liquidity, moment)
            order = order._replace(limit=limit)
        left = target._replace(cancelled=target.cancelled + quantity, closed_as="modified")
        if order.side == "buy":
            order = order._replace(hold_price=self._hold_price(order, quote))
            released = exchange.held_cash(target) - exchange.held_cash(left)
            self._check_cash(order, moment, released=released)
        self.put(left)
        exchange.orders.append(order)
        return self._entered(order, moment)

    def _cancel(self, request: OrderRequest, moment: datetime) -> Order:
        if self.environment == "mock":
            trading_hours.check_mock_hours(moment)
        target, quantity = self._target(request, moment)
        order = (self._record(request, moment, price=0, stop_price=0))._replace(
            side=target.side,
            order_type=target.order_type,
            quantity=quantity,
            cancelled=quantity,
            original=target.number,
            root=target.root or target.number,
        )
        self.put(target._replace(cancelled=target.cancelled + quantity, closed_as="cancelled"))
        self.exchange.orders.append(order)
        return order

    def _target(self, request: OrderRequest, moment: datetime) -> tuple[Order, int]:
        today = self.exchange.orders_on(_day(moment))
        return checked_target([o for o in today if o.appkey == request.appkey], request)

    def _record(
        self, request: OrderRequest, moment: datetime, *, price: int, stop_price: int
    ) -> Order:
        hidden = timedelta(seconds=request.hidden_seconds)
        today = _day(moment)
        return Order(
            appkey=request.appkey,
            trading_day=today,
            number=self._next_number(today),
            symbol=request.symbol,
            side=request.side,
            action=request.action,
            order_type=request.order_type,
            quantity=request.quantity,
            price=price,
            exchange=request.exchange,
            accepted_at=moment,
            stop_price=stop_price,
            channel=request.channel,
            seen_from=moment + hidden if hidden else None,
            expires_at=trading_hours.expiry(
                self.environment, request.exchange, request.order_type, moment
            ),
            origin=request.origin,
            session=request.session,
        )

    def _next_number(self, day: date) -> int:
        seed = self.exchange.seed.seed
        last = max((order.number for order in self.exchange.orders_on(day)), default=0)
        # Other customers' orders take numbers too.
        gap = zlib.crc32(f"{seed}/{last}".encode()) % _NUMBER_GAPS
        return (last + 1 if last else self.exchange.first_number) + gap

    def _hold_price(self, order: Order, quote: Quote) -> int:
        if order.order_type in MARKET_TYPES or order.order_type in MID_TYPES:
            # A price set by hand may lie above the band.
            return max(quote.band.upper, quote.price + 1)
        return order.resting_price

    def _check_cash(self, order: Order, moment: datetime, *, released: int = 0) -> None:
        exchange = self.exchange
        account = exchange.accounts[order.appkey]
        cash = exchange.cash(account, _day(moment)).orderable + released
        possible = affordable(cash, order.held_price, self.costs)
        if order.quantity > possible:
            raise OrderRefused(Reason.CASH, possible)

    def _check_shares(self, order: Order, moment: datetime) -> None:
        exchange = self.exchange
        account = exchange.accounts[order.appkey]
        resting = exchange.resting_shares(account, order.symbol, _day(moment))
        possible = max(0, free_shares(account, order.symbol) - resting)
        if order.quantity > possible:
            raise OrderRefused(Reason.SHARES, possible)

    def _planned_rejection(self, appkey: str) -> PlannedRejection | None:
        plans = self.exchange.planned_rejections
        for place, plan in enumerate(plans):
            if plan.appkey in (None, appkey):
                left = plan.left - 1
                plans[place : place + 1] = [plan._replace(left=left)] if left > 0 else []
                return plan
        return None

    def _entered(self, order: Order, moment: datetime) -> Order:
        """Let a fresh order meet the book, and return what is left of it."""
        if order.reject_at is not None:
            if order.reject_at <= moment:
                return self.reject_open(order, order.reject_code, order.reject_text)
            return order
        quote = self.quote(order.symbol, moment)
        if matching.waits_for_its_own_session(order):
            if trading_hours.fixed_price_trades(order.order_type, moment):
                return self.executed(order, matching.at_one_price(order, quote.price), moment)
            return order
        if trading_hours.trades_now(order.exchange, moment):
            awake = self.awake(order, quote)
            if awake is None:
                return order
            liquidity = self.exchange.liquidity
            found = matching.entering(awake, quote, liquidity, moment, self.environment)
            order = self.executed(awake, found, moment)
        if order.order_type in AT_ONCE_TYPES and order.is_open:
            order = order._replace(cancelled=order.quantity - order.filled, closed_as="cancelled")
            self.put(order)
        return order

    def awake(self, order: Order, quote: Quote) -> Order | None:
        """Return the order, a stop order set off if its price has come; None while it sleeps."""
        if not order.dormant:
            return order
        if not matching.is_triggered(order, quote.price):
            return None
        return self.put(order._replace(dormant=False))

    def executed(self, order: Order, found: list[Execution], moment: datetime) -> Order:
        """Book what an order gets, and return what is left of it."""
        exchange = self.exchange
        account = exchange.accounts[order.appkey]
        instrument = checked_instrument(exchange.market, order.symbol)
        for execution in found:
            amount = order.filled_amount + execution.price * execution.quantity
            commission = self.costs.commission(amount)
            tax = self.costs.sales_tax(amount, instrument) if order.side == "sell" else 0
            fill = Fill(
                appkey=order.appkey,
                trading_day=order.trading_day,
                order_number=order.number,
                number=len(exchange.fills) + 1,
                symbol=order.symbol,
                side=order.side,
                quantity=execution.quantity,
                price=execution.price,
                commission=commission - order.commission,
                tax=tax - order.tax,
                filled_at=moment,
            )
            exchange.remember_lots(account, moment)
            book(
                account,
                symbol=fill.symbol,
                side=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                day=fill.trading_day,
                commission=fill.commission,
                tax=fill.tax,
                exchange=order.exchange,
                channel=order.channel,
            )
            exchange.fills.append(fill)
            if execution.level:
                exchange.liquidity.take(order.symbol, execution.level, execution.quantity)
            order = order._replace(
                filled=order.filled + execution.quantity,
                filled_amount=amount,
                commission=commission,
                tax=tax,
            )
            self.put(order)
        return order

    def put(self, order: Order) -> Order:
        """Replace the record of an order."""
        orders = self.exchange.orders
        for place in range(len(orders) - 1, -1, -1):
            known = orders[place]
            if known.number == order.number and known.trading_day == order.trading_day:
                orders[place] = order
                self.exchange.revision += 1
                return order
        raise AssertionError(order.number)

    def quote(self, symbol: str, moment: datetime) -> Quote:
        """Return the market's view of a listed symbol."""
        return self.exchange.market.quote(symbol, moment)


def _day(moment: datetime) -> date:
    """Return the business day of a moment."""
    return trading_day_until(moment.date())
