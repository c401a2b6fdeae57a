"""Money, shares, numbers and quantities over random orders, prices and times."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiwoomctl.domain.prices import floor_to_tick
from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.clock import SimulatedClock
from kiwoomctl.simulator.exchange import Exchange, Order, Seed
from kiwoomctl.simulator.orders import (
    AT_ONCE_TYPES,
    TYPE_NAMES,
    OrderRefused,
    OrderRequest,
    PlannedRejection,
)
from tests.simulator.conftest import ManualClock

SYMBOLS = ("005930", "069500", "088980")
KEYS = ("sim-001-appkey", "sim-002-appkey")


class Orders(RuleBasedStateMachine):
    """Two accounts order whatever they like at one exchange."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = ManualClock()

    @initialize(
        env=st.sampled_from(["mock", "real"]),
        clock=st.sampled_from(["open", "2026-10-01T08:29:00+09:00", "2026-09-11T15:18:00+09:00"]),
        moving=st.booleans(),
    )
    def begin(self, env: str, clock: str, moving: bool) -> None:
        seed = Seed(2, 5, 1, "real" if env == "real" else "mock", moving_prices=moving)
        self.exchange = Exchange(seed, SimulatedClock(clock, self.machine))
        for account in self.exchange.accounts.values():
            account.opening_deposit += 20_000_000
        self.shares_before = {key: self.shares(key) for key in KEYS}

    def shares(self, key: str) -> dict[str, int]:
        held: dict[str, int] = defaultdict(int)
        for lot in self.exchange.accounts[key].lots:
            held[lot.symbol] += lot.quantity
        return dict(held)

    def submit(self, request: OrderRequest) -> None:
        before = len(self.exchange.orders)
        try:
            self.exchange.submit(request)
        except OrderRefused:
            assert len(self.exchange.orders) == before
        else:
            assert len(self.exchange.orders) == before + 1

    @rule(
        key=st.sampled_from(KEYS),
        side=st.sampled_from(["buy", "sell"]),
        symbol=st.sampled_from(SYMBOLS),
        order_type=st.sampled_from([*TYPE_NAMES, "0", "0", "0", "3", "28"]),
        quantity=st.sampled_from([1, 2, 3, 5, 8, 30, 400]),
        percent=st.integers(-4, 4) | st.integers(-40, 40),
        stop=st.integers(-4, 4),
        venue=st.sampled_from(["KRX"] * 6 + ["NXT", "SOR"]),
    )
    def order(
        self,
        key: str,
        side: str,
        symbol: str,
        order_type: str,
        quantity: int,
        percent: int,
        stop: int,
        venue: str,
    ) -> None:
        now = self.exchange.clock.now()
        quote = self.exchange.market.quote(symbol, now)

        def near(change: int) -> int:
            price = max(100, quote.price * (100 + change) // 100)
            return floor_to_tick(price, quote.instrument.kind)

        self.submit(
            OrderRequest(
                appkey=key,
                action="new",
                symbol=symbol,
                quantity=quantity,
                exchange=venue,
                side="sell" if side == "sell" else "buy",
                order_type=order_type,
                price=0 if order_type in ("61", "81") else near(percent),
                stop_price=near(stop),
            )
        )

    @rule(
        data=st.data(),
        cancel=st.booleans(),
        quantity=st.sampled_from([0, 0, 1, 5]),
        percent=st.integers(-5, 5),
    )
    def change(self, data: st.DataObject, cancel: bool, quantity: int, percent: int) -> None:
        if not self.exchange.orders:
            return
        target = data.draw(st.sampled_from(self.exchange.orders[-12:]))
        quote = self.exchange.market.quote(target.symbol, self.exchange.clock.now())
        price = floor_to_tick(quote.price * (100 + percent) // 100, quote.instrument.kind)
        self.submit(
            OrderRequest(
                appkey=target.appkey,
                action="cancel" if cancel else "modify",
                symbol=target.symbol,
                quantity=quantity,
                exchange=target.exchange,
                price=price,
                target=target.number,
            )
        )

    @rule(symbol=st.sampled_from(SYMBOLS), percent=st.integers(-25, 25))
    def price(self, symbol: str, percent: int) -> None:
        now = self.exchange.clock.now()
        base = self.exchange.market.base_price(symbol, now)
        self.exchange.pin_price(symbol, base * (100 + percent) // 100)

    @rule(seconds=st.sampled_from([1, 59, 60, 60, 600, 600, 3_600, 24 * 3_600]))
    def wait(self, seconds: int) -> None:
        self.machine.advance(seconds)
        self.exchange.advance()

    @rule(hours=st.sampled_from([-2, -1, 1, 2, 24, 66]))
    def jump(self, hours: int) -> None:
        # Never back over a day: trades of a day to come would already be booked.
        now = self.exchange.clock.now()
        there = now + timedelta(hours=hours)
        if there.date() >= now.date():
            self.exchange.set_clock(there)

    @rule(seconds=st.integers(0, 100))
    def refuse_next(self, seconds: int) -> None:
        self.exchange.planned_rejections.append(PlannedRejection(None, seconds, "1", "no", 1))

    @rule(depth=st.integers(0, 5), symbol=st.sampled_from(SYMBOLS))
    def thin(self, depth: int, symbol: str) -> None:
        self.exchange.liquidity.depths[symbol] = depth

    @invariant()
    def quantities_add_up(self) -> None:
        for order in self.orders():
            assert min(order.filled, order.remaining, order.cancelled) >= 0
            assert order.filled + order.remaining + order.cancelled == order.quantity

    @invariant()
    def a_number_is_given_once_a_day_and_they_rise(self) -> None:
        last: dict[str, int] = {}
        for order in self.orders():
            day = order.trading_day.isoformat()
            assert last.get(day, 0) < order.number <= 9_999_999
            last[day] = order.number

    @invariant()
    def fills_are_what_orders_say(self) -> None:
        exchange = getattr(self, "exchange", None)
        if exchange is None:
            return
        sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for made in exchange.fills:
            mine = sums[made.trading_day.isoformat(), made.order_number]
            parts = (made.quantity, made.price * made.quantity, made.commission, made.tax)
            assert min(made.quantity, made.price) > 0
            assert min(parts) >= 0
            mine[:] = [a + b for a, b in zip(mine, parts, strict=True)]
        for order in exchange.orders:
            expected = [order.filled, order.filled_amount, order.commission, order.tax]
            assert sums[order.trading_day.isoformat(), order.number] == expected

    @invariant()
    def shares_are_conserved(self) -> None:
        exchange = getattr(self, "exchange", None)
        if exchange is None:
            return
        for key in KEYS:
            expected = dict(self.shares_before[key])
            for made in exchange.fills:
                if made.appkey == key:
                    change = made.quantity if made.side == "buy" else -made.quantity
                    expected[made.symbol] = expected.get(made.symbol, 0) + change
            held = self.shares(key)
            assert {s: n for s, n in held.items() if n} == {s: n for s, n in expected.items() if n}
            account = exchange.accounts[key]
            for lot in account.lots:
                assert lot.quantity >= lot.pledged >= 0
                assert lot.cost >= 0
            for row in exchange.rows(account, exchange.clock.now()):
                assert 0 <= row.sellable_quantity <= row.quantity

    @invariant()
    def money_is_conserved_to_the_won(self) -> None:
        exchange = getattr(self, "exchange", None)
        if exchange is None:
            return
        for account in exchange.accounts.values():
            cash = exchange.cash(account, exchange.clock.today())
            flows = sum(trade.flow for trade in account.trades)
            assert cash.deposit_d2 == account.opening_deposit + flows
            held = sum(
                exchange.held_cash(order)
                for order in exchange.open_orders()
                if order.appkey == account.appkey and order.side == "buy"
            )
            assert cash.orderable + held == cash.deposit_d2
            assert cash.orderable >= 0 or not self.has_bought(account)

    def has_bought(self, account: Account) -> bool:
        return any(made.appkey == account.appkey for made in self.exchange.fills)

    @invariant()
    def nothing_lives_longer_than_its_session(self) -> None:
        exchange = getattr(self, "exchange", None)
        if exchange is None:
            return
        exchange.advance()
        now = exchange.clock.now()
        for order in exchange.open_orders():
            assert order.expires_at is not None
            assert order.expires_at > now
            assert order.order_type not in AT_ONCE_TYPES or order.reject_at is not None

    def orders(self) -> list[Order]:
        exchange = getattr(self, "exchange", None)
        return [] if exchange is None else exchange.orders


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
