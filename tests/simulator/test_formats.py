"""Value formats: padding, signs, class letters, codes with letters."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.kiwoom import formats

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

HOLDINGS = "acnt_evlt_remn_indv_tot"
PADDED = re.compile(r"-?\d+")


@given(st.integers(1 - 10**11, 10**12 - 1), st.sampled_from((12, 15)))
def test_padding_keeps_width_and_value(value: int, width: int) -> None:
    text = formats.padded(value, width)
    assert len(text) == width
    assert int(text) == value


@given(st.decimals(-99_999, 99_999, places=2))
def test_padded_percents_keep_width_and_value(value: Decimal) -> None:
    text = formats.percent_text(value, "mock")
    assert len(text) == 12
    assert Decimal(text) == value
    assert Decimal(formats.percent_text(value, "real")) == value


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_direction_sign_is_no_arithmetic(price: int, base: int) -> None:
    text = formats.directed(price, base)
    assert int(text.lstrip("+-")) == price
    assert text[0] == ("+" if price > base else "-" if price < base else text[0])
    assert (price == base) == text[0].isdigit()


def test_known_captures() -> None:
    assert formats.padded(-2694) == "-00000000002694"
    assert formats.padded(272750) == "000000000272750"
    assert formats.padded(-163958, 12) == "-00000163958"
    assert formats.percent_text(Decimal("-0.99"), "mock") == "-00000000.99"
    assert formats.percent_text(Decimal("100.00"), "mock") == "000000100.00"


def strings(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [
            leaf for key, part in value.items() if key != "return_code" for leaf in strings(part)
        ]
    if isinstance(value, list):
        return [leaf for part in value for leaf in strings(part)]
    return [value]


@pytest.mark.parametrize("api_id", ["ka00001", "kt00001", "kt00018", "ka10001", "ka10095"])
def test_every_value_is_a_string(wire: Wire, api_id: str) -> None:
    assert {type(leaf) for leaf in strings(wire.read(api_id))} == {str}


def test_account_numbers_are_padded_and_instrument_numbers_are_not(wire: Wire) -> None:
    cash = wire.read("kt00001")
    assert {len(cash[name]) for name in ("entr", "d2_entra", "ord_alow_amt")} == {15}
    row = wire.read("kt00018")[HOLDINGS][0]
    widths = {name: len(row[name]) for name in row if PADDED.fullmatch(row[name])}
    assert widths["evltv_prft"] == widths["rmnd_qty"] == widths["pur_pric"] == 15
    assert widths["cur_prc"] == widths["pred_close_pric"] == 12
    quote = wire.read("ka10001")
    assert not quote["base_pric"].startswith("0")


def test_a_loss_has_its_minus_inside_the_width(wire: Wire) -> None:
    wire.control("price", symbol="005930", price=100_000)
    row = wire.read("kt00018")[HOLDINGS][0]
    assert row["evltv_prft"].startswith("-0")
    assert len(row["evltv_prft"]) == 15


def test_percents_are_padded_on_mock_and_plain_on_real(make_wire: MakeWire) -> None:
    mock = make_wire(env="mock").sign_in().read("kt00018")
    real = make_wire(env="real").sign_in().read("kt00018")
    assert len(mock["tot_prft_rt"]) == len(mock[HOLDINGS][0]["prft_rt"]) == 12
    assert re.fullmatch(r"-?\d{1,3}\.\d\d", real["tot_prft_rt"])
    assert re.fullmatch(r"-?\d{1,3}\.\d\d", real[HOLDINGS][0]["prft_rt"])


def test_account_rows_carry_a_class_letter(make_wire: MakeWire) -> None:
    wire = make_wire(positions=130).sign_in()
    rows = [row for page in wire.pages("kt00018", HOLDINGS) for row in page]
    letters = {row["stk_cd"][0] for row in rows}
    assert letters == {"A", "Q"}
    assert {len(row["stk_cd"]) for row in rows} == {7}
    listed = instruments()
    assert all(row["stk_cd"][1:] in listed for row in rows)


@pytest.mark.parametrize("symbol", ["0001A0", "00088K", "005930"])
def test_codes_with_letters_work_everywhere(wire: Wire, symbol: str) -> None:
    assert wire.read("ka10001", {"stk_cd": symbol})["stk_cd"] == symbol
    assert wire.read("ka10100", {"stk_cd": symbol})["code"] == symbol
    assert wire.read("ka10095", {"stk_cd": symbol})["atn_stk_infr"][0]["stk_cd"] == symbol


@pytest.mark.parametrize("venue", ["_NX", "_AL"])
def test_a_venue_is_repeated_in_the_reply(wire: Wire, venue: str) -> None:
    assert wire.read("ka10001", {"stk_cd": f"005930{venue}"})["stk_cd"] == f"005930{venue}"


@pytest.mark.parametrize(("change", "sign"), [(-1000, "-"), (1000, "+"), (0, "")])
def test_prices_carry_their_direction(wire: Wire, change: int, sign: str) -> None:
    base = int(wire.read("ka10001")["base_pric"])
    wire.control("price", symbol="005930", price=base + change)
    quote = wire.read("ka10001")
    assert quote["cur_prc"] == f"{sign}{base + change}"
    assert quote["pred_pre"] == (f"+{change}" if change > 0 else f"{change}")
    assert (quote["upl_pric"][0], quote["lst_pric"][0]) == ("+", "-")


def test_an_unknown_code_is_refused_with_1902(wire: Wire) -> None:
    reply = wire.send("ka10001", {"stk_cd": "118970"})
    assert (reply.status_code, reply.json()) == (
        200,
        {
            "return_msg": "서비스를 처리하는 중에 오류가 발생했습니다[1902:종목 정보가 없습니다. "
            "입력한 종목코드 값을 확인바랍니다. 종목코드=118970]",
            "return_code": 7,
        },
    )


def test_watched_rows_keep_the_order_and_an_unknown_code_is_a_blank_row(wire: Wire) -> None:
    rows = wire.read("ka10095", {"stk_cd": "000660|zzzzzz|005930"})["atn_stk_infr"]
    assert [row["stk_cd"] for row in rows] == ["000660", "", "005930"]
    assert set(rows[1].values()) == {""}


def test_more_than_a_hundred_codes_are_answered_without_a_list(wire: Wire) -> None:
    codes = list(instruments())[:101]
    assert "atn_stk_infr" not in wire.read("ka10095", {"stk_cd": "|".join(codes)})
    assert len(wire.read("ka10095", {"stk_cd": "|".join(codes[:100])})["atn_stk_infr"]) == 100


def test_the_kind_of_an_instrument_can_be_told_from_its_market(wire: Wire) -> None:
    codes = {"005930": "0", "247540": "10", "069500": "8", "57S001": "60"}
    for symbol, market in codes.items():
        found = wire.read("ka10100", {"stk_cd": symbol})
        assert found["marketCode"] == market
        assert re.fullmatch(r"\d{8}", found["lastPrice"])
