"""What an order costs beside its HTTP round trips: checks, journal and lock, in milliseconds.

One account buys one share that many times
from a served simulator, of the codes it holds in turn, and cancels it again; the time inside
the HTTP library is taken off, the commit that is made inside its callback is not. The bound is
15 ms at the median on a local disk.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.measure import Row, world
from kiwoomctl.brokers import order_post
from kiwoomctl.brokers.kiwoom import order_desk
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.commands._ordering import AtTerminal
from kiwoomctl.context import Options, Session
from kiwoomctl.interrupts import Interrupts
from kiwoomctl.risk.verdicts import Code
from kiwoomctl.services.orders.agreement import Manner
from kiwoomctl.services.orders.order_terms import Wish
from kiwoomctl.services.orders.trading import Trading

BOUND_MS = 15.0
DAYS = 8
ORDERS = 25
"""Of a day, each with its cancel: the day's lists are read, so they must not grow for ever."""


class Meter:
    """Adds up the time spent inside HTTP, less what our callbacks take there."""

    def __init__(self) -> None:
        self.http = 0.0
        self.requests = 0

    def watch(self) -> None:
        """Measure every request from now on."""
        post: Any = Transport.post
        send: Any = order_post.post_order

        def timed_read(door: Transport, *args: Any, **options: Any) -> Any:
            return self._timed(lambda: post(door, *args, **options), 0.0)

        def timed_order(*args: Any, **options: Any) -> Any:
            *rest, let_out = args
            inside = 0.0

            def callback() -> None:
                nonlocal inside
                began = time.perf_counter()
                let_out()
                inside = time.perf_counter() - began

            reply = self._timed(lambda: send(*rest, callback, **options), 0.0)
            self.http -= inside
            return reply

        Transport.post = timed_read  # type: ignore[method-assign,assignment]  # that is the measuring
        order_desk.post_order = timed_order  # type: ignore[attr-defined]  # as above

    def _timed(self, work: Callable[[], Any], taken_off: float) -> Any:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self.http += time.perf_counter() - began - taken_off
            self.requests += 1


def overheads(count: int, meter: Meter) -> tuple[list[float], float]:
    """Return the overhead of each order of a day in ms, and the requests per order."""
    options = ("--rate", "off", "--env", "real", "--accounts", "1", "--positions", "9")
    with world(*options) as served:
        config = served.folder / "profiles.toml"
        config.write_text(f"{_WIDE}\n{config.read_text('utf-8')}", "utf-8")
        chosen = Options(profiles=("sim-001",), quiet=True)
        return _measured(count, Session(chosen, served.environ, "buy"), meter)


_WIDE = """\
[risk]
value = { warn = 100000000000, hold = 100000000000 }
daily = { account = 100000000000, all = 100000000000 }
count = { minute = 100000, day = 100000 }
duplicate = 1
collar = { warn = 100, hold = 100 }
"""


def _measured(count: int, session: Session, meter: Meter) -> tuple[list[float], float]:
    accounts = session.trading_accounts()
    everybody = session.enabled_accounts()
    broker = accounts[0].broker()
    prices = {p.symbol: broker.quote(p.symbol).lower for p in broker.holdings().positions}
    symbols = list(prices)
    manner = Manner(yes=True, allowed=frozenset({Code.DUPLICATE, Code.CASH, Code.COLLAR}))
    found: list[float] = []
    requests = 0
    for turn in range(count):
        symbol = symbols[turn % len(symbols)]
        wish = Wish(action="buy", symbol=symbol, quantity=1, price=prices[symbol])
        before, asked, began = meter.http, meter.requests, time.perf_counter()
        with Interrupts() as interrupts:
            trading = Trading(everybody, manner, AtTerminal(session), session.clock, interrupts, "")
            results = trading.place(accounts, wish)
        spent = time.perf_counter() - began
        if results[0].state != "accepted":
            raise SystemExit(f"the order was {results[0].state}: {results[0].error}")
        found.append((spent - (meter.http - before)) * 1000)
        requests += meter.requests - asked
        undo = Manner(yes=True, asks=False)
        with Interrupts() as interrupts:
            trading = Trading(everybody, undo, AtTerminal(session), session.clock, interrupts, "")
            trading.cancel_all(accounts, symbol, None)
    return found, requests / count


def rows() -> list[Row]:
    """Return the median overhead of an order."""
    meter = Meter()
    meter.watch()
    found: list[float] = []
    for _day in range(DAYS):
        spent, requests = overheads(ORDERS, meter)
        found += spent
    worst = sorted(found)[int(len(found) * 0.95)]
    note = f"95 % below {worst:.1f} ms; {requests:.0f} requests"
    median = statistics.median(found)
    return [Row("an order beside its HTTP requests", median, "ms", BOUND_MS, len(found), note)]
