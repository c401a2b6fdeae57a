"""Random orders over KIS's wire: every answer stays equal to the exchange's own record."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.simulator.kis.conftest import DAILY, ORDERABLE, KisWire, MakeKis

STEPS = 60


class Trader:
    """One account that does whatever chance says, over the wire only."""

    def __init__(self, wire: KisWire, rng: Random) -> None:
        self.wire = wire
        self.rng = rng
        self.taken: list[str] = []
        self.refused: list[str] = []

    def step(self) -> None:
        rng, wire = self.rng, self.wire
        what = rng.randrange(10)
        if what < 5:
            self._order("buy" if rng.random() < 0.5 else "sell")
        elif what < 8 and self.taken:
            more = {}
            if rng.random() < 0.5:
                more = {"QTY_ALL_ORD_YN": "N", "ORD_QTY": f"{rng.randrange(1, 5)}"}
            number = rng.choice(self.taken)
            symbol = wire.known(number)["symbol"]
            is_modify = rng.random() < 0.5
            price = self._price(symbol) if is_modify else 0
            self._note(
                wire.change(number, "01" if is_modify else "02", ORD_UNPR=f"{price}", **more)
            )
        elif what == 8:
            held = rng.choice(wire.truth()["holdings"])["symbol"]
            wire.control("price", symbol=held, price=self._price(held))
        else:
            wire.clock.advance(rng.randrange(1, 60))

    def _order(self, side: str) -> None:
        rng, wire = self.rng, self.wire
        symbol = rng.choice(wire.truth()["holdings"])["symbol"]
        code = rng.choice(["00", "00", "01", "03", "04", "11", "12"])
        price = self._price(symbol) if code in ("00", "11", "12") else 0
        ask = wire.buy if side == "buy" else wire.sell
        self._note(ask(rng.randrange(1, 9), price, PDNO=symbol, ORD_DVSN=code))

    def _price(self, symbol: str) -> int:
        from kiwoomctl.domain.prices import floor_to_tick

        exchange = self.wire.host.exchange
        quote = exchange.market.quote(symbol, exchange.clock.now())
        wanted = quote.price * self.rng.randrange(975, 1_026) // 1_000
        bounded = min(max(wanted, quote.band.lower), quote.band.upper)
        return floor_to_tick(bounded, quote.instrument.kind)

    def _note(self, told: dict[str, Any]) -> None:
        if told["rt_cd"] == "0":
            self.taken.append(told["output"]["ODNO"])
        else:
            assert "output" not in told
            self.refused.append(told["msg_cd"])


def check(wire: KisWire, taken: list[str]) -> None:
    """Compare everything that the wire tells with the exchange's record."""
    truth, known = wire.truth(), [o for o in wire.state()["orders"] if o["appkey"] == wire.appkey]
    assert [order["ord_no"] for order in known] == taken
    rows = [row for page in wire.pages("TTTC0081R", DAILY, "output1") for row in page]
    assert [row["odno"] for row in rows] == taken
    for row, order in zip(rows, known, strict=True):
        assert int(row["tot_ccld_qty"]) == order["filled"]
        assert int(row["tot_ccld_amt"]) == order["filled_amount"]
        assert int(row["ord_qty"]) == order["quantity"]
        if order["action"] == "cancel":
            continue
        modified = sum(
            other["quantity"]
            for other in known
            if other["original"] == order["ord_no"] and other["action"] == "modify"
        )
        parts = [int(row[name]) for name in ("tot_ccld_qty", "rmn_qty", "cncl_cfrm_qty")]
        assert sum(parts) + int(row["rjct_qty"]) + modified == order["quantity"]
    if wire.host.options.env == "real":
        still = [o["ord_no"] for o in known if o["remaining"] and o["action"] != "cancel"]
        assert [row["odno"] for row in wire.open()] == still
    holdings = {row["symbol"]: row for row in truth["holdings"]}
    balance, sums = wire.balance()
    for row in balance:
        held = holdings.get(row["pdno"])
        assert int(row["hldg_qty"]) == (held["quantity"] if held else 0)
        if held:
            assert int(row["pchs_amt"]) == held["cost"]
            assert int(row["ord_psbl_qty"]) == held["sellable_quantity"]
            exact = Decimal(held["cost"]) / held["quantity"]
            assert abs(Decimal(row["pchs_avg_pric"]) - exact) <= Decimal("0.00005")
    assert int(sums["prvs_rcdl_excc_amt"]) == truth["cash"]["deposit_d2"]
    cash = wire.read("TTTC8908R", ORDERABLE)["output"]["ord_psbl_cash"]
    assert int(cash) == max(0, truth["cash"]["orderable"])


@pytest.mark.parametrize("env", ["real", "mock"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_orders(make_kis: MakeKis, env: str, seed: int) -> None:
    wire = make_kis(env=env, seed=seed).sign_in()
    wire.control("page_size", api_id=wire.tr("TTTC0081R"), rows=7)
    trader = Trader(wire, Random(seed))  # noqa: S311 - nothing here is secret
    for step in range(STEPS):
        trader.step()
        if step % 10 == 9:
            check(wire, trader.taken)
    assert len(trader.taken) > STEPS // 5
    assert trader.refused
