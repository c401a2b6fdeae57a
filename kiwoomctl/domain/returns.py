"""Time-weighted and money-weighted returns; pure arithmetic, exact decimals, no float.

Time-weighted: between two neighbouring valuations the return is Modified Dietz, gain over the
beginning plus each flow for the part of the time it was there; these are linked. A deposit counts
from the start of its day, a withdrawal to the end of its day. With a valuation every day this is
the true daily return.

Money-weighted: the one rate at which beginning and flows grow to the end (XIRR), by days, flows
at the end of their day. It is solved for the whole period and given for it and for a year of 365
days. Of several such rates the one nearest to 0 counts.

Rates are fractions (0.01 is one percent), right to 20 decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from typing import Final, Literal, NamedTuple

METHOD: Final = "modified-dietz-linked+xirr-365"
"""The names of both methods, for machines."""
_PRECISE: Final = Context(prec=40)
_EXACT: Final = Decimal("1e-25")
_SMALLEST_STEP: Final = Decimal("0.03125")
_FARTHEST: Final = Decimal(64)
_YEAR: Final = 365
_LARGEST_EXPONENT: Final = Decimal(20)
"""e to this is half a billion: what a year at such a rate makes of 1 says nothing any more."""
_MOST_STEPS: Final = 300
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


class Valuation(NamedTuple):
    """What was there at the end of a day."""

    day: date
    value: Decimal


class Flow(NamedTuple):
    """What came from outside (above 0) or went there (below)."""

    day: date
    amount: Decimal
    at: Literal["start", "end"] | None = None
    """Of its day; None: a deposit at the start, a withdrawal at the end."""

    @property
    def days_there(self) -> int:
        """How many days more than those after its own it counts: 1 from the start, else 0."""
        at = self.at or ("start" if self.amount > 0 else "end")
        return 1 if at == "start" else 0


class Returns(NamedTuple):
    """The returns between the first and the last valuation; None where there is none."""

    first: Valuation | None
    last: Valuation | None
    flows: Decimal
    """The sum of the flows after the first valuation, up to the last one."""
    time_weighted: Decimal | None
    money_weighted: Decimal | None
    """Over the period."""
    money_weighted_yearly: Decimal | None
    """The same rate over a year; None also where a few days of a great gain make it absurd."""


def returns(valuations: Sequence[Valuation], flows: Iterable[Flow]) -> Returns:
    """Return both returns over the period of the valuations.

    Args:
        valuations: by day, each day once; the order does not matter.
        flows: in any order; those up to the first valuation and after the last count for nothing.
    """
    values = sorted(valuations)
    if not values:
        return Returns(None, None, _ZERO, None, None, None)
    first, last = values[0], values[-1]
    inside = [flow for flow in flows if first.day < flow.day <= last.day and flow.amount]
    inside.sort(key=_place)
    growth = growths(values, inside)[-1] if len(values) > 1 else None
    money = money_growth(first, last, inside)
    with localcontext(_PRECISE):
        yearly = None
        if money is not None:
            power = Decimal(_YEAR) / (last.day - first.day).days
            # A thousandfold in two days would be a figure of hundreds of digits.
            exponent = money.ln() * power if money > 0 else None
            if exponent is None:
                yearly = -_ONE
            elif exponent < _LARGEST_EXPONENT:
                yearly = exponent.exp() - 1
        return Returns(
            first,
            last,
            sum((flow.amount for flow in inside), _ZERO),
            None if growth is None else growth - 1,
            None if money is None else money - 1,
            yearly,
        )


def growths(valuations: Sequence[Valuation], flows: Sequence[Flow]) -> list[Decimal | None]:
    """Return for each valuation, oldest first, what 1 has grown to since the first one.

    None from where a return has no meaning: nothing was there that could have gained.

    Args:
        valuations: by day, oldest first.
        flows: in any order.
    """
    if not valuations:
        return []
    ordered = sorted(flows, key=_place)
    place = 0
    grown: list[Decimal | None] = [_ONE]
    with localcontext(_PRECISE):
        for begin, end in pairwise(valuations):
            while place < len(ordered) and ordered[place].day <= begin.day:
                place += 1
            between = []
            while place < len(ordered) and ordered[place].day <= end.day:
                between.append(ordered[place])
                place += 1
            before = grown[-1]
            step = _dietz(begin, end, between)
            grown.append(None if before is None or step is None else before * (1 + step))
    return grown


def money_growth(first: Valuation, last: Valuation, flows: Sequence[Flow]) -> Decimal | None:
    """Return what 1 grows to from the first to the last valuation at the one rate of all money.

    None where there is no such rate, or no time between them.

    Args:
        first: the beginning.
        last: the end.
        flows: after the first day, up to the last one.
    """
    days = (last.day - first.day).days
    if days <= 0:
        return None
    with localcontext(_PRECISE):
        if not flows:
            return last.value / first.value if first.value > 0 else None
        parts = [(_ONE, first.value)]
        parts += [(Decimal((last.day - flow.day).days) / days, flow.amount) for flow in flows]
        bracket = _bracket(parts, last.value)
        if bracket is None:
            lost = not last.value and all(amount >= 0 for _, amount in parts)
            return _ZERO if lost and first.value > 0 else None
        return _root(parts, last.value, bracket).exp()


def _place(flow: Flow) -> tuple[date, Decimal, str]:
    # Sums are rounded in the end: their order must not depend on that of the accounts.
    return flow.day, flow.amount, flow.at or ""


def _dietz(begin: Valuation, end: Valuation, flows: Sequence[Flow]) -> Decimal | None:
    days = (end.day - begin.day).days
    gain = end.value - begin.value
    there = begin.value
    for flow in flows:
        gain -= flow.amount
        there += flow.amount * ((end.day - flow.day).days + flow.days_there) / days
    if there > 0:
        return gain / there
    return _ZERO if not gain and not there else None


_Parts = Sequence[tuple[Decimal, Decimal]]
"""Of each amount the part of the period it was there, and what it was."""


def _excess(parts: _Parts, end: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """Return by how much all grows beyond the end at a continuous rate, and the slope of that."""
    value, slope = -end, _ZERO
    for part, amount in parts:
        grown = amount * (rate * part).exp()
        value += grown
        slope += grown * part
    return value, slope


def _bracket(parts: _Parts, end: Decimal) -> tuple[Decimal, Decimal] | None:
    """Return two rates between which the excess changes its sign, as near to 0 as possible."""
    here = _excess(parts, end, _ZERO)[0]
    if not here:
        return _ZERO, _ZERO
    up = down = _ZERO
    at_up = at_down = here
    step = _SMALLEST_STEP
    while up < _FARTHEST:
        further = _excess(parts, end, up + step)[0]
        if (further > 0) != (at_up > 0) or not further:
            return up, up + step
        up, at_up = up + step, further
        further = _excess(parts, end, down - step)[0]
        if (further > 0) != (at_down > 0) or not further:
            return down - step, down
        down, at_down = down - step, further
        step += step / 2
    return None


def _root(parts: _Parts, end: Decimal, bracket: tuple[Decimal, Decimal]) -> Decimal:
    """Return the rate without excess: Newton's steps, kept inside a bracket that gets smaller."""
    low, high = bracket
    rises = _excess(parts, end, high)[0] > 0
    rate = (low + high) / 2
    for _ in range(_MOST_STEPS):
        if high - low < _EXACT:
            break
        value, slope = _excess(parts, end, rate)
        if not value:
            return rate
        if (value > 0) == rises:
            high = rate
        else:
            low = rate
        better = rate - value / slope if slope else low
        if abs(better - rate) < _EXACT:
            return better
        rate = better if low < better < high else (low + high) / 2
    return rate
