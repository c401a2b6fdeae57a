"""The limits of ``[risk]``: their defaults, and which of two values is the tighter one.

A limit is what still passes: an order of exactly that size draws no verdict. Fields are the
keys of the config; those below a key are joined to it (``value.warn`` -> ``value_warn``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.risk.verdicts import Tier


@dataclass(frozen=True, slots=True)
class Limits:
    """What one profile's orders may do; without a config the careful defaults."""

    tick: Tier = Tier.REFUSE
    limit: Tier = Tier.REFUSE
    symbols_allow: frozenset[Symbol] = frozenset()
    """The only symbols that may be ordered; empty: every one."""
    symbols_deny: frozenset[Symbol] = frozenset()
    cash: Tier = Tier.HOLD
    sellable: Tier = Tier.HOLD
    value_warn: int = 3_000_000
    """KRW of one order."""
    value_hold: int = 10_000_000
    """KRW of one order."""
    quantity: int | None = None
    """Shares of one order; None: any number."""
    collar_warn: Decimal = Decimal(3)
    """Percent a buy may stand above, or a sell below, the last price."""
    collar_hold: Decimal = Decimal(10)
    """Percent, as above."""
    no_price: Tier = Tier.HOLD
    market: Tier | None = Tier.HOLD
    """Market orders that nobody at a terminal confirms; None: they pass."""
    daily_account: int = 30_000_000
    """KRW of all buys of a day in one account."""
    daily_all: int = 100_000_000
    """KRW of all buys of a day in every account of one environment."""
    count_minute: int = 20
    """Orders of one account in 60 seconds."""
    count_day: int = 200
    """Orders of one account in a day."""
    duplicate: int = 120
    """Seconds in which an equal order counts as the same one sent twice."""
    cross: Tier = Tier.HOLD
    hours: Tier = Tier.WARN


def _lower_is_tighter(base: Any, own: Any) -> bool:
    return bool(own > base)


def _higher_is_tighter(base: Any, own: Any) -> bool:
    return bool(own < base)


def _a_limit_is_tighter(base: int | None, own: int | None) -> bool:
    return base is not None and (own is None or own > base)


def _a_tier_is_tighter(base: Tier | None, own: Tier | None) -> bool:
    return base is not None and (own is None or own < base)


def _a_part_is_tighter(base: frozenset[Symbol], own: frozenset[Symbol]) -> bool:
    # An empty list allows everything, so it is the loosest of all.
    return bool(base) and (not own or not own <= base)


def _more_is_tighter(base: frozenset[Symbol], own: frozenset[Symbol]) -> bool:
    return not own >= base


# Field -> whether the second value is looser than the first.
_LOOSER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "tick": _higher_is_tighter,
    "limit": _higher_is_tighter,
    "symbols_allow": _a_part_is_tighter,
    "symbols_deny": _more_is_tighter,
    "cash": _higher_is_tighter,
    "sellable": _higher_is_tighter,
    "value_warn": _lower_is_tighter,
    "value_hold": _lower_is_tighter,
    "quantity": _a_limit_is_tighter,
    "collar_warn": _lower_is_tighter,
    "collar_hold": _lower_is_tighter,
    "no_price": _higher_is_tighter,
    "market": _a_tier_is_tighter,
    "daily_account": _lower_is_tighter,
    "daily_all": _lower_is_tighter,
    "count_minute": _lower_is_tighter,
    "count_day": _lower_is_tighter,
    "duplicate": _higher_is_tighter,
    "cross": _higher_is_tighter,
    "hours": _higher_is_tighter,
}


def is_looser(base: Limits, field: str, own: Any) -> bool:
    """Tell whether a profile's value of this field lets more through than the common one."""
    return _LOOSER[field](getattr(base, field), own)


def tightened(base: Limits, own: Mapping[str, Any]) -> Limits:
    """Return the common limits with a profile's own values, by field.

    A profile's deny list adds to the common one, so it never has to repeat it.

    Raises:
        ValueError: a value is looser; who reads a config asks is_looser() first.
    """
    fields = dict(own)
    if "symbols_deny" in fields:
        fields["symbols_deny"] = base.symbols_deny | fields["symbols_deny"]
    for field, value in fields.items():
        if is_looser(base, field, value):
            raise ValueError(field)
    return replace(base, **fields)
