"""A client's four orders and the lists of them, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire

ORDER_PATH = "/api/dostk/ordr"
SYMBOL = "005930"
NUMBER_WIDTH = 7


@dataclass
class Trader:
    """One account of a simulated server that orders."""

    wire: Wire

    def send(self, api_id: str, **body: Any) -> httpx.Response:
        return self.wire.send(api_id, {"dmst_stex_tp": "KRX", **body}, path=ORDER_PATH)

    def buy(self, quantity: int = 1, price: int | str = "", **more: Any) -> dict[str, Any]:
        return dict(self.send("kt10000", **self.new(quantity, price, more)).json())

    def sell(self, quantity: int = 1, price: int | str = "", **more: Any) -> dict[str, Any]:
        return dict(self.send("kt10001", **self.new(quantity, price, more)).json())

    def modify(self, number: str, price: int, quantity: int = 0, **more: Any) -> dict[str, Any]:
        body = {
            "orig_ord_no": number,
            "stk_cd": SYMBOL,
            "mdfy_qty": f"{quantity}",
            "mdfy_uv": f"{price}",
            **more,
        }
        return dict(self.send("kt10002", **body).json())

    def cancel(self, number: str, quantity: int = 0, **more: Any) -> dict[str, Any]:
        body = {"orig_ord_no": number, "stk_cd": SYMBOL, "cncl_qty": f"{quantity}", **more}
        return dict(self.send("kt10003", **body).json())

    def new(self, quantity: int, price: int | str, more: dict[str, Any]) -> dict[str, Any]:
        return {
            "stk_cd": SYMBOL,
            "ord_qty": f"{quantity}",
            "ord_uv": f"{price}",
            "trde_tp": "0" if price else "3",
            **more,
        }

    def price(self, symbol: str = SYMBOL) -> int:
        exchange = self.wire.host.exchange
        return exchange.market.price(symbol, exchange.clock.now())

    def band(self, symbol: str = SYMBOL) -> tuple[int, int]:
        exchange = self.wire.host.exchange
        quote = exchange.market.quote(symbol, exchange.clock.now())
        return quote.band.lower, quote.band.upper

    def resting(self, quantity: int = 1, ticks: int = 10) -> str:
        """Place a buy below the market and return its number."""
        return str(self.buy(quantity, self.price() - 500 * ticks)["ord_no"])

    def open(self, **changes: str) -> list[dict[str, str]]:
        body = {"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0", **changes}
        return list(self.wire.read("ka10075", body)["oso"])

    def filled(self, **changes: str) -> list[dict[str, str]]:
        body = {"stk_cd": "", "qry_tp": "0", "sell_tp": "0", "stex_tp": "0", **changes}
        return list(self.wire.read("ka10076", body)["cntr"])

    def daily(self, **changes: str) -> list[dict[str, str]]:
        return list(self.wire.read("kt00007", daily_body(**changes))["acnt_ord_cntr_prps_dtl"])

    def status(self, **changes: str) -> list[dict[str, str]]:
        body = status_body(**changes)
        return list(self.wire.read("kt00009", body)["acnt_ord_cntr_prst_array"])

    def known(self) -> list[dict[str, Any]]:
        """Return every order as the control plane shows it."""
        return list(self.wire.state()["orders"])

    def of(self, number: str) -> dict[str, Any]:
        return next(order for order in self.known() if order["ord_no"] == number)

    def cash(self) -> dict[str, int]:
        return dict(self.wire.truth()["cash"])

    def shares(self, symbol: str = SYMBOL) -> tuple[int, int]:
        """Return how many shares are held and how many of them can be sold."""
        rows = [row for row in self.wire.truth()["holdings"] if row["symbol"] == symbol]
        return sum(r["quantity"] for r in rows), sum(r["sellable_quantity"] for r in rows)


def daily_body(**changes: str) -> dict[str, str]:
    return {
        "ord_dt": "",
        "qry_tp": "1",
        "stk_bond_tp": "0",
        "sell_tp": "0",
        "stk_cd": "",
        "fr_ord_no": "",
        "dmst_stex_tp": "%",
        **changes,
    }


def status_body(**changes: str) -> dict[str, str]:
    return {
        "ord_dt": "20261001",
        "stk_bond_tp": "0",
        "mrkt_tp": "0",
        "sell_tp": "0",
        "qry_tp": "0",
        "stk_cd": "",
        "fr_ord_no": "",
        "dmst_stex_tp": "%",
        **changes,
    }
