"""The list of the checks on one order.

Each check is a pure function of a situation that returns one verdict or none. A check that
cannot be evaluated holds the order; a missing last price is told once, by NO_PRICE, which
stands for COLLAR as well.

A cancel makes nothing worse, so it passes everything but ENVIRONMENT. A modify is checked
as a new order at its new price, with what it does not do again left out:

- CASH counts only what the new price is above the old one;
- DAILY counts the order once, at its new price;
- SELLABLE is passed: the shares are reserved by the order itself;
- DUPLICATE looks for the same modify of the same order;
- CROSS leaves out the order that is modified.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kiwoomctl.risk.amounts import cash, daily_account, daily_all, quantity, sellable, value
from kiwoomctl.risk.prices import collar, limit, no_price, tick
from kiwoomctl.risk.repeats import count_day, count_minute, cross, duplicate
from kiwoomctl.risk.situation import Situation
from kiwoomctl.risk.standing import environment, halt, hours, market, symbols
from kiwoomctl.risk.verdicts import Verdict

Check = Callable[[Situation], Verdict | None]

CHECKS: Final[tuple[Check, ...]] = (
    halt,
    environment,
    tick,
    limit,
    symbols,
    cash,
    sellable,
    value,
    quantity,
    collar,
    no_price,
    market,
    daily_account,
    daily_all,
    count_minute,
    count_day,
    duplicate,
    cross,
    hours,
)
CHECKS_OF_A_CANCEL: Final[tuple[Check, ...]] = (environment,)


def check(situation: Situation) -> tuple[Verdict, ...]:
    """Return every verdict on this order, in the order of the list."""
    checks = CHECKS_OF_A_CANCEL if situation.terms.action == "cancel" else CHECKS
    return tuple(verdict for one in checks if (verdict := one(situation)) is not None)
