"""Balance, cash and what can be ordered, equal to the exchange's own record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.kis.conftest import BALANCE, ORDERABLE, SYMBOL, KisWire, MakeKis


def equal_to_the_truth(kis: KisWire) -> None:
    """Compare balance and orderable cash with the exchange's record, to the won."""
    truth = kis.truth()
    rows, sums = kis.balance(INQR_DVSN="01")
    told: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row["hldg_qty"] != "0":
            key = (row["pdno"], row["loan_dt"])
            assert key not in told
            told[key] = row
    assert len(told) == len(truth["holdings"])
    for held in truth["holdings"]:
        row = told[held["symbol"], (held["loan_date"] or "").replace("-", "")]
        assert row["prdt_name"] == held["name"]
        assert int(row["hldg_qty"]) == held["quantity"]
        assert int(row["ord_psbl_qty"]) == held["sellable_quantity"]
        assert int(row["pchs_amt"]) == held["cost"]
        assert int(row["prpr"]) == held["price"]
        assert int(row["evlu_amt"]) == held["market_value"]
        assert int(row["evlu_pfls_amt"]) == held["market_value"] - held["cost"]
        average = Decimal(held["cost"]) / held["quantity"]
        assert Decimal(row["pchs_avg_pric"]) == average.quantize(Decimal("0.0001"), "ROUND_HALF_UP")
        rate = Decimal(held["market_value"] - held["cost"]) * 100 / held["cost"]
        assert Decimal(row["evlu_pfls_rt"]) == rate.quantize(Decimal("0.01"), "ROUND_HALF_UP")
    value = sum(held["market_value"] for held in truth["holdings"])
    cost = sum(held["cost"] for held in truth["holdings"])
    cash = truth["cash"]
    assert int(sums["dnca_tot_amt"]) == cash["deposit"]
    assert int(sums["nxdy_excc_amt"]) == cash["deposit_d1"]
    assert int(sums["prvs_rcdl_excc_amt"]) == cash["deposit_d2"]
    assert int(sums["scts_evlu_amt"]) == value
    assert int(sums["tot_evlu_amt"]) == value + cash["deposit_d2"]
    assert int(sums["pchs_amt_smtl_amt"]) == cost
    assert int(sums["evlu_pfls_smtl_amt"]) == value - cost
    output = kis.read("TTTC8908R", ORDERABLE)["output"]
    assert int(output["ord_psbl_cash"]) == max(0, cash["orderable"])


@pytest.mark.parametrize("env", ["real", "mock"])
@pytest.mark.parametrize("positions", [0, 5, 60])
def test_every_account_is_as_the_exchange_has_it(
    make_kis: MakeKis, env: str, positions: int
) -> None:
    first = make_kis(env=env, positions=positions)
    for number in (1, 2, 3):
        kis = KisWire(first.client, first.host, first.clock, number)
        equal_to_the_truth(kis.sign_in())


def test_orders_and_fills_move_it(kis: KisWire) -> None:
    kis.buy(3)
    kis.resting(2)
    kis.sell(4)
    kis.sell(1, kis.price() + 5_000)
    equal_to_the_truth(kis)
    kis.control("clock", now="2026-10-02T10:00:00+09:00")
    kis.sign_in()
    equal_to_the_truth(kis)


def test_a_row_is_a_symbol_in_one_way_of_holding_it(make_kis: MakeKis) -> None:
    kis = make_kis(positions=40).sign_in()
    rows, _ = kis.balance(INQR_DVSN="02")
    keys = [(row["pdno"], row["trad_dvsn_name"]) for row in rows]
    assert len(keys) == len(set(keys))
    twice = [pdno for pdno, name in keys if name == "자기융자"]
    assert twice
    assert set(twice) <= {pdno for pdno, name in keys if name == "현금"}
    assert {row["loan_dt"] for row in rows} == {""}
    by_day, _ = kis.balance(INQR_DVSN="01")
    loans = [row for row in by_day if row["trad_dvsn_name"] == "자기융자"]
    assert all(len(row["loan_dt"]) == 8 and int(row["loan_amt"]) > 0 for row in loans)


def test_what_is_sold_out_stays_with_no_shares(kis: KisWire) -> None:
    held = next(h for h in kis.truth()["holdings"] if h["symbol"] == SYMBOL)
    kis.sell(held["quantity"])
    row = next(row for row in kis.balance()[0] if row["pdno"] == SYMBOL)
    assert (row["hldg_qty"], row["pchs_avg_pric"], row["thdt_sll_qty"]) == ("0", "0.0000", "42")
    # Until it is settled: the Monday after the second day is closed.
    for day, stays in (("02", True), ("06", False)):
        kis.control("clock", now=f"2026-10-{day}T10:00:00+09:00")
        kis.sign_in()
        assert (SYMBOL in {row["pdno"] for row in kis.balance()[0]}) is stays


def test_sums_are_an_array_of_one_on_every_page(make_kis: MakeKis) -> None:
    kis = make_kis(positions=60).sign_in()
    sums = kis.pages("TTTC8434R", BALANCE, "output2")
    assert [len(page) for page in sums] == [1, 1]
    assert sums[0] == sums[1]


def test_pages_of_the_balance(make_kis: MakeKis) -> None:
    real, mock = make_kis(positions=119), make_kis(positions=119, env="mock")
    for kis, size in ((real.sign_in(), 50), (mock.sign_in(), 20)):
        sizes = [len(page) for page in kis.pages("TTTC8434R", BALANCE, "output1")]
        assert set(sizes[:-1]) == {size}
        assert sum(sizes) == len(kis.balance()[0])
        assert len({row["pdno"] + row["trad_dvsn_name"] for row in kis.balance()[0]}) == sum(sizes)


def test_headers_and_codes_of_pages(make_kis: MakeKis) -> None:
    kis = make_kis(positions=119).sign_in()
    fields = {**kis.named, **BALANCE}
    headers: dict[str, str | None] = {}
    seen = []
    for _ in range(3):
        reply = kis.send("TTTC8434R", fields, headers=headers)
        told = reply.json()
        seen.append((reply.headers["tr_cont"], told["msg_cd"]))
        assert len(told["ctx_area_fk100"]) == len(told["ctx_area_nk100"]) == 100
        fields |= {key.upper(): told[key] for key in ("ctx_area_fk100", "ctx_area_nk100")}
        headers = {"tr_cont": "N"}
    assert seen == [("F", "KIOK0500"), ("M", "KIOK0500"), ("E", "KIOK0460")]
    assert not fields["CTX_AREA_NK100"].strip()
    assert fields["CTX_AREA_FK100"].startswith(f"{kis.named['CANO']}^01^")


def test_a_continuation_without_its_header_begins_anew(make_kis: MakeKis) -> None:
    kis = make_kis(positions=60).sign_in()
    first = kis.send("TTTC8434R", {**kis.named, **BALANCE}).json()
    fields = {
        **kis.named,
        **BALANCE,
        "CTX_AREA_FK100": first["ctx_area_fk100"],
        "CTX_AREA_NK100": first["ctx_area_nk100"],
    }
    assert kis.send("TTTC8434R", fields).json()["output1"] == first["output1"]
    other = {**fields, "INQR_DVSN": "01"}
    assert kis.send("TTTC8434R", other, headers={"tr_cont": "N"}).json()["rt_cd"] == "2"
    unknown = {**fields, "CTX_AREA_NK100": "x"}
    assert kis.send("TTTC8434R", unknown, headers={"tr_cont": "N"}).json()["rt_cd"] == "2"


@pytest.mark.parametrize(("name", "value"), [("AFHR_FLPR_YN", "Z"), ("INQR_DVSN", "9")])
def test_a_value_that_is_not_taken(kis: KisWire, name: str, value: str) -> None:
    told = kis.send("TTTC8434R", {**kis.named, **BALANCE, name: value}).json()
    assert (told["rt_cd"], told["msg_cd"]) == ("2", "OPSQ2002")


@pytest.mark.parametrize("basis", ["N", "Y", "X"])
def test_every_basis_of_prices_is_taken(kis: KisWire, basis: str) -> None:
    assert kis.balance(AFHR_FLPR_YN=basis)[0]


def test_prices_may_be_zero(kis: KisWire) -> None:
    kis.rules(zero_prices=True)
    row = kis.balance()[0][0]
    assert (row["prpr"], row["evlu_amt"]) == ("0", "0")
    assert int(row["pchs_amt"]) > 0


def test_deposits_may_lag_behind_today_s_trades(kis: KisWire) -> None:
    before = kis.balance()[1]
    kis.buy(2)
    moved = kis.balance()[1]
    assert int(moved["prvs_rcdl_excc_amt"]) < int(before["prvs_rcdl_excc_amt"])
    assert moved["dnca_tot_amt"] == before["dnca_tot_amt"]
    kis.rules(deposits_lag=True)
    lagging = kis.balance()[1]
    kis.rules(deposits_lag=False)
    assert int(lagging["prvs_rcdl_excc_amt"]) != int(moved["prvs_rcdl_excc_amt"])


def orderable(kis: KisWire, **fields: str) -> dict[str, Any]:
    return dict(kis.read("TTTC8908R", {**ORDERABLE, **fields})["output"])


def test_amounts_only_without_a_symbol(kis: KisWire) -> None:
    told = orderable(kis)
    assert told["nrcvb_buy_amt"] == told["ord_psbl_cash"]
    assert (told["nrcvb_buy_qty"], told["max_buy_qty"], told["psbl_qty_calc_unpr"]) == ("0",) * 3


def test_a_market_order_counts_with_the_upper_limit(kis: KisWire) -> None:
    exchange = kis.host.exchange
    upper = exchange.market.quote(SYMBOL, exchange.clock.now()).band.upper
    told = orderable(kis, PDNO=SYMBOL, ORD_DVSN="01")
    assert int(told["psbl_qty_calc_unpr"]) == upper
    most = int(told["nrcvb_buy_qty"])
    assert kis.buy(most + 1)["msg_cd"] == "APBK0952"
    assert kis.buy(most)["rt_cd"] == "0"


def test_just_as_many_can_be_bought_at_a_price(kis: KisWire) -> None:
    price = kis.price() - 10_000
    most = int(orderable(kis, PDNO=SYMBOL, ORD_UNPR=f"{price}")["nrcvb_buy_qty"])
    refused = kis.buy(most + 1, price)
    assert (refused["rt_cd"], refused["msg_cd"]) == ("7", "APBK0952")
    before = int(orderable(kis)["ord_psbl_cash"])
    assert kis.buy(most, price)["rt_cd"] == "0"
    assert int(orderable(kis)["ord_psbl_cash"]) <= before - most * price


def test_what_can_be_sold(kis: KisWire) -> None:
    before = kis.read("TTTC8408R", {"PDNO": SYMBOL})["output"]
    kis.sell(5, kis.price() + 5_000)
    after = kis.read("TTTC8408R", {"PDNO": SYMBOL})["output"]
    assert int(before["ord_psbl_qty"]) - int(after["ord_psbl_qty"]) == 5
    assert before["cblc_qty"] == after["cblc_qty"] == "42"
    left = int(after["ord_psbl_qty"])
    refused = kis.sell(left + 1)
    assert (refused["rt_cd"], refused["msg_cd"]) == ("1", "APBK0400")
    assert kis.sell(left)["rt_cd"] == "0"


def test_assets_and_margin(kis: KisWire) -> None:
    truth = kis.truth()
    fields = {"INQR_DVSN_1": "", "BSPR_BF_DT_APLY_YN": ""}
    told = kis.read("CTRP6548R", fields)
    value = sum(held["market_value"] for held in truth["holdings"])
    assert int(told["output2"]["evlu_amt_smtl"]) == value
    assert int(told["output2"]["tot_asst_amt"]) == value + truth["cash"]["deposit_d2"]
    fields = {
        "CMA_EVLU_AMT_ICLD_YN": "N",
        "WCRC_FRCR_DVSN_CD": "01",
        "FWEX_CTRT_FRCR_DVSN_CD": "01",
    }
    told = kis.read("TTTC0869R", fields)["output"]
    assert int(told["stck_cash_ord_psbl_amt"]) == truth["cash"]["orderable"]


@pytest.mark.parametrize(
    "real",
    [
        "TTTC0084R",
        "TTTC8494R",
        "TTTC8708R",
        "TTTC8715R",
        "TTTC8408R",
        "CTRP6548R",
        "CTPF1002R",
        "CTCA0903R",
    ],
)
def test_the_mock_server_has_no_such_tr(mock_kis: KisWire, real: str) -> None:
    refused = mock_kis.send(real, mock_kis.named, tr_id=real)
    assert refused.status_code == 500
    assert (refused.json()["rt_cd"], refused.json()["msg_cd"]) == ("1", "EGW00213")
    assert refused.json()["msg1"].strip() == "모의투자 TR 이 아닙니다."
    assert mock_kis.send(real, mock_kis.named).json()["msg_cd"] == "OPSQ0002"


def test_the_real_server_has_no_mock_tr(kis: KisWire) -> None:
    refused = kis.send("TTTC8434R", {**kis.named, **BALANCE}, tr_id="VTTC8434R")
    assert (refused.status_code, refused.json()["msg_cd"]) == (500, "EGW02004")
