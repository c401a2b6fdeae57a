"""What KIS says of an instrument where it does not say all."""

from __future__ import annotations

import httpx
import pytest

from kiwoomctl.domain.identity import Symbol
from tests.brokers.kis.conftest import Open, plain, refusal, reply


@pytest.mark.parametrize(
    "answer",
    [
        refusal("MCA05918", "종목코드 오류입니다.", 200, "7"),
        refusal("EGW00202"),
        reply(rt_cd="0", msg_cd="MCA00000", msg1="", output={"prdt_abrv_name": " "}),
    ],
)
def test_a_price_without_a_name_is_a_price(at: Open, answer: httpx.Response) -> None:
    prices = {"stck_prpr": "72000", "stck_mxpr": "90000", "stck_llam": "50000"}
    quote = reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=prices)
    [row] = at(quote, answer).broker.quotes([Symbol("005930")], "KRX")
    assert plain(row.price, row.name) == ["72000", "None"]
