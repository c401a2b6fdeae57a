"""A command that something happens to: killed, stopped or signalled at a named point of its way.

``python -m tests.campaign.victim --at start_sending.uncommitted#1 --do kill -- buy 005930 1 ..``
runs the real command line after it has wrapped the functions that an order passes. A point is
``NAME#N``: the n-th time that the command passes there. Rows do the same in forks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

ACTIONS: Final = {
    "kill": signal.SIGKILL,
    "stop": signal.SIGSTOP,
    "int": signal.SIGINT,
    "term": signal.SIGTERM,
    "hup": signal.SIGHUP,
}
_ORDERS: Final = frozenset(
    {
        "/api/dostk/ordr",
        "/uapi/domestic-stock/v1/trading/order-cash",
        "/uapi/domestic-stock/v1/trading/order-rvsecncl",
    }
)
"""Where orders are sent to, at any house."""
_LEDGER_STEPS: Final = ("prepare", "second_attempt", "start_sending", "record_outcome", "settle")


@dataclass
class Points:
    """Counts the points that a command passes, and does what is to be done at some of them."""

    todo: dict[tuple[str, int], Callable[[], object]] = field(default_factory=dict)
    every: Callable[[str, int], object] | None = None
    """Is told of each point."""
    _passed: Counter[str] = field(default_factory=Counter)

    def at(self, point: str, deed: Callable[[], object]) -> Points:
        """Do something at ``NAME#N``."""
        name, _, n = point.partition("#")
        self.todo[name, int(n or 1)] = deed
        return self

    def passed(self, name: str) -> None:
        self._passed[name] += 1
        n = self._passed[name]
        if self.every is not None:
            self.every(name, n)
        deed = self.todo.get((name, n))
        if deed is not None:
            deed()


def strike(*numbers: int) -> Callable[[], None]:
    """Return the deed that sends this very process signals."""

    def struck() -> None:
        for number in numbers:
            os.kill(os.getpid(), number)

    return struck


def watch(points: Points) -> None:
    """Wrap what an order passes on its way, whatever its house; for the rest of this process."""
    from kiwoomctl.brokers.kis import order_desk as kis_desk
    from kiwoomctl.brokers.kis.broker import KisBroker
    from kiwoomctl.brokers.kiwoom import order_desk as kiwoom_desk
    from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
    from kiwoomctl.context import Session
    from kiwoomctl.ledger import Ledger, seal
    from kiwoomctl.services.orders.transmission import Transmission

    _around(points, Transmission, "read", "fresh_figures")
    houses: tuple[tuple[Any, Any, Any], ...] = (
        (kiwoom_desk, kiwoom_desk.KiwoomOrderDesk, KiwoomBroker),
        (kis_desk, kis_desk.KisOrderDesk, KisBroker),
    )
    for module, desk, broker in houses:
        _around(points, desk, "make_ready", "token")
        _around(points, desk, "wait_for_slot", "slot")
        _around(points, desk, "renew_token", "new_token")
        _around(points, module, "classify", "classify")
        _around(points, broker, "day_orders", "lists")
    _around(points, seal, "write", "seal")
    _around(points, Session, "emit", "report")
    _around(points, Session, "tell_unsettled", "open_outcomes")
    for step in (*_LEDGER_STEPS, "note"):
        _around(points, Ledger, step, step)
    _watch_transactions(points)
    _watch_lock(points)
    _watch_wire(points)


def hurry(
    *,
    reply_seconds: float = 0.8,
    lock_seconds: float | None = None,
    ledger_seconds: float = 30.0,
    doubt: float = 0.02,
) -> None:
    """Let the command wait less than a person would, for the rest of this process."""
    from kiwoomctl import database
    from kiwoomctl.brokers import repeats
    from kiwoomctl.brokers.kis import order_desk as kis_desk
    from kiwoomctl.brokers.kiwoom import order_desk as kiwoom_desk
    from kiwoomctl.brokers.order_post import post_order
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.services.orders import transmission

    post: Any = post_order

    def quick_post(*words: Any, **named: Any) -> Any:
        return post(*words, **{"reply_seconds": reply_seconds, **named})

    for order_desk in (kiwoom_desk, kis_desk):
        _put(order_desk, "post_order", quick_post)
    _put(transmission, "DOUBT_READS", (doubt, doubt))
    _put(repeats, "FIRST_PAUSE", doubt / 10)
    _put(database, "BUSY_SECONDS", ledger_seconds)
    if lock_seconds is not None:
        lock: Any = Ledger.account_lock
        lock.__wrapped__.__defaults__ = (lock_seconds,)


def _put(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


def _around(points: Points, owner: Any, name: str, label: str) -> None:
    wrapped: Callable[..., Any] = getattr(owner, name)

    def around(*words: Any, **named: Any) -> Any:
        points.passed(f"{label}.before")
        done = wrapped(*words, **named)
        points.passed(f"{label}.after")
        return done

    _put(owner, name, around)


def _watch_transactions(points: Points) -> None:
    """Name the transactions of the ledger after what they are for."""
    from kiwoomctl.database import Database
    from kiwoomctl.ledger import Ledger

    doing: list[str] = ["ledger"]
    for step in _LEDGER_STEPS:
        _named(doing, Ledger, step)
    transaction: Callable[..., Any] = Database.transaction

    @contextlib.contextmanager
    def watched(database: Database) -> Iterator[None]:
        label = doing[-1]
        with transaction(database):
            yield
            points.passed(f"{label}.uncommitted")
        points.passed(f"{label}.committed")

    _put(Database, "transaction", watched)


def _named(doing: list[str], owner: Any, step: str) -> None:
    wrapped: Callable[..., Any] = getattr(owner, step)

    def named(*words: Any, **more: Any) -> Any:
        doing.append(step)
        try:
            return wrapped(*words, **more)
        finally:
            doing.pop()

    _put(owner, step, named)


def _watch_lock(points: Points) -> None:
    from kiwoomctl.ledger import Ledger

    lock: Any = Ledger.account_lock

    @contextlib.contextmanager
    def watched(*words: Any, **named: Any) -> Iterator[Any]:
        points.passed("lock.asked")
        with lock(*words, **named) as found:
            points.passed("lock.taken")
            yield found
        points.passed("lock.released")

    _put(Ledger, "account_lock", watched)


def _watch_wire(points: Points) -> None:
    """Name what becomes of the connection that an order is sent over."""
    build: Callable[..., Any] = httpx.Client.build_request

    def watched(client: httpx.Client, method: str, url: str, **named: Any) -> Any:
        trace = (named.get("extensions") or {}).get("trace")
        if url in _ORDERS and trace is not None:

            def told(event: str, info: Any) -> None:
                name = event.partition(".")[2]
                points.passed(f"wire.{name}.before")
                trace(event, info)
                points.passed(f"wire.{name}.after")

            named["extensions"] = {**named["extensions"], "trace": told}
        return build(client, method, url, **named)

    _put(httpx.Client, "build_request", watched)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one victim in this process."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.victim")
    parser.add_argument("--at", default="", metavar="NAME#N", help="without it the points are told")
    parser.add_argument("--do", default="kill", choices=sorted(ACTIONS))
    parser.add_argument("--lock-seconds", type=float)
    parser.add_argument("--reply-seconds", type=float, default=30.0)
    parser.add_argument("words", nargs="+", help="-- and the command line after kiwoomctl")
    given = parser.parse_args(argv)
    points = Points()
    if given.at:
        points.at(given.at, strike(ACTIONS[given.do]))
    else:
        points.every = lambda name, n: sys.stderr.write(f"{name}#{n}\n")
    hurry(reply_seconds=given.reply_seconds, lock_seconds=given.lock_seconds)
    watch(points)
    from kiwoomctl.app import run

    run(given.words)


if __name__ == "__main__":
    main()
