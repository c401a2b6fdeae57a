"""Charts keep within their box, show every value and join nothing over a gap."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.recorded import days_between
from kiwoomctl.locale import activate
from kiwoomctl.render.html import charts, figures
from kiwoomctl.render.html.markup import NOTHING, join, tag

WON = st.integers(-(10**13), 10**13).map(Decimal)
DAYS = days_between(date(2026, 1, 2), date(2026, 12, 30))


@given(st.lists(WON, min_size=1, max_size=40))
def test_an_axis_holds_every_value_between_round_lines(values: list[Decimal]) -> None:
    scale = charts.axis(values)
    assert scale.low <= min(values) <= max(values) <= scale.high
    assert scale.low < scale.high
    assert 2 <= len(scale.lines) <= 7
    step = scale.lines[1] - scale.lines[0]
    assert all(line % step == 0 for line in scale.lines)
    assert all(0 <= scale.height(value) <= charts.GRID for value in values)


@given(st.data())
def test_a_line_has_a_point_for_each_value_and_none_over_a_gap(data: st.DataObject) -> None:
    days = sorted(data.draw(st.sets(st.sampled_from(DAYS), min_size=1, max_size=60)))
    values = data.draw(
        st.lists(st.none() | WON, min_size=len(days), max_size=len(days)).filter(
            lambda found: any(value is not None for value in found)
        )
    )
    drawn = charts.line(list(zip(days, values, strict=True)), "x")
    paths = re.findall(r'<path class="(line|dot|gap)" d="([^"]+)"', drawn)
    spots = [
        tuple(int(part) for part in spot.split())
        for kind, way in paths
        if kind != "gap"
        for spot in way.removeprefix("M").removesuffix("h0").split("L")
    ]
    assert len(spots) == len([value for value in values if value is not None])
    assert all(0 <= x <= charts.GRID and 0 <= y <= charts.GRID for x, y in spots)
    runs, before = 0, None
    for day, value in zip(days, values, strict=True):
        if value is None:
            before = None
            continue
        number = DAYS.index(day)
        runs += before is None or number != before + 1
        before = number
    assert len([kind for kind, _ in paths if kind != "gap"]) == runs
    marks = sum(way.count("M") for kind, way in paths if kind == "gap")
    assert marks == len([value for value in values if value is None])


@given(st.lists(WON, min_size=1, max_size=8))
def test_bars_share_a_scale_and_begin_at_zero(values: list[Decimal]) -> None:
    for value in values:
        drawn = charts.bar(value, min(values), max(values))
        for x, width in re.findall(r'x="(\d+)" y="150" width="(\d+)"', drawn):
            assert int(x) + int(width) <= charts.GRID
        if value == max(values, key=abs) and value:
            zero = re.findall(r"M(\d+) 0V", drawn)
            assert zero in (["0"], [str(charts.GRID)]) or 0 < int(zero[0]) < charts.GRID
    assert "rect" not in charts.bar(None, min(values), max(values))


@pytest.mark.parametrize(
    ("value", "english", "korean"),
    [
        ("0", "0", "0"),
        ("9999", "10K", "9,999"),
        ("12345", "12.3K", "1.23만"),
        ("70810107", "70.8M", "7,081만"),
        ("142000000", "142M", "1.42억"),
        ("-1500000", "-1.5M", "-150만"),
        ("1234567890123", "1,235B", "1.23조"),
    ],
)
def test_short_amounts(value: str, english: str, korean: str) -> None:
    try:
        activate("en")
        assert figures.short(Decimal(value)) == english
        activate("ko")
        assert figures.short(Decimal(value)) == korean
    finally:
        activate("en")


@given(st.text(), st.text())
def test_text_never_becomes_markup(text: str, value: str) -> None:
    drawn = tag("td", text, title=value)
    assert drawn.count("<") == 2
    assert drawn.count('"') == 2
    assert join([None, NOTHING]) == ""
