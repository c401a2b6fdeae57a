"""Prices, books, master data and holidays on KIS's wire."""

from __future__ import annotations

import io
import zipfile

import pytest

from kiwoomctl.simulator.instruments import instruments
from tests.simulator.kis.conftest import SYMBOL, KisWire, MakeKis

ASKED = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": SYMBOL}


@pytest.mark.parametrize("env", ["real", "mock"])
@pytest.mark.parametrize("venue", ["J", "NX", "UN"])
def test_a_price_is_the_market_s(make_kis: MakeKis, env: str, venue: str) -> None:
    kis = make_kis(env=env).sign_in()
    told = kis.send("FHKST01010100", {**ASKED, "FID_COND_MRKT_DIV_CODE": venue}).json()
    exchange = kis.host.exchange
    quote = exchange.market.quote(SYMBOL, exchange.clock.now())
    output = told["output"]
    assert (told["rt_cd"], told["msg_cd"]) == ("0", "MCA00000")
    assert int(output["stck_prpr"]) == quote.price
    assert int(output["stck_sdpr"]) == quote.base
    assert int(output["prdy_vrss"]) == quote.price - quote.base
    assert int(output["stck_mxpr"]) == quote.band.upper
    assert int(output["stck_llam"]) == quote.band.lower
    assert int(output["aspr_unit"]) == 500
    assert "prdt_name" not in output


def test_a_fall_has_a_minus_and_its_sign(kis: KisWire) -> None:
    base = kis.host.exchange.market.base_price(SYMBOL, kis.host.exchange.clock.now())
    kis.control("price", symbol=SYMBOL, price=base - 2_000)
    output = kis.send("FHKST01010100", ASKED).json()["output"]
    assert (output["prdy_vrss"], output["prdy_vrss_sign"]) == ("-2000", "5")
    assert output["prdy_ctrt"].startswith("-")


def test_names_of_the_query_may_be_lower_case(kis: KisWire) -> None:
    fields = {name.lower(): value for name, value in ASKED.items()}
    assert kis.send("FHKST01010100", fields).json()["output"]["stck_prpr"] != "0"


def test_an_unknown_code_has_no_price(kis: KisWire) -> None:
    told = kis.send("FHKST01010100", {**ASKED, "FID_INPUT_ISCD": "999999"}).json()
    assert (told["rt_cd"], told["output"]["stck_prpr"]) == ("0", "0")
    assert kis.send("FHKST01010100", {**ASKED, "FID_COND_MRKT_DIV_CODE": "X"}).json()["rt_cd"] == (
        "2"
    )


def test_a_note_has_a_letter_in_front(kis: KisWire) -> None:
    note = next(i for i in instruments().values() if i.market == "ETN")
    fields = {**ASKED, "FID_INPUT_ISCD": f"Q{note.symbol}"}
    output = kis.send("FHKST01010100", fields).json()["output"]
    assert int(output["stck_prpr"]) == kis.price(note.symbol)


def test_the_book_is_what_orders_meet(kis: KisWire) -> None:
    levels = kis.send("FHKST01010200", ASKED).json()["output1"]
    assert int(levels["bidp1"]) == kis.price()
    assert int(levels["askp1"]) == kis.price() + 500
    number = kis.buy(1)["output"]["ODNO"]
    assert kis.known(number)["filled_amount"] == int(levels["askp1"])
    after = kis.send("FHKST01010200", ASKED).json()["output1"]
    assert int(after["askp_rsqn1"]) == int(levels["askp_rsqn1"]) - 1


def test_several_prices_at_once(kis: KisWire) -> None:
    codes = [SYMBOL, "999999", "069500"]
    fields: dict[str, str] = {}
    for place, code in enumerate(codes, start=1):
        fields |= {f"FID_COND_MRKT_DIV_CODE_{place}": "J", f"FID_INPUT_ISCD_{place}": code}
    rows = kis.send("FHKST11300006", fields).json()["output"]
    assert [row["inter_shrn_iscd"] for row in rows] == codes
    assert int(rows[0]["inter2_prpr"]) == kis.price()
    assert "inter2_prpr" not in rows[1]
    assert rows[2]["inter_kor_isnm"] == "KODEX 200"


def test_a_stock_s_name(kis: KisWire) -> None:
    told = kis.send("CTPF1002R", {"PRDT_TYPE_CD": "300", "PDNO": SYMBOL}).json()["output"]
    assert (told["prdt_abrv_name"], told["cptt_trad_tr_psbl_yn"]) == ("삼성전자", "Y")
    unknown = kis.send("CTPF1002R", {"PRDT_TYPE_CD": "300", "PDNO": "999999"}).json()
    assert unknown["msg_cd"] == "MCA05918"


def test_holidays(kis: KisWire) -> None:
    fields = {"BASS_DT": "20261001", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
    rows = kis.send("CTCA0903R", fields).json()["output"]
    opens = {row["bass_dt"]: row["opnd_yn"] for row in rows}
    assert [opens[f"2026100{day}"] for day in range(1, 7)] == ["Y", "Y", "N", "N", "N", "Y"]


def test_the_files_of_all_codes(kis: KisWire) -> None:
    names = {}
    for market in ("kospi", "kosdaq"):
        reply = kis.client.get(f"/common/master/{market}_code.mst.zip")
        with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
            lines = archive.read(f"{market}_code.mst").splitlines()
        assert len({len(line) for line in lines}) == 1
        for line in lines:
            code = line[:9].decode().strip()
            names[code.removeprefix("Q")] = line[21:61].decode("cp949").strip()
    assert names == {i.symbol: i.name for i in instruments().values()}
    assert kis.client.get("/common/master/nothing.zip").status_code == 404


def test_the_standard_code_checks_itself(kis: KisWire) -> None:
    reply = kis.client.get("/common/master/kospi_code.mst.zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        first = archive.read("kospi_code.mst").splitlines()[0]
    assert first[:21] == b"005930   KR7005930003"
