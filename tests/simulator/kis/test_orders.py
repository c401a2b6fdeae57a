"""Buy, sell, modify and cancel on KIS's wire, compared with the exchange's record."""

from __future__ import annotations

from typing import Any

import pytest

from kiwoomctl.simulator.instruments import instruments
from tests.simulator.kis.conftest import CURSORS, DAILY, ORDERABLE, SYMBOL, KisWire, MakeKis

NOT_NXT = "069500"


def number_of(told: dict[str, Any]) -> str:
    assert told["rt_cd"] == "0", told
    return str(told["output"]["ODNO"])


def test_an_order_on_the_real_server(kis: KisWire) -> None:
    told = kis.buy(2)
    assert (told["msg_cd"], told["msg1"].strip()) == ("APBK0013", "주문 전송 완료 되었습니다.")
    assert len(told["msg1"]) == 80
    assert set(told["output"]) == {"KRX_FWDG_ORD_ORGNO", "ODNO", "ORD_TMD"}
    assert told["output"]["KRX_FWDG_ORD_ORGNO"] == "06010"
    number = number_of(told)
    assert len(number) == 10
    order = kis.known(number)
    assert (order["api_id"], order["channel"]) == ("TTTC0012U", "OpnAPI")
    assert (order["status"], order["filled"], order["side"]) == ("filled", 2, "buy")


def test_orders_on_the_mock_server(mock_kis: KisWire) -> None:
    bought, sold = mock_kis.buy(1), mock_kis.sell(1)
    assert (bought["msg_cd"], sold["msg_cd"]) == ("40600000", "40590000")
    assert bought["output"]["KRX_FWDG_ORD_ORGNO"] == "00950"
    assert mock_kis.known(number_of(bought))["api_id"] == "VTTC0012U"


def test_cash_and_shares_of_a_fill(kis: KisWire) -> None:
    before = kis.truth()
    told = kis.buy(3)
    order, after = kis.known(number_of(told)), kis.truth()
    paid = order["filled_amount"] + order["commission"]
    assert before["cash"]["deposit_d2"] - after["cash"]["deposit_d2"] == paid
    assert before["cash"]["deposit"] == after["cash"]["deposit"]
    sold = kis.known(number_of(kis.sell(4)))
    got = sold["filled_amount"] - sold["commission"] - sold["tax"]
    assert kis.truth()["cash"]["deposit_d2"] - after["cash"]["deposit_d2"] == got


def test_a_modify_is_a_new_order(kis: KisWire) -> None:
    first = kis.resting(3)
    price = kis.price() - 8_000
    second = number_of(kis.change(first, "01", ORD_UNPR=f"{price}"))
    order = kis.known(second)
    assert (order["original"], order["price"], order["remaining"]) == (first, price, 3)
    assert kis.known(first)["status"] == "modified"
    # A change names the latest number.
    assert kis.change(first, "01", ORD_UNPR=f"{price - 500}")["rt_cd"] == "1"
    third = number_of(kis.change(second, "01", ORD_UNPR=f"{price - 500}"))
    assert (kis.known(third)["original"], kis.known(third)["root"]) == (second, first)


def test_a_part_is_modified_and_another_cancelled(kis: KisWire) -> None:
    first = kis.resting(10)
    price = f"{kis.price() - 8_000}"
    part = number_of(kis.change(first, "01", ORD_UNPR=price, ORD_QTY="4", QTY_ALL_ORD_YN="N"))
    assert (kis.known(part)["remaining"], kis.known(first)["remaining"]) == (4, 6)
    number_of(kis.change(first, "02", ORD_QTY="5", QTY_ALL_ORD_YN="N"))
    assert kis.known(first)["remaining"] == 1
    too_many = kis.change(first, "02", ORD_QTY="2", QTY_ALL_ORD_YN="N")
    assert (too_many["rt_cd"], too_many["msg_cd"]) == ("1", "APBK9999")
    number_of(kis.change(first, "02"))
    assert kis.known(first)["remaining"] == 0


def test_a_modify_may_change_the_type(kis: KisWire) -> None:
    first = kis.resting(2)
    second = number_of(kis.change(first, "01", ORD_DVSN="01"))
    order = kis.known(second)
    assert (order["type"], order["status"], order["filled"]) == ("3", "filled", 2)
    assert kis.truth()["cash"]["orderable"] == kis.truth()["cash"]["deposit_d2"]


@pytest.mark.parametrize("branch", ["", "06010"])
def test_the_branch_may_be_blank(kis: KisWire, branch: str) -> None:
    number = kis.resting().lstrip("0")
    assert kis.change(number, "02", KRX_FWDG_ORD_ORGNO=branch)["rt_cd"] == "0"


def test_nothing_is_left_to_change(kis: KisWire) -> None:
    filled = number_of(kis.buy(1))
    assert kis.change(filled, "02")["rt_cd"] == "1"
    assert kis.change("9999999", "02")["rt_cd"] == "1"
    assert kis.change(kis.resting(), "02", KRX_FWDG_ORD_ORGNO="12345")["rt_cd"] == "1"
    other = KisWire(kis.client, kis.host, kis.clock, number=2).sign_in()
    assert other.change(kis.resting(), "02")["rt_cd"] == "1"


def test_a_fill_between_inquiry_and_cancel(kis: KisWire) -> None:
    number = kis.resting(2)
    assert kis.open()[0]["psbl_qty"] == "2"
    kis.control("fill", ord_no=number, quantity=2)
    assert kis.change(number, "02")["rt_cd"] == "1"
    assert kis.known(number)["status"] == "filled"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PDNO": "999999"}, "APBK0656"),
        ({"ORD_DVSN": "99", "ORD_UNPR": "1000"}, "APBK9999"),
        ({"ORD_QTY": "0"}, "APBK9999"),
        ({"ORD_QTY": "1.5"}, "OPSQ2002"),
        ({"ORD_QTY": "-1"}, "OPSQ2002"),
        ({"ORD_DVSN": "00", "ORD_UNPR": "0"}, "APBK9999"),
        ({"ORD_DVSN": "00", "ORD_UNPR": "250001"}, "APBK9999"),
        ({"ORD_DVSN": "00", "ORD_UNPR": "1000"}, "APBK9999"),
        ({"EXCG_ID_DVSN_CD": "ALL"}, "OPSQ2002"),
        ({"EXCG_ID_DVSN_CD": "NXT"}, "APBK1943"),
        ({"EXCG_ID_DVSN_CD": "SOR", "ORD_DVSN": "21"}, "APBK1943"),
        ({"ORD_QTY": "100000"}, "APBK0952"),
    ],
)
def test_a_refused_buy_leaves_nothing(kis: KisWire, changes: dict[str, str], code: str) -> None:
    refused = kis.buy(1, 0, **changes)
    assert refused["msg_cd"] == code
    assert refused["rt_cd"] == {"A": "1", "O": "2"}[code[0]] or code == "APBK0952"
    assert "output" not in refused
    assert kis.state()["orders"] == []


def test_a_fund_is_not_traded_at_nxt(kis: KisWire) -> None:
    price = kis.price(NOT_NXT) // 5 * 5
    refused = kis.buy(1, price, PDNO=NOT_NXT, EXCG_ID_DVSN_CD="NXT")
    assert refused["msg_cd"] == "APBK0656"
    assert "NXT" in refused["msg1"]


@pytest.mark.parametrize("venue", ["", "KRX", "NXT", "SOR"])
def test_the_exchange_of_an_order(kis: KisWire, venue: str) -> None:
    more = {"EXCG_ID_DVSN_CD": venue} if venue else {}
    number = number_of(kis.buy(1, kis.price() - 5_000, **more))
    assert kis.known(number)["exchange"] == (venue or "KRX")
    assert kis.change(number, "02", **more)["rt_cd"] == "0"


def test_a_change_names_the_order_s_exchange(kis: KisWire) -> None:
    number = number_of(kis.buy(1, kis.price() - 5_000, EXCG_ID_DVSN_CD="SOR"))
    assert kis.change(number, "02")["rt_cd"] == "1"


@pytest.mark.parametrize("venue", ["NXT", "SOR"])
def test_the_mock_server_has_krx_only(mock_kis: KisWire, venue: str) -> None:
    refused = mock_kis.buy(1, mock_kis.price(), EXCG_ID_DVSN_CD=venue)
    assert (refused["rt_cd"], refused["msg_cd"]) == ("1", "40310000")


@pytest.mark.parametrize(
    ("env", "moment", "code"),
    [
        ("real", "2026-10-01T07:00:00+09:00", "APBK0918"),
        ("real", "2026-10-01T20:30:00+09:00", "APBK0918"),
        ("real", "2026-10-05T10:00:00+09:00", "APBK0919"),
        ("mock", "2026-10-01T08:00:00+09:00", "40570000"),
        ("mock", "2026-10-01T16:00:00+09:00", "40580000"),
        ("mock", "2026-10-05T10:00:00+09:00", "40100000"),
    ],
)
def test_a_closed_market(make_kis: MakeKis, env: str, moment: str, code: str) -> None:
    kis = make_kis(env=env)
    kis.control("clock", now=moment)
    assert kis.sign_in().buy(1, kis.price())["msg_cd"] == code


def test_types_of_the_after_market(kis: KisWire) -> None:
    price = kis.price()
    assert kis.buy(1, price, ORD_DVSN="41")["msg_cd"] == "APBK9999"
    kis.control("clock", now="2026-10-01T16:30:00+09:00")
    kis.sign_in()
    for code in ("41", "42", "43", "44", "45", "46", "47"):
        told = kis.buy(1, price if code in ("41", "42", "43") else 0, ORD_DVSN=code)
        assert told["rt_cd"] == "0", told
    rows = kis.daily()
    assert [row["ord_dvsn_cd"] for row in rows] == ["41", "42", "43", "44", "45", "46", "47"]
    assert kis.buy(1)["msg_cd"] == "APBK3013"
    assert kis.buy(1, 0, ORD_DVSN="44", PDNO=NOT_NXT)["rt_cd"] == "1"
    assert kis.buy(1, price, ORD_DVSN="07")["rt_cd"] == "1"


def test_types_before_nxt_opens(kis: KisWire) -> None:
    kis.control("clock", now="2026-10-01T08:10:00+09:00")
    kis.sign_in()
    number = number_of(kis.buy(1, kis.price() - 5_000, ORD_DVSN="27", EXCG_ID_DVSN_CD="NXT"))
    assert kis.open()[0]["ord_dvsn_cd"] == "27"
    kis.control("clock", now="2026-10-01T09:30:00+09:00")
    assert kis.known(number)["status"] == "expired"
    refused = kis.buy(1, kis.price(), ORD_DVSN="27", EXCG_ID_DVSN_CD="NXT")
    assert refused["rt_cd"] == "1"


@pytest.mark.parametrize("code", ["00", "02", "11", "12"])
def test_types_with_a_price(kis: KisWire, code: str) -> None:
    number = number_of(kis.buy(1, kis.price() + 1_000, ORD_DVSN=code))
    assert kis.known(number)["status"] == "filled"
    assert kis.daily()[0]["ord_dvsn_cd"] == code


@pytest.mark.parametrize("code", ["01", "03", "13", "14", "15", "16", "21", "23"])
def test_types_without_a_price(kis: KisWire, code: str) -> None:
    number = number_of(kis.buy(1, 0, ORD_DVSN=code))
    assert kis.known(number)["status"] == "filled"
    assert kis.daily()[0]["ord_dvsn_cd"] == code


def test_a_stop_order_has_a_price_of_its_own(kis: KisWire) -> None:
    price = kis.price()
    assert kis.buy(1, price + 1_000, ORD_DVSN="22")["rt_cd"] == "1"
    number = number_of(kis.buy(1, price + 1_000, ORD_DVSN="22", CNDT_PRIC=f"{price + 500}"))
    assert kis.open()[0]["stpm_cndt_pric"] == f"{price + 500}"
    kis.control("price", symbol=SYMBOL, price=price + 500)
    assert kis.known(number)["status"] == "filled"


@pytest.mark.parametrize(("new", "old"), [("TTTC0012U", "TTTC0802U"), ("TTTC0011U", "TTTC0801U")])
def test_old_ids_work_until_they_are_blocked(kis: KisWire, new: str, old: str) -> None:
    body = kis.new(1, 0, {})
    assert kis.send(new, body, tr_id=old).json()["rt_cd"] == "0"
    kis.rules(old_ids="blocked")
    assert kis.send(new, body, tr_id=old).json()["msg_cd"] == "OPSQ0002"
    assert kis.send(new, body).json()["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("new", "old", "fields"),
    [
        ("TTTC0081R", "TTTC8001R", DAILY),
        ("CTSC9215R", "CTSC9115R", DAILY),
        ("TTTC0084R", "TTTC8036R", {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0", **CURSORS}),
    ],
)
def test_old_ids_of_lists(kis: KisWire, new: str, old: str, fields: dict[str, str]) -> None:
    asked = {**kis.named, **fields}
    assert kis.send(new, asked, tr_id=old).json()["rt_cd"] == "0"
    kis.rules(old_ids="blocked")
    assert kis.send(new, asked, tr_id=old).json()["msg_cd"] == "OPSQ0002"


def test_keys_of_a_body_are_upper_case(kis: KisWire) -> None:
    body = {name.lower(): value for name, value in kis.new(1, 0, {}).items()}
    assert kis.send("TTTC0012U", body).json()["msg_cd"] == "OPSQ2001"
    assert kis.state()["orders"] == []


def test_a_body_that_is_no_json(kis: KisWire) -> None:
    headers = {"authorization": f"Bearer {kis.token}", **kis.keys, "tr_id": "TTTC0012U"}
    reply = kis.client.post(
        "/uapi/domestic-stock/v1/trading/order-cash",
        content=b"a=b",
        headers={**headers, "custtype": "P", "content-type": "text/plain"},
    )
    assert (reply.status_code, reply.json()["msg_cd"]) == (500, "EGW00132")


def test_a_test_may_choose_what_a_refusal_says(kis: KisWire) -> None:
    kis.control("refusal", reason="cash", code="APBK1234", text="다른 말")
    told = kis.buy(100_000)
    assert (told["msg_cd"], told["msg1"].strip()) == ("APBK1234", "다른 말")
    kis.control("refusal", reason="cash")
    assert kis.buy(100_000)["msg_cd"] == "APBK0952"


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_status_of_a_business_refusal(kis: KisWire, status: int) -> None:
    kis.rules(business_status=status)
    assert kis.send("TTTC0012U", kis.new(100_000, 0, {})).status_code == status


def test_a_note_may_have_its_letter_in_front(kis: KisWire) -> None:
    note = next(i for i in instruments().values() if i.market == "ETN")
    for code in (note.symbol, f"Q{note.symbol}"):
        fields = {"PDNO": code, "ORD_UNPR": f"{kis.price(note.symbol)}", "ORD_DVSN": "00"}
        told = kis.read("TTTC8908R", {**ORDERABLE, **fields})["output"]
        assert int(told["nrcvb_buy_qty"]) > 0
        number = number_of(kis.buy(1, PDNO=code))
        assert kis.known(number)["symbol"] == note.symbol
    assert len(kis.daily(PDNO=f"Q{note.symbol}")) == 2
