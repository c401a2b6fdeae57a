"""Charts as plain SVG: a line with gaps, a ring of shares, bars to both sides.

Lines and bars stretch with their box and carry no text; labels are HTML over them, so that they
keep their size on a phone. Coordinates are whole numbers of a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from kiwoomctl.domain.recorded import days_between
from kiwoomctl.render.html.figures import short
from kiwoomctl.render.html.markup import Html, join, tag

GRID: Final = 1000
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MOST_LINES: Final = 4
_MOST_DATES: Final = 6
_FEW_DAYS: Final = 45
_Point = tuple[int, int]


class Axis(NamedTuple):
    """The values at the lower and upper edge, and where lines are drawn."""

    low: Decimal
    high: Decimal
    lines: tuple[Decimal, ...]

    def height(self, value: Decimal) -> int:
        """Return how far below the upper edge a value is, on the grid."""
        return _whole((self.high - value) * GRID / (self.high - self.low))


def axis(values: Sequence[Decimal]) -> Axis:
    """Return an axis with round lines around these values; at least one is needed."""
    low, high = min(values), max(values)
    if low == high:
        spread = abs(low) / 20 or Decimal(1)
        low, high = low - spread, high + spread
    rough = (high - low) / _MOST_LINES
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(unit * times for times in _STEPS if unit * times >= rough)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    lines = tuple(step * number for number in range(int(first), int(last) + 1))
    return Axis(lines[0], lines[-1], lines)


def line(points: Sequence[tuple[date, Decimal | None]], label: str) -> Html:
    """Return a value over the days; a day without one, or without a record, is a gap.

    Args:
        points: oldest first, at least one with a value.
        label: what it shows, for who cannot see it.
    """
    scale = axis([value for _, value in points if value is not None])
    first, last = points[0][0], points[-1][0]
    days = sorted({*days_between(first, last), *(day for day, _ in points)})
    at = {day: _place(number, len(days)) for number, day in enumerate(days)}
    values = dict(points)
    drawn: list[Html] = [
        tag("path", class_="grid", d=f"M0 {scale.height(value)}H{GRID}") for value in scale.lines
    ]
    for run in _runs([(at[day], values.get(day)) for day in days]):
        spots = [(x, scale.height(value)) for x, value in run]
        if len(spots) > 1:
            begin, end = spots[0][0], spots[-1][0]
            drawn.append(tag("path", class_="area", d=f"{_way(spots)}L{end} {GRID}H{begin}Z"))
        drawn.append(tag("path", class_="line" if len(spots) > 1 else "dot", d=_way(spots)))
    incomplete = [at[day] for day, value in points if value is None]
    if incomplete:
        marks = "".join(f"M{x} {GRID}v-40" for x in incomplete)
        drawn.append(tag("path", class_="gap", d=marks))
    return tag(
        "div",
        tag("div", _values(scale), class_="values"),
        tag("div", _plot(drawn, label), tag("div", _dates(days), class_="dates"), class_="plot"),
        class_="chart",
    )


class Slice(NamedTuple):
    """A part of a ring."""

    colour: str
    """A class of the style."""
    percent: Decimal


def ring(slices: Sequence[Slice], label: str, middle: Html) -> Html:
    """Return shares as a ring, clockwise from the top.

    Args:
        slices: percents that add up to 100.
        label: what it shows, for who cannot see it.
        middle: what stands in it.
    """
    drawn, begun = [], Decimal(0)
    for part in slices:
        # A hair is left between two of them.
        length = max(part.percent - Decimal("0.4"), Decimal("0.15")) if len(slices) > 1 else 100
        drawn.append(
            tag(
                "circle",
                class_=f"slice {part.colour}",
                cx=50,
                cy=50,
                r=40,
                pathLength=100,
                stroke_dasharray=f"{length} 100",
                stroke_dashoffset=f"{-begun}",
            )
        )
        begun += part.percent
    svg = tag("svg", *drawn, viewBox="0 0 100 100", role="img", aria_label=label)
    return tag("div", svg, tag("div", middle, class_="middle"), class_="ring")


def bar(value: Decimal | None, lowest: Decimal, highest: Decimal, *, hollow: bool = False) -> Html:
    """Return a bar from zero to a value, on a scale shared with others.

    Args:
        value: None for no bar.
        lowest: the lowest value of all; above 0 counts as 0.
        highest: the highest value of all; below 0 counts as 0.
        hollow: whether the value is not the whole one.
    """
    low, high = min(lowest, Decimal(0)), max(highest, Decimal(0))
    width = high - low
    drawn = []
    if width and value is not None:
        zero, end = _whole(-low * GRID / width), _whole((value - low) * GRID / width)
        kind = "up" if value > 0 else "down"
        drawn = [
            tag("path", class_="zero", d=f"M{zero} 0V{GRID}"),
            tag(
                "rect",
                class_=f"bar {kind}{' hollow' if hollow else ''}",
                x=min(zero, end),
                y=150,
                width=abs(end - zero),
                height=700,
            ),
        ]
    return tag(
        "svg",
        *drawn,
        class_="bars",
        viewBox=f"0 0 {GRID} {GRID}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _plot(drawn: Sequence[Html], label: str) -> Html:
    return tag(
        "svg",
        *drawn,
        viewBox=f"0 0 {GRID} {GRID}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


def _values(scale: Axis) -> Html:
    return join(
        tag("span", short(value), style=f"top:{scale.height(value) / Decimal(10)}%")
        for value in scale.lines
    )


def _dates(days: Sequence[date]) -> Html:
    """Return labels below a line: months, or days where there are few."""
    if len(days) <= _FEW_DAYS:
        chosen = list(range(len(days)))
        text = "%m-%d"
    else:
        chosen = [0] + [
            number
            for number, (before, day) in enumerate(pairwise(days), 1)
            if before.month != day.month
        ]
        # The first month has begun before: its name would stand on the next one's.
        if len(chosen) > 1 and chosen[1] - chosen[0] < len(days) // (2 * _MOST_DATES):
            del chosen[0]
        text = "%Y-%m"
    every = -(-len(chosen) // _MOST_DATES)
    return join(
        tag(
            "span",
            days[number].strftime(text),
            style=f"left:{_place(number, len(days)) / Decimal(10)}%",
            class_="second" if place % 2 else None,
        )
        for place, number in enumerate(chosen[::every])
    )


def _runs(
    spots: Sequence[tuple[int, Decimal | None]],
) -> list[list[tuple[int, Decimal]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[int, Decimal]]] = [[]]
    for x, value in spots:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, value))
    return [run for run in runs if run]


def _way(spots: Sequence[_Point]) -> str:
    if len(spots) == 1:
        return f"M{spots[0][0]} {spots[0][1]}h0"
    return "M" + "L".join(f"{x} {y}" for x, y in spots)


def _place(number: int, count: int) -> int:
    return GRID // 2 if count == 1 else number * GRID // (count - 1)


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))
