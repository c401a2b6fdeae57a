"""A simulated KIS server in process, and a client that speaks its wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.simulator.account import Account
from tests.simulator.conftest import Line, lines

TRADING = "/uapi/domestic-stock/v1/trading/"
QUOTES = "/uapi/domestic-stock/v1/quotations/"
PLACES = {
    "TTTC8434R": f"{TRADING}inquire-balance",
    "TTTC8908R": f"{TRADING}inquire-psbl-order",
    "TTTC8408R": f"{TRADING}inquire-psbl-sell",
    "CTRP6548R": f"{TRADING}inquire-account-balance",
    "TTTC0869R": f"{TRADING}intgr-margin",
    "FHKST01010100": f"{QUOTES}inquire-price",
    "FHKST01010200": f"{QUOTES}inquire-asking-price-exp-ccn",
    "FHKST11300006": f"{QUOTES}intstock-multprice",
    "CTPF1002R": f"{QUOTES}search-stock-info",
    "CTCA0903R": f"{QUOTES}chk-holiday",
    "TTTC0011U": f"{TRADING}order-cash",
    "TTTC0012U": f"{TRADING}order-cash",
    "TTTC0013U": f"{TRADING}order-rvsecncl",
    "TTTC0084R": f"{TRADING}inquire-psbl-rvsecncl",
    "TTTC0081R": f"{TRADING}inquire-daily-ccld",
    "CTSC9215R": f"{TRADING}inquire-daily-ccld",
    "TTTC8494R": f"{TRADING}inquire-balance-rlz-pl",
    "TTTC8708R": f"{TRADING}inquire-period-profit",
    "TTTC8715R": f"{TRADING}inquire-period-trade-profit",
}
CURSORS = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
BALANCE = {
    "AFHR_FLPR_YN": "N",
    "OFL_YN": "",
    "INQR_DVSN": "02",
    "UNPR_DVSN": "01",
    "FUND_STTL_ICLD_YN": "N",
    "FNCG_AMT_AUTO_RDPT_YN": "N",
    "PRCS_DVSN": "00",
    **CURSORS,
}
ORDERABLE = {
    "PDNO": "",
    "ORD_UNPR": "",
    "ORD_DVSN": "00",
    "CMA_EVLU_AMT_ICLD_YN": "N",
    "OVRS_ICLD_YN": "N",
}
PERIOD = {
    "INQR_STRT_DT": "20260901",
    "INQR_END_DT": "20261001",
    "PDNO": "",
    "SORT_DVSN": "01",
    "INQR_DVSN": "00",
    "CBLC_DVSN": "00",
    **CURSORS,
}
DAILY = {
    "INQR_STRT_DT": "20261001",
    "INQR_END_DT": "20261001",
    "SLL_BUY_DVSN_CD": "00",
    "PDNO": "",
    "CCLD_DVSN": "00",
    "INQR_DVSN": "01",
    "INQR_DVSN_1": "",
    "INQR_DVSN_3": "00",
    "ORD_GNO_BRNO": "",
    "ODNO": "",
    "EXCG_ID_DVSN_CD": "KRX",
    **CURSORS,
}
SYMBOL = "005930"


class KisWire(Line):
    """A line that speaks the wire of KIS."""

    @property
    def keys(self) -> dict[str, str]:
        return {"appkey": self.appkey, "appsecret": f"sim-{self.number:03d}-secretkey"}

    @property
    def account(self) -> Account:
        return self.host.exchange.accounts[self.appkey]

    @property
    def named(self) -> dict[str, str]:
        """The fields that name the account."""
        number = self.account.number
        return {"CANO": number[:8], "ACNT_PRDT_CD": number[8:]}

    def issue(self, **changes: str) -> httpx.Response:
        body = {"grant_type": "client_credentials", **self.keys, **changes}
        return self.client.post("/oauth2/tokenP", json=body)

    def sign_in(self) -> KisWire:
        self.token = str(self.issue().json()["access_token"])
        return self

    def tr(self, real: str) -> str:
        """Return the id that a TR has on this server."""
        is_mock = self.host.exchange.seed.environment == "mock"
        return f"V{real[1:]}" if is_mock and not real.startswith("FH") else real

    def send(
        self,
        real: str,
        fields: dict[str, str] | None = None,
        *,
        tr_id: str | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> httpx.Response:
        """Send a TR, named as on the real server; a header of None is left out."""
        asked: dict[str, str | None] = {
            "authorization": f"Bearer {self.token}",
            **self.keys,
            "tr_id": tr_id or self.tr(real),
            "custtype": "P",
            **(headers or {}),
        }
        sent = {name: value for name, value in asked.items() if value is not None}
        if real.endswith("U"):
            return self.client.post(PLACES[real], json=fields, headers=sent)
        return self.client.get(PLACES[real], params=fields, headers=sent)

    def read(self, real: str, fields: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON of a TR of the account that must succeed."""
        reply = self.send(real, {**self.named, **(fields or {})})
        told = dict(reply.json())
        assert reply.status_code == 200, told
        assert told["rt_cd"] == "0", told
        return told

    def pages(self, real: str, fields: dict[str, str], name: str) -> list[list[dict[str, str]]]:
        """Return the lists of all pages of a TR."""
        found = []
        asked = {**self.named, **fields}
        headers: dict[str, str | None] = {}
        while True:
            reply = self.send(real, asked, headers=dict(headers))
            told = reply.json()
            found.append(told[name])
            if reply.headers["tr_cont"] not in ("F", "M"):
                return found
            headers = {"tr_cont": "N"}
            asked |= {key: told[key.lower()] for key in CURSORS}

    def buy(self, quantity: int = 1, price: int = 0, **more: str) -> dict[str, Any]:
        return dict(self.send("TTTC0012U", self.new(quantity, price, more)).json())

    def sell(self, quantity: int = 1, price: int = 0, **more: str) -> dict[str, Any]:
        return dict(self.send("TTTC0011U", self.new(quantity, price, more)).json())

    def new(self, quantity: int, price: int, more: dict[str, str]) -> dict[str, str]:
        return {
            **self.named,
            "PDNO": SYMBOL,
            "ORD_DVSN": "00" if price else "01",
            "ORD_QTY": f"{quantity}",
            "ORD_UNPR": f"{price}",
            **more,
        }

    def change(self, number: str, what: str, **more: str) -> dict[str, Any]:
        """Send a modify (01) or cancel (02) of all that remains."""
        body = {
            **self.named,
            "KRX_FWDG_ORD_ORGNO": "",
            "ORGN_ODNO": number,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": what,
            "ORD_QTY": "0",
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "Y",
            **more,
        }
        return dict(self.send("TTTC0013U", body).json())

    def resting(self, quantity: int = 1, ticks: int = 10) -> str:
        """Place a buy below the market and return its number."""
        return str(self.buy(quantity, self.price() - 500 * ticks)["output"]["ODNO"])

    def price(self, symbol: str = SYMBOL) -> int:
        exchange = self.host.exchange
        return exchange.market.price(symbol, exchange.clock.now())

    def balance(self, **changes: str) -> tuple[list[dict[str, str]], dict[str, str]]:
        """Return the rows of all pages, and the sums."""
        told = self.read("TTTC8434R", {**BALANCE, **changes})
        pages = self.pages("TTTC8434R", {**BALANCE, **changes}, "output1")
        return [row for page in pages for row in page], dict(told["output2"][0])

    def daily(self, **changes: str) -> list[dict[str, str]]:
        return list(self.read("TTTC0081R", {**DAILY, **changes})["output1"])

    def open(self, **changes: str) -> list[dict[str, str]]:
        fields = {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0", **CURSORS, **changes}
        return list(self.read("TTTC0084R", fields)["output"])

    def rules(self, **data: Any) -> None:
        self.control("kis_rules", **data)

    def known(self, number: str) -> dict[str, Any]:
        """Return an order as the exchange has it."""
        return next(dict(o) for o in self.state()["orders"] if o["ord_no"] == number)


MakeKis = Callable[..., KisWire]


@pytest.fixture
def make_kis(tmp_path: Path) -> Iterator[MakeKis]:
    """Make a server in process; keyword arguments are its options."""
    yield from lines(KisWire, tmp_path / "kis", env="real", accounts=3, kis=frozenset({1, 2, 3}))


@pytest.fixture
def kis(make_kis: MakeKis) -> KisWire:
    """A real server with one signed-in client and no rate limit."""
    return make_kis().sign_in()


@pytest.fixture
def mock_kis(make_kis: MakeKis) -> KisWire:
    """A mock server with one signed-in client and no rate limit."""
    return make_kis(env="mock").sign_in()
