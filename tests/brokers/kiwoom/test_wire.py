"""The broker's texts become exact figures, or None, or a ValueError; nothing in between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date as day
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.domain.clock import KST

SATURATED = {2147483647, 4294967295, -2147483648, -2147483}
amounts = st.integers(-(10**14) + 1, 10**14 - 1)
unsaturated = amounts.filter(lambda value: value not in SATURATED)
codes = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6)
blanks = st.text(" \t", max_size=4)
PARSERS: list[Callable[[str], object]] = [
    wire.number, wire.money, wire.price, wire.quantity, wire.symbol, wire.date, wire.timestamp,
    wire.code,
]  # fmt: skip


def padded(value: int, width: int) -> str:
    """Return the broker's account form: zeros to the left, the minus inside the width."""
    return f"{value:0{width}d}"


@given(amounts)
def test_padded_amounts(value: int) -> None:
    text = padded(value, 15)
    assert len(text) == 15
    assert wire.money(text) == value
    assert wire.number(text) == value
    assert wire.price(text) == abs(value)
    assert wire.quantity(text) == value


@given(unsaturated)
def test_plain_amounts(value: int) -> None:
    assert wire.money(str(value)) == value
    assert wire.money(f" {value} ") == value
    if abs(value) not in SATURATED:
        assert wire.money(f"{value:+d}") == value
        assert wire.money(f"{value:,}") == value
        assert wire.money(f"--{abs(value)}") == -abs(value)


@given(st.decimals(-9999, 9999, places=2, allow_nan=False))
def test_percents(value: Decimal) -> None:
    for text in (str(value), f"{value:+}", f"{value:012.2f}", f"{value}%", f" {value}% "):
        assert wire.number(text) == value


@given(st.integers(0, 10**7).filter(lambda value: value not in SATURATED))
def test_direction_is_no_sign_of_a_price(value: int) -> None:
    assert wire.price(f"+{value}") == wire.price(f"-{value}") == wire.price(str(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("000000000272750", "272750"),
        ("-00000000002694", "-2694"),
        ("-00000163958", "-163958"),
        ("0000000001", "1"),
        ("46.25", "46.25"),
        ("-00000000.99", "-0.99"),
        ("000000100.00", "100.00"),
        ("-43.8977", "-43.8977"),
        ("100%", "100"),
        ("+61.28", "61.28"),
        ("--23722054", "-23722054"),
        ("56,900", "56900"),
        ("97602.9573459", "97602.9573459"),
        (".5", "0.5"),
        ("-000000000000000", "0"),
        ("--0", "0"),
    ],
)
def test_figures_as_sent(text: str, value: str) -> None:
    assert wire.number(text) == Decimal(value)
    assert str(wire.number(text) or 0)[:1] != "-" or Decimal(value) < 0


@pytest.mark.parametrize("text", ["", " ", "\t", "      ", "\u3000"])
def test_blank_is_none_and_never_zero(text: str) -> None:
    for parser in PARSERS:
        if parser is not wire.timestamp:
            assert parser(text) is None
    with pytest.raises(ValueError, match="not a date"):
        wire.timestamp(text)


@pytest.mark.parametrize("text", ["4294967295", "2147483647", "-2147483648", "-2147483"])
def test_an_overflow_is_no_figure(text: str) -> None:
    for parser in (wire.number, wire.money, wire.price, wire.quantity):
        assert parser(text) is None


def test_a_padded_amount_of_that_size_is_one() -> None:
    assert wire.money("000002147483647") == 2147483647
    assert wire.money("-00000002147483") == -2147483


@pytest.mark.parametrize(
    "text",
    [
        "-", "--", "---5", "+", "+-5", "-+5", "%", ",", ".", "5.", "5%%", "1e5", "NaN", "inf",
        "0x10", "1_000", "5-", "0000-2694", "1.2.3", "현금", "５", "١", "1 000", "5원", "\x00",
        "−5", "9" * 19, "1" + "0" * 18, "0." + "1" * 60, "9" * 5000,
        "0" * 49 + "5",
    ],
)  # fmt: skip
def test_junk_is_no_figure(text: str) -> None:
    for parser in (wire.number, wire.money, wire.price, wire.quantity):
        with pytest.raises(ValueError):  # noqa: PT011 - any text will do
            parser(text)


@pytest.mark.parametrize("text", ["1.5", "-0.01", "000000100.50"])
def test_fractions_of_won_and_of_shares_are_junk(text: str) -> None:
    assert wire.number(text) is not None
    for parser in (wire.money, wire.quantity):
        with pytest.raises(ValueError, match="not whole"):
            parser(text)
    assert wire.money("100.00") == 100
    assert wire.quantity("000000005.00") == 5


@given(st.text() | st.text("0123456789+-,.% ", max_size=50) | st.text("AJQ0_NXL ", max_size=12))
@example("9" * 5000)
@example("\ud800")
def test_any_text_is_a_value_none_or_a_value_error(text: str) -> None:
    for parser in PARSERS:
        with suppress(ValueError):
            parser(text)


@given(st.text())
def test_what_is_taken_for_a_figure_is_printable_and_exact(text: str) -> None:
    try:
        value = wire.number(text)
    except ValueError:
        return
    if value is not None:
        assert value.is_finite()
        assert value + 0 == value
        assert str(int(value))


# Codes --------------------------------------------------------------------------------------


@given(codes, st.sampled_from(["", "A", "J", "Q"]), blanks)
def test_class_letters_go(code: str, letter: str, blank: str) -> None:
    assert wire.symbol(f"{blank}{letter}{code}{blank}") == code


@given(codes, st.sampled_from(["_NX", "_AL"]))
def test_venues_go(code: str, venue: str) -> None:
    assert wire.symbol(code + venue) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A005930", "005930"),
        ("J57A123", "57A123"),
        ("Q500001", "500001"),
        ("A0001A0", "0001A0"),
        ("0001A0", "0001A0"),
        ("33626K", "33626K"),
        ("A00088K", "00088K"),
        ("AJQ123", "AJQ123"),
        ("005930_AL", "005930"),
    ],
)
def test_codes_as_sent(text: str, code: str) -> None:
    assert wire.symbol(text) == code


@pytest.mark.parametrize(
    "text",
    ["5930", "00593", "B005930", "AA005930", "a005930", "0001a0", "_NX", "00 930",
     "００５９３０", "삼성전자", "005930\x00", "KR7005930003"],
)  # fmt: skip
def test_junk_is_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="not a code"):
        wire.symbol(text)


def test_other_codes_stay_as_sent() -> None:
    assert wire.code(" 00 ") == "00"
    assert wire.code("03") == "03"


# Dates --------------------------------------------------------------------------------------


@given(st.dates(day(1000, 1, 1)))
def test_dates(value: day) -> None:
    assert wire.date(f"{value:%Y%m%d}") == value.isoformat()


@pytest.mark.parametrize("text", ["00000000", "0", "000000", " 00000000 "])
def test_zeros_are_no_date(text: str) -> None:
    assert wire.date(text) is None


@pytest.mark.parametrize(
    "text",
    ["2026112", "202611200", "2026-11-20", "20261320", "20260230", "２０２６１１２０", "2026 1 1",
     "+2026112", "20261120090000", "x"],
)  # fmt: skip
def test_junk_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - strptime words some of them
        wire.date(text)


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - KST below
def test_times_are_korean(value: datetime) -> None:
    whole = value.replace(microsecond=0)
    assert wire.timestamp(f"{whole:%Y%m%d%H%M%S}") == whole.replace(tzinfo=KST)


@pytest.mark.parametrize(
    "text",
    ["20241107", "2024110708371", "202411070837133", "20241107083761", "00000000000000",
     "2024-11-07 08:37", "２０２４１１０７０８３７１３", "2024110708371 "],
)  # fmt: skip
def test_junk_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - strptime words some of them
        wire.timestamp(text)


@given(st.datetimes(timezones=st.just(KST)), st.sampled_from(["", ":"]))
def test_a_time_of_day_is_read_in_both_forms(moment: datetime, between: str) -> None:
    told = wire.moment(moment.date(), between.join(f"{moment:%H %M %S}".split()))
    assert told == moment.replace(microsecond=0)


@given(st.text() | st.text("0123456789:", min_size=5, max_size=8))
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    told = wire.moment(day(2026, 10, 1), text)
    assert told is None or f"{told:%H%M%S}" == text.strip().replace(":", "")
    assert wire.moment(day(2026, 10, 1), "888888") is None
