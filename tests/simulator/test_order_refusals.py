"""Refused orders: Kiwoom's codes and texts, by environment, hour and day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.ordering import SYMBOL, Trader

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire

ENVIRONMENTS = ("mock", "real")


def at(make_wire: MakeWire, env: str, moment: str = "open", **options: Any) -> Trader:
    return Trader(make_wire(env=env, clock=moment, **options).sign_in())


def code_of(reply: dict[str, Any]) -> str:
    """Return the code behind the gateway, or 0 for an accepted order."""
    if reply["return_code"] == 0:
        return "0"
    assert reply["return_code"] == 20
    assert "ord_no" not in reply
    return str(reply["return_msg"]).removeprefix("[2000](").partition(":")[0]


@pytest.mark.parametrize(("env", "code"), [("mock", "RC4003"), ("real", "571557")])
def test_s28_prices_off_the_tick_grid_are_refused(make_wire: MakeWire, env: str, code: str) -> None:
    trader = at(make_wire, env)
    assert code_of(trader.buy(1, 244_750)) == code
    assert code_of(trader.buy(1, 244_500)) == "0"
    assert code_of(trader.buy(1, trader.price("000660") - 500, stk_cd="000660")) == code
    # A fund's tick is 5 won from 2,000 won on.
    fund = trader.price("069500") // 5 * 5 - 500
    assert code_of(trader.buy(1, fund + 5, stk_cd="069500")) == "0"
    assert code_of(trader.buy(1, fund + 1, stk_cd="069500")) == code
    assert code_of(trader.sell(1, trde_tp="3")) == "0"
    number = trader.resting(1)
    assert code_of(trader.modify(number, 244_750)) == code


@pytest.mark.parametrize(
    ("env", "below", "above"), [("mock", "RC4027", "RC4027"), ("real", "571552", "571551")]
)
def test_s29_prices_outside_the_band_are_refused(
    make_wire: MakeWire, env: str, below: str, above: str
) -> None:
    trader = at(make_wire, env)
    lower, upper = trader.band()
    assert code_of(trader.buy(1, lower)) == "0"
    assert code_of(trader.sell(1, upper)) == "0"
    assert code_of(trader.buy(1, lower - 500)) == below
    assert code_of(trader.sell(1, upper + 500)) == above


def test_s29_the_unknown_code_can_be_chosen(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    trader.wire.control("refusal", reason="above_band", code="123456", text="높습니다")
    over = trader.band()[1] + 500
    assert trader.sell(1, over)["return_msg"] == "[2000](123456:높습니다)"
    trader.wire.control("refusal", reason="above_band")
    assert code_of(trader.sell(1, over)) == "571551"
    bad = trader.wire.client.post("/_sim/refusal", json={"reason": "mood"})
    assert (bad.status_code, "mood" in bad.json()["error"]) == (400, True)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_s30_prices_types_and_quantities_that_make_no_sense(make_wire: MakeWire, env: str) -> None:
    trader = at(make_wire, env)
    price = trader.price() - 5_000
    for changes, code in (
        ({"ord_uv": ""}, "308003"),
        ({"ord_uv": "0"}, "308003"),
        ({"trde_tp": "28", "cond_uv": ""}, "308003"),
        ({"trde_tp": "81"}, "571357"),
        ({"trde_tp": "61"}, "571357"),
        ({"trde_tp": "2"}, "407022"),
        ({"trde_tp": "99"}, "407022"),
        ({"trde_tp": "00"}, "407022"),
        ({"trde_tp": "03"}, "407022"),
        ({"ord_qty": "0"}, "308007"),
        ({"ord_qty": "000"}, "308007"),
    ):
        assert (changes, code_of(trader.buy(1, price, **changes))) == (changes, code)
    assert trader.known() == []


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ord_qty", "30.0"),
        ("ord_qty", "-5"),
        ("ord_qty", "10abc"),
        ("ord_qty", "1e5"),
        ("ord_qty", "１０"),
        ("ord_qty", "1" * 13),
        ("ord_uv", "70000.5"),
        ("ord_uv", "-70000"),
        ("ord_uv", "NaN"),
        ("ord_uv", "1e5"),
    ],
)
def test_s30_numbers_that_are_not_whole_are_refused_by_name(
    make_wire: MakeWire, env: str, name: str, value: str
) -> None:
    trader = at(make_wire, env)
    reply = trader.buy(1, 260_000, **{name: value})
    assert reply["return_code"] == 2
    assert "[1517:" in reply["return_msg"]
    assert name in reply["return_msg"]
    assert "정수만 입력가능합니다" in reply["return_msg"]


@pytest.mark.parametrize("text", ["", "0", None, "270000"])
def test_a_market_order_may_send_any_price(make_wire: MakeWire, text: str | None) -> None:
    trader = at(make_wire, "real")
    assert code_of(trader.buy(1, trde_tp="3", ord_uv=text)) == "0"
    assert trader.filled()[0]["ord_pric"] == "0"


def test_s30_two_digit_types_are_taken_by_a_lenient_server_only(make_wire: MakeWire) -> None:
    trader = at(make_wire, "mock", lenient=True)
    assert code_of(trader.buy(1, trader.price() - 500, trde_tp="00")) == "0"
    assert code_of(trader.buy(1, trde_tp="03")) == "0"
    assert [row["trde_tp"] for row in trader.daily()] == ["보통", "시장가"]


@pytest.mark.parametrize("missing", ["dmst_stex_tp", "stk_cd", "ord_qty", "trde_tp"])
def test_s3_a_missing_field_of_an_order_is_named(make_wire: MakeWire, missing: str) -> None:
    trader = at(make_wire, "mock")
    reply = trader.buy(1, 260_000, **{missing: ""})
    assert reply["return_code"] == 2
    assert (
        f"[1511:필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={missing}]"
        in (reply["return_msg"])
    )


def test_other_fields_than_the_documented_ones_of_a_cancel_fail(make_wire: MakeWire) -> None:
    trader = at(make_wire, "mock")
    body = {"org_ord_no": trader.resting(1), "stk_cd": SYMBOL, "ord_qty": "0"}
    reply = trader.send("kt10003", **body).json()
    assert "필수입력 파라미터=orig_ord_no" in reply["return_msg"]


def test_s31_the_named_number_can_really_be_ordered(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    for price in (trader.price() - 5_000, trader.band()[0]):
        reply = trader.buy(10_000, price)
        assert code_of(reply) == "855056"
        possible = int(reply["return_msg"].partition("부족합니다. ")[2].partition("주")[0])
        assert possible > 0
        assert code_of(trader.buy(possible + 1, price)) == "855056"
        number = trader.buy(possible, price)["ord_no"]
        assert 0 <= trader.cash()["orderable"] < price * 1.01
        trader.cancel(number)
    account = trader.wire.host.exchange.accounts[trader.wire.appkey]
    account.opening_deposit -= trader.cash()["deposit_d2"]
    assert ". 0주 매수가능" in trader.buy(1)["return_msg"]


def test_s31_a_market_buy_needs_cash_for_the_upper_limit(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    upper = trader.band()[1]
    reply = trader.buy(10_000)
    possible = int(reply["return_msg"].partition("부족합니다. ")[2].partition("주")[0])
    assert possible == trader.cash()["orderable"] // (upper + upper * 15 // 100_000)


def test_s31_the_mock_server_names_no_numbers(make_wire: MakeWire) -> None:
    trader = at(make_wire, "mock")
    cash = "[2000](RC4025:모의투자 매수증거금이 부족합니다)"
    shares = "[2000](800033:모의투자 매도가능수량이 부족합니다.)"
    assert trader.buy(10_000, 260_000)["return_msg"] == cash
    assert trader.sell(10_000)["return_msg"] == shares


def test_s31_resting_sells_hold_shares_back(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    held, _ = trader.shares()
    number = trader.sell(held - 5, trader.price() + 5_000)["ord_no"]
    assert trader.shares() == (held, 5)
    assert "800033:매도가능수량이 부족합니다. 5주 매도가능" in trader.sell(6)["return_msg"]
    trader.sell(5, trader.price() + 5_000)
    assert "0주 매도가능" in trader.sell(1)["return_msg"]
    trader.cancel(number)
    assert trader.shares() == (held, held - 5)
    assert code_of(trader.sell(1, stk_cd="005940")) == "800033"


def test_a_dearer_modify_needs_cash_for_the_difference_only(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    price = trader.band()[0]
    reply = trader.buy(10_000, price)
    possible = int(reply["return_msg"].partition("부족합니다. ")[2].partition("주")[0])
    number = trader.buy(possible, price)["ord_no"]
    assert code_of(trader.modify(number, price + 20_000)) == "855056"
    assert trader.open()[0]["ord_no"] == number
    assert code_of(trader.modify(number, price - 0, possible - 1)) == "0"


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("code", ["118970", "zzzzzz", "A005930"])
def test_s32_an_unknown_code_is_the_gateways_1902(make_wire: MakeWire, env: str, code: str) -> None:
    trader = at(make_wire, env)
    for reply in (trader.buy(1, 1_000, stk_cd=code), trader.sell(1, 1_000, stk_cd=code)):
        assert reply == {
            "return_msg": "서비스를 처리하는 중에 오류가 발생했습니다[1902:종목 정보가 없습니다. "
            f"입력한 종목코드 값을 확인바랍니다. 종목코드={code}]",
            "return_code": 7,
        }


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-10-01T06:33:00", "RC4057"),
        ("2026-10-01T08:45:00", "RC4057"),
        ("2026-10-01T08:59:59", "RC4057"),
        ("2026-10-01T09:00:00", "0"),
        ("2026-10-01T15:21:00", "0"),
        ("2026-10-01T15:30:30", "0"),
        ("2026-10-01T15:30:31", "RC4058"),
        ("2026-10-01T18:30:00", "RC4058"),
        ("2026-10-03T10:00:00", "RC4010"),
        ("2026-10-05T10:00:00", "RC4010"),
        ("2026-11-19T09:30:00", "RC4057"),
        ("2026-11-19T16:10:00", "0"),
    ],
)
def test_s33_the_mock_server_has_one_session(make_wire: MakeWire, moment: str, code: str) -> None:
    trader = at(make_wire, "mock", moment)
    assert code_of(trader.buy(1, trader.price() - 1_000)) == code


BEFORE, SINCE = "2026-09-11", "2026-09-14"


@pytest.mark.parametrize(
    ("day", "clock", "exchange", "order_type", "code"),
    [
        ("2026-10-05", "10:00:00", "KRX", "0", "571489"),
        (SINCE, "07:59:59", "KRX", "0", "505182"),
        (SINCE, "08:30:00", "KRX", "0", "0"),
        (SINCE, "08:30:00", "KRX", "3", "0"),
        (SINCE, "08:30:00", "KRX", "6", "521790"),
        (SINCE, "08:30:00", "KRX", "61", "0"),
        (SINCE, "08:40:00", "KRX", "61", "521790"),
        (SINCE, "09:00:00", "KRX", "6", "0"),
        (SINCE, "09:00:00", "KRX", "81", "521790"),
        (SINCE, "15:19:59", "KRX", "10", "0"),
        (SINCE, "15:21:00", "KRX", "3", "0"),
        (SINCE, "15:21:00", "KRX", "10", "521790"),
        (SINCE, "15:31:00", "KRX", "0", "999999"),
        (SINCE, "15:31:00", "KRX", "81", "0"),
        (SINCE, "16:00:00", "KRX", "0", "0"),
        (SINCE, "16:00:00", "KRX", "3", "521790"),
        (SINCE, "16:00:00", "KRX", "62", "521790"),
        (SINCE, "20:00:00", "KRX", "0", "505217"),
        (BEFORE, "15:31:00", "KRX", "81", "0"),
        (BEFORE, "16:00:00", "KRX", "0", "521790"),
        (BEFORE, "16:00:00", "KRX", "62", "0"),
        (BEFORE, "18:00:00", "KRX", "62", "505217"),
        (SINCE, "07:59:59", "NXT", "0", "505182"),
        (SINCE, "08:00:00", "NXT", "0", "0"),
        (SINCE, "08:00:00", "NXT", "3", "407022"),
        (SINCE, "08:00:00", "NXT", "6", "521790"),
        (SINCE, "08:50:00", "NXT", "0", "505217"),
        (SINCE, "09:00:30", "NXT", "6", "0"),
        (SINCE, "09:00:30", "NXT", "3", "407022"),
        (SINCE, "15:20:00", "NXT", "0", "505217"),
        (SINCE, "15:40:00", "NXT", "0", "0"),
        (SINCE, "19:59:59", "NXT", "0", "0"),
        (SINCE, "20:00:00", "NXT", "0", "505217"),
        (SINCE, "08:10:00", "SOR", "3", "571034"),
        (SINCE, "08:10:00", "SOR", "0", "0"),
        (SINCE, "08:30:00", "SOR", "3", "0"),
        (SINCE, "10:00:00", "SOR", "0", "0"),
        (SINCE, "15:45:00", "SOR", "0", "0"),
    ],
)
def test_s33_the_real_server_has_sessions_by_date_and_exchange(
    make_wire: MakeWire, day: str, clock: str, exchange: str, order_type: str, code: str
) -> None:
    trader = at(make_wire, "real", f"{day}T{clock}")
    price = trader.price() - 1_000 if order_type in ("0", "10", "62") else ""
    reply = trader.buy(1, price, trde_tp=order_type, dmst_stex_tp=exchange)
    assert code_of(reply) == code


def test_s33_the_after_market_leaves_funds_out(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real", "2026-09-14T17:00:00")
    fund = trader.price("069500") // 5 * 5
    assert code_of(trader.buy(1, fund, stk_cd="069500")) == "521790"
    number = trader.buy(1, trader.price() + 500)["ord_no"]
    assert trader.of(number)["status"] == "filled"


def test_s33_with_an_open_clock_the_market_always_trades(make_wire: MakeWire) -> None:
    for env in ENVIRONMENTS:
        trader = at(make_wire, env)
        for _ in range(4):
            number = trader.buy(1, trader.price() + 500)["ord_no"]
            assert trader.of(number)["status"] == "filled"
            trader.cancel(trader.resting(1))
            trader.wire.clock.advance(3 * 3_600)


@pytest.mark.parametrize("exchange", ["NXT", "SOR"])
def test_s37_the_mock_server_offers_krx_only(make_wire: MakeWire, exchange: str) -> None:
    trader = at(make_wire, "mock")
    assert code_of(trader.buy(1, 260_000, dmst_stex_tp=exchange)) == "RC9000"
    number = trader.resting(1)
    assert code_of(trader.cancel(number, dmst_stex_tp=exchange)) == "RC9000"


def test_s37_restricted_symbols(make_wire: MakeWire) -> None:
    mock, real = at(make_wire, "mock"), at(make_wire, "real")
    price = mock.price("114800") // 5 * 5
    assert code_of(mock.buy(1, price, stk_cd="114800")) == "RC4007"
    assert code_of(real.buy(1, price, stk_cd="114800")) == "509247"


def test_funds_are_not_traded_on_nxt(make_wire: MakeWire) -> None:
    trader = at(make_wire, "real")
    fund = trader.price("069500") // 5 * 5
    reply = trader.buy(1, fund, stk_cd="069500", dmst_stex_tp="NXT")
    assert code_of(reply) == "571566"


def test_another_exchange_name_is_refused_by_form(make_wire: MakeWire) -> None:
    reply = at(make_wire, "real").buy(1, 260_000, dmst_stex_tp="NYSE")
    assert (reply["return_code"], "[1517:" in reply["return_msg"]) == (2, True)


def test_s18_orders_have_five_a_second_of_their_own(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(rate="terms").sign_in())
    body = trader.new(1, trader.price() - 5_000, {})
    assert [trader.wire.send("ka00001").status_code for _ in range(5)] == [200] * 5
    replies = [trader.send("kt10000", **body) for _ in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429]
    assert "유량=5, API ID=kt10000]" in replies[-1].json()["return_msg"]
    trader.wire.clock.advance(1)
    assert trader.send("kt10001", **body).status_code == 200


def test_s17_an_order_refused_by_the_rate_does_not_exist(make_wire: MakeWire) -> None:
    trader = Trader(make_wire(rate="strict").sign_in())
    body = trader.new(1, trader.price() - 5_000, {})
    statuses = [trader.send("kt10000", **body).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert len(trader.known()) == 2
    assert trader.send("kt10001", **body).status_code == 200
