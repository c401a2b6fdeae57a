"""The parsers of KIS's fields: what they take is exact, anything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kis import wire
from kiwoomctl.domain.clock import KST

PARSERS: list[Callable[[str], Any]] = [
    wire.number,
    wire.money,
    wire.price,
    wire.average,
    wire.quantity,
    wire.symbol,
    wire.order_number,
    wire.date,
    wire.code,
]
WHOLE = st.integers(-(10**17), 10**17)


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (wire.number, "-6725", Decimal(-6725)),
        (wire.number, "42.63431868", Decimal("42.63431868")),
        (wire.number, "-4.29", Decimal("-4.29")),
        (wire.number, "0.00000000", Decimal(0)),
        (wire.number, "-0", Decimal(0)),
        (wire.number, "000003190", Decimal(3190)),
        (wire.money, " 12 ", Decimal(12)),
        (wire.price, "0", None),
        (wire.price, "000070000", Decimal(70000)),
        (wire.average, "135440.2517", Decimal("135440.2517")),
        (wire.average, "253900.0000", Decimal(253900)),
        (wire.average, "0.0000", None),
        (wire.quantity, "0000000001", 1),
        (wire.symbol, "005930", "005930"),
        (wire.symbol, "00000A005930", "005930"),
        (wire.symbol, "00000Q520057", "520057"),
        (wire.symbol, "Q500001", "500001"),
        (wire.symbol, "000J00532219", "J00532219"),
        (wire.symbol, "J00532219", "J00532219"),
        (wire.order_number, "0000002891", "2891"),
        (wire.order_number, "0000000000", None),
        (wire.date, "20261120", "2026-11-20"),
        (wire.date, "00000000", None),
        (wire.code, "현금  ", "현금"),
    ],
)
def test_documented_forms(parser: Callable[[str], Any], text: str, value: object) -> None:
    assert parser(text) == value


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (wire.number, "1,000"),
        (wire.number, "+5"),
        (wire.number, "--5"),
        (wire.number, "1e5"),
        (wire.number, "NaN"),
        (wire.number, "٣"),
        (wire.number, "1" * 19),
        (wire.number, "1."),
        (wire.money, "1.5"),
        (wire.price, "-1"),
        (wire.quantity, "-1"),
        (wire.quantity, "1.5"),
        (wire.symbol, "5930"),
        (wire.symbol, "X00000A005930"),
        (wire.symbol, "000Q00532219"),
        (wire.symbol, "0J00532219"),
        (wire.order_number, "12345678901"),
        (wire.order_number, "-1"),
        (wire.date, "20261301"),
        (wire.date, "2026112"),
        (wire.timestamp, "20261120090000"),
    ],
)
def test_other_forms_are_refused(parser: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|not match|not whole|unconverted"):
        parser(text)


@pytest.mark.parametrize("text", ["142000.00", "142000.0", "142000", "000142000"])
def test_whole_won_are_shown_without_decimals(text: str) -> None:
    assert [str(read(text)) for read in (wire.money, wire.price, wire.average)] == ["142000"] * 3


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("blank", ["", " ", "      "])
def test_a_blank_is_none_and_never_zero(parser: Callable[[str], Any], blank: str) -> None:
    assert parser(blank) is None


@given(WHOLE)
def test_whole_figures_come_back_exactly(value: int) -> None:
    assert wire.number(str(value)) == wire.money(str(value)) == value
    if value >= 0:
        assert wire.quantity(f"{value:018d}") == value


@given(st.decimals(-(10**12), 10**12, places=8, allow_nan=False))
def test_rates_come_back_exactly(value: Decimal) -> None:
    assert wire.number(f"{value:f}") == value


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    for parser in PARSERS:
        try:
            value = parser(text)
        except ValueError:
            continue
        if isinstance(value, Decimal):
            assert value.is_finite()
            assert float(value) == pytest.approx(float(text.strip()))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times())
def test_days_and_times_come_back(day: date, clock: Any) -> None:
    moment = datetime.combine(day, clock.replace(microsecond=0, tzinfo=None), KST)
    assert wire.date(f"{day:%Y%m%d}") == day.isoformat()
    assert wire.moment(day, f"{moment:%H%M%S}") == moment
    assert wire.timestamp(f"{moment:%Y-%m-%d %H:%M:%S}") == moment


@pytest.mark.parametrize("text", ["", "999999", "240000", "12:00:00", "12345"])
def test_no_time_of_day_is_none(text: str) -> None:
    assert wire.moment(date(2026, 11, 20), text) is None
