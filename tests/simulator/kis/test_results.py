"""Realized profit on KIS's wire, equal to what the account booked."""

from __future__ import annotations

from tests.simulator.kis.conftest import BALANCE, PERIOD, SYMBOL, KisWire, MakeKis


def test_a_day_s_profit_is_what_was_booked(kis: KisWire) -> None:
    kis.sell(5)
    kis.buy(1)
    trades = [t for t in kis.account.trades if f"{t.trade_date:%Y%m%d}" == "20261001"]
    sales = [trade for trade in trades if trade.side == "sell"]
    row = kis.read("TTTC8708R", PERIOD)["output1"][-1]
    assert row["trad_dt"] == "20261001"
    assert int(row["rlzt_pfls"]) == sum(sale.amount - sale.cost for sale in sales)
    assert int(row["sll_amt"]) == sum(sale.amount for sale in sales)
    assert int(row["buy_amt"]) == sum(t.amount for t in trades if t.side == "buy")
    assert int(row["fee"]) == sum(trade.commission for trade in trades)
    assert int(row["tl_tax"]) == sum(sale.tax for sale in sales)
    kis.rules(realized="net")
    row = kis.read("TTTC8708R", PERIOD)["output1"][-1]
    assert int(row["rlzt_pfls"]) == sum(sale.realized for sale in sales)


def test_a_symbol_s_profit(kis: KisWire) -> None:
    kis.sell(5)
    told = kis.read("TTTC8715R", PERIOD)
    row = next(row for row in told["output1"] if row["pdno"] == f"00000A{SYMBOL}")
    sale = next(t for t in kis.account.trades if t.symbol == SYMBOL and t.side == "sell")
    assert (row["sll_qty"], row["buy_qty"], row["hldg_qty"]) == ("5", "0", "37")
    assert int(row["rlzt_pfls"]) == sale.amount - sale.cost
    assert (int(row["fee"]), int(row["tl_tax"])) == (sale.commission, sale.tax)
    total = sum(int(row["rlzt_pfls"]) for row in told["output1"])
    assert int(told["output2"]["tot_rlzt_pfls"]) == total


def test_rows_without_a_sale_are_purchases(kis: KisWire) -> None:
    kis.buy(2)
    rows = kis.read("TTTC8715R", {**PERIOD, "PDNO": SYMBOL})["output1"]
    assert [(row["sll_qty"], row["buy_qty"], row["rlzt_pfls"]) for row in rows] == [("0", "2", "0")]


def test_the_order_and_the_days_of_a_list(kis: KisWire) -> None:
    oldest = [row["trad_dt"] for row in kis.read("TTTC8708R", PERIOD)["output1"]]
    newest = kis.read("TTTC8708R", {**PERIOD, "SORT_DVSN": "02"})["output1"]
    assert oldest == ["20260930", "20261001"]
    assert [row["trad_dt"] for row in newest] == oldest[::-1]
    none = kis.read("TTTC8708R", {**PERIOD, "INQR_END_DT": "20260902"})
    assert (none["output1"], none["msg_cd"]) == ([], "KIOK0560")


def test_pages_of_sales(make_kis: MakeKis) -> None:
    kis = make_kis(positions=20).sign_in()
    whole = kis.read("TTTC8715R", PERIOD)["output1"]
    kis.control("page_size", api_id="TTTC8715R", rows=3)
    pages = kis.pages("TTTC8715R", PERIOD, "output1")
    assert len(pages) > 1
    assert [row for page in pages for row in page] == whole


def test_today_s_profit_with_and_without_costs(kis: KisWire) -> None:
    kis.sell(5)
    sales = [
        trade
        for trade in kis.account.trades
        if trade.side == "sell" and f"{trade.trade_date:%Y%m%d}" == "20261001"
    ]
    without = kis.read("TTTC8494R", {**BALANCE, "COST_ICLD_YN": "N"})["output2"][0]
    with_costs = kis.read("TTTC8494R", {**BALANCE, "COST_ICLD_YN": "Y"})["output2"][0]
    assert int(without["rlzt_pfls"]) == sum(sale.amount - sale.cost for sale in sales)
    assert int(with_costs["rlzt_pfls"]) == sum(sale.realized for sale in sales)
    held = kis.truth()["holdings"]
    assert int(with_costs["real_evlu_pfls"]) == sum(row["unrealized_pnl"] for row in held)
