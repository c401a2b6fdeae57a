"""Cash and holdings: identities to the won, settlement, what a mock server refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest

from kiwoomctl.simulator.account import Trade
from kiwoomctl.simulator.instruments import instruments

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

HOLDINGS = "acnt_evlt_remn_indv_tot"
CENT = Decimal("0.01")


def rows_of(wire: Wire) -> list[dict[str, str]]:
    return [row for page in wire.pages("kt00018", HOLDINGS) for row in page]


@pytest.mark.parametrize("env", ["mock", "real"])
def test_the_identities_of_every_row_hold_to_the_won(make_wire: MakeWire, env: str) -> None:
    wire = make_wire(env=env, positions=60).sign_in()
    listed = instruments()
    for row in rows_of(wire):
        numbers = {name: int(text) for name, text in row.items() if text.lstrip("-").isdigit()}
        value = numbers["cur_prc"] * numbers["rmnd_qty"]
        assert numbers["evlt_amt"] == value
        assert numbers["sum_cmsn"] == numbers["pur_cmsn"] + numbers["sell_cmsn"]
        profit = value - numbers["pur_amt"] - numbers["sum_cmsn"] - numbers["tax"]
        assert int(row["evltv_prft"]) == profit
        if numbers["pur_amt"]:
            rate = (Decimal(profit) * 100 / numbers["pur_amt"]).quantize(CENT, ROUND_HALF_UP)
            assert Decimal(row["prft_rt"]) == rate
        per_mille = Decimal("3.5") if env == "mock" else Decimal("0.15")
        for charge, amount in (("pur_cmsn", "pur_amt"), ("sell_cmsn", "evlt_amt")):
            assert numbers[charge] == int(numbers[amount] * per_mille / 1000) // 10 * 10
        instrument = listed[row["stk_cd"][1:]]
        if not instrument.is_taxed:
            assert numbers["tax"] == 0
        elif env == "mock" or instrument.market == "KOSPI":
            assert numbers["tax"] == value * 5 // 10_000 + value * 15 // 10_000
        else:
            assert numbers["tax"] == value * 2 // 1_000


def test_the_capture_of_one_share_is_met(make_wire: MakeWire) -> None:
    wire = make_wire(env="mock").sign_in()
    account = wire.host.exchange.accounts[wire.appkey]
    account.lots = [account.lots[0]._replace(quantity=1, cost=272_750)]
    wire.control("price", symbol="005930", price=272_500)
    row = wire.read("kt00018")[HOLDINGS][0]
    expected = {
        "stk_cd": "A005930",
        "evltv_prft": "-00000000002694",
        "prft_rt": "-00000000.99",
        "pur_pric": "000000000272750",
        "rmnd_qty": "000000000000001",
        "cur_prc": "000000272500",
        "pur_cmsn": "000000000000950",
        "sell_cmsn": "000000000000950",
        "tax": "000000000000544",
        "sum_cmsn": "000000000001900",
        "poss_rt": "000000100.00",
        "crd_tp": "00",
        "crd_loan_dt": "",
    }
    assert {name: row[name] for name in expected} == expected


def test_totals_are_the_sums_of_the_rows(make_wire: MakeWire) -> None:
    wire = make_wire(positions=60).sign_in()
    rows = rows_of(wire)
    whole = wire.read("kt00018")
    for total, part in (
        ("tot_pur_amt", "pur_amt"),
        ("tot_evlt_amt", "evlt_amt"),
        ("tot_evlt_pl", "evltv_prft"),
    ):
        assert int(whole[total]) == sum(int(row[part]) for row in rows)


def test_kt00004_and_kt00005_value_net_of_costs(make_wire: MakeWire) -> None:
    wire = make_wire(env="real").sign_in()
    gross = {row["stk_cd"]: row for row in wire.read("kt00018")[HOLDINGS]}
    evaluated = wire.read("kt00004")["stk_acnt_evlt_prst"]
    executed = wire.read("kt00005")["stk_cntr_remn"]
    assert len(evaluated) == len(executed) == len(gross)
    for row, other in zip(evaluated, executed, strict=True):
        whole = gross[row["stk_cd"]]
        costs = int(whole["sum_cmsn"]) + int(whole["tax"])
        assert int(row["evlt_amt"]) == int(whole["evlt_amt"]) - costs
        assert int(row["pl_amt"]) == int(row["evlt_amt"]) - int(row["pur_amt"])
        assert int(other["evltv_prft"]) == int(row["pl_amt"]) == int(whole["evltv_prft"])
        assert (len(row["evlt_amt"]), len(row["pl_rt"].partition(".")[2])) == (12, 4)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7])
def test_the_state_is_what_the_trs_answer(make_wire: MakeWire, number: int) -> None:
    wire = make_wire(accounts=8, positions=60)
    wire.number = number
    wire.sign_in()
    account = wire.truth()
    assert wire.read("ka00001")["acctNo"] == account["account"]
    cash = wire.read("kt00001")
    fields = {
        "deposit": "entr",
        "deposit_d1": "d1_entra",
        "deposit_d2": "d2_entra",
        "orderable": "ord_alow_amt",
        "withdrawable": "pymn_alow_amt",
    }
    assert account["cash"] == {name: int(cash[field]) for name, field in fields.items()}
    assert account["total_assets"] == int(wire.read("kt00003")["prsm_dpst_aset_amt"])
    assert account["total_assets"] == int(wire.read("kt00018")["prsm_dpst_aset_amt"])
    assert account["holdings"] == merged(rows_of(wire))
    assert len(account["holdings"]) == 60


def merged(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Sum rows as a client has to: by symbol, credit type and loan date."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        if int(row["rmnd_qty"]) == 0:
            continue
        loan = row["crd_loan_dt"]
        key = (row["stk_cd"], row["crd_tp"], loan)
        sums = found.setdefault(
            key,
            {
                "symbol": row["stk_cd"][1:],
                "name": row["stk_nm"],
                "credit_type": row["crd_tp"],
                "loan_date": f"{loan[:4]}-{loan[4:6]}-{loan[6:]}" if loan else None,
                "price": int(row["cur_prc"]),
                "quantity": 0,
                "sellable_quantity": 0,
                "cost": 0,
                "market_value": 0,
                "unrealized_pnl": 0,
            },
        )
        for name, field in (
            ("quantity", "rmnd_qty"),
            ("sellable_quantity", "trde_able_qty"),
            ("cost", "pur_amt"),
            ("market_value", "evlt_amt"),
            ("unrealized_pnl", "evltv_prft"),
        ):
            sums[name] += int(row[field])
    for sums in found.values():
        cost, profit = Decimal(sums["cost"]), Decimal(sums["unrealized_pnl"])
        average = (cost / sums["quantity"]).quantize(Decimal(1), ROUND_HALF_UP)
        sums["average_price"] = int(average)
        sums["unrealized_pnl_rate"] = float((profit * 100 / cost).quantize(CENT, ROUND_HALF_UP))
    return list(found.values())


def test_large_accounts_hold_what_is_hard_to_add_up(make_wire: MakeWire) -> None:
    wire = make_wire(accounts=6, positions=40)
    wire.number = 4
    rows = rows_of(wire.sign_in())
    keys = [(row["stk_cd"], row["crd_tp"], row["crd_loan_dt"]) for row in rows]
    assert len(keys) > len(set(keys)), "one holding in two rows"
    on_credit = {key[0] for key in keys if key[1] == "03" and key[2]}
    with_cash = {key[0] for key in keys if key[1] == "00"}
    assert on_credit & with_cash, "one symbol bought in two ways"
    assert any(int(row["rmnd_qty"]) == 0 for row in rows), "a symbol sold out today"
    assert any(0 < int(row["trde_able_qty"]) < int(row["rmnd_qty"]) for row in rows)
    profits = [int(row["evltv_prft"]) for row in rows]
    assert min(profits) < 0 < max(profits)
    symbols = [
        {row["symbol"] for row in account["holdings"]} for account in wire.state()["accounts"]
    ]
    assert all(symbols[0] & other for other in symbols[1:])
    assert len({frozenset(s) for s in symbols}) == len(symbols)


def buy(wire: Wire, day: date, settle: date, amount: int) -> None:
    account = wire.host.exchange.accounts[wire.appkey]
    account.trades.append(Trade("005930", "buy", 1, amount, day, settle, 0, 0))


def test_a_buy_settles_two_trading_days_later(make_wire: MakeWire) -> None:
    """Thursday's buy settles on Tuesday: Friday trades, the weekend and Monday do not."""
    wire = make_wire(clock="2026-10-01T11:00:00+09:00", positions=0).sign_in()
    before = wire.truth()["cash"]
    buy(wire, date(2026, 10, 1), date(2026, 10, 6), 70_000)
    seen = {}
    for day in ("01", "02", "03", "05", "06", "07"):
        wire.control("clock", now=f"2026-10-{day}T08:00:00+09:00")
        wire.sign_in()
        cash = wire.read("kt00001")
        fields = ("entr", "d1_entra", "d2_entra", "ord_alow_amt")
        seen[day] = [int(cash[name]) - before["deposit"] for name in fields]
    assert seen["01"] == [0, 0, -70_000, -70_000]
    assert seen["02"] == seen["03"] == seen["05"] == [0, -70_000, -70_000, -70_000]
    assert seen["06"] == seen["07"] == [-70_000] * 4


def test_the_flows_of_each_day_are_told(wire: Wire) -> None:
    cash = {name: int(text) for name, text in wire.read("kt00001").items() if name[:2] in "d1d2"}
    entr = int(wire.read("kt00001")["entr"])
    assert cash["d1_slby_exct_amt"] == cash["d1_sel_exct_amt"] - cash["d1_buy_exct_amt"]
    assert cash["d2_slby_exct_amt"] == cash["d2_sel_exct_amt"] - cash["d2_buy_exct_amt"]
    assert cash["d1_entra"] == entr + cash["d1_slby_exct_amt"]
    assert cash["d2_entra"] == cash["d1_entra"] + cash["d2_slby_exct_amt"]
    assert len({entr, cash["d1_entra"], cash["d2_entra"]}) == 3


def test_a_symbol_sold_out_today_is_gone_tomorrow(wire: Wire) -> None:
    sold = [row for row in wire.read("kt00018")[HOLDINGS] if int(row["rmnd_qty"]) == 0]
    assert [int(row["tdy_sellq"]) > 0 for row in sold] == [True]
    wire.control("clock", now=(wire.clock.now() + timedelta(days=1)).isoformat())
    wire.sign_in()
    assert all(int(row["rmnd_qty"]) > 0 for row in wire.read("kt00018")[HOLDINGS])


def test_only_some_large_servers_have_an_account_that_owes(make_wire: MakeWire) -> None:
    def owing(count: int) -> int:
        accounts = make_wire(accounts=count, positions=30).state()["accounts"]
        return sum(account["cash"]["deposit_d2"] < 0 for account in accounts)

    assert owing(5) == 0
    assert owing(6) == 1


def test_an_empty_account_answers_padded_totals_and_no_rows(make_wire: MakeWire) -> None:
    wire = make_wire(positions=0).sign_in()
    whole = wire.read("kt00018")
    assert whole[HOLDINGS] == []
    assert whole["tot_evlt_amt"] == whole["tot_evlt_pl"] == "0" * 15
    assert whole["tot_prft_rt"] == "000000000.00"
    assert len(whole) == 11
    assert wire.truth()["holdings"] == []


def test_nxt_shows_the_same_holdings(wire: Wire) -> None:
    nxt = wire.read("kt00018", {"qry_tp": "1", "dmst_stex_tp": "NXT"})
    assert nxt == wire.read("kt00018")


@pytest.mark.parametrize(
    ("api_id", "path", "return_code", "code"),
    [
        ("kt00002", "/api/dostk/acnt", 20, "(RC9000:"),
        ("kt00005", "/api/dostk/acnt", 20, "(RC9000:"),
        ("kt00015", "/api/dostk/acnt", 20, "(RC9000:"),
        ("kt00017", "/api/dostk/acnt", 20, "(RC9000:"),
        ("kt20016", "/api/dostk/stkinfo", 20, "(RC9000:"),
        ("ka01690", "/api/dostk/acnt", 2, "[8104:"),
        ("kt00010", "/api/dostk/acnt", 20, "(RC7006:"),
    ],
)
def test_the_mock_server_refuses_what_it_does_not_offer(
    wire: Wire, api_id: str, path: str, return_code: int, code: str
) -> None:
    reply = wire.send(api_id, path=path).json()
    assert reply["return_code"] == return_code
    assert code in reply["return_msg"]


def test_a_fault_shows_the_previous_close(wire: Wire) -> None:
    wire.control("price", symbol="005930", price=300_000)
    wire.fault("stale_price", "kt00018", count=1)
    stale = wire.read("kt00018")[HOLDINGS][0]
    fresh = wire.read("kt00018")[HOLDINGS][0]
    assert stale["cur_prc"] == stale["pred_close_pric"] != fresh["cur_prc"]
    assert int(stale["evlt_amt"]) == int(stale["cur_prc"]) * int(stale["rmnd_qty"])


def test_a_fault_zeroes_the_profit_fields_of_kt00004(wire: Wire) -> None:
    names = ("tdy_lspft", "lspft2", "lspft", "tdy_lspft_rt", "lspft_ratio", "lspft_rt")
    assert any(Decimal(wire.read("kt00004")[name]) != 0 for name in names)
    wire.fault("zero_pl", "kt00004", count=1)
    reply = wire.read("kt00004")
    assert all(Decimal(reply[name]) == 0 for name in names)
    assert reply["stk_acnt_evlt_prst"]


def test_a_seed_makes_the_same_accounts_every_time(make_wire: MakeWire) -> None:
    first, again = (make_wire(accounts=5, positions=30, seed=7).state() for _ in range(2))
    other = make_wire(accounts=5, positions=30, seed=8).state()
    assert first["accounts"] == again["accounts"] != other["accounts"]
    numbers = [account["account"] for account in first["accounts"]]
    assert len(set(numbers)) == 5
    assert all(len(number) == 10 and number.isdigit() for number in numbers)
