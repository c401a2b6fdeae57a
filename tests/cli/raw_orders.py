"""Orders sent to a served simulator by raw requests, and what its own record says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests import loopback
from tests.cli.conftest import Served

KODEX = "069500"
TYPES = {"0": "limit", "3": "market"}
# What the broker's lists cannot tell apart.
SHOWN = {"modified": "closed", "expired": "closed"}


class Desk:
    """A served simulator and orders sent to it by raw requests."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.http = loopback.Client(base_url=served.url)
        self.tokens: dict[str, str] = {}

    def place(self, api_id: str, profile: str = "sim-001", **body: str) -> str:
        reply = self.http.post(
            "/api/dostk/ordr",
            json={"dmst_stex_tp": "KRX", "stk_cd": KODEX, **body},
            headers={"api-id": api_id, "authorization": f"Bearer {self.token(profile)}"},
        ).json()
        assert reply["return_code"] == 0, reply
        return str(reply["ord_no"])

    def resting(self, profile: str = "sim-001", quantity: int = 3, **body: str) -> str:
        """Buy far below the market."""
        price = str(self.price() // 1000 * 1000 - 3000)
        order = {"ord_qty": str(quantity), "ord_uv": price, "trde_tp": "0", **body}
        return self.place("kt10000", profile, **order)

    def at_market(self, profile: str = "sim-001", quantity: int = 1) -> str:
        return self.place("kt10000", profile, ord_qty=str(quantity), ord_uv="", trde_tp="3")

    def token(self, profile: str) -> str:
        if profile not in self.tokens:
            body = {
                "grant_type": "client_credentials",
                "appkey": f"{profile}-appkey",
                "secretkey": f"{profile}-secretkey",
            }
            self.tokens[profile] = self.http.post("/oauth2/token", json=body).json()["token"]
        return self.tokens[profile]

    def price(self) -> int:
        accounts = self.served.state()["accounts"]
        held = [row for account in accounts for row in account["holdings"]]
        return int(next(row["price"] for row in held if row["symbol"] == KODEX))

    def record(self) -> list[dict[str, Any]]:
        orders: list[dict[str, Any]] = self.served.state()["orders"]
        return orders

    def of(self, number: str) -> dict[str, Any]:
        return next(order for order in self.record() if order["ord_no"] == number)


def every_kind(desk: Desk) -> None:
    """Place orders of every fate, of several accounts and channels."""
    served = desk.served
    desk.resting()
    desk.at_market(quantity=2)
    partial = desk.resting(quantity=10)
    served.control("fill", ord_no=partial, quantity=4)
    served.control("fill", ord_no=partial, quantity=1, price=desk.of(partial)["price"] - 500)
    doomed = desk.resting()
    desk.place("kt10003", orig_ord_no=doomed, cncl_qty="0")
    halved = desk.resting(quantity=4)
    served.control("fill", ord_no=halved, quantity=1)
    desk.place("kt10003", orig_ord_no=halved, cncl_qty="0")
    changed = desk.resting()
    lower = str(desk.of(changed)["price"] - 1000)
    desk.place("kt10002", orig_ord_no=changed, mdfy_qty="0", mdfy_uv=lower)
    served.control("reject_later", ord_no=desk.resting())
    desk.resting("sim-002", dmst_stex_tp="SOR")
    served.control(
        "foreign_order", appkey="sim-002-appkey", side="buy", symbol=KODEX, quantity=1,
        type="market", channel="영웅문S#",
    )  # fmt: skip
    desk.at_market("sim-003")


def expected_orders(desk: Desk) -> list[dict[str, Any]]:
    """Return the rows that the simulator's record asks for; names it does not keep."""
    rows = []
    newest = sorted(
        desk.record(), key=lambda o: (seconds(o["accepted_at"]), o["ord_no"]), reverse=True
    )
    for order in newest:
        if order["action"] == "cancel":
            continue
        filled = order["filled"]
        rows.append(
            {
                "profile": order["appkey"].removesuffix("-appkey"),
                "order_id": None,
                "broker_order_id": order["ord_no"],
                "original_order_id": order["original"] if int(order["original"]) else None,
                "symbol": order["symbol"],
                "side": order["side"],
                "type": TYPES[order["type"]],
                "price": order["price"] or None,
                "quantity": order["quantity"],
                "filled_quantity": filled,
                "remaining_quantity": order["remaining"],
                "average_fill_price": order["filled_amount"] // filled if filled else None,
                "status": SHOWN.get(order["status"], order["status"]),
                "exchange": order["exchange"],
                "submitted_at": seconds(order["accepted_at"]),
                "source": "api" if order["channel"] == "REST API" else "other",
            }
        )
    return sorted(rows, key=lambda row: str(row["profile"]))


def seconds(moment: str) -> str:
    return datetime.fromisoformat(moment).replace(microsecond=0).isoformat()


def nameless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(row["name"] for row in rows)
    return [{key: value for key, value in row.items() if key != "name"} for row in rows]
