"""Orders to try things with: each unlike every other of its account, so that a record tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from kiwoomctl.domain.prices import InstrumentKind, ceil_to_tick, next_tick_up
from kiwoomctl.simulator.instruments import instruments
from tests.campaign import judge
from tests.campaign.houses import ACTIONS, Action
from tests.campaign.world import Broker, Holder

__all__ = ["ACTIONS", "Action"]
CHEAPEST, DEAREST = 1_000, 1_900
STEPS = 60


@dataclass(frozen=True)
class Deed:
    """One order as it is asked for."""

    action: Action
    holder: Holder
    words: tuple[str, ...]
    """The command line, options of the manner left out."""
    body: Mapping[str, str]
    """What goes over the wire, written down from the broker's manual."""
    client_id: str = ""
    """The --id key."""
    value: int = 0
    """Of what is placed, in won."""

    @property
    def api_id(self) -> str:
        return self.holder.house.api_ids[self.action]

    @property
    def key(self) -> tuple[str, judge.Body]:
        """What tells it from all others in the simulator's record."""
        return self.holder.account, judge.as_body(self.body)


@cache
def cheap_codes() -> tuple[tuple[str, int], ...]:
    """Return stocks of a tick of one won, each with a price far below its own."""
    return tuple(
        (symbol, listed.reference_price * 9 // 10)
        for symbol, listed in sorted(instruments().items())
        if CHEAPEST <= listed.reference_price <= DEAREST and listed.kind is InstrumentKind.STOCK
    )


def far_below(holders: Sequence[Holder], number: int, more: int) -> tuple[Holder, str, int, int]:
    """Return holder, code, price and quantity of the n-th of many buys that rest.

    One after the other comes of another account, then of another code, then of another price.
    """
    round_, place = divmod(number, len(holders))
    step, which = divmod(round_, len(cheap_codes()))
    code, price = cheap_codes()[which]
    often, lower = divmod(step, STEPS)
    return holders[place], code, price - lower, 1 + often + more


def buy(holders: Sequence[Holder], number: int, more: int = 0) -> Deed:
    """Return the n-th buy."""
    holder, code, price, quantity = far_below(holders, number, more)
    words = ("buy", code, str(quantity), "--price", str(price))
    body = holder.house.placed(code, quantity, price)
    return Deed("buy", holder, words, body, value=price * quantity)


def sell(holders: Sequence[Holder], number: int, more: int = 0) -> Deed:
    """Return the n-th sell, of what the account holds, above the market."""
    able = [holder for holder in holders if holder.held]
    round_, place = divmod(number, len(able))
    holder = able[place]
    kind = instruments()[holder.held].kind
    price = ceil_to_tick(holder.price * 21 // 20, kind)
    for _ in range(round_ % STEPS):
        price = ceil_to_tick(next_tick_up(price, kind), kind)
    quantity = 1 + round_ // STEPS + more
    words = ("sell", holder.held, str(quantity), "--price", str(price))
    body = holder.house.placed(holder.held, quantity, price)
    return Deed("sell", holder, words, body, value=price * quantity)


def change(
    broker: Broker,
    action: Literal["modify", "cancel"],
    holders: Sequence[Holder],
    number: int,
    more: int = 0,
) -> Deed:
    """Return a modify or cancel of an order that another program has placed just now."""
    holder, code, price, quantity = far_below(holders, number, more)
    target = placed_by_others(broker, holder, code, price, quantity)
    changed = holder.house.changed
    if action == "cancel":
        return Deed("cancel", holder, ("cancel", target), changed(target, code, None))
    words = ("modify", target, "--price", str(price - 1))
    return Deed("modify", holder, words, changed(target, code, price - 1))


def deed(
    broker: Broker, action: Action, holders: Sequence[Holder], number: int, more: int = 0
) -> Deed:
    """Return the n-th deed of this action; ``more`` shares tell one series from another."""
    if action == "buy":
        return buy(holders, number, more)
    if action == "sell":
        return sell(holders, number, more)
    return change(broker, action, holders, number, more)


class Series:
    """Deeds one after the other; those that renew a token are of accounts of their own.

    A key whose token dies three times within ten minutes is taken for a shared one.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        able = [holder for holder in broker.holders if holder.held]
        kept = max(1, len(able) * 2 // 5)
        self._usual = [holder for holder in broker.holders if holder not in able[-kept:]]
        self._renewing = able[-kept:]
        self._renewed = 0
        self._sold = 0
        self.tried = 0

    @property
    def another(self) -> Holder:
        """An account that is not among the usual ones."""
        return self._renewing[0]

    def next(self, action: Action = "buy", renewals: int = 0) -> Deed:
        """Return a deed that nobody did before."""
        self.tried += 1
        holders, number = self._usual, self.tried
        if renewals:
            self._renewed += 1
            holders, number = self._renewing, self._renewed
        elif action == "sell":
            # An account has one code to sell, so they take turns.
            self._sold += 1
            number = self._sold
        made = deed(self._broker, action, holders, number)
        return replace(made, client_id=f"k{self.tried}")


def placed_by_others(
    broker: Broker, holder: Holder, code: str, price: int, quantity: int, **more: Any
) -> str:
    """Let another program place a limit buy; return its number."""
    told = broker.control(
        "foreign_order", appkey=holder.appkey, side="buy", symbol=code, quantity=quantity,
        price=price, type="limit", **more,
    )  # fmt: skip
    return str(told["ord_no"])
